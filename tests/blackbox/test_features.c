/* undertone features, from outside: the table that the classifier is trained with. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "sound.h"

enum { COLUMNS = 512, LINE = 16384 };

/* One line of the table, its fields terminated; the files of these tests have no commas or quotes. */
typedef struct row {
    char text[LINE];
    char *fields[COLUMNS];
    int n;
} row;

/* Takes a line off the text, false at its end. */
static bool take_row(const char **text, row *r) {
    size_t n = strcspn(*text, "\n");
    if (!(*text)[n]) return false;
    assert_true(n < LINE);
    memcpy(r->text, *text, n);
    r->text[n] = '\0';
    *text += n + 1;
    char *rest = r->text;
    for (r->n = 0; rest; r->n++) {
        assert_true(r->n < COLUMNS);
        r->fields[r->n] = strsep(&rest, ",");
    }
    return true;
}

static int column(const row *header, const char *name) {
    for (int i = 0; i < header->n; i++)
        if (!strcmp(header->fields[i], name)) return i;
    fail_msg("there is no column %s", name);
    return -1;
}

/* Every field from `from` is empty or a number. */
static void check_numbers(const row *r, int from) {
    for (int i = from; i < r->n; i++) {
        char *end;
        double x = strtod(r->fields[i], &end);
        if (*end || !isfinite(x)) fail_msg("\"%s\" is no number", r->fields[i]);
    }
}

static const char *short_call(void) {
    const char *path = scratch_path("short.wav");
    sound_cut(sound_demo(), path, 20, 26.25, -1);
    return path;
}

static void test_frames(void **state) {
    (void)state;
    static const char *const first[] = {"source", "channel", "t_s", "f0_hz", "voicing", "speech"};
    static row header, r;
    program p;
    assert_int_equal(RUN(&p, "features", short_call()), 0);
    assert_string_equal(p.err, "");
    const char *at = p.out;
    assert_true(take_row(&at, &header));
    for (int i = 0; i < 6; i++) assert_string_equal(header.fields[i], first[i]);
    column(&header, "mfcc_12");
    assert_int_equal(column(&header, "mel_26_db"), header.n - 1);
    int f0 = column(&header, "f0_hz"), voicing = column(&header, "voicing"), n[2] = {0}, voiced = 0, unvoiced = 0;
    double last_s[2] = {-1, -1};
    while (take_row(&at, &r)) {
        int channel = !strcmp(r.fields[1], "customer");
        assert_int_equal(r.n, header.n);
        check_numbers(&r, 2);
        assert_true(atof(r.fields[2]) > last_s[channel]);
        last_s[channel] = atof(r.fields[2]);
        n[channel]++;
        bool empty = !*r.fields[f0];
        voiced += !empty;
        unvoiced += empty;
        if (!empty) assert_true(atof(r.fields[f0]) > 40 && atof(r.fields[voicing]) > 0);
    }
    assert_string_equal(at, "");
    assert_int_equal(n[0], 625);
    assert_int_equal(n[1], 625);
    assert_true(voiced > 100 && unvoiced > 100);
    program_end(&p);
}

/* A row each half second and one at the end, of either voice. */
static void test_functionals(void **state) {
    (void)state;
    static row header, r;
    program p;
    assert_int_equal(RUN(&p, "features", "--level", "functionals", "--csv", short_call()), 0);
    const char *at = p.out;
    assert_true(take_row(&at, &header));
    assert_string_equal(header.fields[0], "source");
    assert_true(header.n > 20);
    int n[2] = {0};
    while (take_row(&at, &r)) {
        int channel = !strcmp(r.fields[1], "customer");
        assert_int_equal(r.n, header.n);
        check_numbers(&r, 2);
        assert_float_equal(atof(r.fields[2]), fmin(6.25, 0.5 * ++n[channel]), 1e-6);
    }
    assert_int_equal(n[0], 13);
    assert_int_equal(n[1], 13);
    program_end(&p);
}

/* Silence has no pitch. */
static void test_silence(void **state) {
    (void)state;
    static row header, r;
    const char *path = scratch_path("silence.wav");
    sound_turns(path, 0.5);
    program p;
    assert_int_equal(RUN(&p, "features", path), 0);
    const char *at = p.out;
    assert_true(take_row(&at, &header));
    int f0 = column(&header, "f0_hz"), customer = 0;
    while (take_row(&at, &r)) {
        if (strcmp(r.fields[1], "customer")) continue;
        assert_string_equal(r.fields[f0], "");
        customer++;
    }
    assert_int_equal(customer, 50);
    program_end(&p);
}

/* In the order given, whatever the number of jobs; a bad file costs its rows only. */
static void test_files_in_order(void **state) {
    (void)state;
    char paths[3][512];
    program one, many, bad;
    for (int i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s", scratch_path("part-%d.wav", i));
        sound_cut(sound_demo(), paths[i], i, i ? i + 1 : 60, -1);
    }
    assert_int_equal(RUN(&one, "features", "--jobs", "1", paths[0], paths[1], paths[2]), 0);
    assert_int_equal(RUN(&many, "features", "--jobs", "3", paths[0], paths[1], paths[2]), 0);
    assert_int_equal(strcmp(one.out, many.out), 0);
    assert_int_equal(RUN(&bad, "features", "/no-such.wav", paths[1]), 1);
    assert_non_null(strstr(bad.err, "/no-such.wav: No such file"));
    assert_non_null(strstr(bad.out, paths[1]));
    program_end(&one);
    program_end(&many);
    program_end(&bad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_functionals),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_files_in_order),
    };
    return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
