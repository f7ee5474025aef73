/* model.h - what a .utm file holds, once it has been checked. Read-only, shared by every call.
 *
 *     bytes              content
 *     8                  magic "UTMODEL" and a zero
 *     4, little-endian   version, UT_MODEL_FORMAT
 *     4, little-endian   length of the header
 *     header             JSON: name, rate_hz, hop_ms, window_hops, features, encoders, layers, outputs, calibration,
 *                        abstain
 *     4 each             weights, little-endian IEEE floats: mean [features], scale [features]; of each encoder first
 *                        its maps', then its frames' weight [outputs][inputs][kernel_hops][kernel_bands] (frames have
 *                        no bands) and bias [outputs]; of each layer weight [outputs][inputs] and bias [outputs]
 *     32                 SHA-256 of all that lies before it
 *
 * encoders: a list, which may be empty, of {"maps": [{inputs, outputs, kernel_hops, kernel_bands, pad_bands,
 * stride_hops, pool_bands} ...], "frames": [{inputs, outputs, kernel_hops} ...]}. The first frames layer's inputs are
 * the last map, channel by channel, and UT_ENCODER_DESCRIPTORS.
 *
 * layers: the head, [{inputs, outputs, activation} ...], of dense layers. Its inputs are the vector, that is the
 * standardized features and what each encoder says; the change of each element of the vector from what is usual for
 * the caller; and whether that is known, 0 or 1.
 *
 * tools/train/utm.py writes it.
 */
#ifndef CLASSIFY_MODEL_H
#define CLASSIFY_MODEL_H

#include "undertone.h"

enum {
    UT_MODEL_FORMAT = 2,
    UT_MODEL_WIDTH = 2048, /* features, outputs of a layer of the head */
    UT_MODEL_LAYERS = 4,
    UT_MODEL_ENCODERS = 4,
    UT_ENCODER_MAPS = 4,
    UT_ENCODER_LAYERS = UT_ENCODER_MAPS + 4,
    UT_ENCODER_CHANNELS = 256,
    UT_ENCODER_HOPS = 16, /* of a kernel */
    UT_ENCODER_STRIDE = 4,
};

/* No layer gives anything greater. No net that was trained comes near it; but with it weights of any size that a model
 * may have leave every sum finite, and every score a number. */
#define UT_ACTIVATION_MOST 1e6f

/* What the head gives: which emotion of the acted corpora the voice sounds like, then how aroused it sounds. */
enum {
    UT_ANGRY,
    UT_FEARFUL,
    UT_HAPPY,
    UT_SAD,
    UT_NEUTRAL,
    UT_DISGUST,
    UT_CLASSES,
    UT_OUTPUT_AROUSAL = UT_CLASSES,
    UT_OUTPUTS
};

/* What is said of it. The first two come with reasons. */
enum { UT_FRUSTRATION, UT_STRESS, UT_AROUSAL, UT_SCORES, UT_EXPLAINED = UT_AROUSAL };

/* Dense. */
typedef struct ut_layer {
    int inputs, outputs;
    bool relu;           /* else linear */
    const float *weight; /* [inputs][outputs] */
    const float *bias;   /* [outputs] */
} ut_layer;

/* A layer of an encoder, see convolution.c. One of the frames layers has a single band. */
typedef struct ut_convolution {
    int inputs, outputs; /* channels */
    int bands;           /* of the input */
    int kernel_hops, kernel_bands, pad_bands, stride_hops, pool_bands;
    const float *weight; /* [kernel_hops][kernel_bands][inputs][outputs] */
    const float *bias;   /* [outputs] */
} ut_convolution;

/* How many bands come out before pooling, and after. */
static inline int ut_convolution_positions(const ut_convolution *c) {
    return c->bands + 2 * c->pad_bands - c->kernel_bands + 1;
}
static inline int ut_convolution_bands(const ut_convolution *c) { return ut_convolution_positions(c) / c->pool_bands; }

/* The first frames layer's inputs: the last map, band by band, and UT_ENCODER_DESCRIPTORS. */
typedef struct ut_encoder_net {
    int n_maps, n_layers; /* maps and frames */
    ut_convolution layers[UT_ENCODER_LAYERS];
    int step_hops; /* from one output to the next; divides UT_WINDOW_HOPS */
    int outputs;   /* channels of the last layer */
} ut_encoder_net;

/* A mean and a deviation of each output. */
static inline int ut_encoder_size(const ut_encoder_net *net) { return 2 * net->outputs; }

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
    int n_encoders;
    ut_encoder_net encoders[UT_MODEL_ENCODERS];
    int n_vector; /* n_features and each ut_encoder_size */
    int n_layers;
    ut_layer layers[UT_MODEL_LAYERS];
    ut_calibration cold[UT_SCORES]; /* while the caller's usual is not known */
    ut_calibration warm[UT_SCORES]; /* from then on */
    float min_speech_s;             /* abstain under this much speech in the window */
    float full_speech_s;            /* from here on speech is enough for full confidence */
    float max_distance;             /* abstain over this mean squared standardized feature */
    float min_share;                /* abstain where the likeliest class has less than this */
    float *weights;                 /* the memory behind mean, scale, weight and bias */
    ut_plan *plan;
};

/* How many inputs the head has. */
static inline int ut_model_inputs(const ut_model *model) { return 2 * model->n_vector + 1; }

#endif
