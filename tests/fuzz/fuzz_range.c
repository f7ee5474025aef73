/* Range, If-Range and If-None-Match of any bytes: a part lies within the file, and asked for by its own numbers it is
 * the same part. The first byte says which size. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_part(long long size, long long first, long long last) {
    char again[64];
    long long a, b;
    if (first < 0 || first > last || last >= size) abort();
    snprintf(again, sizeof again, "bytes=%lld-%lld", first, last);
    if (range_of(again, size, &a, &b) != RANGE_PART || a != first || b != last) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const long long sizes[] = {0, 1, 2, 10, 10000, 1LL << 32, INT64_MAX - 1, INT64_MAX};
    static const char etag[] = "\"1a-2b\"";
    char header[4097];
    long long first = -7, last = -7;
    if (!n || n > sizeof header) return 0;
    long long size = sizes[data[0] % (sizeof sizes / sizeof *sizes)];
    memcpy(header, data + 1, n - 1);
    header[n - 1] = '\0';
    range_kind kind = range_of(header, size, &first, &last);
    if (kind == RANGE_PART) check_part(size, first, last);
    if (kind == RANGE_UNSATISFIABLE && strncasecmp(header, "bytes=", 6)) abort();
    if (range_still_holds(header, etag, "Sun, 22 Nov 2026 15:00:00 GMT") && *header != '"' && *header != 'S') abort();
    if (range_etag_known(header, etag) && !strchr(header, '*') && !strstr(header, etag)) abort();
    return 0;
}
