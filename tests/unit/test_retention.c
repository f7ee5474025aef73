/* What is too old goes, class by class, and nothing else does. */
#include "store/retention.h"

#include <sys/time.h>
#include <time.h>

#include "made_kept.h"
#include "store/backup.h"

static const actor ann = {"ann", "command line"};

static void sweep(struct database *d, retention days) {
    bool more;
    int rounds = 0;
    do {
        assert_true(retention_sweep(d, &days, &more));
        assert_true(++rounds < 20);
    } while (more);
}

/* When a call ended: so many days ago. */
static void age(const char *dir, int number, double days) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "UPDATE calls SET ended_at = strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now', '-%.6f days'),"
             " started_at = strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now', '-%.6f days', '-5 minutes')"
             " WHERE id = 'c-%02d'",
             days, days, number);
    kept_execute(dir, sql);
}

/* What there is of a call: the letters of audio, readings, cues and the call itself. */
static const char *standing(const char *dir, int number) {
    static char text[8];
    char sql[900];
    snprintf(sql, sizeof sql,
             "SELECT (EXISTS (SELECT 1 FROM recordings WHERE call = n)) + 10 * (EXISTS (SELECT 1 FROM measured WHERE"
             " call = n) AND EXISTS (SELECT 1 FROM scored WHERE call = n) AND EXISTS (SELECT 1 FROM turns WHERE call ="
             " n)) + 100 * (EXISTS (SELECT 1 FROM cues WHERE call = n) AND EXISTS (SELECT 1 FROM summaries WHERE call"
             " = n) AND EXISTS (SELECT 1 FROM notes WHERE call = n) AND EXISTS (SELECT 1 FROM tags WHERE call = n)) +"
             " 1000 * (EXISTS (SELECT 1 FROM calls WHERE number = n)) + 10000 * (EXISTS (SELECT 1 FROM measured WHERE"
             " call = n) <> EXISTS (SELECT 1 FROM turns WHERE call = n)) FROM"
             " (SELECT coalesce((SELECT number FROM calls WHERE id = 'c-%02d'), -1) AS n)",
             number);
    int bits = kept_count(dir, sql);
    bool file = kept_is_there(kept_path(dir, "audio/c-%02d.flac", number));
    snprintf(text, sizeof text, "%s%s%s%s%s",
             bits % 10 && file   ? "a"
             : bits % 10 || file ? "?"
                                 : "",
             bits / 10 % 10 ? "r" : "", bits / 100 % 10 ? "c" : "", bits / 1000 % 10 ? "*" : "",
             bits / 10000 ? "?" : "");
    return text;
}

static struct database *make(char dir[64], int n) {
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    for (int i = 1; i <= n; i++) kept_make(d, i, NULL, 10);
    return d;
}

/* Each class by its own days, counted from the end of the call, fractions and all. */
static void test_classes(void **state) {
    (void)state;
    char dir[64];
    struct database *d = make(dir, 5);
    double ages[] = {0.4, 0.6, 1.9, 2.1, 40};
    for (int i = 0; i < 5; i++) age(dir, i + 1, ages[i]);
    sweep(d, (retention){0});
    for (int i = 1; i <= 5; i++) assert_string_equal(standing(dir, i), "arc*");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 0);

    sweep(d, (retention){.audio_days = 0.5, .readings_days = 2, .cues_days = 30});
    static const char *const after[] = {"arc*", "rc*", "rc*", "c*", ""};
    for (int i = 0; i < 5; i++) assert_string_equal(standing(dir, i + 1), after[i]);
    for (int i = 1; i <= 5; i++) assert_int_equal(kept_marks(dir, i) > 0, i != 5);
    assert_int_equal(kept_bytes(dir, "MARK03") > 0, 1);
    assert_int_equal(kept_bytes(dir, "MARK04"), 0);
    assert_string_equal(
        kept_ask(dir, "SELECT who, origin, action, about FROM audit"),
        "undertone|retention|retention|{\"audio_bytes\":280000,\"calls\":1,\"consents\":1,\"cue_life\":10,\"cues\":10,"
        "\"notes\":1,\"pauses\":1,\"readings\":40,\"recordings\":4,\"scores\":20,\"summaries\":1,"
        "\"tags\":1,\"turns\":20}");
    sweep(d, (retention){.audio_days = 0.5, .readings_days = 2, .cues_days = 30});
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 1); /* nothing more to do, and to say */
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM debts"), 0);
    database_close(d);
    kept_remove(dir);
}

/* A class alone; and the call's row stays while anything of it does. */
static void test_one_class(void **state) {
    (void)state;
    static const struct {
        retention days;
        const char *after;
    } kinds[] = {{{.audio_days = 1}, "rc*"},
                 {{.readings_days = 1}, "ac*"},
                 {{.cues_days = 1}, "ar*"},
                 {{.audio_days = 1, .readings_days = 1}, "c*"},
                 {{.audio_days = 1, .cues_days = 1}, "r*"},
                 {{.readings_days = 1, .cues_days = 1}, "a*"},
                 {{.audio_days = 1, .readings_days = 1, .cues_days = 1}, ""},
                 {{.audio_days = 1e9, .readings_days = 1e300, .cues_days = 3}, "arc*"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char dir[64];
        struct database *d = make(dir, 1);
        age(dir, 1, 2);
        sweep(d, kinds[i].days);
        assert_string_equal(standing(dir, 1), kinds[i].after);
        database_close(d);
        kept_remove(dir);
    }
}

/* More than a round does. */
static void test_many(void **state) {
    (void)state;
    char dir[64];
    bool more;
    retention days = {.readings_days = 1, .cues_days = 1};
    struct database *d = make(dir, 19);
    for (int i = 1; i <= 19; i++) age(dir, i, 2);
    assert_true(retention_sweep(d, &days, &more));
    assert_true(more);
    assert_int_equal(kept_count(dir, "SELECT count(DISTINCT call) FROM measured"), 11);
    sweep(d, days);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM measured"), 0);
    sweep(d, (retention){.audio_days = 1, .cues_days = 1});
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM calls"), 0);
    assert_string_equal(kept_ask(dir, "PRAGMA foreign_key_check"), "");
    database_close(d);
    kept_remove(dir);
}

static void test_hold_and_progress(void **state) {
    (void)state;
    char dir[64];
    kept_call live;
    retention days = {.audio_days = 1, .readings_days = 1, .cues_days = 1};
    struct database *d = make(dir, 2);
    age(dir, 1, 2);
    age(dir, 2, 2);
    kept_execute(dir, "UPDATE calls SET held_why = 'a suit' WHERE id = 'c-01'");
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    kept_begin(d, &live, 3, NULL);
    for (int i = 0; i < 10; i++) kept_step(d, &live, i);
    assert_true(database_commit(d));
    kept_execute(dir, "UPDATE calls SET started_at = '2020-01-01T00:00:00.000Z' WHERE id = 'c-03'");
    sweep(d, days);
    assert_string_equal(standing(dir, 1), "arc*");
    assert_string_equal(standing(dir, 2), "");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM cues WHERE call = 3"), 10);
    kept_execute(dir, "UPDATE calls SET held_why = NULL");
    sweep(d, days);
    assert_string_equal(standing(dir, 1), "");
    database_close(d);
    kept_remove(dir);
}

/* Many that are held do not stand in the way of one that is not. */
static void test_behind_held_ones(void **state) {
    (void)state;
    char dir[64];
    retention days = {.audio_days = 1, .readings_days = 1, .cues_days = 1};
    struct database *d = make(dir, 12);
    for (int i = 1; i <= 12; i++) age(dir, i, 2);
    kept_execute(dir, "UPDATE calls SET held_why = 'a suit' WHERE id <> 'c-12'");
    sweep(d, days);
    assert_string_equal(standing(dir, 11), "arc*");
    assert_string_equal(standing(dir, 12), "");
    database_close(d);
    kept_remove(dir);
}

/* A stub says for cues_days that there was a call. */
static void test_stubs(void **state) {
    (void)state;
    char dir[64];
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    for (int i = 1; i <= 2; i++) {
        kept_call call;
        kept_name(&call, i, NULL);
        call.facts.consent = UT_CONSENT_UNKNOWN;
        assert_true(database_begin(d, DATABASE_HANDED_OVER));
        kept_put(d, message_of_call(&call.facts));
        assert_true(database_commit(d));
        age(dir, i, 2 * i);
    }
    sweep(d, (retention){.audio_days = 1, .readings_days = 1});
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM calls"), 2);
    sweep(d, (retention){.cues_days = 3});
    assert_string_equal(kept_ask(dir, "SELECT group_concat(id) FROM calls"), "c-01");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM consents"), 1);
    database_close(d);
    kept_remove(dir);
}

/* Nothing is kept longer in a backup. */
static void test_backups(void **state) {
    (void)state;
    char dir[64], elsewhere[64], why[600];
    kept_folder(elsewhere);
    struct database *d = make(dir, 2);
    json_t *counts = json_object();
    const char *backup = kept_path(elsewhere, "b");
    assert_true(backup_make(d, backup, &ann, counts, why, sizeof why));
    json_decref(counts);
    age(dir, 1, 2);
    sweep(d, (retention){.audio_days = 1});
    assert_string_equal(standing(dir, 1), "rc*");
    assert_string_equal(standing(kept_path(elsewhere, "b"), 1), "rc*");
    sweep(d, (retention){.readings_days = 1, .cues_days = 1});
    assert_string_equal(standing(kept_path(elsewhere, "b"), 1), "");
    assert_string_equal(standing(kept_path(elsewhere, "b"), 2), "arc*");
    assert_int_equal(kept_marks(elsewhere, 1), 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM debts"), 0);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

static void test_audit(void **state) {
    (void)state;
    char dir[64];
    audit_verdict v;
    struct database *d = make(dir, 0);
    kept_execute(dir, "INSERT INTO audit (at, who, origin, action, about, hash) VALUES ('2020-01-01T00:00:00.000Z',"
                      " '', '', '', '', 'a'), (strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-12 hours'), '', '', '', '',"
                      " 'b')");
    sweep(d, (retention){.cues_days = 1});
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 2);
    sweep(d, (retention){.audit_days = 0.6});
    assert_string_equal(kept_ask(dir, "SELECT group_concat(hash) FROM audit"), "b");
    sweep(d, (retention){.audit_days = 0.4});
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 0);
    assert_true(audit_verify(d, NULL, &v));
    assert_int_equal(v.broken, 0);
    assert_string_equal(v.head, "b");
    database_close(d);
    kept_remove(dir);
}

static void make_file(const char *dir, const char *name, int days) {
    struct timeval then[2] = {{.tv_sec = time(NULL) - days * 86400L - 60}, {.tv_sec = time(NULL) - days * 86400L - 60}};
    kept_write(kept_path(dir, "audio/%s", name), "x", 1);
    assert_int_equal(utimes(kept_path(dir, "audio/%s", name), then), 0);
}

/* Recordings of no call, and what has another name than a recording's. */
static void test_orphans(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int days;
        bool stays;
    } files[] = {
        {"c-90.flac", 1, false}, {"c-91.flac", 0, true},
        {"c-92.opus", 2, false}, {"c-93.000000000.part.flac", 1, false},
        {"c-02.flac", 1, false}, {"c-03.flac", 0, true},
        {"c-04.flac", 1, true},  {"c-05.000016000.part.flac", 1, true},
        {"c-06.flac", 0, false}, {"notes.txt", 9, true},
        {".c-90.flac", 9, true}, {"c-90.flac.bak", 9, true},
        {"c 90.flac", 9, true},
    };
    char dir[64];
    kept_call call;
    struct database *d = make(dir, 4);
    kept_execute(dir, "DELETE FROM recordings WHERE call IN (2, 3)");
    kept_execute(dir, "UPDATE calls SET held_why = 'a suit', consent = 'withdrawn' WHERE id = 'c-04'");
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    kept_begin(d, &call, 5, NULL);
    kept_name(&call, 6, NULL);
    call.facts.consent = UT_CONSENT_REFUSED;
    kept_put(d, message_of_call(&call.facts));
    assert_true(database_commit(d));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) make_file(dir, files[i].name, files[i].days);
    assert_int_equal(symlink(kept_path(dir, "undertone.db"), kept_path(dir, "audio/c-94.flac")), 0);
    assert_int_equal(mkdir(kept_path(dir, "restore.part"), 0700), 0);
    kept_write(kept_path(dir, "restore.part/undertone.db"), "mark", 4);
    sweep(d, (retention){0});
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (kept_is_there(kept_path(dir, "audio/%s", files[i].name)) != files[i].stays) fail_msg("%s", files[i].name);
    assert_true(kept_is_there(kept_path(dir, "audio/c-01.flac")));
    assert_true(kept_is_there(kept_path(dir, "undertone.db")));
    assert_false(kept_is_there(kept_path(dir, "restore.part")));
    assert_string_equal(kept_ask(dir, "SELECT action, about FROM audit"), "retention|{\"audio_bytes\":5}");
    database_close(d);
    kept_remove(dir);
}

/* Beside a database that was set aside, recordings that the new one does not know are its: whoever saves it has both.
 */
static void test_set_aside(void **state) {
    (void)state;
    char dir[64], aside[128];
    struct database *d = make(dir, 1);
    make_file(dir, "c-90.flac", 9);
    make_file(dir, "c-91.000000000.part.flac", 9);
    kept_execute(dir, "UPDATE calls SET consent = 'withdrawn', ended_how = 'no consent' WHERE id = 'c-01'");
    kept_execute(dir, "DELETE FROM recordings");
    snprintf(aside, sizeof aside, "%s", kept_path(dir, "undertone.db.corrupt-20261122T100000Z"));
    fclose(fopen(aside, "w"));
    sweep(d, (retention){.audio_days = 1});
    assert_true(kept_is_there(kept_path(dir, "audio/c-90.flac")));
    assert_true(kept_is_there(kept_path(dir, "audio/c-91.000000000.part.flac")));
    assert_false(kept_is_there(kept_path(dir, "audio/c-01.flac")));
    assert_int_equal(unlink(aside), 0);
    sweep(d, (retention){.audio_days = 1});
    assert_false(kept_is_there(kept_path(dir, "audio/c-90.flac")));
    assert_false(kept_is_there(kept_path(dir, "audio/c-91.000000000.part.flac")));
    database_close(d);
    kept_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),   cmocka_unit_test(test_one_class),         cmocka_unit_test(test_many),
        cmocka_unit_test(test_stubs),     cmocka_unit_test(test_hold_and_progress), cmocka_unit_test(test_backups),
        cmocka_unit_test(test_audit),     cmocka_unit_test(test_behind_held_ones),  cmocka_unit_test(test_orphans),
        cmocka_unit_test(test_set_aside),
    };
    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
