/* tee.c - a source that shows somebody what passes through it. */
#include "capture/tee.h"

#include <stdlib.h>
#include <string.h>

typedef struct tee {
    source base;
    source *inner;
    tee_see *see;
    void *user;
} tee;

static int tee_read(source *self, float *const x[SOURCE_CHANNELS], int n) {
    tee *t = (tee *)self;
    int got = source_read(t->inner, x, n);
    self->lost = t->inner->lost;
    if (got == -2) memcpy(self->fault, t->inner->fault, sizeof self->fault);
    if (got > 0) t->see(t->user, self, x, got);
    return got;
}

static double tee_duration_s(const source *self) {
    const source *inner = ((const tee *)self)->inner;
    return inner->duration_s(inner);
}

static void tee_close(source *self) {
    source_close(((tee *)self)->inner);
    free(self);
}

source *tee_new(source *inner, tee_see *see, void *user) {
    tee *t = calloc(1, sizeof *t);
    if (!t) {
        source_close(inner);
        return NULL;
    }
    t->inner = inner;
    t->see = see;
    t->user = user;
    t->base = *inner;
    t->base.read = tee_read;
    t->base.duration_s = tee_duration_s;
    t->base.close = tee_close;
    return &t->base;
}
