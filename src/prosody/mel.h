/* mel.h - a power spectrum to mel bands, loudness and cepstrum. */
#ifndef PROSODY_MEL_H
#define PROSODY_MEL_H

#include "prosody/plan.h"

/* Fills in mel_db, loudness and mfcc from UT_BINS of power. */
void ut_mel_run(const ut_plan *plan, const float *power, ut_frame *frame);

#endif
