#include "calls.h"

#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../blackbox/program.h"
#include "../blackbox/sound.h"

enum { RATE_HZ = 8000, CHANNELS = 2, BLOCK = 4096, NOISE = 8 /* of 32768 */ };

static const double on_s = 0.5, turn_s = 1.1;
static short *said[CALLS_MOST]; /* [n_said][CHANNELS] */
static long n_said;

const char *calls_name(int i) {
    static char names[CALLS_MOST][24];
    snprintf(names[i], sizeof names[i], "call-%02d.wav", i);
    return names[i];
}

/* Numerical Recipes' quick generator: the same noise every time, and another for every call. */
static double noise(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    double x = (double)(*state >> 16) / 65536 - 0.5;
    return x < 0 ? x * 2 * NOISE - 1 : x * 2 * NOISE + 1; /* never zero */
}

/* Harmonics of a pitch that rises and falls, louder and softer as syllables are. */
static double hum(double pitch_hz, double t_s) {
    double phase = 2 * M_PI * (pitch_hz * t_s - 10 / (2 * M_PI * 2) * cos(2 * M_PI * 2 * t_s)), sum = 0;
    for (int k = 1; k < 16; k++) sum += sin(k * phase) / k;
    return 0.12 * sum * (0.7 + 0.3 * sin(2 * M_PI * 5 * t_s));
}

static void speak(int call, double pitch_hz, double later_s) {
    uint32_t state = (uint32_t)call + 1;
    for (long i = 0; i < n_said; i++) {
        double t_s = (double)i / RATE_HZ - later_s;
        int speaker = fmod(t_s, turn_s) < on_s && t_s > 0 ? (int)(t_s / turn_s) % 2 : -1;
        for (int c = 0; c < CHANNELS; c++) {
            double x = noise(&state) + (c == speaker ? 32768 * hum(pitch_hz, t_s) : 0);
            said[call][i * CHANNELS + c] = (short)lrint(x);
        }
    }
}

void calls_make(int n, double seconds) {
    assert_in_range(n, 1, CALLS_MOST);
    n_said = (long)(seconds * RATE_HZ);
    for (int i = 0; i < n; i++) {
        SF_INFO info = {.samplerate = RATE_HZ, .channels = CHANNELS, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
        free(said[i]);
        said[i] = calloc((size_t)n_said * CHANNELS, sizeof **said);
        assert_non_null(said[i]);
        speak(i, 110 + 5 * i, turn_s * i / n);
        SNDFILE *file = sf_open(scratch_path("%s", calls_name(i)), SFM_WRITE, &info);
        assert_non_null(file);
        assert_int_equal(sf_writef_short(file, said[i], n_said), n_said);
        assert_int_equal(sf_close(file), 0);
    }
}

const char *calls_configuration(int n, const char *data) {
    const char *path = scratch_path("calls.cfg"), *playbook = sound_playbook();
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "data = \"%s\";\nplaybook = \"%s\";\nconsent: { default = \"given\"; };\n", data, playbook);
    fprintf(file, "recording: { on = true; };\nsources: (\n");
    for (int i = 0; i < n; i++)
        fprintf(file, "    { kind = \"recording\"; file = \"%s\"; reference = \"C-%s\"; }%s\n",
                scratch_path("%s", calls_name(i)), calls_name(i), i + 1 < n ? "," : "");
    fprintf(file, ");\n");
    assert_int_equal(fclose(file), 0);
    return path;
}

static const short *said_in(const char *name) {
    int i = -1;
    sscanf(name, "call-%d.wav", &i);
    return i >= 0 && i < CALLS_MOST ? said[i] : NULL;
}

/* One frame of a recording beside what was said at that time, which is null after the call's end. */
static void compare_frame(const short *kept, const short *expected, long counts[2]) {
    bool silent = !kept[0] && !kept[1];
    if (expected && !memcmp(kept, expected, CHANNELS * sizeof *kept)) return;
    counts[expected && silent ? 0 : 1]++;
}

bool calls_compare(const char *path, const char *name, long first, recorded *r) {
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    const short *expected = said_in(name);
    short block[BLOCK * CHANNELS];
    long counts[2] = {0}, place = first;
    assert_non_null(expected);
    *r = (recorded){0};
    if (!file) return false;
    bool right = info.samplerate == RATE_HZ && info.channels == CHANNELS;
    for (sf_count_t n; right && (n = sf_readf_short(file, block, BLOCK)) > 0; place += n)
        for (sf_count_t i = 0; i < n; i++)
            compare_frame(block + i * CHANNELS, place + i < n_said ? expected + (place + i) * CHANNELS : NULL, counts);
    sf_close(file);
    r->duration_s = (double)(place - first) / RATE_HZ;
    r->silent_s = (double)counts[0] / RATE_HZ;
    r->wrong_s = (double)counts[1] / RATE_HZ;
    return right;
}
