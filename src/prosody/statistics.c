/* statistics.c - means, deviations, percentiles.
 *
 * Percentiles are order statistics found by partition (Hoare's FIND, CACM 4, 1961), not by sorting: the window is gone
 * through twice a second for each of a few dozen descriptors.
 */
#include "prosody/statistics.h"

#include <math.h>

struct ut_sample ut_sample_of(float *x, size_t n) {
    struct ut_sample s = {.x = x, .n = n, .mean = NAN, .std = NAN};
    if (n == 0) return s;
    float sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    s.mean = sum / (float)n;
    for (size_t i = 0; i < n; i++) square += (x[i] - s.mean) * (x[i] - s.mean);
    s.std = sqrtf(square / (float)n);
    return s;
}

/* Moves the k-th smallest to x[k], nothing greater before it and nothing smaller behind. */
static void partition(float *x, size_t n, size_t k) {
    ptrdiff_t low = 0, high = (ptrdiff_t)n - 1, at = (ptrdiff_t)k;
    while (low < high) {
        float pivot = x[at];
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot) i++;
            while (x[j] > pivot) j--;
            if (i > j) break;
            float swapped = x[i];
            x[i++] = x[j];
            x[j--] = swapped;
        }
        if (j < at) low = i;
        if (at < i) high = j;
    }
}

float ut_percentile(float *x, size_t n, float share) {
    size_t k = (size_t)(share * (float)(n - 1) + 0.5f);
    partition(x, n, k);
    return x[k];
}

static float percentile(const struct ut_sample *s, float share) {
    return s->n ? ut_percentile(s->x, s->n, share) : NAN;
}

float ut_mean(const struct ut_sample *s) { return s->mean; }
float ut_std(const struct ut_sample *s) { return s->std; }
float ut_cv(const struct ut_sample *s) { return s->mean > 0 ? s->std / s->mean : NAN; }
float ut_p20(const struct ut_sample *s) { return percentile(s, 0.2f); }
float ut_p50(const struct ut_sample *s) { return percentile(s, 0.5f); }
float ut_p80(const struct ut_sample *s) { return percentile(s, 0.8f); }
float ut_p80_p20(const struct ut_sample *s) { return percentile(s, 0.8f) - percentile(s, 0.2f); }
float ut_p95_p50(const struct ut_sample *s) { return percentile(s, 0.95f) - percentile(s, 0.5f); }

float ut_mean_abs(const struct ut_sample *s) {
    float sum = 0;
    for (size_t i = 0; i < s->n; i++) sum += fabsf(s->x[i]);
    return s->n ? sum / (float)s->n : NAN;
}

/* Mean and deviation of the numbers on one side of zero. */
static struct ut_sample one_side(const struct ut_sample *s, float sign) {
    struct ut_sample side = {.mean = NAN, .std = NAN};
    float sum = 0, square = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->x[i] * sign <= 0) continue;
        sum += s->x[i];
        square += s->x[i] * s->x[i];
        side.n++;
    }
    if (side.n == 0) return side;
    side.mean = sum / (float)side.n;
    side.std = sqrtf(fmaxf(square / (float)side.n - side.mean * side.mean, 0));
    return side;
}

float ut_mean_rising(const struct ut_sample *s) { return one_side(s, 1).mean; }
float ut_std_rising(const struct ut_sample *s) { return one_side(s, 1).std; }
float ut_mean_falling(const struct ut_sample *s) { return one_side(s, -1).mean; }
float ut_std_falling(const struct ut_sample *s) { return one_side(s, -1).std; }
