/* gzip.h - what is sent, made smaller for those who take it so (RFC 1952). */
#ifndef SERVE_GZIP_H
#define SERVE_GZIP_H

#include <stddef.h>

/* n_bytes of it packed into new memory, *n_packed of them. Null without memory, and where it does not get smaller. */
char *gzip_packed(const char *bytes, size_t n_bytes, size_t *n_packed);

#endif
