/* A call from outside: made voices in, events out. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/model.h"
#include "made_sound.h"
#include "voiced.h"

/* ---- every allocation of the program goes through here, so that it can be counted or refused ---- */

static bool watching;
static long allocations, refused = -1; /* refused: which one, from 0 */

#ifdef __SANITIZE_THREAD__ /* which cannot start under another malloc */
#define SKIP_WITHOUT_OUR_MALLOC skip()
#else
#define SKIP_WITHOUT_OUR_MALLOC (void)0

static bool granted(void) { return !watching || allocations++ != refused; }

void *malloc(size_t n) {
    static void *(*next)(size_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "malloc");
    return granted() ? next(n) : NULL;
}

void *calloc(size_t n, size_t size) {
    static void *(*next)(size_t, size_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "calloc");
    return granted() ? next(n, size) : NULL;
}

void *realloc(void *old, size_t n) {
    static void *(*next)(void *, size_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "realloc");
    return granted() ? next(old, n) : NULL;
}

void *aligned_alloc(size_t alignment, size_t n) {
    static void *(*next)(size_t, size_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "aligned_alloc");
    return granted() ? next(alignment, n) : NULL;
}

#endif

/* ---- a call of half a minute ---- */

enum { SECONDS = 32, SAMPLES = SECONDS * UT_RATE_HZ + 1234, MOST = 2000 };

static const voiced_turn customer_turns[] = {{0.5, 8, 140, 0.1}, {14, 19, 190, 0.25}, {30, 32, 120, 0.1}, {.to_s = 0}};
static const voiced_turn agent_turns[] = {{8.5, 14.8, 210, 0.1}, {17, 18, 220, 0.1}, {.to_s = 0}};
static float voices[2][SAMPLES];
static ut_model *model;

/* No net knows made voices. Here it takes them for known, and cues rise at any score, so that the events have some. */
static const char touchy[] = "cues: { frustration: { raise = 0.0; clear = 0.0; after_s = 0.5; };"
                             " stress: { raise = 0.0; clear = 0.0; after_s = 0.5; }; };";
static ut_playbook *playbook;

static int set_up(void **state) {
    (void)state;
    voiced_fill(customer_turns, 0, voices[UT_CUSTOMER], SAMPLES);
    voiced_fill(agent_turns, 0, voices[UT_AGENT], SAMPLES);
    model = ut_model_open("models/base.utm", NULL);
    playbook = ut_playbook_parse(touchy, NULL, 0, NULL);
    if (!model || !playbook) return 1;
    model->max_distance = 1e6f;
    model->min_share = 0;
    for (int o = 0; o < UT_SCORES; o++) model->cold[o].slope = model->warm[o].slope = 0.1f;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    ut_model_close(model);
    ut_playbook_close(playbook);
    return 0;
}

static ut_call *begin(ut_consent consent, unsigned channels) {
    ut_error why = UT_BAD_PLAYBOOK;
    ut_call *call =
        ut_call_new(model, &(ut_call_options){.consent = consent, .playbook = playbook, .channels = channels}, &why);
    assert_non_null(call);
    assert_int_equal(why, UT_OK);
    return call;
}

typedef struct events {
    ut_event e[MOST];
    int n;
} events;

static void take_all(ut_call *call, events *got) {
    while (got->n < MOST && ut_call_next(call, &got->e[got->n])) got->n++;
    assert_true(got->n < MOST);
}

static void end(ut_call *call, events *got) {
    ut_call_finish(call);
    take_all(call, got);
    ut_event event;
    assert_false(ut_call_next(call, &event));
    ut_call_free(call);
}

/* Chunks of at most so many samples of either voice in turn; 0: of any size, in any order. */
static void push_all(ut_call *call, size_t n, size_t most, events *got) {
    size_t done[2] = {0};
    while (done[0] < n || done[1] < n) {
        int c = most ? done[1] < done[0] : rand() & 1;
        size_t chunk = most ? most : (size_t)(rand() % 3000), left = n - done[c];
        done[c] += ut_call_push(call, (ut_channel)c, voices[c] + done[c], chunk < left ? chunk : left);
        if (most || rand() % 3 == 0) take_all(call, got);
    }
}

static const events *reference(void) {
    static events got;
    if (got.n) return &got;
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    push_all(call, SAMPLES, 160, &got);
    end(call, &got);
    return &got;
}

#define SAME(field) assert_memory_equal(&a->field, &b->field, sizeof a->field)

static void same_activity(const ut_activity *a, const ut_activity *b) {
    SAME(speaking);
    SAME(level_db);
    SAME(rate_syl_s);
    SAME(talk_share);
    SAME(talk_share_120s);
}

static void same_cue(const ut_cue *a, const ut_cue *b) {
    SAME(id);
    SAME(kind);
    SAME(state);
    SAME(severity);
    SAME(score);
    SAME(n_reasons);
    assert_string_equal(a->text, b->text);
    for (unsigned r = 0; r < a->n_reasons; r++) {
        assert_string_equal(a->reasons[r].feature, b->reasons[r].feature);
        assert_string_equal(a->reasons[r].change, b->reasons[r].change);
        SAME(reasons[r].z);
    }
}

/* Bit for bit. */
static void same_event(const ut_event *a, const ut_event *b) {
    SAME(type);
    SAME(t_s);
    switch (a->type) {
    case UT_EVENT_CUSTOMER:
        same_activity(&a->customer.activity, &b->customer.activity);
        SAME(customer.affect.pitch_hz);
        SAME(customer.affect.frustration);
        SAME(customer.affect.stress);
        SAME(customer.affect.arousal);
        SAME(customer.affect.confidence);
        SAME(customer.affect.abstain);
        break;
    case UT_EVENT_ACTIVITY:
        SAME(activity.channel);
        same_activity(&a->activity.activity, &b->activity.activity);
        break;
    case UT_EVENT_TURN:
        SAME(turn.kind);
        SAME(turn.channel);
        SAME(turn.start_s);
        SAME(turn.end_s);
        break;
    case UT_EVENT_CUE:
        same_cue(&a->cue, &b->cue);
        break;
    case UT_EVENT_SUMMARY:
        SAME(summary.duration_s);
        SAME(summary.customer);
        SAME(summary.dynamics);
        SAME(summary.cues);
    }
}

static void same_events(const events *a, const events *b) {
    assert_int_equal(a->n, b->n);
    for (int i = 0; i < a->n; i++) same_event(&a->e[i], &b->e[i]);
}

static int count(const events *got, ut_event_type type) {
    int n = 0;
    for (int i = 0; i < got->n; i++) n += got->e[i].type == type;
    return n;
}

static int count_readings(const events *got) { return count(got, UT_EVENT_CUSTOMER) + count(got, UT_EVENT_ACTIVITY); }

static void chunks_make_no_difference(void **state) {
    (void)state;
    static events got;
    static const size_t sizes[] = {1, 79, 80, 4000, 100000, 0, 0, 0, 0, 0, 0};
    assert_true(count(reference(), UT_EVENT_CUE) >= 4); /* or there is little to compare */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        srand((unsigned)i);
        got.n = 0;
        ut_call *call = begin(UT_CONSENT_GIVEN, 0);
        push_all(call, SAMPLES, sizes[i], &got);
        end(call, &got);
        same_events(reference(), &got);
    }
}

static void a_reading_each_half_second_and_one_at_the_end(void **state) {
    (void)state;
    const events *got = reference();
    int n[2] = {0};
    for (int i = 0; i < got->n; i++) {
        const ut_event *e = &got->e[i];
        if (e->type != UT_EVENT_CUSTOMER && e->type != UT_EVENT_ACTIVITY) continue;
        int *nth = &n[e->type == UT_EVENT_ACTIVITY];
        double wanted = ++*nth <= 2 * SECONDS ? 0.5 * *nth : (double)SAMPLES / UT_RATE_HZ;
        assert_true(e->t_s == wanted);
        if (e->type == UT_EVENT_ACTIVITY) assert_int_equal(e->activity.channel, UT_AGENT);
    }
    assert_int_equal(n[0], 2 * SECONDS + 1);
    assert_int_equal(n[1], 2 * SECONDS + 1);
}

/* An end on the half second is not read twice. */
static void whole_half_seconds(void **state) {
    (void)state;
    static events got;
    for (size_t n = 0; n < 3; n++) {
        got.n = 0;
        ut_call *call = begin(UT_CONSENT_GIVEN, 1u << UT_CUSTOMER);
        assert_int_equal(ut_call_push(call, UT_CUSTOMER, voices[0], n * 4000), n * 4000);
        end(call, &got);
        assert_int_equal(count(&got, UT_EVENT_CUSTOMER), n);
        assert_int_equal(got.n, n + 1);
    }
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    assert_int_equal(ut_call_push(call, UT_CUSTOMER, voices[0], 1), 1);
    end(call, &got);
    assert_int_equal(got.n, 3);
    assert_true(got.e[2].summary.duration_s == 1.0 / UT_RATE_HZ);
}

static void times_do_not_go_back(void **state) {
    (void)state;
    const events *got = reference();
    for (int i = 1; i < got->n; i++) assert_true(got->e[i].t_s >= got->e[i - 1].t_s);
}

static void one_summary_and_it_is_last(void **state) {
    (void)state;
    const events *got = reference();
    assert_int_equal(count(got, UT_EVENT_SUMMARY), 1);
    const ut_event *last = &got->e[got->n - 1];
    assert_int_equal(last->type, UT_EVENT_SUMMARY);
    const ut_summary *s = &last->summary;
    assert_true(s->duration_s == (double)SAMPLES / UT_RATE_HZ);
    assert_true(s->has_customer && s->has_dynamics);
    assert_true(fabs((double)s->customer.speech_s - 14.5) < 1.5);
    assert_true(fabs((double)s->dynamics.agent_talk_share - 7.3 / (7.3 + 14.5)) < 0.05);
    assert_true(s->dynamics.dead_air_s > 10 && s->dynamics.dead_air_s < 12);
    assert_int_equal(s->dynamics.overlaps, 2); /* 14-14.8 and 17-18 */
    int raised = 0;
    for (int i = 0; i < got->n; i++) raised += got->e[i].type == UT_EVENT_CUE && got->e[i].cue.state == UT_CUE_RAISED;
    assert_int_equal(s->cues, raised);
}

static void every_cue_is_cleared(void **state) {
    (void)state;
    const events *got = reference();
    int up = 0;
    for (int i = 0; i < got->n; i++) {
        if (got->e[i].type != UT_EVENT_CUE) continue;
        up += (got->e[i].cue.state == UT_CUE_RAISED) - (got->e[i].cue.state == UT_CUE_CLEARED);
        assert_true(up >= 0);
    }
    assert_int_equal(up, 0);
}

/* ---- channels and consent ---- */

static void no_emotion_but_the_customers(void **state) {
    (void)state;
    static events got;
    static const ut_channel others[] = {UT_AGENT, UT_MIXED};
    for (int i = 0; i < 2; i++) {
        got.n = 0;
        ut_call *call = begin(UT_CONSENT_GIVEN, 1u << others[i]);
        for (size_t done = 0; done < SAMPLES; take_all(call, &got))
            done += ut_call_push(call, others[i], voices[UT_CUSTOMER] + done, SAMPLES - done);
        assert_int_equal(ut_call_push(call, UT_CUSTOMER, voices[0], 8000), 8000); /* not of this call: ignored */
        end(call, &got);
        assert_int_equal(count(&got, UT_EVENT_CUSTOMER) + count(&got, UT_EVENT_CUE), 0);
        assert_int_equal(count(&got, UT_EVENT_ACTIVITY), 2 * SECONDS + 1);
        for (int e = 0; e < got.n - 1; e++) assert_int_equal(got.e[e].activity.channel, others[i]);
        assert_false(got.e[got.n - 1].summary.has_customer);
        assert_false(got.e[got.n - 1].summary.has_dynamics);
    }
}

static void the_customer_alone_has_no_dynamics(void **state) {
    (void)state;
    static events got;
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 1u << UT_CUSTOMER);
    for (size_t done = 0; done < SAMPLES; take_all(call, &got))
        done += ut_call_push(call, UT_CUSTOMER, voices[0] + done, SAMPLES - done);
    end(call, &got);
    for (int i = 0; i < got.n; i++)
        if (got.e[i].type == UT_EVENT_CUE) assert_true(got.e[i].cue.kind <= UT_CUE_CALMING);
    assert_true(count(&got, UT_EVENT_CUE) > 0);
    assert_false(got.e[got.n - 1].summary.has_dynamics);
}

/* With a playbook that cries at the least score. */
static void hold_music_is_told_and_never_scored(void **state) {
    (void)state;
    static events got;
    static float music[SAMPLES];
    memset(music, 0, sizeof music);
    made_saw_chords(music, SAMPLES, 1);
    made_scale(music, SAMPLES, -20);
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 1u << UT_CUSTOMER);
    for (size_t done = 0; done < SAMPLES; take_all(call, &got))
        done += ut_call_push(call, UT_CUSTOMER, music + done, SAMPLES - done);
    end(call, &got);
    int readings = 0, told = 0;
    for (int i = 0; i < got.n; i++) {
        if (got.e[i].type != UT_EVENT_CUSTOMER) continue;
        readings++;
        told += got.e[i].customer.activity.sound == UT_SOUND_MUSIC;
        assert_true(got.e[i].customer.affect.abstain && !got.e[i].customer.activity.speaking);
    }
    assert_true(readings > 50 && told > readings * 9 / 10);
    assert_int_equal(count(&got, UT_EVENT_CUE), 0);
}

/* What the customer's line carries is the agent, half a second of whom is enough to be scored by. */
static void the_agents_echo_is_never_scored(void **state) {
    (void)state;
    static events got;
    static float echo[SAMPLES];
    enum { LATE = UT_RATE_HZ / 8 };
    got.n = 0;
    for (size_t i = LATE; i < SAMPLES; i++) echo[i] = 0.178f * voices[UT_AGENT][i - LATE];
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    for (size_t done = 0; done < SAMPLES; done += UT_HOP, take_all(call, &got)) {
        size_t n = SAMPLES - done < UT_HOP ? SAMPLES - done : UT_HOP;
        assert_int_equal(ut_call_push(call, UT_CUSTOMER, echo + done, n), n);
        assert_int_equal(ut_call_push(call, UT_AGENT, voices[UT_AGENT] + done, n), n);
    }
    end(call, &got);
    for (int i = 0; i < got.n; i++) {
        const ut_event *e = &got.e[i];
        if (e->type == UT_EVENT_CUSTOMER) assert_true(e->customer.affect.abstain && !e->customer.activity.speaking);
        if (e->type == UT_EVENT_CUE) assert_true(e->cue.kind > UT_CUE_CALMING);
        if (e->type == UT_EVENT_TURN && e->turn.kind != UT_TURN_SILENCE) assert_int_equal(e->turn.channel, UT_AGENT);
    }
    const ut_summary *summary = &got.e[got.n - 1].summary;
    assert_true(summary->customer.speech_s < 0.1f && summary->dynamics.agent_talk_share == 1);
    assert_true(isnan(summary->customer.frustration_peak));
}

/* Decided later than it was, and told once the call is over at the latest. */
static void turns_are_told_in_the_time_of_the_sound(void **state) {
    (void)state;
    const events *got = reference();
    assert_true(count(got, UT_EVENT_TURN) > 6);
    for (int i = 0; i < got->n; i++) {
        const ut_event *e = &got->e[i];
        if (e->type != UT_EVENT_TURN) continue;
        assert_true(e->turn.start_s >= 0.4 && e->turn.end_s >= e->turn.start_s && e->turn.end_s <= e->t_s);
        if (e->t_s < SECONDS) assert_true(e->t_s >= e->turn.end_s + UT_PROSODY_DELAY * 0.01 - 0.02);
    }
}

static void a_share_of_the_talking_needs_two(void **state) {
    (void)state;
    static events got;
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 1u << UT_AGENT);
    for (size_t done = 0; done < SAMPLES; take_all(call, &got))
        done += ut_call_push(call, UT_AGENT, voices[UT_AGENT] + done, SAMPLES - done);
    end(call, &got);
    for (int i = 0; i < got.n; i++)
        if (got.e[i].type == UT_EVENT_ACTIVITY) assert_true(isnan(got.e[i].activity.activity.talk_share));
    assert_int_equal(count(&got, UT_EVENT_TURN), 0);
    const events *two = reference();
    float customer = NAN, agent = NAN;
    for (int i = 0; i < two->n; i++) {
        if (two->e[i].type == UT_EVENT_CUSTOMER) customer = two->e[i].customer.activity.talk_share;
        if (two->e[i].type == UT_EVENT_ACTIVITY) agent = two->e[i].activity.activity.talk_share_120s;
    }
    assert_true(fabsf(customer + agent - 1) < 0.05f);
}

/* 11 s without a word, announced as a hold. */
static void a_hold_that_is_announced_is_no_silence(void **state) {
    (void)state;
    static events got;
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    for (size_t done = 0; done < SAMPLES; done += UT_HOP, take_all(call, &got)) {
        size_t n = SAMPLES - done < UT_HOP ? SAMPLES - done : UT_HOP;
        ut_call_set_hold(call, done >= 20 * UT_RATE_HZ && done < 29 * UT_RATE_HZ);
        for (ut_channel c = UT_CUSTOMER; c <= UT_AGENT; c++)
            assert_int_equal(ut_call_push(call, c, voices[c] + done, n), n);
    }
    end(call, &got);
    const ut_dynamics *dynamics = &got.e[got.n - 1].summary.dynamics;
    assert_true(fabsf(dynamics->hold_s - 9) < 0.05f && dynamics->dead_air_s == 0);
}

static void without_consent_nothing_comes_out(void **state) {
    (void)state;
    static events got;
    static const ut_consent none[] = {UT_CONSENT_UNKNOWN, UT_CONSENT_REFUSED, UT_CONSENT_WITHDRAWN, (ut_consent)9};
    for (int i = 0; i < 4; i++) {
        got.n = 0;
        ut_call *call = begin(none[i], 0);
        push_all(call, SAMPLES, 4000, &got);
        end(call, &got);
        assert_int_equal(got.n, 0);
    }
    ut_call *call = ut_call_new(model, NULL, NULL); /* unknown is the default */
    push_all(call, 16000, 4000, &got);
    end(call, &got);
    assert_int_equal(got.n, 0);
}

static void withdrawing_ends_it_for_good(void **state) {
    (void)state;
    static events got;
    static const ut_consent ends[] = {UT_CONSENT_WITHDRAWN, UT_CONSENT_REFUSED};
    for (int i = 0; i < 2; i++) {
        got.n = 0;
        ut_call *call = begin(UT_CONSENT_GIVEN, 0);
        ut_call_push(call, UT_AGENT, voices[UT_AGENT], 24000);
        ut_call_push(call, UT_CUSTOMER, voices[UT_CUSTOMER], 40000);
        ut_call_set_consent(call, ends[i]);
        take_all(call, &got);
        assert_int_equal(got.n, 0);
        ut_call_set_consent(call, UT_CONSENT_GIVEN); /* what was heard before does not come back */
        push_all(call, SAMPLES, 4000, &got);
        end(call, &got);
        assert_int_equal(got.n, 0);
    }
}

static void consent_may_come_late(void **state) {
    (void)state;
    static events got;
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_UNKNOWN, 0);
    push_all(call, 16000, 4000, &got);
    assert_int_equal(got.n, 0);
    ut_call_set_consent(call, UT_CONSENT_GIVEN);
    push_all(call, 16000, 4000, &got);
    end(call, &got);
    assert_int_equal(count_readings(&got), 2 * 4);
    assert_int_equal(count(&got, UT_EVENT_SUMMARY), 1);
}

/* ---- limits ---- */

static void one_channel_may_run_ahead_so_far(void **state) {
    (void)state;
    static events got;
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    size_t done = 0, some;
    while ((some = ut_call_push(call, UT_CUSTOMER, voices[0] + done, SAMPLES - done))) done += some;
    assert_in_range(done, (UT_SKEW_S - 1) * UT_RATE_HZ, UT_SKEW_S * UT_RATE_HZ);
    take_all(call, &got);
    assert_int_equal(got.n, 0);
    assert_int_equal(ut_call_push(call, UT_AGENT, voices[1], 4000), 4000);
    assert_int_equal(ut_call_push(call, UT_CUSTOMER, voices[0] + done, SAMPLES - done), 4000);
    take_all(call, &got);
    assert_int_equal(count(&got, UT_EVENT_CUSTOMER), 1);
    end(call, &got); /* the agent is silent from there on */
    assert_true(got.e[got.n - 1].summary.duration_s == (double)(done + 4000) / UT_RATE_HZ);
    assert_int_equal(count(&got, UT_EVENT_CUSTOMER), count(&got, UT_EVENT_ACTIVITY));
}

/* Who does not take events can push no more, and loses none. */
static void nobody_takes_until_the_end(void **state) {
    (void)state;
    static events got, wanted;
    got.n = wanted.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    size_t done = 0;
    for (size_t some = 1; some; done += some) {
        some = ut_call_push(call, UT_CUSTOMER, voices[0] + done, 80);
        for (size_t agent = 0; agent < some;) {
            size_t n = ut_call_push(call, UT_AGENT, voices[1] + done + agent, some - agent);
            if (n == 0) break;
            agent += n;
        }
        if (done > SAMPLES - 160) break;
    }
    assert_in_range(done, 8 * UT_RATE_HZ, 25 * UT_RATE_HZ);
    ut_call_finish(call);
    take_all(call, &got);
    ut_call_free(call);
    call = begin(UT_CONSENT_GIVEN, 0);
    push_all(call, (size_t)(got.e[got.n - 1].summary.duration_s * UT_RATE_HZ + 0.5), 160, &wanted);
    end(call, &wanted);
    assert_int_equal(got.n, wanted.n);
    assert_int_equal(count(&got, UT_EVENT_CUSTOMER), count(&wanted, UT_EVENT_CUSTOMER));
    assert_int_equal(count(&got, UT_EVENT_SUMMARY), 1);
}

static void after_the_end(void **state) {
    (void)state;
    static events got;
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    push_all(call, 16000, 4000, &got);
    ut_call_finish(call);
    assert_int_equal(ut_call_push(call, UT_CUSTOMER, voices[0], 16000), 16000);
    ut_call_finish(call);
    take_all(call, &got);
    assert_int_equal(count_readings(&got), 2 * 4);
    assert_int_equal(count(&got, UT_EVENT_SUMMARY), 1);
    ut_call_finish(call);
    take_all(call, &got);
    assert_int_equal(count_readings(&got), 2 * 4);
    assert_int_equal(count(&got, UT_EVENT_SUMMARY), 1);
    ut_call_free(call);
    ut_call_free(NULL);
    call = begin(UT_CONSENT_GIVEN, 0); /* and one that never began */
    end(call, &got);
    assert_true(got.e[got.n - 1].summary.duration_s == 0);
    assert_true(isnan(got.e[got.n - 1].summary.customer.frustration_mean));
}

static void channels_that_are_none(void **state) {
    (void)state;
    events *got = calloc(1, sizeof *got);
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    assert_int_equal(ut_call_push(call, (ut_channel)3, voices[0], 100), 100);
    assert_int_equal(ut_call_push(call, (ut_channel)-1, voices[0], 100), 100);
    assert_int_equal(ut_call_push(call, UT_CUSTOMER, voices[0], 0), 0);
    end(call, got);
    call = begin(UT_CONSENT_GIVEN, 1u << 7);
    assert_int_equal(ut_call_push(call, UT_CUSTOMER, voices[0], 100), 100);
    end(call, got);
    assert_int_equal(got->n, 2);
    free(got);
}

static void sound_that_is_none(void **state) {
    (void)state;
    static events got;
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3.4e38f, -3.4e38f, 1e-45f, 1e10f, -0.0f};
    static float x[UT_RATE_HZ];
    got.n = 0;
    srand(4);
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    for (int block = 0; block < 24; block++) {
        for (int i = 0; i < UT_RATE_HZ; i++)
            x[i] = block % 3 == 2 ? odd[rand() % 8] : rand() % 50 == 0 ? odd[rand() % 8] : voices[0][i + 8000];
        for (int c = 0; c < 2; c++)
            for (size_t done = 0; done < UT_RATE_HZ; take_all(call, &got))
                done += ut_call_push(call, (ut_channel)c, x + done, UT_RATE_HZ - done);
    }
    end(call, &got);
    for (int i = 0; i < got.n; i++) {
        const ut_event *e = &got.e[i];
        if (e->type != UT_EVENT_CUSTOMER) continue;
        assert_true(isfinite(e->customer.activity.level_db) && e->customer.activity.level_db < 30);
        assert_true(e->customer.affect.frustration >= 0 && e->customer.affect.frustration <= 1);
        assert_true(e->customer.affect.confidence >= 0 && e->customer.affect.confidence <= 1);
        assert_true(e->customer.affect.pitch_hz >= 0 && e->customer.affect.pitch_hz < 1000);
    }
    assert_int_equal(count(&got, UT_EVENT_CUSTOMER), 48);
}

/* ---- memory ---- */

static void nothing_allocates_after_new(void **state) {
    (void)state;
    SKIP_WITHOUT_OUR_MALLOC;
    static events got;
    got.n = 0;
    ut_call *call = begin(UT_CONSENT_GIVEN, 0);
    allocations = 0;
    watching = true;
    push_all(call, SAMPLES, 160, &got);
    ut_call_finish(call);
    take_all(call, &got);
    watching = false;
    assert_int_equal(allocations, 0);
    ut_call_free(call);
    assert_int_equal(count(&got, UT_EVENT_SUMMARY), 1);
}

static void each_allocation_of_a_call_may_fail(void **state) {
    (void)state;
    SKIP_WITHOUT_OUR_MALLOC;
    ut_call *call = NULL;
    for (refused = 0; !call; refused++) {
        ut_error why = UT_OK;
        allocations = 0;
        watching = true;
        call = ut_call_new(model, &(ut_call_options){.consent = UT_CONSENT_GIVEN}, &why);
        watching = false;
        assert_int_equal(why, call ? UT_OK : UT_NO_MEMORY);
        assert_true(refused < 100);
    }
    assert_true(refused > 10);
    refused = -1;
    ut_call_free(call);
}

static void each_allocation_of_a_playbook_may_fail(void **state) {
    (void)state;
    SKIP_WITHOUT_OUR_MALLOC;
    refused = 0;
    allocations = 0;
    watching = true;
    ut_error why = UT_OK;
    ut_playbook *none = ut_playbook_parse("", NULL, 0, &why); /* libconfig's own it does not check */
    watching = false;
    refused = -1;
    assert_null(none);
    assert_int_equal(why, UT_NO_MEMORY);
}

static void each_allocation_of_a_model_may_fail(void **state) {
    (void)state;
    SKIP_WITHOUT_OUR_MALLOC;
    static unsigned char bytes[1 << 21];
    FILE *file = fopen("models/base.utm", "rb");
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    int failures = 0;
    bool reached = true;
    for (refused = 0; reached; refused += refused < 40 ? 1 : 7) {
        ut_error why = UT_BAD_PLAYBOOK;
        allocations = 0;
        watching = true;
        ut_model *one = ut_model_parse(bytes, n, &why);
        watching = false;
        reached = allocations > refused;
        bool unsaid =
            why == UT_MODEL_HEADER || why == UT_MODEL_FEATURES; /* Jansson does not tell that memory ran out */
        assert_true(one ? why == UT_OK : why == UT_NO_MEMORY || unsaid);
        failures += !one;
        ut_model_close(one);
    }
    refused = -1;
    assert_true(failures > 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_make_no_difference),
        cmocka_unit_test(a_reading_each_half_second_and_one_at_the_end),
        cmocka_unit_test(whole_half_seconds),
        cmocka_unit_test(times_do_not_go_back),
        cmocka_unit_test(one_summary_and_it_is_last),
        cmocka_unit_test(every_cue_is_cleared),
        cmocka_unit_test(no_emotion_but_the_customers),
        cmocka_unit_test(the_customer_alone_has_no_dynamics),
        cmocka_unit_test(hold_music_is_told_and_never_scored),
        cmocka_unit_test(the_agents_echo_is_never_scored),
        cmocka_unit_test(turns_are_told_in_the_time_of_the_sound),
        cmocka_unit_test(a_share_of_the_talking_needs_two),
        cmocka_unit_test(a_hold_that_is_announced_is_no_silence),
        cmocka_unit_test(without_consent_nothing_comes_out),
        cmocka_unit_test(withdrawing_ends_it_for_good),
        cmocka_unit_test(consent_may_come_late),
        cmocka_unit_test(one_channel_may_run_ahead_so_far),
        cmocka_unit_test(nobody_takes_until_the_end),
        cmocka_unit_test(after_the_end),
        cmocka_unit_test(channels_that_are_none),
        cmocka_unit_test(sound_that_is_none),
        cmocka_unit_test(nothing_allocates_after_new),
        cmocka_unit_test(each_allocation_of_a_call_may_fail),
        cmocka_unit_test(each_allocation_of_a_playbook_may_fail),
        cmocka_unit_test(each_allocation_of_a_model_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
