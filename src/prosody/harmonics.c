/* harmonics.c - how strong the first harmonic is.
 *
 * In:  the pitch frame's power, f0_hz and F3.
 * Out: h1_h2_db, the first harmonic's level less the second's; h1_a3_db, the first's less that of the strongest
 *      within F0 of F3. 0 where unvoiced, the latter also where there is no F3.
 *
 * The measures of Hanson, "Glottal characteristics of female speakers: acoustic correlates", JASA 101, 1997, without
 * her corrections for the formants. A harmonic is the highest peak within a quarter of F0 of where it belongs; the
 * logarithm of a Gauss window's peak is a parabola, and three bins tell how high it is between them.
 *
 * On a telephone line the high-pass at 300 Hz takes the first harmonic of most voices and leaves noise in its place:
 * there these two say more of the line than of the voice.
 */
#include "prosody/harmonics.h"

#include <float.h>

#include "prosody/limits.h"
#include "prosody/logs.h"
#include "prosody/parabola.h"

#define PITCH_BIN_HZ ((float)UT_RATE_HZ / UT_PITCH_FFT)
#define PEAK_WIDTH   0.25f  /* of F0 to either side */
#define RATIO_DB     100.0f /* more is silence where a harmonic should be */

static float log_of(float power) { return ut_log2(power + FLT_MIN); }

/* The height of the highest peak between two frequencies, in powers of two. */
static float peak_between(const float *power, float low_hz, float high_hz) {
    int first = (int)(low_hz / PITCH_BIN_HZ) + 1, last = (int)(high_hz / PITCH_BIN_HZ);
    if (first < 1) first = 1;
    if (last > UT_PITCH_BINS - 2) last = UT_PITCH_BINS - 2;
    int top = first < last ? first : last;
    for (int k = top + 1; k <= last; k++)
        if (power[k] > power[top]) top = k;
    if (power[top] < power[top - 1] || power[top] < power[top + 1]) return log_of(power[top]); /* another peak's side */
    float below = log_of(power[top - 1]), at = log_of(power[top]), above = log_of(power[top + 1]);
    return ut_top_of(below, at, above).height;
}

static float ratio_db(float log2_a, float log2_b) {
    return ut_limit(UT_DB_OF_LOG2 * (log2_a - log2_b), -RATIO_DB, RATIO_DB);
}

void ut_harmonics_run(const float *power, ut_frame *frame) {
    frame->h1_h2_db = frame->h1_a3_db = 0;
    float f0 = frame->f0_hz, f3 = frame->formant_hz[2];
    if (!(f0 > 0)) return;
    float h1 = peak_between(power, (1 - PEAK_WIDTH) * f0, (1 + PEAK_WIDTH) * f0);
    float h2 = peak_between(power, (2 - PEAK_WIDTH) * f0, (2 + PEAK_WIDTH) * f0);
    frame->h1_h2_db = ratio_db(h1, h2);
    if (f3 > 0) frame->h1_a3_db = ratio_db(h1, peak_between(power, f3 - f0, f3 + f0));
}
