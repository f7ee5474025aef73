/* Deleting: what is gone, looked for in every byte of the folder, of the write-ahead log and of the backups; what
 * stays; and what is owed until it can be done. */
#include "store/erase.h"

#include <dirent.h>

#include "made_kept.h"
#include "store/backup.h"
#include "store/debts.h"
#include "store/forget.h"
#include "store/retention.h"

enum { CALLS = 20, STEPS = 60 };
static const actor ann = {"ann", "command line"};

static json_t *erase_one(struct database *d, const char *id) {
    char why[600];
    json_t *receipt = erase(d, &(erase_request){.call = id, .by = ann}, why, sizeof why);
    if (!receipt) fail_msg("%s", why);
    return receipt;
}

static void check_refused(struct database *d, const erase_request *request, const char *sentence) {
    char why[600];
    assert_null(erase(d, request, why, sizeof why));
    assert_string_equal(why, sentence);
}

static bool is_complete(const json_t *receipt) { return json_is_true(json_object_get(receipt, "complete")); }

static long deleted(const json_t *receipt, const char *key) {
    return (long)json_integer_value(json_object_get(json_object_get(receipt, "deleted"), key));
}

/* Nothing is left to do, here and elsewhere. */
static void sweep(struct database *d) {
    bool more;
    do assert_true(retention_sweep(d, &(retention){0}, &more));
    while (more);
}

static void check_nothing_owed(const char *dir) {
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM debts"), 0);
    assert_string_equal(kept_ask(dir, "PRAGMA foreign_key_check"), "");
    assert_string_equal(kept_ask(dir, "PRAGMA quick_check"), "ok");
}

/* Calls of a busy hour: side by side, a few rows a transaction, now and then a checkpoint. */
static struct database *make_calls(const char *dir) {
    static kept_call calls[CALLS];
    struct database *d = kept_open(dir, DATABASE_OWNER);
    for (int c = 0; c < CALLS; c++) {
        assert_true(database_begin(d, DATABASE_HANDED_OVER));
        kept_begin(d, &calls[c], c + 1, NULL);
        assert_true(database_commit(d));
    }
    for (int i = 0; i < STEPS; i++) {
        for (int c = 0; c < CALLS; c++) {
            assert_true(database_begin(d, DATABASE_HANDED_OVER));
            kept_step(d, &calls[(c + i) % CALLS], i);
            assert_true(database_commit(d));
        }
        database_tidy(d);
    }
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    for (int c = 0; c < CALLS; c++) {
        kept_record(d, &calls[c]);
        kept_end(d, &calls[c]);
    }
    assert_true(database_commit(d));
    return d;
}

/* All rows of one call. */
static const char rows_sql[] =
    "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM measured WHERE call = 8 UNION ALL"
    " SELECT count(*) FROM scored WHERE call = 8 UNION ALL SELECT count(*) FROM cues WHERE call = 8 UNION ALL"
    " SELECT count(*) FROM turns WHERE call = 8 UNION ALL SELECT count(*) FROM notes WHERE call = 8 UNION ALL"
    " SELECT count(*) FROM tags WHERE call = 8 UNION ALL SELECT count(*) FROM pauses WHERE call = 8 UNION ALL"
    " SELECT count(*) FROM summaries WHERE call = 8 UNION ALL SELECT count(*) FROM recordings WHERE call = 8"
    " UNION ALL SELECT count(*) FROM consents WHERE call = 8)";

static void test_no_byte_is_left(void **state) {
    (void)state;
    char dir[64], elsewhere[64], why[600];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = make_calls(dir);
    json_t *counts = json_object();
    if (!backup_make(d, kept_path(elsewhere, "b"), &ann, counts, why, sizeof why)) fail_msg("%s", why);
    json_decref(counts);

    /* What is looked for is there before, or finding none would say nothing. */
    for (int c = 1; c <= CALLS; c++) {
        assert_true(kept_marks(dir, c) > 10000 + 8 * STEPS);
        assert_true(kept_marks(elsewhere, c) > 10000 + 8 * STEPS);
    }
    assert_string_equal(kept_ask(dir, rows_sql), "120,60,60,60,6,6,6,1,1,1");
    json_t *receipt = erase_one(d, "c-07");
    assert_int_equal(kept_marks(dir, 7), 0);
    assert_int_equal(kept_marks(elsewhere, 7), 0);
    assert_false(kept_is_there(kept_path(dir, "audio/c-07.flac")));
    assert_false(kept_is_there(kept_path(elsewhere, "b/audio/c-07.flac")));
    assert_true(is_complete(receipt));

    /* The others are whole. */
    assert_string_equal(kept_ask(dir, rows_sql), "120,60,60,60,6,6,6,1,1,1"); /* the one numbered 8 */
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM cues"), (CALLS - 1) * STEPS);
    assert_int_equal(kept_count(kept_path(elsewhere, "b"), "SELECT count(*) FROM cues"), (CALLS - 1) * STEPS);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM calls"), CALLS - 1);
    for (int c = 1; c <= CALLS; c++) assert_int_equal(kept_is_there(kept_path(dir, "audio/c-%02d.flac", c)), c != 7);
    check_nothing_owed(dir);
    json_decref(receipt);

    /* And one after the other. */
    for (int c = 1; c <= CALLS; c += 3) {
        char id[8];
        snprintf(id, sizeof id, "c-%02d", c);
        if (c == 7) continue;
        json_decref(erase_one(d, id));
        assert_int_equal(kept_marks(dir, c), 0);
        assert_int_equal(kept_marks(elsewhere, c), 0);
    }
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

static void test_receipt(void **state) {
    (void)state;
    char dir[64];
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 7, "K-4711", 10);
    json_t *receipt = erase_one(d, "c-07"), *stored;
    assert_int_equal(strncmp(json_string_value(json_object_get(receipt, "receipt")), "r-", 2), 0);
    assert_int_equal(strlen(json_string_value(json_object_get(receipt, "receipt"))), 28);
    assert_string_equal(json_string_value(json_object_get(receipt, "who")), "ann");
    assert_string_equal(json_string_value(json_object_get(receipt, "origin")), "command line");
    assert_string_equal(json_string_value(json_array_get(json_object_get(receipt, "calls"), 0)), "c-07");
    static const struct {
        const char *key;
        long n;
    } counts[] = {{"readings", 20}, {"scores", 10},   {"turns", 10},         {"cues", 10},     {"notes", 1},
                  {"tags", 1},      {"pauses", 1},    {"recordings", 1},     {"summaries", 1}, {"consents", 1},
                  {"calls", 1},     {"cue_life", 10}, {"audio_bytes", 70000}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        assert_int_equal(deleted(receipt, counts[i].key), counts[i].n);

    stored = json_loads(kept_ask(dir, "SELECT receipt FROM receipts"), 0, NULL);
    assert_true(json_equal(stored, receipt));
    assert_string_equal(kept_ask(dir, "SELECT call FROM deletions"), "c-07");
    assert_string_equal(kept_ask(dir, "SELECT who, action, json_extract(about, '$.calls') FROM audit"),
                        "ann|delete|[\"c-07\"]");
    assert_int_equal(kept_bytes(dir, "K-4711"), 0);
    json_decref(stored);
    json_decref(receipt);
    check_refused(d, &(erase_request){.call = "c-07", .by = ann}, "c-07: there is no such call");
    check_refused(d, &(erase_request){.call = "../../etc/passwd", .by = ann},
                  "../../etc/passwd: there is no such call");
    check_refused(d, &(erase_request){.call = "' OR 1 --", .by = ann}, "' OR 1 --: there is no such call");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 1);
    database_close(d);
    kept_remove(dir);
}

/* What must stay. */
static void test_kept(void **state) {
    (void)state;
    char dir[64];
    kept_call live;
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, "K-1", 5);
    kept_make(d, 2, "K-1", 5);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    kept_begin(d, &live, 3, "K-1");
    assert_true(database_commit(d));
    kept_make(d, 4, "K-2", 5);
    kept_execute(dir, "UPDATE calls SET held_why = 'a suit' WHERE id = 'c-02'");
    check_refused(d, &(erase_request){.call = "c-02", .by = ann}, "c-02: it is on legal hold");
    check_refused(d, &(erase_request){.call = "c-03", .by = ann}, "c-03: it is in progress");
    check_refused(d, &(erase_request){.customer = "K-", .by = ann}, "no call is kept under this reference");
    check_refused(d, &(erase_request){.customer = "", .by = ann}, "no call is kept under this reference");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 0);

    char why[600];
    json_t *receipt = erase(d, &(erase_request){.customer = "K-1", .by = ann}, why, sizeof why);
    assert_non_null(receipt);
    char *kept = json_dumps(json_object_get(receipt, "kept"), JSON_COMPACT),
         *calls = json_dumps(json_object_get(receipt, "calls"), JSON_COMPACT);
    assert_string_equal(calls, "[\"c-01\"]");
    assert_string_equal(kept, "[{\"call\":\"c-02\",\"why\":\"it is on legal hold\"},"
                              "{\"call\":\"c-03\",\"why\":\"it is in progress\"}]");
    free(kept);
    free(calls);
    assert_true(is_complete(receipt));
    assert_string_equal(kept_ask(dir, "SELECT group_concat(id) FROM calls"), "c-02,c-03,c-04");
    assert_true(kept_is_there(kept_path(dir, "audio/c-02.flac")));
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM receipts WHERE receipt LIKE '%K-1%'"), 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit WHERE about LIKE '%K-1%'"), 0);
    json_decref(receipt);

    /* All are kept: a receipt that says so. */
    receipt = erase(d, &(erase_request){.customer = "K-1", .by = ann}, why, sizeof why);
    assert_int_equal(json_array_size(json_object_get(receipt, "calls")), 0);
    assert_int_equal(json_array_size(json_object_get(receipt, "kept")), 2);
    json_decref(receipt);
    database_close(d);
    kept_remove(dir);
}

static void make_backup(struct database *d, const char *to) {
    char why[600];
    json_t *counts = json_object();
    if (!backup_make(d, to, &ann, counts, why, sizeof why)) fail_msg("%s", why);
    json_decref(counts);
}

/* A backup that is not there now is owed, and paid by a later sweep; then the receipt says that it is complete. */
static void test_backup_reached_later(void **state) {
    (void)state;
    char dir[64], elsewhere[64], away[80];
    kept_folder(dir);
    kept_folder(elsewhere);
    snprintf(away, sizeof away, "%s-away", elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 20);
    kept_make(d, 2, NULL, 20);
    make_backup(d, kept_path(elsewhere, "near"));
    make_backup(d, kept_path(elsewhere, "far"));
    assert_int_equal(rename(elsewhere, away), 0);

    json_t *receipt = erase_one(d, "c-01"), *backups = json_object_get(receipt, "backups"), *backup;
    size_t i;
    assert_false(is_complete(receipt));
    assert_int_equal(json_array_size(backups), 2);
    json_array_foreach(backups, i, backup) {
        assert_false(json_is_true(json_object_get(backup, "reached")));
        assert_false(json_is_true(json_object_get(backup, "gone")));
    }
    json_decref(receipt);
    assert_int_equal(kept_marks(dir, 1), 0);
    assert_true(kept_marks(away, 1) > 0);
    sweep(d);
    assert_true(kept_marks(away, 1) > 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM debts"), 2);
    assert_int_equal(kept_count(dir, "SELECT json_extract(receipt, '$.complete') FROM receipts"), 0);

    assert_int_equal(rename(away, elsewhere), 0);
    sweep(d);
    assert_int_equal(kept_marks(elsewhere, 1), 0);
    assert_true(kept_marks(elsewhere, 2) > 0);
    assert_int_equal(kept_count(dir, "SELECT json_extract(receipt, '$.complete') FROM receipts"), 1);
    check_nothing_owed(dir);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* Removed by somebody, so that nobody waits for it; should it come back, it is seen to. But where another file system
 * is there now, it may only be a disk that is out. */
static void test_backup_gone(void **state) {
    (void)state;
    char dir[64], elsewhere[64];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 5);
    kept_make(d, 2, NULL, 5);
    make_backup(d, kept_path(elsewhere, "b"));
    char filesystem[40];
    strcpy(filesystem, kept_ask(dir, "SELECT filesystem FROM backups"));
    kept_execute(dir, "UPDATE backups SET filesystem = 'other'");
    char there[100], moved[100];
    snprintf(there, sizeof there, "%s", kept_path(elsewhere, "b"));
    snprintf(moved, sizeof moved, "%s", kept_path(elsewhere, "moved"));
    assert_int_equal(rename(there, moved), 0);
    json_t *receipt = erase_one(d, "c-01");
    assert_false(is_complete(receipt));
    json_decref(receipt);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM backups"), 1);

    char sql[100];
    snprintf(sql, sizeof sql, "UPDATE backups SET filesystem = '%s'", filesystem);
    kept_execute(dir, sql);
    receipt = erase_one(d, "c-02");
    json_t *backup = json_array_get(json_object_get(receipt, "backups"), 0);
    assert_true(json_is_true(json_object_get(backup, "gone")));
    assert_false(json_is_true(json_object_get(backup, "reached")));
    assert_true(is_complete(receipt));
    json_decref(receipt);
    assert_int_equal(kept_count(dir, "SELECT gone FROM backups"), 1);
    sweep(d);
    assert_int_equal(kept_count(dir, "SELECT sum(json_extract(receipt, '$.complete')) FROM receipts"), 2);
    assert_true(kept_marks(moved, 1) > 0 && kept_marks(moved, 2) > 0);

    assert_int_equal(rename(moved, there), 0);
    sweep(d);
    assert_int_equal(kept_marks(there, 1) + kept_marks(there, 2), 0);
    assert_int_equal(kept_count(dir, "SELECT gone FROM backups"), 0);
    check_nothing_owed(dir);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* Something else of that name is neither a backup nor a proof that it is gone. */
static void test_not_a_backup(void **state) {
    (void)state;
    static const char *const contents[] = {"", "no database", "SQLite format 3"};
    char dir[64], elsewhere[64];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    make_backup(d, kept_path(elsewhere, "b"));
    for (int i = 0; i < 3; i++) {
        char id[8];
        kept_make(d, i + 1, NULL, 5);
        snprintf(id, sizeof id, "c-%02d", i + 1);
        kept_write(kept_path(elsewhere, "b/undertone.db"), contents[i], strlen(contents[i]) + (i == 2));
        json_t *receipt = erase_one(d, id);
        assert_false(is_complete(receipt));
        json_decref(receipt);
        struct stat st;
        assert_int_equal(stat(kept_path(elsewhere, "b/undertone.db"), &st), 0);
        assert_int_equal(st.st_size, strlen(contents[i]) + (i == 2));
    }
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM backups"), 1);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* Somebody reads from before the deletion: the log stays until they are done, and the receipt says that it does. */
static void test_log_in_use(void **state) {
    (void)state;
    char dir[64];
    struct stat st;
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 20);
    sqlite3 *reader = kept_look(dir);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM cues", NULL, NULL, NULL), SQLITE_OK);
    struct database *guest = kept_open(dir, DATABASE_GUEST);
    char why[600];
    json_t *receipt = erase(guest, &(erase_request){.call = "c-01", .by = ann, .patience_ms = 200}, why, sizeof why);
    assert_non_null(receipt);
    assert_false(is_complete(receipt));
    json_decref(receipt);
    database_close(guest);
    assert_true(kept_marks(dir, 1) > 0);
    assert_false(kept_is_there(kept_path(dir, "audio/c-01.flac")));
    sweep(d);
    assert_true(kept_count(dir, "SELECT count(*) FROM debts") > 0);

    assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(reader);
    sweep(d);
    assert_int_equal(kept_marks(dir, 1), 0);
    assert_int_equal(stat(kept_path(dir, "undertone.db-wal"), &st), 0);
    assert_int_equal(kept_count(dir, "SELECT json_extract(receipt, '$.complete') FROM receipts"), 1);
    check_nothing_owed(dir);
    database_close(d);
    kept_remove(dir);
}

/* Decided, and then the process died: the next sweep does it. */
static void test_interrupted(void **state) {
    (void)state;
    char dir[64];
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 20);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    assert_true(debts_owe(d, "c-01", FORGET_ALL));
    assert_true(database_commit(d));
    database_close(d);
    assert_true(kept_marks(dir, 1) > 0);
    d = kept_open(dir, DATABASE_OWNER);
    sweep(d);
    assert_int_equal(kept_marks(dir, 1), 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM calls"), 0);
    check_nothing_owed(dir);
    database_close(d);
    kept_remove(dir);
}

/* ---- consent ---- */

static const char stub_sql[] =
    "SELECT consent, ended_how, ended_at IS NOT NULL, coalesce(source, channels, rate_hz, model, arm, queue, customer,"
    " agent, team, playbook, content_sha256, '-') FROM calls WHERE id = 'c-07'";
static const char history_sql[] =
    "SELECT group_concat(state || ' ' || coalesce(method, '-') || ' ' || coalesce(who, '-'))"
    " FROM consents";

static enum database_put withdraw(struct database *d, const char *id) {
    json_t *event = json_pack("{ss ss ss ss ss}", "type", "consent", "call", id, "consent", "withdrawn", "at",
                              "2026-11-22T10:00:00.000Z", "method", "api");
    json_object_set_new(event, "who", json_string("bea"));
    assert_true(database_begin(d, DATABASE_SYNCED));
    enum database_put put = erase_without_consent(d, event);
    assert_true(database_commit(d));
    json_decref(event);
    return put;
}

static void test_withdrawn_when_over(void **state) {
    (void)state;
    char dir[64], elsewhere[64];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = make_calls(dir);
    make_backup(d, kept_path(elsewhere, "b"));
    assert_int_equal(withdraw(d, "c-07"), DATABASE_ROW_STORED);
    assert_false(kept_is_there(kept_path(dir, "audio/c-07.flac")));
    assert_string_equal(kept_ask(dir, stub_sql), "withdrawn|no consent|1|-");
    sweep(d);
    assert_int_equal(kept_marks(dir, 7), 0);
    assert_int_equal(kept_marks(elsewhere, 7), 0);
    assert_true(kept_marks(elsewhere, 8) > 0);
    assert_string_equal(kept_ask(kept_path(elsewhere, "b"), stub_sql), "withdrawn|no consent|1|-");
    assert_string_equal(kept_ask(dir, "SELECT group_concat(state || ' ' || coalesce(who, '-')) FROM consents WHERE"
                                      " call = 7"),
                        "given -,withdrawn bea");
    assert_string_equal(kept_ask(kept_path(elsewhere, "b"), "SELECT group_concat(state || ' ' || coalesce(who, '-'))"
                                                            " FROM consents WHERE call = 7"),
                        "given -,withdrawn bea");
    check_nothing_owed(dir);

    /* Told once more it changes nothing. */
    char at[64];
    strcpy(at, kept_ask(dir, "SELECT consent_at FROM calls WHERE id = 'c-07'"));
    assert_int_equal(withdraw(d, "c-07"), DATABASE_ROW_STORED);
    assert_string_equal(kept_ask(dir, "SELECT consent_at FROM calls WHERE id = 'c-07'"), at);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM consents WHERE call = 7"), 2);
    assert_int_equal(withdraw(d, "c-99"), DATABASE_ROW_REFUSED);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* In progress: it is over for the store, and its recording is the recorder's. */
static void test_withdrawn_in_progress(void **state) {
    (void)state;
    char dir[64];
    kept_call call;
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    kept_begin(d, &call, 7, NULL);
    for (int i = 0; i < 20; i++) kept_step(d, &call, i);
    kept_record(d, &call);
    assert_true(database_commit(d));

    /* As the hub writes it: what was said, and the call with its new state. */
    assert_true(database_begin(d, DATABASE_SYNCED));
    kept_put(d, message_of_consent("c-07", 10, &(consent_change){UT_CONSENT_WITHDRAWN, "api", "bea"}, now_unix_ms()));
    call.facts.consent = UT_CONSENT_WITHDRAWN;
    kept_put(d, message_of_call(&call.facts));
    assert_true(database_commit(d));
    assert_true(kept_is_there(kept_path(dir, "audio/c-07.flac")));
    assert_string_equal(kept_ask(dir, stub_sql), "withdrawn|no consent|1|-");
    assert_string_equal(kept_ask(dir, history_sql), "given - -,withdrawn api bea");
    sweep(d); /* were the recorder not to discard it */
    assert_int_equal(kept_marks(dir, 7), 0);
    database_close(d);
    kept_remove(dir);
}

/* Never given: nothing but the stub comes of the call event. */
static void test_never_given(void **state) {
    (void)state;
    char dir[64];
    kept_call call;
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_name(&call, 7, NULL);
    call.facts.consent = UT_CONSENT_UNKNOWN;
    call.facts.consent_method = "default";
    assert_true(database_begin(d, DATABASE_SYNCED));
    kept_put(d, message_of_call(&call.facts));
    assert_true(database_commit(d));
    assert_string_equal(kept_ask(dir, stub_sql), "unknown|no consent|0|-");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM calls WHERE started_at IS NOT NULL"), 1);
    call.facts.consent = UT_CONSENT_REFUSED;
    assert_true(database_begin(d, DATABASE_SYNCED));
    kept_put(d, message_of_consent("c-07", 1, &(consent_change){UT_CONSENT_REFUSED, "voice", NULL}, now_unix_ms()));
    kept_put(d, message_of_call(&call.facts));
    assert_true(database_commit(d));
    assert_string_equal(kept_ask(dir, stub_sql), "refused|no consent|1|-");
    assert_string_equal(kept_ask(dir, history_sql), "unknown default -,refused voice -");
    assert_int_equal(kept_marks(dir, 7), 0);
    database_close(d);
    kept_remove(dir);
}

/* Withdrawn under legal hold: nothing more is written, nothing goes until it is lifted. */
static void test_withdrawn_under_hold(void **state) {
    (void)state;
    char dir[64];
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 7, NULL, 20);
    kept_execute(dir, "UPDATE calls SET held_why = 'a suit'");
    assert_int_equal(withdraw(d, "c-07"), DATABASE_ROW_STORED);
    sweep(d);
    assert_string_equal(kept_ask(dir, "SELECT consent, ended_how FROM calls"), "withdrawn|finished");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM cues"), 20);
    assert_true(kept_is_there(kept_path(dir, "audio/c-07.flac")));
    assert_string_equal(kept_ask(dir, history_sql), "given - -,withdrawn api bea");

    kept_execute(dir, "UPDATE calls SET held_why = NULL");
    sweep(d);
    assert_string_equal(kept_ask(dir, stub_sql), "withdrawn|no consent|1|-");
    assert_int_equal(kept_marks(dir, 7), 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM consents"), 2);
    check_nothing_owed(dir);
    database_close(d);
    kept_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_byte_is_left),
        cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_backup_reached_later),
        cmocka_unit_test(test_backup_gone),
        cmocka_unit_test(test_not_a_backup),
        cmocka_unit_test(test_log_in_use),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_withdrawn_when_over),
        cmocka_unit_test(test_withdrawn_in_progress),
        cmocka_unit_test(test_never_given),
        cmocka_unit_test(test_withdrawn_under_hold),
    };
    return cmocka_run_group_tests_name("erase", tests, NULL, NULL);
}
