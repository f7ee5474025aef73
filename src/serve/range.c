#include "serve/range.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { NONE = -1 }; /* a number that was left out */

/* Digits, as many as there are; what is larger than any file is as large as can be. */
static const char *take_number(const char *at, long long *number) {
    *number = NONE;
    for (; *at >= '0' && *at <= '9'; at++) {
        long long before = *number < 0 ? 0 : *number, digit = *at - '0';
        *number = before > (LLONG_MAX - digit) / 10 ? LLONG_MAX : before * 10 + digit;
    }
    return at;
}

/* "first-last", "first-" or "-n", the last n. Null where it is none of them. */
static const char *take_spec(const char *at, long long *first, long long *last) {
    at = take_number(at, first);
    if (*at++ != '-') return NULL;
    at = take_number(at, last);
    bool backwards = *first >= 0 && *last >= 0 && *last < *first;
    return (*first < 0 && *last < 0) || backwards ? NULL : at;
}

static const char *skip(const char *at, const char *what) { return at + strspn(at, what); }

/* The only one of the header's set; false where there are several, or something else. */
static bool take_only(const char *header, long long *first, long long *last) {
    if (strncasecmp(header, "bytes=", 6)) return false;
    const char *at = take_spec(skip(header + 6, ", \t"), first, last);
    return at && !*skip(at, ", \t");
}

range_kind range_of(const char *header, long long size, long long *first, long long *last) {
    if (!header || size <= 0 || !take_only(header, first, last)) return RANGE_WHOLE;
    if (*first >= size || (*first < 0 && !*last)) return RANGE_UNSATISFIABLE;
    if (*first < 0) {
        *first = *last < size ? size - *last : 0;
        *last = size - 1;
    }
    if (*last < 0 || *last >= size) *last = size - 1;
    return RANGE_PART;
}

bool range_still_holds(const char *if_range, const char *etag, const char *modified) {
    return !if_range || !strcmp(if_range, etag) || !strcmp(if_range, modified);
}

/* For this a weak tag is as good as the strong one of the same text. */
bool range_etag_known(const char *if_none_match, const char *etag) {
    size_t n = strlen(etag);
    const char *at = if_none_match ? skip(if_none_match, ", \t") : "";
    if (!strcmp(at, "*")) return true;
    while (*at) {
        if (!strncmp(at, "W/", 2)) at += 2;
        if (!strncmp(at, etag, n)) return true;
        const char *end = *at == '"' ? strchr(at + 1, '"') : NULL;
        if (!end) return false;
        at = skip(end + 1, ", \t");
    }
    return false;
}
