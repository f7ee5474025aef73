/* undertone import, from outside: a folder of recordings goes into the store once, whole, also after it was broken off
 * and beside a server. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_client.h"
#include "program.h"
#include "sound.h"
#include "stored.h"

enum { FILES = 6 };

static char folder[512], playbook[512];

/* Different calls, in two folders, one below the other, among files that are no sound. */
static int set_up(void **state) {
    (void)state;
    char path[700];
    snprintf(folder, sizeof folder, "%s", scratch_path("recordings"));
    snprintf(playbook, sizeof playbook, "%s", sound_playbook());
    snprintf(path, sizeof path, "%s/more", folder);
    if (mkdir(folder, 0700) || mkdir(path, 0700)) return 1;
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%s%d.wav", folder, i % 2 ? "more/" : "", i);
        sound_turns(path, 4 + i);
    }
    snprintf(path, sizeof path, "%s/notes.txt", folder);
    write_file(path, "not a sound\n", 12);
    snprintf(path, sizeof path, "%s/.hidden.wav", folder);
    write_file(path, "not a sound\n", 12);
    return 0;
}

/* Everything is there, once, with its cues and readings. */
static void check_all(const char *data) {
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'finished'"), FILES);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls"), FILES);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM summaries"), FILES);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM readings"), 2 * 2 * (4 + 5 + 6 + 7 + 8 + 9));
    assert_true(stored_count(data, "SELECT min(n) FROM (SELECT count(*) AS n FROM cues GROUP BY call)") > 0);
}

static void test_once(void **state) {
    (void)state;
    char data[512];
    program p;
    snprintf(data, sizeof data, "%s", scratch_path("once"));
    for (int round = 0; round < 2; round++) {
        assert_int_equal(RUN(&p, "import", folder, "--data", data, "--playbook", playbook, "--agent", "a-17", "--team",
                             "north", "--queue", "billing", "--customer", "K-4711"),
                         0);
        assert_non_null(strstr(p.out, round ? "6 recordings: 0 imported" : "6 recordings: 6 imported"));
        assert_non_null(strstr(p.out, round ? "6 already there, 0 not" : "0 already there, 0 not"));
        check_all(data);
        program_end(&p);
    }
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE agent = 'a-17' AND team = 'north' AND queue ="
                                        " 'billing' AND customer = 'K-4711' AND consent = 'given'"),
                     FILES);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM audit WHERE action = 'import'"), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE abs(julianday('now') - julianday(ended_at))"
                                        " > 0.1 OR ended_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+2 seconds')"),
                     0);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM recordings"), 0);
}

static void test_same_content_under_two_names(void **state) {
    (void)state;
    program p;
    size_t n;
    char data[512], two[512], path[700];
    snprintf(data, sizeof data, "%s", scratch_path("same"));
    snprintf(two, sizeof two, "%s", scratch_path("two"));
    assert_int_equal(mkdir(two, 0700), 0);
    snprintf(path, sizeof path, "%s/0.wav", folder);
    char *sound = read_file(path, &n);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/copy %d.wav", two, i);
        write_file(path, sound, n);
    }
    free(sound);
    assert_int_equal(RUN(&p, "import", two, "--data", data, "--jobs", "4"), 0);
    assert_non_null(strstr(p.out, "4 recordings: 1 imported (0.0 hours), 3 already there, 0 not"));
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls"), 1);
    program_end(&p);
}

/* Killed at some moment, again and again: what is there is whole, and at the end everything is, once. */
static void test_broken_off(void **state) {
    (void)state;
    char data[512], first[700];
    program p;
    snprintf(data, sizeof data, "%s", scratch_path("broken"));
    snprintf(first, sizeof first, "%s/0.wav", folder);
    assert_int_equal(RUN(&p, "import", first, "--data", data, "--playbook", playbook, "--record"), 0);
    program_end(&p);
    for (int i = 0; i < 12; i++) {
        program_start(&p, (const char *const[]){"import", folder, "--data", data, "--playbook", playbook, "--record",
                                                "--jobs", "1", NULL});
        sleep_ms(20 + 15 * i);
        program_signal(&p, i % 3 == 2 ? SIGINT : SIGKILL);
        program_wait(&p, 10000);
        program_end(&p);
        assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how != 'finished' OR NOT EXISTS"
                                            " (SELECT 1 FROM summaries WHERE call = number)"),
                         0);
    }
    assert_int_equal(RUN(&p, "import", folder, "--data", data, "--playbook", playbook, "--record"), 0);
    program_end(&p);
    check_all(data);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM recordings WHERE state = 'finished'"), FILES);
    json_t *rows = stored(data, "SELECT file, bytes, recordings.duration_s AS duration_s, summaries.duration_s AS "
                                "whole_s FROM recordings JOIN"
                                " summaries USING (call)"),
           *row;
    size_t i;
    json_array_foreach(rows, i, row) {
        char path[700];
        struct stat st;
        snprintf(path, sizeof path, "%s/audio/%s", data, json_string_value(json_object_get(row, "file")));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, json_integer_value(json_object_get(row, "bytes")));
        assert_true(json_number_value(json_object_get(row, "duration_s")) ==
                    json_number_value(json_object_get(row, "whole_s")));
    }
    json_decref(rows);
}

/* The server has the folder; the import is its guest, and no call of the server's is ended by it. */
static void test_beside_a_server(void **state) {
    (void)state;
    char data[512], call[512], address[64];
    program server, p;
    snprintf(data, sizeof data, "%s", scratch_path("beside"));
    snprintf(call, sizeof call, "%s", scratch_path("live.wav"));
    sound_turns(call, 60);
    program_start(&server, (const char *const[]){"play", call, "--listen", "127.0.0.1:0", "--data", data, "--playbook",
                                                 playbook, NULL});
    assert_true(program_address(&server, address, 20000));
    assert_true(program_says(&server, "Silence", 20000));
    assert_int_equal(RUN(&p, "import", folder, "--data", data, "--playbook", playbook), 0);
    program_end(&p);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'finished'"), FILES);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_at IS NULL"), 1);
    program_signal(&server, SIGTERM);
    assert_int_equal(program_wait(&server, 10000), 0);
    assert_string_equal(server.err, "");
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'stopped'"), 1);
    program_end(&server);
}

static void test_what_cannot_be_imported(void **state) {
    (void)state;
    char data[512], bad[512], path[700];
    program p;
    snprintf(data, sizeof data, "%s", scratch_path("bad-data"));
    snprintf(bad, sizeof bad, "%s", scratch_path("bad"));
    assert_int_equal(mkdir(bad, 0700), 0);
    snprintf(path, sizeof path, "%s/noise.wav", bad);
    write_file(path, "RIFF nothing of the kind", 24);
    snprintf(path, sizeof path, "%s/good.wav", bad);
    sound_turns(path, 3);
    assert_int_equal(RUN(&p, "import", bad, "--data", data), 1);
    assert_non_null(strstr(p.err, "noise.wav"));
    assert_non_null(strstr(p.out, "2 recordings: 1 imported (0.0 hours), 0 already there, 1 not imported"));
    program_end(&p);
    assert_int_equal(RUN(&p, "import", "--data", data), 2);
    program_end(&p);
    assert_int_equal(RUN(&p, "import", scratch_path("nowhere"), "--data", data), 1);
    assert_non_null(strstr(p.err, "nowhere"));
    program_end(&p);
    snprintf(data, sizeof data, "%s", scratch_path("refused-data"));
    assert_int_equal(RUN(&p, "import", bad, "--data", data, "--consent", "refused", "--record"), 1);
    program_end(&p);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE consent = 'refused' AND source IS NULL"), 1);
    assert_int_equal(stored_count(data, "SELECT (SELECT count(*) FROM readings) + (SELECT count(*) FROM recordings)"),
                     0);
}

/* More than a day is no call; what its readings would take is memory. The file is a hole behind a head. */
static void test_endless(void **state) {
    (void)state;
    enum { RATE = 4000, LENGTH = 25 * 60 * 60 * RATE };
    const unsigned n = LENGTH,
                   head[] = {0x46464952, n + 36, 0x45564157, 0x20746d66, 16, 0x00010001,
                             RATE,       RATE,   0x80001,    0x61746164, n}; /* RIFF, WAVE, "fmt ", data: a byte each */
    char data[512], path[512];
    program p;
    snprintf(data, sizeof data, "%s", scratch_path("endless-data"));
    snprintf(path, sizeof path, "%s", scratch_path("endless.wav"));
    write_file(path, head, sizeof head);
    assert_int_equal(truncate(path, (off_t)sizeof head + LENGTH), 0);
    assert_int_equal(RUN(&p, "import", path, "--data", data, "--record"), 1);
    assert_non_null(strstr(p.err, "endless.wav: is longer than a day"));
    program_end(&p);
    assert_int_equal(stored_count(data, "SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM recordings)"), 0);
    unlink(path);
}

/* A line a step for who runs it, of each file; nothing else. */
static void test_progress(void **state) {
    (void)state;
    char data[512], bad[512];
    program p;
    snprintf(data, sizeof data, "%s", scratch_path("progress"));
    snprintf(bad, sizeof bad, "%s", scratch_path("progress.wav"));
    write_file(bad, "RIFF nothing of the kind", 24);
    assert_int_equal(RUN(&p, "import", folder, bad, "--data", data, "--jobs", "1", "--progress", "--method", "asked"),
                     1);
    int done = 0, failed = 0, n = 0;
    double before = 0;
    char *rest = NULL, last[600] = "";
    for (char *line = strtok_r(p.out, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), n++) {
        json_t *step = json_loads(line, 0, NULL);
        const char *file = json_string_value(json_object_get(step, "file"));
        const char *name = json_string_value(json_object_get(step, "state"));
        double progress = json_number_value(json_object_get(step, "progress"));
        assert_non_null(file);
        if (strcmp(file, last)) before = 0;
        snprintf(last, sizeof last, "%s", file);
        assert_true(!strcmp(name, "failed") || (progress >= before && progress <= 1));
        before = progress;
        done += !strcmp(name, "done") && json_is_string(json_object_get(step, "call"));
        failed += !strcmp(name, "failed") && strstr(file, "progress.wav");
        json_decref(step);
    }
    assert_int_equal(done, FILES);
    assert_int_equal(failed, 1);
    assert_true(n > FILES + 1);
    assert_non_null(strstr(p.err, "progress.wav: cannot be read as sound"));
    program_end(&p);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM consents WHERE method = 'asked'"), FILES);
}

/* ---- through a server ---- */

static void start_server(program *server, const char *data, char address[64]) {
    program_start(server, (const char *const[]){"serve", "--listen", "127.0.0.1:0", "--data", data, NULL});
    assert_true(program_address(server, address, PROGRAM_TIMEOUT_MS));
}

static void stop_server(program *server) {
    program_signal(server, SIGTERM);
    assert_int_equal(program_wait(server, PROGRAM_TIMEOUT_MS), 0);
    assert_string_equal(server->err, "");
    program_end(server);
}

static void send_file(const char *address, const char *path, const char *query) {
    char head[800];
    size_t n;
    char *bytes = read_file(path, &n);
    int fd = http_plug(address);
    snprintf(head, sizeof head,
             "POST /api/imports?%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
             query, n);
    assert_true(http_put(fd, head, strlen(head)) && http_put(fd, bytes, n));
    http_answer a = http_take(fd);
    if (a.status != 202) fail_msg("%d %s", a.status, a.body);
    http_answer_free(&a);
    free(bytes);
}

/* The newest import, once it is in this state. */
static json_t *newest(const char *address, const char *state) {
    for (long until = now_ms() + PROGRAM_TIMEOUT_MS; now_ms() < until; sleep_ms(20)) {
        http_answer a = http_ask(address, "GET", "/api/imports", NULL, NULL);
        json_t *all = json_loads(a.body ? a.body : "", 0, NULL);
        json_t *import = json_incref(json_array_get(json_object_get(all, "imports"), 0));
        json_decref(all);
        http_answer_free(&a);
        if (import && !strcmp(json_string_value(json_object_get(import, "state")), state)) return import;
        json_decref(import);
    }
    fail_msg("no import is %s", state);
    return NULL;
}

static void test_sent_to_a_server(void **state) {
    (void)state;
    char data[512], call[600], bad[512], address[64], sql[600];
    program server;
    snprintf(data, sizeof data, "%s", scratch_path("sent"));
    snprintf(call, sizeof call, "%s/more/3.wav", folder);
    snprintf(bad, sizeof bad, "%s", scratch_path("sent.wav"));
    write_file(bad, "RIFF nothing of the kind", 24);
    start_server(&server, data, address);
    send_file(address, call,
              "name=monday%201.wav&channels=customer,agent&consent=given&agent=a-17&team=north&queue=&record=true"
              "&modified_ms=1795255207000");
    json_t *first = newest(address, "done");
    const char *id = json_string_value(json_object_get(first, "call"));
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM calls WHERE id = '%s' AND source = 'monday 1.wav' AND agent = 'a-17' AND queue IS"
             " NULL AND channels = '[\"customer\",\"agent\"]' AND ended_at = '2026-11-21T10:00:07.000Z'",
             id);
    assert_int_equal(stored_count(data, sql), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM recordings WHERE state = 'finished'"), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM consents WHERE method = 'vouched for at import'"), 1);
    send_file(address, call, "name=again.wav&consent=given");
    json_t *again = newest(address, "known");
    assert_string_equal(json_string_value(json_object_get(again, "call")), id);
    send_file(address, bad, "name=noise.wav&consent=given");
    json_t *failed = newest(address, "failed");
    assert_non_null(strstr(json_string_value(json_object_get(failed, "why")), "noise.wav: cannot be read as sound"));
    assert_null(strstr(json_string_value(json_object_get(failed, "why")), "/"));
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls"), 1);
    json_decref(first);
    json_decref(again);
    json_decref(failed);
    stop_server(&server);
    snprintf(sql, sizeof sql, "%s/incoming", data);
    assert_int_equal(access(sql, F_OK), -1);
}

/* The server's end is that of the import as well, which can be done again. */
static void test_server_ends(void **state) {
    (void)state;
    char data[512], call[512], address[64], path[600];
    program server;
    snprintf(data, sizeof data, "%s", scratch_path("ends"));
    snprintf(call, sizeof call, "%s", scratch_path("long.wav"));
    snprintf(path, sizeof path, "%s/incoming", data);
    sound_turns(call, 600);
    start_server(&server, data, address);
    send_file(address, call, "name=long.wav&consent=given&record=true");
    json_t *import = newest(address, "listening");
    json_decref(import);
    long asked_ms = now_ms();
    stop_server(&server);
    assert_true(now_ms() - asked_ms < 8000);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls"), 0);
    start_server(&server, data, address);
    send_file(address, call, "name=long.wav&consent=given&record=true");
    json_decref(newest(address, "done"));
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls JOIN recordings ON call = number"), 1);
    stop_server(&server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_same_content_under_two_names),
        cmocka_unit_test(test_broken_off),
        cmocka_unit_test(test_beside_a_server),
        cmocka_unit_test(test_what_cannot_be_imported),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_sent_to_a_server),
        cmocka_unit_test(test_server_ends),
    };
    return cmocka_run_group_tests_name("import", tests, set_up, NULL);
}
