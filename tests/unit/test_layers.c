/* The arithmetic of the net against nets worked out by hand and by an independent program. */
#include "classify/layers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

static float scratch[2 * UT_MODEL_WIDTH];

/* One layer, rows by hand: 1 - 4 + 1.5, -2 + 1 - 0.5, 0.25. */
static void one_layer(void **state) {
    (void)state;
    const float weight[] = {1, -2, 3, -2, 0.5f, -1, 0, 0, 0}, bias[] = {0, 0, 0.25f};
    const ut_model model = {.n_features = 3, .n_layers = 1, .layers = {{3, 3, false, weight, bias}}};
    const float x[] = {1, 2, 0.5f};
    float logits[UT_OUTPUTS];
    ut_layers_run(&model, x, scratch, logits);
    is_near(logits[0], -1.5f, 0);
    is_near(logits[1], -1.5f, 0);
    is_near(logits[2], 0.25f, 0);
}

/* The hidden layer gives 2 and, since relu cuts -1, 0; then 2 + 1, -4, 6 + 0.5. */
static void relu_cuts(void **state) {
    (void)state;
    const float hidden[] = {1, 1, -1, 0}, hidden_bias[] = {0, 0};
    const float out[] = {1, 9, -2, 9, 3, 9}, out_bias[] = {1, 0, 0.5f};
    const ut_model model = {
        .n_features = 2, .n_layers = 2, .layers = {{2, 2, true, hidden, hidden_bias}, {2, 3, false, out, out_bias}}};
    const float x[] = {1, 1};
    float logits[UT_OUTPUTS];
    ut_layers_run(&model, x, scratch, logits);
    is_near(logits[0], 3, 0);
    is_near(logits[1], -4, 0);
    is_near(logits[2], 6.5f, 0);
}

/* Four layers, all there may be, so that both halves of the scratch are used twice. */
enum { WIDE = 40 };

static float made(int k) { return (float)(k * 7919 % 1000 - 500) / 1250.0f; }

static void golden_numbers(void **state) {
    (void)state;
    static float weights[3 * WIDE * WIDE + 200 + 3 * WIDE];
    for (int k = 0; k < (int)(sizeof weights / sizeof *weights); k++) weights[k] = made(k);
    ut_model model = {.n_features = 5, .n_layers = 4};
    const int sizes[] = {5, WIDE, WIDE, 7, UT_OUTPUTS};
    const float *next = weights;
    for (int i = 0; i < 4; i++) {
        model.layers[i] = (ut_layer){sizes[i], sizes[i + 1], i < 3, next, next + sizes[i] * sizes[i + 1]};
        next += sizes[i] * sizes[i + 1] + sizes[i + 1];
    }
    const float x[] = {0.5f, -1.25f, 2, 0, -3};
    float logits[UT_OUTPUTS];
    ut_layers_run(&model, x, scratch, logits);
    const double golden[UT_OUTPUTS] = {-0.19438216, 0.50749483, -0.15817513};
    for (int o = 0; o < UT_OUTPUTS; o++) is_near(logits[o], golden[o], 2e-5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_layer),
        cmocka_unit_test(relu_cuts),
        cmocka_unit_test(golden_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
