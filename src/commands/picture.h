/* picture.h - a call drawn: both voices, what went on between them, how the customer's sounded, and the cues, over one
 * axis of time. */
#ifndef COMMANDS_PICTURE_H
#define COMMANDS_PICTURE_H

#include <cairo.h>

#include "commands/report.h"

enum { PICTURE_WIDTH = 1120 };

/* Draws on any surface of PICTURE_WIDTH and returns the height it took. */
double picture_draw(cairo_t *cairo, const report *r);

#endif
