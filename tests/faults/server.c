#include "server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../blackbox/http_client.h"
#include "calls.h"

int64_t wall_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static bool is_cue(const ws_text *text, void *user) {
    (void)user;
    return strstr(text->text, "\"type\":\"cue\"");
}

void server_start(server *s, int n_calls, const char *data) {
    *s = (server){0};
    program_start(&s->program, (const char *const[]){"serve", "--config", calls_configuration(n_calls, data),
                                                     "--listen", "127.0.0.1:0", NULL});
    assert_true(program_address(&s->program, s->address, 20000));
    s->client = ws_client_open(s->address, "/events", NULL, NULL);
    assert_non_null(s->client);
    assert_true(ws_client_wait(s->client, is_cue, NULL, 20000, NULL));
}

static int last_status(ws_client *client) {
    for (size_t i = ws_client_count(client); i-- > 0;) {
        const char *text = ws_client_text(client, i).text;
        if (strstr(text, "\"type\":\"status\"")) return strstr(text, "\"storing\":true") ? 1 : 0;
    }
    return -1;
}

int server_last_status(const server *s) { return last_status(s->client); }

static bool is_reading(const ws_text *text, void *user) {
    (void)user;
    return strstr(text->text, "\"type\":\"reading\"");
}

int server_status_for_late(const server *s) {
    ws_client *late = ws_client_open(s->address, "/events", NULL, NULL);
    assert_non_null(late);
    assert_true(ws_client_wait(late, is_reading, NULL, 5000, NULL));
    int status = last_status(late);
    ws_client_close(late);
    return status;
}

int server_metric(const server *s) {
    static const char name[] = "\nundertone_storing ";
    http_answer a = http_ask(s->address, "GET", "/metrics", NULL, NULL);
    const char *at = a.status == 200 ? strstr(a.body, name) : NULL;
    int storing = at ? at[sizeof name - 1] - '0' : -1;
    http_answer_free(&a);
    return storing;
}

void server_wait_status(const server *s, int storing, int timeout_ms) {
    long until = now_ms() + timeout_ms;
    while (server_last_status(s) != storing && now_ms() < until) sleep_ms(10);
    if (server_last_status(s) == storing) return;
    char *err = program_err(&s->program);
    fail_msg("after %d ms no status says storing %d: %s", timeout_ms, storing, err);
}

int server_stop(server *s) {
    program_signal(&s->program, SIGTERM);
    int status = program_wait(&s->program, 20000);
    ws_client_wait_closed(s->client, 5000);
    return status;
}

void server_end(server *s) {
    ws_client_close(s->client);
    program_end(&s->program);
    *s = (server){0};
}
