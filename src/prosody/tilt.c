/* tilt.c - spectral balance and change: a voice under strain moves energy upwards.
 *
 * In:  the power spectrum of a frame, one frame after the other.
 * Out: alpha_ratio_db, energy of 1-4 kHz over that of 50 Hz-1 kHz; hammarberg_db, the strongest bin below 2 kHz over
 *      the strongest from 2 to 4 kHz; the least-squares slopes of the power in dB over 0-500 and 500-1500 Hz;
 *      spectral_flux, the root mean square change of the magnitudes since the frame before.
 *      (Eyben et al., "The Geneva minimalistic acoustic parameter set", IEEE Trans. Affective Computing 7, 2016.)
 */
#include "prosody/tilt.h"

#include <math.h>

#define POWER_FLOOR 1e-12f /* a bin's; -120 dB */

enum { BIN_50_HZ = 2, BIN_500_HZ = 16, BIN_1000_HZ = 32, BIN_1500_HZ = 48, BIN_2000_HZ = 64 };

static float sum_of(const float *power, int from, int to) {
    float sum = POWER_FLOOR;
    for (int k = from; k < to; k++) sum += power[k];
    return sum;
}

static float peak_of(const float *power, int from, int to) {
    float peak = POWER_FLOOR;
    for (int k = from; k < to; k++) peak = fmaxf(peak, power[k]);
    return peak;
}

/* dB/Hz over bins from..to, both in. */
static float slope_of(const float *db, int from, int to) {
    float middle = 0.5f * (float)(from + to), product = 0, square = 0;
    for (int k = from; k <= to; k++) {
        float at = (float)k - middle;
        product += at * db[k];
        square += at * at;
    }
    return product / (square * UT_BIN_HZ);
}

static float flux_of(struct ut_tilt *tilt, const float *power) {
    float sum = 0;
    for (int k = 0; k < UT_BINS; k++) {
        float magnitude = sqrtf(power[k]), change = magnitude - tilt->magnitude[k];
        tilt->magnitude[k] = magnitude;
        sum += change * change;
    }
    return sqrtf(sum / UT_BINS);
}

void ut_tilt_run(struct ut_tilt *tilt, const float *power, ut_frame *frame) {
    float db[BIN_1500_HZ + 1];
    for (int k = 0; k <= BIN_1500_HZ; k++) db[k] = 10 * log10f(fmaxf(power[k], POWER_FLOOR));
    frame->alpha_ratio_db = 10 * log10f(sum_of(power, BIN_1000_HZ, UT_BINS) / sum_of(power, BIN_50_HZ, BIN_1000_HZ));
    frame->hammarberg_db = 10 * log10f(peak_of(power, 1, BIN_2000_HZ) / peak_of(power, BIN_2000_HZ, UT_BINS));
    frame->slope_0_500 = slope_of(db, 1, BIN_500_HZ);
    frame->slope_500_1500 = slope_of(db, BIN_500_HZ, BIN_1500_HZ);
    frame->spectral_flux = flux_of(tilt, power);
}
