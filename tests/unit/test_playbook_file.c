/* A playbook that is read again when its file changes: by whatever editor, with mistakes, and under readers. */
#include "playbook_file.h"

#include <fcntl.h>
#include <pthread.h>
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

#include "cues/playbook.h"

static char folder[] = "/tmp/undertone-playbooks-XXXXXX", path[64], other[64], message[300];

static int set_up(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/team.cfg", folder);
    snprintf(other, sizeof other, "%s/new.cfg", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder);
}

static void write_text(const char *where, const char *text) {
    FILE *file = fopen(where, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* A playbook whose priority of stress is n. Its length differs with n: the clock of files is too slow for a test that
 * writes two in a row. */
static void write_number(const char *where, int n) {
    char text[160];
    snprintf(text, sizeof text, "cues: { stress: { priority = %d; }; };%*s", n, n, "");
    write_text(where, text);
}

static int number(playbook_file *file) {
    edition *e = playbook_file_take(file);
    int n = (int)e->playbook->rules[UT_CUE_STRESS].priority;
    edition_release(e);
    return n;
}

static playbook_file *open_file(int n) {
    write_number(path, n);
    playbook_file *file = playbook_file_open(path, message, sizeof message);
    assert_non_null(file);
    assert_int_equal(number(file), n);
    assert_string_equal(playbook_file_path(file), path);
    return file;
}

static playbook_news look(playbook_file *file) {
    *message = '\0';
    return playbook_file_look(file, message, sizeof message);
}

static void a_change_is_read_once_it_has_settled(void **state) {
    (void)state;
    playbook_file *file = open_file(11);
    for (int i = 0; i < 3; i++) assert_int_equal(look(file), PLAYBOOK_SAME);
    edition *held = playbook_file_take(file);
    assert_false(playbook_file_has_newer(file, held));
    write_number(path, 12);
    assert_int_equal(look(file), PLAYBOOK_SAME);
    assert_int_equal(number(file), 11);
    write_text(path, ""); /* somebody is still writing: half a file would be a good playbook, and a wrong one */
    assert_int_equal(look(file), PLAYBOOK_SAME);
    write_number(path, 13);
    assert_int_equal(look(file), PLAYBOOK_SAME);
    assert_false(playbook_file_has_newer(file, held));
    assert_int_equal(look(file), PLAYBOOK_READ);
    assert_int_equal(number(file), 13);
    assert_true(playbook_file_has_newer(file, held));
    assert_int_equal(held->playbook->rules[UT_CUE_STRESS].priority, 11); /* as long as it is held */
    for (int i = 0; i < 3; i++) assert_int_equal(look(file), PLAYBOOK_SAME);
    edition_release(held);
    playbook_file_close(file);
}

/* Many editors write a new file and rename it over the old one. */
static void renamed_over(void **state) {
    (void)state;
    playbook_file *file = open_file(11);
    for (int n = 12; n < 20; n++) {
        write_number(other, n);
        assert_int_equal(rename(other, path), 0);
        assert_int_equal(look(file), PLAYBOOK_SAME);
        assert_int_equal(look(file), PLAYBOOK_READ);
        assert_int_equal(number(file), n);
    }
    playbook_file_close(file);
}

/* Restored from elsewhere with its old time, and as long as the one before: still another file. */
static void as_old_and_as_long(void **state) {
    (void)state;
    struct stat st;
    playbook_file *file = open_file(11);
    assert_int_equal(stat(path, &st), 0);
    write_text(other, "cues: { stress: { priority = 12; }; };           ");
    assert_int_equal(truncate(other, st.st_size), 0);
    assert_int_equal(utimensat(AT_FDCWD, other, (struct timespec[]){st.st_atim, st.st_mtim}, 0), 0);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(look(file), PLAYBOOK_SAME);
    assert_int_equal(look(file), PLAYBOOK_READ);
    assert_int_equal(number(file), 12);
    playbook_file_close(file);
}

static void what_is_wrong_is_told_once_and_the_old_one_stays(void **state) {
    (void)state;
    playbook_file *file = open_file(11);
    write_text(path, "cues:\n{\n  stress: { priority = 0; };\n};\n");
    assert_int_equal(look(file), PLAYBOOK_SAME);
    assert_int_equal(look(file), PLAYBOOK_REFUSED);
    char wanted[200];
    snprintf(wanted, sizeof wanted, "%s: line 3: priority must be a whole number from 1 to 99", path);
    assert_string_equal(message, wanted);
    for (int i = 0; i < 3; i++) assert_int_equal(look(file), PLAYBOOK_SAME);
    assert_int_equal(number(file), 11);
    write_number(path, 12);
    look(file);
    assert_int_equal(look(file), PLAYBOOK_READ);
    assert_int_equal(number(file), 12);
    playbook_file_close(file);
}

static void a_file_that_is_gone(void **state) {
    (void)state;
    playbook_file *file = open_file(11);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(look(file), PLAYBOOK_SAME);
    assert_int_equal(look(file), PLAYBOOK_REFUSED);
    assert_non_null(strstr(message, path));
    assert_non_null(strstr(message, "No such file"));
    assert_int_equal(look(file), PLAYBOOK_SAME);
    assert_int_equal(number(file), 11);
    write_number(path, 11);
    look(file);
    assert_int_equal(look(file), PLAYBOOK_READ);
    assert_int_equal(number(file), 11);
    playbook_file_close(file);
}

static void what_cannot_be_opened(void **state) {
    (void)state;
    assert_null(playbook_file_open("/no/such/team.cfg", message, sizeof message));
    assert_non_null(strstr(message, "/no/such/team.cfg: No such file"));
    assert_null(playbook_file_open("/tmp", message, sizeof message));
    assert_non_null(strstr(message, "/tmp: "));
    write_text(path, "\ncues = 4;\n");
    assert_null(playbook_file_open(path, message, sizeof message));
    assert_non_null(strstr(message, ": line 2: cues must be a group"));
    char tiny[8];
    assert_null(playbook_file_open(path, tiny, sizeof tiny));
    assert_non_null(memchr(tiny, '\0', sizeof tiny));
    playbook_file_close(NULL);
    edition_release(NULL);
}

/* ---- readers while it changes ---- */

enum { READERS = 3, EDITIONS = 200 };

typedef struct reader {
    playbook_file *file;
    atomic_bool *over;
    int followed, backward;
} reader;

/* As a session does: it keeps an edition, and takes the newer one when there is one. */
static void *follow(void *user) {
    reader *r = user;
    edition *held = playbook_file_take(r->file);
    while (!atomic_load(r->over)) {
        if (!playbook_file_has_newer(r->file, held)) continue;
        edition *older = held;
        held = playbook_file_take(r->file);
        r->backward += held->playbook->rules[UT_CUE_STRESS].after_s < older->playbook->rules[UT_CUE_STRESS].after_s;
        r->followed++;
        edition_release(older);
    }
    edition_release(held);
    return NULL;
}

static void readers_follow(void **state) {
    (void)state;
    playbook_file *file = open_file(11);
    atomic_bool over = false;
    reader readers[READERS] = {0};
    pthread_t threads[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.file = file, .over = &over};
        assert_int_equal(pthread_create(&threads[i], NULL, follow, &readers[i]), 0);
    }
    for (int n = 0; n < EDITIONS; n++) {
        char text[80];
        snprintf(text, sizeof text, "cues: { stress: { after_s = %d; }; };", 100 + n);
        write_text(other, text);
        assert_int_equal(rename(other, path), 0);
        assert_int_equal(look(file), PLAYBOOK_SAME);
        assert_int_equal(look(file), PLAYBOOK_READ);
    }
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].backward, 0);
        assert_true(readers[i].followed > 0);
    }
    playbook_file_close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_read_once_it_has_settled),
        cmocka_unit_test(renamed_over),
        cmocka_unit_test(as_old_and_as_long),
        cmocka_unit_test(what_is_wrong_is_told_once_and_the_old_one_stays),
        cmocka_unit_test(a_file_that_is_gone),
        cmocka_unit_test(what_cannot_be_opened),
        cmocka_unit_test(readers_follow),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
