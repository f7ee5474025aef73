/* forget.h - the rows of one call, deleted by class. */
#ifndef STORE_FORGET_H
#define STORE_FORGET_H

#include "store/database.h"

/* What of a call; FORGET_TO_STUB leaves that there was a call, when, and the history of its consent. */
enum {
    FORGET_AUDIO = 1,
    FORGET_READINGS = 2, /* and turns */
    FORGET_CUES = 4,     /* and summary, notes and tags */
    FORGET_PAUSES = 8,
    FORGET_ITSELF = 16, /* the call's row */
    FORGET_TO_STUB = FORGET_AUDIO | FORGET_READINGS | FORGET_CUES | FORGET_PAUSES,
    FORGET_ALL = FORGET_TO_STUB | FORGET_ITSELF,
};

/* call: {"call":ID, "what":.., ...}, and where it is FORGET_TO_STUB the keys of a "consent" event (event.h). Within the
 * caller's transaction; a call that is not there has nothing to forget. Adds to counts, which may be null, what there
 * was: {"readings":600,"cues":3}. */
bool forget_rows(struct database *d, json_t *call, json_t *counts);

/* What is left of consent in any case: its history, to which this "consent" event is added if it is not there yet. */
bool forget_history(struct database *d, json_t *event);

/* counts[key] += n, where n is not 0. */
void forget_count(json_t *counts, const char *key, long n);

#endif
