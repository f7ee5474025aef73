/* layers.h - the arithmetic of the head: dense layers, and what their outputs say. */
#ifndef CLASSIFY_LAYERS_H
#define CLASSIFY_LAYERS_H

#include "classify/model.h"

/* x [ut_model_inputs(model)] through the first layer as far as its sums, [UT_MODEL_WIDTH], before the activation. */
void ut_layers_begin(const ut_model *model, const float *x, float *sums);

/* Those sums when one input is so much more: what changes little is not summed all over again. */
void ut_layers_change(const ut_model *model, int input, float more, float *sums);

/* From those sums, which stay as they are, to the end. scratch [2][UT_MODEL_WIDTH]; outputs [UT_OUTPUTS], all of
 * them within UT_ACTIVATION_MOST. */
void ut_layers_end(const ut_model *model, const float *sums, float *scratch, float *outputs);

/* outputs to a logit for each of UT_SCORES: that of frustration is how anger stands against the other five classes
 * together, that of stress how fear does. */
void ut_layers_logits(const float *outputs, float *logits);

/* A logit to a probability (Platt 1999). */
float ut_calibrated(ut_calibration calibration, float logit);

/* outputs to a share of 1 for each of UT_CLASSES. */
void ut_layers_classes(const float *outputs, float *classes);

#endif
