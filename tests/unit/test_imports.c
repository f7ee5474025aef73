/* Recordings sent over HTTP: a real server on loopback. What listens to them here is a shell script, which does as the
 * name of the file says; tests/blackbox/test_import.c has the program itself. */
#include "serve/imports.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../blackbox/http_client.h"
#include "serve/serve.h"
#include "store/audit.h"

/* $0 is "import", and the path comes last. "slow" ends when it is told to, and says so in DIR/told. */
static const char script[] =
    "for path; do :; done\n"
    "case \"$path\" in\n"
    "*/good*) echo '{\"state\":\"listening\",\"progress\":0.5,\"call\":null}'\n"
    "    echo 'a warning' >&2; echo '{\"state\":\"done\",\"progress\":1.0,\"call\":\"c-1\"}';;\n"
    "*/known*) echo '{\"state\":\"known\",\"progress\":1.0,\"call\":\"c-0\"}';;\n"
    "*/sum*) echo \"undertone import: $path: $(sha256sum <\"$path\")\" >&2; exit 1;;\n"
    "*/told*) echo \"undertone import: $*; nice $(nice); $(stat -c %Y \"$path\")\" >&2; exit 1;;\n"
    "*/dead*) echo '{\"state\":\"done\",\"progress\":1.0,\"call\":\"c-1\"}'; kill -SEGV $$;;\n"
    "*/odd*) head -c 100000 /dev/zero; echo; echo '[]'; echo '{\"state\":7,\"progress\":2,\"call\":\"../x\"}'\n"
    "    head -c 9000 /dev/zero | tr '\\0' x >&2; printf '\\n\\377\\033[2Jodd\\n\\n' >&2;;\n"
    "*/slow*) trap \"touch ${path%/incoming*}/told; exit 1\" TERM; echo '{\"state\":\"listening\",\"progress\":0.25}'\n"
    "    while :; do sleep 0.02; done;;\n"
    "esac\n";

static const char *const command[] = {"/bin/sh", "-c", script, "import", NULL};

typedef struct kept {
    char dir[64];
    store *store;
    serve *serve;
    const char *address;
} kept;

static void nap_ms(int ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static kept *open_kept(const char *const *import_command) {
    char message[300];
    kept *k = calloc(1, sizeof *k);
    strcpy(k->dir, "/tmp/undertone-imports-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    k->store = store_open(&(store_options){.dir = k->dir}, message, sizeof message);
    if (!k->store) fail_msg("%s", message);
    k->serve = serve_open(
        &(serve_options){
            .listen = "127.0.0.1:0", .store = k->store, .data_dir = k->dir, .import_command = import_command},
        message, sizeof message);
    if (!k->serve) fail_msg("%s", message);
    k->address = serve_address(k->serve);
    return k;
}

static bool lies_there(const kept *k, const char *name) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", k->dir, name);
    return !access(path, F_OK);
}

static void close_kept(kept *k) {
    char line[100];
    serve_close_desk(k->serve);
    assert_false(lies_there(k, "incoming"));
    store_close(k->store);
    serve_close(k->serve);
    snprintf(line, sizeof line, "rm -r '%s'", k->dir);
    assert_int_equal(system(line), 0);
    free(k);
}

/* ---- sending ---- */

#define BYTES "Content-Type: application/octet-stream\r\n"

/* The head of a request; the body is yet to be sent. */
static int plug(kept *k, const char *query, long long n_body) {
    char head[2000];
    int fd = http_plug(k->address);
    snprintf(head, sizeof head,
             "POST /api/imports?%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" BYTES
             "Content-Length: %lld\r\n\r\n",
             query, n_body);
    assert_true(http_put(fd, head, strlen(head)));
    return fd;
}

static void expect_answer(int fd, const char *about, int status, const char *says) {
    http_answer a = http_take(fd);
    if (a.status != status || !a.body || !strstr(a.body, says))
        fail_msg("%s: %d, %s, not %d, %s", about, a.status, a.body ? a.body : "", status, says);
    http_answer_free(&a);
}

static void send_short(kept *k, const char *query, int status, const char *says) {
    int fd = plug(k, query, 5);
    http_put(fd, "sound", 5);
    expect_answer(fd, query, status, says);
}

static json_t *list(kept *k) {
    http_answer a = http_ask(k->address, "GET", "/api/imports", NULL, NULL);
    json_t *json = json_loadb(a.body ? a.body : "", a.n_body, 0, NULL);
    assert_int_equal(a.status, 200);
    http_answer_free(&a);
    json_t *imports = json_incref(json_object_get(json, "imports"));
    json_decref(json);
    return imports;
}

static const char *text_of(json_t *import, const char *key) {
    const char *text = json_string_value(json_object_get(import, key));
    return text ? text : "(null)";
}

/* The newest one, once it is in this state. */
static json_t *wait_for(kept *k, const char *state) {
    for (int i = 0; i < 1000; i++) {
        json_t *imports = list(k), *newest = json_incref(json_array_get(imports, 0));
        json_decref(imports);
        if (!strcmp(text_of(newest, "state"), state)) return newest;
        json_decref(newest);
        nap_ms(10);
    }
    fail_msg("it is not %s", state);
    return NULL;
}

static void check_newest(kept *k, const char *state, const char *call, const char *why) {
    json_t *import = wait_for(k, state);
    assert_string_equal(text_of(import, "call"), call);
    if (!strstr(text_of(import, "why"), why)) fail_msg("%s, not %s", text_of(import, "why"), why);
    assert_null(strstr(text_of(import, "why"), k->dir));
    json_decref(import);
}

static void test_what_becomes_of_them(void **state) {
    (void)state;
    kept *k = open_kept(command);
    json_t *none = list(k);
    assert_int_equal(json_array_size(none), 0);
    json_decref(none);
    send_short(k, "name=good.wav&consent=given", 202, "{\"import\":1}");
    check_newest(k, "done", "c-1", "(null)");
    send_short(k, "name=known.wav&consent=given", 202, "{\"import\":2}");
    check_newest(k, "known", "c-0", "(null)");
    send_short(k, "name=sum%20of%20it.wav&consent=given", 202, "{\"import\":3}");
    check_newest(k, "failed", "(null)", "sum of it.wav: ");
    send_short(k, "name=dead.wav&consent=given", 202, "{\"import\":4}");
    check_newest(k, "failed", "(null)", "broke off (signal 11)");
    send_short(k, "name=odd&consent=given", 202, "{\"import\":5}");
    check_newest(k, "failed", "(null)", "odd");
    send_short(k, "name=silent&consent=given", 202, "{\"import\":6}");
    check_newest(k, "failed", "(null)", "could not be listened to");
    json_t *imports = list(k);
    assert_int_equal(json_array_size(imports), 6);
    assert_string_equal(text_of(json_array_get(imports, 5), "name"), "good.wav");
    assert_float_equal(json_number_value(json_object_get(json_array_get(imports, 5), "progress")), 1, 1e-9);
    json_decref(imports);
    assert_false(lies_there(k, "incoming"));
    close_kept(k);
}

static int audited(kept *k, const char *action) {
    enum database_fault fault;
    char message[300];
    struct database *d = database_open(k->dir, DATABASE_READER, &fault, message, sizeof message);
    json_t *entries = audit_list(d, action, 1000);
    int n = (int)json_array_size(entries);
    json_decref(entries);
    database_close(d);
    return n;
}

/* What is said of it comes to who listens, and nothing of what is left empty. */
static void test_what_is_said(void **state) {
    (void)state;
    kept *k = open_kept(command);
    send_short(k,
               "name=told&channels=customer,agent&consent=given&agent=a-17&team=&queue=--data&customer=C%204711"
               "&record=true&modified_ms=1795255200123",
               202, "import");
    json_t *import = wait_for(k, "failed");
    const char *wanted[] = {"--channels customer,agent",
                            "--agent a-17",
                            "--queue --data",
                            "--customer C 4711",
                            "--record",
                            "--progress",
                            "--data ",
                            "nice 10",
                            "1795255200",
                            " -- "};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(text_of(import, "why"), wanted[i])) fail_msg("no %s in %s", wanted[i], text_of(import, "why"));
    assert_null(strstr(text_of(import, "why"), "--team"));
    json_decref(import);
    assert_int_equal(audited(k, "import"), 1);
    close_kept(k);
}

static void test_bad_arguments(void **state) {
    (void)state;
    kept *k = open_kept(command);
    char lengthy[400];
    const struct {
        const char *query, *says;
    } bad[] = {
        {"consent=given", "name: is missing"},
        {"name=&consent=given", "name: is empty"},
        {"name=a/b.wav&consent=given", "name: "},
        {"name=..&consent=given", "name: "},
        {"name=.&consent=given", "name: "},
        {"name=%2e%2e%2fx&consent=given", "name: "},
        {"name=a%7fb&consent=given", "name: has control"},
        {"name=a.wav", "consent: must be given"},
        {"name=a.wav&consent=unknown", "consent: must be given"},
        {"name=a.wav&consent=", "consent: must be given"},
        {"name=a.wav&consent=given&channels=left", "channels: "},
        {"name=a.wav&consent=given&channels=agent,agent", "channels: "},
        {"name=a.wav&consent=given&record=yes", "record: "},
        {"name=a.wav&consent=given&agent=%1b", "agent: has control"},
        {"name=a.wav&consent=given&customer=0123456789012345678901234567890123456789012345678901234567890123",
         "customer: is longer than 63 bytes"},
        {"name=a.wav&consent=given&modified_ms=-5", "modified_ms: "},
        {"name=a.wav&consent=given&modified_ms=99999999999999", "modified_ms: "},
        {"name=a.wav&consent=given&data=/etc", "no such argument: data"},
        {"name=a.wav&name=b.wav&consent=given", "once"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) send_short(k, bad[i].query, 400, bad[i].says);
    snprintf(lengthy, sizeof lengthy, "name=%0201d&consent=given", 0);
    send_short(k, lengthy, 400, "name: is longer than 200 bytes");
    json_t *none = list(k);
    assert_int_equal(json_array_size(none), 0);
    json_decref(none);
    assert_false(lies_there(k, "incoming"));
    assert_int_equal(audited(k, "import"), 0);
    close_kept(k);
}

static void test_bad_bodies(void **state) {
    (void)state;
    kept *k = open_kept(command);
#define POST "POST /api/imports?name=a&consent=given HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    const struct {
        const char *request;
        int status;
    } cases[] = {
        {POST BYTES "\r\n", 411},
        {POST BYTES "Content-Length: 0\r\n\r\n", 411},
        {POST BYTES "Content-Length: 2147483649\r\n\r\nx", 413},
        {POST BYTES "Content-Length: -1\r\n\r\nx", 413},
        {POST BYTES "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 411},
        {POST "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 415},
        {POST "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 2\r\n\r\n{}", 415},
        {POST "Content-Length: 2\r\n\r\n{}", 415},
        {POST BYTES "Origin: http://elsewhere.example\r\nContent-Length: 2\r\n\r\n{}", 403},
        {"DELETE /api/imports HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = http_plug(k->address);
        http_put(fd, cases[i].request, strlen(cases[i].request));
        expect_answer(fd, cases[i].request, cases[i].status, "");
    }
    assert_false(lies_there(k, "incoming"));
    close_kept(k);
}

static char *noise_of(size_t n) {
    char *noise = malloc(n);
    unsigned x = 1;
    for (size_t i = 0; i < n; i++) noise[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
    return noise;
}

/* Every byte in its place, however it comes: at once, in pieces, in crumbs, and two at the same time. */
static void test_large(void **state) {
    (void)state;
    enum { LARGE = 5000000 };
    kept *k = open_kept(command);
    char *noise = noise_of(LARGE), path[100], line[200], sum[65] = "";
    snprintf(path, sizeof path, "%s/noise", k->dir);
    FILE *out = fopen(path, "wb");
    assert_int_equal(fwrite(noise, 1, LARGE, out), LARGE);
    fclose(out);
    snprintf(line, sizeof line, "sha256sum '%s'", path);
    FILE *in = popen(line, "r");
    assert_int_equal(fread(sum, 1, 64, in), 64);
    pclose(in);

    int fd = plug(k, "name=sum&consent=given", LARGE);
    assert_true(http_put(fd, noise, LARGE));
    expect_answer(fd, "at once", 202, "import");
    check_newest(k, "failed", "(null)", sum);

    int a = plug(k, "name=sum&consent=given", LARGE), b = plug(k, "name=sum2&consent=given", LARGE);
    for (size_t at = 0, n; at < LARGE; at += n) {
        n = LARGE - at < 70001 ? LARGE - at : 70001;
        assert_true(http_put(a, noise + at, n) && http_put(b, noise + at, n));
    }
    expect_answer(a, "side by side", 202, "import");
    expect_answer(b, "side by side", 202, "import");
    check_newest(k, "failed", "(null)", sum);

    fd = plug(k, "name=sum&consent=given", 3);
    for (int i = 0; i < 3; i++) {
        nap_ms(20);
        http_put(fd, &"abc"[i], 1);
    }
    expect_answer(fd, "in crumbs", 202, "import");
    check_newest(k, "failed", "(null)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    free(noise);
    close_kept(k);
}

/* Who is refused while sending much hears why. */
static void test_large_refused(void **state) {
    (void)state;
    enum { LARGE = 5000000 };
    kept *k = open_kept(command);
    char *noise = noise_of(LARGE);
    for (int i = 0; i < 5; i++) {
        int fd = plug(k, "name=a&consent=refused", LARGE);
        http_put(fd, noise, LARGE);
        expect_answer(fd, "refused", 400, "consent: must be given");
    }
    free(noise);
    close_kept(k);
}

static void test_half_sent(void **state) {
    (void)state;
    enum { PART = 1000000 };
    kept *k = open_kept(command);
    char *noise = noise_of(PART);
    for (int i = 0; i < 8; i++) {
        int fd = plug(k, "name=half&consent=given", 2 * PART);
        http_put(fd, noise, (size_t)(i * PART / 8));
        for (int t = 0; t < 500 && i == 7 && !lies_there(k, "incoming"); t++) nap_ms(10);
        if (i == 7) assert_true(lies_there(k, "incoming"));
        close(fd);
    }
    for (int i = 0; i < 500 && lies_there(k, "incoming"); i++) nap_ms(10);
    assert_false(lies_there(k, "incoming"));
    json_t *none = list(k);
    assert_int_equal(json_array_size(none), 0);
    json_decref(none);
    int fd = plug(k, "name=half&consent=given", 2 * PART); /* and one that is at it when the server ends */
    http_put(fd, noise, PART);
    nap_ms(50);
    free(noise);
    close_kept(k);
    close(fd);
}

/* No more than so many come at a time. */
static void test_too_many(void **state) {
    (void)state;
    kept *k = open_kept(command);
    int fds[IMPORTS_COMING];
    for (int i = 0; i < IMPORTS_COMING; i++) fds[i] = plug(k, "name=slow&consent=given", 5);
    nap_ms(200);
    send_short(k, "name=one-more&consent=given", 503, "too many recordings");
    for (int i = 0; i < IMPORTS_COMING; i++) close(fds[i]);
    for (int i = 0; i < 500 && lies_there(k, "incoming"); i++) nap_ms(10);
    send_short(k, "name=good&consent=given", 202, "import");
    check_newest(k, "done", "c-1", "(null)");
    close_kept(k);
}

static unsigned long free_bytes = ~0ul; /* of the disk, as far as the server knows */

int fstatvfs(int fd, struct statvfs *disk) {
    (void)fd;
    *disk = (struct statvfs){.f_frsize = 1, .f_bavail = free_bytes};
    return 0;
}

/* Calls in progress are stored on the same disk. */
static void test_little_room(void **state) {
    (void)state;
    kept *k = open_kept(command);
    free_bytes = IMPORTS_SPARE + 4;
    send_short(k, "name=good&consent=given", 507, "no room");
    for (int i = 0; i < 500 && lies_there(k, "incoming"); i++) nap_ms(10);
    assert_false(lies_there(k, "incoming"));
    free_bytes = IMPORTS_SPARE + 5;
    send_short(k, "name=good&consent=given", 202, "import");
    check_newest(k, "done", "c-1", "(null)");
    free_bytes = ~0ul;
    close_kept(k);
}

/* A line that is silent for a while does not break: libwebsockets' own patience is 5 s, before the body and in it. */
static void test_patience(void **state) {
    (void)state;
    enum { LARGE = 1000000 };
    kept *k = open_kept(command);
    char *noise = noise_of(LARGE);
    int before = plug(k, "name=good&consent=given", LARGE), amid = plug(k, "name=good&consent=given", LARGE);
    http_put(amid, noise, LARGE / 2);
    nap_ms(200);
    http_put(amid, noise + LARGE / 2, 1); /* for which no desk is asked */
    nap_ms(7500);
    http_put(before, noise, LARGE);
    http_put(amid, noise + LARGE / 2 + 1, LARGE - LARGE / 2 - 1);
    expect_answer(before, "silent before its body", 202, "import");
    expect_answer(amid, "silent in its body", 202, "import");
    free(noise);
    close_kept(k);
}

/* One at a time; and with the server it ends, having been asked to. */
static void test_one_after_the_other(void **state) {
    (void)state;
    kept *k = open_kept(command);
    struct timespec before, after;
    send_short(k, "name=slow&consent=given", 202, "import");
    json_t *first = wait_for(k, "listening");
    json_decref(first);
    send_short(k, "name=good&consent=given", 202, "import");
    nap_ms(300);
    json_t *imports = list(k);
    assert_string_equal(text_of(json_array_get(imports, 0), "state"), "waiting");
    assert_string_equal(text_of(json_array_get(imports, 1), "state"), "listening");
    assert_float_equal(json_number_value(json_object_get(json_array_get(imports, 1), "progress")), 0.25, 1e-9);
    json_decref(imports);
    clock_gettime(CLOCK_MONOTONIC, &before);
    serve_close_desk(k->serve);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 5);
    assert_true(lies_there(k, "told"));
    int fd = plug(k, "name=good&consent=given", 5);
    http_put(fd, "sound", 5);
    expect_answer(fd, "closed", 503, "");
    close_kept(k);
}

static void test_where_none_can_be(void **state) {
    (void)state;
    const char *const missing[] = {"/nowhere/undertone", "import", NULL};
    kept *k = open_kept(NULL);
    send_short(k, "name=a&consent=given", 503, "nothing can be imported here");
    http_answer a = http_ask(k->address, "GET", "/api/imports", NULL, NULL);
    assert_int_equal(a.status, 503);
    http_answer_free(&a);
    close_kept(k);
    k = open_kept(missing);
    send_short(k, "name=a&consent=given", 202, "import");
    check_newest(k, "failed", "(null)", "No such file");
    close_kept(k);
}

/* What a crash left is gone with the next start; the list is of the last hundred. */
static void test_left_over(void **state) {
    (void)state;
    char line[200];
    kept *k = open_kept(command);
    for (int i = 0; i < IMPORTS_TOLD + 5; i++) send_short(k, "name=known&consent=given", 202, "import");
    json_t *last = wait_for(k, "known"), *imports = list(k);
    assert_int_equal(json_integer_value(json_object_get(last, "import")), IMPORTS_TOLD + 5);
    assert_int_equal(json_array_size(imports), IMPORTS_TOLD);
    json_decref(last);
    json_decref(imports);
    snprintf(line, sizeof line, "mkdir -p '%s/incoming/7' && echo x > '%s/incoming/7/a.wav'", k->dir, k->dir);
    assert_int_equal(system(line), 0);
    struct imports *im = imports_open(k->dir, command);
    assert_false(lies_there(k, "incoming"));
    imports_close(im);
    imports_close(NULL);
    close_kept(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_becomes_of_them),
        cmocka_unit_test(test_what_is_said),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_large_refused),
        cmocka_unit_test(test_half_sent),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_little_room),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_where_none_can_be),
        cmocka_unit_test(test_left_over),
    };
    return cmocka_run_group_tests_name("imports", tests, NULL, NULL);
}
