/* The fan-out: many calls on few workers, all that is said reaches the store, and an end in the middle is an end. */
#include "hub.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "made_source.h"
#include "store/store.h"

enum { CALLS = 24 };

static ut_model *model;
static session_options given = {.consent = UT_CONSENT_GIVEN};
static char folder[] = "/tmp/undertone-hub-XXXXXX";

/* What came of each call, under a lock of its own: show is called by every worker. */
typedef struct heard {
    pthread_mutex_t lock;
    char ids[CALLS][CALL_ID_SIZE];
    int calls[CALLS], readings[CALLS], summaries[CALLS], after_summary, strangers;
    int ended, broke;
} heard;

static int place(const heard *h, const char *id) {
    for (int i = 0; i < CALLS; i++)
        if (!strcmp(h->ids[i], id)) return i;
    for (int i = 0; i < CALLS; i++)
        if (!*h->ids[i]) return i;
    return -1;
}

static void show(void *user, const message *m) {
    heard *h = user;
    if (m->kind == MESSAGE_STATUS) return;
    pthread_mutex_lock(&h->lock);
    int i = place(h, m->call);
    if (i < 0 || (!*h->ids[i] && m->kind != MESSAGE_CALL)) {
        h->strangers++;
    } else {
        memcpy(h->ids[i], m->call, sizeof h->ids[i]);
        h->after_summary += h->summaries[i];
        h->calls[i] += m->kind == MESSAGE_CALL;
        h->readings[i] += m->kind == MESSAGE_READING;
        h->summaries[i] += m->kind == MESSAGE_SUMMARY;
    }
    pthread_mutex_unlock(&h->lock);
}

static void ended(void *user, const source *s, bool broke) {
    heard *h = user;
    pthread_mutex_lock(&h->lock);
    h->ended++;
    h->broke += broke && !strcmp(s->fault, "call 3: the cable is out");
    pthread_mutex_unlock(&h->lock);
}

static int set_up(void **state) {
    (void)state;
    given.model = model = ut_model_open("models/base.utm", NULL);
    return !model || !mkdtemp(folder);
}

static int tear_down(void **state) {
    (void)state;
    char command[80];
    ut_model_close(model);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static hub *open_hub(heard *h, const char *data_dir) {
    char message[300] = "";
    *h = (heard){.lock = PTHREAD_MUTEX_INITIALIZER};
    hub *opened = hub_open(&(hub_options){.data_dir = data_dir, .show = show, .ended = ended, .user = h, .workers = 2},
                           message, sizeof message);
    if (!opened) print_error("%s\n", message);
    assert_non_null(opened);
    return opened;
}

static void wait_for_quiet(hub *h) {
    for (int i = 0; i < 6000 && hub_live(h); i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(hub_live(h), 0);
}

static int stored(const char *sql) {
    char path[100];
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/undertone.db", folder);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int n = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return n;
}

static void many_calls_on_two_workers(void **state) {
    (void)state;
    static heard h;
    atomic_int closed = 0;
    hub *opened = open_hub(&h, folder);
    assert_null(hub_address(opened));
    for (int i = 0; i < CALLS; i++) {
        char name[32], id[CALL_ID_SIZE];
        snprintf(name, sizeof name, "call %d", i);
        made_source *m = made_source_new(name, "agent,customer", 5);
        m->closed = &closed;
        m->breaks = i == 3;
        m->idle_every = i % 4 ? 1 + i % 4 : 0;
        assert_true(hub_add(opened, &m->base, &given, HUB_RECORD_DEFAULT, id));
        assert_int_equal(strlen(id), 28);
    }
    wait_for_quiet(opened);
    hub_close(opened);
    assert_int_equal(atomic_load(&closed), CALLS);
    assert_int_equal(h.ended, CALLS);
    assert_int_equal(h.broke, 1);
    assert_int_equal(h.after_summary + h.strangers, 0);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(h.calls[i], 1);
        assert_int_equal(h.readings[i], 20);
        assert_int_equal(h.summaries[i], 1);
    }
    assert_int_equal(stored("SELECT count(*) FROM calls WHERE ended_how = 'finished'"), CALLS - 1);
    assert_int_equal(stored("SELECT count(*) FROM calls WHERE ended_how = 'failed'"), 1);
    assert_int_equal(stored("SELECT count(*) FROM readings"), 20 * CALLS);
    assert_int_equal(stored("SELECT count(*) FROM scores"), 10 * CALLS);
    assert_int_equal(stored("SELECT count(*) FROM summaries"), CALLS);
}

static void closing_ends_what_is_in_progress(void **state) {
    (void)state;
    static heard h;
    int before = stored("SELECT count(*) FROM summaries");
    hub *opened = open_hub(&h, folder);
    atomic_int closed = 0;
    char id[CALL_ID_SIZE];
    for (int i = 0; i < 6; i++) {
        made_source *m = made_source_new("endless", "agent,customer", 0);
        m->closed = &closed;
        m->idle_every = 2;
        assert_true(hub_add(opened, &m->base, &given, HUB_RECORD_DEFAULT, id));
    }
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    assert_int_equal(hub_live(opened), 6);
    made_source *late = made_source_new("late", "customer", 0); /* may be closed before its first step */
    late->closed = &closed;
    assert_true(hub_add(opened, &late->base, &given, HUB_RECORD_DEFAULT, id));
    hub_close(opened);
    assert_int_equal(atomic_load(&closed), 7);
    assert_int_equal(h.ended, 7);
    assert_int_equal(h.after_summary + h.strangers, 0);
    for (int i = 0; i < 7; i++) assert_int_equal(h.summaries[i], 1);
    assert_int_equal(stored("SELECT count(*) FROM summaries"), before + 7);
    assert_int_equal(stored("SELECT count(*) FROM calls WHERE ended_at IS NULL"), 0);
}

static void without_consent_nothing_is_stored(void **state) {
    (void)state;
    static heard h;
    int readings = stored("SELECT count(*) FROM readings"), summaries = stored("SELECT count(*) FROM summaries");
    hub *opened = open_hub(&h, folder);
    char id[CALL_ID_SIZE];
    assert_true(hub_add(opened, &made_source_new("secret", "agent,customer", 5)->base,
                        &(session_options){.model = model}, HUB_RECORD_DEFAULT, id));
    wait_for_quiet(opened);
    hub_close(opened);
    assert_int_equal(h.calls[0], 1);
    assert_int_equal(h.readings[0] + h.summaries[0], 0);
    assert_int_equal(stored("SELECT count(*) FROM readings"), readings);
    assert_int_equal(stored("SELECT count(*) FROM summaries"), summaries);
    assert_int_equal(stored("SELECT count(*) FROM calls WHERE source LIKE '%secret%'"), 0);
}

/* Forty orders to each of six calls from two threads while they go on: all are done, in order, by the call they are for
 * and no other. */
typedef struct ordering {
    hub *hub;
    char ids[6][CALL_ID_SIZE];
} ordering;

static void *order_pauses(void *user) {
    ordering *o = user;
    for (int i = 0; i < 120; i++) {
        const char *id = o->ids[i % 6];
        call_order order = {.kind = ORDER_PAUSE, .pause = {.paused = i / 6 % 2 == 0, .who = "a-17"}};
        if (!hub_order(o->hub, id, &order)) abort();
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return NULL;
}

static void orders_reach_their_call(void **state) {
    (void)state;
    static heard h;
    ordering o = {.hub = open_hub(&h, folder)};
    for (int i = 0; i < 6; i++) {
        made_source *m = made_source_new("endless", "agent,customer", 0);
        m->idle_every = 2;
        assert_true(hub_add(o.hub, &m->base, &given, HUB_RECORD_DEFAULT, o.ids[i]));
    }
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, order_pauses, &o), 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    call_order withdraw = {.kind = ORDER_CONSENT, .consent = {UT_CONSENT_WITHDRAWN, "telephony", "a-17"}};
    for (int i = 0; i < 3; i++) assert_true(hub_order(o.hub, o.ids[i], &withdraw));
    assert_false(hub_order(o.hub, "c-01JUNKNOWN", &withdraw));
    for (int i = 0; i < 300 && stored("SELECT count(*) FROM calls WHERE consent = 'withdrawn'") < 3; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    hub_close(o.hub);
    assert_int_equal(stored("SELECT count(*) FROM calls WHERE consent = 'withdrawn' AND ended_how = 'no consent'"), 3);
    assert_int_equal(stored("SELECT count(*) FROM calls WHERE ended_how = 'stopped' AND (SELECT count(*) FROM pauses"
                            " WHERE call = number) BETWEEN 1 AND 20 AND NOT EXISTS (SELECT 1 FROM pauses"
                            " WHERE call = number AND (end_s < start_s OR who != 'a-17'))"),
                     3);
    assert_int_equal(stored("SELECT count(*) FROM consents WHERE state = 'withdrawn' AND method = 'telephony'"), 3);
    assert_int_equal(stored("SELECT count(*) FROM calls WHERE consent = 'withdrawn' AND EXISTS (SELECT 1 FROM measured"
                            " WHERE call = number)"),
                     0);
}

/* An order that was taken is done, also where it comes while the call's last sound is read. */
static atomic_bool at_end, may_end;

static int end_when_told(source *self, float *const x[SOURCE_CHANNELS], int n) {
    int some = made_read(self, x, n);
    atomic_store(&at_end, some == -1);
    while (some == -1 && !atomic_load(&may_end)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return some;
}

static void the_last_order_is_done(void **state) {
    (void)state;
    static heard h;
    char id[CALL_ID_SIZE], sql[300];
    hub *opened = open_hub(&h, folder);
    made_source *m = made_source_new("last", "agent,customer", 2);
    m->base.read = end_when_told;
    assert_true(hub_add(opened, &m->base, &given, HUB_RECORD_DEFAULT, id));
    while (!atomic_load(&at_end)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    call_order pause = {.kind = ORDER_PAUSE, .pause = {.paused = true}};
    call_order withdraw = {.kind = ORDER_CONSENT, .consent = {UT_CONSENT_WITHDRAWN, "telephony", "a-17"}};
    assert_true(hub_order(opened, id, &pause));
    assert_true(hub_order(opened, id, &withdraw));
    atomic_store(&may_end, true);
    wait_for_quiet(opened);
    hub_close(opened);
    snprintf(sql, sizeof sql,
             "SELECT consent = 'withdrawn' AND (SELECT count(*) FROM measured WHERE call = number) = 0"
             " AND (SELECT count(*) FROM summaries WHERE call = number) = 0 FROM calls WHERE id = '%s'",
             id);
    assert_int_equal(stored(sql), 1);
}

/* A folder that cannot be written now: calls are followed and shown, and the store's state is told. */
static pthread_mutex_t warned_lock = PTHREAD_MUTEX_INITIALIZER;
static char warned[600];
static void take_warning(void *user, const char *what) {
    (void)user;
    pthread_mutex_lock(&warned_lock);
    snprintf(warned, sizeof warned, "%s", what);
    pthread_mutex_unlock(&warned_lock);
}

static bool was_warned(const char *of) {
    pthread_mutex_lock(&warned_lock);
    bool was = strstr(warned, of);
    pthread_mutex_unlock(&warned_lock);
    return was;
}

static void calls_go_on_without_a_store(void **state) {
    (void)state;
    static heard h;
    char message[300], id[CALL_ID_SIZE], data[64], path[100];
    snprintf(data, sizeof data, "%s/unready", folder);
    snprintf(path, sizeof path, "%s/undertone.db-wal", data);
    assert_int_equal(mkdir(data, 0700) + mkdir(path, 0700), 0); /* the log cannot be made */
    h = (heard){.lock = PTHREAD_MUTEX_INITIALIZER};
    hub *opened = hub_open(
        &(hub_options){.data_dir = data, .show = show, .ended = ended, .warn = take_warning, .user = &h, .workers = 2},
        message, sizeof message);
    assert_non_null(opened);
    assert_true(was_warned("calls are not being stored"));
    assert_true(hub_add(opened, &made_source_new("one", "agent,customer", 5)->base, &given, HUB_RECORD_DEFAULT, id));
    wait_for_quiet(opened);
    assert_int_equal(h.summaries[0], 1);
    assert_int_equal(rmdir(path), 0);
    for (int i = 0; i < 500 && !was_warned("again"); i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_true(was_warned("calls are being stored again"));
    assert_int_equal(hub_close(opened), 0);
    snprintf(path, sizeof path, "%s/undertone.db", data);
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM readings", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 20);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

/* Calls are added from any thread: two at a time here. */
static void *add_twelve(void *user) {
    for (int i = 0; i < CALLS / 2; i++) {
        char id[CALL_ID_SIZE];
        if (!hub_add(user, &made_source_new("added", "customer", 1)->base, &given, HUB_RECORD_DEFAULT, id)) abort();
    }
    return NULL;
}

static void added_by_two_threads(void **state) {
    (void)state;
    static heard h;
    hub *opened = open_hub(&h, NULL);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, add_twelve, opened), 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    wait_for_quiet(opened);
    hub_close(opened);
    for (int i = 0; i < CALLS; i++) assert_int_equal(h.summaries[i], 1);
    assert_int_equal(h.strangers, 0);
}

static void what_cannot_be_opened(void **state) {
    (void)state;
    char message[300] = "";
    assert_null(hub_open(&(hub_options){.data_dir = "/dev/null/data"}, message, sizeof message));
    assert_non_null(strstr(message, "/dev/null/data"));
    message[0] = '\0';
    assert_null(hub_open(&(hub_options){.listen = "nowhere"}, message, sizeof message));
    assert_non_null(strstr(message, "nowhere"));
    hub_close(NULL);
}

static void with_dashboards(void **state) {
    (void)state;
    static heard h;
    char message[300], id[CALL_ID_SIZE];
    h = (heard){.lock = PTHREAD_MUTEX_INITIALIZER};
    hub *opened = hub_open(&(hub_options){.listen = "127.0.0.1:0", .data_dir = folder, .show = show, .user = &h},
                           message, sizeof message);
    assert_non_null(opened);
    assert_int_equal(strncmp(hub_address(opened), "http://127.0.0.1:", 17), 0);
    for (int i = 0; i < 4; i++)
        assert_true(
            hub_add(opened, &made_source_new("seen", "agent,customer", 3)->base, &given, HUB_RECORD_DEFAULT, id));
    wait_for_quiet(opened);
    hub_close(opened);
    for (int i = 0; i < 4; i++) assert_int_equal(h.summaries[i], 1);
}

/* ---- what is said of earlier calls ---- */

/* An earlier call of this customer, in which frustration was heard. */
static void write_earlier_call(const char *id, const char *customer) {
    char message[300] = "";
    call_facts facts = {.source = "earlier",
                        .channels = 1,
                        .roles = {UT_CUSTOMER},
                        .started_at_ms = 1795255200000,
                        .consent = UT_CONSENT_GIVEN,
                        .model = "base@0123456789ab",
                        .customer = customer};
    snprintf(facts.id, sizeof facts.id, "%s", id);
    ut_event cue = {.type = UT_EVENT_CUE, .t_s = 5, .cue = {.id = 1, .kind = UT_CUE_FRUSTRATION, .priority = 1}};
    store *s = store_open(&(store_options){.dir = folder}, message, sizeof message);
    assert_non_null(s);
    struct message *written[] = {message_of_call(&facts), message_of_event(&facts, &cue)};
    for (int i = 0; i < 2; i++) {
        store_write(s, written[i]);
        message_release(written[i]);
    }
    store_close(s);
}

static atomic_int said_once, said_never;

static void count_words(void *user, const message *m) {
    (void)user;
    if (m->kind != MESSAGE_CUE) return;
    atomic_fetch_add(&said_once, strstr(m->text, "\"C-4711 before: 1\"") != NULL);
    atomic_fetch_add(&said_never, strstr(m->text, "\"C-4712\"") != NULL);
}

static void earlier_calls_are_said_of_their_customer_alone(void **state) {
    (void)state;
    static const char text[] = "cues: { dead_air: { after_s = 0.5; text = \"{customer}[ before: {earlier}]\"; }; };";
    char path[100], message[300] = "", id[CALL_ID_SIZE];
    write_earlier_call("c-0", "C-4711");
    snprintf(path, sizeof path, "%s/team.cfg", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    session_options options = given;
    assert_non_null(options.playbook = playbook_file_open(path, message, sizeof message));
    hub *opened = hub_open(&(hub_options){.data_dir = folder, .show = count_words}, message, sizeof message);
    assert_non_null(opened);
    for (int i = 0; i < 2; i++) {
        options.about.customer = i ? "C-4712" : "C-4711";
        assert_true(
            hub_add(opened, &made_source_new("one", "agent,customer", 14)->base, &options, HUB_RECORD_DEFAULT, id));
    }
    wait_for_quiet(opened);
    hub_close(opened);
    playbook_file_close(options.playbook);
    assert_true(atomic_load(&said_once) > 0);
    assert_true(atomic_load(&said_never) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_calls_on_two_workers),
        cmocka_unit_test(closing_ends_what_is_in_progress),
        cmocka_unit_test(without_consent_nothing_is_stored),
        cmocka_unit_test(orders_reach_their_call),
        cmocka_unit_test(the_last_order_is_done),
        cmocka_unit_test(calls_go_on_without_a_store),
        cmocka_unit_test(added_by_two_threads),
        cmocka_unit_test(what_cannot_be_opened),
        cmocka_unit_test(with_dashboards),
        cmocka_unit_test(earlier_calls_are_said_of_their_customer_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
