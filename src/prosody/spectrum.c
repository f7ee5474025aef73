/* spectrum.c - the spectral frame.
 *
 * In:  25 ms of samples around the frame's centre.
 * Out: its power spectrum, 129 bins 31.25 Hz apart, and level_db.
 *
 * The frame's mean, weighted as the window weighs, is taken off first, so that an offset in the line is neither heard
 * as level nor leaks into the lowest bands. Hamming window, zero-padded to 256 points. The level is the windowed
 * frame's RMS: a sine of amplitude 1 has -3.01 dB.
 */
#include "prosody/spectrum.h"

#include <math.h>

#define POWER_FLOOR 1e-10f /* -100 dB */

static float weighted_mean(const ut_plan *plan, const float *x) {
    float sum = 0;
    for (int i = 0; i < UT_SPECTRUM_N; i++) sum += plan->spectrum_window[i] * x[i];
    return sum / plan->spectrum_window_sum;
}

void ut_spectrum_run(struct ut_spectrum *s, const ut_plan *plan, const float *x, ut_frame *frame) {
    float mean = weighted_mean(plan, x), total = 0;
    for (int i = 0; i < UT_SPECTRUM_N; i++) s->x[i] = (x[i] - mean) * plan->spectrum_window[i];
    fftwf_execute_dft_r2c(plan->spectrum, s->x, s->bins);
    for (int k = 0; k < UT_BINS; k++) {
        s->power[k] = plan->power_scale * (s->bins[k][0] * s->bins[k][0] + s->bins[k][1] * s->bins[k][1]);
        total += s->power[k];
    }
    frame->level_db = 10 * log10f(fmaxf(total, POWER_FLOOR));
}
