/* report.h - all that a page or a picture of one call tells, gathered from its messages. */
#ifndef COMMANDS_REPORT_H
#define COMMANDS_REPORT_H

#include <jansson.h>

#include "commands/timeline.h"
#include "event.h"

enum { REPORT_CUES = 1000 }; /* more are counted, not told */

/* A cue from the time it rose to the time it was over. */
typedef struct report_cue {
    unsigned id;
    ut_cue_kind kind;
    double from_s, to_s; /* to_s the end of the call where nothing else is known */
    json_t *told;        /* its message, at its highest score or else the latest; owned */
} report_cue;

typedef struct report {
    json_t *call, *summary; /* the messages, null until they came; owned */
    double duration_s;      /* of what was heard */
    report_cue cues[REPORT_CUES];
    unsigned n_cues, untold_cues;
    unsigned speaking, speaking_scored; /* readings of the customer's voice, half a second each */
    double longest_silence_s;
    timeline timeline;
} report;

report *report_new(void); /* null without memory */
void report_free(report *r);

/* The next event, as a message or what one says; and the samples, for a picture, n of a channel. */
void report_take(report *r, const message *m);
void report_read(report *r, json_t *event);

/* A call that has no summary, since it is in progress or was cut off, is over where it was last heard. */
void report_finish(report *r);
void report_hear(report *r, ut_channel channel, const float *x, size_t n);

/* Whether a channel of this name was heard; and whether there was consent to analyse the call. */
bool report_has(const report *r, ut_channel channel);
bool report_may(const report *r);

/* A key's value: "" and NaN where there is none. */
const char *report_text(const json_t *object, const char *key);
double report_number(const json_t *object, const char *key);

/* How often a cue rose and which was the first, null for none. */
const report_cue *report_first(const report *r, ut_cue_kind kind, unsigned *times);

#endif
