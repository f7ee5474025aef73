/* timeline.h - a call along its time, as fine as a page shows it: the loudness of each channel, the customer's scores,
 * and what was going on.
 *
 * The memory is the same for ten seconds and for ten hours: a fixed number of moments, and when a call outlasts them
 * each two become one of twice the length.
 */
#ifndef COMMANDS_TIMELINE_H
#define COMMANDS_TIMELINE_H

#include "undertone.h"

enum { TIMELINE_MOMENTS = 4096 };

typedef struct moment {
    float peak[UT_CHANNELS];   /* of the samples, 0..1 and more */
    float energy[UT_CHANNELS]; /* sum of their squares */
    float frustration, stress; /* sums over n_scored readings */
    unsigned n_readings, n_scored;
    unsigned going_on; /* bits of timeline_bit */
} moment;

typedef struct timeline {
    uint64_t step;                 /* samples of a moment */
    uint64_t n_heard[UT_CHANNELS]; /* samples */
    moment moments[TIMELINE_MOMENTS];
} timeline;

void timeline_init(timeline *t);

/* The next n samples of a channel. */
void timeline_hear(timeline *t, ut_channel channel, const float *x, size_t n);

/* A reading of the customer; not scored where abstained. */
void timeline_read(timeline *t, double t_s, bool scored, double frustration, double stress);

/* What went on from start_s to end_s: the bit of what kind, and of whose doing where it is someone's. */
static inline unsigned timeline_bit(ut_turn_kind kind, ut_channel channel) {
    return 1u << (kind * 2 + (channel == UT_AGENT));
}
void timeline_mark(timeline *t, unsigned bit, double start_s, double end_s);

/* Everything from from_s up to to_s, and at least the moment at from_s, as one. */
moment timeline_over(const timeline *t, double from_s, double to_s);

#endif
