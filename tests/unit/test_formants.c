/* test_formants.c - resonances that are known must come back, through a telephone too, and nothing impossible ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include <cmocka.h>

#include "made_vowel.h"
#include "prosody/formants.h"
#include "prosody/spectrum.h"

static ut_plan *plan;
static struct ut_spectrum *spectrum;

static int open_plan(void **state) {
    (void)state;
    plan = ut_plan_open(NULL);
    spectrum = aligned_alloc(UT_ALIGN, (sizeof *spectrum + UT_ALIGN - 1) / UT_ALIGN * UT_ALIGN);
    if (!plan || !spectrum) return -1;
    memset(spectrum, 0, sizeof *spectrum);
    return 0;
}

static int close_plan(void **state) {
    (void)state;
    free(spectrum);
    ut_plan_close(plan);
    return 0;
}

/* Of the UT_SPECTRUM_N samples from x on. */
static ut_frame frame_of(const float *x) {
    ut_frame frame;
    memset(&frame, 0xff, sizeof frame); /* nothing left from before may shine through */
    ut_spectrum_run(spectrum, plan, x, &frame);
    ut_formants_run(plan, spectrum->power, &frame);
    return frame;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n) {
    qsort(x, n, sizeof *x, by_size);
    return x[n / 2];
}

/* The medians over the frames of a sound: three frequencies, bandwidths, levels. */
typedef struct medians {
    double hz[UT_FORMANTS], bandwidth_hz[UT_FORMANTS], level_db[UT_FORMANTS];
} medians;

static medians listen(const float *x, size_t n) {
    enum { FRAMES = 100 };
    double hz[UT_FORMANTS][FRAMES], bandwidth_hz[UT_FORMANTS][FRAMES], level_db[UT_FORMANTS][FRAMES];
    size_t count = 0;
    for (size_t at = 0; at + UT_SPECTRUM_N <= n && count < FRAMES; at += UT_HOP, count++) {
        ut_frame frame = frame_of(x + at);
        for (int i = 0; i < UT_FORMANTS; i++) {
            hz[i][count] = (double)frame.formant_hz[i];
            bandwidth_hz[i][count] = (double)frame.formant_bandwidth_hz[i];
            level_db[i][count] = (double)frame.formant_level_db[i];
        }
    }
    medians m;
    for (int i = 0; i < UT_FORMANTS; i++) {
        m.hz[i] = median(hz[i], count);
        m.bandwidth_hz[i] = median(bandwidth_hz[i], count);
        m.level_db[i] = median(level_db[i], count);
    }
    return m;
}

typedef enum line { CLEAN, NOISY, TELEPHONE, NOISY_TELEPHONE } line;

enum { PITCHES = 21, VOWEL_N = UT_RATE_HZ / 5 };
static double pitch_of(int i) { return 80 + 8.5 * i; } /* 80 to 250 Hz */

static medians hear_vowel(const made_vowel *vowel, line line, double pitch_hz) {
    float x[VOWEL_N];
    unsigned seed = (unsigned)pitch_hz;
    made_vowel_fill(vowel, pitch_hz, line == TELEPHONE || line == NOISY_TELEPHONE, x, VOWEL_N);
    if (line == NOISY || line == NOISY_TELEPHONE) made_noise_add(x, VOWEL_N, 20, &seed);
    for (int i = 0; line == NOISY_TELEPHONE && i < VOWEL_N; i++) x[i] = made_mu_law(x[i]);
    return listen(x, VOWEL_N);
}

static double error_of(const medians *m, const made_vowel *vowel, int formant) {
    return fabs(m->hz[formant] / vowel->formant_hz[formant] - 1);
}

/* A formant is drawn to the nearest harmonic: within 5.5 %, or a fifth of the pitch where that is more. */
static void vowels_have_the_formants_they_were_made_with(void **state) {
    (void)state;
    for (int v = 0; v < MADE_VOWELS; v++)
        for (int p = 0; p < PITCHES; p++) {
            medians m = hear_vowel(&made_vowels[v], CLEAN, pitch_of(p));
            for (int i = 0; i < UT_FORMANTS; i++) {
                double allowed = fmax(0.055, pitch_of(p) / 5 / made_vowels[v].formant_hz[i]);
                if (error_of(&m, &made_vowels[v], i) > allowed)
                    fail_msg("F%d of %s at %g Hz: %g Hz", i + 1, made_vowels[v].name, pitch_of(p), m.hz[i]);
            }
        }
}

/* Over all pitches: the error in the middle and at worst of F1, F2, F3, in percent. 0 where the line has taken it. */
static void lines_leave_vowels_their_formants(void **state) {
    (void)state;
    static const struct {
        line line;
        double median[MADE_VOWELS][UT_FORMANTS], worst[MADE_VOWELS][UT_FORMANTS];
    } bounds[] = {
        {CLEAN,
         {{3, 2, 2}, {5, 2, 3}, {6, 2, 1}, {3, 2, 2}, {3, 2, 2}},
         {{7, 5, 4}, {13, 5, 6}, {13, 5, 4}, {7, 5, 4}, {7, 5, 4}}},
        {NOISY,
         {{3, 5, 2}, {8, 8, 8}, {0, 0, 8}, {3, 2, 2}, {3, 2, 2}},
         {{8, 15, 4}, {20, 18, 12}, {0, 0, 12}, {8, 5, 4}, {8, 5, 4}}},
        {TELEPHONE,
         {{3, 2, 2}, {0, 2, 6}, {0, 3, 2}, {4, 2, 3}, {4, 2, 3}},
         {{7, 5, 4}, {0, 6, 12}, {0, 7, 4}, {11, 5, 5}, {11, 5, 5}}},
        {NOISY_TELEPHONE,
         {{4, 5, 2}, {0, 4, 8}, {0, 0, 7}, {4, 2, 3}, {4, 2, 3}},
         {{9, 15, 4}, {0, 9, 13}, {0, 0, 10}, {12, 5, 5}, {12, 5, 5}}},
    };
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++)
        for (int v = 0; v < MADE_VOWELS; v++) {
            double errors[UT_FORMANTS][PITCHES];
            for (int p = 0; p < PITCHES; p++) {
                medians m = hear_vowel(&made_vowels[v], bounds[b].line, pitch_of(p));
                for (int i = 0; i < UT_FORMANTS; i++) errors[i][p] = 100 * error_of(&m, &made_vowels[v], i);
            }
            for (int i = 0; i < UT_FORMANTS; i++) {
                double middle = median(errors[i], PITCHES), worst = errors[i][PITCHES - 1];
                if (bounds[b].median[v][i] == 0) continue;
                if (middle > bounds[b].median[v][i] || worst > bounds[b].worst[v][i])
                    fail_msg("line %d: F%d of %s %.1f %%, at worst %.1f %%", (int)bounds[b].line, i + 1,
                             made_vowels[v].name, middle, worst);
            }
        }
}

/* 60, 90 and 120 Hz; harmonics far apart tell little of it, so only the middle over all pitches is asked for. */
static void bandwidths_are_near_those_made(void **state) {
    (void)state;
    for (int v = 0; v < MADE_VOWELS; v++) {
        double heard[UT_FORMANTS][PITCHES];
        for (int p = 0; p < PITCHES; p++) {
            medians m = hear_vowel(&made_vowels[v], CLEAN, pitch_of(p));
            for (int i = 0; i < UT_FORMANTS; i++) heard[i][p] = m.bandwidth_hz[i];
        }
        for (int i = 0; i < UT_FORMANTS; i++) {
            double ratio = median(heard[i], PITCHES) / made_bandwidth_hz[i];
            if (ratio < 0.6 || ratio > 1.9) fail_msg("F%d of %s: %g times", i + 1, made_vowels[v].name, ratio);
        }
    }
}

/* Three resonances, one after the other, at 8 kHz and nothing above them: what a tract without F4 would be. */
static void vowels_of_three_resonances_have_three_formants(void **state) {
    (void)state;
    static const int vowels[] = {0, 3, 4};
    for (int v = 0; v < 3; v++) {
        const made_vowel *vowel = &made_vowels[vowels[v]];
        double errors[UT_FORMANTS][PITCHES];
        for (int p = 0; p < PITCHES; p++) {
            float x[VOWEL_N] = {0};
            for (double hz = pitch_of(p); hz < 3950; hz += pitch_of(p)) {
                double complex now = 1 / hz, turn = cexp(2 * I * M_PI * hz / UT_RATE_HZ);
                for (int i = 0; i < UT_FORMANTS; i++) {
                    double complex pole =
                        cexp((2 * I * vowel->formant_hz[i] - made_bandwidth_hz[i]) * M_PI / UT_RATE_HZ);
                    now /= (1 - pole / turn) * (1 - conj(pole) / turn);
                }
                for (int i = 0; i < VOWEL_N; i++, now *= turn) x[i] += (float)creal(now);
            }
            made_scale_to_peak(x, VOWEL_N, 0.5f);
            medians m = listen(x, VOWEL_N);
            for (int i = 0; i < UT_FORMANTS; i++) errors[i][p] = error_of(&m, vowel, i);
        }
        for (int i = 0; i < UT_FORMANTS; i++) {
            double middle = median(errors[i], PITCHES);
            if (middle > 0.05) fail_msg("F%d of %s: %.1f %%", i + 1, vowel->name, 100 * middle);
        }
    }
}

/* Noise through a resonance, of mean square 1. */
static void resound(double hz, double bandwidth_hz, double *y, size_t n, unsigned *seed) {
    double r = exp(-M_PI * bandwidth_hz / UT_RATE_HZ), c = 2 * r * cos(2 * M_PI * hz / UT_RATE_HZ);
    double y1 = 0, y2 = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        double now = (double)made_noise(seed) + c * y1 - r * r * y2;
        y2 = y1, y1 = y[i] = now;
        square += now * now;
    }
    for (size_t i = 0; i < n; i++) y[i] /= sqrt(square / (double)n);
}

/* Two resonances side by side, one so many dB weaker: levels say each one's share of the sound's power. */
static void level_is_the_share_of_the_power(void **state) {
    (void)state;
    enum { N = UT_RATE_HZ };
    double low[N], high[N];
    float x[N];
    unsigned seed = 3;
    resound(700, 80, low, N, &seed);
    resound(2200, 120, high, N, &seed);
    for (int weaker_db = 0; weaker_db <= 20; weaker_db += 10) {
        double share = pow(10, -weaker_db / 10.0) / (1 + pow(10, -weaker_db / 10.0));
        for (int i = 0; i < N; i++) x[i] = (float)(0.05 * (low[i] + pow(10, -weaker_db / 20.0) * high[i]));
        medians m = listen(x, N);
        assert_true(fabs(m.hz[0] - 700) < 30 && fabs(m.hz[2] - 2200) < 60); /* F2 is the slope between them */
        assert_true(fabs(m.level_db[0] - 10 * log10(1 - share)) < 1.5);
        assert_true(fabs(m.level_db[2] - 10 * log10(share)) < 1.5);
    }
}

static void loudness_moves_nothing(void **state) {
    (void)state;
    float x[UT_SPECTRUM_N], quiet[UT_SPECTRUM_N];
    made_vowel_fill(&made_vowels[0], 120, false, x, UT_SPECTRUM_N);
    for (int i = 0; i < UT_SPECTRUM_N; i++) quiet[i] = 0.001f * x[i];
    ut_frame a = frame_of(x), b = frame_of(quiet);
    assert_true(b.level_db < -60);
    for (int i = 0; i < UT_FORMANTS; i++) {
        assert_true(a.formant_hz[i] > 0);
        assert_true(fabsf(a.formant_hz[i] / b.formant_hz[i] - 1) < 1e-3f);
        assert_true(fabsf(a.formant_bandwidth_hz[i] / b.formant_bandwidth_hz[i] - 1) < 1e-2f);
        assert_true(fabsf(a.formant_level_db[i] - b.formant_level_db[i]) < 0.05f);
    }
}

static void frame_alone_decides(void **state) {
    (void)state;
    float x[UT_SPECTRUM_N], other[UT_SPECTRUM_N];
    made_vowel_fill(&made_vowels[3], 200, true, x, UT_SPECTRUM_N);
    made_vowel_fill(&made_vowels[1], 100, false, other, UT_SPECTRUM_N);
    ut_frame a = frame_of(x);
    frame_of(other);
    ut_frame b = frame_of(x);
    assert_memory_equal(a.formant_hz, b.formant_hz, sizeof a.formant_hz);
    assert_memory_equal(a.formant_bandwidth_hz, b.formant_bandwidth_hz, sizeof a.formant_bandwidth_hz);
    assert_memory_equal(a.formant_level_db, b.formant_level_db, sizeof a.formant_level_db);
}

/* All there and in order, or absent, and then all after it too. */
static bool is_sane(const ut_frame *f) {
    for (int i = 0; i < UT_FORMANTS; i++) {
        float hz = f->formant_hz[i], bandwidth_hz = f->formant_bandwidth_hz[i], level_db = f->formant_level_db[i];
        float before_hz = i ? f->formant_hz[i - 1] : 90;
        if (hz == 0 && bandwidth_hz == 0 && level_db == 0) continue;
        if (!(hz >= 90 && hz <= 3800 && bandwidth_hz >= 1 && bandwidth_hz <= 2000)) return false;
        if (!(level_db >= -100 && level_db <= 20 && before_hz > 0 && hz >= before_hz)) return false;
    }
    return true;
}

static void silence_has_no_formants(void **state) {
    (void)state;
    static const float levels[] = {0, 1e-7f, 1e-5f};
    for (int k = 0; k < 3; k++) {
        float x[UT_SPECTRUM_N];
        for (int i = 0; i < UT_SPECTRUM_N; i++) x[i] = i % 7 < 3 ? levels[k] : -levels[k];
        ut_frame frame = frame_of(x);
        assert_true(is_sane(&frame));
        assert_true(frame.formant_hz[0] == 0);
    }
}

/* A tone leaves nothing to predict: degenerate, but a resonance, or two within the width of the window, where it is. */
static void tone_is_a_resonance(void **state) {
    (void)state;
    for (double hz = 200; hz < 3500; hz += 37) {
        float x[UT_SPECTRUM_N];
        for (int i = 0; i < UT_SPECTRUM_N; i++) x[i] = (float)sin(2 * M_PI * hz * i / UT_RATE_HZ);
        ut_frame frame = frame_of(x);
        assert_true(is_sane(&frame));
        bool found = false;
        for (int i = 0; i < UT_FORMANTS; i++) found |= fabs((double)frame.formant_hz[i] - hz) < 40;
        if (!found) fail_msg("no formant at %g Hz", hz);
    }
}

/* Sharper than a window lets any frame be: a resonance where the line is. */
static void line_in_a_spectrum_is_a_resonance(void **state) {
    (void)state;
    for (int bin = 4; bin < 115; bin++) {
        float power[UT_BINS] = {0};
        power[bin] = 1;
        ut_frame frame = {.level_db = 0};
        ut_formants_run(plan, power, &frame);
        assert_true(is_sane(&frame));
        int found = 0;
        for (int i = 0; i < UT_FORMANTS; i++)
            found += fabsf(frame.formant_hz[i] - (float)bin * UT_BIN_HZ) < 1 && frame.formant_bandwidth_hz[i] < 2;
        assert_int_equal(found, 1);
    }
}

static void nothing_has_no_formants(void **state) {
    (void)state;
    float power[UT_BINS] = {0};
    ut_frame frame = {.level_db = 0};
    ut_formants_run(plan, power, &frame);
    assert_true(is_sane(&frame) && frame.formant_hz[0] == 0);
}

/* One of many kinds of frame: noise, tones, impulses, an offset, all clipped or scaled by anything. */
static void make_any(float *x, unsigned *seed) {
    float kind = made_noise(seed), scale = exp2f(14 * made_noise(seed) - 10), about = 4 * made_noise(seed);
    float offset = made_noise(seed) > 0.5f ? made_noise(seed) : 0, noise = exp2f(12 * made_noise(seed) - 12);
    float turn = (float)M_PI * made_noise(seed), other = (float)M_PI * made_noise(seed), fade = 1 + 0.1f * kind;
    for (int i = 0; i < UT_SPECTRUM_N; i++) {
        float now = made_noise(seed);
        if (kind > 0.6f) now = sinf(turn * (float)i) + about * sinf(other * (float)i) + noise * now;
        else if (kind > 0.2f) now = now > 0.95f ? about : 0;
        else if (kind > 0) now = roundf(now * about);
        else if (kind > -0.4f) now = powf(fade, (float)i) * cosf(turn * (float)i) + noise * now;
        now = (now + offset) * scale;
        x[i] = fminf(fmaxf(now, about > 2 ? -1 : -8), about > 2 ? 1 : 8);
    }
}

static void nothing_impossible_comes_out(void **state) {
    (void)state;
    enum { FRAMES = 20000 };
    unsigned seed = 7;
    int given = 0;
    for (int k = 0; k < FRAMES; k++) {
        float x[UT_SPECTRUM_N];
        make_any(x, &seed);
        ut_frame frame = frame_of(x);
        if (!is_sane(&frame))
            fail_msg("frame %d: %g %g %g Hz", k, (double)frame.formant_hz[0], (double)frame.formant_hz[1],
                     (double)frame.formant_hz[2]);
        given += frame.formant_hz[0] > 0;
    }
    assert_true(given > FRAMES / 2);
}

/* A power spectrum that no frame has, down to the empty and the infinitely sharp. */
static void no_spectrum_is_too_strange(void **state) {
    (void)state;
    unsigned seed = 9;
    for (int k = 0; k < 20000; k++) {
        float power[UT_BINS];
        float density = made_noise(&seed), range = 60 * made_noise(&seed);
        for (int b = 0; b < UT_BINS; b++) power[b] = made_noise(&seed) > density ? exp2f(range * made_noise(&seed)) : 0;
        ut_frame frame = {.level_db = 20 * made_noise(&seed)};
        ut_formants_run(plan, power, &frame);
        assert_true(is_sane(&frame));
    }
}

/* Reads a column of what Praat measured, nine columns of text a row: t, f0, intensity, HNR, F1, F2, F3. */
static size_t read_praat(const char *path, double (*rows)[7], size_t room) {
    char text[256];
    size_t n = 0;
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    if (!fgets(text, sizeof text, file)) n = room;
    while (n < room && fgets(text, sizeof text, file)) {
        char *at = text;
        for (int c = 0; c < 7; c++) {
            char *end;
            rows[n][c] = strtod(at, &end);
            if (end == at) rows[n][c] = NAN; /* --undefined-- */
            at = strchr(at, ',') ? strchr(at, ',') + 1 : at;
        }
        n++;
    }
    fclose(file);
    return n;
}

/* The median differences from Praat's F1, F2, F3 where that found a voice, in percent. Its frames lie 5 ms off ours,
 * so those centred where they are are made here. */
static bool compare(const char *folder, const char *name, double *percent) {
    enum { ROOM = 6001 };
    static double rows[ROOM][7], errors[UT_FORMANTS][ROOM];
    static float x[ROOM * UT_HOP];
    char path[512];
    SF_INFO info = {0};
    snprintf(path, sizeof path, "%s/reference/wav/%s.wav", folder, name);
    SNDFILE *sound = sf_open(path, SFM_READ, &info);
    if (!sound) return false;
    sf_count_t n = sf_read_float(sound, x, ROOM * UT_HOP);
    sf_close(sound);
    snprintf(path, sizeof path, "%s/reference/praat/%s.praat.csv", folder, name);
    size_t n_rows = read_praat(path, rows, ROOM), count = 0;
    for (size_t i = 0; i < n_rows; i++) {
        long from = lround(rows[i][0] * UT_RATE_HZ) - UT_SPECTRUM_N / 2;
        if (isnan(rows[i][1]) || isnan(rows[i][6]) || from < 0 || from + UT_SPECTRUM_N > n) continue;
        ut_frame frame = frame_of(x + from);
        if (frame.formant_hz[2] == 0) continue;
        for (int f = 0; f < UT_FORMANTS; f++)
            errors[f][count] = 100 * fabs((double)frame.formant_hz[f] / rows[i][4 + f] - 1);
        count++;
    }
    for (int f = 0; f < UT_FORMANTS; f++) percent[f] = count ? median(errors[f], count) : INFINITY;
    return true;
}

static void praat_agrees_on_real_speech(void **state) {
    (void)state;
    static const char *const names[] = {
        "call40_caller_60s_8k",   "crema_1001_DFA_HAP_XX_8k", "crema_1001_DFA_SAD_XX_8k",
        "emodb_Angry_03a05Wa_8k", "emodb_Happy_03a07Fa_8k",   "emodb_Neutral_03a07Nc_8k",
        "emodb_Sad_03b02Tb_8k",   "synth_vowel_a_8k",         "synth_vowel_schwa_8k",
    };
    const char *folder = getenv("UNDERTONE_SHARED");
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        double percent[UT_FORMANTS];
        if (!compare(folder ? folder : "../shared", names[k], percent)) {
            printf("# skipped: no reference here\n");
            skip();
        }
        printf("# %-26s F1 %.1f %%  F2 %.1f %%  F3 %.1f %%\n", names[k], percent[0], percent[1], percent[2]);
        for (int f = 0; f < UT_FORMANTS; f++) assert_true(percent[f] < 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vowels_have_the_formants_they_were_made_with),
        cmocka_unit_test(lines_leave_vowels_their_formants),
        cmocka_unit_test(bandwidths_are_near_those_made),
        cmocka_unit_test(vowels_of_three_resonances_have_three_formants),
        cmocka_unit_test(level_is_the_share_of_the_power),
        cmocka_unit_test(loudness_moves_nothing),
        cmocka_unit_test(frame_alone_decides),
        cmocka_unit_test(silence_has_no_formants),
        cmocka_unit_test(tone_is_a_resonance),
        cmocka_unit_test(line_in_a_spectrum_is_a_resonance),
        cmocka_unit_test(nothing_has_no_formants),
        cmocka_unit_test(nothing_impossible_comes_out),
        cmocka_unit_test(no_spectrum_is_too_strange),
        cmocka_unit_test(praat_agrees_on_real_speech),
    };
    return cmocka_run_group_tests(tests, open_plan, close_plan);
}
