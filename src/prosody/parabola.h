/* parabola.h - the top of a maximum that was sampled: the parabola through the highest of three points and the two
 * beside it. Of logarithms of a Gauss window's peak it is exact.
 */
#ifndef PROSODY_PARABOLA_H
#define PROSODY_PARABOLA_H

#include <math.h>

struct ut_top {
    float shift; /* from the middle point, -1..1 of a step; 0 where the three have no top between them */
    float height;
};

static inline struct ut_top ut_top_of(float before, float here, float after) {
    float slope = 0.5f * (after - before), bend = 2 * here - before - after;
    float shift = bend > fabsf(slope) ? slope / bend : 0;
    return (struct ut_top){shift, here + 0.5f * slope * shift};
}

#endif
