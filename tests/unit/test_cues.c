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

/* The numbers that the times below come from; the default's may be tuned. Where 0.1 would be left of it, a score of 0.9
 * says 2.9 nats of the four that are needed, and one of 0.7 says 1.5; against it 0.1 says 1.8, 0.2 says 1.0 and 0.39
 * says 0.04. */
static const ut_playbook book = {
    .rules = {
        [UT_CUE_FRUSTRATION] = {.on = true,
                                .priority = 1,
                                .raise = 0.60f,
                                .clear = 0.40f,
                                .evidence = 4,
                                .after_s = 1,
                                .urgent_after_s = 20,
                                .cool_down_s = 20,
                                .text = {"Voice sounds frustrated"},
                                .advice = {"Say the next step."}},
        [UT_CUE_STRESS] = {.on = true,
                           .priority = 2,
                           .raise = 0.60f,
                           .clear = 0.40f,
                           .evidence = 4,
                           .after_s = 1,
                           .cool_down_s = 30,
                           .text = {"Voice sounds tense"}},
        [UT_CUE_CALMING] =
            {.on = true, .priority = 10, .hold_s = 6, .cool_down_s = 10, .text = {"Voice sounds calmer"}},
        [UT_CUE_TALK_OVER] = {.on = true, .priority = 4, .after_s = 0.8f, .hold_s = 3, .cool_down_s = 20},
        [UT_CUE_INTERRUPTION] = {.on = true, .priority = 5, .hold_s = 5, .cool_down_s = 30},
        [UT_CUE_DEAD_AIR] = {.on = true, .priority = 6, .after_s = 8, .urgent_after_s = 15},
        [UT_CUE_SLOW_REPLY] = {.on = true, .priority = 7, .after_s = 4, .times_median = 3, .cool_down_s = 30},
        [UT_CUE_MONOLOGUE] = {.on = true, .priority = 8, .after_s = 50, .talk_share = 0.7f, .cool_down_s = 30},
        [UT_CUE_TALKING_FAST] =
            {.on = true, .priority = 9, .after_s = 10, .hold_s = 5, .rate_syl_s = 6, .rate_z = 2, .cool_down_s = 60},
        [UT_CUE_ESCALATE] =
            {.on = true, .priority = 3, .after_s = 20, .cool_down_s = 60, .text = {"Voice still sounds frustrated"}},
    }};

static void begin(scene *s, const ut_playbook *playbook) {
    memset(s, 0, sizeof *s);
    ut_cues_init(&s->cues, &(ut_call_options){.playbook = playbook});
}

static void collect(scene *s) {
    while (s->n < TOLD && ut_shelf_next(&s->cues.shelf, &s->told_s[s->n], &s->told[s->n])) s->n++;
}

static ut_opinion opinion_of(float frustration, float stress) {
    ut_opinion opinion = {
        .affect = {.frustration = frustration, .stress = stress, .confidence = 0.8f, .usual_known = true}};
    opinion.why[UT_FRUSTRATION] = (ut_why){
        .reasons = {{.feature = "pitch_hz", .change = "+4.1 st", .z = 2.3f}}, .n_reasons = 1, .score_usual = 0.1f};
    opinion.why[UT_STRESS] = (ut_why){
        .reasons = {{.feature = "rate_syl_s", .change = "+1.2 syl/s", .z = 1.5f}}, .n_reasons = 1, .score_usual = 0.1f};
    return opinion;
}

static void hear(scene *s, const ut_opinion *opinion, bool speaking) {
    s->t_s += 0.5;
    ut_cues_hear(&s->cues, s->t_s, opinion, speaking);
    collect(s);
}

static void hear_so_for(scene *s, double seconds, const ut_opinion *opinion, bool speaking) {
    for (double end_s = s->t_s + seconds; s->t_s < end_s - 1e-9;) hear(s, opinion, speaking);
}

static void hear_for(scene *s, double seconds, float frustration, float stress) {
    ut_opinion opinion = opinion_of(frustration, stress);
    hear_so_for(s, seconds, &opinion, true);
}

/* The window still holds what was said, and its score is as it was. */
static void hear_nothing_for(scene *s, double seconds, float frustration) {
    ut_opinion opinion = opinion_of(frustration, 0.1f);
    hear_so_for(s, seconds, &opinion, false);
}

static void finish(scene *s) {
    ut_cues_finish(&s->cues, s->t_s);
    collect(s);
}

static const ut_cue *is_told(const scene *s, unsigned i, ut_cue_kind kind, ut_cue_state state, double t_s) {
    assert_true(i < s->n);
    assert_string_equal(ut_cue_name(s->told[i].kind), ut_cue_name(kind));
    assert_string_equal(ut_cue_state_name(s->told[i].state), ut_cue_state_name(state));
    is_near(s->told_s[i], t_s, 1e-6);
    return &s->told[i];
}

static const ut_cue *is_told_last(const scene *s, ut_cue_kind kind, ut_cue_state state, double t_s) {
    assert_true(s->n > 0);
    return is_told(s, s->n - 1, kind, state, t_s);
}

/* ---- emotion: when it rises ---- */

static void evidence_adds_up(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 1, 0.7f, 0.1f);
    assert_int_equal(s->n, 0);
    hear_for(s, 0.5, 0.7f, 0.1f);
    assert_int_equal(s->n, 1);
    const ut_cue *cue = is_told(s, 0, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 1.5);
    assert_int_equal(cue->id, 1);
    assert_int_equal(cue->severity, UT_NOTICE);
    assert_int_equal(cue->priority, 1);
    is_near(cue->score, 0.7f, 1e-6);
    is_near(cue->score_usual, 0.1f, 1e-6);
    assert_int_equal(cue->n_reasons, 1);
    assert_string_equal(cue->reasons[0].feature, "pitch_hz");
    assert_string_equal(cue->text, "Voice sounds frustrated");
    assert_string_equal(cue->advice, "Say the next step.");

    begin(s, &book);
    hear_for(s, 0.5, 0.9f, 0.1f);
    hear_for(s, 0.5, 0.05f, 0.1f); /* a break takes it away again */
    hear_for(s, 0.5, 0.9f, 0.1f);
    assert_int_equal(s->n, 0);
    hear_for(s, 0.5, 0.9f, 0.1f);
    is_told_last(s, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 2);
}

static void silence_is_no_evidence_for_it(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 0.5, 0.9f, 0.1f);
    hear_nothing_for(s, 5, 0.95f);
    hear_nothing_for(s, 5, 0.05f);
    assert_int_equal(s->n, 0);
    hear_for(s, 0.5, 0.9f, 0.1f);
    is_told_last(s, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 11); /* the second agreeing reading */
}

static void nor_against_it(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 1, 0.9f, 0.1f);
    hear_for(s, 1, 0.1f, 0.1f);
    hear_nothing_for(s, 11, 0.05f);
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.1f, 0.1f);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 13.5);
}

/* What the model does not know, or heard too little of, is no evidence either way. */
static void doubt_is_no_evidence(void **state) {
    scene *s = *state;
    ut_opinion unknown = opinion_of(0.95f, 0.1f), little = unknown;
    unknown.affect.abstain = true;
    little.affect.confidence = 0.49f;
    begin(s, &book);
    hear_so_for(s, 20, &unknown, true);
    hear_so_for(s, 20, &little, true);
    hear_for(s, 0.5, 0.95f, 0.1f);
    assert_int_equal(s->n, 0);
    hear_for(s, 0.5, 0.95f, 0.1f);
    is_told_last(s, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 41);
    unknown.affect.frustration = little.affect.frustration = 0.05f;
    hear_so_for(s, 6, &unknown, true);
    hear_so_for(s, 6, &little, true);
    assert_int_equal(s->n, 1);
}

static void the_usual_must_be_known(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_opinion opinion = opinion_of(0.99f, 0.99f);
    opinion.affect.usual_known = false;
    for (int e = 0; e < UT_EXPLAINED; e++) opinion.why[e] = ut_why_from_the_start;
    hear_so_for(s, 60, &opinion, true);
    assert_int_equal(s->n, 0);
}

static void what_cannot_be_explained_is_not_said(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_opinion opinion = opinion_of(0.99f, 0.1f);
    opinion.why[UT_FRUSTRATION].score_usual = 0.5f;
    hear_so_for(s, 60, &opinion, true);
    assert_int_equal(s->n, 0);
    hear_for(s, 1, 0.7f, 0.1f); /* there may be evidence enough: the reading that raises it must be explained itself */
    hear_so_for(s, 60, &opinion, true);
    assert_int_equal(s->n, 0);
}

static void one_emotion_at_a_time(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 12, 0.85f, 0.9f);
    assert_int_equal(s->n, 1);
    assert_string_equal(is_told(s, 0, UT_CUE_STRESS, UT_CUE_RAISED, 1)->reasons[0].feature, "rate_syl_s");
    begin(s, &book);
    hear_for(s, 12, 0.9f, 0.85f);
    assert_int_equal(s->n, 1);
    is_told(s, 0, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 1);
    hear_for(s, 20, 0.05f, 0.9f);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 13);
    is_told_last(s, UT_CUE_STRESS, UT_CUE_RAISED, 14); /* for which all evidence counts from there on */
}

static void no_calm_while_the_other_is_high(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.9f, 0.1f);
    hear_for(s, 10, 0.05f, 0.9f);
    for (unsigned i = 0; i < s->n; i++) assert_int_not_equal(s->told[i].kind, UT_CUE_CALMING);
    is_told_last(s, UT_CUE_STRESS, UT_CUE_RAISED, 4);
}

/* ---- emotion: while it is up ---- */

static void tells_changes_sparingly(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.70f, 0);
    hear_for(s, 10, 0.75f, 0); /* too little to tell */
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.90f, 0);
    assert_int_equal(is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_UPDATED, 12.5)->id, 1);
    for (int i = 0; i < 8; i++) hear_for(s, 0.5, i & 1 ? 0.9f : 0.7f, 0);
    is_told(s, 2, UT_CUE_FRUSTRATION, UT_CUE_UPDATED, 15); /* at most every 2 s */
    assert_int_equal(s->n, 3);
}

static void what_is_told_of_it_is_explained(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.7f, 0);
    ut_opinion unexplained = opinion_of(0.95f, 0);
    unexplained.why[UT_FRUSTRATION].score_usual = 0.6f;
    hear_so_for(s, 5, &unexplained, true);
    hear_for(s, 1.5, 0.2f, 0); /* nor is it told again on its way out */
    assert_int_equal(s->n, 1);
}

static void grows_urgent(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 10, 0.8f, 0);
    hear_nothing_for(s, 11, 0.8f); /* nobody is told while nothing is said */
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.39f, 0); /* nor when it sounds calm */
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.8f, 0);
    assert_int_equal(is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_UPDATED, 22)->severity, UT_URGENT);
    ut_playbook never = book;
    never.rules[UT_CUE_FRUSTRATION].urgent_after_s = 0;
    hear_for(s, 10, 0.55f, 0); /* it does not go back */
    ut_shelf_set_playbook(&s->cues.shelf, &never);
    hear_for(s, 10, 0.8f, 0);
    assert_true(s->n > 3);
    for (unsigned i = 1; i < s->n; i++)
        if (s->told[i].kind == UT_CUE_FRUSTRATION) assert_int_equal(s->told[i].severity, UT_URGENT);
}

static void the_supervisor_is_told_where_it_stays_up(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 20.5, 0.9f, 0.1f);
    assert_int_equal(s->n, 1); /* up since 1 s */
    hear_for(s, 0.5, 0.9f, 0.1f);
    assert_int_equal(s->n, 3); /* with the agent's, which grows urgent at the same time */
    const ut_cue *cue = is_told(s, 2, UT_CUE_ESCALATE, UT_CUE_RAISED, 21);
    assert_string_equal(cue->text, "Voice still sounds frustrated");
    assert_string_equal(cue->reasons[0].feature, "pitch_hz");
    is_near(cue->score, 0.9f, 1e-6);
    is_near(cue->score_usual, 0.1f, 1e-6);
    hear_for(s, 30, 0.9f, 0.1f);
    assert_int_equal(s->n, 3);
    hear_for(s, 1.5, 0.1f, 0.1f);
    is_told(s, 3, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 52.5);
    is_told(s, 4, UT_CUE_ESCALATE, UT_CUE_CLEARED, 52.5);
    is_told(s, 5, UT_CUE_CALMING, UT_CUE_RAISED, 52.5);
}

static void calm_or_silent_it_does_not_escalate(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 15, 0.9f, 0.1f);
    hear_nothing_for(s, 10, 0.9f);
    hear_for(s, 0.5, 0.39f, 0.1f);
    for (unsigned i = 0; i < s->n; i++) assert_int_not_equal(s->told[i].kind, UT_CUE_ESCALATE);
    hear_for(s, 0.5, 0.9f, 0.1f);
    is_told_last(s, UT_CUE_ESCALATE, UT_CUE_RAISED, 26);
}

static void only_what_the_agent_saw_escalates(void **state) {
    scene *s = *state;
    ut_playbook off = book;
    off.rules[UT_CUE_FRUSTRATION].on = false;
    begin(s, &off);
    hear_for(s, 60, 0.9f, 0.1f);
    assert_int_equal(s->n, 0);
    begin(s, &book);
    hear_for(s, 60, 0.1f, 0.9f);
    assert_int_equal(s->n, 1);
    is_told(s, 0, UT_CUE_STRESS, UT_CUE_RAISED, 1);
}

/* ---- emotion: when it clears ---- */

static void clears_and_says_so(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 2, 0.7f, 0);
    for (int i = 0; i < 30; i++) hear_for(s, 0.5, i & 1 ? 0.45f : 0.6f, 0); /* neither here nor there */
    for (unsigned i = 1; i < s->n; i++) assert_int_equal(s->told[i].state, UT_CUE_UPDATED);
    begin(s, &book);
    hear_for(s, 2, 0.7f, 0);
    hear_for(s, 2.5, 0.2f, 0);
    assert_int_equal(s->n, 3);

    begin(s, &book);
    hear_for(s, 2, 0.7f, 0);
    hear_for(s, 2, 0.2f, 0); /* 3.92 nats against it */
    hear_for(s, 0.5, 0.39f, 0);
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.39f, 0);
    assert_int_equal(s->n, 3);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 5);
    const ut_cue *calming = is_told(s, 2, UT_CUE_CALMING, UT_CUE_RAISED, 5);
    assert_string_equal(calming->reasons[0].feature, "frustration");
    assert_string_equal(calming->reasons[0].change, "70 % to 39 %");
    assert_int_equal(calming->severity, UT_INFO);
    assert_true(isnan(calming->score_usual) && isnan(calming->reasons[0].z));
}

/* How long it was calm before does not help it away again. */
static void what_was_calm_before_it_rose_does_not_count(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 10, 0.1f, 0);
    hear_for(s, 2, 0.6f, 0);
    is_told_last(s, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 12);
    hear_for(s, 1, 0.1f, 0);
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.1f, 0);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 13.5);
}

static void calming_tells_the_peak(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 4, 0.1f, 0.7f);
    hear_for(s, 0.5, 0.1f, 0.92f); /* the update is told, but the peak is what counts */
    hear_for(s, 4, 0.1f, 0.7f);
    hear_for(s, 1.5, 0.1f, 0.1f);
    const ut_cue *calming = is_told_last(s, UT_CUE_CALMING, UT_CUE_RAISED, 10);
    assert_string_equal(calming->reasons[0].feature, "stress");
    assert_string_equal(calming->reasons[0].change, "92 % to 10 %");
}

static void calming_shows_six_seconds(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 1, 0.9f, 0);
    hear_for(s, 1.5, 0.1f, 0);
    hear_for(s, 3, 0.1f, 0);
    hear_nothing_for(s, 2.5, 0.1f);
    is_told_last(s, UT_CUE_CALMING, UT_CUE_RAISED, 2.5);
    hear_nothing_for(s, 0.5, 0.1f); /* in silence too */
    is_told_last(s, UT_CUE_CALMING, UT_CUE_CLEARED, 8.5);
}

static void it_shows_for_a_while_at_least(void **state) {
    scene *s = *state;
    ut_playbook steady = book;
    steady.rules[UT_CUE_FRUSTRATION].hold_s = 5;
    begin(s, &steady);
    hear_for(s, 1, 0.9f, 0);
    hear_for(s, 4.5, 0.1f, 0);
    assert_int_equal(s->n, 1);
    hear_for(s, 0.5, 0.1f, 0);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 6);
}

static void it_cools_down(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 1, 0.9f, 0);
    hear_for(s, 1.5, 0.1f, 0);
    double cleared_s = s->t_s;
    unsigned before = s->n;
    hear_for(s, 19.5, 0.9f, 0);
    for (unsigned i = before; i < s->n; i++) assert_int_equal(s->told[i].kind, UT_CUE_CALMING);
    hear_for(s, 0.5, 0.9f, 0);
    assert_int_equal(is_told_last(s, UT_CUE_FRUSTRATION, UT_CUE_RAISED, cleared_s + 20)->id, 3); /* calming was 2 */
}

static void forgets_a_voice_not_heard(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 25, 0.9f, 0);
    assert_int_equal(s->n, 3); /* with the supervisor's */
    hear_nothing_for(s, 12, 0.9f);
    assert_int_equal(s->n, 3);
    hear_nothing_for(s, 0.5, 0.9f);
    is_told(s, 3, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 37.5);
    is_told(s, 4, UT_CUE_ESCALATE, UT_CUE_CLEARED, 37.5);
    hear_nothing_for(s, 5, 0.9f);
    assert_int_equal(s->n, 5); /* no word of calm: nobody knows */
    hear_for(s, 0.5, 0.9f, 0);
    assert_int_equal(s->n, 5); /* and the evidence is gathered anew */
    hear_for(s, 0.5, 0.9f, 0);
    is_told(s, 5, UT_CUE_FRUSTRATION, UT_CUE_RAISED, 43.5); /* but at once, not after a cool-down */
    assert_int_equal(s->told[5].severity, UT_URGENT);       /* it has sounded so since it was first told */
    hear_for(s, 0.5, 0.9f, 0);
    assert_int_equal(s->n, 6); /* the supervisor's cools down */
    hear_for(s, 60, 0.9f, 0);
    assert_int_equal(s->told[s->n - 1].kind, UT_CUE_ESCALATE);
}

/* Whoever comes back calm has calmed down, and is told to have once. */
static void a_voice_forgotten_comes_back_calm(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 1, 0.9f, 0);
    hear_nothing_for(s, 20, 0.9f);
    hear_for(s, 1, 0.1f, 0);
    assert_int_equal(s->n, 2);
    hear_for(s, 0.5, 0.1f, 0);
    assert_string_equal(is_told(s, 2, UT_CUE_CALMING, UT_CUE_RAISED, 22.5)->reasons[0].change, "90 % to 10 %");
    hear_for(s, 30, 0.1f, 0);
    assert_int_equal(s->n, 4); /* raised and cleared */
}

static void the_usual_is_held_while_it_is_up(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 0.5, 0.1f, 0.9f);
    assert_false(ut_cues_hold_usual(&s->cues));
    hear_for(s, 0.5, 0.1f, 0.9f);
    assert_true(ut_cues_hold_usual(&s->cues));
    hear_for(s, 1, 0.1f, 0.1f);
    assert_true(ut_cues_hold_usual(&s->cues));
    hear_for(s, 0.5, 0.1f, 0.1f);
    assert_false(ut_cues_hold_usual(&s->cues)); /* calming is up, which holds nothing */
    is_told_last(s, UT_CUE_CALMING, UT_CUE_RAISED, s->t_s);
}

static void finish_clears(void **state) {
    scene *s = *state;
    begin(s, &book);
    hear_for(s, 1, 0.9f, 0);
    finish(s);
    is_told(s, 1, UT_CUE_FRUSTRATION, UT_CUE_CLEARED, 1);
    finish(s);
    assert_int_equal(s->n, 2);
}

/* ---- conversation ---- */

static void follow_for(scene *s, int hops, ut_turns *turns) {
    for (int i = 0; i < hops; i++) {
        s->t_s += 0.01;
        turns->hop++;
        turns->silent_hops += turns->silent_hops > 0;
        turns->overlap_hops += turns->overlap_hops > 0;
        turns->monologue_hops += turns->monologue_hops > 0;
        turns->waiting_hops += turns->waiting_hops > 0;
        ut_cues_follow(&s->cues, s->t_s, turns);
        collect(s);
    }
}

static ut_turns quiet_turns(void) { return (ut_turns){.usual_reply_s = NAN}; }

static void is_of_conversation(const ut_cue *cue, const char *feature, const char *change) {
    assert_true(isnan(cue->score) && isnan(cue->score_usual) && isnan(cue->reasons[0].z));
    assert_int_equal(cue->n_reasons, 1);
    assert_string_equal(cue->reasons[0].feature, feature);
    assert_string_equal(cue->reasons[0].change, change);
}

static void dead_air_rises_grows_and_ends(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = quiet_turns();
    turns.silent_hops = 1;
    follow_for(s, 798, &turns);
    assert_int_equal(s->n, 0);
    follow_for(s, 1, &turns);
    const ut_cue *cue = is_told(s, 0, UT_CUE_DEAD_AIR, UT_CUE_RAISED, 7.99);
    is_of_conversation(cue, "silence_s", "8.0 s");
    assert_int_equal(cue->severity, UT_NOTICE);
    follow_for(s, 700, &turns);
    assert_int_equal(s->n, 2);
    assert_int_equal(is_told(s, 1, UT_CUE_DEAD_AIR, UT_CUE_UPDATED, 14.99)->severity, UT_URGENT);
    turns.silent_hops = 0;
    follow_for(s, 1, &turns);
    is_told(s, 2, UT_CUE_DEAD_AIR, UT_CUE_CLEARED, 15.0);
}

static void talk_over_holds_and_cools_down(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = quiet_turns();
    turns.overlap_hops = 1;
    follow_for(s, 78, &turns);
    assert_int_equal(s->n, 0);
    follow_for(s, 1, &turns);
    is_of_conversation(is_told(s, 0, UT_CUE_TALK_OVER, UT_CUE_RAISED, 0.79), "overlap_s", "0.8 s");
    turns.overlap_hops = 0;
    follow_for(s, 300, &turns);
    turns.overlap_hops = 1; /* and again before it was gone */
    follow_for(s, 1, &turns);
    turns.overlap_hops = 0;
    follow_for(s, 300, &turns);
    assert_int_equal(s->n, 1);
    follow_for(s, 1, &turns);
    is_told(s, 1, UT_CUE_TALK_OVER, UT_CUE_CLEARED, 6.81);
    turns.overlap_hops = 100;
    follow_for(s, 1999, &turns);
    assert_int_equal(s->n, 2);
    follow_for(s, 2, &turns);
    assert_int_equal(s->n, 3);
    assert_int_equal(s->told[2].id, 2);
}

static void monologue_rises(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = quiet_turns();
    turns.monologue_hops = 1;
    follow_for(s, 4998, &turns);
    assert_int_equal(s->n, 0);
    follow_for(s, 1, &turns);
    is_of_conversation(is_told(s, 0, UT_CUE_MONOLOGUE, UT_CUE_RAISED, 49.99), "monologue_s", "50.0 s");
    turns.monologue_hops = 0;
    follow_for(s, 1, &turns);
    is_told(s, 1, UT_CUE_MONOLOGUE, UT_CUE_CLEARED, 50);
}

static void so_does_nearly_all_the_talk(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = quiet_turns();
    turns.talk.recent_hops[UT_CUSTOMER] = 1500;
    turns.talk.recent_hops[UT_AGENT] = 6000; /* 80 % */
    turns.monologue_hops = 1500;
    turns.hop = 11990;
    follow_for(s, 9, &turns); /* it has not been 120 s */
    assert_int_equal(s->n, 0);
    turns.monologue_hops = 0;
    follow_for(s, 10, &turns); /* the agent does not have the word */
    assert_int_equal(s->n, 0);
    turns.monologue_hops = 1600;
    turns.talk.recent_hops[UT_CUSTOMER] = 3000; /* 67 % */
    follow_for(s, 9, &turns);
    assert_int_equal(s->n, 0);
    turns.talk.recent_hops[UT_CUSTOMER] = 1500;
    turns.monologue_hops = 1400; /* a turn that is not long yet */
    follow_for(s, 1, &turns);
    assert_int_equal(s->n, 0);
    turns.monologue_hops = 1600;
    follow_for(s, 1, &turns);
    is_of_conversation(is_told(s, 0, UT_CUE_MONOLOGUE, UT_CUE_RAISED, 0.30), "talk_share", "80 %");
    follow_for(s, 100, &turns);
    assert_int_equal(s->n, 1);
    turns.monologue_hops = 0;
    follow_for(s, 1, &turns);
    is_told(s, 1, UT_CUE_MONOLOGUE, UT_CUE_CLEARED, 1.31);
}

static void slow_reply_is_slow_for_this_call(void **state) {
    scene *s = *state;
    static const struct {
        float usual_reply_s;
        int raised_hops;
        const char *change;
    } usual[] = {{NAN, 400, "4.0 s"}, {0.5f, 400, "4.0 s"}, {2, 600, "6.0 s"}};
    for (int u = 0; u < 3; u++) {
        begin(s, &book);
        ut_turns turns = quiet_turns();
        turns.usual_reply_s = usual[u].usual_reply_s;
        turns.waiting_hops = 1;
        follow_for(s, usual[u].raised_hops - 2, &turns);
        assert_int_equal(s->n, 0);
        follow_for(s, 1, &turns);
        is_of_conversation(is_told_last(s, UT_CUE_SLOW_REPLY, UT_CUE_RAISED, s->t_s), "reply_s", usual[u].change);
        turns.waiting_hops = 0;
        follow_for(s, 1, &turns);
        is_told_last(s, UT_CUE_SLOW_REPLY, UT_CUE_CLEARED, s->t_s);
    }
}

static void an_interruption_shows_for_a_while(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = quiet_turns();
    turns.dynamics.interruptions = 1; /* by the customer */
    follow_for(s, 100, &turns);
    assert_int_equal(s->n, 0);
    turns.dynamics.interruptions_by_agent = 2;
    follow_for(s, 1, &turns);
    is_of_conversation(is_told(s, 0, UT_CUE_INTERRUPTION, UT_CUE_RAISED, 1.01), "interruptions", "2");
    follow_for(s, 300, &turns);
    turns.dynamics.interruptions_by_agent = 3; /* the time counts from here */
    follow_for(s, 501, &turns);
    assert_int_equal(s->n, 1);
    follow_for(s, 1, &turns);
    is_told(s, 1, UT_CUE_INTERRUPTION, UT_CUE_CLEARED, 9.03);
    turns.dynamics.interruptions_by_agent = 4; /* while it cools down, and not told later either */
    follow_for(s, 4000, &turns);
    assert_int_equal(s->n, 2);
}

static void talking_fast_goes_by_anyones_pace_and_the_own(void **state) {
    scene *s = *state;
    begin(s, &book);
    ut_turns turns = quiet_turns();
    ut_pace *pace = &turns.talk.pace[UT_AGENT];
    turns.voice[UT_AGENT].talks = true;
    turns.talk.pace[UT_CUSTOMER].rate_syl_s = 9;
    pace->rate_syl_s = 6;
    follow_for(s, 900, &turns);
    turns.voice[UT_AGENT].talks = false; /* who is silent is not fast, and begins anew */
    follow_for(s, 1, &turns);
    turns.voice[UT_AGENT].talks = true;
    pace->rate_syl_s = 6.04f;
    follow_for(s, 1000, &turns);
    assert_int_equal(s->n, 0);
    follow_for(s, 1, &turns);
    is_of_conversation(is_told(s, 0, UT_CUE_TALKING_FAST, UT_CUE_RAISED, 19.02), "rate_syl_s", "6.0 syl/s");
    pace->rate_syl_s = 4;
    follow_for(s, 500, &turns);
    assert_int_equal(s->n, 1);
    follow_for(s, 1, &turns);
    is_told(s, 1, UT_CUE_TALKING_FAST, UT_CUE_CLEARED, 24.03);

    begin(s, &book);
    pace->rate_syl_s = 4.5f;
    pace->mean_syl_s = 3.2;
    pace->rate_z = 2;
    follow_for(s, 1001, &turns);
    const ut_cue *cue = is_told(s, 0, UT_CUE_TALKING_FAST, UT_CUE_RAISED, 10.01);
    assert_string_equal(cue->reasons[0].change, "+1.3 syl/s");
    is_near(cue->reasons[0].z, 2, 0);
    assert_true(isnan(cue->score) && isnan(cue->score_usual));
}

static void off_is_off(void **state) {
    scene *s = *state;
    ut_playbook playbook = book;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) playbook.rules[kind].on = false;
    begin(s, &playbook);
    ut_turns turns = {.silent_hops = 3000, .monologue_hops = 9000, .overlap_hops = 500, .waiting_hops = 2000};
    turns.talk.pace[UT_AGENT].rate_syl_s = 9;
    for (int i = 0; i < 200; i++) {
        hear_for(s, 0.5, i / 20 & 1 ? 0.9f : 0.1f, i / 30 & 1 ? 0.95f : 0.1f);
        turns.dynamics.interruptions_by_agent++;
        follow_for(s, 10, &turns);
    }
    finish(s);
    assert_int_equal(s->n, 0);
}

/* ---- whatever comes ---- */

static float chance(void) { return (float)rand() / (float)RAND_MAX; }

static void random_playbook(ut_playbook *playbook) {
    *playbook = book;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        ut_rule *rule = &playbook->rules[kind];
        rule->on = rand() % 6;
        rule->priority = 1 + (unsigned)rand() % 12;
        rule->raise = chance();
        rule->clear = rule->raise * chance();
        rule->evidence = (float)(rand() % 6);
        rule->after_s = (float)(rand() % 4);
        rule->urgent_after_s = (float)(rand() % 8);
        rule->hold_s = (float)(rand() % 4);
        rule->cool_down_s = (float)(rand() % 8);
    }
}

static int64_t now_and_then(int64_t hops, int64_t otherwise) { return rand() % 10 ? hops : rand() % 2 * otherwise; }

static void random_turns(ut_turns *turns) {
    turns->voice[UT_AGENT].talks = now_and_then(turns->voice[UT_AGENT].talks, 1);
    turns->silent_hops = now_and_then(turns->silent_hops, 1);
    turns->overlap_hops = now_and_then(turns->overlap_hops, 80);
    turns->monologue_hops = now_and_then(turns->monologue_hops, 4800);
    turns->waiting_hops = now_and_then(turns->waiting_hops, 1);
    turns->usual_reply_s = rand() % 3 ? 3 * chance() : NAN;
    turns->dynamics.interruptions_by_agent += rand() % 30 == 0;
    turns->talk.recent_hops[UT_CUSTOMER] = rand() % 100;
    turns->talk.recent_hops[UT_AGENT] = rand() % 300;
    turns->talk.pace[UT_AGENT].rate_syl_s = 4 + 3 * chance();
    turns->talk.pace[UT_AGENT].rate_z = 3 * chance();
}

static void random_moment(scene *s, ut_turns *turns, float *frustration, float *stress) {
    *frustration = fminf(fmaxf(*frustration + chance() - 0.5f, 0), 1);
    *stress = fminf(fmaxf(*stress + chance() - 0.5f, 0), 1);
    ut_opinion opinion = opinion_of(*frustration, *stress);
    opinion.affect.abstain = rand() % 6 == 0;
    opinion.affect.confidence = 0.4f + 0.6f * chance();
    for (int e = 0; e < UT_EXPLAINED; e++)
        if (s->t_s < 5 || rand() % 8 == 0) opinion.why[e] = ut_why_from_the_start;
        else opinion.why[e].score_usual = (e == UT_FRUSTRATION ? *frustration : *stress) * chance();
    random_turns(turns);
    follow_for(s, 50, turns);
    ut_cues_hear(&s->cues, s->t_s, &opinion, (int)s->t_s / 30 % 3 < 2 && rand() % 8);
    collect(s);
}

static bool is_emotion(ut_cue_kind kind) { return kind == UT_CUE_FRUSTRATION || kind == UT_CUE_STRESS; }

static void check_scores(const ut_cue *cue) {
    bool scored = is_emotion(cue->kind) || cue->kind == UT_CUE_ESCALATE;
    assert_int_equal(isnan(cue->score), !scored && cue->kind != UT_CUE_CALMING);
    if (!scored) assert_true(isnan(cue->score_usual));
    else assert_true(cue->score_usual < 0.5f && cue->score > cue->score_usual);
    assert_true(cue->n_reasons >= 1 && cue->n_reasons <= UT_REASONS);
    for (unsigned r = 0; r < cue->n_reasons; r++) assert_true(cue->reasons[r].feature && *cue->reasons[r].change);
}

/* Follows what is told, and knows what is up. */
typedef struct life {
    bool up[UT_CUE_KINDS];
    unsigned id[UT_CUE_KINDS], highest;
    double cleared_s[UT_CUE_KINDS];
} life;

static void check_cue(life *l, const ut_playbook *playbook, const ut_cue *cue, double t_s) {
    ut_cue_kind k = cue->kind;
    const ut_rule *rule = &playbook->rules[k];
    assert_true(rule->on);
    assert_int_equal(l->up[k], cue->state != UT_CUE_RAISED);
    if (cue->state == UT_CUE_RAISED) {
        assert_int_equal(cue->id, ++l->highest);
        assert_true(t_s - l->cleared_s[k] >= (double)rule->cool_down_s - 1e-6);
        l->id[k] = cue->id;
    }
    assert_int_equal(cue->id, l->id[k]);
    assert_int_equal(cue->priority, rule->priority);
    assert_string_equal(cue->text, rule->text[UT_ENGLISH]);
    check_scores(cue);
    l->up[k] = cue->state != UT_CUE_CLEARED;
    if (!l->up[k]) l->cleared_s[k] = t_s;
}

/* Of what is up at a time. */
static void check_up(const life *l) {
    int agents = 0;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) agents += l->up[kind] && kind != UT_CUE_ESCALATE;
    assert_true(agents <= 3);
    assert_false(l->up[UT_CUE_FRUSTRATION] && l->up[UT_CUE_STRESS]);
}

static void check_scene(scene *s, life *l, unsigned *checked, const ut_playbook *playbook, double silent_s) {
    for (; *checked < s->n; ++*checked) {
        const ut_cue *cue = &s->told[*checked];
        bool forgotten = is_emotion(cue->kind) && cue->state == UT_CUE_CLEARED && silent_s > 12;
        assert_true(*checked == 0 || s->told_s[*checked] >= s->told_s[*checked - 1]);
        check_cue(l, playbook, cue, s->told_s[*checked]);
        check_up(l);
        if (forgotten) l->cleared_s[cue->kind] = -INFINITY;
    }
    assert_int_equal(ut_cues_hold_usual(&s->cues), l->up[UT_CUE_FRUSTRATION] || l->up[UT_CUE_STRESS]);
    if (l->up[UT_CUE_ESCALATE]) assert_true(l->up[UT_CUE_FRUSTRATION]);
}

static void check_round(scene *s, const ut_playbook *playbook) {
    ut_turns turns = quiet_turns();
    float frustration = 0.5f, stress = 0.5f;
    life l = {.highest = 0};
    unsigned checked = 0;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) l.cleared_s[kind] = -INFINITY;
    begin(s, playbook);
    for (int i = 0; i < 240 && s->n < TOLD - 64; i++) {
        double heard_s = s->cues.heard_s;
        random_moment(s, &turns, &frustration, &stress);
        check_scene(s, &l, &checked, playbook, s->t_s - heard_s);
    }
    finish(s);
    check_scene(s, &l, &checked, playbook, 0);
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) assert_false(l.up[kind]);
    assert_int_equal(s->cues.shelf.n_raised, l.highest);
}

static void whatever_comes(void **state) {
    scene *s = *state;
    unsigned told[UT_CUE_KINDS] = {0};
    for (unsigned round = 0; round < 100; round++) {
        ut_playbook playbook;
        srand(round);
        random_playbook(&playbook);
        check_round(s, &playbook);
        for (unsigned i = 0; i < s->n; i++) told[s->told[i].kind] += s->told[i].state == UT_CUE_RAISED;
    }
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) assert_true(told[kind] > 20);
}

static int new_scene(void **state) { return !(*state = malloc(sizeof(scene))); }
static int free_scene(void **state) {
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_adds_up),
        cmocka_unit_test(silence_is_no_evidence_for_it),
        cmocka_unit_test(nor_against_it),
        cmocka_unit_test(doubt_is_no_evidence),
        cmocka_unit_test(the_usual_must_be_known),
        cmocka_unit_test(what_cannot_be_explained_is_not_said),
        cmocka_unit_test(one_emotion_at_a_time),
        cmocka_unit_test(no_calm_while_the_other_is_high),
        cmocka_unit_test(tells_changes_sparingly),
        cmocka_unit_test(what_is_told_of_it_is_explained),
        cmocka_unit_test(grows_urgent),
        cmocka_unit_test(the_supervisor_is_told_where_it_stays_up),
        cmocka_unit_test(calm_or_silent_it_does_not_escalate),
        cmocka_unit_test(only_what_the_agent_saw_escalates),
        cmocka_unit_test(clears_and_says_so),
        cmocka_unit_test(what_was_calm_before_it_rose_does_not_count),
        cmocka_unit_test(calming_tells_the_peak),
        cmocka_unit_test(calming_shows_six_seconds),
        cmocka_unit_test(it_shows_for_a_while_at_least),
        cmocka_unit_test(it_cools_down),
        cmocka_unit_test(forgets_a_voice_not_heard),
        cmocka_unit_test(a_voice_forgotten_comes_back_calm),
        cmocka_unit_test(the_usual_is_held_while_it_is_up),
        cmocka_unit_test(finish_clears),
        cmocka_unit_test(dead_air_rises_grows_and_ends),
        cmocka_unit_test(talk_over_holds_and_cools_down),
        cmocka_unit_test(monologue_rises),
        cmocka_unit_test(so_does_nearly_all_the_talk),
        cmocka_unit_test(slow_reply_is_slow_for_this_call),
        cmocka_unit_test(an_interruption_shows_for_a_while),
        cmocka_unit_test(talking_fast_goes_by_anyones_pace_and_the_own),
        cmocka_unit_test(off_is_off),
        cmocka_unit_test(whatever_comes),
    };
    return cmocka_run_group_tests(tests, new_scene, free_scene);
}
