/* When there is an opinion, what it is, and when there is none. */
#include "classify/classifier.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/baseline.h"
#include "prosody/functionals.h"

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

enum { MOST = 400 };

/* Two functionals straight to the outputs: frustration = pitch, stress = -pitch, arousal = rate. */
static const float weight[] = {1, 0, -1, 0, 0, 1}, bias[] = {0, 0, 0}, mean[] = {30, 4}, scale[] = {2, 0.5f};
static int features[2];
static ut_model model;
static int pitch, rate;

static int set_up(void **state) {
    (void)state;
    pitch = features[0] = ut_functional_find("f0_st_p50");
    rate = features[1] = ut_functional_find("articulation_rate_syl_s");
    model = (ut_model){.n_features = 2,
                       .feature = features,
                       .mean = mean,
                       .scale = scale,
                       .n_layers = 1,
                       .layers = {{2, 3, false, weight, bias}},
                       .calibration = {{1, 0, 0.2f}, {2, -1, 0.1f}, {1, 0, 0.6f}},
                       .min_speech_s = 0.8f,
                       .full_speech_s = 2,
                       .max_distance = 6};
    return pitch < 0 || rate < 0 || ut_functional_count() > MOST;
}

static ut_opinion run(ut_classifier *c, float pitch_st, float syllables_s, float speech_s) {
    float functionals[MOST];
    for (int i = 0; i < MOST; i++) functionals[i] = NAN;
    functionals[pitch] = pitch_st;
    functionals[rate] = syllables_s;
    ut_opinion opinion;
    memset(&opinion, 0x55, sizeof opinion);
    ut_classifier_run(c, functionals, speech_s, &opinion);
    return opinion;
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void standardizes_and_calibrates(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    ut_opinion o = run(c, 33, 4.5f, 2);
    assert_false(o.affect.abstain);
    is_near(o.affect.frustration, sigmoid(1.5), 1e-6);
    is_near(o.affect.stress, sigmoid(2 * -1.5 - 1), 1e-6);
    is_near(o.affect.arousal, sigmoid(1), 1e-6);
    is_near(o.affect.pitch_hz, 27.5 * pow(2, 33 / 12.0), 1e-3);
    is_near(o.affect.confidence, 1 - 0.5 * ((2.25 + 1) / 2) / 6, 1e-6);
    is_near(run(c, 33, 4.5f, 1).affect.confidence, 0.5 * (1 - 0.5 * ((2.25 + 1) / 2) / 6), 1e-6);
    is_near(run(c, 300, 4, 2).affect.frustration, sigmoid(5), 1e-6); /* clipped, and so not too far off */
    ut_classifier_free(c);
}

static void abstains_where_little_was_said(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    ut_opinion o = run(c, 33, 4.5f, 0.79f);
    assert_true(o.affect.abstain);
    is_near(o.affect.confidence, 0, 0);
    is_near(o.affect.frustration, 0.2f, 0);
    is_near(o.affect.stress, 0.1f, 0);
    is_near(o.affect.arousal, 0.6f, 0);
    assert_int_equal(o.n_reasons[0] + o.n_reasons[1], 0);
    assert_false(run(c, 33, 4.5f, 0.8f).affect.abstain);
    ut_classifier_free(c);
}

static void abstains_far_from_what_it_knows(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    assert_false(run(c, 30 + 2 * 3.4f, 4, 2).affect.abstain); /* 3.4^2 / 2 = 5.78 */
    ut_opinion o = run(c, 30 + 2 * 3.5f, 4, 2);               /* 6.1 */
    assert_true(o.affect.abstain);
    is_near(o.affect.confidence, 0, 0);
    ut_classifier_free(c);
}

static void nothing_voiced_has_no_pitch(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    ut_opinion o = run(c, NAN, 4, 2);
    is_near(o.affect.pitch_hz, 0, 0);
    is_near(o.affect.frustration, 0.5, 1e-6); /* stands at the training mean */
    ut_classifier_free(c);
}

static void reasons_come_once_the_usual_is_known(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    for (int i = 0; i < UT_BASELINE_READY; i++) {
        ut_opinion o = run(c, 28, 4, 2);
        assert_false(o.usual_known);
        assert_int_equal(o.n_reasons[UT_FRUSTRATION], 0);
    }
    ut_opinion o = run(c, 32, 4, 2);
    assert_true(o.usual_known);
    assert_int_equal(o.n_reasons[UT_FRUSTRATION], 1);
    assert_string_equal(o.reasons[UT_FRUSTRATION][0].feature, "pitch_hz");
    assert_string_equal(o.reasons[UT_FRUSTRATION][0].change, "+4.0 st");
    is_near(o.reasons[UT_FRUSTRATION][0].z, 4, 1e-4); /* two units over a deviation of at least half */
    ut_classifier_free(c);
}

/* A caller with a low voice falls into a whisper: no pitch was heard, so none can be the reason. */
static void what_was_not_heard_is_no_reason(void **state) {
    (void)state;
    model.calibration[UT_FRUSTRATION].offset = -1; /* so that the training mean is not raised, and is learned from */
    ut_classifier *c = ut_classifier_new(&model);
    for (int i = 0; i < 2 * UT_BASELINE_READY; i++) run(c, 26, 4, 2);
    for (int i = 0; i < 5; i++) {
        ut_opinion o = run(c, NAN, 4, 2);
        for (unsigned r = 0; r < o.n_reasons[UT_FRUSTRATION]; r++)
            assert_string_not_equal(o.reasons[UT_FRUSTRATION][r].feature, "pitch_hz");
    }
    for (int i = 0; i < 40; i++) run(c, NAN, 4, 2); /* and the usual pitch is not pulled to the training mean */
    ut_opinion o = run(c, 30, 4, 2);
    assert_string_equal(o.reasons[UT_FRUSTRATION][0].change, "+4.0 st");
    ut_classifier_free(c);
    model.calibration[UT_FRUSTRATION].offset = 0;
}

static void a_raised_voice_does_not_become_usual(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    for (int i = 0; i < 40; i++) run(c, 28, 4, 2);
    for (int i = 0; i < 400; i++) run(c, 33, 4, 2); /* frustration 0.82 */
    ut_opinion o = run(c, 33, 4, 2);
    assert_string_equal(o.reasons[UT_FRUSTRATION][0].change, "+5.0 st");
    ut_classifier_free(c);
}

/* One in three is no number at all, the others of any size. */
static float garbage(void) {
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3.4e38f, -3.4e38f, 1e-45f, -0.0f, 0};
    if (rand() % 3 == 0) return odd[rand() % (int)(sizeof odd / sizeof *odd)];
    return ((float)rand() / (float)RAND_MAX - 0.5f) * powf(10, (float)(rand() % 40 - 3));
}

static void probability(float p) { assert_true(p >= 0 && p <= 1); }

static void check_garbage(const ut_model *m) {
    ut_classifier *c = ut_classifier_new(m);
    assert_non_null(c);
    float functionals[MOST];
    for (int round = 0; round < 4000; round++) {
        bool sane = round % 3 == 0;
        for (int i = 0; i < MOST; i++) functionals[i] = sane ? (float)(rand() % 100) / 10 : garbage();
        ut_opinion o;
        ut_classifier_run(c, functionals, (float)(rand() % 5), &o);
        probability(o.affect.frustration);
        probability(o.affect.stress);
        probability(o.affect.arousal);
        probability(o.affect.confidence);
        assert_true(o.affect.pitch_hz >= 0);
        for (int e = 0; e < UT_EXPLAINED; e++) {
            assert_true(o.n_reasons[e] <= UT_REASONS);
            for (unsigned r = 0; r < o.n_reasons[e]; r++) assert_non_null(o.reasons[e][r].feature);
        }
    }
    ut_classifier_free(c);
}

static void garbage_yields_probabilities(void **state) {
    (void)state;
    srand(11);
    check_garbage(&model);
    ut_model *base = ut_model_open("models/base.utm", NULL);
    assert_non_null(base);
    check_garbage(base);
    ut_model_close(base);
    ut_classifier_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standardizes_and_calibrates),          cmocka_unit_test(abstains_where_little_was_said),
        cmocka_unit_test(abstains_far_from_what_it_knows),      cmocka_unit_test(nothing_voiced_has_no_pitch),
        cmocka_unit_test(reasons_come_once_the_usual_is_known), cmocka_unit_test(what_was_not_heard_is_no_reason),
        cmocka_unit_test(a_raised_voice_does_not_become_usual), cmocka_unit_test(garbage_yields_probabilities),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
