/* The store, from outside: what was written is read back with a connection of the test's own. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static call_facts facts_of(const char *id, ut_consent consent) {
    call_facts facts = {.source = "marker-source.flac",
                        .channels = 2,
                        .roles = {UT_AGENT, UT_CUSTOMER},
                        .started_at_ms = 1795255200000,
                        .consent = consent,
                        .model = "base@0123456789ab",
                        .queue = "marker-queue",
                        .customer = "marker-customer"};
    snprintf(facts.id, sizeof facts.id, "%s", id);
    return facts;
}

/* Written and released: the store holds its own reference. */
static void write_away(store *s, message *m) {
    assert_non_null(m);
    store_write(s, m);
    message_release(m);
}

static void write_call(store *s, const char *id, ut_consent consent) {
    call_facts facts = facts_of(id, consent);
    write_away(s, message_of_call(&facts));
}

static message *reading_of(const char *id, double t_s, ut_channel channel) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    ut_event event = {.type = UT_EVENT_ACTIVITY, .t_s = t_s};
    if (channel == UT_CUSTOMER) {
        event.type = UT_EVENT_CUSTOMER;
        event.customer.activity = (ut_activity){.speaking = true,
                                                .sound = UT_SOUND_SPEECH,
                                                .level_db = -21.4f,
                                                .rate_syl_s = 5.1f,
                                                .talk_share = 0.25f,
                                                .talk_share_120s = NAN};
        event.customer.affect = (ut_affect){.usual_known = true,
                                            .pitch_hz = 231,
                                            .frustration = 0.625f,
                                            .stress = 0.25f,
                                            .arousal = 0.5f,
                                            .confidence = 0.75f};
    } else {
        event.activity.channel = channel;
        event.activity.activity = (ut_activity){.level_db = -60, .rate_syl_s = 4.4f};
    }
    return message_of_event(&facts, &event);
}

static void write_reading(store *s, const char *id, double t_s, ut_channel channel) {
    write_away(s, reading_of(id, t_s, channel));
}

static void write_turn(store *s, const char *id, ut_turn_kind kind, ut_channel channel, double start_s) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    ut_event event = {.type = UT_EVENT_TURN,
                      .t_s = start_s + 2,
                      .turn = {.kind = kind, .channel = channel, .start_s = start_s, .end_s = start_s + 1}};
    write_away(s, message_of_event(&facts, &event));
}

static void write_feedback(store *s, const char *id, unsigned cue, verdict verdict, int64_t now_ms) {
    feedback said = {.cue = cue, .verdict = verdict};
    snprintf(said.call, sizeof said.call, "%s", id);
    write_away(s, message_of_feedback(&said, now_ms));
}

static void write_cue_of(store *s, const call_facts *facts, ut_cue_kind kind, unsigned cue, ut_cue_state state,
                         double t_s, float score) {
    ut_event event = {.type = UT_EVENT_CUE,
                      .t_s = t_s,
                      .cue = {.id = cue,
                              .kind = kind,
                              .state = state,
                              .severity = UT_NOTICE,
                              .priority = 2,
                              .score = score,
                              .score_usual = score / 2,
                              .text = "Voice sounds frustrated",
                              .advice = "marker-advice",
                              .n_reasons = 1,
                              .reasons = {{.feature = "pitch_hz", .change = "+4.1 st", .z = 2.3f}}}};
    write_away(s, message_of_event(facts, &event));
}

static void write_cue(store *s, const char *id, unsigned cue, ut_cue_state state, double t_s, float score) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    write_cue_of(s, &facts, UT_CUE_FRUSTRATION, cue, state, t_s, score);
}

static void write_summary(store *s, const char *id) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    ut_event event = {.type = UT_EVENT_SUMMARY,
                      .t_s = 245,
                      .summary = {.duration_s = 245,
                                  .has_customer = true,
                                  .has_dynamics = true,
                                  .customer = {.speech_s = 88.5f, .frustration_mean = 0.25f, .stress_mean = NAN},
                                  .dynamics = {.agent_talk_share = 0.5f,
                                               .overlaps = 4,
                                               .interruptions = 3,
                                               .interruptions_by_agent = 2,
                                               .backchannels = 5,
                                               .dead_air_s = 12,
                                               .hold_s = 30.5f,
                                               .response_latency_median_s = NAN,
                                               .response_latency_p90_s = 2.5f,
                                               .monologue_longest_s = 41},
                                  .cues = 3}};
    write_away(s, message_of_event(&facts, &event));
}

static void make_dir(char dir[64]) {
    strcpy(dir, "/tmp/undertone-store-XXXXXX");
    assert_non_null(mkdtemp(dir));
}

static void remove_dir(const char *dir) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

typedef void take_committed(void *user, message *m, bool stored);

static store *open_at(const char *dir, take_committed *committed, void *user) {
    char message[300] = "";
    store *s = store_open(&(store_options){.dir = dir, .committed = committed, .user = user}, message, sizeof message);
    if (!s) print_message("%s\n", message);
    assert_non_null(s);
    return s;
}

/* Opens DIR/undertone.db to look inside. */
static sqlite3 *look(const char *dir) {
    char path[200];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/undertone.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

/* The first row of sql, its columns with a bar between; "" for none. */
static const char *ask(const char *dir, const char *sql) {
    static char row[2000];
    sqlite3 *db = look(dir);
    sqlite3_stmt *statement;
    row[0] = '\0';
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL)) print_message("%s\n", sqlite3_errmsg(db));
    if (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            size_t n = strlen(row);
            snprintf(row + n, sizeof row - n, "%s%s", i ? "|" : "", text ? text : "null");
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return row;
}

static int ask_number(const char *dir, const char *sql) { return atoi(ask(dir, sql)); }

static void execute(const char *dir, const char *sql) {
    sqlite3 *db = look(dir);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void pause_ms(int ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* Waits for a number of messages that came to one end or the other. */
static void wait_done(store *s, unsigned long n) {
    store_counts counts = store_count(s);
    for (int i = 0; i < 1000 && counts.written + counts.failed < n; i++) {
        pause_ms(10);
        counts = store_count(s);
    }
    assert_int_equal(counts.written + counts.failed, n);
}

struct seen {
    const char *dir;
    unsigned ids[16];
    bool stored[16];
    int n_visible;
    atomic_uint n;
};

/* Looks whether the cue is in the database as others see it. */
static void note_cue(void *user, message *m, bool stored) {
    struct seen *seen = user;
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM cues WHERE id = %u", m->cue_id);
    seen->n_visible += ask_number(seen->dir, sql);
    unsigned n = atomic_load(&seen->n);
    seen->ids[n] = m->cue_id;
    seen->stored[n] = stored;
    atomic_store(&seen->n, n + 1);
}

static void wait_seen(struct seen *seen, unsigned n) {
    for (int i = 0; i < 3000 && atomic_load(&seen->n) < n; i++) pause_ms(10);
    assert_int_equal(atomic_load(&seen->n), n);
}

static void test_rows(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    write_reading(s, "c-1", 12.5, UT_CUSTOMER);
    write_reading(s, "c-1", 12.5, UT_AGENT);
    write_reading(s, "c-1", 13, UT_MIXED);
    write_cue(s, "c-1", 7, UT_CUE_RAISED, 12.5, 0.5f);
    write_cue(s, "c-1", 7, UT_CUE_UPDATED, 13.5, 0.75f);
    write_cue(s, "c-1", 7, UT_CUE_CLEARED, 20, NAN);
    write_cue(s, "c-1", 8, UT_CUE_RAISED, 30, NAN);
    write_summary(s, "c-1");
    store_close(s);
    assert_string_equal(ask(dir,
                            "SELECT id, source, channels, rate_hz, started_at, ended_at, ended_how, consent, model, "
                            "arm, queue, customer FROM calls"),
                        "c-1|marker-source.flac|[\"agent\",\"customer\"]|8000|2026-11-21T10:00:00.000Z|"
                        "2026-11-21T10:04:05.000Z|finished|given|base@0123456789ab|shown|marker-queue|marker-customer");
    assert_string_equal(
        ask(dir, "SELECT t_s, speaking, sound, level_db, rate_syl_s, talk_share, talk_share_120s FROM readings"
                 " WHERE channel = 'customer'"),
        "12.5|1|speech|-21.4|5.1|0.25|null");
    assert_string_equal(
        ask(dir, "SELECT t_s, speaking, sound, level_db, rate_syl_s FROM readings WHERE channel = 'agent'"),
        "12.5|0|none|-60.0|4.4");
    assert_string_equal(ask(dir,
                            "SELECT t_s, pitch_hz, frustration, stress, arousal, confidence, abstain, baseline FROM "
                            "scores"),
                        "12.5|231.0|0.625|0.25|0.5|0.75|0|ready");
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM scores"), 1);
    assert_string_equal(ask(dir, "SELECT kind, severity, priority, audience, shown, score, score_usual, text, advice, "
                                 "reasons, raised_s, updated_s, cleared_s FROM cues WHERE id = 7"),
                        "frustration|notice|2|agent|1|0.75|0.375|Voice sounds frustrated|marker-advice|"
                        "[{\"feature\":\"pitch_hz\",\"change\":\"+4.1 st\",\"z\":2.3}]|12.5|13.5|20.0");
    assert_string_equal(ask(dir, "SELECT score, raised_s, updated_s, cleared_s FROM cues WHERE id = 8"),
                        "null|30.0|null|null");
    assert_string_equal(ask(dir, "SELECT duration_s, customer_speech_s, customer_frustration_mean, "
                                 "customer_stress_mean, agent_talk_share, overlaps, interruptions, "
                                 "interruptions_by_agent, backchannels, dead_air_s, hold_s, response_latency_median_s, "
                                 "response_latency_p90_s, monologue_longest_s, cues FROM summaries"),
                        "245.0|88.5|0.25|null|0.5|4|3|2|5|12.0|30.5|null|2.5|41.0|3");
    assert_int_equal(ask_number(dir, "PRAGMA user_version"), 5);
    remove_dir(dir);
}

static void test_turns(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    write_turn(s, "c-1", UT_TURN_TURN, UT_CUSTOMER, 5); /* both began at once */
    write_turn(s, "c-1", UT_TURN_TURN, UT_AGENT, 5);
    write_turn(s, "c-1", UT_TURN_SILENCE, UT_CUSTOMER, 6);
    write_turn(s, "c-1", UT_TURN_HOLD, UT_AGENT, 6);
    write_turn(s, "c-1", UT_TURN_TURN, UT_AGENT, 5); /* said already */
    write_turn(s, "c-unknown", UT_TURN_TURN, UT_AGENT, 5);
    wait_done(s, 7);
    assert_int_equal(store_count(s).failed, 2);
    store_close(s);
    assert_string_equal(ask(dir, "SELECT group_concat(turn || ' ' || ifnull(channel, '-') || ' ' || start_s || ' ' || "
                                 "end_s) FROM turns"),
                        "turn customer 5.0 6.0,turn agent 5.0 6.0,silence - 6.0 7.0,hold - 6.0 7.0");
    remove_dir(dir);
}

/* The last thing said of a cue counts, but a dismissal takes nothing back; of what was not shown nothing can be said.
 */
static void test_feedback(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    struct seen seen = {.dir = dir};
    store *s = open_at(dir, note_cue, &seen);
    call_facts out = facts_of("c-out", UT_CONSENT_GIVEN);
    out.held_out = true;
    write_away(s, message_of_call(&out));
    write_cue_of(s, &out, UT_CUE_FRUSTRATION, 1, UT_CUE_RAISED, 1, 0.5f);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    for (unsigned i = 1; i <= 4; i++) write_cue(s, "c-1", i, UT_CUE_RAISED, i, 0.5f);
    wait_seen(&seen, 5);

    static const struct {
        const char *id;
        unsigned cue;
        verdict verdict;
        bool stored;
    } said[] = {
        {"c-1", 1, VERDICT_HELPFUL, true},  {"c-1", 1, VERDICT_WRONG, true},    {"c-1", 1, VERDICT_DISMISS, true},
        {"c-1", 2, VERDICT_DISMISS, true},  {"c-1", 2, VERDICT_HELPFUL, true},  {"c-1", 3, VERDICT_DISMISS, true},
        {"c-1", 9, VERDICT_HELPFUL, false}, {"c-2", 1, VERDICT_HELPFUL, false}, {"c-out", 1, VERDICT_HELPFUL, false},
    };
    enum { SAID = sizeof said / sizeof *said };
    for (unsigned i = 0; i < SAID; i++)
        write_feedback(s, said[i].id, said[i].cue, said[i].verdict, 1795255200000 + (int64_t)i);
    wait_seen(&seen, 5 + SAID);
    for (unsigned i = 0; i < SAID; i++) assert_int_equal(seen.stored[5 + i], said[i].stored);
    write_cue(s, "c-1", 1, UT_CUE_UPDATED, 9, 0.5f); /* leaves it alone */
    write_cue(s, "c-1", 2, UT_CUE_CLEARED, 10, 0.5f);
    store_close(s);
    assert_string_equal(ask(dir, "SELECT group_concat(cues.id || ' ' || shown || ' ' || ifnull(feedback, '-') || ' ' ||"
                                 " ifnull(substr(feedback_at, 21), '-')) FROM cues JOIN calls ON call = number"
                                 " WHERE calls.id = 'c-1'"),
                        "1 1 wrong 001Z,2 1 helpful 004Z,3 1 dismiss 005Z,4 1 - -");
    assert_string_equal(ask(dir, "SELECT arm, shown, feedback FROM cues JOIN calls ON call = number"
                                 " WHERE calls.id = 'c-out'"),
                        "held_out|0|null");
    remove_dir(dir);
}

static void write_earlier(store *s, const char *id, const char *customer, ut_cue_kind kind, ut_consent consent) {
    call_facts facts = facts_of(id, UT_CONSENT_GIVEN);
    facts.customer = customer;
    write_away(s, message_of_call(&facts));
    write_cue_of(s, &facts, kind, 1, UT_CUE_RAISED, 1, 0.5f);
    write_cue_of(s, &facts, kind, 2, UT_CUE_RAISED, 1, 0.5f);
    facts.consent = consent;
    if (consent != UT_CONSENT_GIVEN) write_away(s, message_of_call(&facts));
}

/* Calls of this customer, with consent, with a frustration cue: each once, and nobody else's. */
/* What became of a cue is kept, step by step; it is seen once. */
static void test_cue_life(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    write_cue(s, "c-1", 7, UT_CUE_RAISED, 1, 0.5f);
    for (int i = 0; i < 2; i++) write_feedback(s, "c-1", 7, VERDICT_SEEN, 1795255200000 + i);
    write_cue(s, "c-1", 7, UT_CUE_UPDATED, 2, 0.75f);
    write_feedback(s, "c-1", 7, VERDICT_WRONG, 1795255201000);
    write_feedback(s, "c-1", 7, VERDICT_DISMISS, 1795255202000);
    write_feedback(s, "c-1", 7, VERDICT_TAKEN, 1795255203000);
    write_cue(s, "c-1", 7, UT_CUE_CLEARED, 3, 0.75f);
    wait_done(s, 9);
    assert_int_equal(store_count(s).failed, 0);
    store_close(s);
    assert_string_equal(ask(dir, "SELECT group_concat(state || ' ' || coalesce(t_s, at) || ' ' ||"
                                 " coalesce(said ->> 'score', '-')) FROM cue_life"),
                        "raised 1.0 0.5,seen 2026-11-21T10:00:00.000Z -,updated 2.0 0.75,"
                        "wrong 2026-11-21T10:00:01.000Z -,dismiss 2026-11-21T10:00:02.000Z -,"
                        "taken 2026-11-21T10:00:03.000Z -,cleared 3.0 0.75");
    assert_string_equal(ask(dir, "SELECT said -> 'reasons' FROM cue_life WHERE state = 'updated'"),
                        "[{\"feature\":\"pitch_hz\",\"change\":\"+4.1 st\",\"z\":2.3}]");
    assert_string_equal(ask(dir, "SELECT feedback, feedback_at FROM cues"), "wrong|2026-11-21T10:00:01.000Z");
    remove_dir(dir);
}

static void test_earlier_calls(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    assert_int_equal(store_earlier(s, "K-1"), 0);
    write_earlier(s, "c-1", "K-1", UT_CUE_FRUSTRATION, UT_CONSENT_GIVEN);
    write_earlier(s, "c-2", "K-1", UT_CUE_FRUSTRATION, UT_CONSENT_GIVEN);
    write_earlier(s, "c-3", "K-1", UT_CUE_STRESS, UT_CONSENT_GIVEN);
    write_earlier(s, "c-4", "K-1", UT_CUE_FRUSTRATION, UT_CONSENT_WITHDRAWN);
    write_earlier(s, "c-5", "K-2", UT_CUE_FRUSTRATION, UT_CONSENT_GIVEN);
    write_earlier(s, "c-6", NULL, UT_CUE_FRUSTRATION, UT_CONSENT_GIVEN);
    write_earlier(s, "c-7", "", UT_CUE_FRUSTRATION, UT_CONSENT_GIVEN);
    wait_done(s, 22);
    for (int i = 0; i < 3; i++) assert_int_equal(store_earlier(s, "K-1"), 2);
    assert_int_equal(store_earlier(s, "K-2"), 1);
    assert_int_equal(store_earlier(s, "K-"), 0);
    assert_int_equal(store_earlier(s, "k-1' OR 1 --"), 0);
    assert_int_equal(store_earlier(s, ""), 0);
    assert_int_equal(store_earlier(s, NULL), 0);
    write_call(s, "c-1", UT_CONSENT_WITHDRAWN);
    for (int i = 0; i < 500 && store_earlier(s, "K-1") != 1; i++) pause_ms(10);
    assert_int_equal(store_earlier(s, "K-1"), 1);
    store_close(s);
    assert_string_equal(
        ask(dir, "SELECT group_concat(id) FROM (SELECT id FROM calls WHERE customer IS NOT NULL ORDER BY id)"),
        "c-2,c-3,c-5,c-7");
    remove_dir(dir);
}

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A reference that many calls share costs no more than a moment, however many they are, and asking often is no reason
 * to give up. */
static void test_earlier_is_bounded(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    execute(dir, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
                 " INSERT INTO calls (id, consent, consent_at, customer)"
                 " SELECT 'c-' || i, 'given', '', iif(i <= 2000, 'K-some', 'K-many') FROM n");
    execute(dir, "INSERT INTO cues (call, id, kind, severity, text, reasons, raised_s)"
                 " SELECT number, 1, 'frustration', 'notice', '', '[]', 1 FROM calls WHERE customer = 'K-some'"
                 " OR id = 'c-200000'");
    double start_s = now_s();
    assert_int_equal(store_earlier(s, "K-many"), 0); /* it never came to the last */
    double took_s = now_s() - start_s;
    print_message("gave up after %.1f ms\n", took_s * 1e3);
    assert_true(took_s < 1);
    for (int i = 0; i < 200; i++) assert_int_equal(store_earlier(s, "K-some"), 1000);
    store_close(s);
    remove_dir(dir);
}

/* By construction: no table that can hold a row of the agent's has a column for emotion. */
static void test_no_place_for_the_agents_emotion(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store_close(open_at(dir, NULL, NULL));
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = "
                                     "'table' AND t.name NOT IN ('scored') AND c.name NOT LIKE 'customer_%' AND "
                                     "(c.name LIKE '%frustr%' OR c.name LIKE '%stress%' OR c.name LIKE '%arousal%')"),
                     0);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM pragma_table_info('scored') WHERE name = 'channel'"), 0);
    remove_dir(dir);
}

static void test_modes(void **state) {
    (void)state;
    char dir[64], sub[100], path[200];
    struct stat st;
    make_dir(dir);
    snprintf(sub, sizeof sub, "%s/a/b", dir);
    umask(0);
    store *s = open_at(sub, NULL, NULL);
    const char *names[] = {"undertone.db", "undertone.db-wal", "undertone.db-shm", "undertone.lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", sub, names[i]);
        assert_return_code(stat(path, &st), errno);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    assert_return_code(stat(sub, &st), errno);
    assert_int_equal(st.st_mode & 0777, 0700);
    umask(022);
    store_close(s);
    remove_dir(dir);
}

static void test_committed_before_shown(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    struct seen seen = {.dir = dir};
    store *s = open_at(dir, note_cue, &seen);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    for (unsigned i = 1; i <= 5; i++) {
        write_reading(s, "c-1", i, UT_CUSTOMER);
        write_cue(s, "c-1", i, UT_CUE_RAISED, i, 0.5f);
    }
    wait_seen(&seen, 5);
    assert_int_equal(seen.n_visible, 5);
    for (unsigned i = 0; i < 5; i++) assert_true(seen.ids[i] == i + 1 && seen.stored[i]);
    write_cue(s, "c-unknown", 6, UT_CUE_RAISED, 1, 0.5f);
    wait_seen(&seen, 6);
    assert_false(seen.stored[5]);
    store_close(s);
    assert_int_equal(atomic_load(&seen.n), 6);
    remove_dir(dir);
}

/* Readings alone wait for a tick, not for ever. */
static void test_tick(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    write_reading(s, "c-1", 1, UT_CUSTOMER);
    pause_ms(450);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM readings"), 1);
    store_close(s);
    remove_dir(dir);
}

static void print_committed(void *user, message *m, bool stored) {
    ssize_t n = stored ? write(*(int *)user, &m->cue_id, sizeof m->cue_id) : 0;
    (void)n;
}

/* Writes cues and readings until killed; says on the pipe which cues were committed. */
static void write_for_ever(const char *dir, int fd) {
    char message[200];
    store *s =
        store_open(&(store_options){.dir = dir, .committed = print_committed, .user = &fd}, message, sizeof message);
    if (!s) _exit(1);
    write_call(s, "c-killed", UT_CONSENT_GIVEN);
    for (unsigned i = 1;; i++) {
        write_reading(s, "c-killed", i * 0.5, UT_CUSTOMER);
        write_cue(s, "c-killed", i, UT_CUE_RAISED, i * 0.5, 0.5f);
        if (i % 20 == 0) pause_ms(1);
    }
}

static void test_what_was_shown_survives_kill_9(void **state) {
    (void)state;
    int shown = 0;
    for (int round = 0; round < 10; round++) {
        char dir[64], sql[100];
        int ends[2], n = 0;
        unsigned id, last = 0;
        make_dir(dir);
        assert_return_code(pipe(ends), errno);
        pid_t pid = fork();
        assert_return_code(pid, errno);
        if (!pid) write_for_ever(dir, ends[1]);
        close(ends[1]);
        assert_int_equal(read(ends[0], &last, sizeof last), sizeof last); /* it has begun */
        n++;
        pause_ms(20 + round * 13);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        for (; read(ends[0], &id, sizeof id) == sizeof id; n++) last = id;
        close(ends[0]);
        assert_int_equal(last, n);
        store_close(open_at(dir, NULL, NULL));
        snprintf(sql, sizeof sql, "SELECT count(*) FROM cues WHERE id <= %u", last);
        assert_int_equal(ask_number(dir, sql), last);
        assert_string_equal(ask(dir, "PRAGMA integrity_check"), "ok");
        assert_string_equal(ask(dir, "SELECT ended_how, ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', started_at, (SELECT "
                                     "max(t_s) FROM readings) || ' seconds') FROM calls"),
                            "server died|1");
        shown += n;
        remove_dir(dir);
    }
    print_message("%d cues were shown before ten kills, all are in the store\n", shown);
}

static void assert_refused(const char *dir, const char *path, const char *why) {
    char message[300] = "", start[300];
    store *s = store_open(&(store_options){.dir = dir}, message, sizeof message);
    if (s || !strstr(message, why)) print_message("%s: \"%s\"\n", dir, message);
    assert_null(s);
    assert_non_null(strstr(message, why));
    snprintf(start, sizeof start, "%s: ", path);
    assert_memory_equal(message, start, strlen(start));
}

static void test_one_process_a_folder(void **state) {
    (void)state;
    char dir[64], why[100];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    snprintf(why, sizeof why, "in use by another undertone (process %d)", (int)getpid());
    assert_refused(dir, dir, why);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    store_close(s);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM calls"), 1);
    store_close(open_at(dir, NULL, NULL));
    remove_dir(dir);
}

static void write_file(const char *path, const char *text, size_t n) {
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, n, out), n);
    fclose(out);
}

/* Every column of every table: its name, type, place in the key and whether it may be null. */
static void describe(const char *dir, char text[8000]) {
    sqlite3 *db = look(dir);
    sqlite3_stmt *statement;
    text[0] = '\0';
    const char *sql = "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk FROM "
                      "sqlite_schema t, pragma_table_info(t.name) c"
                      " WHERE t.type IN ('table', 'index') ORDER BY 1";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        size_t n = strlen(text);
        snprintf(text + n, 8000 - n, "%s\n", (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_true(strlen(text) < 7999);
}

static void write_whole_call(store *s, const char *id) {
    write_call(s, id, UT_CONSENT_GIVEN);
    write_reading(s, id, 0.5, UT_CUSTOMER);
    write_reading(s, id, 0.5, UT_AGENT);
    write_cue(s, id, 1, UT_CUE_RAISED, 1, 0.5f);
    write_summary(s, id);
}

/* What versions before made of one call of 45 s: golden/store-VERSION.db. */
static void copy_file(const char *from, const char *to) {
    static char x[1 << 20];
    FILE *in = fopen(from, "rb");
    if (!in) print_message("%s is missing\n", from);
    assert_non_null(in);
    size_t n = fread(x, 1, sizeof x, in);
    fclose(in);
    write_file(to, x, n);
}

/* Nothing is lost, the tables are those of a new folder, and a call goes into them. */
static void test_older_tables_are_brought_up(void **state) {
    (void)state;
    static char fresh[8000], upgraded[8000];
    static const char *const cues[] = {"", "3", "3", "2", "2"};
    char new[64];
    make_dir(new);
    store_close(open_at(new, NULL, NULL));
    describe(new, fresh);
    remove_dir(new);
    for (int version = 1; version <= 4; version++) {
        char dir[64], from[100], to[100], before[2000];
        make_dir(dir);
        snprintf(from, sizeof from, "tests/unit/golden/store-%d.db", version);
        snprintf(to, sizeof to, "%s/undertone.db", dir);
        copy_file(from, to);
        assert_int_equal(ask_number(dir, "PRAGMA user_version"), version);
        const char *what = "SELECT id, source, started_at, ended_at, ended_how, consent, model, count(*),"
                           " round(sum(level_db), 3), round(sum(rate_syl_s), 3), sum(speaking),"
                           " (SELECT round(sum(frustration), 6) || ' ' || round(sum(stress), 6) || ' ' ||"
                           " round(sum(arousal), 6) || ' ' || round(sum(pitch_hz), 3) || ' ' || count(*) FROM scores),"
                           " (SELECT group_concat(kind || raised_s || text || advice || reasons || ifnull(score, '-'))"
                           " FROM cues), (SELECT duration_s || ' ' || customer_frustration_peak FROM summaries)"
                           " FROM calls JOIN readings ON call = number";
        snprintf(before, sizeof before, "%s", ask(dir, what));
        store *s = open_at(dir, NULL, NULL);
        write_whole_call(s, "c-2");
        write_turn(s, "c-2", UT_TURN_TURN, UT_AGENT, 1);
        write_feedback(s, "c-2", 1, VERDICT_WRONG, 1795255200000);
        wait_done(s, 7);
        assert_int_equal(store_count(s).failed, 0);
        assert_int_equal(store_earlier(s, "marker-customer"), 1);
        store_close(s);
        describe(dir, upgraded);
        assert_string_equal(upgraded, fresh);
        assert_int_equal(ask_number(dir, "PRAGMA user_version"), 5);
        assert_string_equal(ask(dir, "PRAGMA integrity_check"), "ok");
        execute(dir, "PRAGMA foreign_keys = OFF; DELETE FROM calls WHERE id = 'c-2'; DELETE FROM measured WHERE call ="
                     " 2; DELETE FROM scored WHERE call = 2; DELETE FROM cues WHERE call = 2; DELETE FROM summaries"
                     " WHERE call = 2");
        assert_string_equal(ask(dir, what), before);
        assert_int_equal(ask_number(dir, "SELECT count(*) FROM readings"), 180);
        assert_string_equal(ask(dir, "SELECT count(*) FROM cues"), cues[version]);
        assert_int_equal(ask_number(dir, "SELECT count(*) FROM turns WHERE call = 1"), version >= 3 ? 10 : 0);
        if (version == 4)
            assert_string_equal(
                ask(dir, "SELECT group_concat(state) FROM (SELECT state FROM cue_life WHERE call = 1 ORDER BY rowid)"),
                "raised,raised,cleared,cleared,seen");
        assert_string_equal(ask(dir, "SELECT state FROM consents WHERE call = 1"), "given");
        remove_dir(dir);
    }
}

/* The file of this name that was set aside holds what undertone.db held. */
static bool was_set_aside(const char *dir, const char *part) {
    char command[300];
    snprintf(command, sizeof command, "cat '%s'/undertone.db.corrupt-*Z | grep -qa '%s'", dir, part);
    return !system(command);
}

static void test_files_that_are_not_ours(void **state) {
    (void)state;
    char dir[64], path[100];
    make_dir(dir);
    snprintf(path, sizeof path, "%s/undertone.db", dir);
    store_close(open_at(dir, NULL, NULL));
    execute(dir, "PRAGMA user_version = 6");
    assert_refused(dir, path, "made by a newer undertone (schema 6, this one knows 5)");
    execute(dir, "PRAGMA user_version = 5; PRAGMA application_id = 5");
    assert_refused(dir, path, "a database of another program");
    unlink(path);
    assert_return_code(symlink("/etc/passwd", path), errno);
    assert_refused(dir, path, "Too many levels of symbolic links");
    unlink(path);
    assert_return_code(mkdir(path, 0700), errno);
    assert_refused(dir, path, "Is a directory");
    remove_dir(dir);
}

/* What cannot be read as a database is kept beside, and a new one is begun. */
static void test_corrupt_files_are_set_aside(void **state) {
    (void)state;
    static const char *const kinds[] = {"noise", "cut short", "without a table"};
    char noise[5000];
    memset(noise, 'n', sizeof noise);
    for (int kind = 0; kind < 3; kind++) {
        char dir[64], path[100];
        make_dir(dir);
        snprintf(path, sizeof path, "%s/undertone.db", dir);
        store *s = open_at(dir, NULL, NULL);
        write_whole_call(s, "c-1");
        store_close(s);
        if (kind == 0) write_file(path, noise, sizeof noise);
        if (kind == 1) assert_return_code(truncate(path, 5000), errno);
        if (kind == 2) execute(dir, "PRAGMA foreign_keys = OFF; DROP TABLE cues");
        s = open_at(dir, NULL, NULL);
        write_whole_call(s, "c-2");
        wait_done(s, 5);
        if (store_count(s).failed) print_message("%s\n", kinds[kind]);
        assert_int_equal(store_count(s).failed, 0);
        assert_true(store_count(s).storing);
        store_close(s);
        assert_string_equal(ask(dir, "SELECT group_concat(id) FROM calls"), "c-2");
        assert_string_equal(ask(dir, "SELECT group_concat(action) FROM audit"), "database set aside");
        assert_true(was_set_aside(dir, kind == 0 ? "nnnnnnnn" : kind == 1 ? "SQLite format 3" : "marker-source"));
        remove_dir(dir);
    }
}

/* Damage inside a file that opens, while a call is being stored: the call goes on in a new one. */
static void test_damaged_pages(void **state) {
    (void)state;
    char dir[64], path[100], noise[4096];
    struct stat st;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/undertone.db", dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    for (int i = 0; i < 5000; i++) write_reading(s, "c-1", i, UT_CUSTOMER);
    store_close(s);
    s = open_at(dir, NULL, NULL);
    write_call(s, "c-2", UT_CONSENT_GIVEN);
    wait_done(s, 1);
    int fd = open(path, O_WRONLY);
    memset(noise, 0xa5, sizeof noise);
    assert_return_code(fstat(fd, &st), errno);
    for (off_t at = 4096; at < st.st_size; at += 4096) assert_int_equal(pwrite(fd, noise, 4096, at), 4096);
    close(fd);
    for (int i = 0; i < 10; i++) write_reading(s, "c-2", i, UT_CUSTOMER);
    for (unsigned i = 1; i <= 10; i++) write_cue(s, "c-2", i, UT_CUE_RAISED, i, 0.5f);
    for (int i = 0; i < 10; i++) write_reading(s, "c-1", 6000 + i, UT_CUSTOMER);
    write_summary(s, "c-2");
    wait_done(s, 32);
    assert_true(store_count(s).storing);
    store_close(s);
    assert_string_equal(ask(dir, "PRAGMA integrity_check"), "ok");
    assert_string_equal(ask(dir, "SELECT id, ended_how, (SELECT count(*) FROM cues) FROM calls"), "c-2|finished|10");
    assert_true(was_set_aside(dir, "SQLite format 3"));
    remove_dir(dir);
}

static void test_folders_that_cannot_be(void **state) {
    (void)state;
    char dir[64], path[100];
    make_dir(dir);
    assert_refused("", "", "not a folder's name");
    snprintf(path, sizeof path, "%s/file", dir);
    write_file(path, "x", 1);
    assert_refused(path, path, "not a folder");
    snprintf(path, sizeof path, "%s/file/sub", dir);
    assert_refused(path, path, "Not a directory");
    assert_refused("/proc/undertone", "/proc/undertone", "No such file or directory");
    store_close(NULL);
    remove_dir(dir);
}

/* As somebody who may not: in a child, since root may do anything. */
static void test_folder_of_somebody_else(void **state) {
    (void)state;
    char dir[64];
    int status;
    make_dir(dir);
    assert_return_code(chmod(dir, 0555), errno);
    pid_t pid = fork();
    if (!pid) {
        char message[300] = "", sub[100];
        if (!geteuid() && setuid(65534)) _exit(1);
        store *s = store_open(&(store_options){.dir = dir}, message, sizeof message);
        bool ok = !s && strstr(message, "undertone.lock: Permission denied");
        snprintf(sub, sizeof sub, "%s/new", dir);
        s = store_open(&(store_options){.dir = sub}, message, sizeof message);
        _exit(ok && !s && strstr(message, "new: Permission denied") ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    remove_dir(dir);
}

/* No file may grow, as on a full disk: cues are told to have failed at once, and when there is room again everything is
 * stored. */
static void test_full_disk(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    struct seen seen = {.dir = dir};
    store *s = open_at(dir, note_cue, &seen);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    wait_done(s, 1);
    struct rlimit before, full = {.rlim_cur = 0};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    full.rlim_max = before.rlim_max;
    assert_return_code(setrlimit(RLIMIT_FSIZE, &full), errno);
    write_reading(s, "c-1", 1, UT_CUSTOMER);
    write_cue(s, "c-1", 1, UT_CUE_RAISED, 1, 0.5f);
    for (int i = 0; i < 500 && !atomic_load(&seen.n); i++) pause_ms(10);
    write_call(s, "c-2", UT_CONSENT_GIVEN);
    write_summary(s, "c-1");
    pause_ms(500);
    unsigned n = atomic_load(&seen.n);
    bool stored = seen.stored[0];
    store_counts counts = store_count(s);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(n, 2); /* the cue and the summary */
    assert_false(stored);
    assert_int_equal(counts.written, 1);
    assert_int_equal(counts.failed, 0);
    assert_false(counts.storing);
    wait_done(s, 5);
    assert_int_equal(store_count(s).failed, 0);
    assert_true(store_count(s).storing);
    assert_int_equal(atomic_load(&seen.n), 2);
    store_close(s);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM cues"), 1);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM calls"), 2);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM summaries"), 1);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM readings"), 1);
    remove_dir(dir);
}

static bool file_holds(const char *dir, const char *name, const char *part) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *in = fopen(path, "rb");
    if (!in) return false;
    static char x[1 << 22];
    size_t n = fread(x, 1, sizeof x, in);
    fclose(in);
    return memmem(x, n, part, strlen(part)) != NULL;
}

static void test_forget(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    call_facts facts = facts_of("c-1", UT_CONSENT_GIVEN);
    facts.customer = "marker-customer-1";
    write_away(s, message_of_call(&facts));
    write_call(s, "c-2", UT_CONSENT_GIVEN);
    for (int i = 0; i < 500; i++) write_reading(s, "c-1", i, UT_CUSTOMER);
    write_reading(s, "c-2", 1, UT_CUSTOMER);
    for (unsigned i = 1; i < 50; i++) write_cue(s, "c-1", i, UT_CUE_RAISED, i, 0.5f);
    for (int i = 0; i < 10; i++) write_turn(s, "c-1", UT_TURN_TURN, UT_AGENT, i);
    write_feedback(s, "c-1", 1, VERDICT_HELPFUL, 1795255200000);
    wait_done(s, 563);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM cues WHERE feedback = 'helpful'"), 1);
    assert_true(file_holds(dir, "undertone.db-wal", "marker-advice"));
    assert_true(file_holds(dir, "undertone.db-wal", "marker-customer-1"));
    write_call(s, "c-1", UT_CONSENT_WITHDRAWN);
    for (int i = 0; i < 500 && ask_number(dir, "SELECT count(*) FROM cues"); i++) pause_ms(10);
    pause_ms(300);
    static const char *const names[] = {"undertone.db-wal", "undertone.db"};
    for (int i = 0; i < 2; i++) {
        assert_false(file_holds(dir, names[i], "marker-advice"));
        assert_false(file_holds(dir, names[i], "marker-customer-1"));
    }
    write_reading(s, "c-1", 501, UT_CUSTOMER);
    write_cue(s, "c-1", 60, UT_CUE_RAISED, 501, 0.5f);
    write_turn(s, "c-1", UT_TURN_TURN, UT_AGENT, 501);
    write_feedback(s, "c-1", 1, VERDICT_WRONG, 1795255200000);
    write_summary(s, "c-1");
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    write_call(s, "c-never-seen", UT_CONSENT_WITHDRAWN);
    wait_done(s, 571);
    assert_int_equal(store_count(s).failed, 6);
    store_close(s);
    assert_string_equal(ask(dir, "SELECT source, channels, model, arm, queue, customer, started_at, ended_how, consent "
                                 "FROM calls WHERE id = 'c-1'"),
                        "null|null|null|null|null|null|2026-11-21T10:00:00.000Z|no consent|withdrawn");
    assert_string_equal(ask(dir, "SELECT ended_how, consent FROM calls WHERE id = 'c-never-seen'"),
                        "no consent|withdrawn");
    assert_string_equal(ask(dir, "SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM scores), (SELECT "
                                 "count(*) FROM turns), (SELECT count(*) FROM cues), (SELECT count(*) FROM summaries)"),
                        "1|1|0|0|0");
    remove_dir(dir);
}

static void test_without_consent(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-refused", UT_CONSENT_REFUSED);
    write_call(s, "c-later", UT_CONSENT_UNKNOWN);
    write_reading(s, "c-refused", 1, UT_CUSTOMER);
    write_turn(s, "c-refused", UT_TURN_TURN, UT_AGENT, 1);
    write_cue(s, "c-refused", 1, UT_CUE_RAISED, 1, 0.5f);
    write_feedback(s, "c-refused", 1, VERDICT_HELPFUL, 1795255200000);
    write_reading(s, "c-later", 1, UT_CUSTOMER);
    write_call(s, "c-later", UT_CONSENT_GIVEN);
    write_reading(s, "c-later", 2, UT_CUSTOMER);
    write_call(s, "c-refused", UT_CONSENT_GIVEN);
    write_call(s, "c-withdrawn", UT_CONSENT_GIVEN);
    write_reading(s, "c-withdrawn", 2, UT_CUSTOMER);
    write_call(s, "c-withdrawn", UT_CONSENT_WITHDRAWN);
    wait_done(s, 13);
    store_close(s);
    assert_string_equal(ask(dir, "SELECT source, arm, queue, customer, consent, ended_how FROM calls"
                                 " WHERE id = 'c-refused'"),
                        "null|null|null|null|refused|no consent");
    assert_int_equal(ask_number(dir, "SELECT (SELECT count(*) FROM turns) + (SELECT count(*) FROM cues)"), 0);
    assert_string_equal(ask(dir, "SELECT source, consent, ended_how FROM calls WHERE id = 'c-later'"),
                        "marker-source.flac|given|null");
    assert_string_equal(ask(dir, "SELECT source, consent, ended_how FROM calls WHERE id = 'c-withdrawn'"),
                        "null|withdrawn|no consent");
    assert_string_equal(ask(dir, "SELECT count(*), max(t_s) FROM readings JOIN calls ON call = number WHERE id = "
                                 "'c-later'"),
                        "1|2.0");
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM readings"), 1);
    remove_dir(dir);
}

/* While consent is unknown the call goes on, with nothing but the line that says so; then it is over, or it begins. */
static void test_unknown_while_it_lasts(void **state) {
    (void)state;
    const char *what = "SELECT group_concat(id || ' ' || consent || ' ' || iif(ended_at IS NULL, 'live', 'over') || ' '"
                       " || coalesce(ended_how, '-') || coalesce(source, ''), ', ') FROM calls";
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_UNKNOWN);
    write_call(s, "c-2", UT_CONSENT_UNKNOWN);
    write_call(s, "c-3", UT_CONSENT_REFUSED);
    wait_done(s, 3);
    assert_string_equal(ask(dir, what),
                        "c-1 unknown live no consent, c-2 unknown live no consent, c-3 refused over no consent");
    write_away(s, message_of_over("c-1"));
    write_away(s, message_of_over("c-3"));
    write_away(s, message_of_over("c-none"));
    write_call(s, "c-2", UT_CONSENT_GIVEN);
    wait_done(s, 7);
    assert_int_equal(store_count(s).failed, 0);
    assert_string_equal(ask(dir, what), "c-1 unknown over no consent, c-2 given live -marker-source.flac,"
                                        " c-3 refused over no consent");
    write_away(s, message_of_over("c-2")); /* of a call with consent it says nothing */
    write_call(s, "c-4", UT_CONSENT_UNKNOWN);
    wait_done(s, 9);
    store_close(s);
    store_close(open_at(dir, NULL, NULL)); /* the process died */
    assert_string_equal(ask(dir, what), "c-1 unknown over no consent, c-2 given over server diedmarker-source.flac,"
                                        " c-3 refused over no consent, c-4 unknown over no consent");
    remove_dir(dir);
}

/* The database is held by somebody else: the queue fills, readings are dropped, nothing else is, nobody waits. */
/* Somebody else's transaction goes on when there is no more time. */
static void *unlock_soon(void *other) {
    pause_ms(600);
    if (sqlite3_exec(other, "COMMIT", NULL, NULL, NULL)) abort();
    return NULL;
}

static void test_closed_while_locked(void **state) {
    (void)state;
    char dir[64];
    pthread_t thread;
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    wait_done(s, 1);
    sqlite3 *other = look(dir);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    write_cue(s, "c-1", 1, UT_CUE_RAISED, 2, 0.75f);
    write_summary(s, "c-1");
    pause_ms(50); /* it tries */
    assert_int_equal(pthread_create(&thread, NULL, unlock_soon, other), 0);
    assert_int_equal(store_close(s).failed, 0);
    pthread_join(thread, NULL);
    sqlite3_close(other);
    assert_string_equal(ask(dir, "SELECT ended_how, (SELECT count(*) FROM cues) FROM calls"), "finished|1");
    remove_dir(dir);
}

/* The death of the process finds a withdrawal whole, however little of it was written. */
static void test_withdrawn_and_killed(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    write_reading(s, "c-1", 2, UT_CUSTOMER);
    write_cue(s, "c-1", 1, UT_CUE_RAISED, 2, 0.75f);
    write_away(s, message_of_consent("c-1", 3, &(consent_change){.consent = UT_CONSENT_WITHDRAWN, .who = "a-17"},
                                     1795255203000));
    store_close(s); /* before the call's own message */
    store_close(open_at(dir, NULL, NULL));
    assert_string_equal(ask(dir, "SELECT consent, ended_how, source, customer FROM calls"),
                        "withdrawn|no consent|null|null");
    assert_string_equal(ask(dir, "SELECT (SELECT count(*) FROM measured), (SELECT count(*) FROM cues),"
                                 " (SELECT group_concat(state || coalesce(who, '')) FROM consents)"),
                        "0|0|given,withdrawna-17");
    s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_WITHDRAWN);
    store_close(s);
    assert_string_equal(ask(dir, "SELECT count(*), (SELECT count(*) FROM consents) FROM calls"), "1|2");
    remove_dir(dir);
}

static void test_full_queue(void **state) {
    (void)state;
    enum { READINGS = 70000, QUEUE = 65536 };
    char dir[64];
    make_dir(dir);
    struct seen seen = {.dir = dir};
    store *s = open_at(dir, note_cue, &seen);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    wait_done(s, 1);
    message **readings = calloc(READINGS, sizeof *readings); /* made before: the lock is not held for long */
    for (int i = 0; i < READINGS; i++) readings[i] = reading_of("c-1", i, UT_AGENT);
    sqlite3 *other = look(dir);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    write_cue(s, "c-1", 1, UT_CUE_RAISED, 1, 0.5f);
    pause_ms(100);
    for (int i = 0; i < READINGS; i++) write_away(s, readings[i]);
    free(readings);
    write_cue(s, "c-1", 2, UT_CUE_RAISED, 1, 0.5f);
    write_summary(s, "c-1");
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    wait_seen(&seen, 3);
    for (int i = 0; i < 3000 && store_count(s).written < QUEUE; i++) pause_ms(10);
    store_counts counts = store_count(s);
    assert_in_range(counts.dropped, READINGS - QUEUE - 2, READINGS - QUEUE + 2);
    assert_int_equal(counts.written + counts.dropped, 1 + READINGS + 3);
    assert_int_equal(counts.failed, 0);
    store_close(s);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM cues"), 2);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM summaries"), 1);
    remove_dir(dir);
}

/* Not what message_of_event makes: refused and counted, and the store goes on. */
static void test_bad_messages(void **state) {
    (void)state;
    char dir[64];
    make_dir(dir);
    store *s = open_at(dir, NULL, NULL);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    write_cue(s, "c-1", 99, UT_CUE_RAISED, 1, 0.5f);
    static const struct {
        message_kind kind;
        const char *text;
    } bad[] = {
        {MESSAGE_READING, ""},
        {MESSAGE_READING, "not JSON"},
        {MESSAGE_READING, "[1]"},
        {MESSAGE_READING, "{}"},
        {MESSAGE_READING, "{\"call\":\"c-1\"}"},
        {MESSAGE_READING, "{\"call\":\"c-1\",\"t_s\":1,\"channel\":5,\"speaking\":true}"},
        {MESSAGE_READING, "{\"call\":\"c-1\",\"t_s\":\"x\",\"channel\":\"agent\",\"speaking\":true}"},
        {MESSAGE_READING, "{\"call\":\"c-1\",\"t_s\":1,\"channel\":\"boss\",\"speaking\":true}"},
        {MESSAGE_READING, "{\"call\":{\"a\":[]},\"t_s\":1,\"channel\":\"agent\",\"speaking\":true}"},
        {MESSAGE_READING, "{\"call\":\"c-1\",\"call\":\"c-1\",\"t_s\":1,\"channel\":\"agent\",\"speaking\":true}"},
        {MESSAGE_CALL, "{}"},
        {MESSAGE_CALL, "{\"call\":\"c-9\",\"consent\":\"perhaps\"}"},
        {MESSAGE_CUE, "{\"call\":\"c-1\"}"},
        {MESSAGE_CUE, "{\"call\":\"c-1'; DROP TABLE cues; --\",\"id\":1}"},
        {MESSAGE_CUE, "{\"call\":\"c-1\",\"id\":1,\"cue\":\"stress\",\"severity\":\"info\",\"text\":\"\",\"t_s\":1,"
                      "\"to\":\"agent\",\"shown\":2}"},
        {MESSAGE_TURN, "{\"call\":\"c-1\",\"turn\":\"turn\",\"start_s\":1,\"end_s\":2,\"channel\":\"boss\"}"},
        {MESSAGE_TURN, "{\"call\":\"c-1\",\"turn\":\"turn\",\"end_s\":2}"},
        {MESSAGE_FEEDBACK, "{\"call\":\"c-1\",\"cue\":99,\"verdict\":\"splendid\",\"at\":\"now\"}"},
        {MESSAGE_FEEDBACK, "{\"call\":\"c-1\"}"},
        {MESSAGE_SUMMARY, "{\"call\":\"c-1\",\"duration_s\":\"long\"}"},
        {MESSAGE_SUMMARY, "{\"call\":\"c-1\",\"customer\":7}"},
    };
    enum { BAD = sizeof bad / sizeof *bad };
    for (size_t i = 0; i < BAD; i++) {
        message *m = calloc(1, sizeof *m);
        atomic_init(&m->references, 1);
        m->kind = bad[i].kind;
        m->text = (char *)bad[i].text;
        m->n_bytes = strlen(bad[i].text);
        store_write(s, m);
        message_release(m);
    }
    write_reading(s, "c-1", 1, UT_AGENT);
    wait_done(s, BAD + 3);
    assert_int_equal(store_count(s).written, 3);
    store_close(s);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM readings"), 1);
    assert_int_equal(ask_number(dir, "SELECT count(*) FROM calls"), 1);
    remove_dir(dir);
}

struct stopwatch {
    struct timespec start[200];
    double took_ms[200];
    atomic_uint n;
    bool anyway; /* also of what is told without being stored */
};

static void stop_watch(void *user, message *m, bool stored) {
    struct stopwatch *watch = user;
    struct timespec now, start = watch->start[m->cue_id];
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!stored && !watch->anyway) return;
    watch->took_ms[m->cue_id] = (double)(now.tv_sec - start.tv_sec) * 1e3 + (double)(now.tv_nsec - start.tv_nsec) / 1e6;
    atomic_fetch_add(&watch->n, 1);
}

static int by_value(const void *a, const void *b) {
    return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b);
}

/* Of five cues with nothing else to do, each just after a reading began a tick of 200 ms. */
static void test_cue_does_not_wait_for_the_tick(void **state) {
    (void)state;
    char dir[64];
    double least_ms = 1e9;
    make_dir(dir);
    static struct stopwatch watch;
    store *s = open_at(dir, stop_watch, &watch);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    for (unsigned cue = 0; cue < 5; cue++) {
        pause_ms(300);
        write_reading(s, "c-1", cue, UT_AGENT);
        clock_gettime(CLOCK_MONOTONIC, &watch.start[cue]);
        write_cue(s, "c-1", cue, UT_CUE_RAISED, cue, 0.5f);
    }
    store_close(s);
    assert_int_equal(atomic_load(&watch.n), 5);
    for (unsigned cue = 0; cue < 4; cue++) least_ms = fmin(least_ms, watch.took_ms[cue]);
    assert_true(least_ms < 150);
    remove_dir(dir);
}

/* A sanitizer makes everything several times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOWED = 1 };
#else
enum { SLOWED = 0 };
#endif

/* While somebody holds the database locked, and while ten minutes of readings that waited are written then. */
static void test_cue_does_not_wait_for_what_waits(void **state) {
    (void)state;
    enum { READINGS = 30000, CUES = 100, LOCKED = 30 };
    char dir[64];
    make_dir(dir);
    static struct stopwatch watch = {.anyway = true};
    store *s = open_at(dir, stop_watch, &watch);
    write_call(s, "c-1", UT_CONSENT_GIVEN);
    wait_done(s, 1);
    sqlite3 *other = look(dir);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < READINGS; i++) write_reading(s, "c-1", i, UT_AGENT);
    for (int i = 0; i < 100 && store_count(s).storing; i++) pause_ms(10);
    assert_false(store_count(s).storing);
    for (unsigned cue = 0; cue < CUES; cue++) {
        if (cue == LOCKED) assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
        clock_gettime(CLOCK_MONOTONIC, &watch.start[cue]);
        write_cue(s, "c-1", cue, UT_CUE_RAISED, cue, 0.5f);
        pause_ms(10);
    }
    wait_done(s, 1 + READINGS + CUES);
    assert_int_equal(atomic_load(&watch.n), CUES);
    assert_int_equal(store_count(s).failed, 0);
    qsort(watch.took_ms, CUES, sizeof *watch.took_ms, by_value);
    print_message("cues beside %d readings that wait: p50 %.1f ms, worst %.1f ms\n", READINGS, watch.took_ms[CUES / 2],
                  watch.took_ms[CUES - 1]);
    assert_true(watch.took_ms[CUES * 95 / 100] < (SLOWED ? 1500 : 150));
    sqlite3_close(other);
    store_close(s);
    remove_dir(dir);
}

/* 200 cues between the readings of a hundred calls. */
static void test_latency(void **state) {
    (void)state;
    enum { CALLS = 100, CUES = 200 };
    char dir[64], id[16];
    make_dir(dir);
    static struct stopwatch watch;
    store *s = open_at(dir, stop_watch, &watch);
    for (int i = 0; i < CALLS; i++) {
        snprintf(id, sizeof id, "c-%d", i);
        write_call(s, id, UT_CONSENT_GIVEN);
    }
    for (unsigned cue = 0; cue < CUES; cue++) {
        for (int i = 0; i < CALLS / 10; i++) {
            snprintf(id, sizeof id, "c-%d", (int)(cue % 10) * 10 + i);
            write_reading(s, id, cue, UT_CUSTOMER);
            write_reading(s, id, cue, UT_AGENT);
        }
        clock_gettime(CLOCK_MONOTONIC, &watch.start[cue]);
        write_cue(s, "c-1", cue, UT_CUE_RAISED, cue, 0.5f);
        pause_ms(10);
    }
    for (int i = 0; i < 1000 && atomic_load(&watch.n) < CUES; i++) pause_ms(10);
    assert_int_equal(atomic_load(&watch.n), CUES);
    qsort(watch.took_ms, CUES, sizeof *watch.took_ms, by_value);
    print_message("from store_write to committed: p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", watch.took_ms[CUES / 2],
                  watch.took_ms[CUES * 99 / 100], watch.took_ms[CUES - 1]);
    store_close(s);
    remove_dir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_feedback),
        cmocka_unit_test(test_cue_life),
        cmocka_unit_test(test_earlier_calls),
        cmocka_unit_test(test_earlier_is_bounded),
        cmocka_unit_test(test_no_place_for_the_agents_emotion),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_committed_before_shown),
        cmocka_unit_test(test_tick),
        cmocka_unit_test(test_what_was_shown_survives_kill_9),
        cmocka_unit_test(test_one_process_a_folder),
        cmocka_unit_test(test_older_tables_are_brought_up),
        cmocka_unit_test(test_files_that_are_not_ours),
        cmocka_unit_test(test_corrupt_files_are_set_aside),
        cmocka_unit_test(test_damaged_pages),
        cmocka_unit_test(test_folders_that_cannot_be),
        cmocka_unit_test(test_folder_of_somebody_else),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_forget),
        cmocka_unit_test(test_without_consent),
        cmocka_unit_test(test_unknown_while_it_lasts),
        cmocka_unit_test(test_withdrawn_and_killed),
        cmocka_unit_test(test_closed_while_locked),
        cmocka_unit_test(test_full_queue),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_cue_does_not_wait_for_the_tick),
        cmocka_unit_test(test_cue_does_not_wait_for_what_waits),
        cmocka_unit_test(test_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
