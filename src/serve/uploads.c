/* Recordings that are sent to us, on the network thread, which waits for no disk: the body goes to the desk a piece at
 * a time. While one is written the next one comes; where that is full as well, the client has to wait.
 *
 *     socket --> r->coming --> errand's body --> desk --> file
 */
#include "serve/inside.h"

enum {
    PIECE_SIZE = 256 * 1024,
    ROOM = 32 * 1024, /* more than libwebsockets ever reads at a time */
    ENOUGH = PIECE_SIZE - ROOM,
    STALL_S = 60, /* without a byte */
};

bool serve_upload_is(method m, const char *path) { return m == METHOD_POST && !strcmp(path, "/api/imports"); }

/* ---- an errand of this kind ---- */

/* What has come of an upload is not left on the disk. */
void serve_errand_gone(struct errand *e) {
    if (!e) return;
    e->wsi = NULL;
    if (e->away) return;
    e->abandoned = true;
    e->away = e->incoming && desk_hand_in(e->desk, e);
    if (!e->away) errand_free(e);
}

/* Whether the desk could do with a piece now. */
static bool is_due(const struct response *r) {
    const struct errand *e = r->errand;
    return !e->away && !e->whole && !e->answer.status && (r->n_coming >= ENOUGH || !r->to_come);
}

/* Goes as the errand's body; the errand's before, which is written, is there for the next one. */
static bool pass_on(struct response *r) {
    struct errand *e = r->errand;
    char *empty = e->request.body;
    e->request.body = r->coming;
    e->request.n_body = r->n_coming;
    e->whole = !r->to_come;
    r->coming = empty;
    r->n_coming = 0;
    e->away = desk_hand_in(e->desk, e);
    return e->away;
}

/* After anything has changed: hands in what is due, and lets more come where there is room. */
static int go_on(struct lws *wsi, struct response *r) {
    if (is_due(r) && !pass_on(r)) return serve_request_refuse(wsi, r, 503, "the server is closing");
    lws_rx_flow_control(wsi, r->to_come && r->n_coming <= ENOUGH);
    lws_callback_on_writable(wsi);
    return 0;
}

/* libwebsockets hangs up after 5 s without a byte, and sets that anew after each callback with some: so it is told of
 * our patience when it next asks for something to write. What the desk has, the client need not wait for in vain. */
bool serve_upload_waits(struct lws *wsi, const struct response *r) {
    const struct errand *e = r->errand;
    if (!e->upload || !r->to_come || (!e->away && e->answer.status)) return false;
    if (e->away) lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
    else lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALL_S);
    return true;
}

/* ---- what happens ---- */

/* The desk looks at what is said of the recording first. */
int serve_upload_begin(struct serve *s, struct lws *wsi, struct response *r, long long n_body) {
    struct errand *e = r->errand;
    e->upload = true;
    e->desk = s->desks[DESK_SOUND];
    r->coming = malloc(PIECE_SIZE);
    r->to_come = n_body;
    e->request.body = malloc(PIECE_SIZE);
    if (!r->coming || !e->request.body) return -1;
    e->away = desk_hand_in(e->desk, e);
    if (!e->away) return serve_request_refuse(wsi, r, 503, "too many requests wait");
    lws_callback_on_writable(wsi);
    return 0;
}

int serve_upload_receive(struct lws *wsi, struct response *r, const char *in, size_t n_bytes) {
    if (!r->errand->away && r->errand->answer.status) return 0; /* refused, and what follows is passed over */
    if ((long long)n_bytes > r->to_come || n_bytes > PIECE_SIZE - r->n_coming) return -1;
    memcpy(r->coming + r->n_coming, in, n_bytes);
    r->n_coming += n_bytes;
    r->to_come -= (long long)n_bytes;
    if (!r->to_come) r->hang_up = false;
    return go_on(wsi, r);
}

/* Back from the desk without an answer: there is more to come. */
bool serve_upload_goes_on(const struct errand *e) { return e->upload && !e->whole && !e->answer.status; }

void serve_upload_taken(struct lws *wsi, struct response *r) {
    if (go_on(wsi, r)) lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
}
