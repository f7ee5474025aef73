/* crowd.c - a server whose calls are made up: as many as are wanted, live, for looking at the wall and measuring it.
 * Nothing is heard and nothing kept. What the calls tell is what real ones do: readings every half second, turns, cues
 * in the default playbook's words, pauses, calls without consent, ends and beginnings.
 *
 * Scores wander about what is usual in their call (an Ornstein-Uhlenbeck process). Every so often something happens in
 * some call, an episode: the customer's scores go up, or nobody speaks, or only the agent does. The cue rises and
 * clears by the playbook's own numbers.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "commands/interrupt.h"
#include "cues/playbook.h"
#include "serve/serve.h"
#include "serve/trend.h"

enum { TICK_MS = 10, BEFORE_S = 120 /* how much of a call that is in progress at the start is told */ };
#define STEP_S ((double)UT_READING_HOPS * UT_HOP / UT_RATE_HZ)

static const char usage[] = "usage: crowd [OPTION...]\n\n"
                            "Serves calls that are made up, until Ctrl-C.\n\n"
                            "  --calls N           live at once (default 1000)\n"
                            "  --agents N          who lead them (default 40)\n"
                            "  --cue-every-s S     seconds from one cue of all calls to the next (default 5)\n"
                            "  --speed X           how fast time goes in the calls (default 1)\n"
                            "  --seed N            of what is drawn by chance (default 1)\n"
                            "  --listen ADDR:PORT  where the pages are (default 127.0.0.1:0, a free port)\n"
                            "  --web DIR           pages from a folder instead of the program's own\n";

typedef struct options {
    double calls, agents, cue_every_s, speed, seed;
    const char *listen, *web_dir;
} options;

/* What happens in a call, and a cue comes of. */
typedef struct episode {
    ut_cue_kind kind; /* UT_CUE_KINDS: nothing does */
    double from_s, to_s;
} episode;

/* A cue as it was last told; id 0: it is not up. */
typedef struct shown {
    unsigned id;
    ut_severity severity;
    double raised_s, told_s;
    float score;
} shown;

/* One score of the customer's voice. */
typedef struct score {
    float now, usual, peak;
    double sum; /* of n_scored readings */
} score;

typedef struct call {
    call_facts facts;
    char agent[16], source[16], customer[16];
    double began_s;       /* when its first sample was spoken, by the crowd's clock */
    double t_s, length_s; /* told up to here; in all */
    ut_channel floor;     /* who speaks; UT_CHANNELS: nobody */
    double floor_from_s, floor_to_s;
    double spoke_s[UT_CHANNELS], last_spoke_s; /* in all; when the customer did */
    double pause_to_s;                         /* 0: goes on */
    score frustration, stress;
    unsigned n_scored, n_cues;
    episode episode;
    shown shown[UT_CUE_KINDS];
} call;

typedef struct crowd {
    serve *serve;
    uint64_t chance;
    double cue_every_s, speed;
    double start_s, next_episode_s; /* by the clock; by the crowd's */
    bool gathering;                 /* what calls in progress have been through is told */
    unsigned n_begun, n_agents;
    size_t n_calls;
    call calls[];
} crowd;

/* ---- chance ---- */

/* 0 up to 1; xorshift64* (Vigna 2016). */
static double draw(crowd *c) {
    c->chance ^= c->chance >> 12;
    c->chance ^= c->chance << 25;
    c->chance ^= c->chance >> 27;
    return (double)((c->chance * UINT64_C(0x2545F4914F6CDD1D)) >> 11) * 0x1p-53;
}

static double draw_between(crowd *c, double low, double high) { return low + (high - low) * draw(c); }

/* Exponentially distributed, as the time between things that come by chance. */
static double draw_time(crowd *c, double mean_s) { return -mean_s * log(1 - draw(c)); }

static double crowd_s(const crowd *c) { return (clock_s() - c->start_s) * c->speed; }

/* ---- telling ---- */

static void send_away(crowd *c, message *m) {
    if (m) serve_send(c->serve, m);
    message_release(m);
}

static void tell(crowd *c, const call *call, const ut_event *event) {
    send_away(c, message_of_event(&call->facts, event));
}

static bool has_customer(const call *call) { return call->facts.channels == 2; }

static float share_of(const call *call, ut_channel channel) {
    double all_s = call->spoke_s[UT_CUSTOMER] + call->spoke_s[UT_AGENT];
    return all_s > 0 && has_customer(call) ? (float)(call->spoke_s[channel] / all_s) : NAN;
}

static ut_activity activity_of(crowd *c, const call *call, ut_channel channel) {
    bool speaking = call->floor == channel || (channel == UT_MIXED && call->floor < UT_CHANNELS);
    return (ut_activity){.speaking = speaking,
                         .sound = speaking ? UT_SOUND_SPEECH : UT_SOUND_NONE,
                         .level_db = (float)(speaking ? draw_between(c, -26, -18) : draw_between(c, -66, -60)),
                         .rate_syl_s = (float)draw_between(c, 3.8, 5.2),
                         .talk_share = share_of(call, channel),
                         .talk_share_120s = share_of(call, channel)};
}

static bool abstains(const call *call) { return call->t_s - call->last_spoke_s > 4 || call->spoke_s[UT_CUSTOMER] < 2; }

static void tell_customer(crowd *c, call *call) {
    ut_affect affect = {.pitch_hz = call->floor == UT_CUSTOMER ? (float)draw_between(c, 160, 240) : 0,
                        .frustration = call->frustration.now,
                        .stress = call->stress.now,
                        .arousal = fmaxf(call->frustration.now, call->stress.now),
                        .confidence = (float)draw_between(c, 0.6, 0.95),
                        .abstain = abstains(call),
                        .usual_known = call->spoke_s[UT_CUSTOMER] > 10};
    tell(c, call,
         &(ut_event){
             .type = UT_EVENT_CUSTOMER, .t_s = call->t_s, .customer = {activity_of(c, call, UT_CUSTOMER), affect}});
}

static void tell_activity(crowd *c, call *call, ut_channel channel) {
    tell(
        c, call,
        &(ut_event){.type = UT_EVENT_ACTIVITY, .t_s = call->t_s, .activity = {channel, activity_of(c, call, channel)}});
}

/* Of what is past, what a wall that joins would still be told. */
static void tell_readings(crowd *c, call *call) {
    if (c->gathering && fmod(call->t_s, TREND_STEP_S) > 0) return;
    if (has_customer(call)) tell_customer(c, call);
    tell_activity(c, call, has_customer(call) ? UT_AGENT : UT_MIXED);
}

static void tell_turn(crowd *c, const call *call) {
    ut_turn turn = {.kind = call->floor < UT_CHANNELS ? UT_TURN_TURN : UT_TURN_SILENCE,
                    .channel = call->floor,
                    .start_s = call->floor_from_s,
                    .end_s = call->t_s};
    tell(c, call, &(ut_event){.type = UT_EVENT_TURN, .t_s = call->t_s, .turn = turn});
}

static void give_reasons(const call *call, const shown *shown, ut_cue *cue) {
    double lasted_s = call->t_s - call->episode.from_s;
    bool voice = cue->kind == UT_CUE_FRUSTRATION || cue->kind == UT_CUE_STRESS || cue->kind == UT_CUE_ESCALATE;
    cue->n_reasons = voice ? 2 : 1;
    cue->reasons[0] = cue->reasons[1] = (ut_reason){.z = NAN};
    if (voice) {
        cue->reasons[0] = (ut_reason){.feature = "pitch_hz", .z = 4 * shown->score};
        cue->reasons[1] = (ut_reason){.feature = "rate_syl_s", .z = 2 * shown->score};
        snprintf(cue->reasons[0].change, sizeof cue->reasons[0].change, "%+.1f st", (double)(6 * shown->score));
        snprintf(cue->reasons[1].change, sizeof cue->reasons[1].change, "%+.1f syl/s", (double)shown->score);
    } else if (cue->kind == UT_CUE_CALMING) {
        cue->reasons[0].feature = "frustration";
        snprintf(cue->reasons[0].change, sizeof cue->reasons[0].change, "81 %% to %.0f %%", (double)shown->score * 100);
    } else {
        cue->reasons[0].feature = cue->kind == UT_CUE_DEAD_AIR ? "silence_s" : "monologue_s";
        snprintf(cue->reasons[0].change, sizeof cue->reasons[0].change, "%.1f s", lasted_s);
    }
}

static void tell_cue(crowd *c, call *call, ut_cue_kind kind, ut_cue_state state) {
    shown *shown = &call->shown[kind];
    bool scored = kind != UT_CUE_DEAD_AIR && kind != UT_CUE_MONOLOGUE;
    ut_event event = {.type = UT_EVENT_CUE, .t_s = call->t_s};
    ut_about about;
    event.cue = (ut_cue){.id = shown->id,
                         .kind = kind,
                         .state = state,
                         .severity = shown->severity,
                         .score = scored ? shown->score : NAN,
                         .score_usual = NAN};
    give_reasons(call, shown, &event.cue);
    ut_about_init(&about, &(ut_call_about){call->facts.customer, call->facts.queue, 0});
    ut_playbook_say(&ut_playbook_default, &about, &event.cue);
    tell(c, call, &event);
    shown->told_s = call->t_s;
}

/* ---- cues ---- */

static const ut_rule *rule_of(ut_cue_kind kind) { return &ut_playbook_default.rules[kind]; }

static float score_of(const call *call, ut_cue_kind kind) {
    return kind == UT_CUE_STRESS ? call->stress.now : call->frustration.now;
}

static void raise_cue(crowd *c, call *call, ut_cue_kind kind, ut_severity severity) {
    call->shown[kind] =
        (shown){.id = ++call->n_cues, .severity = severity, .raised_s = call->t_s, .score = score_of(call, kind)};
    tell_cue(c, call, kind, UT_CUE_RAISED);
}

static void clear_cue(crowd *c, call *call, ut_cue_kind kind) {
    if (!call->shown[kind].id) return;
    tell_cue(c, call, kind, UT_CUE_CLEARED);
    call->shown[kind].id = 0;
}

static bool is_of_voice(ut_cue_kind kind) { return kind == UT_CUE_FRUSTRATION || kind == UT_CUE_STRESS; }

static bool is_reason_enough(const call *call) {
    const episode *e = &call->episode;
    if (call->t_s < e->from_s) return false;
    if (is_of_voice(e->kind)) return score_of(call, e->kind) > rule_of(e->kind)->raise && !abstains(call);
    return call->t_s - e->from_s >= (double)rule_of(e->kind)->after_s;
}

static bool is_over(const call *call) {
    const episode *e = &call->episode;
    return call->t_s >= e->to_s && (!is_of_voice(e->kind) || score_of(call, e->kind) < rule_of(e->kind)->clear);
}

/* Says it again, or to the supervisor too, where it has been up for long. */
static void follow_up(crowd *c, call *call, ut_cue_kind kind) {
    enum { TELL_S = 5 };
    shown *shown = &call->shown[kind];
    double up_s = call->t_s - shown->raised_s, urgent_s = (double)rule_of(kind)->urgent_after_s;
    bool urgent = urgent_s > 0 && up_s >= urgent_s && shown->severity != UT_URGENT;
    bool escalates = kind == UT_CUE_FRUSTRATION && !call->shown[UT_CUE_ESCALATE].id;
    if (urgent) shown->severity = UT_URGENT;
    if (is_of_voice(kind)) shown->score = score_of(call, kind);
    if (urgent || (is_of_voice(kind) && call->t_s - shown->told_s >= TELL_S)) tell_cue(c, call, kind, UT_CUE_UPDATED);
    if (escalates && up_s >= (double)rule_of(UT_CUE_ESCALATE)->after_s) raise_cue(c, call, UT_CUE_ESCALATE, UT_URGENT);
}

static void follow_episode(crowd *c, call *call) {
    ut_cue_kind kind = call->episode.kind;
    const shown *calming = &call->shown[UT_CUE_CALMING];
    if (calming->id && call->t_s - calming->raised_s >= (double)rule_of(UT_CUE_CALMING)->hold_s)
        clear_cue(c, call, UT_CUE_CALMING);
    if (kind == UT_CUE_KINDS) return;
    bool up = call->shown[kind].id, over = is_over(call);
    if (up && !over) follow_up(c, call, kind);
    if (!up && !over && is_reason_enough(call)) raise_cue(c, call, kind, UT_NOTICE);
    if (!over) return;
    clear_cue(c, call, UT_CUE_ESCALATE);
    clear_cue(c, call, kind);
    if (up && is_of_voice(kind)) raise_cue(c, call, UT_CUE_CALMING, UT_INFO);
    call->episode.kind = UT_CUE_KINDS;
}

static bool can_have_episode(const call *call) {
    return has_customer(call) && call->facts.consent == UT_CONSENT_GIVEN && call->episode.kind == UT_CUE_KINDS &&
           !call->shown[UT_CUE_CALMING].id;
}

static void begin_episode(crowd *c, call *call, double from_s) {
    static const ut_cue_kind kinds[] = {UT_CUE_FRUSTRATION, UT_CUE_FRUSTRATION, UT_CUE_FRUSTRATION,
                                        UT_CUE_STRESS,      UT_CUE_DEAD_AIR,    UT_CUE_MONOLOGUE};
    ut_cue_kind kind = kinds[(int)draw_between(c, 0, sizeof kinds / sizeof *kinds)];
    double least_s = is_of_voice(kind) ? 8 : (double)rule_of(kind)->after_s + 4;
    call->episode = (episode){kind, from_s, from_s + least_s + draw_time(c, 20)};
}

/* In some call that can have one; in a small crowd there may be none just now. */
static void begin_some_episode(crowd *c) {
    call *call = &c->calls[(size_t)draw_between(c, 0, (double)c->n_calls)];
    for (size_t i = 0; i < c->n_calls && !can_have_episode(call); i++)
        call = call + 1 < c->calls + c->n_calls ? call + 1 : c->calls;
    if (can_have_episode(call)) begin_episode(c, call, call->t_s);
}

/* ---- the life of a call ---- */

static void wander(crowd *c, call *call, score *s, ut_cue_kind kind) {
    const episode *e = &call->episode;
    bool within = e->kind == kind && call->t_s >= e->from_s && call->t_s < e->to_s;
    float towards = within ? fminf(rule_of(kind)->raise + 0.15f, 0.97f) : s->usual;
    s->now += 0.12f * (towards - s->now) + (float)draw_between(c, -0.05, 0.05);
    s->now = fminf(fmaxf(s->now, 0.01f), 0.99f);
    if (abstains(call)) return;
    s->peak = fmaxf(s->peak, s->now);
    s->sum += (double)s->now;
}

static ut_channel next_floor(crowd *c, const call *call) {
    const episode *e = &call->episode;
    bool within = call->t_s >= e->from_s && call->t_s < e->to_s;
    if (within && e->kind == UT_CUE_DEAD_AIR) return UT_CHANNELS;
    if (within && e->kind == UT_CUE_MONOLOGUE) return UT_AGENT;
    if (draw(c) < 0.15) return UT_CHANNELS;
    return call->floor == UT_CUSTOMER ? UT_AGENT : UT_CUSTOMER;
}

static void pass_floor(crowd *c, call *call) {
    ut_channel next = next_floor(c, call);
    if (next != call->floor && has_customer(call)) tell_turn(c, call);
    if (next != call->floor) call->floor_from_s = call->t_s;
    call->floor = next;
    call->floor_to_s = call->t_s + (next == UT_CHANNELS ? 1 : 1.5 + draw_time(c, 4));
}

static void converse(crowd *c, call *call) {
    if (call->t_s >= call->floor_to_s) pass_floor(c, call);
    if (call->floor < UT_CHANNELS) call->spoke_s[call->floor] += STEP_S;
    if (call->floor == UT_CUSTOMER) call->last_spoke_s = call->t_s;
    wander(c, call, &call->frustration, UT_CUE_FRUSTRATION);
    wander(c, call, &call->stress, UT_CUE_STRESS);
    if (!abstains(call)) call->n_scored++;
}

/* Once in a quarter of an hour, where nothing else happens. True where the call is paused. */
static bool follow_pause(crowd *c, call *call) {
    bool paused = call->pause_to_s > 0, begins = !paused && can_have_episode(call) && draw(c) < STEP_S / 900;
    bool ends = paused && call->t_s >= call->pause_to_s;
    if (begins) call->pause_to_s = call->t_s + 5 + draw_time(c, 15);
    if (ends) call->pause_to_s = 0;
    if (begins || ends)
        send_away(c, message_of_pause(call->facts.id, call->t_s, &(pause_change){.paused = begins}, now_unix_ms()));
    return call->pause_to_s > 0;
}

/* A place in the crowd is taken by another call; age_s of it has passed already. */
static void begin_call(crowd *c, call *call, double age_s) {
    static const char *const teams[] = {"north", "south", "east"}, *const queues[] = {"billing", "repairs", "orders"};
    unsigned n = c->n_begun++, agent = n % c->n_agents;
    double consent = draw(c);
    *call = (struct call){.began_s = crowd_s(c) - age_s,
                          .t_s = STEP_S * floor(fmax(0, age_s - BEFORE_S) / STEP_S),
                          .length_s = age_s + 30 + draw_time(c, 240),
                          .floor = UT_AGENT,
                          .episode.kind = UT_CUE_KINDS};
    call->last_spoke_s = call->floor_from_s = call->t_s;
    call->frustration.now = call->frustration.usual = (float)draw_between(c, 0.04, 0.4);
    call->stress.now = call->stress.usual = (float)draw_between(c, 0.04, 0.3);
    snprintf(call->agent, sizeof call->agent, "a-%02u", agent + 1);
    snprintf(call->source, sizeof call->source, "line %zu", (size_t)(call - c->calls) % 100000 + 1);
    snprintf(call->customer, sizeof call->customer, "C-%04u", n % 10000);
    call->facts = (call_facts){.source = call->source,
                               .channels = n % 50 == 7 ? 1 : 2,
                               .roles = {n % 50 == 7 ? UT_MIXED : UT_AGENT, UT_CUSTOMER},
                               .started_at_ms = now_unix_ms() - (int64_t)(age_s * 1000),
                               .consent = consent < 0.03   ? UT_CONSENT_UNKNOWN
                                          : consent < 0.05 ? UT_CONSENT_REFUSED
                                                           : UT_CONSENT_GIVEN,
                               .model = "made-up@000000000000",
                               .playbook = "default",
                               .customer = call->customer,
                               .queue = queues[n / 3 % 3],
                               .agent = call->agent,
                               .team = teams[agent % 3]};
    call_id_make(call->facts.id, call->facts.started_at_ms);
    send_away(c, message_of_call(&call->facts));
}

static float mean_of(const call *call, const score *s) {
    return call->n_scored ? (float)(s->sum / call->n_scored) : NAN;
}
static float peak_of(const call *call, const score *s) { return call->n_scored ? s->peak : NAN; }

static void end_call(crowd *c, call *call) {
    ut_event event = {.type = UT_EVENT_SUMMARY, .t_s = call->t_s};
    if (call->facts.consent != UT_CONSENT_GIVEN) {
        send_away(c, message_of_over(call->facts.id));
        return;
    }
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) clear_cue(c, call, (ut_cue_kind)kind);
    event.summary = (ut_summary){.duration_s = call->t_s,
                                 .has_customer = has_customer(call),
                                 .has_dynamics = has_customer(call),
                                 .cues = call->n_cues};
    event.summary.customer.speech_s = (float)call->spoke_s[UT_CUSTOMER];
    event.summary.customer.frustration_mean = mean_of(call, &call->frustration);
    event.summary.customer.frustration_peak = peak_of(call, &call->frustration);
    event.summary.customer.stress_mean = mean_of(call, &call->stress);
    event.summary.customer.stress_peak = peak_of(call, &call->stress);
    event.summary.customer.arousal_mean = mean_of(call, &call->frustration);
    event.summary.dynamics = (ut_dynamics){.agent_talk_share = share_of(call, UT_AGENT),
                                           .response_latency_median_s = 0.8f,
                                           .response_latency_p90_s = 1.9f};
    call->facts.ended = "finished";
    tell(c, call, &event);
}

/* Half a second of a call. */
static void step(crowd *c, call *call) {
    call->t_s += STEP_S;
    if (call->t_s >= call->length_s) {
        end_call(c, call);
        begin_call(c, call, 0);
    } else if (call->facts.consent == UT_CONSENT_GIVEN && !follow_pause(c, call)) {
        converse(c, call);
        tell_readings(c, call);
        follow_episode(c, call);
    }
}

/* ---- the crowd ---- */

static void tick(crowd *c) {
    double now_s = crowd_s(c);
    for (; c->next_episode_s <= now_s; c->next_episode_s += draw_time(c, c->cue_every_s)) begin_some_episode(c);
    for (size_t i = 0; i < c->n_calls; i++)
        while (c->calls[i].began_s + c->calls[i].t_s + STEP_S <= now_s) step(c, &c->calls[i]);
}

/* All are in progress, and in some something happens: what began lately and is likely not to be over. */
static void gather(crowd *c) {
    enum { UP_S = 25 };
    for (size_t i = 0; i < c->n_calls; i++) begin_call(c, &c->calls[i], draw_between(c, 0, 600));
    for (double s = draw_time(c, c->cue_every_s); s < UP_S; s += draw_time(c, c->cue_every_s)) {
        call *call = &c->calls[(size_t)draw_between(c, 0, (double)c->n_calls)];
        if (can_have_episode(call)) begin_episode(c, call, fmax(0, -call->began_s - s));
    }
    c->gathering = true;
    tick(c);
    c->gathering = false;
}

/* Network's thread. What is said of a cue is told to all at once, since nothing is kept. */
static void take_feedback(void *user, message *m) {
    crowd *c = user;
    serve_send(c->serve, m);
}

static crowd *open_crowd(const options *o) {
    char message[512];
    size_t n_calls = (size_t)o->calls;
    crowd *c = calloc(1, sizeof *c + n_calls * sizeof *c->calls);
    if (!c) return fputs("crowd: not enough memory\n", stderr), NULL;
    c->chance = UINT64_C(0x9E3779B97F4A7C15) * ((uint64_t)o->seed + 1);
    c->cue_every_s = o->cue_every_s;
    c->speed = o->speed;
    c->n_agents = (unsigned)o->agents;
    c->n_calls = n_calls;
    c->start_s = clock_s();
    c->serve =
        serve_open(&(serve_options){.listen = o->listen, .web_dir = o->web_dir, .feedback = take_feedback, .user = c},
                   message, sizeof message);
    if (c->serve) return c;
    fprintf(stderr, "crowd: %s\n", message);
    free(c);
    return NULL;
}

static bool take_number(const char *name, const char *text, double low, double high, double *x) {
    char *end;
    *x = strtod(text, &end);
    if (*text && !*end && *x >= low && *x <= high) return true;
    fprintf(stderr, "crowd: --%s is a number from %g to %g, not %s\n", name, low, high, text);
    return false;
}

static int take_options(int argc, char **argv, options *o) {
    const struct option list[] = {{"calls", required_argument, NULL, 'c'},
                                  {"agents", required_argument, NULL, 'a'},
                                  {"cue-every-s", required_argument, NULL, 'e'},
                                  {"speed", required_argument, NULL, 's'},
                                  {"seed", required_argument, NULL, 'd'},
                                  {"listen", required_argument, NULL, 'l'},
                                  {"web", required_argument, NULL, 'w'},
                                  {"help", no_argument, NULL, 'h'},
                                  {0}};
    bool good = true;
    for (int option, at; good && (option = getopt_long(argc, argv, "h", list, &at)) != -1;) {
        if (option == 'c') good = take_number("calls", optarg, 1, 100000, &o->calls);
        else if (option == 'a') good = take_number("agents", optarg, 1, 100000, &o->agents);
        else if (option == 'e') good = take_number("cue-every-s", optarg, 0.01, 1e6, &o->cue_every_s);
        else if (option == 's') good = take_number("speed", optarg, 0.01, 1000, &o->speed);
        else if (option == 'd') good = take_number("seed", optarg, 0, 1e9, &o->seed);
        else if (option == 'l') o->listen = optarg;
        else if (option == 'w') o->web_dir = optarg;
        else if (option == 'h') return fputs(usage, stdout), 0;
        else good = false;
    }
    if (good && optind == argc) return -1;
    if (good) fputs(usage, stderr);
    return 2;
}

int main(int argc, char **argv) {
    options o = {.calls = 1000, .agents = 40, .cue_every_s = 5, .speed = 1, .seed = 1, .listen = "127.0.0.1:0"};
    int status = take_options(argc, argv, &o);
    if (status >= 0) return status;
    interrupt_catch();
    crowd *c = open_crowd(&o);
    if (!c) return 1;
    gather(c);
    fprintf(stderr, "Pages: %s/wall/\n", serve_address(c->serve));
    while (!interrupt_wait(TICK_MS)) tick(c);
    serve_close(c->serve);
    free(c);
    return 0;
}
