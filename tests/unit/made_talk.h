/* made_talk.h - made speech for tests: syllables by chance, no two alike, without a gap as long as a pause. Two seeds
 * are two people. */
#ifndef TESTS_MADE_TALK_H
#define TESTS_MADE_TALK_H

#include "made_vowel.h"

/* 0..1 */
static inline double made_share(unsigned *seed) { return ((double)made_noise(seed) + 1) / 2; }

/* The harmonics of a pitch that glides, each as strong as the vocal tract lets it be in the middle. */
static inline void made_glide(const made_vowel *vowel, double from_hz, double to_hz, float *x, size_t n) {
    double middle_hz = (from_hz + to_hz) / 2, phase = 0;
    float gains[32] = {0};
    for (int k = 1; k < 32 && k * middle_hz < 3700; k++)
        gains[k] = (float)(cabs(made_tract(vowel, k * middle_hz)) * made_line(k * middle_hz));
    for (size_t i = 0; i < n; i++) {
        phase += 2 * M_PI * (from_hz + (to_hz - from_hz) * (double)i / (double)n) / UT_RATE_HZ;
        x[i] = 0;
        for (int k = 1; k < 32 && gains[k] > 0; k++) x[i] += gains[k] * (float)sin(k * phase);
    }
    made_scale_to_peak(x, n, 0.5f);
}

/* A consonant's noise, then a vowel, at most n samples; returns how many it took. */
static inline size_t made_syllable(float *x, size_t n, double pitch_hz, double level, unsigned *seed) {
    float vowel[UT_RATE_HZ / 4], hiss[UT_RATE_HZ / 4] = {0};
    size_t consonant = (size_t)(UT_RATE_HZ * (0.03 + 0.04 * made_share(seed)));
    size_t length = consonant + (size_t)(UT_RATE_HZ * (0.08 + 0.1 * made_share(seed)));
    double from_hz = pitch_hz * (0.8 + 0.4 * made_share(seed)), to_hz = pitch_hz * (0.8 + 0.4 * made_share(seed));
    if (length > n) length = n;
    made_glide(&made_vowels[(int)(made_share(seed) * MADE_VOWELS)], from_hz, to_hz, vowel, length);
    for (size_t i = 0; i < consonant && i < length; i++) hiss[i] = 0.06f * made_noise(seed);
    made_resonate(hiss, length, 1200 + 2000 * made_share(seed), 800);
    double gain = level * pow(10, -0.6 * made_share(seed));
    for (size_t i = 0; i < length; i++) {
        double swell = pow(sin(M_PI * fmin(1.3 * (double)i / (double)length, 1)), 2);
        x[i] += (float)(gain * ((double)hiss[i] + (double)vowel[i] * (0.08 + 0.92 * swell)));
    }
    return length;
}

/* Adds talk from sample from to sample to. */
static inline void made_talk(float *x, size_t from, size_t to, double pitch_hz, double level, unsigned seed) {
    while (from < to) from += made_syllable(x + from, to - from, pitch_hz, level, &seed);
}

#endif
