#include "sound.h"

#include <math.h>
#include <samplerate.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"

const char *sound_demo(void) {
    static char path[512];
    if (*path) return path;
    snprintf(path, sizeof path, "%s", scratch_path("demo.wav"));
    program p;
    if (RUN(&p, "demo", "--make", path)) fail_msg("undertone demo --make: %s", p.err);
    program_end(&p);
    return path;
}

typedef struct sound {
    SF_INFO info;
    float *frames; /* [info.frames][info.channels] */
} sound;

static sound sound_read(const char *path) {
    sound s = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &s.info);
    assert_non_null(file);
    s.frames = calloc((size_t)s.info.frames * (size_t)s.info.channels, sizeof *s.frames);
    assert_non_null(s.frames);
    assert_int_equal(sf_readf_float(file, s.frames, s.info.frames), s.info.frames);
    sf_close(file);
    return s;
}

static void sound_write(const char *path, const float *frames, sf_count_t n, int rate_hz, int channels, int format) {
    SF_INFO info = {.samplerate = rate_hz, .channels = channels, .format = format};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    assert_int_equal(sf_writef_float(file, frames, n), n);
    assert_int_equal(sf_close(file), 0);
}

void sound_cut(const char *from, const char *to, double start_s, double end_s, int channel) {
    sound s = sound_read(from);
    sf_count_t start = (sf_count_t)(start_s * s.info.samplerate), n = (sf_count_t)(end_s * s.info.samplerate) - start;
    assert_true(start + n <= s.info.frames);
    float *piece = s.frames + start * s.info.channels;
    int channels = channel < 0 ? s.info.channels : 1;
    for (sf_count_t i = 0; channel >= 0 && i < n; i++) piece[i] = piece[i * s.info.channels + channel];
    sound_write(to, piece, n, s.info.samplerate, channels, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    free(s.frames);
}

void sound_tone(const char *to, int rate_hz, int channels, double seconds) {
    sf_count_t n = (sf_count_t)(seconds * rate_hz);
    float *frames = calloc((size_t)(n * channels), sizeof *frames);
    assert_non_null(frames);
    for (sf_count_t i = 0; i < n * channels; i++)
        frames[i] = (float)(0.1 * sin(2 * M_PI * 440 * (double)(i / channels) / rate_hz));
    sound_write(to, frames, n, rate_hz, channels, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    free(frames);
}

/* Harmonics of a pitch that rises and falls, louder and softer as syllables are. */
static float hum(double t_s) {
    double phase = 2 * M_PI * (130 * t_s - 10 / (2 * M_PI * 2) * cos(2 * M_PI * 2 * t_s)), sum = 0;
    for (int k = 1; k < 20; k++) sum += sin(k * phase) / k;
    return (float)(0.12 * sum * (0.7 + 0.3 * sin(2 * M_PI * 5 * t_s)));
}

void sound_turns(const char *to, double seconds) {
    const double on_s = 0.5, turn_s = 1.1;
    sf_count_t n = (sf_count_t)(seconds * 8000);
    float *frames = calloc((size_t)n * 2, sizeof *frames);
    assert_non_null(frames);
    for (sf_count_t i = 0; i < n; i++) {
        double t_s = (double)i / 8000;
        if (fmod(t_s, turn_s) < on_s) frames[2 * i + (sf_count_t)(t_s / turn_s) % 2] = hum(t_s);
    }
    sound_write(to, frames, n, 8000, 2, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    free(frames);
}

const char *sound_playbook(void) {
    static const char text[] = "cues: { dead_air: { after_s = 0.3; cool_down_s = 0.0; urgent_after_s = 0.0; }; };\n";
    const char *path = scratch_path("turns.cfg");
    write_file(path, text, sizeof text - 1);
    return path;
}

void sound_ulaw(const char *from, const char *to) {
    sound s = sound_read(from);
    double ratio = 8000.0 / s.info.samplerate;
    long n = (long)((double)s.info.frames * ratio) + 1;
    float *out = calloc((size_t)(n * s.info.channels), sizeof *out);
    assert_non_null(out);
    SRC_DATA data = {
        .data_in = s.frames, .input_frames = s.info.frames, .data_out = out, .output_frames = n, .src_ratio = ratio};
    assert_int_equal(src_simple(&data, SRC_SINC_FASTEST, s.info.channels), 0);
    sound_write(to, out, data.output_frames_gen, 8000, s.info.channels, SF_FORMAT_RAW | SF_FORMAT_ULAW);
    free(out);
    free(s.frames);
}
