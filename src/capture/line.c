/* line.c - one device's sound on its way to the reader: ring, resampler, and what is ready at 8 kHz. */
#include "capture/line.h"

#include <stdlib.h>
#include <string.h>

#include "capture/resample.h"

/* The ring holds two seconds of the fastest device in use; a block at the lowest rate doubles when resampled. */
enum { RING_FRAMES = 2 * 96000, BLOCK_FRAMES = 512, BLOCK_READY = 2 * BLOCK_FRAMES + 16 };

struct line {
    feed feed;
    resampler *resampler;
    float *ready; /* [LINE_READY_FRAMES][feed.n_wanted] */
    size_t at, n; /* frames taken, frames there */
    int64_t total;
    unsigned long shifted; /* samples */
    float block[BLOCK_FRAMES * SOURCE_CHANNELS];
};

line *line_new(int from_hz, int n_wanted) {
    line *l = calloc(1, sizeof *l);
    if (!l) return NULL;
    size_t channels = (size_t)n_wanted;
    l->feed.n_wanted = n_wanted;
    l->feed.ring = ring_new(RING_FRAMES * channels);
    l->resampler = resampler_new(from_hz, n_wanted);
    l->ready = calloc(LINE_READY_FRAMES * channels, sizeof *l->ready);
    if (!l->feed.ring || !l->resampler || !l->ready) goto fail;
    return l;
fail:
    line_free(l);
    return NULL;
}

void line_free(line *l) {
    if (!l) return;
    ring_free(l->feed.ring);
    resampler_free(l->resampler);
    free(l->ready);
    free(l);
}

feed *line_feed(line *l) { return &l->feed; }

static void drain(line *l) {
    while (ring_read(l->feed.ring, l->block, BLOCK_FRAMES)) continue;
}

bool line_restart(line *l, int from_hz) {
    resampler *fresh = resampler_new(from_hz, l->feed.n_wanted);
    if (!fresh) return false;
    resampler_free(l->resampler);
    l->resampler = fresh;
    drain(l);
    return true;
}

void line_begin(line *l) {
    line_pull(l);
    drain(l);
    l->at = l->n = 0;
    l->total = 0;
}

static void make_room(line *l) {
    size_t channels = (size_t)l->feed.n_wanted;
    if (l->at) memmove(l->ready, l->ready + l->at * channels, (l->n - l->at) * channels * sizeof *l->ready);
    l->n -= l->at;
    l->at = 0;
}

/* One block, resampled whole: there is room for what it makes. */
static void resample_block(line *l, size_t n) {
    size_t channels = (size_t)l->feed.n_wanted, at = 0;
    while (at < n) {
        size_t taken = n - at;
        size_t made = resampler_run(l->resampler, l->block + at * channels, &taken, false, l->ready + l->n * channels,
                                    LINE_READY_FRAMES - l->n);
        at += taken;
        l->n += made;
        l->total += (int64_t)made;
        if (!taken && !made) break;
    }
}

bool line_pull(line *l) {
    size_t channels = (size_t)l->feed.n_wanted;
    make_room(l);
    while (LINE_READY_FRAMES - l->n >= BLOCK_READY) {
        size_t n = ring_read(l->feed.ring, l->block, BLOCK_FRAMES * channels) / channels;
        if (!n) return true;
        resample_block(l, n);
    }
    return false;
}

int line_ready(const line *l) { return (int)(l->n - l->at); }

void line_take(line *l, float *const x[], int n) {
    int channels = l->feed.n_wanted;
    const float *from = l->ready + l->at * (size_t)channels;
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < n; i++) x[c][i] = from[i * channels + c];
    l->at += (size_t)n;
}

int64_t line_total(const line *l) { return l->total; }

void line_shift(line *l, int64_t n) {
    size_t channels = (size_t)l->feed.n_wanted;
    make_room(l);
    int64_t room = LINE_READY_FRAMES - (int64_t)l->n, most = (int64_t)l->n;
    if (n > room) n = room;
    if (n < -most) n = -most;
    if (n > 0) memset(l->ready + l->n * channels, 0, (size_t)n * channels * sizeof *l->ready);
    l->n = (size_t)((int64_t)l->n + n);
    l->total += n;
    l->shifted += (unsigned long)llabs(n) * channels;
}

unsigned long line_lost(const line *l) {
    return atomic_load_explicit(&l->feed.lost, memory_order_relaxed) + l->shifted;
}
