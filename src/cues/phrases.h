/* phrases.h - what a cue says: a text with variables in it, filled in with what is known of the call.
 *
 *     {customer} {queue} {earlier}     the call's; left out where not known
 *     [ ... {earlier} ... ]            all of it left out where a variable in it is not known
 */
#ifndef CUES_PHRASES_H
#define CUES_PHRASES_H

#include "undertone.h"

/* A call's own copy of ut_call_about, "" where a thing is not known: UTF-8 without control characters. */
typedef struct ut_about {
    char customer[64], queue[64];
    unsigned earlier;
} ut_about;
void ut_about_init(ut_about *about, const ut_call_about *given);

/* What is wrong with a text, for a sentence that begins with its name; null where nothing is. */
const char *ut_phrase_fault(const char *text);

/* Fills in a text without fault. What is too long is cut between two characters. */
void ut_phrase_fill(const char *text, const ut_about *about, char *out, size_t size);

/* Whether a text can be a cue's. Jansson is the judge, since it will travel as its JSON. */
bool ut_is_utf8(const char *text);

#endif
