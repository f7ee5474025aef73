#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20 };

char *text_read(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(MOST_BYTES + 1) : NULL;
    size_t n = text ? fread(text, 1, MOST_BYTES + 1, file) : 0;
    bool read = text && !ferror(file), good = read && n <= MOST_BYTES && !memchr(text, '\0', n);
    int why = read ? (n > MOST_BYTES ? EFBIG : EILSEQ) : errno;
    if (file) fclose(file);
    if (good) {
        text[n] = '\0';
        return text;
    }
    free(text);
    errno = why;
    return NULL;
}
