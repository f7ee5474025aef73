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

#define BAND_FLOOR     1e-10f
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

static float loudness_of(const ut_plan *plan, const float *bands) {
    float sum = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) sum += powf(bands[b] * plan->equal_loudness[b], 0.33f);
    return LOUDNESS_SCALE * sum / UT_MEL_BANDS;
}

void ut_mel_run(const ut_plan *plan, const float *power, ut_frame *frame) {
    float bands[UT_MEL_BANDS], logs[UT_MEL_BANDS];
    sum_bands(plan, power, bands);
    frame->loudness = loudness_of(plan, bands);
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        logs[b] = logf(fmaxf(bands[b], BAND_FLOOR));
        frame->mel_db[b] = logs[b] * (float)(10 / M_LN10);
    }
    for (int c = 0; c < UT_MFCC; c++) {
        float sum = 0;
        for (int b = 0; b < UT_MEL_BANDS; b++) sum += plan->dct[c][b] * logs[b];
        frame->mfcc[c] = sum;
    }
}
