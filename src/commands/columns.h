/* columns.h - a frame as the columns of a row of comma-separated values. */
#ifndef COMMANDS_COLUMNS_H
#define COMMANDS_COLUMNS_H

#include <stdio.h>

#include "commands/number.h"
#include "undertone.h"

enum { COLUMNS_MOST = 80, COLUMNS_VALUE_SIZE = 1 + NUMBER_SIZE };

/* ",loudness,alpha_ratio" and so on. */
void columns_print_names(FILE *out);

/* Writes the frame's values, as ",0.25,-12.5,,160" and so on, where COLUMNS_MOST * COLUMNS_VALUE_SIZE bytes are, and
 * returns where they end. */
char *columns_write(char *at, const ut_frame *frame);

/* One value, nothing behind the comma where it does not exist (NaN). */
char *columns_write_value(char *at, float x);

#endif
