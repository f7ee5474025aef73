/* test_prosody.c - samples to frames: what is known about the sound must come back, whatever is pushed and however. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_line.h"
#include "planned.h"
#include "prosody/logs.h"
#include "prosody/tilt.h"
#include "undertone.h"

#define TAU 6.28318530717958648

/* All frames of n samples pushed in pieces of so many at a time. */
static size_t frames_of(const float *x, size_t n, size_t piece, ut_frame *frames, size_t room) {
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    assert_non_null(prosody);
    size_t count = 0;
    for (size_t at = 0; at < n;) {
        at += ut_prosody_push(prosody, x + at, n - at < piece ? n - at : piece);
        while (count < room && ut_prosody_next(prosody, &frames[count])) count++;
    }
    ut_prosody_finish(prosody);
    while (count < room && ut_prosody_next(prosody, &frames[count])) count++;
    ut_prosody_free(prosody);
    return count;
}

/* The same, with room for what must come. */
static ut_frame *frames_new(const float *x, size_t n, size_t piece, size_t *count) {
    ut_frame *frames = calloc(n / UT_HOP + 2, sizeof *frames);
    assert_non_null(frames);
    *count = frames_of(x, n, piece, frames, n / UT_HOP + 2);
    assert_int_equal(*count, n / UT_HOP);
    return frames;
}

static float *silence_new(size_t n) {
    float *x = calloc(n, sizeof *x);
    assert_non_null(x);
    return x;
}

/* Harmonics between two frequencies of a fundamental that glides from one pitch to another. */
static float *glide_new(size_t n, double from_hz, double to_hz, double low_hz, double high_hz) {
    float *x = silence_new(n);
    double phase = 0;
    for (size_t i = 0; i < n; i++) {
        double f0_hz = from_hz * pow(to_hz / from_hz, (double)i / (double)n);
        phase += f0_hz / UT_RATE_HZ;
        for (int h = 1; h * f0_hz < high_hz; h++)
            if (h * f0_hz > low_hz) x[i] += (float)(0.1 * cos(TAU * h * phase) / sqrt(h));
    }
    return x;
}

static void every_value_is_finite(const ut_frame *frame) {
    assert_true(isfinite(frame->level_db) && frame->level_db >= -100.01f);
    assert_true(isfinite(frame->loudness) && frame->loudness >= 0);
    assert_true(isfinite(frame->alpha_ratio_db) && isfinite(frame->hammarberg_db));
    assert_true(isfinite(frame->slope_0_500) && isfinite(frame->slope_500_1500));
    assert_true(isfinite(frame->spectral_flux) && frame->spectral_flux >= 0);
    for (int b = 0; b < UT_MEL_BANDS; b++) assert_true(isfinite(frame->mel_db[b]));
    assert_true(isfinite(frame->tilt_0_500) && isfinite(frame->tilt_500_1500));
    for (int c = 0; c < UT_MFCC; c++) assert_true(isfinite(frame->mfcc[c]));
    assert_true(isfinite(frame->hnr_db) && isfinite(frame->h1_h2_db) && isfinite(frame->h1_a3_db));
    assert_true(frame->jitter_local >= 0 && frame->jitter_local < 1);
    assert_true(frame->shimmer_local_db >= 0 && frame->shimmer_local_db < 20);
    for (int f = 0; f < UT_FORMANTS; f++) {
        assert_true(frame->formant_hz[f] >= 0 && frame->formant_hz[f] <= 4000);
        assert_true(frame->formant_bandwidth_hz[f] >= 0 && frame->formant_bandwidth_hz[f] <= 4000);
        assert_true(isfinite(frame->formant_level_db[f]));
    }
    assert_true(frame->music >= 0 && frame->music <= 1 && frame->tone >= 0 && frame->tone <= 1);
    assert_true(frame->f0_hz == 0 || (frame->f0_hz >= 55 && frame->f0_hz <= 600));
    assert_true(frame->voicing >= 0 && frame->voicing <= 1);
    assert_true(frame->speech >= 0 && frame->speech <= 1);
}

static void as_many_frames_come_out_as_whole_hops_went_in(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 79, 80, 81, 239, 240, 1039, 1040, 1120, 8000, 16037};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t n = lengths[i], count;
        float *x = glide_new(n + 1, 120, 140, 50, 3900);
        ut_frame *frames = frames_new(x, n, 160, &count);
        for (size_t k = 0; k < count; k++) assert_true(fabs(frames[k].t_s - 0.01 * (double)(k + 1)) < 1e-9);
        free(frames);
        free(x);
    }
}

static void frame_comes_out_delay_hops_after_its_own(void **state) {
    (void)state;
    float x[UT_HOP] = {0};
    ut_frame frame;
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    for (int hop = 0; hop < UT_PROSODY_DELAY; hop++) {
        assert_int_equal(ut_prosody_push(prosody, x, UT_HOP), UT_HOP);
        assert_false(ut_prosody_next(prosody, &frame));
    }
    ut_prosody_push(prosody, x, UT_HOP);
    assert_true(ut_prosody_next(prosody, &frame));
    assert_true(frame.t_s == 0.01);
    assert_false(ut_prosody_next(prosody, &frame));
    ut_prosody_free(prosody);
}

static void push_takes_fewer_when_frames_wait(void **state) {
    (void)state;
    size_t n = 10 * UT_RATE_HZ, taken = 0;
    float *x = silence_new(n);
    ut_frame frame;
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    taken = ut_prosody_push(prosody, x, n);
    assert_true(taken > 0 && taken < n);
    assert_int_equal(ut_prosody_push(prosody, x, n), 0);
    assert_true(ut_prosody_next(prosody, &frame));
    assert_int_equal(ut_prosody_push(prosody, x, n), UT_HOP);
    ut_prosody_free(prosody);
    free(x);
}

/* All frames of n samples pushed in pieces of 1 to 10,000, and taken only when no more samples fit. */
static size_t frames_in_random_pieces(const float *x, size_t n, unsigned seed, ut_frame *frames) {
    enum { MOST = 10000 };
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    assert_non_null(prosody);
    size_t count = 0;
    for (size_t at = 0, end; at < n;) {
        end = at + 1 + (size_t)(fabsf(made_noise(&seed)) * (MOST - 1));
        for (end = end < n ? end : n; at < end;) {
            at += ut_prosody_push(prosody, x + at, end - at);
            if (at == end) break;
            while (ut_prosody_next(prosody, &frames[count])) count++;
        }
    }
    ut_prosody_finish(prosody);
    while (ut_prosody_next(prosody, &frames[count])) count++;
    ut_prosody_free(prosody);
    return count;
}

/* Up to its last field a frame has no gaps. */
static void same_frames(const ut_frame *a, const ut_frame *b, size_t count) {
    for (size_t k = 0; k < count; k++) {
        assert_memory_equal(&a[k], &b[k], offsetof(ut_frame, syllable));
        assert_int_equal(a[k].syllable, b[k].syllable);
    }
}

static void chunk_size_changes_no_bit(void **state) {
    (void)state;
    enum { N = 6 * UT_RATE_HZ + 41, ROUNDS = 16 };
    static const size_t pieces[] = {1, 7, 80, 81, 160, 1023, N};
    unsigned seed = 5;
    size_t count, again;
    float *x = glide_new(N, 90, 300, 300, 3400);
    for (int i = 0; i < N; i++) x[i] = x[i] * (i / 1500 % 3 != 0) + 0.002f * made_noise(&seed);
    ut_frame *wanted = frames_new(x, N, 400, &count), *got;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        got = frames_new(x, N, pieces[i], &again);
        assert_int_equal(count, again);
        same_frames(got, wanted, count);
        free(got);
    }
    got = calloc(count + 1, sizeof *got);
    assert_non_null(got);
    for (unsigned round = 0; round < ROUNDS; round++) {
        assert_int_equal(frames_in_random_pieces(x, N, round, got), count);
        same_frames(got, wanted, count);
    }
    free(got);
    free(wanted);
    free(x);
}

static void level_of_a_sine_is_its_rms(void **state) {
    (void)state;
    enum { N = UT_RATE_HZ };
    static const float amplitudes[] = {1, 0.1f, 0.001f};
    for (int a = 0; a < 3; a++) {
        size_t count;
        float x[N];
        for (int i = 0; i < N; i++) x[i] = amplitudes[a] * (float)sin(TAU * 1000 * i / UT_RATE_HZ);
        ut_frame *frames = frames_new(x, N, 160, &count);
        double wanted_db = 20 * log10(amplitudes[a] / sqrt(2));
        for (size_t k = 3; k + 3 < count; k++) assert_true(fabs(frames[k].level_db - wanted_db) < 0.1);
        free(frames);
    }
}

/* Bands and balance of a tone lie where the tone does. */
static void tone_is_found_where_it_is(void **state) {
    (void)state;
    enum { N = UT_RATE_HZ / 2 };
    size_t count;
    float low[N], high[N];
    for (int i = 0; i < N; i++) {
        low[i] = 0.1f * (float)sin(TAU * 500 * i / UT_RATE_HZ);
        high[i] = 0.1f * (float)sin(TAU * 3000 * i / UT_RATE_HZ);
    }
    ut_frame *l = frames_new(low, N, 160, &count), *h = frames_new(high, N, 160, &count);
    assert_true(l[20].alpha_ratio_db < -30 && h[20].alpha_ratio_db > 30);
    assert_true(l[20].hammarberg_db > 30 && h[20].hammarberg_db < -30);
    assert_true(l[20].mfcc[0] > 0 && h[20].mfcc[0] < 0);
    int loudest = 0;
    for (int b = 1; b < UT_MEL_BANDS; b++)
        if (l[20].mel_db[b] > l[20].mel_db[loudest]) loudest = b;
    assert_int_equal(loudest, 6); /* 500 Hz is 607 mel: the seventh centre lies at 31.7 + 7 * 78.3 = 580 */
    assert_true(h[20].loudness > 0 && l[20].spectral_flux < 1e-3f);
    free(l);
    free(h);
}

/* A spectrum that falls by so many dB/Hz, at any level. */
static void tilts_follow_the_fall_of_the_spectrum(void **state) {
    (void)state;
    float power[UT_BINS];
    struct ut_tilt tilt = {0};
    ut_frame frames[2];
    for (int loud = 0; loud < 2; loud++) {
        for (int k = 0; k < UT_BINS; k++) power[k] = exp10f((-0.03f * (float)k * UT_BIN_HZ - (loud ? 20 : 40)) / 10);
        ut_tilt_run(&tilt, power, &frames[loud]);
        assert_true(fabsf(frames[loud].tilt_0_500 + 0.03f) < 1e-5f);
        assert_true(fabsf(frames[loud].tilt_500_1500 + 0.03f) < 1e-5f);
        assert_true(fabsf(frames[loud].hammarberg_db - 0.03f * 2000) < 0.01f);
    }
    /* Half a bin, or one, of the regression's axis: 20 dB times 17 (33) over the sum of squared distances, in Hz. */
    assert_true(fabsf(frames[0].slope_0_500 - frames[1].slope_0_500 - 20 * 17 * 0.5f / (408 * 31.25f)) < 1e-5f);
    assert_true(fabsf(frames[0].slope_500_1500 - frames[1].slope_500_1500 - 20 * 33 / (2992 * 31.25f)) < 1e-5f);
}

/* Pitch itself: test_pitch.c. Here that t_s is where it was heard: 5 ms beside it is an error of 0.27 % all along. */
static void pitch_is_that_of_its_time(void **state) {
    (void)state;
    enum { N = 3 * UT_RATE_HZ };
    size_t count;
    float *x = glide_new(N, 400, 80, 50, 3400);
    ut_frame *frames = frames_new(x, N, 160, &count);
    double sum = 0;
    for (size_t k = 5; k < count - 5; k++)
        sum += frames[k].f0_hz / (400 * pow(80.0 / 400, frames[k].t_s * UT_RATE_HZ / N)) - 1;
    assert_true(fabs(sum / (double)(count - 10)) < 0.001);
    free(frames);
    free(x);
}

/* Share of frames voiced, and share taken for speech. */
static void listen(const float *x, size_t n, float *voiced, float *speech) {
    size_t count;
    ut_frame *frames = frames_new(x, n, 160, &count);
    *voiced = *speech = 0;
    for (size_t k = 0; k < count; k++) {
        every_value_is_finite(&frames[k]);
        *voiced += (float)(frames[k].f0_hz > 0) / (float)count;
        *speech += (float)(frames[k].speech > 0.5f) / (float)count;
    }
    free(frames);
}

/* A click is in two frames and a bit; its average in two more. */
static void spectral_values_are_averaged_over_three_frames(void **state) {
    (void)state;
    enum { N = UT_RATE_HZ / 2, MIDDLE = 21 * UT_HOP };
    size_t count;
    float *x = silence_new(N);
    x[MIDDLE] = 0.5f;
    ut_frame *frames = frames_new(x, N, 160, &count);
    assert_true(frames[18].loudness < 0.05f * frames[20].loudness);
    assert_true(frames[19].loudness > 0.3f * frames[20].loudness && frames[21].loudness > 0.3f * frames[20].loudness);
    assert_true(frames[22].loudness < 0.5f * frames[20].loudness);
    assert_true(frames[20].level_db > -40 && frames[18].level_db == -100);
    free(frames);
    free(x);
}

static void logarithm_and_power_are_right(void **state) {
    (void)state;
    for (double x = 1e-30; x < 1e30; x *= 1.0173) {
        double wanted = log2((float)x);
        if (fabs(ut_log2((float)x) - wanted) > 1e-6 + 2e-7 * fabs(wanted)) fail_msg("log2 of %g", x);
    }
    for (double x = -120; x < 120; x += 0.0173) {
        double wanted = exp2((float)x);
        if (fabs(ut_exp2((float)x) / wanted - 1) > 4e-7) fail_msg("2 to the power of %g", x);
    }
    assert_true(ut_log2(1) == 0 && ut_exp2(0) == 1);
}

static void silence_and_offset_are_nothing(void **state) {
    (void)state;
    enum { N = 8 * UT_RATE_HZ };
    static const float offsets[] = {0, 0.001f, -0.5f, 1};
    float *x = silence_new(N), voiced, speech;
    for (int o = 0; o < 4; o++) {
        for (int i = 0; i < N; i++) x[i] = offsets[o];
        listen(x, N, &voiced, &speech);
        assert_true(speech == 0 && voiced < 0.05f);
    }
    size_t count;
    ut_frame *frames = frames_new(x, N, 160, &count);
    assert_true(frames[count / 2].level_db < -14 && frames[count - 5].level_db < -28); /* it is taken off in time */
    free(frames);
    free(x);
}

static void noise_hum_and_tones_are_not_speech(void **state) {
    (void)state;
    enum { N = 8 * UT_RATE_HZ };
    unsigned seed = 3;
    float *x = silence_new(N), voiced, speech;
    for (float level = 0.0001f; level < 1; level *= 10) {
        for (int i = 0; i < N; i++) x[i] = level * made_noise(&seed);
        listen(x, N, &voiced, &speech);
        assert_true(speech < 0.02f && voiced < 0.05f);
        for (int i = 0; i < N; i++)
            x[i] = level * (float)(sin(TAU * 100 * i / UT_RATE_HZ) + sin(TAU * 150 * i / UT_RATE_HZ)) / 2;
        listen(x, N, &voiced, &speech);
        assert_true(speech < 0.02f);
        for (int i = 0; i < N; i++)
            x[i] = level * (float)(sin(TAU * 440 * i / UT_RATE_HZ) + sin(TAU * 480 * i / UT_RATE_HZ)) / 2;
        listen(x, N, &voiced, &speech);
        assert_true(speech < 0.1f);
    }
    free(x);
}

static void nothing_that_goes_in_makes_nonsense_come_out(void **state) {
    (void)state;
    enum { N = UT_RATE_HZ };
    static const float odd[] = {NAN, INFINITY, -INFINITY, 1e38f, -1e38f, 1e-40f, 0, 1, -1, 100};
    unsigned seed = 9;
    float *x = silence_new(N), voiced, speech;
    for (int o = 0; o < 10; o++) {
        for (int i = 0; i < N; i++) x[i] = odd[o];
        listen(x, N, &voiced, &speech);
        for (int i = 0; i < N; i++) x[i] = i % 97 ? 0.1f * made_noise(&seed) : odd[o];
        listen(x, N, &voiced, &speech);
    }
    for (int i = 0; i < N; i++) {
        uint32_t bits = (uint32_t)made_noise(&seed) ^ (seed << 3) ^ seed;
        memcpy(&x[i], &bits, sizeof x[i]);
    }
    listen(x, N, &voiced, &speech);
    free(x);
}

static void what_is_not_a_number_is_taken_as_silence(void **state) {
    (void)state;
    enum { N = 2 * UT_RATE_HZ };
    size_t count;
    float *x = glide_new(N, 100, 200, 50, 3900), *y = silence_new(N);
    for (int i = 0; i < N; i++) y[i] = i % 311 ? x[i] : i % 2 ? NAN : -INFINITY;
    for (int i = 0; i < N; i += 311) x[i] = 0;
    ut_frame *a = frames_new(x, N, 160, &count), *b = frames_new(y, N, 160, &count);
    assert_memory_equal(a, b, count * sizeof *a);
    free(a);
    free(b);
    free(x);
    free(y);
}

/* Vowels of 0.6 of the beat, so many a second, one bright, the next dull. */
static void syllables_are_counted(void **state) {
    (void)state;
    enum { SECONDS = 20, N = SECONDS * UT_RATE_HZ };
    static const double rates_s[] = {4, 5, 6, 7};
    float *dull = glide_new(N, 140, 110, 50, 1000), *bright = glide_new(N, 140, 110, 50, 3400);
    for (size_t r = 0; r < sizeof rates_s / sizeof *rates_s; r++) {
        float *x = silence_new(N);
        unsigned seed = 7;
        for (int i = 0; i < N; i++) {
            double at = fmod(i * rates_s[r] / UT_RATE_HZ, 1);
            double loud = at < 0.6 ? pow(sin(M_PI * at / 0.6), 0.5) : 0;
            const float *vowel = (int)(i * rates_s[r] / UT_RATE_HZ) % 2 ? dull : bright;
            x[i] = vowel[i] * (float)(0.05 + 0.95 * loud) + 0.0005f * made_noise(&seed);
        }
        size_t count;
        double syllables = 0;
        ut_frame *frames = frames_new(x, N, 160, &count);
        for (size_t k = 0; k < count; k++) syllables += frames[k].syllable;
        if (fabs(syllables / SECONDS / rates_s[r] - 1) > 0.1)
            fail_msg("%g syllables a second heard as %g", rates_s[r], syllables / SECONDS);
        free(frames);
        free(x);
    }
    free(dull);
    free(bright);
}

static void finish_may_come_early_and_twice(void **state) {
    (void)state;
    float x[3 * UT_HOP] = {0};
    ut_frame frame;
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    ut_prosody_finish(prosody);
    assert_false(ut_prosody_next(prosody, &frame));
    ut_prosody_free(prosody);

    prosody = ut_prosody_new(plan, NULL);
    assert_int_equal(ut_prosody_push(prosody, x, 3 * UT_HOP), 3 * UT_HOP);
    ut_prosody_finish(prosody);
    ut_prosody_finish(prosody);
    int count = 0;
    while (ut_prosody_next(prosody, &frame)) count++;
    assert_int_equal(count, 3);
    assert_int_equal(ut_prosody_push(prosody, x, UT_HOP), UT_HOP);
    assert_false(ut_prosody_next(prosody, &frame));
    ut_prosody_free(prosody);
    ut_prosody_free(NULL);
    ut_plan_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_frames_come_out_as_whole_hops_went_in),
        cmocka_unit_test(frame_comes_out_delay_hops_after_its_own),
        cmocka_unit_test(push_takes_fewer_when_frames_wait),
        cmocka_unit_test(chunk_size_changes_no_bit),
        cmocka_unit_test(level_of_a_sine_is_its_rms),
        cmocka_unit_test(tone_is_found_where_it_is),
        cmocka_unit_test(tilts_follow_the_fall_of_the_spectrum),
        cmocka_unit_test(spectral_values_are_averaged_over_three_frames),
        cmocka_unit_test(logarithm_and_power_are_right),
        cmocka_unit_test(pitch_is_that_of_its_time),
        cmocka_unit_test(silence_and_offset_are_nothing),
        cmocka_unit_test(noise_hum_and_tones_are_not_speech),
        cmocka_unit_test(nothing_that_goes_in_makes_nonsense_come_out),
        cmocka_unit_test(what_is_not_a_number_is_taken_as_silence),
        cmocka_unit_test(syllables_are_counted),
        cmocka_unit_test(finish_may_come_early_and_twice),
    };
    return cmocka_run_group_tests_name("prosody", tests, open_plan, close_plan);
}
