#include "store/custody.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "clock.h"
#include "store/audit.h"
#include "store/earlier.h"
#include "store/folder.h"
#include "store/found.h"
#include "store/rows.h"

enum { OPEN_EVERY_S = 1, WHY_SIZE = 512 };

/* A call in progress that is being stored. */
struct live {
    STAILQ_ENTRY(live) link;
    message *call;
};

struct custody {
    char *dir;
    struct folder *folder;
    struct database *database; /* null: could not be opened */
    STAILQ_HEAD(, live) lives;
    char why[WHY_SIZE];
    bool may_later, set_aside;
    double next_open_s;

    pthread_mutex_t reading; /* of earlier */
    struct earlier *earlier;
};

struct custody *custody_new(const char *dir) {
    struct custody *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    STAILQ_INIT(&c->lives);
    pthread_mutex_init(&c->reading, NULL);
    if ((c->dir = strdup(dir))) return c;
    custody_free(c);
    return NULL;
}

static void set_earlier(struct custody *c, struct earlier *earlier) {
    pthread_mutex_lock(&c->reading);
    earlier_close(c->earlier);
    c->earlier = earlier;
    pthread_mutex_unlock(&c->reading);
}

static void close_database(struct custody *c) {
    set_earlier(c, NULL);
    database_close(c->database);
    c->database = NULL;
}

/* ---- calls in progress ---- */

static void end_live(struct custody *c, struct live *live) {
    STAILQ_REMOVE(&c->lives, live, live, link);
    message_release(live->call);
    free(live);
}

void custody_follow(struct custody *c, message *m) {
    if (m->kind != MESSAGE_CALL && m->kind != MESSAGE_SUMMARY) return;
    struct live *live = STAILQ_FIRST(&c->lives);
    while (live && strcmp(live->call->call, m->call) != 0) live = STAILQ_NEXT(live, link);
    if (live) end_live(c, live);
    bool begins = m->kind == MESSAGE_CALL && m->consent == UT_CONSENT_GIVEN;
    if (!begins || !(live = calloc(1, sizeof *live))) return;
    live->call = message_hold(m);
    STAILQ_INSERT_TAIL(&c->lives, live, link);
}

void custody_free(struct custody *c) {
    if (!c) return;
    while (!STAILQ_EMPTY(&c->lives)) end_live(c, STAILQ_FIRST(&c->lives));
    close_database(c);
    folder_release(c->folder);
    pthread_mutex_destroy(&c->reading);
    free(c->dir);
    free(c);
}

/* ---- opening ---- */

/* What a new database has to begin with. */
static bool begin_again(struct custody *c, const char *kept) {
    struct live *live;
    json_t *about = json_pack("{ss}", "kept", kept);
    bool good = database_begin(c->database, DATABASE_SYNCED) &&
                audit_append(c->database, &(actor){"undertone", "the program"}, "database set aside", about);
    STAILQ_FOREACH(live, &c->lives, link) { good = good && rows_put(c->database, live->call) != DATABASE_ROW_FAILED; }
    json_decref(about);
    good = good && database_commit(c->database);
    if (!good) database_rollback(c->database);
    return good;
}

/* Calls that were in progress when another process died are closed, and what is there of their sound is found. */
static bool take_over(struct custody *c) { return rows_close_abandoned(c->database) && found_recordings(c->database); }

static bool open_new(struct custody *c) {
    char kept[64], message[WHY_SIZE];
    enum database_fault fault;
    if (!database_set_aside(c->dir, kept, sizeof kept)) return false;
    snprintf(c->why, sizeof c->why, "%.300s/undertone.db: it is damaged and was kept as %s; a new one is begun", c->dir,
             kept);
    c->set_aside = true;
    c->database = database_open(c->dir, DATABASE_OWNER, &fault, message, sizeof message);
    if (c->database && begin_again(c, kept)) return true;
    if (!c->database) snprintf(c->why, sizeof c->why, "%s", message);
    close_database(c);
    return false;
}

static bool open_there(struct custody *c, enum database_fault *fault) {
    char message[WHY_SIZE];
    c->database = database_open(c->dir, DATABASE_OWNER, fault, message, sizeof message);
    if (!c->database) snprintf(c->why, sizeof c->why, "%s", message);
    if (!c->database || take_over(c)) return c->database;
    database_explain(c->database, c->why, sizeof c->why);
    *fault = database_fault_of(c->database);
    close_database(c);
    return false;
}

static bool open_database(struct custody *c) {
    enum database_fault fault;
    if (!c->folder && !(c->folder = folder_own(c->dir, &c->may_later, c->why, sizeof c->why))) return false;
    bool good = open_there(c, &fault) || (fault == DATABASE_CORRUPT && open_new(c));
    c->may_later = fault != DATABASE_REFUSED;
    if (good) set_earlier(c, earlier_open(c->dir));
    return good;
}

struct database *custody_database(struct custody *c) {
    if (c->database || clock_s() < c->next_open_s) return c->database;
    c->next_open_s = clock_s() + OPEN_EVERY_S;
    open_database(c);
    return c->database;
}

bool custody_may_open_later(const struct custody *c) { return c->may_later; }

bool custody_recover(struct custody *c) {
    database_explain(c->database, c->why, sizeof c->why);
    database_rollback(c->database);
    if (database_fault_of(c->database) != DATABASE_CORRUPT) return false;
    close_database(c);
    if (!open_new(c)) return open_database(c);
    set_earlier(c, earlier_open(c->dir));
    return true;
}

const char *custody_why(const struct custody *c) { return c->why; }

bool custody_has_set_aside(struct custody *c) {
    bool so = c->set_aside;
    c->set_aside = false;
    return so;
}

unsigned custody_earlier(struct custody *c, const char *customer) {
    pthread_mutex_lock(&c->reading);
    unsigned n = c->earlier ? earlier_count(c->earlier, customer) : 0;
    pthread_mutex_unlock(&c->reading);
    return n;
}
