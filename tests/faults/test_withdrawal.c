/* Consent is withdrawn in the middle of a recorded call, while 19 others go on: within a second nothing more is heard
 * of it, and then nothing of its sound, its readings, turns and cues or its reference is found in the bytes of any file
 * of the data folder, nor after the server has ended and started again.
 *
 * That the search finds such things is shown before: all that is looked for is there until consent is withdrawn. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../blackbox/events.h"
#include "../blackbox/http_client.h"
#include "../blackbox/stored.h"
#include "calls.h"
#include "server.h"
#include "shown.h"

enum { CALLS = CALLS_MOST, CALL_S = 60, HEARD_MS = 6000, GONE_MS = 2000, NEEDLE_MAX = 64 };

/* Bytes that only this call has. */
typedef struct needle {
    unsigned char bytes[NEEDLE_MAX];
    size_t n;
    const char *of; /* what they are */
} needle;

typedef struct needles {
    needle *all;
    size_t n;
} needles;

static char data[512];

static void add(needles *list, const char *of, const void *bytes, size_t n) {
    assert_true(n <= NEEDLE_MAX);
    list->all = realloc(list->all, (list->n + 1) * sizeof *list->all);
    assert_non_null(list->all);
    needle *added = &list->all[list->n++];
    *added = (needle){.n = n, .of = of};
    memcpy(added->bytes, bytes, n);
}

/* ---- what to look for ---- */

/* A value as SQLite writes it into a record: its serial type and its bytes
 * (https://www.sqlite.org/fileformat2.html#record_format). */
static size_t put_number(long long x, unsigned char *type, unsigned char *bytes) {
    static const size_t sizes[] = {1, 2, 3, 4, 6, 8};
    size_t i = 0;
    if (x == 0 || x == 1) return *type = (unsigned char)(8 + x), 0;
    while (i < 5 && (x < -(1LL << (8 * sizes[i] - 1)) || x >= 1LL << (8 * sizes[i] - 1))) i++;
    *type = (unsigned char)(1 + i);
    for (size_t k = 0; k < sizes[i]; k++) bytes[k] = (unsigned char)(x >> 8 * (sizes[i] - 1 - k));
    return sizes[i];
}

static size_t put_value(json_t *value, unsigned char *type, unsigned char *bytes) {
    double x = json_number_value(value);
    uint64_t bits;
    if (json_is_null(value)) return *type = 0, 0;
    if (json_is_string(value)) {
        size_t n = json_string_length(value);
        *type = (unsigned char)(13 + 2 * n);
        memcpy(bytes, json_string_value(value), n);
        return n;
    }
    if (x == (double)(long long)x) return put_number((long long)x, type, bytes);
    memcpy(&bits, &x, sizeof bits);
    *type = 7;
    for (size_t k = 0; k < sizeof bits; k++) bytes[k] = (unsigned char)(bits >> 8 * (7 - k));
    return sizeof bits;
}

/* The values of a row, in the order of its columns, and the serial types before them where all columns are there; but
 * for the first two, which may go when a row is deleted and the rest of it stays. */
static void add_row(needles *list, const char *of, json_t *row, bool whole) {
    enum { GOES = 2, COLUMNS = 32 };
    unsigned char types[COLUMNS], bytes[1000], record[NEEDLE_MAX];
    size_t n_types = 0, n_bytes = 0;
    const char *key;
    json_t *value;
    json_object_foreach(row, key, value) n_bytes += put_value(value, &types[n_types++], bytes + n_bytes);
    size_t head = whole && n_types > GOES ? n_types - GOES : 0;
    assert_true(head + n_bytes <= sizeof record);
    memcpy(record, types + GOES, head);
    memcpy(record + head, bytes, n_bytes);
    add(list, of, record, head + n_bytes);
}

#define OF_CALL " JOIN calls ON call = number WHERE calls.id = '%s'"

static const struct {
    const char *of, *sql;
    bool whole; /* else what a row begins with */
} kept[] = {
    {"a reading", "SELECT measured.* FROM measured" OF_CALL, true},
    {"a score", "SELECT scored.* FROM scored" OF_CALL, true},
    {"a turn", "SELECT turns.* FROM turns" OF_CALL, true},
    {"a cue", "SELECT call, cues.id, kind, severity FROM cues" OF_CALL " AND cues.id > 1", false},
};

static void add_rows(needles *list, const char *id) {
    char sql[200];
    for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
        snprintf(sql, sizeof sql, kept[k].sql, id);
        json_t *rows = stored(data, sql), *row;
        size_t i;
        assert_true(json_array_size(rows) > 0);
        json_array_foreach(rows, i, row) add_row(list, kept[k].of, row, kept[k].whole);
        json_decref(rows);
    }
}

/* Pieces of a recording as it lies there. What is before the first frame is the same in all. */
static void add_sound(needles *list, const char *id) {
    enum { HEAD = 600, STEP = 512, PIECE = 24 };
    char path[700];
    size_t n;
    snprintf(path, sizeof path, "%s/audio/%s.000000000.part.flac", data, id);
    char *bytes = read_file(path, &n);
    assert_non_null(bytes);
    for (size_t at = HEAD; at + PIECE < n; at += STEP) add(list, "sound", bytes + at, PIECE);
    free(bytes);
}

/* ---- the search ---- */

static size_t count_in(const char *bytes, size_t n_bytes, const needles *list, bool *found) {
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (!memmem(bytes, n_bytes, list->all[i].bytes, list->all[i].n)) continue;
        found[i] = true;
        n++;
    }
    return n;
}

/* Every file, whatever it is called. */
static void search_folder(const char *folder, const needles *list, bool *found) {
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[1000];
        size_t n;
        if (*entry->d_name == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR) {
            search_folder(path, list, found);
            continue;
        }
        char *bytes = read_file(path, &n);
        if (bytes && count_in(bytes, n, list, found) && getenv("FAULT_SHOW")) print_message("in %s\n", path);
        free(bytes);
    }
    closedir(dir);
}

/* How many are anywhere in the data folder; names what was found last. */
static size_t search(const needles *list, const char **what) {
    bool *found = calloc(list->n, sizeof *found);
    size_t n = 0;
    assert_non_null(found);
    search_folder(data, list, found);
    for (size_t i = 0; i < list->n; i++) {
        if (!found[i]) continue;
        *what = list->all[i].of;
        n++;
    }
    free(found);
    return n;
}

/* ---- the call ---- */

/* A call, but not the one that was stored first, since SQLite writes the number 1 without a byte. */
static const char *choose(void) {
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT number FROM calls WHERE source = '%s'", calls_name(7));
    return calls_name(stored_count(data, sql) > 1 ? 7 : 8);
}

/* The id of the call that comes from a source. */
static void find_call(const server *s, const char *name, char id[64]) {
    for (size_t m = 0; m < ws_client_count(s->client); m++) {
        ws_text text = ws_client_text(s->client, m);
        json_t *event = json_loadb(text.text, text.n_bytes, 0, NULL);
        bool is_it = event_is(event, "call") && !strcmp(event_text(event, "source"), name);
        if (is_it) snprintf(id, 64, "%s", event_text(event, "call"));
        json_decref(event);
        if (is_it) return;
    }
    fail_msg("no client was told of %s", name);
}

static void withdraw(const server *s, const char *id) {
    char path[100];
    snprintf(path, sizeof path, "/api/calls/%s/consent", id);
    http_answer a = http_ask(s->address, "POST", path, NULL, "{\"consent\":\"withdrawn\",\"method\":\"said so\"}");
    if (a.status != 200) fail_msg("%s: %d: %s", path, a.status, a.body ? a.body : "");
    http_answer_free(&a);
}

/* What a client was told of a call later than a moment, but that its consent was withdrawn. */
static void check_silence(ws_client *client, const char *id, int64_t since_us) {
    for (size_t m = 0; m < ws_client_count(client); m++) {
        ws_text text = ws_client_text(client, m);
        if (text.received_us < since_us || !strstr(text.text, id)) continue;
        if (strstr(text.text, "\"type\":\"call\"") || strstr(text.text, "\"type\":\"consent\"")) continue;
        fail_msg("%.1f s after consent was withdrawn came: %s", 1 + (double)(text.received_us - since_us) / 1e6,
                 text.text);
    }
}

static bool is_reading(const ws_text *text, void *user) {
    (void)user;
    return strstr(text->text, "\"type\":\"reading\"");
}

static void check_silence_for_late(const server *s, const char *id) {
    ws_client *late = ws_client_open(s->address, "/events", NULL, NULL);
    assert_non_null(late);
    assert_true(ws_client_wait(late, is_reading, NULL, 5000, NULL));
    sleep_ms(500);
    check_silence(late, id, 0);
    ws_client_close(late);
}

static void check_stub(const char *id) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM calls WHERE id = '%s' AND consent = 'withdrawn' AND ended_how = 'no consent'"
             " AND customer IS NULL AND source IS NULL",
             id);
    assert_int_equal(stored_count(data, sql), 1);
}

static needles all_of(const char *id, const char *name) {
    needles list = {0};
    char reference[40];
    snprintf(reference, sizeof reference, "C-%s", name);
    add(&list, "the reference", reference, strlen(reference));
    add(&list, "the source", name, strlen(name));
    add_rows(&list, id);
    add_sound(&list, id);
    return list;
}

static void check_gone(const needles *list, const char *when) {
    const char *what = "";
    size_t n = search(list, &what);
    if (n) fail_msg("%s: %zu of %zu are still there, %s for one", when, n, list->n, what);
}

/* Returns how long it took, in ms. */
static long wait_until_gone(const needles *list) {
    const char *what;
    long from = now_ms();
    while (search(list, &what) && now_ms() < from + GONE_MS) sleep_ms(20);
    check_gone(list, "after two seconds");
    return now_ms() - from;
}

static void test_withdrawn_in_the_middle(void **state) {
    (void)state;
    server s;
    shown all = {0};
    char id[64];
    const char *what = "";
    snprintf(data, sizeof data, "%s", scratch_path("data"));
    server_start(&s, CALLS, data);
    sleep_ms(HEARD_MS);
    const char *name = choose();
    find_call(&s, name, id);
    needles list = all_of(id, name);
    size_t n = search(&list, &what);
    print_message("%zu pieces of the call to look for, %zu found while there is consent\n", list.n, n);
    assert_true(list.n > 60 && n == list.n);
    int64_t withdrawn_us = wall_us();
    withdraw(&s, id);
    print_message("none is found %ld ms after the answer\n", wait_until_gone(&list));
    check_stub(id);
    sleep_ms(2000);
    check_silence(s.client, id, withdrawn_us + 1000000);
    check_silence_for_late(&s, id);
    check_gone(&list, "later");
    assert_int_equal(server_stop(&s), 0);
    check_gone(&list, "after the end");
    shown_take(&all, s.client);
    assert_in_range(shown_check_cues(&all, data, withdrawn_us), CALLS, 100000);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM calls WHERE ended_how = 'stopped'"), CALLS - 1);
    assert_int_equal(stored_count(data, "SELECT count(*) FROM recordings WHERE state = 'finished'"), CALLS - 1);
    shown_free(&all);
    server_end(&s);
    server_start(&s, 1, data);
    assert_int_equal(server_stop(&s), 0);
    server_end(&s);
    check_stub(id);
    check_gone(&list, "after the next start");
    free(list.all);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_withdrawn_in_the_middle)};
    calls_make(CALLS, CALL_S);
    return cmocka_run_group_tests_name("withdrawal", tests, NULL, NULL);
}
