/* program.h - the program under test, from outside: started with arguments, followed, signalled and waited for.
 *
 * It runs from the repository's root with a home folder of its own. What it prints goes to files, so that it never
 * waits for us. A program built with a sanitizer that complained has the status SANITIZER_SPOKE.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROGRAM_TIMEOUT_MS = 60000, SANITIZER_SPOKE = 99 };

typedef struct program {
    pid_t pid;
    int status;      /* exit code, or 128 and the signal that ended it; -1 while it runs */
    char *out, *err; /* all it printed, once it was waited for */
    int number;      /* of its files */
} program;

/* A folder of this test's own, made at the first call and removed when the test program ends; "" where it cannot be
 * made. */
const char *scratch(void);

/* The name of a file in it; valid for the next 31 calls. */
const char *scratch_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
void write_file(const char *path, const void *bytes, size_t n_bytes);
char *read_file(const char *path, size_t *n_bytes); /* terminated, to be freed; n_bytes may be null; null: no file */

/* Starts $UNDERTONE, else build/undertone, with arguments up to a null; fails the test where it cannot. */
void program_start(program *p, const char *const arguments[]);

/* What it has printed so far, to be freed. */
char *program_out(const program *p);
char *program_err(const program *p);

/* Waits until it has printed text on stdout or stderr; false when the time is over or it ended without. */
bool program_says(const program *p, const char *text, int timeout_ms);

/* Waits for "The overlay is at http://127.0.0.1:PORT/agent/"; address gets "http://127.0.0.1:PORT". */
bool program_address(const program *p, char address[64], int timeout_ms);

void program_signal(const program *p, int signal);

/* Waits for its end and returns its status; one that does not end in time is killed and returns -1. */
int program_wait(program *p, int timeout_ms);

/* Whether the running program was built with a sanitizer, which costs time and memory of its own. */
bool program_is_sanitized(const program *p);

/* Kills it if it still runs, and frees. */
void program_end(program *p);

/* Start and wait. */
#define RUN(p, ...) program_run(p, (const char *const[]){__VA_ARGS__, NULL})
int program_run(program *p, const char *const arguments[]);

/* Milliseconds of the monotonic clock, and a nap. */
long now_ms(void);
void sleep_ms(int milliseconds);

#endif
