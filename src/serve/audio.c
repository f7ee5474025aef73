#include "serve/audio.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "serve/range.h"
#include "store/recorder.h"

static const char *const types[TAPE_FORMATS] = {[TAPE_FLAC] = "audio/flac", [TAPE_OPUS] = "audio/ogg"};

/* A plain file right in DIR/audio, following no link; -1: there is none. */
static int open_file(const char *dir, const char *name, struct stat *st) {
    char folder[4200];
    int n = snprintf(folder, sizeof folder, "%s/audio", dir);
    int at = n < (int)sizeof folder ? open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    int fd = at >= 0 ? openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (at >= 0) close(at);
    if (fd >= 0 && (fstat(fd, st) || !S_ISREG(st->st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* A finished recording is put in place whole and not written again, so these tell versions apart. */
static void make_etag(char etag[64], const struct stat *st) {
    snprintf(etag, 64, "\"%llx-%llx-%llx.%lx\"", (unsigned long long)st->st_ino, (unsigned long long)st->st_size,
             (unsigned long long)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
}

/* RFC 9110, section 5.6.7; in the words of the C locale, which the program never leaves. */
static void make_date(char date[40], time_t at) {
    struct tm utc;
    strftime(date, 40, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&at, &utc));
}

/* Which bytes of the file, and so which head. */
static void choose(const request *r, const struct stat *st, answer *a) {
    long long size = st->st_size, first = 0, last = size - 1;
    a->has_ranges = true;
    make_etag(a->etag, st);
    make_date(a->modified, st->st_mtime);
    a->status = 200;
    if (range_etag_known(r->if_none_match, a->etag)) {
        a->status = 304;
        return;
    }
    bool heeded = *r->range && range_still_holds(*r->if_range ? r->if_range : NULL, a->etag, a->modified);
    range_kind kind = range_of(heeded ? r->range : NULL, size, &first, &last);
    if (kind == RANGE_UNSATISFIABLE) {
        a->status = 416;
        snprintf(a->range, sizeof a->range, "bytes */%lld", size);
        return;
    }
    if (kind == RANGE_PART) {
        a->status = 206;
        snprintf(a->range, sizeof a->range, "bytes %lld-%lld/%lld", first, last, size);
    } else {
        first = 0;
        last = size - 1;
    }
    a->file_at = first;
    a->n_bytes = a->n_left = last - first + 1;
}

bool audio_find(const char *dir, const char *call_id, const request *r, answer *a) {
    struct stat st;
    for (int f = 0; f < TAPE_FORMATS; f++) {
        snprintf(a->file, sizeof a->file, "%s.%s", call_id, tape_format_name((tape_format)f));
        int fd = open_file(dir, a->file, &st);
        if (fd < 0) continue;
        close(fd);
        a->type = types[f];
        choose(r, &st, a);
        return true;
    }
    return false;
}

bool audio_read_on(const char *dir, answer *a) {
    struct stat st;
    char etag[64];
    size_t n = a->n_left < PIECE_MAX ? (size_t)a->n_left : PIECE_MAX;
    int fd = open_file(dir, a->file, &st);
    a->n_piece = 0;
    if (fd < 0) return false;
    make_etag(etag, &st);
    if (!a->piece) a->piece = malloc(PIECE_MAX);
    if (a->piece && !strcmp(etag, a->etag) && pread(fd, a->piece, n, a->file_at) == (ssize_t)n) a->n_piece = n;
    close(fd);
    a->file_at += (long long)a->n_piece;
    a->n_left -= (long long)a->n_piece;
    return a->n_piece;
}
