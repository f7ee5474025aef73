/* Pictures as files: names that do not clash, a title that is XML, and a file that is whole or not there. */
#include "commands/pictures.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_report.h"

static char folder[64], said[PICTURES_MESSAGE];

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/undertone-test-XXXXXX");
    return !mkdtemp(folder);
}

static int tear_down(void **state) {
    (void)state;
    return rmdir(folder);
}

static char *in_folder(const char *name) {
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static pictures *opened(const char *path, char **recordings, int n) {
    bool bad_usage = false;
    pictures *p = pictures_new(path, recordings, n, said, &bad_usage);
    if (!p) fail_msg("%s", said);
    return p;
}

/* Takes over r. */
static void save(const pictures *p, const char *recording, report *r) {
    if (!pictures_save(p, recording, r, said)) fail_msg("%s", said);
    report_free(r);
}

static char *contents(const char *path) {
    static char text[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void a_picture_has_a_title_and_a_description(void **state) {
    (void)state;
    char *path = in_folder("call.svg"), *recordings[] = {"call.flac"};
    pictures *p = opened(path, recordings, 1);
    call_facts facts = made_facts;
    facts.source = "</title>&\"\001é\uFFFF\uFFFE<script>";
    report *r = made_call(&facts);
    made_cues(r, made_frustration(1), 1, 4);
    made_cues(r, made_silence(2), 5, 8);
    made_summary(r, 65, 2);
    save(p, "call.flac", r);
    pictures_free(p);
    const char *text = contents(path);
    assert_non_null(text);
    assert_non_null(strstr(text,
                           "<title>&lt;/title&gt;&amp;\"?é??&lt;script&gt;</title>\n<desc>The customer's voice sounded "
                           "frustrated once, from 0:01 to 0:04."));
    assert_non_null(strstr(text, "\n0:01 - 0:04 Voice sounds frustrated\n0:05 - 0:08 Silence on the line</desc>\n"));
    assert_string_equal(text + strlen(text) - 7, "</svg>\n");
    assert_int_equal(unlink(path), 0);
}

static void no_two_recordings_share_a_name(void **state) {
    (void)state;
    static char longest[300] = "x/";
    memset(longest + 2, 'y', 255);
    char *recordings[] = {"a/mon.flac", "b/mon.flac", "mon-2.wav", "tue-2.wav", "tue.wav",
                          "tue.au",     "a/mon.flac", ".wav",      longest,     "\377.au"};
    static const char *const names[] = {"mon.svg", "mon-2.svg", "mon-2-2.svg", "tue-2.svg",
                                        "tue.svg", "tue-3.svg", ".wav.svg",    "\377.svg"};
    char *pics = in_folder("made/");
    pictures *p = opened(pics, recordings, 10);
    for (int i = 0; i < 10; i++) save(p, recordings[i], made_call(&made_facts));
    pictures_free(p);
    for (int i = 0; i < 8; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s%s", pics, names[i]);
        if (unlink(path)) fail_msg("no %s", names[i]);
    }
    char path[600];
    snprintf(path, sizeof path, "%s%.199s.svg", pics, longest + 2);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(pics), 0); /* nothing else was there */
}

static void what_cannot_be_written_is_said(void **state) {
    (void)state;
    char *file = in_folder("file"), *recordings[] = {"a.wav", "b.wav"}, path[600];
    FILE *made = fopen(file, "w");
    fclose(made);
    bool bad_usage = false;
    assert_null(pictures_new(file, recordings, 1, said, &bad_usage));
    snprintf(path, sizeof path, "%s: Not a directory", file);
    assert_string_equal(said, path);
    assert_null(pictures_new(in_folder("no/where"), recordings, 1, said, &bad_usage));
    assert_non_null(strstr(said, "no/where: No such file or directory"));
    assert_false(bad_usage);
    assert_null(pictures_new(in_folder("two.svg"), recordings, 2, said, &bad_usage));
    assert_true(bad_usage);

    snprintf(path, sizeof path, "%s/x.svg", file);
    pictures *p = opened(path, recordings, 1);
    report *r = made_report();
    assert_false(pictures_save(p, "a.wav", r, said));
    strcat(path, ": Not a directory");
    assert_string_equal(said, path);
    report_free(r);
    pictures_free(p);
    unlink(file);
}

/* The disk is full after a few bytes: the picture from before is still there, whole. */
static void a_full_disk_spoils_nothing(void **state) {
    (void)state;
    char *path = in_folder("call.svg"), *recordings[] = {"call.flac"};
    pictures *p = opened(path, recordings, 1);
    save(p, "call.flac", made_report());
    size_t n = strlen(contents(path));
    report *r = made_report();
    struct rlimit before, few;
    getrlimit(RLIMIT_FSIZE, &before);
    few = before;
    few.rlim_cur = 10000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &few);
    bool saved = pictures_save(p, "call.flac", r, said);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_false(saved);
    assert_non_null(strstr(said, "call.svg: File too large"));
    assert_int_equal(strlen(contents(path)), n);
    report_free(r);
    pictures_free(p);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_picture_has_a_title_and_a_description, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_two_recordings_share_a_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_spoils_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
