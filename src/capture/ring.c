/* ring.c - floats from one thread to one other, without a lock.
 *
 * The indices only grow and wrap with size_t; what lies between them is what is there. Each side owns one and reads
 * the other with acquire, so that it sees the floats behind it. They lie a cache line apart, else each store of one
 * side would take the other's line away.
 */
#include "capture/ring.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

struct ring {
    alignas(CACHE_LINE) atomic_size_t written;
    alignas(CACHE_LINE) atomic_size_t taken;
    alignas(CACHE_LINE) size_t size; /* a power of two */
    float *x;                        /* [size] */
};

ring *ring_new(size_t n) {
    if (n > SIZE_MAX / 4 / sizeof(float)) return NULL;
    ring *r = aligned_alloc(CACHE_LINE, sizeof *r);
    if (!r) return NULL;
    memset(r, 0, sizeof *r);
    for (r->size = 1; r->size < n;) r->size *= 2;
    r->x = calloc(r->size, sizeof *r->x);
    if (!r->x) goto fail;
    return r;
fail:
    ring_free(r);
    return NULL;
}

void ring_free(ring *r) {
    if (!r) return;
    free(r->x);
    free(r);
}

size_t ring_write(ring *r, const float *x, size_t n) {
    size_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
    size_t room = r->size - (written - atomic_load_explicit(&r->taken, memory_order_acquire));
    if (n > room) n = room;
    if (n == 0) return 0;
    size_t at = written & (r->size - 1), to_end = r->size - at < n ? r->size - at : n;
    memcpy(r->x + at, x, to_end * sizeof *x);
    memcpy(r->x, x + to_end, (n - to_end) * sizeof *x);
    atomic_store_explicit(&r->written, written + n, memory_order_release);
    return n;
}

size_t ring_read(ring *r, float *x, size_t n) {
    size_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
    size_t there = atomic_load_explicit(&r->written, memory_order_acquire) - taken;
    if (n > there) n = there;
    if (n == 0) return 0;
    size_t at = taken & (r->size - 1), to_end = r->size - at < n ? r->size - at : n;
    memcpy(x, r->x + at, to_end * sizeof *x);
    memcpy(x + to_end, r->x, (n - to_end) * sizeof *x);
    atomic_store_explicit(&r->taken, taken + n, memory_order_release);
    return n;
}

size_t ring_readable(const ring *r) {
    size_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
    return atomic_load_explicit(&r->written, memory_order_acquire) - taken;
}
