/* Many files: order, failures, what reaches stdout. */
#include "commands/jobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES = 60, TALKERS = 4, LINES = 200000 };

static char names[FILES][16];
static char *paths[FILES];
static atomic_int done, running, most_running;

static int set_up(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < FILES; i++) {
        snprintf(names[i], sizeof names[i], "%d", i);
        paths[i] = names[i];
    }
    return 0;
}

/* Later files are done sooner. */
static bool say(void *user, const char *path, FILE *out) {
    int i = atoi(path), now = atomic_fetch_add(&running, 1) + 1, most = atomic_load(&most_running);
    while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now)) {}
    nanosleep(&(struct timespec){.tv_nsec = (FILES - i) * 100000}, NULL);
    fprintf(out, "file %d begins\n", i);
    for (int line = 0; line < i; line++) fprintf(out, "line %d of %d\n", line, i);
    atomic_fetch_add(&done, 1);
    atomic_fetch_sub(&running, 1);
    return !user || i % 7 != 3;
}

static void nap(long milliseconds) { nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL); }

/* How many temporary files the jobs have open. */
static int count_temporary(void) {
    int n = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char target[256] = "";
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        n += size > 0 && strstr(target, "/undertone-") && strstr(target, "(deleted)");
    }
    closedir(folder);
    return n;
}

/* Says 1.7 MB. The first goes on when *user temporary files are there, so that the others must have kept what they say
 * somewhere, and fails when they do not come; where *user is 0 it only gives them time. */
static bool talk(void *user, const char *path, FILE *out) {
    int i = atoi(path), wanted = *(int *)user, there = 0;
    if (i == 0 && wanted == 0) nap(100);
    for (int ms = 0; i == 0 && ms < 5000 && (there = count_temporary()) < wanted; ms += 5) nap(5);
    for (int line = 0; line < LINES; line++) fprintf(out, "%d %d\n", i, line);
    if (i % 2) fflush(out);
    return !ferror(out) && (i > 0 || there == wanted);
}

static void *read_all(void *user) {
    int *from = user;
    char block[4096], *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (ssize_t n; (n = read(*from, block, sizeof block)) > 0;) fwrite(block, 1, (size_t)n, out);
    fclose(out);
    return text;
}

/* What reaches stdout meanwhile; to be freed. */
static char *heard(jobs_do *doing, int n_jobs, int n_paths, void *user, bool *good) {
    int ends[2], kept = dup(STDOUT_FILENO);
    pthread_t reader;
    void *text;
    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    assert_true(kept >= 0 && dup2(ends[1], STDOUT_FILENO) >= 0);
    close(ends[1]);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &ends[0]), 0);
    *good = jobs_run("test", paths, n_paths, n_jobs, false, doing, user);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    pthread_join(reader, &text);
    close(ends[0]);
    assert_non_null(text);
    return text;
}

static char *caught(int n_jobs, int n_paths, void *user, bool *good) { return heard(say, n_jobs, n_paths, user, good); }

static char *wanted(int n_paths) {
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    for (int i = 0; i < n_paths; i++) {
        fprintf(out, "file %d begins\n", i);
        for (int line = 0; line < i; line++) fprintf(out, "line %d of %d\n", line, i);
    }
    fclose(out);
    return text;
}

static void in_the_order_given(void **state) {
    (void)state;
    static const int jobs[] = {1, 2, 8, 0, 256, -5};
    char *right = wanted(FILES);
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        bool good = false;
        atomic_store(&done, 0), atomic_store(&most_running, 0);
        char *text = caught(jobs[i], FILES, NULL, &good);
        assert_true(good);
        assert_string_equal(text, right);
        assert_int_equal(atomic_load(&done), FILES);
        if (jobs[i] > 0) assert_true(atomic_load(&most_running) <= jobs[i]);
        if (jobs[i] == 8) assert_true(atomic_load(&most_running) > 1);
        free(text);
    }
    free(right);
}

/* One that fails stops no other, and what it wrote before is kept. */
static void failures_stop_nothing(void **state) {
    (void)state;
    bool good = true;
    char *right = wanted(FILES), *text = caught(4, FILES, &good, &good);
    assert_false(good);
    assert_string_equal(text, right);
    free(text);
    free(right);
}

static void no_files_at_all(void **state) {
    (void)state;
    bool good = false;
    char *text = caught(4, 0, NULL, &good);
    assert_true(good);
    assert_string_equal(text, "");
    free(text);
}

/* The others wait in temporary files, whose names nobody sees, until the first has spoken. */
static void much_to_say(void **state) {
    (void)state;
    int temporary = TALKERS - 1;
    bool good = false;
    char *text = heard(talk, TALKERS, TALKERS, &temporary, &good), *at = text;
    assert_true(good);
    assert_int_equal(count_temporary(), 0);
    for (int i = 0; i < TALKERS; i++)
        for (int line = 0; line < LINES; line++) {
            assert_int_equal(strtol(at, &at, 10), i);
            assert_int_equal(strtol(at, &at, 10), line);
        }
    assert_string_equal(at, "\n");
    free(text);
}

/* Jobs that find no place for what they say wait for their turns: the same comes out. */
static void check_without_room(int temporary) {
    bool good = false;
    char *right = heard(talk, 1, TALKERS, &(int){0}, &good);
    assert_true(good);
    char *text = heard(talk, TALKERS, TALKERS, &temporary, &good);
    assert_true(good);
    assert_int_equal(strlen(text), strlen(right));
    assert_memory_equal(text, right, strlen(right));
    free(text);
    free(right);
}

static void no_folder_for_temporary_files(void **state) {
    (void)state;
    setenv("TMPDIR", "/no/such/folder", 1);
    check_without_room(0);
    unsetenv("TMPDIR");
}

static void temporary_files_that_take_but_a_part(void **state) {
    (void)state;
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit least = {.rlim_cur = 150000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &least), 0);
    check_without_room(TALKERS - 1);
    setrlimit(RLIMIT_FSIZE, &before);
}

/* Nothing more is begun, and one sentence says why. */
static void refused(int file, const char *why) {
    char told[256] = "";
    int kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO), ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    atomic_store(&done, 0);
    bool good = jobs_run("test", paths, FILES, 2, false, say, NULL);
    dup2(kept_out, STDOUT_FILENO);
    dup2(kept_err, STDERR_FILENO);
    close(kept_out), close(kept_err), close(ends[1]);
    assert_true(read(ends[0], told, sizeof told - 1) > 0);
    close(ends[0]);
    assert_false(good);
    assert_string_equal(told, why);
    assert_true(atomic_load(&done) < FILES);
}

/* A full disk is a failure, not an empty success. */
static void a_stdout_that_takes_nothing(void **state) {
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    if (full < 0) skip();
    refused(full, "undertone test: standard output: No space left on device\n");
    close(full);
}

static void a_reader_that_has_gone(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    refused(ends[1], "undertone test: standard output: Broken pipe\n");
    close(ends[1]);
}

static void counts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int n;
    } cases[] = {
        {"1", 1}, {"4", 4},   {"256", 256}, {"0", -1},   {"257", -1},  {"-1", -1},
        {"", -1}, {"4x", -1}, {"x", -1},    {"4.5", -1}, {"0x10", -1}, {"99999999999999999999", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_int_equal(jobs_count(cases[i].text), cases[i].n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_order_given),
        cmocka_unit_test(failures_stop_nothing),
        cmocka_unit_test(no_files_at_all),
        cmocka_unit_test(much_to_say),
        cmocka_unit_test(no_folder_for_temporary_files),
        cmocka_unit_test(temporary_files_that_take_but_a_part),
        cmocka_unit_test(a_stdout_that_takes_nothing),
        cmocka_unit_test(a_reader_that_has_gone),
        cmocka_unit_test(counts),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
