/* When cues rise and when they are silent again: scripted readings and turns, then chance. */
#include "cues/cues.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

enum { TOLD = 4000 };

/* A call's cues so far, with the times they came at. */
typedef struct scene {
    ut_cues cues;
    double t_s;
    unsigned n;
    ut_cue told[TOLD];
    double told_s[TOLD];
} scene;

/* The numbers that the times below come from; the default's may be tuned. */
static const ut_playbook book = {{
    [UT_CUE_FRUSTRATION] = {true, 0.60f, 0.40f, 2, 20, 2, 20, "Voice sounds frustrated", "Say the next step."},
    [UT_CUE_STRESS] = {true, 0.60f, 0.40f, 2, 0, 2, 30, "Voice sounds tense", ""},
    [UT_CUE_CALMING] = {true, 0, 0, 0, 0, 6, 10, "Voice sounds calmer", ""},
    [UT_CUE_TALK_OVER] = {true, 0, 0, 0.8f, 0, 3, 20, "Both are talking", ""},
    [UT_CUE_DEAD_AIR] = {true, 0, 0, 8, 15, 0, 0, "Silence on the line", ""},
    [UT_CUE_MONOLOGUE] = {true, 0, 0, 50, 0, 0, 30, "Long turn", ""},
}};

static void begin(scene *s, const ut_playbook *playbook) {
    memset(s, 0, sizeof *s);
    ut_cues_init(&s->cues, playbook);
}

static void collect(scene *s) {
    while (s->n < TOLD && ut_cues_next(&s->cues, &s->told_s[s->n], &s->told[s->n])) s->n++;
}

static ut_opinion opinion_of(float frustration, float stress) {
    ut_opinion opinion = {.affect = {.frustration = frustration, .stress = stress, .confidence = 0.8f},
                          .usual_known = true,
                          .n_reasons = {1, 1}};
    opinion.reasons[0][0] = (ut_reason){.feature = "pitch_hz", .change = "+4.1 st", .z = 2.3f};
    opinion.reasons[1][0] = (ut_reason){.feature = "rate_syl_s", .change = "+1.2 syl/s", .z = 1.5f};
    return opinion;
}

static void hear(scene *s, const ut_opinion *opinion) {
    s->t_s += 0.5;
    ut_cues_hear(&s->cues, s->t_s, opinion);
    collect(s);
}

static void hear_for(scene *s, double seconds, float frustration, float stress) {
    ut_opinion opinion = opinion_of(frustration, stress);
    for (double end_s = s->t_s + seconds; s->t_s < end_s - 1e-9;) hear(s, &opinion);
}

static void hear_nothing_for(scene *s, double seconds) {
    ut_opinion opinion = {.affect = {.frustration = 0.9f, .stress = 0.9f, .abstain = true}, .usual_known = true};
    for (double end_s = s->t_s + seconds; s->t_s < end_s - 1e-9;) hear(s, &opinion);
}

static void finish(scene *s) {
    ut_cues_finish(&s->cues, s->t_s);
    collect(s);
}

static void is_told(const scene *s, unsigned i, ut_cue_kind kind, ut_cue_state state, double t_s) {
    assert_true(i < s->n);
    assert_string_equal(ut_cue_name(s->told[i].kind), ut_cue_name(kind));
    assert_string_equal(ut_cue_state_name(s->told[i].state), ut_cue_state_name(state));
    is_near(s->told_s[i], t_s, 1e-6);
}

static void two_seconds_of_evidence(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 1.5, 0.9f, 0.1f);
    hear_for(s, 0.5, 0.59f, 0.1f); /* a break starts the count anew */
    hear_for(s, 1.5, 0.9f, 0.1f);
    assert_int_equal(s->n, 0);
    hear_for(s, 0.5, 0.9f, 0.1f);
    assert_int_equal(s->n, 1);
    is_told(s, 0, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 4.0);
    assert_int_equal(s->told[0].id, 1);
    assert_int_equal(s->told[0].severity, UT_NOTICE);
    is_near(s->told[0].score, 0.9f, 1e-6);
    assert_int_equal(s->told[0].n_reasons, 1);
    assert_string_equal(s->told[0].reasons[0].feature, "pitch_hz");
    assert_string_equal(s->told[0].text, "Voice sounds frustrated");
    assert_string_equal(s->told[0].advice, "Say the next step.");
}

static void silence_is_no_evidence(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 0.5, 0.9f, 0.1f);
    hear_nothing_for(s, 8);
    hear_for(s, 1.0, 0.9f, 0.1f);
    assert_int_equal(s->n, 0);
    hear_for(s, 0.5, 0.9f, 0.1f);
    assert_int_equal(s->n, 1); /* the fourth agreeing reading */
    hear_for(s, 0.5, 0.1f, 0.1f);
    hear_nothing_for(s, 5);
    hear_for(s, 1.0, 0.1f, 0.1f);
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.1f, 0.1f);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, s->t_s);
}

static void the_usual_must_be_known(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_opinion opinion = opinion_of(0.99f, 0.99f);
    opinion.usual_known = false;
    for (int i = 0; i < 60; i++) hear(s, &opinion);
    assert_int_equal(s->n, 0);
}

static void hysteresis(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.7f, 0);
    assert_int_equal(s->n, 1);
    for (int i = 0; i < 30; i++) hear_for(s, 0.5, i & 1 ? 0.45f : 0.62f, 0);
    for (unsigned i = 1; i < s->n; i++) assert_int_not_equal(s->told[i].state, UT_CUE_CLEARED);
    unsigned before = s->n;
    hear_for(s, 1.5, 0.39f, 0);
    hear_for(s, 0.5, 0.41f, 0);
    hear_for(s, 1.5, 0.39f, 0);
    for (unsigned i = before; i < s->n; i++) assert_int_not_equal(s->told[i].state, UT_CUE_CLEARED);
    before = s->n;
    hear_for(s, 0.5, 0.39f, 0);
    is_told(s, before, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, s->t_s);
    is_told(s, before + 1, UT_CUE_CALMING, UT_CUE_RAISED, s->t_s);
    assert_string_equal(s->told[before + 1].reasons[0].feature, "frustration");
    assert_string_equal(s->told[before + 1].reasons[0].change, "70 % to 39 %");
    assert_int_equal(s->told[before + 1].severity, UT_INFO);
}

static void cool_down(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.8f, 0);
    hear_for(s, 2, 0.1f, 0);
    double cleared_s = s->t_s;
    unsigned before = s->n;
    hear_for(s, 19.5, 0.9f, 0);
    for (unsigned i = before; i < s->n; i++) assert_int_equal(s->told[i].kind, UT_CUE_CALMING);
    before = s->n;
    hear_for(s, 0.5, 0.9f, 0);
    is_told(s, s->n - 1, UT_CUE_FRUSTRATION, UT_CUE_RAISED, cleared_s + 20);
    assert_int_equal(s->told[s->n - 1].id, 3); /* calming was 2 */
    assert_true(s->n > before);
}

static void calming_shows_six_seconds(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.8f, 0);
    hear_for(s, 2, 0.1f, 0);
    hear_for(s, 5.5, 0.1f, 0);
    is_told(s, s->n - 1, UT_CUE_CALMING, UT_CUE_RAISED, 4);
    hear_for(s, 0.5, 0.1f, 0);
    is_told(s, s->n - 1, UT_CUE_CALMING, UT_CUE_CLEARED, 10);
}

static void no_calm_while_the_other_is_high(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.8f, 0.1f);
    hear_for(s, 4, 0.1f, 0.9f);
    for (unsigned i = 0; i < s->n; i++) assert_int_not_equal(s->told[i].kind, UT_CUE_CALMING);
    is_told(s, s->n - 1, UT_CUE_STRESS, UT_CUE_RAISED, 4.5);
}

static void one_emotion_at_a_time(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 4, 0.8f, 0.9f);
    assert_int_equal(s->n, 1);
    is_told(s, 0, UT_CUE_STRESS, UT_CUE_RAISED, 2);
    begin(s, &book);
    hear_for(s, 4, 0.9f, 0.8f);
    assert_int_equal(s->n, 1);
    is_told(s, 0, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 2);
}

static void tells_changes_sparingly(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.70f, 0);
    hear_for(s, 10, 0.75f, 0); /* too little to tell */
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.90f, 0);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_UPDATED, 12.5);
    assert_int_equal(s->told[1].id, 1);
    for (int i = 0; i < 8; i++) hear_for(s, 0.5, i & 1 ? 0.9f : 0.7f, 0); /* at most every 2 s */
    assert_in_range(s->n, 3, 4);
}

static void grows_urgent(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 10, 0.8f, 0);
    hear_nothing_for(s, 15); /* silence makes nothing more urgent */
    hear_for(s, 9.5, 0.8f, 0);
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.8f, 0);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_UPDATED, 35);
    assert_int_equal(s->told[1].severity, UT_URGENT);
    hear_for(s, 10, 0.55f, 0); /* it does not go back */
    hear_for(s, 10, 0.8f, 0);
    for (unsigned i = 1; i < s->n; i++) assert_int_equal(s->told[i].severity, UT_URGENT);
}

static void forgets_a_voice_not_heard(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.8f, 0);
    hear_nothing_for(s, 30);
    assert_int_equal(s->n, 1);
    hear_nothing_for(s, 0.5);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 32.5);
    hear_nothing_for(s, 30);
    assert_int_equal(s->n, 2); /* no word of calm: nobody knows */
    hear_for(s, 1.5, 0.8f, 0);
    assert_int_equal(s->n, 2); /* and the evidence is gathered anew */
    hear_for(s, 0.5, 0.8f, 0);
    assert_int_equal(s->n, 3);
}

static void a_doubtful_reading_is_no_evidence(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_opinion doubtful = opinion_of(0.95f, 0.1f);
    doubtful.affect.confidence = 0.49f;
    for (int i = 0; i < 40; i++) hear(s, &doubtful);
    hear_for(s, 1.5, 0.95f, 0.1f);
    assert_int_equal(s->n, 0);
    hear_for(s, 0.5, 0.95f, 0.1f);
    assert_int_equal(s->n, 1);
}

static void finish_clears(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.8f, 0);
    finish(s);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 2);
    finish(s);
    assert_int_equal(s->n, 2);
}

static void off_is_off(void **state) {
    scene *s = *state;
    ut_playbook playbook = ut_playbook_default;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) playbook.rules[kind].on = false;
    begin(s, &playbook);
    ut_turns turns = {
        .silent_hops = 3000, .monologue_hops = 9000, .overlap = {.live = true, .counted = true, .hops = 500}};
    for (int i = 0; i < 200; i++) {
        hear_for(s, 0.5, i / 20 & 1 ? 0.9f : 0.1f, i / 30 & 1 ? 0.95f : 0.1f);
        ut_cues_follow(&s->cues, s->t_s, &turns);
        collect(s);
    }
    finish(s);
    assert_int_equal(s->n, 0);
}

static void follow_for(scene *s, int hops, ut_turns *turns) {
    for (int i = 0; i < hops; i++) {
        s->t_s += 0.01;
        if (turns->silent_hops) turns->silent_hops++;
        if (turns->monologue_hops) turns->monologue_hops++;
        if (turns->overlap.live) turns->overlap.hops++;
        ut_cues_follow(&s->cues, s->t_s, turns);
        collect(s);
    }
}

static void dead_air_rises_grows_and_ends(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = {.silent_hops = 1};
    follow_for(s, 798, &turns);
    assert_int_equal(s->n, 0);
    follow_for(s, 1, &turns);
    is_told(s, 0, UT_CUE_DEAD_AIR, UT_CUE_RAISED, 7.99);
    assert_string_equal(s->told[0].reasons[0].feature, "silence_s");
    assert_string_equal(s->told[0].reasons[0].change, "8.0 s");
    assert_true(isnan(s->told[0].score) && isnan(s->told[0].reasons[0].z));
    follow_for(s, 700, &turns);
    assert_int_equal(s->n, 2);
    is_told(s, 1, UT_CUE_DEAD_AIR, UT_CUE_UPDATED, 14.99);
    assert_int_equal(s->told[1].severity, UT_URGENT);
    turns.silent_hops = 0;
    follow_for(s, 1, &turns);
    is_told(s, 2, UT_CUE_DEAD_AIR, UT_CUE_CLEARED, 15.0);
}

static void talk_over_holds_and_cools_down(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = {.overlap = {.live = true, .hops = 1}};
    follow_for(s, 200, &turns);
    assert_int_equal(s->n, 0); /* not counted: a backchannel, or breath */
    turns.overlap.counted = true;
    follow_for(s, 1, &turns);
    assert_int_equal(s->n, 1);
    turns.overlap.live = false;
    follow_for(s, 300, &turns);
    assert_int_equal(s->n, 1);
    follow_for(s, 1, &turns);
    assert_int_equal(s->n, 2);
    turns.overlap.live = true;
    follow_for(s, 1999, &turns);
    assert_int_equal(s->n, 2);
    follow_for(s, 2, &turns);
    assert_int_equal(s->n, 3);
    assert_int_equal(s->told[2].id, 2);
}

static void monologue_rises(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = {.monologue_hops = 1};
    follow_for(s, 4998, &turns);
    assert_int_equal(s->n, 0);
    follow_for(s, 1, &turns);
    is_told(s, 0, UT_CUE_MONOLOGUE, UT_CUE_RAISED, 49.99);
}

/* ---- whatever comes ---- */

static float chance(void) { return (float)rand() / (float)RAND_MAX; }

static void random_playbook(ut_playbook *playbook) {
    *playbook = ut_playbook_default;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        ut_rule *rule = &playbook->rules[kind];
        rule->on = rand() % 4;
        rule->raise = chance();
        rule->clear = rule->raise * chance();
        rule->after_s = (float)(rand() % 4);
        rule->urgent_after_s = (float)(rand() % 8);
        rule->hold_s = (float)(rand() % 4);
        rule->cool_down_s = (float)(rand() % 8);
    }
}

static void random_moment(scene *s, ut_turns *turns, float *frustration, float *stress) {
    *frustration = fminf(fmaxf(*frustration + chance() - 0.5f, 0), 1);
    *stress = fminf(fmaxf(*stress + chance() - 0.5f, 0), 1);
    ut_opinion opinion = opinion_of(*frustration, *stress);
    opinion.affect.abstain = s->n / 16 % 4 == 3 || rand() % 6 == 0;
    opinion.usual_known = s->t_s > 5;
    if (rand() % 10 == 0) turns->silent_hops = rand() % 2 ? 1 : 0;
    if (rand() % 10 == 0) turns->monologue_hops = rand() % 2 ? 4800 : 0;
    turns->overlap.live = rand() % 3;
    turns->overlap.counted = rand() % 3;
    follow_for(s, 50, turns);
    ut_cues_hear(&s->cues, s->t_s, &opinion);
    collect(s);
}

static void check_life(const scene *s, const ut_playbook *playbook) {
    bool up[UT_CUE_KINDS] = {0};
    unsigned id[UT_CUE_KINDS] = {0}, highest = 0;
    double cleared_s[UT_CUE_KINDS];
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) cleared_s[kind] = -1e9;
    for (unsigned i = 0; i < s->n; i++) {
        const ut_cue *cue = &s->told[i];
        ut_cue_kind k = cue->kind;
        assert_true(playbook->rules[k].on);
        assert_true(i == 0 || s->told_s[i] >= s->told_s[i - 1]);
        assert_int_equal(up[k], cue->state != UT_CUE_RAISED);
        if (cue->state == UT_CUE_RAISED) {
            assert_int_equal(cue->id, ++highest);
            assert_true(s->told_s[i] - cleared_s[k] >= (double)playbook->rules[k].cool_down_s - 1e-6);
            id[k] = cue->id;
        }
        assert_int_equal(cue->id, id[k]);
        assert_true(cue->n_reasons >= 1 && cue->n_reasons <= UT_REASONS);
        assert_ptr_equal(cue->text, playbook->rules[k].text);
        up[k] = cue->state != UT_CUE_CLEARED;
        if (!up[k]) cleared_s[k] = s->told_s[i];
        assert_false(up[UT_CUE_FRUSTRATION] && up[UT_CUE_STRESS]);
    }
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) assert_false(up[kind]);
    assert_int_equal(s->cues.n_raised, highest);
}

static void every_raised_cue_is_cleared(void **state) {
    scene *s = *state;
    unsigned told = 0;
    for (int round = 0; round < 300; round++) {
        srand((unsigned)round);
        ut_playbook playbook;
        ut_turns turns = {0};
        float frustration = 0.5f, stress = 0.5f;
        random_playbook(&playbook);
        begin(s, &playbook);
        for (int i = 0; i < 240 && s->n < TOLD - 64; i++) random_moment(s, &turns, &frustration, &stress);
        finish(s);
        check_life(s, &playbook);
        told += s->n;
    }
    assert_true(told > 10000);
}

static int new_scene(void **state) { return !(*state = malloc(sizeof(scene))); }
static int free_scene(void **state) {
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_seconds_of_evidence),
        cmocka_unit_test(silence_is_no_evidence),
        cmocka_unit_test(the_usual_must_be_known),
        cmocka_unit_test(hysteresis),
        cmocka_unit_test(cool_down),
        cmocka_unit_test(calming_shows_six_seconds),
        cmocka_unit_test(no_calm_while_the_other_is_high),
        cmocka_unit_test(one_emotion_at_a_time),
        cmocka_unit_test(tells_changes_sparingly),
        cmocka_unit_test(grows_urgent),
        cmocka_unit_test(forgets_a_voice_not_heard),
        cmocka_unit_test(a_doubtful_reading_is_no_evidence),
        cmocka_unit_test(finish_clears),
        cmocka_unit_test(off_is_off),
        cmocka_unit_test(dead_air_rises_grows_and_ends),
        cmocka_unit_test(talk_over_holds_and_cools_down),
        cmocka_unit_test(monologue_rises),
        cmocka_unit_test(every_raised_cue_is_cleared),
    };
    return cmocka_run_group_tests(tests, new_scene, free_scene);
}
