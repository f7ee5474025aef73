/* page_type.h - the content types of what may lie in src/web, for the packer and for --web alike. */
#ifndef SERVE_PAGE_TYPE_H
#define SERVE_PAGE_TYPE_H

#include <stddef.h>
#include <string.h>

/* By the name's extension, null for one that is not served. */
static inline const char *page_type(const char *path) {
    static const struct {
        const char *extension, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".woff2", "font/woff2"},
    };
    const char *extension = strrchr(path, '.');
    if (!extension) return NULL;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(extension, types[i].extension)) return types[i].type;
    return NULL;
}

#endif
