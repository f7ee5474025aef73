/* smooth.c - the moving average of three frames that the Geneva minimalistic set takes of every descriptor (Eyben et
 * al., IEEE Trans. Affective Computing 7, 2016).
 *
 * Pitch and what is measured from it are left as they were found: the path has smoothed the one, and an average over
 * the edge of a voiced run would mix what is with what is not.
 */
#include "prosody/smooth.h"

#define AVERAGE(field) out->field = (before->field + now->field + after->field) * (1 / 3.0f)

void ut_smooth(const ut_frame *before, const ut_frame *now, const ut_frame *after, ut_frame *out) {
    *out = *now;
    AVERAGE(loudness);
    AVERAGE(alpha_ratio_db);
    AVERAGE(hammarberg_db);
    AVERAGE(slope_0_500);
    AVERAGE(slope_500_1500);
    AVERAGE(tilt_0_500);
    AVERAGE(tilt_500_1500);
    AVERAGE(spectral_flux);
    for (int c = 0; c < UT_MFCC; c++) AVERAGE(mfcc[c]);
}
