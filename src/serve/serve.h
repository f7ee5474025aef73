/* serve.h - the pages over HTTP and the events over WebSocket, on one thread of libwebsockets, and on another
 * what needs the disk.
 *
 *     GET /agent/      the overlay
 *     GET /events      WebSocket, subprotocol "undertone.events" or none: one JSON event a text message;
 *                      which of them are asked for with ?call=, ?agent= and ?view=, see view.h. Who joins late gets
 *                      the state first, see state.h. What a client may say is in feedback.h.
 *     /api/..., /metrics   what is kept, read and changed; see api.h
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <jansson.h>

#include "order.h"
#include "serve/address.h"
#include "store/store.h"

typedef struct serve serve;

typedef struct serve_options {
    const char *listen;          /* "ADDR:PORT", "[::1]:PORT" or ":PORT"; port 0 takes a free one */
    const struct address *bound; /* listens there already, taken over; null: serve_open does it */
    const char *web_dir;         /* serves the pages from disk, null from the program itself */

    /* Network's thread: a client said this of a cue that it was shown; m is borrowed. Who keeps it gives m to
     * serve_send, and every client learns of it. Null: nobody keeps it, and clients are told so. */
    void (*feedback)(void *user, message *m);

    store *store;         /* must stay open until serve_close_desk; null: nothing is kept */
    const char *data_dir; /* its folder, null without */

    /* What listens to recordings that are sent: imports.h. Null: none can be. */
    const char *const *import_command;

    /* Desk's thread, and the network's to say that somebody listens no longer: tells a call in progress to do
     * something, texts borrowed; false where there is no such call. Null: there never is one. */
    bool (*order)(void *user, const char *call, const call_order *order);

    bool listening;          /* calls in progress may be heard */
    int (*live)(void *user); /* how many calls are in progress; null: none */

    /* Desk's thread: what is told of the program's settings and of its model, new JSON. Null: nothing is known. */
    json_t *(*settings)(void *user);
    json_t *(*model)(void *user);
    void *user;
} serve_options;

/* Binds and starts the thread. Null on failure (port in use ...), with one sentence naming the address in message. */
serve *serve_open(const serve_options *options, char *message, size_t message_size);

/* "http://127.0.0.1:7070": the address to show a person. The serve's own memory. */
const char *serve_address(const serve *s);

/* Queues m for every client, taking its own reference, unless no page may show it. Any thread; never waits. A client
 * that lags too far behind is closed. */
void serve_send(serve *s, message *m);

/* clients: now; culled: closed because they lagged; dropped: messages the network thread had no room for. */
typedef struct serve_counts {
    unsigned long clients, sent, culled, dropped;
} serve_counts;
serve_counts serve_count(serve *s);

/* Ends all use of the store; requests that need it, or give orders, are refused from then on. Null does nothing. */
void serve_close_desk(serve *s);

/* Closes every client, ends the threads. Null does nothing. */
void serve_close(serve *s);

#endif
