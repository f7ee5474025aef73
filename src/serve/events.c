/* Events over WebSocket. Each client has a queue of its own that begins with the state; one message goes out whenever
 * its socket can take one. Who lets more than LIMIT wait is closed: what it shows is stale, and it comes back to a
 * fresh state. What a client says is feedback on a cue, or refused in words to it alone; who talks too much is closed.
 */
#include <time.h>

#include "serve/feedback.h"
#include "serve/inside.h"

enum { LIMIT = 256, SAY_MAX = 100, SAY_S = 10 /* so many pieces of messages in so many seconds: no hand does that */ };
_Static_assert(MESSAGE_PREFIX >= LWS_PRE, "libwebsockets writes its header before the text");

static int refuse(struct lws *wsi, unsigned status) {
    lws_return_http_status(wsi, status, NULL);
    return 1;
}

/* "?call=ID"; false where ID cannot be one. */
static bool take_filter(struct lws *wsi, struct client *c) {
    char argument[128];
    const char *id = lws_get_urlarg_by_name(wsi, "call=", argument, sizeof argument);
    c->filtered = id;
    if (!id) return true;
    if (!call_id_is(id)) return false;
    snprintf(c->call, sizeof c->call, "%s", id);
    return true;
}

int serve_events_admit(struct serve *s, struct lws *wsi, struct client *c) {
    char path[16];
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0 || strcmp(path, "/events"))
        return refuse(wsi, 404);
    if (!serve_origin_allowed(s, wsi)) return refuse(wsi, 403);
    if (!c || !take_filter(wsi, c)) return refuse(wsi, 400);
    return 0;
}

int serve_events_join(struct serve *s, struct lws *wsi, struct client *c) {
    c->wsi = wsi;
    c->joined = true;
    LIST_INSERT_HEAD(&s->clients, c, link);
    atomic_fetch_add(&s->clients_now, 1);
    if (!state_tell(s->state, c->filtered ? c->call : NULL, &c->queue)) return -1;
    c->allowance = LIMIT + c->queue.n;
    lws_callback_on_writable(wsi);
    return 0;
}

void serve_events_left(struct serve *s, struct client *c) {
    if (!c->joined) return;
    c->joined = false;
    LIST_REMOVE(c, link);
    queue_clear(&c->queue);
    free(c->received);
    atomic_fetch_sub(&s->clients_now, 1);
    s->over = s->over || (s->leaving && LIST_EMPTY(&s->clients));
}

static int go_away(struct client *c) {
    lws_close_reason(c->wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
    return -1;
}

int serve_events_write(struct serve *s, struct client *c) {
    message *m = c->culled ? NULL : queue_pop(&c->queue);
    if (!m) return s->leaving ? go_away(c) : 0;
    int written = lws_write(c->wsi, (unsigned char *)m->text, m->n_bytes, LWS_WRITE_TEXT);
    message_release(m);
    if (written < 0) return -1;
    atomic_fetch_add(&s->sent, 1);
    if (c->allowance > LIMIT) c->allowance--;
    if (c->queue.n || s->leaving) lws_callback_on_writable(c->wsi);
    return 0;
}

static void cull(struct serve *s, struct client *c) {
    c->culled = true;
    queue_clear(&c->queue);
    atomic_fetch_add(&s->culled, 1);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void queue_for(struct serve *s, struct client *c, message *m) {
    if (c->culled) return;
    if (c->queue.n >= c->allowance || !queue_push(&c->queue, m)) cull(s, c);
    else lws_callback_on_writable(c->wsi);
}

/* A cue that waited for its commit may come after the word that consent was withdrawn. */
static bool comes_too_late(const struct serve *s, const message *m) {
    bool heard = m->kind == MESSAGE_READING || m->kind == MESSAGE_TURN || m->kind == MESSAGE_CUE ||
                 m->kind == MESSAGE_FEEDBACK || m->kind == MESSAGE_SUMMARY;
    return heard && state_lacks_consent(s->state, m->call);
}

void serve_events_publish(struct serve *s, message *m) {
    struct client *c;
    if (comes_too_late(s, m)) return;
    state_follow(s->state, m);
    LIST_FOREACH(c, &s->clients, link) {
        if (!c->filtered || !*m->call || !strcmp(c->call, m->call)) queue_for(s, c, m);
    }
}

void serve_events_leave(struct serve *s) {
    struct client *c;
    s->leaving = true;
    s->over = LIST_EMPTY(&s->clients);
    LIST_FOREACH(c, &s->clients, link) lws_callback_on_writable(c->wsi);
}

/* ---- what clients say ---- */

static int turn_out(struct client *c, enum lws_close_status why) {
    lws_close_reason(c->wsi, why, NULL, 0);
    return -1;
}

static bool says_too_much(struct client *c) {
    lws_usec_t now = lws_now_usecs();
    if (now - c->said_since > SAY_S * LWS_US_PER_SEC) {
        c->said_since = now;
        c->n_said = 0;
    }
    return ++c->n_said > SAY_MAX;
}

/* Null where it was handed on. */
static const char *hand_on(struct serve *s, const char *bytes, size_t n_bytes) {
    feedback said;
    const char *why = feedback_parse(bytes, n_bytes, &said);
    if (why) return why;
    if (!s->feedback) return "nothing is kept here";
    if (!state_has_shown(s->state, said.call, said.cue)) return "no such cue was shown lately";
    message *m = message_of_feedback(&said, now_unix_ms());
    if (!m) return "not enough memory";
    s->feedback(s->user, m);
    message_release(m);
    return NULL;
}

static void reply(struct serve *s, struct client *c, const char *why) {
    message *m = why ? message_of_refusal(why) : NULL;
    if (m) queue_for(s, c, m);
    message_release(m);
}

/* Puts together the pieces in which a message comes. */
int serve_events_receive(struct serve *s, struct client *c, const char *in, size_t n_bytes) {
    if (says_too_much(c)) return turn_out(c, LWS_CLOSE_STATUS_POLICY_VIOLATION);
    if (lws_frame_is_binary(c->wsi)) return turn_out(c, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
    if (!c->received && !(c->received = malloc(FEEDBACK_MAX_BYTES))) return -1;
    if (n_bytes > FEEDBACK_MAX_BYTES - c->n_received) return turn_out(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    memcpy(c->received + c->n_received, in, n_bytes);
    c->n_received += n_bytes;
    if (!lws_is_final_fragment(c->wsi)) return 0;
    reply(s, c, hand_on(s, c->received, c->n_received));
    free(c->received);
    c->received = NULL;
    c->n_received = 0;
    return 0;
}
