/* tilt.h - how the spectrum falls towards high frequencies, and how fast it changes. */
#ifndef PROSODY_TILT_H
#define PROSODY_TILT_H

#include "prosody/plan.h"

struct ut_tilt {
    float magnitude[UT_BINS]; /* of the frame before */
};

/* Fills in alpha_ratio_db, hammarberg_db, the slopes and tilts and spectral_flux from UT_BINS of power. */
void ut_tilt_run(struct ut_tilt *tilt, const float *power, ut_frame *frame);

#endif
