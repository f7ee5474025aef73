/* pages.h - the pages: packed into the program by tools/pack.c, or read from a folder while one works on them. */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct page {
    const char *path; /* "/agent/index.html" */
    const char *type;
    const char *etag; /* strong, with its quotes, of the gzipped form */
    const unsigned char *gzip;
    size_t n_bytes; /* of gzip */
};
extern const struct page pages[]; /* sorted by path */
extern const size_t n_pages;

const struct page *page_find(const char *path);

enum { PAGE_MAX_BYTES = 4 << 20 };

/* The page as it was before packing, *n_bytes of it in memory that is now the caller's. Null without memory, for
 * damaged bytes and for over PAGE_MAX_BYTES. */
unsigned char *page_inflate(const struct page *page, size_t *n_bytes);

/* The same of the file at dir with path after it. Only a plain file of a known type, at most PAGE_MAX_BYTES, by a path
 * that is packed or has only a-z 0-9 . _ - in it; no name on the way may begin with a dot or be a symbolic link. */
unsigned char *page_read(const char *dir, const char *path, size_t *n_bytes);
bool page_on_disk(const char *dir, const char *path);

#endif
