/* imports.h - recordings that were sent over HTTP, taken into the store one after the other. Each is listened to by a
 * process of its own that stands back behind all others (nice), so that what is wrong with a file harms no call:
 *
 *     desk's thread: body, a piece at a time --> DIR/incoming/N/NAME --> waiting
 *     a thread of our own:                       waiting --> undertone import --progress --> done, known or failed
 *
 * DIR/incoming is there only while something is in it: it is emptied at both ends, and what waited has to be sent anew.
 */
#ifndef SERVE_IMPORTS_H
#define SERVE_IMPORTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    IMPORT_NAME_MAX = 200,
    IMPORTS_COMING = 16,   /* that are being sent at the same time */
    IMPORTS_WAITING = 100, /* and that wait to be listened to */
    IMPORTS_TOLD = 100,
    IMPORTS_SPARE = 256 * 1024 * 1024, /* bytes that are left free on the disk */
};

struct imports;

/* command: what listens to a recording, a program and its first arguments up to a null; borrowed, as dir. Null without
 * memory or a thread. */
struct imports *imports_open(const char *dir, const char *const *command);

/* Ends the process that is listening, and removes what waits. Null does nothing. */
void imports_close(struct imports *im);

/* What is said of a recording: texts that are not known are null, and modified_ms 0, Unix time of its last change. */
typedef struct import_facts {
    const char *name; /* without a slash; neither . nor .. */
    const char *channels, *agent, *team, *queue, *customer;
    bool record;
    int64_t modified_ms;
} import_facts;

/* One that is being sent. */
struct incoming;

/* Any desk's thread. Makes its file; null with errno: EBUSY where too many are coming or wait. */
struct incoming *imports_begin(struct imports *im, const import_facts *facts);
bool imports_write(struct incoming *in, const char *bytes, size_t n_bytes); /* false with errno, ENOSPC early */

/* Either ends it: it is whole, and waits to be listened to (its number; 0 where it cannot be finished, with errno); or
 * what came of it is removed. */
long long imports_finish(struct imports *im, struct incoming *in);
void imports_drop(struct imports *im, struct incoming *in);

/* {"imports":[{"import":7,"name":"call.flac","state":"waiting"|"listening"|"done"|"known"|"failed","progress":0.42,
 * "call":ID|null,"why":null|"a sentence"}]}, the newest first. New; null without memory. */
json_t *imports_told(struct imports *im);

#endif
