/* hub.c - workers follow calls; what they hear goes to every outlet:
 *
 *     worker: session -> message --> show   (stdout)
 *                               \--> store  on its own thread
 *                                \-> serve  on its own thread; cues and summaries only after the store has committed
 *                                           them, so that what was shown cannot be lost
 *
 *     page: feedback --> store --> show, serve   once the store has committed it
 *
 * hub_open starts the network's thread, the store's and the workers; hub_close stops the workers, the store, the
 * network. A call belongs to one worker for its whole life.
 */
#include "hub.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "serve/serve.h"
#include "store/store.h"

/* How long a worker sleeps when no source had anything: a hop. */
static const struct timespec hop = {.tv_nsec = 10 * 1000 * 1000};

typedef struct followed followed;
struct followed {
    session *session;
    followed *next;
};

typedef struct worker {
    hub *hub;
    pthread_t thread;
    bool running;
    followed *arrived;  /* lock: hub.lock */
    followed *sessions; /* this worker's thread only */
} worker;

struct hub {
    hub_options options;
    store *store;
    serve *serve;
    pthread_mutex_t lock;
    atomic_bool stopping;
    atomic_int live;
    atomic_uint next_worker;
    int n_workers;
    worker workers[];
};

/* Worker's thread. The one fan-out. */
static void publish(void *user, message *m) {
    hub *h = user;
    if (h->options.show) h->options.show(h->options.user, m);
    if (h->serve && !(h->store && message_is_durable(m))) serve_send(h->serve, m);
    if (h->store) store_write(h->store, m);
}

/* Store's thread. A cue that could not be kept is still shown: the store counts the failure and tries again, and an
 * agent in a call is helped by the cue now. Feedback that was not kept is told to nobody. */
static void committed(void *user, message *m, bool stored) {
    hub *h = user;
    bool feedback = m->kind == MESSAGE_FEEDBACK;
    if (feedback && !stored) return;
    if (feedback && h->options.show) h->options.show(h->options.user, m);
    if (h->serve) serve_send(h->serve, m);
}

/* Network's thread, which outlives the store. */
static void take_feedback(void *user, message *m) {
    hub *h = user;
    pthread_mutex_lock(&h->lock);
    if (h->store) store_write(h->store, m);
    pthread_mutex_unlock(&h->lock);
}

static serve *open_serve(hub *h, char *message, size_t message_size) {
    serve_options options = {.listen = h->options.listen,
                             .web_dir = h->options.web_dir,
                             .feedback = h->options.data_dir ? take_feedback : NULL,
                             .user = h};
    return serve_open(&options, message, message_size);
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

static void end_session(worker *w, followed *f, session_state state) {
    hub *h = w->hub;
    if (h->options.ended) h->options.ended(h->options.user, session_source(f->session), state == SESSION_FAILED);
    session_free(f->session);
    free(f);
    atomic_fetch_sub(&h->live, 1);
}

/* One step of every session; false when none had anything to do. */
static bool step_all(worker *w) {
    bool busy = false;
    for (followed **at = &w->sessions; *at;) {
        followed *f = *at;
        session_state state = session_step(f->session, publish, w->hub);
        busy = busy || state == SESSION_BUSY;
        if (state == SESSION_IDLE || state == SESSION_BUSY) {
            at = &f->next;
        } else {
            *at = f->next;
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
        w->sessions = f->next;
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

hub *hub_open(const hub_options *options, char *message, size_t message_size) {
    int n = options->workers ? options->workers : (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1) n = 1;
    hub *h = calloc(1, sizeof *h + (size_t)n * sizeof *h->workers);
    if (!h) {
        snprintf(message, message_size, "%s", ut_error_text(UT_NO_MEMORY));
        return NULL;
    }
    h->options = *options;
    h->n_workers = n;
    pthread_mutex_init(&h->lock, NULL);
    if (options->listen && !(h->serve = open_serve(h, message, message_size))) goto fail;
    if (options->data_dir && !(h->store = store_open(options->data_dir, committed, h, message, message_size)))
        goto fail;
    if (!start_workers(h, message, message_size)) goto fail;
    return h;

fail:
    hub_close(h);
    return NULL;
}

/* The options with what only the hub knows. */
static session_options options_of(const hub *h, const session_options *given) {
    session_options options = *given;
    options.live = true;
    if (h->store && options.about.customer && options.consent == UT_CONSENT_GIVEN)
        options.about.earlier = store_earlier(h->store, options.about.customer);
    return options;
}

bool hub_add(hub *h, source *s, const session_options *given, char id[CALL_ID_SIZE]) {
    session_options options = options_of(h, given);
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

int hub_live(hub *h) { return atomic_load(&h->live); }

const char *hub_address(const hub *h) { return h->serve ? serve_address(h->serve) : NULL; }

unsigned long hub_close(hub *h) {
    if (!h) return 0;
    atomic_store(&h->stopping, true);
    for (int i = 0; i < h->n_workers; i++)
        if (h->workers[i].running) pthread_join(h->workers[i].thread, NULL);
    unsigned long lost = close_store(h);
    serve_close(h->serve);
    pthread_mutex_destroy(&h->lock);
    free(h);
    return lost;
}
