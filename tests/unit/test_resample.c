#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/resample.h"
#include "undertone.h"

static const int rates_hz[] = {4000, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000};
enum { RATES = sizeof rates_hz / sizeof *rates_hz, SECONDS = 2 };

/* Resamples n frames in blocks of block, returns how many came. */
static size_t resample(int from_hz, int channels, const float *in, size_t n, size_t block, float *out, size_t n_out) {
    resampler *r = resampler_new(from_hz, channels);
    assert_non_null(r);
    size_t at = 0, made = 0, got;
    do {
        size_t taken = n - at < block ? n - at : block;
        size_t room = n_out - made < 333 ? n_out - made : 333;
        bool last = at + taken == n;
        got = resampler_run(r, in + at * (size_t)channels, &taken, last, out + made * (size_t)channels, room);
        at += taken;
        made += got;
    } while (got || at < n);
    resampler_free(r);
    return made;
}

/* Two seconds of tones, one a channel, at from_hz. */
static float *tones(int from_hz, int channels, double left_hz, double right_hz) {
    size_t n = (size_t)(SECONDS * from_hz);
    float *x = calloc(n * (size_t)channels, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n * (size_t)channels; i++) {
        size_t frame = i / (size_t)channels;
        x[i] = (float)sin(2 * M_PI * (i % (size_t)channels ? right_hz : left_hz) * (double)frame / from_hz);
    }
    return x;
}

static void keeps_the_length(void **state) {
    (void)state;
    static float out[2 * 8100 * SECONDS];
    for (int i = 0; i < RATES; i++)
        for (int channels = 1; channels <= 2; channels++)
            for (size_t cut = 0; cut < 7; cut++) {
                size_t n = (size_t)(SECONDS * rates_hz[i]) - cut;
                float *in = tones(rates_hz[i], channels, 500, 700);
                size_t made = resample(rates_hz[i], channels, in, n, 160 + cut, out, 8100 * SECONDS);
                assert_int_equal(made, llround((double)n * UT_RATE_HZ / rates_hz[i]));
                free(in);
            }
}

static void puts_every_sample_at_its_time(void **state) {
    (void)state;
    static float out[2 * 8100 * SECONDS];
    double worst = 0;
    for (int i = 0; i < RATES; i++) {
        float *in = tones(rates_hz[i], 2, 500, 1300);
        size_t n = resample(rates_hz[i], 2, in, (size_t)(SECONDS * rates_hz[i]), 441, out, 8100 * SECONDS);
        for (size_t k = 800; k < n - 800; k++) {
            worst = fmax(worst, fabs(out[2 * k] - sin(2 * M_PI * 500 * (double)k / UT_RATE_HZ)));
            worst = fmax(worst, fabs(out[2 * k + 1] - sin(2 * M_PI * 1300 * (double)k / UT_RATE_HZ)));
        }
        free(in);
    }
    print_message("worst difference from the true tone %.5f\n", worst);
    assert_true(worst < 0.002);
}

/* The level of a tone after resampling, in dB of what went in. */
static double response_db(int from_hz, double tone_hz) {
    static float out[8100 * SECONDS];
    float *in = tones(from_hz, 1, tone_hz, 0);
    size_t n = resample(from_hz, 1, in, (size_t)(SECONDS * from_hz), 960, out, 8100 * SECONDS);
    double energy = 0;
    for (size_t i = 800; i < n - 800; i++) energy += out[i] * out[i];
    free(in);
    return 10 * log10(2 * energy / (double)(n - 1600) + 1e-20);
}

static void passes_the_telephone_band_and_nothing_above(void **state) {
    (void)state;
    static const int from_hz[] = {16000, 22050, 44100, 48000};
    for (int i = 0; i < 4; i++) {
        for (double hz = 200; hz <= 3400; hz += 400) assert_true(fabs(response_db(from_hz[i], hz)) < 0.1);
        for (double hz = 4200; hz <= 7800; hz += 400) assert_true(response_db(from_hz[i], hz) < -80);
    }
    for (double hz = 8200; hz < 24000; hz += 900) assert_true(response_db(48000, hz) < -80);
}

static void leaves_8_khz_untouched(void **state) {
    (void)state;
    float in[1000], out[1000];
    for (int i = 0; i < 1000; i++) in[i] = (float)i / 1000;
    assert_int_equal(resample(8000, 1, in, 1000, 77, out, 1000), 1000);
    assert_memory_equal(in, out, sizeof in);
}

static void recovers_from_what_is_no_number(void **state) {
    (void)state;
    static float out[8100 * SECONDS];
    float *in = tones(48000, 1, 500, 0);
    in[24000] = NAN;
    in[24001] = INFINITY;
    size_t n = resample(48000, 1, in, 48000 * SECONDS, 960, out, 8100 * SECONDS);
    assert_int_equal(n, 8000 * SECONDS);
    for (size_t i = 0; i < n; i++) assert_true(isfinite(out[i]) || (i > 3800 && i < 4200));
    free(in);
}

static void refuses_wrong_arguments(void **state) {
    (void)state;
    static const int wrong_hz[] = {-8000, 0, 3999, 384001, INT32_MAX};
    for (int i = 0; i < 5; i++) assert_null(resampler_new(wrong_hz[i], 1));
    assert_null(resampler_new(8000, 0));
    assert_null(resampler_new(8000, 3));
    resampler_free(NULL);
    resampler *r = resampler_new(48000, 2);
    size_t none = 0;
    assert_int_equal(resampler_run(r, NULL, &none, false, NULL, 0), 0);
    float out[4];
    assert_int_equal(resampler_run(r, NULL, &none, true, out, 2), 0);
    resampler_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_length),
        cmocka_unit_test(puts_every_sample_at_its_time),
        cmocka_unit_test(passes_the_telephone_band_and_nothing_above),
        cmocka_unit_test(leaves_8_khz_untouched),
        cmocka_unit_test(recovers_from_what_is_no_number),
        cmocka_unit_test(refuses_wrong_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
