/* What proves that a database is damaged, and what does not: SQLite's own reads are made to fail. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/database.h"

enum { MAGIC = 16, LOG_MAGIC = 3 }; /* bytes that are looked at */

static char folder[] = "/tmp/undertone-whole-XXXXXX";
static struct database *d;
static enum { FINE, CANNOT_BE_READ, EMPTIED, CUT_SHORT, ANOTHER } how;
static int n_looks;

static ssize_t read_at(int fd, void *x, size_t n, off_t at) {
    bool look = at == 0 && (n == MAGIC || n == LOG_MAGIC) && how != FINE;
    n_looks += look;
    if (look && how == CANNOT_BE_READ) return errno = EIO, -1;
    if (look && how == EMPTIED && n == LOG_MAGIC && ftruncate(fd, 0)) return -1;
    ssize_t got = pread(fd, x, n, at);
    if (look && how == CUT_SHORT) return 0;
    if (look && how == ANOTHER) memset(x, 'x', n);
    return got;
}

static void in_place_of(const char *name) {
    sqlite3_vfs *unix_files = sqlite3_vfs_find("unix");
    unix_files->xSetSystemCall(unix_files, name, (sqlite3_syscall_ptr)read_at);
}

static int set_up(void **state) {
    enum database_fault fault;
    char message[300];
    (void)state;
    if (!mkdtemp(folder)) return -1;
    in_place_of("pread");
    in_place_of("pread64");
    d = database_open(folder, DATABASE_OWNER, &fault, message, sizeof message);
    return !d || !database_works(d); /* and so there is a log */
}

static int tear_down(void **state) {
    char command[80];
    (void)state;
    database_close(d);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static bool whole_where(int what) {
    how = what;
    n_looks = 0;
    bool whole = database_is_whole(d);
    how = FINE;
    assert_true(n_looks > 0);
    return whole;
}

static void test_whole(void **state) {
    (void)state;
    assert_true(database_is_whole(d));
    assert_true(whole_where(CANNOT_BE_READ)); /* for now: whoever writes will see */
    assert_false(whole_where(CUT_SHORT));
    assert_false(whole_where(ANOTHER));
    assert_int_equal(database_fault_of(d), DATABASE_CORRUPT);
    assert_true(whole_where(EMPTIED)); /* by a checkpoint beside us, between two looks; the last, as the log is gone */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole)};
    return cmocka_run_group_tests_name("whole", tests, set_up, tear_down);
}
