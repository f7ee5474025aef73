/* One thread owns the database. Others queue; it takes all that waits, writes it in one transaction and tells of each
 * cue. A transaction that fails (disk full, say) costs its readings and turns, which are counted; everything else goes
 * back to the head of the queue and is tried again on every tick, so it is stored once there is room. */
#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "store/database.h"
#include "store/earlier.h"

enum { TICK_MS = 200, QUEUE_MAX = 65536 };

struct job {
    STAILQ_ENTRY(job) link;
    message *m; /* or null, and a call to forget */
    char forget[CALL_ID_SIZE];
    enum put result;
    bool told; /* of a durable one: committed has been called */
};
STAILQ_HEAD(jobs, job);

struct store {
    struct database *database; /* the thread's own, once it runs */
    struct earlier *earlier;
    store_committed *committed;
    void *user;
    pthread_t thread;
    bool running;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    struct jobs queue;
    size_t n_queued;
    bool urgent, stopping;
    store_counts counts;
};

static void job_free(struct job *job) {
    message_release(job->m);
    free(job);
}

static bool may_be_dropped(const struct job *job) { return job->m && message_may_be_dropped(job->m); }
static bool is_durable(const struct job *job) { return job->m && message_is_durable(job->m); }

/* ---- the thread ---- */

static struct timespec next_tick(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += TICK_MS * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

/* Waits until something is urgent, or for a tick once anything waits; moves all that waits to batch. False when it is
 * time to end and nothing is left. untidy: the database wants a tick of its own. */
static bool take(struct store *s, struct jobs *batch, bool untidy) {
    STAILQ_INIT(batch);
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && !s->n_queued && !untidy) pthread_cond_wait(&s->wake, &s->lock);
    struct timespec tick = next_tick();
    while (!s->stopping && !s->urgent && !pthread_cond_timedwait(&s->wake, &s->lock, &tick)) continue;
    bool more = s->n_queued || !s->stopping;
    STAILQ_CONCAT(batch, &s->queue);
    s->n_queued = 0;
    s->urgent = false;
    pthread_mutex_unlock(&s->lock);
    return more;
}

/* A cue is being waited for by an agent and a sync can take a tenth of a second, so until a call ends the kernel's word
 * is enough: it survives the death of this process. What begins, ends and deletes a call also survives the power's. */
static enum durability durability_of(const struct jobs *batch) {
    const struct job *job;
    STAILQ_FOREACH(job, batch, link) {
        if (!job->m || job->m->kind == MESSAGE_CALL || job->m->kind == MESSAGE_SUMMARY) return DATABASE_SYNCED;
    }
    return DATABASE_HANDED_OVER;
}

static bool put_all(struct database *database, struct jobs *batch) {
    struct job *job;
    STAILQ_FOREACH(job, batch, link) {
        job->result = job->m ? database_put(database, job->m) : database_forget(database, job->forget);
        if (job->result == PUT_FAILED) return false;
    }
    return true;
}

static bool commit(struct database *database, struct jobs *batch) {
    if (database_begin(database, durability_of(batch)) && put_all(database, batch) && database_commit(database))
        return true;
    database_rollback(database);
    return false;
}

static void tell(struct store *s, struct jobs *batch, bool committed) {
    struct job *job;
    STAILQ_FOREACH(job, batch, link) {
        if (!is_durable(job) || job->told) continue;
        job->told = true;
        if (s->committed) s->committed(s->user, job->m, committed && job->result == PUT_STORED);
    }
}

static void count(struct store *s, const struct jobs *batch) {
    const struct job *job;
    pthread_mutex_lock(&s->lock);
    STAILQ_FOREACH(job, batch, link) {
        if (job->result != PUT_STORED) s->counts.failed++;
        else if (job->m) s->counts.written++;
    }
    pthread_mutex_unlock(&s->lock);
}

static void free_all(struct jobs *batch) {
    for (struct job *job; (job = STAILQ_FIRST(batch));) {
        STAILQ_REMOVE_HEAD(batch, link);
        job_free(job);
    }
}

/* Everything but readings and turns, before what was queued meanwhile; unless there is no more time or room. */
static void put_back(struct store *s, struct jobs *batch) {
    struct jobs kept = STAILQ_HEAD_INITIALIZER(kept);
    pthread_mutex_lock(&s->lock);
    for (struct job *job; (job = STAILQ_FIRST(batch));) {
        STAILQ_REMOVE_HEAD(batch, link);
        if (may_be_dropped(job) || s->stopping || s->n_queued >= QUEUE_MAX) {
            s->counts.failed++;
            job_free(job);
        } else {
            STAILQ_INSERT_TAIL(&kept, job, link);
            s->n_queued++;
        }
    }
    STAILQ_CONCAT(&kept, &s->queue);
    STAILQ_CONCAT(&s->queue, &kept);
    pthread_mutex_unlock(&s->lock);
}

static void *run(void *user) {
    struct store *s = user;
    struct jobs batch;
    bool untidy = false;
    while (take(s, &batch, untidy)) {
        bool committed = STAILQ_EMPTY(&batch) || commit(s->database, &batch);
        tell(s, &batch, committed);
        if (committed) {
            count(s, &batch);
            free_all(&batch);
        } else {
            put_back(s, &batch);
        }
        untidy = database_tidy(s->database);
    }
    return NULL;
}

/* ---- any thread ---- */

static struct job *job_new(message *m, const char *forget) {
    struct job *job = calloc(1, sizeof *job);
    if (!job) return NULL;
    if (m) job->m = message_hold(m);
    if (forget) snprintf(job->forget, sizeof job->forget, "%s", forget);
    return job;
}

static void queue(store *s, struct job *job, bool urgent) {
    pthread_mutex_lock(&s->lock);
    STAILQ_INSERT_TAIL(&s->queue, job, link);
    if (!s->n_queued++ || urgent) pthread_cond_signal(&s->wake);
    s->urgent = s->urgent || urgent;
    pthread_mutex_unlock(&s->lock);
}

/* Counts a reading or a turn that finds the queue full. */
static bool has_room(store *s, const message *m) {
    pthread_mutex_lock(&s->lock);
    bool room = !message_may_be_dropped(m) || s->n_queued < QUEUE_MAX;
    if (!room) s->counts.dropped++;
    pthread_mutex_unlock(&s->lock);
    return room;
}

static void count_failed(store *s) {
    pthread_mutex_lock(&s->lock);
    s->counts.failed++;
    pthread_mutex_unlock(&s->lock);
}

void store_write(store *s, message *m) {
    if (!has_room(s, m)) return;
    struct job *job = job_new(m, NULL);
    if (job) {
        queue(s, job, message_is_durable(m));
        return;
    }
    count_failed(s);
    if (s->committed && message_is_durable(m)) s->committed(s->user, m, false);
}

void store_forget(store *s, const char *call_id) {
    struct job *job = job_new(NULL, call_id);
    if (job) queue(s, job, true);
    else count_failed(s);
}

unsigned store_earlier(store *s, const char *customer) { return earlier_count(s->earlier, customer); }

store_counts store_count(store *s) {
    pthread_mutex_lock(&s->lock);
    store_counts counts = s->counts;
    pthread_mutex_unlock(&s->lock);
    return counts;
}

/* ---- opening ---- */

/* Signals are for the thread that waits for them. */
static bool start_thread(struct store *s) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->running = !pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->running;
}

store *store_open(const char *dir, store_committed *committed, void *user, char *message, size_t message_size) {
    struct store *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(message, message_size, "%s: not enough memory", dir);
        return NULL;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->lock, NULL);
    STAILQ_INIT(&s->queue);
    s->committed = committed;
    s->user = user;
    s->database = database_open(dir, message, message_size);
    if (!s->database) goto fail;
    snprintf(message, message_size, "%s: not enough memory or descriptors", dir);
    if (!(s->earlier = earlier_open(dir)) || !start_thread(s)) goto fail;
    return s;
fail:
    store_close(s);
    return NULL;
}

store_counts store_close(store *s) {
    store_counts counts = {0};
    if (!s) return counts;
    if (s->running) {
        pthread_mutex_lock(&s->lock);
        s->stopping = true;
        pthread_cond_signal(&s->wake);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    counts = s->counts;
    free_all(&s->queue);
    earlier_close(s->earlier);
    database_close(s->database);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s);
    return counts;
}
