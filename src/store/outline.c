#include "store/outline.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "store/media.h"

/* Minimum and maximum of one channel in the step that is being heard. */
typedef struct extent {
    short low, high;
} extent;

static void stretch(extent *e, const short *x, size_t n, int channels) {
    short low = e->low, high = e->high;
    for (size_t i = 0; i < n; i++) {
        short sample = x[i * (size_t)channels];
        low = sample < low ? sample : low;
        high = sample > high ? sample : high;
    }
    *e = (extent){low, high};
}

static signed char in_bytes(short sample) { return (signed char)lrintf((float)sample * 127 / 32768); }

/* Reads one step; false at the end of the file. */
static bool draw_step(media_file *f, size_t step, extent extents[2]) {
    short x[MEDIA_BLOCK * 2];
    size_t left = step, n;
    for (int c = 0; c < f->channels; c++) extents[c] = (extent){INT16_MAX, INT16_MIN};
    while (left && (n = media_read(f, x, left < MEDIA_BLOCK ? left : MEDIA_BLOCK)) > 0) {
        for (int c = 0; c < f->channels; c++) stretch(&extents[c], x + c, n, f->channels);
        left -= n;
    }
    return left < step;
}

/* False where it takes too long. */
static bool draw(media_file *f, const outline_part *part, signed char *drawn) {
    extent extents[2];
    int64_t until_ms = clock_ms() + part->patience_ms;
    if (part->first >= f->n_frames || sf_seek(f->sound, (sf_count_t)part->first, SEEK_SET) < 0) return true;
    for (size_t i = 0; i < part->points && draw_step(f, part->step, extents); i++) {
        if (clock_ms() > until_ms) return false;
        for (int c = 0; c < f->channels; c++) {
            signed char *pair = drawn + 2 * ((size_t)c * part->points + i);
            pair[0] = in_bytes(extents[c].low);
            pair[1] = in_bytes(extents[c].high);
        }
    }
    return true;
}

/* In whatever form it lies there. */
static bool open_whole(media_file *f, const char *dir, const char *call_id) {
    char name[MEDIA_NAME_SIZE];
    int folder = media_folder(dir, false);
    bool opened = false;
    for (tape_format form = 0; form < TAPE_FORMATS && folder >= 0 && !opened; form++) {
        snprintf(name, sizeof name, "%s.%s", call_id, tape_format_name(form));
        opened = media_open(f, folder, name);
        if (!opened && errno != ENOENT) break;
    }
    int error = errno;
    if (folder >= 0) close(folder);
    errno = error;
    return opened;
}

signed char *outline_draw(const char *dir, const char *call_id, const outline_part *part, size_t *n_bytes) {
    media_file f;
    if (!open_whole(&f, dir, call_id)) return NULL;
    *n_bytes = 2 * (size_t)f.channels * part->points;
    signed char *drawn = calloc(1, *n_bytes);
    bool good = drawn && draw(&f, part, drawn);
    media_close(&f);
    if (good) return drawn;
    errno = drawn ? ETIMEDOUT : ENOMEM;
    free(drawn);
    return NULL;
}
