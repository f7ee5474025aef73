/* jobs.h - many files on many cores, their output in the order they were given. */
#ifndef COMMANDS_JOBS_H
#define COMMANDS_JOBS_H

#include <stdbool.h>
#include <stdio.h>

/* Does one file, writing to out, and may stop when that has failed. Any thread. False: the file failed (and it said so
 * on stderr). */
typedef bool jobs_do(void *user, const char *path, FILE *out);

/* Runs doing over paths [n_paths] with n_jobs threads (0: one a core) and writes what each wrote to stdout, in order.
 * Memory is bounded, whatever they write: see jobs.c. command is for messages; progress prints a line on stderr while
 * it lasts. Returns true when all succeeded and stdout took it all. Stops early on an interrupt, and when stdout takes
 * no more; says so on stderr. */
bool jobs_run(const char *command, char **paths, int n_paths, int n_jobs, bool progress, jobs_do *doing, void *user);

/* --jobs's value: 1..256, -1 when it is none. */
int jobs_count(const char *text);

#endif
