/* page.h - a call as a page of text, for people. */
#ifndef COMMANDS_PAGE_H
#define COMMANDS_PAGE_H

#include <stdio.h>

#include "commands/report.h"

/* The page; utf8 where out shows it, for a curve. */
void page_print(FILE *out, const report *r, bool utf8);

/* The part that tells figures, from a summary's message; longest_silence_s is 0 where nobody knows. */
void page_print_figures(FILE *out, const json_t *summary, double longest_silence_s);

#endif
