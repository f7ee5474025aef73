/* filter.h - which calls a list is of, as somebody outside asks for them, checked. */
#ifndef STORE_FILTER_H
#define STORE_FILTER_H

#include <jansson.h>
#include <stddef.h>

/* The filter of archive_calls as values of its statement: from and until (times that compare as text), until_number (of
 * calls at that very time, those with a lower number), limit; and where they were given agent, team, queue, customer,
 * cue, peak, tag, state, and text as a pattern of LIKE. "order" is "time" or "peak"; for the latter until_peak, in
 * thousandths, takes the place of until. "points", 0 without. New; null with a sentence in why where it is wrong, ""
 * without memory. */
json_t *filter_values(const json_t *given, char *why, size_t why_size);

#endif
