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
#include "classify/encoder.h"
#include "made_model.h"
#include "prosody/functionals.h"

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

enum { MOST = 400 };

/* Two functionals straight to the outputs: anger = pitch, fear = 0, no other emotion to speak of, arousal = rate. Thus
 * the logits of frustration and stress are pitch and -pitch. What the head is told of changes it does not use. */
enum { PITCH, RATE, PITCH_CHANGE, RATE_CHANGE, READY, INPUTS };
static const float weight[INPUTS * UT_OUTPUTS] = {[PITCH * UT_OUTPUTS + UT_ANGRY] = 1,
                                                  [RATE * UT_OUTPUTS + UT_OUTPUT_AROUSAL] = 1};
static const float bias[UT_OUTPUTS] = {0, 0, -30, -30, -30, -30, 0}, mean[] = {30, 4}, scale[] = {2, 0.5f};
static int features[2];
static ut_model model;
static int pitch, rate;

static int set_up(void **state) {
    (void)state;
    pitch = features[0] = ut_functional_find("f0_st_p50");
    rate = features[1] = ut_functional_find("articulation_rate_syl_s");
    model = (ut_model){.n_features = 2,
                       .n_vector = 2,
                       .feature = features,
                       .mean = mean,
                       .scale = scale,
                       .n_layers = 1,
                       .layers = {{INPUTS, UT_OUTPUTS, false, weight, bias}},
                       .cold = {{1, 0, 0.2f}, {2, -1, 0.1f}, {1, 0, 0.6f}},
                       .warm = {{1, 0, 0.3f}, {1, 0, 0.3f}, {1, 0.5f, 0.3f}},
                       .min_speech_s = 0.8f,
                       .full_speech_s = 2,
                       .max_distance = 6};
    return pitch < 0 || rate < 0 || ut_functional_count() > MOST;
}

static ut_opinion run_while(ut_classifier *c, bool speaking, float pitch_st, float syllables_s, float speech_s) {
    float functionals[MOST];
    for (int i = 0; i < MOST; i++) functionals[i] = NAN;
    functionals[pitch] = pitch_st;
    functionals[rate] = syllables_s;
    ut_opinion opinion;
    memset(&opinion, 0x55, sizeof opinion);
    ut_classifier_run(c, functionals, speech_s, speaking, &opinion);
    return opinion;
}

static ut_opinion run(ut_classifier *c, float pitch_st, float syllables_s, float speech_s) {
    return run_while(c, true, pitch_st, syllables_s, speech_s);
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void is_from_the_start(const ut_opinion *o, int which) {
    assert_int_equal(o->why[which].n_reasons, 1);
    assert_string_equal(o->why[which].reasons[0].change, "from the start");
    assert_true(isnan(o->why[which].score_usual));
}

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
    for (int e = 0; e < UT_EXPLAINED; e++) is_from_the_start(&o, e);
    for (int i = 0; i < UT_CLASSES; i++) is_near(o.classes[i], 0, 0);
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

/* At the training mean anger and fear share alike. */
static void abstains_where_nothing_is_likely(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    model.min_share = 0.49f;
    assert_false(run(c, 30, 4, 2).affect.abstain);
    model.min_share = 0.51f;
    assert_true(run(c, 30, 4, 2).affect.abstain);
    assert_false(run(c, 34, 4, 2).affect.abstain);
    model.min_share = 0;
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
        assert_false(o.affect.usual_known);
        is_from_the_start(&o, UT_FRUSTRATION);
    }
    ut_opinion o = run(c, 32, 4, 2);
    assert_true(o.affect.usual_known);
    assert_int_equal(o.why[UT_FRUSTRATION].n_reasons, 1);
    is_near(o.why[UT_FRUSTRATION].score_usual, sigmoid(-1), 1e-6);
    assert_string_equal(o.why[UT_FRUSTRATION].reasons[0].feature, "pitch_hz");
    assert_string_equal(o.why[UT_FRUSTRATION].reasons[0].change, "+4.0 st");
    is_near(o.why[UT_FRUSTRATION].reasons[0].z, 4, 1e-4); /* two units over a deviation of at least half */
    ut_classifier_free(c);
}

/* A caller with a low voice falls into a whisper: no pitch was heard, so none can be the reason. */
static void what_was_not_heard_is_no_reason(void **state) {
    (void)state;
    model.warm[UT_FRUSTRATION].offset = -1; /* so that the training mean is not raised, and is learned from */
    ut_classifier *c = ut_classifier_new(&model);
    for (int i = 0; i < 2 * UT_BASELINE_READY; i++) run(c, 26, 4, 2);
    for (int i = 0; i < 5; i++) {
        ut_opinion o = run(c, NAN, 4, 2);
        for (unsigned r = 0; r < o.why[UT_FRUSTRATION].n_reasons; r++)
            assert_string_not_equal(o.why[UT_FRUSTRATION].reasons[r].feature, "pitch_hz");
    }
    for (int i = 0; i < 40; i++) run(c, NAN, 4, 2); /* and the usual pitch is not pulled to the training mean */
    ut_opinion o = run(c, 30, 4, 2);
    assert_string_equal(o.why[UT_FRUSTRATION].reasons[0].change, "+4.0 st");
    ut_classifier_free(c);
    model.warm[UT_FRUSTRATION].offset = 0;
}

static void silence_is_not_counted_again(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    for (int i = 0; i < 40; i++) assert_false(run_while(c, false, 28, 4, 2).affect.usual_known);
    for (int i = 0; i < UT_BASELINE_READY; i++) run(c, 28, 4, 2);
    for (int i = 0; i < 400; i++) run_while(c, false, 29, 4, 2);
    assert_string_equal(run(c, 33, 4, 2).why[UT_FRUSTRATION].reasons[0].change, "+5.0 st");
    ut_classifier_free(c);
}

/* One by which a voice is raised from 34 st on and tense down from 26. */
static ut_model doubting_model(void) {
    ut_model doubting = model;
    doubting.warm[UT_FRUSTRATION].offset = doubting.warm[UT_STRESS].offset = -2;
    return doubting;
}

/* By what is told of a voice at heard_st, in silence. */
static double usual_st(ut_classifier *c, float heard_st) {
    return (double)heard_st - strtod(run_while(c, false, heard_st, 4, 2).why[UT_FRUSTRATION].reasons[0].change, NULL);
}

static void a_held_usual_does_not_move(void **state) {
    (void)state;
    ut_model doubting = doubting_model();
    ut_classifier *c = ut_classifier_new(&doubting);
    for (int i = 0; i < 40; i++) run(c, 28, 4, 2);
    ut_classifier_hold_usual(c, true);
    for (int i = 0; i < 400; i++) run(c, 29, 4, 2);
    is_near(usual_st(c, 33), 28, 0.051);
    ut_classifier_hold_usual(c, false);
    for (int i = 0; i < 400; i++) run(c, 29, 4, 2);
    is_near(usual_st(c, 33), 29, 0.051);
    ut_classifier_free(c);
}

/* Nor does who is held from the start become known. */
static void a_held_usual_is_not_learned(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    ut_classifier_hold_usual(c, true);
    for (int i = 0; i < 40; i++) assert_false(run(c, 28, 4, 2).affect.usual_known);
    ut_classifier_free(c);
}

/* Of 2 st further up, a fifth is usual after 27 readings, each with a share of 1 / 120. Where the voice is raised, with
 * a quarter of that, it takes 108. */
static void a_raised_voice_counts_for_a_quarter(void **state) {
    (void)state;
    ut_model doubting = doubting_model();
    static const struct {
        float from_st, to_st;
        int readings;
    } steps[] = {{30.5f, 32.5f, 27}, {33, 35, 108}};
    for (int r = 0; r < 2; r++) {
        ut_classifier *c = ut_classifier_new(&doubting);
        for (int i = 0; i < UT_BASELINE_MEMORY; i++) run(c, steps[r].from_st, 4, 2);
        is_near(usual_st(c, 36), steps[r].from_st, 0.051);
        for (int i = 0; i < steps[r].readings; i++) {
            ut_opinion o = run(c, steps[r].to_st, 4, 2);
            assert_int_equal(o.affect.frustration > 0.5f, r == 1);
            assert_true(o.affect.stress < 0.5f);
        }
        is_near(usual_st(c, 36), steps[r].from_st + 0.4f, 0.051);
        ut_classifier_free(c);
    }
}

/* The first seconds are all there is to go by: who is raised in them has a usual too. */
static void until_it_is_known_all_counts(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    for (int i = 0; i < UT_BASELINE_READY; i++) assert_true(run(c, i ? 32 : 31, 4, 2).affect.frustration > 0.5f);
    is_near(usual_st(c, 36), 31.8, 0.051);
    ut_classifier_free(c);
}

/* Frustration is nothing but the change of pitch, stress that of pace, and arousal whether the usual is known. */
static void changes_are_told_once_the_usual_is_known(void **state) {
    (void)state;
    static const float of_change[INPUTS * UT_OUTPUTS] = {[PITCH_CHANGE * UT_OUTPUTS + UT_ANGRY] = 1,
                                                         [RATE_CHANGE * UT_OUTPUTS + UT_OUTPUT_AROUSAL] = 1,
                                                         [READY * UT_OUTPUTS + UT_OUTPUT_AROUSAL] = 3};
    ut_model other = model;
    other.layers[0].weight = of_change;
    ut_classifier *c = ut_classifier_new(&other);
    for (int i = 0; i < UT_BASELINE_READY; i++) {
        float pitch_st = 28 + (float)i - (UT_BASELINE_READY - 1) / 2.0f; /* 28 on average */
        ut_opinion o = run(c, pitch_st, i == 0 ? NAN : 3, 2);
        is_near(o.affect.frustration, 0.5, 1e-6);
        is_near(o.affect.stress, sigmoid(-1), 1e-6); /* the cold set's offset */
        is_near(o.affect.arousal, 0.5, 1e-6);
    }
    ut_opinion o = run(c, 29, 4, 2); /* by half a deviation of pitch, and by two of pace */
    is_near(o.affect.frustration, sigmoid(0.5), 1e-5);
    is_near(o.affect.stress, sigmoid(-0.5), 1e-5);
    is_near(o.affect.arousal, sigmoid(2 + 3 + 0.5), 1e-5);
    for (int i = 0; i < 3; i++) o = run(c, NAN, 4, 2); /* what was not heard has not changed */
    is_near(o.affect.frustration, 0.5, 1e-6);
    ut_classifier_free(c);
}

static void a_usual_never_heard_has_no_change(void **state) {
    (void)state;
    static const float of_change[INPUTS * UT_OUTPUTS] = {[PITCH_CHANGE * UT_OUTPUTS + UT_OUTPUT_AROUSAL] = 1};
    ut_model other = model;
    other.layers[0].weight = of_change;
    ut_classifier *c = ut_classifier_new(&other);
    for (int i = 0; i < UT_BASELINE_READY; i++) run(c, NAN, 4, 2);
    ut_opinion o = run(c, 35, 4, 2);
    assert_true(o.affect.usual_known);
    is_near(o.affect.arousal, sigmoid(0.5), 1e-6);
    ut_classifier_free(c);
}

static void classes_are_shares(void **state) {
    (void)state;
    ut_classifier *c = ut_classifier_new(&model);
    ut_opinion o = run(c, 33, 4, 2);
    is_near(o.classes[UT_ANGRY], sigmoid(1.5), 1e-6);
    is_near(o.classes[UT_FEARFUL], sigmoid(-1.5), 1e-6);
    is_near(o.classes[UT_SAD], 0, 1e-9);
    o = run(c, 300, 300, 2); /* abstains, but for measuring it still says */
    assert_true(o.affect.abstain);
    is_near(o.classes[UT_ANGRY], sigmoid(5), 1e-6);
    ut_classifier_free(c);
}

/* ---- with encoders ---- */

static const char whole_header[] =
    "{" MADE_HEADER_REST ", \"features\": [\"f0_st_p50\", \"articulation_rate_syl_s\", \"mfcc_1_mean\"],"
    " \"encoders\": [{\"maps\": [{\"inputs\": 1, \"outputs\": 2, \"kernel_hops\": 3, \"kernel_bands\": 2,"
    "                             \"pad_bands\": 0, \"stride_hops\": 4, \"pool_bands\": 5}],"
    "                  \"frames\": [{\"inputs\": 21, \"outputs\": 3, \"kernel_hops\": 2}]},"
    "                 {\"maps\": [{\"inputs\": 1, \"outputs\": 3, \"kernel_hops\": 1, \"kernel_bands\": 1,"
    "                             \"pad_bands\": 0, \"stride_hops\": 2, \"pool_bands\": 26}],"
    "                  \"frames\": [{\"inputs\": 14, \"outputs\": 5, \"kernel_hops\": 1}]}],"
    " \"layers\": [{\"inputs\": 39, \"outputs\": 4, \"activation\": \"relu\"},"
    "              {\"inputs\": 4, \"outputs\": 7, \"activation\": \"linear\"}]}";

enum { FILE_WEIGHTS = 6 + (12 + 2 + 126 + 3) + (3 + 3 + 70 + 5) + (39 * 4 + 4) + (4 * 7 + 7) };

static ut_model *open_made(float gain) {
    static image file;
    float weights[FILE_WEIGHTS];
    for (int k = 0; k < FILE_WEIGHTS; k++) weights[k] = gain * made_weight(k);
    for (int i = 0; i < 3; i++) weights[3 + i] = 2;
    make_with(&file, whole_header, weights, FILE_WEIGHTS);
    ut_model *made = ut_model_parse(file.bytes, file.n, NULL);
    assert_non_null(made);
    return made;
}

static ut_frame any_frame(void) {
    ut_frame frame = {.level_db = (float)(rand() % 60 - 60), .speech = (float)(rand() % 5) / 4};
    if (rand() % 2) frame.f0_hz = (float)(rand() % 300 + 60);
    for (int b = 0; b < UT_MEL_BANDS; b++) frame.mel_db[b] = (float)(rand() % 80 - 100);
    return frame;
}

static void push_any(ut_classifier *c) {
    ut_frame frame = any_frame();
    ut_classifier_push(c, &frame);
}

static void the_vector_is_features_then_encoders(void **state) {
    (void)state;
    srand(4);
    ut_model *made = open_made(1);
    assert_int_equal(made->n_vector, 3 + 6 + 10);
    ut_classifier *c = ut_classifier_new(made);
    ut_encoder *encoders[2] = {ut_encoder_new(&made->encoders[0]), ut_encoder_new(&made->encoders[1])};
    ut_encoder_usual usual = {0};
    float inputs[UT_ENCODER_INPUTS], wanted[19] = {0};
    for (int h = 0; h < 500; h++) {
        ut_frame frame = any_frame();
        if (h >= 199 && h < 300) frame.speech = h == 199; /* a second's pause, which begins the turn anew */
        if (h == 299) usual = (ut_encoder_usual){0};
        ut_classifier_push(c, &frame);
        ut_encoder_inputs_run(&usual, &frame, inputs);
        for (int e = 0; e < 2; e++) ut_encoder_push(encoders[e], inputs);
    }
    run(c, 4, NAN, 2);
    wanted[0] = (4 - made->mean[0]) / 2;
    ut_encoder_take(encoders[0], wanted + 3);
    ut_encoder_take(encoders[1], wanted + 9);
    const float *vector = ut_classifier_vector(c);
    assert_true(isnan(vector[1]) && isnan(vector[2]));
    for (int i = 0; i < 19; i++)
        if (i != 1 && i != 2) is_near(vector[i], wanted[i], 0);
    assert_true(wanted[3 + 3] > 0.04f && wanted[9 + 5] > 0.04f); /* deviations, so that they do say something */
    for (int e = 0; e < 2; e++) ut_encoder_free(encoders[e]);
    ut_classifier_free(c);
    ut_model_close(made);
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
        for (int h = 0; h < 3; h++) push_any(c);
        for (int i = 0; i < MOST; i++) functionals[i] = sane ? (float)(rand() % 100) / 10 : garbage();
        ut_opinion o;
        ut_classifier_run(c, functionals, (float)(rand() % 5), rand() % 2, &o);
        probability(o.affect.frustration);
        probability(o.affect.stress);
        probability(o.affect.arousal);
        probability(o.affect.confidence);
        for (int i = 0; i < UT_CLASSES; i++) probability(o.classes[i]);
        assert_true(o.affect.pitch_hz >= 0);
        for (int e = 0; e < UT_EXPLAINED; e++) {
            assert_in_range(o.why[e].n_reasons, 1, UT_REASONS);
            if (!isnan(o.why[e].score_usual)) probability(o.why[e].score_usual);
            for (unsigned r = 0; r < o.why[e].n_reasons; r++) assert_non_null(o.why[e].reasons[r].feature);
        }
    }
    ut_classifier_free(c);
}

static void garbage_yields_probabilities(void **state) {
    (void)state;
    srand(11);
    check_garbage(&model);
    static const float gains[] = {1, 2.5e6f}; /* up to weights as large as there may be */
    for (int g = 0; g < 2; g++) {
        ut_model *made = open_made(gains[g]);
        made->max_distance = 20;
        check_garbage(made);
        ut_model_close(made);
    }
    ut_classifier_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standardizes_and_calibrates),
        cmocka_unit_test(abstains_where_little_was_said),
        cmocka_unit_test(abstains_far_from_what_it_knows),
        cmocka_unit_test(abstains_where_nothing_is_likely),
        cmocka_unit_test(nothing_voiced_has_no_pitch),
        cmocka_unit_test(reasons_come_once_the_usual_is_known),
        cmocka_unit_test(what_was_not_heard_is_no_reason),
        cmocka_unit_test(silence_is_not_counted_again),
        cmocka_unit_test(a_held_usual_does_not_move),
        cmocka_unit_test(a_held_usual_is_not_learned),
        cmocka_unit_test(a_raised_voice_counts_for_a_quarter),
        cmocka_unit_test(until_it_is_known_all_counts),
        cmocka_unit_test(garbage_yields_probabilities),
        cmocka_unit_test(changes_are_told_once_the_usual_is_known),
        cmocka_unit_test(a_usual_never_heard_has_no_change),
        cmocka_unit_test(classes_are_shares),
        cmocka_unit_test(the_vector_is_features_then_encoders),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
