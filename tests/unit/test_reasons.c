/* Reasons: what is named must lower the score when it is put back to the caller's usual, the most first. */
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
    float sums[UT_MODEL_WIDTH], scratch[3 * UT_MODEL_WIDTH];
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
    n->model = (ut_model){.n_features = FEATURES,
                          .n_vector = VECTOR,
                          .feature = n->feature,
                          .mean = n->zeros,
                          .scale = n->ones,
                          .n_layers = 2,
                          .layers = {{INPUTS, HIDDEN, true, n->hidden, n->hidden_bias},
                                     {HIDDEN, UT_OUTPUTS, false, n->out, n->out_bias}}};
    assert_true(ut_aspects_init(&n->aspects, &n->model));
    assert_true(ut_baseline_init(&n->baseline, VECTOR));
    float usual[VECTOR];
    fill(usual, VECTOR, 1);
    for (int i = 0; i < 20; i++) {
        float x[VECTOR];
        for (int f = 0; f < VECTOR; f++) x[f] = usual[f] + chance(0.3f);
        ut_baseline_add(&n->baseline, x);
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

/* How far the logits fall when a side is put back. */
static void fall(net *n, const float *x, const char *side, float falls[UT_SCORES]) {
    float without[VECTOR], before[UT_SCORES], after[UT_SCORES], sums[UT_MODEL_WIDTH];
    for (int i = 0; i < VECTOR; i++)
        without[i] = !isnan(x[i]) && !strcmp(side_of(i), side) ? n->baseline.mean[i] : x[i];
    run(n, x, sums, before);
    run(n, without, sums, after);
    for (int s = 0; s < UT_SCORES; s++) falls[s] = before[s] - after[s];
}

typedef struct found {
    ut_reason reasons[UT_EXPLAINED][UT_REASONS];
    unsigned n[UT_EXPLAINED];
} found;

static found find(net *n, const float *x) {
    found f;
    float logits[UT_SCORES];
    memset(&f, 0x55, sizeof f);
    run(n, x, n->sums, logits);
    const struct ut_heard all = {&n->model, &n->aspects, &n->baseline, x, n->sums, logits};
    ut_reasons_find(&all, n->scratch, f.reasons, f.n);
    return f;
}

static const char *shown_of(const char *side) {
    for (int i = 0; i < FEATURES; i++)
        if (!strcmp(heard[i].side, side)) return heard[i].functional;
    return NULL;
}

static void check(net *n, const float *x, const found *f, int score, unsigned *told) {
    const ut_reason *reasons = f->reasons[score];
    assert_in_range(f->n[score], 1, UT_REASONS);
    if (!strcmp(reasons[0].feature, "voice")) return;
    float before = INFINITY;
    for (unsigned r = 0; r < f->n[score]; r++) {
        float falls[UT_SCORES];
        fall(n, x, reasons[r].feature, falls);
        float down = falls[score];
        assert_true(down > -1e-5f && down <= before + 1e-4f);
        before = down;
        assert_true(isfinite(reasons[r].z));
        assert_true(memchr(reasons[r].change, '\0', sizeof reasons[r].change) && reasons[r].change[0]);
        for (unsigned other = 0; other < r; other++)
            assert_string_not_equal(reasons[other].feature, reasons[r].feature);
        for (int i = 0; i < FEATURES; i++)
            if (!strcmp(heard[i].functional, shown_of(reasons[r].feature)) &&
                strcmp(reasons[r].feature, "voice_quality"))
                assert_false(isnan(x[i]));
        ++*told;
    }
}

static void named_sides_lower_the_score(void **state) {
    (void)state;
    static net n;
    unsigned told = 0;
    for (unsigned round = 0; round < 300; round++) {
        srand(round);
        make_net(&n);
        for (int i = 0; i < 10; i++) {
            float x[VECTOR];
            fill(x, VECTOR, 5);
            for (int f = 0; round % 3 == 0 && f < FEATURES; f++)
                if (rand() % 4 == 0) x[f] = NAN;
            found f = find(&n, x);
            check(&n, x, &f, UT_FRUSTRATION, &told);
            check(&n, x, &f, UT_STRESS, &told);
        }
        free_net(&n);
    }
    assert_true(told > 3000);
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
    found f = find(&n, x);
    const ut_reason *reasons = f.reasons[UT_FRUSTRATION];
    assert_int_equal(f.n[UT_FRUSTRATION], 1);
    assert_string_equal(reasons[0].feature, "pitch_hz");
    assert_string_equal(reasons[0].change, "+4.1 st");
    is_near(reasons[0].z, 4.1f, 1e-5);
    assert_string_equal(f.reasons[UT_STRESS][0].feature, "voice"); /* which anger makes less likely, not more */
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
        found f = find(&n, x);
        for (int score = 0; score < UT_EXPLAINED; score++) {
            assert_int_equal(f.n[score], 1);
            assert_string_equal(f.reasons[score][0].feature, "voice");
            assert_true(isnan(f.reasons[score][0].z));
        }
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
    found f = find(&n, x);
    assert_string_equal(f.reasons[UT_STRESS][0].feature, "voice_quality");
    assert_string_equal(f.reasons[UT_FRUSTRATION][0].feature, "voice");
    free_net(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_sides_lower_the_score),
        cmocka_unit_test(the_change_is_told_in_its_unit),
        cmocka_unit_test(nothing_changed_nothing_named),
        cmocka_unit_test(what_encoders_hear_is_voice_quality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
