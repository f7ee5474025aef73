/* Two sources of the same pages. Packed ones are found by binary search and sent gzipped as they lie; a client that
 * cannot take gzip gets them inflated. Those of --web are opened one folder at a time below the given one, so no URL
 * leads out of it. */
#include "serve/pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "serve/page_type.h"

static int by_path(const void *path, const void *page) { return strcmp(path, ((const struct page *)page)->path); }

const struct page *page_find(const char *path) { return bsearch(path, pages, n_pages, sizeof *pages, by_path); }

/* RFC 1952: a gzip member ends with its length before packing, four bytes, low first. */
static size_t length_before(const struct page *page) {
    const unsigned char *end = page->gzip + page->n_bytes;
    return end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
}

unsigned char *page_inflate(const struct page *page, size_t *n_bytes) {
    if (page->n_bytes < 18) return NULL;
    size_t n = length_before(page);
    if (n > PAGE_MAX_BYTES) return NULL;
    unsigned char *x = malloc(n + 1);
    z_stream z = {.next_in = (unsigned char *)page->gzip, .avail_in = page->n_bytes, .next_out = x, .avail_out = n + 1};
    if (!x || inflateInit2(&z, 15 + 16) != Z_OK) goto fail;
    int result = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (result != Z_STREAM_END || z.total_out != n) goto fail;
    *n_bytes = n;
    return x;
fail:
    free(x);
    return NULL;
}

static bool plain(const char *path) {
    return path[0] == '/' && !strstr(path, "/.") && !path[strspn(path, "abcdefghijklmnopqrstuvwxyz0123456789_./-")];
}

/* Opens dir and what path names below it, one name after the other, following no link. */
static int open_below(const char *dir, const char *path) {
    char names[256];
    if (strlen(path) >= sizeof names || !page_type(path) || !(plain(path) || page_find(path))) return -1;
    strcpy(names, path);
    int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *rest = NULL;
    for (char *name = strtok_r(names, "/", &rest); name && at >= 0; name = strtok_r(NULL, "/", &rest)) {
        int next = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        close(at);
        at = next;
    }
    return at;
}

/* How long the plain file is, or -1. */
static off_t length_of(int fd) {
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > PAGE_MAX_BYTES) return -1;
    return st.st_size;
}

unsigned char *page_read(const char *dir, const char *path, size_t *n_bytes) {
    int fd = open_below(dir, path);
    off_t length = length_of(fd);
    unsigned char *x = length < 0 ? NULL : malloc((size_t)length + 1);
    size_t n = 0;
    ssize_t got = 1;
    while (x && got > 0 && n < (size_t)length)
        if ((got = read(fd, x + n, (size_t)length - n)) > 0) n += (size_t)got;
    if (fd >= 0) close(fd);
    if (got < 0) {
        free(x);
        return NULL;
    }
    *n_bytes = n;
    return x;
}

bool page_on_disk(const char *dir, const char *path) {
    int fd = open_below(dir, path);
    bool is = length_of(fd) >= 0;
    if (fd >= 0) close(fd);
    return is;
}
