/* speaker.h - plays sound at 8 kHz on the default output device. */
#ifndef CAPTURE_SPEAKER_H
#define CAPTURE_SPEAKER_H

#include <stdbool.h>

#include "capture/source.h"

typedef struct speaker speaker;

/* Null on failure, with one sentence in message. */
speaker *speaker_open(int channels, char *message, size_t message_size);
void speaker_close(speaker *s);

/* Queues n frames to be played; what does not fit is not heard. Never waits. */
void speaker_play(speaker *s, float *const x[SOURCE_CHANNELS], int n);

/* No more will come. True once everything has been played. */
bool speaker_finish(speaker *s);

#endif
