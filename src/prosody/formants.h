/* formants.h - the resonances of the vocal tract. */
#ifndef PROSODY_FORMANTS_H
#define PROSODY_FORMANTS_H

#include "prosody/plan.h"

/* Fills in formant_hz, formant_bandwidth_hz and formant_level_db from UT_BINS of the spectral frame's power and the
 * frame's level_db. */
void ut_formants_run(const ut_plan *plan, const float *power, ut_frame *frame);

#endif
