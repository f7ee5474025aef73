/* range.h - which bytes of a file a request asks for, and whether it has them already (RFC 9110, sections 13 and 14).
 */
#ifndef SERVE_RANGE_H
#define SERVE_RANGE_H

#include <stdbool.h>

/* RANGE_WHOLE: there is no range, or none that has to be heeded: of another unit, malformed, several at once. */
typedef enum range_kind { RANGE_WHOLE, RANGE_PART, RANGE_UNSATISFIABLE } range_kind;

/* Of the header Range, null where there is none, for a file of so many bytes. RANGE_PART: bytes first..last of it, both
 * included, 0 <= first <= last < size. */
range_kind range_of(const char *header, long long size, long long *first, long long *last);

/* Whether If-Range, null where there is none, lets a range be answered: it is the very tag [strong, with its quotes] or
 * the very date of the file as it is now. */
bool range_still_holds(const char *if_range, const char *etag, const char *modified);

/* Whether If-None-Match, null where there is none, names the tag or all of them. */
bool range_etag_known(const char *if_none_match, const char *etag);

#endif
