/* tilt.c - spectral balance and change: a voice under strain moves energy upwards.
 *
 * In:  the power spectrum of a frame, one frame after the other.
 * Out: alpha_ratio_db, energy of 1-4 kHz over that below; hammarberg_db, the strongest bin below 2 kHz over the
 *      strongest from there to 4 kHz; tilt_0_500 and tilt_500_1500, the least-squares slopes of the power in dB over
 *      those bands; spectral_flux, the root mean square change of the magnitudes since the frame before.
 *      (Eyben et al., "The Geneva minimalistic acoustic parameter set", IEEE Trans. Affective Computing 7, 2016.)
 *
 * slope_0_500 and slope_500_1500 are there to be compared with published figures. The extractor that made those
 * regresses about a centre that lies half a bin, and one bin, above the band's: its output is reproduced to ten digits
 * by that and by nothing else. So they move with the level, the tilts do not; the classifier hears the tilts.
 */
#include "prosody/tilt.h"

#include <math.h>

#include "prosody/logs.h"

#define POWER_FLOOR 1e-18f /* a bin's; far below the last bit of 16 */

enum { BIN_500_HZ = 16, BIN_1000_HZ = 32, BIN_1500_HZ = 48, BIN_2000_HZ = 64 };

static float sum_of(const float *power, int from, int to) {
    float sum = POWER_FLOOR;
#pragma omp simd reduction(+ : sum)
    for (int k = from; k < to; k++) sum += power[k];
    return sum;
}

static float peak_of(const float *power, int from, int to) {
    float peak = POWER_FLOOR;
#pragma omp simd reduction(max : peak)
    for (int k = from; k < to; k++) peak = peak > power[k] ? peak : power[k];
    return peak;
}

/* The regression over bins from..to, both in: dB/Hz as it should be, and about a centre some bins too high. */
static void regress(const float *db, int from, int to, float too_high, float *tilt, float *slope) {
    float n = (float)(to - from + 1), middle = 0.5f * (float)(from + to), product = 0, sum = 0;
#pragma omp simd reduction(+ : product, sum)
    for (int k = from; k <= to; k++) {
        product += ((float)k - middle) * db[k];
        sum += db[k];
    }
    float scale = 12 / (n * (n * n - 1) * UT_BIN_HZ); /* 1 over the sum of the squared distances from the middle */
    *tilt = scale * product;
    *slope = scale * (product - too_high * sum);
}

static float flux_of(struct ut_tilt *tilt, const float *power) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < UT_BINS; k++) {
        float magnitude = sqrtf(power[k]), change = magnitude - tilt->magnitude[k];
        tilt->magnitude[k] = magnitude;
        sum += change * change;
    }
    return sqrtf(sum / UT_BINS);
}

void ut_tilt_run(struct ut_tilt *tilt, const float *power, ut_frame *frame) {
    float db[BIN_1500_HZ + 1];
    for (int k = 0; k <= BIN_1500_HZ; k++) db[k] = ut_db(power[k] + POWER_FLOOR);
    frame->alpha_ratio_db = ut_db(sum_of(power, BIN_1000_HZ, UT_BINS) / sum_of(power, 0, BIN_1000_HZ));
    frame->hammarberg_db = ut_db(peak_of(power, 0, BIN_2000_HZ) / peak_of(power, BIN_2000_HZ, UT_BINS));
    regress(db, 0, BIN_500_HZ, 0.5f, &frame->tilt_0_500, &frame->slope_0_500);
    regress(db, BIN_500_HZ, BIN_1500_HZ, 1, &frame->tilt_500_1500, &frame->slope_500_1500);
    frame->spectral_flux = flux_of(tilt, power);
}
