/* Welford's recurrence (Technometrics 1962), with the count held at UT_BASELINE_MEMORY: from there on the mean forgets
 * exponentially. What lies far out is drawn in (Huber, Annals of Mathematical Statistics 35, 1964). */
#include "classify/baseline.h"

#include <math.h>
#include <stdlib.h>

bool ut_baseline_init(ut_baseline *baseline, int n) {
    baseline->n = n;
    baseline->mean = calloc((size_t)n, sizeof(float));
    baseline->variance = calloc((size_t)n, sizeof(float));
    baseline->n_heard = calloc((size_t)n, sizeof(int));
    if (!baseline->mean || !baseline->variance || !baseline->n_heard) return false;
    for (int i = 0; i < n; i++) baseline->mean[i] = NAN;
    return true;
}

void ut_baseline_free(ut_baseline *baseline) {
    free(baseline->mean);
    free(baseline->variance);
    free(baseline->n_heard);
}

static void add_one(ut_baseline *baseline, int i, float x, float weight) {
    if (baseline->n_heard[i] == 0) baseline->mean[i] = x;
    if (baseline->n_heard[i] < UT_BASELINE_MEMORY) baseline->n_heard[i]++;
    float share = weight / (float)baseline->n_heard[i], before = x - baseline->mean[i];
    if (baseline->n_heard[i] > UT_BASELINE_READY) {
        float far = UT_BASELINE_FAR * ut_baseline_deviation(baseline, i);
        before = fminf(fmaxf(before, -far), far);
    }
    baseline->mean[i] += share * before;
    float after = (1 - share) * before;
    baseline->variance[i] += share * (before * after - baseline->variance[i]);
}

void ut_baseline_add(ut_baseline *baseline, const float *x, float weight) {
    if (baseline->n_readings < UT_BASELINE_MEMORY) baseline->n_readings++;
    for (int i = 0; i < baseline->n; i++)
        if (!isnan(x[i])) add_one(baseline, i, x[i], weight);
}

bool ut_baseline_ready(const ut_baseline *baseline) { return baseline->n_readings >= UT_BASELINE_READY; }

float ut_baseline_deviation(const ut_baseline *baseline, int i) { return fmaxf(sqrtf(baseline->variance[i]), 0.5f); }
