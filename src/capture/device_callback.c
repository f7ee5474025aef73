/* device_callback.c - what runs on the sound device's own thread: copies the wanted channels into the ring and counts
 * what did not fit. It must not lock, allocate, print or wait, so that nothing else may be called from this file.
 */
#include "capture/device_callback.h"

enum { COPY_FRAMES = 128 };

static void copy_frames(device_feed *feed, const float *frames, size_t n) {
    float wanted[COPY_FRAMES * SOURCE_CHANNELS];
    size_t n_wanted = (size_t)feed->n_wanted, channels = (size_t)feed->channels;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < n_wanted; c++) wanted[i * n_wanted + c] = frames[i * channels + (size_t)feed->wanted[c]];
    size_t fitted = ring_write(feed->ring, wanted, n * n_wanted);
    atomic_fetch_add_explicit(&feed->lost, n * n_wanted - fitted, memory_order_relaxed);
}

int device_callback(const void *in, void *out, unsigned long n, const PaStreamCallbackTimeInfo *time,
                    PaStreamCallbackFlags flags, void *user) {
    (void)out, (void)time, (void)flags;
    device_feed *feed = user;
    const float *frames = in;
    for (unsigned long i = 0; frames && i < n; i += COPY_FRAMES)
        copy_frames(feed, frames + i * (size_t)feed->channels, n - i < COPY_FRAMES ? n - i : COPY_FRAMES);
    atomic_fetch_add_explicit(&feed->blocks, 1, memory_order_relaxed);
    return paContinue;
}
