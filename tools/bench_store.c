/* bench_store.c - how large a store of many calls is, and how soon the pages have what they ask of it.
 *
 *     bench_store [CALLS]      10,000 where not said
 *
 * In:  made calls of five minutes with both voices at the default resolution, 20 at a time, and one of an hour. Their
 *      rows come in the order in which live calls would write them, which decides how full the pages of the file get.
 * Out: the size of the file; milliseconds, the median and the worst of 20, for what a page asks; bytes of what it gets;
 *      and beside them what SQLite takes to look at every call there is, so that a busy machine shows.
 *
 * The file is made in $TMPDIR, else /var/tmp, and removed. Rows are written past the store, whose messages would take
 * most of an hour; they are read through it.
 */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "store/archive.h"

enum { CALLS = 10000, AT_A_TIME = 20, READINGS = 600, HOUR = 7200, ROUNDS = 20, PATH = 4096, COMMIT_TICKS = 100 };
#define PAGE_MS    50.0
#define WHOLE_MS   100.0
#define HOUR_BYTES 100e3
#define FILE_BYTES 1e9 /* of 10,000 calls */

/* ---- making ---- */

enum row {
    ROW_CALL,
    ROW_CONSENT,
    ROW_MEASURED,
    ROW_SCORED,
    ROW_TURN,
    ROW_CUE,
    ROW_CUE_LIFE,
    ROW_SUMMARY,
    ROW_TAG,
    ROW_NOTE,
    ROW_RECORDING,
    ROWS
};

static const char *const row_sql[ROWS] = {
    [ROW_CALL] = "INSERT INTO calls (number, id, started_at, agent, team, queue, source, channels, rate_hz, consent,"
                 " consent_at, model, arm, customer, playbook) VALUES (?1, ?2, ?3, 'a-' || ?4, 'team-' || ?5,"
                 " 'queue-' || ?6, 'wss://exchange/calls', '[\"agent\",\"customer\"]', 8000, 'given', ?3,"
                 " 'base@0123456789ab', 'shown', 'C-' || ?1, 'default')",
    [ROW_CONSENT] = "INSERT INTO consents (call, at, t_s, state, method) VALUES (?1, ?2, 0, 'given', 'notice')",
    [ROW_MEASURED] = "INSERT INTO measured VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ROW_SCORED] = "INSERT INTO scored VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)",
    [ROW_TURN] = "INSERT INTO turns VALUES (?1, ?2 / 1000.0, ?3 / 1000.0, ?4, ?5)",
    [ROW_CUE] =
        "INSERT INTO cues (call, id, kind, severity, score, text, advice, reasons, raised_s, cleared_s, priority,"
        " score_usual) VALUES (?1, ?2, ?3, 'notice', ?4 / 1000.0, 'Voice sounds frustrated',"
        " 'Acknowledge it, then give the next step.', '[{\"feature\":\"pitch_hz\",\"change\":\"+4.1 st\",\"z\":2.3},"
        "{\"feature\":\"rate_syl_s\",\"change\":\"+1.0 syl/s\",\"z\":1.9}]', ?5 / 1000.0, ?5 / 1000.0 + 20, 1, 0.31)",
    [ROW_CUE_LIFE] =
        "INSERT INTO cue_life (call, cue, state, t_s, said) SELECT call, id, ?3, raised_s + ?4, json_object('severity',"
        " severity, 'score', score, 'score_usual', score_usual, 'text', text, 'advice', advice, 'reasons',"
        " json(reasons)) FROM cues WHERE call = ?1 AND id = ?2",
    [ROW_SUMMARY] = "INSERT INTO summaries VALUES (?1, ?2 / 1000.0, 88.2, 0.21, ?3 / 1000.0, 0.12, ?4 / 1000.0, 0.4,"
                    " 0.58, 4, 1, 12.5, 0.9, 4, 1, 6, 30.0, 2.1, 41.0)",
    [ROW_TAG] = "INSERT INTO tags (call, tag, who, at) VALUES (?1, 'tag-' || ?2, 'kim', ?3)",
    [ROW_NOTE] =
        "INSERT INTO notes (call, t_s, text, who, at) VALUES (?1, 83.2, 'Called back about the parcel of order '"
        " || ?2 || ', which went to the old address; a replacement is on its way.', 'kim', ?3)",
    [ROW_RECORDING] =
        "INSERT INTO recordings VALUES (?1, ?2 || '.flac', 'flac', '[\"agent\",\"customer\"]', 'finished',"
        " 300.0, 2400000, 0.0)",
};
static const char end_sql[] = "UPDATE calls SET ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', started_at, '+300 seconds'),"
                              " ended_how = 'finished'";

static const char checkpoint_sql[] = "PRAGMA wal_checkpoint(TRUNCATE)";

typedef struct maker {
    sqlite3 *db;
    sqlite3_stmt *rows[ROWS];
    unsigned chance;
    int n_calls; /* begun so far */
    bool failed;
} maker;

typedef struct lane { /* one call at a time */
    int call, reading, readings;
    char id[CALL_ID_SIZE], at[UTC_SIZE];
} lane;

static int some(maker *m, int n) {
    m->chance = m->chance * 1664525u + 1013904223u; /* Numerical Recipes' generator: the same store each time */
    return (int)((m->chance >> 8) % (unsigned)n);
}

/* A row of whole numbers and texts, by letter: i, s, or n, a number that is not known. */
static void put(maker *m, enum row row, const char *letters, ...) {
    va_list values;
    sqlite3_stmt *statement = m->rows[row];
    va_start(values, letters);
    for (int i = 1; *letters; letters++, i++) {
        if (*letters == 'i') sqlite3_bind_int64(statement, i, va_arg(values, int));
        if (*letters == 's') sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
        if (*letters == 'n') sqlite3_bind_null(statement, i), (void)va_arg(values, int);
    }
    va_end(values);
    if (sqlite3_step(statement) != SQLITE_DONE) m->failed = true;
    sqlite3_reset(statement);
}

static void begin_call(maker *m, lane *l, int readings) {
    int64_t started_ms = 1795255200000 + (int64_t)m->n_calls * 15000;
    *l = (lane){.call = ++m->n_calls, .readings = readings};
    call_id_make(l->id, started_ms);
    utc_text(l->at, started_ms);
    put(m, ROW_CALL, "issiii", l->call, l->id, l->at, some(m, 100), some(m, 8), some(m, 5));
    put(m, ROW_CONSENT, "is", l->call, l->at);
}

static void put_reading(maker *m, const lane *l, int t_ms) {
    bool speaking = some(m, 2), abstain = some(m, 3) == 0;
    put(m, ROW_MEASURED, "iiiiiiiii", l->call, t_ms, UT_CUSTOMER, speaking, speaking,
        speaking ? -180 - some(m, 150) : -600, some(m, 70), 30 + some(m, 40), 20 + some(m, 60));
    put(m, ROW_SCORED, speaking ? "iiiiiiii" : "iiniiiii", l->call, t_ms, 900 + some(m, 1800), some(m, 1000),
        some(m, 1000), some(m, 1000), some(m, 101), abstain);
    put(m, ROW_MEASURED, "iiiiiiiii", l->call, t_ms, UT_AGENT, !speaking, !speaking,
        speaking ? -600 : -180 - some(m, 150), some(m, 70), 30 + some(m, 40), 20 + some(m, 60));
}

static void end_call(maker *m, const lane *l) {
    put(m, ROW_SUMMARY, "iiii", l->call, 500 * l->readings, 300 + some(m, 650), some(m, 500));
    put(m, ROW_RECORDING, "is", l->call, l->id);
    if (some(m, 5) == 0) put(m, ROW_TAG, "iis", l->call, some(m, 20), l->at);
    if (some(m, 10) == 0) put(m, ROW_NOTE, "iis", l->call, some(m, 100000), l->at);
}

static void make_cue(maker *m, const lane *l, int t_ms) {
    static const char *const states[] = {"raised", "updated", "updated", "cleared"};
    int id = l->reading / 150 + 1;
    put(m, ROW_CUE, "iisii", l->call, id, ut_cue_name((ut_cue_kind)some(m, UT_CUE_KINDS)), some(m, 1000), t_ms);
    for (int i = 0; i < 4; i++) put(m, ROW_CUE_LIFE, "iisi", l->call, id, states[i], 5 * i);
}

/* The next half second of a call: readings, a turn every 5 s, a cue every 75 s. */
static void step(maker *m, lane *l) {
    static const char *const turns[] = {"turn", "reply", "turn", "backchannel", "turn", "overlap"};
    int t_ms = 500 * ++l->reading;
    put_reading(m, l, t_ms);
    if (l->reading % 10 == 0)
        put(m, ROW_TURN, "iiiss", l->call, t_ms - 4200 + some(m, 200), t_ms - some(m, 400), turns[some(m, 6)],
            some(m, 2) ? "agent" : "customer");
    if (l->reading % 150 == 75) make_cue(m, l, t_ms);
    if (l->reading == l->readings) end_call(m, l);
}

static bool execute(maker *m, const char *sql) {
    if (!sqlite3_exec(m->db, sql, NULL, NULL, NULL)) return true;
    m->failed = true;
    return false;
}

/* Lanes begin one after the other, so that at any time one call is at its start and another at its end. */
static void make_calls(maker *m, int n_calls) {
    lane lanes[AT_A_TIME] = {0};
    int busy = 1;
    for (int tick = 0; busy && !m->failed; tick++) {
        if (tick % COMMIT_TICKS == 0) execute(m, tick ? "COMMIT; BEGIN" : "BEGIN");
        busy = m->n_calls < n_calls;
        for (int i = 0; i < AT_A_TIME && tick >= i * READINGS / AT_A_TIME; i++) {
            lane *l = &lanes[i];
            if (l->reading == l->readings && m->n_calls < n_calls) begin_call(m, l, READINGS);
            if (l->reading < l->readings) step(m, l), busy = 1;
        }
    }
}

static int make_long_call(maker *m) {
    lane l;
    begin_call(m, &l, HOUR);
    while (l.reading < l.readings) step(m, &l);
    return l.call;
}

static bool make(const char *path, int n_calls) {
    maker m = {.chance = 1};
    m.failed = sqlite3_open(path, &m.db) != SQLITE_OK || !execute(&m, "PRAGMA synchronous = OFF");
    for (int i = 0; i < ROWS && !m.failed; i++)
        m.failed = sqlite3_prepare_v2(m.db, row_sql[i], -1, &m.rows[i], NULL) != SQLITE_OK;
    if (!m.failed) make_calls(&m, n_calls);
    if (!m.failed) make_long_call(&m);
    if (!m.failed) m.failed = !execute(&m, end_sql) || !execute(&m, "COMMIT") || !execute(&m, checkpoint_sql);
    if (m.failed) fprintf(stderr, "bench_store: %s: %s\n", path, sqlite3_errmsg(m.db));
    for (int i = 0; i < ROWS; i++) sqlite3_finalize(m.rows[i]);
    sqlite3_close(m.db);
    return !m.failed;
}

/* ---- measuring ---- */

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is asked, of call or with filter. New. */
typedef struct question {
    const char *name;
    json_t *(*ask)(struct database *d, const struct question *q);
    const char *text;             /* a filter, or the id of a call */
    double bound_ms, bound_bytes; /* 0: none */
    int rounds;                   /* 0: ROUNDS */
} question;

static json_t *ask_page(struct database *d, const question *q) {
    char why[256] = "";
    json_t *filter = json_loads(q->text, 0, NULL), *page = archive_calls(d, filter, why, sizeof why);
    if (*why) fprintf(stderr, "bench_store: %s\n", why);
    json_decref(filter);
    return page;
}

static json_t *ask_call(struct database *d, const question *q) { return archive_call(d, q->text); }
static json_t *ask_readings(struct database *d, const question *q) {
    return archive_readings(d, q->text, &(archive_part){.to_s = INFINITY});
}

static const char count_sql[] = "SELECT count(*) AS calls, max(source) AS source FROM calls NOT INDEXED";
static const char read_sql[] = "SELECT count(*) AS readings, max(level) AS level FROM measured";
static json_t *ask_sqlite(struct database *d, const question *q) {
    return database_row(d, strcmp(q->text, "calls") ? read_sql : count_sql, NULL);
}

/* True where it was answered within its bounds. */
static bool measure(struct database *d, const question *q) {
    double took_ms[ROUNDS];
    size_t n_bytes = 0;
    int rounds = q->rounds ? q->rounds : ROUNDS;
    for (int i = 0; i < rounds; i++) {
        double from_ms = now_ms();
        json_t *answer = q->ask(d, q);
        char *text = json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(12));
        took_ms[i] = now_ms() - from_ms;
        json_decref(answer);
        if (!text) return fprintf(stderr, "bench_store: %s: no answer\n", q->name), false;
        n_bytes = strlen(text);
        free(text);
    }
    qsort(took_ms, (size_t)rounds, sizeof *took_ms, by_size);
    double median_ms = took_ms[rounds / 2], worst_ms = took_ms[rounds - 1];
    bool good =
        (!(q->bound_ms > 0) || median_ms < q->bound_ms) && (!(q->bound_bytes > 0) || (double)n_bytes < q->bound_bytes);
    printf("%-44s %8.2f %8.2f %9zu%s\n", q->name, median_ms, worst_ms, n_bytes, good ? "" : "  over its bound");
    return good;
}

/* The id of a call from the middle of the list, and of the last one, the hour's. */
static bool find_calls(struct database *d, char middle[CALL_ID_SIZE], char longest[CALL_ID_SIZE]) {
    static const char middle_sql[] = "SELECT id FROM calls WHERE number = (SELECT max(number) / 2 FROM calls)";
    static const char longest_sql[] = "SELECT id FROM calls ORDER BY number DESC LIMIT 1";
    json_t *a = database_row(d, middle_sql, NULL), *b = database_row(d, longest_sql, NULL);
    bool good = json_is_object(a) && json_is_object(b);
    if (good) snprintf(middle, CALL_ID_SIZE, "%s", json_string_value(json_object_get(a, "id")));
    if (good) snprintf(longest, CALL_ID_SIZE, "%s", json_string_value(json_object_get(b, "id")));
    json_decref(a);
    json_decref(b);
    return good;
}

static bool measure_all(struct database *d) {
    char middle[CALL_ID_SIZE], longest[CALL_ID_SIZE];
    bool good = true;
    if (!find_calls(d, middle, longest)) return fprintf(stderr, "bench_store: no calls\n"), false;
    const question questions[] = {
        {"first page", ask_page, "{}", PAGE_MS, 0, 0},
        {"first page, a cue", ask_page, "{\"cue\":\"frustration\"}", PAGE_MS, 0, 0},
        {"first page, an agent of a team", ask_page, "{\"agent\":\"a-7\",\"team\":\"team-3\"}", PAGE_MS, 0, 0},
        {"first page, a peak", ask_page, "{\"peak\":0.94}", PAGE_MS, 0, 0},
        {"first page, by peaks", ask_page, "{\"order\":\"peak\"}", PAGE_MS, 0, 0},
        {"first page, with pictures of 48 steps", ask_page, "{\"points\":48}", PAGE_MS, 0, 0},
        {"first page, a tag", ask_page, "{\"tag\":\"tag-7\"}", PAGE_MS, 0, 0},
        {"first page, text of a note", ask_page, "{\"text\":\"order 4711\"}", PAGE_MS, 0, 0},
        {"first page, a day", ask_page, "{\"from\":\"2026-11-22\",\"to\":\"2026-11-22\"}", PAGE_MS, 0, 0},
        {"first page, a customer", ask_page, "{\"customer\":\"C-5\"}", PAGE_MS, 0, 0},
        {"first page, everything at once and none such", ask_page,
         "{\"cue\":\"escalate\",\"peak\":0.1,\"tag\":\"tag-7\",\"text\":\"%\",\"state\":\"ended\"}", PAGE_MS, 0, 0},
        {"one call whole", ask_call, middle, WHOLE_MS, 0, 0},
        {"its readings at 600 points", ask_readings, middle, WHOLE_MS, HOUR_BYTES, 0},
        {"an hour's readings at 600 points", ask_readings, longest, WHOLE_MS, HOUR_BYTES, 0},
        {"beside them: SQLite looks at every call", ask_sqlite, "calls", 0, 0, 0},
        {"beside them: SQLite looks at every reading", ask_sqlite, "readings", 0, 0, 1},
    };
    printf("\n%-44s %8s %8s %9s\n", "", "median", "worst ms", "bytes");
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) good = measure(d, &questions[i]) && good;
    printf("\nat most: a first page %.0f ms, one call %.0f ms, its readings %.0f kB, the file %.0f MB\n", PAGE_MS,
           WHOLE_MS, HOUR_BYTES / 1e3, FILE_BYTES / 1e6);
    return good;
}

static bool show_size(const char *path, int n_calls) {
    struct stat file;
    if (stat(path, &file)) return false;
    double bound = FILE_BYTES * n_calls / CALLS;
    bool good = n_calls < CALLS || (double)file.st_size < bound;
    printf("%d calls of five minutes: %.0f MB, %.1f kB a minute%s\n", n_calls, (double)file.st_size / 1e6,
           (double)file.st_size / 1e3 / 5 / n_calls, good ? "" : "  over its bound");
    return good;
}

static bool bench(const char *folder, int n_calls) {
    enum database_fault fault;
    char path[PATH + 32], why[512];
    double from_ms = now_ms();
    snprintf(path, sizeof path, "%s/undertone.db", folder);
    struct database *d = database_open(folder, DATABASE_OWNER, &fault, why, sizeof why);
    bool made = d && make(path, n_calls);
    database_close(d);
    if (made) printf("made in %.0f s\n", (now_ms() - from_ms) / 1e3);
    bool small = made && show_size(path, n_calls);
    d = made ? database_open(folder, DATABASE_READER, &fault, why, sizeof why) : NULL;
    if (!d) fprintf(stderr, "bench_store: %s\n", why);
    bool soon = d && measure_all(d);
    database_close(d);
    return small && soon;
}

static void clear(const char *folder) {
    static const char *const files[] = {"undertone.db", "undertone.db-wal", "undertone.db-shm"};
    char path[PATH + 32];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv) {
    char folder[PATH];
    const char *temporary = getenv("TMPDIR");
    int n_calls = argc > 1 ? atoi(argv[1]) : CALLS;
    snprintf(folder, sizeof folder, "%s/undertone-bench-XXXXXX", temporary ? temporary : "/var/tmp");
    if (n_calls < 1 || argc > 2) return fputs("usage: bench_store [CALLS]\n", stderr), 2;
    if (!mkdtemp(folder)) return perror(folder), 1;
    bool good = bench(folder, n_calls);
    clear(folder);
    return !good;
}
