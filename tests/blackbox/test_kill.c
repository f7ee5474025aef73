/* kill -9 in the middle of a call: every cue that a client was shown is in the database, and the next start marks the
 * call as one whose server died. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "events.h"
#include "program.h"
#include "sound.h"
#include "stored.h"
#include "ws_client.h"

enum { ROUNDS = 8 };

static char call_path[512], playbook_path[512], data[512];

/* A call with cues at moments of its own, so that rounds differ. */
static int set_up(void **state) {
    (void)state;
    snprintf(call_path, sizeof call_path, "%s", scratch_path("turns.wav"));
    snprintf(playbook_path, sizeof playbook_path, "%s", sound_playbook());
    snprintf(data, sizeof data, "%s", scratch_path("killed"));
    sound_turns(call_path, 30);
    srand((unsigned)time(NULL));
    return 0;
}

static bool is_cue(const ws_text *text, void *user) {
    return strstr(text->text, "\"type\":\"cue\"") && strstr(text->text, user);
}

/* Fails for a cue that the client got and the database has not; returns how many it got. */
static int check_shown_are_kept(ws_client *c) {
    json_t *rows = stored(data, "SELECT calls.id AS call, cues.id, kind, raised_s, cleared_s FROM cues"
                                " JOIN calls ON call = number");
    int shown = 0;
    for (size_t i = 0; i < ws_client_count(c); i++) {
        ws_text text = ws_client_text(c, i);
        json_t *event = json_loadb(text.text, text.n_bytes, 0, NULL), *row;
        bool raised = !strcmp(event_text(event, "state"), "raised"), found = false;
        size_t k;
        json_array_foreach(rows, k, row) {
            found = found || (json_equal(json_object_get(row, "call"), json_object_get(event, "call")) &&
                              json_equal(json_object_get(row, "id"), json_object_get(event, "id")) &&
                              event_number(row, raised ? "raised_s" : "cleared_s") == event_number(event, "t_s"));
        }
        if (event_is(event, "cue") && !found) fail_msg("was shown, but is not kept: %s", text.text);
        shown += event_is(event, "cue");
        json_decref(event);
    }
    json_decref(rows);
    return shown;
}

/* Plays, kills at some moment after the first cue, or at the very moment when a cue arrives; returns what was shown. */
static int kill_once(int round) {
    char address[64];
    program p;
    program_start(&p, (const char *const[]){"play", call_path, "--listen", "127.0.0.1:0", "--data", data, "--playbook",
                                            playbook_path, NULL});
    assert_true(program_address(&p, address, 20000));
    ws_client *c = ws_client_open(address, "/events", NULL, NULL);
    assert_non_null(c);
    assert_true(ws_client_wait(c, is_cue, "\"id\":1,", 20000, NULL));
    if (round % 2) sleep_ms(rand() % 1500);
    else assert_true(ws_client_wait(c, is_cue, "\"id\":2,", 20000, NULL));
    program_signal(&p, SIGKILL);
    assert_int_equal(program_wait(&p, 5000), 128 + SIGKILL);
    assert_true(ws_client_wait_closed(c, 5000));
    int shown = check_shown_are_kept(c);
    ws_client_close(c);
    program_end(&p);
    return shown;
}

static void test_killed_at_any_moment(void **state) {
    (void)state;
    int shown = 0;
    for (int round = 0; round < ROUNDS; round++) {
        shown += kill_once(round);
        assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_at IS NULL"), 1);
        assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'server died'"), round);
    }
    print_message("%d cues shown in %d calls, all of them kept\n", shown, ROUNDS);
    assert_true(shown >= 2 * ROUNDS);
}

/* After the rounds: whatever opens the store next closes what was left, where its last reading was. */
static void test_next_start_marks_the_call(void **state) {
    (void)state;
    const char *moment = scratch_path("moment.wav");
    sound_turns(moment, 1);
    program p;
    assert_int_equal(RUN(&p, "analyze", "--store", "--data", data, moment), 0);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_at IS NULL"), 0);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'server died'"), ROUNDS);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'finished'"), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_at < started_at"), 0);
    program_end(&p);
}

/* Two at a time would each close the other's calls. */
static void test_folder_in_use(void **state) {
    (void)state;
    char address[64];
    program first, second;
    program_start(&first, (const char *const[]){"play", call_path, "--listen", "127.0.0.1:0", "--data", data, NULL});
    assert_true(program_address(&first, address, 20000));
    assert_int_equal(RUN(&second, "play", call_path, "--listen", "127.0.0.1:0", "--data", data), 1);
    assert_non_null(strstr(second.err, data));
    assert_non_null(strstr(second.err, "in use by another undertone"));
    program_signal(&first, SIGTERM);
    assert_int_equal(program_wait(&first, 5000), 0);
    program_end(&first);
    program_end(&second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_any_moment),
        cmocka_unit_test(test_next_start_marks_the_call),
        cmocka_unit_test(test_folder_in_use),
    };
    return cmocka_run_group_tests_name("kill", tests, set_up, NULL);
}
