/* What those who join late are told, and what a wall and an agent's page are told of all that happens. */
#include "serve/state.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serve/trend.h"

static const struct view everything, wall = {.wall = true};

static call_facts facts_of(const char *id, ut_consent consent) {
    call_facts facts = {.source = "a.flac",
                        .channels = 2,
                        .roles = {UT_AGENT, UT_CUSTOMER},
                        .consent = consent,
                        .model = "base@0",
                        .agent = "a-17"};
    snprintf(facts.id, sizeof facts.id, "%s", id);
    return facts;
}

/* Takes over m. True where a wall gets it. */
static bool follow(struct state *s, message *m) {
    assert_non_null(m);
    struct news news = state_follow(s, m);
    message_release(news.call);
    message_release(m);
    return news.sampled;
}

static void call(struct state *s, const char *id, ut_consent consent) {
    call_facts facts = facts_of(id, consent);
    follow(s, message_of_call(&facts));
}

static bool read_customer(struct state *s, const char *id, double t_s, float frustration, bool abstain) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    ut_event event = {.type = UT_EVENT_CUSTOMER, .t_s = t_s};
    event.customer.affect = (ut_affect){.frustration = frustration, .stress = 0.25f, .abstain = abstain};
    return follow(s, message_of_event(&facts, &event));
}

static bool read_other(struct state *s, const char *id, double t_s, ut_channel channel) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    ut_event event = {.type = UT_EVENT_ACTIVITY, .t_s = t_s, .activity.channel = channel};
    return follow(s, message_of_event(&facts, &event));
}

static void cue(struct state *s, const char *id, unsigned number, ut_cue_kind kind, ut_cue_state state) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    ut_event event = {.type = UT_EVENT_CUE,
                      .cue = {.id = number, .kind = kind, .state = state, .score = NAN, .score_usual = NAN}};
    follow(s, message_of_event(&facts, &event));
}

static void say(struct state *s, const char *id, unsigned number, verdict verdict) {
    feedback said = {.cue = number, .verdict = verdict};
    snprintf(said.call, sizeof said.call, "%s", id);
    follow(s, message_of_feedback(&said, 0));
}

static void end(struct state *s, const char *id) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    follow(s, message_of_event(&facts, &(ut_event){.type = UT_EVENT_SUMMARY}));
}

/* What of each is told, in order and with commas between: its type, and its state or verdict or else its call's id. */
static const char *told(const struct state *s, const struct view *view) {
    static char text[4000];
    struct telling telling = {0};
    struct queue out = {0};
    text[0] = '\0';
    while (!telling.done) assert_true(state_tell(s, view, &telling, &out, out.n + 1));
    for (message *m; (m = queue_pop(&out));) {
        size_t n = strlen(text);
        json_t *json = json_loadb(m->text, m->n_bytes, 0, NULL);
        const char *what = json_string_value(json_object_get(json, "verdict"));
        if (!what) what = json_string_value(json_object_get(json, "state"));
        snprintf(text + n, sizeof text - n, "%s%s %s", n ? ", " : "", json_string_value(json_object_get(json, "type")),
                 what ? what : m->call);
        json_decref(json);
        message_release(m);
    }
    queue_clear(&out);
    return text;
}

/* A call without consent is there until it is over, as its own message; so is one whose consent was withdrawn. */
static void without_consent(void **unused) {
    (void)unused;
    struct state *s = state_new();
    call(s, "c-1", UT_CONSENT_UNKNOWN);
    call(s, "c-2", UT_CONSENT_GIVEN);
    cue(s, "c-2", 1, UT_CUE_STRESS, UT_CUE_RAISED);
    read_customer(s, "c-2", 4, 0.5f, false);
    call(s, "c-2", UT_CONSENT_WITHDRAWN);
    call(s, "c-3", UT_CONSENT_REFUSED);
    assert_string_equal(told(s, &everything), "call c-1, call c-2, call c-3");
    assert_string_equal(told(s, &wall), "call c-1, call c-2, call c-3");
    assert_true(state_lacks_consent(s, "c-1") && state_lacks_consent(s, "c-2"));
    assert_false(state_has_shown(s, &everything, "c-2", 1));
    follow(s, message_of_over("c-2"));
    follow(s, message_of_over("c-3"));
    assert_true(state_lacks_consent(s, "c-2"));
    call(s, "c-1", UT_CONSENT_GIVEN);
    read_customer(s, "c-1", 4, 0.5f, false);
    assert_string_equal(told(s, &everything), "call c-1, reading c-1");
    assert_int_equal(state_n_live(s), 1);
    end(s, "c-1");
    follow(s, message_of_over("c-1"));
    assert_string_equal(told(s, &everything), "call c-1, summary c-1");
    state_free(s);
}

static void an_escalation_waits_until_it_is_taken(void **unused) {
    (void)unused;
    struct state *s = state_new();
    call(s, "c-1", UT_CONSENT_GIVEN);
    cue(s, "c-1", 1, UT_CUE_FRUSTRATION, UT_CUE_RAISED);
    cue(s, "c-1", 2, UT_CUE_ESCALATE, UT_CUE_RAISED);
    assert_true(state_waits(s, "c-1", 2));
    assert_false(state_waits(s, "c-1", 1) || state_waits(s, "c-1", 3) || state_waits(s, "c-2", 2));
    cue(s, "c-1", 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED);
    cue(s, "c-1", 2, UT_CUE_ESCALATE, UT_CUE_CLEARED);
    assert_string_equal(told(s, &wall), "call c-1, cue cleared");
    assert_true(state_waits(s, "c-1", 2));
    say(s, "c-1", 2, VERDICT_HELPFUL);
    assert_string_equal(told(s, &wall), "call c-1, cue cleared, feedback helpful");
    say(s, "c-1", 2, VERDICT_TAKEN);
    assert_string_equal(told(s, &wall), "call c-1");
    assert_false(state_waits(s, "c-1", 2));

    cue(s, "c-1", 3, UT_CUE_ESCALATE, UT_CUE_RAISED); /* taken while it is up */
    say(s, "c-1", 3, VERDICT_TAKEN);
    say(s, "c-1", 3, VERDICT_WRONG);
    assert_false(state_waits(s, "c-1", 3));
    assert_string_equal(told(s, &wall), "call c-1, cue raised, feedback wrong, feedback taken");
    cue(s, "c-1", 3, UT_CUE_ESCALATE, UT_CUE_CLEARED);
    assert_string_equal(told(s, &wall), "call c-1");

    cue(s, "c-1", 4, UT_CUE_ESCALATE, UT_CUE_RAISED); /* until its call is over */
    cue(s, "c-1", 4, UT_CUE_ESCALATE, UT_CUE_CLEARED);
    end(s, "c-1");
    assert_string_equal(told(s, &wall), "call c-1, summary c-1");
    assert_false(state_waits(s, "c-1", 4));
    state_free(s);
}

/* The trend that a wall which joins now is told, and its scores of frustration as text; null for none. */
static const char *trend_of(const struct state *s, double *t_s, size_t *n) {
    static char text[2000];
    struct telling telling = {0};
    struct queue out = {0};
    bool found = false;
    assert_true(state_tell(s, &wall, &telling, &out, 1000));
    for (message *m; (m = queue_pop(&out)); message_release(m)) {
        if (m->kind != MESSAGE_TREND) continue;
        json_t *json = json_loadb(m->text, m->n_bytes, 0, NULL), *scores = json_object_get(json, "frustration");
        char *line = json_dumps(scores, JSON_COMPACT | JSON_REAL_PRECISION(3));
        *t_s = json_number_value(json_object_get(json, "t_s"));
        *n = json_array_size(scores);
        assert_int_equal(json_array_size(json_object_get(json, "stress")), *n);
        assert_true(json_number_value(json_object_get(json, "step_s")) == TREND_STEP_S);
        snprintf(text, sizeof text, "%s", line);
        free(line);
        json_decref(json);
        found = true;
    }
    queue_clear(&out);
    return found ? text : NULL;
}

/* One step every two seconds, and the wall gets as many readings. */
/* The oldest cue goes where there is no room, but not one that somebody has still to take. */
static void an_escalation_goes_last(void **unused) {
    (void)unused;
    struct state *s = state_new();
    call(s, "c-1", UT_CONSENT_GIVEN);
    cue(s, "c-1", 1, UT_CUE_ESCALATE, UT_CUE_RAISED);
    for (unsigned number = 2; number < STATE_CUES + 5; number++) cue(s, "c-1", number, UT_CUE_DEAD_AIR, UT_CUE_RAISED);
    assert_true(state_waits(s, "c-1", 1));
    state_free(s);
}

/* Who may hear a call: where there is consent, and it is for them. */
static void who_can_hear(void **unused) {
    (void)unused;
    struct state *s = state_new();
    struct view all = {.call = "c-1"}, own = {.call = "c-1", .agent = "a-17"}, other = {.call = "c-1", .agent = "b"};
    assert_false(state_can_hear(s, &all));
    call(s, "c-1", UT_CONSENT_UNKNOWN);
    assert_false(state_can_hear(s, &all));
    call(s, "c-1", UT_CONSENT_GIVEN);
    assert_true(state_can_hear(s, &all));
    assert_true(state_can_hear(s, &own));
    assert_false(state_can_hear(s, &other));
    end(s, "c-1");
    assert_false(state_can_hear(s, &all));
    state_free(s);
}

static void a_walls_share(void **unused) {
    (void)unused;
    struct state *s = state_new();
    double t_s;
    size_t n;
    int sampled = 0;
    call(s, "c-1", UT_CONSENT_GIVEN);
    assert_null(trend_of(s, &t_s, &n));
    for (int i = 1; i <= 20; i++) {
        assert_false(read_other(s, "c-1", i * 0.5, UT_AGENT));
        sampled += read_customer(s, "c-1", i * 0.5, (float)i / 100, i < 8);
    }
    assert_int_equal(sampled, 6); /* 0.5, 2, 4 ... 10 s */
    assert_string_equal(trend_of(s, &t_s, &n), "[null,null,0.08,0.12,0.16,0.2]");
    assert_true(t_s == 10);
    assert_true(read_customer(s, "c-1", 15.5, 0.5f, false)); /* a pause lay between */
    assert_false(read_customer(s, "c-1", 15.9, 0.6f, false));
    assert_string_equal(trend_of(s, &t_s, &n), "[null,null,0.08,0.12,0.16,0.2,null,0.5]");
    assert_true(t_s == 14);
    assert_string_equal(told(s, &wall), "call c-1, trend c-1, reading c-1");
    assert_string_equal(told(s, &everything), "call c-1, reading c-1, reading c-1");
    for (int i = 0; i < 200; i++) read_customer(s, "c-1", 16 + 2 * i, 0.25f, false);
    assert_non_null(trend_of(s, &t_s, &n));
    assert_int_equal(n, TREND_STEPS);
    assert_true(t_s == 16 + 2 * 199);
    read_customer(s, "c-1", 1e6, 0.75f, false);
    assert_string_equal(trend_of(s, &t_s, &n), "[0.75]");
    state_free(s);
}

/* A mixed call has no scores: a wall gets its readings as rarely, and no trend. */
static void a_mixed_call(void **unused) {
    (void)unused;
    struct state *s = state_new();
    call_facts facts = facts_of("c-1", UT_CONSENT_GIVEN);
    facts.channels = 1;
    facts.roles[0] = UT_MIXED;
    follow(s, message_of_call(&facts));
    int sampled = 0;
    for (int i = 1; i <= 20; i++) sampled += read_other(s, "c-1", i * 0.5, UT_MIXED);
    assert_int_equal(sampled, 6);
    assert_string_equal(told(s, &wall), "call c-1, reading c-1");
    state_free(s);
}

static void what_a_view_takes(void **unused) {
    (void)unused;
    char longest[VIEW_AGENT_SIZE + 1];
    struct view view = {0};
    assert_true(view_set_call(&view, "c-1") && view_set_agent(&view, "Jörg 7") && view_set_kind(&view, "wall"));
    assert_false(view_set_call(&view, "../c"));
    assert_false(view_set_call(&view, ""));
    assert_false(view_set_agent(&view, ""));
    assert_false(view_set_kind(&view, "window"));
    assert_false(view_set_kind(&view, ""));
    memset(longest, 'a', sizeof longest);
    longest[VIEW_AGENT_SIZE] = '\0';
    assert_false(view_set_agent(&view, longest));
    longest[VIEW_AGENT_SIZE - 1] = '\0';
    assert_true(view_set_agent(&view, longest));
}

/* Of others' calls nothing, and nothing of calls that are not known any more. */
static void an_agents_share(void **unused) {
    (void)unused;
    struct state *s = state_new();
    struct view view = {.agent = "a-17"}, other = {.agent = "a-1"};
    call(s, "c-1", UT_CONSENT_GIVEN);
    cue(s, "c-1", 1, UT_CUE_STRESS, UT_CUE_RAISED);
    call_facts facts = facts_of("c-2", UT_CONSENT_GIVEN);
    facts.agent = NULL;
    message *nobodys = message_of_call(&facts);
    assert_null(nobodys->agent);
    follow(s, message_hold(nobodys));
    assert_string_equal(told(s, &view), "call c-1, cue raised");
    assert_string_equal(told(s, &other), "");
    assert_true(state_has_shown(s, &view, "c-1", 1));
    assert_false(state_has_shown(s, &other, "c-1", 1));
    assert_false(view_has_call(&view, "c-2", nobodys));
    assert_false(view_has_call(&view, "c-3", NULL));
    assert_true(view_has_call(&everything, "c-3", NULL));
    message_release(nobodys);
    state_free(s);
}

/* In slices, each call whole; what happens to calls that are still to be told is in their state. */
static void slices(void **unused) {
    (void)unused;
    struct state *s = state_new();
    struct telling telling = {0};
    struct queue out = {0};
    for (int i = 0; i < 100; i++) {
        char id[16];
        snprintf(id, sizeof id, "c-%03d", i);
        call(s, id, UT_CONSENT_GIVEN);
        read_customer(s, id, 1, 0.5f, false);
    }
    assert_true(state_tell(s, &wall, &telling, &out, 30));
    assert_int_equal(out.n, 30);
    assert_false(telling.done);
    assert_false(state_comes_later(&telling, "c-009"));
    assert_true(state_comes_later(&telling, "c-010"));
    end(s, "c-009"); /* the one that was told last is gone */
    call(s, "c-0100", UT_CONSENT_GIVEN);
    assert_true(state_tell(s, &wall, &telling, &out, 1000));
    assert_int_equal(out.n, 300 + 1);
    assert_true(telling.done);
    assert_false(state_comes_later(&telling, "c-099"));
    queue_clear(&out);
    state_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_consent),
        cmocka_unit_test(an_escalation_waits_until_it_is_taken),
        cmocka_unit_test(an_escalation_goes_last),
        cmocka_unit_test(who_can_hear),
        cmocka_unit_test(a_walls_share),
        cmocka_unit_test(a_mixed_call),
        cmocka_unit_test(what_a_view_takes),
        cmocka_unit_test(an_agents_share),
        cmocka_unit_test(slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
