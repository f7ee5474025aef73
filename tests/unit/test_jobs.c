/* Many files: order, failures, what reaches stdout. */
#include "commands/jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES = 60 };

static char names[FILES][16];
static char *paths[FILES];
static atomic_int done, running, most_running;

static int set_up(void **state) {
    (void)state;
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

/* What is written to stdout meanwhile; to be freed. */
static char *caught(int n_jobs, int n_paths, void *user, bool *good) {
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_true(kept >= 0 && dup2(fileno(file), STDOUT_FILENO) >= 0);
    *good = jobs_run(paths, n_paths, n_jobs, false, say, user);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    long n = lseek(fileno(file), 0, SEEK_END);
    char *text = calloc(1, (size_t)n + 1);
    assert_non_null(text);
    assert_int_equal(pread(fileno(file), text, (size_t)n, 0), n);
    fclose(file);
    return text;
}

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

/* A full disk is a failure, not an empty success. */
static void a_stdout_that_takes_nothing(void **state) {
    (void)state;
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    FILE *full = fopen("/dev/full", "w");
    if (!full) skip();
    assert_true(kept >= 0 && dup2(fileno(full), STDOUT_FILENO) >= 0);
    bool good = jobs_run(paths, FILES, 2, false, say, NULL);
    fflush(stdout);
    clearerr(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    fclose(full);
    assert_false(good);
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
        cmocka_unit_test(a_stdout_that_takes_nothing),
        cmocka_unit_test(counts),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
