/* logs.h - logarithm and power for whole spectra: no branches, no calls, so that a loop over bins becomes vector code.
 *
 * log2: the series of the inverse hyperbolic tangent, to its seventh power, of a mantissa between the square roots of
 * a half and of two (Abramowitz & Stegun 4.1.27); wrong by less than 2e-7 of the exponent's scale. exp2: the Taylor
 * series of the fraction, -0.5..0.5, to its sixth power; wrong by less than 2e-7 relative.
 */
#ifndef PROSODY_LOGS_H
#define PROSODY_LOGS_H

#include <stdint.h>

#define UT_DB_OF_LOG2 3.01029996f /* 10 log10(2) */

/* Of a positive, normal x. */
static inline float ut_log2(float x) {
    union {
        float f;
        int32_t i;
    } y = {.f = x};
    const int32_t root_of_half = 0x3f3504f3;
    int32_t exponent = (y.i - root_of_half) >> 23;
    y.i -= exponent * (1 << 23);
    float t = (y.f - 1) / (y.f + 1), t2 = t * t;
    float series = t * (2.88539008f + t2 * (0.961796694f + t2 * (0.577078016f + t2 * 0.412198583f)));
    return (float)exponent + series;
}

/* Of x between -126 and 126. */
static inline float ut_exp2(float x) {
    union {
        int32_t i;
        float f;
    } power;
    const float to_nearest = 12582912.0f; /* 1.5 * 2^23: adding it leaves no bits for a fraction */
    float whole = (x + to_nearest) - to_nearest, t = x - whole;
    power.i = ((int32_t)whole + 127) * (1 << 23);
    float series = 0.00961812911f + t * (0.00133335581f + t * 0.000154035304f);
    return power.f * (1 + t * (0.693147181f + t * (0.240226507f + t * (0.0555041087f + t * series))));
}

static inline float ut_db(float power) { return UT_DB_OF_LOG2 * ut_log2(power); }

#endif
