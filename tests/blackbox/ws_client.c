#include "ws_client.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct ws_client {
    struct lws_context *context;
    struct lws_client_connect_info connect;
    char *origin;
    pthread_t thread;
    bool running;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool answered, closed, stop;
    int status;
    ws_text *texts; /* [n_texts] of [size] */
    size_t n_texts, size;
    char *outgoing; /* null when there is nothing to send */

    /* The thread's own. */
    struct lws *wsi;
    char *part; /* of a message still coming, [n_part] */
    size_t n_part;
};

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void note(ws_client *c, int status, bool closed) {
    pthread_mutex_lock(&c->lock);
    if (!c->answered) c->status = status;
    c->answered = true;
    c->closed = c->closed || closed;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* Takes over text. */
static bool keep(ws_client *c, char *text, size_t n_bytes, int64_t received_us) {
    pthread_mutex_lock(&c->lock);
    if (c->n_texts == c->size) {
        size_t size = c->size ? 2 * c->size : 64;
        ws_text *texts = realloc(c->texts, size * sizeof *texts);
        if (texts) {
            c->texts = texts;
            c->size = size;
        }
    }
    bool room = c->n_texts < c->size;
    if (room) c->texts[c->n_texts++] = (ws_text){text, n_bytes, received_us};
    else free(text);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return room;
}

static int receive(ws_client *c, const char *in, size_t n) {
    int64_t received_us = now_us();
    char *part = realloc(c->part, c->n_part + n + 1);
    if (!part) return -1;
    memcpy(part + c->n_part, in, n);
    c->part = part;
    c->n_part += n;
    part[c->n_part] = '\0';
    if (!lws_is_final_fragment(c->wsi)) return 0;
    size_t n_bytes = c->n_part;
    c->part = NULL;
    c->n_part = 0;
    return keep(c, part, n_bytes, received_us) ? 0 : -1;
}

static int send_outgoing(ws_client *c) {
    pthread_mutex_lock(&c->lock);
    char *text = c->outgoing;
    c->outgoing = NULL;
    pthread_mutex_unlock(&c->lock);
    if (!text) return 0;
    size_t n = strlen(text + LWS_PRE);
    int written = lws_write(c->wsi, (unsigned char *)text + LWS_PRE, n, LWS_WRITE_TEXT);
    free(text);
    return written < 0 ? -1 : 0;
}

/* By hand, since what lws is given as origin goes out with a scheme of its own before it. */
static int add_origin(ws_client *c, struct lws *wsi, unsigned char **p, size_t n) {
    return c->origin && lws_add_http_header_by_token(wsi, WSI_TOKEN_ORIGIN, (unsigned char *)c->origin,
                                                     (int)strlen(c->origin), p, *p + n);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n) {
    ws_client *c = lws_context_user(lws_get_context(wsi));
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        note(c, (int)lws_http_client_http_response(wsi), true);
        return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_origin(c, wsi, in, n);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        note(c, 101, false);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return receive(c, in, n);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return send_outgoing(c);
    case LWS_CALLBACK_CLIENT_CLOSED:
        c->wsi = NULL;
        note(c, 0, true);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        if (c->wsi && c->answered && !c->closed) lws_callback_on_writable(c->wsi);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {{.name = "ws-client", .callback = callback}, {0}};

static bool stopped(ws_client *c) {
    pthread_mutex_lock(&c->lock);
    bool stop = c->stop;
    pthread_mutex_unlock(&c->lock);
    return stop;
}

static void *run(void *user) {
    ws_client *c = user;
    if (!lws_client_connect_via_info(&c->connect)) note(c, 0, true);
    while (!stopped(c) && lws_service(c->context, 0) >= 0) continue;
    return NULL;
}

/* With the lock held: waits for a change, false when the time is over. */
static bool wait_change(ws_client *c, const struct timespec *until) {
    return !pthread_cond_timedwait(&c->changed, &c->lock, until);
}

static struct timespec in_ms(int timeout_ms) {
    int64_t us = now_us() + timeout_ms * INT64_C(1000);
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

/* Connects on the thread; url is the address, which lws_parse_uri takes apart in place. */
static bool start(ws_client *c, char *url, const char *path, const char *subprotocol) {
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .user = c, .gid = -1, .uid = -1};
    const char *scheme, *ignored, *host;
    char host_port[300];
    int port;
    if (lws_parse_uri(url, &scheme, &host, &port, &ignored)) return false;
    snprintf(host_port, sizeof host_port, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
    lws_set_log_level(0, NULL);
    c->context = lws_create_context(&info);
    if (!c->context) return false;
    c->connect = (struct lws_client_connect_info){.context = c->context,
                                                  .address = host,
                                                  .port = port,
                                                  .path = path,
                                                  .host = host_port,
                                                  .protocol = subprotocol,
                                                  .local_protocol_name = protocols[0].name,
                                                  .pwsi = &c->wsi};
    c->running = !pthread_create(&c->thread, NULL, run, c);
    struct timespec until = in_ms(10000);
    pthread_mutex_lock(&c->lock);
    while (c->running && !c->answered && wait_change(c, &until)) continue;
    pthread_mutex_unlock(&c->lock);
    return c->running;
}

ws_client *ws_client_open(const char *address, const char *path, const char *origin, const char *subprotocol) {
    ws_client *c = calloc(1, sizeof *c);
    char *url = strdup(address);
    if (!c || !url) goto fail;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    if (origin && !(c->origin = strdup(origin))) goto fail;
    if (!start(c, url, path, subprotocol)) goto fail;
    free(url);
    return c;
fail:
    free(url);
    ws_client_close(c);
    return NULL;
}

int ws_client_status(ws_client *c) {
    pthread_mutex_lock(&c->lock);
    int status = c->status;
    pthread_mutex_unlock(&c->lock);
    return status;
}

void ws_client_send(ws_client *c, const char *text) {
    char *outgoing = malloc(LWS_PRE + strlen(text) + 1);
    if (!outgoing) return;
    strcpy(outgoing + LWS_PRE, text);
    pthread_mutex_lock(&c->lock);
    free(c->outgoing);
    c->outgoing = outgoing;
    pthread_mutex_unlock(&c->lock);
    lws_cancel_service(c->context);
}

size_t ws_client_count(ws_client *c) {
    pthread_mutex_lock(&c->lock);
    size_t n = c->n_texts;
    pthread_mutex_unlock(&c->lock);
    return n;
}

ws_text ws_client_text(ws_client *c, size_t i) {
    pthread_mutex_lock(&c->lock);
    ws_text text = i < c->n_texts ? c->texts[i] : (ws_text){.text = ""};
    pthread_mutex_unlock(&c->lock);
    return text;
}

bool ws_client_wait(ws_client *c, bool (*is)(const ws_text *text, void *user), void *user, int timeout_ms,
                    ws_text *found) {
    struct timespec until = in_ms(timeout_ms);
    bool ok = false, more = true;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; !ok && more;) {
        for (; !ok && i < c->n_texts; i++)
            if ((ok = is(&c->texts[i], user)) && found) *found = c->texts[i];
        if (!ok) more = !c->closed && wait_change(c, &until);
    }
    pthread_mutex_unlock(&c->lock);
    return ok;
}

bool ws_client_wait_count(ws_client *c, size_t n, int timeout_ms) {
    struct timespec until = in_ms(timeout_ms);
    pthread_mutex_lock(&c->lock);
    while (c->n_texts < n && !c->closed && wait_change(c, &until)) continue;
    bool ok = c->n_texts >= n;
    pthread_mutex_unlock(&c->lock);
    return ok;
}

bool ws_client_wait_closed(ws_client *c, int timeout_ms) {
    struct timespec until = in_ms(timeout_ms);
    pthread_mutex_lock(&c->lock);
    while (!c->closed && wait_change(c, &until)) continue;
    bool closed = c->closed;
    pthread_mutex_unlock(&c->lock);
    return closed;
}

void ws_client_close(ws_client *c) {
    if (!c) return;
    if (c->running) {
        pthread_mutex_lock(&c->lock);
        c->stop = true;
        pthread_mutex_unlock(&c->lock);
        lws_cancel_service(c->context);
        pthread_join(c->thread, NULL);
    }
    if (c->context) lws_context_destroy(c->context);
    for (size_t i = 0; i < c->n_texts; i++) free((char *)c->texts[i].text);
    free(c->texts);
    free(c->part);
    free(c->outgoing);
    free(c->origin);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->changed);
    free(c);
}
