/* test_rhythm.c - syllable nuclei: trains of syllables that were counted while they were made. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_line.h"
#include "planned.h"
#include "prosody/mel.h"
#include "prosody/pitch.h"
#include "prosody/rhythm.h"
#include "prosody/spectrum.h"

#define TAU 6.28318530717958648

enum { SECONDS = 6, N = SECONDS * UT_RATE_HZ, HOPS = N / UT_HOP, MARGIN = UT_PITCH_N };

static void scale_to_rms(float *x, double rms) {
    double power = 1e-20;
    for (int i = 0; i < N; i++) power += x[i] * x[i] / N;
    for (int i = 0; i < N; i++) x[i] *= (float)(rms / sqrt(power));
}

/* Pulses whose rate wanders by a few percent, through a falling glottal spectrum. */
static void drone(float *x, double f0_hz) {
    double phase = 0;
    memset(x, 0, N * sizeof *x);
    for (int i = 0; i < N; i++) {
        double t_s = (double)i / UT_RATE_HZ;
        phase += f0_hz * (1 + 0.08 * sin(TAU * 0.4 * t_s) + 0.03 * sin(TAU * 1.3 * t_s)) / UT_RATE_HZ;
        if (phase >= 1) x[i] = 1, phase -= 1;
    }
    made_resonate(x, N, 0, 200);
}

static void vowel(float *x, double f0_hz, const double *formants_hz) {
    drone(x, f0_hz);
    for (int f = 0; f < 3; f++) made_resonate(x, N, formants_hz[f], 70 + 30 * f);
    for (int i = N - 1; i > 0; i--) x[i] -= x[i - 1];
    scale_to_rms(x, 1);
}

enum gap { SILENCE, NASAL, FRICATIVE, APPROXIMANT, GAPS };

static const double formants_hz[][3] = {
    {730, 1090, 2440}, {270, 2290, 3010}, {300, 870, 2240}, {530, 1840, 2480}, {570, 840, 2410}, {640, 1190, 2390},
};
enum { VOWELS = sizeof formants_hz / sizeof *formants_hz };

/* What a train is made of: vowels, and what lies between them. */
struct sounds {
    float vowels[VOWELS][N];
    float between[GAPS][N];
};

static void make_sounds(struct sounds *s, double f0_hz) {
    unsigned seed = 3;
    for (int v = 0; v < VOWELS; v++) vowel(s->vowels[v], f0_hz, formants_hz[v]);
    memset(s->between[SILENCE], 0, sizeof s->between[SILENCE]);
    drone(s->between[NASAL], f0_hz);
    made_resonate(s->between[NASAL], N, 250, 60);
    made_resonate(s->between[NASAL], N, 1000, 300);
    scale_to_rms(s->between[NASAL], 0.4);
    for (int i = 0; i < N; i++) s->between[FRICATIVE][i] = (float)made_noise(&seed);
    for (int i = N - 1; i > 0; i--) s->between[FRICATIVE][i] -= 0.9f * s->between[FRICATIVE][i - 1];
    scale_to_rms(s->between[FRICATIVE], 0.25);
    memcpy(s->between[APPROXIMANT], s->vowels[2], sizeof s->between[APPROXIMANT]);
    scale_to_rms(s->between[APPROXIMANT], 0.25);
}

/* So many syllables a second, vowels for six tenths of each, some louder than others. Returns how many. */
static int train(float *x, const struct sounds *s, double rate_s, enum gap gap) {
    unsigned seed = 11;
    int first = UT_RATE_HZ / 4, length = (int)(UT_RATE_HZ / rate_s), count = (N - 2 * first) / length;
    memset(x, 0, N * sizeof *x);
    for (int k = 0; k < count; k++) {
        const float *v = s->vowels[(k * 5 + k / 7) % VOWELS];
        double gain = pow(10, 3 * made_noise(&seed) / 20);
        for (int i = 0; i < length; i++) {
            int at = first + k * length + i;
            double u = i / (0.6 * length), loud = u < 1 ? sqrt(sin(M_PI * u)) : 0;
            x[at] = (float)(gain * loud * v[at] + (1 - loud) * s->between[gap][at]);
        }
    }
    return count;
}

static void scale_to_peak(float *x, double db) {
    double peak = 0;
    for (int i = 0; i < N; i++) peak = fmax(peak, fabsf(x[i]));
    for (int i = 0; i < N; i++) x[i] *= (float)(pow(10, db / 20) / peak);
}

static void add_noise(float *x, double snr_db) {
    unsigned seed = 5;
    double power = 0;
    for (int i = 0; i < N; i++) power += x[i] * x[i] / N;
    for (int i = 0; i < N; i++) x[i] += (float)(sqrt(3 * power * pow(10, -snr_db / 10)) * made_noise(&seed));
}

/* Runs the stages before it too; marks[hop] is set where a nucleus lies. Returns how many. */
static int nuclei(const float *x, bool *marks) {
    static float padded[N + 2 * MARGIN + UT_VAD_LOOKAHEAD * UT_HOP];
    static struct ut_spectrum spectrum;
    static struct ut_pitch pitch;
    struct ut_rhythm rhythm;
    int count = 0;
    memset(padded, 0, sizeof padded);
    memcpy(padded + MARGIN, x, N * sizeof *x);
    memset(&spectrum, 0, sizeof spectrum);
    memset(&pitch, 0, sizeof pitch);
    ut_rhythm_start(&rhythm);
    for (int hop = 0; hop < HOPS + UT_VAD_LOOKAHEAD; hop++) {
        const float *centre = padded + MARGIN + hop * UT_HOP;
        ut_frame frame = {0};
        ut_spectrum_run(&spectrum, plan, centre - UT_SPECTRUM_N / 2, &frame);
        ut_mel_run(plan, spectrum.power, &frame);
        float periodic = ut_pitch_push(&pitch, plan, centre - UT_PITCH_N / 2);
        ut_rhythm_push(&rhythm, ut_pitch_newest_power(&pitch), periodic, &frame);
        if (hop < UT_VAD_LOOKAHEAD) continue;
        ut_rhythm_take(&rhythm, &frame);
        marks[hop - UT_VAD_LOOKAHEAD] = frame.syllable;
        count += frame.syllable;
    }
    return count;
}

static struct sounds sounds;
static float x[N];
static bool marks[HOPS];

static const double f0s_hz[] = {80, 96, 140, 260};
static const double rates_s[] = {2, 3.5, 5, 6.5, 8};
#define EACH(i, list) (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)

static void expect(const char *what, double f0_hz, enum gap gap, double rate_s, int wanted, int got) {
    if (fabs((double)got / wanted - 1) > 0.1)
        fail_msg("%s, %g Hz, gaps %d, %g a second: %d of %d", what, f0_hz, gap, rate_s, got, wanted);
}

static void syllables_are_counted(void **state) {
    (void)state;
    for
        EACH(f, f0s_hz) {
            make_sounds(&sounds, f0s_hz[f]);
            for (enum gap gap = SILENCE; gap < GAPS; gap++)
            for
                EACH(r, rates_s) {
                    int wanted = train(x, &sounds, rates_s[r], gap);
                    scale_to_peak(x, -6);
                    expect("clean", f0s_hz[f], gap, rates_s[r], wanted, nuclei(x, marks));
                }
        }
}

static void syllables_are_counted_through_a_line(void **state) {
    (void)state;
    for
        EACH(f, f0s_hz) {
            make_sounds(&sounds, f0s_hz[f]);
            for (enum gap gap = SILENCE; gap < GAPS; gap++)
            for
                EACH(r, rates_s) {
                    int wanted = train(x, &sounds, rates_s[r], gap);
                    add_noise(x, r % 2 ? 10 : 20);
                    scale_to_peak(x, f % 2 ? -40 : -10);
                    made_telephone(x, N);
                    expect("telephone", f0s_hz[f], gap, rates_s[r], wanted, nuclei(x, marks));
                }
        }
}

static void nucleus_lies_at_the_top(void **state) {
    (void)state;
    enum { BEAT = 25 };
    vowel(sounds.vowels[0], 140, formants_hz[0]);
    for (int i = 0; i < N; i++) x[i] = 0.1f * sounds.vowels[0][i] * (float)pow(sin(M_PI * i / (BEAT * UT_HOP)), 2);
    assert_int_equal(nuclei(x, marks), HOPS / BEAT);
    for (int hop = 0; hop < HOPS; hop++)
        if (marks[hop] && abs(hop % BEAT - BEAT / 2) > 3) fail_msg("%d frames into a syllable of %d", hop % BEAT, BEAT);
}

/* Where its periods beat against the hops the level must not. What is left are the turns of its pitch, 1.3 a second,
 * which move the harmonics about under the formants. */
static void long_vowel_does_not_beat(void **state) {
    (void)state;
    for (double f0_hz = 80; f0_hz < 320; f0_hz *= 1.045) {
        vowel(x, f0_hz, formants_hz[0]);
        scale_to_peak(x, -10);
        int count = nuclei(x, marks);
        if (count < 1 || count > 1.3 * SECONDS) fail_msg("%g Hz: %d", f0_hz, count);
    }
}

static void what_has_no_voice_has_no_nucleus(void **state) {
    (void)state;
    unsigned seed = 9;
    memset(x, 0, sizeof x);
    assert_int_equal(nuclei(x, marks), 0);
    for (int i = 0; i < N; i++) x[i] = 0.05f * (float)made_noise(&seed);
    assert_true(nuclei(x, marks) <= 2);
    for (int i = 0; i < N; i++) x[i] *= (float)fmax(sin(TAU * 2.5 * i / UT_RATE_HZ), 0.01);
    assert_true(nuclei(x, marks) <= 2);
}

/* What is heard under a voice, thirty decibels down, is somebody else's. */
static void much_softer_voice_is_left_out(void **state) {
    (void)state;
    make_sounds(&sounds, 140);
    int wanted = train(x, &sounds, 4, SILENCE);
    for (int i = N / 2; i < N; i++) x[i] *= 0.03f;
    scale_to_peak(x, -6);
    int got = nuclei(x, marks);
    assert_in_range(got, wanted / 2 - 1, wanted / 2 + 2);
}

static void whatever_comes_in_is_survived(void **state) {
    (void)state;
    unsigned seed = 5;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < N; i++)
            x[i] = (float[]){8, i % 2 ? -8 : 8, 8 * (float)made_noise(&seed), i % 997 ? 0 : 8}[round];
        int got = nuclei(x, marks);
        assert_in_range(got, 0, 10 * SECONDS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syllables_are_counted),
        cmocka_unit_test(syllables_are_counted_through_a_line),
        cmocka_unit_test(nucleus_lies_at_the_top),
        cmocka_unit_test(long_vowel_does_not_beat),
        cmocka_unit_test(what_has_no_voice_has_no_nucleus),
        cmocka_unit_test(much_softer_voice_is_left_out),
        cmocka_unit_test(whatever_comes_in_is_survived),
    };
    return cmocka_run_group_tests(tests, open_plan, close_plan);
}
