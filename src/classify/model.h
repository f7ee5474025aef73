/* model.h - what a .utm file holds, once it has been checked. Read-only, shared by every call.
 *
 *     bytes              content
 *     8                  magic "UTMODEL" and a zero
 *     4, little-endian   version, UT_MODEL_FORMAT
 *     4, little-endian   length of the header
 *     header             JSON: name, rate_hz, hop_ms, window_hops, features, layers, outputs, calibration, abstain
 *     4 each             weights, little-endian IEEE floats: mean [features], scale [features], then of each layer
 *                        weight [outputs][inputs] and bias [outputs]
 *     32                 SHA-256 of all that lies before it
 *
 * tools/train/utm.py writes it.
 */
#ifndef CLASSIFY_MODEL_H
#define CLASSIFY_MODEL_H

#include "undertone.h"

enum { UT_MODEL_FORMAT = 1, UT_MODEL_LAYERS = 4, UT_MODEL_WIDTH = 2048 };

/* What the net says, in the order of its outputs. */
enum { UT_FRUSTRATION, UT_STRESS, UT_AROUSAL, UT_OUTPUTS };

typedef struct ut_layer {
    int inputs, outputs;
    bool relu;           /* else linear */
    const float *weight; /* [outputs][inputs] */
    const float *bias;   /* [outputs] */
} ut_layer;

/* Platt's: probability = sigmoid(slope * logit + offset); prior is what to say when nothing was heard. */
typedef struct ut_calibration {
    float slope, offset, prior;
} ut_calibration;

struct ut_model {
    char name[32];
    char id[48];
    int n_features;
    int *feature;       /* [n_features] index into the functionals */
    const float *mean;  /* [n_features] */
    const float *scale; /* [n_features], all over zero */
    int n_layers;
    ut_layer layers[UT_MODEL_LAYERS];
    ut_calibration calibration[UT_OUTPUTS];
    float min_speech_s;  /* abstain under this much speech in the window */
    float full_speech_s; /* from here on speech is enough for full confidence */
    float max_distance;  /* abstain over this mean squared standardized feature */
    float *weights;      /* the memory behind mean, scale, weight and bias */
    ut_plan *plan;
};

#endif
