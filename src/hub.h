/* hub.h - the one fan-out: analysis workers on one side; stdout, the store and the dashboards on the other.
 *
 * hub_open starts every thread of the program but the sound device's own, hub_close stops them all.
 */
#ifndef HUB_H
#define HUB_H

#include <stdio.h>

#include "session.h"

typedef struct hub hub;

typedef struct hub_options {
    const char *listen;                                     /* "ADDR:PORT", null for no dashboards */
    const char *web_dir;                                    /* null for the pages in the program */
    const char *data_dir;                                   /* null for no store */
    void (*show)(void *user, const message *m);             /* on any thread, for each message; null for none */
    void (*ended)(void *user, const source *s, bool broke); /* on a worker's thread: a source's end; null for none */
    void *user;
    int workers; /* 0 means one a core */
} hub_options;

/* Null on failure, with one sentence in message. */
hub *hub_open(const hub_options *options, char *message, size_t message_size);

/* Takes over source, gives it to a worker and follows it live until it ends. Of about.earlier what the store knows is
 * put in, where the customer is known and consent given. Writes the call's id. False without memory (the source is
 * closed). */
bool hub_add(hub *h, source *s, const session_options *options, char id[CALL_ID_SIZE]);

/* How many calls are in progress. */
int hub_live(hub *h);

const char *hub_address(const hub *h); /* of the dashboards, null without */

/* Ends the calls in progress (their summaries are written), then every thread. Returns how many messages the store
 * could not keep. */
unsigned long hub_close(hub *h);

#endif
