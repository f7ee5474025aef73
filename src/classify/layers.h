/* layers.h - the arithmetic of the net. */
#ifndef CLASSIFY_LAYERS_H
#define CLASSIFY_LAYERS_H

#include "classify/model.h"

/* Runs every layer. x [n_features], standardized; scratch [2][UT_MODEL_WIDTH]; logits [UT_OUTPUTS]. */
void ut_layers_run(const ut_model *model, const float *x, float *scratch, float *logits);

#endif
