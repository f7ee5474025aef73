/* How a commit is made safe: the write-ahead log is a file, so what a commit has written is the kernel's and outlives
 * kill -9 whatever synchronous is. FULL adds an fsync to the commit, which is what a power failure asks for. What
 * begins, ends or deletes a call gets it. Readings do not: five fsyncs a second for ever is hard on a disk. Nor do
 * cues: an agent waits for them. The fsync of a later commit covers both.
 *
 * Checkpoints would be made by whichever commit fills the log, and a cue would wait for it: so they are made by
 * database_tidy instead.
 */
#include "store/database.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/clean.h"
#include "store/schema.h"

enum {
    OWNER_BUSY_MS = 100, /* a cue waits no longer for a command beside it */
    GUEST_BUSY_MS = 5000,
    LOG_PAGES = 1000,
    STATEMENTS = 128,
    PATH_SIZE = 4200,
    MAX_PAGES = (1 << 24) - 1, /* see clean.c */
};

struct database {
    char *dir, path[PATH_SIZE];
    sqlite3 *db;
    struct statement {
        const char *sql;
        sqlite3_stmt *prepared;
    } statements[STATEMENTS];
    enum database_fault fault;
    int busy_ms, patience_ms; /* for others to be done: as a rule, and now */
    int log_pages;
    bool forgot; /* the log holds what was forgotten */
};

/* ---- what went wrong ---- */

static enum database_fault fault_of(int result) {
    switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return DATABASE_CORRUPT;
    default:
        return DATABASE_UNREADY;
    }
}

enum database_fault database_fault_of(const struct database *d) { return d->fault; }

static const char *reason(sqlite3 *db) {
    int error = sqlite3_system_errno(db);
    switch (sqlite3_errcode(db)) {
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_IOERR:
        return error ? strerror(error) : "the disk cannot be written or read";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program has locked it";
    case SQLITE_READONLY:
        return "it can only be read";
    case SQLITE_CANTOPEN:
        return error ? strerror(error) : "it cannot be opened";
    case SQLITE_OK: /* what database_is_whole has found SQLite does not know of */
    case SQLITE_CORRUPT:
        return "it is damaged";
    case SQLITE_NOTADB:
        return "it is no database";
    default:
        return sqlite3_errmsg(db);
    }
}

void database_explain(const struct database *d, char *message, size_t message_size) {
    snprintf(message, message_size, "%s: %s", d->path, d->db ? reason(d->db) : "not enough memory");
}

/* Keeps what kind of failure it was; false. */
static bool failed(struct database *d) {
    if (!d->fault) d->fault = d->db ? fault_of(sqlite3_extended_errcode(d->db)) : DATABASE_UNREADY;
    return false;
}

static bool refuse(struct database *d, char *message, size_t message_size, const char *format, ...) {
    va_list arguments;
    int n = snprintf(message, message_size, "%s: ", d->path);
    va_start(arguments, format);
    if (n >= 0 && (size_t)n < message_size) vsnprintf(message + n, message_size - (size_t)n, format, arguments);
    va_end(arguments);
    d->fault = DATABASE_REFUSED;
    return false;
}

/* ---- opening ---- */

static int note_log_pages(void *user, sqlite3 *db, const char *name, int pages) {
    struct database *d = user;
    (void)db;
    (void)name;
    d->log_pages = pages;
    return SQLITE_OK;
}

static bool execute(struct database *d, const char *sql) {
    return !sqlite3_exec(d->db, sql, NULL, NULL, NULL) || failed(d);
}

/* The one number that sql asks for, -1 on failure. */
static int number_of(struct database *d, const char *sql) {
    sqlite3_stmt *statement = NULL;
    int number = -1;
    if (!sqlite3_prepare_v2(d->db, sql, -1, &statement, NULL) && sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int(statement, 0);
    if (sqlite3_finalize(statement)) number = -1;
    if (number < 0) failed(d);
    return number;
}

/* Runs sql, its parts up to a null, that brings the tables to a version: all of it or nothing. */
static bool change_tables(struct database *d, const char *const sql[], int version) {
    char marks[100];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d", SCHEMA_APPLICATION, version);
    bool good = execute(d, "BEGIN IMMEDIATE");
    while (good && *sql) good = execute(d, *sql++);
    if (good && execute(d, marks) && execute(d, "COMMIT")) return true;
    database_rollback(d);
    return false;
}

/* What older versions left in the gaps of pages goes with the whole file written anew. */
static bool upgrade(struct database *d, int version, char *message, size_t message_size) {
    for (; version < SCHEMA_VERSION; version++)
        if (!*schema_upgrades[version] || !change_tables(d, schema_upgrades[version], version + 1)) {
            snprintf(message, message_size, "%s: cannot be brought from schema %d to %d (%s)", d->path, version,
                     SCHEMA_VERSION, reason(d->db));
            return false;
        }
    execute(d, "PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY"); /* as large as the database */
    d->fault = DATABASE_NO_FAULT;
    d->forgot = true;
    return true;
}

static bool check_tables(struct database *d, enum database_mode mode, char *message, size_t message_size) {
    int n = number_of(d, "SELECT count(*) FROM sqlite_schema");
    int application = number_of(d, "PRAGMA application_id"), version = number_of(d, "PRAGMA user_version");
    bool owner = mode == DATABASE_OWNER;
    database_explain(d, message, message_size);
    if (n < 0 || application < 0 || version < 0) return false;
    if (!n && owner) return change_tables(d, schema_sql, SCHEMA_VERSION);
    if (!n) return refuse(d, message, message_size, "there are no calls in it");
    if (application != SCHEMA_APPLICATION) return refuse(d, message, message_size, "a database of another program");
    if (version > SCHEMA_VERSION)
        return refuse(d, message, message_size, "made by a newer undertone (schema %d, this one knows %d)", version,
                      SCHEMA_VERSION);
    if (version == SCHEMA_VERSION) return true;
    if (owner) return upgrade(d, version, message, message_size);
    return refuse(d, message, message_size,
                  "made by an older undertone (schema %d); it is brought up by undertone serve", version);
}

/* SQLite gives its log the mode of the file. */
static bool make_file(struct database *d, char *message, size_t message_size) {
    int fd = open(d->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) return !close(fd);
    int why = errno;
    refuse(d, message, message_size, "%s", strerror(why));
    if (why != ELOOP && why != EISDIR) d->fault = DATABASE_UNREADY;
    return false;
}

static bool open_file(struct database *d, enum database_mode mode, char *message, size_t message_size) {
    static const char *const settings =
        "PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;"
        "PRAGMA temp_store = MEMORY";
    char limit[60];
    int flags = (mode == DATABASE_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    bool writes = mode != DATABASE_READER;
    snprintf(limit, sizeof limit, "PRAGMA max_page_count = %d", MAX_PAGES);
    bool good = clean_register() && !sqlite3_open_v2(d->path, &d->db, flags, CLEAN_VFS);
    if (good) good = !sqlite3_extended_result_codes(d->db, 1);
    if (good) good = !sqlite3_busy_timeout(d->db, d->patience_ms);
    if (good && writes) good = execute(d, settings) && execute(d, limit);
    if (good && writes) sqlite3_wal_hook(d->db, note_log_pages, d); /* in place of automatic checkpoints */
    if (good) return check_tables(d, mode, message, message_size) || failed(d);
    database_explain(d, message, message_size);
    return failed(d);
}

static bool find_file(struct database *d, char *message, size_t message_size) {
    return !access(d->path, F_OK) ||
           refuse(d, message, message_size, "%s", errno == ENOENT ? "no calls are kept there" : strerror(errno));
}

static bool open_at(struct database *d, enum database_mode mode, char *message, size_t message_size) {
    if (mode != DATABASE_OWNER) return find_file(d, message, message_size) && open_file(d, mode, message, message_size);
    return make_file(d, message, message_size) && open_file(d, mode, message, message_size);
}

struct database *database_open(const char *dir, enum database_mode mode, enum database_fault *fault, char *message,
                               size_t message_size) {
    struct database *d = calloc(1, sizeof *d);
    *fault = DATABASE_UNREADY;
    snprintf(message, message_size, "%s: not enough memory", dir);
    if (!d || !(d->dir = strdup(dir))) goto fail;
    d->busy_ms = d->patience_ms = mode == DATABASE_OWNER ? OWNER_BUSY_MS : GUEST_BUSY_MS;
    snprintf(d->path, sizeof d->path, "%.4096s/undertone.db", dir);
    if (open_at(d, mode, message, message_size)) return d;
    *fault = d->fault;
fail:
    database_close(d);
    return NULL;
}

void database_close(struct database *d) {
    if (!d) return;
    for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(d->statements[i].prepared);
    sqlite3_close(d->db);
    free(d->dir);
    free(d);
}

const char *database_dir(const struct database *d) { return d->dir; }

#define ASIDE "undertone.db.corrupt-"

bool database_set_aside(const char *dir, char *kept, size_t kept_size) {
    static const char *const endings[] = {"-shm", "-wal", ""}; /* the log before what it belongs to */
    char from[PATH_SIZE], to[PATH_SIZE + 64], at[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(at, sizeof at, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(from, sizeof from, "%.4096s/undertone.db%s", dir, endings[i]);
        snprintf(to, sizeof to, "%.4096s/" ASIDE "%s%s", dir, at, endings[i]);
        if (!access(to, F_OK) || (rename(from, to) && errno != ENOENT)) return false;
    }
    snprintf(kept, kept_size, ASIDE "%s", at);
    return true;
}

bool database_has_aside(const char *dir) {
    DIR *folder = opendir(dir);
    bool has = !folder;
    for (struct dirent *entry; !has && (entry = readdir(folder));) has = !strncmp(entry->d_name, ASIDE, strlen(ASIDE));
    if (folder) closedir(folder);
    return has;
}

/* ---- transactions ---- */

/* Whom it waited for in vain it does not wait for again until they are done. */
bool database_begin(struct database *d, enum durability durability) {
    d->fault = DATABASE_NO_FAULT;
    bool begun = execute(d, durability == DATABASE_SYNCED ? "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
                                                          : "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
    d->patience_ms = begun ? d->busy_ms : 0;
    sqlite3_busy_timeout(d->db, d->patience_ms);
    return begun;
}

void database_be_patient(struct database *d, int ms) {
    d->busy_ms = d->patience_ms = ms;
    sqlite3_busy_timeout(d->db, ms);
}

bool database_commit(struct database *d) { return execute(d, "COMMIT"); }

/* A failure may have rolled back already. */
void database_rollback(struct database *d) {
    if (d->db && !sqlite3_get_autocommit(d->db)) sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
}

/* The version as it is: a page that says nothing new. */
bool database_works(struct database *d) {
    char write[60];
    snprintf(write, sizeof write, "PRAGMA user_version = %d", SCHEMA_VERSION);
    if (database_begin(d, DATABASE_HANDED_OVER) && execute(d, write) && database_commit(d)) return true;
    database_rollback(d);
    return false;
}

/* Through SQLite's own descriptor: to close another one of the same file would give up its locks. A read that fails
 * proves nothing, nor does a log that a checkpoint beside us has just emptied. */
static bool begins_with(struct database *d, int which, const char *magic, int n) {
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    char bytes[16];
    sqlite3_file_control(d->db, "main", which, &file);
    if (!file || !file->pMethods) return true;
    int result = SQLITE_IOERR_SHORT_READ;
    for (int tries = 0; tries < 2 && result == SQLITE_IOERR_SHORT_READ; tries++) {
        if (file->pMethods->xFileSize(file, &size) || !size) return true;
        result = file->pMethods->xRead(file, bytes, n, 0);
    }
    if (result && result != SQLITE_IOERR_SHORT_READ) return true;
    return !result && !memcmp(bytes, magic, (size_t)n);
}

/* How both files begin: https://www.sqlite.org/fileformat2.html sections 1.3.1 and 4.1. */
bool database_is_whole(struct database *d) {
    if (begins_with(d, SQLITE_FCNTL_FILE_POINTER, "SQLite format 3", 16) &&
        begins_with(d, SQLITE_FCNTL_JOURNAL_POINTER, "\x37\x7f\x06", 3))
        return true;
    d->fault = DATABASE_CORRUPT;
    return false;
}

void database_forgot(struct database *d) { d->forgot = true; }

bool database_tidy(struct database *d) {
    sqlite3_busy_timeout(d->db, 0); /* to wait for a reader here would hold up whoever writes */
    if (d->forgot) {
        d->forgot = sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK;
        if (!d->forgot) d->log_pages = 0;
    } else if (d->log_pages >= LOG_PAGES) {
        sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        d->log_pages = 0;
    }
    sqlite3_busy_timeout(d->db, d->patience_ms);
    return d->forgot;
}

bool database_copy(struct database *d, const char *to) {
    static const char copy_sql[] = "VACUUM INTO $to";
    json_t *values = json_pack("{ss}", "to", to);
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = values && fd >= 0 && database_run(d, copy_sql, values) == DATABASE_ROW_STORED && !fsync(fd);
    if (fd >= 0) close(fd);
    json_decref(values);
    return good;
}

/* ---- statements ---- */

/* Prepared at its first use; its place follows from its address. Null on failure. */
static sqlite3_stmt *prepared(struct database *d, const char *sql) {
    size_t at = ((uintptr_t)sql >> 4) % STATEMENTS, tried = 0;
    while (d->statements[at].sql && d->statements[at].sql != sql && tried++ < STATEMENTS) at = (at + 1) % STATEMENTS;
    struct statement *s = &d->statements[at];
    if (s->sql == sql) return s->prepared;
    if (s->sql) return NULL; /* more statements than there are */
    int result = sqlite3_prepare_v3(d->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->prepared, NULL);
    if (result == SQLITE_ERROR) d->fault = DATABASE_CORRUPT; /* these are not our tables */
    if (result) return failed(d), NULL;
    s->sql = sql;
    return s->prepared;
}

/* "customer::speech_s" is the key speech_s of the object customer. Null where there is none. */
static json_t *value_at(json_t *values, const char *path) {
    const char *colons = strstr(path, "::");
    if (!colons) return json_object_get(values, path);
    char key[32];
    snprintf(key, sizeof key, "%.*s", (int)(colons - path), path);
    return value_at(json_object_get(values, key), colons + 2);
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

/* The statement with its values, or null. */
static sqlite3_stmt *bound(struct database *d, const char *sql, json_t *values) {
    sqlite3_stmt *statement = prepared(d, sql);
    int result = SQLITE_OK, n = statement ? sqlite3_bind_parameter_count(statement) : 0;
    for (int i = 1; i <= n && !result; i++)
        result = bind_value(statement, i, value_at(values, sqlite3_bind_parameter_name(statement, i) + 1));
    if (!result) return statement;
    failed(d);
    sqlite3_clear_bindings(statement);
    return NULL;
}

static void done(sqlite3_stmt *statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

/* Whether the failure is the row's own. */
static bool is_refusal(int result) {
    result &= 0xff;
    return result == SQLITE_CONSTRAINT || result == SQLITE_MISMATCH || result == SQLITE_TOOBIG;
}

enum database_put database_run(struct database *d, const char *sql, json_t *values) {
    sqlite3_stmt *statement = bound(d, sql, values);
    if (!statement) return DATABASE_ROW_FAILED;
    int result = sqlite3_step(statement);
    bool refused = is_refusal(result);
    if (result != SQLITE_DONE && result != SQLITE_ROW && !refused) failed(d);
    done(statement);
    if (result == SQLITE_DONE || result == SQLITE_ROW) return DATABASE_ROW_STORED;
    return refused ? DATABASE_ROW_REFUSED : DATABASE_ROW_FAILED;
}

long database_changes(const struct database *d) { return sqlite3_changes(d->db); }

static json_t *column_value(sqlite3_stmt *statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, i));
    case SQLITE_FLOAT:
        return json_real(sqlite3_column_double(statement, i));
    case SQLITE_TEXT:
        return json_stringn((const char *)sqlite3_column_text(statement, i),
                            (size_t)sqlite3_column_bytes(statement, i));
    default:
        return json_null();
    }
}

static json_t *row_of(sqlite3_stmt *statement) {
    json_t *row = json_object();
    for (int i = 0; row && i < sqlite3_column_count(statement); i++)
        json_object_set_new(row, sqlite3_column_name(statement, i), column_value(statement, i));
    return row;
}

bool database_query(struct database *d, const char *sql, json_t *values, database_each *each, void *user) {
    sqlite3_stmt *statement = bound(d, sql, values);
    int result = SQLITE_NOMEM;
    bool more = statement;
    while (more && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        json_t *row = row_of(statement);
        more = row && each(user, row);
        if (!row) result = SQLITE_NOMEM;
        json_decref(row);
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW) failed(d);
    if (statement) done(statement);
    return result == SQLITE_DONE || result == SQLITE_ROW;
}

static bool append(void *user, json_t *row) { return !json_array_append(user, row); }

json_t *database_rows(struct database *d, const char *sql, json_t *values) {
    json_t *rows = json_array();
    if (rows && database_query(d, sql, values, append, rows)) return rows;
    json_decref(rows);
    return NULL;
}

static bool take_first(void *user, json_t *row) {
    json_t **first = user;
    *first = json_incref(row);
    return false;
}

json_t *database_row(struct database *d, const char *sql, json_t *values) {
    json_t *first = NULL;
    bool good = database_query(d, sql, values, take_first, &first);
    return good && !first ? json_null() : first;
}
