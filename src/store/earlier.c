#include "store/earlier.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_STEPS = 300000 /* of SQLite's machine: some 20 ms */ };

/* As far as ?2: a customer's reference can be one that thousands share. */
static const char earlier_sql[] =
    "SELECT count(*) FROM (SELECT 1 FROM calls WHERE customer = ?1 AND consent = 'given'"
    " AND EXISTS (SELECT 1 FROM cues WHERE call = number AND kind = 'frustration') LIMIT ?2)";

struct earlier {
    pthread_mutex_t lock; /* of both */
    sqlite3 *db;
    sqlite3_stmt *statement;
};

static int give_up(void *user) {
    (void)user;
    return 1;
}

static bool open_file(struct earlier *e, const char *path) {
    if (sqlite3_open_v2(path, &e->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL)) return false;
    sqlite3_progress_handler(e->db, MAX_STEPS, give_up, NULL);
    return !sqlite3_prepare_v3(e->db, earlier_sql, -1, SQLITE_PREPARE_PERSISTENT, &e->statement, NULL);
}

struct earlier *earlier_open(const char *dir) {
    char path[4200];
    struct earlier *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    pthread_mutex_init(&e->lock, NULL);
    snprintf(path, sizeof path, "%.4096s/undertone.db", dir);
    if (open_file(e, path)) return e;
    earlier_close(e);
    return NULL;
}

void earlier_close(struct earlier *e) {
    if (!e) return;
    sqlite3_finalize(e->statement);
    sqlite3_close(e->db);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

unsigned earlier_count(struct earlier *e, const char *customer) {
    unsigned n = 0;
    if (!customer || !*customer) return 0;
    pthread_mutex_lock(&e->lock);
    sqlite3_stmt_status(e->statement, SQLITE_STMTSTATUS_VM_STEP, 1); /* MAX_STEPS counts from here */
    sqlite3_bind_text(e->statement, 1, customer, -1, SQLITE_STATIC);
    sqlite3_bind_int(e->statement, 2, EARLIER_MAX);
    if (sqlite3_step(e->statement) == SQLITE_ROW) n = (unsigned)sqlite3_column_int(e->statement, 0);
    sqlite3_reset(e->statement);
    sqlite3_clear_bindings(e->statement);
    pthread_mutex_unlock(&e->lock);
    return n;
}
