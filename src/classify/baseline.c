/* Welford's recurrence (Technometrics 1962), with the count held at UT_BASELINE_MEMORY: from there on the mean forgets
 * exponentially. */
#include "classify/baseline.h"

#include <math.h>
#include <stdlib.h>

bool ut_baseline_init(ut_baseline *baseline, int n_features) {
    baseline->n_features = n_features;
    baseline->mean = calloc((size_t)n_features, sizeof(float));
    baseline->variance = calloc((size_t)n_features, sizeof(float));
    return baseline->mean && baseline->variance;
}

void ut_baseline_free(ut_baseline *baseline) {
    free(baseline->mean);
    free(baseline->variance);
}

void ut_baseline_add(ut_baseline *baseline, const float *x) {
    if (baseline->n_readings < UT_BASELINE_MEMORY) baseline->n_readings++;
    float share = 1.0f / (float)baseline->n_readings;
    for (int i = 0; i < baseline->n_features; i++) {
        float before = x[i] - baseline->mean[i];
        baseline->mean[i] += share * before;
        float after = x[i] - baseline->mean[i];
        baseline->variance[i] += share * (before * after - baseline->variance[i]);
    }
}

bool ut_baseline_ready(const ut_baseline *baseline) { return baseline->n_readings >= UT_BASELINE_READY; }

float ut_baseline_deviation(const ut_baseline *baseline, int i) { return fmaxf(sqrtf(baseline->variance[i]), 0.5f); }
