/* Events over WebSocket. Each client has a queue of its own; one message goes out whenever its socket can take one. The
 * state comes first, some calls at a time as the queue empties, so that nobody waits for a joining one's thousand. Who
 * lets too much wait is closed: what it shows is stale, and it comes back to a fresh state. What a client says is
 * feedback on a cue, or refused in words to it alone; who talks too much is closed.
 */
#include <time.h>

#include "serve/feedback.h"
#include "serve/inside.h"

enum {
    LIMIT = 256,         /* messages that may wait ... */
    LIMIT_OF_CALL = 4,   /* ... and so many for each live call: its readings of a second */
    LIMIT_OF_SOUND = 20, /* but sound is left out where so many wait: late, it is of no use */
    SLICE = 64,          /* messages of the state at once */
    SAY_MAX = 100,
    SAY_S = 10 /* so many pieces of messages in so many seconds: no hand does that */
};
_Static_assert(MESSAGE_PREFIX >= LWS_PRE, "libwebsockets writes its header before the text");

static int refuse(struct lws *wsi, unsigned status) {
    lws_return_http_status(wsi, status, NULL);
    return 1;
}

static bool set_call(struct client *c, const char *value) { return view_set_call(&c->view, value); }
static bool set_agent(struct client *c, const char *value) { return view_set_agent(&c->view, value); }
static bool set_kind(struct client *c, const char *value) { return view_set_kind(&c->view, value); }
static bool set_sound(struct client *c, const char *value) { return c->wants_sound = !strcmp(value, "1"); }

static const struct {
    const char *name;
    bool (*set)(struct client *c, const char *value);
} arguments[] = {{"call=", set_call}, {"agent=", set_agent}, {"view=", set_kind}, {"sound=", set_sound}};

static bool take_argument(struct client *c, const char *argument) {
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        size_t n = strlen(arguments[i].name);
        if (!strncmp(argument, arguments[i].name, n)) return arguments[i].set(c, argument + n);
    }
    return true; /* another's, such as a page's own */
}

/* False where one is there that can be none, or cannot be read: who asks for less must not be told everything. */
static bool take_arguments(struct lws *wsi, struct client *c) {
    char argument[16384]; /* more than a request's head may hold: libwebsockets passes over what does not fit */
    int n;
    for (int i = 0; (n = lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0; i++)
        if (strlen(argument) != (size_t)n || !strchr(argument, '=') || !take_argument(c, argument)) return false;
    return !c->wants_sound || *c->view.call;
}

int serve_events_admit(struct serve *s, struct lws *wsi, struct client *c) {
    char path[16];
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0 || strcmp(path, "/events"))
        return refuse(wsi, 404);
    if (!serve_origin_allowed(s, wsi)) return refuse(wsi, 403);
    if (!c || !take_arguments(wsi, c)) return refuse(wsi, 400);
    return c->wants_sound && !(s->listening && s->order) ? refuse(wsi, 403) : 0;
}

static bool tell_on(struct serve *s, struct client *c) {
    if (c->telling.done || c->queue.n) return true;
    return state_tell(s->state, &c->view, &c->telling, &c->queue, SLICE);
}

int serve_events_join(struct serve *s, struct lws *wsi, struct client *c) {
    c->wsi = wsi;
    c->joined = true;
    LIST_INSERT_HEAD(&s->clients, c, link);
    atomic_fetch_add(&s->clients_now, 1);
    if (!tell_on(s, c)) return -1;
    lws_callback_on_writable(wsi);
    bool hears = c->wants_sound && state_can_hear(s->state, &c->view);
    return !hears || serve_hearing_begin(s, c) ? 0 : -1;
}

void serve_events_left(struct serve *s, struct client *c) {
    if (!c->joined) return;
    c->joined = false;
    LIST_REMOVE(c, link);
    serve_hearing_end(s, c);
    queue_clear(&c->queue);
    free(c->received);
    atomic_fetch_sub(&s->clients_now, 1);
    s->over = s->over || (s->leaving && LIST_EMPTY(&s->clients));
}

static int go_away(struct client *c) {
    lws_close_reason(c->wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
    return -1;
}

/* A cue that waited for its commit may come after the word that consent was withdrawn; and what waited for a client. */
static bool comes_too_late(const struct serve *s, const message *m) {
    bool heard = m->kind == MESSAGE_READING || m->kind == MESSAGE_TREND || m->kind == MESSAGE_SOUND ||
                 m->kind == MESSAGE_TURN || m->kind == MESSAGE_CUE || m->kind == MESSAGE_FEEDBACK ||
                 m->kind == MESSAGE_SUMMARY;
    return heard && state_lacks_consent(s->state, m->call);
}

/* Null: nothing waits that may go out. */
static message *next_for(const struct serve *s, struct client *c) {
    message *m = c->culled ? NULL : queue_pop(&c->queue);
    for (; m && comes_too_late(s, m); m = queue_pop(&c->queue)) message_release(m);
    return m;
}

int serve_events_write(struct serve *s, struct client *c) {
    message *m = next_for(s, c);
    if (!m && !c->culled && !tell_on(s, c)) return -1;
    if (!m) m = next_for(s, c);
    if (!m) return s->leaving ? go_away(c) : 0;
    enum lws_write_protocol form = m->kind == MESSAGE_SOUND ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
    int written = lws_write(c->wsi, (unsigned char *)m->text, m->n_bytes, form);
    message_release(m);
    if (written < 0) return -1;
    atomic_fetch_add(&s->sent, 1);
    if (c->queue.n || !c->telling.done || s->leaving) lws_callback_on_writable(c->wsi);
    return 0;
}

static void cull(struct serve *s, struct client *c) {
    c->culled = true;
    queue_clear(&c->queue);
    atomic_fetch_add(&s->culled, 1);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void queue_for(struct serve *s, struct client *c, message *m) {
    size_t most = LIMIT + LIMIT_OF_CALL * state_n_live(s->state);
    if (c->culled) return;
    if (c->queue.n >= most || !queue_push(&c->queue, m)) cull(s, c);
    else lws_callback_on_writable(c->wsi);
}

static bool is_for(const struct client *c, const message *m, const struct news *news) {
    if (!*m->call) return true;
    if (m->kind == MESSAGE_SOUND && !(c->hears && c->queue.n < LIMIT_OF_SOUND)) return false;
    if (!view_has_call(&c->view, m->call, news->call) || !view_has(&c->view, m, news->sampled)) return false;
    return !(news->live && state_comes_later(&c->telling, m->call));
}

void serve_events_publish(struct serve *s, message *m) {
    struct client *c;
    if (comes_too_late(s, m)) return;
    struct news news = state_follow(s->state, m);
    LIST_FOREACH(c, &s->clients, link) {
        if (is_for(c, m, &news)) queue_for(s, c, m);
    }
    message_release(news.call);
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

/* Null where it may be said. */
static const char *why_not(const struct serve *s, const struct client *c, const feedback *said) {
    if (!s->feedback) return "nothing is kept here";
    if (!state_has_shown(s->state, &c->view, said->call, said->cue)) return "no such cue was shown lately";
    bool takes = said->verdict == VERDICT_TAKEN;
    return takes && !state_waits(s->state, said->call, said->cue) ? "no such escalation waits to be taken" : NULL;
}

/* Null where it was handed on. */
static const char *hand_on(struct serve *s, const struct client *c, const char *bytes, size_t n_bytes) {
    feedback said;
    const char *why = feedback_parse(bytes, n_bytes, &said);
    if (!why) why = why_not(s, c, &said);
    if (why) return why;
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
    reply(s, c, hand_on(s, c, c->received, c->n_received));
    free(c->received);
    c->received = NULL;
    c->n_received = 0;
    return 0;
}
