/* scores.h - what a live call would say of the customer's voice, each half second, as comma-separated values. It is for
 * measuring a model: no event, store or page holds the acted emotions among the columns.
 */
#ifndef COMMANDS_SCORES_H
#define COMMANDS_SCORES_H

#include <stdio.h>

#include "capture/source.h"

/* ",speech_s,frustration" and so on: what comes after source, channel and t_s. */
void scores_print_names(FILE *out);

/* Follows the source to its end and writes a row a reading of its customer's channel; of the others nothing is asked.
 * False where the source has no such channel or failed, after saying so on stderr, and when it was interrupted. */
bool scores_run(const ut_model *model, source *s, const char *path, FILE *out);

#endif
