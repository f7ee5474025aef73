/* Every layer of the net against what PyTorch says it gives: golden.json and golden.utm, by tools/train/golden.py. */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "classify/convolution.h"
#include "classify/encoder.h"
#include "classify/layers.h"

enum { HOPS = 420, STEPS = 12, VECTOR = 128, FEATURES = 3 };

static ut_model *model;
static json_t *golden;

static int set_up(void **state) {
    (void)state;
    model = ut_model_open("tests/unit/golden/golden.utm", NULL);
    golden = json_load_file("tests/unit/golden/golden.json", 0, NULL);
    return !model || !golden;
}

static int tear_down(void **state) {
    (void)state;
    ut_model_close(model);
    json_decref(golden);
    return 0;
}

/* The inputs' formula, see golden.py. */
static float made(int k) { return (float)((k * 7919L % 1000 - 500) / 500.0); }

/* NaN is near nothing. */
static void are_near(const float *got, const json_t *wanted, size_t n) {
    assert_int_equal(json_array_size(wanted), n);
    for (size_t i = 0; i < n; i++) {
        double one = json_number_value(json_array_get(wanted, i));
        if (!(fabs((double)got[i] - one) <= 1e-4)) fail_msg("value %zu is %f, not %f", i, (double)got[i], one);
    }
}

/* Made inputs come channel by channel; a layer wants them band by band. */
static void hear_made(float *room, const ut_convolution *layer, int step) {
    for (int b = 0; b < layer->bands; b++)
        for (int c = 0; c < layer->inputs; c++)
            room[b * layer->inputs + c] = made((step * layer->inputs + c) * layer->bands + b);
}

/* The first frames layer takes its inputs band by band too: those of the map before it. */
static void hear_map(float *room, const ut_convolution *layer, const ut_convolution *map, int step) {
    int bands = ut_convolution_bands(map), in_map = map->outputs * bands;
    for (int i = 0; i < layer->inputs; i++) {
        int place = i < in_map ? i % bands * map->outputs + i / bands : i;
        room[place] = made(step * layer->inputs + i);
    }
}

static void each_convolution(void **state) {
    (void)state;
    const ut_encoder_net *net = &model->encoders[0];
    for (int l = 0; l < net->n_layers; l++) {
        const ut_convolution *layer = &net->layers[l];
        ut_convolver convolver;
        static float y[26 * UT_ENCODER_CHANNELS];
        assert_true(ut_convolver_init(&convolver, layer));
        for (int step = 0; step < STEPS; step++) {
            if (l == net->n_maps) hear_map(ut_convolver_room(&convolver), layer, layer - 1, step);
            else hear_made(ut_convolver_room(&convolver), layer, step);
            ut_convolver_run(&convolver, y);
        }
        size_t n = (size_t)(layer->outputs * ut_convolution_bands(layer));
        are_near(y, json_array_get(json_object_get(golden, "layers"), (size_t)l), n);
        ut_convolver_free(&convolver);
    }
}

/* The vector after so many hops, before, at and past the first step and the first whole window. */
static void the_encoder(void **state) {
    (void)state;
    ut_encoder *encoder = ut_encoder_new(&model->encoders[0]);
    const json_t *ends = json_object_get(golden, "ends"), *vectors = json_object_get(golden, "vectors");
    float inputs[UT_ENCODER_INPUTS], vector[VECTOR];
    size_t next = 1; /* without a step net.encode says zeros, and nobody asks */
    assert_int_equal(ut_encoder_size(&model->encoders[0]), VECTOR);
    for (int hop = 0; hop < HOPS; hop++) {
        for (int i = 0; i < UT_ENCODER_INPUTS; i++) inputs[i] = made(hop * UT_ENCODER_INPUTS + i);
        inputs[UT_INPUT_SPEECH] = fabsf(inputs[UT_INPUT_SPEECH]);
        ut_encoder_push(encoder, inputs);
        if (hop + 1 != json_integer_value(json_array_get(ends, next))) continue;
        ut_encoder_take(encoder, vector);
        are_near(vector, json_array_get(vectors, next++), VECTOR);
    }
    assert_int_equal(next, json_array_size(ends));
    ut_encoder_free(encoder);
}

static void the_head(void **state) {
    (void)state;
    static float inputs[2 * (FEATURES + VECTOR) + 1], sums[UT_MODEL_WIDTH], scratch[3 * UT_MODEL_WIDTH];
    const json_t *vectors = json_object_get(golden, "vectors");
    const json_t *vector = json_array_get(vectors, json_array_size(vectors) - 1);
    float outputs[UT_OUTPUTS], logits[UT_SCORES], classes[UT_CLASSES];
    int n = FEATURES + VECTOR;
    assert_int_equal(model->n_vector, n);
    for (int i = 0; i < FEATURES; i++) inputs[i] = made(i);
    for (int i = 0; i < VECTOR; i++) inputs[FEATURES + i] = (float)json_number_value(json_array_get(vector, (size_t)i));
    for (int i = 0; i < n; i++) inputs[n + i] = made(7 + i);
    inputs[2 * n] = 1;
    ut_layers_begin(model, inputs, sums);
    ut_layers_end(model, sums, scratch, outputs);
    for (int o = 0; o < model->layers[0].outputs; o++) sums[o] = fmaxf(sums[o], 0);
    are_near(sums, json_object_get(golden, "heard"), (size_t)model->layers[0].outputs);
    are_near(outputs, json_object_get(golden, "told"), UT_OUTPUTS);
    ut_layers_logits(outputs, logits);
    are_near(logits, json_object_get(golden, "logits"), UT_SCORES);
    ut_layers_classes(outputs, classes);
    are_near(classes, json_object_get(golden, "classes"), UT_CLASSES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_convolution),
        cmocka_unit_test(the_encoder),
        cmocka_unit_test(the_head),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
