/* Serving, from outside: real sockets, real WebSocket clients. */
#include "serve/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../blackbox/ws_client.h"
#include "serve/pages.h"

static const call_facts facts_a = {.id = "c-01A",
                                   .source = "a.flac",
                                   .channels = 2,
                                   .roles = {UT_AGENT, UT_CUSTOMER},
                                   .started_at_ms = 1795255200000,
                                   .consent = UT_CONSENT_GIVEN,
                                   .model = "base@0"};

static call_facts facts_of(const char *id) {
    call_facts facts = facts_a;
    snprintf(facts.id, sizeof facts.id, "%s", id);
    return facts;
}

static void send_away(serve *s, message *m) {
    assert_non_null(m);
    serve_send(s, m);
    message_release(m);
}

static void send_call(serve *s, const char *id, ut_consent consent) {
    call_facts facts = facts_of(id);
    facts.consent = consent;
    send_away(s, message_of_call(&facts));
}

static void send_reading(serve *s, const char *id, double t_s, ut_channel channel) {
    call_facts facts = facts_of(id);
    ut_event event = {.type = channel == UT_CUSTOMER ? UT_EVENT_CUSTOMER : UT_EVENT_ACTIVITY, .t_s = t_s};
    if (channel != UT_CUSTOMER) event.activity.channel = channel;
    send_away(s, message_of_event(&facts, &event));
}

static void send_turn(serve *s, const char *id) {
    call_facts facts = facts_of(id);
    send_away(s, message_of_event(&facts, &(ut_event){.type = UT_EVENT_TURN, .t_s = 2}));
}

static void send_cue_of(serve *s, const call_facts *facts, unsigned cue, ut_cue_state state) {
    ut_event event = {.type = UT_EVENT_CUE,
                      .t_s = 3,
                      .cue = {.id = cue, .state = state, .text = "Voice sounds tense", .advice = "", .score = NAN}};
    send_away(s, message_of_event(facts, &event));
}

static void send_cue(serve *s, const char *id, unsigned cue, ut_cue_state state) {
    call_facts facts = facts_of(id);
    send_cue_of(s, &facts, cue, state);
}

static void send_summary(serve *s, const char *id) {
    call_facts facts = facts_of(id);
    ut_event event = {.type = UT_EVENT_SUMMARY, .t_s = 60, .summary = {.duration_s = 60}};
    send_away(s, message_of_event(&facts, &event));
}

static serve *try_open(const char *listen, const char *web_dir, char message[200]) {
    return serve_open(&(serve_options){.listen = listen, .web_dir = web_dir}, message, 200);
}

static serve *open_at(const char *listen, const char *web_dir) {
    char message[200] = "";
    serve *s = try_open(listen, web_dir, message);
    if (!s) print_message("%s\n", message);
    assert_non_null(s);
    return s;
}

static ws_client *join(serve *s, const char *path) {
    ws_client *c = ws_client_open(serve_address(s), path, NULL, "undertone.events");
    assert_non_null(c);
    assert_int_equal(ws_client_status(c), 101);
    return c;
}

static int status_of(serve *s, const char *path, const char *origin, const char *subprotocol) {
    ws_client *c = ws_client_open(serve_address(s), path, origin, subprotocol);
    assert_non_null(c);
    int status = ws_client_status(c);
    ws_client_close(c);
    return status;
}

static bool says(ws_client *c, size_t i, const char *part) { return strstr(ws_client_text(c, i).text, part) != NULL; }

static void pause_ms(int ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* Waits until as many clients are connected. */
static void wait_clients(serve *s, unsigned long n) {
    for (int i = 0; i < 500 && serve_count(s).clients != n; i++) pause_ms(10);
    assert_int_equal(serve_count(s).clients, n);
}

static int port_of(serve *s) { return atoi(strrchr(serve_address(s), ':') + 1); }

static int plug(serve *s) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port_of(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_return_code(connect(fd, (struct sockaddr *)&to, sizeof to), errno);
    return fd;
}

static void put(int fd, const char *text) {
    ssize_t n = send(fd, text, strlen(text), MSG_NOSIGNAL);
    (void)n; /* who hangs up on garbage early is right */
}

/* What comes back until the other side hangs up, or for 5 s. */
static char *take(int fd) {
    static char text[1 << 20];
    size_t n = 0;
    for (ssize_t got; n < sizeof text - 1 && (got = recv(fd, text + n, sizeof text - 1 - n, 0)) > 0;) n += (size_t)got;
    text[n] = '\0';
    close(fd);
    return text;
}

static char *ask(serve *s, const char *request_line, const char *more) {
    char request[1000];
    int fd = plug(s);
    snprintf(request, sizeof request, "%s\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", request_line, more);
    put(fd, request);
    return take(fd);
}

static bool answers(const char *answer, int status) {
    char line[32];
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    return !strncmp(answer, line, strlen(line));
}

#define UPGRADE                                                                                                        \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                                       \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* A WebSocket by hand, which reads no more than the server's handshake. */
static int join_by_hand(serve *s) {
    char answer[16] = "";
    int fd = plug(s), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    put(fd, "GET /events HTTP/1.1\r\nHost: localhost\r\n" UPGRADE "\r\n");
    assert_int_equal(recv(fd, answer, 12, MSG_WAITALL), 12);
    assert_string_equal(answer, "HTTP/1.1 101");
    return fd;
}

/* A keeper of feedback: it counts, and gives it back to be told to all, as the hub does once it is stored. */
struct keeper {
    serve *serve;
    atomic_uint n;
    char last[200];
};

static void keep(void *user, message *m) {
    struct keeper *keeper = user;
    snprintf(keeper->last, sizeof keeper->last, "%s", m->text);
    atomic_fetch_add(&keeper->n, 1);
    serve_send(keeper->serve, m);
}

static serve *open_keeping(struct keeper *keeper) {
    char message[200];
    *keeper = (struct keeper){0};
    keeper->serve = serve_open(&(serve_options){.listen = "127.0.0.1:0", .feedback = keep, .user = keeper}, message,
                               sizeof message);
    assert_non_null(keeper->serve);
    return keeper->serve;
}

/* Says text and waits for the next message, whatever it is. */
static const char *say(ws_client *c, const char *text) {
    size_t n = ws_client_count(c);
    ws_client_send(c, text);
    return ws_client_wait_count(c, n + 1, 5000) ? ws_client_text(c, n).text : "";
}

static const char *say_of(ws_client *c, const char *id, unsigned cue, const char *verdict) {
    char text[200];
    snprintf(text, sizeof text, "{\"type\":\"feedback\",\"call\":\"%s\",\"cue\":%u,\"verdict\":\"%s\"}", id, cue,
             verdict);
    return say(c, text);
}

static bool is_refusal(const char *text, const char *why) {
    static const char start[] = "{\"type\":\"refused\",\"why\":\"";
    return !strncmp(text, start, strlen(start)) && strstr(text, why);
}

static void test_late_joiner_gets_the_state(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    send_call(s, "c-00", UT_CONSENT_GIVEN);
    send_reading(s, "c-00", 1, UT_CUSTOMER);
    send_summary(s, "c-00");
    send_call(s, "c-01A", UT_CONSENT_GIVEN);
    send_reading(s, "c-01A", 0.5, UT_CUSTOMER);
    send_reading(s, "c-01A", 0.5, UT_AGENT);
    send_reading(s, "c-01A", 1, UT_CUSTOMER);
    send_cue(s, "c-01A", 1, UT_CUE_RAISED);
    send_cue(s, "c-01A", 2, UT_CUE_RAISED);
    send_cue(s, "c-01A", 2, UT_CUE_UPDATED);
    send_cue(s, "c-01A", 1, UT_CUE_CLEARED);
    send_call(s, "c-00B", UT_CONSENT_REFUSED);
    ws_client *c = join(s, "/events");
    assert_true(ws_client_wait_count(c, 7, 5000));
    send_cue(s, "c-01A", 2, UT_CUE_CLEARED);
    assert_true(ws_client_wait_count(c, 8, 5000));
    assert_true(says(c, 0, "\"call\",\"call\":\"c-00\""));
    assert_true(says(c, 1, "summary"));
    assert_true(says(c, 2, "c-00B") && says(c, 2, "refused"));
    assert_true(says(c, 3, "\"call\",\"call\":\"c-01A\""));
    assert_true(says(c, 4, "\"t_s\":1.0") && says(c, 4, "customer"));
    assert_true(says(c, 5, "\"t_s\":0.5") && says(c, 5, "agent") && !says(c, 5, "frustration"));
    assert_true(says(c, 6, "\"id\":2") && says(c, 6, "updated"));
    assert_true(says(c, 7, "\"id\":2") && says(c, 7, "cleared"));
    assert_int_equal(ws_client_count(c), 8);
    ws_client_close(c);
    serve_close(s);
}

static void test_keeps_eight_ended_calls(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "c-%02d", i);
        send_call(s, id, UT_CONSENT_GIVEN);
        send_summary(s, id);
    }
    send_call(s, "c-99", UT_CONSENT_GIVEN);
    ws_client *c = join(s, "/events");
    assert_true(ws_client_wait_count(c, 17, 5000));
    assert_true(says(c, 0, "c-12") && says(c, 15, "c-19") && says(c, 16, "c-99"));
    ws_client_close(c);
    serve_close(s);
}

static void test_withdrawn_call_has_no_readings_left(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    send_call(s, "c-1", UT_CONSENT_GIVEN);
    send_reading(s, "c-1", 1, UT_CUSTOMER);
    send_call(s, "c-1", UT_CONSENT_WITHDRAWN);
    send_call(s, "c-2", UT_CONSENT_GIVEN);
    send_summary(s, "c-2");
    send_call(s, "c-2", UT_CONSENT_WITHDRAWN);
    send_call(s, "c-3", UT_CONSENT_UNKNOWN);
    send_call(s, "c-3", UT_CONSENT_GIVEN);
    send_reading(s, "c-3", 1, UT_CUSTOMER);
    ws_client *c = join(s, "/events");
    assert_true(ws_client_wait_count(c, 4, 5000));
    assert_true(says(c, 0, "withdrawn") && says(c, 1, "withdrawn") && says(c, 2, "given") && says(c, 3, "reading"));
    ws_client_close(c);
    serve_close(s);
}

static void test_filter(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    send_call(s, "c-1", UT_CONSENT_GIVEN);
    send_call(s, "c-2", UT_CONSENT_GIVEN);
    ws_client *one = join(s, "/events?call=c-2"), *all = join(s, "/events");
    for (int i = 0; i < 50; i++) {
        send_reading(s, "c-1", i, UT_CUSTOMER);
        send_reading(s, "c-2", i, UT_CUSTOMER);
    }
    assert_true(ws_client_wait_count(all, 102, 5000));
    assert_true(ws_client_wait_count(one, 51, 5000));
    pause_ms(50);
    assert_int_equal(ws_client_count(one), 51);
    for (size_t i = 0; i < 51; i++) assert_true(says(one, i, "c-2"));
    ws_client_close(one);
    ws_client_close(all);

    const char *bad[] = {"/events?call=", "/events?call=a%20b", "/events?call=../x",
                         "/events?call=0123456789012345678901234567890123456789"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ws_client *c = ws_client_open(serve_address(s), bad[i], NULL, NULL);
        assert_int_equal(ws_client_status(c), 400);
        ws_client_close(c);
    }
    assert_int_not_equal(status_of(s, "/events?call=a%00b", NULL, NULL), 101);
    serve_close(s);
}

/* Two agents who must not see each other; names as they are written in a URL. */
static void test_agents(void **state) {
    (void)state;
    struct keeper keeper;
    serve *s = open_keeping(&keeper);
    call_facts a = facts_of("c-01A"), b = facts_of("c-01B");
    a.agent = "J\xc3\xb6rg 7";
    b.agent = "a-18";
    send_away(s, message_of_call(&a));
    ws_client *one = join(s, "/events?agent=J%C3%B6rg%207"), *two = join(s, "/events?agent=a-18"),
              *all = join(s, "/events");
    wait_clients(s, 3);
    send_away(s, message_of_call(&b));
    send_call(s, "c-01C", UT_CONSENT_GIVEN); /* nobody's */
    send_cue_of(s, &a, 1, UT_CUE_RAISED);
    send_cue_of(s, &b, 1, UT_CUE_RAISED);
    send_reading(s, "c-01C", 1, UT_CUSTOMER);
    send_away(s, message_of_deletion("c-01D"));
    send_away(s, message_of_status(&(store_status){.storing = false, .why = "full"}));
    assert_true(ws_client_wait_count(one, 3, 5000));
    assert_true(says(one, 0, "c-01A") && says(one, 1, "c-01A") && says(one, 2, "status"));
    assert_true(ws_client_wait_count(two, 3, 5000));
    assert_true(says(two, 0, "c-01B") && says(two, 1, "c-01B") && says(two, 2, "status"));
    assert_true(is_refusal(say_of(one, "c-01B", 1, "helpful"), "no such cue"));
    assert_non_null(strstr(say_of(one, "c-01A", 1, "helpful"), "\"call\":\"c-01A\",\"cue\":1"));
    assert_true(ws_client_wait_count(all, 9, 5000));
    ws_client *late = join(s, "/events?agent=a-18&call=c-01A"); /* both must hold */
    send_summary(s, "c-01B");
    assert_true(ws_client_wait_count(two, 4, 5000));
    assert_int_equal(ws_client_count(one), 5);
    assert_int_equal(ws_client_count(late), 1);
    assert_true(says(late, 0, "status"));
    ws_client_close(late);
    ws_client_close(all);
    ws_client_close(two);
    ws_client_close(one);
    char long_name[700] = "/events?agent=";
    memset(long_name + strlen(long_name), 'a', sizeof long_name - strlen(long_name) - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(status_of(s, long_name, NULL, NULL), 400); /* and is not told everything */
    assert_int_equal(status_of(s, "/events?agent", NULL, NULL), 400);
    assert_int_equal(status_of(s, "/events?&agent=a-18", NULL, NULL), 400);
    assert_int_equal(status_of(s, "/events?agent=a-18&agent=", NULL, NULL), 400);
    assert_int_equal(status_of(s, "/events?agent=", NULL, NULL), 400);
    assert_int_equal(status_of(s, "/events?view=door", NULL, NULL), 400);
    assert_int_equal(status_of(s, "/events?sound=1", NULL, NULL), 400);
    assert_int_equal(status_of(s, "/events?call=c-01A&sound=2", NULL, NULL), 400);
    assert_int_equal(status_of(s, "/events?call=c-01A&sound=1", NULL, NULL), 403); /* unless it is allowed */
    serve_close(s);
}

/* What a wall is told of calls in progress; and whoever takes an escalation takes it for all. */
static void test_wall(void **state) {
    (void)state;
    struct keeper keeper;
    serve *s = open_keeping(&keeper);
    ws_client *c = join(s, "/events?view=wall");
    wait_clients(s, 1);
    send_call(s, "c-01A", UT_CONSENT_GIVEN);
    for (int i = 1; i <= 8; i++) {
        send_reading(s, "c-01A", i * 0.5, UT_CUSTOMER);
        send_reading(s, "c-01A", i * 0.5, UT_AGENT);
        send_turn(s, "c-01A");
    }
    call_facts facts = facts_of("c-01A");
    ut_event event = {.type = UT_EVENT_CUE, .cue = {.id = 1, .kind = UT_CUE_ESCALATE, .score = NAN}};
    send_away(s, message_of_event(&facts, &event));
    assert_true(ws_client_wait_count(c, 5, 5000));
    assert_true(says(c, 1, "\"t_s\":0.5") && says(c, 2, "\"t_s\":2.0") && says(c, 3, "\"t_s\":4.0"));
    assert_true(says(c, 4, "\"to\":\"supervisor\""));
    ws_client *late = join(s, "/events?view=wall");
    assert_true(ws_client_wait_count(late, 4, 5000));
    assert_true(says(late, 1,
                     "\"type\":\"trend\",\"call\":\"c-01A\",\"t_s\":4.0,\"step_s\":2.0,"
                     "\"frustration\":[0.0,0.0,0.0],\"stress\":[0.0,0.0,0.0]}"));
    assert_true(says(late, 2, "\"t_s\":4.0") && says(late, 3, "escalate"));

    assert_non_null(strstr(say_of(c, "c-01A", 1, "taken"), "\"cue\":1,\"verdict\":\"taken\",\"at\":\"20"));
    assert_true(is_refusal(say_of(c, "c-01A", 1, "taken"), "no such escalation"));
    send_cue(s, "c-01A", 2, UT_CUE_RAISED);
    assert_true(ws_client_wait_count(c, 8, 5000));
    assert_true(is_refusal(say_of(c, "c-01A", 2, "taken"), "no such escalation"));
    assert_true(ws_client_wait_count(late, 6, 5000));
    assert_true(says(late, 4, "taken"));
    assert_int_equal(atomic_load(&keeper.n), 1);
    ws_client_close(late);
    ws_client_close(c);
    serve_close(s);
}

static void test_slow_client_is_culled(void **state) {
    (void)state;
    enum { MESSAGES = 4000 };
    serve *s = open_at("127.0.0.1:0", NULL);
    int stalled = join_by_hand(s);
    ws_client *fast = join(s, "/events");
    wait_clients(s, 2);
    for (int i = 0; i < MESSAGES; i++) {
        send_reading(s, "c-1", i, UT_CUSTOMER);
        if (i % 100 == 99) assert_true(ws_client_wait_count(fast, (size_t)i + 1, 5000));
    }
    for (int i = 0; i < MESSAGES; i += 100) {
        char t_s[24];
        snprintf(t_s, sizeof t_s, "\"t_s\":%d.0,", i);
        assert_true(says(fast, (size_t)i, t_s));
    }
    wait_clients(s, 1);
    assert_int_equal(serve_count(s).culled, 1);
    assert_int_equal(ws_client_count(fast), MESSAGES);
    close(stalled);
    ws_client_close(fast);
    serve_close(s);
}

static int count_of(const char *bytes, size_t n_bytes, const char *part) {
    int n = 0;
    for (const char *at = bytes; (at = memmem(at, (size_t)(bytes + n_bytes - at), part, strlen(part))); at++) n++;
    return n;
}

/* What waits for a slow client when consent is withdrawn stays where it is. */
static void test_withdrawal_reaches_what_waits(void **state) {
    (void)state;
    enum { READINGS = 250 };
    static char came[1 << 18];
    size_t n_bytes = 0;
    serve *s = open_at("127.0.0.1:0", NULL);
    int slow = join_by_hand(s);
    wait_clients(s, 1);
    send_call(s, "c-01A", UT_CONSENT_GIVEN);
    for (int i = 0; i < READINGS; i++) send_reading(s, "c-01A", i, UT_CUSTOMER);
    pause_ms(200);
    send_call(s, "c-01A", UT_CONSENT_WITHDRAWN);
    send_call(s, "c-01B", UT_CONSENT_GIVEN);
    send_reading(s, "c-01B", 1, UT_CUSTOMER);
    pause_ms(50);
    for (ssize_t n = 1; n > 0 && !count_of(came, n_bytes, "\"reading\",\"call\":\"c-01B\""); n_bytes += (size_t)n)
        n = recv(slow, came + n_bytes, sizeof came - n_bytes, 0);
    assert_int_equal(count_of(came, n_bytes, "withdrawn"), 1);
    assert_int_equal(count_of(came, n_bytes, "\"reading\",\"call\":\"c-01B\""), 1);
    assert_in_range(count_of(came, n_bytes, "\"reading\",\"call\":\"c-01A\""), 1, READINGS - 1);
    close(slow);
    serve_close(s);
}

/* A state longer than the limit is no lag, and what happens meanwhile is told once, after the state of its call. */
static void test_long_state_arrives_whole(void **state) {
    (void)state;
    enum { CALLS = 1000, LATER = 200 };
    serve *s = open_at("127.0.0.1:0", NULL);
    for (int i = 0; i < CALLS; i++) {
        char id[16];
        snprintf(id, sizeof id, "c-%05d", (i * 7) % CALLS); /* not in order */
        send_call(s, id, UT_CONSENT_GIVEN);
        send_reading(s, id, i, UT_AGENT);
    }
    ws_client *c = join(s, "/events");
    for (int i = 0; i < LATER; i++) send_reading(s, "c-00001", i, UT_CUSTOMER);
    assert_true(ws_client_wait_count(c, 2 * CALLS + LATER, 10000));
    int later = 0;
    for (size_t i = 0, n = ws_client_count(c); i < n; i++) {
        char id[16];
        snprintf(id, sizeof id, "c-%05d", ((int)i - later) / 2);
        if (says(c, i, "c-00001") && says(c, i, "customer\",\"speaking")) later++;
        else assert_true(says(c, i, id) && says(c, i, ((int)i - later) % 2 ? "reading" : "\"type\":\"call\""));
    }
    assert_int_equal(later, LATER);
    assert_int_equal(serve_count(s).culled, 0);
    ws_client_close(c);
    serve_close(s);
}

static void test_admission(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    assert_int_equal(status_of(s, "/events", NULL, NULL), 101);
    assert_int_equal(status_of(s, "/events", NULL, "undertone.events"), 101);
    assert_int_equal(status_of(s, "/events", serve_address(s), NULL), 101);
    assert_int_equal(status_of(s, "/events", "http://evil.example", NULL), 403);
    assert_int_equal(status_of(s, "/events", "https://localhost:7070", NULL), 403);
    assert_int_equal(status_of(s, "/events", "null", NULL), 403);
    assert_int_equal(status_of(s, "/", NULL, NULL), 404);
    assert_int_equal(status_of(s, "/events/", NULL, NULL), 404);
    assert_int_equal(status_of(s, "/agent/", NULL, NULL), 404);
    assert_int_not_equal(status_of(s, "/events", NULL, "chat"), 101);
    serve_close(s);
}

static void test_rebound_name_is_refused(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    const struct {
        const char *host, *origin;
        int status;
    } cases[] = {
        {"evil.example:7070", "http://evil.example:7070", 403}, {"1.evil.example", "http://1.evil.example", 403},
        {"localhost:7070", "http://localhost:7070", 101},       {"LocalHost", "http://localhost", 101},
        {"127.0.0.1:7070", "http://127.0.0.1:7070", 101},       {"[::1]:7070", "http://[::1]:7070", 101},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[500], answer[16] = "";
        int fd = plug(s);
        snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n" UPGRADE "\r\n",
                 cases[i].host, cases[i].origin);
        put(fd, request);
        assert_int_equal(recv(fd, answer, 12, MSG_WAITALL), 12);
        assert_int_equal(atoi(answer + 9), cases[i].status);
        close(fd);
    }
    serve_close(s);
}

/* What is said of a cue that was shown goes to the keeper and comes back to all; who comes later learns it with the
 * cue; of what was not shown nothing can be said. */
static void test_feedback(void **state) {
    (void)state;
    struct keeper keeper;
    serve *s = open_keeping(&keeper);
    ws_client *c = join(s, "/events"), *other = join(s, "/events?call=c-01A");
    wait_clients(s, 2);
    send_call(s, "c-01A", UT_CONSENT_GIVEN);
    send_call(s, "c-01B", UT_CONSENT_GIVEN);
    send_cue(s, "c-01A", 1, UT_CUE_RAISED);
    send_cue(s, "c-01A", 2, UT_CUE_RAISED);
    assert_true(ws_client_wait_count(c, 4, 5000));

    assert_non_null(strstr(say_of(c, "c-01A", 2, "wrong"),
                           "{\"type\":\"feedback\",\"call\":\"c-01A\",\"cue\":2,\"verdict\":\"wrong\",\"at\":\"20"));
    assert_non_null(strstr(keeper.last, "\"cue\":2,\"verdict\":\"wrong\",\"at\":\"20"));
    assert_non_null(strstr(say_of(c, "c-01A", 2, "helpful"), "\"cue\":2,\"verdict\":\"helpful\""));
    assert_non_null(strstr(say_of(c, "c-01A", 1, "dismiss"), "\"cue\":1,\"verdict\":\"dismiss\""));
    assert_true(ws_client_wait_count(other, 6, 5000));
    assert_true(says(other, 5, "\"cue\":1,\"verdict\":\"dismiss\""));
    assert_int_equal(atomic_load(&keeper.n), 3);

    assert_true(is_refusal(say_of(c, "c-01A", 3, "helpful"), "no such cue"));
    assert_true(is_refusal(say_of(c, "c-01B", 1, "helpful"), "no such cue"));
    assert_true(is_refusal(say_of(c, "c-none", 1, "helpful"), "no such cue"));
    assert_true(is_refusal(say_of(c, "c-01A", 1, "great"), "verdict"));
    assert_true(is_refusal(say(c, "helpful!"), "not JSON"));
    assert_true(is_refusal(say(c, "{\"type\":\"call\"}"), "only feedback"));
    assert_int_equal(ws_client_count(other), 6); /* who is refused is told alone */

    ws_client *late = join(s, "/events?call=c-01A");
    assert_true(ws_client_wait_count(late, 5, 5000));
    assert_true(says(late, 1, "\"id\":1") && says(late, 2, "\"cue\":1,\"verdict\":\"dismiss\""));
    assert_true(says(late, 3, "\"id\":2") && says(late, 4, "\"cue\":2,\"verdict\":\"helpful\""));

    send_cue(s, "c-01A", 2, UT_CUE_CLEARED);
    send_summary(s, "c-01A");
    assert_true(ws_client_wait_count(late, 7, 5000));
    assert_non_null(strstr(say_of(late, "c-01A", 2, "wrong"), "\"verdict\":\"wrong\"")); /* ended lately */
    send_call(s, "c-01A", UT_CONSENT_WITHDRAWN);
    assert_true(ws_client_wait_count(late, 9, 5000));
    assert_true(is_refusal(say_of(late, "c-01A", 2, "wrong"), "no such cue"));
    assert_int_equal(atomic_load(&keeper.n), 4);
    ws_client_close(late);
    ws_client_close(other);
    ws_client_close(c);
    serve_close(s);
}

static void test_nobody_keeps_feedback(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    ws_client *c = join(s, "/events");
    send_call(s, "c-01A", UT_CONSENT_GIVEN);
    send_cue(s, "c-01A", 1, UT_CUE_RAISED);
    assert_true(ws_client_wait_count(c, 2, 5000));
    assert_true(is_refusal(say_of(c, "c-01A", 1, "helpful"), "nothing is kept here"));
    ws_client_close(c);
    serve_close(s);
}

/* Of a held-out call all is told but its cues, to those who are there and to those who come. */
static void test_held_out_call(void **state) {
    (void)state;
    struct keeper keeper;
    serve *s = open_keeping(&keeper);
    ws_client *c = join(s, "/events");
    call_facts facts = facts_of("c-01A");
    facts.held_out = true;
    send_away(s, message_of_call(&facts));
    send_cue_of(s, &facts, 1, UT_CUE_RAISED);
    send_reading(s, "c-01A", 1, UT_CUSTOMER);
    send_turn(s, "c-01A");
    send_cue_of(s, &facts, 1, UT_CUE_UPDATED);
    send_cue_of(s, &facts, 2, UT_CUE_RAISED);
    send_reading(s, "c-01A", 1.5, UT_CUSTOMER);
    assert_true(ws_client_wait_count(c, 4, 5000));
    assert_true(says(c, 0, "\"arm\":\"held_out\"") && says(c, 1, "reading") && says(c, 2, "\"turn\"") &&
                says(c, 3, "reading"));
    assert_true(is_refusal(say_of(c, "c-01A", 1, "helpful"), "no such cue"));
    ws_client *late = join(s, "/events");
    send_cue_of(s, &facts, 1, UT_CUE_CLEARED);
    send_summary(s, "c-01A");
    assert_true(ws_client_wait_count(late, 3, 5000));
    assert_true(says(late, 0, "\"type\":\"call\"") && says(late, 1, "reading") && says(late, 2, "summary"));
    assert_int_equal(atomic_load(&keeper.n), 0);
    ws_client_close(late);
    ws_client_close(c);
    serve_close(s);
}

/* A frame as clients send them, its mask nothing but zeros. */
static void put_frame(int fd, unsigned char head, const char *bytes, size_t n) {
    unsigned char frame[8192] = {head};
    size_t at = 2;
    assert_true(n + 8 <= sizeof frame);
    if (n < 126) {
        frame[1] = (unsigned char)(0x80 | n);
    } else {
        frame[1] = 0x80 | 126, frame[2] = (unsigned char)(n >> 8), frame[3] = (unsigned char)n;
        at = 4;
    }
    memcpy(frame + at + 4, bytes, n);
    ssize_t sent = send(fd, frame, at + 4 + n, MSG_NOSIGNAL);
    (void)sent; /* whom it is too much hangs up */
}

enum { TEXT = 0x01, BINARY = 0x02, MORE = 0x00, LAST = 0x80 };

/* The status with which the server closes, after whatever else it said; 0 where it hangs up on what still comes, and -1
 * where it does not close in 5 s. */
static int closed_with(int fd) {
    static unsigned char x[1 << 16];
    size_t n = 0;
    ssize_t got;
    while ((got = recv(fd, x + n, sizeof x - n, 0)) > 0) n += (size_t)got;
    bool closed = !got || errno == ECONNRESET;
    close(fd);
    for (size_t i = 0; i + 3 < n; i++)
        if (x[i] == 0x88 && x[i + 1] == 2) return x[i + 2] << 8 | x[i + 3];
    return closed ? 0 : -1;
}

/* In pieces; too long; no text; too many. Nobody else notices. */
static void test_what_clients_say(void **state) {
    (void)state;
    static const char said[] = "{\"type\":\"feedback\",\"call\":\"c-01A\",\"cue\":1,\"verdict\":\"helpful\"}";
    static const char big[5000];
    struct keeper keeper;
    int flood;
    serve *s = open_keeping(&keeper);
    ws_client *c = join(s, "/events");
    send_call(s, "c-01A", UT_CONSENT_GIVEN);
    send_cue(s, "c-01A", 1, UT_CUE_RAISED);
    assert_true(ws_client_wait_count(c, 2, 5000));

    int fd = join_by_hand(s);
    put_frame(fd, TEXT, said, 10);
    put_frame(fd, MORE, said + 10, 0);
    put_frame(fd, MORE, said + 10, 20);
    put_frame(fd, MORE | LAST, said + 30, strlen(said) - 30);
    assert_true(ws_client_wait_count(c, 3, 5000));
    assert_true(says(c, 2, "\"verdict\":\"helpful\""));
    put_frame(fd, TEXT, big, 3000);
    put_frame(fd, MORE, big, 2000);
    assert_int_equal(closed_with(fd), 1009);

    fd = join_by_hand(s);
    put_frame(fd, TEXT | LAST, big, 5000);
    assert_int_equal(closed_with(fd), 1009);
    fd = join_by_hand(s);
    put_frame(fd, BINARY | LAST, said, strlen(said));
    assert_int_equal(closed_with(fd), 1003);
    fd = join_by_hand(s);
    for (int i = 0; i < 400; i++) put_frame(fd, TEXT | LAST, said, strlen(said));
    flood = closed_with(fd);
    assert_true(!flood || flood == 1008);
    fd = join_by_hand(s);
    put_frame(fd, TEXT, said, 1);
    for (int i = 0; i < 400; i++) put_frame(fd, MORE, said, 0);
    flood = closed_with(fd);
    assert_true(!flood || flood == 1008);
    fd = join_by_hand(s);
    put_frame(fd, TEXT, said, 10); /* and gone */
    close(fd);

    assert_in_range(atomic_load(&keeper.n), 50, 150);
    assert_non_null(strstr(say_of(c, "c-01A", 1, "wrong"), "\"type\":\"feedback\""));
    wait_clients(s, 1);
    assert_int_equal(serve_count(s).culled, 0);
    ws_client_close(c);
    serve_close(s);
}

static void test_http(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    char *home = ask(s, "GET / HTTP/1.1", "");
    assert_true(answers(home, 302) && strstr(home, "location: /agent/\r\n"));
    assert_true(answers(ask(s, "GET /nothing HTTP/1.1", ""), 404));
    assert_true(answers(ask(s, "GET /agent/nothing.html HTTP/1.1", ""), 404));
    assert_true(answers(ask(s, "GET /events HTTP/1.1", ""), 426));
    char *refused = ask(s, "POST /agent/ HTTP/1.1", "Content-Length: 3\r\n\r\nabc");
    assert_true(answers(refused, 405) && strstr(refused, "allow: GET, HEAD\r\n"));
    assert_true(answers(ask(s, "DELETE / HTTP/1.1", ""), 405));
    time_t asked = time(NULL);
    int fd = plug(s); /* what follows is a body, no second request; nobody waits for its end */
    put(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    refused = take(fd);
    assert_true(answers(refused, 405) && !strstr(refused + 1, "HTTP/1.1 404"));
    assert_true(time(NULL) - asked < 4);
    char *head = ask(s, "HEAD /nothing HTTP/1.1", "");
    assert_true(answers(head, 404));
    assert_string_equal(strstr(head, "\r\n\r\n"), "\r\n\r\n");
    const char *headers[] = {"content-security-policy: default-src 'none'; script-src 'self';",
                             "x-content-type-options: nosniff", "referrer-policy: no-referrer",
                             "cross-origin-opener-policy: same-origin", "cross-origin-resource-policy: same-origin"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) assert_non_null(strstr(head, headers[i]));
    serve_close(s);
}

/* What was asked for is asked for there too; nothing in it becomes a header. */
static void test_redirect_keeps_the_query(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    const struct {
        const char *asked, *location;
    } cases[] = {
        {"/agent", "/agent/"},
        {"/agent?call=c-01A", "/agent/?call=c-01A"},
        {"/?call=c-01A&lang=de", "/agent/?call=c-01A&lang=de"},
        {"/agent?a=1%26b=2&c=%09x%20y+z%7F", "/agent/?a=1%26b=2&c=%09x%20y%20z%7F"},
        {"/agent?q=%C3%A4/%25%3F%23%22", "/agent/?q=%C3%A4%2F%25%3F%23%22"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[200], location[200];
        snprintf(line, sizeof line, "GET %s HTTP/1.1", cases[i].asked);
        snprintf(location, sizeof location, "location: %s\r\n", cases[i].location);
        char *answer = ask(s, line, "");
        if (!answers(answer, 302) || !strstr(answer, location)) fail_msg("%s: %s", cases[i].asked, answer);
    }
    assert_null(strstr(ask(s, "GET /agent?a=%0d%0aset-cookie:%20x=1 HTTP/1.1", ""), "set-cookie"));
    char line[900];
    for (int n = 490; n < 520; n++) {
        snprintf(line, sizeof line, "GET /agent?%0*d HTTP/1.1", n, 0);
        char *answer = ask(s, line, "");
        assert_true(answers(answer, n < 504 ? 302 : 414));
    }
    serve_close(s);
}

static void write_file(const char *dir, const char *name, const char *text, size_t n) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, n, out), n);
    fclose(out);
}

static void make_site(char dir[64]) {
    char path[128];
    strcpy(dir, "/tmp/undertone-web-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/agent", dir);
    assert_return_code(mkdir(path, 0700), errno);
    write_file(dir, "agent/index.html", "<p>Hello", 8);
    write_file(dir, "agent/.hidden.js", "1", 1);
    write_file(dir, "agent/secret.txt", "1", 1);
    write_file(dir, "agent/Big.js", "1", 1);
    char *big = calloc(1, 5 << 20);
    write_file(dir, "agent/large.js", big, 5 << 20);
    memset(big, 'x', 300000);
    write_file(dir, "agent/some.js", big, 300000);
    free(big);
    write_file(dir, "agent/empty.css", "", 0);
    snprintf(path, sizeof path, "%s/agent/link.js", dir);
    assert_return_code(symlink("/etc/passwd", path), errno);
    snprintf(path, sizeof path, "%s/etc", dir);
    assert_return_code(symlink("/etc", path), errno);
    snprintf(path, sizeof path, "%s/agent/pipe.js", dir);
    assert_return_code(mkfifo(path, 0600), errno);
}

static void remove_site(const char *dir) {
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    assert_int_equal(system(command), 0);
}

static void test_pages_from_disk(void **state) {
    (void)state;
    char dir[64];
    make_site(dir);
    serve *s = open_at("127.0.0.1:0", dir);
    char *page = ask(s, "GET /agent/ HTTP/1.1", "Accept-Encoding: gzip\r\n");
    assert_true(answers(page, 200) && strstr(page, "content-type: text/html; charset=utf-8\r\n"));
    assert_string_equal(strstr(page, "\r\n\r\n"), "\r\n\r\n<p>Hello");
    char *head = ask(s, "HEAD /agent/ HTTP/1.1", "");
    assert_true(answers(head, 200) && strstr(head, "content-length: 8\r\n"));
    assert_string_equal(strstr(head, "\r\n\r\n"), "\r\n\r\n");
    char *moved = ask(s, "GET /agent HTTP/1.1", "");
    assert_true(answers(moved, 302) && strstr(moved, "location: /agent/\r\n"));
    char *some = ask(s, "GET /agent/some.js HTTP/1.1", "");
    assert_true(answers(some, 200));
    assert_int_equal(strlen(strstr(some, "\r\n\r\n") + 4), 300000);
    assert_true(answers(ask(s, "GET /agent/empty.css HTTP/1.1", ""), 200));
    assert_true(answers(ask(s, "GET /agent/index.html?v=1 HTTP/1.1", ""), 200));

    const char *refused[] = {"/agent/link.js",
                             "/agent/secret.txt",
                             "/agent/.hidden.js",
                             "/agent/Big.js",
                             "/agent/large.js",
                             "/agent/pipe.js",
                             "/etc/fonts/x.js",
                             "/agent/index.html/",
                             "/agent/index.html/x.js",
                             "/agent//../../x.js",
                             "/..%2f..%2fetc%2fpasswd.js",
                             "/%2e%2e/%2e%2e/etc/passwd",
                             "/agent/%00.js",
                             "/agent/..%5cx.js",
                             "/etc/passwd"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char line[100];
        snprintf(line, sizeof line, "GET %s HTTP/1.1", refused[i]);
        char *answer = ask(s, line, "");
        if (answers(answer, 200)) print_message("%s is served\n", refused[i]);
        assert_false(answers(answer, 200));
    }
    serve_close(s);
    remove_site(dir);
}

/* The first page in the program that is HTML, whichever it is. */
static const struct page *some_page(void) {
    for (size_t i = 0; i < n_pages; i++)
        if (strstr(pages[i].path, "/index.html")) return &pages[i];
    return NULL;
}

static void test_pages_from_the_program(void **state) {
    (void)state;
    const struct page *page = some_page();
    char line[200], match[200], length[64];
    size_t n;
    assert_non_null(page);
    unsigned char *whole = page_inflate(page, &n);
    assert_non_null(whole);
    serve *s = open_at("127.0.0.1:0", NULL);
    snprintf(line, sizeof line, "GET %.*s HTTP/1.1", (int)(strlen(page->path) - strlen("index.html")), page->path);

    char *answer = ask(s, line, "Accept-Encoding: deflate, gzip;q=0.8, br\r\n");
    assert_true(answers(answer, 200) && strstr(answer, "content-encoding: gzip\r\n") && strstr(answer, page->etag));
    snprintf(length, sizeof length, "content-length: %zu\r\n", page->n_bytes);
    assert_non_null(strstr(answer, length));
    assert_memory_equal(strstr(answer, "\r\n\r\n") + 4, page->gzip, page->n_bytes);

    const char *without[] = {"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0\r\n"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        answer = ask(s, line, without[i]);
        assert_true(answers(answer, 200) && !strstr(answer, "content-encoding") && !strstr(answer, "etag"));
        assert_memory_equal(strstr(answer, "\r\n\r\n") + 4, whole, n);
    }
    snprintf(match, sizeof match, "Accept-Encoding: gzip\r\nIf-None-Match: \"x\", %s\r\n", page->etag);
    answer = ask(s, line, match);
    assert_true(answers(answer, 304));
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    free(whole);
    serve_close(s);
}

static void test_keep_alive(void **state) {
    (void)state;
    char dir[64];
    make_site(dir);
    serve *s = open_at("127.0.0.1:0", dir);
    int fd = plug(s);
    for (int i = 0; i < 3; i++) put(fd, "GET /agent/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    put(fd, "HEAD /agent/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    put(fd, "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    char *text = take(fd);
    int pages = 0, all = 0;
    for (char *at = text; (at = strstr(at, "<p>Hello")); at++) pages++;
    for (char *at = text; (at = strstr(at, "HTTP/1.1 ")); at++) all++;
    assert_int_equal(pages, 3);
    assert_int_equal(all, 5);
    serve_close(s);
    remove_site(dir);
}

/* What a body in chunks holds is no request of whoever shares the connection: a proxy's next client. */
static void test_body_is_no_request(void **state) {
    (void)state;
    static const char *const asked[] = {"GET /agent/", "GET /api/status", "HEAD /agent/", "GET /agent"};
    char dir[64];
    make_site(dir);
    serve *s = open_at("127.0.0.1:0", dir);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        int fd = plug(s), all = 0;
        put(fd, asked[i]);
        put(fd, " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        put(fd, "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        for (char *at = take(fd); (at = strstr(at, "HTTP/1.1 ")); at++) all++;
        assert_int_equal(all, 1);
    }
    serve_close(s);
    remove_site(dir);
}

static void test_addresses(void **state) {
    (void)state;
    char message[200], in_use[64];
    serve *s = open_at("127.0.0.1:0", NULL);
    assert_true(port_of(s) > 0);
    snprintf(in_use, sizeof in_use, "127.0.0.1:%d", port_of(s));
    assert_null(try_open(in_use, NULL, message));
    assert_non_null(strstr(message, "port is in use by another program"));
    assert_memory_equal(message, in_use, strlen(in_use));
    serve_close(s);
    s = open_at(in_use, NULL); /* at once again */
    serve_close(s);

    s = open_at(":0", NULL);
    assert_memory_equal(serve_address(s), "http://127.0.0.1:", 17);
    assert_int_equal(status_of(s, "/events", NULL, NULL), 101);
    serve_close(s);
    s = open_at("localhost:0", NULL);
    serve_close(s);
    const char *bad[] = {"",
                         ":",
                         "7070",
                         "127.0.0.1",
                         "127.0.0.1:",
                         "127.0.0.1:x",
                         "127.0.0.1:-1",
                         "127.0.0.1:65536",
                         "127.0.0.1:000080",
                         "::1:80",
                         "[::1:80",
                         "192.0.2.1:80",
                         "no name:80",
                         "[]:80",
                         "999.999.999.999:80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        message[0] = '\0';
        s = try_open(bad[i], NULL, message);
        if (s) print_message("%s was taken\n", bad[i]);
        assert_null(s);
        assert_true(strlen(message) > strlen(bad[i]) + 2);
        assert_memory_equal(message, bad[i], strlen(bad[i]));
    }
    serve_close(NULL);
}

static void test_ipv6(void **state) {
    (void)state;
    char message[200];
    serve *s = try_open("[::1]:0", NULL, message);
    if (!s) skip(); /* a machine without IPv6 */
    assert_memory_equal(serve_address(s), "http://[::1]:", 13);
    assert_int_equal(status_of(s, "/events", serve_address(s), NULL), 101);
    serve_close(s);
}

static void test_garbage(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    ws_client *c = join(s, "/events");
    const char *requests[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "BREW /pot HTCPCP/1.0\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        "GET /events HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "GET /events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 1\r\n\r\n",
        "GET /%zz%%%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\nConnection: close\r\n\r\nx",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nab",
        "OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n",
        "CONNECT localhost:80 HTTP/1.1\r\nConnection: close\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        int fd = plug(s);
        put(fd, requests[i]);
        shutdown(fd, SHUT_WR);
        char *answer = take(fd);
        assert_false(answers(answer, 200) || (strstr(requests[i], "h2c") && answers(answer, 101)));
    }
    unsigned noise = 1;
    for (int i = 0; i < 200; i++) {
        char x[400];
        int fd = i % 2 ? plug(s) : join_by_hand(s);
        for (size_t k = 0; k < sizeof x; k++) x[k] = (char)((noise = noise * 1664525 + 1013904223) >> 24);
        ssize_t n = send(fd, x, sizeof x, MSG_NOSIGNAL);
        (void)n;
        close(fd);
    }
    char *cookie = malloc(70000);
    memset(cookie, 'c', 69999);
    cookie[69999] = '\0';
    int fd = plug(s);
    put(fd, "GET / HTTP/1.1\r\nCookie: ");
    put(fd, cookie);
    put(fd, "\r\n\r\n");
    take(fd);
    free(cookie);
    send_call(s, "c-1", UT_CONSENT_GIVEN);
    assert_true(ws_client_wait_count(c, 1, 5000));
    ws_client_close(c);
    wait_clients(s, 0);
    serve_close(s);
}

static void test_clients_come_and_go(void **state) {
    (void)state;
    enum { ROUNDS = 10, CLIENTS = 100 };
    serve *s = open_at("127.0.0.1:0", NULL);
    ws_client *c = join(s, "/events");
    send_call(s, "c-1", UT_CONSENT_GIVEN);
    for (int round = 0; round < ROUNDS; round++) {
        int fds[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) {
            fds[i] = join_by_hand(s);
            send_reading(s, "c-1", round, UT_CUSTOMER);
        }
        for (int i = 0; i < CLIENTS; i++) {
            struct linger at_once = {.l_onoff = 1};
            if (i % 2) setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); /* a reset */
            close(fds[i]);
        }
    }
    assert_true(ws_client_wait_count(c, 1 + ROUNDS * CLIENTS, 10000));
    wait_clients(s, 1);
    ws_client_close(c);
    serve_close(s);
}

/* What was sent before the close arrives, then the connection is closed; stalled ones do not hold it up for long. */
static void test_close_delivers_what_waits(void **state) {
    (void)state;
    serve *s = open_at("127.0.0.1:0", NULL);
    ws_client *c = join(s, "/events");
    int stalled = join_by_hand(s);
    wait_clients(s, 2);
    for (int i = 0; i < 200; i++) send_reading(s, "c-1", i, UT_CUSTOMER);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    serve_close(s);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true(ws_client_wait_closed(c, 5000));
    assert_int_equal(ws_client_count(c), 200);
    assert_true(end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9 < 2);
    ws_client_close(c);
    close(stalled);
}

static double cpu_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* In a process of their own, since these too take descriptors: connect n clients, close half when told, then all. */
static pid_t start_crowd(int n, int *to, int *from) {
    int down[2], up[2], port = 0, fds[1000];
    assert_return_code(pipe(down), errno);
    assert_return_code(pipe(up), errno);
    pid_t pid = fork();
    assert_return_code(pid, errno);
    if (pid) {
        close(down[0]);
        close(up[1]);
        *to = down[1];
        *from = up[0];
        return pid;
    }
    close(down[1]);
    if (read(down[0], &port, sizeof port) != sizeof port) _exit(1);
    for (int i = 0; i < n; i++) {
        struct sockaddr_in at = {
            .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fds[i], (struct sockaddr *)&at, sizeof at)) _exit(1);
        put(fds[i], "GET /events HTTP/1.1\r\nHost: localhost\r\n" UPGRADE "\r\n");
    }
    if (write(up[1], &port, 1) != 1 || read(down[0], &port, 1) != 1) _exit(1);
    for (int i = 0; i < n / 2; i++) close(fds[i]);
    ssize_t got = read(down[0], &port, 1);
    _exit(got == 1 ? 0 : 1);
}

/* More connections than there is room: those that fit are served, the others wait in the kernel without our spinning,
 * and room is used again. n_taken descriptors are taken by others after the server has opened. */
static void crowd(int n_taken, unsigned long least, unsigned long most) {
    enum { CLIENTS = 150, FILES = 200 };
    struct rlimit before, few;
    int to, from, status, taken[FILES];
    char one = 1;
    pid_t pid = start_crowd(CLIENTS, &to, &from);
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = FILES;
    assert_return_code(setrlimit(RLIMIT_NOFILE, &few), errno);
    serve *s = open_at("127.0.0.1:0", NULL);
    for (int i = 0; i < n_taken; i++) taken[i] = dup(0);
    int port = port_of(s);
    assert_int_equal(write(to, &port, sizeof port), sizeof port);
    assert_int_equal(read(from, &one, 1), 1);
    pause_ms(300);
    unsigned long served = serve_count(s).clients;
    double start_s = cpu_s();
    pause_ms(500);
    double used_s = cpu_s() - start_s;
    print_message("%lu of %d served, %.1f %% of a core while the rest wait\n", served, CLIENTS, used_s / 0.5 * 100);
    assert_in_range(served, least, most);
    assert_true(used_s < 0.1);
    assert_int_equal(write(to, &one, 1), 1);
    wait_clients(s, CLIENTS / 2);
    assert_int_equal(write(to, &one, 1), 1);
    wait_clients(s, 0);
    serve_close(s);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    for (int i = 0; i < n_taken; i++) close(taken[i]);
    close(to);
    close(from);
    setrlimit(RLIMIT_NOFILE, &before);
}

static void test_more_clients_than_room(void **state) {
    (void)state;
    crowd(0, 130, 136);
}

static void test_out_of_descriptors(void **state) {
    (void)state;
    crowd(100, 75, 99);
}

static int by_value(const void *a, const void *b) {
    return (*(int64_t *)a > *(int64_t *)b) - (*(int64_t *)a < *(int64_t *)b);
}

static void test_latency(void **state) {
    (void)state;
    enum { MESSAGES = 500 };
    int64_t took_us[MESSAGES];
    serve *s = open_at("127.0.0.1:0", NULL);
    ws_client *c = join(s, "/events");
    for (int i = 0; i < MESSAGES; i++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        took_us[i] = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
        send_reading(s, "c-1", i, UT_CUSTOMER);
        pause_ms(2);
    }
    assert_true(ws_client_wait_count(c, MESSAGES, 5000));
    for (size_t i = 0; i < MESSAGES; i++) took_us[i] = ws_client_text(c, i).received_us - took_us[i];
    qsort(took_us, MESSAGES, sizeof *took_us, by_value);
    print_message("from serve_send to the client: p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n",
                  took_us[MESSAGES / 2] / 1e3, took_us[MESSAGES * 99 / 100] / 1e3, took_us[MESSAGES - 1] / 1e3);
    assert_true(took_us[MESSAGES / 2] < 20000);
    ws_client_close(c);
    serve_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_joiner_gets_the_state),
        cmocka_unit_test(test_keeps_eight_ended_calls),
        cmocka_unit_test(test_withdrawn_call_has_no_readings_left),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_agents),
        cmocka_unit_test(test_wall),
        cmocka_unit_test(test_slow_client_is_culled),
        cmocka_unit_test(test_withdrawal_reaches_what_waits),
        cmocka_unit_test(test_long_state_arrives_whole),
        cmocka_unit_test(test_admission),
        cmocka_unit_test(test_rebound_name_is_refused),
        cmocka_unit_test(test_feedback),
        cmocka_unit_test(test_nobody_keeps_feedback),
        cmocka_unit_test(test_held_out_call),
        cmocka_unit_test(test_what_clients_say),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_redirect_keeps_the_query),
        cmocka_unit_test(test_pages_from_disk),
        cmocka_unit_test(test_pages_from_the_program),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_body_is_no_request),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_clients_come_and_go),
        cmocka_unit_test(test_close_delivers_what_waits),
        cmocka_unit_test(test_more_clients_than_room),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
