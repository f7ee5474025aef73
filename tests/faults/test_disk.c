/* The disk is full or can only be read, somebody else holds the database locked, or garbage is written over it: cues
 * come as fast as before, whoever runs the server is told once in each place, and what was shown is stored as soon as
 * it can be. A corrupt database is set aside and kept.
 *
 * Full and read-only disks are small tmpfs that are mounted in a namespace of this test's own. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>

#include <cmocka.h>

#include "../blackbox/events.h"
#include "../blackbox/stored.h"
#include "calls.h"
#include "server.h"
#include "shown.h"

enum { CALLS = CALLS_MOST, CALL_S = 60, CALM_MS = 2500, FAULT_MS = 4000, NOTICE_MS = 4000, LATER_MS = 150 };

static bool may_mount;
static char data[512];

/* ---- disks ---- */

static void write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    if (fd >= 0 && write(fd, text, strlen(text)) < 0) print_message("%s cannot be written\n", path);
    if (fd >= 0) close(fd);
}

/* Before there is any thread. */
static bool enter_namespace(void) {
    char uid[40], gid[40];
    snprintf(uid, sizeof uid, "0 %d 1", (int)getuid());
    snprintf(gid, sizeof gid, "0 %d 1", (int)getgid());
    if (unshare(CLONE_NEWNS)) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) return false;
        write_text("/proc/self/setgroups", "deny");
        write_text("/proc/self/uid_map", uid);
        write_text("/proc/self/gid_map", gid);
    }
    return !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int use_folder(void **state) {
    static int number;
    (void)state;
    snprintf(data, sizeof data, "%s", scratch_path("data-%d", number++));
    assert_int_equal(mkdir(data, 0700), 0);
    return 0;
}

static int use_disk(void **state) {
    use_folder(state);
    if (may_mount) assert_int_equal(mount("undertone", data, "tmpfs", 0, "size=24m,mode=0700"), 0);
    return 0;
}

static int leave_disk(void **state) {
    (void)state;
    return may_mount ? umount2(data, MNT_DETACH) : 0;
}

static void need_disk(void) {
    if (!may_mount) skip();
}

static void fill_disk(bool full) {
    char path[600], block[4096] = {1};
    snprintf(path, sizeof path, "%s/filler", data);
    if (!full) {
        unlink(path);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    while (write(fd, block, sizeof block) > 0) continue;
    close(fd);
}

/* ---- what happens meanwhile ---- */

static int count_of(const char *text, const char *word) {
    int n = 0;
    for (; (text = strstr(text, word)); text += strlen(word)) n++;
    return n;
}

/* Between the two moments cues were not much later than in the time before. */
static void check_lateness(const shown *s, int64_t from_us, int64_t to_us) {
    size_t n_before, n;
    double before_ms = shown_lateness_ms(s, 0, from_us, 50, &n_before),
           late_ms = shown_lateness_ms(s, from_us, to_us, 95, &n),
           most_ms = shown_lateness_ms(s, from_us, to_us, 100, NULL);
    print_message("%zu cues before, %.0f ms late; %zu cues meanwhile, %.0f ms late at p95, %.0f at most\n", n_before,
                  before_ms, n, late_ms, most_ms);
    assert_true(n_before >= CALLS && n >= CALLS);
    if (!program_is_sanitized(&(program){.pid = getpid(), .status = -1})) assert_true(late_ms < before_ms + LATER_MS);
}

/* Each call was recorded from its first sample to its last, in step: silence stands for what could not be kept, at most
 * silent_s of it. */
static void check_recordings(double silent_most_s) {
    json_t *rows = stored(data, "SELECT id, source, file, state, recordings.duration_s, lost_s, summaries.duration_s AS"
                                " call_s FROM calls JOIN recordings ON recordings.call = number"
                                " JOIN summaries ON summaries.call = number"),
           *row;
    size_t i;
    double longest_s = 0;
    assert_int_equal(json_array_size(rows), CALLS);
    json_array_foreach(rows, i, row) {
        char path[700];
        recorded r;
        assert_string_equal(event_text(row, "state"), "finished");
        snprintf(path, sizeof path, "%s/audio/%s", data, event_text(row, "file"));
        assert_true(calls_compare(path, event_text(row, "source"), 0, &r));
        double call_s = event_number(row, "call_s");
        if (r.wrong_s > 0 || r.silent_s > silent_most_s || r.duration_s < call_s - 0.02 ||
            r.duration_s > call_s + 0.02 || r.silent_s > event_number(row, "lost_s") + 0.001)
            fail_msg("%s: of a call of %.3f s %.3f are recorded, %.3f silent and %.3f wrong; lost_s is %.3f",
                     event_text(row, "source"), call_s, r.duration_s, r.silent_s, r.wrong_s,
                     event_number(row, "lost_s"));
        longest_s = r.silent_s > longest_s ? r.silent_s : longest_s;
    }
    json_decref(rows);
    print_message("%.2f s of a recording are silent at most\n", longest_s);
}

/* Everybody is told that calls are not stored, or are. */
static void check_told(const server *s, int storing) {
    server_wait_status(s, storing, NOTICE_MS);
    assert_int_equal(server_metric(s), storing);
    assert_int_equal(server_status_for_late(s), storing ? -1 : 0);
}

static void check_said_once(const server *s, const char *why) {
    const char *err = s->program.err;
    if (count_of(err, "calls are not being stored") != 1 || count_of(err, "calls are being stored again") != 1 ||
        !strstr(err, why) || count_of(err, "its sound is not being kept") > CALLS)
        fail_msg("this is not \"%s\" said once: %s", why, err);
}

/* A fault comes and goes, while calls go on. */
typedef struct fault {
    void (*comes)(void), (*goes)(void);
    const char *why;
    double silent_s; /* it may cost of a recording */
} fault;

static void follow_through(const fault *f) {
    server s;
    shown all = {0};
    server_start(&s, CALLS, data);
    sleep_ms(CALM_MS);
    int64_t from_us = wall_us();
    f->comes();
    check_told(&s, 0);
    sleep_ms(FAULT_MS);
    int64_t to_us = wall_us();
    f->goes();
    check_told(&s, 1);
    sleep_ms(CALM_MS);
    assert_int_equal(server_stop(&s), 0);
    shown_take(&all, s.client);
    check_lateness(&all, from_us, to_us);
    check_said_once(&s, f->why);
    assert_in_range(shown_check_cues(&all, data, 0), CALLS, 100000);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'stopped'"), CALLS);
    check_recordings(f->silent_s);
    shown_free(&all);
    server_end(&s);
}

/* ---- faults ---- */

static void disk_gets_full(void) { fill_disk(true); }
static void disk_gets_room(void) { fill_disk(false); }

static void test_full_disk(void **state) {
    (void)state;
    need_disk();
    follow_through(&(fault){disk_gets_full, disk_gets_room, "the disk is full", FAULT_MS / 1e3 + 6});
}

static sqlite3 *other;

static void other_locks(void) {
    char path[600];
    snprintf(path, sizeof path, "%s/undertone.db", data);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 5000);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
}

static void other_unlocks(void) {
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

static void test_locked_database(void **state) {
    (void)state;
    follow_through(&(fault){other_locks, other_unlocks, "locked", 0});
}

/* A server that cannot store from the start on, and then can. */
static void follow_from_bad_to_good(const char *why, void (*goes)(void)) {
    server s;
    shown all = {0};
    server_start(&s, CALLS, data);
    assert_int_equal(server_metric(&s), 0);
    assert_int_equal(server_status_for_late(&s), 0);
    sleep_ms(CALM_MS);
    goes();
    check_told(&s, 1);
    sleep_ms(CALM_MS);
    assert_int_equal(server_stop(&s), 0);
    shown_take(&all, s.client);
    check_said_once(&s, why);
    assert_in_range(shown_check_cues(&all, data, 0), CALLS, 100000);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'stopped'"), CALLS);
    check_recordings(CALM_MS / 1e3 + 8);
    shown_free(&all);
    server_end(&s);
}

static void disk_is_written_again(void) {
    assert_int_equal(mount(NULL, data, NULL, MS_REMOUNT, "size=24m,mode=0700"), 0);
}

static void test_read_only_disk(void **state) {
    (void)state;
    need_disk();
    assert_int_equal(mount(NULL, data, NULL, MS_REMOUNT | MS_RDONLY, "size=24m,mode=0700"), 0);
    follow_from_bad_to_good("Read-only file system", disk_is_written_again);
}

static void folder_is_given_back(void) { assert_int_equal(chmod(data, 0700), 0); }

static void test_folder_of_somebody_else(void **state) {
    (void)state;
    assert_int_equal(chmod(data, 0500), 0);
    follow_from_bad_to_good("Permission denied", folder_is_given_back);
}

/* ---- a corrupt database ---- */

/* Over what is there of a file from a place on. */
static void write_garbage(const char *name, long from) {
    char path[600], block[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", data, name);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0 && !fstat(fd, &st) && st.st_size > from);
    for (size_t i = 0; i < sizeof block; i++) block[i] = (char)(rand() >> 8);
    for (long at = from; at < st.st_size; at += (long)sizeof block) {
        size_t n = st.st_size - at < (long)sizeof block ? (size_t)(st.st_size - at) : sizeof block;
        assert_int_equal(pwrite(fd, block, n, at), n);
    }
    close(fd);
}

/* How many databases were set aside; path gets the name of the last. */
static int set_aside(char path[600]) {
    DIR *dir = opendir(data);
    int n = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strncmp(entry->d_name, "undertone.db.corrupt-", 21) || strlen(entry->d_name) != 37) continue;
        snprintf(path, 600, "%s/%s", data, entry->d_name);
        n++;
    }
    closedir(dir);
    return n;
}

/* One database was set aside, which is the very file, and it was told. */
static void check_set_aside(const server *s, ino_t file) {
    char kept[600];
    struct stat st;
    check_said_once(s, "was kept as undertone.db.corrupt-");
    assert_int_equal(set_aside(kept), 1);
    assert_int_equal(stat(kept, &st), 0);
    assert_int_equal(st.st_ino, file);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM audit WHERE action = 'database set aside'"), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'stopped'"), CALLS);
}

static ino_t database_file(void) {
    char path[600];
    struct stat st;
    snprintf(path, sizeof path, "%s/undertone.db", data);
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static void test_garbage_while_it_runs(void **state) {
    (void)state;
    server s;
    shown all = {0};
    server_start(&s, CALLS, data);
    sleep_ms(CALM_MS);
    ino_t file = database_file();
    int64_t from_us = wall_us();
    write_garbage("undertone.db", 0);
    write_garbage("undertone.db-wal", 0);
    server_wait_status(&s, 1, NOTICE_MS);
    int64_t anew_us = wall_us();
    assert_int_equal(server_metric(&s), 1);
    sleep_ms(FAULT_MS);
    assert_int_equal(server_stop(&s), 0);
    shown_take(&all, s.client);
    check_lateness(&all, from_us, wall_us());
    check_set_aside(&s, file);
    assert_in_range(shown_check_cues(&all, data, anew_us), CALLS, 100000);
    check_recordings(0);
    shown_free(&all);
    server_end(&s);
}

/* from: the first byte that is garbage. */
static void start_on_garbage(long from) {
    server s;
    shown all = {0};
    server_start(&s, CALLS, data);
    sleep_ms(CALM_MS);
    assert_int_equal(server_stop(&s), 0);
    server_end(&s);
    ino_t file = database_file();
    write_garbage("undertone.db", from);
    server_start(&s, CALLS, data);
    sleep_ms(CALM_MS);
    assert_int_equal(server_metric(&s), 1);
    assert_int_equal(server_stop(&s), 0);
    shown_take(&all, s.client);
    check_set_aside(&s, file);
    assert_in_range(shown_check_cues(&all, data, 0), CALLS, 100000);
    shown_free(&all);
    server_end(&s);
}

static void test_garbage_before_it_starts(void **state) {
    (void)state;
    start_on_garbage(0);
}

static void test_garbage_in_the_middle(void **state) {
    (void)state;
    start_on_garbage(4096);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_disk, use_disk, leave_disk),
        cmocka_unit_test_setup(test_locked_database, use_folder),
        cmocka_unit_test_setup_teardown(test_read_only_disk, use_disk, leave_disk),
        cmocka_unit_test_setup(test_folder_of_somebody_else, use_folder),
        cmocka_unit_test_setup(test_garbage_while_it_runs, use_folder),
        cmocka_unit_test_setup(test_garbage_before_it_starts, use_folder),
        cmocka_unit_test_setup(test_garbage_in_the_middle, use_folder),
    };
    may_mount = enter_namespace();
    prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE); /* the server is kept out of a folder also where it runs as root */
    calls_make(CALLS, CALL_S);
    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
