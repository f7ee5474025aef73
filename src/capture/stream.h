/* stream.h - a sound device that is being listened to. */
#ifndef CAPTURE_STREAM_H
#define CAPTURE_STREAM_H

#include <portaudio.h>

#include "capture/feed.h"
#include "capture/input.h"

typedef struct stream stream;

/* Opens the device and starts the thread that writes what it hears into f, which must outlive it and have its channels
 * set. Null on failure, with PortAudio's reason in *why. */
stream *stream_open(const input *in, feed *f, PaError *why);

/* Ends the thread, then closes the device. Null does nothing. */
void stream_close(stream *s);

/* False once the device has failed; it does not recover. */
bool stream_lives(const stream *s);

#endif
