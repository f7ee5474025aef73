/* lettering.c - see lettering.h. cairo's own simple text is enough: no script of the playbooks' languages needs
 * shaping.
 */
#include "commands/lettering.h"

#include <stdio.h>
#include <string.h>

#include "commands/words.h"

#define DOTS "\u2026"

void lettering_size(cairo_t *cairo, double size, bool bold) {
    cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, size);
}

double lettering_width(cairo_t *cairo, const char *text) {
    cairo_text_extents_t extents;
    cairo_text_extents(cairo, text, &extents);
    return extents.x_advance;
}

/* A copy that cairo takes, of as much as leaves room for fit's dots. */
static void copy(char text[WORDS_LINE], const char *from) {
    size_t n = 0;
    bool plain;
    for (size_t some; *from && n + (some = words_letter(from, &plain)) + sizeof DOTS < WORDS_LINE; from += some) {
        if (plain) memcpy(text + n, from, some);
        else text[n] = '?';
        n += plain ? some : 1;
    }
    text[n] = '\0';
}

/* Takes letters from the end, whole ones, until the rest and the dots fit. */
static void fit(cairo_t *cairo, char text[WORDS_LINE], double width) {
    size_t n = strlen(text);
    while (n > 0 && lettering_width(cairo, text) > width) {
        do n--;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80);
        strcpy(text + n, DOTS);
    }
}

void lettering_write(cairo_t *cairo, double x, double y, double width, const char *text) {
    char shown[WORDS_LINE];
    copy(shown, text);
    fit(cairo, shown, width);
    cairo_move_to(cairo, x, y);
    cairo_show_text(cairo, shown);
}

/* How many bytes of text, up to a space, fit in one line; a word at least. */
static size_t line_of(cairo_t *cairo, const char *text, double width) {
    char line[WORDS_LINE];
    size_t best = 0;
    for (size_t n = strcspn(text, " ");; n += 1 + strcspn(text + n + 1, " ")) {
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        if (best && lettering_width(cairo, line) > width) return best;
        best = n;
        if (!text[n]) return n;
    }
}

double lettering_lines(cairo_t *cairo, double x, double y, double width, double leading, const char *text) {
    char all[WORDS_LINE], line[WORDS_LINE];
    copy(all, text);
    for (text = all; *text; y += leading) {
        size_t n = line_of(cairo, text, width);
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        lettering_write(cairo, x, y, width, line);
        text += n + strspn(text + n, " ");
    }
    return y;
}
