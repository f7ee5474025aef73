/* test_functionals.c - a window of frames to one vector, and the numbers a reading shows. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prosody/functionals.h"
#include "prosody/statistics.h"

enum { MOST = 1024 };

static float value(const ut_functionals *f, const char *name) {
    static float out[MOST];
    int i = ut_functional_find(name);
    if (i < 0) fail_msg("no functional %s", name);
    ut_functionals_take(f, out);
    return out[i];
}

static void assert_near(const ut_functionals *f, const char *name, double wanted, double tolerance) {
    float got = value(f, name);
    if (!(fabs(got - wanted) <= tolerance)) fail_msg("%s is %g, not %g", name, got, wanted);
}

/* Speech at a pitch, or silence at 0 Hz. */
static ut_frame frame_of(float f0_hz, float level_db) {
    ut_frame frame = {.f0_hz = f0_hz, .level_db = level_db, .voicing = f0_hz > 0 ? 0.9f : 0.1f, .speech = 1};
    frame.loudness = powf(10, level_db / 20);
    frame.spectral_flux = frame.loudness / 10;
    for (int b = 0; b < UT_MEL_BANDS; b++) frame.mel_db[b] = level_db - (float)b;
    for (int c = 0; c < UT_MFCC; c++) frame.mfcc[c] = (float)c;
    return frame;
}

static void push(ut_functionals *f, ut_frame frame, int times) {
    while (times-- > 0) ut_functionals_push(f, &frame);
}

static void names_are_unique_and_plain(void **state) {
    (void)state;
    size_t n = ut_functional_count();
    assert_true(n >= 200 && n <= 300);
    for (size_t i = 0; i < n; i++) {
        const char *name = ut_functional_name(i);
        assert_int_equal(ut_functional_find(name), i);
        for (const char *c = name; *c; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    }
}

static void unknown_names_are_not_found(void **state) {
    (void)state;
    assert_int_equal(ut_functional_find("shoe_size"), -1);
    assert_int_equal(ut_functional_find(""), -1);
    assert_int_equal(ut_functional_find(NULL), -1);
    assert_null(ut_functional_name(ut_functional_count()));
    assert_null(ut_functional_name((size_t)-1));
}

static void nothing_heard_is_not_a_number(void **state) {
    (void)state;
    float out[MOST];
    ut_functionals *f = ut_functionals_new();
    ut_functionals_take(f, out);
    for (size_t i = 0; i < ut_functional_count(); i++) assert_true(isnan(out[i]));
    assert_true(ut_functionals_level_db(f) == -100);
    assert_true(ut_functionals_rate_syl_s(f) == 0 && !ut_functionals_speaking(f));

    ut_frame silence = {.level_db = -70};
    push(f, silence, 500);
    ut_functionals_take(f, out);
    for (size_t i = 0; i < ut_functional_count(); i++) {
        bool of_silence = (int)i == ut_functional_find("speech_share") || (int)i == ut_functional_find("pause_s_mean");
        assert_true(of_silence ? isfinite(out[i]) : isnan(out[i]));
    }
    assert_near(f, "speech_share", 0, 0);
    assert_near(f, "pause_s_mean", 4, 0.001);
    ut_functionals_free(f);
    ut_functionals_free(NULL);
}

static void too_few_frames_are_not_spoken_for(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new();
    push(f, frame_of(110, -20), 9);
    assert_true(isnan(value(f, "f0_st_p50")) && isnan(value(f, "level_db_mean")));
    push(f, frame_of(110, -20), 1);
    assert_near(f, "f0_st_p50", 24, 1e-4);
    assert_near(f, "level_db_mean", -20, 1e-4);
    ut_functionals_free(f);
}

static void unvoiced_frames_are_left_out_of_pitch(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new();
    push(f, frame_of(220, -20), 50);
    push(f, frame_of(0, -40), 50);
    push(f, (ut_frame){.level_db = -90}, 100);
    assert_near(f, "f0_st_mean", 36, 1e-4);
    assert_near(f, "f0_st_std", 0, 1e-3);
    assert_near(f, "level_db_mean", -30, 1e-4);
    assert_near(f, "level_db_p80", -20, 1e-4);
    assert_near(f, "voiced_share", 0.5, 1e-6);
    assert_near(f, "speech_share", 0.5, 1e-6);
    assert_near(f, "voiced_segment_s_mean", 0.5, 1e-5);
    assert_near(f, "unvoiced_segment_s_mean", 0.5, 1e-5);
    assert_near(f, "pause_s_mean", 1, 1e-5);
    assert_true(fabsf(ut_functionals_speech_s(f) - 1) < 1e-5f);
    ut_functionals_free(f);
}

static void window_forgets(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new();
    push(f, frame_of(500, -3), 1000);
    push(f, frame_of(110, -30), UT_WINDOW_HOPS);
    assert_near(f, "f0_st_mean", 24, 1e-4);
    assert_near(f, "level_db_std", 0, 1e-3);
    push(f, frame_of(220, -30), UT_WINDOW_HOPS / 2);
    assert_near(f, "f0_st_mean", 30, 1e-3);
    ut_functionals_free(f);
}

static void slopes_of_pitch_are_semitones_a_second(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new();
    for (int i = 0; i < 100; i++) push(f, frame_of(110 * powf(2, (float)i / 100), -20), 1);
    for (int i = 0; i < 100; i++) push(f, frame_of(220 * powf(2, -(float)i / 50), -20), 1);
    assert_near(f, "f0_change_st_s_rising_mean", 12, 0.4);
    assert_near(f, "f0_change_st_s_falling_mean", -24, 0.4);
    assert_near(f, "f0_st_p80_p20", 11.2, 0.4); /* 32.8 less 21.6 */
    ut_functionals_free(f);
}

/* A louder line changes only what is named after its level. */
static void only_named_ones_follow_the_level(void **state) {
    (void)state;
    static const char *const levels[] = {"loudness_", "level_db_", "spectral_flux_"};
    float quiet[MOST], loud[MOST];
    ut_functionals *a = ut_functionals_new(), *b = ut_functionals_new();
    for (int i = 0; i < 300; i++) {
        float level_db = -30 + 8 * sinf((float)i * 0.2f), f0_hz = i % 40 < 25 ? 120 + (float)(i % 7) : 0;
        ut_frame frame = frame_of(f0_hz, level_db);
        frame.syllable = i % 25 == 0;
        push(a, frame, 1);
        frame = frame_of(f0_hz, level_db + 12);
        frame.syllable = i % 25 == 0;
        push(b, frame, 1);
    }
    push(a, (ut_frame){.level_db = -70}, 20);
    push(b, (ut_frame){.level_db = -70}, 20);
    ut_functionals_take(a, quiet);
    ut_functionals_take(b, loud);
    int followed = 0;
    for (size_t i = 0; i < ut_functional_count(); i++) {
        const char *name = ut_functional_name(i);
        assert_true(isfinite(quiet[i]));
        bool same = fabsf(quiet[i] - loud[i]) <= 1e-3f * (1 + fabsf(quiet[i])), allowed = false;
        for (int k = 0; k < 3; k++) allowed |= strncmp(name, levels[k], strlen(levels[k])) == 0;
        if (!same && !allowed) fail_msg("%s goes from %g to %g with the level", name, quiet[i], loud[i]);
        followed += !same;
    }
    assert_true(followed > 8);
    assert_near(a, "loudness_cv", value(b, "loudness_cv"), 1e-3);
    ut_functionals_free(a);
    ut_functionals_free(b);
}

static void reading_tells_level_rate_and_speaking(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new();
    push(f, frame_of(110, -10), 200);
    push(f, (ut_frame){.level_db = -60}, UT_READING_HOPS / 2);
    push(f, (ut_frame){.level_db = -40}, UT_READING_HOPS / 2);
    assert_true(fabsf(ut_functionals_level_db(f) - 10 * log10f((1e-6f + 1e-4f) / 2)) < 0.01f);
    assert_false(ut_functionals_speaking(f));
    for (int i = 0; i < 200; i++) {
        ut_frame frame = frame_of(110, -10);
        frame.syllable = i % 20 == 0;
        push(f, frame, 1);
    }
    assert_true(ut_functionals_speaking(f));
    assert_true(fabsf(ut_functionals_rate_syl_s(f) - 10 / ut_functionals_speech_s(f)) < 1e-4f);
    ut_functionals_free(f);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void percentiles_are_those_of_the_sorted(void **state) {
    (void)state;
    static const float shares[] = {0, 0.2f, 0.5f, 0.8f, 0.95f, 1};
    unsigned seed = 1;
    for (size_t n = 1; n <= 400; n += 7) {
        float x[400], sorted[400];
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            x[i] = n % 2 ? (float)(seed >> 20) : (float)(seed >> 30); /* many alike */
        }
        memcpy(sorted, x, n * sizeof *x);
        qsort(sorted, n, sizeof *sorted, ascending);
        for (int s = 0; s < 6; s++) {
            size_t k = (size_t)(shares[s] * (float)(n - 1) + 0.5f);
            assert_true(ut_percentile(x, n, shares[s]) == sorted[k]);
        }
    }
}

static void statistics_of_known_numbers(void **state) {
    (void)state;
    float x[] = {-2, 4, -6, 8};
    struct ut_sample s = ut_sample_of(x, 4), none = ut_sample_of(x, 0);
    assert_true(ut_mean(&s) == 1 && fabsf(ut_std(&s) - sqrtf(29)) < 1e-5f);
    assert_true(ut_mean_abs(&s) == 5 && ut_mean_rising(&s) == 6 && ut_mean_falling(&s) == -4);
    assert_true(fabsf(ut_std_rising(&s) - 2) < 1e-5f && fabsf(ut_std_falling(&s) - 2) < 1e-5f);
    assert_true(isnan(ut_mean(&none)) && isnan(ut_std(&none)) && isnan(ut_cv(&none)) && isnan(ut_p50(&none)));
    assert_true(isnan(ut_p80_p20(&none)) && isnan(ut_mean_abs(&none)) && isnan(ut_mean_rising(&none)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_and_plain),
        cmocka_unit_test(unknown_names_are_not_found),
        cmocka_unit_test(nothing_heard_is_not_a_number),
        cmocka_unit_test(too_few_frames_are_not_spoken_for),
        cmocka_unit_test(unvoiced_frames_are_left_out_of_pitch),
        cmocka_unit_test(window_forgets),
        cmocka_unit_test(slopes_of_pitch_are_semitones_a_second),
        cmocka_unit_test(only_named_ones_follow_the_level),
        cmocka_unit_test(reading_tells_level_rate_and_speaking),
        cmocka_unit_test(percentiles_are_those_of_the_sorted),
        cmocka_unit_test(statistics_of_known_numbers),
    };
    return cmocka_run_group_tests_name("functionals", tests, NULL, NULL);
}
