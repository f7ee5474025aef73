/* What agents say of cues, over a real WebSocket: once the server has told it back it is in the store, whatever
 * happens. And a held-out call: all its cues are kept, and no page learns of one. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"
#include "program.h"
#include "sound.h"
#include "stored.h"
#include "ws_client.h"

enum { ROUNDS = 4 };

static char call_path[512], playbook_path[512], data[512];

static int set_up(void **state) {
    (void)state;
    snprintf(call_path, sizeof call_path, "%s", scratch_path("turns.wav"));
    snprintf(playbook_path, sizeof playbook_path, "%s", sound_playbook());
    snprintf(data, sizeof data, "%s", scratch_path("said"));
    sound_turns(call_path, 30);
    return 0;
}

static void start(program *p, char address[64], const char *playbook) {
    program_start(p, (const char *const[]){"play", call_path, "--jsonl", "--listen", "127.0.0.1:0", "--data", data,
                                           "--playbook", playbook, NULL});
    assert_true(program_address(p, address, 20000));
}

static ws_client *join(const char *address) {
    ws_client *c = ws_client_open(address, "/events", NULL, "undertone.events");
    assert_non_null(c);
    assert_int_equal(ws_client_status(c), 101);
    return c;
}

static bool holds(const ws_text *text, void *user) { return strstr(text->text, user) != NULL; }

static void wait_for(ws_client *c, char *part, ws_text *found) {
    if (!ws_client_wait(c, holds, part, 20000, found)) fail_msg("%s never came", part);
}

static void say(ws_client *c, const char *call, long cue, const char *verdict) {
    char text[200];
    snprintf(text, sizeof text, "{\"type\":\"feedback\",\"call\":\"%s\",\"cue\":%ld,\"verdict\":\"%s\"}", call, cue,
             verdict);
    ws_client_send(c, text);
}

/* Says something of the first cue, and the moment it is told back the program is killed. */
static void say_and_kill(const char *verdict) {
    char address[64], told[80], sql[300];
    program p;
    ws_text first;
    start(&p, address, playbook_path);
    ws_client *c = join(address);
    wait_for(c, "\"type\":\"cue\"", &first);
    json_t *cue = json_loadb(first.text, first.n_bytes, 0, NULL);
    snprintf(told, sizeof told, "\"verdict\":\"%s\"", verdict);
    say(c, event_text(cue, "call"), (long)event_number(cue, "id"), verdict);
    wait_for(c, told, &first);
    program_signal(&p, SIGKILL);
    assert_int_equal(program_wait(&p, 5000), 128 + SIGKILL);
    json_t *feedback = json_loadb(first.text, first.n_bytes, 0, NULL);
    event_check(feedback);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM cues JOIN calls ON call = number WHERE calls.id = '%s' AND cues.id = %ld"
             " AND feedback = '%s' AND feedback_at = '%s'",
             event_text(cue, "call"), (long)event_number(cue, "id"), verdict, event_text(feedback, "at"));
    assert_int_equal(stored_count(data, sql), 1);
    json_decref(feedback);
    json_decref(cue);
    ws_client_close(c);
    program_end(&p);
}

static void test_kept_once_told(void **state) {
    (void)state;
    static const char *const verdicts[ROUNDS] = {"helpful", "wrong", "dismiss", "helpful"};
    for (int round = 0; round < ROUNDS; round++) say_and_kill(verdicts[round]);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM cues WHERE feedback IS NOT NULL"), ROUNDS);
}

/* It is an event like the others, so it is printed too; and the last thing said counts. */
static void test_printed_and_changed(void **state) {
    (void)state;
    char address[64];
    program p;
    ws_text text;
    start(&p, address, playbook_path);
    ws_client *c = join(address);
    wait_for(c, "\"type\":\"cue\"", &text);
    json_t *cue = json_loadb(text.text, text.n_bytes, 0, NULL);
    const char *call = event_text(cue, "call");
    say(c, call, 1, "wrong");
    wait_for(c, "\"verdict\":\"wrong\"", NULL);
    say(c, call, 1, "helpful");
    wait_for(c, "\"verdict\":\"helpful\"", NULL);
    say(c, call, 999, "helpful");
    wait_for(c, "\"type\":\"refused\"", NULL);
    program_signal(&p, SIGTERM);
    assert_int_equal(program_wait(&p, 5000), 0);
    json_t *printed = events_parse(p.out), *event;
    size_t i;
    int said = 0;
    json_array_foreach(printed, i, event) said += event_is(event, "feedback");
    assert_int_equal(said, 2);
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM cues JOIN calls ON call = number WHERE calls.id = '%s' AND feedback = 'helpful'",
             call);
    assert_int_equal(stored_count(data, sql), 1);
    json_decref(printed);
    json_decref(cue);
    ws_client_close(c);
    program_end(&p);
}

static int count_cues(const json_t *events, bool shown) {
    const json_t *event;
    size_t i;
    int n = 0;
    json_array_foreach(events, i, event) {
        n += event_is(event, "cue") && json_is_true(json_object_get(event, "shown")) == shown;
    }
    return n;
}

static void test_held_out(void **state) {
    (void)state;
    char address[64], *playbook = read_file(playbook_path, NULL);
    const char *path = scratch_path("held-out.cfg");
    strcpy(data, scratch_path("held-out"));
    write_file(path, "hold_out = 1.0;\n", 16);
    FILE *out = fopen(path, "ab");
    assert_non_null(out);
    assert_true(fputs(playbook, out) >= 0 && !fclose(out));
    free(playbook);
    program p;
    start(&p, address, path);
    ws_client *c = join(address);
    ws_text text;
    wait_for(c, "\"type\":\"call\"", &text);
    assert_non_null(strstr(text.text, "\"arm\":\"held_out\""));
    wait_for(c, "\"t_s\":6.0", NULL);
    ws_client *late = join(address);
    assert_true(ws_client_wait_count(late, 3, 5000)); /* the call and a reading of each voice */
    json_t *call = json_loadb(text.text, text.n_bytes, 0, NULL);
    say(c, event_text(call, "call"), 1, "helpful");
    wait_for(c, "\"type\":\"refused\"", NULL);
    program_signal(&p, SIGTERM);
    assert_int_equal(program_wait(&p, 5000), 0);
    assert_true(ws_client_wait_closed(c, 5000) && ws_client_wait_closed(late, 5000));
    for (size_t i = 0; i < ws_client_count(c); i++) assert_null(strstr(ws_client_text(c, i).text, "\"type\":\"cue\""));
    for (size_t i = 0; i < ws_client_count(late); i++)
        assert_null(strstr(ws_client_text(late, i).text, "\"type\":\"cue\""));
    assert_non_null(strstr(ws_client_text(c, ws_client_count(c) - 1).text, "\"type\":\"summary\""));

    json_t *printed = events_parse(p.out);
    assert_int_equal(count_cues(printed, true), 0);
    assert_in_range(count_cues(printed, false), 4, 100);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE arm = 'held_out'"), 1);
    assert_in_range(stored_count(data, "SELECT count(*) FROM cues WHERE NOT shown AND feedback IS NULL"), 4, 100);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM cues WHERE shown"), 0);
    json_decref(printed);
    json_decref(call);
    ws_client_close(late);
    ws_client_close(c);
    program_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_once_told),
        cmocka_unit_test(test_printed_and_changed),
        cmocka_unit_test(test_held_out),
    };
    return cmocka_run_group_tests_name("feedback", tests, set_up, NULL);
}
