/* pictures.c - see pictures.h. cairo writes the SVG, with letters as outlines; a title and a description (SVG 1.1,
 * section 5.4) say in words what it shows. */
#include "commands/pictures.h"

#include <cairo-svg.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/picture.h"
#include "commands/words.h"

enum { NAME_SIZE = 200, NUMBERED_SIZE = NAME_SIZE + 24 }; /* of a file's name; with a number behind it */

struct pictures {
    json_t *paths; /* the picture's, by the recording's */
};

/* ---- names ---- */

static bool ends_in_svg(const char *path) {
    size_t n = strlen(path);
    return n > 4 && !strcmp(path + n - 4, ".svg");
}

/* "calls/monday.flac" -> "monday", cut where it is long. */
static void name_of(char name[NAME_SIZE], const char *recording) {
    const char *slash = strrchr(recording, '/');
    snprintf(name, NAME_SIZE, "%s", slash ? slash + 1 : recording);
    char *dot = strrchr(name, '.');
    if (dot && dot > name) *dot = '\0';
}

/* A name that none before has: "monday", "monday-2" ... taken counts them by name. */
static void make_name(char name[NUMBERED_SIZE], const char *recording, json_t *taken) {
    char base[NAME_SIZE];
    name_of(base, recording);
    long n = (long)json_integer_value(json_object_get(taken, base));
    do {
        if (n++) snprintf(name, NUMBERED_SIZE, "%s-%ld", base, n);
        else snprintf(name, NUMBERED_SIZE, "%s", base);
    } while (json_object_get(taken, name));
    json_object_set_new_nocheck(taken, base, json_integer(n));
    if (strcmp(name, base)) json_object_set_new_nocheck(taken, name, json_integer(1));
}

static void name_all(pictures *p, const char *folder, char **recordings, int n_recordings) {
    json_t *taken = json_object();
    for (int i = 0; i < n_recordings; i++) {
        char name[NUMBERED_SIZE], path[PATH_MAX];
        if (json_object_get(p->paths, recordings[i])) continue; /* given twice: one picture */
        make_name(name, recordings[i], taken);
        snprintf(path, sizeof path, "%s/%s.svg", folder, name);
        json_object_set_new_nocheck(p->paths, recordings[i], json_stringn_nocheck(path, strlen(path)));
    }
    json_decref(taken);
}

static bool is_folder(const char *path) {
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

pictures *pictures_new(const char *path, char **recordings, int n_recordings, char message[PICTURES_MESSAGE],
                       bool *bad_usage) {
    bool one = ends_in_svg(path);
    pictures *p = NULL;
    if (one && n_recordings > 1) {
        *bad_usage = true;
        snprintf(message, PICTURES_MESSAGE, "--picture %.200s is one file, and there are %d recordings: name a folder",
                 path, n_recordings);
    } else if (!one && mkdir(path, 0777) && (errno != EEXIST || (errno = ENOTDIR, !is_folder(path)))) {
        snprintf(message, PICTURES_MESSAGE, "%.200s: %s", path, strerror(errno));
    } else if (!(p = calloc(1, sizeof *p)) || !(p->paths = json_object())) {
        pictures_free(p);
        p = NULL;
        snprintf(message, PICTURES_MESSAGE, "%s", ut_error_text(UT_NO_MEMORY));
    } else if (one) {
        json_object_set_new_nocheck(p->paths, recordings[0], json_stringn_nocheck(path, strlen(path)));
    } else {
        name_all(p, path, recordings, n_recordings);
    }
    return p;
}

void pictures_free(pictures *p) {
    if (!p) return;
    json_decref(p->paths);
    free(p);
}

/* ---- SVG ---- */

static void print_xml(FILE *out, const char *text) {
    while (*text) {
        bool plain;
        size_t n = words_letter(text, &plain);
        if (*text == '<') fputs("&lt;", out);
        else if (*text == '>') fputs("&gt;", out);
        else if (*text == '&') fputs("&amp;", out);
        else if (plain) fwrite(text, 1, n, out);
        else fputc('?', out);
        text += n;
    }
}

static void print_description(FILE *out, const report *r) {
    char text[WORDS_LINE], from[WORDS_CLOCK], to[WORDS_CLOCK];
    fputs("<title>", out);
    print_xml(out, report_may(r) ? report_text(r->call, "source") : "A call");
    fputs("</title>\n<desc>", out);
    print_xml(out, words_of_call(text, r));
    for (unsigned i = 0; i < r->n_cues; i++) {
        fprintf(out, "\n%s - %s ", words_clock(from, r->cues[i].from_s), words_clock(to, r->cues[i].to_s));
        print_xml(out, report_text(r->cues[i].told, "text"));
    }
    fputs("</desc>\n", out);
}

static cairo_status_t take_bytes(void *user, const unsigned char *bytes, unsigned n) {
    return fwrite(bytes, 1, n, user) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Draws on surface, which it releases. */
static cairo_status_t draw_on(cairo_surface_t *surface, const report *r, double *height) {
    cairo_t *cairo = cairo_create(surface);
    *height = picture_draw(cairo, r);
    cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    if (!status) status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

/* Once to learn the height, once in earnest. */
static bool draw(FILE *out, const report *r) {
    double height;
    if (draw_on(cairo_recording_surface_create(CAIRO_CONTENT_COLOR, NULL), r, &height)) return false;
    cairo_surface_t *svg = cairo_svg_surface_create_for_stream(take_bytes, out, PICTURE_WIDTH, height);
    if (!cairo_surface_status(svg)) cairo_svg_surface_set_document_unit(svg, CAIRO_SVG_UNIT_PX);
    return !draw_on(svg, r, &height);
}

/* cairo's SVG, with title and description after the opening of its first element. */
static void print_svg(FILE *out, const char *svg, const report *r) {
    const char *element = strstr(svg, "<svg"), *end = element ? strchr(element, '>') : NULL;
    const char *rest = end ? end + 1 : svg;
    fwrite(svg, 1, (size_t)(rest - svg), out);
    if (end) fputc('\n', out);
    if (end) print_description(out, r);
    fputs(rest, out);
}

static bool write_whole(const char *path, const char *svg, const report *r) {
    char new_path[PATH_MAX + 8];
    snprintf(new_path, sizeof new_path, "%s.new", path);
    FILE *out = fopen(new_path, "wb");
    if (!out) return false;
    print_svg(out, svg, r);
    bool good = !ferror(out);
    int why = errno;
    if (fclose(out) && good) {
        good = false;
        why = errno;
    }
    if (good && !rename(new_path, path)) return true;
    if (good) why = errno;
    unlink(new_path);
    errno = why;
    return false;
}

bool pictures_save(const pictures *p, const char *recording, const report *r, char message[PICTURES_MESSAGE]) {
    const char *path = json_string_value(json_object_get(p->paths, recording));
    char *svg = NULL;
    size_t n = 0;
    FILE *memory = path ? open_memstream(&svg, &n) : NULL;
    bool drawn = memory && draw(memory, r);
    if (memory && fclose(memory)) drawn = false;
    bool good = drawn && write_whole(path, svg, r);
    if (!drawn) snprintf(message, PICTURES_MESSAGE, "%.300s: the picture could not be drawn", path ? path : recording);
    else if (!good) snprintf(message, PICTURES_MESSAGE, "%.300s: %s", path, strerror(errno));
    free(svg);
    return good;
}
