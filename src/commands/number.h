/* number.h - numbers as text, fast: a table of an hour's frames holds 24 million of them. */
#ifndef COMMANDS_NUMBER_H
#define COMMANDS_NUMBER_H

enum {
    NUMBER_DIGITS = 6,      /* of a measured value: reads back to within 5e-6 of itself */
    NUMBER_TIME_DIGITS = 8, /* of a time in seconds: every hop of a day is another text */
    NUMBER_SIZE = 24,       /* bytes that writing one takes at most, some of them behind the end */
};

/* Writes x, which is finite, as printf's %.*g does with so many digits (at most 8) but without a null, and returns
 * where it ends. */
char *number_write(char *at, double x, int digits);

#endif
