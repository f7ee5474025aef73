/* device_callback.h - what runs on the sound device's own thread. */
#ifndef CAPTURE_DEVICE_CALLBACK_H
#define CAPTURE_DEVICE_CALLBACK_H

#include <portaudio.h>
#include <stdatomic.h>

#include "capture/ring.h"
#include "capture/source.h"

/* Shared by the device's thread, which writes, and the reader. */
typedef struct device_feed {
    int channels;                /* of a frame of the stream */
    int n_wanted;                /* 1 or 2 of them are */
    int wanted[SOURCE_CHANNELS]; /* which, from 0 */
    ring *ring;                  /* frames of [n_wanted] */
    atomic_ulong lost;           /* floats that did not fit */
    atomic_ulong blocks;         /* calls so far: a sign of life */
} device_feed;

PaStreamCallback device_callback;

#endif
