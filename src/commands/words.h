/* words.h - times, reasons and calls in plain words: what a voice sounds like, never what a person is. The overlay's
 * are in src/web/shared/words.js, and alike. */
#ifndef COMMANDS_WORDS_H
#define COMMANDS_WORDS_H

#include <stdio.h>

#include "commands/report.h"

/* How many bytes the letter at text, which is UTF-8, has; *plain: a terminal, a page and XML can show it, since it is
 * neither a control character nor what Unicode says is no character. */
size_t words_letter(const char *text, bool *plain);

/* Prints n bytes of a text from elsewhere, "?" for what is not plain: nothing moves a terminal's cursor. */
void words_print(FILE *out, const char *text, size_t n);

enum { WORDS_CLOCK = 16, WORDS_LINE = 512 };

/* 462 -> "7:42", 3725 -> "1:02:05", as a time in a call. Returns text. */
const char *words_clock(char text[WORDS_CLOCK], double s);

/* How long: 9.5 -> "9.5 s", 462 -> "7:42 min", 3725 -> "1:02:05 h". Returns text. */
const char *words_length(char text[WORDS_CLOCK], double s);

/* A cue's "reasons": "4.1 semitones higher, faster than usual", "Over 8.2 s of silence". Returns text, "" for none. */
const char *words_because(char text[WORDS_LINE], const json_t *reasons);

/* What happened in a call, in a few sentences. Returns text. */
const char *words_of_call(char text[WORDS_LINE], const report *r);

#endif
