/* harmonics.h - how strong the first harmonic is: a breathy voice's is, a pressed voice's is not. */
#ifndef PROSODY_HARMONICS_H
#define PROSODY_HARMONICS_H

#include "prosody/plan.h"

/* Fills in h1_h2_db and h1_a3_db from UT_PITCH_BINS of the pitch frame's power and the frame's f0_hz and F3. */
void ut_harmonics_run(const float *power, ut_frame *frame);

#endif
