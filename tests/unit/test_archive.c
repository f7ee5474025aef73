/* What was written is read back: lists and their filters, a call whole, its readings in steps, its events. */
#include "store/archive.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/folder.h"
#include "store/rows.h"

enum { WHY = 256 };
static const int64_t started_at_ms = 1795255200000; /* 2026-11-21T10:00:00.000Z */
static const archive_part whole = {.to_s = INFINITY};

/* ---- a store of the test's own ---- */

static char folder[64];

static int open_store(void **state) {
    enum database_fault fault;
    char why[WHY];
    strcpy(folder, "/tmp/undertone-archive-XXXXXX");
    assert_non_null(mkdtemp(folder));
    *state = database_open(folder, DATABASE_OWNER, &fault, why, sizeof why);
    if (!*state) fail_msg("%s", why);
    return 0;
}

static int close_store(void **state) {
    static const char *const files[] = {"undertone.db", "undertone.db-wal", "undertone.db-shm"};
    char path[128];
    database_close(*state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void run(struct database *d, const char *sql, json_t *values) {
    assert_non_null(values);
    assert_int_equal(database_run(d, sql, values), DATABASE_ROW_STORED);
    json_decref(values);
}

/* What a call of the list is about; the others are null. */
typedef struct made_call {
    const char *id, *started_at, *agent, *team, *queue, *customer, *cue, *tag, *note;
    double peak;
    bool live;
} made_call;

static const char add_call_sql[] =
    "INSERT INTO calls (id, source, channels, started_at, ended_at, ended_how, consent, consent_at, agent, team, queue,"
    " customer) VALUES ($id, 'line', '[\"agent\",\"customer\"]', $at, iif($live, NULL, $at),"
    " iif($live, NULL, 'finished'), 'given', '2026-11-21T10:00:00.000Z', $agent, $team, $queue, $customer)";
static const char add_summary_sql[] =
    "INSERT INTO summaries (call, duration_s, customer_frustration_peak, customer_stress_peak, cues)"
    " SELECT number, 10, $peak, 0.05, 0 FROM calls WHERE id = $id";
static const char add_cue_sql[] = "INSERT INTO cues (call, id, kind, severity, text, reasons, raised_s)"
                                  " SELECT number, $n, $kind, 'notice', 'x', '[]', 1 FROM calls WHERE id = $id";
static const char add_tag_sql[] =
    "INSERT INTO tags (call, tag, at) SELECT number, $tag, 'now' FROM calls WHERE id = $id";
static const char add_note_sql[] =
    "INSERT INTO notes (call, text, at) SELECT number, $text, 'now' FROM calls WHERE id = $id";

static void add(struct database *d, const made_call *c) {
    run(d, add_call_sql,
        json_pack("{ss ss? sb ss? ss? ss? ss?}", "id", c->id, "at", c->started_at, "live", c->live, "agent", c->agent,
                  "team", c->team, "queue", c->queue, "customer", c->customer));
    if (!c->live) run(d, add_summary_sql, json_pack("{ss sf}", "id", c->id, "peak", c->peak));
    if (c->cue) run(d, add_cue_sql, json_pack("{ss si ss}", "id", c->id, "n", 1, "kind", c->cue));
    if (c->tag) run(d, add_tag_sql, json_pack("{ss ss}", "id", c->id, "tag", c->tag));
    if (c->note) run(d, add_note_sql, json_pack("{ss ss}", "id", c->id, "text", c->note));
}

static json_t *object_of(const char *text) {
    json_error_t error;
    json_t *object = json_loads(text, 0, &error);
    if (!object) fail_msg("%s: %s", text, error.text);
    return object;
}

static json_t *page_of(struct database *d, json_t *filter) {
    char why[WHY] = "?";
    json_t *page = archive_calls(d, filter, why, sizeof why);
    if (!page) fail_msg("%s", why);
    json_decref(filter);
    return page;
}

/* "a b c": the ids of a page. */
static const char *ids_of(json_t *page, char ids[256]) {
    json_t *call;
    size_t i;
    *ids = '\0';
    json_array_foreach(json_object_get(page, "calls"), i, call) {
        if (i) strcat(ids, " ");
        strcat(ids, json_string_value(json_object_get(call, "call")));
    }
    return ids;
}

/* ---- the list ---- */

static const made_call week[] = {
    {.id = "mon", .started_at = "2026-11-16T09:00:00.000Z", .agent = "a-1", .team = "red", .peak = 0.9},
    {.id = "tue", .started_at = "2026-11-17T09:00:00.000Z", .agent = "a-2", .team = "red", .queue = "sales"},
    {.id = "wed", .started_at = "2026-11-18T23:59:59.999Z", .agent = "a-1", .customer = "C-1", .cue = "stress"},
    {.id = "thu", .started_at = "2026-11-19T00:00:00.000Z", .tag = "good", .note = "Angebot 50% sent", .peak = 0.4},
    {.id = "fri", .started_at = "2026-11-20T12:30:00.500Z", .cue = "dead_air", .peak = 0.4, .tag = "Good"},
    {.id = "sat", .started_at = "2026-11-21T12:00:00.000Z", .live = true, .team = "blue"},
};

static void add_week(struct database *d) {
    for (size_t i = 0; i < sizeof week / sizeof *week; i++) add(d, &week[i]);
}

static void filters(void **state) {
    static const struct {
        const char *filter, *ids;
    } cases[] = {
        {"{}", "sat fri thu wed tue mon"},
        {"{\"agent\":null}", "sat fri thu wed tue mon"},
        {"{\"agent\":\"a-1\"}", "wed mon"},
        {"{\"agent\":\"a-1\",\"team\":\"red\"}", "mon"},
        {"{\"agent\":\"a\"}", ""},
        {"{\"queue\":\"sales\"}", "tue"},
        {"{\"customer\":\"C-1\"}", "wed"},
        {"{\"cue\":\"stress\"}", "wed"},
        {"{\"cue\":\"calming\"}", ""},
        {"{\"peak\":0.4}", "fri thu mon"},
        {"{\"peak\":\"0.5\"}", "mon"},
        {"{\"tag\":\"good\"}", "thu"},
        {"{\"text\":\"angebot\"}", "thu"},
        {"{\"text\":\"50% s\"}", "thu"},
        {"{\"state\":\"live\"}", "sat"},
        {"{\"state\":\"ended\",\"limit\":2}", "fri thu"},
        {"{\"order\":\"time\",\"peak\":0.4}", "fri thu mon"},
        {"{\"order\":\"peak\"}", "mon fri thu wed tue sat"}, /* stress of 0.05 in all but one that nothing is of */
        {"{\"order\":\"peak\",\"limit\":3,\"team\":\"red\"}", "mon tue"},
        {"{\"order\":\"peak\",\"from\":\"2026-11-17\",\"to\":\"2026-11-19\"}", "thu wed tue"},
        {"{\"from\":\"2026-11-19\"}", "sat fri thu"},
        {"{\"to\":\"2026-11-18\"}", "wed tue mon"},
        {"{\"from\":\"2026-11-18T23:59:59.999Z\",\"to\":\"2026-11-20T12:30:00.500Z\"}", "thu wed"},
        {"{\"from\":\"2026-11-20T12:31Z\"}", "sat"},
        {"{\"from\":\"2026-11-20T12:30:01Z\",\"to\":\"2026-11-20\"}", ""},
    };
    char ids[256];
    add_week(*state);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *page = page_of(*state, object_of(cases[i].filter));
        if (strcmp(ids_of(page, ids), cases[i].ids))
            fail_msg("%s gives \"%s\", not \"%s\"", cases[i].filter, ids, cases[i].ids);
        json_decref(page);
    }
}

/* Each is refused by its name, in one sentence, and nothing else happens. */
static void filters_that_are_none(void **state) {
    static const char *const cases[][2] = {
        {"{\"from\":\"yesterday\"}", "from"},
        {"{\"from\":\"\"}", "from"},
        {"{\"from\":\"2026-02-30\"}", "from"},
        {"{\"from\":\"2026-1-1\"}", "from"},
        {"{\"to\":\"2026-11-21T10:00:00+01:00\"}", "to"},
        {"{\"to\":\"2026-11-21T25:00:00Z\"}", "to"},
        {"{\"to\":\"2026-11-21T10:00:00.00Z\"}", "to"},
        {"{\"to\":20261121}", "to"},
        {"{\"agent\":7}", "agent"},
        {"{\"agent\":[\"a-1\"]}", "agent"},
        {"{\"cue\":\"anger\"}", "cue"},
        {"{\"cue\":\"stress' OR 1\"}", "cue"},
        {"{\"peak\":2}", "peak"},
        {"{\"peak\":\"much\"}", "peak"},
        {"{\"peak\":\"\"}", "peak"},
        {"{\"peak\":\"nan\"}", "peak"},
        {"{\"state\":\"dead\"}", "state"},
        {"{\"limit\":0}", "limit"},
        {"{\"limit\":501}", "limit"},
        {"{\"limit\":\"1e9\"}", "limit"},
        {"{\"limit\":1.5}", "limit"},
        {"{\"before\":\"tomorrow\"}", "before"},
        {"{\"before\":\"_1\"}", "before"},
        {"{\"before\":\"2026-11-21T10:00:00.000Z_x\"}", "before"},
        {"{\"before\":\"2026-11-21T10:00:00.000Z_-1\"}", "before"},
        {"{\"before\":\"2026-11-21T10:00:00.000Z_1x\"}", "before"},
        {"{\"before\":\"2026-11-21T10:00:00.000Z_\"}", "before"},
        {"{\"from\":\"2026-11-31\"}", "from"},
        {"{\"from\":\"2026-00-01\"}", "from"},
        {"{\"from\":\"2026-11-21T10:60Z\"}", "from"},
        {"{\"colour\":\"red\"}", "colour"},
        {"{\"order\":\"worst\"}", "order"},
        {"{\"points\":0}", "points"},
        {"{\"points\":\"201\"}", "points"},
        {"{\"points\":\"many\"}", "points"},
        {"{\"before\":\"p400_2\"}", "before"},
        {"{\"order\":\"peak\",\"before\":\"2026-11-21T10:00:00.000Z_1\"}", "before"},
        {"{\"order\":\"peak\",\"before\":\"p_1\"}", "before"},
        {"{\"order\":\"peak\",\"before\":\"p4x_1\"}", "before"},
        {"{\"order\":\"peak\",\"before\":\"p400_\"}", "before"},
    };
    add_week(*state);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[WHY] = "";
        json_t *filter = object_of(cases[i][0]), *page = archive_calls(*state, filter, why, sizeof why);
        if (page || !strstr(why, cases[i][1])) fail_msg("%s: \"%s\"", cases[i][0], why);
        json_decref(filter);
    }
    char why[WHY] = "", *lengthy = malloc(60001);
    memset(lengthy, '%', 60000);
    lengthy[60000] = '\0';
    json_t *filter = json_pack("{ss}", "text", lengthy);
    assert_null(archive_calls(*state, filter, why, sizeof why));
    assert_non_null(strstr(why, "text"));
    json_decref(filter);
    free(lengthy);
}

/* What means something to SQL or to LIKE is found as itself, and finds nothing else. */
static void hostile_texts(void **state) {
    static const char *const texts[] = {"100%",  "a_b", "back\\slash", "it's", "say \"no\"", "); DROP TABLE calls; --",
                                        "%%%%%", "___", "\\%",         "é ü",  "$text",      "\x1b[2J"};
    enum { N = sizeof texts / sizeof *texts };
    char ids[N][8], found[256];
    for (int i = 0; i < N; i++) {
        snprintf(ids[i], sizeof ids[i], "c%d", i % 100);
        add(*state, &(made_call){.id = ids[i], .started_at = "2026-11-16T09:00:00.000Z", .note = texts[i]});
    }
    add(*state,
        &(made_call){.id = "plain", .started_at = "2026-11-16T09:00:00.000Z", .note = "100 aXb back/slash its"});
    for (int i = 0; i < N; i++) {
        json_t *page = page_of(*state, json_pack("{ss}", "text", texts[i]));
        ids_of(page, found);
        if (strcmp(found, ids[i])) fail_msg("%s: found \"%s\", not \"%s\"", texts[i], found, ids[i]);
        json_decref(page);
    }
    for (int i = 0; i < N; i++) {
        json_t *page = page_of(*state, json_pack("{ss ss}", "agent", texts[i], "tag", texts[i]));
        assert_int_equal(json_array_size(json_object_get(page, "calls")), 0);
        json_decref(page);
    }
}

/* Many of them at the same time, and newer ones coming while somebody pages: each once, the newest first. */
static void paging(void **state) {
    enum { CALLS = 137, PAGE = 10 };
    char id[16], at[32], last[64] = "~", seen[CALLS] = {0};
    for (int i = 0; i < CALLS; i++) {
        snprintf(id, sizeof id, "%d", (i * 31) % CALLS);
        snprintf(at, sizeof at, "2026-11-%02dT10:00:00.000Z", 1 + (i * 31) % CALLS / 10);
        add(*state, &(made_call){.id = id, .started_at = at, .tag = i % 2 ? "odd" : "even"});
    }
    json_t *next = json_null();
    for (int pages = 0; pages == 0 || json_is_string(next); pages++) {
        json_t *page = page_of(*state, json_pack("{si so ss}", "limit", PAGE, "before", next, "to", "2026-11-20")),
               *call;
        size_t i;
        assert_true(pages < 2 + CALLS / PAGE);
        json_array_foreach(json_object_get(page, "calls"), i, call) {
            int number = atoi(json_string_value(json_object_get(call, "call")));
            const char *started_at = json_string_value(json_object_get(call, "started_at"));
            assert_true(strcmp(started_at, last) <= 0);
            strcpy(last, started_at);
            assert_null(json_object_get(call, "place_at"));
            if (seen[number]++) fail_msg("call %d was listed twice", number);
        }
        next = json_incref(json_object_get(page, "next"));
        json_decref(page);
        snprintf(id, sizeof id, "n%d", pages);
        add(*state, &(made_call){.id = id, .started_at = "2026-11-19T00:00:00.000Z"});
    }
    json_decref(next);
    for (int i = 0; i < CALLS; i++)
        if (!seen[i]) fail_msg("call %d was left out", i);
}

/* As paging, where many have the same peak. */
static void paging_by_peak(void **state) {
    enum { CALLS = 57, PAGE = 10 };
    char id[16], seen[CALLS] = {0};
    double last = 2;
    for (int i = 0; i < CALLS; i++) {
        snprintf(id, sizeof id, "%d", i);
        add(*state, &(made_call){.id = id, .started_at = "2026-11-01T10:00:00.000Z", .peak = 0.1 * (i * 31 % 9 + 1)});
    }
    json_t *next = json_null(), *call;
    size_t i;
    for (int pages = 0; pages == 0 || json_is_string(next); pages++) {
        json_t *page = page_of(*state, json_pack("{ss si so}", "order", "peak", "limit", PAGE, "before", next));
        assert_true(pages <= CALLS / PAGE);
        json_array_foreach(json_object_get(page, "calls"), i, call) {
            double peak = json_number_value(json_object_get(call, "frustration_peak"));
            const char *number = json_string_value(json_object_get(call, "call"));
            if (*number == 'n') continue; /* higher than what was listed before it came */
            assert_true(peak <= last);
            last = peak;
            if (seen[atoi(number)]++) fail_msg("call %s was listed twice", number);
        }
        next = json_incref(json_object_get(page, "next"));
        json_decref(page);
        snprintf(id, sizeof id, "n%d", pages);
        add(*state, &(made_call){.id = id, .started_at = "2026-11-01T10:00:00.000Z", .peak = 0.5});
    }
    json_decref(next);
    for (i = 0; i < CALLS; i++)
        if (!seen[i]) fail_msg("call %zu was left out", i);
}

/* One without consent has nothing but that, and is in the list where somebody looks for it. */
static void without_consent_listed(void **state) {
    static const char stub_sql[] = "INSERT INTO calls (id, consent, consent_at, ended_at, ended_how) VALUES ('stub',"
                                   " 'refused', '2026-11-18T12:00:00.000Z', '2026-11-18T12:00:00.000Z', 'no consent')";
    char ids[256];
    add_week(*state);
    run(*state, stub_sql, json_object());
    json_t *page = page_of(*state, object_of("{\"limit\":4}"));
    assert_string_equal(ids_of(page, ids), "sat fri thu wed");
    json_t *more = page_of(*state, json_pack("{sO}", "before", json_object_get(page, "next")));
    assert_string_equal(ids_of(more, ids), "stub tue mon");
    json_t *stub = json_array_get(json_object_get(more, "calls"), 0);
    assert_true(json_is_null(json_object_get(stub, "source")));
    assert_true(json_is_null(json_object_get(stub, "duration_s")));
    json_t *last = page_of(*state, object_of("{\"order\":\"peak\",\"points\":4}"));
    assert_string_equal(ids_of(last, ids), "mon fri thu wed tue stub sat");
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(last, "calls"), 5), "trend")));
    json_decref(last);
    assert_int_equal(json_object_size(json_object_get(stub, "cues")), 0);
    json_decref(page);
    json_decref(more);
    json_t *call = archive_call(*state, "stub"), *readings = archive_readings(*state, "stub", &whole);
    assert_string_equal(json_string_value(json_object_get(call, "consent")), "refused");
    assert_int_equal(json_object_size(json_object_get(readings, "channels")), 0);
    json_decref(call);
    json_decref(readings);
}

/* ---- a call as it was heard ---- */

static const call_facts facts = {.id = "c-1",
                                 .source = "monday.flac",
                                 .channels = 2,
                                 .roles = {UT_AGENT, UT_CUSTOMER},
                                 .started_at_ms = started_at_ms,
                                 .consent = UT_CONSENT_GIVEN,
                                 .consent_method = "command line",
                                 .model = "base@0123456789ab",
                                 .playbook = "default",
                                 .agent = "a-17",
                                 .customer = "C-4711",
                                 .ended = "finished"};

/* Stores the message and adds what it says to sent, where that is not null. */
static void send(struct database *d, json_t *sent, message *m) {
    assert_non_null(m);
    assert_int_equal(rows_put(d, m), DATABASE_ROW_STORED);
    if (sent) json_array_append_new(sent, object_of(m->text));
    message_release(m);
}

static void send_event(struct database *d, json_t *sent, ut_event event) {
    send(d, sent, message_of_event(&facts, &event));
}

static void send_reading(struct database *d, json_t *sent, double t_s, const ut_activity *activity,
                         const ut_affect *affect) {
    send_event(
        d, sent,
        (ut_event){.type = UT_EVENT_CUSTOMER, .t_s = t_s, .customer = {.activity = *activity, .affect = *affect}});
    send_event(d, sent,
               (ut_event){.type = UT_EVENT_ACTIVITY,
                          .t_s = t_s,
                          .activity = {.channel = UT_AGENT, .activity = {.level_db = -60, .talk_share = NAN}}});
}

static const ut_cue cue = {.id = 1,
                           .kind = UT_CUE_FRUSTRATION,
                           .severity = UT_NOTICE,
                           .priority = 1,
                           .score = 0.78f,
                           .score_usual = 0.31f,
                           .text = "Voice sounds frustrated",
                           .advice = "Give the next step.",
                           .n_reasons = 2,
                           .reasons = {{"pitch_hz", "+4.1 st", 2.3f}, {"level_db", "+6 dB", NAN}}};

static const ut_summary summary = {
    .duration_s = 2.25,
    .has_customer = true,
    .has_dynamics = true,
    .cues = 1,
    .customer = {1.5f, 0.21f, 0.78f, 0.12f, NAN, 0.4f},
    .dynamics = {.agent_talk_share = 0.58f, .overlaps = 4, .response_latency_median_s = NAN, .hold_s = 30}};

/* Every kind of event; sent: as it was, in the order of time. */
static json_t *send_call(struct database *d) {
    json_t *sent = json_array();
    ut_cue cleared = cue;
    ut_activity speaking = {true, UT_SOUND_SPEECH, -21.4f, 5.1f, 0.42f, NAN};
    ut_affect affect = {231.0f, 0.625f, 0.25f, 0.5f, 0.75f, false, false}, unvoiced = {.abstain = true};
    send(d, sent, message_of_call(&facts));
    send_reading(d, sent, 0.5, &speaking, &affect);
    send_event(d, sent, (ut_event){.type = UT_EVENT_CUE, .t_s = 0.5, .cue = cue});
    feedback said = {.call = "c-1", .cue = 1, .verdict = VERDICT_HELPFUL};
    send(d, sent, message_of_feedback(&said, started_at_ms + 900));
    send_reading(d, sent, 1.0, &speaking, &unvoiced);
    send(d, sent, message_of_pause("c-1", 1.25, &(pause_change){true, "kim"}, started_at_ms + 1250));
    send(d, sent, message_of_pause("c-1", 1.35, &(pause_change){false, NULL}, started_at_ms + 1350));
    affect.usual_known = true;
    send_reading(d, sent, 1.5, &speaking, &affect);
    send_event(d, sent, (ut_event){.type = UT_EVENT_TURN, .t_s = 1.9, .turn = {UT_TURN_OVERLAP, UT_AGENT, 1.2, 1.9}});
    send_event(d, sent, (ut_event){.type = UT_EVENT_TURN, .t_s = 1.95, .turn = {UT_TURN_SILENCE, UT_AGENT, 1.9, 1.95}});
    cleared.state = UT_CUE_CLEARED;
    send_event(d, sent, (ut_event){.type = UT_EVENT_CUE, .t_s = 2.0, .cue = cleared});
    send_event(d, sent, (ut_event){.type = UT_EVENT_SUMMARY, .t_s = 2.25, .summary = summary});
    recording_news news = {.call = "c-1",
                           .state = RECORDING_FINISHED,
                           .file = "c-1.flac",
                           .format = "flac",
                           .channels = 2,
                           .roles = {UT_AGENT, UT_CUSTOMER},
                           .duration_s = 2.25,
                           .bytes = 12345};
    send(d, sent, message_of_recording(&news));
    return sent;
}

static bool keep(void *user, json_t *event) { return !json_array_append(user, event); }

static void events_as_they_were_sent(void **state) {
    json_t *sent = send_call(*state), *told = json_array();
    assert_true(archive_events(*state, "c-1", keep, told));
    for (size_t i = 0; i < json_array_size(sent); i++) {
        char *wanted = json_dumps(json_array_get(sent, i), JSON_COMPACT | JSON_REAL_PRECISION(12));
        char *found = json_dumps(json_array_get(told, i), JSON_COMPACT | JSON_REAL_PRECISION(12) | JSON_ENCODE_ANY);
        if (!found || strcmp(wanted, found)) fail_msg("event %zu is\n%s, not\n%s", i, found ? found : "-", wanted);
        free(wanted);
        free(found);
    }
    assert_int_equal(json_array_size(told), json_array_size(sent));
    json_decref(sent);
    json_decref(told);
}

static bool three(void *user, json_t *event) {
    (void)event;
    return ++*(int *)user < 3;
}

static void events_until_enough(void **state) {
    int n = 0;
    json_decref(send_call(*state));
    assert_true(archive_events(*state, "c-1", three, &n));
    assert_int_equal(n, 3);
    assert_true(archive_events(*state, "c-2", three, &n));
    assert_int_equal(n, 3);
}

static bool count_cues(void *user, json_t *event) {
    *(int *)user += !strcmp(json_string_value(json_object_get(event, "type")), "cue");
    return true;
}

static int cues_told(struct database *d, const char *id) {
    int n = 0;
    assert_true(archive_events(d, id, count_cues, &n));
    return n;
}

static void held_out_until_the_end(void **state) {
    struct database *d = *state;
    json_t *sent = json_array();
    call_facts held_out = facts;
    held_out.held_out = true;
    send(d, sent, message_of_call(&held_out));
    send(d, sent, message_of_event(&held_out, &(ut_event){.type = UT_EVENT_CUE, .t_s = 0.5, .cue = cue}));
    assert_int_equal(cues_told(d, facts.id), 0);
    send(d, sent, message_of_event(&held_out, &(ut_event){.type = UT_EVENT_SUMMARY, .t_s = 2.25, .summary = summary}));
    assert_int_equal(cues_told(d, facts.id), 1);
    json_decref(sent);
}

static double number_in(json_t *object, const char *key) { return json_number_value(json_object_get(object, key)); }
static size_t size_of(json_t *object, const char *key) { return json_array_size(json_object_get(object, key)); }

/* Of the first and only one of a list. */
static const char *text_in(json_t *object, const char *list, const char *key) {
    assert_int_equal(size_of(object, list), 1);
    return json_string_value(json_object_get(json_array_get(json_object_get(object, list), 0), key));
}

/* On legal hold it is still there, and told of to nobody. */
static bool count_event(void *user, json_t *event) {
    int *n = user;
    const char *type = json_string_value(json_object_get(event, "type"));
    n[strcmp(type, "call") != 0 && strcmp(type, "consent") != 0]++;
    if (!strcmp(type, "call")) assert_true(json_is_null(json_object_get(event, "source")));
    return true;
}

static void held_without_consent(void **state) {
    static const char withdraw_sql[] = "UPDATE calls SET consent = 'withdrawn', held_why = 'a case' WHERE id = $id";
    struct database *d = *state;
    char why[100];
    int n[2] = {0};
    json_decref(send_call(d));
    run(d, withdraw_sql, json_pack("{ss}", "id", "c-1"));
    json_t *call = archive_call(d, "c-1"), *readings = archive_readings(d, "c-1", &whole);
    static const char *const told[] = {"customer", "source", "agent", "frustration_peak", "summary", "recording"};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) assert_true(json_is_null(json_object_get(call, told[i])));
    static const char *const lists[] = {"cues", "turns", "pauses", "notes", "tags"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) assert_int_equal(size_of(call, lists[i]), 0);
    assert_int_equal(size_of(call, "consents"), 1);
    assert_int_equal(json_object_size(json_object_get(readings, "channels")), 0);
    assert_true(archive_events(d, "c-1", count_event, n));
    assert_int_equal(n[0], 1);
    assert_int_equal(n[1], 0);
    json_t *filter = json_object(), *page = archive_calls(d, filter, why, sizeof why);
    json_t *listed = json_array_get(json_object_get(page, "calls"), 0);
    assert_string_equal(json_string_value(json_object_get(listed, "consent")), "withdrawn");
    assert_true(json_is_null(json_object_get(listed, "customer")));
    assert_int_equal(json_object_size(json_object_get(listed, "cues")), 0);
    assert_true(json_is_null(json_object_get(listed, "frustration_peak_s")));
    json_decref(page);
    json_decref(filter);

    /* Nor can it be told from where it stands in the list, or from what finds it. */
    char ids[256];
    add(d, &(made_call){.id = "calm", .started_at = "2026-11-16T09:00:00.000Z", .peak = 0.1});
    page = page_of(d, object_of("{\"order\":\"peak\"}"));
    assert_string_equal(ids_of(page, ids), "calm c-1");
    json_decref(page);
    static const char *const finds[] = {"{\"agent\":\"a-17\"}",    "{\"team\":\"north\"}",
                                        "{\"queue\":\"billing\"}", "{\"customer\":\"C-4711\"}",
                                        "{\"peak\":0.5}",          "{\"cue\":\"frustration\"}"};
    for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
        page = page_of(d, object_of(finds[i]));
        assert_string_equal(ids_of(page, ids), "");
        json_decref(page);
    }
    json_decref(readings);
    json_decref(call);
}

static void one_call_whole(void **state) {
    struct database *d = *state;
    json_decref(send_call(d));
    run(d, add_note_sql, json_pack("{ss ss}", "id", "c-1", "text", "Rückruf"));
    run(d, add_tag_sql, json_pack("{ss ss}", "id", "c-1", "tag", "good"));
    json_t *call = archive_call(d, "c-1"), *cue_told = json_array_get(json_object_get(call, "cues"), 0);
    assert_string_equal(json_string_value(json_object_get(call, "customer")), "C-4711");
    assert_string_equal(json_string_value(json_array_get(json_object_get(call, "channels"), 0)), "agent");
    assert_true(json_is_false(json_object_get(call, "held")));
    assert_float_equal(number_in(call, "frustration_peak"), 0.78, 1e-9);
    assert_float_equal(number_in(json_object_get(json_object_get(call, "summary"), "dynamics"), "hold_s"), 30, 1e-9);
    assert_string_equal(json_string_value(json_object_get(json_object_get(call, "recording"), "file")), "c-1.flac");
    assert_int_equal(size_of(call, "consents"), 1);
    assert_int_equal(size_of(call, "pauses"), 1);
    assert_int_equal(size_of(call, "turns"), 2);
    assert_string_equal(text_in(call, "notes", "text"), "Rückruf");
    assert_string_equal(text_in(call, "tags", "tag"), "good");
    assert_int_equal(size_of(call, "cues"), 1);
    assert_int_equal(size_of(cue_told, "reasons"), 2);
    assert_true(json_is_true(json_object_get(cue_told, "shown")));
    assert_float_equal(number_in(cue_told, "cleared_s"), 2, 1e-9);
    json_decref(call);
    json_t *none = archive_call(d, "c-2");
    assert_true(json_is_null(none));
    json_decref(none);
}

/* ---- readings in steps ---- */

enum { HOUR = 7200 }; /* readings of a voice */

typedef struct heard {
    int level, frustration, abstain, pitch, speaking;
} heard;

static const char measured_sql[] =
    "INSERT INTO measured (call, t_ms, channel, speaking, sound, level, rate)"
    " SELECT number, $t, $channel, $speaking, 1, $level, $rate FROM calls WHERE id = 'long'";
static const char scored_sql[] =
    "INSERT INTO scored (call, t_ms, pitch, frustration, stress, arousal, confidence, abstain)"
    " SELECT number, $t, $pitch, $frustration, $stress, $arousal, $confidence, $abstain FROM calls WHERE id = 'long'";

/* A voice that changes its mind each half second, so that every number has all its digits. */
static void hear(struct database *d, heard *h, int n) {
    add(d, &(made_call){.id = "long", .started_at = "2026-11-16T09:00:00.000Z", .live = true});
    srand(1);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    for (int i = 0; i < n; i++) {
        h[i] =
            (heard){-(rand() % 1001), rand() % 1001, rand() % 4 == 0, rand() % 9 ? 800 + rand() % 3200 : 0, rand() % 2};
        for (int channel = 0; channel < 2; channel++)
            run(d, measured_sql,
                json_pack("{si si si si si}", "t", 500 * (i + 1), "channel", channel, "speaking", h[i].speaking,
                          "level", h[i].level, "rate", rand() % 100));
        run(d, scored_sql,
            json_pack("{si so si si si si si}", "t", 500 * (i + 1), "pitch",
                      h[i].pitch ? json_integer(h[i].pitch) : json_null(), "frustration", h[i].frustration, "stress",
                      rand() % 1001, "arousal", rand() % 1001, "confidence", rand() % 101, "abstain", h[i].abstain));
    }
    assert_true(database_commit(d));
}

/* The step of column[part], which is to be wanted; NaN: null. */
static void check_step(json_t *channel, const char *column, const char *part, size_t step, double wanted,
                       double within) {
    json_t *array = json_object_get(channel, column), *value;
    if (part) array = json_object_get(array, part);
    value = json_array_get(array, step);
    if (isnan(wanted) ? !json_is_null(value)
                      : !json_is_number(value) || fabs(json_number_value(value) - wanted) > within)
        fail_msg("%s %s of step %zu is %g, not %g", column, part ? part : "", step, json_number_value(value), wanted);
}

typedef struct figures {
    double min, max, sum;
    int n;
} figures;

static void figure(figures *f, double value) {
    f->min = f->n ? fmin(f->min, value) : value;
    f->max = f->n ? fmax(f->max, value) : value;
    f->sum += value;
    f->n++;
}

static void check_figures(json_t *channel, const char *column, size_t step, const figures *f, double within) {
    check_step(channel, column, "min", step, f->n ? f->min : (double)NAN, within);
    check_step(channel, column, "max", step, f->n ? f->max : (double)NAN, within);
    check_step(channel, column, "mean", step, f->n ? f->sum / f->n : (double)NAN, within);
}

/* Those from the first on, up to the last of n. */
static void check_part(struct database *d, const heard *h, int first, int n, const archive_part *part,
                       int readings_a_step) {
    json_t *told = archive_readings(d, "long", part), *channels = json_object_get(told, "channels");
    json_t *customer = json_object_get(channels, "customer");
    size_t steps = (size_t)((n - first + readings_a_step - 1) / readings_a_step);
    assert_float_equal(number_in(told, "from_s"), first / 2.0, 1e-9);
    assert_float_equal(number_in(told, "step_s"), readings_a_step / 2.0, 1e-9);
    assert_int_equal(size_of(customer, "speaking"), steps);
    assert_true(steps <= (size_t)part->points);
    for (size_t step = 0; step < steps; step++) {
        figures level = {0}, frustration = {0}, pitch = {0}, speaking = {0}, abstain = {0};
        for (int i = first + (int)step * readings_a_step; i < n && i < first + (int)(step + 1) * readings_a_step; i++) {
            figure(&level, h[i].level / 10.0);
            figure(&speaking, h[i].speaking);
            figure(&abstain, h[i].abstain);
            if (h[i].pitch) figure(&pitch, h[i].pitch / 10.0);
            if (!h[i].abstain) figure(&frustration, h[i].frustration / 1000.0);
        }
        check_figures(customer, "level_db", step, &level, 0.501);
        check_figures(json_object_get(channels, "agent"), "level_db", step, &level, 0.501);
        check_figures(customer, "frustration", step, &frustration, 0.0051);
        check_figures(customer, "pitch_hz", step, &pitch, 0.501);
        check_step(customer, "speaking", NULL, step, speaking.sum / speaking.n, 0.0051);
        check_step(customer, "abstain", NULL, step, abstain.sum / abstain.n, 0.0051);
    }
    json_decref(told);
}

static void readings_against_brute_force(void **state) {
    static heard h[1000];
    hear(*state, h, 1000);
    check_part(*state, h, 0, 1000, &(archive_part){.to_s = INFINITY, .points = 2000}, 1);
    check_part(*state, h, 0, 1000, &(archive_part){.to_s = INFINITY, .points = 600}, 2);
    check_part(*state, h, 0, 1000, &(archive_part){.to_s = INFINITY, .points = 7}, 143);
    check_part(*state, h, 0, 1000, &(archive_part){.to_s = INFINITY, .points = 1}, 1000);
}

/* A part begins with a reading, ends with the call, and may be none at all. */
static void readings_of_a_part(void **state) {
    static heard h[1000];
    hear(*state, h, 1000);
    check_part(*state, h, 200, 400, &(archive_part){.from_s = 100, .to_s = 200, .points = 200}, 1);
    check_part(*state, h, 200, 400, &(archive_part){.from_s = 100.49, .to_s = 200.2, .points = 50}, 4);
    check_part(*state, h, 990, 1000, &(archive_part){.from_s = 495, .to_s = 800, .points = 3}, 4);
    check_part(*state, h, 0, 1, &(archive_part){.from_s = 0, .to_s = 0.5, .points = 2000}, 1);
    json_t *none = archive_readings(*state, "long", &(archive_part){.from_s = 900, .to_s = 901});
    assert_true(json_is_object(none));
    assert_int_equal(json_object_size(json_object_get(none, "channels")), 0);
    json_decref(none);
}

static void check_trend(struct database *d, const heard *h, int n, int points, int readings_a_step) {
    json_t *page = page_of(d, json_pack("{si}", "points", points));
    json_t *call = json_array_get(json_object_get(page, "calls"), 0), *trend = json_object_get(call, "trend");
    size_t steps = (size_t)((n + readings_a_step - 1) / readings_a_step);
    int peak_at = -1;
    assert_float_equal(number_in(trend, "step_s"), readings_a_step / 2.0, 1e-9);
    assert_int_equal(size_of(trend, "frustration"), steps);
    assert_int_equal(size_of(trend, "stress"), steps);
    for (size_t step = 0; step < steps; step++) {
        figures frustration = {0};
        for (int i = (int)step * readings_a_step; i < n && i < (int)(step + 1) * readings_a_step; i++) {
            if (h[i].abstain) continue;
            figure(&frustration, h[i].frustration / 1000.0);
            if (peak_at < 0 || h[i].frustration > h[peak_at].frustration) peak_at = i;
        }
        check_step(trend, "frustration", NULL, step, frustration.n ? frustration.max : (double)NAN, 1e-9);
    }
    assert_float_equal(number_in(call, "frustration_peak"), h[peak_at].frustration / 1000.0, 1e-9);
    assert_float_equal(number_in(call, "frustration_peak_s"), (peak_at + 1) / 2.0, 1e-9);
    assert_true(json_is_number(json_object_get(call, "stress_peak_s")));
    json_decref(page);
}

/* The same in the list, of a small picture. */
static void trends_against_brute_force(void **state) {
    static heard h[1000];
    hear(*state, h, 1000);
    check_trend(*state, h, 1000, 200, 5);
    check_trend(*state, h, 1000, 48, 21);
    check_trend(*state, h, 1000, 1, 1000);
    json_t *page = page_of(*state, object_of("{}"));
    assert_null(json_object_get(json_array_get(json_object_get(page, "calls"), 0), "trend"));
    json_decref(page);
    add(*state, &(made_call){.id = "unheard", .started_at = "2026-11-21T09:00:00.000Z"});
    page = page_of(*state, object_of("{\"points\":4}"));
    json_t *call = json_array_get(json_object_get(page, "calls"), 0), *trend = json_object_get(call, "trend");
    assert_int_equal(size_of(trend, "frustration"), 4);
    for (size_t step = 0; step < 4; step++) check_step(trend, "stress", NULL, step, (double)NAN, 0);
    assert_true(json_is_null(json_object_get(call, "frustration_peak_s")));
    json_decref(page);
}

/* Half an hour heard by nobody in the middle is so much of null. */
static void readings_with_a_gap(void **state) {
    static heard h[100];
    static const char later_sql[] = "UPDATE measured SET t_ms = t_ms + 1800000 WHERE t_ms > 25000";
    hear(*state, h, 100);
    run(*state, later_sql, json_object());
    json_t *told = archive_readings(*state, "long", &whole), *channels = json_object_get(told, "channels");
    json_t *level = json_object_get(json_object_get(json_object_get(channels, "agent"), "level_db"), "mean");
    size_t nulls = 0, i;
    json_t *value;
    assert_float_equal(number_in(told, "step_s"), 3.5, 1e-9);
    assert_int_equal(json_array_size(level), 529);
    json_array_foreach(level, i, value) nulls += json_is_null(value);
    assert_in_range(nulls, 510, 516);
    json_decref(told);
}

/* Noise, which no sound could be worse than; and no score for the agent. */
static void an_hour_is_under_100_kb(void **state) {
    static heard h[HOUR];
    hear(*state, h, HOUR);
    json_t *told = archive_readings(*state, "long", &whole), *none = archive_readings(*state, "short", &whole);
    char *text = json_dumps(told, JSON_COMPACT | JSON_REAL_PRECISION(12));
    print_message("an hour of noise: %zu bytes\n", strlen(text));
    assert_true(strlen(text) < 100000);
    assert_int_equal(json_object_size(json_object_get(json_object_get(told, "channels"), "agent")), 3);
    assert_int_equal(json_object_size(json_object_get(json_object_get(told, "channels"), "customer")), 9);
    assert_true(json_is_null(none));
    free(text);
    json_decref(told);
    json_decref(none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(filters),
        TEST(filters_that_are_none),
        TEST(hostile_texts),
        TEST(paging),
        TEST(paging_by_peak),
        TEST(without_consent_listed),
        TEST(events_as_they_were_sent),
        TEST(events_until_enough),
        TEST(held_out_until_the_end),
        TEST(held_without_consent),
        TEST(one_call_whole),
        TEST(readings_against_brute_force),
        TEST(readings_of_a_part),
        TEST(trends_against_brute_force),
        TEST(readings_with_a_gap),
        TEST(an_hour_is_under_100_kb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
