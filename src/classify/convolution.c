/* convolution.c - causal in time: an output knows the kernel_hops newest inputs, the last of its weights for the newest
 * of them; over bands it reaches pad_bands of zeros past either end. Then relu, and the greatest of each pool_bands
 * bands; what they leave over is dropped.
 *
 * Channels lie innermost, so that what a band's sums need of one hop is one piece of memory.
 */
#include "classify/convolution.h"

#include <stdlib.h>

#include "classify/product.h"
#include "prosody/limits.h"

static int row_size(const ut_convolution *layer) { return (layer->bands + 2 * layer->pad_bands) * layer->inputs; }

bool ut_convolver_init(ut_convolver *convolver, const ut_convolution *layer) {
    *convolver = (ut_convolver){.layer = layer};
    convolver->heard = calloc((size_t)layer->kernel_hops * (size_t)row_size(layer), sizeof(float));
    convolver->sums = calloc((size_t)ut_convolution_positions(layer) * (size_t)layer->outputs, sizeof(float));
    return convolver->heard && convolver->sums;
}

void ut_convolver_free(ut_convolver *convolver) {
    free(convolver->heard);
    free(convolver->sums);
}

float *ut_convolver_room(ut_convolver *convolver) {
    const ut_convolution *layer = convolver->layer;
    return convolver->heard + convolver->next * row_size(layer) + layer->pad_bands * layer->inputs;
}

static void sum_up(ut_convolver *convolver) {
    const ut_convolution *layer = convolver->layer;
    const float *rows[UT_ENCODER_HOPS];
    for (int k = 0; k < layer->kernel_hops; k++)
        rows[k] = convolver->heard + (convolver->next + k) % layer->kernel_hops * row_size(layer);
    const ut_product product = {.weight = layer->weight,
                                .bias = layer->bias,
                                .rows = layer->kernel_hops,
                                .inputs = layer->kernel_bands * layer->inputs,
                                .outputs = layer->outputs};
    ut_product_run(&product, rows, layer->inputs, ut_convolution_positions(layer), convolver->sums);
}

static void pool(const ut_convolution *layer, const float *restrict sums, float *restrict y) {
    int n = layer->outputs, bands = ut_convolution_bands(layer);
    for (int b = 0; b < bands; b++, y += n) {
        for (int o = 0; o < n; o++) y[o] = 0;
        for (int p = 0; p < layer->pool_bands; p++, sums += n)
            for (int o = 0; o < n; o++) y[o] = ut_max(y[o], sums[o]);
        for (int o = 0; o < n; o++) y[o] = ut_min(y[o], UT_ACTIVATION_MOST);
    }
}

bool ut_convolver_run(ut_convolver *convolver, float *y) {
    const ut_convolution *layer = convolver->layer;
    convolver->next = (convolver->next + 1) % layer->kernel_hops;
    if (++convolver->since_out < layer->stride_hops) return false;
    convolver->since_out = 0;
    sum_up(convolver);
    pool(layer, convolver->sums, y);
    return true;
}
