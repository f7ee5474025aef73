#include "serve/desk.h"

#include <pthread.h>
#include <stdlib.h>

#include "thread.h"

STAILQ_HEAD(errands, errand);

struct desk {
    void (*work)(void *worker, struct errand *e);
    void (*done)(void *user);
    void *worker, *user;
    pthread_t thread;
    bool running; /* closer's thread */

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    struct errands waiting, answered;
    unsigned n_waiting;
    bool closed;
};

void errand_free(struct errand *e) {
    if (!e) return;
    json_decref(e->request.arguments);
    free(e->request.body);
    message_release(e->request.status);
    free(e->answer.piece);
    free(e);
}

static struct errand *pop(struct errands *all) {
    struct errand *e = STAILQ_FIRST(all);
    if (e) STAILQ_REMOVE_HEAD(all, link);
    return e;
}

/* Null once the desk is closed and nothing waits. */
static struct errand *next(struct desk *d, bool *closed) {
    pthread_mutex_lock(&d->lock);
    while (STAILQ_EMPTY(&d->waiting) && !d->closed) pthread_cond_wait(&d->wake, &d->lock);
    struct errand *e = pop(&d->waiting);
    if (e) d->n_waiting--;
    *closed = d->closed;
    pthread_mutex_unlock(&d->lock);
    return e;
}

static void give_back(struct desk *d, struct errand *e) {
    pthread_mutex_lock(&d->lock);
    STAILQ_INSERT_TAIL(&d->answered, e, link);
    pthread_mutex_unlock(&d->lock);
    d->done(d->user);
}

static void *run(void *user) {
    struct desk *d = user;
    bool closed;
    for (struct errand *e; (e = next(d, &closed));) {
        e->answer.n_piece = 0;
        if (!closed) d->work(d->worker, e);
        give_back(d, e);
    }
    return NULL;
}

struct desk *desk_open(void (*work)(void *worker, struct errand *e), void (*done)(void *user), void *worker,
                       void *user) {
    struct desk *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->work = work;
    d->worker = worker;
    d->done = done;
    d->user = user;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wake, NULL);
    STAILQ_INIT(&d->waiting);
    STAILQ_INIT(&d->answered);
    d->running = thread_start(&d->thread, run, d);
    if (d->running) return d;
    desk_free(d);
    return NULL;
}

bool desk_hand_in(struct desk *d, struct errand *e) {
    pthread_mutex_lock(&d->lock);
    bool taken = !d->closed && (e->goes_on || e->incoming || d->n_waiting < DESK_WAITING);
    if (taken) {
        STAILQ_INSERT_TAIL(&d->waiting, e, link);
        d->n_waiting++;
        pthread_cond_signal(&d->wake);
    }
    pthread_mutex_unlock(&d->lock);
    return taken;
}

struct errand *desk_take_back(struct desk *d) {
    pthread_mutex_lock(&d->lock);
    struct errand *e = pop(&d->answered);
    pthread_mutex_unlock(&d->lock);
    return e;
}

void desk_close(struct desk *d) {
    if (!d->running) return;
    pthread_mutex_lock(&d->lock);
    d->closed = true;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    d->running = false;
}

void desk_free(struct desk *d) {
    if (!d) return;
    desk_close(d);
    for (struct errand *e; (e = pop(&d->answered));) errand_free(e);
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->wake);
    free(d);
}
