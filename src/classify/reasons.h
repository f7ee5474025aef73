/* reasons.h - why a score is what it is: which sides of the voice, put back to this caller's usual, take it away. */
#ifndef CLASSIFY_REASONS_H
#define CLASSIFY_REASONS_H

#include "classify/baseline.h"

enum { UT_ASPECTS = 5, UT_QUALITIES = 3 };

/* Which elements of the model's vector belong to which side of the voice, found once. */
typedef struct ut_aspects {
    unsigned char *of_element; /* [n_vector] aspect, UT_ASPECTS for none */
    int shown[UT_ASPECTS];     /* the feature whose change is told, -1: the model does not hear this aspect */
    int quality[UT_QUALITIES]; /* the features that have a word for a voice's quality, -1: the model hears it not */
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
};

/* Why a score is what it is. */
typedef struct ut_why {
    ut_reason reasons[UT_REASONS]; /* strongest first */
    unsigned n_reasons;            /* at least one */
    float score_usual;             /* the score with what the reasons name as usual; NaN: they name no change */
} ut_why;

/* While it is not known what is usual for the caller, or where nothing has changed. */
extern const ut_why ut_why_from_the_start;

/* Finds why frustration and stress are what they are. scratch [3 + UT_ASPECTS][UT_MODEL_WIDTH] is working space. */
void ut_reasons_find(const struct ut_heard *heard, float *scratch, ut_why why[UT_EXPLAINED]);

#endif
