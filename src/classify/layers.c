#include "classify/layers.h"

#include <math.h>

#include "classify/product.h"
#include "prosody/limits.h"

static void sum_up(const ut_layer *layer, const float *x, float *sums) {
    const ut_product product = {layer->weight, layer->bias, 1, layer->inputs, layer->outputs};
    ut_product_run(&product, &x, 0, 1, sums);
}

static void activate(const ut_layer *layer, const float *sums, float *y) {
    float least = layer->relu ? 0 : -UT_ACTIVATION_MOST;
    for (int o = 0; o < layer->outputs; o++) y[o] = ut_limit(sums[o], least, UT_ACTIVATION_MOST);
}

void ut_layers_begin(const ut_model *model, const float *x, float *sums) { sum_up(&model->layers[0], x, sums); }

void ut_layers_change(const ut_model *model, int input, float more, float *restrict sums) {
    const ut_layer *layer = &model->layers[0];
    const float *restrict w = layer->weight + (size_t)input * (size_t)layer->outputs;
    for (int o = 0; o < layer->outputs; o++) sums[o] += more * w[o];
}

void ut_layers_end(const ut_model *model, const float *sums, float *scratch, float *outputs) {
    const ut_layer *last = &model->layers[model->n_layers - 1];
    for (const ut_layer *layer = model->layers; layer < last; layer++) {
        activate(layer, sums, scratch);
        sum_up(layer + 1, scratch, scratch + UT_MODEL_WIDTH);
        sums = scratch + UT_MODEL_WIDTH;
    }
    activate(last, sums, outputs);
}

/* log(sum(exp)) of the classes but one; -1 for all of them. */
static float log_sum_exp(const float *outputs, int but) {
    float most = -UT_ACTIVATION_MOST, sum = 0;
    for (int c = 0; c < UT_CLASSES; c++)
        if (c != but) most = ut_max(most, outputs[c]);
    for (int c = 0; c < UT_CLASSES; c++)
        if (c != but) sum += expf(outputs[c] - most);
    return most + logf(sum);
}

void ut_layers_logits(const float *outputs, float *logits) {
    logits[UT_FRUSTRATION] = outputs[UT_ANGRY] - log_sum_exp(outputs, UT_ANGRY);
    logits[UT_STRESS] = outputs[UT_FEARFUL] - log_sum_exp(outputs, UT_FEARFUL);
    logits[UT_AROUSAL] = outputs[UT_OUTPUT_AROUSAL];
}

float ut_calibrated(ut_calibration calibration, float logit) {
    return 1.0f / (1.0f + expf(-(calibration.slope * logit + calibration.offset)));
}

void ut_layers_classes(const float *outputs, float *classes) {
    float all = log_sum_exp(outputs, -1);
    for (int c = 0; c < UT_CLASSES; c++) classes[c] = ut_min(expf(outputs[c] - all), 1);
}
