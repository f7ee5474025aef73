#include "store/debts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "store/forget.h"
#include "store/recorder.h"
#include "store/schema.h"

bool debts_owe(struct database *d, const char *call_id, int what) {
    static const char owe_sql[] = "INSERT INTO debts (path, call, what) SELECT path, $call, $what"
                                  " FROM (SELECT '' AS path UNION ALL SELECT path FROM backups) WHERE true"
                                  " ON CONFLICT DO NOTHING";
    json_t *debt = json_pack("{ss si}", "call", call_id, "what", what);
    bool good = debt && database_run(d, owe_sql, debt) == DATABASE_ROW_STORED;
    json_decref(debt);
    return good;
}

/* ---- one place: this folder, or a backup, which is one as well ---- */

/* One call a transaction, since others wait meanwhile. Nothing hangs on the power: what is owed is done again. */
static bool pay_rows(struct database *at, json_t *owed, json_t *counts) {
    size_t i;
    json_t *call;
    json_array_foreach(owed, i, call) {
        if (database_begin(at, DATABASE_HANDED_OVER) && forget_rows(at, call, counts) && database_commit(at)) continue;
        database_rollback(at);
        return false;
    }
    return true;
}

static bool pay_files(const char *dir, json_t *owed, json_t *counts) {
    bool failed = false;
    size_t i;
    json_t *call;
    json_array_foreach(owed, i, call) {
        if (!(json_integer_value(json_object_get(call, "what")) & FORGET_AUDIO)) continue;
        bool missed = false;
        forget_count(counts, "audio_bytes",
                     recorder_erase(dir, json_string_value(json_object_get(call, "call")), &missed));
        failed = failed || missed;
    }
    return !failed;
}

static bool empty_log(struct database *at, int patience_ms) {
    int64_t until = clock_ms() + patience_ms;
    database_forgot(at);
    while (database_tidy(at)) {
        if (clock_ms() >= until) return false;
        nanosleep(&(struct timespec){.tv_nsec = 20000000L}, NULL);
    }
    return true;
}

static bool pay_at(struct database *at, json_t *owed, int patience_ms, json_t *counts) {
    bool rows = pay_rows(at, owed, counts), files = rows && pay_files(database_dir(at), owed, counts);
    return rows && empty_log(at, patience_ms) && files;
}

/* ---- backups ---- */

bool debts_filesystem(const char *path, char id[FILESYSTEM_SIZE]) {
    char copy[PATH_MAX];
    struct statvfs filesystem;
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy || statvfs(dirname(copy), &filesystem))
        return false;
    snprintf(id, FILESYSTEM_SIZE, "%lx", filesystem.f_fsid);
    return true;
}

/* By the beginning of the file (https://www.sqlite.org/fileformat2.html section 1.3). */
bool debts_is_backup(const char *path) {
    char file[PATH_MAX];
    unsigned char head[72];
    struct stat st;
    snprintf(file, sizeof file, "%.4000s/undertone.db", path);
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool ours = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && read(fd, head, sizeof head) == sizeof head &&
                !memcmp(head, "SQLite format 3", 16);
    if (fd >= 0) close(fd);
    return ours && ((uint32_t)head[68] << 24 | head[69] << 16 | head[70] << 8 | head[71]) == SCHEMA_APPLICATION;
}

/* An owner brings older tables up, which a deletion must reach as well. */
static struct database *open_backup(const char *path) {
    char message[600];
    enum database_fault fault;
    return debts_is_backup(path) ? database_open(path, DATABASE_OWNER, &fault, message, sizeof message) : NULL;
}

static bool is_gone(struct database *d, const char *path) {
    static const char filesystem_sql[] = "SELECT filesystem FROM backups WHERE path = $path";
    char here[FILESYSTEM_SIZE];
    struct stat st;
    if (!lstat(path, &st) || errno != ENOENT || !debts_filesystem(path, here)) return false;
    json_t *values = json_pack("{ss}", "path", path), *row = values ? database_row(d, filesystem_sql, values) : NULL;
    const char *then = json_string_value(json_object_get(row, "filesystem"));
    bool gone = then && !strcmp(then, here);
    json_decref(row);
    json_decref(values);
    return gone;
}

static bool mark_backup(struct database *d, const char *path, bool gone) {
    static const char mark_sql[] = "UPDATE backups SET gone = $gone WHERE path = $path AND gone <> $gone";
    json_t *values = json_pack("{ss sb}", "path", path, "gone", gone);
    bool good = values && database_run(d, mark_sql, values) == DATABASE_ROW_STORED;
    json_decref(values);
    return good;
}

json_t *debts_backups(struct database *d) {
    static const char paths_sql[] = "SELECT DISTINCT path FROM debts WHERE path <> '' ORDER BY path";
    json_t *rows = database_rows(d, paths_sql, NULL), *paths = rows ? json_array() : NULL, *row;
    size_t i;
    json_array_foreach(rows, i, row) json_array_append(paths, json_object_get(row, "path"));
    json_decref(rows);
    return paths;
}

/* ---- all of it ---- */

/* With what this folder knows of the consent, for a backup from before it changed. */
static const char owed_sql[] =
    "SELECT path, debts.call AS call, what, calls.consent AS consent, at, t_s, method, who FROM debts"
    " LEFT JOIN calls ON calls.id = debts.call"
    " LEFT JOIN consents ON consents.rowid = (SELECT max(rowid) FROM consents WHERE call = calls.number)"
    " WHERE path = $path LIMIT $most";

static const char strike_sql[] = "DELETE FROM debts WHERE path = $path AND call = $call AND what = $what";

/* The receipt is then true of everything. */
static const char complete_sql[] =
    "UPDATE receipts SET receipt = json_set(receipt, '$.complete', json('true'), '$.completed_at', " SCHEMA_NOW ")"
    " WHERE id = (SELECT receipt FROM deletions WHERE call = $call) AND json_extract(receipt, '$.complete') = 0"
    " AND NOT EXISTS (SELECT 1 FROM deletions JOIN debts USING (call) LEFT JOIN backups USING (path)"
    " WHERE deletions.receipt = receipts.id AND gone IS NOT 1)";

/* Paid: it is owed no more. Gone: it is owed, and nobody waits. */
static bool settle(struct database *d, const char *path, json_t *owed, bool paid) {
    size_t i;
    json_t *call;
    bool good = database_begin(d, DATABASE_HANDED_OVER) && (!*path || mark_backup(d, path, !paid));
    json_array_foreach(owed, i, call) {
        good = good && (!paid || database_run(d, strike_sql, call) == DATABASE_ROW_STORED) &&
               database_run(d, complete_sql, call) == DATABASE_ROW_STORED;
    }
    if (good && database_commit(d)) return true;
    database_rollback(d);
    return false;
}

static debts pay(struct database *d, const char *path, json_t *owed, int patience_ms, json_t *counts) {
    struct database *at = *path ? open_backup(path) : d;
    bool paid = at && pay_at(at, owed, patience_ms, counts), failed = at == d && database_fault_of(d);
    if (at != d) database_close(at);
    if (failed) return DEBTS_FAILED;
    if (!paid && (!*path || !is_gone(d, path))) return DEBTS_LEFT;
    if (!settle(d, path, owed, paid)) return DEBTS_FAILED;
    return paid ? DEBTS_NONE : DEBTS_GONE;
}

debts debts_pay(struct database *d, const char *path, int most, int patience_ms, json_t *counts) {
    json_t *values = json_pack("{ss si}", "path", path, "most", most);
    json_t *owed = values ? database_rows(d, owed_sql, values) : NULL;
    int n = (int)json_array_size(owed);
    debts outcome = owed ? DEBTS_NONE : DEBTS_FAILED;
    if (n) outcome = pay(d, path, owed, patience_ms, counts);
    if (outcome == DEBTS_NONE && n == most) outcome = DEBTS_MORE;
    json_decref(owed);
    json_decref(values);
    return outcome;
}

debts debts_settle(struct database *d, const char *path, int patience_ms, json_t *counts) {
    enum { AT_ONCE = 32 };
    debts outcome;
    do outcome = debts_pay(d, path, AT_ONCE, patience_ms, counts);
    while (outcome == DEBTS_MORE);
    return outcome;
}
