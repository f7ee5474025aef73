/* One source through one call: which messages come, and in which order. */
#include "session.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_source.h"

enum { MOST = 1000 };

typedef struct heard {
    message *m[MOST];
    int n;
} heard;

static ut_model *model;

static int set_up(void **state) {
    (void)state;
    return !(model = ut_model_open("models/base.utm", NULL));
}

static int tear_down(void **state) {
    (void)state;
    ut_model_close(model);
    return 0;
}

static session *new_session(source *s, ut_consent consent) {
    return session_new(s, &(session_options){.model = model, .consent = consent});
}

static void hear(void *user, message *m) {
    heard *h = user;
    assert_true(h->n < MOST);
    h->m[h->n++] = message_hold(m);
}

static void forget(heard *h) {
    while (h->n) message_release(h->m[--h->n]);
}

static int count(const heard *h, message_kind kind) {
    int n = 0;
    for (int i = 0; i < h->n; i++) n += h->m[i]->kind == kind;
    return n;
}

static session_state run(session *s, heard *h, int most_steps) {
    session_state state = SESSION_BUSY;
    for (int i = 0; i < most_steps && state <= SESSION_BUSY; i++) state = session_step(s, hear, h);
    return state;
}

static void the_call_first_the_summary_last(void **state) {
    (void)state;
    heard h = {0};
    made_source *m = made_source_new("one.wav", "agent,customer", 10.3);
    m->idle_every = 3;
    session *s = new_session(&m->base, UT_CONSENT_GIVEN);
    assert_ptr_equal(session_source(s), &m->base);
    assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
    assert_true(session_heard_s(s) == 10.3);
    assert_int_equal(h.m[0]->kind, MESSAGE_CALL);
    assert_int_equal(h.m[h.n - 1]->kind, MESSAGE_SUMMARY);
    assert_int_equal(count(&h, MESSAGE_CALL), 1);
    assert_int_equal(count(&h, MESSAGE_SUMMARY), 1);
    assert_int_equal(count(&h, MESSAGE_READING), 2 * 21);
    double t_s = 0;
    for (int i = 0; i < h.n; i++) {
        assert_string_equal(h.m[i]->call, session_id(s));
        assert_true(h.m[i]->t_s >= t_s);
        t_s = h.m[i]->t_s;
    }
    assert_non_null(strstr(h.m[0]->text, "\"channels\":[\"agent\",\"customer\"]"));
    assert_non_null(strstr(h.m[0]->text, ut_model_id(model)));
    session_free(s);
    forget(&h);
}

static void idle_while_there_is_nothing(void **state) {
    (void)state;
    heard h = {0};
    made_source *m = made_source_new("quiet", "customer", 0);
    m->idle_every = 1;
    session *s = new_session(&m->base, UT_CONSENT_GIVEN);
    assert_int_equal(session_step(s, hear, &h), SESSION_IDLE);
    assert_int_equal(session_step(s, hear, &h), SESSION_IDLE);
    assert_int_equal(h.n, 0); /* the call begins with its first samples */
    session_free(s);
    forget(&h);
}

static void a_source_that_breaks(void **state) {
    (void)state;
    heard h = {0};
    made_source *m = made_source_new("broken", "customer", 3);
    m->breaks = true;
    session *s = new_session(&m->base, UT_CONSENT_GIVEN);
    assert_int_equal(run(s, &h, 1000), SESSION_FAILED);
    assert_string_equal(session_source(s)->fault, "broken: the cable is out");
    assert_int_equal(h.m[h.n - 1]->kind, MESSAGE_SUMMARY); /* what was heard is told all the same */
    assert_int_equal(count(&h, MESSAGE_READING), 6);
    session_free(s);
    forget(&h);
}

static void stopped_before_its_end(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("long", "mixed", 0)->base, UT_CONSENT_GIVEN);
    assert_int_equal(run(s, &h, 20), SESSION_BUSY);
    session_stop(s, hear, &h);
    assert_int_equal(h.m[h.n - 1]->kind, MESSAGE_SUMMARY);
    assert_true(h.m[h.n - 1]->t_s == 2);
    session_free(s);
    forget(&h);
}

/* A summary of a call that nobody heard of would mean nothing to anyone. */
static void stopped_before_its_beginning(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("never", "customer", 5)->base, UT_CONSENT_GIVEN);
    session_stop(s, hear, &h);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.m[0]->kind, MESSAGE_CALL);
    assert_int_equal(h.m[1]->kind, MESSAGE_SUMMARY);
    session_free(s);
    forget(&h);
}

static void without_consent_the_call_alone(void **state) {
    (void)state;
    static const ut_consent none[] = {UT_CONSENT_UNKNOWN, UT_CONSENT_REFUSED, UT_CONSENT_WITHDRAWN};
    for (int i = 0; i < 3; i++) {
        heard h = {0};
        session *s = new_session(&made_source_new("secret", "agent,customer", 5)->base, none[i]);
        assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
        assert_int_equal(h.n, 2);
        assert_int_equal(h.m[0]->kind, MESSAGE_CALL);
        assert_non_null(strstr(h.m[0]->text, ut_consent_name(none[i])));
        assert_int_equal(h.m[1]->kind, MESSAGE_OVER);
        session_free(s);
        forget(&h);
    }
}

static void the_source_is_closed(void **state) {
    (void)state;
    atomic_int closed = 0;
    made_source *m = made_source_new("one", "customer", 1);
    m->closed = &closed;
    session_free(new_session(&m->base, UT_CONSENT_GIVEN));
    assert_int_equal(atomic_load(&closed), 1);
    session_free(NULL);
}

/* ---- the playbook ---- */

static char path[] = "/tmp/undertone-session-XXXXXX";

static playbook_file *write_playbook(playbook_file *file, const char *text) {
    char message[300] = "";
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
    if (!file) return playbook_file_open(path, message, sizeof message);
    playbook_news news = playbook_file_look(file, message, sizeof message); /* seen, but it may still be written to */
    assert_int_equal(news, PLAYBOOK_SAME);
    assert_int_equal(playbook_file_look(file, message, sizeof message), PLAYBOOK_READ);
    return file;
}

static int make_path(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state) {
    (void)state;
    int failed = unlink(path);
    memset(path + sizeof path - 7, 'X', 6);
    return failed;
}

/* How many cues rose that say this. */
static int said(const heard *h, const char *text) {
    int n = 0;
    for (int i = 0; i < h->n; i++)
        n += h->m[i]->kind == MESSAGE_CUE && h->m[i]->cue_state == UT_CUE_RAISED && strstr(h->m[i]->text, text);
    return n;
}

#define SILENCE(words) "cues: { dead_air: { after_s = 0.5; text = \"" words "\"; }; };"

/* The silences of a made call are 11 s to 12.3 s and each 12 s again. */
static void the_next_cue_says_what_the_file_says_now(void **state) {
    (void)state;
    heard h = {0};
    playbook_file *file = write_playbook(NULL, SILENCE("before[ {customer} {queue} {earlier}]"));
    assert_non_null(file);
    char customer[] = "C-4711", queue[] = "bill\ning"; /* copied: they may go */
    session *s =
        session_new(&made_source_new("long", "agent,customer", 36)->base,
                    &(session_options){
                        .model = model, .playbook = file, .consent = UT_CONSENT_GIVEN, .about = {customer, queue, 3}});
    memset(customer, 'x', 6);
    memset(queue, 'x', 8);
    assert_int_equal(run(s, &h, 180), SESSION_BUSY);
    assert_non_null(strstr(h.m[0]->text, "\"customer\":\"C-4711\""));
    assert_non_null(strstr(h.m[0]->text, "\"queue\":\"bill?ing\""));
    assert_true(said(&h, "\"before C-4711 bill ing 3\"") > 0);
    assert_int_equal(said(&h, "after"), 0);
    int before = said(&h, "before");
    write_playbook(file, SILENCE("after"));
    assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
    assert_int_equal(said(&h, "before"), before);
    assert_true(said(&h, "\"after\"") > 0);
    session_free(s);
    playbook_file_close(file);
    forget(&h);
}

/* ---- quiet hours ---- */

/* How many cues rise in a call that is live, or not, where these hours are quiet. */
static int raised_in(const char *hours, bool live) {
    heard h = {0};
    char text[200];
    snprintf(text, sizeof text, "quiet_hours = ( %s ); " SILENCE("quiet?"), hours);
    playbook_file *file = write_playbook(NULL, text);
    assert_non_null(file);
    session *s =
        session_new(&made_source_new("late", "agent,customer", 14)->base,
                    &(session_options){.model = model, .playbook = file, .consent = UT_CONSENT_GIVEN, .live = live});
    assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
    int n = said(&h, "quiet?");
    session_free(s);
    playbook_file_close(file);
    forget(&h);
    return n;
}

/* The hours from `from` to `to`, counted from now by the clock of a place five and a half hours east of Greenwich. */
static const char *hours_from_now(int from, int to) {
    static char hours[60];
    time_t now = time(NULL) + 5 * 3600 + 1800;
    struct tm there;
    int hour = gmtime_r(&now, &there)->tm_hour;
    snprintf(hours, sizeof hours, "{ from = \"%02d:%02d\"; to = \"%02d:%02d\"; }", (hour + from + 24) % 24,
             there.tm_min, (hour + to + 24) % 24, there.tm_min);
    return hours;
}

static void no_cue_rises_in_quiet_hours(void **state) {
    (void)state;
    setenv("TZ", "EAST-05:30", 1);
    tzset();
    assert_true(raised_in("", true) > 0);
    assert_int_equal(raised_in(hours_from_now(-1, 1), true), 0);
    assert_true(raised_in(hours_from_now(1, 3), true) > 0);
    assert_true(raised_in(hours_from_now(-3, -1), true) > 0);
    assert_true(raised_in(hours_from_now(-1, 1), false) > 0); /* a recording: spoken some other time */
}

/* ---- hold-out ---- */

static void the_arm_is_drawn_from_the_id(void **state) {
    (void)state;
    enum { IDS = 10000 };
    int tenth = 0, half = 0;
    for (int i = 0; i < IDS; i++) {
        char id[CALL_ID_SIZE];
        call_id_make(id, 1700000000000 + i);
        assert_false(session_is_held_out(id, 0));
        assert_true(session_is_held_out(id, 1));
        bool out = session_is_held_out(id, 0.1f);
        assert_int_equal(out, session_is_held_out(id, 0.1f));
        assert_true(!out || session_is_held_out(id, 0.5f)); /* who is out at a tenth is out at a half */
        tenth += out;
        half += session_is_held_out(id, 0.5f);
    }
    /* Five standard deviations of the binomial distribution. */
    assert_in_range(tenth, 1000 - 150, 1000 + 150);
    assert_in_range(half, 5000 - 250, 5000 + 250);
    /* The first four bytes of its SHA-256 are a0 89 ff 0b: a share of 0.62711. */
    assert_true(session_is_held_out("c-01JABCDEFGHJKMNPQRSTVWXYZ0", 0.6281f));
    assert_false(session_is_held_out("c-01JABCDEFGHJKMNPQRSTVWXYZ0", 0.6261f));
}

static void the_call_says_its_arm(void **state) {
    (void)state;
    static const struct {
        const char *text, *arm;
    } arms[] = {{"hold_out = 1.0;", "\"arm\":\"held_out\""}, {"", "\"arm\":\"shown\""}};
    for (int i = 0; i < 2; i++) {
        heard h = {0};
        playbook_file *file = write_playbook(NULL, arms[i].text);
        session *s = session_new(&made_source_new("one", "agent,customer", 1)->base,
                                 &(session_options){.model = model, .playbook = file, .consent = UT_CONSENT_GIVEN});
        assert_int_equal(run(s, &h, 100), SESSION_ENDED);
        assert_non_null(strstr(h.m[0]->text, arms[i].arm));
        session_free(s);
        playbook_file_close(file);
        forget(&h);
    }
}

/* ---- consent and pauses while it lasts ---- */

static const consent_change withdrawn = {UT_CONSENT_WITHDRAWN, "telephony", "a-17"},
                            given = {UT_CONSENT_GIVEN, NULL, NULL};

static void withdrawn_consent_ends_everything(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("one.wav", "agent,customer", 10)->base, UT_CONSENT_GIVEN);
    run(s, &h, 60);
    int before = h.n;
    assert_true(count(&h, MESSAGE_READING) > 0);
    session_set_consent(s, &withdrawn, hear, &h);
    assert_int_equal(h.n, before + 2);
    assert_int_equal(h.m[before]->kind, MESSAGE_CONSENT);
    assert_int_equal(h.m[before]->consent, UT_CONSENT_WITHDRAWN);
    assert_non_null(strstr(h.m[before]->text, "\"t_s\":6.0,\"consent\":\"withdrawn\",\"method\":\"telephony\","
                                              "\"who\":\"a-17\""));
    assert_int_equal(h.m[before + 1]->kind, MESSAGE_CALL);
    assert_int_equal(h.m[before + 1]->consent, UT_CONSENT_WITHDRAWN);
    session_set_consent(s, &given, hear, &h); /* it stays so */
    session_set_pause(s, &(pause_change){.paused = true}, hear, &h);
    assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
    assert_int_equal(h.n, before + 3);
    assert_int_equal(h.m[before + 2]->kind, MESSAGE_OVER);
    session_free(s);
    forget(&h);
}

static void what_was_refused_stays_so(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("one.wav", "agent,customer", 10)->base, UT_CONSENT_REFUSED);
    run(s, &h, 30);
    session_set_consent(s, &given, hear, &h);
    assert_int_equal(h.n, 1);
    run(s, &h, 1000);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.m[1]->kind, MESSAGE_OVER);
    session_free(s);
    forget(&h);
}

/* A pause that was asked for before there was consent. */
static void paused_before_it_begins(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("one.wav", "agent,customer", 10)->base, UT_CONSENT_UNKNOWN);
    run(s, &h, 20);
    session_set_pause(s, &(pause_change){.paused = true}, hear, &h);
    assert_int_equal(h.n, 1);
    session_set_consent(s, &given, hear, &h);
    assert_int_equal(h.n, 4);
    assert_int_equal(h.m[3]->kind, MESSAGE_PAUSE);
    run(s, &h, 20);
    assert_int_equal(count(&h, MESSAGE_READING), 0);
    session_set_pause(s, &(pause_change){.paused = false}, hear, &h);
    run(s, &h, 20);
    assert_int_equal(count(&h, MESSAGE_READING), 2 * 4);
    session_free(s);
    forget(&h);
}

/* Whoever refuses what was given takes it back. */
static void refused_after_all(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("one.wav", "agent,customer", 10)->base, UT_CONSENT_GIVEN);
    run(s, &h, 60);
    int before = h.n;
    session_set_consent(s, &(consent_change){.consent = UT_CONSENT_REFUSED}, hear, &h);
    assert_int_equal(h.n, before + 2);
    assert_int_equal(h.m[before]->consent, UT_CONSENT_WITHDRAWN);
    assert_int_equal(h.m[before + 1]->consent, UT_CONSENT_WITHDRAWN);
    assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
    assert_int_equal(h.n, before + 3);
    session_free(s);
    forget(&h);
}

/* The call begins when consent is given, and its times with it. */
static void consent_that_comes_late(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("one.wav", "agent,customer", 10)->base, UT_CONSENT_UNKNOWN);
    run(s, &h, 40);
    assert_int_equal(h.n, 1);
    session_set_consent(s, &given, hear, &h);
    assert_int_equal(h.n, 3);
    assert_non_null(strstr(h.m[1]->text, "\"t_s\":0.0"));
    assert_int_equal(h.m[2]->consent, UT_CONSENT_GIVEN);
    assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
    assert_true(h.m[3]->t_s == 0.5);
    assert_int_equal(count(&h, MESSAGE_READING), 2 * 12);
    assert_true(h.m[h.n - 1]->t_s == 6.0);
    session_free(s);
    forget(&h);
}

static bool is_between(const heard *h, double from_s, double to_s) {
    for (int i = 0; i < h->n; i++)
        if (h->m[i]->kind == MESSAGE_READING && h->m[i]->t_s > from_s && h->m[i]->t_s <= to_s) return true;
    return false;
}

/* Nothing that was said meanwhile is heard, silence is no dead air, and the call's time goes on. */
static void a_pause_is_silence(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("one.wav", "agent,customer", 40)->base, UT_CONSENT_GIVEN);
    run(s, &h, 30);
    session_set_pause(s, &(pause_change){true, "a-17"}, hear, &h);
    session_set_pause(s, &(pause_change){true, "a-17"}, hear, &h);
    assert_non_null(strstr(h.m[h.n - 1]->text, "\"type\":\"pause\""));
    assert_non_null(strstr(h.m[h.n - 1]->text, "\"t_s\":3.0,\"state\":\"paused\",\"who\":\"a-17\""));
    run(s, &h, 200);
    session_set_pause(s, &(pause_change){false, NULL}, hear, &h);
    assert_non_null(strstr(h.m[h.n - 1]->text, "\"t_s\":23.0,\"state\":\"resumed\""));
    run(s, &h, 1000);
    assert_int_equal(count(&h, MESSAGE_PAUSE), 2);
    assert_true(is_between(&h, 2.9, 3));
    assert_false(is_between(&h, 3, 23));
    assert_true(is_between(&h, 23, 23.5));
    assert_int_equal(count(&h, MESSAGE_READING), 2 * (80 - 40));
    assert_int_equal(said(&h, "\"cue\":\"dead_air\""), 0);
    for (int i = 0; i < h.n; i++) assert_null(strstr(h.m[i]->text, "\"turn\":\"hold\""));
    assert_non_null(strstr(h.m[h.n - 1]->text, "\"hold_s\":0.0"));
    assert_non_null(strstr(h.m[h.n - 1]->text, "\"duration_s\":40.0"));
    assert_non_null(strstr(h.m[h.n - 1]->text, "\"ended\":\"finished\""));
    session_free(s);
    forget(&h);
}

static int sample_of(const message *m, size_t i) {
    const unsigned char *bytes = (const unsigned char *)m->text + 2 * i;
    return (int16_t)(bytes[0] | bytes[1] << 8);
}

/* Every sample of both channels in turn, as it is on tape: silence in a pause. Nothing where nobody listens. */
static void who_listens_hears_the_call(void **state) {
    (void)state;
    enum { SAMPLES = SESSION_SOUND_MS * UT_RATE_HZ / 1000 };
    heard h = {0};
    session *s = new_session(&made_source_new("one", "agent,customer", 10)->base, UT_CONSENT_GIVEN);
    run(s, &h, 20);
    assert_int_equal(count(&h, MESSAGE_SOUND), 0);
    session_set_listeners(s, 1);
    session_set_listeners(s, 1);
    run(s, &h, 2);
    session_set_listeners(s, -1);
    run(s, &h, 1);
    session_set_pause(s, &(pause_change){.paused = true}, hear, &h);
    run(s, &h, 1);
    session_set_listeners(s, -1);
    run(s, &h, 20);
    assert_int_equal(count(&h, MESSAGE_SOUND), 4);
    made_source *same = made_source_new("one", "agent,customer", 10);
    static float agent[10 * UT_RATE_HZ], customer[10 * UT_RATE_HZ];
    same->base.read(&same->base, (float *const[]){agent, customer}, 10 * UT_RATE_HZ);
    size_t at = (size_t)20 * SAMPLES;
    int loudest = 0;
    for (int i = 0, n = 0; i < h.n; i++) {
        if (h.m[i]->kind != MESSAGE_SOUND) continue;
        assert_int_equal(h.m[i]->n_bytes, 2 * 2 * SAMPLES);
        for (size_t k = 0; k < SAMPLES; k++, at++) {
            assert_int_equal(sample_of(h.m[i], 2 * k), n < 3 ? lrintf(agent[at] * 32768) : 0);
            assert_int_equal(sample_of(h.m[i], 2 * k + 1), n < 3 ? lrintf(customer[at] * 32768) : 0);
            loudest = n < 3 ? loudest + abs(sample_of(h.m[i], 2 * k + 1)) : loudest;
        }
        n++;
    }
    assert_true(loudest > 1000);
    same->base.close(&same->base);
    session_free(s);
    forget(&h);
}

static void nobody_hears_what_nobody_agreed_to(void **state) {
    (void)state;
    heard h = {0};
    session *s = new_session(&made_source_new("one", "agent,customer", 10)->base, UT_CONSENT_UNKNOWN);
    session_set_listeners(s, 1);
    run(s, &h, 20);
    assert_int_equal(count(&h, MESSAGE_SOUND), 0);
    session_set_consent(s, &given, hear, &h);
    run(s, &h, 20);
    assert_int_equal(count(&h, MESSAGE_SOUND), 20);
    session_set_consent(s, &withdrawn, hear, &h);
    run(s, &h, 1000);
    assert_int_equal(count(&h, MESSAGE_SOUND), 20);
    session_free(s);
    forget(&h);
}

static void it_says_how_it_ended(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        heard h = {0};
        made_source *m = made_source_new("one", "customer", 2);
        m->breaks = i == 0;
        session *s = new_session(&m->base, UT_CONSENT_GIVEN);
        if (i == 0) run(s, &h, 1000);
        else session_stop(s, hear, &h);
        assert_non_null(strstr(h.m[h.n - 1]->text, i == 0 ? "\"ended\":\"failed\"" : "\"ended\":\"stopped\""));
        session_free(s);
        forget(&h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_call_first_the_summary_last),
        cmocka_unit_test(idle_while_there_is_nothing),
        cmocka_unit_test(a_source_that_breaks),
        cmocka_unit_test(stopped_before_its_end),
        cmocka_unit_test(stopped_before_its_beginning),
        cmocka_unit_test(without_consent_the_call_alone),
        cmocka_unit_test(the_source_is_closed),
        cmocka_unit_test_setup_teardown(the_next_cue_says_what_the_file_says_now, make_path, remove_path),
        cmocka_unit_test_setup_teardown(no_cue_rises_in_quiet_hours, make_path, remove_path),
        cmocka_unit_test(withdrawn_consent_ends_everything),
        cmocka_unit_test(what_was_refused_stays_so),
        cmocka_unit_test(refused_after_all),
        cmocka_unit_test(paused_before_it_begins),
        cmocka_unit_test(consent_that_comes_late),
        cmocka_unit_test(a_pause_is_silence),
        cmocka_unit_test(who_listens_hears_the_call),
        cmocka_unit_test(nobody_hears_what_nobody_agreed_to),
        cmocka_unit_test(it_says_how_it_ended),
        cmocka_unit_test(the_arm_is_drawn_from_the_id),
        cmocka_unit_test_setup_teardown(the_call_says_its_arm, make_path, remove_path),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
