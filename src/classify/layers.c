#include "classify/layers.h"

static void dense(const ut_layer *layer, const float *x, float *y) {
    const float *w = layer->weight;
    for (int o = 0; o < layer->outputs; o++, w += layer->inputs) {
        float sum = layer->bias[o];
        for (int i = 0; i < layer->inputs; i++) sum += w[i] * x[i];
        y[o] = layer->relu && sum < 0 ? 0 : sum;
    }
}

void ut_layers_run(const ut_model *model, const float *x, float *scratch, float *logits) {
    for (int i = 0; i < model->n_layers; i++) {
        float *y = i == model->n_layers - 1 ? logits : scratch + (i & 1) * UT_MODEL_WIDTH;
        dense(&model->layers[i], x, y);
        x = y;
    }
}
