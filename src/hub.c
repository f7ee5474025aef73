/* hub.c - workers follow calls; what they hear goes to every outlet:
 *
 *     worker: session -> message --> show   (stdout)
 *                               \--> store  on its own thread
 *                                \-> serve  on its own thread; cues and summaries only after the store has committed
 *                                           them, so that what was shown cannot be lost
 *
 *     worker: session -> tape --> recorder on its own thread --> message, as above
 *
 *     page: feedback --> store --> show, serve   once the store has committed it
 *           order -----> worker                  consent or a pause, of a call in progress; or somebody listens to it
 *
 * hub_open starts the store's thread, the network's, the recorder's and the workers; hub_close stops the workers, the
 * recorder, the store, the network. A call belongs to one worker for its whole life.
 */
#include "hub.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "serve/serve.h"
#include "store/store.h"

/* How long a worker sleeps when no source had anything: a hop. */
static const struct timespec hop = {.tv_nsec = 10 * 1000 * 1000};

typedef struct followed followed;
typedef struct wish wish;
struct followed {
    session *session;
    followed *next;
    wish *wishes;        /* lock: hub.lock */
    atomic_bool has_any; /* of them */
};

/* An order that waits for the worker, the first given first. */
struct wish {
    call_order order;
    char method[64], who[64];
    wish *next;
};

typedef struct worker {
    hub *hub;
    pthread_t thread;
    bool running;
    followed *arrived;  /* lock: hub.lock */
    followed *sessions; /* changed with it by this worker only, who reads them without */
} worker;

struct hub {
    hub_options options;
    store *store;
    _Atomic(serve *) serve; /* set before any worker runs, but while the store does */
    recorder *recorder;
    message *status; /* that calls are not being stored, while the store is opened; serve keeps it from then on */
    struct address address; /* bound before the store is opened: a port in use leaves no folder behind */
    pthread_mutex_t lock;
    atomic_bool stopping;
    atomic_int live;
    atomic_uint next_worker;
    int n_workers;
    worker workers[];
};

static void send(hub *h, message *m) {
    serve *s = atomic_load(&h->serve);
    if (s) serve_send(s, m);
}

/* Worker's thread, and the recorder's. The one fan-out. */
static void publish(void *user, message *m) {
    hub *h = user;
    bool sound = m->kind == MESSAGE_SOUND; /* for who listens on a page, and nobody else */
    if (h->options.show && !sound) h->options.show(h->options.user, m);
    if (!(h->store && message_is_durable(m))) send(h, m);
    if (h->store && !sound) store_write(h->store, m);
}

/* Store's thread. A cue that could not be kept is still shown: the store counts the failure and tries again, and an
 * agent in a call is helped by the cue now. Feedback that was not kept is told to nobody. */
static void committed(void *user, message *m, bool stored) {
    hub *h = user;
    bool feedback = m->kind == MESSAGE_FEEDBACK;
    if (feedback && !stored) return;
    if (feedback && h->options.show) h->options.show(h->options.user, m);
    send(h, m);
}

static void warn(hub *h, const char *format, ...) {
    char what[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (h->options.warn) h->options.warn(h->options.user, what);
}

/* Store's thread. */
static void tell_status(void *user, bool storing, const char *why) {
    hub *h = user;
    message *m = message_of_status(&(store_status){storing, why});
    if (storing) warn(h, "calls are being stored again");
    else warn(h, "calls are not being stored: %s", why);
    if (m && h->options.show) h->options.show(h->options.user, m);
    if (m) send(h, m);
    message_release(h->status);
    h->status = m;
}

/* Recorder's thread. */
static void tell_recording(void *user, const recording_news *news) {
    hub *h = user;
    message *m = news->state == RECORDING_DISCARDED ? NULL : message_of_recording(news);
    if (news->state == RECORDING_FAILED) warn(h, "%s: its sound is not being kept: %s", news->call, news->why);
    if (m) publish(h, m);
    message_release(m);
}

/* Network's thread, which outlives the store. */
static void take_feedback(void *user, message *m) {
    hub *h = user;
    pthread_mutex_lock(&h->lock);
    if (h->store) store_write(h->store, m);
    pthread_mutex_unlock(&h->lock);
}

/* Desk's thread of serve. */
static bool take_order(void *user, const char *call_id, const call_order *order) {
    return hub_order(user, call_id, order);
}

static int count_live(void *user) { return hub_live(user); }

static json_t *tell_settings(void *user) {
    const hub *h = user;
    return h->options.settings(h->options.user);
}

static json_t *tell_model(void *user) {
    const hub *h = user;
    return h->options.model(h->options.user);
}

static bool open_serve(hub *h, char *message, size_t message_size) {
    serve_options options = {.listen = h->options.listen,
                             .bound = &h->address,
                             .web_dir = h->options.web_dir,
                             .feedback = h->options.data_dir ? take_feedback : NULL,
                             .order = take_order,
                             .listening = h->options.listening,
                             .live = count_live,
                             .settings = h->options.settings ? tell_settings : NULL,
                             .model = h->options.model ? tell_model : NULL,
                             .store = h->store,
                             .data_dir = h->options.data_dir,
                             .import_command = h->options.import_command,
                             .user = h};
    serve *s = serve_open(&options, message, message_size);
    h->address.fd = -1; /* serve's, whatever came of it */
    atomic_store(&h->serve, s);
    if (s && h->status) serve_send(s, h->status);
    return s;
}

static store *open_store(hub *h, char *message, size_t message_size) {
    store_options options = {.dir = h->options.data_dir,
                             .stubborn = true,
                             .keep = h->options.keep,
                             .committed = committed,
                             .told = tell_status,
                             .user = h};
    return store_open(&options, message, message_size);
}

static unsigned long close_store(hub *h) {
    pthread_mutex_lock(&h->lock);
    store *s = h->store;
    h->store = NULL;
    pthread_mutex_unlock(&h->lock);
    store_counts counts = store_close(s);
    return counts.dropped + counts.failed;
}

static void take_arrivals(worker *w) {
    pthread_mutex_lock(&w->hub->lock);
    while (w->arrived) {
        followed *f = w->arrived;
        w->arrived = f->next;
        f->next = w->sessions;
        w->sessions = f;
    }
    pthread_mutex_unlock(&w->hub->lock);
}

static wish *take_wishes(hub *h, followed *f) {
    pthread_mutex_lock(&h->lock);
    wish *wishes = f->wishes;
    f->wishes = NULL;
    atomic_store(&f->has_any, false);
    pthread_mutex_unlock(&h->lock);
    return wishes;
}

static void do_wishes(hub *h, followed *f) {
    for (wish *w = take_wishes(h, f), *next; w; w = next) {
        next = w->next;
        if (w->order.kind == ORDER_CONSENT) session_set_consent(f->session, &w->order.consent, publish, h);
        if (w->order.kind == ORDER_PAUSE) session_set_pause(f->session, &w->order.pause, publish, h);
        if (w->order.kind == ORDER_LISTEN) session_set_listeners(f->session, w->order.listeners);
        free(w);
    }
}

/* One that is in no list any more. Whoever gave it an order in the last moment was told that it is done. */
static void end_session(worker *w, followed *f, session_state state) {
    hub *h = w->hub;
    do_wishes(h, f);
    if (h->options.ended) h->options.ended(h->options.user, session_source(f->session), state == SESSION_FAILED);
    session_free(f->session);
    free(f);
    atomic_fetch_sub(&h->live, 1);
}

static void take_out(hub *h, followed **at) {
    pthread_mutex_lock(&h->lock);
    *at = (*at)->next;
    pthread_mutex_unlock(&h->lock);
}

/* One step of every session; false when none had anything to do. */
static bool step_all(worker *w) {
    bool busy = false;
    for (followed **at = &w->sessions; *at;) {
        followed *f = *at;
        if (atomic_load(&f->has_any)) do_wishes(w->hub, f);
        session_state state = session_step(f->session, publish, w->hub);
        busy = busy || state == SESSION_BUSY;
        if (state == SESSION_IDLE || state == SESSION_BUSY) {
            at = &f->next;
        } else {
            take_out(w->hub, at);
            end_session(w, f, state);
        }
    }
    return busy;
}

static void *work(void *user) {
    worker *w = user;
    while (!atomic_load(&w->hub->stopping)) {
        take_arrivals(w);
        if (!step_all(w)) nanosleep(&hop, NULL);
    }
    take_arrivals(w);
    while (w->sessions) {
        followed *f = w->sessions;
        take_out(w->hub, &w->sessions);
        session_stop(f->session, publish, w->hub);
        end_session(w, f, SESSION_ENDED);
    }
    return NULL;
}

static bool start_workers(hub *h, char *message, size_t message_size) {
    for (int i = 0; i < h->n_workers; i++) {
        worker *w = &h->workers[i];
        w->hub = h;
        w->running = !pthread_create(&w->thread, NULL, work, w);
        if (!w->running) {
            snprintf(message, message_size, "cannot start an analysis thread");
            return false;
        }
    }
    return true;
}

/* Also where nothing is recorded: what an earlier process left is put right. */
static bool open_recorder(hub *h, char *message, size_t message_size) {
    h->recorder = recorder_open(h->options.data_dir, h->options.format, tell_recording, h, message, message_size);
    return h->recorder;
}

/* A call that is recorded has a file open, and a page a connection. */
static void want_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

hub *hub_open(const hub_options *options, char *message, size_t message_size) {
    int n = options->workers ? options->workers : (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1) n = 1;
    hub *h = calloc(1, sizeof *h + (size_t)n * sizeof *h->workers);
    if (!h) {
        snprintf(message, message_size, "%s", ut_error_text(UT_NO_MEMORY));
        return NULL;
    }
    want_descriptors();
    h->options = *options;
    h->address.fd = -1;
    h->n_workers = n;
    pthread_mutex_init(&h->lock, NULL);
    if (options->listen && !address_listen(&h->address, options->listen, message, message_size)) goto fail;
    if (options->data_dir && !(h->store = open_store(h, message, message_size))) goto fail;
    if (options->listen && !open_serve(h, message, message_size)) goto fail;
    if (options->data_dir && !open_recorder(h, message, message_size)) goto fail;
    if (!start_workers(h, message, message_size)) goto fail;
    return h;

fail:
    hub_close(h);
    return NULL;
}

static bool is_recorded(const hub *h, hub_record record) {
    return record == HUB_RECORD_DEFAULT ? h->options.record : record == HUB_RECORD_ON;
}

/* The options with what only the hub knows. */
static session_options options_of(const hub *h, const session_options *given, hub_record record) {
    session_options options = *given;
    options.live = true;
    options.recorder = is_recorded(h, record) ? h->recorder : NULL;
    if (h->store && options.about.customer && options.consent == UT_CONSENT_GIVEN)
        options.about.earlier = store_earlier(h->store, options.about.customer);
    return options;
}

bool hub_add(hub *h, source *s, const session_options *given, hub_record record, char id[CALL_ID_SIZE]) {
    session_options options = options_of(h, given, record);
    session *session = session_new(s, &options);
    followed *f = session ? calloc(1, sizeof *f) : NULL;
    if (!f) {
        session_free(session);
        return false;
    }
    snprintf(id, CALL_ID_SIZE, "%s", session_id(session));
    f->session = session;
    worker *w = &h->workers[atomic_fetch_add(&h->next_worker, 1) % (unsigned)h->n_workers];
    atomic_fetch_add(&h->live, 1);
    pthread_mutex_lock(&h->lock);
    f->next = w->arrived;
    w->arrived = f;
    pthread_mutex_unlock(&h->lock);
    return true;
}

/* With the lock. */
static followed *find(hub *h, const char *call_id) {
    for (int i = 0; i < h->n_workers; i++) {
        followed *const lists[] = {h->workers[i].sessions, h->workers[i].arrived};
        for (int l = 0; l < 2; l++)
            for (followed *f = lists[l]; f; f = f->next)
                if (!strcmp(session_id(f->session), call_id)) return f;
    }
    return NULL;
}

static const char *keep_text(char to[64], const char *text) {
    if (text) snprintf(to, 64, "%s", text);
    return text ? to : NULL;
}

static wish *wish_new(const call_order *order) {
    wish *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    w->order = *order;
    w->order.consent.method = keep_text(w->method, order->consent.method);
    w->order.consent.who = keep_text(w->who, order->kind == ORDER_CONSENT ? order->consent.who : order->pause.who);
    w->order.pause.who = w->order.consent.who;
    return w;
}

bool hub_order(hub *h, const char *call_id, const call_order *order) {
    wish *w = wish_new(order);
    pthread_mutex_lock(&h->lock);
    followed *f = w ? find(h, call_id) : NULL;
    if (f) {
        wish **last = &f->wishes;
        while (*last) last = &(*last)->next;
        *last = w;
        atomic_store(&f->has_any, true);
    }
    pthread_mutex_unlock(&h->lock);
    if (!f) free(w);
    return f;
}

typedef struct settlement {
    const actor *by;
    json_t *about;
} settlement;

static bool settle(void *user, struct database *d) {
    const settlement *s = user;
    return audit_append_changed(d, s->by, "settings", s->about);
}

bool hub_settle(hub *h, const actor *by, json_t *about) {
    return !h->store || store_ask(h->store, settle, &(settlement){by, about});
}

int hub_live(hub *h) { return atomic_load(&h->live); }

const char *hub_address(const hub *h) { return h->serve ? serve_address(h->serve) : NULL; }

unsigned long hub_close(hub *h) {
    if (!h) return 0;
    atomic_store(&h->stopping, true);
    for (int i = 0; i < h->n_workers; i++)
        if (h->workers[i].running) pthread_join(h->workers[i].thread, NULL);
    recorder_close(h->recorder);
    if (h->serve) serve_close_desk(h->serve); /* which asks the store */
    unsigned long lost = close_store(h);
    serve_close(h->serve);
    if (h->address.fd >= 0) close(h->address.fd);
    message_release(h->status);
    pthread_mutex_destroy(&h->lock);
    free(h);
    return lost;
}
