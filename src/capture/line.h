/* line.h - one device's sound on its way to the reader: ring, resampler, and what is ready at 8 kHz.
 *
 * The device's thread writes into the feed; everything here runs on the reader's.
 */
#ifndef CAPTURE_LINE_H
#define CAPTURE_LINE_H

#include <stdint.h>

#include "capture/feed.h"

typedef struct line line;

enum { LINE_READY_FRAMES = 4 * UT_RATE_HZ };

/* feed->n_wanted channels of a device at from_hz; the feed's ring is made here. Null without memory or for a rate that
 * cannot be resampled. */
line *line_new(int from_hz, int n_wanted);
void line_free(line *l);
feed *line_feed(line *l);

/* Forgets what is inside; a device that comes back may have another rate. No device may be writing. False without
 * memory: the line then stays as it was. */
bool line_restart(line *l, int from_hz);

/* Moves what the device has written to the ready side, true when nothing of it is left behind. */
bool line_pull(line *l);

/* Throws away what is there and counts from 0 again. */
void line_begin(line *l);

int line_ready(const line *l);
/* Takes n of the ready frames, each channel into its own buffer. */
void line_take(line *l, float *const x[], int n);

/* Frames that have come since _begin, by device or by _shift. */
int64_t line_total(const line *l);

/* Adds n frames of silence, or for n under 0 drops the newest; as far as there is room, or there are any. */
void line_shift(line *l, int64_t n);

/* Samples lost in over-runs or shifts, all channels. */
unsigned long line_lost(const line *l);

#endif
