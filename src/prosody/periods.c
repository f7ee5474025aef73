/* periods.c - how much one period of the voice differs from the next.
 *
 * In:  f0_hz and the 60 ms of samples around the frame's centre.
 * Out: jitter_local, the mean difference of neighbouring periods' lengths over the mean length; shimmer_local_db, the
 *      mean difference of their amplitudes. Both 0 where fewer than three periods are found.
 *
 * The definitions are Boersma & Weenink's (Praat's manual, "Voice"). The periods are found by waveform matching, which
 * noise disturbs less than peaks or zero crossings (Titze & Liang, "Comparison of F0 extraction methods for
 * high-precision voice perturbation measurements", J. Speech and Hearing Research 36, 1993): from the highest peak near
 * the centre on, to both sides, the next mark is set where the waveform most resembles what lies around the last one,
 * until the likeness ends. So what lies beyond the end of a voiced stretch is left out.
 *
 * Three points of a correlation place its top between the samples, provided that they lie evenly about it: so both
 * segments are shifted in turn, not one against the other, and a steady voice has no jitter whatever its pitch. A
 * period's amplitude is the height of the waveform at its mark.
 */
#include "prosody/periods.h"

#include <math.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/parabola.h"

#define F0_LEAST_HZ    50.0f /* lower ones do not come */
#define LENGTH_LEAST   0.80f /* of the period that f0 asks for */
#define LENGTH_MOST    1.25f
#define LENGTH_IN_VIEW 1.05f /* where the samples end sooner, the likest place may lie beyond them */
#define LIKENESS_LEAST 0.50f
#define LENGTHS_MOST   1.3f /* of neighbours, longer to shorter: Praat's limits, beyond which a mark was missed */
#define HEIGHTS_MOST   1.6f /* higher to lower */
#define ENERGY_LEAST   1e-12f

enum {
    SAMPLES = 2 * UT_PERIODS_REACH,
    HALF_LEAST = 6, /* samples from a mark to the end of its segment: height_at() looks so far */
    HALF_MOST = 36, /* which leaves a low voice room for three periods */
    MARKS = 24,     /* on one side: UT_PERIODS_REACH over the shortest length */
    PERIODS_LEAST = 3,
    AT_ONCE = 8, /* places that a segment is compared with */
    PLACES = 80, /* that of the longest period, in whole strides */
};

/* Without the mean, and smoothed: what lies near 4 kHz makes a correlation too sharp for three points. */
static void load(float *y, const float *x) {
    float mean = 0;
#pragma omp simd reduction(+ : mean)
    for (int i = 0; i < SAMPLES; i++) mean += x[i];
    mean /= SAMPLES;
    y[0] = y[SAMPLES - 1] = 0;
    for (int i = 1; i < SAMPLES - 1; i++) y[i] = 0.25f * (x[i - 1] + 2 * x[i] + x[i + 1]) - mean;
    memset(y + SAMPLES, 0, AT_ONCE * sizeof *y);
}

static float dot(const float *a, const float *b, int n) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static float square(float x) { return x * x; }

/* The products of a segment with those that begin at b, b + 1 ... */
static void correlate(const float *a, const float *b, int n, int places, float *products) {
    for (int place = 0; place < places; place += AT_ONCE) {
        float sums[AT_ONCE] = {0};
        for (int i = 0; i < n; i++)
            for (int k = 0; k < AT_ONCE; k++) sums[k] += a[i] * b[place + i + k];
        memcpy(products + place, sums, sizeof sums);
    }
}

/* The place of the greatest product over the root of the energy; 0 where it is the first or the last one, beyond which
 * the likeness may go on growing. */
static int likest(const float *b, int n, int places, const float *products) {
    int best = 0;
    float energy = dot(b, b, n), best_product = 0, best_energy = 1;
    for (int place = 0; place < places; place++) {
        float product = products[place] > 0 ? products[place] : 0, here = energy > ENERGY_LEAST ? energy : ENERGY_LEAST;
        if (square(product) * best_energy > square(best_product) * here)
            best = place, best_product = product, best_energy = here;
        energy += square(b[place + n]) - square(b[place]);
    }
    return best == places - 1 ? 0 : best;
}

/* Where the segment of n samples begins that is likest to the one which begins at from, a period to the left (-1) or
 * right (1) of it; 0 where there is none. */
static int find(const float *x, int from, int n, float period, int direction) {
    int room = direction > 0 ? SAMPLES - n - from : from;
    int least = (int)(LENGTH_LEAST * period), most = (int)ut_min(LENGTH_MOST * period + 1, (float)room);
    if ((float)most < LENGTH_IN_VIEW * period) return 0;
    float products[PLACES];
    int first = direction > 0 ? from + least : from - most, places = most - least + 1;
    correlate(x + from, x + first, n, places, products);
    int best = likest(x + first, n, places, products);
    return best ? first + best : 0;
}

static float likeness(float product, float energy_a, float energy_b) {
    bool heard = energy_a > ENERGY_LEAST && energy_b > ENERGY_LEAST;
    return heard ? product / sqrtf(energy_a * energy_b) : 0;
}

/* How much further on than b the place lies that is likest to a, between -1 and 1; NaN where it is not like at all. */
static float shift_of(const float *a, const float *b, int n) {
    float aa = dot(a, a, n), bb = dot(b, b, n), here = likeness(dot(a, b, n), aa, bb);
    float later = likeness(dot(a, b + 1, n - 1), aa - square(a[n - 1]), bb - square(b[0]));
    float earlier = likeness(dot(a + 1, b, n - 1), aa - square(a[0]), bb - square(b[n - 1]));
    return here < LIKENESS_LEAST ? NAN : ut_top_of(earlier, here, later).shift;
}

/* The mark next to one, to the left or right, or -1 where there is none. */
static float next_mark(const float *x, float mark, int half, float period, int direction) {
    int from = (int)(mark + 0.5f) - half, n = 2 * half + 1;
    if (from < 0 || from + n > SAMPLES) return -1;
    int to = find(x, from, n, period, direction);
    float shift = to ? shift_of(x + from, x + to, n) : NAN;
    return isnan(shift) ? -1 : mark + (float)(to - from) + shift;
}

/* Sets marks to one side of the first and returns how many. */
static int walk(const float *x, float *first, int half, float period, int direction) {
    int n = 0;
    while (n < MARKS) {
        float mark = next_mark(x, first[direction * n], half, period, direction);
        if (mark < 0) break;
        first[direction * ++n] = mark;
    }
    return n;
}

static int highest(const float *x, int from, int to, float sign) {
    int best = from;
    for (int i = from + 1; i <= to; i++)
        if (sign * x[i] > sign * x[best]) best = i;
    return best;
}

/* Half way between x[0] and x[1]: the eight points' least squares over the band that load() leaves. */
static float between(const float *x) {
    return 0.6235f * (x[0] + x[1]) - 0.1729f * (x[-1] + x[2]) + 0.0686f * (x[-2] + x[3]) - 0.0192f * (x[-3] + x[4]);
}

/* Of the peak at the mark, upwards or downwards as sign says. */
static float height_at(const float *x, float mark, float sign) {
    int at = (int)(mark + 0.5f), best = highest(x, at - 2, at + 2, sign);
    float before = sign * between(x + best - 1), here = sign * x[best], after = sign * between(x + best);
    if (before > here && before >= after) return ut_top_of(sign * x[best - 1], before, here).height;
    if (after > here) return ut_top_of(here, after, sign * x[best + 1]).height;
    return ut_top_of(before, here, after).height;
}

static bool are_neighbours(float a, float b, float most) { return a < most * b && b < most * a; }

static float jitter_of(const float *marks, int periods) {
    float sum = 0;
    int pairs = 0;
    for (int i = 2; i <= periods; i++) {
        float a = marks[i - 1] - marks[i - 2], b = marks[i] - marks[i - 1];
        if (!are_neighbours(a, b, LENGTHS_MOST)) continue;
        sum += fabsf(b - a);
        pairs++;
    }
    return pairs ? sum / (float)pairs * (float)periods / (marks[periods] - marks[0]) : 0;
}

static float shimmer_of(const float *x, const float *marks, int periods, float sign) {
    float factor = 1, a = height_at(x, marks[0], sign); /* at most HEIGHTS_MOST to the power of 2 * MARKS, 6e9 */
    int pairs = 0;
    for (int i = 1; i <= periods; i++) {
        float b = height_at(x, marks[i], sign);
        if (are_neighbours(a, b, HEIGHTS_MOST)) factor *= a > b ? a / b : b / a, pairs++;
        a = b;
    }
    return pairs ? 20 * log10f(factor) / (float)pairs : 0;
}

void ut_periods_run(const float *centre, ut_frame *frame) {
    frame->jitter_local = frame->shimmer_local_db = 0;
    if (frame->f0_hz < F0_LEAST_HZ) return;
    float x[SAMPLES + AT_ONCE], marks[2 * MARKS + 1], period = UT_RATE_HZ / frame->f0_hz;
    load(x, centre - UT_PERIODS_REACH);
    int half = (int)ut_min(ut_max(period / 2, HALF_LEAST), HALF_MOST);
    int left = UT_PERIODS_REACH - (int)(period / 2), right = UT_PERIODS_REACH + (int)(period / 2);
    int up = highest(x, left, right, 1), down = highest(x, left, right, -1);
    float sign = x[up] >= -x[down] ? 1 : -1, *first = marks + MARKS;
    *first = (float)(sign > 0 ? up : down);
    int before = walk(x, first, half, period, -1), after = walk(x, first, half, period, 1);
    if (before + after < PERIODS_LEAST) return;
    frame->jitter_local = jitter_of(first - before, before + after);
    frame->shimmer_local_db = shimmer_of(x, first - before, before + after, sign);
}
