/* made_source.h - a source of the test's own: made voices, as fast as they are read or with pauses, that ends, never
 * ends or fails. */
#ifndef TESTS_MADE_SOURCE_H
#define TESTS_MADE_SOURCE_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/source.h"
#include "voiced.h"

typedef struct made_source {
    source base;
    char name[32];
    size_t at, n;   /* samples given, and to give; n SIZE_MAX: it never ends */
    int idle_every; /* each so many reads there is nothing yet; 0: never */
    bool breaks;    /* fails where it would end */
    int reads;
    atomic_int *closed; /* counts, null for none */
} made_source;

static inline int made_read(source *self, float *const x[SOURCE_CHANNELS], int n) {
    static const voiced_turn customer[] = {{0.3, 3, 150, 0.1}, {6, 9, 200, 0.2}, {.to_s = 0}};
    static const voiced_turn agent[] = {{3.2, 5.5, 220, 0.1}, {9.5, 11, 210, 0.1}, {.to_s = 0}};
    made_source *m = (made_source *)self;
    if (m->idle_every && ++m->reads % m->idle_every == 0) return 0;
    size_t left = m->n - m->at, some = left < (size_t)n ? left : (size_t)n;
    if (left == 0 && m->breaks) snprintf(self->fault, sizeof self->fault, "%s: the cable is out", m->name);
    if (left == 0) return m->breaks ? -2 : -1;
    for (int c = 0; c < self->channels; c++)
        voiced_fill(self->roles[c] == UT_AGENT ? agent : customer, m->at % (12 * UT_RATE_HZ), x[c], some);
    m->at += some;
    return (int)some;
}

static inline double made_duration_s(const source *self) { return (double)((const made_source *)self)->n / UT_RATE_HZ; }

static inline void made_close(source *self) {
    made_source *m = (made_source *)self;
    if (m->closed) atomic_fetch_add(m->closed, 1);
    free(m);
}

static inline made_source *made_source_new(const char *name, const char *roles, double seconds) {
    made_source *m = calloc(1, sizeof *m);
    if (!m) abort();
    snprintf(m->name, sizeof m->name, "%s", name);
    m->base = (source){.name = m->name, .read = made_read, .duration_s = made_duration_s, .close = made_close};
    m->base.channels = source_roles(roles, m->base.roles);
    m->n = seconds > 0 ? (size_t)(seconds * UT_RATE_HZ) : SIZE_MAX;
    return m;
}

#endif
