/* pace.c - a recording at the speed of speech, by the monotonic clock from the first read. */
#include "capture/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/speaker.h"
#include "clock.h"

#define LAST_WORDS_S 1.0 /* that the speaker gets to end with */

typedef struct pace {
    source base;
    source *inner;
    speaker *speaker; /* null when nobody listens */
    bool started;
    double started_s, ended_s; /* ended_s 0 while inner gives samples */
    double given;              /* frames so far */
} pace;

/* inner has ended; what is still in the speaker is heard out. */
static int end(pace *p, int result) {
    if (result == -2) memcpy(p->base.fault, p->inner->fault, sizeof p->base.fault);
    if (!p->speaker) return result;
    if (p->ended_s == 0) p->ended_s = clock_s();
    return speaker_finish(p->speaker) || clock_s() - p->ended_s > LAST_WORDS_S ? result : 0;
}

static int pace_read(source *self, float *const x[SOURCE_CHANNELS], int n) {
    pace *p = (pace *)self;
    if (!p->started) p->started_s = clock_s();
    p->started = true;
    double due = (clock_s() - p->started_s) * UT_RATE_HZ - p->given;
    if (due < n) n = (int)due;
    if (n <= 0) return 0;
    int got = source_read(p->inner, x, n);
    self->lost = p->inner->lost;
    if (got < 0) return end(p, got);
    if (p->speaker) speaker_play(p->speaker, x, got);
    p->given += got;
    return got;
}

static double pace_duration_s(const source *self) {
    const source *inner = ((const pace *)self)->inner;
    return inner->duration_s(inner);
}

static void pace_close(source *self) {
    pace *p = (pace *)self;
    speaker_close(p->speaker);
    source_close(p->inner);
    free(p);
}

source *pace_new(source *inner, bool speaker, char *message, size_t message_size) {
    pace *p = calloc(1, sizeof *p);
    if (!p) {
        snprintf(message, message_size, "%.150s: out of memory", inner->name);
        source_close(inner);
        return NULL;
    }
    p->inner = inner;
    p->base = (source){.name = inner->name,
                       .channels = inner->channels,
                       .read = pace_read,
                       .duration_s = pace_duration_s,
                       .close = pace_close};
    memcpy(p->base.roles, inner->roles, sizeof p->base.roles);
    if (speaker && !(p->speaker = speaker_open(inner->channels, message, message_size))) goto fail;
    return &p->base;
fail:
    pace_close(&p->base);
    return NULL;
}
