/* ring.h - floats from one thread to one other, without a lock.
 *
 * One writer, one reader. Each side loads the other's index once, works, and stores its own once.
 */
#ifndef CAPTURE_RING_H
#define CAPTURE_RING_H

#include <stddef.h>

typedef struct ring ring;

/* Room for at least n floats. Null without memory. */
ring *ring_new(size_t n);
void ring_free(ring *r);

/* Writer's thread only; real-time: no lock, no allocation. Returns how many fitted, the rest is the caller's to count.
 */
size_t ring_write(ring *r, const float *x, size_t n);

/* Reader's thread only. Returns how many were there. */
size_t ring_read(ring *r, float *x, size_t n);
size_t ring_readable(const ring *r);

#endif
