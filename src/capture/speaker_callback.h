/* speaker_callback.h - what runs on the speaker's own thread. */
#ifndef CAPTURE_SPEAKER_CALLBACK_H
#define CAPTURE_SPEAKER_CALLBACK_H

#include <portaudio.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "capture/ring.h"

/* Shared by the speaker's thread, which reads, and the writer. */
typedef struct speaker_feed {
    int channels;     /* of a frame, in the ring and of the stream */
    size_t cushion;   /* floats to gather before it plays, at the start and after it ran dry */
    bool playing;     /* the speaker's thread alone */
    atomic_bool last; /* no more will come: play what there is */
    ring *ring;
} speaker_feed;

PaStreamCallback speaker_callback;

#endif
