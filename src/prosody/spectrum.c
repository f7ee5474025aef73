/* spectrum.c - the spectral frame.
 *
 * In:  20 ms of samples around the frame's centre.
 * Out: its power spectrum, 129 bins 31.25 Hz apart, and level_db.
 *
 * Hamming window, zero-padded to 256 points. The level is the windowed frame's RMS: a sine of amplitude 1 has -3.01 dB.
 */
#include "prosody/spectrum.h"

#include <math.h>

#include "prosody/limits.h"
#include "prosody/logs.h"

#define POWER_FLOOR 1e-10f /* -100 dB */

void ut_spectrum_run(struct ut_spectrum *s, const ut_plan *plan, const float *x, ut_frame *frame) {
    for (int i = 0; i < UT_SPECTRUM_N; i++) s->x[i] = x[i] * plan->spectrum_window[i];
    fftwf_execute_dft_r2c(plan->spectrum, s->x, s->bins);
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (int k = 0; k < UT_BINS; k++) {
        s->power[k] = plan->power_scale * (s->bins[k][0] * s->bins[k][0] + s->bins[k][1] * s->bins[k][1]);
        total += s->power[k];
    }
    frame->level_db = ut_db(ut_max(total, POWER_FLOOR));
}
