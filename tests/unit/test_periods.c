/* test_periods.c - jitter and shimmer: voices whose periods are known, one by one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_line.h"
#include "prosody/periods.h"

#define TAU 6.28318530717958648

enum { N = 3 * UT_RATE_HZ, PERIODS = 1000 };

static double uniform(unsigned *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return ((*seed >> 8) + 0.5) / (1 << 24);
}

static double normal(unsigned *seed) {
    double r = uniform(seed), phase = uniform(seed);
    return sqrt(-2 * log(r)) * cos(TAU * phase);
}

/* What was asked for and, as the periods fell, what came of it. */
struct truth {
    double jitter, shimmer_db;
};

enum kind { STRETCHED, PULSES, VOWEL };

/* Every period drawn for itself: so many percent longer or shorter, so many dB up or down. */
static struct truth draw(double f0_hz, double jitter, double shimmer_db, double *starts, double *factors) {
    unsigned seed = 17;
    struct truth truth = {0, 0};
    double at = 0, before = 0;
    for (int i = 0; i < PERIODS; i++) {
        /* two normal values differ by 2 over the root of pi on average */
        double length = UT_RATE_HZ / f0_hz * (1 + jitter * sqrt(M_PI) / 2 * normal(&seed));
        starts[i] = at;
        factors[i] = pow(10, shimmer_db * sqrt(M_PI) / 2 * normal(&seed) / 20);
        if (i > 0) truth.jitter += fabs(length - before) / (PERIODS - 1) * f0_hz / UT_RATE_HZ;
        if (i > 0) truth.shimmer_db += fabs(20 * log10(factors[i] / factors[i - 1])) / (PERIODS - 1);
        at += before = length;
    }
    return truth;
}

/* A period of harmonics stretched to each length. */
static void stretch(float *x, double f0_hz, const double *starts, const double *factors) {
    for (int i = 0, p = 0; i < N; i++) {
        while (starts[p + 1] <= i) p++;
        double phase = (i - starts[p]) / (starts[p + 1] - starts[p]), sum = 0;
        for (int h = 1; h * f0_hz < 3600; h++) sum += sin(TAU * h * phase) * pow(h, -1.5);
        x[i] = (float)(factors[p] * sum);
    }
}

/* A pulse to each period, as sharp as 8 kHz allow. */
static void pulse(float *x, double f0_hz, const double *starts, const double *factors) {
    (void)f0_hz;
    memset(x, 0, N * sizeof *x);
    for (int p = 0; p < PERIODS && starts[p] < N - 20; p++)
        for (int i = (int)fmax(starts[p] - 18, 0); i < starts[p] + 19; i++) {
            double t = i - starts[p], sinc = fabs(t) < 1e-9 ? 1 : sin(M_PI * t) / (M_PI * t);
            x[i] += (float)(factors[p] * sinc * (0.5 + 0.5 * cos(M_PI * t / 19)));
        }
}

/* Pulses through a falling glottal spectrum and three formants, radiated from the lips. */
static void vowel(float *x, double f0_hz, const double *starts, const double *factors) {
    pulse(x, f0_hz, starts, factors);
    made_resonate(x, N, 0, 100);
    made_resonate(x, N, 650, 90);
    made_resonate(x, N, 1100, 110);
    made_resonate(x, N, 2500, 160);
    for (int i = N - 1; i > 0; i--) x[i] -= 0.98f * x[i - 1];
}

static void make(float *x, enum kind kind, double f0_hz, const double *starts, const double *factors) {
    static void (*const makers[])(float *, double, const double *, const double *) = {stretch, pulse, vowel};
    makers[kind](x, f0_hz, starts, factors);
    double peak = 0;
    for (int i = 0; i < N; i++) peak = fmax(peak, fabsf(x[i]));
    for (int i = 0; i < N; i++) x[i] *= (float)(0.5 / peak);
}

static struct truth voice(float *x, enum kind kind, double f0_hz, double jitter, double shimmer_db) {
    static double starts[PERIODS], factors[PERIODS];
    struct truth truth = draw(f0_hz, jitter, shimmer_db, starts, factors);
    make(x, kind, f0_hz, starts, factors);
    return truth;
}

static void add_noise(float *x, double snr_db) {
    unsigned seed = 5;
    double power = 0;
    for (int i = 0; i < N; i++) power += x[i] * x[i] / N;
    for (int i = 0; i < N; i++) x[i] += (float)(sqrt(power * pow(10, -snr_db / 10)) * normal(&seed));
}

/* Means of the frames in which something was found. */
static struct truth heard(const float *x, double f0_hz) {
    struct truth sum = {0, 0};
    int frames = 0, found = 0;
    for (int at = 3 * UT_HOP; at + 3 * UT_HOP <= N; at += UT_HOP, frames++) {
        ut_frame frame = {.f0_hz = (float)f0_hz, .jitter_local = NAN, .shimmer_local_db = NAN};
        ut_periods_run(x + at, &frame);
        assert_true(frame.jitter_local >= 0 && frame.jitter_local < 1);
        assert_true(frame.shimmer_local_db >= 0 && frame.shimmer_local_db < 5);
        if (frame.jitter_local == 0 && frame.shimmer_local_db == 0) continue;
        sum.jitter += frame.jitter_local;
        sum.shimmer_db += frame.shimmer_local_db;
        found++;
    }
    if (found < 0.9 * frames) fail_msg("%g Hz: periods found in %d of %d frames", f0_hz, found, frames);
    return (struct truth){sum.jitter / found, sum.shimmer_db / found};
}

static const double f0s_hz[] = {81, 104, 137, 171, 223, 301};
static const double jitters[] = {0, 0.005, 0.01, 0.02, 0.03};
static const double shimmers_db[] = {0, 0.2, 0.5, 1};
#define EACH(i, list) (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)

static void steady_voice_has_neither(void **state) {
    (void)state;
    static float x[N];
    for (enum kind kind = STRETCHED; kind <= VOWEL; kind++)
        for
            EACH(f, f0s_hz) {
                voice(x, kind, f0s_hz[f], 0, 0);
                struct truth got = heard(x, f0s_hz[f]);
                if (got.jitter > 0.0005 || got.shimmer_db > 0.05)
                    fail_msg("kind %d at %g Hz: %.3f %% and %.3f dB", kind, f0s_hz[f], 100 * got.jitter,
                             got.shimmer_db);
            }
}

static void known_jitter_comes_back(void **state) {
    (void)state;
    static float x[N];
    for (enum kind kind = STRETCHED; kind <= PULSES; kind++)
        for
            EACH(f, f0s_hz) {
                double before = -1;
            for
                EACH(j, jitters) {
                    struct truth truth = voice(x, kind, f0s_hz[f], jitters[j], 0), got = heard(x, f0s_hz[f]);
                    if (fabs(got.jitter - truth.jitter) > fmax(0.001, 0.16 * truth.jitter) || got.jitter < before)
                        fail_msg("kind %d at %g Hz: %.2f %% heard as %.2f %%", kind, f0s_hz[f], 100 * truth.jitter,
                                 100 * got.jitter);
                    before = got.jitter;
                }
            }
}

static void known_shimmer_comes_back(void **state) {
    (void)state;
    static float x[N];
    for (enum kind kind = STRETCHED; kind <= PULSES; kind++)
        for
            EACH(f, f0s_hz) {
                double before = -1;
            for
                EACH(s, shimmers_db) {
                    struct truth truth = voice(x, kind, f0s_hz[f], 0, shimmers_db[s]), got = heard(x, f0s_hz[f]);
                    if (fabs(got.shimmer_db - truth.shimmer_db) > 0.05 + 0.05 * truth.shimmer_db ||
                        got.shimmer_db < before)
                        fail_msg("kind %d at %g Hz: %.2f dB heard as %.2f dB", kind, f0s_hz[f], truth.shimmer_db,
                                 got.shimmer_db);
                    before = got.shimmer_db;
                }
            }
}

/* A formant that still rings when the next pulse comes makes of one period's difference a part of the next one's: the
 * order stays, up to where half a dozen periods fit into the ringing. */
static void formants_keep_the_order(void **state) {
    (void)state;
    static float x[N];
    for
        EACH(f, f0s_hz) {
            double before = -1;
        for
            EACH(j, jitters) {
                struct truth truth = voice(x, VOWEL, f0s_hz[f], jitters[j], 0), got = heard(x, f0s_hz[f]);
                double most = f0s_hz[f] < 200 ? 0.3 : 0.8;
                if (fabs(got.jitter - truth.jitter) > fmax(0.001, most * truth.jitter) || got.jitter <= before)
                    fail_msg("%g Hz: %.2f %% heard as %.2f %%", f0s_hz[f], 100 * truth.jitter, 100 * got.jitter);
                before = got.jitter;
            }
        before = -1;
        for
            EACH(s, shimmers_db) {
                struct truth truth = voice(x, VOWEL, f0s_hz[f], 0, shimmers_db[s]), got = heard(x, f0s_hz[f]);
                double most = f0s_hz[f] < 200 ? 0.4 : 0.8;
                if (fabs(got.shimmer_db - truth.shimmer_db) > 0.05 + most * truth.shimmer_db ||
                    got.shimmer_db <= before)
                    fail_msg("%g Hz: %.2f dB heard as %.2f dB", f0s_hz[f], truth.shimmer_db, got.shimmer_db);
                before = got.shimmer_db;
            }
        }
}

static void expect(const char *what, double f0_hz, struct truth truth, struct truth got, double share, double db) {
    if (got.jitter < 0.8 * truth.jitter || got.jitter > 1.05 * truth.jitter + share)
        fail_msg("%s, %g Hz: %.2f %% heard as %.2f %%", what, f0_hz, 100 * truth.jitter, 100 * got.jitter);
    if (got.shimmer_db < 0.9 * truth.shimmer_db || got.shimmer_db > truth.shimmer_db + db)
        fail_msg("%s, %g Hz: %.2f dB heard as %.2f dB", what, f0_hz, truth.shimmer_db, got.shimmer_db);
}

/* Telephone coding hardly shows. White noise 20 dB under the voice adds its own: most to low voices, whose periods are
 * matched by no more samples than others' but are louder in one place than in the rest. */
static void line_adds_little(void **state) {
    (void)state;
    static float x[N];
    for
        EACH(f, f0s_hz)
        for
            EACH(j, jitters) {
                struct truth truth = voice(x, STRETCHED, f0s_hz[f], jitters[j], 0.5);
                for (int i = 0; i < N; i++) x[i] = made_mu_law(x[i]);
                struct truth got = heard(x, f0s_hz[f]);
                expect("coded", f0s_hz[f], truth, got, 0.003, 0.05);
                add_noise(x, 20);
                got = heard(x, f0s_hz[f]);
                expect("at 20 dB", f0s_hz[f], truth, got, 0.006, 0.3);
            }
}

static void nothing_is_said_of_what_is_unvoiced_or_too_low(void **state) {
    (void)state;
    static const float f0s[] = {0, 20, 54};
    static float x[N];
    voice(x, PULSES, 54, 0.01, 0.5);
    for
        EACH(f, f0s) {
            ut_frame frame = {.f0_hz = f0s[f], .jitter_local = 1, .shimmer_local_db = 1};
            ut_periods_run(x + N / 2, &frame);
            assert_true(frame.jitter_local == 0 && frame.shimmer_local_db == 0);
        }
}

/* A voice that ends in silence or in noise is judged by what there is of it. */
static void end_of_a_voice_is_left_out(void **state) {
    (void)state;
    static float x[N];
    for (int noisy = 0; noisy < 2; noisy++) {
        unsigned seed = 3;
        double sum = 0;
        int frames = 0;
        for
            EACH(f, f0s_hz) {
                voice(x, VOWEL, f0s_hz[f], 0, 0);
                for (int i = N / 2; i < N; i++) x[i] = noisy ? (float)(0.05 * normal(&seed)) : 0;
                for (int at = N / 2 - 160; at <= N / 2; at += 10, frames++) {
                    ut_frame frame = {.f0_hz = (float)f0s_hz[f]};
                    ut_periods_run(x + at, &frame);
                    sum += frame.jitter_local;
                }
            }
        if (sum / frames > 0.003) fail_msg("noisy %d: %.2f %% on average", noisy, 100 * sum / frames);
    }
}

static void whatever_comes_in_something_sane_comes_out(void **state) {
    (void)state;
    static float x[N];
    static const float levels[] = {0, 1e-7f, 1e-3f, 8};
    unsigned seed = 7;
    for
        EACH(l, levels)
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++)
            x[i] = levels[l] * (float)(round == 0 ? 1 : round == 1 ? 2 * uniform(&seed) - 1 : i % 50 == 0);
        for (float f0_hz = 30; f0_hz < 2000; f0_hz *= 1.03f)
            for (int at = 240; at + 240 <= N; at += 997) {
                ut_frame frame = {.f0_hz = f0_hz};
                ut_periods_run(x + at, &frame);
                assert_true(frame.jitter_local >= 0 && frame.jitter_local < 1);
                assert_true(frame.shimmer_local_db >= 0 && frame.shimmer_local_db < 5);
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_voice_has_neither),   cmocka_unit_test(known_jitter_comes_back),
        cmocka_unit_test(known_shimmer_comes_back),   cmocka_unit_test(formants_keep_the_order),
        cmocka_unit_test(line_adds_little),           cmocka_unit_test(nothing_is_said_of_what_is_unvoiced_or_too_low),
        cmocka_unit_test(end_of_a_voice_is_left_out), cmocka_unit_test(whatever_comes_in_something_sane_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
