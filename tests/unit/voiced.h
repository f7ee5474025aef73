/* voiced.h - made voices for tests: harmonics that swell four times a second, as syllables do, with a breath every
 * other second. The same for the same sample, whoever asks for how many at once. */
#ifndef TESTS_VOICED_H
#define TESTS_VOICED_H

#include <math.h>
#include <stddef.h>

#include "undertone.h"

/* When a voice speaks, how high and how loud; a list of them ends with to_s 0. */
typedef struct voiced_turn {
    double from_s, to_s, pitch_hz, level;
} voiced_turn;

static inline float voiced_sample(const voiced_turn *turns, size_t at) {
    double t = (double)at / UT_RATE_HZ, y = 0;
    for (; turns->to_s > 0; turns++) {
        if (t < turns->from_s || t >= turns->to_s || fmod(t, 2) > 1.85) continue;
        double phase = 2 * M_PI * turns->pitch_hz * (t - 0.02 * cos(2 * M_PI * 0.7 * t)); /* pitch sways by 9 % */
        double swell = 0.15 + 0.85 * pow(sin(2 * M_PI * 2 * t), 2);
        for (int k = 1; k * turns->pitch_hz < 3000; k++) y += sin(k * phase + 0.3 * k) / k * turns->level * swell;
    }
    double noise = sin((double)at * 12.9898) * 43758.5453;
    return (float)(y + 1e-4 * (noise - floor(noise) - 0.5));
}

static inline void voiced_fill(const voiced_turn *turns, size_t at, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = voiced_sample(turns, at + i);
}

#endif
