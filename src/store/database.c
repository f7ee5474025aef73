/* How a commit is made safe: the write-ahead log is a file, so what a commit has written is the kernel's and outlives
 * kill -9 whatever synchronous is. FULL adds an fsync to the commit, which is what a power failure asks for. What
 * begins, ends or deletes a call gets it. Readings do not: five fsyncs a second for ever is hard on a disk. Nor do
 * cues: an agent waits for them. The fsync of a later commit covers both.
 *
 * Checkpoints would be made by whichever commit fills the log, and a cue would wait for it: so they are made by
 * database_tidy instead.
 */
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/schema.h"

enum { BUSY_MS = 2000, LOG_PAGES = 1000 };

struct database {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    int lock_fd;
    int log_pages;
    bool forgot; /* the log holds what was forgotten */
};

/* ---- opening ---- */

struct complaint {
    char *message;
    size_t size;
};

static bool complain(struct complaint to, const char *path, const char *format, ...) {
    va_list arguments;
    int n = snprintf(to.message, to.size, "%s: ", path);
    va_start(arguments, format);
    if (n >= 0 && (size_t)n < to.size) vsnprintf(to.message + n, to.size - (size_t)n, format, arguments);
    va_end(arguments);
    return false;
}

/* dir and the folders above it that are missing. */
static bool make_folder(const char *dir, struct complaint to) {
    char path[4096];
    struct stat st;
    if (!*dir || strlen(dir) >= sizeof path) return complain(to, dir, "not a folder's name");
    strcpy(path, dir);
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    if (mkdir(dir, 0700) && errno != EEXIST) return complain(to, dir, "%s", strerror(errno));
    if (stat(dir, &st) || !S_ISDIR(st.st_mode)) return complain(to, dir, "not a folder");
    return true;
}

/* Two processes would each take the other's calls in progress for abandoned ones. The kernel frees the lock of a
 * process that dies. */
static bool lock_folder(struct database *d, const char *dir, struct complaint to) {
    char path[4200], pid[32] = "";
    snprintf(path, sizeof path, "%s/undertone.lock", dir);
    d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->lock_fd < 0) return complain(to, path, "%s", strerror(errno));
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK) return complain(to, path, "%s", strerror(errno));
        ssize_t n = pread(d->lock_fd, pid, sizeof pid - 1, 0);
        return complain(to, dir, "in use by another undertone (process %d)", n > 0 ? atoi(pid) : 0);
    }
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(d->lock_fd, 0) || pwrite(d->lock_fd, pid, (size_t)n, 0) != n)
        return complain(to, path, "%s", strerror(errno));
    return true;
}

/* SQLite gives its log the mode of the file. */
static bool make_file(const char *path, struct complaint to) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return complain(to, path, "%s", strerror(errno));
    close(fd);
    return true;
}

static int note_log_pages(void *user, sqlite3 *db, const char *name, int pages) {
    struct database *d = user;
    (void)db;
    (void)name;
    d->log_pages = pages;
    return SQLITE_OK;
}

static bool execute(struct database *d, const char *sql) { return !sqlite3_exec(d->db, sql, NULL, NULL, NULL); }

/* The one number that sql asks for, -1 on failure. */
static int number_of(struct database *d, const char *sql) {
    sqlite3_stmt *statement = NULL;
    int number = -1;
    if (!sqlite3_prepare_v2(d->db, sql, -1, &statement, NULL) && sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int(statement, 0);
    return sqlite3_finalize(statement) ? -1 : number;
}

/* Runs sql that brings the tables to a version: all of it or nothing. */
static bool change_tables(struct database *d, const char *sql, int version) {
    char marks[100];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d", SCHEMA_APPLICATION, version);
    if (execute(d, "BEGIN IMMEDIATE") && execute(d, sql) && execute(d, marks) && execute(d, "COMMIT")) return true;
    database_rollback(d);
    return false;
}

static bool check_tables(struct database *d, const char *path, struct complaint to) {
    int n = number_of(d, "SELECT count(*) FROM sqlite_schema");
    int application = number_of(d, "PRAGMA application_id"), version = number_of(d, "PRAGMA user_version");
    if (n < 0 || version < 0) return complain(to, path, "%s", sqlite3_errmsg(d->db));
    if (!n) return change_tables(d, schema_sql, SCHEMA_VERSION) || complain(to, path, "%s", sqlite3_errmsg(d->db));
    if (application != SCHEMA_APPLICATION) return complain(to, path, "a database of another program");
    if (version > SCHEMA_VERSION)
        return complain(to, path, "made by a newer undertone (schema %d, this one knows %d)", version, SCHEMA_VERSION);
    for (; version < SCHEMA_VERSION; version++)
        if (!schema_upgrades[version] || !change_tables(d, schema_upgrades[version], version + 1))
            return complain(to, path, "cannot be brought from schema %d to %d (%s)", version, SCHEMA_VERSION,
                            sqlite3_errmsg(d->db));
    return true;
}

static bool prepare_all(struct database *d) {
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(d->db, schema_statements[i], -1, SQLITE_PREPARE_PERSISTENT, &d->statements[i], NULL))
            return false;
    return true;
}

static bool open_file(struct database *d, const char *path, struct complaint to) {
    if (sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
        return complain(to, path, "%s", d->db ? sqlite3_errmsg(d->db) : "not enough memory");
    sqlite3_busy_timeout(d->db, BUSY_MS);
    if (!execute(d, "PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON"))
        return complain(to, path, "%s", sqlite3_errmsg(d->db));
    sqlite3_wal_hook(d->db, note_log_pages, d); /* in place of automatic checkpoints */
    if (!check_tables(d, path, to)) return false;
    if (!execute(d, schema_close_abandoned_sql) || !prepare_all(d))
        return complain(to, path, "%s", sqlite3_errmsg(d->db));
    return true;
}

struct database *database_open(const char *dir, char *message, size_t message_size) {
    struct complaint to = {message, message_size};
    struct database *d = calloc(1, sizeof *d);
    char path[4200];
    if (!d) {
        complain(to, dir, "not enough memory");
        return NULL;
    }
    d->lock_fd = -1;
    snprintf(path, sizeof path, "%.4096s/undertone.db", dir);
    if (make_folder(dir, to) && lock_folder(d, dir, to) && make_file(path, to) && open_file(d, path, to)) return d;
    database_close(d);
    return NULL;
}

void database_close(struct database *d) {
    if (!d) return;
    for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(d->statements[i]);
    sqlite3_close(d->db);
    if (d->lock_fd >= 0) close(d->lock_fd);
    free(d);
}

/* ---- transactions ---- */

bool database_begin(struct database *d, enum durability durability) {
    return execute(d, durability == DATABASE_SYNCED ? "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
                                                    : "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
}

bool database_commit(struct database *d) { return execute(d, "COMMIT"); }

/* A failure may have rolled back already. */
void database_rollback(struct database *d) {
    if (d->db && !sqlite3_get_autocommit(d->db)) execute(d, "ROLLBACK");
}

bool database_tidy(struct database *d) {
    int result = SQLITE_OK;
    sqlite3_busy_timeout(d->db, 0);
    if (d->forgot) {
        result = sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        d->forgot = result != SQLITE_OK;
        if (!d->forgot) d->log_pages = 0;
    } else if (d->log_pages >= LOG_PAGES) {
        sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        d->log_pages = 0;
    }
    sqlite3_busy_timeout(d->db, BUSY_MS);
    return d->forgot;
}

/* ---- rows ---- */

/* "customer::speech_s" is the key speech_s of the object customer. Null where there is none. */
static json_t *value_at(json_t *event, const char *path) {
    const char *colons = strstr(path, "::");
    if (!colons) return json_object_get(event, path);
    char key[32];
    snprintf(key, sizeof key, "%.*s", (int)(colons - path), path);
    return value_at(json_object_get(event, key), colons + 2);
}

static int bind_value(sqlite3_stmt *statement, int i, json_t *value) {
    if (json_is_string(value))
        return sqlite3_bind_text(statement, i, json_string_value(value), (int)json_string_length(value), SQLITE_STATIC);
    if (json_is_integer(value)) return sqlite3_bind_int64(statement, i, json_integer_value(value));
    if (json_is_real(value)) return sqlite3_bind_double(statement, i, json_real_value(value));
    if (json_is_boolean(value)) return sqlite3_bind_int(statement, i, json_is_true(value));
    if (!json_is_array(value) && !json_is_object(value)) return sqlite3_bind_null(statement, i);
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(12)); /* as in event.c */
    return text ? sqlite3_bind_text(statement, i, text, -1, free) : SQLITE_NOMEM;
}

/* Whether the failure is the row's own. */
static bool is_refusal(int result) {
    return result == SQLITE_CONSTRAINT || result == SQLITE_MISMATCH || result == SQLITE_TOOBIG;
}

static enum put run(struct database *d, enum statement which, json_t *event) {
    sqlite3_stmt *statement = d->statements[which];
    int result = SQLITE_OK, n = sqlite3_bind_parameter_count(statement);
    for (int i = 1; i <= n && !result; i++)
        result = bind_value(statement, i, value_at(event, sqlite3_bind_parameter_name(statement, i) + 1));
    if (!result) result = sqlite3_step(statement) & 0xff; /* without the extended part */
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (result == SQLITE_DONE) return PUT_STORED;
    return is_refusal(result) ? PUT_REFUSED : PUT_FAILED;
}

/* The same, and nothing changed means refused: there is no such call, or no consent. */
static enum put put(struct database *d, enum statement which, json_t *event) {
    enum put result = run(d, which, event);
    return result == PUT_STORED && !sqlite3_changes(d->db) ? PUT_REFUSED : result;
}

static enum put forget(struct database *d, json_t *event) {
    enum put result = PUT_STORED;
    for (int i = FORGET_READINGS; i <= FORGET_CALL && result == PUT_STORED; i++) result = run(d, i, event);
    d->forgot = true;
    return result;
}

enum put database_forget(struct database *d, const char *call_id) {
    json_t *event = json_pack("{ss}", "call", call_id);
    enum put result = event ? forget(d, event) : PUT_FAILED;
    json_decref(event);
    return result;
}

static enum put put_call(struct database *d, json_t *event) {
    const char *consent = json_string_value(json_object_get(event, "consent"));
    if (!consent || strcmp(consent, ut_consent_name(UT_CONSENT_GIVEN))) return forget(d, event);
    return put(d, PUT_CALL, event);
}

/* Of other channels than the customer's the second makes no row, see schema.c. */
static enum put put_reading(struct database *d, json_t *event) {
    enum put result = put(d, PUT_READING, event);
    return result == PUT_STORED ? run(d, PUT_SCORES, event) : result;
}

static enum put put_summary(struct database *d, json_t *event) {
    enum put result = put(d, PUT_SUMMARY, event);
    return result == PUT_STORED ? put(d, END_CALL, event) : result;
}

enum put database_put(struct database *d, const message *m) {
    json_t *event = json_loadb(m->text, m->n_bytes, JSON_REJECT_DUPLICATES, NULL);
    enum put result = PUT_REFUSED;
    if (!json_is_object(event)) goto done;
    switch (m->kind) {
    case MESSAGE_CALL:
        result = put_call(d, event);
        break;
    case MESSAGE_READING:
        result = put_reading(d, event);
        break;
    case MESSAGE_TURN:
        result = put(d, PUT_TURN, event);
        break;
    case MESSAGE_CUE:
        result = put(d, PUT_CUE, event);
        break;
    case MESSAGE_FEEDBACK:
        result = put(d, PUT_FEEDBACK, event);
        break;
    case MESSAGE_SUMMARY:
        result = put_summary(d, event);
        break;
    case MESSAGE_REFUSED:
        break;
    }
done:
    json_decref(event);
    return result;
}
