/* speaker_callback.c - what runs on the speaker's own thread: plays what the ring holds, silence where it is dry. It
 * must not lock, allocate, print or wait, so that nothing else may be called from this file.
 */
#include "capture/speaker_callback.h"

#include <string.h>

int speaker_callback(const void *in, void *out, unsigned long n, const PaStreamCallbackTimeInfo *time,
                     PaStreamCallbackFlags flags, void *user) {
    (void)in, (void)time, (void)flags;
    speaker_feed *feed = user;
    float *frames = out;
    size_t wanted = n * (size_t)feed->channels, there = ring_readable(feed->ring);
    if (there >= feed->cushion || atomic_load_explicit(&feed->last, memory_order_relaxed)) feed->playing = true;
    size_t played = feed->playing ? ring_read(feed->ring, frames, wanted) : 0;
    memset(frames + played, 0, (wanted - played) * sizeof *frames);
    if (played < wanted) feed->playing = false;
    return paContinue;
}
