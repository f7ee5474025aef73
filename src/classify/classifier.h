/* classifier.h - the window's functionals to an opinion: calibrated scores, an abstain, and reasons.
 *
 * One a customer's voice; no other voice has one.
 */
#ifndef CLASSIFY_CLASSIFIER_H
#define CLASSIFY_CLASSIFIER_H

#include "classify/model.h"

/* Frustration and stress come with reasons, in that order. */
enum { UT_EXPLAINED = 2 };

typedef struct ut_opinion {
    ut_affect affect;
    bool usual_known; /* enough was heard of this caller to say what is usual for them */
    ut_reason reasons[UT_EXPLAINED][UT_REASONS];
    unsigned n_reasons[UT_EXPLAINED];
} ut_opinion;

typedef struct ut_classifier ut_classifier;

/* The model must outlive it. Null without memory. */
ut_classifier *ut_classifier_new(const ut_model *model);
void ut_classifier_free(ut_classifier *classifier);

/* functionals as ut_functionals_take writes them, speech_s the seconds of speech among them. */
void ut_classifier_run(ut_classifier *classifier, const float *functionals, float speech_s, ut_opinion *opinion);

#endif
