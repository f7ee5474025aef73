/* Reasons: of all that could be named, what takes most of the score away when it is put back to the caller's usual. */
#include "classify/reasons.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/layers.h"
#include "prosody/functionals.h"

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

/* Functionals of every side of the voice, and one of none; the side each belongs to. */
static const struct {
    const char *functional, *side;
} heard[] = {
    {"f0_st_p50", "pitch_hz"},
    {"f0_st_std", "pitch_hz"},
    {"level_spread_db_p95_p50", "emphasis_db"},
    {"flux_rel_db_mean", "emphasis_db"},
    {"articulation_rate_syl_s", "rate_syl_s"},
    {"pause_s_mean", "rate_syl_s"},
    {"alpha_ratio_db_mean", "brightness_db"},
    {"slope_0_500_mean", "brightness_db"},
    {"mfcc_1_mean", "voice_quality"},
    {"hnr_db_mean", "voice_quality"},
    {"h1_h2_db_mean", "voice_quality"},
    {"loudness_mean", ""},
};
enum {
    FEATURES = sizeof heard / sizeof *heard,
    VECTOR = FEATURES + 4, /* and what an encoder says */
    INPUTS = 2 * VECTOR + 1,
    HIDDEN = 6
};

typedef struct net {
    ut_model model;
    int feature[FEATURES];
    float zeros[FEATURES], ones[FEATURES];
    float hidden[INPUTS * HIDDEN], hidden_bias[HIDDEN];
    float out[HIDDEN * UT_OUTPUTS], out_bias[UT_OUTPUTS];
    ut_aspects aspects;
    ut_baseline baseline;
    float sums[UT_MODEL_WIDTH], scratch[(3 + UT_ASPECTS) * UT_MODEL_WIDTH];
} net;

static float chance(float most) { return most * (2 * (float)rand() / (float)RAND_MAX - 1); }
static void fill(float *x, size_t n, float most) {
    for (size_t i = 0; i < n; i++) x[i] = chance(most);
}

static void make_net(net *n) {
    memset(n, 0, sizeof *n);
    for (int i = 0; i < FEATURES; i++) {
        n->feature[i] = ut_functional_find(heard[i].functional);
        assert_true(n->feature[i] >= 0);
        n->ones[i] = 1;
    }
    fill(n->hidden, INPUTS * HIDDEN, 1);
    fill(n->hidden_bias, HIDDEN, 1);
    fill(n->out, HIDDEN * UT_OUTPUTS, 1);
    n->model = (ut_model){
        .n_features = FEATURES,
        .n_vector = VECTOR,
        .feature = n->feature,
        .mean = n->zeros,
        .scale = n->ones,
        .n_layers = 2,
        .layers = {{INPUTS, HIDDEN, true, n->hidden, n->hidden_bias}, {HIDDEN, UT_OUTPUTS, false, n->out, n->out_bias}},
        .cold = {{9, 9, 0}, {9, 9, 0}},
        .warm = {{0.8f, -0.4f, 0}, {1.2f, 0.3f, 0}}};
    assert_true(ut_aspects_init(&n->aspects, &n->model));
    assert_true(ut_baseline_init(&n->baseline, VECTOR));
    float usual[VECTOR];
    fill(usual, VECTOR, 1);
    for (int i = 0; i < 20; i++) {
        float x[VECTOR];
        for (int f = 0; f < VECTOR; f++) x[f] = usual[f] + chance(0.3f);
        ut_baseline_add(&n->baseline, x, 1);
    }
}

static void free_net(net *n) {
    ut_aspects_free(&n->aspects);
    ut_baseline_free(&n->baseline);
}

/* The whole head over a vector, of which the usual is known. */
static void run(net *n, const float *x, float *sums, float logits[UT_SCORES]) {
    float inputs[INPUTS], outputs[UT_OUTPUTS];
    for (int i = 0; i < VECTOR; i++) {
        inputs[i] = isnan(x[i]) ? 0 : x[i];
        inputs[VECTOR + i] = isnan(x[i]) ? 0 : x[i] - n->baseline.mean[i];
    }
    inputs[2 * VECTOR] = 1;
    ut_layers_begin(&n->model, inputs, sums);
    ut_layers_end(&n->model, sums, n->scratch, outputs);
    ut_layers_logits(outputs, logits);
}

static const char *side_of(int i) { return i < FEATURES ? heard[i].side : "voice_quality"; }

enum { SETS = 1 << UT_ASPECTS };
static const char *const sides[UT_ASPECTS] = {"pitch_hz", "emphasis_db", "rate_syl_s", "brightness_db",
                                              "voice_quality"};

static unsigned bit_of(const char *side) {
    for (unsigned a = 0; a < UT_ASPECTS; a++)
        if (!strcmp(side, sides[a])) return 1u << a;
    return 0;
}

static int count(unsigned set) { return __builtin_popcount(set); }

/* The scores with the sides of a set put back. */
static void score(net *n, const float *x, unsigned set, float scores[UT_EXPLAINED]) {
    float without[VECTOR], logits[UT_SCORES], sums[UT_MODEL_WIDTH];
    for (int i = 0; i < VECTOR; i++) without[i] = !isnan(x[i]) && bit_of(side_of(i)) & set ? n->baseline.mean[i] : x[i];
    run(n, without, sums, logits);
    for (int s = 0; s < UT_EXPLAINED; s++) scores[s] = ut_calibrated(n->model.warm[s], logits[s]);
}

static float z_of(const net *n, const float *x, int i) {
    return (x[i] - n->baseline.mean[i]) / ut_baseline_deviation(&n->baseline, i);
}

/* The feature that stands for the side has moved by 0.7 to 6 deviations, or the features of voice quality by one in
 * all. */
static bool can_be_told(const net *n, const float *x, const char *side) {
    float squares = 0, heard_of_it = 0;
    bool quality = !strcmp(side, "voice_quality");
    for (int i = 0; i < FEATURES; i++) {
        if (strcmp(heard[i].side, side)) continue;
        if (!quality) return fabsf(z_of(n, x, i)) >= 0.7f && fabsf(z_of(n, x, i)) <= 6;
        if (isnan(x[i])) continue;
        squares += z_of(n, x, i) * z_of(n, x, i);
        heard_of_it++;
    }
    return squares >= heard_of_it && heard_of_it > 0;
}

static void find(net *n, const float *x, ut_why why[UT_EXPLAINED]) {
    float logits[UT_SCORES];
    memset(why, 0x55, UT_EXPLAINED * sizeof *why);
    run(n, x, n->sums, logits);
    const struct ut_heard all = {&n->model, &n->aspects, &n->baseline, x, n->sums};
    ut_reasons_find(&all, n->scratch, why);
}

static void says_from_the_start(const ut_why *why) {
    assert_int_equal(why->n_reasons, 1);
    assert_string_equal(why->reasons[0].feature, "voice");
    assert_string_equal(why->reasons[0].change, "from the start");
    assert_true(isnan(why->reasons[0].z) && isnan(why->score_usual));
}

/* The set that is named, whose sides come with the one first that lowers the score most by itself. */
static unsigned named(const ut_why *why, int which, float scores[SETS][UT_EXPLAINED]) {
    unsigned set = 0;
    float before = 0;
    assert_in_range(why->n_reasons, 1, UT_REASONS);
    for (unsigned r = 0; r < why->n_reasons; r++) {
        const ut_reason *reason = &why->reasons[r];
        unsigned side = bit_of(reason->feature);
        assert_true(side && !(set & side));
        assert_true(scores[side][which] >= before - 1e-5f);
        before = scores[side][which];
        set |= side;
        assert_true(isfinite(reason->z));
        assert_true(memchr(reason->change, '\0', sizeof reason->change) && reason->change[0]);
    }
    return set;
}

/* Every set of sides, each with a full run of the head: none of those that may be named leaves less. */
static void check(net *n, const float *x, const ut_why why[UT_EXPLAINED], unsigned *told) {
    float scores[SETS][UT_EXPLAINED];
    unsigned tellable = 0;
    for (unsigned set = 0; set < SETS; set++) score(n, x, set, scores[set]);
    for (int a = 0; a < UT_ASPECTS; a++)
        if (can_be_told(n, x, sides[a])) tellable |= 1u << a;
    for (int which = 0; which < UT_EXPLAINED; which++) {
        float least = INFINITY;
        for (unsigned set = 1; set < SETS; set++)
            if (!(set & ~tellable) && count(set) <= UT_REASONS && scores[set][which] < scores[0][which] - 1e-5f)
                least = fminf(least, scores[set][which] + 0.02f * (float)count(set));
        if (isnan(why[which].score_usual)) {
            says_from_the_start(&why[which]);
            assert_true(least == INFINITY);
            continue;
        }
        unsigned set = named(&why[which], which, scores);
        assert_int_equal(set & ~tellable, 0);
        is_near(why[which].score_usual, scores[set][which], 1e-5);
        assert_true(why[which].score_usual < scores[0][which]);
        assert_true(scores[set][which] + 0.02f * (float)count(set) <= least + 1e-5f);
        told[count(set)]++;
    }
}

static void the_sides_that_together_take_most_away(void **state) {
    (void)state;
    static net n;
    unsigned told[UT_REASONS + 1] = {0};
    for (unsigned round = 0; round < 300; round++) {
        srand(round);
        make_net(&n);
        for (int i = 0; i < 10; i++) {
            float x[VECTOR];
            ut_why why[UT_EXPLAINED];
            fill(x, VECTOR, round % 2 ? 5 : 1);
            for (int f = 0; round % 3 == 0 && f < FEATURES; f++)
                if (rand() % 4 == 0) x[f] = NAN;
            find(&n, x, why);
            check(&n, x, why, told);
        }
        free_net(&n);
    }
    for (int sides_named = 1; sides_named <= UT_REASONS; sides_named++) assert_true(told[sides_named] > 100);
}

static void the_change_is_told_in_its_unit(void **state) {
    (void)state;
    static net n;
    srand(1);
    make_net(&n);
    memset(n.hidden, 0, sizeof n.hidden);
    memset(n.hidden_bias, 0, sizeof n.hidden_bias);
    memset(n.out, 0, sizeof n.out);
    n.hidden[0] = 1; /* the first functional alone, f0_st_p50, lifts the first output, anger */
    n.out[0] = 1;
    n.ones[0] = 2; /* semitones a standard unit */
    float x[VECTOR];
    memcpy(x, n.baseline.mean, sizeof x);
    n.baseline.mean[0] = 1, n.baseline.variance[0] = 0.25f;
    x[0] = 3.05f;
    ut_why why[UT_EXPLAINED];
    find(&n, x, why);
    const ut_reason *reasons = why[UT_FRUSTRATION].reasons;
    assert_int_equal(why[UT_FRUSTRATION].n_reasons, 1);
    assert_string_equal(reasons[0].feature, "pitch_hz");
    assert_string_equal(reasons[0].change, "+4.1 st");
    is_near(reasons[0].z, 4.1f, 1e-5);
    says_from_the_start(&why[UT_STRESS]); /* which anger makes less likely, not more */
    free_net(&n);
}

/* A voice as it always was, and one of which the named sides were not heard. */
static void nothing_changed_nothing_named(void **state) {
    (void)state;
    static net n;
    srand(2);
    make_net(&n);
    float x[VECTOR];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < VECTOR; i++) x[i] = round && i < FEATURES ? NAN : n.baseline.mean[i];
        ut_why why[UT_EXPLAINED];
        find(&n, x, why);
        for (int which = 0; which < UT_EXPLAINED; which++) says_from_the_start(&why[which]);
    }
    free_net(&n);
}

/* An encoder alone lifts the score, of a voice whose quality has changed besides. */
static void what_encoders_hear_is_voice_quality(void **state) {
    (void)state;
    static net n;
    srand(3);
    make_net(&n);
    memset(n.hidden, 0, sizeof n.hidden);
    memset(n.hidden_bias, 0, sizeof n.hidden_bias);
    memset(n.out, 0, sizeof n.out);
    n.hidden[(FEATURES + 1) * HIDDEN] = 1;
    n.out[UT_FEARFUL] = 1;
    float x[VECTOR];
    memcpy(x, n.baseline.mean, sizeof x);
    for (int i = 0; i < VECTOR; i++)
        if (!strcmp(side_of(i), "voice_quality")) x[i] += 3;
    ut_why why[UT_EXPLAINED];
    find(&n, x, why);
    assert_string_equal(why[UT_STRESS].reasons[0].feature, "voice_quality");
    says_from_the_start(&why[UT_FRUSTRATION]);
    free_net(&n);
}

/* The one that has moved most of those that have a word; how far all of them have is told as z. */
static void voice_quality_has_words(void **state) {
    (void)state;
    static net n;
    enum { MFCC = 8, HNR, H1_H2 };
    static const struct {
        float mfcc, hnr, h1_h2;
        const char *words;
    } changes[] = {
        {0, 3, 2, "clearer"},       {0, -3, 2, "rougher"}, {9, 2, 3, "breathier"},
        {0, 2, -3, "more pressed"}, {9, 0, 0, "changed"},
    };
    srand(5);
    make_net(&n);
    assert_string_equal(heard[HNR].functional, "hnr_db_mean");
    assert_string_equal(heard[H1_H2].functional, "h1_h2_db_mean");
    memset(n.hidden, 0, sizeof n.hidden);
    memset(n.hidden_bias, 0, sizeof n.hidden_bias);
    memset(n.out, 0, sizeof n.out);
    n.hidden[FEATURES * HIDDEN] = n.out[UT_ANGRY] = 1; /* an encoder, which counts as voice quality, alone is heard */
    for (int c = 0; c < 5; c++) {
        ut_why why[UT_EXPLAINED];
        float x[VECTOR];
        memcpy(x, n.baseline.mean, sizeof x);
        x[MFCC] += changes[c].mfcc * ut_baseline_deviation(&n.baseline, MFCC);
        x[HNR] += changes[c].hnr * ut_baseline_deviation(&n.baseline, HNR);
        x[H1_H2] += changes[c].h1_h2 * ut_baseline_deviation(&n.baseline, H1_H2);
        x[FEATURES] += 20;
        find(&n, x, why);
        const ut_reason *reason = why[UT_FRUSTRATION].reasons;
        assert_string_equal(reason->feature, "voice_quality");
        assert_string_equal(reason->change, changes[c].words);
        float squares =
            changes[c].mfcc * changes[c].mfcc + changes[c].hnr * changes[c].hnr + changes[c].h1_h2 * changes[c].h1_h2;
        is_near(reason->z, sqrtf(squares / 3), 1e-4);
    }
    free_net(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sides_that_together_take_most_away),
        cmocka_unit_test(the_change_is_told_in_its_unit),
        cmocka_unit_test(nothing_changed_nothing_named),
        cmocka_unit_test(what_encoders_hear_is_voice_quality),
        cmocka_unit_test(voice_quality_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
