/* stream.c - a sound device that is being listened to, and the thread that reads it.
 *
 * PortAudio has threads of its own that call back, but they cannot be trusted with a device that vanishes. With ALSA
 * (19.6), one that goes between being opened and being started leaves Pa_StartStream waiting for ever, and to stop a
 * stream is to cancel its thread wherever that is, perhaps with a driver's lock in hand. So the stream is read, and
 * never more is asked of it than is there: the thread always comes round to see that it shall end.
 */
#include "capture/stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "capture/sound.h"

enum { BLOCK_FRAMES = 512 };
static const struct timespec nap = {.tv_nsec = 5 * 1000 * 1000}; /* half a hop */

struct stream {
    PaStream *device;
    feed *feed;
    pthread_t thread;
    atomic_bool stopping, failed;
    float block[]; /* [BLOCK_FRAMES][feed->channels] */
};

/* Reads what is there, a block at most. What the device itself lost before it is made up for by the clock. */
static PaError read_block(stream *s) {
    signed long n = Pa_GetStreamReadAvailable(s->device);
    if (n == 0 || n == paInputOverflowed) nanosleep(&nap, NULL);
    if (n <= 0) return n == paInputOverflowed ? paNoError : (PaError)n;
    if (n > BLOCK_FRAMES) n = BLOCK_FRAMES;
    PaError error = Pa_ReadStream(s->device, s->block, (unsigned long)n);
    if (error != paNoError && error != paInputOverflowed) return error;
    feed_write(s->feed, s->block, (size_t)n);
    return paNoError;
}

/* Device's thread. */
static void *follow(void *user) {
    stream *s = user;
    while (!atomic_load(&s->stopping) && !atomic_load(&s->failed)) atomic_store(&s->failed, read_block(s) != paNoError);
    return NULL;
}

stream *stream_open(const input *in, feed *f, PaError *why) {
    stream *s = calloc(1, sizeof *s + BLOCK_FRAMES * (size_t)f->channels * sizeof *s->block);
    *why = paInsufficientMemory;
    if (!s) return NULL;
    s->feed = f;
    const PaStreamParameters parameters = {
        .device = in->index, .channelCount = f->channels, .sampleFormat = paFloat32, .suggestedLatency = in->latency_s};
    *why = sound_start(&s->device, &parameters, NULL, in->rate_hz, NULL, NULL);
    if (*why != paNoError) goto fail;
    *why = paInsufficientMemory;
    if (pthread_create(&s->thread, NULL, follow, s)) goto fail;
    *why = paNoError;
    return s;
fail:
    sound_stop(s->device);
    free(s);
    return NULL;
}

void stream_close(stream *s) {
    if (!s) return;
    atomic_store(&s->stopping, true);
    pthread_join(s->thread, NULL);
    sound_stop(s->device);
    free(s);
}

bool stream_lives(const stream *s) { return !atomic_load(&s->failed); }
