/* The encoders against straight loops over all of a voice at once, with the weights as a file has them. */
#include "classify/encoder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_model.h"
#include "prosody/functionals.h"

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

enum { HOPS = 1000, WEIGHTS_MOST = 1 << 17, VALUES_MOST = 64 * UT_MEL_BANDS };

/* ---- nets of many shapes ---- */

struct shape {
    struct {
        int outputs, kernel_hops, kernel_bands, pad_bands, stride_hops, pool_bands;
    } maps[UT_ENCODER_MAPS]; /* up to the first without outputs */
    struct {
        int outputs, kernel_hops;
    } frames[4];
};

static const struct shape shapes[] = {
    {{{12, 5, 5, 2, 2, 2}, {24, 3, 3, 1, 2, 2}}, {{64, 3}, {64, 3}}}, /* the one that is trained */
    {{{1, 1, 1, 0, 1, 1}}, {{1, 1}}},
    {{{7, 3, 4, 0, 1, 3}, {5, 2, 7, 3, 4, 1}}, {{40, 2}}},
    {{{3, 16, 26, 12, 4, 25}, {6, 1, 1, 0, 4, 1}}, {{9, 16}, {33, 1}, {2, 2}}},
    {{{4, 2, 3, 1, 1, 1}, {8, 3, 2, 0, 2, 2}, {11, 1, 3, 1, 1, 1}, {13, 2, 12, 0, 2, 1}},
     {{3, 1}, {5, 5}, {7, 3}, {16, 2}}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

struct layer {
    int inputs, outputs, bands, kernel_hops, kernel_bands, pad_bands, stride_hops, pool_bands;
    const float *weight; /* [outputs][inputs][kernel_hops][kernel_bands] */
    const float *bias;
};

struct net {
    struct layer layers[UT_ENCODER_LAYERS];
    int n_maps, n_layers, step, n_weights; /* with the model's own mean, scale and head */
};

static float weights[WEIGHTS_MOST];

static int bands_of(const struct layer *l) {
    return (l->bands + 2 * l->pad_bands - l->kernel_bands + 1) / l->pool_bands;
}

static void add_layer(struct net *net, struct layer layer) {
    layer.weight = weights + net->n_weights;
    net->n_weights += layer.outputs * layer.inputs * layer.kernel_hops * layer.kernel_bands;
    layer.bias = weights + net->n_weights;
    net->n_weights += layer.outputs;
    net->step *= layer.stride_hops;
    net->layers[net->n_layers++] = layer;
}

static struct net plan_net(const struct shape *s) {
    struct net net = {.step = 1, .n_weights = 2}; /* after one feature's mean and scale */
    int channels = 1, bands = UT_MEL_BANDS;
    for (int i = 0; i < UT_ENCODER_MAPS && s->maps[i].outputs; i++) {
        add_layer(&net,
                  (struct layer){channels, s->maps[i].outputs, bands, s->maps[i].kernel_hops, s->maps[i].kernel_bands,
                                 s->maps[i].pad_bands, s->maps[i].stride_hops, s->maps[i].pool_bands, NULL, NULL});
        channels = s->maps[i].outputs;
        bands = bands_of(&net.layers[net.n_layers - 1]);
    }
    net.n_maps = net.n_layers;
    int inputs = channels * bands + UT_ENCODER_DESCRIPTORS;
    for (int i = 0; i < 4 && s->frames[i].outputs; i++) {
        add_layer(&net,
                  (struct layer){inputs, s->frames[i].outputs, 1, s->frames[i].kernel_hops, 1, 0, 1, 1, NULL, NULL});
        inputs = s->frames[i].outputs;
    }
    return net;
}

static int outputs_of(const struct net *net) { return net->layers[net->n_layers - 1].outputs; }

static void write_layer(FILE *out, const struct layer *l, bool map) {
    fprintf(out, "{\"inputs\": %d, \"outputs\": %d, \"kernel_hops\": %d", l->inputs, l->outputs, l->kernel_hops);
    if (map)
        fprintf(out, ", \"kernel_bands\": %d, \"pad_bands\": %d, \"stride_hops\": %d, \"pool_bands\": %d",
                l->kernel_bands, l->pad_bands, l->stride_hops, l->pool_bands);
    fputc('}', out);
}

static void write_header(char *header, size_t size, const struct net *net, int head_inputs) {
    FILE *out = fmemopen(header, size, "w");
    assert_non_null(out);
    fputs("{" MADE_HEADER_REST ", \"features\": [\"f0_st_p50\"], \"encoders\": [{\"maps\": [", out);
    for (int i = 0; i < net->n_layers; i++) {
        fputs(i == net->n_maps ? "], \"frames\": [" : i ? "," : "", out);
        write_layer(out, &net->layers[i], i < net->n_maps);
    }
    fprintf(out, "]}], \"layers\": [{\"inputs\": %d, \"outputs\": %d, \"activation\": \"linear\"}]}", head_inputs,
            UT_OUTPUTS);
    fclose(out);
}

/* A model with this net for its encoder, weights times so much. */
static ut_model *make_model(struct net *net, const struct shape *shape, float gain) {
    static image file;
    static char header[8192];
    *net = plan_net(shape);
    int head_inputs = 2 * (1 + 2 * outputs_of(net)) + 1, n = net->n_weights + (head_inputs + 1) * UT_OUTPUTS;
    assert_true(n <= WEIGHTS_MOST);
    for (int k = 0; k < n; k++) weights[k] = gain * made_weight(k);
    weights[0] = 0, weights[1] = 1;
    write_header(header, sizeof header, net, head_inputs);
    make_with(&file, header, weights, n);
    ut_error why;
    ut_model *model = ut_model_parse(file.bytes, file.n, &why);
    if (!model) fail_msg("%s: %s", ut_error_text(why), header);
    return model;
}

/* ---- all at once ---- */

typedef double row[VALUES_MOST]; /* [channels][bands] */

static double tap(const struct layer *l, const row *x, int hop, int i, int band) {
    return hop < 0 || band < 0 || band >= l->bands ? 0 : x[hop][i * l->bands + band];
}

static double convolve(const struct layer *l, const row *x, int newest, int o, int band) {
    double sum = (double)l->bias[o];
    const float *w = l->weight + o * l->inputs * l->kernel_hops * l->kernel_bands;
    for (int i = 0; i < l->inputs; i++)
        for (int k = 0; k < l->kernel_hops; k++)
            for (int b = 0; b < l->kernel_bands; b++)
                sum += (double)*w++ * tap(l, x, newest - l->kernel_hops + 1 + k, i, band + b - l->pad_bands);
    return fmax(sum, 0);
}

static void run_layer(const struct layer *l, const row *x, int n_out, row *y) {
    int bands = bands_of(l);
    for (int j = 0; j < n_out; j++)
        for (int o = 0; o < l->outputs; o++)
            for (int b = 0; b < bands; b++) {
                double *out = &y[j][o * bands + b];
                *out = 0;
                for (int p = 0; p < l->pool_bands; p++)
                    *out = fmax(*out, convolve(l, x, l->stride_hops * (j + 1) - 1, o, b * l->pool_bands + p));
            }
}

static void add_descriptors(const struct net *net, float (*inputs)[UT_ENCODER_INPUTS], int n_out, row *y) {
    int first = net->layers[net->n_maps].inputs - UT_ENCODER_DESCRIPTORS;
    for (int j = 0; j < n_out; j++)
        for (int d = 0; d < UT_ENCODER_DESCRIPTORS; d++) {
            y[j][first + d] = 0;
            for (int h = net->step * j; h < net->step * (j + 1); h++)
                y[j][first + d] += (double)inputs[h][UT_MEL_BANDS + d] / net->step;
        }
}

static double share_of(const struct net *net, float (*inputs)[UT_ENCODER_INPUTS], int j) {
    double speech = 0;
    for (int h = net->step * j; h < net->step * (j + 1); h++) speech += (double)inputs[h][36];
    return speech / net->step + 0.02;
}

static void statistics(const struct net *net, float (*inputs)[UT_ENCODER_INPUTS], int n_out, const row *y,
                       double *out) {
    int channels = outputs_of(net), first = n_out > 400 / net->step ? n_out - 400 / net->step : 0;
    double sum = 1e-3;
    for (int j = first; j < n_out; j++) sum += share_of(net, inputs, j);
    for (int c = 0; c < channels; c++) {
        double mean = 0, variance = 1e-3;
        for (int j = first; j < n_out; j++) mean += share_of(net, inputs, j) / sum * y[j][c];
        for (int j = first; j < n_out; j++)
            variance += share_of(net, inputs, j) / sum * (y[j][c] - mean) * (y[j][c] - mean);
        out[c] = mean;
        out[channels + c] = sqrt(variance);
    }
}

static void run_all(const struct net *net, float (*inputs)[UT_ENCODER_INPUTS], int hops, double *out) {
    static row ping[HOPS], pong[HOPS];
    row *x = ping, *y = pong;
    for (int h = 0; h < hops; h++)
        for (int b = 0; b < UT_MEL_BANDS; b++) x[h][b] = (double)inputs[h][b];
    int n = hops;
    for (int i = 0; i < net->n_layers; i++) {
        n /= net->layers[i].stride_hops;
        run_layer(&net->layers[i], (const row *)x, n, y);
        if (i == net->n_maps - 1) add_descriptors(net, inputs, n, y);
        row *swap = x;
        x = y, y = swap;
    }
    statistics(net, inputs, n, (const row *)x, out);
}

/* ---- tests of the nets ---- */

static float chance(float least, float most) { return least + (most - least) * (float)rand() / (float)RAND_MAX; }

static void make_inputs(float (*inputs)[UT_ENCODER_INPUTS]) {
    srand(5);
    for (int h = 0; h < HOPS; h++) {
        for (int i = 0; i < UT_ENCODER_INPUTS; i++) inputs[h][i] = chance(-3, 3);
        inputs[h][36] = h / 90 % 2 ? chance(0, 0.1f) : chance(0.6f, 1);
    }
}

static void as_all_at_once(void **state) {
    (void)state;
    static float inputs[HOPS][UT_ENCODER_INPUTS], out[2 * UT_ENCODER_CHANNELS];
    static double wanted[2 * UT_ENCODER_CHANNELS];
    static const int asked[] = {1, 3, 4, 15, 16, 17, 30, 161, 399, 400, 404, 803};
    make_inputs(inputs);
    double worst = 0;
    for (int s = 0; s < SHAPES; s++) {
        struct net net;
        ut_model *model = make_model(&net, &shapes[s], 0.8f);
        assert_int_equal(model->encoders[0].step_hops, net.step);
        ut_encoder *encoder = ut_encoder_new(&model->encoders[0]);
        int hop = 0;
        for (size_t a = 0; a < sizeof asked / sizeof *asked; a++) {
            while (hop < asked[a]) ut_encoder_push(encoder, inputs[hop++]);
            ut_encoder_take(encoder, out);
            run_all(&net, inputs, hop, wanted);
            for (int i = 0; i < ut_encoder_size(&model->encoders[0]); i++) {
                double off = fabs((double)out[i] - wanted[i]) / (1 + fabs(wanted[i]));
                if (!(off <= 1e-5)) fail_msg("shape %d, hop %d, %d: %g for %g", s, hop, i, (double)out[i], wanted[i]);
                worst = fmax(worst, off);
            }
        }
        ut_encoder_free(encoder);
        ut_model_close(model);
    }
    print_message("# worst %.1e\n", worst);
}

/* Else the comparison above would say nothing. */
static void something_comes_out(void **state) {
    (void)state;
    static float inputs[HOPS][UT_ENCODER_INPUTS], out[2 * UT_ENCODER_CHANNELS];
    make_inputs(inputs);
    for (int s = 0; s < SHAPES; s++) {
        struct net net;
        ut_model *model = make_model(&net, &shapes[s], 0.8f);
        ut_encoder *encoder = ut_encoder_new(&model->encoders[0]);
        for (int h = 0; h < 400; h++) ut_encoder_push(encoder, inputs[h]);
        ut_encoder_take(encoder, out);
        float most_mean = 0, most_deviation = 0;
        for (int c = 0; c < outputs_of(&net); c++) {
            most_mean = fmaxf(most_mean, out[c]);
            most_deviation = fmaxf(most_deviation, out[outputs_of(&net) + c]);
        }
        assert_true(most_mean > 0.01f && most_deviation > 0.04f);
        ut_encoder_free(encoder);
        ut_model_close(model);
    }
}

static void before_the_first_output(void **state) {
    (void)state;
    struct net net;
    float out[2 * 64], inputs[UT_ENCODER_INPUTS] = {1};
    ut_model *model = make_model(&net, &shapes[0], 1);
    ut_encoder *encoder = ut_encoder_new(&model->encoders[0]);
    for (int h = 0; h < 4; h++) { /* the fourth makes a step */
        ut_encoder_take(encoder, out);
        for (int c = 0; c < 64; c++) {
            is_near(out[c], 0, 0);
            is_near(out[64 + c], sqrt(1e-3), 1e-7);
        }
        ut_encoder_push(encoder, inputs);
    }
    ut_encoder_free(encoder);
    ut_model_close(model);
    ut_encoder_free(NULL);
}

/* Of weights as large as there may be, too large for eight layers in a row. */
static void stays_finite(void **state) {
    (void)state;
    static float inputs[HOPS][UT_ENCODER_INPUTS], out[2 * UT_ENCODER_CHANNELS];
    make_inputs(inputs);
    for (int s = 0; s < SHAPES; s++) {
        struct net net;
        ut_model *model = make_model(&net, &shapes[s], 2.5e6f);
        ut_encoder *encoder = ut_encoder_new(&model->encoders[0]);
        for (int h = 0; h < 500; h++) ut_encoder_push(encoder, inputs[h]);
        ut_encoder_take(encoder, out);
        for (int i = 0; i < 2 * outputs_of(&net); i++) assert_true(out[i] >= 0 && out[i] <= 1.1f * UT_ACTIVATION_MOST);
        ut_encoder_free(encoder);
        ut_model_close(model);
    }
}

/* ---- what the nets hear ---- */

static ut_frame voiced_frame(void) {
    ut_frame frame = {.level_db = -30,
                      .speech = 0.9f,
                      .voicing = 0.8f,
                      .f0_hz = 220,
                      .hnr_db = 14,
                      .h1_h2_db = 7,
                      .h1_a3_db = 15,
                      .jitter_local = 0.035f,
                      .shimmer_local_db = 0.5f};
    for (int b = 0; b < UT_MEL_BANDS; b++) frame.mel_db[b] = -60 + (float)b;
    return frame;
}

static void each_input_by_hand(void **state) {
    (void)state;
    ut_encoder_usual usual = {0};
    float inputs[UT_ENCODER_INPUTS];
    ut_frame frame = voiced_frame();
    ut_encoder_inputs_run(&usual, &frame, inputs);
    for (int b = 0; b < UT_MEL_BANDS; b++) is_near(inputs[b], (b - 12.5) / 10, 1e-5);
    const double first[] = {0, (36 - 32) / 6.0, 0, 1, 0.8, 1.4, 0.5, -0.5, 0.5, -0.5, 0.9};
    for (int d = 0; d < UT_ENCODER_DESCRIPTORS; d++) is_near(inputs[UT_MEL_BANDS + d], first[d], 1e-5);

    frame.level_db = -24, frame.f0_hz = 440, frame.jitter_local = 0.5f, frame.h1_a3_db = -40;
    ut_encoder_inputs_run(&usual, &frame, inputs); /* the usual is -27 dB and 42 semitones now */
    const double second[] = {0.3, (48 - 32) / 6.0, 6 / 4.0, 1, 0.8, 1.4, 0.5, -3, 3, -0.5, 0.9};
    for (int d = 0; d < UT_ENCODER_DESCRIPTORS; d++) is_near(inputs[UT_MEL_BANDS + d], second[d], 1e-5);
}

static void what_is_not_voiced(void **state) {
    (void)state;
    ut_encoder_usual usual = {0};
    float inputs[UT_ENCODER_INPUTS];
    ut_frame frame = voiced_frame();
    frame.speech = 0.5f; /* not over a half: no speech, nor what is usual */
    for (int turn = 0; turn < 2; turn++) {
        ut_encoder_inputs_run(&usual, &frame, inputs);
        for (int d = 0; d < UT_ENCODER_DESCRIPTORS; d++)
            is_near(inputs[UT_MEL_BANDS + d], d == 4 ? 0.8f : d == 10 ? frame.speech : 0, 0);
        assert_int_equal(usual.pitch_st.n, 0);
        frame.speech = 0.8f, frame.f0_hz = 0;
    }
    assert_int_equal(usual.level_db.n, 1);
    frame.speech = 0, frame.level_db = -90;
    ut_encoder_inputs_run(&usual, &frame, inputs);
    is_near(inputs[UT_INPUT_LEVEL], -4, 0); /* every frame is told its level, once there is a usual one */
    frame.level_db = 0;
    ut_encoder_inputs_run(&usual, &frame, inputs);
    is_near(inputs[UT_INPUT_LEVEL], 2, 0);
    frame.mel_db[3] = 100;
    frame.mel_db[4] = -200;
    ut_encoder_inputs_run(&usual, &frame, inputs);
    is_near(inputs[3], 4, 0);
    is_near(inputs[4], -4, 0);
}

static void the_usual_forgets(void **state) {
    (void)state;
    ut_encoder_usual usual = {0};
    float inputs[UT_ENCODER_INPUTS];
    ut_frame frame = voiced_frame();
    double mean = 0;
    for (int n = 1; n <= 500; n++) {
        frame.level_db = n <= 200 ? -40 : -30;
        ut_encoder_inputs_run(&usual, &frame, inputs);
        mean += ((double)frame.level_db - mean) / (n < 200 ? n : 200);
        is_near(inputs[UT_INPUT_LEVEL], ((double)frame.level_db - mean) / 10, 1e-4);
    }
}

static void no_gain_is_heard(void **state) {
    (void)state;
    ut_encoder_usual usual = {0}, louder_usual = {0};
    float inputs[UT_ENCODER_INPUTS], louder_inputs[UT_ENCODER_INPUTS];
    srand(9);
    for (int n = 0; n < 300; n++) {
        ut_frame frame = voiced_frame();
        frame.level_db += chance(-10, 10);
        if (n % 3 == 0) frame.speech = 0;
        for (int b = 0; b < UT_MEL_BANDS; b++) frame.mel_db[b] += chance(-10, 10);
        ut_frame louder = frame;
        louder.level_db += 20;
        for (int b = 0; b < UT_MEL_BANDS; b++) louder.mel_db[b] += 20;
        ut_encoder_inputs_run(&usual, &frame, inputs);
        ut_encoder_inputs_run(&louder_usual, &louder, louder_inputs);
        for (int i = 0; i < UT_ENCODER_INPUTS; i++) is_near(inputs[i], louder_inputs[i], 1e-4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_all_at_once),     cmocka_unit_test(something_comes_out),
        cmocka_unit_test(stays_finite),       cmocka_unit_test(before_the_first_output),
        cmocka_unit_test(each_input_by_hand), cmocka_unit_test(what_is_not_voiced),
        cmocka_unit_test(the_usual_forgets),  cmocka_unit_test(no_gain_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
