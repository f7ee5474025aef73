/* dub.h - the sound of a call that is not live, an imported recording, into DIR/audio: as fast as it comes, on the
 * caller's thread. */
#ifndef STORE_DUB_H
#define STORE_DUB_H

#include "event.h"

typedef struct dub dub;

/* Begins DIR/audio/ID.flac, 8 kHz, of 1 or 2 channels with these roles. Null with errno. */
dub *dub_begin(const char *dir, const char *call_id, int channels, const ut_channel roles[]);

/* The next n samples of each channel, -1..1. False with errno: the disk is full, say. */
bool dub_write(dub *d, float *const x[], size_t n);

/* The recording is complete, and news says of it; false with errno where it could not be. Frees d in either case. */
bool dub_finish(dub *d, recording_news *news);

/* Nothing of it stays. Null does nothing. */
void dub_abandon(dub *d);

#endif
