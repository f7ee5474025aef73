/* delete, backup, restore and audit, from outside: alone and beside a running server. */
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
#include "undertone.h"

/* A path of scratch_path, to be kept. */
enum { PATH = 256 };
static const char *folder(char path[PATH], const char *name) {
    snprintf(path, PATH, "%s", scratch_path("%s", name));
    return path;
}

/* A data folder with three calls; ids by the order they came in. */
static void make_calls(const char *dir, char ids[3][40]) {
    program p;
    const char *call = scratch_path("tone.wav");
    sound_tone(call, 8000, 2, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(RUN(&p, "analyze", call, "--store", "--data", dir, "--summary"), 0);
        program_end(&p);
    }
    json_t *rows = stored(dir, "SELECT id FROM calls ORDER BY number");
    assert_int_equal(json_array_size(rows), 3);
    for (int i = 0; i < 3; i++)
        snprintf(ids[i], 40, "%s", json_string_value(json_object_get(json_array_get(rows, (size_t)i), "id")));
    json_decref(rows);
}

static void check_said(const program *p, const char *out, const char *err) {
    if (*out && !strstr(p->out, out)) fail_msg("stdout is not \"%s\": %s", out, p->out);
    if (*err && !strstr(p->err, err)) fail_msg("stderr is not \"%s\": %s", err, p->err);
}

#define CHECK(status, says, complains, ...)                                                                            \
    do {                                                                                                               \
        program p;                                                                                                     \
        assert_int_equal(RUN(&p, __VA_ARGS__), status);                                                                \
        check_said(&p, says, complains);                                                                               \
        program_end(&p);                                                                                               \
    } while (0)

static long readings_of(const char *dir, const char *id) {
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM measured JOIN calls ON number = call WHERE id = '%s'", id);
    return stored_count(dir, sql);
}

/* The whole life: kept, copied, deleted in both, put back without what was deleted, and told of. */
static void test_life(void **state) {
    (void)state;
    char at[3][PATH];
    const char *dir = folder(at[0], "life"), *backup = folder(at[1], "life-backup"), *away = folder(at[2], "life-away");
    char ids[3][40], head[65] = "";
    program p;
    make_calls(dir, ids);
    assert_true(readings_of(dir, ids[0]) > 0);
    CHECK(0, "3 calls, 0 recordings", "", "backup", backup, "--data", dir);
    CHECK(1, "", "something in it already", "backup", backup, "--data", dir);

    CHECK(1, "", "--yes says that it is meant", "delete", ids[0], "--data", dir);
    assert_true(readings_of(dir, ids[0]) > 0);
    assert_int_equal(RUN(&p, "delete", ids[0], "--data", dir, "--yes"), 0);
    json_t *receipt = json_loads(p.out, 0, NULL);
    assert_true(json_is_true(json_object_get(receipt, "complete")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(receipt, "calls"), 0)), ids[0]);
    assert_true(json_is_true(json_object_get(json_array_get(json_object_get(receipt, "backups"), 0), "reached")));
    check_said(&p, "", "Deleted 1 call (");
    check_said(&p, "", "also in 1 of 1 backup.");
    json_decref(receipt);
    program_end(&p);
    assert_int_equal(stored_count(dir, "SELECT count(*) FROM calls"), 2);
    assert_int_equal(stored_count(backup, "SELECT count(*) FROM calls"), 2);
    CHECK(1, "", "there is no such call", "delete", ids[0], "--data", dir, "--yes");
    CHECK(1, "", "no call is kept under this reference", "delete", "--customer", "nobody", "--data", dir, "--yes");

    /* Another goes where the backup is not reached: restoring it brings back what was there, less that one. */
    assert_int_equal(rename(backup, away), 0);
    assert_int_equal(mkdir(backup, 0700), 0); /* an empty folder: a disk that is not mounted, say */
    CHECK(1, "\"complete\":false", "the server deletes the rest later", "delete", ids[1], "--data", dir, "--yes");
    assert_int_equal(rmdir(backup), 0);
    assert_int_equal(rename(away, backup), 0);
    CHECK(1, "", "--yes says that it is meant", "restore", backup, "--data", dir);
    CHECK(0, "1 calls, 0 recordings", "", "restore", backup, "--data", dir, "--yes");
    assert_int_equal(stored_count(dir, "SELECT count(*) FROM calls"), 1);
    assert_true(readings_of(dir, ids[2]) > 0);
    CHECK(0, "2 calls", "", "restore", backup, "--data", scratch_path("life-elsewhere"));

    CHECK(0, " restore ", "", "audit", "--data", dir);
    CHECK(0, "\"action\":\"restore\"", "", "audit", "--jsonl", "--action", "restore", "--data", dir);
    assert_int_equal(RUN(&p, "audit", "verify", "--data", dir), 0);
    check_said(&p, "entries  1\nfirst    20", "");
    assert_int_equal(sscanf(strstr(p.out, "head"), "head %64s", head), 1);
    program_end(&p);
    CHECK(0, head, "", "audit", "verify", "--head", head, "--data", dir);
}

static void tamper(const char *dir, const char *sql) { json_decref(stored(dir, sql)); }

static void test_audit_verify(void **state) {
    (void)state;
    char at[PATH];
    const char *dir = folder(at, "audit");
    char ids[3][40], head[65] = "";
    program p;
    make_calls(dir, ids);
    for (int i = 0; i < 3; i++) CHECK(0, "", "", "delete", ids[i], "--data", dir, "--yes");
    assert_int_equal(RUN(&p, "audit", "verify", "--data", dir), 0);
    check_said(&p, "entries  3\n", "");
    assert_int_equal(sscanf(strstr(p.out, "head"), "head %64s", head), 1);
    program_end(&p);
    assert_int_equal(RUN(&p, "audit", "--limit", "2", "--jsonl", "--data", dir), 0);
    json_t *newest = json_loads(p.out, JSON_DISABLE_EOF_CHECK, NULL);
    assert_int_equal(json_integer_value(json_object_get(newest, "number")), 3);
    assert_string_equal(json_string_value(json_object_get(newest, "hash")), head);
    json_decref(newest);
    program_end(&p);

    tamper(dir, "DROP TRIGGER audit_stays");
    tamper(dir, "DROP TRIGGER audit_keeps");
    tamper(dir, "UPDATE audit SET who = 'x' || char(27) || '[2J' WHERE number = 2");
    CHECK(1, "entries  1\n", "breaks at entry 2: its hash", "audit", "verify", "--data", dir);
    CHECK(0, "x?[2J", "", "audit", "--data", dir); /* nothing moves the cursor */
    tamper(dir, "DELETE FROM audit WHERE number >= 2");
    tamper(dir, "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'");
    CHECK(0, "entries  1\n", "", "audit", "verify", "--data", dir);
    CHECK(1, "entries  1\n", "not the one with that head", "audit", "verify", "--head", head, "--data", dir);
}

/* The server holds the folder; deleting and copying go on beside it, restoring does not. */
static void test_beside_a_server(void **state) {
    (void)state;
    char at[2][PATH];
    const char *dir = folder(at[0], "served"), *backup = folder(at[1], "served-backup");
    char ids[3][40], address[64];
    program server;
    make_calls(dir, ids);
    program_start(&server, (const char *const[]){"serve", "--listen", "127.0.0.1:0", "--data", dir, NULL});
    assert_true(program_address(&server, address, PROGRAM_TIMEOUT_MS));
    CHECK(0, "3 calls", "", "backup", backup, "--data", dir);
    CHECK(0, "\"complete\":true", "also in 1 of 1 backup.", "delete", ids[0], ids[2], "--data", dir, "--yes");
    assert_int_equal(stored_count(dir, "SELECT count(*) FROM calls"), 1);
    CHECK(1, "", "in use by another undertone", "restore", backup, "--data", dir, "--yes");
    CHECK(0, "head ", "", "audit", "verify", "--data", dir);
    program_signal(&server, SIGTERM);
    assert_int_equal(program_wait(&server, PROGRAM_TIMEOUT_MS), 0);
    program_end(&server);
    CHECK(0, "1 calls", "", "restore", backup, "--data", dir, "--yes");
}

static json_t *told(const char *address, const char *path, int status) {
    http_answer a = http_ask(address, "GET", path, "Accept-Encoding: identity\r\n", NULL);
    assert_int_equal(a.status, status);
    assert_null(strstr(a.body, scratch())); /* where files lie is nobody's business */
    json_t *json = json_loads(a.body, 0, NULL);
    http_answer_free(&a);
    return json;
}

static const char *text_at(json_t *json, const char *key) { return json_string_value(json_object_get(json, key)); }

/* What the configuration and the playbook say, and the model's card. */
static void test_settings(void **state) {
    (void)state;
    char at[3][PATH], address[64], text[1500];
    const char *dir = folder(at[0], "told-data"), *config = folder(at[1], "settings.cfg");
    const char *playbook = folder(at[2], "team.cfg"), *call = scratch_path("settings.wav");
    program server;
    sound_tone(call, 8000, 2, 2);
    snprintf(
        text, sizeof text,
        "language = \"de\"; hold_out = 0.1;\n"
        "quiet_hours = ( { days = \"fri-sun\"; from = \"22:00\"; to = \"06:05\"; } );\n"
        "cues: { dead_air: { on = false; after_s = 6.1; text = \"Stille\"; advice = \"Kurz[, {queue}].\"; }; };\n");
    write_file(playbook, text, strlen(text));
    snprintf(text, sizeof text,
             "data = \"%s\"; listen = \"127.0.0.1:0\"; playbook = \"%s\";\n"
             "recording: { on = true; format = \"opus\"; }; retention: { audio_days = 30; cues_days = 0.5; };\n"
             "sources: ( { kind = \"recording\"; file = \"%s\"; channels = \"agent,customer\"; consent = \"refused\";\n"
             "agent_id = \"a-17\"; team = \"north\"; queue = \"billing\"; reference = \"C-4711\"; recording = false;\n"
             "playbook = \"%s\"; } );\n",
             dir, playbook, call, playbook);
    write_file(config, text, strlen(text));
    program_start(&server, (const char *const[]){"serve", "--config", config, NULL});
    assert_true(program_address(&server, address, PROGRAM_TIMEOUT_MS));
    http_answer a = http_ask(address, "GET", "/api/settings", NULL, NULL);
    json_t *settings = json_loads(a.body, 0, NULL);
    assert_string_equal(text_at(settings, "version"), UT_VERSION);
    assert_string_equal(text_at(settings, "restart"), config);
    assert_null(strstr(a.body, dir));
    assert_null(strstr(a.body, playbook));
    assert_null(strstr(a.body, "C-4711"));
    json_t *source = json_array_get(json_object_get(settings, "sources"), 0);
    char *said = json_dumps(source, JSON_COMPACT);
    assert_string_equal(said, "{\"kind\":\"recording\",\"name\":\"settings.wav\",\"channels\":[\"agent\",\"customer\"],"
                              "\"agent\":\"a-17\",\"team\":\"north\",\"queue\":\"billing\",\"consent\":\"refused\","
                              "\"recording\":false,\"playbook\":\"team.cfg\"}");
    free(said);
    json_t *told_playbook = json_object_get(settings, "playbook"), *cue;
    assert_memory_equal(text_at(told_playbook, "name"), "team.cfg@", 9);
    said = json_dumps(json_object_get(told_playbook, "quiet_hours"), JSON_COMPACT);
    assert_string_equal(said, "[{\"days\":[\"fri\",\"sat\",\"sun\"],\"from\":\"22:00\",\"to\":\"06:05\"}]");
    free(said);
    size_t i;
    int silences = 0;
    json_array_foreach(json_object_get(told_playbook, "cues"), i, cue) {
        if (strcmp(text_at(cue, "cue"), "dead_air")) continue;
        silences++;
        assert_true(json_is_false(json_object_get(cue, "on")));
        assert_string_equal(text_at(cue, "text"), "Stille");
        assert_string_equal(text_at(cue, "advice"), "Kurz.");
        assert_true(json_number_value(json_object_get(cue, "after_s")) == 6.1);
        assert_null(json_object_get(cue, "talk_share"));
    }
    assert_int_equal(silences, 1);
    assert_non_null(strstr(a.body, "\"hold_out\":0.1,"));
    assert_non_null(strstr(a.body,
                           "\"consent\":{\"default\":\"unknown\"},\"recording\":{\"on\":true,\"format\":\"opus\"},"
                           "\"retention\":{\"audio_days\":30.0,\"readings_days\":null,\"cues_days\":0.5,"
                           "\"audit_days\":null}"));
    json_decref(settings);
    http_answer_free(&a);

    json_t *model = told(address, "/api/model", 200);
    size_t n = strlen("# The model ");
    assert_memory_equal(text_at(model, "card"), "# The model ", n);
    assert_memory_equal(text_at(model, "card") + n, text_at(model, "model"), strlen(text_at(model, "model")));
    json_decref(model);
    json_t *status = told(address, "/api/status", 200);
    assert_true(json_integer_value(json_object_get(status, "free_bytes")) > 0);
    json_decref(status);
    program_signal(&server, SIGTERM);
    assert_int_equal(program_wait(&server, PROGRAM_TIMEOUT_MS), 0);
    program_end(&server);
}

static void test_mistakes(void **state) {
    (void)state;
    static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    char at[PATH];
    const char *none = folder(at, "none");
    CHECK(2, "", "ids of calls, or --customer", "delete", "--data", none);
    CHECK(2, "", "ids of calls, or --customer", "delete", "c-1", "--customer", "K", "--data", none);
    CHECK(2, "", "ids of calls, or --customer", "delete", "--customer", "", "--data", none);
    CHECK(2, "", "takes one folder", "backup", "--data", none);
    CHECK(2, "", "takes one folder", "backup", "a", "b", "--data", none);
    CHECK(2, "", "takes one folder", "restore", "--data", none);
    CHECK(2, "", "takes no arguments but verify", "audit", "check", "--data", none);
    CHECK(2, "", "takes no arguments but verify", "audit", "verify", "more", "--data", none);
    CHECK(2, "", "--limit", "audit", "--limit", "0", "--data", none);
    CHECK(2, "", "--limit", "audit", "--limit", "many", "--data", none);
    CHECK(2, "", "64 hexadecimal digits", "audit", "verify", "--head", "abc", "--data", none);
    CHECK(2, "", "--head is for verify", "audit", "--head", hash, "--data", none);
    CHECK(2, "", "verify looks at all of it", "audit", "verify", "--jsonl", "--data", none);
    CHECK(1, "", "no calls are kept there", "delete", "c-1", "--yes", "--data", none);
    CHECK(1, "", "no calls are kept there", "backup", scratch_path("b"), "--data", none);
    CHECK(1, "", "no calls are kept there", "audit", "--data", none);
    CHECK(1, "", "No such file", "restore", scratch_path("b"), "--data", none);
    CHECK(1, "", "no backup", "restore", scratch(), "--data", none);
    assert_int_equal(access(none, F_OK), -1);
    assert_int_equal(access(scratch_path("b"), F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),     cmocka_unit_test(test_audit_verify), cmocka_unit_test(test_beside_a_server),
        cmocka_unit_test(test_settings), cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests_name("keeping", tests, NULL, NULL);
}
