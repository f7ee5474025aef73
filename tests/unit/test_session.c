/* One source through one call: which messages come, and in which order. */
#include "session.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
    session *s = session_new(&m->base, model, NULL, UT_CONSENT_GIVEN);
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
    session *s = session_new(&m->base, model, NULL, UT_CONSENT_GIVEN);
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
    session *s = session_new(&m->base, model, NULL, UT_CONSENT_GIVEN);
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
    session *s = session_new(&made_source_new("long", "mixed", 0)->base, model, NULL, UT_CONSENT_GIVEN);
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
    session *s = session_new(&made_source_new("never", "customer", 5)->base, model, NULL, UT_CONSENT_GIVEN);
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
        session *s = session_new(&made_source_new("secret", "agent,customer", 5)->base, model, NULL, none[i]);
        assert_int_equal(run(s, &h, 1000), SESSION_ENDED);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.m[0]->kind, MESSAGE_CALL);
        assert_non_null(strstr(h.m[0]->text, ut_consent_name(none[i])));
        session_free(s);
        forget(&h);
    }
}

static void the_source_is_closed(void **state) {
    (void)state;
    atomic_int closed = 0;
    made_source *m = made_source_new("one", "customer", 1);
    m->closed = &closed;
    session_free(session_new(&m->base, model, NULL, UT_CONSENT_GIVEN));
    assert_int_equal(atomic_load(&closed), 1);
    session_free(NULL);
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
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
