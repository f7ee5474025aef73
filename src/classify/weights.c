/* weights.c - from the order of the file, an output at a time as in training, to that of the loops: an input at a time,
 * outputs innermost, and of a map the bands outside the channels. */
#include "classify/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The layers' sums stay finite with these, see UT_ACTIVATION_MOST. */
static const float weight_most = 1e6f;

struct reader {
    const unsigned char *from; /* the next weight of the file */
    float *to;
    bool good; /* every weight so far was a number of sane size */
};

static size_t count_layer(int inputs, int taps, int outputs) {
    return ((size_t)inputs * (size_t)taps + 1) * (size_t)outputs;
}

static size_t count(const ut_model *model) {
    size_t n = 2 * (size_t)model->n_features;
    for (int e = 0; e < model->n_encoders; e++)
        for (int i = 0; i < model->encoders[e].n_layers; i++) {
            const ut_convolution *c = &model->encoders[e].layers[i];
            n += count_layer(c->inputs, c->kernel_hops * c->kernel_bands, c->outputs);
        }
    for (int i = 0; i < model->n_layers; i++) n += count_layer(model->layers[i].inputs, 1, model->layers[i].outputs);
    return n;
}

static float next(struct reader *r) {
    uint32_t bits =
        (uint32_t)r->from[0] | (uint32_t)r->from[1] << 8 | (uint32_t)r->from[2] << 16 | (uint32_t)r->from[3] << 24;
    float weight;
    memcpy(&weight, &bits, sizeof weight);
    r->from += sizeof bits;
    r->good = r->good && fabsf(weight) <= weight_most;
    return weight;
}

static const float *read_row(struct reader *r, int n) {
    const float *row = r->to;
    for (int i = 0; i < n; i++) *r->to++ = next(r);
    return row;
}

/* Of a map laid out channel by channel the place of an input in one laid out band by band. What lies past it stays. */
static int by_band(int input, int channels, int bands) {
    return input < channels * bands ? input % bands * channels + input / bands : input;
}

/* [outputs][inputs][taps] of the file to [taps][inputs][outputs]; the inputs begin with a map of so many channels and
 * bands. */
static const float *read_turned(struct reader *r, int outputs, int inputs, int taps, int channels, int bands) {
    float *weight = r->to;
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < inputs; i++)
            for (int t = 0; t < taps; t++) {
                size_t place = (size_t)t * (size_t)inputs + (size_t)by_band(i, channels, bands);
                weight[place * (size_t)outputs + (size_t)o] = next(r);
            }
    r->to += (size_t)outputs * (size_t)inputs * (size_t)taps;
    return weight;
}

static void read_encoder(struct reader *r, ut_encoder_net *net) {
    for (int i = 0; i < net->n_layers; i++) {
        ut_convolution *c = &net->layers[i];
        bool after_map = i == net->n_maps;
        int channels = after_map ? net->layers[i - 1].outputs : 0;
        int bands = after_map ? ut_convolution_bands(&net->layers[i - 1]) : 0;
        c->weight = read_turned(r, c->outputs, c->inputs, c->kernel_hops * c->kernel_bands, channels, bands);
        c->bias = read_row(r, c->outputs);
    }
}

ut_error ut_weights_read(ut_model *model, const unsigned char *bytes, size_t n_bytes) {
    size_t n = count(model);
    if (n_bytes != n * sizeof(float)) return UT_MODEL_HEADER;
    model->weights = malloc(n_bytes);
    if (!model->weights) return UT_NO_MEMORY;
    struct reader r = {bytes, model->weights, true};
    model->mean = read_row(&r, model->n_features);
    model->scale = read_row(&r, model->n_features);
    for (int i = 0; i < model->n_features; i++) r.good = r.good && model->scale[i] > 0;
    for (int e = 0; e < model->n_encoders; e++) read_encoder(&r, &model->encoders[e]);
    for (int i = 0; i < model->n_layers; i++) {
        ut_layer *layer = &model->layers[i];
        layer->weight = read_turned(&r, layer->outputs, layer->inputs, 1, 0, 0);
        layer->bias = read_row(&r, layer->outputs);
    }
    return r.good ? UT_OK : UT_MODEL_HEADER;
}
