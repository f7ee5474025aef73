/* baseline.h - what is usual for this caller: a running mean and deviation of each element of the model's vector. */
#ifndef CLASSIFY_BASELINE_H
#define CLASSIFY_BASELINE_H

#include "classify/model.h"

enum { UT_BASELINE_READY = 5 };    /* readings while they spoke */
enum { UT_BASELINE_MEMORY = 120 }; /* readings it looks back on once it has had as many: a minute of speech */

typedef struct ut_baseline {
    float *mean;     /* [n], standardized features, then the encoders' outputs; NaN until it was heard */
    float *variance; /* [n] */
    int *n_heard;    /* [n] readings it was heard in */
    int n, n_readings;
} ut_baseline;

bool ut_baseline_init(ut_baseline *baseline, int n); /* false without memory */
void ut_baseline_free(ut_baseline *baseline);

/* NaN, a feature that was not heard, leaves that feature's usual as it is. Once something is known, what lies further
 * than UT_BASELINE_FAR deviations out counts as if it lay there: one odd moment does not move the usual. weight 0..1.
 */
void ut_baseline_add(ut_baseline *baseline, const float *x, float weight);
#define UT_BASELINE_FAR 3.0f
bool ut_baseline_ready(const ut_baseline *baseline);

/* The caller's own deviation of feature i, in the model's standard units. Windows overlap, so the first few look
 * steadier than a voice is: never under half of what the model saw across voices. */
float ut_baseline_deviation(const ut_baseline *baseline, int i);

#endif
