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
enum { FEATURES = sizeof heard / sizeof *heard, HIDDEN = 6 };

typedef struct net {
    ut_model model;
    int feature[FEATURES];
    float zeros[FEATURES], ones[FEATURES];
    float hidden[HIDDEN * FEATURES], hidden_bias[HIDDEN];
    float out[UT_OUTPUTS * HIDDEN], out_bias[UT_OUTPUTS];
    ut_aspects aspects;
    ut_baseline baseline;
    float changed[FEATURES], scratch[2 * UT_MODEL_WIDTH];
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
    fill(n->hidden, HIDDEN * FEATURES, 1);
    fill(n->hidden_bias, HIDDEN, 1);
    fill(n->out, UT_OUTPUTS * HIDDEN, 1);
    n->model = (ut_model){.n_features = FEATURES,
                          .feature = n->feature,
                          .mean = n->zeros,
                          .scale = n->ones,
                          .n_layers = 2,
                          .layers = {{FEATURES, HIDDEN, true, n->hidden, n->hidden_bias},
                                     {HIDDEN, UT_OUTPUTS, false, n->out, n->out_bias}}};
    assert_true(ut_aspects_init(&n->aspects, &n->model));
    assert_true(ut_baseline_init(&n->baseline, FEATURES));
    float usual[FEATURES];
    fill(usual, FEATURES, 1);
    for (int i = 0; i < 20; i++) {
        float x[FEATURES];
        for (int f = 0; f < FEATURES; f++) x[f] = usual[f] + chance(0.3f);
        ut_baseline_add(&n->baseline, x);
    }
}

static void free_net(net *n) {
    ut_aspects_free(&n->aspects);
    ut_baseline_free(&n->baseline);
}

static float logit(net *n, const float *x, int output) {
    float logits[UT_OUTPUTS];
    ut_layers_run(&n->model, x, n->scratch, logits);
    return logits[output];
}

/* How far the logit falls when a side is put back. */
static float fall(net *n, const float *x, int output, const char *side) {
    float now[FEATURES], without[FEATURES];
    for (int i = 0; i < FEATURES; i++) {
        now[i] = isnan(x[i]) ? 0 : x[i];
        without[i] = !isnan(x[i]) && !strcmp(heard[i].side, side) ? n->baseline.mean[i] : now[i];
    }
    return logit(n, now, output) - logit(n, without, output);
}

static const char *shown_of(const char *side) {
    for (int i = 0; i < FEATURES; i++)
        if (!strcmp(heard[i].side, side)) return heard[i].functional;
    return NULL;
}

static void check(net *n, const float *x, int output, unsigned *told) {
    ut_reason reasons[UT_REASONS];
    unsigned found = ut_reasons_find(&n->aspects, &n->model, &n->baseline, x, output, n->changed, n->scratch, reasons);
    assert_in_range(found, 1, UT_REASONS);
    if (!strcmp(reasons[0].feature, "voice")) return;
    float before = INFINITY;
    for (unsigned r = 0; r < found; r++) {
        float down = fall(n, x, output, reasons[r].feature);
        assert_true(down > 0 && down <= before + 1e-5f);
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
            float x[FEATURES];
            fill(x, FEATURES, 5);
            for (int f = 0; round % 3 == 0 && f < FEATURES; f++)
                if (rand() % 4 == 0) x[f] = NAN;
            check(&n, x, UT_FRUSTRATION, &told);
            check(&n, x, UT_STRESS, &told);
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
    n.hidden[0] = 1; /* the first functional alone, f0_st_p50, lifts the first output */
    n.out[0] = 1;
    n.ones[0] = 2; /* semitones a standard unit */
    float x[FEATURES];
    memcpy(x, n.baseline.mean, sizeof x);
    n.baseline.mean[0] = 1, n.baseline.variance[0] = 0.25f;
    x[0] = 3.05f;
    ut_reason reasons[UT_REASONS];
    assert_int_equal(
        ut_reasons_find(&n.aspects, &n.model, &n.baseline, x, UT_FRUSTRATION, n.changed, n.scratch, reasons), 1);
    assert_string_equal(reasons[0].feature, "pitch_hz");
    assert_string_equal(reasons[0].change, "+4.1 st");
    is_near(reasons[0].z, 4.1f, 1e-5);
    free_net(&n);
}

/* A voice as it always was, and one of which the named sides were not heard. */
static void nothing_changed_nothing_named(void **state) {
    (void)state;
    static net n;
    srand(2);
    make_net(&n);
    ut_reason reasons[UT_REASONS];
    float x[FEATURES];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < FEATURES; i++) x[i] = round ? NAN : n.baseline.mean[i];
        assert_int_equal(
            ut_reasons_find(&n.aspects, &n.model, &n.baseline, x, UT_STRESS, n.changed, n.scratch, reasons), 1);
        assert_string_equal(reasons[0].feature, "voice");
        assert_true(isnan(reasons[0].z));
    }
    free_net(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_sides_lower_the_score),
        cmocka_unit_test(the_change_is_told_in_its_unit),
        cmocka_unit_test(nothing_changed_nothing_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
