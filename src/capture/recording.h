/* recording.h - a sound file as a source, read in blocks, resampled to 8 kHz. */
#ifndef CAPTURE_RECORDING_H
#define CAPTURE_RECORDING_H

#include "capture/source.h"

typedef struct recording_options {
    const char *channels; /* --channels, null for the default: agent,customer for stereo, customer for mono */
    const char *raw;      /* headerless G.711: "ulaw", "alaw", "ulaw:2" (two interleaved channels); null otherwise */
} recording_options;

/* Opens a file that libsndfile reads. Null on failure, with one sentence naming the file and why in message; *usage is
 * set where the options are at fault (three channels and no --channels, roles that do not fit the file). */
source *recording_open(const char *path, const recording_options *options, char *message, size_t message_size,
                       bool *usage);

#endif
