/* desk.h - a thread for requests that need the disk, so that the network thread, which sends cues, waits for no file
 * and no query.
 *
 *     network thread: request --> errand --> waiting --> desk's thread: work --> answered --> network thread: answer
 *
 * An errand belongs to one thread at a time. One that answers with a file goes to and fro, a piece each time.
 */
#ifndef SERVE_DESK_H
#define SERVE_DESK_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "event.h"

enum {
    DESK_WAITING = 64,        /* errands at most */
    REQUEST_BODY_MAX = 65536, /* in memory */
    REQUEST_PATH_SIZE = 256,
    PIECE_MAX = 65536, /* of a file */
};

#define UPLOAD_MAX (1LL << 31) /* to a file */

typedef enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_DELETE, METHODS } method;

/* A request, copied from the connection. */
typedef struct request {
    method method;
    char path[REQUEST_PATH_SIZE];
    json_t *arguments; /* of the query: an object of texts */
    char *body;        /* n_body bytes of whatever was sent, of body_size that shall come; null: none */
    size_t n_body, body_size;
    char from[64];                                      /* the peer's address */
    char range[256], if_range[128], if_none_match[256]; /* "": none */
    bool takes_gzip;
    message *status; /* that calls are not being stored, and why; null: they are */
} request;

/* What comes of it: a head, and a body in memory or from a file. */
typedef struct answer {
    unsigned status;
    const char *type, *encoding;                                        /* encoding: null for none */
    char etag[64], modified[40], range[80], allow[32], disposition[96]; /* "": none */
    bool has_ranges;
    long long n_bytes, n_left; /* of the whole body; and of it, what has yet to be read from the file */

    char *piece; /* n_piece bytes of it, all of them or those of the file that are next */
    size_t n_piece;
    char file[CALL_ID_SIZE + 8];
    long long file_at; /* where its next piece begins */
} answer;

struct errand {
    STAILQ_ENTRY(errand) link;
    struct lws *wsi;           /* network thread's: whose it is; null once that is gone */
    bool listens;              /* no request: somebody wants to hear the call in progress that path names */
    bool asked, away;          /* network thread's: the request was whole; it is with the desk */
    struct desk *desk;         /* network thread's: the one that it goes to */
    long long begun_us;        /* network thread's: when its body began to come */
    bool goes_on;              /* its answer has begun */
    bool upload;               /* its body comes in pieces, and goes to a file */
    bool whole, abandoned;     /* this piece is the last; there will be none, and what came is not wanted */
    struct incoming *incoming; /* desk's: the file; null before and after */
    request request;
    answer answer;
};

void errand_free(struct errand *e); /* null does nothing */

struct desk;

/* work fills e->answer, on the desk's thread; done is called there whenever there is something to take back. Null
 * without memory or a thread. */
struct desk *desk_open(void (*work)(void *worker, struct errand *e), void (*done)(void *user), void *worker,
                       void *user);

/* Takes the errand over. False where too many wait, unless it goes on or its file is begun, or the desk is closed. */
bool desk_hand_in(struct desk *d, struct errand *e);

/* One that was answered, the caller's again; null where there is none. */
struct errand *desk_take_back(struct desk *d);

/* Ends the thread, once it has done what it is at; what waits comes back without an answer. Again: nothing. */
void desk_close(struct desk *d);
void desk_free(struct desk *d); /* closes it too; null does nothing */

#endif
