#include "serve/gzip.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

enum { LEVEL = 6, GZIP_WINDOW = 15 + 16, MEMORY = 8 };

char *gzip_packed(const char *bytes, size_t n_bytes, size_t *n_packed) {
    z_stream z = {.next_in = (unsigned char *)bytes, .avail_in = (uInt)n_bytes};
    if (n_bytes > UINT_MAX || deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    unsigned char *packed = malloc(n_bytes + 1);
    z.next_out = packed;
    z.avail_out = packed ? (uInt)n_bytes : 0;
    bool smaller = packed && deflate(&z, Z_FINISH) == Z_STREAM_END;
    *n_packed = z.total_out;
    deflateEnd(&z);
    if (smaller) return (char *)packed;
    free(packed);
    return NULL;
}
