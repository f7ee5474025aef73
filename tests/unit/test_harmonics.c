/* test_harmonics.c - harmonics of known strength: as many dB apart as they were made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_vowel.h"
#include "planned.h"
#include "prosody/harmonics.h"

/* Of the UT_PITCH_N samples from x on, with the pitch and F3 that are given. */
static ut_frame frame_of(const float *x, double f0_hz, double f3_hz) {
    float *windowed = fftwf_alloc_real(UT_PITCH_FFT), power[UT_PITCH_BINS];
    fftwf_complex *bins = fftwf_alloc_complex(UT_PITCH_BINS);
    assert_true(windowed && bins);
    for (int i = 0; i < UT_PITCH_FFT; i++) windowed[i] = i < UT_PITCH_N ? x[i] * plan->pitch_window[i] : 0;
    fftwf_execute_dft_r2c(plan->pitch_forward, windowed, bins);
    for (int k = 0; k < UT_PITCH_BINS; k++) power[k] = cabsf(bins[k]) * cabsf(bins[k]);
    fftwf_free(windowed);
    fftwf_free(bins);

    ut_frame frame;
    memset(&frame, 0xff, sizeof frame); /* nothing left from before may shine through */
    frame.f0_hz = (float)f0_hz;
    frame.formant_hz[2] = (float)f3_hz;
    ut_harmonics_run(power, &frame);
    return frame;
}

/* Harmonics of these amplitudes, ended by 0, of a pitch that rises by so much a second about the middle. */
static void make(const double *amplitudes, double f0_hz, double rise_hz_s, double shift, float *x) {
    for (int i = 0; i < UT_PITCH_N; i++) {
        double t_s = (i - UT_PITCH_N / 2.0) / UT_RATE_HZ, turns = f0_hz * t_s + 0.5 * rise_hz_s * t_s * t_s;
        x[i] = 0;
        for (int h = 1; amplitudes[h - 1] > 0; h++)
            x[i] += (float)(amplitudes[h - 1] * cos(2 * M_PI * h * turns + shift * h * h));
    }
}

static const double known[] = {0.3, 0.2, 0.05, 0}; /* 3.52 dB between the first two */
static const double known_db = 3.5218;

static void first_is_so_much_stronger_than_the_second(void **state) {
    (void)state;
    float x[UT_PITCH_N];
    for (double f0_hz = 80; f0_hz <= 400; f0_hz += 3.3)
        for (int s = 0; s < 4; s++) {
            make(known, f0_hz, 0, s, x);
            ut_frame frame = frame_of(x, f0_hz, 0);
            if (fabs((double)frame.h1_h2_db - known_db) > 0.2) fail_msg("%g Hz: %g dB", f0_hz, (double)frame.h1_h2_db);
            assert_true(frame.h1_a3_db == 0); /* no F3, no A3 */
        }
}

/* Also where the second is the stronger one, by far. */
static void ratio_may_be_any(void **state) {
    (void)state;
    float x[UT_PITCH_N];
    for (int db = -40; db <= 40; db += 5)
        for (double f0_hz = 80; f0_hz <= 400; f0_hz += 13) {
            double amplitudes[] = {pow(10, db / 40.0), pow(10, -db / 40.0), 0.001, 0};
            make(amplitudes, f0_hz, 0, 1, x);
            ut_frame frame = frame_of(x, f0_hz, 0);
            if (fabs((double)frame.h1_h2_db - db) > 0.5)
                fail_msg("%g Hz, %d dB: %g dB", f0_hz, db, (double)frame.h1_h2_db);
        }
}

/* An octave and a half a second, and a pitch tracker 2 % off. */
static void glides_and_an_inexact_pitch_do_no_harm(void **state) {
    (void)state;
    float x[UT_PITCH_N];
    for (double f0_hz = 80; f0_hz <= 300; f0_hz += 7)
        for (int sign = -1; sign <= 1; sign += 2) {
            make(known, f0_hz, sign * f0_hz, 1, x);
            ut_frame frame = frame_of(x, f0_hz * (1 + 0.02 * sign), 0);
            if (fabs((double)frame.h1_h2_db - known_db) > 0.5) fail_msg("%g Hz: %g dB", f0_hz, (double)frame.h1_h2_db);
        }
}

/* The middle of many frames at 20 dB, and nine in ten of them. */
static void noise_does_little_harm(void **state) {
    (void)state;
    unsigned seed = 5;
    for (double f0_hz = 80; f0_hz <= 400; f0_hz += 40) {
        int near = 0;
        double mean = 0;
        for (int k = 0; k < 100; k++) {
            float x[UT_PITCH_N];
            make(known, f0_hz, 0, k, x);
            made_noise_add(x, UT_PITCH_N, 20, &seed);
            double db = (double)frame_of(x, f0_hz, 0).h1_h2_db;
            near += fabs(db - known_db) < 0.5;
            mean += db / 100;
        }
        if (near < 90 || fabs(mean - known_db) > 0.1) fail_msg("%g Hz: %d near, mean %g dB", f0_hz, near, mean);
    }
}

/* Of vowels whose harmonics are known: A3 is the strongest within F0 of F3. */
static void a3_is_the_strongest_harmonic_near_f3(void **state) {
    (void)state;
    for (int v = 0; v < MADE_VOWELS; v++)
        for (double f0_hz = 90; f0_hz <= 300; f0_hz += 10.7) {
            float x[UT_PITCH_N];
            const made_vowel *vowel = &made_vowels[v];
            double f3_hz = vowel->formant_hz[2], a3 = 0;
            for (double hz = f0_hz; hz < 3950; hz += f0_hz)
                if (fabs(hz - f3_hz) <= f0_hz) a3 = fmax(a3, cabs(made_tract(vowel, hz)));
            made_vowel_fill(vowel, f0_hz, false, x, UT_PITCH_N);
            ut_frame frame = frame_of(x, f0_hz, f3_hz);
            double wanted_db = 20 * log10(cabs(made_tract(vowel, f0_hz)) / a3);
            if (fabs((double)frame.h1_a3_db - wanted_db) > 0.5)
                fail_msg("%s at %g Hz: %g dB, not %g", vowel->name, f0_hz, (double)frame.h1_a3_db, wanted_db);
        }
}

static void unvoiced_frames_have_neither(void **state) {
    (void)state;
    float x[UT_PITCH_N];
    make(known, 150, 0, 1, x);
    ut_frame frame = frame_of(x, 0, 2500);
    assert_true(frame.h1_h2_db == 0 && frame.h1_a3_db == 0);
}

/* Any power, pitch and F3 that the other stages may hand on. */
static void nothing_impossible_comes_out(void **state) {
    (void)state;
    unsigned seed = 1;
    for (int k = 0; k < 20000; k++) {
        float power[UT_PITCH_BINS], density = made_noise(&seed), range = 100 * made_noise(&seed);
        for (int b = 0; b < UT_PITCH_BINS; b++)
            power[b] = made_noise(&seed) > density ? exp2f(range * made_noise(&seed)) : 0;
        ut_frame frame = {.f0_hz = 327.5f + 272.5f * made_noise(&seed)};
        frame.formant_hz[2] = made_noise(&seed) > 0 ? 1945 + 1855 * made_noise(&seed) : 0;
        ut_harmonics_run(power, &frame);
        assert_true(frame.h1_h2_db >= -100 && frame.h1_h2_db <= 100);
        assert_true(frame.h1_a3_db >= -100 && frame.h1_a3_db <= 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_is_so_much_stronger_than_the_second),
        cmocka_unit_test(ratio_may_be_any),
        cmocka_unit_test(glides_and_an_inexact_pitch_do_no_harm),
        cmocka_unit_test(noise_does_little_harm),
        cmocka_unit_test(a3_is_the_strongest_harmonic_near_f3),
        cmocka_unit_test(unvoiced_frames_have_neither),
        cmocka_unit_test(nothing_impossible_comes_out),
    };
    return cmocka_run_group_tests(tests, open_plan, close_plan);
}
