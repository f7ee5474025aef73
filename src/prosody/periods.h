/* periods.h - from period to period: jitter and shimmer. */
#ifndef PROSODY_PERIODS_H
#define PROSODY_PERIODS_H

#include "prosody/plan.h"

enum { UT_PERIODS_REACH = UT_PITCH_N / 2 };

/* Fills in jitter_local and shimmer_local_db from f0_hz and the samples around the frame's centre, of which
 * UT_PERIODS_REACH either side may be read. */
void ut_periods_run(const float *centre, ut_frame *frame);

#endif
