/* made_kept.h - a data folder with calls in it, and a look at it from outside. */
#ifndef MADE_KEPT_H
#define MADE_KEPT_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "event.h"
#include "store/database.h"
#include "store/rows.h"

/* ---- folders ---- */

static inline void kept_folder(char dir[64]) {
    strcpy(dir, "/tmp/undertone-kept-XXXXXX");
    assert_non_null(mkdtemp(dir));
}

static inline void kept_remove(const char *dir) {
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

/* A path in a folder; valid for the thread's next 7 calls. */
static inline const char *kept_path(const char *dir, const char *format, ...) {
    static _Thread_local char paths[8][400];
    static _Thread_local int next;
    char *path = paths[next = (next + 1) % 8];
    int n = snprintf(path, sizeof paths[0], "%s/", dir);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path + n, sizeof paths[0] - (size_t)n, format, arguments);
    va_end(arguments);
    return path;
}

static inline void kept_write(const char *path, const void *bytes, size_t n) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static inline bool kept_is_there(const char *path) { return !access(path, F_OK); }

static inline struct database *kept_open(const char *dir, enum database_mode mode) {
    char message[600] = "";
    enum database_fault fault;
    struct database *d = database_open(dir, mode, &fault, message, sizeof message);
    if (!d) print_message("%s\n", message);
    assert_non_null(d);
    return d;
}

/* ---- from outside: a connection of the test's own, with SQLite's usual files ---- */

static inline sqlite3 *kept_look(const char *dir) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(kept_path(dir, "undertone.db"), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

/* The first row, its columns with a bar between; "" for none. Valid for the next 3 calls. */
static inline const char *kept_ask(const char *dir, const char *sql) {
    static char rows[4][4000];
    static int next;
    char *row = rows[next = (next + 1) % 4];
    sqlite3 *db = kept_look(dir);
    sqlite3_stmt *statement;
    *row = '\0';
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL)) print_message("%s: %s\n", sql, sqlite3_errmsg(db));
    if (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            size_t n = strlen(row);
            snprintf(row + n, sizeof rows[0] - n, "%s%s", i ? "|" : "", text ? text : "null");
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return row;
}

static inline int kept_count(const char *dir, const char *sql) { return atoi(kept_ask(dir, sql)); }

static inline void kept_execute(const char *dir, const char *sql) {
    char *why = NULL;
    sqlite3 *db = kept_look(dir);
    if (sqlite3_exec(db, sql, NULL, NULL, &why)) fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

/* ---- calls ---- */

static inline void kept_put(struct database *d, message *m) {
    assert_non_null(m);
    assert_int_equal(rows_put(d, m), DATABASE_ROW_STORED);
    message_release(m);
}

/* One that says of itself "mark07-..." wherever it can, and in numbers whose bytes are "MARK07". */
typedef struct kept_call {
    char id[CALL_ID_SIZE], marks[8][40];
    call_facts facts;
} kept_call;

static inline void kept_name(kept_call *call, int number, const char *customer) {
    static const char *const marked[] = {"source", "model", "playbook", "agent", "team", "queue", "sha256", "customer"};
    snprintf(call->id, sizeof call->id, "c-%02d", number);
    for (int i = 0; i < 8; i++) snprintf(call->marks[i], sizeof call->marks[i], "mark%02d-%s", number, marked[i]);
    call->facts = (call_facts){.source = call->marks[0],
                               .channels = 2,
                               .roles = {UT_AGENT, UT_CUSTOMER},
                               .started_at_ms = now_unix_ms() - 1000,
                               .consent = UT_CONSENT_GIVEN,
                               .model = call->marks[1],
                               .playbook = call->marks[2],
                               .agent = call->marks[3],
                               .team = call->marks[4],
                               .queue = call->marks[5],
                               .content_sha256 = call->marks[6],
                               .customer = customer ? customer : call->marks[7]};
    strcpy(call->facts.id, call->id);
}

static inline void kept_begin(struct database *d, kept_call *call, int number, const char *customer) {
    kept_name(call, number, customer);
    kept_put(d, message_of_call(&call->facts));
}

/* The i-th half second: a reading of each voice, a cue, a turn, and now and then a note, a tag and a pause. */
static inline void kept_step(struct database *d, const kept_call *call, int i) {
    static const char measured_sql[] =
        "INSERT INTO measured (call, t_ms, channel, speaking, sound, level, rate, share) SELECT number, $t_ms,"
        " $channel, 1, 1, $mark, $mark, $mark FROM calls WHERE id = $call";
    static const char scored_sql[] = "INSERT INTO scored (call, t_ms, pitch, frustration, abstain) SELECT number,"
                                     " $t_ms, $mark, $mark, 0 FROM calls WHERE id = $call";
    static const char cue_sql[] =
        "INSERT INTO cues (call, id, kind, severity, text, advice, reasons, raised_s) SELECT number, $t_ms,"
        " 'frustration', 'notice', $text, $text, json_array($text), 1 FROM calls WHERE id = $call";
    static const char life_sql[] = "INSERT INTO cue_life (call, cue, state, said) SELECT number, $t_ms, 'raised',"
                                   " json_array($text) FROM calls WHERE id = $call";
    static const char turn_sql[] = "INSERT INTO turns (call, start_s, end_s, turn, channel) SELECT number, $t_ms, 2,"
                                   " $text, 'customer' FROM calls WHERE id = $call";
    static const char note_sql[] = "INSERT INTO notes (call, text, who, at) SELECT number, $text, $text, $text"
                                   " FROM calls WHERE id = $call";
    static const char tag_sql[] = "INSERT INTO tags (call, tag, who, at) SELECT number, $text, $text, $text"
                                  " FROM calls WHERE id = $call";
    static const char pause_sql[] =
        "INSERT INTO pauses (call, start_s, who) SELECT number, $t_ms, $text FROM calls WHERE id = $call";
    static const char *const each[] = {scored_sql, cue_sql, life_sql, turn_sql}, *const some[] = {note_sql, tag_sql,
                                                                                                  pause_sql};
    char text[300];
    json_int_t mark = 0;
    for (const char *c = (char[]){'M', 'A', 'R', 'K', call->id[2], call->id[3], 0}; *c; c++) mark = mark << 8 | *c;
    memset(text, '.', sizeof text - 1);
    text[20 + i * 37 % 200] = '\0'; /* rows of many sizes, so that they move from page to page */
    memcpy(text, call->marks[0], 7);
    json_t *values =
        json_pack("{ss si si sI ss}", "call", call->id, "t_ms", i * 500, "channel", 0, "mark", mark, "text", text);
    for (int channel = 0; channel < 2; channel++) {
        json_object_set_new(values, "channel", json_integer(channel));
        assert_int_equal(database_run(d, measured_sql, values), DATABASE_ROW_STORED);
    }
    for (int k = 0; k < 4; k++) assert_int_equal(database_run(d, each[k], values), DATABASE_ROW_STORED);
    for (int k = 0; k < 3 && i % 10 == 9; k++) assert_int_equal(database_run(d, some[k], values), DATABASE_ROW_STORED);
    json_decref(values);
}

/* Its recording: no sound, but bytes that are not to be taken for others. */
static inline void kept_record(struct database *d, const kept_call *call) {
    recording_news news = {.state = RECORDING_FINISHED,
                           .format = "flac",
                           .channels = 2,
                           .roles = {UT_AGENT, UT_CUSTOMER},
                           .duration_s = 30,
                           .bytes = 70000};
    char *bytes = malloc(70000);
    assert_non_null(bytes);
    for (int i = 0; i < 70000; i++) bytes[i] = call->marks[0][i % 7];
    strcpy(news.call, call->id);
    snprintf(news.file, sizeof news.file, "%.20s.flac", call->id);
    mkdir(kept_path(database_dir(d), "audio"), 0700);
    kept_write(kept_path(database_dir(d), "audio/%s", news.file), bytes, 70000);
    free(bytes);
    kept_put(d, message_of_recording(&news));
}

static inline void kept_end(struct database *d, kept_call *call) {
    call->facts.ended = "finished";
    ut_event event = {.type = UT_EVENT_SUMMARY, .summary = {.duration_s = 30, .cues = 3}};
    kept_put(d, message_of_event(&call->facts, &event));
}

/* All of it: n half seconds, over and recorded. */
static inline void kept_make(struct database *d, int number, const char *customer, int n) {
    kept_call call;
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    kept_begin(d, &call, number, customer);
    for (int i = 0; i < n; i++) kept_step(d, &call, i);
    kept_record(d, &call);
    kept_end(d, &call);
    assert_true(database_commit(d));
}

/* ---- every byte ---- */

static struct {
    const char *text;
    long found;
} kept_search;

static inline int kept_visit(const char *path, const struct stat *st, int kind, struct FTW *walk) {
    (void)walk;
    if (kind != FTW_F || !st->st_size) return 0;
    char *bytes = malloc((size_t)st->st_size);
    FILE *in = fopen(path, "r");
    assert_non_null(bytes);
    assert_non_null(in);
    size_t n = fread(bytes, 1, (size_t)st->st_size, in), length = strlen(kept_search.text);
    fclose(in);
    for (char *at = bytes; (at = memmem(at, n - (size_t)(at - bytes), kept_search.text, length)); at++)
        kept_search.found++;
    free(bytes);
    return 0;
}

/* How often a text is to be read in the files of a folder, whatever they are. */
static inline long kept_bytes(const char *dir, const char *text) {
    kept_search.text = text;
    kept_search.found = 0;
    assert_int_equal(nftw(dir, kept_visit, 16, FTW_PHYS), 0);
    return kept_search.found;
}

/* The same of all that call number says of itself. */
static inline long kept_marks(const char *dir, int number) {
    char small[16], large[16];
    snprintf(small, sizeof small, "mark%02d", number);
    snprintf(large, sizeof large, "MARK%02d", number);
    return kept_bytes(dir, small) + kept_bytes(dir, large);
}

#endif
