/* statistics.h - what can be said of a handful of numbers. Every function returns NaN where there are too few. */
#ifndef PROSODY_STATISTICS_H
#define PROSODY_STATISTICS_H

#include <stddef.h>

/* Numbers and the two sums that most statistics need. */
struct ut_sample {
    float *x; /* may come back in another order */
    size_t n;
    float mean, std;
};

/* Over n numbers in x, which stay the caller's. */
struct ut_sample ut_sample_of(float *x, size_t n);

float ut_mean(const struct ut_sample *s);
float ut_std(const struct ut_sample *s);
float ut_cv(const struct ut_sample *s); /* deviation over mean */
float ut_p20(const struct ut_sample *s);
float ut_p50(const struct ut_sample *s);
float ut_p80(const struct ut_sample *s);
float ut_p80_p20(const struct ut_sample *s);
float ut_p95_p50(const struct ut_sample *s);
float ut_mean_abs(const struct ut_sample *s);
float ut_mean_rising(const struct ut_sample *s); /* of the numbers above zero */
float ut_std_rising(const struct ut_sample *s);
float ut_mean_falling(const struct ut_sample *s); /* of those below */
float ut_std_falling(const struct ut_sample *s);

/* The number that a share of 0..1 of the others lies under; n at least 1. */
float ut_percentile(float *x, size_t n, float share);

#endif
