/* test_functionals.c - windows of frames to one vector, and the numbers a reading shows. What a window keeps is held
 * against a plain reference over the same frames in double precision, and against a window that never slid. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prosody/functionals.h"

enum { MOST = 512, HOUR = 360000 };

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

/* Speech at a pitch, or none at 0 Hz. */
static ut_frame frame_of(float f0_hz, float level_db) {
    ut_frame frame = {.f0_hz = f0_hz, .level_db = level_db, .voicing = f0_hz > 0 ? 0.9f : 0.1f, .speech = 1};
    frame.loudness = powf(10, level_db / 20);
    frame.spectral_flux = frame.loudness / 10;
    for (int b = 0; b < UT_MEL_BANDS; b++) frame.mel_db[b] = level_db - (float)b;
    for (int c = 0; c < UT_MFCC; c++) frame.mfcc[c] = (float)c;
    if (f0_hz == 0) return frame;
    frame.hnr_db = 12;
    frame.h1_h2_db = 3;
    frame.h1_a3_db = 20;
    frame.jitter_local = 0.01f;
    frame.shimmer_local_db = 0.4f;
    for (int i = 0; i < UT_FORMANTS; i++) {
        frame.formant_hz[i] = 500 + 1000 * (float)i;
        frame.formant_bandwidth_hz[i] = 80;
        frame.formant_level_db[i] = -10;
    }
    return frame;
}

static void push(ut_functionals *f, ut_frame frame, int times) {
    while (times-- > 0) ut_functionals_push(f, &frame);
}

/* ---- frames by number: runs of pauses, breath and voice, everything in them random ---- */

enum { FRAMES = 997, KINDS = 5003 }; /* prime: they meet again after 13 hours */
static ut_frame made[FRAMES];
static unsigned char made_kinds[KINDS];

static unsigned chance(unsigned below) {
    static unsigned seed = 1;
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 12) % below;
}

static float between(float least, float most) { return least + (most - least) * (float)chance(100000) / 100000; }

static ut_frame make_frame(void) {
    ut_frame frame = {.level_db = between(-70, -5), .loudness = between(0.05f, 4), .spectral_flux = between(0, 0.03f)};
    frame.alpha_ratio_db = between(-40, 30);
    frame.hammarberg_db = between(-20, 55);
    frame.slope_0_500 = between(-0.04f, 0.14f);
    frame.slope_500_1500 = between(-0.04f, 0.06f);
    frame.tilt_0_500 = between(-0.11f, 0.12f);
    frame.tilt_500_1500 = between(-0.06f, 0.04f);
    for (int b = 0; b < UT_MEL_BANDS; b++) frame.mel_db[b] = between(-95, -10);
    for (int c = 0; c < UT_MFCC; c++) frame.mfcc[c] = between(-60, 60);
    frame.f0_hz = between(60, 580);
    frame.voicing = between(0.3f, 1);
    frame.hnr_db = between(-3, 30);
    frame.h1_h2_db = between(-10, 20);
    frame.h1_a3_db = between(-10, 40);
    frame.jitter_local = chance(3) ? between(0.001f, 0.05f) : 0;
    frame.shimmer_local_db = chance(3) ? between(0.01f, 3) : 0;
    for (int i = 0; i < UT_FORMANTS; i++) {
        frame.formant_hz[i] = chance(4) ? between(200, 3800) : 0;
        frame.formant_bandwidth_hz[i] = frame.formant_hz[i] > 0 ? between(20, 800) : 0;
        frame.formant_level_db[i] = frame.formant_hz[i] > 0 ? between(-50, 0) : 0;
    }
    frame.music = between(0, 0.6f);
    frame.tone = between(0, 0.7f);
    frame.syllable = chance(20) == 0;
    return frame;
}

static int make_frames(void **state) {
    (void)state;
    for (int i = 0; i < FRAMES; i++) made[i] = make_frame();
    for (int i = 0; i < KINDS;) {
        unsigned kind = chance(3);
        for (int n = 1 + (int)chance(chance(2) ? 8 : 60); n > 0 && i < KINDS; n--)
            made_kinds[i++] = (unsigned char)kind;
    }
    return 0;
}

static ut_frame made_frame(long number) {
    ut_frame frame = made[number % FRAMES];
    int kind = made_kinds[number % KINDS];
    frame.speech = kind ? 0.9f : 0.2f;
    if (kind == 1) frame.f0_hz = frame.hnr_db = frame.h1_h2_db = frame.h1_a3_db = 0;
    if (kind == 1) frame.jitter_local = frame.shimmer_local_db = 0;
    return frame;
}

static void push_made(ut_functionals *f, long from, long to) {
    for (long i = from; i < to; i++) {
        ut_frame frame = made_frame(i);
        ut_functionals_push(f, &frame);
    }
}

/* ---- the reference ---- */

enum { LONGEST = 3000 };
static ut_frame frames[LONGEST];
static int n_frames;

typedef double descriptor(const ut_frame *frame, int n); /* NaN: not there */

static double or_absent(double x, bool there) { return there ? x : NAN; }
static double f0_st(const ut_frame *f, int n) { return (void)n, or_absent(12 * log2(f->f0_hz / 27.5), f->f0_hz > 0); }
static double loudness(const ut_frame *f, int n) { return (void)n, f->loudness; }
static double level(const ut_frame *f, int n) { return (void)n, f->level_db; }
static double alpha(const ut_frame *f, int n) { return (void)n, f->alpha_ratio_db; }
static double hammarberg(const ut_frame *f, int n) { return (void)n, f->hammarberg_db; }
static double slope_0(const ut_frame *f, int n) { return (void)n, f->slope_0_500; }
static double slope_500(const ut_frame *f, int n) { return (void)n, f->slope_500_1500; }
static double tilt_0(const ut_frame *f, int n) { return (void)n, f->tilt_0_500; }
static double tilt_500(const ut_frame *f, int n) { return (void)n, f->tilt_500_1500; }
static double flux(const ut_frame *f, int n) { return (void)n, f->spectral_flux; }
static double flux_rel(const ut_frame *f, int n) {
    return (void)n, 20 * log10(fmax(f->spectral_flux, 1e-6)) - f->level_db;
}
static double mfcc(const ut_frame *f, int n) { return f->mfcc[n - 1]; }
static double mel_rel(const ut_frame *f, int n) {
    double sum = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) sum += f->mel_db[b];
    return f->mel_db[n - 1] - sum / UT_MEL_BANDS;
}
static double voicing(const ut_frame *f, int n) { return (void)n, f->voicing; }
static double hnr(const ut_frame *f, int n) { return (void)n, f->hnr_db; }
static double h1_h2(const ut_frame *f, int n) { return (void)n, f->h1_h2_db; }
static double h1_a3(const ut_frame *f, int n) { return (void)n, or_absent(f->h1_a3_db, f->formant_hz[2] > 0); }
static double jitter(const ut_frame *f, int n) { return (void)n, or_absent(f->jitter_local, f->jitter_local > 0); }
static double shimmer(const ut_frame *f, int n) {
    return (void)n, or_absent(f->shimmer_local_db, f->shimmer_local_db > 0);
}
static double formant_hz(const ut_frame *f, int n) { return or_absent(f->formant_hz[n - 1], f->formant_hz[n - 1] > 0); }
static double bandwidth(const ut_frame *f, int n) {
    return or_absent(f->formant_bandwidth_hz[n - 1], f->formant_hz[n - 1] > 0);
}
static double formant_level(const ut_frame *f, int n) {
    return or_absent(f->formant_level_db[n - 1], f->formant_hz[n - 1] > 0);
}

enum over { SPEECH, VOICED, UNVOICED };
static const struct reference {
    const char *name; /* with %d where there are several */
    descriptor *of;
    int several;
    enum over over;
    double step;
} references[] = {
    {"loudness", loudness, 0, SPEECH, 32 / 65536.0},
    {"level_db", level, 0, SPEECH, 128 / 65536.0},
    {"level_spread_db", level, 0, SPEECH, 128 / 65536.0},
    {"level_spread_db_voiced", level, 0, VOICED, 128 / 65536.0},
    {"alpha_ratio_db", alpha, 0, SPEECH, 192 / 65536.0},
    {"alpha_ratio_voiced_db", alpha, 0, VOICED, 192 / 65536.0},
    {"alpha_ratio_unvoiced_db", alpha, 0, UNVOICED, 192 / 65536.0},
    {"hammarberg_db", hammarberg, 0, SPEECH, 192 / 65536.0},
    {"hammarberg_voiced_db", hammarberg, 0, VOICED, 192 / 65536.0},
    {"hammarberg_unvoiced_db", hammarberg, 0, UNVOICED, 192 / 65536.0},
    {"slope_0_500", slope_0, 0, SPEECH, 0.5 / 65536},
    {"slope_0_500_voiced", slope_0, 0, VOICED, 0.5 / 65536},
    {"slope_0_500_unvoiced", slope_0, 0, UNVOICED, 0.5 / 65536},
    {"slope_500_1500", slope_500, 0, SPEECH, 0.5 / 65536},
    {"slope_500_1500_voiced", slope_500, 0, VOICED, 0.5 / 65536},
    {"slope_500_1500_unvoiced", slope_500, 0, UNVOICED, 0.5 / 65536},
    {"tilt_0_500", tilt_0, 0, SPEECH, 0.5 / 65536},
    {"tilt_0_500_voiced", tilt_0, 0, VOICED, 0.5 / 65536},
    {"tilt_0_500_unvoiced", tilt_0, 0, UNVOICED, 0.5 / 65536},
    {"tilt_500_1500", tilt_500, 0, SPEECH, 0.5 / 65536},
    {"tilt_500_1500_voiced", tilt_500, 0, VOICED, 0.5 / 65536},
    {"tilt_500_1500_unvoiced", tilt_500, 0, UNVOICED, 0.5 / 65536},
    {"spectral_flux", flux, 0, SPEECH, 0.25 / 65536},
    {"spectral_flux_voiced", flux, 0, VOICED, 0.25 / 65536},
    {"spectral_flux_unvoiced", flux, 0, UNVOICED, 0.25 / 65536},
    {"flux_rel_db", flux_rel, 0, SPEECH, 160 / 65536.0},
    {"flux_rel_voiced_db", flux_rel, 0, VOICED, 160 / 65536.0},
    {"flux_rel_unvoiced_db", flux_rel, 0, UNVOICED, 160 / 65536.0},
    {"mfcc_%d", mfcc, UT_MFCC, SPEECH, 256 / 65536.0},
    {"mfcc_%d_voiced", mfcc, 4, VOICED, 256 / 65536.0},
    {"mel_%d_rel_db", mel_rel, UT_MEL_BANDS, SPEECH, 256 / 65536.0},
    {"f0_st", f0_st, 0, SPEECH, 48 / 65536.0},
    {"voicing", voicing, 0, VOICED, 1 / 65536.0},
    {"hnr_db", hnr, 0, VOICED, 128 / 65536.0},
    {"h1_h2_db", h1_h2, 0, VOICED, 256 / 65536.0},
    {"h1_a3_db", h1_a3, 0, VOICED, 256 / 65536.0},
    {"jitter_local", jitter, 0, VOICED, 0.5 / 65536},
    {"shimmer_local_db", shimmer, 0, VOICED, 16 / 65536.0},
    {"f%d_hz", formant_hz, UT_FORMANTS, VOICED, 4096 / 65536.0},
    {"f%d_bandwidth_hz", bandwidth, UT_FORMANTS, VOICED, 2048 / 65536.0},
    {"f%d_level_db", formant_level, UT_FORMANTS, VOICED, 128 / 65536.0},
};

static bool in_speech(int i) { return frames[i].speech > 0.5f; }
static bool in_voice(int i) { return in_speech(i) && frames[i].f0_hz > 0; }
static bool is_over(int i, enum over over) {
    return over == SPEECH ? in_speech(i) : in_speech(i) && in_voice(i) == (over == VOICED);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted, so that it has percentiles; NaN where it is too few for them. */
struct numbers {
    double x[LONGEST], mean, std;
    int n;
};

static void sum_up(struct numbers *s, int least) {
    double square = 0;
    if (s->n < least) s->n = 1, s->x[0] = NAN;
    s->mean = 0;
    for (int i = 0; i < s->n; i++) s->mean += s->x[i] / s->n;
    for (int i = 0; i < s->n; i++) square += (s->x[i] - s->mean) * (s->x[i] - s->mean);
    s->std = sqrt(square / s->n);
    qsort(s->x, (size_t)s->n, sizeof *s->x, ascending);
}

static double percentile(const struct numbers *s, int percent) { return s->x[((s->n - 1) * percent + 50) / 100]; }

/* Checks a functional where there is one of that name; returns how many were checked. */
static int check(const float *out, const char *name, const char *what, double wanted, double tolerance) {
    char whole[64];
    snprintf(whole, sizeof whole, "%s_%s", name, what);
    int i = ut_functional_find(whole);
    if (i < 0) return 0;
    bool right = isnan(wanted) ? isnan(out[i]) : fabs(out[i] - wanted) <= tolerance + 1e-6 * fabs(wanted);
    if (!right) fail_msg("%s is %.9g, not %.9g within %g", whole, out[i], wanted, tolerance);
    return 1;
}

static int check_levels(const struct reference *r, const char *name, int n, const float *out) {
    static struct numbers s;
    const double rank = 32 * r->step + r->step; /* half of one, and what was rounded before */
    bool relative = r->of == loudness;          /* percentiles of its logarithm */
    s.n = 0;
    for (int i = 0; i < n_frames; i++) {
        double x = is_over(i, r->over) ? r->of(&frames[i], n) : NAN;
        if (!isnan(x)) s.x[s.n++] = x;
    }
    sum_up(&s, 10);
    double p20 = percentile(&s, 20), p50 = percentile(&s, 50), p80 = percentile(&s, 80), p95 = percentile(&s, 95);
    int checked = check(out, name, "mean", s.mean, r->step / 2) + check(out, name, "std", s.std, r->step);
    checked += check(out, name, "cv", s.std / s.mean, (1 + s.std / s.mean) * r->step / s.mean);
    checked += check(out, name, "p20", p20, relative ? 0.006 * p20 : rank);
    checked += check(out, name, "p50", p50, relative ? 0.006 * p50 : rank);
    checked += check(out, name, "p80", p80, relative ? 0.006 * p80 : rank);
    checked += check(out, name, "p80_p20", p80 - p20, relative ? 0.006 * (p80 + p20) : 2 * rank);
    return checked + check(out, name, "p95_p50", p95 - p50, 2 * rank);
}

static const struct reference changes[] = {
    {"loudness_change_s", loudness, 0, SPEECH, 32 / 65536.0},
    {"level_change_db_s", level, 0, SPEECH, 128 / 65536.0},
    {"alpha_ratio_change_db_s", alpha, 0, SPEECH, 192 / 65536.0},
    {"f0_change_st_s", f0_st, 0, VOICED, 48 / 65536.0},
    {"mfcc_%d_change", mfcc, UT_MFCC, SPEECH, 256 / 65536.0},
};

static int check_changes(const struct reference *r, const char *name, int n, const float *out) {
    static struct numbers all, up, down;
    const double step = r->step / 0.04; /* two roundings of half a step */
    double path = 0;
    all.n = up.n = down.n = 0;
    for (int i = 4; i < n_frames; i++) {
        bool inside = true;
        for (int k = i - 4; k <= i; k++) inside = inside && is_over(k, r->over);
        if (!inside) continue;
        double x = (r->of(&frames[i], n) - r->of(&frames[i - 4], n)) / 0.04;
        all.x[all.n++] = x;
        if (x > 0) up.x[up.n++] = x;
        if (x < 0) down.x[down.n++] = x;
        path += fabs(x);
    }
    if (all.n < 10) up.n = down.n = 0, path = NAN;
    sum_up(&all, 10), sum_up(&up, 1), sum_up(&down, 1);
    int checked = check(out, name, "std", all.std, step) + check(out, name, "mean_abs", path / all.n, step);
    checked += check(out, name, "rising_mean", up.mean, step) + check(out, name, "rising_std", up.std, step);
    return checked + check(out, name, "falling_mean", down.mean, step) +
           check(out, name, "falling_std", down.std, step);
}

static int each(const struct reference *r, size_t n, const float *out,
                int (*checks)(const struct reference *, const char *, int, const float *)) {
    int checked = 0;
    for (const struct reference *end = r + n; r < end; r++)
        for (int k = 1; k <= (r->several ? r->several : 1); k++) {
            char name[48] = {0};
            const char *several = strstr(r->name, "%d");
            if (several) snprintf(name, sizeof name, "%.*s%d%s", (int)(several - r->name), r->name, k, several + 2);
            checked += checks(r, several ? name : r->name, k, out);
        }
    return checked;
}

/* Lengths of runs in seconds. */
static void runs(bool (*fits)(int), bool wanted, bool (*within)(int), struct numbers *s) {
    bool inside = false;
    s->n = 0;
    for (int i = 0; i < n_frames; i++) {
        bool here = fits(i) == wanted && (!within || within(i));
        if (here && !inside) s->x[s->n++] = 0;
        if (here) s->x[s->n - 1] += 0.01;
        inside = here;
    }
    sum_up(s, 1);
}

static bool peaks_at(int at) {
    for (int i = 1; i <= 5; i++)
        if (frames[at - i].loudness >= frames[at].loudness || frames[at + i].loudness >= frames[at].loudness)
            return false;
    return in_speech(at);
}

static int check_course(const float *out) {
    static struct numbers voiced, unvoiced, pauses;
    int speech = 0, voice = 0, syllables = 0, peaks = 0, music = 0, tones = 0, first = -1, last = -1;
    double power = 0;
    for (int i = 0; i < n_frames; i++) {
        speech += in_speech(i), voice += in_voice(i), syllables += frames[i].syllable && in_speech(i);
        music += frames[i].music > 0.5f, tones += frames[i].tone > 0.5f;
        power += pow(10, frames[i].level_db / 10);
        if (in_speech(i)) last = i;
        if (in_speech(i) && first < 0) first = i;
        peaks += i >= 5 && i + 5 < n_frames && peaks_at(i);
    }
    runs(in_voice, true, NULL, &voiced), runs(in_voice, false, in_speech, &unvoiced);
    runs(in_speech, false, NULL, &pauses);
    const double all = n_frames, speech_s = speech * 0.01, span = last - first + 1;
    int checked = check(out, "voiced_segment_s", "mean", voiced.mean, 1e-6);
    checked += check(out, "voiced_segment_s", "std", voiced.std, 1e-6);
    checked += check(out, "unvoiced_segment_s", "mean", unvoiced.mean, 1e-6);
    checked += check(out, "unvoiced_segment_s", "std", unvoiced.std, 1e-6);
    checked += check(out, "pause_s", "mean", pauses.mean, 1e-6);
    checked += check(out, "voiced_segments", "s", voiced.n / speech_s, 1e-6);
    checked += check(out, "loudness_peaks", "s", peaks / speech_s, 1e-6);
    checked += check(out, "articulation_rate_syl", "s", syllables / speech_s, 1e-6);
    checked += check(out, "speaking_rate_syl", "s", syllables / (span * 0.01), 1e-6);
    checked += check(out, "speech", "share", speech / all, 1e-6) + check(out, "music", "share", music / all, 1e-6);
    checked += check(out, "tone", "share", tones / all, 1e-6) + check(out, "pause", "share", 1 - speech / span, 1e-6);
    checked += check(out, "voiced", "share", (double)voice / speech, 1e-6);
    return checked + check(out, "level_eq", "db", 10 * log10(power / all), 1e-3);
}

/* All there are, hnr_db once. */
static void check_against_reference(const ut_functionals *f) {
    float out[MOST];
    ut_functionals_take(f, out);
    int checked = each(references, sizeof references / sizeof *references, out, check_levels);
    checked += each(changes, sizeof changes / sizeof *changes, out, check_changes);
    checked += check_course(out);
    assert_int_equal(checked, ut_functional_count());
}

static void a_window_says_what_its_frames_say(void **state) {
    (void)state;
    static const unsigned lengths[] = {100, 400, 1000};
    for (int k = 0; k < 3; k++) {
        ut_functionals *f = ut_functionals_new(lengths[k]);
        n_frames = (int)lengths[k];
        push_made(f, 0, 5000);
        for (int at = 5000; at < 5400; at += 37) {
            for (int i = 0; i < n_frames; i++) frames[i] = made_frame(at - n_frames + i);
            check_against_reference(f);
            push_made(f, at, at + 37);
        }
        ut_functionals_free(f);
    }
}

static void the_whole_says_what_its_frames_say(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_WHOLE);
    for (n_frames = 0; n_frames < LONGEST; n_frames++) {
        frames[n_frames] = made_frame(n_frames + 70);
        ut_functionals_push(f, &frames[n_frames]);
        if (n_frames % 600 == 500) {
            n_frames++;
            check_against_reference(f);
            n_frames--;
        }
    }
    check_against_reference(f);
    ut_functionals_free(f);
}

/* ---- to the last bit ---- */

static void assert_same(const ut_functionals *a, const ut_functionals *b) {
    float x[MOST], y[MOST];
    ut_functionals_take(a, x);
    ut_functionals_take(b, y);
    for (size_t i = 0; i < ut_functional_count(); i++)
        if (memcmp(&x[i], &y[i], sizeof *x) != 0) fail_msg("%s: %.9g, %.9g", ut_functional_name(i), x[i], y[i]);
    assert_true(ut_functionals_speech_s(a) == ut_functionals_speech_s(b));
    assert_true(ut_functionals_level_db(a) == ut_functionals_level_db(b));
    assert_true(ut_functionals_rate_syl_s(a) == ut_functionals_rate_syl_s(b));
}

static void slide(unsigned length, long n, long look_every) {
    ut_functionals *slid = ut_functionals_new(length);
    for (long from = 0; from < n; from += look_every) {
        push_made(slid, from, from + look_every);
        ut_functionals *fresh = ut_functionals_new(length);
        long first = from + look_every - (long)length;
        push_made(fresh, first > 0 ? first : 0, from + look_every);
        assert_same(slid, fresh);
        ut_functionals_free(fresh);
    }
    ut_functionals_free(slid);
}

static void what_slid_for_hours_is_as_if_fresh(void **state) {
    (void)state;
    slide(UT_WINDOW_HOPS, 4 * HOUR, 9973);
    slide(UT_WINDOW_LEAST, 1500, 1);
    slide(UT_WINDOW_MOST, 60000, 1009);
}

static void the_whole_of_what_fits_is_the_window(void **state) {
    (void)state;
    ut_functionals *whole = ut_functionals_new(UT_WINDOW_WHOLE), *window = ut_functionals_new(UT_WINDOW_MOST);
    for (long i = 0; i < UT_WINDOW_MOST; i++) {
        push_made(whole, i, i + 1);
        push_made(window, i, i + 1);
        assert_same(whole, window);
    }
    ut_functionals_free(whole);
    ut_functionals_free(window);
}

static void an_hour_at_the_ends_of_all_scales(void **state) {
    (void)state;
    ut_frame high, low = {.speech = 1, .f0_hz = 1, .level_db = -1e30f, .loudness = -1e30f, .spectral_flux = -1};
    high = (ut_frame){.speech = 1, .f0_hz = 1e9f, .level_db = 300, .loudness = 1e30f, .alpha_ratio_db = 1e30f};
    high.hammarberg_db = high.slope_0_500 = high.slope_500_1500 = high.spectral_flux = high.mfcc[4] = INFINITY;
    high.hnr_db = high.h1_h2_db = high.jitter_local = high.formant_hz[1] = high.mel_db[3] = 1e30f;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_WHOLE);
    push(f, high, HOUR);
    assert_near(f, "level_db_mean", 24, 0.01);
    assert_near(f, "loudness_mean", 32, 0.01);
    assert_near(f, "mfcc_5_mean", 128, 0.01);
    assert_near(f, "mfcc_5_std", 0, 0.01);
    assert_near(f, "level_eq_db", 0, 1e-3);
    assert_near(f, "voiced_segment_s_mean", 3600, 0.01);
    assert_near(f, "voiced_segment_s_std", 0, 0.01);
    push(f, low, HOUR);
    assert_near(f, "level_db_mean", -40, 0.01);
    assert_near(f, "level_db_std", 64, 0.01);
    assert_near(f, "f0_st_p80_p20", 48, 0.1);
    ut_functionals_free(f);
}

static void segments_have_no_most(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_WHOLE);
    ut_frame voice = frame_of(110, -20), pause = {.level_db = -70};
    for (int i = 0; i < 20000; i++) {
        push(f, voice, 5 + 10 * (i % 2));
        push(f, pause, 10);
    }
    assert_near(f, "voiced_segments_s", 10, 1e-5);
    assert_near(f, "voiced_segment_s_mean", 0.1, 1e-6);
    assert_near(f, "voiced_segment_s_std", 0.05, 1e-6);
    assert_near(f, "pause_s_mean", 0.1, 1e-6);
    ut_functionals_free(f);
}

/* ---- by example ---- */

static void names_are_unique_and_plain(void **state) {
    (void)state;
    size_t n = ut_functional_count();
    assert_true(n >= 250 && n <= MOST);
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

static void windows_are_of_one_to_ten_seconds_or_whole(void **state) {
    (void)state;
    assert_null(ut_functionals_new(99));
    assert_null(ut_functionals_new(1001));
    assert_null(ut_functionals_new((unsigned)-1));
    ut_functionals_free(NULL);
}

static void nothing_heard_is_not_a_number(void **state) {
    (void)state;
    static const char *const of_silence[] = {"speech_share", "music_share", "tone_share", "pause_s_mean",
                                             "level_eq_db"};
    float out[MOST];
    ut_functionals *f = ut_functionals_new(UT_WINDOW_HOPS);
    ut_functionals_take(f, out);
    for (size_t i = 0; i < ut_functional_count(); i++) assert_true(isnan(out[i]));
    assert_true(ut_functionals_level_db(f) == -100);
    assert_true(ut_functionals_rate_syl_s(f) == 0 && !ut_functionals_speaking(f));

    push(f, (ut_frame){.level_db = -70}, 500);
    ut_functionals_take(f, out);
    for (size_t i = 0; i < ut_functional_count(); i++) {
        bool of = false;
        for (int k = 0; k < 5; k++) of |= strcmp(ut_functional_name(i), of_silence[k]) == 0;
        if (isfinite(out[i]) != of) fail_msg("%s of silence is %g", ut_functional_name(i), out[i]);
    }
    assert_near(f, "speech_share", 0, 0);
    assert_near(f, "pause_s_mean", 4, 0.001);
    assert_near(f, "level_eq_db", -70, 0.01);
    ut_functionals_free(f);
}

static void too_few_frames_are_not_spoken_for(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_HOPS);
    push(f, frame_of(110, -20), 9);
    assert_true(isnan(value(f, "f0_st_p50")) && isnan(value(f, "level_db_mean")) &&
                isnan(value(f, "articulation_rate_syl_s")));
    push(f, frame_of(110, -20), 1);
    assert_near(f, "f0_st_p50", 24, 0.025);
    assert_near(f, "f0_st_mean", 24, 1e-3);
    assert_near(f, "level_db_mean", -20, 1e-3);
    ut_functionals_free(f);
}

static void what_is_not_there_is_left_out(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_HOPS);
    ut_frame bare = {.f0_hz = 110, .speech = 1, .level_db = -20, .hnr_db = 2};
    push(f, frame_of(220, -20), 50);
    push(f, bare, 50);
    push(f, frame_of(0, -40), 50);
    push(f, (ut_frame){.level_db = -90}, 150);
    assert_near(f, "f0_st_mean", 30, 1e-3);
    assert_near(f, "f0_st_std", 6, 1e-3);
    assert_near(f, "hnr_db_mean", 7, 0.001);
    assert_near(f, "level_db_mean", -80 / 3.0, 0.001);
    assert_near(f, "jitter_local_mean", 0.01, 1e-5);
    assert_near(f, "jitter_local_cv", 0, 1e-3);
    assert_near(f, "shimmer_local_db_mean", 0.4, 0.001);
    assert_near(f, "h1_a3_db_mean", 20, 0.002);
    assert_near(f, "f1_hz_mean", 500, 0.05);
    assert_near(f, "f3_hz_mean", 2500, 0.05);
    assert_near(f, "f2_bandwidth_hz_mean", 80, 0.05);
    assert_near(f, "f2_level_db_mean", -10, 0.002);
    assert_near(f, "voiced_share", 2 / 3.0, 1e-6);
    assert_true(fabsf(ut_functionals_speech_s(f) - 1.5f) < 1e-5f);
    ut_functionals_free(f);
}

static void rates_with_and_without_pauses(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_HOPS);
    ut_frame voice = frame_of(110, -20), pause = {.level_db = -70, .music = 1}, nucleus = voice;
    nucleus.syllable = true;
    push(f, pause, 70);
    for (int i = 0; i < 4; i++) push(f, voice, 24), push(f, nucleus, 1);
    push(f, pause, 100);
    for (int i = 0; i < 4; i++) push(f, voice, 24), push(f, nucleus, 1);
    push(f, pause, 30);
    assert_near(f, "articulation_rate_syl_s", 4, 1e-5);
    assert_near(f, "speaking_rate_syl_s", 8 / 3.0, 1e-5);
    assert_near(f, "pause_share", 1 / 3.0, 1e-6);
    assert_near(f, "music_share", 0.5, 1e-6);
    assert_near(f, "tone_share", 0, 0);
    ut_functionals_free(f);
}

static void window_forgets(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_HOPS);
    push(f, frame_of(500, -3), 1000);
    push(f, frame_of(110, -30), UT_WINDOW_HOPS);
    assert_near(f, "f0_st_mean", 24, 1e-3);
    assert_near(f, "level_db_std", 0, 1e-3);
    push(f, frame_of(220, -30), UT_WINDOW_HOPS / 2);
    assert_near(f, "f0_st_mean", 30, 1e-3);
    ut_functionals_free(f);
}

static void slopes_of_pitch_are_semitones_a_second(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_HOPS);
    for (int i = 0; i < 100; i++) push(f, frame_of(110 * powf(2, (float)i / 100), -20), 1);
    for (int i = 0; i < 100; i++) push(f, frame_of(220 * powf(2, -(float)i / 50), -20), 1);
    assert_near(f, "f0_change_st_s_rising_mean", 12, 0.4);
    assert_near(f, "f0_change_st_s_falling_mean", -24, 0.4);
    assert_near(f, "f0_st_p80_p20", 11.2, 0.4); /* 32.8 less 21.6 */
    push(f, frame_of(110, -20), UT_WINDOW_HOPS);
    assert_near(f, "f0_change_st_s_mean_abs", 0, 0);
    assert_true(isnan(value(f, "f0_change_st_s_rising_mean")) && isnan(value(f, "f0_change_st_s_rising_std")));
    ut_functionals_free(f);
}

/* A louder line changes only what is named after its level. */
static void only_named_ones_follow_the_level(void **state) {
    (void)state;
    static const char *const levels[] = {"loudness_", "level_db_", "level_eq_", "spectral_flux_", "slope_"};
    float quiet[MOST], loud[MOST];
    ut_functionals *a = ut_functionals_new(UT_WINDOW_HOPS), *b = ut_functionals_new(UT_WINDOW_HOPS);
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
    push(b, (ut_frame){.level_db = -58}, 20);
    ut_functionals_take(a, quiet);
    ut_functionals_take(b, loud);
    int followed = 0;
    for (size_t i = 0; i < ut_functional_count(); i++) {
        const char *name = ut_functional_name(i);
        assert_true(isfinite(quiet[i]));
        bool same = fabsf(quiet[i] - loud[i]) <= 2e-3f * (1 + fabsf(quiet[i])), allowed = false;
        for (int k = 0; k < 5; k++) allowed |= strncmp(name, levels[k], strlen(levels[k])) == 0;
        if (!same && !allowed) fail_msg("%s goes from %g to %g with the level", name, quiet[i], loud[i]);
        followed += !same;
    }
    assert_true(followed > 8);
    assert_near(a, "loudness_cv", value(b, "loudness_cv"), 0.01);
    assert_near(a, "level_eq_db", value(b, "level_eq_db") - 12, 1e-3);
    ut_functionals_free(a);
    ut_functionals_free(b);
}

static void reading_tells_level_rate_and_speaking(void **state) {
    (void)state;
    static const unsigned lengths[] = {UT_WINDOW_WHOLE, UT_WINDOW_LEAST, UT_WINDOW_HOPS};
    for (int k = 0; k < 3; k++) {
        ut_functionals *f = ut_functionals_new(lengths[k]);
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
        float syllables = lengths[k] == UT_WINDOW_LEAST ? 5 : 10;
        assert_true(fabsf(ut_functionals_rate_syl_s(f) - syllables / ut_functionals_speech_s(f)) < 1e-4f);
        ut_functionals_free(f);
    }
}

static void no_number_is_no_value(void **state) {
    (void)state;
    ut_functionals *f = ut_functionals_new(UT_WINDOW_HOPS), *without = ut_functionals_new(UT_WINDOW_HOPS);
    ut_frame odd = frame_of(110, -20);
    odd.hammarberg_db = NAN;
    push(f, frame_of(110, -20), 100);
    push(without, frame_of(110, -20), 100);
    float hammarberg_db = value(f, "hammarberg_db_mean");
    push(f, odd, 100);
    push(without, frame_of(110, -20), 100);
    assert_true(value(f, "hammarberg_db_mean") == hammarberg_db);
    push(f, frame_of(110, -20), UT_WINDOW_HOPS);
    push(without, frame_of(110, -20), UT_WINDOW_HOPS);
    assert_same(f, without);
    ut_functionals_free(f);
    ut_functionals_free(without);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_says_what_its_frames_say),
        cmocka_unit_test(the_whole_says_what_its_frames_say),
        cmocka_unit_test(what_slid_for_hours_is_as_if_fresh),
        cmocka_unit_test(the_whole_of_what_fits_is_the_window),
        cmocka_unit_test(an_hour_at_the_ends_of_all_scales),
        cmocka_unit_test(segments_have_no_most),
        cmocka_unit_test(names_are_unique_and_plain),
        cmocka_unit_test(unknown_names_are_not_found),
        cmocka_unit_test(windows_are_of_one_to_ten_seconds_or_whole),
        cmocka_unit_test(nothing_heard_is_not_a_number),
        cmocka_unit_test(too_few_frames_are_not_spoken_for),
        cmocka_unit_test(what_is_not_there_is_left_out),
        cmocka_unit_test(rates_with_and_without_pauses),
        cmocka_unit_test(window_forgets),
        cmocka_unit_test(slopes_of_pitch_are_semitones_a_second),
        cmocka_unit_test(only_named_ones_follow_the_level),
        cmocka_unit_test(reading_tells_level_rate_and_speaking),
        cmocka_unit_test(no_number_is_no_value),
    };
    return cmocka_run_group_tests_name("functionals", tests, make_frames, NULL);
}
