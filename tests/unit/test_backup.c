/* Backups while calls are written, and put back; and folders that only look like one. */
#include "store/backup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <time.h>

#include "made_kept.h"
#include "store/erase.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/retention.h"

static const actor ann = {"ann", "command line"};

static json_t *backup(struct database *d, const char *to) {
    char why[600] = "";
    json_t *counts = json_object();
    if (!backup_make(d, to, &ann, counts, why, sizeof why)) fail_msg("%s", why);
    return counts;
}

static void check_backup_refused(struct database *d, const char *to, const char *part_of_why) {
    char why[600] = "";
    json_t *counts = json_object();
    assert_false(backup_make(d, to, &ann, counts, why, sizeof why));
    if (!strstr(why, part_of_why)) fail_msg("not \"%s\" but \"%s\"", part_of_why, why);
    json_decref(counts);
}

static json_t *restore(const char *from, const char *dir) {
    char why[600] = "";
    json_t *counts = json_object();
    if (!backup_restore(from, dir, &ann, counts, why, sizeof why)) fail_msg("%s", why);
    return counts;
}

static void check_restore_refused(const char *from, const char *dir, const char *part_of_why) {
    char why[600] = "";
    json_t *counts = json_object();
    if (backup_restore(from, dir, &ann, counts, why, sizeof why)) fail_msg("restored, not \"%s\"", part_of_why);
    if (!strstr(why, part_of_why)) fail_msg("not \"%s\" but \"%s\"", part_of_why, why);
    assert_false(kept_is_there(kept_path(dir, "restore.part")));
    json_decref(counts);
}

static long number(const json_t *counts, const char *key) {
    return (long)json_integer_value(json_object_get(counts, key));
}

static void erase_one(struct database *d, const char *id) {
    char why[600];
    json_t *receipt = erase(d, &(erase_request){.call = id, .by = ann}, why, sizeof why);
    assert_non_null(receipt);
    json_decref(receipt);
}

static int mode_of(const char *path) {
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 0777;
}

/* Every file of the folder by name and content. */
static void describe(const char *dir, char text[4000]) {
    char command[400];
    snprintf(command, sizeof command, "cd '%s' && find . -type f ! -name '*-shm' | sort | xargs sha256sum", dir);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    text[fread(text, 1, 3999, in)] = '\0';
    pclose(in);
}

static void test_what_is_in_it(void **state) {
    (void)state;
    char dir[64], elsewhere[64], head[80];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    for (int i = 1; i <= 3; i++) kept_make(d, i, NULL, 10);
    kept_execute(dir, "UPDATE recordings SET state = 'recording' WHERE call = 2");
    assert_int_equal(unlink(kept_path(dir, "audio/c-03.flac")), 0);
    json_t *counts = backup(d, kept_path(elsewhere, "b/"));
    assert_int_equal(number(counts, "calls"), 3);
    assert_int_equal(number(counts, "recordings"), 1); /* one is being made, one is lost */
    assert_int_equal(number(counts, "missing"), 1);
    assert_int_equal(number(counts, "audio_bytes"), 70000);
    json_decref(counts);
    const char *b = kept_path(elsewhere, "b");
    assert_int_equal(mode_of(b), 0700);
    assert_int_equal(mode_of(kept_path(b, "audio")), 0700);
    assert_int_equal(mode_of(kept_path(b, "undertone.db")), 0600);
    assert_int_equal(mode_of(kept_path(b, "audio/c-01.flac")), 0600);
    assert_false(kept_is_there(kept_path(elsewhere, "b.part")));
    assert_false(kept_is_there(kept_path(elsewhere, "b/undertone.db-wal")));
    assert_int_equal(kept_count(kept_path(elsewhere, "b"), "SELECT count(*) FROM cues"), 30);

    /* Both know it by its name; only the original knows that it was made. */
    assert_string_equal(kept_ask(dir, "SELECT path FROM backups"), kept_path(elsewhere, "b"));
    assert_string_equal(kept_ask(kept_path(elsewhere, "b"), "SELECT path FROM backups"), kept_path(elsewhere, "b"));
    snprintf(head, sizeof head, "ann|backup|%s/b|3", elsewhere);
    assert_string_equal(kept_ask(dir, "SELECT who, action, about ->> '$.folder', about ->> '$.calls' FROM audit"),
                        head);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

static void test_refused_folders(void **state) {
    (void)state;
    char dir[64], elsewhere[64];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 5);
    check_backup_refused(d, "", "not a folder's name");
    check_backup_refused(d, "/nowhere/at/all", "No such file");
    check_backup_refused(d, dir, "it is within the data folder itself");
    check_backup_refused(d, kept_path(dir, "audio/b"), "it is within the data folder itself");
    kept_write(kept_path(elsewhere, "file"), "x", 1);
    check_backup_refused(d, kept_path(elsewhere, "file"), "not a folder");
    check_backup_refused(d, kept_path(elsewhere, "file/b"), "Not a directory");
    check_backup_refused(d, kept_path(elsewhere, "\xff\xfe"), "UTF-8");
    assert_int_equal(mkdir(kept_path(elsewhere, "b.part"), 0700), 0);
    kept_write(kept_path(elsewhere, "b.part/somebody's"), "x", 1);
    check_backup_refused(d, kept_path(elsewhere, "b"), "b.part: is in the way");
    assert_true(kept_is_there(kept_path(elsewhere, "b.part/somebody's")));
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM backups"), 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 0);

    assert_int_equal(mkdir(kept_path(elsewhere, "empty"), 0755), 0);
    json_decref(backup(d, kept_path(elsewhere, "empty")));
    check_backup_refused(d, kept_path(elsewhere, "empty"), "something in it already");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM backups"), 1);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* What an interrupted one left is known, and made anew; one that is being made is let be. */
static void test_interrupted(void **state) {
    (void)state;
    char dir[64], elsewhere[64], sql[300];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 5);
    assert_int_equal(mkdir(kept_path(elsewhere, "b.part"), 0700), 0);
    assert_int_equal(mkdir(kept_path(elsewhere, "b.part/audio"), 0700), 0);
    kept_write(kept_path(elsewhere, "b.part/audio/c-77.flac"), "x", 1);
    snprintf(sql, sizeof sql, "INSERT INTO backups (path, made_at, filesystem) VALUES ('%s/b.part', '', '')",
             elsewhere);
    kept_execute(dir, sql);
    int fd = open(kept_path(elsewhere, "b.part"), O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    check_backup_refused(d, kept_path(elsewhere, "b"), "another backup is being made");
    assert_int_equal(close(fd), 0);
    json_decref(backup(d, kept_path(elsewhere, "b")));
    assert_false(kept_is_there(kept_path(elsewhere, "b/audio/c-77.flac")));
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM backups"), 1);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* What cannot be copied whole leaves nothing. */
static void test_failed(void **state) {
    (void)state;
    char dir[64], elsewhere[64];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 5);
    kept_make(d, 2, NULL, 5);
    assert_int_equal(unlink(kept_path(dir, "audio/c-02.flac")), 0);
    assert_int_equal(mkfifo(kept_path(dir, "audio/c-02.flac"), 0600), 0);
    check_backup_refused(d, kept_path(elsewhere, "b"), "c-02.flac");
    assert_true(files_is_empty(elsewhere));
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM backups"), 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit"), 0);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

struct writer {
    const char *dir;
    atomic_bool stop;
    atomic_int written;
};

/* Calls, each whole in one transaction; every fourth is deleted again. */
static void *write_calls(void *user) {
    struct writer *w = user;
    struct database *d = kept_open(w->dir, DATABASE_GUEST);
    for (int i = 1; !atomic_load(&w->stop) && i < 90; i++) {
        char id[8];
        kept_make(d, i, NULL, 4);
        snprintf(id, sizeof id, "c-%02d", i);
        if (i % 4 == 0) erase_one(d, id);
        atomic_store(&w->written, i);
    }
    database_close(d);
    return NULL;
}

/* Each backup is of one moment, whole, and what was deleted meanwhile is not in it. */
static void test_while_written(void **state) {
    (void)state;
    char dir[64], elsewhere[64];
    pthread_t thread;
    kept_folder(dir);
    kept_folder(elsewhere);
    database_close(kept_open(dir, DATABASE_OWNER));
    struct writer w = {.dir = dir};
    struct database *d = kept_open(dir, DATABASE_GUEST);
    assert_int_equal(pthread_create(&thread, NULL, write_calls, &w), 0);
    int made = 0;
    for (; made < 8 || atomic_load(&w.written) < 20; made++) {
        char b[100];
        snprintf(b, sizeof b, "%s/b%d", elsewhere, made);
        json_decref(backup(d, b));
        assert_int_equal(kept_count(b, "SELECT count(*) FROM cues") % 4, 0);
        assert_int_equal(kept_count(b, "SELECT count(*) FROM cues"), kept_count(b, "SELECT 4 * count(*) FROM calls"));
        assert_string_equal(kept_ask(b, "PRAGMA integrity_check"), "ok");
    }
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    bool more;
    do assert_true(retention_sweep(d, &(retention){0}, &more));
    while (more);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM debts"), 0);
    for (int i = 4; i <= atomic_load(&w.written); i += 4) assert_int_equal(kept_marks(elsewhere, i), 0);
    assert_true(kept_marks(elsewhere, 1) > 0);
    print_message("%d backups beside %d calls\n", made, atomic_load(&w.written));
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* Onto a machine that has nothing yet, and back in time; what was deleted or withdrawn since stays so. */
static void test_restore(void **state) {
    (void)state;
    char dir[64], elsewhere[64], fresh[64], head[80];
    kept_folder(dir);
    kept_folder(elsewhere);
    kept_folder(fresh);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    for (int i = 1; i <= 4; i++) kept_make(d, i, NULL, 10);
    json_decref(backup(d, kept_path(elsewhere, "b")));

    json_t *counts = restore(kept_path(elsewhere, "b"), kept_path(fresh, "data"));
    assert_int_equal(number(counts, "calls"), 4);
    assert_int_equal(number(counts, "recordings"), 4);
    json_decref(counts);
    const char *data = kept_path(fresh, "data");
    assert_int_equal(kept_count(data, "SELECT count(*) FROM cues"), 40);
    for (int i = 1; i <= 4; i++) assert_true(kept_marks(kept_path(fresh, "data/audio"), i) >= 10000);
    assert_int_equal(mode_of(kept_path(fresh, "data/undertone.db")), 0600);
    assert_int_equal(mode_of(kept_path(fresh, "data")), 0700);
    assert_string_equal(kept_ask(kept_path(fresh, "data"), "SELECT action, about ->> '$.replaced_head' FROM audit"),
                        "restore|null");

    /* Deleted and withdrawn where the backup could not be reached; a hold; calls that came later. */
    char away[80];
    snprintf(away, sizeof away, "%s-away", elsewhere);
    assert_int_equal(rename(elsewhere, away), 0);
    erase_one(d, "c-01");
    json_t *event = json_pack("{ss ss ss ss}", "call", "c-02", "consent", "withdrawn", "at", "2026-11-22T10:00:00.000Z",
                              "method", "letter");
    assert_true(database_begin(d, DATABASE_SYNCED));
    assert_int_equal(erase_without_consent(d, event), DATABASE_ROW_STORED);
    assert_true(database_commit(d));
    json_decref(event);
    kept_execute(dir, "UPDATE calls SET held_why = 'a suit' WHERE id = 'c-03'");
    kept_make(d, 5, NULL, 10);
    audit_verdict v;
    assert_true(audit_verify(d, NULL, &v));
    strcpy(head, v.head);
    database_close(d);

    counts = restore(kept_path(away, "b"), dir);
    assert_int_equal(number(counts, "calls"), 3);
    json_decref(counts);
    assert_string_equal(kept_ask(dir, "SELECT group_concat(id || ' ' || consent || ' ' || coalesce(held_why, '-')) FROM"
                                      " (SELECT * FROM calls ORDER BY id)"),
                        "c-02 withdrawn -,c-03 given a suit,c-04 given -");
    assert_string_equal(kept_ask(dir, "SELECT group_concat(state || coalesce(method, '')) FROM consents JOIN calls"
                                      " ON number = call WHERE id = 'c-02'"),
                        "given,withdrawnletter");
    int there[] = {0, 0, 1, 1, 0};
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(kept_marks(dir, i) > 0, there[i - 1]);
        assert_int_equal(kept_is_there(kept_path(dir, "audio/c-%02d.flac", i)), there[i - 1]);
    }
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM deletions"), 1);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM receipts"), 1);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM debts WHERE path <> '' AND call = 'c-01'"), 1);
    assert_string_equal(kept_ask(dir, "SELECT about ->> '$.replaced_head' FROM audit WHERE action = 'restore'"), head);

    /* The audit that was replaced lies beside, whole. */
    char command[300], last[300] = "";
    snprintf(command, sizeof command, "tail -n 1 '%s'/audit-before-restore-*.jsonl", dir);
    FILE *in = popen(command, "r");
    assert_non_null(fgets(last, sizeof last, in));
    pclose(in);
    assert_non_null(strstr(last, head));
    d = kept_open(dir, DATABASE_OWNER);
    assert_true(audit_verify(d, NULL, &v));
    assert_int_equal(v.broken, 0);

    /* And the debt is paid once the backup is there again. */
    bool more;
    assert_int_equal(rename(away, elsewhere), 0);
    assert_true(retention_sweep(d, &(retention){0}, &more));
    assert_int_equal(kept_marks(elsewhere, 1), 0);
    assert_int_equal(kept_marks(elsewhere, 2), 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM debts"), 0);
    database_close(d);
    kept_remove(dir);
    kept_remove(elsewhere);
    kept_remove(fresh);
}

/* A damaged database is what one restores for: it is set aside. */
static void test_restore_over_a_damaged_one(void **state) {
    (void)state;
    char dir[64], elsewhere[64], noise[8192];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 10);
    json_decref(backup(d, kept_path(elsewhere, "b")));
    database_close(d);
    memset(noise, 'x', sizeof noise);
    kept_write(kept_path(dir, "undertone.db"), noise, sizeof noise);
    json_t *counts = restore(kept_path(elsewhere, "b"), dir);
    const char *kept = json_string_value(json_object_get(counts, "set_aside"));
    assert_non_null(kept);
    assert_true(kept_is_there(kept_path(dir, "%s", kept)));
    json_decref(counts);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM cues"), 10);
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* None of these changes anything. */
static void test_hostile_backups(void **state) {
    (void)state;
    static const struct {
        const char *shell, *sql, *why; /* run in the backup's folder, and on its database; why null: it is restored */
    } kinds[] = {
        {"rm undertone.db", NULL, "no backup"},
        {": > undertone.db", NULL, "no backup"},
        {"echo hello > undertone.db", NULL, "no backup"},
        {"head -c 100 /dev/zero > undertone.db", NULL, "no backup"},
        {"rm undertone.db", "CREATE TABLE calls (x)", "no backup"},
        {"mv undertone.db x; ln -s x undertone.db", NULL, "no backup"},
        {"rm undertone.db; mkfifo undertone.db", NULL, "no backup"},
        {"rm undertone.db; mkdir undertone.db", NULL, "no backup"},
        {"touch undertone.lock", NULL, "a data folder"},
        {":", "PRAGMA user_version = 99", "newer undertone (schema 99"},
        {":", "PRAGMA application_id = 1", "no backup"},
        {":", "DROP TABLE debts", "not those of"},
        {":", "ALTER TABLE calls DROP COLUMN team", "not those of"},
        {":", "CREATE TRIGGER t AFTER DELETE ON calls BEGIN DELETE FROM cues; END", "not those of"},
        {":", "CREATE VIEW v AS SELECT 1", "not those of"},
        {"truncate -s 20000 undertone.db", NULL, "damaged"},
        {"head -c 30000 /dev/urandom | dd of=undertone.db bs=1 seek=4096 conv=notrunc status=none", NULL, "damaged"},
        {"head -c 4096 /dev/zero | dd of=undertone.db bs=4096 seek=1 conv=notrunc status=none", NULL, "damaged"},
        {"head -c 4096 /dev/urandom | dd of=undertone.db bs=4096 seek=$(($(stat -c %s undertone.db) / 4096 - 1))"
         " conv=notrunc status=none",
         NULL, "damaged"}, /* a page that nothing of this reads */
        {"rm audio/c-01.flac; ln -s /etc/passwd audio/c-01.flac", NULL, "c-01.flac"},
        {"rm audio/c-01.flac; mkfifo audio/c-01.flac", NULL, "c-01.flac"},
        {"rm -rf audio; ln -s /etc audio", "UPDATE recordings SET file = 'passwd'", NULL},
        {":", "UPDATE recordings SET file = '../undertone.db'", NULL},
        {":", "UPDATE calls SET id = '../../x'; UPDATE recordings SET file = '../../x.flac'", NULL},
        {"rm -rf audio", NULL, NULL},
    };
    char elsewhere[64], dir[64], before[4000], after[4000], command[600];
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 40);
    json_decref(backup(d, kept_path(elsewhere, "good")));
    kept_make(d, 2, NULL, 10);
    database_close(d);
    folder_release(folder_own(dir, &(bool){0}, before, sizeof before)); /* makes the lock's file */
    describe(dir, before);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(command, sizeof command, "rm -rf '%s/b' && cp -a '%s/good' '%s/b' && cd '%s/b' && (%s)", elsewhere,
                 elsewhere, elsewhere, elsewhere, kinds[i].shell);
        assert_int_equal(system(command), 0);
        if (kinds[i].sql) kept_execute(kept_path(elsewhere, "b"), kinds[i].sql);
        if (kinds[i].why) {
            check_restore_refused(kept_path(elsewhere, "b"), dir, kinds[i].why);
            describe(dir, after);
            if (strcmp(before, after)) fail_msg("%zu: something changed\n%s\n%s", i, before, after);
        } else {
            char fresh[64];
            kept_folder(fresh);
            json_t *counts = restore(kept_path(elsewhere, "b"), fresh);
            assert_int_equal(number(counts, "recordings"), 0);
            assert_int_equal(number(counts, "missing"), 1);
            json_decref(counts);
            assert_int_equal(kept_bytes(kept_path(fresh, "audio"), "root:"), 0);
            assert_int_equal(kept_count(fresh, "SELECT count(*) FROM recordings WHERE state = 'failed' AND file IS"
                                               " NULL"),
                             1);
            kept_remove(fresh);
        }
    }
    check_restore_refused("/nowhere", dir, "No such file");
    check_restore_refused(dir, dir, "a data folder");
    kept_remove(dir);
    kept_remove(elsewhere);
}

/* A server or a command that has it open. */
static void test_restore_where_it_is_used(void **state) {
    (void)state;
    char dir[64], elsewhere[64], message[300];
    bool unready;
    kept_folder(dir);
    kept_folder(elsewhere);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_make(d, 1, NULL, 10);
    json_decref(backup(d, kept_path(elsewhere, "b")));
    kept_make(d, 2, NULL, 10);
    struct folder *owned = folder_own(dir, &unready, message, sizeof message);
    assert_non_null(owned);
    check_restore_refused(kept_path(elsewhere, "b"), dir, "in use by another undertone");
    folder_release(owned);
    check_restore_refused(kept_path(elsewhere, "b"), dir, "an undertone command is using it");
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM calls"), 2);
    database_close(d);
    json_decref(restore(kept_path(elsewhere, "b"), dir));
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM calls"), 1);
    kept_remove(dir);
    kept_remove(elsewhere);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_in_it),
        cmocka_unit_test(test_refused_folders),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_while_written),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_over_a_damaged_one),
        cmocka_unit_test(test_hostile_backups),
        cmocka_unit_test(test_restore_where_it_is_used),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
