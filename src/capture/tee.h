/* tee.h - a source that shows somebody what passes through it. */
#ifndef CAPTURE_TEE_H
#define CAPTURE_TEE_H

#include "capture/source.h"

/* Sees n samples of each of self's channels, before whoever reads them does, on the reader's thread. */
typedef void tee_see(void *user, const source *self, float *const x[SOURCE_CHANNELS], int n);

/* Takes over inner, also on failure. Null without memory. */
source *tee_new(source *inner, tee_see *see, void *user);

#endif
