/* classifier.h - frames and the window's functionals to an opinion: calibrated scores, an abstain, and reasons.
 *
 * One a customer's voice; no other voice has one.
 */
#ifndef CLASSIFY_CLASSIFIER_H
#define CLASSIFY_CLASSIFIER_H

#include "classify/reasons.h"

typedef struct ut_opinion {
    ut_affect affect;
    float speech_s; /* of the window */

    /* Which acted emotion it sounds like, shares of 1; all 0 where too little was said. To measure a model by, and for
     * nothing else: in no event, in no store and on no page. */
    float classes[UT_CLASSES];

    ut_why why[UT_EXPLAINED]; /* of frustration and of stress */
} ut_opinion;

typedef struct ut_classifier ut_classifier;

/* The model must outlive it. Null without memory. */
ut_classifier *ut_classifier_new(const ut_model *model);
void ut_classifier_free(ut_classifier *classifier);

/* Takes the next frame of the voice. Allocates nothing. */
void ut_classifier_push(ut_classifier *classifier, const ut_frame *frame);

/* What it thinks of the last window of frames. functionals as ut_functionals_take writes them, speech_s the seconds of
 * speech among them. While the caller is speaking each reading also tells it what is usual for them; in silence the
 * same words would be counted again. */
void ut_classifier_run(ut_classifier *classifier, const float *functionals, float speech_s, bool speaking,
                       ut_opinion *opinion);

/* While held, no reading tells what is usual: a cue says that this one is not. */
void ut_classifier_hold_usual(ut_classifier *classifier, bool hold);

/* What the last run went by, [model->n_vector]: standardized features, NaN where nothing was heard, then what the
 * encoders say. As it was before, where there was too little speech to run on. */
const float *ut_classifier_vector(const ut_classifier *classifier);

#endif
