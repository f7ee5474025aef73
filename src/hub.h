/* hub.h - the one fan-out: analysis workers on one side; stdout, the store and the dashboards on the other.
 *
 * hub_open starts every thread of the program but the sound device's own, hub_close stops them all.
 */
#ifndef HUB_H
#define HUB_H

#include <jansson.h>
#include <stdio.h>

#include "order.h"
#include "session.h"
#include "store/audit.h"
#include "store/retention.h"

typedef struct hub hub;

typedef struct hub_options {
    const char *listen;                /* "ADDR:PORT", null for no dashboards */
    const char *web_dir;               /* null for the pages in the program */
    const char *data_dir;              /* null for no store */
    const char *const *import_command; /* what listens to recordings that are sent, see serve.h; null: none can be */
    void (*show)(void *user, const message *m);             /* on any thread, for each message; null for none */
    void (*ended)(void *user, const source *s, bool broke); /* on a worker's thread: a source's end; null for none */
    void (*warn)(void *user, const char *what); /* any thread: a sentence for who runs this: calls are not being kept,
                                                   or are again; null for none */
    json_t *(*settings)(void *user); /* a thread of serve's: what GET /api/settings tells, new; null for none */
    json_t *(*model)(void *user);    /* and GET /api/model */
    void *user;
    bool record;    /* keep the sound of calls that do not say otherwise */
    bool listening; /* pages may hear calls in progress */
    tape_format format;
    retention keep;
    int workers; /* 0 means one a core */
} hub_options;

/* Null on failure, with one sentence in message. */
hub *hub_open(const hub_options *options, char *message, size_t message_size);

/* What the hub adds to a session's options: whether its call is recorded. */
typedef enum hub_record { HUB_RECORD_DEFAULT, HUB_RECORD_ON, HUB_RECORD_OFF } hub_record;

/* Takes over source, gives it to a worker and follows it live until it ends. Of about.earlier what the store knows is
 * put in, where the customer is known and consent given. Writes the call's id. False without memory (the source is
 * closed). */
bool hub_add(hub *h, source *s, const session_options *options, hub_record record, char id[CALL_ID_SIZE]);

/* What somebody wants of a call in progress, texts copied; a worker does it within a few hops. False where there is no
 * such call, or no memory. */
bool hub_order(hub *h, const char *call_id, const call_order *order);

/* Puts into the audit what calls are heard by from here on, about, where it has changed since the last time. Waits for
 * the disk. False where it could not be, and has to be tried again. */
bool hub_settle(hub *h, const actor *by, json_t *about);

/* How many calls are in progress. */
int hub_live(hub *h);

const char *hub_address(const hub *h); /* of the dashboards, null without */

/* Ends the calls in progress (their summaries are written), then every thread. Returns how many messages the store
 * could not keep. */
unsigned long hub_close(hub *h);

#endif
