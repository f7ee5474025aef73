/* weights.h - the numbers of a model file. */
#ifndef CLASSIFY_WEIGHTS_H
#define CLASSIFY_WEIGHTS_H

#include "classify/model.h"

/* Reads the weights of a model whose shapes are known into model->weights, which is the model's to free even when this
 * fails, and points all its layers there. Errors: UT_NO_MEMORY; UT_MODEL_HEADER where there are more or fewer bytes
 * than the shapes say, or a weight is no number of sane size. */
ut_error ut_weights_read(ut_model *model, const unsigned char *bytes, size_t n_bytes);

#endif
