/* A backup put back. All is made ready in DIR/restore.part, which the next sweep removes where that is interrupted;
 * then recordings are renamed into their folder, where a name is one call's for ever, and at last the database: at that
 * moment the folder changes from what it was to what it becomes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "store/backup.h"
#include "store/debts.h"
#include "store/erase.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/forget.h"
#include "store/media.h"

enum { LONGEST = 4000, NAMED = PATH_MAX + 64 };

struct restore {
    const char *dir;
    const actor *by;
    json_t *counts, *recorded; /* recorded: an object with the ids of calls that have a recording */
    char from[PATH_MAX], part[PATH_MAX], kept_audit[80];
    struct folder *folder;
    struct database *copy, *present; /* present: null where there is none, or none that can be read */
    char *why;
    size_t why_size;
};

static bool complain(struct restore *r, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->why, r->why_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool explain(struct restore *r, struct database *d) {
    database_explain(d, r->why, r->why_size);
    return false;
}

static const char *text(const json_t *row, const char *key) { return json_string_value(json_object_get(row, key)); }

/* ---- the copy ---- */

static bool find_source(struct restore *r, const char *from) {
    char lock[NAMED];
    if (strlen(r->dir) > LONGEST - 16 || strlen(from) > LONGEST) return complain(r, "a folder's name is too long");
    if (!realpath(from, r->from)) return complain(r, "%s: %s", from, strerror(errno));
    snprintf(lock, sizeof lock, "%s/undertone.lock", r->from);
    if (!access(lock, F_OK)) return complain(r, "%s: it is a data folder, not a backup", from);
    return debts_is_backup(r->from) || complain(r, "%s: it is no backup: no database of ours is in it", from);
}

static bool own_target(struct restore *r) {
    bool unready;
    char audio[NAMED];
    if (!(r->folder = folder_own(r->dir, &unready, r->why, r->why_size))) return false;
    snprintf(r->part, sizeof r->part, "%.4000s/restore.part", r->dir);
    snprintf(audio, sizeof audio, "%s/audio", r->part);
    return (files_remove(r->part) && !mkdir(r->part, 0700) && !mkdir(audio, 0700)) ||
           complain(r, "%s: %s", r->part, strerror(errno));
}

/* The log is there where the backup was copied by other means while it was open; it belongs to the file. */
static bool copy_database(struct restore *r) {
    static const char *const names[] = {"undertone.db", "undertone.db-wal"};
    char from[NAMED], to[NAMED];
    for (int i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s/%s", r->from, names[i]);
        snprintf(to, sizeof to, "%s/%s", r->part, names[i]);
        if (files_copy(from, to) < 0 && !(i && errno == ENOENT)) return complain(r, "%s: %s", from, strerror(errno));
    }
    return true;
}

/* Tables with their columns, views, triggers: of a new database, and so of any that is brought up to it. Whatever else
 * is there nobody would know of, a trigger that acts at a deletion, say. */
static json_t *shape_of_new(struct restore *r, const char *shape_sql) {
    char path[NAMED], message[600];
    enum database_fault fault;
    snprintf(path, sizeof path, "%s/new", r->part);
    struct database *d =
        mkdir(path, 0700) ? NULL : database_open(path, DATABASE_OWNER, &fault, message, sizeof message);
    json_t *shape = d ? database_rows(d, shape_sql, NULL) : NULL;
    database_close(d);
    files_remove(path);
    return shape;
}

static bool check_shape(struct restore *r) {
    static const char shape_sql[] =
        "SELECT o.type AS type, o.name AS name, c.name AS column_name FROM sqlite_schema AS o LEFT JOIN"
        " pragma_table_info(o.name) AS c WHERE o.type <> 'index' AND o.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY 1, 2, 3";
    json_t *shape = database_rows(r->copy, shape_sql, NULL), *wanted = shape_of_new(r, shape_sql);
    bool same = shape && wanted && json_equal(shape, wanted);
    json_decref(shape);
    json_decref(wanted);
    return same || complain(r, "%s: its tables are not those of a backup", r->from);
}

/* Page by page, since a damaged one may otherwise be found at any time later. */
static bool check_pages(struct restore *r) {
    static const char check_sql[] = "PRAGMA quick_check(1)";
    json_t *row = database_row(r->copy, check_sql, NULL);
    const char *said = text(row, "quick_check");
    bool whole = said && !strcmp(said, "ok");
    json_decref(row);
    return whole || complain(r, "%s: it is damaged", r->from);
}

static bool open_copy(struct restore *r) {
    enum database_fault fault;
    char message[600];
    if (!(r->copy = database_open(r->part, DATABASE_OWNER, &fault, message, sizeof message))) {
        const char *reason = strstr(message, ": ");
        return complain(r, "%s: %s", r->from,
                        fault == DATABASE_CORRUPT ? "it is damaged"
                        : reason                  ? reason + 2
                                                  : message);
    }
    return check_pages(r) && check_shape(r);
}

/* ---- what the present database knows better ---- */

static bool open_present(struct restore *r) {
    char path[NAMED], kept[NAMED];
    enum database_fault fault;
    snprintf(path, sizeof path, "%s/undertone.db", r->dir);
    if (access(path, F_OK)) return errno == ENOENT || complain(r, "%s: %s", path, strerror(errno));
    if ((r->present = database_open(r->dir, DATABASE_OWNER, &fault, r->why, r->why_size))) return true;
    if (fault != DATABASE_CORRUPT) return false;
    if (!database_set_aside(r->dir, kept, sizeof kept)) return complain(r, "%s: %s", path, strerror(errno));
    return !json_object_set_new(r->counts, "set_aside", json_string(kept));
}

/* From one into the other, row by row. */
struct transfer {
    struct restore *r;
    const char *sql;
    bool failed;
};

static bool transfer_row(void *user, json_t *row) {
    struct transfer *t = user;
    t->failed = database_run(t->r->copy, t->sql, row) != DATABASE_ROW_STORED;
    return !t->failed;
}

/* What was deleted once stays so; a hold that was set since holds what comes back. */
static bool transfer_ledger(struct restore *r) {
    static const struct {
        const char *from, *to;
    } tables[] = {
        {"SELECT id, at, receipt FROM receipts",
         "INSERT INTO receipts (id, at, receipt) VALUES ($id, $at, $receipt) ON CONFLICT DO NOTHING"},
        {"SELECT call, receipt FROM deletions",
         "INSERT INTO deletions (call, receipt) VALUES ($call, $receipt) ON CONFLICT DO NOTHING"},
        {"SELECT path, made_at, filesystem FROM backups", "INSERT INTO backups (path, made_at, filesystem) VALUES "
                                                          "($path, $made_at, $filesystem) ON CONFLICT DO NOTHING"},
        {"SELECT path, call, what FROM debts WHERE path <> ''",
         "INSERT INTO debts (path, call, what) VALUES ($path, $call, $what) ON CONFLICT DO NOTHING"},
        {"SELECT id, held_why FROM calls WHERE held_why IS NOT NULL",
         "UPDATE calls SET held_why = $held_why WHERE id = $id"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct transfer t = {.r = r, .sql = tables[i].to};
        if (!database_query(r->present, tables[i].from, NULL, transfer_row, &t)) return explain(r, r->present);
        if (t.failed) return explain(r, r->copy);
    }
    return true;
}

static bool forget_again(void *user, json_t *row) {
    struct transfer *t = user;
    json_object_set_new(row, "what", json_integer(FORGET_ALL));
    t->failed = !forget_rows(t->r->copy, row, NULL);
    return !t->failed;
}

/* A call that is not in the backup has nothing to be taken from. */
static bool withdraw_again(void *user, json_t *row) {
    struct transfer *t = user;
    t->failed = erase_without_consent(t->r->copy, row) == DATABASE_ROW_FAILED;
    return !t->failed;
}

static bool forget_what_is_forgotten(struct restore *r) {
    static const char deleted_sql[] = "SELECT call FROM deletions";
    static const char withdrawn_sql[] =
        "SELECT calls.id AS call, calls.consent AS consent, at, t_s, method, who FROM calls LEFT JOIN consents"
        " ON consents.rowid = (SELECT max(rowid) FROM consents WHERE call = calls.number) WHERE consent <> 'given'";
    struct transfer t = {.r = r};
    if (r->present && !database_query(r->present, withdrawn_sql, NULL, withdraw_again, &t))
        return explain(r, r->present);
    return (!t.failed && database_query(r->copy, deleted_sql, NULL, forget_again, &t) && !t.failed) ||
           explain(r, r->copy);
}

/* ---- recordings ---- */

static bool copy_recording(void *user, json_t *row) {
    static const char lost_sql[] = "UPDATE recordings SET state = 'failed', file = NULL WHERE call ="
                                   " (SELECT number FROM calls WHERE id = $call)";
    struct transfer *t = user;
    struct restore *r = t->r;
    const char *file = text(row, "file"), *call = text(row, "call");
    char from[NAMED], to[NAMED];
    long n = -1;
    if (files_is_recording(file, call)) {
        snprintf(from, sizeof from, "%.4000s/audio/%.50s", r->from, file);
        snprintf(to, sizeof to, "%.4000s/audio/%.50s", r->part, file);
        n = files_copy(from, to);
        if (n < 0 && errno != ENOENT) return !(t->failed = !complain(r, "%s: %s", from, strerror(errno)));
    }
    if (n >= 0) json_object_set_new(r->recorded, call, json_true());
    forget_count(r->counts, n < 0 ? "missing" : "recordings", 1);
    forget_count(r->counts, "audio_bytes", n < 0 ? 0 : n);
    if (n < 0 && database_run(r->copy, lost_sql, row) != DATABASE_ROW_STORED) t->failed = !explain(r, r->copy);
    return !t->failed;
}

static bool copy_recordings(struct restore *r) {
    static const char files_sql[] =
        "SELECT id AS call, file FROM recordings JOIN calls ON number = recordings.call ORDER BY recordings.call";
    json_t *rows = database_rows(r->copy, files_sql, NULL), *row;
    struct transfer t = {.r = r};
    bool good = rows || explain(r, r->copy);
    size_t i;
    json_array_foreach(rows, i, row) good = good && copy_recording(&t, row);
    json_decref(rows);
    return good;
}

/* ---- the audit ---- */

static bool write_line(void *user, json_t *row) {
    FILE *out = user;
    return !json_dumpf(row, out, JSON_COMPACT) && fputc('\n', out) != EOF;
}

/* As it is, whether its chain holds or not: the entries with their hashes. */
static bool keep_audit(struct restore *r) {
    static const char audit_sql[] = "SELECT number, at, who, origin, action, about, hash FROM audit ORDER BY number";
    char path[NAMED + 64], at[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(at, sizeof at, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    snprintf(r->kept_audit, sizeof r->kept_audit, "audit-before-restore-%s.jsonl", at);
    snprintf(path, sizeof path, "%s/%s", r->part, r->kept_audit);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    bool read = out && database_query(r->present, audit_sql, NULL, write_line, out);
    bool good = read && !ferror(out) && !fflush(out) && !fsync(fd);
    if (!good && out && !read) explain(r, r->present);
    else if (!good) complain(r, "%s: %s", path, strerror(errno));
    if (out) fclose(out);
    return good;
}

static bool enter_audit(struct restore *r) {
    audit_verdict verdict = {0};
    json_t *about = json_deep_copy(r->counts);
    bool good = about && (!r->present || audit_verify(r->present, NULL, &verdict));
    if (good) json_object_set_new(about, "folder", json_string(r->from));
    if (good && r->present) {
        json_object_set_new(about, "replaced_entries", json_integer(verdict.entries));
        json_object_set_new(about, "replaced_head", json_string(verdict.head));
        if (verdict.broken) json_object_set_new(about, "replaced_broken", json_integer(verdict.broken));
    }
    good = (good && audit_append(r->copy, r->by, "restore", about)) || explain(r, r->copy);
    json_decref(about);
    return good;
}

/* ---- taking its place ---- */

static bool count_calls(struct restore *r) {
    static const char count_sql[] = "SELECT count(*) AS calls FROM calls";
    json_t *row = database_row(r->copy, count_sql, NULL);
    bool good = row && !json_object_set(r->counts, "calls", json_object_get(row, "calls"));
    json_decref(row);
    return good || explain(r, r->copy);
}

/* It still holds what may be deleted later. */
static bool enter_source(struct restore *r) {
    static const char source_sql[] = "INSERT INTO backups (path, made_at, filesystem) VALUES ($path, $at, $filesystem)"
                                     " ON CONFLICT DO NOTHING";
    char at[UTC_SIZE], filesystem[FILESYSTEM_SIZE];
    if (!debts_filesystem(r->from, filesystem)) return complain(r, "%s: %s", r->from, strerror(errno));
    json_t *values =
        json_pack("{ss ss ss}", "path", r->from, "at", utc_text(at, now_unix_ms()), "filesystem", filesystem);
    bool good = !values || database_run(r->copy, source_sql, values) == DATABASE_ROW_STORED || explain(r, r->copy);
    json_decref(values);
    return good;
}

static bool prepare(struct restore *r) {
    bool good = (database_begin(r->copy, DATABASE_SYNCED) || explain(r, r->copy)) &&
                (!r->present || transfer_ledger(r)) && forget_what_is_forgotten(r);
    good = good && enter_source(r) && copy_recordings(r) && count_calls(r) && (!r->present || keep_audit(r)) &&
           enter_audit(r) && (database_commit(r->copy) || explain(r, r->copy));
    if (good) database_forgot(r->copy);
    return good && (!database_tidy(r->copy) || complain(r, "%s: its log could not be emptied", r->part));
}

/* A log beside the file would be taken for the new one's. */
static bool close_both(struct restore *r) {
    char log[NAMED];
    database_close(r->copy);
    database_close(r->present);
    r->copy = r->present = NULL;
    snprintf(log, sizeof log, "%s/undertone.db-wal", r->part);
    if (!access(log, F_OK)) return complain(r, "%s: it could not be closed", log);
    snprintf(log, sizeof log, "%s/undertone.db-wal", r->dir);
    return access(log, F_OK) || complain(r, "%s: an undertone command is using it", r->dir);
}

static bool move(struct restore *r, const char *name) {
    char old[NAMED], new[NAMED];
    snprintf(old, sizeof old, "%s/%s", r->part, name);
    snprintf(new, sizeof new, "%.4000s/%s", r->dir, name);
    return !rename(old, new) || complain(r, "%s: %s", new, strerror(errno));
}

struct moving {
    struct restore *r;
    bool failed;
};

static void move_recording(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first) {
    struct moving *m = user;
    char path[MEDIA_NAME_SIZE + 8];
    (void)kind;
    (void)call_id;
    (void)first;
    snprintf(path, sizeof path, "audio/%s", name);
    if (!m->failed) m->failed = !move(m->r, path);
}

static bool move_recordings(struct restore *r) {
    struct moving m = {.r = r};
    int to = media_folder(r->dir, true), from = to < 0 ? -1 : media_folder(r->part, false);
    bool good = from >= 0 && media_each(from, move_recording, &m) && !fsync(to);
    if (!good && !m.failed) complain(r, "%s/audio: %s", r->dir, strerror(errno));
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    return good && !m.failed;
}

static void remove_stranger(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first) {
    struct restore *r = user;
    bool failed;
    (void)name;
    (void)kind;
    (void)first;
    if (!json_object_get(r->recorded, call_id)) recorder_erase(r->dir, call_id, &failed);
}

/* Recordings of calls that the restored database does not know. */
static void remove_strangers(struct restore *r) {
    int folder = media_folder(r->dir, false);
    if (folder < 0) return;
    media_each(folder, remove_stranger, r);
    close(folder);
}

static bool take_place(struct restore *r) {
    if (!move_recordings(r) || (*r->kept_audit && !move(r, r->kept_audit)) || !move(r, "undertone.db")) return false;
    files_sync_folder(r->dir);
    remove_strangers(r);
    return true;
}

bool backup_restore(const char *from, const char *dir, const actor *by, json_t *counts, char *why, size_t why_size) {
    struct restore r = {
        .dir = dir, .by = by, .counts = counts, .recorded = json_object(), .why = why, .why_size = why_size};
    *why = '\0';
    bool good = find_source(&r, from) && own_target(&r) && copy_database(&r) && open_copy(&r) && open_present(&r) &&
                prepare(&r) && close_both(&r) && take_place(&r);
    database_close(r.copy);
    database_close(r.present);
    if (*r.part) files_remove(r.part);
    folder_release(r.folder);
    json_decref(r.recorded);
    return good;
}
