/* undertone serve, from outside: several calls at once while clients come and go, for 20 s or for UNDERTONE_SOAK_S. */
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

enum { CALLS = 4, CLIENTS = 12, GROWTH_KB = 8192 };

static int soak_s(void) {
    const char *text = getenv("UNDERTONE_SOAK_S");
    return text && atoi(text) > 0 ? atoi(text) : 20;
}

static void write_configuration(const char *path, const char *text) { write_file(path, text, strlen(text)); }

/* Resident memory. */
static long memory_kb(const program *p) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    char *status = read_file(path, NULL), *line = status ? strstr(status, "VmRSS:") : NULL;
    long kb = line ? atol(line + 6) : 0;
    free(status);
    return kb;
}

static ws_client *join(const char *address) {
    ws_client *c = ws_client_open(address, "/events", NULL, "undertone.events");
    assert_non_null(c);
    assert_int_equal(ws_client_status(c), 101);
    return c;
}

/* What a client got is whole, begins with the calls and stays of them. */
static void check_client(ws_client *c, bool joined_early) {
    int calls = 0;
    for (size_t i = 0; i < ws_client_count(c); i++) {
        ws_text text = ws_client_text(c, i);
        json_t *event = json_loadb(text.text, text.n_bytes, JSON_REJECT_DUPLICATES, NULL);
        event_check(event);
        calls += event_is(event, "call");
        json_decref(event);
    }
    assert_in_range(calls, joined_early ? 0 : CALLS, CALLS);
}

static void replace_one(ws_client *clients[], const char *address) {
    ws_client **c = &clients[rand() % CLIENTS];
    if (*c) check_client(*c, false);
    ws_client_close(*c);
    *c = rand() % 4 ? join(address) : NULL;
    if (*c) assert_true(ws_client_wait_count(*c, CALLS, 5000));
}

static void test_clients_come_and_go(void **state) {
    (void)state;
    char address[64], data[512], configuration[512], text[4096], sound[512];
    ws_client *clients[CLIENTS] = {0};
    snprintf(data, sizeof data, "%s", scratch_path("soak"));
    snprintf(configuration, sizeof configuration, "%s", scratch_path("soak.cfg"));
    snprintf(sound, sizeof sound, "%s", scratch_path("long.wav"));
    sound_turns(sound, soak_s() + 60);
    snprintf(text, sizeof text,
             "listen = \"127.0.0.1:0\";\ndata = \"%s\";\nplaybook = \"%s\";\nconsent: { default = \"given\"; };\n"
             "sources: (\n"
             "  { kind = \"recording\"; file = \"%s\"; },\n"
             "  { kind = \"recording\"; file = \"%s\"; channels = \"customer,agent\"; },\n"
             "  { kind = \"recording\"; file = \"%s\"; channels = \"mixed\"; },\n"
             "  { kind = \"recording\"; file = \"%s\"; consent = \"refused\"; }\n"
             ");\n",
             data, sound_playbook(), sound, sound, sound, sound_demo());
    write_configuration(configuration, text);
    program p;
    program_start(&p, (const char *const[]){"serve", "--config", configuration, NULL});
    assert_true(program_address(&p, address, 20000));
    for (int i = 0; i < CLIENTS; i++) clients[i] = join(address);
    sleep_ms(3000);
    long before_kb = memory_kb(&p), until = now_ms() + 1000L * soak_s();
    while (now_ms() < until) {
        replace_one(clients, address);
        sleep_ms(100);
    }
    long grown_kb = memory_kb(&p) - before_kb;
    print_message("%ld KiB after 3 s, %ld KiB more after %d s\n", before_kb, grown_kb, soak_s());
    if (grown_kb > GROWTH_KB && !program_is_sanitized(&p)) fail_msg("memory grew by %ld KiB", grown_kb);
    long stopped = now_ms();
    program_signal(&p, SIGTERM);
    assert_int_equal(program_wait(&p, 10000), 0);
    assert_in_range(now_ms() - stopped, 0, 3000);
    assert_string_equal(p.err, "");
    for (int i = 0; i < CLIENTS; i++) ws_client_close(clients[i]);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'stopped'"), CALLS - 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE consent = 'refused'"), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM summaries"), CALLS - 1);
    assert_true(stored_count(data, "SELECT min(n) FROM (SELECT count(*) AS n FROM readings GROUP BY call)") >=
                2 * soak_s());
    program_end(&p);
}

/* The default: nobody has said that the customer agreed, so nothing is heard, shown or kept but that there is a call.
 */
static void test_consent_is_unknown_by_default(void **state) {
    (void)state;
    char address[64], data[512], configuration[512], text[2048];
    snprintf(data, sizeof data, "%s", scratch_path("unknown"));
    snprintf(configuration, sizeof configuration, "%s", scratch_path("unknown.cfg"));
    snprintf(text, sizeof text, "sources: ( { kind = \"recording\"; file = \"%s\"; } );\n", sound_demo());
    write_configuration(configuration, text);
    program p;
    program_start(&p, (const char *const[]){"serve", "--config", configuration, "--listen", "127.0.0.1:0", "--data",
                                            data, "--jsonl", NULL});
    assert_true(program_address(&p, address, 20000));
    ws_client *c = join(address);
    sleep_ms(3000);
    assert_int_equal(ws_client_count(c), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_at IS NULL"), 1);
    json_t *call = json_loads(ws_client_text(c, 0).text, 0, NULL);
    event_check(call);
    assert_true(event_is(call, "call"));
    assert_string_equal(event_text(call, "consent"), "unknown");
    program_signal(&p, SIGTERM);
    assert_int_equal(program_wait(&p, 5000), 0);
    assert_int_equal(ws_client_count(c), 2);
    json_t *over = json_loads(ws_client_text(c, 1).text, 0, NULL);
    event_check(over);
    assert_true(event_is(over, "over"));
    json_decref(over);
    json_t *printed = events_parse(p.out);
    assert_int_equal(json_array_size(printed), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_at IS NULL"), 0);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls"), 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE source IS NULL AND consent = 'unknown'"), 1);
    assert_int_equal(stored_count(data, "SELECT (SELECT count(*) FROM readings) + (SELECT count(*) FROM scores) +"
                                        " (SELECT count(*) FROM cues) + (SELECT count(*) FROM summaries)"),
                     0);
    json_decref(printed);
    json_decref(call);
    ws_client_close(c);
    program_end(&p);
}

static void serve_talk(program *p, char address[64], const char *name, const char *more) {
    char data[512], configuration[512], text[2048];
    snprintf(data, sizeof data, "%s", scratch_path("%s", name));
    snprintf(configuration, sizeof configuration, "%s", scratch_path("%s.cfg", name));
    snprintf(text, sizeof text, "%ssources: ( { kind = \"recording\"; file = \"%s\"; consent = \"given\"; } );\n", more,
             sound_demo());
    write_configuration(configuration, text);
    program_start(
        p, (const char *const[]){"serve", "--config", configuration, "--listen", "127.0.0.1:0", "--data", data, NULL});
    assert_true(program_address(p, address, 20000));
}

/* The id of the call in progress. */
static void find_call(const char *address, char id[64]) {
    ws_client *c = join(address);
    assert_true(ws_client_wait_count(c, 1, 5000));
    json_t *call = json_loads(ws_client_text(c, 0).text, 0, NULL);
    snprintf(id, 64, "%s", event_text(call, "call"));
    json_decref(call);
    ws_client_close(c);
}

static bool is_sound(const ws_text *text) { return text->n_bytes == 2 * 2 * 800 && text->text[0] != '{'; }

static long noted(const char *name) {
    return stored_count(scratch_path("%s", name), "SELECT count(*) FROM audit WHERE action = 'listen'");
}

static bool is_first_sound(const ws_text *text, void *user) {
    if (!is_sound(text)) return false;
    if (*(long *)user < 0) *(long *)user = noted("heard");
    return true;
}

/* A supervisor who may hears the call in progress, ten messages a second, and the audit knows before they do. */
static void test_listening(void **state) {
    (void)state;
    char address[64], id[64], path[128];
    long before = -1, sounds = 0, loudest = 0;
    program p;
    serve_talk(&p, address, "heard", "listening = true;\n");
    find_call(address, id);
    assert_int_equal(noted("heard"), 0);
    snprintf(path, sizeof path, "/events?call=%s&sound=1", id);
    ws_client *c = ws_client_open(address, path, NULL, NULL);
    assert_int_equal(ws_client_status(c), 101);
    assert_true(ws_client_wait(c, is_first_sound, &before, 5000, NULL));
    assert_int_equal(before, 1);
    sleep_ms(3000);
    for (size_t i = 0; i < ws_client_count(c); i++) {
        ws_text text = ws_client_text(c, i);
        if (!is_sound(&text)) continue;
        sounds++;
        for (size_t k = 1; k < text.n_bytes; k += 2)
            if (abs(text.text[k]) > loudest) loudest = abs(text.text[k]);
    }
    assert_in_range(sounds, 25, 40);
    assert_true(loudest > 5); /* of 128 */
    ws_client_close(c);
    snprintf(path, sizeof path, "/events?call=c-none&sound=1");
    c = ws_client_open(address, path, NULL, NULL);
    sleep_ms(300);
    assert_int_equal(ws_client_count(c), 0);
    ws_client_close(c);
    assert_int_equal(noted("heard"), 1);
    program_signal(&p, SIGTERM);
    assert_int_equal(program_wait(&p, 5000), 0);
    program_end(&p);
}

static void test_listening_is_off(void **state) {
    (void)state;
    char address[64], id[64], path[128];
    program p;
    serve_talk(&p, address, "unheard", "");
    find_call(address, id);
    snprintf(path, sizeof path, "/events?call=%s&sound=1", id);
    ws_client *c = ws_client_open(address, path, NULL, NULL);
    assert_int_equal(ws_client_status(c), 403);
    ws_client_close(c);
    assert_int_equal(noted("unheard"), 0);
    program_signal(&p, SIGTERM);
    assert_int_equal(program_wait(&p, 5000), 0);
    program_end(&p);
}

/* Without a configuration it serves the pages and waits. */
static void test_no_sources(void **state) {
    (void)state;
    char address[64];
    program p;
    program_start(&p, (const char *const[]){"serve", "--listen", "127.0.0.1:0", NULL});
    assert_true(program_address(&p, address, 20000));
    ws_client *c = join(address);
    sleep_ms(300);
    assert_int_equal(ws_client_count(c), 0);
    program_signal(&p, SIGINT);
    assert_int_equal(program_wait(&p, 5000), 0);
    ws_client_close(c);
    program_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_come_and_go), cmocka_unit_test(test_consent_is_unknown_by_default),
        cmocka_unit_test(test_listening),           cmocka_unit_test(test_listening_is_off),
        cmocka_unit_test(test_no_sources),
    };
    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
