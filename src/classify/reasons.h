/* reasons.h - why a score is what it is: which side of the voice, put back to this caller's usual, lowers it most. */
#ifndef CLASSIFY_REASONS_H
#define CLASSIFY_REASONS_H

#include "classify/baseline.h"

enum { UT_ASPECTS = 5 };

/* Which model features belong to which side of the voice, found once. */
typedef struct ut_aspects {
    unsigned char *of_feature; /* [n_features] aspect, UT_ASPECTS for none */
    int shown[UT_ASPECTS];     /* the feature whose change is told, -1: the model does not hear this aspect */
} ut_aspects;

bool ut_aspects_init(ut_aspects *aspects, const ut_model *model); /* false without memory */
void ut_aspects_free(ut_aspects *aspects);

/* Writes at most UT_REASONS reasons, strongest first, and returns how many. x [n_features] standardized, NaN where
 * nothing was heard; changed [n_features] and scratch [2][UT_MODEL_WIDTH] are working space. */
unsigned ut_reasons_find(const ut_aspects *aspects, const ut_model *model, const ut_baseline *baseline, const float *x,
                         int output, float *changed, float *scratch, ut_reason reasons[UT_REASONS]);

#endif
