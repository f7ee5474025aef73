/* encoder.c - a net over the mel bands of a voice, as it streams by.
 *
 *     mel bands -> maps, convolutions over time and bands -> frames, convolutions over time -> mean and deviation
 *                                     descriptors of level, pitch and voice ^
 *
 * In:  the inputs of each frame, see encoder_inputs.c.
 * Out: on demand, of each channel of the last layer the mean and the deviation over the window. A step counts by how
 *      much of it was speech, and a little even so: attentive statistics pooling (Okabe, Koshinaka & Shinoda,
 *      Interspeech 2018), with the voice activity for attention.
 *
 * A step is the product of the maps' strides, in frames. The last map and, after it, the descriptors' means over the
 * step are what the first of the frames layers hears. The statistics are computed from the window each time they are
 * asked for, so that nothing drifts.
 */
#include "classify/encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify/convolution.h"
#include "prosody/functionals.h"

#define SHARE_LEAST    0.02f /* of a step without speech */
#define SUM_LEAST      1e-3f /* added to the sum that shares are divided by */
#define VARIANCE_LEAST 1e-3f /* added to every variance */

struct ut_encoder {
    const ut_encoder_net *net;
    ut_convolver layers[UT_ENCODER_LAYERS];
    float descriptors[UT_ENCODER_DESCRIPTORS]; /* sums over the step that has begun */
    float *steps;                              /* [UT_WINDOW_HOPS / step][outputs] ring */
    float *shares;                             /* [UT_WINDOW_HOPS / step] ring: how much of each is speech */
    int next, n;                               /* of the ring; how many it holds */
};

static int window_of(const ut_encoder *encoder) { return UT_WINDOW_HOPS / encoder->net->step_hops; }

ut_encoder *ut_encoder_new(const ut_encoder_net *net) {
    ut_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return NULL;
    encoder->net = net;
    size_t window = (size_t)window_of(encoder);
    encoder->steps = calloc(window * (size_t)net->outputs, sizeof(float));
    encoder->shares = calloc(window, sizeof(float));
    bool complete = encoder->steps && encoder->shares;
    for (int i = 0; i < net->n_layers; i++)
        complete = ut_convolver_init(&encoder->layers[i], &net->layers[i]) && complete;
    if (complete) return encoder;
    ut_encoder_free(encoder);
    return NULL;
}

void ut_encoder_free(ut_encoder *encoder) {
    if (!encoder) return;
    for (int i = 0; i < UT_ENCODER_LAYERS; i++) ut_convolver_free(&encoder->layers[i]);
    free(encoder->steps);
    free(encoder->shares);
    free(encoder);
}

/* The descriptors' means over the step that ends, and the beginning of the next. */
static void end_step(ut_encoder *encoder, float *means) {
    for (int d = 0; d < UT_ENCODER_DESCRIPTORS; d++)
        means[d] = encoder->descriptors[d] / (float)encoder->net->step_hops;
    encoder->shares[encoder->next] = means[UT_INPUT_SPEECH - UT_MEL_BANDS] + SHARE_LEAST;
    memset(encoder->descriptors, 0, sizeof encoder->descriptors);
}

void ut_encoder_push(ut_encoder *encoder, const float inputs[UT_ENCODER_INPUTS]) {
    const ut_encoder_net *net = encoder->net;
    for (int d = 0; d < UT_ENCODER_DESCRIPTORS; d++) encoder->descriptors[d] += inputs[UT_MEL_BANDS + d];
    memcpy(ut_convolver_room(&encoder->layers[0]), inputs, UT_MEL_BANDS * sizeof *inputs);
    for (int i = 0; i < net->n_layers; i++) {
        bool last = i == net->n_layers - 1;
        float *y = last ? encoder->steps + encoder->next * net->outputs : ut_convolver_room(&encoder->layers[i + 1]);
        if (!ut_convolver_run(&encoder->layers[i], y)) return;
        if (i == net->n_maps - 1) end_step(encoder, y + net->layers[i + 1].inputs - UT_ENCODER_DESCRIPTORS);
    }
    encoder->next = (encoder->next + 1) % window_of(encoder);
    if (encoder->n < window_of(encoder)) encoder->n++;
}

static float sum_of(const float *x, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    return sum;
}

/* While the ring is not full its first n are what there is. */
void ut_encoder_take(const ut_encoder *encoder, float *out) {
    int channels = encoder->net->outputs;
    float *mean = out, *deviation = out + channels, sum = sum_of(encoder->shares, encoder->n) + SUM_LEAST;
    memset(out, 0, 2 * (size_t)channels * sizeof *out);
    for (int s = 0; s < encoder->n; s++)
        for (int c = 0; c < channels; c++) mean[c] += encoder->shares[s] / sum * encoder->steps[s * channels + c];
    for (int s = 0; s < encoder->n; s++)
        for (int c = 0; c < channels; c++) {
            float off = encoder->steps[s * channels + c] - mean[c];
            deviation[c] += encoder->shares[s] / sum * off * off;
        }
    for (int c = 0; c < channels; c++) deviation[c] = sqrtf(deviation[c] + VARIANCE_LEAST);
}
