/* lettering.h - text on a picture: what fits, in lines. Text is UTF-8 from anywhere. */
#ifndef COMMANDS_LETTERING_H
#define COMMANDS_LETTERING_H

#include <cairo.h>
#include <stdbool.h>

/* The font of what follows, size units high. */
void lettering_size(cairo_t *cairo, double size, bool bold);

/* Of a text of our own; of one from elsewhere nobody needs to know. */
double lettering_width(cairo_t *cairo, const char *text);

/* As much of text as width has room for, with dots where that is not all; y is the line it stands on. */
void lettering_write(cairo_t *cairo, double x, double y, double width, const char *text);

/* All of it in lines, the first at y, leading apart; returns where the next would stand. */
double lettering_lines(cairo_t *cairo, double x, double y, double width, double leading, const char *text);

#endif
