#include "store/sweeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thread.h"

enum { FIRST_MS = 5000, EVERY_MS = 60000, ROUND_MS = 200 };

struct sweeper {
    char *dir;
    retention keep;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* of stopping */
    pthread_cond_t wake;
    bool stopping;
};

/* False when it is time to end. */
static bool nap(sweeper *s, long ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && !pthread_cond_timedwait(&s->wake, &s->lock, &until)) continue;
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return !stopping;
}

/* A database that cannot be opened or written now is for the store to tell of. */
static bool sweep(sweeper *s) {
    enum database_fault fault;
    char message[512];
    struct database *d = database_open(s->dir, DATABASE_GUEST, &fault, message, sizeof message);
    bool more = d, go_on = true;
    while (more && go_on && retention_sweep(d, &s->keep, &more)) go_on = !more || nap(s, ROUND_MS);
    database_close(d);
    return go_on;
}

static void *run(void *user) {
    sweeper *s = user;
    for (bool go_on = nap(s, FIRST_MS); go_on;) go_on = sweep(s) && nap(s, EVERY_MS);
    return NULL;
}

sweeper *sweeper_open(const char *dir, const retention *keep) {
    sweeper *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    if (!s) return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->lock, NULL);
    s->keep = *keep;
    s->dir = strdup(dir);
    s->running = s->dir && thread_start(&s->thread, run, s);
    if (s->running) return s;
    sweeper_close(s);
    return NULL;
}

void sweeper_close(sweeper *s) {
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->running) pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s->dir);
    free(s);
}
