/* What pages and tools ask over HTTP of what is kept: a real server on loopback over a real store. */
#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "../blackbox/http_client.h"
#include "../blackbox/ws_client.h"
#include "serve/pages.h"
#include "store/archive.h"
#include "store/audit.h"
#include "store/media.h"

enum { AUDIO_BYTES = 300000 };

/* A server over a store in a folder of its own; orders go to a list of live calls. */
typedef struct kept {
    char dir[64];
    store *store;
    serve *serve;
    const char *address;
    char live[CALL_ID_SIZE]; /* the one call in progress, "" */
    char ordered[300];       /* what it was last told */
} kept;

static bool take_order(void *user, const char *call, const call_order *order) {
    kept *k = user;
    if (strcmp(call, k->live)) return false;
    if (order->kind == ORDER_PAUSE)
        snprintf(k->ordered, sizeof k->ordered, "%s by %s", order->pause.paused ? "paused" : "resumed",
                 order->pause.who ? order->pause.who : "(null)");
    else
        snprintf(k->ordered, sizeof k->ordered, "%s, %s, by %s", ut_consent_name(order->consent.consent),
                 order->consent.method ? order->consent.method : "(null)",
                 order->consent.who ? order->consent.who : "(null)");
    return true;
}

static int count_live(void *user) { return *((kept *)user)->live ? 1 : 0; }

static json_t *tell_settings(void *user) { return json_pack("{ss}", "dir", ((kept *)user)->dir); }

static json_t *no_memory(void *user) { return user ? NULL : json_null(); }

static kept *open_kept(void) {
    char message[300];
    kept *k = calloc(1, sizeof *k);
    strcpy(k->dir, "/tmp/undertone-api-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    k->store = store_open(&(store_options){.dir = k->dir}, message, sizeof message);
    if (!k->store) fail_msg("%s", message);
    k->serve = serve_open(&(serve_options){.listen = "127.0.0.1:0",
                                           .store = k->store,
                                           .data_dir = k->dir,
                                           .order = take_order,
                                           .live = count_live,
                                           .settings = tell_settings,
                                           .model = no_memory,
                                           .user = k},
                          message, sizeof message);
    if (!k->serve) fail_msg("%s", message);
    k->address = serve_address(k->serve);
    return k;
}

static void close_kept(kept *k) {
    char command[100];
    serve_close_desk(k->serve);
    store_close(k->store);
    serve_close(k->serve);
    snprintf(command, sizeof command, "rm -r '%s'", k->dir);
    assert_int_equal(system(command), 0);
    free(k);
}

static void write_away(kept *k, message *m) {
    assert_non_null(m);
    store_write(k->store, m);
    message_release(m);
}

static call_facts facts_of(const char *id, int minute) {
    call_facts facts = {.source = "a.flac",
                        .channels = 2,
                        .roles = {UT_AGENT, UT_CUSTOMER},
                        .started_at_ms = 1795255200000 + 60000LL * minute,
                        .consent = UT_CONSENT_GIVEN,
                        .model = "base@0123456789ab",
                        .playbook = "default",
                        .queue = "billing",
                        .agent = "a-17",
                        .team = "red",
                        .customer = "C-4711"};
    snprintf(facts.id, sizeof facts.id, "%s", id);
    return facts;
}

static bool nothing(void *user, struct database *d) {
    (void)user;
    return d;
}

/* What was written so far is in the database. */
static void settle(kept *k) { assert_true(store_ask(k->store, nothing, NULL)); }

static void begin_call(kept *k, const char *id, int minute) {
    call_facts facts = facts_of(id, minute);
    write_away(k, message_of_call(&facts));
    for (int i = 1; i <= 20; i++) {
        ut_event event = {.type = UT_EVENT_CUSTOMER, .t_s = i / 2.0};
        event.customer.activity = (ut_activity){.speaking = true, .level_db = (float)-i};
        event.customer.affect = (ut_affect){.frustration = (float)i / 20};
        write_away(k, message_of_event(&facts, &event));
    }
    ut_event cue = {.type = UT_EVENT_CUE,
                    .t_s = 5,
                    .cue = {.id = 1, .kind = UT_CUE_FRUSTRATION, .text = "Voice sounds frustrated", .advice = ""}};
    write_away(k, message_of_event(&facts, &cue));
    settle(k);
}

static void make_call(kept *k, const char *id, int minute) {
    call_facts facts = facts_of(id, minute);
    begin_call(k, id, minute);
    facts.ended = "finished";
    ut_event event = {
        .type = UT_EVENT_SUMMARY, .t_s = 10, .summary = {.duration_s = 10, .has_customer = true, .cues = 1}};
    write_away(k, message_of_event(&facts, &event));
    settle(k);
}

/* ---- asking ---- */

/* The answer's JSON, new; the test fails where the status is another or it is no JSON. */
static json_t *ask(kept *k, const char *method, const char *path, const char *body, int status) {
    http_answer a = http_ask(k->address, method, path, NULL, body);
    json_t *json = json_loadb(a.body ? a.body : "", a.n_body, JSON_REJECT_DUPLICATES, NULL);
    if (a.status != status) fail_msg("%s %s: %d, not %d: %s", method, path, a.status, status, a.body ? a.body : "");
    if (!json) fail_msg("%s %s: no JSON: %s", method, path, a.body ? a.body : "");
    assert_string_equal(http_header(&a, "content-type"), "application/json");
    assert_string_equal(http_header(&a, "cache-control"), "no-store");
    if (status >= 400) assert_true(json_is_string(json_object_get(json, "error")));
    http_answer_free(&a);
    return json;
}

static void expect(kept *k, const char *method, const char *path, const char *body, int status, const char *says) {
    json_t *json = ask(k, method, path, body, status);
    char *text = json_dumps(json, JSON_COMPACT);
    if (!strstr(text, says)) fail_msg("%s %s %s: %s, not %s", method, path, body ? body : "", text, says);
    free(text);
    json_decref(json);
}

/* How many entries of an action the audit has; and that its chain holds. */
static int audited(kept *k, const char *action) {
    enum database_fault fault;
    char message[300];
    audit_verdict verdict;
    struct database *d = database_open(k->dir, DATABASE_READER, &fault, message, sizeof message);
    assert_non_null(d);
    json_t *entries = audit_list(d, action, 1000);
    assert_true(audit_verify(d, NULL, &verdict));
    assert_int_equal(verdict.broken, 0);
    int n = (int)json_array_size(entries);
    json_decref(entries);
    database_close(d);
    return n;
}

static void test_lists_and_shows(void **state) {
    (void)state;
    kept *k = open_kept();
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "c-%d", i);
        make_call(k, id, i);
    }
    json_t *page = ask(k, "GET", "/api/calls?limit=2&cue=frustration&agent=a-17", NULL, 200);
    json_t *calls = json_object_get(page, "calls");
    assert_int_equal(json_array_size(calls), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(calls, 0), "call")), "c-4");
    char path[300];
    snprintf(path, sizeof path, "/api/calls?limit=2&before=%s", json_string_value(json_object_get(page, "next")));
    json_decref(page);
    expect(k, "GET", path, NULL, 200, "\"call\":\"c-2\"");
    expect(k, "GET", "/api/calls?queue=none", NULL, 200, "{\"calls\":[],\"next\":null}");
    expect(k, "GET", "/api/calls?from=yesterday", NULL, 400, "from");
    expect(k, "GET", "/api/calls?colour=red", NULL, 400, "colour");
    expect(k, "GET", "/api/calls?limit=2&limit=3", NULL, 400, "once");
    expect(k, "GET", "/api/calls?agent", NULL, 400, "name=value");
    expect(k, "GET", "/api/calls?agent=%ff", NULL, 400, "UTF-8");
    char name[1000] = "/api/status?x"; /* an answer is UTF-8 wherever it is cut */
    for (int i = 0; i < 300; i++) strcat(name, "\xc3\xa4");
    strcat(name, "=1");
    expect(k, "GET", name, NULL, 400, "no such argument: x\xc3\xa4");
    expect(k, "GET", "/api/calls?agent=%27%20OR%201=1--", NULL, 200, "\"calls\":[]");

    expect(k, "GET", "/api/calls/c-3", NULL, 200, "\"customer\":\"C-4711\"");
    expect(k, "GET", "/api/calls/c-9", NULL, 404, "no such call");
    expect(k, "GET", "/api/calls/c-3?x=1", NULL, 400, "no such argument: x");
    expect(k, "GET", "/api/calls/..%2fc-3", NULL, 404, "");
    expect(k, "GET", "/api/calls/c_3", NULL, 404, "nothing at that path");
    expect(k, "GET", "/api/calls/c-3/", NULL, 404, "nothing at that path");
    expect(k, "GET", "/api/", NULL, 404, "nothing at that path");

    expect(k, "GET", "/api/calls/c-3/readings", NULL, 200, "\"step_s\":0.5");
    expect(k, "GET", "/api/calls/c-3/readings?points=5", NULL, 200, "\"step_s\":2.0");
    expect(k, "GET", "/api/calls/c-9/readings", NULL, 404, "no such call");
    expect(k, "GET", "/api/calls/c-3/readings?points=1&measures=speaking", NULL, 200, "{\"speaking\":[1.0]}");
    expect(k, "GET", "/api/calls/c-3/readings?measures=speaking,anger", NULL, 400, "measures: ");
    expect(k, "GET", "/api/calls/c-3/readings?measures=step", NULL, 400, "measures: ");
    expect(k, "GET", "/api/calls/c-3/readings?points=4&from_s=4.0&to_s=8", NULL, 200, "\"step_s\":1.0,\"from_s\":4.0");
    expect(k, "GET", "/api/calls/c-3/readings?from_s=4&to_s=4", NULL, 400, "to_s: is not after from_s");
    expect(k, "GET", "/api/calls/c-3/readings?from_s=-4", NULL, 400, "from_s: ");
    expect(k, "GET", "/api/calls/c-3/readings?to_s=inf", NULL, 400, "to_s: ");
    expect(k, "GET", "/api/calls?order=peak&limit=1&points=3", NULL, 200, "\"trend\":{\"step_s\":3.5,");
    expect(k, "GET", "/api/calls?order=peak&limit=1", NULL, 200, "\"frustration_peak_s\":10.0");
    expect(k, "GET", "/api/calls?order=best", NULL, 400, "order ");
    expect(k, "GET", "/api/calls?points=201", NULL, 400, "points ");
    const char *bad[] = {"0", "-1", "2001", "1e3", "", "5x", "99999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(path, sizeof path, "/api/calls/c-3/readings?points=%s", bad[i]);
        expect(k, "GET", path, NULL, 400, "points: ");
    }
    close_kept(k);
}

static void test_methods(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    const struct {
        const char *method, *path, *allow;
    } cases[] = {
        {"POST", "/api/calls", "GET, HEAD"},
        {"DELETE", "/api/calls", "GET, HEAD"},
        {"POST", "/api/calls/c-1", "GET, HEAD, DELETE"},
        {"GET", "/api/calls/c-1/consent", "POST"},
        {"DELETE", "/api/deletions", "GET, HEAD, POST"},
        {"GET", "/api/calls/c-1/notes/3", "DELETE"},
        {"PUT", "/api/calls/c-1", "GET, HEAD, POST, DELETE"},
        {"DELETE", "/metrics", "GET, HEAD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool post = !strcmp(cases[i].method, "POST");
        http_answer a = http_ask(k->address, cases[i].method, cases[i].path, NULL, post ? "{}" : NULL);
        assert_int_equal(a.status, 405);
        assert_string_equal(http_header(&a, "allow"), cases[i].allow);
        http_answer_free(&a);
    }
    http_answer get = http_ask(k->address, "GET", "/api/calls/c-1", NULL, NULL);
    http_answer head = http_ask(k->address, "HEAD", "/api/calls/c-1", NULL, NULL);
    assert_int_equal(head.status, 200);
    assert_int_equal(head.n_body, 0);
    assert_int_equal(atoi(http_header(&head, "content-length")), get.n_body);
    http_answer_free(&get);
    http_answer_free(&head);
    assert_int_equal(audited(k, NULL), 0);
    close_kept(k);
}

static void test_notes_and_tags(void **state) {
    (void)state;
    kept *k = open_kept();
    char body[6000], text[4100], path[100];
    begin_call(k, "c-1", 0);
    json_t *note =
        ask(k, "POST", "/api/calls/c-1/notes", "{\"text\":\"She \\\"waits\\\"\\nstill \xc3\xa4\",\"t_s\":3.5}", 200);
    json_int_t number = json_integer_value(json_object_get(note, "number"));
    assert_true(number > 0);
    json_decref(note);
    expect(k, "POST", "/api/calls/c-1/tags", "{\"tag\":\"training\"}", 200, "\"number\":1");
    expect(k, "POST", "/api/calls/c-1/tags", "{\"tag\":\"refund\",\"t_s\":null}", 200, "\"number\":2");
    expect(k, "POST", "/api/calls/c-1/tags", "{\"tag\":\"training\"}", 200, "\"number\":1");
    expect(k, "GET", "/api/calls/c-1", NULL, 200, "She \\\"waits\\\"\\nstill \xc3\xa4");
    expect(k, "GET", "/api/calls?tag=training&text=waits", NULL, 200, "\"call\":\"c-1\"");

    const struct {
        const char *body, *says;
    } bad[] = {
        {"", "Content-Length"},
        {"{", "not JSON"},
        {"[]", "not a JSON object"},
        {"{}", "text: is missing"},
        {"{\"text\":\"\"}", "text: is empty"},
        {"{\"text\":3}", "text: is no text"},
        {"{\"text\":\"a\",\"text\":\"b\"}", "not JSON"},
        {"{\"text\":\"a\",\"who\":\"b\"}", "there are the fields text t_s, and not who"},
        {"{\"text\":\"a\\tb\"}", "text: has control characters"},
        {"{\"text\":\"a\\u0000b\"}", "not JSON"},
        {"{\"text\":\"a\\u0085b\"}", "text: has control characters"},
        {"{\"text\":\"a\\u007fb\"}", "text: has control characters"},
        {"{\"text\":\"\xff\"}", "not JSON"},
        {"{\"text\":\"a\",\"t_s\":-1}", "t_s: "},
        {"{\"text\":\"a\",\"t_s\":\"1\"}", "t_s: "},
        {"{\"text\":\"a\",\"t_s\":1e99}", "t_s: "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect(k, "POST", "/api/calls/c-1/notes", bad[i].body, *bad[i].body ? 400 : 411, bad[i].says);
    memset(text, 'x', sizeof text);
    snprintf(body, sizeof body, "{\"text\":\"%.4000s\"}", text);
    expect(k, "POST", "/api/calls/c-1/notes", body, 200, "number");
    snprintf(body, sizeof body, "{\"text\":\"%.4001s\"}", text);
    expect(k, "POST", "/api/calls/c-1/notes", body, 400, "longer than 4000 bytes");
    snprintf(body, sizeof body, "{\"tag\":\"%.65s\"}", text);
    expect(k, "POST", "/api/calls/c-1/tags", body, 400, "longer than 64 bytes");
    expect(k, "POST", "/api/calls/c-1/tags", "{\"tag\":\"two\\nlines\"}", 400, "control");
    expect(k, "POST", "/api/calls/c-9/notes", "{\"text\":\"a\"}", 404, "no such call");
    expect(k, "POST", "/api/calls/c-1/notes?x=1", "{\"text\":\"a\"}", 400, "no such argument: x");

    assert_int_equal(audited(k, NULL), 0);
    snprintf(path, sizeof path, "/api/calls/c-2/notes/%d", (int)number);
    expect(k, "DELETE", path, NULL, 404, "none of that number");
    snprintf(path, sizeof path, "/api/calls/c-1/notes/%d", (int)number);
    expect(k, "DELETE", path, NULL, 200, "number");
    expect(k, "DELETE", path, NULL, 404, "none of that number");
    expect(k, "DELETE", "/api/calls/c-1/notes/0", NULL, 404, "nothing at that path");
    expect(k, "DELETE", "/api/calls/c-1/notes/99999999999999999999", NULL, 404, "nothing at that path");
    expect(k, "DELETE", "/api/calls/c-1/tags/2", NULL, 200, "number");
    assert_int_equal(audited(k, "delete note"), 1);
    assert_int_equal(audited(k, "delete tag"), 1);
    json_t *call = ask(k, "GET", "/api/calls/c-1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(call, "notes")), 1);
    assert_int_equal(json_array_size(json_object_get(call, "tags")), 1);
    json_decref(call);
    close_kept(k);
}

static void test_hold_and_deletion(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    make_call(k, "c-2", 1);
    begin_call(k, "c-3", 2);
    expect(k, "POST", "/api/calls/c-1/hold", "{\"held\":true}", 400, "why: is missing");
    expect(k, "POST", "/api/calls/c-1/hold", "{\"held\":1,\"why\":\"a\"}", 400, "held: ");
    expect(k, "POST", "/api/calls/c-1/hold", "{\"held\":true,\"why\":\"case 7\"}", 200, "\"held\":true");
    expect(k, "POST", "/api/calls/c-9/hold", "{\"held\":true,\"why\":\"case 7\"}", 404, "error");
    expect(k, "GET", "/api/calls/c-1", NULL, 200, "\"held_why\":\"case 7\"");
    expect(k, "DELETE", "/api/calls/c-1", NULL, 409, "legal hold");
    expect(k, "DELETE", "/api/calls/c-3", NULL, 409, "in progress");
    expect(k, "DELETE", "/api/calls/c-9", NULL, 404, "no such call");
    expect(k, "DELETE", "/api/calls/c-2", NULL, 200, "\"calls\":[\"c-2\"]");
    expect(k, "GET", "/api/calls/c-2", NULL, 404, "no such call");
    expect(k, "POST", "/api/deletions", "{\"customer\":\"C-1\"}", 404, "no call under that reference");
    expect(k, "POST", "/api/deletions", "{}", 400, "customer: is missing");
    expect(k, "POST", "/api/calls/c-1/hold", "{\"held\":false}", 200, "\"held\":false");
    json_t *receipt = ask(k, "POST", "/api/deletions", "{\"customer\":\"C-4711\"}", 200);
    assert_int_equal(json_array_size(json_object_get(receipt, "calls")), 1);
    assert_int_equal(json_array_size(json_object_get(receipt, "kept")), 1); /* in progress */
    assert_string_equal(json_string_value(json_object_get(receipt, "who")), "nobody known");
    assert_string_equal(json_string_value(json_object_get(receipt, "origin")), "127.0.0.1");
    json_decref(receipt);
    expect(k, "GET", "/api/calls/c-1", NULL, 404, "no such call");
    assert_int_equal(audited(k, "hold"), 2);
    assert_int_equal(audited(k, "delete"), 2);
    close_kept(k);
}

static bool put_old_receipts(void *user, struct database *d) {
    static const char sql[] =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 101) INSERT INTO receipts"
        " SELECT 'r-' || i, format('2020-01-01T00:00:00.%03dZ', i), json_object('receipt', 'r-' || i) FROM n";
    (void)user;
    return database_run(d, sql, NULL) == DATABASE_ROW_STORED;
}

static const char *receipt_at(const json_t *told, size_t i) {
    return json_string_value(json_object_get(json_array_get(json_object_get(told, "deletions"), i), "receipt"));
}

/* Receipts as they were told, the newest first, at most a hundred. */
static void test_past_deletions(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    make_call(k, "c-2", 1);
    expect(k, "GET", "/api/deletions", NULL, 200, "{\"deletions\":[]}");
    expect(k, "GET", "/api/deletions?limit=5", NULL, 400, "limit");
    json_t *first = ask(k, "DELETE", "/api/calls/c-1", NULL, 200);
    json_t *second = ask(k, "DELETE", "/api/calls/c-2", NULL, 200);
    json_t *told = ask(k, "GET", "/api/deletions", NULL, 200),
           *wanted = json_pack("{s[OO]}", "deletions", second, first);
    assert_true(json_equal(told, wanted));
    json_decref(told);

    assert_true(store_ask(k->store, put_old_receipts, NULL));
    told = ask(k, "GET", "/api/deletions", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(told, "deletions")), 100);
    assert_string_equal(receipt_at(told, 2), "r-101");
    assert_string_equal(receipt_at(told, 99), "r-4");
    json_decref(told);
    json_decref(wanted);
    json_decref(second);
    json_decref(first);
    close_kept(k);
}

static void test_orders(void **state) {
    (void)state;
    kept *k = open_kept();
    begin_call(k, "c-1", 0);
    make_call(k, "c-2", 1);
    strcpy(k->live, "c-1");
    expect(k, "POST", "/api/calls/c-1/pause", "{\"state\":\"paused\",\"who\":\"a-17\"}", 200, "\"state\":\"paused\"");
    assert_string_equal(k->ordered, "paused by a-17");
    expect(k, "POST", "/api/calls/c-1/pause", "{\"state\":\"resumed\"}", 200, "\"state\":\"resumed\"");
    assert_string_equal(k->ordered, "resumed by (null)");
    expect(k, "POST", "/api/calls/c-1/pause", "{\"state\":\"stopped\"}", 400, "state: is none of resumed, paused");
    expect(k, "POST", "/api/calls/c-1/pause", "{}", 400, "state: ");
    expect(k, "POST", "/api/calls/c-2/pause", "{\"state\":\"paused\"}", 409, "over");
    expect(k, "POST", "/api/calls/c-9/pause", "{\"state\":\"paused\"}", 404, "no such call");
    assert_string_equal(k->ordered, "resumed by (null)");

    const char *withdrawn = "{\"consent\":\"withdrawn\",\"method\":\"asked on the phone\",\"who\":\"a-17\"}";
    expect(k, "POST", "/api/calls/c-1/consent", withdrawn, 200, "\"consent\":\"withdrawn\"");
    assert_string_equal(k->ordered, "withdrawn, asked on the phone, by a-17");
    expect(k, "POST", "/api/calls/c-1/consent", "{\"consent\":\"maybe\"}", 400, "given, refused, withdrawn");
    expect(k, "POST", "/api/calls/c-1/consent", "{\"consent\":\"given\",\"who\":\"\xc2\x80\"}", 400, "who: ");
    char long_who[200];
    snprintf(long_who, sizeof long_who, "{\"consent\":\"given\",\"who\":\"%064d\"}", 0);
    expect(k, "POST", "/api/calls/c-1/consent", long_who, 400, "who: is longer than 63 bytes");
    assert_int_equal(audited(k, "consent"), 1);
    close_kept(k);
}

/* Withdrawn afterwards: what was kept goes, the pages learn of it, and it is not said twice. */
static void test_consent_afterwards(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    ws_client *c = ws_client_open(k->address, "/events", NULL, NULL);
    assert_int_equal(ws_client_status(c), 101);
    expect(k, "POST", "/api/calls/c-1/consent", "{\"consent\":\"given\"}", 409, "consent is given");
    expect(k, "POST", "/api/calls/c-9/consent", "{\"consent\":\"withdrawn\"}", 404, "no such call");
    expect(k, "POST", "/api/calls/c-1/consent", "{\"consent\":\"withdrawn\",\"method\":\"letter\"}", 200, "withdrawn");
    assert_true(ws_client_wait_count(c, 1, 5000));
    assert_non_null(strstr(ws_client_text(c, 0).text, "\"type\":\"consent\",\"call\":\"c-1\",\"t_s\":null"));
    json_t *call = ask(k, "GET", "/api/calls/c-1", NULL, 200);
    assert_string_equal(json_string_value(json_object_get(call, "consent")), "withdrawn");
    assert_int_equal(json_array_size(json_object_get(call, "cues")), 0);
    assert_null(json_string_value(json_object_get(call, "customer")));
    json_t *last = json_array_get(json_object_get(call, "consents"), 1);
    assert_string_equal(json_string_value(json_object_get(last, "method")), "letter");
    json_decref(call);
    expect(k, "POST", "/api/calls/c-1/consent", "{\"consent\":\"withdrawn\"}", 409, "withdrawn");
    expect(k, "POST", "/api/calls/c-1/notes", "{\"text\":\"a\"}", 409, "no consent");
    expect(k, "POST", "/api/calls/c-1/hold", "{\"held\":true,\"why\":\"a\"}", 409, "no consent");
    assert_int_equal(audited(k, "consent"), 1);
    ws_client_close(c);
    close_kept(k);
}

static int status_of(kept *k, const char *request) {
    int fd = http_plug(k->address);
    http_put(fd, request, strlen(request));
    http_answer a = http_take(fd);
    int status = a.status;
    http_answer_free(&a);
    return status;
}

/* ---- listening ---- */

static unsigned char sound[AUDIO_BYTES];

static void put_sound(kept *k, const char *name, size_t n) {
    char path[200];
    unsigned noise = 1;
    for (size_t i = 0; i < n; i++) sound[i] = (unsigned char)((noise = noise * 1664525 + 1013904223) >> 24);
    snprintf(path, sizeof path, "%s/audio", k->dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/audio/%s", k->dir, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(sound, 1, n, out), n);
    fclose(out);
}

/* Asks for the sound with these headers; body gets the bytes from first on, head the range that was said. */
static http_answer hear(kept *k, const char *headers, int status, const char *range, size_t first, size_t n) {
    http_answer a = http_ask(k->address, "GET", "/api/calls/c-1/audio", headers, NULL);
    if (a.status != status || a.n_body != n) fail_msg("%s: %d, %zu bytes", headers, a.status, a.n_body);
    assert_string_equal(http_header(&a, "content-range"), range);
    assert_string_equal(http_header(&a, "accept-ranges"), "bytes");
    assert_string_equal(http_header(&a, "content-type"), "audio/flac");
    assert_int_equal(atoi(http_header(&a, "content-length")), n);
    assert_memory_equal(a.body, sound + first, n);
    return a;
}

static void hear_it(kept *k, const char *headers, int status, const char *range, size_t first, size_t n) {
    http_answer a = hear(k, headers, status, range, first, n);
    http_answer_free(&a);
}

static void test_audio(void **state) {
    (void)state;
    kept *k = open_kept();
    char headers[300], etag[100], modified[100];
    make_call(k, "c-1", 0);
    expect(k, "GET", "/api/calls/c-1/audio", NULL, 404, "no recording");
    put_sound(k, "c-1.flac", AUDIO_BYTES);
    assert_int_equal(audited(k, "replay"), 0);

    http_answer a = hear(k, "", 200, "", 0, AUDIO_BYTES);
    snprintf(etag, sizeof etag, "%s", http_header(&a, "etag"));
    snprintf(modified, sizeof modified, "%s", http_header(&a, "last-modified"));
    assert_true(etag[0] == '"' && strlen(etag) > 10 && strstr(modified, " GMT"));
    http_answer_free(&a);
    hear_it(k, "Range: bytes=0-\r\n", 206, "bytes 0-299999/300000", 0, AUDIO_BYTES);
    hear_it(k, "Range: bytes=100000-200000\r\n", 206, "bytes 100000-200000/300000", 100000, 100001);
    hear_it(k, "Range: bytes=65535-131072\r\n", 206, "bytes 65535-131072/300000", 65535, 65538);
    hear_it(k, "Range: bytes=-1\r\n", 206, "bytes 299999-299999/300000", 299999, 1);
    hear_it(k, "Range: bytes=0-0,-1\r\n", 200, "", 0, AUDIO_BYTES);
    hear_it(k, "Range: lines=0-1\r\n", 200, "", 0, AUDIO_BYTES);
    snprintf(headers, sizeof headers, "Range: bytes=1-2\r\nIf-Range: %s\r\n", etag);
    hear_it(k, headers, 206, "bytes 1-2/300000", 1, 2);
    snprintf(headers, sizeof headers, "Range: bytes=1-2\r\nIf-Range: %s\r\n", modified);
    hear_it(k, headers, 206, "bytes 1-2/300000", 1, 2);
    hear_it(k, "Range: bytes=1-2\r\nIf-Range: \"x\"\r\n", 200, "", 0, AUDIO_BYTES);
    snprintf(headers, sizeof headers, "Range: bytes=1-2\r\nIf-Range: \"%0200d\"\r\n", 0);
    hear_it(k, headers, 200, "", 0, AUDIO_BYTES);

    a = http_ask(k->address, "GET", "/api/calls/c-1/audio", "Range: bytes=300000-\r\n", NULL);
    assert_int_equal(a.status, 416);
    assert_string_equal(http_header(&a, "content-range"), "bytes */300000");
    http_answer_free(&a);
    int n = audited(k, "replay");
    a = http_ask(k->address, "HEAD", "/api/calls/c-1/audio", "Range: bytes=100-199\r\n", NULL);
    assert_int_equal(a.status, 206);
    assert_int_equal(a.n_body, 0);
    assert_string_equal(http_header(&a, "content-length"), "100");
    assert_string_equal(http_header(&a, "etag"), etag);
    http_answer_free(&a);
    a = http_ask(k->address, "HEAD", "/api/calls/c-1/audio", NULL, NULL);
    assert_int_equal(a.status, 200);
    http_answer_free(&a);
    snprintf(headers, sizeof headers, "If-None-Match: W/%s\r\n", etag);
    a = http_ask(k->address, "GET", "/api/calls/c-1/audio", headers, NULL);
    assert_int_equal(a.status, 304);
    assert_int_equal(a.n_body, 0);
    assert_string_equal(http_header(&a, "etag"), etag);
    assert_string_equal(http_header(&a, "content-length"), "");
    http_answer_free(&a);
    assert_int_equal(audited(k, "replay"), n); /* nobody heard anything */
    put_sound(k, "c-1.flac", 1000);            /* it is another now */
    snprintf(headers, sizeof headers, "Range: bytes=1-2\r\nIf-Range: %s\r\n", etag);
    hear_it(k, headers, 200, "", 0, 1000);
    close_kept(k);
}

/* One second of two channels, the first of them silent. */
static void record(kept *k, const char *id) {
    char name[MEDIA_NAME_SIZE];
    media_file f = {.channels = 2, .roles = {UT_AGENT, UT_CUSTOMER}};
    int folder = media_folder(k->dir, true);
    snprintf(name, sizeof name, "%s.flac", id);
    assert_true(media_create(&f, folder, name, TAPE_FLAC));
    for (int i = 0; i < UT_RATE_HZ; i++) assert_true(media_write(&f, (short[]){0, (short)(i % 2 ? 16384 : -8192)}, 1));
    assert_true(media_complete(&f));
    close(folder);
}

/* The outline of a recording, which nobody can hear; no more of it than of the recording itself. */
static void test_peaks(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    expect(k, "GET", "/api/calls/c-1/peaks", NULL, 404, "no recording");
    expect(k, "GET", "/api/calls/c-9/peaks", NULL, 404, "no such call");
    record(k, "c-1");
    http_answer a = http_ask(k->address, "GET", "/api/calls/c-1/peaks?from_s=0.5&step_ms=100&points=8", NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&a, "content-type"), "application/octet-stream");
    assert_string_equal(http_header(&a, "cache-control"), "no-store");
    const signed char wanted[2][8][2] = {[1] = {{-32, 64}, {-32, 64}, {-32, 64}, {-32, 64}, {-32, 64}}};
    assert_int_equal(a.n_body, sizeof wanted);
    assert_memory_equal(a.body, wanted, sizeof wanted);
    http_answer_free(&a);
    a = http_ask(k->address, "GET", "/api/calls/c-1/peaks", NULL, NULL);
    assert_int_equal(a.n_body, 2 * 2 * 512);
    http_answer_free(&a);
    a = http_ask(k->address, "GET", "/api/calls/c-1/peaks?from_s=86400&step_ms=60000&points=4096", NULL, NULL);
    assert_int_equal(a.status, 200);
    http_answer_free(&a);
    assert_int_equal(audited(k, NULL), 0);

    const struct {
        const char *query, *says;
    } bad[] = {
        {"from_s=-1", "from_s: "},     {"from_s=", "from_s: "},     {"from_s=86400.1", "from_s: "},
        {"from_s=nan", "from_s: "},    {"from_s=1e3", "from_s: "},  {"from_s=1.2.3", "from_s: "},
        {"from_s=.", "from_s: "},      {"step_ms=4", "step_ms: "},  {"step_ms=60001", "step_ms: "},
        {"step_ms=40.5", "step_ms"},   {"step_ms=", "step_ms: "},   {"step_ms=99999999999999", "step_ms: "},
        {"points=0", "points: "},      {"points=4097", "points: "}, {"points=-1", "points: "},
        {"points=+1", "points: "},     {"points=%31x", "points: "}, {"to_s=3", "no such argument: to_s"},
        {"points=1&points=2", "once"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/calls/c-1/peaks?%s", bad[i].query);
        expect(k, "GET", path, NULL, 400, bad[i].says);
    }
    put_sound(k, "c-1.flac", 1000);
    expect(k, "GET", "/api/calls/c-1/peaks", NULL, 503, "cannot be read");
    expect(k, "POST", "/api/calls/c-1/consent", "{\"consent\":\"withdrawn\"}", 200, "");
    record(k, "c-1");
    expect(k, "GET", "/api/calls/c-1/peaks", NULL, 404, "consent is withdrawn");
    close_kept(k);
}

/* Once a listening, whatever pieces it asks for. */
static void test_replay_is_audited(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    put_sound(k, "c-1.flac", 10000);
    hear_it(k, "Range: bytes=1-\r\n", 206, "bytes 1-9999/10000", 1, 9999);
    assert_int_equal(audited(k, "replay"), 1);
    hear_it(k, "Range: bytes=5000-\r\n", 206, "bytes 5000-9999/10000", 5000, 5000);
    hear_it(k, "Range: bytes=-10\r\n", 206, "bytes 9990-9999/10000", 9990, 10);
    assert_int_equal(audited(k, "replay"), 1);
    hear_it(k, "Range: bytes=0-\r\n", 206, "bytes 0-9999/10000", 0, 10000);
    hear_it(k, "", 200, "", 0, 10000);
    assert_int_equal(audited(k, "replay"), 1);
    close_kept(k);
    k = open_kept(); /* who listens is forgotten with the server */
    make_call(k, "c-1", 0);
    put_sound(k, "c-1.flac", 10000);
    hear_it(k, "", 200, "", 0, 10000);
    assert_int_equal(audited(k, "replay"), 1);
    close_kept(k);
}

/* No other file than that call's, by whatever name; and nothing without consent. */
static void test_no_other_file(void **state) {
    (void)state;
    kept *k = open_kept();
    char path[200];
    make_call(k, "c-1", 0);
    make_call(k, "c-2", 1);
    make_call(k, "c-3", 2);
    put_sound(k, "c-2.000000000.part.flac", 1000);
    put_sound(k, "secret", 1000);
    snprintf(path, sizeof path, "%s/audio/c-1.flac", k->dir);
    assert_return_code(symlink("/etc/passwd", path), errno);
    expect(k, "GET", "/api/calls/c-1/audio", NULL, 404, "no recording");
    expect(k, "GET", "/api/calls/c-2/audio", NULL, 404, "no recording");
    expect(k, "GET", "/api/calls/secret/audio", NULL, 404, "no such call");
    expect(k, "GET", "/api/calls/..%2fsecret/audio", NULL, 404, "");
    assert_int_not_equal(status_of(k, "GET /api/calls/c-2%00/audio HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
    snprintf(path, sizeof path, "%s/audio/c-3.flac", k->dir);
    assert_return_code(mkfifo(path, 0600), errno);
    expect(k, "GET", "/api/calls/c-3/audio", NULL, 404, "no recording of that call\"");
    put_sound(k, "c-2.flac", 1000);
    expect(k, "POST", "/api/calls/c-2/consent", "{\"consent\":\"withdrawn\"}", 200, "");
    put_sound(k, "c-2.flac", 1000);
    expect(k, "GET", "/api/calls/c-2/audio", NULL, 404, "consent is withdrawn");
    close_kept(k);
}

/* Begins to hear a large recording, has it replaced [null: erased] and hears what still comes. */
static void hear_until(kept *k, const char *path, const char *instead) {
    enum { LARGE = 64 << 20 };
    char piece[65536];
    put_sound(k, "c-1.flac", 1);
    assert_return_code(truncate(path, LARGE), errno);
    int fd = http_plug(k->address);
    const char *request = "GET /api/calls/c-1/audio HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_true(http_put(fd, request, strlen(request)));
    assert_int_equal(recv(fd, piece, sizeof piece, MSG_WAITALL), sizeof piece);
    if (instead) {
        put_sound(k, instead, 1);
        char from[200];
        snprintf(from, sizeof from, "%s/audio/%s", k->dir, instead);
        assert_return_code(truncate(from, LARGE), errno);
        assert_return_code(rename(from, path), errno);
    } else {
        assert_return_code(unlink(path), errno);
    }
    size_t n = sizeof piece;
    ssize_t got;
    while ((got = recv(fd, piece, sizeof piece, 0)) > 0) n += (size_t)got;
    assert_true(!got || errno == ECONNRESET); /* hung up on, and not left waiting */
    assert_true(n < LARGE);                   /* what is in the sockets' buffers was sent before */
    close(fd);
}

/* What is erased or replaced while somebody listens is not sent to its end. */
static void test_erased_while_heard(void **state) {
    (void)state;
    kept *k = open_kept();
    char path[200];
    make_call(k, "c-1", 0);
    snprintf(path, sizeof path, "%s/audio/c-1.flac", k->dir);
    hear_until(k, path, NULL);
    hear_until(k, path, "c-2.flac");
    expect(k, "GET", "/api/status", NULL, 200, "\"storing\":true");
    close_kept(k);
}

/* ---- hostile requests ---- */

#define POST_NOTE "POST /api/calls/c-1/notes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
#define AS_JSON   "Content-Type: application/json\r\n"

static void test_bodies(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    const struct {
        const char *request;
        int status;
    } cases[] = {
        {POST_NOTE AS_JSON "Content-Length: 12\r\n\r\n{\"text\":\"a\"}", 200},
        {POST_NOTE "Content-Type: application/JSON ; charset=utf-8\r\nContent-Length: 12\r\n\r\n{\"text\":\"a\"}", 200},
        {POST_NOTE "Content-Type: text/plain\r\nContent-Length: 12\r\n\r\n{\"text\":\"a\"}", 415},
        {POST_NOTE "Content-Type: application/jsonp\r\nContent-Length: 12\r\n\r\n{\"text\":\"a\"}", 415},
        {POST_NOTE "Content-Length: 12\r\n\r\n{\"text\":\"a\"}", 415},
        {POST_NOTE AS_JSON "\r\n", 411},
        {POST_NOTE AS_JSON "Content-Length: 0\r\n\r\n", 411},
        {POST_NOTE AS_JSON "Transfer-Encoding: chunked\r\n\r\nc\r\n{\"text\":\"a\"}\r\n0\r\n\r\n", 411},
        {POST_NOTE AS_JSON "Transfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n{\"text\":\"a\"}", 411},
        {POST_NOTE AS_JSON "Content-Length: 65537\r\n\r\n{", 413},
        {POST_NOTE AS_JSON "Content-Length: 99999999999999999999\r\n\r\n{", 413},
        {POST_NOTE AS_JSON "Content-Length: -5\r\n\r\n{", 413},
        {POST_NOTE AS_JSON "Content-Length: 5x\r\n\r\n{", 413},
        {"GET /api/calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde", 400},
        {"DELETE /api/calls/c-9 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = status_of(k, cases[i].request);
        if (status != cases[i].status) fail_msg("%s: %d, not %d", cases[i].request, status, cases[i].status);
    }
    /* As much as may be; in pieces; less than was said, and gone. */
    char *large = malloc(70000);
    int fd = http_plug(k->address);
    snprintf(large, 70000, POST_NOTE AS_JSON "Content-Length: 65536\r\n\r\n{\"text\":\"%0*d\"}", 65536 - 11, 0);
    for (size_t at = 0, n = strlen(large); at < n; at += 5000) {
        http_put(fd, large + at, n - at < 5000 ? n - at : 5000);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    http_answer a = http_take(fd);
    assert_int_equal(a.status, 400);
    assert_non_null(strstr(a.body, "longer than 4000 bytes"));
    http_answer_free(&a);
    free(large);
    for (int i = 0; i < 50; i++) {
        const char *half = POST_NOTE AS_JSON "Content-Length: 12\r\n\r\n{\"te";
        fd = http_plug(k->address);
        http_put(fd, half, strlen(half));
        close(fd);
    }
    json_t *call = ask(k, "GET", "/api/calls/c-1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(call, "notes")), 2);
    json_decref(call);
    close_kept(k);
}

/* A page of elsewhere, and one whose name was made to lead here. */
static void test_pages_of_elsewhere(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    const struct {
        const char *host, *origin;
        int status;
    } cases[] = {
        {"localhost:7070", "", 200},
        {"localhost:7070", "Origin: http://localhost:7070\r\n", 200},
        {"127.0.0.1:7070", "Origin: http://127.0.0.1:7070\r\n", 200},
        {"localhost:7070", "Origin: http://evil.example\r\n", 403},
        {"localhost:7070", "Origin: null\r\n", 403},
        {"evil.example:7070", "Origin: http://evil.example:7070\r\n", 403},
        {"evil.example:7070", "", 403},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[500];
        snprintf(request, sizeof request, "GET /api/calls HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n",
                 cases[i].host, cases[i].origin);
        assert_int_equal(status_of(k, request), cases[i].status);
        snprintf(request, sizeof request,
                 "POST /api/calls/c-1/tags HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n" AS_JSON
                 "Content-Length: 11\r\n\r\n{\"tag\":\"a\"}",
                 cases[i].host, cases[i].origin);
        assert_int_equal(status_of(k, request), cases[i].status);
    }
    close_kept(k);
}

/* ---- nobody waits for the disk ---- */

/* The store's thread, kept from its work for a while. */
typedef struct blockade {
    store *store;
    pthread_t thread;
    int ms;
    atomic_bool begun;
} blockade;

static void nap_ms(int ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static bool stand_still(void *user, struct database *d) {
    blockade *b = user;
    atomic_store(&b->begun, true);
    nap_ms(b->ms);
    return d;
}

static void *block(void *user) {
    blockade *b = user;
    store_ask(b->store, stand_still, b);
    return NULL;
}

static void begin_blockade(blockade *b, kept *k, int ms) {
    *b = (blockade){.store = k->store, .ms = ms};
    assert_int_equal(pthread_create(&b->thread, NULL, block, b), 0);
    while (!atomic_load(&b->begun)) nap_ms(1);
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int send_note(kept *k) {
    const char *request = POST_NOTE AS_JSON "Content-Length: 12\r\n\r\n{\"text\":\"a\"}";
    int fd = http_plug(k->address);
    assert_true(http_put(fd, request, strlen(request)));
    return fd;
}

/* While a request waits a second for the store, events go out at once. */
static void test_events_do_not_wait(void **state) {
    (void)state;
    enum { EVENTS = 20, LIMIT_US = 50000 };
    kept *k = open_kept();
    blockade b;
    int64_t worst_us = 0;
    make_call(k, "c-1", 0);
    ws_client *c = ws_client_open(k->address, "/events", NULL, NULL);
    assert_int_equal(ws_client_status(c), 101);
    begin_blockade(&b, k, 1000);
    int64_t began_us = now_us();
    int fd = send_note(k);
    for (size_t i = 0; i < EVENTS; i++) {
        message *m = message_of_pause("c-2", (double)i, &(pause_change){.paused = true}, 0);
        int64_t sent_us = now_us();
        serve_send(k->serve, m);
        message_release(m);
        assert_true(ws_client_wait_count(c, i + 1, 5000));
        int64_t us = ws_client_text(c, i).received_us - sent_us;
        if (us > worst_us) worst_us = us;
        nap_ms(20);
    }
    int64_t events_us = now_us() - began_us;
    http_answer a = http_take(fd);
    assert_int_equal(a.status, 200);
    assert_true(now_us() - began_us > 900000 && events_us < 900000); /* they went out while it waited */
    print_message("# an event takes %.1f ms at most while a request waits\n", (double)worst_us / 1000);
    assert_true(worst_us < LIMIT_US);
    http_answer_free(&a);
    pthread_join(b.thread, NULL);
    ws_client_close(c);
    close_kept(k);
}

static bool add_three_hours(void *user, struct database *d) {
    static const char readings_sql[] =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24000) INSERT INTO measured"
        " SELECT number, 20000 + i * 500, 1, 1, 1, -200, 40, 50, 50 FROM n, calls WHERE id = 'c-1'";
    (void)user;
    return database_run(d, readings_sql, NULL) == DATABASE_ROW_STORED;
}

/* Who wants something of a call does not wait until others have read. */
static void test_orders_do_not_wait(void **state) {
    (void)state;
    enum { READERS = 4 };
    static const char get[] = "GET /api/calls/c-1/export HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    kept *k = open_kept();
    int fds[READERS];
    make_call(k, "c-1", 0);
    assert_true(store_ask(k->store, add_three_hours, NULL));
    int64_t began_us = now_us();
    for (int i = 0; i < READERS; i++) {
        fds[i] = http_plug(k->address);
        assert_true(http_put(fds[i], get, strlen(get)));
    }
    nap_ms(50);
    expect(k, "POST", "/api/calls/c-1/notes", "{\"text\":\"a\"}", 200, "number");
    int64_t note_us = now_us() - began_us;
    for (int i = 0; i < READERS; i++) {
        http_answer a = http_take(fds[i]);
        assert_int_equal(a.status, 200);
        http_answer_free(&a);
    }
    int64_t all_us = now_us() - began_us;
    print_message("# a note took %.0f ms, and what was read before it %.0f ms\n", (double)note_us / 1e3,
                  (double)all_us / 1e3);
    assert_true(note_us < all_us / 2);
    close_kept(k);
}

/* Sixty-four may wait, besides the one that is being done; those beyond are told so at once. Who went away is no
 * trouble. */
static void test_too_many_wait(void **state) {
    (void)state;
    enum { ALL = 100, GONE = 20 };
    kept *k = open_kept();
    blockade b;
    int fds[ALL], done = 0, refused = 0;
    make_call(k, "c-1", 0);
    begin_blockade(&b, k, 1000);
    for (int i = 0; i < ALL; i++) {
        fds[i] = send_note(k);
        if (!i) nap_ms(50); /* it is with the desk before the others wait */
    }
    for (int i = 0; i < GONE; i++) close(fds[i]);
    for (int i = GONE; i < ALL; i++) {
        http_answer a = http_take(fds[i]);
        done += a.status == 200;
        refused += a.status == 503 && strstr(a.body, "too many");
        http_answer_free(&a);
    }
    pthread_join(b.thread, NULL);
    assert_int_equal(done, 65 - GONE);
    assert_int_equal(refused, ALL - 65);
    json_t *call = ask(k, "GET", "/api/calls/c-1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(call, "notes")), 65); /* who went away had asked */
    json_decref(call);
    close_kept(k);
}

/* Three requests on one connection, sent before the first is answered, come back in order; and while the first one
 * waits nobody turns in circles over the others. */
static void test_one_after_the_other(void **state) {
    (void)state;
    kept *k = open_kept();
    blockade b;
    make_call(k, "c-1", 0);
    begin_blockade(&b, k, 300);
    int fd = http_plug(k->address);
    const char *note = "POST /api/calls/c-1/notes HTTP/1.1\r\nHost: localhost\r\n" AS_JSON
                       "Content-Length: 12\r\n\r\n{\"text\":\"a\"}";
    const char *list = "GET /api/calls?queue=none HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const char *page = "GET /api/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_true(http_put(fd, note, strlen(note)));
    nap_ms(50);
    assert_true(http_put(fd, list, strlen(list)));
    nap_ms(50);
    assert_true(http_put(fd, page, strlen(page)));
    clock_t began = clock();
    http_answer a = http_take(fd);
    assert_true(clock() - began < CLOCKS_PER_SEC / 10);
    assert_int_equal(a.status, 200);
    const char *second = strstr(a.body, "HTTP/1.1 200"), *third = strstr(a.body, "HTTP/1.1 404");
    assert_true(strstr(a.body, "\"number\":1") && second && third && second < third);
    assert_non_null(strstr(second, "{\"calls\":[],\"next\":null}"));
    http_answer_free(&a);
    pthread_join(b.thread, NULL);
    close_kept(k);
}

/* One connection for everything: sound, nothing new, no body, an error and an end. */
static void test_keep_alive(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    put_sound(k, "c-1.flac", AUDIO_BYTES);
    int fd = http_plug(k->address), n = 0;
    static const char *const requests[] = {
        "GET /api/calls/c-1/audio HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/calls/c-1/audio HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n",
        "HEAD /api/calls/c-1/audio HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/calls/c-1/audio HTTP/1.1\r\nHost: localhost\r\nRange: bytes=299999-\r\n\r\n",
        "GET /agent/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        assert_true(http_put(fd, requests[i], strlen(requests[i])));
    http_answer a = http_take(fd);
    assert_int_equal(a.status, 200);
    assert_memory_equal(a.body, sound, AUDIO_BYTES);
    char *at = a.body + AUDIO_BYTES;
    static const char *const heads[] = {"HTTP/1.1 304", "HTTP/1.1 200", "HTTP/1.1 206", "HTTP/1.1 200", "HTTP/1.1 404"};
    for (; n < 5 && (at = memmem(at, a.n_body - (size_t)(at - a.body), heads[n], 12)); n++) at++;
    assert_int_equal(n, 5);
    http_answer_free(&a);
    close_kept(k);
}

/* Whoever goes at whatever moment, politely or not, is no trouble to those who stay. */
static void test_clients_come_and_go(void **state) {
    (void)state;
    enum { ROUNDS = 400 };
    static const char *const requests[] = {
        "GET /api/calls/c-1/audio HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/calls/c-1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/calls/c-1/audio HTTP/1.1\r\nHost: "
        "localhost\r\n\r\n",
        POST_NOTE AS_JSON "Content-Length: 12\r\n\r\n{\"text\":\"a\"}",
        POST_NOTE AS_JSON "Content-Length: 12\r\n\r\n{\"text",
        "GET /api/calls/c-1/readings HTTP/1.1\r\nHost: localhost\r\n\r\nGET /agent/ HTTP/1.1\r\nHost: "
        "localhost\r\n\r\n",
        "GET /metr",
    };
    kept *k = open_kept();
    static char some[20000];
    make_call(k, "c-1", 0);
    put_sound(k, "c-1.flac", AUDIO_BYTES);
    unsigned chance = 1;
    for (int i = 0; i < ROUNDS; i++) {
        int fd = http_plug(k->address);
        chance = chance * 1664525 + 1013904223;
        const char *request = requests[(chance >> 8) % (sizeof requests / sizeof *requests)];
        http_put(fd, request, strlen(request));
        if (chance >> 16 & 1) recv(fd, some, (chance >> 17) % sizeof some, MSG_DONTWAIT);
        if (chance >> 18 & 1) nap_ms(1);
        const struct linger at_once = {.l_onoff = 1}; /* a reset */
        if (chance >> 19 & 1) setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
        if (i % 50 == 0) expect(k, "GET", "/api/calls?queue=none", NULL, 200, "\"calls\":[]");
    }
    hear_it(k, "", 200, "", 0, AUDIO_BYTES);
    close_kept(k);
}

/* The desk is closed in the middle of its work: whoever waits is told, and the rest goes on. */
static void test_closing(void **state) {
    (void)state;
    kept *k = open_kept();
    blockade b;
    make_call(k, "c-1", 0);
    begin_blockade(&b, k, 300);
    int first = send_note(k);
    nap_ms(50);
    int second = send_note(k);
    nap_ms(50);
    serve_close_desk(k->serve);
    serve_close_desk(k->serve);
    http_answer a = http_take(first), c = http_take(second);
    assert_int_equal(a.status, 200);
    assert_int_equal(c.status, 503);
    http_answer_free(&a);
    http_answer_free(&c);
    expect(k, "GET", "/api/calls", NULL, 503, "error");
    a = http_ask(k->address, "GET", "/agent/", NULL, NULL);
    assert_int_equal(a.status, 200);
    http_answer_free(&a);
    pthread_join(b.thread, NULL);
    close_kept(k);
}

/* ---- pages ---- */

static int page_status(const serve *s, const char *path, const char *says) {
    http_answer a = http_ask(serve_address(s), "GET", path, NULL, NULL);
    int status = a.status;
    if (status == 200 && strcmp(a.body, says)) fail_msg("%s: %s", path, a.body);
    http_answer_free(&a);
    return status;
}

/* One page for every call, which is not asked whether there is one; and nothing else below. */
static void check_replay(const serve *s, const char *page) {
    assert_int_equal(page_status(s, "/replay/", page), 200);
    assert_int_equal(page_status(s, "/replay/c-01JD0", page), 200);
    assert_int_equal(page_status(s, "/replay/c-01JD0?lang=de", page), 200);
    assert_int_equal(page_status(s, "/replay", page), 302);
    const char *const others[] = {"/replay/c-01JD0/",
                                  "/replay/c-01JD0/replay.js",
                                  "/replay/c_1",
                                  "/replay/none.js",
                                  "/replay/c-0123456789012345678901234567890",
                                  "/replay/..",
                                  "/replay/%2e%2e",
                                  "/replay/c-1%00",
                                  "/replays/c-1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (page_status(s, others[i], "") == 200) fail_msg("%s is served", others[i]);
}

static void test_replay_page(void **state) {
    (void)state;
    char message[200], path[200], dir[] = "/tmp/undertone-replay-XXXXXX", *page = NULL;
    size_t n;
    const struct page *packed = page_find("/replay/index.html");
    serve *s = serve_open(&(serve_options){.listen = "127.0.0.1:0"}, message, sizeof message);
    if (packed && (page = (char *)page_inflate(packed, &n))) page[n] = '\0';
    if (page) check_replay(s, page);
    else assert_int_equal(page_status(s, "/replay/c-1", ""), 404); /* the program was built without pages */
    serve_close(s);
    free(page);

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/replay", dir);
    assert_return_code(mkdir(path, 0700), errno);
    strcat(path, "/index.html");
    FILE *out = fopen(path, "w");
    fputs("<p>Replay", out);
    fclose(out);
    s = serve_open(&(serve_options){.listen = "127.0.0.1:0", .web_dir = dir}, message, sizeof message);
    check_replay(s, "<p>Replay");
    serve_close(s);
    snprintf(path, sizeof path, "rm -r '%s'", dir);
    assert_int_equal(system(path), 0);
}

/* ---- how we are ---- */

static void test_status_and_metrics(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    expect(k, "GET", "/api/status", NULL, 200, "{\"storing\":true,\"why\":null,\"version\":\"" UT_VERSION "\",");
    expect(k, "GET", "/api/status", NULL, 200, "\"live\":0,\"clients\":0,\"counts\":{\"written\":23,");
    strcpy(k->live, "c-2");
    recording_news news = {.call = "c-1",
                           .state = RECORDING_FINISHED,
                           .file = "c-1.flac",
                           .format = "flac",
                           .channels = 1,
                           .bytes = 12345};
    write_away(k, message_of_recording(&news));
    settle(k);
    json_t *status = ask(k, "GET", "/api/status", NULL, 200);
    assert_int_equal(json_integer_value(json_object_get(status, "live")), 1);
    assert_in_range(json_integer_value(json_object_get(status, "uptime_s")), 0, 60);
    assert_int_equal(json_integer_value(json_object_get(status, "audio_bytes")), 12345);
    assert_true(json_integer_value(json_object_get(status, "database_bytes")) >= 4096);
    assert_true(json_integer_value(json_object_get(status, "free_bytes")) > 0);
    json_decref(status);
    message *m = message_of_status(&(store_status){false, "the disk is full"});
    ws_client *c = ws_client_open(k->address, "/events?call=c-none", NULL, NULL);
    serve_send(k->serve, m);
    message_release(m);
    assert_true(ws_client_wait_count(c, 1, 5000)); /* of no call, it is for everybody */
    http_answer a = http_ask(k->address, "GET", "/metrics", NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&a, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const char *lines[] = {"undertone_storing 1\n",
                           "undertone_store_messages_total{result=\"written\"} 24\n",
                           "undertone_store_messages_total{result=\"failed\"} 0\n",
                           "undertone_clients 1\n",
                           "undertone_events_sent_total 1\n",
                           "undertone_events_dropped_total 0\n",
                           "# TYPE undertone_clients_culled_total counter\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(a.body, lines[i])) fail_msg("no %s in\n%s", lines[i], a.body);
    http_answer_free(&a);
    ws_client_close(c);
    close_kept(k);
}

static void test_settings_and_model(void **state) {
    (void)state;
    kept *k = open_kept();
    char dir[100];
    snprintf(dir, sizeof dir, "{\"dir\":\"%s\"}", k->dir);
    expect(k, "GET", "/api/settings", NULL, 200, dir);
    expect(k, "GET", "/api/settings?x=1", NULL, 400, "no such argument: x");
    expect(k, "POST", "/api/settings", "{}", 405, "only GET, HEAD");
    expect(k, "GET", "/api/model", NULL, 503, "not enough memory");
    close_kept(k);
}

/* ---- smaller answers ---- */

/* What came, as it was before it was packed; terminated. */
static char *unpacked(const http_answer *a) {
    enum { SIZE = 1 << 20 };
    char *text = calloc(1, SIZE);
    z_stream z = {.next_in = (unsigned char *)a->body,
                  .avail_in = (unsigned)a->n_body,
                  .next_out = (unsigned char *)text,
                  .avail_out = SIZE - 1};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    return text;
}

/* The same text either way, and a head that says which it is. */
static void check_packed(kept *k, const char *path, bool packed) {
    http_answer plain = http_ask(k->address, "GET", path, NULL, NULL);
    http_answer a = http_ask(k->address, "GET", path, "Accept-Encoding: br, gzip;q=0.5\r\n", NULL);
    http_answer head = http_ask(k->address, "HEAD", path, "Accept-Encoding: gzip\r\n", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&plain, "content-encoding"), "");
    assert_string_equal(http_header(&a, "content-encoding"), packed ? "gzip" : "");
    assert_int_equal(atoi(http_header(&a, "content-length")), a.n_body);
    if (packed) {
        char *text = unpacked(&a);
        assert_true(a.n_body < plain.n_body / 2);
        assert_string_equal(text, plain.body);
        assert_string_equal(http_header(&head, "content-encoding"), "gzip");
        free(text);
    }
    http_answer_free(&plain);
    http_answer_free(&a);
    http_answer_free(&head);
}

static void test_packed(void **state) {
    (void)state;
    kept *k = open_kept();
    make_call(k, "c-1", 0);
    put_sound(k, "c-1.flac", 0);
    char path[200];
    snprintf(path, sizeof path, "%s/audio/c-1.flac", k->dir);
    assert_return_code(truncate(path, 5000), errno); /* which could be packed well */
    check_packed(k, "/api/calls/c-1/readings", true);
    check_packed(k, "/api/calls/c-1/export", true);
    check_packed(k, "/api/status", false); /* little */
    check_packed(k, "/api/calls/c-1/audio", false);
    http_answer a = http_ask(k->address, "GET", "/api/calls/c-1/export", "Accept-Encoding: gzip;q=0\r\n", NULL);
    assert_string_equal(http_header(&a, "content-encoding"), "");
    assert_true(a.n_body > 1024);
    http_answer_free(&a);
    close_kept(k);
}

static void test_nothing_is_kept(void **state) {
    (void)state;
    char message[200];
    kept k = {.serve = serve_open(&(serve_options){.listen = "127.0.0.1:0"}, message, sizeof message)};
    assert_non_null(k.serve);
    k.address = serve_address(k.serve);
    expect(&k, "GET", "/api/calls", NULL, 503, "nothing is kept here");
    expect(&k, "POST", "/api/calls/c-1/pause", "{\"state\":\"paused\"}", 503, "nothing is kept here");
    expect(&k, "GET", "/api/status", NULL, 200, "{\"storing\":false,\"why\":\"nothing is kept here\"");
    expect(&k, "GET", "/api/status", NULL, 200, "\"database_bytes\":null,\"audio_bytes\":null,\"free_bytes\":null}");
    expect(&k, "GET", "/api/settings", NULL, 404, "nothing is known of that here");
    expect(&k, "GET", "/api/calls/c-1/peaks", NULL, 503, "nothing is kept here");
    http_answer a = http_ask(k.address, "GET", "/metrics", NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_null(strstr(a.body, "undertone_storing"));
    http_answer_free(&a);
    serve_close(k.serve);
}

/* The file is replaced below us, as when it is set aside: the next request reads the new one. */
static void test_replaced_database(void **state) {
    (void)state;
    kept *k = open_kept();
    char from[200], to[200], message[200];
    make_call(k, "c-1", 0);
    expect(k, "GET", "/api/calls/c-1", NULL, 200, "c-1");
    char other[] = "/tmp/undertone-api-other-XXXXXX";
    assert_non_null(mkdtemp(other));
    store_close(store_open(&(store_options){.dir = other}, message, sizeof message));
    snprintf(from, sizeof from, "%s/undertone.db", other);
    snprintf(to, sizeof to, "%s/undertone.db", k->dir);
    assert_return_code(rename(from, to), errno);
    snprintf(to, sizeof to, "%s/undertone.db-wal", k->dir);
    unlink(to);
    snprintf(to, sizeof to, "%s/undertone.db-shm", k->dir);
    unlink(to);
    expect(k, "GET", "/api/calls/c-1", NULL, 404, "no such call");
    snprintf(from, sizeof from, "rm -r '%s'", other);
    assert_int_equal(system(from), 0);
    close_kept(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_and_shows),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_notes_and_tags),
        cmocka_unit_test(test_hold_and_deletion),
        cmocka_unit_test(test_past_deletions),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_consent_afterwards),
        cmocka_unit_test(test_audio),
        cmocka_unit_test(test_peaks),
        cmocka_unit_test(test_replay_is_audited),
        cmocka_unit_test(test_no_other_file),
        cmocka_unit_test(test_erased_while_heard),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_pages_of_elsewhere),
        cmocka_unit_test(test_events_do_not_wait),
        cmocka_unit_test(test_orders_do_not_wait),
        cmocka_unit_test(test_too_many_wait),
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_clients_come_and_go),
        cmocka_unit_test(test_closing),
        cmocka_unit_test(test_replay_page),
        cmocka_unit_test(test_status_and_metrics),
        cmocka_unit_test(test_settings_and_model),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_nothing_is_kept),
        cmocka_unit_test(test_replaced_database),
    };
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
