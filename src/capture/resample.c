/* resample.c - any rate to 8 kHz, by libsamplerate's sinc converters, in one or two stages.
 *
 * What must come through is the telephone band, to 3,400 Hz; what must not is anything over 4,000 Hz, which would fold
 * back into it. SRC_SINC_FASTEST alone is 9 dB down at 3,400 Hz when it ends at 8 kHz, SRC_SINC_MEDIUM_QUALITY is flat
 * to 3,500 Hz but its cost grows with the source's rate. So a source over 20 kHz goes through the fast one to 10 kHz,
 * flat to 3,700 Hz there, and then through the medium one. Measured on one core of an AMD EPYC for 48 kHz stereo:
 * medium alone 130 times real time, in two stages 200.
 *
 * Both converters are linear phase with their delay taken out: sample 0 comes out as sample 0.
 */
#include "capture/resample.h"

#include <math.h>
#include <samplerate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "undertone.h"

enum { MIDDLE_HZ = 10000, TWO_STAGES_OVER_HZ = 20000, MIDDLE_FRAMES = 1024 };

typedef struct stage {
    SRC_STATE *state;
    double ratio;
} stage;

struct resampler {
    int from_hz, channels;
    stage stages[2];
    int n_stages;     /* 0 at 8 kHz */
    float *middle;    /* [MIDDLE_FRAMES][channels], between two stages */
    size_t middle_at; /* frames of it the second stage has taken */
    size_t middle_n;
    bool middle_last; /* the first stage has given all it had */
    uint64_t taken, given;
};

static bool add_stage(resampler *r, int converter, int from_hz, int to_hz) {
    int error;
    stage *s = &r->stages[r->n_stages++];
    s->ratio = (double)to_hz / from_hz;
    s->state = src_new(converter, r->channels, &error);
    return s->state;
}

static bool add_stages(resampler *r) {
    if (r->from_hz == UT_RATE_HZ) return true;
    if (r->from_hz <= TWO_STAGES_OVER_HZ) return add_stage(r, SRC_SINC_MEDIUM_QUALITY, r->from_hz, UT_RATE_HZ);
    r->middle = calloc((size_t)MIDDLE_FRAMES * (size_t)r->channels, sizeof *r->middle);
    return r->middle && add_stage(r, SRC_SINC_FASTEST, r->from_hz, MIDDLE_HZ) &&
           add_stage(r, SRC_SINC_MEDIUM_QUALITY, MIDDLE_HZ, UT_RATE_HZ);
}

resampler *resampler_new(int from_hz, int channels) {
    if (from_hz < RESAMPLE_LOWEST_HZ || from_hz > RESAMPLE_HIGHEST_HZ || channels < 1 || channels > 2) return NULL;
    resampler *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->from_hz = from_hz;
    r->channels = channels;
    if (!add_stages(r)) goto fail;
    return r;
fail:
    resampler_free(r);
    return NULL;
}

void resampler_free(resampler *r) {
    if (!r) return;
    for (int i = 0; i < 2; i++) src_delete(r->stages[i].state);
    free(r->middle);
    free(r);
}

static size_t run_stage(stage *s, const float *in, size_t *n_in, bool last, float *out, size_t n_out) {
    static const float nothing[2];
    SRC_DATA d = {.data_in = *n_in ? in : nothing,
                  .input_frames = (long)*n_in,
                  .data_out = out,
                  .output_frames = (long)n_out,
                  .end_of_input = last,
                  .src_ratio = s->ratio};
    bool failed = src_process(s->state, &d);
    *n_in = failed ? 0 : (size_t)d.input_frames_used;
    return failed ? 0 : (size_t)d.output_frames_gen;
}

static size_t fill_middle(resampler *r, const float *in, size_t *n_in, bool last) {
    size_t n = *n_in;
    r->middle_at = 0;
    r->middle_n = run_stage(&r->stages[0], in, n_in, last, r->middle, MIDDLE_FRAMES);
    r->middle_last = last && *n_in == n && r->middle_n == 0;
    return r->middle_n + *n_in;
}

static size_t run_two_stages(resampler *r, const float *in, size_t *n_in, bool last, float *out, size_t n_out) {
    size_t channels = (size_t)r->channels, at = 0, made = 0;
    for (;;) {
        size_t n = r->middle_n - r->middle_at;
        size_t got = run_stage(&r->stages[1], r->middle + r->middle_at * channels, &n, r->middle_last,
                               out + made * channels, n_out - made);
        r->middle_at += n;
        made += got;
        if (made == n_out) break;
        if (n || got) continue;
        if (r->middle_at < r->middle_n || r->middle_last) break;
        n = *n_in - at;
        bool moved = fill_middle(r, in + at * channels, &n, last);
        at += n;
        if (!moved && !r->middle_last) break;
    }
    *n_in = at;
    return made;
}

static size_t run_stages(resampler *r, const float *in, size_t *n_in, bool last, float *out, size_t n_out) {
    if (r->n_stages == 2) return run_two_stages(r, in, n_in, last, out, n_out);
    if (r->n_stages == 1) return run_stage(&r->stages[0], in, n_in, last, out, n_out);
    if (*n_in > n_out) *n_in = n_out;
    if (*n_in) memcpy(out, in, *n_in * (size_t)r->channels * sizeof *out);
    return *n_in;
}

/* The converters end a frame or two off; the whole is cut or drawn out with silence to the length that went in. */
static size_t mend_length(resampler *r, float *out, size_t n, size_t n_out) {
    uint64_t due = (uint64_t)llround((double)r->taken * UT_RATE_HZ / r->from_hz);
    size_t left = due > r->given ? (size_t)(due - r->given) : 0;
    if (n > left) return left;
    if (n > 0 || !left) return n;
    n = left < n_out ? left : n_out;
    memset(out, 0, n * (size_t)r->channels * sizeof *out);
    return n;
}

size_t resampler_run(resampler *r, const float *in, size_t *n_in, bool last, float *out, size_t n_out) {
    size_t offered = *n_in;
    size_t n = run_stages(r, in, n_in, last, out, n_out);
    r->taken += *n_in;
    if (last && *n_in == offered) n = mend_length(r, out, n, n_out);
    r->given += n;
    return n;
}
