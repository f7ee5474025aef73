/* One thread owns the database. Others queue; it takes all that waits, writes it in one transaction and tells of each
 * cue. Tasks of others (store_ask) have transactions of their own, in their turn.
 *
 * What was in a transaction that failed (disk full, say) goes back to the head of the queue and is tried again on every
 * tick, so it is stored once there is room; so is a database that could not be opened. Cues are told without waiting
 * for that. Where it is corrupt it is set aside, a new one is begun, and the calls in progress are begun in it once
 * more.
 */
#include "store/store.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "clock.h"
#include "store/custody.h"
#include "store/rows.h"
#include "store/sweeper.h"
#include "thread.h"

enum {
    TICK_MS = 200,
    QUEUE_MAX = 65536,
    TRANSACTION_MAX = 1000, /* messages: some 20 ms */
    LOOK_EVERY_S = 1,
    LAST_MS = 5000,
    NEWS_MS = 1000,
};

/* Of somebody who waits for it. */
struct ask {
    store_task *task;
    void *user;
    bool done, good;
};

struct job {
    STAILQ_ENTRY(job) link;
    message *m; /* or null, and a task */
    struct ask *ask;
    enum database_put result;
    bool told; /* of a durable one: committed has been called */
};
STAILQ_HEAD(jobs, job);

struct store {
    store_options options;
    pthread_t thread;
    bool running;
    sweeper *sweeper;

    struct custody *custody; /* the thread's own, once it runs */
    double next_look_s;
    int64_t next_try_ms, failing_since_ms;
    bool told_storing, last_try;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake, answered;
    struct jobs queue;
    size_t n_queued;
    bool urgent, stopping;
    store_counts counts;
};

static void job_free(struct job *job) {
    message_release(job->m);
    free(job);
}

static bool is_durable(const struct job *job) { return job->m && message_is_durable(job->m); }

static void set_storing(struct store *s, bool storing) {
    pthread_mutex_lock(&s->lock);
    if (s->counts.storing && !storing) s->failing_since_ms = clock_ms();
    s->counts.storing = storing;
    pthread_mutex_unlock(&s->lock);
}

static void tell_storing(struct store *s, bool storing) {
    if (s->told_storing == storing) return;
    s->told_storing = storing;
    if (s->options.told) s->options.told(s->options.user, storing, storing ? "" : custody_why(s->custody));
}

/* A command beside us that had the lock for a moment is no news. */
static void tell_change(struct store *s) {
    bool storing = store_count(s).storing;
    if (storing || clock_ms() - s->failing_since_ms >= NEWS_MS) tell_storing(s, storing);
}

/* Null while it cannot be opened. What was set aside is told of, also where all is well again at once: somebody has to
 * look at it. */
static struct database *database_of(struct store *s) {
    struct database *d = custody_database(s->custody);
    if (custody_has_set_aside(s->custody)) tell_storing(s, false);
    return d;
}

/* After a transaction failed, or damage was found. True where it should be tried once more at once. */
static bool recover(struct store *s) {
    bool again = custody_recover(s->custody);
    set_storing(s, false);
    if (custody_has_set_aside(s->custody)) tell_storing(s, false);
    return again;
}

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

/* From the queue's head: a task alone, or what comes before the first task. It counts as queued until it is done. */
static void move_to(struct jobs *batch, struct store *s) {
    for (struct job *job; (job = STAILQ_FIRST(&s->queue));) {
        bool alone = STAILQ_EMPTY(batch);
        if (job->ask && !alone) break;
        STAILQ_REMOVE_HEAD(&s->queue, link);
        STAILQ_INSERT_TAIL(batch, job, link);
        if (job->ask) break;
    }
    s->urgent = !STAILQ_EMPTY(&s->queue);
}

/* Waits until something is urgent, or for a tick; moves what waits to batch. False when it is time to end and nothing
 * is left. */
static bool take(struct store *s, struct jobs *batch) {
    STAILQ_INIT(batch);
    pthread_mutex_lock(&s->lock);
    struct timespec tick = next_tick();
    while (!s->stopping && !s->urgent && !pthread_cond_timedwait(&s->wake, &s->lock, &tick)) continue;
    bool more = s->n_queued || !s->stopping;
    move_to(batch, s);
    pthread_mutex_unlock(&s->lock);
    return more;
}

/* A cue is being waited for by an agent and a sync can take a tenth of a second, so until a call ends the kernel's word
 * is enough: it survives the death of this process. What begins, ends and deletes a call also survives the power's. */
static enum durability durability_of(const struct jobs *batch) {
    const struct job *job;
    STAILQ_FOREACH(job, batch, link) {
        message_kind kind = job->m->kind;
        if (kind == MESSAGE_CALL || kind == MESSAGE_SUMMARY || kind == MESSAGE_CONSENT) return DATABASE_SYNCED;
    }
    return DATABASE_HANDED_OVER;
}

static bool put_all(struct database *database, struct jobs *batch) {
    struct job *job;
    STAILQ_FOREACH(job, batch, link) {
        job->result = rows_put(database, job->m);
        if (job->result == DATABASE_ROW_FAILED) return false;
    }
    return true;
}

static bool try_commit(struct database *database, struct jobs *batch) {
    return database_begin(database, durability_of(batch)) && put_all(database, batch) && database_commit(database);
}

static bool is_stopping(struct store *s) {
    pthread_mutex_lock(&s->lock);
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return stopping;
}

/* Where there is no more time it is the last try, and nobody waits for a cue any more. */
static bool commit(struct store *s, struct jobs *batch) {
    s->last_try = is_stopping(s);
    struct database *d = database_of(s);
    if (!d) return false;
    if (s->last_try) database_be_patient(d, LAST_MS);
    if (try_commit(d, batch)) return true;
    return recover(s) && try_commit(database_of(s), batch);
}

static void follow(struct store *s, const struct jobs *batch) {
    const struct job *job;
    STAILQ_FOREACH(job, batch, link) custody_follow(s->custody, job->m);
}

static void tell(struct store *s, struct jobs *batch, bool committed) {
    struct job *job;
    STAILQ_FOREACH(job, batch, link) {
        if (!is_durable(job) || job->told) continue;
        job->told = true;
        if (s->options.committed)
            s->options.committed(s->options.user, job->m, committed && job->result == DATABASE_ROW_STORED);
    }
}

static void count(struct store *s, const struct jobs *batch) {
    const struct job *job;
    pthread_mutex_lock(&s->lock);
    STAILQ_FOREACH(job, batch, link) {
        if (job->result == DATABASE_ROW_STORED) s->counts.written++;
        else s->counts.failed++;
        s->n_queued--;
    }
    pthread_mutex_unlock(&s->lock);
}

static void free_all(struct jobs *batch) {
    for (struct job *job; (job = STAILQ_FIRST(batch));) {
        STAILQ_REMOVE_HEAD(batch, link);
        job_free(job);
    }
}

/* With the lock. */
static void answer(struct store *s, struct ask *ask, bool good) {
    ask->good = good;
    ask->done = true;
    pthread_cond_broadcast(&s->answered);
}

/* Whether something came since that clients have not been told of. */
static bool is_awaited(const struct jobs *queue) {
    const struct job *job;
    STAILQ_FOREACH(job, queue, link) {
        if (is_durable(job) && !job->told) return true;
    }
    return false;
}

/* Before what was queued meanwhile; more: to be gone on with at once. */
static void put_back(struct store *s, struct jobs *batch, bool more) {
    pthread_mutex_lock(&s->lock);
    STAILQ_CONCAT(batch, &s->queue);
    STAILQ_CONCAT(&s->queue, batch);
    s->urgent = more || is_awaited(&s->queue);
    pthread_mutex_unlock(&s->lock);
}

/* What failed, too, unless there is no more time. Who waits for a task is told that it cannot be done now. */
static void put_back_failed(struct store *s, struct jobs *batch) {
    struct jobs kept = STAILQ_HEAD_INITIALIZER(kept);
    pthread_mutex_lock(&s->lock);
    STAILQ_CONCAT(batch, &s->queue);
    for (struct job *job; (job = STAILQ_FIRST(batch));) {
        STAILQ_REMOVE_HEAD(batch, link);
        if (job->m && !s->last_try) {
            STAILQ_INSERT_TAIL(&kept, job, link);
            continue;
        }
        if (job->ask) answer(s, job->ask, false);
        else s->counts.failed++;
        s->n_queued--;
        job_free(job);
    }
    pthread_mutex_unlock(&s->lock);
    put_back(s, &kept, false);
}

static bool perform(struct store *s, const struct ask *ask) {
    struct database *d = database_of(s);
    if (!d) return false;
    if (database_begin(d, DATABASE_SYNCED) && ask->task(ask->user, d) && database_commit(d)) return true;
    if (database_fault_of(d)) recover(s);
    else database_rollback(d);
    return false;
}

static void take_task(struct store *s, struct jobs *batch) {
    struct ask *ask = STAILQ_FIRST(batch)->ask;
    bool good = perform(s, ask);
    pthread_mutex_lock(&s->lock);
    answer(s, ask, good);
    s->n_queued--;
    pthread_mutex_unlock(&s->lock);
    free_all(batch);
}

static void split(struct jobs *batch, struct jobs *rest) {
    struct job *last = STAILQ_FIRST(batch);
    for (int n = 1; last && n < TRANSACTION_MAX; n++) last = STAILQ_NEXT(last, link);
    STAILQ_INIT(rest);
    if (!last || !STAILQ_NEXT(last, link)) return;
    rest->stqh_first = STAILQ_NEXT(last, link);
    rest->stqh_last = batch->stqh_last;
    last->link.stqe_next = NULL;
    batch->stqh_last = &last->link.stqe_next;
}

/* Of a store that does not store: now and then, and when there is no more time. */
static bool is_time_to_try(struct store *s) { return is_stopping(s) || clock_ms() >= s->next_try_ms; }

/* While calls are not being stored, and until what waited is, cues are told before they are tried: agents do not wait
 * for a disk. */
static void take_messages(struct store *s, struct jobs *batch) {
    struct jobs rest;
    bool storing = store_count(s).storing;
    if (!storing) tell(s, batch, false);
    if (!storing && !is_time_to_try(s)) {
        put_back(s, batch, false);
        return;
    }
    split(batch, &rest);
    bool committed = commit(s, batch), more = !STAILQ_EMPTY(&rest);
    tell(s, batch, committed);
    if (committed) {
        follow(s, batch);
        count(s, batch);
        free_all(batch);
        if (more) put_back(s, &rest, true);
        else set_storing(s, true);
    } else {
        set_storing(s, false);
        s->next_try_ms = clock_ms() + TICK_MS;
        STAILQ_CONCAT(batch, &rest);
        put_back_failed(s, batch);
    }
}

/* Also where nothing waits, else it shows by itself: whether the database can be written again. And whether it is still
 * the one that was opened. */
static void look(struct store *s) {
    if (clock_s() < s->next_look_s) return;
    s->next_look_s = clock_s() + LOOK_EVERY_S;
    pthread_mutex_lock(&s->lock);
    bool storing = s->counts.storing, waiting = s->n_queued;
    pthread_mutex_unlock(&s->lock);
    struct database *d = !storing && waiting ? NULL : database_of(s);
    if (d && ((storing ? database_is_whole(d) : database_works(d)) || recover(s))) set_storing(s, true);
}

static void *run(void *user) {
    struct store *s = user;
    struct jobs batch;
    while (take(s, &batch)) {
        if (!STAILQ_EMPTY(&batch) && STAILQ_FIRST(&batch)->ask) take_task(s, &batch);
        else if (!STAILQ_EMPTY(&batch)) take_messages(s, &batch);
        look(s);
        tell_change(s);
        if (database_of(s)) database_tidy(database_of(s));
    }
    return NULL;
}

/* ---- any thread ---- */

static struct job *job_new(message *m, struct ask *ask) {
    struct job *job = calloc(1, sizeof *job);
    if (!job) return NULL;
    job->m = m ? message_hold(m) : NULL;
    job->ask = ask;
    return job;
}

/* With the lock. */
static void queue(store *s, struct job *job, bool urgent) {
    STAILQ_INSERT_TAIL(&s->queue, job, link);
    s->n_queued++;
    s->urgent = s->urgent || urgent;
    if (urgent) pthread_cond_signal(&s->wake);
}

/* Counts what finds the queue full: readings and turns, and where it is twice as full anything. */
static bool has_room(store *s, const message *m) {
    bool room = s->n_queued < (message_may_be_dropped(m) ? QUEUE_MAX : 2 * QUEUE_MAX);
    if (!room) s->counts.dropped++;
    return room;
}

void store_write(store *s, message *m) {
    struct job *job = job_new(m, NULL);
    pthread_mutex_lock(&s->lock);
    bool room = has_room(s, m);
    if (job && room) queue(s, job, message_is_durable(m) || m->kind == MESSAGE_CALL);
    else if (room) s->counts.failed++;
    pthread_mutex_unlock(&s->lock);
    if (job && !room) job_free(job);
    if (!(job && room) && s->options.committed && message_is_durable(m))
        s->options.committed(s->options.user, m, false);
}

bool store_ask(store *s, store_task *task, void *user) {
    struct ask ask = {.task = task, .user = user};
    struct job *job = job_new(NULL, &ask);
    if (!job) return false;
    pthread_mutex_lock(&s->lock);
    queue(s, job, true);
    while (!ask.done) pthread_cond_wait(&s->answered, &s->lock);
    pthread_mutex_unlock(&s->lock);
    return ask.good;
}

unsigned store_earlier(store *s, const char *customer) { return custody_earlier(s->custody, customer); }

store_counts store_count(store *s) {
    pthread_mutex_lock(&s->lock);
    store_counts counts = s->counts;
    pthread_mutex_unlock(&s->lock);
    return counts;
}

/* ---- opening ---- */

static struct store *store_new(const store_options *options) {
    struct store *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    if (!s) return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&s->answered, NULL);
    pthread_mutex_init(&s->lock, NULL);
    STAILQ_INIT(&s->queue);
    s->options = *options;
    s->counts.storing = s->told_storing = true;
    if ((s->custody = custody_new(options->dir))) return s;
    store_close(s);
    return NULL;
}

store *store_open(const store_options *options, char *message, size_t message_size) {
    struct store *s = store_new(options);
    snprintf(message, message_size, "%s: not enough memory or descriptors", options->dir);
    if (!s) return NULL;
    bool opened = database_of(s);
    if (!opened) snprintf(message, message_size, "%s", custody_why(s->custody));
    if (!opened && !(custody_may_open_later(s->custody) && options->stubborn)) goto fail;
    set_storing(s, opened);
    tell_storing(s, opened);
    if (!(s->running = thread_start(&s->thread, run, s))) goto fail;
    if (!(s->sweeper = sweeper_open(options->dir, &options->keep))) goto fail;
    return s;
fail:
    store_close(s);
    return NULL;
}

store_counts store_close(store *s) {
    store_counts counts = {0};
    if (!s) return counts;
    sweeper_close(s->sweeper);
    if (s->running) {
        pthread_mutex_lock(&s->lock);
        s->stopping = true;
        pthread_cond_signal(&s->wake);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    counts = s->counts;
    free_all(&s->queue);
    custody_free(s->custody);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->answered);
    pthread_cond_destroy(&s->wake);
    free(s);
    return counts;
}
