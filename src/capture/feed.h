/* feed.h - frames on their way from a device's thread to the reader's: the channels that are wanted of each. */
#ifndef CAPTURE_FEED_H
#define CAPTURE_FEED_H

#include <stdatomic.h>

#include "capture/ring.h"
#include "capture/source.h"

/* Shared by the device's thread, which writes, and the reader. */
typedef struct feed {
    int channels;                /* of a frame that comes */
    int n_wanted;                /* 1 or 2 of them are */
    int wanted[SOURCE_CHANNELS]; /* which, from 0 */
    ring *ring;                  /* frames of [n_wanted] */
    atomic_ulong lost;           /* floats that did not fit */
    atomic_ulong blocks;         /* writes of this stream so far: a sign of life */
} feed;

/* Device's thread only: copies the wanted channels of n frames into the ring and counts what did not fit. No lock, no
 * allocation. */
void feed_write(feed *f, const float *frames, size_t n);

#endif
