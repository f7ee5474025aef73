/* kill -9 at any moment while 20 calls are followed and recorded: no cue that a client was shown is missing, the
 * database opens by itself, and after the next start every call that was broken off is closed, marked, and its
 * recording plays up to two seconds before the end. $FAULT_RUNS says how often. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../blackbox/events.h"
#include "../blackbox/program.h"
#include "../blackbox/stored.h"
#include "../blackbox/ws_client.h"
#include "calls.h"
#include "server.h"
#include "shown.h"

enum { CALLS = CALLS_MOST, CLIENTS = 3, CALL_S = 30, RUNS_A_FOLDER = 3 };

/* A call is known to the store within its tick, and a busy machine's delay. */
static const double tick_s = 0.4;

/* When to kill. */
enum moment { AT_A_CUE, ANY_TIME, BEFORE_THE_FIRST, DURING_START, DURING_SHUTDOWN, MOMENTS };

static char data[512];

/* Of all runs. */
static size_t n_cues, n_calls;
static double worst_lost_s;

/* A run: who watched, and what it came to. */
typedef struct watched {
    program server;
    ws_client *clients[CLIENTS];
    int n_clients;
    int64_t ended_us; /* until when the calls went on */
} watched;

static int runs(void) {
    const char *given = getenv("FAULT_RUNS");
    return given ? atoi(given) : 6;
}

static int set_up(void **state) {
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    srand(seed);
    print_message("%d runs, seed %u\n", runs(), seed);
    calls_make(CALLS, CALL_S);
    return 0;
}

/* ---- a run and its end ---- */

static void start(watched *w, int n_calls_followed) {
    *w = (watched){0};
    program_start(&w->server, (const char *const[]){"serve", "--config", calls_configuration(n_calls_followed, data),
                                                    "--listen", "127.0.0.1:0", NULL});
}

static void watch(watched *w) {
    char address[64];
    assert_true(program_address(&w->server, address, 20000));
    for (; w->n_clients < CLIENTS; w->n_clients++) {
        w->clients[w->n_clients] = ws_client_open(address, "/events", NULL, NULL);
        assert_non_null(w->clients[w->n_clients]);
    }
}

static bool is_cue(const ws_text *text, void *left) {
    return strstr(text->text, "\"type\":\"cue\"") && --*(int *)left < 0;
}

static void wait_for(watched *w, enum moment moment) {
    int left = rand() % 120;
    if (moment == DURING_START) {
        sleep_ms(rand() % 400);
        return;
    }
    watch(w);
    if (moment == AT_A_CUE) assert_true(ws_client_wait(w->clients[rand() % CLIENTS], is_cue, &left, 20000, NULL));
    else sleep_ms(rand() % (moment == BEFORE_THE_FIRST ? 900 : 6000));
    w->ended_us = wall_us();
    if (moment == DURING_SHUTDOWN) {
        program_signal(&w->server, SIGTERM);
        sleep_ms(rand() % 150);
    }
}

/* With what it said, but for the lines that say of every call that was broken off early that it has no sound. */
static void fail_with(const program *server) {
    for (const char *line = server->err; *line; line += strcspn(line, "\n") + 1)
        if (!memmem(line, strcspn(line, "\n"), "nothing of this call", 20))
            print_error("%.*s\n", (int)strcspn(line, "\n"), line);
    fail_msg("it ended with %d", server->status);
}

static void kill_it(watched *w, enum moment moment) {
    program_signal(&w->server, SIGKILL);
    int status = program_wait(&w->server, 5000);
    if (status != 128 + SIGKILL && !(moment == DURING_SHUTDOWN && !status)) fail_with(&w->server);
    for (int c = 0; c < w->n_clients; c++) assert_true(ws_client_wait_closed(w->clients[c], 5000));
}

static void leave(watched *w, shown *s) {
    for (int c = 0; c < w->n_clients; c++) {
        shown_take(s, w->clients[c]);
        ws_client_close(w->clients[c]);
    }
    program_end(&w->server);
}

/* ---- what is left ---- */

/* How far the sound of a call goes in what lies there of it, whatever that is; 0 where there is nothing. */
static double sound_until_s(const char *id, const char *name) {
    char folder[600], path[900];
    snprintf(folder, sizeof folder, "%s/audio", data);
    DIR *dir = opendir(folder);
    double until_s = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        recorded r;
        if (strncmp(entry->d_name, id, strlen(id)) || strstr(entry->d_name, ".new")) continue;
        long first = strtol(entry->d_name + strlen(id) + 1, NULL, 10);
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (!calls_compare(path, name, first, &r)) continue;
        if (r.wrong_s > 0 || r.silent_s > 0)
            fail_msg("%s, %s: %.3f s of %.3f are silent and %.3f are wrong", entry->d_name, name, r.silent_s,
                     r.duration_s, r.wrong_s);
        until_s = (double)first / 8000 + r.duration_s > until_s ? (double)first / 8000 + r.duration_s : until_s;
    }
    if (dir) closedir(dir);
    return until_s;
}

/* Of the run that was just killed, as it lies. */
static void check_sound(const watched *w, shown *s) {
    const char *id;
    json_t *call;
    json_object_foreach(s->calls, id, call) {
        const char *name = event_text(call, "name");
        if (json_object_get(call, "until_s")) continue; /* an earlier run's */
        double heard_s = ((double)w->ended_us - event_number(call, "started_us")) / 1e6;
        double until_s = sound_until_s(id, name), lost_s = heard_s - until_s;
        json_object_set_new(call, "until_s", json_real(until_s));
        json_object_set_new(call, "heard_s", json_real(heard_s));
        worst_lost_s = lost_s > worst_lost_s ? lost_s : worst_lost_s;
        if (lost_s > 2) fail_msg("%s, %s: of %.2f s, %.2f are kept", id, name, heard_s, until_s);
    }
}

static void check_recording_row(const char *id, double until_s) {
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT recordings.* FROM recordings JOIN calls ON call = number WHERE id = '%s'", id);
    json_t *rows = stored(data, sql), *row = json_array_get(rows, 0);
    const char *state = event_text(row, "state");
    if ((strcmp(state, "interrupted") && strcmp(state, "finished")) ||
        !(fabs(event_number(row, "duration_s") - until_s) < 0.001)) {
        char *text = json_dumps(row, JSON_ENCODE_ANY);
        fail_msg("%s: its recording of %.2f s is %s", id, until_s, text ? text : "not in the store");
    }
    json_decref(rows);
}

static void check_closed(const shown *s) {
    const char *id;
    json_t *call;
    char sql[300];
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_at IS NULL OR ended_how NOT IN"
                                        " ('server died', 'stopped')"),
                     0);
    json_object_foreach(s->calls, id, call) {
        double until_s = event_number(call, "until_s");
        const char *how = json_is_true(json_object_get(call, "ended")) ? "stopped" : "server died";
        snprintf(sql, sizeof sql, "SELECT count(*) FROM calls WHERE id = '%s' AND ended_how IN ('%s', '%s')", id, how,
                 json_is_true(json_object_get(call, "stopping")) ? "stopped" : how);
        bool closed = stored_count(data, sql) == 1, just_begun = event_number(call, "heard_s") < tick_s;
        if (!closed && !just_begun) fail_msg("%s: is not closed as %s", id, how);
        if (!closed || until_s <= 0) continue;
        double now_s = sound_until_s(id, event_text(call, "name"));
        if (now_s < until_s) fail_msg("%s: of its recording of %.2f s %.2f are left", id, until_s, now_s);
        check_recording_row(id, now_s);
    }
}

/* Parts and what was not put together, and sound without a call. */
static int leftovers(void) {
    char folder[600], id[40], sql[200];
    snprintf(folder, sizeof folder, "%s/audio", data);
    DIR *dir = opendir(folder);
    int n = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (*entry->d_name == '.') continue;
        snprintf(id, sizeof id, "%.*s", (int)strcspn(entry->d_name, "."), entry->d_name);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM calls WHERE id = '%s'", id);
        n += strstr(entry->d_name, ".part.") || strstr(entry->d_name, ".new") || !stored_count(data, sql);
    }
    if (dir) closedir(dir);
    return n;
}

/* Twice, since a folder that changes while it is read may not show all there is. */
static void wait_until_put_right(void) {
    long until = now_ms() + 30000;
    for (int seen = 0; seen < 2 && now_ms() < until; sleep_ms(50)) seen = leftovers() ? 0 : seen + 1;
    assert_int_equal(leftovers(), 0);
}

/* The next start puts everything right. */
static void check_next_start(shown *s) {
    watched w;
    start(&w, 0);
    watch(&w);
    wait_until_put_right();
    program_signal(&w.server, SIGTERM);
    if (program_wait(&w.server, 10000) || strstr(w.server.err, "undertone.db")) fail_with(&w.server);
    for (int c = 0; c < w.n_clients; c++) ws_client_close(w.clients[c]);
    program_end(&w.server);
    json_t *rows = stored(data, "PRAGMA integrity_check");
    assert_string_equal(event_text(json_array_get(rows, 0), "integrity_check"), "ok");
    json_decref(rows);
    shown_check_cues(s, data, 0);
    check_closed(s);
}

static void run_once(enum moment moment, shown *all) {
    watched w;
    shown now = {0};
    start(&w, CALLS);
    wait_for(&w, moment);
    kill_it(&w, moment);
    leave(&w, &now);
    n_cues += shown_check_cues(&now, data, 0);
    n_calls += json_object_size(now.calls);
    check_sound(&w, &now);
    const char *id;
    json_t *call;
    json_object_foreach(now.calls, id, call)
        json_object_set_new(call, "stopping", json_boolean(moment == DURING_SHUTDOWN));
    if (!all->calls) *all = (shown){json_object(), json_object()};
    json_object_update(all->calls, now.calls);
    json_object_update(all->cues, now.cues);
    shown_free(&now);
}

static void test_killed_at_any_moment(void **state) {
    (void)state;
    int n = runs();
    for (int run = 0; run < n;) {
        shown all = {0};
        snprintf(data, sizeof data, "%s", scratch_path("data-%d", run));
        for (int i = 0; i < RUNS_A_FOLDER && run < n; i++, run++)
            run_once(run < MOMENTS ? (enum moment)run : (enum moment)(rand() % MOMENTS), &all);
        check_next_start(&all);
        shown_free(&all);
    }
    print_message("%zu cues shown in %zu calls, all of them kept; at most %.2f s of sound lost\n", n_cues, n_calls,
                  worst_lost_s);
    bool slowed =
        program_is_sanitized(&(program){.pid = getpid(), .status = -1}); /* twenty calls are too many for it */
    assert_true(n_cues > (size_t)n * CALLS / (slowed ? 8 : 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_at_any_moment)};
    return cmocka_run_group_tests_name("crash", tests, set_up, NULL);
}
