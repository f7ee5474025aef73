/* inside.h - what the files of serve/ share: the server and one connection of it. */
#ifndef SERVE_INSIDE_H
#define SERVE_INSIDE_H

#include <libwebsockets.h>
#include <pthread.h>
#include <sys/queue.h>

#include "serve/address.h"
#include "serve/desk.h"
#include "serve/queue.h"
#include "serve/serve.h"
#include "serve/state.h"

/* A client of /events. */
struct client {
    LIST_ENTRY(client) link;
    struct lws *wsi;
    bool joined; /* in the server's list */
    bool culled; /* lagged: is being closed, gets nothing more */
    struct view view;
    struct telling telling;
    struct queue queue;

    bool wants_sound, hears;
    struct errand *asks_to_hear; /* at the desk, or null */

    char *received; /* [FEEDBACK_MAX_BYTES], n_received of them: the message it is sending us; null between two */
    size_t n_received;
    unsigned n_said; /* pieces of messages since */
    lws_usec_t said_since;
};

/* What to say of an answer, apart from its body; null where it has none of a header. */
struct head {
    unsigned status;
    size_t n_bytes; /* of the body */
    const char *type, *encoding, *etag, *modified, *range, *location, *allow, *disposition;
    bool has_ranges; /* parts of it can be asked for */
    bool secret;     /* what is kept of calls stays out of every cache */
};

/* An answer whose body is still going out, or has yet to be found. */
struct response {
    const unsigned char *piece; /* n_piece bytes that can be sent now */
    size_t n_piece, left;       /* left: of the whole body */
    unsigned char *owned;       /* what to free after it, or null */
    struct errand *errand;      /* the desk's part of it, or null */
    char *coming;               /* of an upload: n_coming bytes for the desk's next piece; null for none */
    size_t n_coming;
    long long to_come;       /* bytes that the client has yet to send */
    bool head_only, hang_up; /* hang_up: after it */
};

/* libwebsockets keeps one for each connection, zeroed at first. */
struct connection {
    struct client client;
    struct response response;
};

/* Who wants a call paused or consent withdrawn does not wait for those who read, and they not for sound, of which there
 * is much: Opus decodes in 2.5 ms a second. */
enum { DESK_ORDERS, DESK_READING, DESK_SOUND, DESKS };

struct serve {
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct address address;
    char *web_dir;
    void (*feedback)(void *user, message *m); /* may be null, as the next */
    bool (*order)(void *user, const char *call, const call_order *order);
    bool listening;
    void *user;
    pthread_t thread;
    bool running;

    pthread_mutex_t lock; /* of the next three */
    struct queue inbox;
    bool stopping;
    unsigned long dropped;

    /* The network thread's own. */
    struct lws *listener;
    LIST_HEAD(, client) clients;
    struct state *state;
    struct queue taken; /* from the inbox */
    unsigned n_connections, max_connections;
    bool leaving, over;
    lws_sorted_usec_list_t deadline; /* of leaving */

    atomic_ulong clients_now, sent, culled;

    struct imports *imports; /* null: nothing can be imported here */
    struct api *apis[DESKS]; /* each its desk's thread's */
    struct desk *desks[DESKS];
};

/* Whether the page that asks may: on the network thread, as all that follows. */
bool serve_origin_allowed(const struct serve *s, struct lws *wsi);

/* Each answers as an lws callback does: nonzero hangs up. */
int serve_respond(struct lws *wsi, struct response *r, const struct head *h); /* r says what the body begins with */
int serve_respond_line(struct lws *wsi, struct response *r, struct head h, const char *line);
int serve_response_write(struct serve *s, struct lws *wsi, struct response *r);
void serve_response_end(struct response *r); /* frees, any number of times */

bool serve_takes_gzip(struct lws *wsi); /* what the client says of it */
int serve_http_answer(struct serve *s, struct lws *wsi, struct response *r, const char *path, size_t n_path);

bool serve_request_is(const char *path); /* one for the desk */
int serve_request_begin(struct serve *s, struct lws *wsi, struct response *r, const char *path);
/* A part of its body. */
int serve_request_receive(struct lws *wsi, struct response *r, const char *in, size_t n_bytes);
int serve_request_received(struct serve *s, struct lws *wsi, struct response *r);
int serve_request_write(struct serve *s, struct lws *wsi, struct response *r);
int serve_request_read_on(struct serve *s, struct response *r); /* the piece is sent, and there is more */
void serve_requests_answered(struct serve *s);                  /* whatever the desk has done */
int serve_request_refuse(struct lws *wsi, struct response *r, unsigned status, const char *why);

bool serve_upload_is(method m, const char *path);
int serve_upload_begin(struct serve *s, struct lws *wsi, struct response *r, long long n_body);
int serve_upload_receive(struct lws *wsi, struct response *r, const char *in, size_t n_bytes);
bool serve_upload_waits(struct lws *wsi, const struct response *r); /* for more of it, or for the desk */
bool serve_upload_goes_on(const struct errand *e);
void serve_upload_taken(struct lws *wsi, struct response *r); /* its piece is written */
void serve_errand_gone(struct errand *e);                     /* its client is; null does nothing */

/* Listening to a call in progress, see hearing.c. */
bool serve_hearing_begin(struct serve *s, struct client *c); /* false without memory, or where too many wait */
void serve_hearing_answered(struct serve *s, struct errand *e);
void serve_hearing_end(struct serve *s, struct client *c);

int serve_events_admit(struct serve *s, struct lws *wsi, struct client *c);
int serve_events_join(struct serve *s, struct lws *wsi, struct client *c);
int serve_events_write(struct serve *s, struct client *c);
int serve_events_receive(struct serve *s, struct client *c, const char *in, size_t n_bytes);
void serve_events_left(struct serve *s, struct client *c);
void serve_events_publish(struct serve *s, message *m);
void serve_events_leave(struct serve *s); /* asks every client to go once it has all that waits for it */

#endif
