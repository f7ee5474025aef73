/* test_vad.c - music, tones and noises are not taken for speech; speech is, on a noisy line. */
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made_sound.h"
#include "planned.h"
#include "undertone.h"
#include "voiced.h"

enum { SECONDS = 8, N = SECONDS * UT_RATE_HZ, FRAMES = N / UT_HOP, LONGEST = 20 * UT_RATE_HZ };

/* The frames of n samples; returns how many. */
static size_t listen(const float *x, size_t n, ut_frame *frames) {
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    assert_non_null(prosody);
    size_t count = 0;
    for (size_t at = 0; at < n;) {
        at += ut_prosody_push(prosody, x + at, n - at);
        while (ut_prosody_next(prosody, &frames[count])) count++;
    }
    ut_prosody_finish(prosody);
    while (ut_prosody_next(prosody, &frames[count])) count++;
    ut_prosody_free(prosody);
    assert_int_equal(count, n / UT_HOP);
    return count;
}

static size_t count_speech(const ut_frame *frames, size_t n) {
    size_t speech = 0;
    for (size_t i = 0; i < n; i++) speech += frames[i].speech > 0.5f;
    return speech;
}

/* ---- not speech -------------------------------------------------------------------------------------------------- */

typedef struct line {
    double level_db, hiss_db;
    bool telephone;
} line;

static const line lines[] = {{-12, -120, false}, {-25, -60, true}, {-38, -68, true}, {-28, -50, false}};
enum { LINES = sizeof lines / sizeof *lines };

static void make(float *x, const made_sound *sound, const line *line, uint32_t seed) {
    memset(x, 0, N * sizeof *x);
    sound->make(x, N, seed);
    made_scale(x, N, line->level_db);
    made_hiss(x, N, seed, line->hiss_db);
    if (line->telephone) made_telephone(x, N);
}

/* How many frames of a sound on all lines are taken for speech, in percent; rights: for what it is, of those that are
 * as loud as all but the loudest. */
static double false_speech(const made_sound *sound, float *x, ut_frame *frames, double *right) {
    size_t speech = 0, loud = 0, rights = 0;
    for (uint32_t i = 0; i < LINES; i++) {
        make(x, sound, &lines[i], i * 7 + 3);
        size_t n = listen(x, N, frames);
        speech += count_speech(frames, n);
        for (size_t k = 0; k < n; k++) {
            if (frames[k].level_db < lines[i].level_db - 15) continue;
            loud++;
            rights += (sound->class == MADE_MUSIC ? frames[k].music : frames[k].tone) > 0.5f;
        }
    }
    *right = loud ? 100.0 * (double)rights / (double)loud : 0;
    return 100.0 * (double)speech / (LINES * FRAMES);
}

static void is_not_speech(made_class class) {
    float *x = calloc(N, sizeof *x);
    ut_frame *frames = calloc(FRAMES, sizeof *frames);
    assert_true(x && frames);
    double worst = 0, least = 100;
    for (int i = 0; i < MADE_SOUNDS; i++) {
        if (made_sounds[i].class != class) continue;
        double right, wrong = false_speech(&made_sounds[i], x, frames, &right);
        print_message("%-16s %6.2f %% speech, right %5.1f %%\n", made_sounds[i].name, wrong, right);
        worst = fmax(worst, wrong);
        least = fmin(least, right);
    }
    free(frames);
    free(x);
    assert_true(worst < 1);
    assert_true(class == MADE_NOISE || least > 65);
}

static void music_is_not_speech(void **state) {
    (void)state;
    is_not_speech(MADE_MUSIC);
}

static void tones_are_not_speech(void **state) {
    (void)state;
    is_not_speech(MADE_TONE);
}

static void noises_are_not_speech(void **state) {
    (void)state;
    is_not_speech(MADE_NOISE);
}

/* ---- speech ------------------------------------------------------------------------------------------------------ */

/* A voice, then a line that is switched off: nothing, above all no tone that would pass for being on hold. */
static void a_dead_line_is_nothing(void **state) {
    (void)state;
    float *x = calloc(LONGEST, sizeof *x);
    ut_frame *frames = calloc(LONGEST / UT_HOP, sizeof *frames);
    assert_true(x && frames);
    voiced_fill((const voiced_turn[]){{0, 3, 170, 0.1}, {.to_s = 0}}, 0, x, 3 * UT_RATE_HZ);
    for (size_t i = 3 * UT_RATE_HZ; i < LONGEST; i++) x[i] = 1.0f / 32768; /* as some lines are off */
    size_t n = listen(x, LONGEST, frames);
    for (size_t k = 330; k < n; k++) assert_true(frames[k].speech + frames[k].music + frames[k].tone < 0.5f);
    free(frames);
    free(x);
}

static void a_voice_is_speech_however_long_it_goes_on(void **state) {
    (void)state;
    float *x = calloc(LONGEST, sizeof *x);
    ut_frame *frames = calloc(LONGEST / UT_HOP, sizeof *frames);
    assert_true(x && frames);
    const voiced_turn turns[] = {{1, 20, 170, 0.1}, {.to_s = 0}};
    voiced_fill(turns, 0, x, LONGEST);
    size_t n = listen(x, LONGEST, frames), speech = count_speech(frames + 100, n - 100);
    print_message("made voice: %.1f %% speech\n", 100.0 * (double)speech / (double)(n - 100));
    assert_true(count_speech(frames, 70) == 0);
    assert_true(speech > (n - 100) * 9 / 10);
    free(frames);
    free(x);
}

typedef struct hits {
    size_t heard, there;
} hits;

static int by_level(const void *a, const void *b) {
    float a_db = *(const float *)a, b_db = *(const float *)b;
    return (a_db > b_db) - (a_db < b_db);
}

/* Where the clean recording is loud, and stands out of its own room, the noisy one must be taken for speech. */
static void count_hits(const ut_frame *clean, const ut_frame *noisy, size_t n, hits *hits) {
    float levels_db[LONGEST / UT_HOP];
    for (size_t i = 0; i < n; i++) levels_db[i] = clean[i].level_db;
    qsort(levels_db, n, sizeof *levels_db, by_level);
    float least_db = fmaxf(levels_db[n - 1] - 30, levels_db[n / 20] + 6);
    for (size_t i = 0; i < n; i++) {
        if (clean[i].level_db < least_db) continue;
        hits->there++;
        hits->heard += noisy[i].speech > 0.5f;
    }
}

static void add_noise(float *x, size_t n, double snr_db, uint32_t seed) {
    double power = 0;
    for (size_t i = 0; i < n; i++) power += (double)x[i] * (double)x[i] / (double)n;
    made_hiss(x, n, seed, 10 * log10(power + 1e-12) - snr_db);
}

static bool read_clip(const char *path, float *x, size_t *n) {
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file) return false;
    *n = (size_t)sf_readf_float(file, x, LONGEST) / UT_HOP * UT_HOP;
    sf_close(file);
    return info.channels == 1 && info.samplerate == UT_RATE_HZ;
}

/* The columns of the manifest are path,corpus,...; every so manieth clip of crema-d's dev split. */
static bool next_clip(FILE *manifest, int every, char *path, size_t size) {
    char row[512];
    const char *folder = getenv("UNDERTONE_SHARED");
    for (int left = every; fgets(row, sizeof row, manifest);) {
        if (!strstr(row, ",crema-d,") || !strstr(row, ",dev,") || --left > 0) continue;
        row[strcspn(row, ",")] = 0;
        snprintf(path, size, "%s/corpora/%s", folder ? folder : "../shared", row);
        return true;
    }
    return false;
}

static void speech_in_noise_is_heard(void **state) {
    (void)state;
    const char *folder = getenv("UNDERTONE_SHARED");
    char path[1024];
    snprintf(path, sizeof path, "%s/corpora/manifest.csv", folder ? folder : "../shared");
    FILE *manifest = fopen(path, "r");
    if (!manifest) {
        print_message("no corpora\n");
        skip();
    }
    float *x = calloc(LONGEST, sizeof *x);
    ut_frame *clean = calloc(LONGEST / UT_HOP, sizeof *clean), *noisy = calloc(LONGEST / UT_HOP, sizeof *noisy);
    assert_true(x && clean && noisy);
    hits at_20_db = {0}, at_10_db = {0};
    size_t n = 0;
    for (uint32_t seed = 0; next_clip(manifest, 20, path, sizeof path); seed++) {
        assert_true(read_clip(path, x, &n));
        listen(x, n, clean);
        add_noise(x, n, 20, seed);
        count_hits(clean, noisy, listen(x, n, noisy), &at_20_db);
        add_noise(x, n, 10.5, seed + 1000);
        count_hits(clean, noisy, listen(x, n, noisy), &at_10_db);
    }
    fclose(manifest);
    free(noisy);
    free(clean);
    free(x);
    double share_20 = (double)at_20_db.heard / (double)at_20_db.there;
    double share_10 = (double)at_10_db.heard / (double)at_10_db.there;
    print_message("crema-d dev: %.1f %% heard at 20 dB, %.1f %% at 10 dB\n", 100 * share_20, 100 * share_10);
    assert_true(share_20 > 0.95 && share_10 > 0.90);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(music_is_not_speech),
        cmocka_unit_test(tones_are_not_speech),
        cmocka_unit_test(noises_are_not_speech),
        cmocka_unit_test(a_dead_line_is_nothing),
        cmocka_unit_test(a_voice_is_speech_however_long_it_goes_on),
        cmocka_unit_test(speech_in_noise_is_heard),
    };
    return cmocka_run_group_tests(tests, open_plan, close_plan);
}
