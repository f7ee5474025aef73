#include "store/retention.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "store/audit.h"
#include "store/debts.h"
#include "store/erase.h"
#include "store/files.h"
#include "store/forget.h"
#include "store/media.h"

enum { AT_ONCE = 8, DAY_S = 24 * 3600 };

/* ---- what is too old ---- */

#define OLD        "ended_at < $before AND held_why IS NULL"
#define HAS(rows)  "EXISTS (SELECT 1 FROM " rows " WHERE " rows ".call = calls.number)"
#define HAS_READ   "(" HAS("measured") " OR " HAS("turns") ")"
#define HAS_CUES   "(" HAS("cues") " OR " HAS("summaries") " OR " HAS("notes") " OR " HAS("tags") ")"
#define HAS_OTHERS "(" HAS("recordings") " OR " HAS_READ ")"

/* What of a call goes is the statement's to say: the last class takes the call's row along. */
static const char old_audio_sql[] =
    "SELECT id, $what AS what FROM recordings JOIN calls ON number = call WHERE " OLD " LIMIT $most";
static const char old_readings_sql[] = "SELECT id, $what AS what FROM calls WHERE " OLD " AND " HAS_READ " LIMIT $most";
static const char old_cues_sql[] = "SELECT id, iif(" HAS_OTHERS ", $what, $all) AS what FROM calls WHERE " OLD
                                   " AND (" HAS_CUES " OR NOT " HAS_OTHERS ") LIMIT $most";

/* The hold may have come meanwhile. */
static const char held_sql[] = "SELECT 1 FROM calls WHERE id = $id AND held_why IS NOT NULL";

/* Unix time before which it is too old; 0: nothing is. */
static int64_t limit_ms(double days) {
    double limit = (double)now_unix_ms() - days * DAY_S * 1000;
    return days > 0 && limit > 0 ? (int64_t)limit : 0;
}

static bool owe_all(struct database *d, json_t *old) {
    size_t i;
    json_t *call;
    bool good = database_begin(d, DATABASE_HANDED_OVER);
    json_array_foreach(old, i, call) {
        json_t *held = good ? database_row(d, held_sql, call) : NULL;
        good = held && (json_is_object(held) || debts_owe(d, json_string_value(json_object_get(call, "id")),
                                                          (int)json_integer_value(json_object_get(call, "what"))));
        json_decref(held);
    }
    if (good && database_commit(d)) return true;
    database_rollback(d);
    return false;
}

static bool sweep_class(struct database *d, const char *old_sql, double days, int what, json_t *counts, bool *more) {
    char before[UTC_SIZE];
    int64_t limit = limit_ms(days);
    if (!limit) return true;
    json_t *values =
        json_pack("{ss si si si}", "before", utc_text(before, limit), "what", what, "all", FORGET_ALL, "most", AT_ONCE);
    json_t *old = values ? database_rows(d, old_sql, values) : NULL;
    size_t n = json_array_size(old);
    bool good = old && (!n || (owe_all(d, old) && debts_pay(d, "", AT_ONCE, 0, counts) != DEBTS_FAILED));
    if (n == AT_ONCE) *more = true;
    json_decref(old);
    json_decref(values);
    return good;
}

/* ---- withdrawals under a hold that was lifted ---- */

static bool withdraw(struct database *d, json_t *withdrawn) {
    size_t i;
    json_t *event;
    bool good = database_begin(d, DATABASE_SYNCED);
    json_array_foreach(withdrawn, i, event) {
        good = good && debts_owe(d, json_string_value(json_object_get(event, "call")), FORGET_TO_STUB) &&
               erase_without_consent(d, event) == DATABASE_ROW_STORED;
    }
    if (good && database_commit(d)) return true;
    database_rollback(d);
    return false;
}

static bool sweep_withdrawn(struct database *d, json_t *counts, bool *more) {
    static const char withdrawn_sql[] =
        "SELECT id AS call, consent FROM calls WHERE consent <> 'given' AND ended_how IS NOT 'no consent'"
        " AND held_why IS NULL LIMIT $most";
    json_t *values = json_pack("{si}", "most", AT_ONCE);
    json_t *withdrawn = values ? database_rows(d, withdrawn_sql, values) : NULL;
    size_t n = json_array_size(withdrawn);
    bool good = withdrawn && (!n || withdraw(d, withdrawn));
    if (good) forget_count(counts, "withdrawn", (long)n);
    if (n == AT_ONCE) *more = true;
    json_decref(withdrawn);
    json_decref(values);
    return good;
}

/* ---- files of no call ---- */

static const char file_sql[] =
    "SELECT consent = 'given' AS given, ended_at IS NULL AS live,"
    " EXISTS (SELECT 1 FROM recordings WHERE call = number) AS recorded FROM calls WHERE id = $id";

static bool flag(const json_t *row, const char *key) { return json_integer_value(json_object_get(row, key)); }

struct orphans {
    struct database *d;
    json_t *counts;
    int folder;
    bool has_aside; /* a database that may know of what this one does not */
};

/* A recording's row may come a moment after its file; but where there is no consent none will come. */
static bool is_orphan(const struct orphans *o, const char *id, time_t modified) {
    json_t *values = json_pack("{ss}", "id", id), *row = values ? database_row(o->d, file_sql, values) : NULL;
    bool old = modified < time(NULL) - DAY_S, orphan = json_is_null(row) && old && !o->has_aside;
    if (json_is_object(row))
        orphan = !flag(row, "recorded") && (flag(row, "given") ? old && !flag(row, "live") : !flag(row, "live"));
    json_decref(row);
    json_decref(values);
    return orphan;
}

static void remove_orphan(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first) {
    struct orphans *o = user;
    struct stat st;
    bool failed;
    (void)kind;
    (void)first;
    if (fstatat(o->folder, name, &st, AT_SYMLINK_NOFOLLOW) || !is_orphan(o, call_id, st.st_mtime)) return;
    forget_count(o->counts, "audio_bytes", recorder_erase(database_dir(o->d), call_id, &failed));
}

static void remove_orphans(struct database *d, json_t *counts) {
    const char *dir = database_dir(d);
    struct orphans o = {
        .d = d, .counts = counts, .folder = media_folder(dir, false), .has_aside = database_has_aside(dir)};
    if (o.folder < 0) return;
    media_each(o.folder, remove_orphan, &o);
    close(o.folder);
}

static void remove_restore(struct database *d) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/restore.part", database_dir(d));
    files_remove(path);
}

/* ---- the round ---- */

static bool sweep_audit(struct database *d, double days) {
    char before[UTC_SIZE];
    int64_t limit = limit_ms(days);
    return !limit || audit_forget(d, utc_text(before, limit)) >= 0;
}

/* The audit's own entries go without an entry: it would be the next to go. */
static bool finish(struct database *d, const retention *days, json_t *counts) {
    static const actor by = {"undertone", "retention"};
    bool good = database_begin(d, DATABASE_HANDED_OVER) && sweep_audit(d, days->audit_days) &&
                (!json_object_size(counts) || audit_append(d, &by, "retention", counts)) && database_commit(d);
    if (!good) database_rollback(d);
    return good;
}

bool retention_sweep(struct database *d, const retention *days, bool *more) {
    json_t *counts = json_object();
    *more = false;
    bool good = counts && sweep_withdrawn(d, counts, more) &&
                sweep_class(d, old_audio_sql, days->audio_days, FORGET_AUDIO, counts, more) &&
                sweep_class(d, old_readings_sql, days->readings_days, FORGET_READINGS, counts, more) &&
                sweep_class(d, old_cues_sql, days->cues_days, FORGET_CUES, counts, more);
    if (good) {
        erase_owed(d, AT_ONCE, counts);
        remove_orphans(d, counts);
        remove_restore(d);
        good = finish(d, days, counts);
    }
    json_decref(counts);
    return good;
}
