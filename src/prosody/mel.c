/* mel.c - how loud and of what colour.
 *
 * In:  the power spectrum of a frame.
 * Out: 26 mel bands in dB; loudness, the mean of the bands weighted for equal loudness and compressed by the cube root
 *      law (Hermansky 1990); mfcc 1-12, the liftered DCT-II of the bands' logarithms (Davis & Mermelstein 1980).
 *
 * A band's power is kept from falling under -100 dB, where a telephone line carries nothing.
 */
#include "prosody/mel.h"

#include <math.h>

#include "prosody/limits.h"
#include "prosody/logs.h"

#define BAND_FLOOR     1e-10f
#define LOUDNESS_POWER 0.33f
#define LOUDNESS_SCALE 35.0f /* to the scale on which the Geneva set is published; a call comes to about 1 */

static void sum_bands(const ut_plan *plan, const float *power, float *bands) {
    float edged[UT_MEL_BANDS + 2] = {0}; /* a place below and above for what no band holds */
    for (int k = 0; k < UT_BINS; k++) {
        int below = plan->mel_below[k];
        if (below == UT_MEL_BANDS) continue;
        edged[below + 1] += power[k] * plan->mel_share[k];
        edged[below + 2] += power[k] * (1 - plan->mel_share[k]);
    }
    for (int b = 0; b < UT_MEL_BANDS; b++) bands[b] = edged[b + 1];
}

/* Of the bands' binary logarithms. */
static float loudness_of(const ut_plan *plan, const float *logs) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int b = 0; b < UT_MEL_BANDS; b++) sum += plan->equal_loudness[b] * ut_exp2(LOUDNESS_POWER * logs[b]);
    return LOUDNESS_SCALE * sum / UT_MEL_BANDS;
}

void ut_mel_run(const ut_plan *plan, const float *power, ut_frame *frame) {
    float bands[UT_MEL_BANDS], logs[UT_MEL_BANDS];
    sum_bands(plan, power, bands);
    for (int b = 0; b < UT_MEL_BANDS; b++) logs[b] = ut_log2(ut_max(bands[b], BAND_FLOOR));
    for (int b = 0; b < UT_MEL_BANDS; b++) frame->mel_db[b] = UT_DB_OF_LOG2 * logs[b];
    frame->loudness = loudness_of(plan, logs);
    for (int c = 0; c < UT_MFCC; c++) {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int b = 0; b < UT_MEL_BANDS; b++) sum += plan->dct[c][b] * logs[b];
        frame->mfcc[c] = sum;
    }
}
