/* undertone play, from outside: a recording becomes a live call; whoever looks on gets each event when it happens. */
#include <math.h>
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

/* One client's messages as events, each with the time it came. */
typedef struct heard {
    json_t *events;
    int64_t *received_us; /* [json_array_size(events)] */
} heard;

static heard hear(ws_client *c) {
    size_t n = ws_client_count(c);
    heard h = {json_array(), calloc(n + 1, sizeof *h.received_us)};
    assert_non_null(h.received_us);
    for (size_t i = 0; i < n; i++) {
        ws_text text = ws_client_text(c, i);
        json_t *event = json_loadb(text.text, text.n_bytes, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(event);
        event_check(event);
        json_array_append_new(h.events, event);
        h.received_us[i] = text.received_us;
    }
    return h;
}

static void heard_free(heard *h) {
    json_decref(h->events);
    free(h->received_us);
}

static json_t *nth(const json_t *events, size_t i) { return json_array_get(events, i); }

static ws_client *join(const char *address) {
    ws_client *c = ws_client_open(address, "/events", NULL, "undertone.events");
    assert_non_null(c);
    assert_int_equal(ws_client_status(c), 101);
    return c;
}

static bool is_cue(const ws_text *text, void *user) {
    (void)user;
    return strstr(text->text, "\"type\":\"cue\"") != NULL;
}

/* ---- what one client got ---- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Live is not a second late, on the busiest machine. How late it is in truth is for a measurement: tools/latency.c. */
enum { LIVE_MS = 1000 };

/* No event comes before the sound it is of, and no cue late. */
static void check_times(const heard *h, size_t since) {
    int64_t started_us = event_started_us(nth(h->events, 0));
    double *late_ms = calloc(json_array_size(h->events) + 1, sizeof *late_ms);
    size_t n = 0, i;
    json_t *event;
    json_array_foreach(h->events, i, event) {
        double t_s = event_number(event, "t_s");
        if (i < since || isnan(t_s)) continue;
        double late = ((double)(h->received_us[i] - started_us) - t_s * 1e6) / 1e3;
        if (late < -1) fail_msg("%s at %g s came %.1f ms early", event_text(event, "type"), t_s, -late);
        if (event_is(event, "cue")) late_ms[n++] = late;
    }
    assert_true(n >= 5);
    qsort(late_ms, n, sizeof *late_ms, compare);
    print_message("%zu cues: %.1f ms at p50, the worst %.1f ms\n", n, late_ms[n / 2], late_ms[n - 1]);
    if (late_ms[n - 1] > LIVE_MS) fail_msg("cues come %.1f ms late", late_ms[n - 1]);
    free(late_ms);
}

/* Call first, readings and cues each in the order of their time, summary last. */
static void check_order(const json_t *events) {
    double reading_s = 0, cue_s = 0;
    size_t n = json_array_size(events), i;
    json_t *event;
    json_array_foreach(events, i, event) {
        double t_s = event_number(event, "t_s"), *last_s = event_is(event, "cue") ? &cue_s : &reading_s;
        assert_int_equal(event_is(event, "call"), i == 0);
        assert_int_equal(event_is(event, "summary"), i == n - 1);
        if (isnan(t_s)) continue;
        assert_true(t_s >= *last_s);
        *last_s = t_s;
    }
}

/* Whoever joins in the middle: the call, the last reading of each voice, the cues that are up, then what happens. */
static void check_late_joiner(const heard *early, const heard *late) {
    size_t n = json_array_size(late->events), n_early = json_array_size(early->events), state = 1;
    assert_true(event_is(nth(late->events, 0), "call"));
    while (event_is(nth(late->events, state), "reading") && state < 3) state++;
    assert_int_equal(state, 3);
    while (event_is(nth(late->events, state), "cue") &&
           strcmp(event_text(nth(late->events, state), "state"), "cleared") &&
           late->received_us[state] - late->received_us[0] < 20000)
        state++;
    assert_true(n < n_early && n > state + 5);
    for (size_t i = 1; i <= n - state; i++)
        assert_true(json_equal(nth(late->events, n - i), nth(early->events, n_early - i)));
}

/* The same readings, cues and summary, whatever the speed they were made at. */
static void check_same_as_analyzed(const json_t *events, const char *path, const char *playbook) {
    program p;
    assert_int_equal(RUN(&p, "analyze", "--jsonl", "--playbook", playbook, path), 0);
    json_t *analyzed = events_parse(p.out), *event;
    size_t i;
    assert_int_equal(json_array_size(events), json_array_size(analyzed));
    json_array_foreach(analyzed, i, event) {
        json_object_set(event, "call", json_object_get(nth(events, i), "call"));
        if (i) assert_true(json_equal(event, nth(events, i)));
    }
    json_decref(analyzed);
    program_end(&p);
}

static void test_live(void **state) {
    (void)state;
    char address[64], path[512], playbook[512], data[512];
    snprintf(path, sizeof path, "%s", scratch_path("turns.wav"));
    snprintf(playbook, sizeof playbook, "%s", sound_playbook());
    sound_turns(path, 12.3);
    snprintf(data, sizeof data, "%s", scratch_path("live"));
    program p;
    program_start(&p, (const char *const[]){"play", path, "--listen", "127.0.0.1:0", "--data", data, "--jsonl",
                                            "--playbook", playbook, NULL});
    assert_true(program_address(&p, address, 20000));
    ws_client *first = join(address), *second = join(address);
    assert_true(ws_client_wait(first, is_cue, NULL, 20000, NULL));
    sleep_ms(3000);
    ws_client *late = join(address);
    assert_int_equal(program_wait(&p, PROGRAM_TIMEOUT_MS), 0);
    assert_true(ws_client_wait_closed(first, 5000) && ws_client_wait_closed(second, 5000) &&
                ws_client_wait_closed(late, 5000));

    json_t *printed = events_parse(p.out);
    check_same_as_analyzed(printed, path, playbook);
    heard a = hear(first), b = hear(second), c = hear(late);
    check_times(&a, 3);
    check_order(a.events);
    check_order(b.events);
    check_late_joiner(&a, &c);
    assert_true(json_equal(a.events, b.events));
    assert_int_equal(json_array_size(a.events), json_array_size(printed));
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'finished'"), 1);
    heard_free(&a);
    heard_free(&b);
    heard_free(&c);
    json_decref(printed);
    ws_client_close(first);
    ws_client_close(second);
    ws_client_close(late);
    program_end(&p);
}

/* ---- ending ---- */

static void check_interrupted(int signal) {
    char address[64], data[512];
    snprintf(data, sizeof data, "%s", scratch_path("signal-%d", signal));
    program p;
    program_start(&p, (const char *const[]){"play", sound_demo(), "--listen", "127.0.0.1:0", "--data", data, NULL});
    assert_true(program_address(&p, address, 20000));
    ws_client *c = join(address);
    sleep_ms(2500);
    long before = now_ms();
    program_signal(&p, signal);
    assert_int_equal(program_wait(&p, 10000), 0);
    assert_in_range(now_ms() - before, 0, 2000);
    assert_true(ws_client_wait_closed(c, 2000));
    assert_string_equal(p.err, "");
    assert_non_null(strstr(p.out, "demo.wav"));
    assert_null(strchr(p.out, '\033'));
    assert_null(strchr(p.out, '\r'));
    json_t *rows = stored(data, "SELECT duration_s, ended_how FROM summaries JOIN calls ON call = number");
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(event_text(nth(rows, 0), "ended_how"), "stopped");
    assert_float_equal(event_number(nth(rows, 0), "duration_s"), 2.6, 0.7);
    json_decref(rows);
    ws_client_close(c);
    program_end(&p);
}

static void test_interrupt(void **state) {
    (void)state;
    check_interrupted(SIGINT);
}

static void test_terminate(void **state) {
    (void)state;
    check_interrupted(SIGTERM);
}

/* --stay keeps the pages after the call; who joins then still gets its summary. */
static void test_stay(void **state) {
    (void)state;
    char address[64];
    const char *path = scratch_path("moment.wav");
    sound_cut(sound_demo(), path, 1, 2.5, -1);
    program p;
    program_start(&p, (const char *const[]){"play", path, "--listen", "127.0.0.1:0", "--stay", NULL});
    assert_true(program_address(&p, address, 20000));
    assert_true(program_says(&p, "cues\n", 20000));
    sleep_ms(500);
    ws_client *c = join(address);
    assert_true(ws_client_wait_count(c, 2, 5000));
    heard h = hear(c);
    assert_true(event_is(nth(h.events, 0), "call"));
    assert_true(event_is(nth(h.events, 1), "summary"));
    program_signal(&p, SIGINT);
    assert_int_equal(program_wait(&p, 5000), 0);
    heard_free(&h);
    ws_client_close(c);
    program_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_terminate),
        cmocka_unit_test(test_stay),
    };
    return cmocka_run_group_tests_name("play", tests, NULL, NULL);
}
