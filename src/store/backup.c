/* A data folder copied while it is in use; restore.c puts it back.
 *
 * The folder is remembered before the copy begins, under the name PATH.part that it has until it is whole: what is
 * deleted meanwhile is owed to it as to any other backup (debts.h), and paid before it gets its own name.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cues/phrases.h"
#include "event.h"
#include "store/debts.h"
#include "store/files.h"
#include "store/forget.h"

enum { PATIENCE_MS = 2000 };

struct backup {
    struct database *d;
    json_t *counts;
    char to[PATH_MAX], part[PATH_MAX + 8];
    int lock_fd;     /* of the folder part, -1 */
    bool made;       /* it is ours to remove */
    bool registered; /* it is in the list of backups */
    char *why;
    size_t why_size;
};

static bool complain(struct backup *b, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(b->why, b->why_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool explain(struct backup *b, struct database *d) {
    database_explain(d, b->why, b->why_size);
    return false;
}

/* ---- where to ---- */

/* Its whole name, whether it is there yet or not. */
static bool resolve(struct backup *b, const char *to) {
    char around[PATH_MAX], name[PATH_MAX], folder[PATH_MAX];
    if (realpath(to, b->to)) return true;
    if (errno != ENOENT || strlen(to) >= PATH_MAX) return false;
    strcpy(around, to);
    strcpy(name, to);
    if (!realpath(dirname(around), folder)) return false;
    return snprintf(b->to, PATH_MAX, "%s/%s", strcmp(folder, "/") ? folder : "", basename(name)) < PATH_MAX;
}

static bool is_within_data(const struct backup *b) {
    char data[PATH_MAX];
    size_t n = realpath(database_dir(b->d), data) ? strlen(data) : 0;
    return n && !strncmp(b->to, data, n) && (b->to[n] == '/' || !b->to[n]);
}

static bool choose(struct backup *b, const char *to) {
    struct stat st;
    if (!*to || !resolve(b, to)) return complain(b, "%s: %s", to, *to ? strerror(errno) : "not a folder's name");
    if (!ut_is_utf8(b->to)) return complain(b, "a backup's folder needs a name in UTF-8");
    if (is_within_data(b)) return complain(b, "%s: it is within the data folder itself", to);
    if (!lstat(b->to, &st) && !files_is_empty(b->to))
        return complain(b, "%s: %s", to, S_ISDIR(st.st_mode) ? "there is something in it already" : "not a folder");
    snprintf(b->part, sizeof b->part, "%s.part", b->to);
    return true;
}

/* ---- the list of backups ---- */

static bool run(struct backup *b, const char *sql, json_t *values) {
    return database_run(b->d, sql, values) == DATABASE_ROW_STORED;
}

/* In a transaction of its own. */
static bool change(struct backup *b, const char *const sql[], json_t *values) {
    bool good = values && database_begin(b->d, DATABASE_SYNCED);
    while (good && *sql) good = run(b, *sql++, values);
    if (good && database_commit(b->d)) return true;
    explain(b, b->d);
    database_rollback(b->d);
    return false;
}

static bool is_registered(struct backup *b) {
    static const char known_sql[] = "SELECT 1 FROM backups WHERE path = $path";
    json_t *values = json_pack("{ss}", "path", b->part), *row = values ? database_row(b->d, known_sql, values) : NULL;
    bool known = json_is_object(row);
    json_decref(row);
    json_decref(values);
    return known;
}

static bool enter(struct backup *b) {
    static const char enter_sql[] = "INSERT INTO backups (path, made_at, filesystem) VALUES ($path, $at, $filesystem)"
                                    " ON CONFLICT (path) DO UPDATE SET filesystem = excluded.filesystem";
    char at[UTC_SIZE], filesystem[FILESYSTEM_SIZE];
    if (!debts_filesystem(b->part, filesystem)) return complain(b, "%s: %s", b->part, strerror(errno));
    json_t *values =
        json_pack("{ss ss ss}", "path", b->part, "at", utc_text(at, now_unix_ms()), "filesystem", filesystem);
    b->registered = change(b, (const char *const[]){enter_sql, NULL}, values);
    json_decref(values);
    return b->registered;
}

static void strike(struct backup *b) {
    static const char debts_sql[] = "DELETE FROM debts WHERE path = $path";
    static const char backup_sql[] = "DELETE FROM backups WHERE path = $path";
    char why[256]; /* the first failure is the one to tell */
    json_t *values = json_pack("{ss}", "path", b->part);
    struct backup silent = {.d = b->d, .why = why, .why_size = sizeof why};
    change(&silent, (const char *const[]){debts_sql, backup_sql, NULL}, values);
    json_decref(values);
}

/* ---- copying ---- */

/* What an interrupted backup left there goes first; one that is being made holds a lock. */
static bool make_folder(struct backup *b) {
    char audio[PATH_MAX + 16];
    snprintf(audio, sizeof audio, "%s/audio", b->part);
    b->lock_fd = open(b->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (b->lock_fd >= 0 && !is_registered(b)) return complain(b, "%s: is in the way", b->part);
    if (b->lock_fd >= 0 && flock(b->lock_fd, LOCK_EX | LOCK_NB))
        return complain(b, "%s: another backup is being made there", b->part);
    if (b->lock_fd >= 0) close(b->lock_fd);
    b->lock_fd = -1;
    if (!files_remove(b->part) || mkdir(b->part, 0700)) return complain(b, "%s: %s", b->part, strerror(errno));
    b->made = true;
    b->lock_fd = open(b->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (b->lock_fd < 0 || flock(b->lock_fd, LOCK_EX | LOCK_NB) || mkdir(audio, 0700))
        return complain(b, "%s: %s", b->part, strerror(errno));
    return true;
}

static bool copy_database(struct backup *b) {
    char to[PATH_MAX + 32];
    snprintf(to, sizeof to, "%s/undertone.db", b->part);
    return database_copy(b->d, to) || explain(b, b->d);
}

/* A recording that was deleted meanwhile is no loss: its row goes as well. */
static bool copy_recording(void *user, json_t *row) {
    struct backup *b = user;
    const char *file = json_string_value(json_object_get(row, "file"));
    char from[PATH_MAX + 64], to[PATH_MAX + 64];
    if (!files_is_recording(file, json_string_value(json_object_get(row, "call")))) return true;
    snprintf(from, sizeof from, "%s/audio/%s", database_dir(b->d), file);
    snprintf(to, sizeof to, "%s/audio/%s", b->part, file);
    long n = files_copy(from, to);
    forget_count(b->counts, n < 0 ? "missing" : "recordings", 1);
    forget_count(b->counts, "audio_bytes", n < 0 ? 0 : n);
    return n >= 0 || errno == ENOENT || complain(b, "%s: %s", to, strerror(errno));
}

/* What is owed to a place, one of them the copy itself: what this folder had still to delete it has as well. */
static bool pay(struct backup *b, struct database *d, const char *path) {
    return debts_settle(d, path, PATIENCE_MS, NULL) == DEBTS_NONE ||
           complain(b, "%s: what is deleted could not be deleted there", b->to);
}

/* The copy knows itself by its name, and owes nothing. */
static bool name_copy(struct backup *b, struct database *copy) {
    static const char named_sql[] = "UPDATE OR REPLACE backups SET path = $path WHERE path = $part";
    static const char debts_sql[] = "DELETE FROM debts";
    json_t *names = json_pack("{ss ss}", "path", b->to, "part", b->part);
    bool good = names && database_begin(copy, DATABASE_HANDED_OVER) &&
                database_run(copy, named_sql, names) == DATABASE_ROW_STORED &&
                database_run(copy, debts_sql, NULL) == DATABASE_ROW_STORED && database_commit(copy);
    json_decref(names);
    return good || explain(b, copy);
}

static bool count_calls(struct backup *b, struct database *copy) {
    static const char count_sql[] = "SELECT count(*) AS calls FROM calls";
    json_t *row = database_row(copy, count_sql, NULL);
    bool good = row && !json_object_set(b->counts, "calls", json_object_get(row, "calls"));
    json_decref(row);
    return good || explain(b, copy);
}

static bool copy_files(struct backup *b, struct database *copy) {
    static const char files_sql[] = "SELECT id AS call, file FROM recordings JOIN calls ON number = recordings.call"
                                    " WHERE state IN ('finished', 'interrupted')";
    *b->why = '\0';
    return database_query(copy, files_sql, NULL, copy_recording, b) ? !*b->why : explain(b, copy);
}

static bool copy_recordings(struct backup *b) {
    enum database_fault fault;
    struct database *copy = database_open(b->part, DATABASE_GUEST, &fault, b->why, b->why_size);
    bool good = copy && pay(b, copy, "") && name_copy(b, copy) && count_calls(b, copy) && copy_files(b, copy);
    database_close(copy);
    return good;
}

/* ---- giving it its name ---- */

static bool sync_all(struct backup *b) {
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/audio", b->part);
    return (files_sync_folder(path) && files_sync_folder(b->part)) || complain(b, "%s: %s", b->part, strerror(errno));
}

static bool name_it(struct backup *b, const actor *by) {
    static const char old_debts_sql[] = "DELETE FROM debts WHERE path = $path";
    static const char old_backup_sql[] = "DELETE FROM backups WHERE path = $path";
    static const char backup_sql[] = "UPDATE backups SET path = $path WHERE path = $part";
    static const char debts_sql[] = "UPDATE debts SET path = $path WHERE path = $part";
    json_t *names = json_pack("{ss ss}", "path", b->to, "part", b->part), *about = json_deep_copy(b->counts);
    bool good = names && about && !json_object_set_new(about, "folder", json_string(b->to)) &&
                database_begin(b->d, DATABASE_SYNCED) && run(b, old_debts_sql, names) &&
                run(b, old_backup_sql, names) && run(b, backup_sql, names) && run(b, debts_sql, names) &&
                audit_append(b->d, by, "backup", about);
    if (!good) explain(b, b->d);
    else if (rename(b->part, b->to)) good = complain(b, "%s: %s", b->to, strerror(errno));
    else if (!database_commit(b->d)) {
        good = explain(b, b->d);
        rename(b->to, b->part);
    }
    if (!good) database_rollback(b->d);
    json_decref(names);
    json_decref(about);
    return good;
}

/* The folder around it has the name on the disk; a name that is lost with the power is still the old one. */
static void sync_around(const char *path) {
    char around[PATH_MAX];
    snprintf(around, sizeof around, "%s", path);
    files_sync_folder(dirname(around));
}

bool backup_make(struct database *d, const char *to, const actor *by, json_t *counts, char *why, size_t why_size) {
    struct backup b = {.d = d, .counts = counts, .lock_fd = -1, .why = why, .why_size = why_size};
    bool good = choose(&b, to) && make_folder(&b) && enter(&b) && copy_database(&b) && copy_recordings(&b) &&
                pay(&b, d, b.part) && sync_all(&b) && name_it(&b, by);
    if (good) {
        sync_around(b.to);
        pay(&b, d, b.to); /* what was deleted in the last moment; the next sweep does what cannot be done now */
    }
    if (!good && b.made) files_remove(b.part);
    if (!good && b.registered) strike(&b);
    if (b.lock_fd >= 0) close(b.lock_fd);
    return good;
}
