/* The arithmetic of the net against nets worked out by hand and by an independent program. */
#include "classify/layers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "made_model.h"

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

static float sums[UT_MODEL_WIDTH], scratch[2 * UT_MODEL_WIDTH];

static void run(const ut_model *model, const float *x, float outputs[UT_OUTPUTS]) {
    ut_layers_begin(model, x, sums);
    ut_layers_end(model, sums, scratch, outputs);
}

/* One layer, columns by hand: 1 - 4 + 1.5, -2 + 1 - 0.5, and a bias alone. */
static void one_layer(void **state) {
    (void)state;
    const float weight[3 * UT_OUTPUTS] = {1, -2, [UT_OUTPUTS] = -2, 0.5f, [2 * UT_OUTPUTS] = 3, -1};
    const float bias[UT_OUTPUTS] = {[6] = 0.25f}, x[] = {1, 2, 0.5f};
    const ut_model model = {.n_layers = 1, .layers = {{3, UT_OUTPUTS, false, weight, bias}}};
    float outputs[UT_OUTPUTS];
    run(&model, x, outputs);
    const float wanted[UT_OUTPUTS] = {-1.5f, -1.5f, [6] = 0.25f};
    for (int o = 0; o < UT_OUTPUTS; o++) is_near(outputs[o], wanted[o], 0);
}

/* The hidden layer gives 2 and, since relu cuts -1, 0; then 2 + 1, -4, 6 + 0.5. */
static void relu_cuts(void **state) {
    (void)state;
    const float hidden[] = {1, -1, 1, 0}, hidden_bias[] = {0, 0}, x[] = {1, 1};
    const float out[2 * UT_OUTPUTS] = {1, -2, 3, [UT_OUTPUTS] = 9, 9, 9}, out_bias[UT_OUTPUTS] = {1, 0, 0.5f};
    const ut_model model = {.n_layers = 2,
                            .layers = {{2, 2, true, hidden, hidden_bias}, {2, UT_OUTPUTS, false, out, out_bias}}};
    float outputs[UT_OUTPUTS];
    run(&model, x, outputs);
    is_near(outputs[0], 3, 0);
    is_near(outputs[1], -4, 0);
    is_near(outputs[2], 6.5f, 0);
}

/* Four layers, all there may be, so that both halves of the scratch are used twice; and widths of every tile. */
enum { INPUTS = 5, WIDE = 47 };

static void make_net(ut_model *model) {
    static float weights[3 * WIDE * WIDE];
    static const int sizes[] = {INPUTS, WIDE, 41, WIDE, UT_OUTPUTS};
    for (int k = 0; k < (int)(sizeof weights / sizeof *weights); k++) weights[k] = made_weight(k);
    *model = (ut_model){.n_layers = 4};
    const float *next = weights;
    for (int i = 0; i < 4; i++) {
        model->layers[i] = (ut_layer){sizes[i], sizes[i + 1], i < 3, next, next + sizes[i] * sizes[i + 1]};
        next += sizes[i] * sizes[i + 1] + sizes[i + 1];
    }
}

static const float made_x[INPUTS] = {0.5f, -1.25f, 2, 0, -3};

static void golden_numbers(void **state) {
    (void)state;
    ut_model model;
    float outputs[UT_OUTPUTS];
    make_net(&model);
    run(&model, made_x, outputs);
    const double golden[UT_OUTPUTS] = {0.58705768, 0.14731526,  0.13100362, 0.63438244,
                                       0.29995167, -0.23278824, -0.59044826};
    for (int o = 0; o < UT_OUTPUTS; o++) is_near(outputs[o], golden[o], 2e-5);
}

static void a_change_is_a_run_with_it(void **state) {
    (void)state;
    ut_model model;
    float changed[UT_OUTPUTS], outputs[UT_OUTPUTS], x[INPUTS];
    make_net(&model);
    for (int i = 0; i < INPUTS; i++) x[i] = made_x[i];
    x[1] += 0.75f, x[4] -= 2;
    ut_layers_begin(&model, made_x, sums);
    ut_layers_change(&model, 1, 0.75f, sums);
    ut_layers_change(&model, 4, -2, sums);
    ut_layers_end(&model, sums, scratch, changed);
    ut_layers_end(&model, sums, scratch, outputs); /* the sums are as they were */
    for (int o = 0; o < UT_OUTPUTS; o++) is_near(changed[o], outputs[o], 0);
    run(&model, x, outputs);
    for (int o = 0; o < UT_OUTPUTS; o++) is_near(changed[o], outputs[o], 1e-4);
}

static void stays_finite(void **state) {
    (void)state;
    static float weight[UT_MODEL_WIDTH * UT_MODEL_WIDTH], bias[UT_MODEL_WIDTH], x[UT_MODEL_WIDTH];
    for (size_t i = 0; i < sizeof weight / sizeof *weight; i++) weight[i] = i % 3 ? 1e6f : -1e6f;
    for (int i = 0; i < UT_MODEL_WIDTH; i++) x[i] = i % 2 ? -UT_ACTIVATION_MOST : UT_ACTIVATION_MOST;
    ut_model model = {.n_layers = 4};
    float outputs[UT_OUTPUTS], logits[UT_SCORES], classes[UT_CLASSES];
    for (int i = 0; i < 4; i++)
        model.layers[i] = (ut_layer){UT_MODEL_WIDTH, i < 3 ? UT_MODEL_WIDTH : UT_OUTPUTS, i == 1, weight, bias};
    run(&model, x, outputs);
    ut_layers_logits(outputs, logits);
    ut_layers_classes(outputs, classes);
    for (int o = 0; o < UT_OUTPUTS; o++) is_near(outputs[o], 0, UT_ACTIVATION_MOST);
    for (int i = 0; i < UT_SCORES; i++) is_near(logits[i], 0, 3 * UT_ACTIVATION_MOST);
    for (int c = 0; c < UT_CLASSES; c++) assert_true(classes[c] >= 0 && classes[c] <= 1);
}

static void one_class_against_the_others(void **state) {
    (void)state;
    const float outputs[UT_OUTPUTS] = {1.5f, -0.5f, 0.25f, -2, 1, 0, 0.75f};
    float logits[UT_SCORES], classes[UT_CLASSES];
    double sum = 0, total = 0;
    for (int c = 0; c < UT_CLASSES; c++) sum += exp((double)outputs[c]);
    ut_layers_logits(outputs, logits);
    ut_layers_classes(outputs, classes);
    is_near(logits[UT_FRUSTRATION], 1.5 - log(sum - exp(1.5)), 1e-5);
    is_near(logits[UT_STRESS], -0.5 - log(sum - exp(-0.5)), 1e-5);
    is_near(logits[UT_AROUSAL], 0.75, 0);
    for (int c = 0; c < UT_CLASSES; c++) {
        is_near(classes[c], exp((double)outputs[c]) / sum, 1e-6);
        total += (double)classes[c];
    }
    is_near(total, 1, 1e-6);
    const float sure[UT_OUTPUTS] = {1e6f, 1e6f, -1e6f, 0, 0, 0, 0};
    ut_layers_logits(sure, logits);
    is_near(logits[UT_FRUSTRATION], 0, 0);
    is_near(logits[UT_STRESS], 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_layer),      cmocka_unit_test(relu_cuts),
        cmocka_unit_test(golden_numbers), cmocka_unit_test(a_change_is_a_run_with_it),
        cmocka_unit_test(stays_finite),   cmocka_unit_test(one_class_against_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
