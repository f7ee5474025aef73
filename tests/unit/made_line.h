/* made_line.h - for made sounds: noise, resonances, and what a telephone line does. */
#ifndef TESTS_MADE_LINE_H
#define TESTS_MADE_LINE_H

#include <math.h>
#include <stddef.h>

#include "undertone.h"

/* Noise without colour, -1..1 (the linear congruence of Numerical Recipes, its upper bits). */
static inline float made_noise(unsigned *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / (1 << 23) - 1;
}

/* Through two poles. */
static inline void made_resonate(float *x, size_t n, double hz, double bandwidth_hz) {
    double r = exp(-M_PI * bandwidth_hz / UT_RATE_HZ), c = 2 * r * cos(2 * M_PI * hz / UT_RATE_HZ), y1 = 0, y2 = 0;
    for (size_t i = 0; i < n; i++) {
        double y = x[i] + c * y1 - r * r * y2;
        y2 = y1;
        x[i] = (float)(y1 = y);
    }
}

/* ITU-T G.711 mu-law, there and back in 8 bits, by its curve. */
static inline float made_mu_law(float x) {
    double code = round(127 * log1p(255 * fmin(fabs((double)x), 1)) / log(256)) / 127;
    return copysignf((float)((pow(256, code) - 1) / 255), x);
}

/* Two poles at 300 Hz, two at 3400 (bilinear Butterworth), and mu-law. */
static inline void made_telephone(float *x, size_t n) {
    for (int high = 0; high < 2; high++) {
        double c = tan(M_PI * (high ? 3400 : 300) / UT_RATE_HZ), norm = 1 + M_SQRT2 * c + c * c;
        double b = (high ? c * c : 1) / norm, a1 = 2 * (c * c - 1) / norm, a2 = (1 - M_SQRT2 * c + c * c) / norm;
        double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
        for (size_t i = 0; i < n; i++) {
            double y = b * (x[i] + (high ? 2 : -2) * x1 + x2) - a1 * y1 - a2 * y2;
            x2 = x1, x1 = x[i], y2 = y1, y1 = y;
            x[i] = (float)y;
        }
    }
    for (size_t i = 0; i < n; i++) x[i] = made_mu_law(x[i]);
}

#endif
