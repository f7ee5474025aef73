/* call.c - the spine of a call:
 *
 *     samples -> voice(customer) --\              /--> voice(customer) --\
 *                                   frames -> echo                       hops -> turns -> cues -> events
 *     samples -> voice(agent) -----/              \--> voice(agent) -----/
 *
 * Voices take samples as they come and make frames of them. The call takes one frame of each at a time, so that events
 * are the same whatever the sizes and the order in which samples were pushed, and gives it back to be heard, unless it
 * was the other's echo.
 */
#include <math.h>
#include <stdlib.h>

#include "cues/cues.h"
#include "prosody/echo.h"
#include "voice.h"

enum { EVENTS = 128, EVENTS_A_STEP = UT_CHANNELS + UT_TURNS_WAITING + UT_CUES_WAITING };

typedef struct score_sums {
    double frustration, stress, arousal;
    unsigned n;
    float frustration_peak, stress_peak;
} score_sums;

struct ut_call {
    ut_voice *voices[UT_CHANNELS]; /* null where the call has no such channel */
    ut_consent consent;
    ut_echo echo;
    ut_turns turns;
    ut_cues cues;
    int64_t hop;
    int64_t customer_speech_hops;
    score_sums sums;
    bool finishing, finished;
    ut_event events[EVENTS]; /* ring */
    unsigned in, out;
};

ut_call *ut_call_new(const ut_model *model, const ut_call_options *options, ut_error *why) {
    ut_error unused, *error = why ? why : &unused;
    ut_call_options given = options ? *options : (ut_call_options){0};
    unsigned channels = given.channels ? given.channels : 1u << UT_CUSTOMER | 1u << UT_AGENT;
    *error = UT_NO_MEMORY;
    ut_call *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    call->consent = given.consent;
    ut_echo_start(&call->echo);
    ut_turns_init(&call->turns);
    ut_cues_init(&call->cues, &given);
    for (ut_channel c = 0; c < UT_CHANNELS; c++)
        if (channels & 1u << c && !(call->voices[c] = ut_voice_new(model, c))) goto fail;
    *error = UT_OK;
    return call;

fail:
    ut_call_free(call);
    return NULL;
}

void ut_call_free(ut_call *call) {
    if (!call) return;
    for (int c = 0; c < UT_CHANNELS; c++) ut_voice_free(call->voices[c]);
    free(call);
}

static ut_event *add_event(ut_call *call, ut_event_type type, double t_s) {
    ut_event *event = &call->events[call->in++ % EVENTS];
    *event = (ut_event){.type = type, .t_s = t_s};
    return event;
}

static bool has_room(const ut_call *call) { return EVENTS - (call->in - call->out) >= EVENTS_A_STEP; }

static bool has_step(const ut_call *call) {
    bool any = false;
    for (int c = 0; c < UT_CHANNELS; c++) {
        if (call->voices[c] && !ut_voice_waiting(call->voices[c])) return false;
        any = any || call->voices[c];
    }
    return any;
}

static void sum_scores(score_sums *sums, const ut_affect *affect) {
    if (affect->abstain) return;
    sums->n++;
    sums->frustration += (double)affect->frustration;
    sums->stress += (double)affect->stress;
    sums->arousal += (double)affect->arousal;
    sums->frustration_peak = fmaxf(sums->frustration_peak, affect->frustration);
    sums->stress_peak = fmaxf(sums->stress_peak, affect->stress);
}

static bool has_dynamics(const ut_call *call) { return call->voices[UT_CUSTOMER] && call->voices[UT_AGENT]; }

static ut_activity activity_of(ut_call *call, ut_channel channel, const ut_voice_hop *hop) {
    ut_activity activity = hop->activity;
    activity.talk_share = activity.talk_share_120s = NAN;
    if (!has_dynamics(call) || channel == UT_MIXED) return activity;
    ut_talk_read(&call->turns.talk, channel, hop);
    activity.talk_share = ut_talk_share(&call->turns.talk, channel);
    activity.talk_share_120s = ut_talk_share_120s(&call->turns.talk, channel);
    return activity;
}

static void add_reading(ut_call *call, ut_channel channel, double t_s, const ut_voice_hop *hop,
                        const ut_opinion *opinion) {
    ut_activity activity = activity_of(call, channel, hop);
    if (channel != UT_CUSTOMER) {
        ut_event *event = add_event(call, UT_EVENT_ACTIVITY, t_s);
        event->activity.channel = channel;
        event->activity.activity = activity;
        return;
    }
    ut_event *event = add_event(call, UT_EVENT_CUSTOMER, t_s);
    event->customer.activity = activity;
    event->customer.affect = opinion->affect;
    sum_scores(&call->sums, &opinion->affect);
    ut_cues_hear(&call->cues, t_s, opinion, activity.speaking);
    ut_voice_hold_usual(call->voices[UT_CUSTOMER], ut_cues_hold_usual(&call->cues));
}

static void add_turns(ut_call *call, double t_s) {
    for (ut_turn turn; ut_turns_next(&call->turns, &turn);) add_event(call, UT_EVENT_TURN, t_s)->turn = turn;
}

static void add_cues(ut_call *call) {
    ut_cue cue;
    for (double t_s; ut_shelf_next(&call->cues.shelf, &t_s, &cue);) add_event(call, UT_EVENT_CUE, t_s)->cue = cue;
}

/* Samples of the voice that is furthest. */
static uint64_t most_samples(const ut_call *call) {
    uint64_t most = 0;
    for (int c = 0; c < UT_CHANNELS; c++)
        if (call->voices[c] && ut_voice_samples(call->voices[c]) > most) most = ut_voice_samples(call->voices[c]);
    return most;
}

/* How much of the call has been heard when hop has: the last hop of a call may be a part of one. */
static double heard_s(const ut_call *call) {
    uint64_t samples = (uint64_t)call->hop * UT_HOP, most = most_samples(call);
    return (double)(samples < most ? samples : most) / UT_RATE_HZ;
}

/* One hop of every voice; opinion is the customer's. False before the first frame and after the last. */
static bool hear(ut_call *call, ut_voice_hop hops[UT_CHANNELS], ut_opinion *opinion) {
    ut_frame *frames[UT_CHANNELS] = {NULL};
    bool heard = false;
    for (int c = 0; c < UT_CHANNELS; c++)
        if (call->voices[c] && (frames[c] = ut_voice_take(call->voices[c]))) heard = true;
    if (heard && has_dynamics(call)) ut_echo_run(&call->echo, frames[UT_CUSTOMER], frames[UT_AGENT]);
    for (int c = 0; c < UT_CHANNELS; c++)
        if (call->voices[c]) ut_voice_hear(call->voices[c], frames[c], &hops[c], opinion);
    return heard;
}

static void step(ut_call *call) {
    ut_voice_hop hops[UT_CHANNELS] = {0};
    ut_opinion opinion;
    call->hop++;
    double t_s = heard_s(call);
    bool heard = hear(call, hops, &opinion);
    call->customer_speech_hops += hops[UT_CUSTOMER].speech;
    if (heard && has_dynamics(call)) ut_turns_step(&call->turns, &hops[UT_CUSTOMER], &hops[UT_AGENT]);
    for (ut_channel c = 0; c < UT_CHANNELS; c++)
        if (hops[c].reading) add_reading(call, c, t_s, &hops[c], &opinion);
    if (has_dynamics(call)) ut_cues_follow(&call->cues, t_s, &call->turns);
    add_turns(call, t_s);
    add_cues(call);
}

static void add_summary(ut_call *call) {
    const score_sums *sums = &call->sums;
    double n = sums->n ? sums->n : NAN, t_s = heard_s(call);
    if (has_dynamics(call)) ut_turns_finish(&call->turns);
    ut_cues_finish(&call->cues, t_s);
    add_turns(call, t_s);
    add_cues(call);
    ut_event *event = add_event(call, UT_EVENT_SUMMARY, t_s);
    ut_summary *summary = &event->summary;
    *summary = (ut_summary){
        .duration_s = t_s,
        .has_customer = call->voices[UT_CUSTOMER],
        .has_dynamics = has_dynamics(call),
        .customer = {.speech_s = (float)call->customer_speech_hops * UT_HOP / UT_RATE_HZ,
                     .frustration_mean = (float)(sums->frustration / n),
                     .frustration_peak = sums->n ? sums->frustration_peak : NAN,
                     .stress_mean = (float)(sums->stress / n),
                     .stress_peak = sums->n ? sums->stress_peak : NAN,
                     .arousal_mean = (float)(sums->arousal / n)},
        .cues = call->cues.shelf.n_raised,
    };
    if (summary->has_dynamics) ut_turns_tell(&call->turns, &summary->dynamics);
    call->finished = true;
}

static void advance(ut_call *call) {
    if (call->consent != UT_CONSENT_GIVEN) return;
    while (has_room(call) && has_step(call)) step(call);
    if (call->finishing && !call->finished && has_room(call) && !has_step(call)) add_summary(call);
}

size_t ut_call_push(ut_call *call, ut_channel channel, const float *x, size_t n) {
    ut_voice *voice = (unsigned)channel < UT_CHANNELS ? call->voices[channel] : NULL;
    if (!voice || call->consent != UT_CONSENT_GIVEN || call->finishing) return n;
    size_t taken = 0;
    for (size_t some = 1; taken < n && some > 0; taken += some) {
        if (!has_room(call)) break;
        some = ut_voice_push(voice, x + taken, n - taken < UT_HOP ? n - taken : UT_HOP);
        advance(call);
    }
    return taken;
}

bool ut_call_next(ut_call *call, ut_event *event) {
    if (call->in == call->out) advance(call);
    if (call->in == call->out) return false;
    *event = call->events[call->out++ % EVENTS];
    return true;
}

void ut_call_set_playbook(ut_call *call, const ut_playbook *playbook) {
    ut_shelf_set_playbook(&call->cues.shelf, playbook);
}

void ut_call_set_hold(ut_call *call, bool on_hold) { call->turns.announced = on_hold; }

/* What was refused or withdrawn stays so: the voices still hold what was said before. */
void ut_call_set_consent(ut_call *call, ut_consent consent) {
    if (call->consent == UT_CONSENT_REFUSED || call->consent == UT_CONSENT_WITHDRAWN) return;
    call->consent = consent;
    if (consent != UT_CONSENT_GIVEN) call->out = call->in;
}

/* A channel that stopped before the other is silent from there on. */
static void level_voices(ut_call *call) {
    static const float silence[UT_HOP];
    uint64_t most = most_samples(call);
    for (int c = 0; c < UT_CHANNELS; c++) {
        ut_voice *voice = call->voices[c];
        for (uint64_t n; voice && (n = most - ut_voice_samples(voice)) > 0;)
            if (!ut_voice_push(voice, silence, n < UT_HOP ? (size_t)n : UT_HOP)) break;
    }
}

void ut_call_finish(ut_call *call) {
    if (call->finishing) return;
    call->finishing = true;
    if (call->consent != UT_CONSENT_GIVEN) return;
    level_voices(call);
    for (int c = 0; c < UT_CHANNELS; c++)
        if (call->voices[c]) ut_voice_finish(call->voices[c]);
}
