/* One thread runs one context of libwebsockets: it accepts, answers requests and sends events. Others put messages in
 * the inbox and wake it.
 *
 *     serve_send --> inbox --> state        what late joiners get
 *                          \-> clients' queues --> sockets
 *
 * What clients say of cues goes the other way, from their sockets to the feedback of serve_options. Requests for what
 * is kept go to the desk and come back, see desk.h.
 */
#include "serve/serve.h"

#include <errno.h>
#include <sys/resource.h>

#include "serve/api.h"
#include "serve/imports.h"
#include "serve/inside.h"
#include "thread.h"

enum {
    INBOX_READINGS = 16384, /* waiting for the network thread; beyond, readings and turns are dropped and counted */
    SPARE_FILES = 64,       /* descriptors never given to connections: the store and the sound devices need theirs */
    ACCEPT_PAUSE_MS = 100,
    LEAVE_MS = 500,
};

static const struct lws_protocol_vhost_options header_list[] = {
    {&header_list[1], NULL, "content-security-policy:",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "
     "'self'; media-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {&header_list[2], NULL, "x-content-type-options:", "nosniff"},
    {&header_list[3], NULL, "referrer-policy:", "no-referrer"},
    {&header_list[4], NULL, "cross-origin-opener-policy:", "same-origin"},
    {NULL, NULL, "cross-origin-resource-policy:", "same-origin"},
};

/* A page that is open but hears nothing for long still answers pings; who does not is gone. */
static const lws_retry_bo_t keep_alive = {.secs_since_valid_ping = 30, .secs_since_valid_hangup = 45};

/* Hands accepted sockets to libwebsockets until there are none. With too many, or when no descriptor is left, it
 * leaves the rest in the kernel's backlog for a while: they would wake us for ever. */
static void accept_all(struct serve *s, struct lws *wsi) {
    while (s->n_connections < s->max_connections) {
        int fd = accept4(s->address.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) lws_adopt_socket_vhost(s->vhost, fd);
        else if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return;
        else break;
    }
    lws_rx_flow_control(wsi, 0);
    lws_set_timer_usecs(wsi, ACCEPT_PAUSE_MS * LWS_US_PER_MS);
}

/* After its timers lws_service goes on to wait, so it is woken to return. */
static void deadline_passed(lws_sorted_usec_list_t *deadline) {
    struct serve *s = lws_container_of(deadline, struct serve, deadline);
    s->over = true;
    lws_cancel_service(s->context);
}

static void leave(struct serve *s) {
    serve_events_leave(s);
    lws_rx_flow_control(s->listener, 0);
    lws_set_timer_usecs(s->listener, LWS_SET_TIMER_USEC_CANCEL);
    lws_sul_schedule(s->context, 0, &s->deadline, deadline_passed, LEAVE_MS * LWS_US_PER_MS);
}

static void take_inbox(struct serve *s) {
    pthread_mutex_lock(&s->lock);
    struct queue empty = s->taken;
    s->taken = s->inbox;
    s->inbox = empty;
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    for (message *m; (m = queue_pop(&s->taken));) {
        serve_events_publish(s, m);
        message_release(m);
    }
    serve_requests_answered(s);
    if (stopping && !s->leaving) leave(s);
}

static int on_http(struct serve *s, struct lws *wsi, enum lws_callback_reasons reason, struct connection *c,
                   const char *in, size_t n_bytes) {
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return serve_http_answer(s, wsi, &c->response, in, n_bytes);
    case LWS_CALLBACK_HTTP_BODY:
        return serve_request_receive(wsi, &c->response, in, n_bytes);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return serve_request_received(s, wsi, &c->response);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return serve_request_write(s, wsi, &c->response);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return strcasecmp(in, "websocket") != 0;
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        if (c) serve_response_end(&c->response);
        return 0;
    default:
        return 0;
    }
}

static int on_events(struct serve *s, struct lws *wsi, enum lws_callback_reasons reason, struct connection *c,
                     const char *in, size_t n_bytes) {
    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return serve_events_admit(s, wsi, c ? &c->client : NULL);
    case LWS_CALLBACK_ESTABLISHED:
        return serve_events_join(s, wsi, &c->client);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return serve_events_write(s, &c->client);
    case LWS_CALLBACK_RECEIVE:
        return serve_events_receive(s, &c->client, in, n_bytes);
    case LWS_CALLBACK_CLOSED:
        serve_events_left(s, &c->client);
        return 0;
    default:
        return 0;
    }
}

/* Everything libwebsockets has to say, on the network thread. */
static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n_bytes) {
    struct serve *s = lws_context_user(lws_get_context(wsi));
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        take_inbox(s);
        return 0;
    case LWS_CALLBACK_WSI_CREATE:
        s->n_connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        s->n_connections--;
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        accept_all(s, wsi);
        return 0;
    case LWS_CALLBACK_TIMER:
        if (wsi == s->listener) lws_rx_flow_control(wsi, 1);
        return 0;
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        return on_http(s, wsi, reason, user, in, n_bytes);
    default:
        return on_events(s, wsi, reason, user, in, n_bytes);
    }
}

/* The first is also what a request without subprotocol gets. */
static const struct lws_protocols protocols[] = {
    {.name = "undertone.events", .callback = callback, .per_session_data_size = sizeof(struct connection)},
    {0},
};

static void *run(void *user) {
    struct serve *s = user;
    while (!s->over && lws_service(s->context, 0) >= 0) continue;
    return NULL;
}

static unsigned most_connections(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > 1 << 20) return 1 << 20;
    return limit.rlim_cur > 2 * SPARE_FILES ? (unsigned)limit.rlim_cur - SPARE_FILES : SPARE_FILES;
}

/* The descriptor is libwebsockets' from here on, whatever comes of it. */
static bool open_listener(struct serve *s) {
    lws_sock_file_fd_type fd = {.filefd = s->address.fd};
    s->listener = lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, protocols[0].name, NULL);
    if (!s->listener) s->address.fd = -1;
    return s->listener;
}

static bool open_context(struct serve *s) {
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .headers = header_list,
        .user = s,
        .gid = -1,
        .uid = -1,
        .server_string = "undertone",
        .max_http_header_data = 16384,
        .retry_and_idle_policy = &keep_alive,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
    };
    lws_set_log_level(0, NULL);
    s->context = lws_create_context(&info);
    if (s->context) s->vhost = lws_create_vhost(s->context, &info);
    return s->vhost;
}

/* Desk's thread. */
static void something_answered(void *user) { lws_cancel_service(((struct serve *)user)->context); }

static bool open_imports(struct serve *s, const serve_options *options) {
    if (!options->store || !options->import_command) return true;
    s->imports = imports_open(options->data_dir, options->import_command);
    return s->imports;
}

static bool open_desks(struct serve *s, const serve_options *options) {
    for (int i = 0; i < DESKS; i++) {
        s->apis[i] = api_open(s, s->imports, options);
        if (s->apis[i]) s->desks[i] = desk_open(api_work, something_answered, s->apis[i], s);
        if (!s->desks[i]) return false;
    }
    return true;
}

static bool start_thread(struct serve *s) { return s->running = thread_start(&s->thread, run, s); }

serve *serve_open(const serve_options *options, char *message, size_t message_size) {
    const char *listen = options->listen, *web_dir = options->web_dir;
    struct serve *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(message, message_size, "%s: not enough memory", listen);
        if (options->bound) close(options->bound->fd);
        return NULL;
    }
    s->address.fd = -1;
    s->feedback = options->feedback;
    s->order = options->order;
    s->listening = options->listening;
    s->user = options->user;
    pthread_mutex_init(&s->lock, NULL);
    s->max_connections = most_connections();
    s->state = state_new();
    s->web_dir = web_dir ? strdup(web_dir) : NULL;
    if (options->bound) s->address = *options->bound;
    else if (!address_listen(&s->address, listen, message, message_size)) goto fail;
    snprintf(message, message_size, "%s: not enough memory or descriptors to serve", listen);
    if (!s->state || (web_dir && !s->web_dir) || !open_context(s) || !open_listener(s)) goto fail;
    if (!open_imports(s, options) || !open_desks(s, options) || !start_thread(s)) goto fail;
    return s;
fail:
    serve_close(s);
    return NULL;
}

const char *serve_address(const serve *s) { return s->address.url; }

void serve_send(serve *s, message *m) {
    if (!m->shown) return;
    pthread_mutex_lock(&s->lock);
    bool was_empty = !s->inbox.n;
    bool full = message_may_be_dropped(m) && s->inbox.n >= INBOX_READINGS;
    if (full || !queue_push(&s->inbox, m)) s->dropped++;
    pthread_mutex_unlock(&s->lock);
    if (was_empty) lws_cancel_service(s->context);
}

serve_counts serve_count(serve *s) {
    pthread_mutex_lock(&s->lock);
    unsigned long dropped = s->dropped;
    pthread_mutex_unlock(&s->lock);
    return (serve_counts){.clients = atomic_load(&s->clients_now),
                          .sent = atomic_load(&s->sent),
                          .culled = atomic_load(&s->culled),
                          .dropped = dropped};
}

static void stop_thread(struct serve *s) {
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    lws_cancel_service(s->context);
    pthread_join(s->thread, NULL);
}

void serve_close_desk(serve *s) {
    if (!s) return;
    for (int i = 0; i < DESKS; i++)
        if (s->desks[i]) desk_close(s->desks[i]);
    imports_close(s->imports);
    s->imports = NULL;
}

void serve_close(serve *s) {
    if (!s) return;
    serve_close_desk(s);
    if (s->running) stop_thread(s);
    if (!s->listener && s->address.fd >= 0) close(s->address.fd);
    if (s->context) lws_context_destroy(s->context);
    for (int i = 0; i < DESKS; i++) {
        desk_free(s->desks[i]);
        api_free(s->apis[i]);
    }
    queue_clear(&s->inbox);
    queue_clear(&s->taken);
    state_free(s->state);
    pthread_mutex_destroy(&s->lock);
    free(s->web_dir);
    free(s);
}
