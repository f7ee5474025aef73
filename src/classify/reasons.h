/* reasons.h - why a score is what it is: which side of the voice, put back to this caller's usual, lowers it most. */
#ifndef CLASSIFY_REASONS_H
#define CLASSIFY_REASONS_H

#include "classify/baseline.h"

enum { UT_ASPECTS = 5 };

/* Which elements of the model's vector belong to which side of the voice, found once. */
typedef struct ut_aspects {
    unsigned char *of_element; /* [n_vector] aspect, UT_ASPECTS for none */
    int shown[UT_ASPECTS];     /* the feature whose change is told, -1: the model does not hear this aspect */
} ut_aspects;

bool ut_aspects_init(ut_aspects *aspects, const ut_model *model); /* false without memory */
void ut_aspects_free(ut_aspects *aspects);

/* A reading, and the caller it is of: the usual is known, and the head was told so. */
struct ut_heard {
    const ut_model *model;
    const ut_aspects *aspects;
    const ut_baseline *baseline;
    const float *vector; /* [n_vector], NaN where nothing was heard */
    const float *sums;   /* [UT_MODEL_WIDTH] what ut_layers_begin made of it */
    const float *logits; /* [UT_SCORES] */
};

/* Writes for frustration and for stress at least one and at most UT_REASONS reasons, strongest first. scratch
 * [3][UT_MODEL_WIDTH] is working space. */
void ut_reasons_find(const struct ut_heard *heard, float *scratch, ut_reason reasons[UT_EXPLAINED][UT_REASONS],
                     unsigned n_reasons[UT_EXPLAINED]);

#endif
