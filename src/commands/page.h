/* page.h - a call as a page of text, for people. */
#ifndef COMMANDS_PAGE_H
#define COMMANDS_PAGE_H

#include <stdio.h>

#include "commands/report.h"

/* The page; utf8 where out shows it, for a curve. */
void page_print(FILE *out, const report *r, bool utf8);

/* The part that tells figures, from a summary's message; longest_silence_s is 0 where nobody knows. */
void page_print_figures(FILE *out, const json_t *summary, double longest_silence_s);

/* A row of a table such as those of the page: its text, from anywhere, is set in lines. */
__attribute__((format(printf, 3, 4))) void page_print_row(FILE *out, const char *label, const char *format, ...);

/* Whether the terminal's locale shows UTF-8. */
bool page_shows_utf8(void);

#endif
