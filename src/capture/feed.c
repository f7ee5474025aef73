/* feed.c - frames on their way from a device's thread to the reader's. */
#include "capture/feed.h"

enum { COPY_FRAMES = 128 };

static void copy_frames(feed *f, const float *frames, size_t n) {
    float wanted[COPY_FRAMES * SOURCE_CHANNELS];
    size_t n_wanted = (size_t)f->n_wanted, channels = (size_t)f->channels;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < n_wanted; c++) wanted[i * n_wanted + c] = frames[i * channels + (size_t)f->wanted[c]];
    size_t fitted = ring_write(f->ring, wanted, n * n_wanted);
    atomic_fetch_add_explicit(&f->lost, n * n_wanted - fitted, memory_order_relaxed);
}

void feed_write(feed *f, const float *frames, size_t n) {
    for (size_t i = 0; i < n; i += COPY_FRAMES)
        copy_frames(f, frames + i * (size_t)f->channels, n - i < COPY_FRAMES ? n - i : COPY_FRAMES);
    atomic_fetch_add_explicit(&f->blocks, 1, memory_order_relaxed);
}
