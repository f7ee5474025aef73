/* encoder.h - a small convolutional net that listens along with a voice, and what it has heard in the last window. */
#ifndef CLASSIFY_ENCODER_H
#define CLASSIFY_ENCODER_H

#include "classify/encoder_inputs.h"
#include "classify/model.h"

typedef struct ut_encoder ut_encoder;

/* The net must outlive it. Null without memory; nothing allocates after. */
ut_encoder *ut_encoder_new(const ut_encoder_net *net);
void ut_encoder_free(ut_encoder *encoder);

/* Takes a frame, as ut_encoder_inputs_run writes it. */
void ut_encoder_push(ut_encoder *encoder, const float inputs[UT_ENCODER_INPUTS]);

/* Writes the mean of each of the net's outputs over the last UT_WINDOW_HOPS frames, then the deviation of each:
 * [ut_encoder_size(net)], all of it finite. Before the first output means are 0, and deviations the least there is. */
void ut_encoder_take(const ut_encoder *encoder, float *out);

#endif
