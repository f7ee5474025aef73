/* pace.h - a recording at the speed of speech: a source that gives only the samples that are due by the clock. */
#ifndef CAPTURE_PACE_H
#define CAPTURE_PACE_H

#include "capture/source.h"

/* Takes over inner (closed with it, also on failure). The clock starts at the first read. With speaker the sound is
 * played on the default output device as it is read. Null on failure, with one sentence in message. */
source *pace_new(source *inner, bool speaker, char *message, size_t message_size);

#endif
