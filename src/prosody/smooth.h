/* smooth.h - a frame and its neighbours to the frame that goes out. */
#ifndef PROSODY_SMOOTH_H
#define PROSODY_SMOOTH_H

#include "undertone.h"

/* Writes now with its spectral descriptors averaged over before, now and after; out may be none of them. */
void ut_smooth(const ut_frame *before, const ut_frame *now, const ut_frame *after, ut_frame *out);

#endif
