/* test_pitch.c - voices whose pitch and noise are known: both must be found, through a telephone line too, and nothing
 * where there is no voice. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_line.h"
#include "planned.h"
#include "prosody/pitch.h"

#define TAU 6.28318530717958648

enum { MARGIN = UT_PITCH_N, SECONDS = 3, N = SECONDS * UT_RATE_HZ, HOPS = N / UT_HOP - 1 };

/* ---- sounds ---- */

enum timbre { BUZZ, SOFT, VOWEL, TIMBRES, HUMMED = TIMBRES };

/* Amplitude of what lies at a frequency: all alike; 12 dB an octave down from 200 Hz; two formants, 6 dB an octave
 * down; hardly anything but one formant. */
static double strength(enum timbre timbre, double hz) {
    if (timbre == BUZZ) return 1;
    if (timbre == SOFT) return 1 / (1 + hz * hz / 4e4);
    if (timbre == HUMMED) return 1 / (1 + pow((hz - 480) / 40, 2)) + 0.03;
    double low = (hz - 700) / 80, high = (hz - 1800) / 120;
    return (1 / (1 + low * low) + 0.5 / (1 + high * high) + 0.05) * 200 / (200 + hz);
}

typedef struct voice {
    double from_hz, to_hz;
    enum timbre timbre;
    bool telephone; /* 300-3400 Hz, mu-law */
    double snr_db;  /* of white noise; INFINITY: none */
} voice;

static double pitch_hz(const voice *v, double at) { return v->from_hz * pow(v->to_hz / v->from_hz, at / N); }

/* Near enough to Gauss's. */
static double noise(uint64_t *seed) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*seed >> 11) / (double)(1ll << 53) - 0.5;
    }
    return sum * sqrt(3);
}

static void scale_to(float *x, double rms) {
    double power = 0;
    for (int i = 0; i < N; i++) power += x[i] * x[i] / (double)N;
    for (int i = 0; i < N; i++) x[i] *= (float)(rms / sqrt(power));
}

/* N samples between two margins of silence. */
static float *sound_new(void) {
    float *x = calloc(N + 2 * MARGIN, sizeof *x);
    assert_non_null(x);
    return x + MARGIN;
}

static void sound_free(float *x) { free(x - MARGIN); }

static float *voice_new(const voice *v) {
    float *x = sound_new();
    double phase = 0, low_hz = v->telephone ? 300 : 40, high_hz = v->telephone ? 3400 : 3900;
    for (int i = 0; i < N; i++) {
        double f0_hz = pitch_hz(v, i);
        phase = fmod(phase + f0_hz / UT_RATE_HZ, 1);
        for (int h = (int)ceil(low_hz / f0_hz); h * f0_hz < high_hz; h++)
            x[i] += (float)(strength(v->timbre, h * f0_hz) * cos(TAU * h * phase + 0.7 * h * h));
    }
    scale_to(x, 0.1);
    uint64_t seed = 7;
    for (int i = 0; i < N && isfinite(v->snr_db); i++) x[i] += (float)(0.1 * pow(10, -v->snr_db / 20) * noise(&seed));
    for (int i = 0; i < N && v->telephone; i++) x[i] = made_mu_law(x[i]);
    return x;
}

/* ---- what is heard ---- */

static struct ut_pitch *pitch_new(void) {
    struct ut_pitch *pitch = aligned_alloc(UT_ALIGN, (sizeof *pitch + UT_ALIGN - 1) / UT_ALIGN * UT_ALIGN);
    assert_non_null(pitch);
    memset(pitch, 0, sizeof *pitch);
    return pitch;
}

static void listen(const float *x, ut_frame *frames) {
    struct ut_pitch *pitch = pitch_new();
    float end[UT_PITCH_N] = {0};
    for (int hop = 0; hop < HOPS + UT_PITCH_LOOKAHEAD; hop++) {
        ut_pitch_push(pitch, plan, hop < HOPS ? x + (hop + 1) * UT_HOP - UT_PITCH_N / 2 : end);
        int then = hop - UT_PITCH_LOOKAHEAD;
        if (then >= 0) ut_pitch_take(pitch, x + (then + 1) * UT_HOP, &frames[then]);
    }
    free(pitch);
}

typedef struct score {
    double within, octaves, median; /* shares of all frames; relative error of those within */
} score;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *x, size_t n) {
    qsort(x, n, sizeof *x, ascending);
    return n ? x[n / 2] : NAN;
}

/* Half a frame at either end hears silence as well. */
enum { EDGE = 3 };

static score follow(const voice *v) {
    static ut_frame frames[HOPS];
    double errors[HOPS], n = HOPS - 2 * EDGE;
    size_t within = 0, octaves = 0;
    float *x = voice_new(v);
    listen(x, frames);
    sound_free(x);
    for (int hop = EDGE; hop < HOPS - EDGE; hop++) {
        double ratio = frames[hop].f0_hz / pitch_hz(v, (hop + 1) * UT_HOP), error = fabs(ratio - 1);
        if (error < 0.02) errors[within++] = error;
        octaves += ratio > 0 && (ratio > 1.4 || ratio < 0.7);
    }
    return (score){(double)within / n, (double)octaves / n, median_of(errors, within)};
}

/* ---- the voice's pitch ---- */

static void expect(const voice *v, double within, double octaves, double median) {
    score s = follow(v);
    if (s.within < within || s.octaves > octaves || !(s.median <= median))
        fail_msg("%g to %g Hz, timbre %d, telephone %d, %g dB: %.3f right, %.3f octaves off, median error %.5f",
                 v->from_hz, v->to_hz, v->timbre, v->telephone, v->snr_db, s.within, s.octaves, s.median);
}

static void expect_glides(bool telephone, double snr_db, double within, double octaves, double median) {
    static const double glides_hz[][2] = {{60, 150}, {150, 60}, {120, 300}, {300, 120}, {200, 500}, {500, 200}};
    for (size_t i = 0; i < sizeof glides_hz / sizeof *glides_hz; i++)
        for (enum timbre timbre = BUZZ; timbre < TIMBRES; timbre++)
            expect(&(voice){glides_hz[i][0], glides_hz[i][1], timbre, telephone, snr_db}, within, octaves, median);
}

static void pitch_is_followed(void **state) {
    (void)state;
    expect_glides(false, INFINITY, 0.995, 0, 0.0015);
    expect_glides(false, 20, 0.995, 0, 0.0015);
    expect_glides(false, 10, 0.93, 0.05, 0.004);
}

static void pitch_is_followed_over_a_telephone(void **state) {
    (void)state;
    expect_glides(true, INFINITY, 0.995, 0, 0.0005);
    expect_glides(true, 20, 0.995, 0, 0.0005);
    expect_glides(true, 10, 0.93, 0.05, 0.002);
}

static void high_pitch_is_not_taken_for_half_of_it(void **state) {
    (void)state;
    expect(&(voice){500, 600, SOFT, false, 20}, 0.99, 0.01, 0.001);
    expect(&(voice){500, 600, VOWEL, true, 20}, 0.99, 0.01, 0.001);
    expect(&(voice){500, 600, BUZZ, true, 20}, 0.99, 0.01, 0.001);
}

static void offset_changes_nothing(void **state) {
    (void)state;
    static ut_frame plain[HOPS], offset[HOPS];
    float *x = voice_new(&(voice){90, 200, VOWEL, false, 20});
    listen(x, plain);
    for (int i = 0; i < N; i++) x[i] += 0.5f;
    listen(x, offset);
    for (int hop = EDGE; hop < HOPS - EDGE; hop++) {
        assert_true(fabsf(offset[hop].f0_hz / plain[hop].f0_hz - 1) < 1e-3f);
        assert_true(fabsf(offset[hop].hnr_db - plain[hop].hnr_db) < 0.1f);
    }
    sound_free(x);
}

/* Two harmonics hold nearly all the power, and a multiple of the pitch would explain the stronger one. */
static void one_formant_does_not_hide_the_pitch(void **state) {
    (void)state;
    expect(&(voice){85, 160, HUMMED, true, INFINITY}, 0.98, 0.01, 0.001);
    expect(&(voice){160, 85, HUMMED, true, 30}, 0.98, 0.01, 0.001);
}

static void noise_in_the_voice_is_measured(void **state) {
    (void)state;
    static ut_frame frames[HOPS];
    for (enum timbre timbre = SOFT; timbre < TIMBRES; timbre++)
        for (double f0_hz = 80; f0_hz < 450; f0_hz *= 1.5)
            for (double snr_db = 5; snr_db <= 25; snr_db += 5) {
                float *x = voice_new(&(voice){f0_hz, 1.02 * f0_hz, timbre, false, snr_db});
                listen(x, frames);
                sound_free(x);
                double hnr_db[HOPS];
                size_t n = 0;
                for (int hop = EDGE; hop < HOPS - EDGE; hop++)
                    if (frames[hop].f0_hz > 0) hnr_db[n++] = frames[hop].hnr_db;
                double median = median_of(hnr_db, n);
                if (n < HOPS / 2 || !(fabs(median - snr_db) < 1))
                    fail_msg("%g Hz, timbre %d: %g dB heard as %g, %zu frames", f0_hz, timbre, snr_db, median, n);
            }
}

/* ---- no voice ---- */

static double voiced_share(const float *x) {
    static ut_frame frames[HOPS];
    double voiced = 0;
    listen(x, frames);
    for (int hop = 0; hop < HOPS; hop++) {
        const ut_frame *f = &frames[hop];
        assert_true(f->f0_hz == 0 || (f->f0_hz >= 55 && f->f0_hz <= 600));
        assert_true(f->voicing >= 0 && f->voicing <= 1);
        assert_true(fabsf(f->hnr_db) <= 61 && (f->f0_hz > 0 || f->hnr_db == 0));
        voiced += f->f0_hz > 0;
    }
    return voiced / HOPS;
}

static void what_is_no_voice_has_no_pitch(void **state) {
    (void)state;
    float *x = sound_new();
    assert_true(voiced_share(x) == 0);
    for (int i = 0; i < N; i++) x[i] = 0.3f;
    assert_true(voiced_share(x) == 0);
    uint64_t seed = 3;
    for (double level = 1e-4; level < 1; level *= 10) {
        for (int i = 0; i < N; i++) x[i] = (float)(level * noise(&seed));
        assert_true(voiced_share(x) < 0.02);
    }
    for (int i = 0; i < N; i++) x[i] = 0.5f + 0.1f * (float)noise(&seed);
    assert_true(voiced_share(x) < 0.02);
    for (int i = 0; i < N; i++) x[i] = 1e-4f * (float)sin(TAU * 100 * i / UT_RATE_HZ); /* a line's hum */
    assert_true(voiced_share(x) == 0);
    for (int i = 0; i < N; i++) x[i] = i % 3001 == 1500 ? 0.9f : 0;
    assert_true(voiced_share(x) == 0);
    sound_free(x);
}

/* A murmur behind a voice, however periodic. */
static void what_is_much_quieter_than_the_voice_is_not_one(void **state) {
    (void)state;
    static ut_frame frames[HOPS];
    int voiced = 0, half = HOPS / 2;
    float *x = voice_new(&(voice){150, 160, VOWEL, false, INFINITY});
    for (int i = N / 2; i < N; i++) x[i] *= 0.01f;
    listen(x, frames);
    sound_free(x);
    for (int hop = half + EDGE; hop < HOPS; hop++) voiced += frames[hop].f0_hz > 0;
    assert_int_equal(voiced, 0);
    for (int hop = EDGE; hop < half - EDGE; hop++) assert_true(frames[hop].f0_hz > 0);
}

/* ---- what other stages rely on ---- */

static void power_is_that_of_the_frame_pushed(void **state) {
    (void)state;
    struct ut_pitch *pitch = pitch_new();
    float *x = voice_new(&(voice){90, 400, SOFT, false, INFINITY}), newest[UT_PITCH_LOOKAHEAD + 1][UT_PITCH_BINS];
    for (int hop = 0; hop <= UT_PITCH_LOOKAHEAD; hop++) {
        ut_pitch_push(pitch, plan, x + (hop + 1) * UT_HOP);
        memcpy(newest[hop], ut_pitch_newest_power(pitch), sizeof newest[hop]);
    }
    assert_memory_equal(ut_pitch_oldest_power(pitch), newest[0], sizeof newest[0]);

    double windowed = 0, spectral = -newest[0][0] - newest[0][UT_PITCH_BINS - 1];
    for (int i = 0; i < UT_PITCH_N; i++) windowed += pow(x[UT_HOP + i] * plan->pitch_window[i], 2);
    for (int k = 0; k < UT_PITCH_BINS; k++) spectral += 2 * newest[0][k];
    assert_true(fabs(spectral / UT_PITCH_FFT / windowed - 1) < 1e-3);
    sound_free(x);
    free(pitch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitch_is_followed),
        cmocka_unit_test(pitch_is_followed_over_a_telephone),
        cmocka_unit_test(high_pitch_is_not_taken_for_half_of_it),
        cmocka_unit_test(offset_changes_nothing),
        cmocka_unit_test(one_formant_does_not_hide_the_pitch),
        cmocka_unit_test(noise_in_the_voice_is_measured),
        cmocka_unit_test(what_is_no_voice_has_no_pitch),
        cmocka_unit_test(what_is_much_quieter_than_the_voice_is_not_one),
        cmocka_unit_test(power_is_that_of_the_frame_pushed),
    };
    return cmocka_run_group_tests_name("pitch", tests, open_plan, close_plan);
}
