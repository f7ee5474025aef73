/* source.h - where samples come from: a recording, a sound device, later a telephony leg.
 *
 * Every source ends in the same thing: floats at 8 kHz, one buffer a channel, in step, each with a role. Whoever reads
 * does not learn where they came from.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "undertone.h"

enum { SOURCE_CHANNELS = 2 };

typedef struct source source;
struct source {
    const char *name;                  /* what a person calls it: a file's name, a device's; the source's own memory */
    int channels;                      /* 1 or 2 */
    ut_channel roles[SOURCE_CHANNELS]; /* [channels], no role twice */

    /* Reads up to n samples of each channel into x[channel] and returns how many; 0 when none are there yet; -1 at the
     * end; -2 on a failure that cannot be mended, with fault saying what it was. Never blocks for longer than a disk
     * read. */
    int (*read)(source *self, float *const x[SOURCE_CHANNELS], int n);

    /* How long the whole is, 0 when nobody knows. */
    double (*duration_s)(const source *self);

    void (*close)(source *self);
    char fault[256];    /* one sentence naming the file or device, no newline */
    unsigned long lost; /* samples that did not fit, or that silence stood in for, since opening, all channels */
};

/* Roles from "agent,customer", "customer", "mixed" ... Returns the number of channels named (1 or 2), 0 when the text
 * is not one of the forms of --channels. */
int source_roles(const char *text, ut_channel roles[SOURCE_CHANNELS]);

/* A copy of text that can be shown anywhere: on one line, in UTF-8. Null without memory. */
char *source_name(const char *text);

static inline int source_read(source *s, float *const x[SOURCE_CHANNELS], int n) { return s->read(s, x, n); }
static inline void source_close(source *s) {
    if (s) s->close(s);
}

#endif
