/* print.h - messages for people and programs on a terminal, in a pipe, in a spreadsheet. */
#ifndef COMMANDS_PRINT_H
#define COMMANDS_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "event.h"

typedef enum print_form {
    PRINT_CUES,  /* a line a cue, as it rises, changes and clears, and the figures at the end: for a person */
    PRINT_JSONL, /* every message */
    PRINT_CSV,   /* a row of readings each half second */
    PRINT_NOTHING,
} print_form;

typedef struct printer {
    FILE *out;
    print_form form;
    bool colour;
    const char *source; /* PRINT_CSV: the first column */
    json_t *row;        /* PRINT_CSV: the readings of the moment, owned */
} printer;

/* A field of CSV (RFC 4180), quoted where it must be. */
void print_field(FILE *out, const char *text);

/* The header of PRINT_CSV, nothing for the other forms. */
void print_header(FILE *out, print_form form);
void printer_show(printer *p, const message *m);

/* PRINT_CSV: a reading that is no message any more. */
void printer_read(printer *p, const json_t *reading);
void printer_finish(printer *p);

#endif
