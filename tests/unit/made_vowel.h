/* made_vowel.h - vowels for tests whose formants are known: harmonics of one pitch, each as strong as the vocal tract
 * lets it be, so that nothing aliases and the pitch need not fit the rate. And what a telephone line does to them.
 */
#ifndef TESTS_MADE_VOWEL_H
#define TESTS_MADE_VOWEL_H

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "made_line.h"
#include "undertone.h"

typedef struct made_vowel {
    const char *name;
    double formant_hz[UT_FORMANTS];
} made_vowel;

/* Peterson & Barney's men (1952) for the first three. */
enum { MADE_VOWELS = 5 };
static const made_vowel made_vowels[MADE_VOWELS] = {
    {"a", {730, 1090, 2440}}, {"i", {270, 2290, 3010}},     {"u", {300, 870, 2240}},
    {"e", {530, 1840, 2480}}, {"schwa", {500, 1500, 2500}},
};
static const double made_bandwidth_hz[UT_FORMANTS] = {60, 90, 120};

/* A resonance's gain at a frequency, 1 at 0 Hz, sampled at 16 kHz: the resonances' mirror images stand for those above
 * 8 kHz, without which a tract would be too dull. */
static inline double complex made_resonance(double hz, double formant_hz, double bandwidth_hz) {
    const double rate_hz = 16000;
    double complex z = cexp(2 * I * M_PI * hz / rate_hz);
    double complex pole = cexp((2 * I * formant_hz - bandwidth_hz) * M_PI / rate_hz);
    double complex at_zero = (1 - pole) * (1 - conj(pole));
    return at_zero / ((1 - pole / z) * (1 - conj(pole) / z));
}

/* Source and radiation fall by 6 dB an octave together; F4 and those above are the same for every vowel. */
static inline double complex made_tract(const made_vowel *vowel, double hz) {
    double complex gain = 100 / hz;
    for (int i = 0; i < UT_FORMANTS; i++) gain *= made_resonance(hz, vowel->formant_hz[i], made_bandwidth_hz[i]);
    for (int i = 0; i < 5; i++) gain *= made_resonance(hz, 3500 + 1000 * i, 150 + 50 * i);
    return gain;
}

/* The amplitude that a line of 300-3400 Hz leaves, 24 and 48 dB an octave. */
static inline double made_line(double hz) { return 1 / sqrt((1 + pow(300 / hz, 8)) * (1 + pow(hz / 3400, 16))); }

static inline void made_scale_to_peak(float *x, size_t n, float peak) {
    float most = 0;
    for (size_t i = 0; i < n; i++) most = fmaxf(most, fabsf(x[i]));
    for (size_t i = 0; i < n; i++) x[i] *= peak / most;
}

static inline void made_vowel_fill(const made_vowel *vowel, double pitch_hz, bool telephone, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = 0;
    for (double hz = pitch_hz; hz < 3950; hz += pitch_hz) {
        double complex now = made_tract(vowel, hz), turn = cexp(2 * I * M_PI * hz / UT_RATE_HZ);
        if (telephone) now *= made_line(hz);
        for (size_t i = 0; i < n; i++, now *= turn) x[i] += (float)creal(now);
    }
    made_scale_to_peak(x, n, 0.5f);
}

static inline void made_noise_add(float *x, size_t n, double snr_db, unsigned *seed) {
    double square = 0;
    for (size_t i = 0; i < n; i++) square += (double)x[i] * (double)x[i];
    float amplitude = (float)sqrt(3 * square / (double)n * pow(10, -snr_db / 10));
    for (size_t i = 0; i < n; i++) x[i] += amplitude * made_noise(seed);
}

#endif
