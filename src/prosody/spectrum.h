/* spectrum.h - 20 ms of samples to a power spectrum. */
#ifndef PROSODY_SPECTRUM_H
#define PROSODY_SPECTRUM_H

#include "prosody/plan.h"

struct ut_spectrum {
    _Alignas(UT_ALIGN) float x[UT_SPECTRUM_FFT];
    _Alignas(UT_ALIGN) fftwf_complex bins[UT_BINS];
    float power[UT_BINS]; /* the bins add up to the frame's mean square */
};

/* Takes UT_SPECTRUM_N samples, fills in power and the frame's level_db. */
void ut_spectrum_run(struct ut_spectrum *s, const ut_plan *plan, const float *x, ut_frame *frame);

#endif
