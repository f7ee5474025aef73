/* What is gathered of a call from its messages. */
#include "commands/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "made_report.h"

static void a_cue_has_a_span_and_is_told_at_its_highest(void **state) {
    (void)state;
    report *r = made_call(&made_facts);
    ut_cue cue = made_frustration(4);
    static const float scores[] = {0.8f, 0.9f, 0.6f};
    for (int i = 0; i < 3; i++) {
        cue.state = i ? UT_CUE_UPDATED : UT_CUE_RAISED;
        cue.score = scores[i];
        made_cue(r, 10 + i, cue);
    }
    cue.state = UT_CUE_CLEARED;
    made_cue(r, 14, cue);
    made_cue(r, 15, made_silence(5));
    cue = made_silence(5);
    cue.state = UT_CUE_UPDATED;
    snprintf(cue.text, sizeof cue.text, "Long silence");
    made_cue(r, 16, cue);
    made_summary(r, 20, 2);
    assert_int_equal(r->n_cues, 2);
    assert_float_equal(r->cues[0].from_s, 10, 0);
    assert_float_equal(r->cues[0].to_s, 14, 0);
    assert_float_equal(report_number(r->cues[0].told, "score"), 0.9, 1e-6);
    assert_string_equal(report_text(r->cues[1].told, "text"), "Long silence");
    assert_float_equal(r->cues[1].to_s, 20, 0); /* still up at the end */
    report_free(r);
}

static void cues_without_number_are_counted(void **state) {
    (void)state;
    report *r = made_call(&made_facts);
    for (unsigned i = 1; i <= REPORT_CUES + 5; i++) made_cues(r, made_silence(i), i, i + 0.5);
    made_summary(r, 2000, REPORT_CUES + 5);
    assert_int_equal(r->n_cues, REPORT_CUES);
    assert_int_equal(r->untold_cues, 5);
    report_free(r);
}

static void what_was_scored_is_counted(void **state) {
    (void)state;
    report *r = made_report();
    assert_int_equal(r->speaking, 240);
    assert_int_equal(r->speaking_scored, 181);
    assert_float_equal(r->longest_silence_s, 9.5, 1e-9);
    assert_float_equal(r->duration_s, 120, 0);
    unsigned times;
    assert_ptr_equal(report_first(r, UT_CUE_CALMING, &times), &r->cues[1]);
    assert_int_equal(times, 1);
    assert_null(report_first(r, UT_CUE_STRESS, &times));
    assert_int_equal(times, 0);
    report_free(r);
}

/* Messages with keys missing, of the wrong type or unknown, and no JSON at all. */
static void nothing_is_taken_for_granted(void **state) {
    (void)state;
    static const char *const cases[] = {
        "{}",
        "{\"type\":7}",
        "{\"type\":\"call\"}",
        "{\"type\":\"reading\",\"channel\":\"customer\",\"abstain\":false}",
        "{\"type\":\"reading\",\"channel\":7,\"t_s\":\"x\"}",
        "{\"type\":\"turn\",\"turn\":\"pause\",\"start_s\":1,\"end_s\":2}",
        "{\"type\":\"turn\",\"turn\":\"silence\",\"start_s\":null,\"end_s\":2}",
        "{\"type\":\"cue\",\"cue\":\"joy\",\"state\":\"raised\",\"t_s\":1,\"id\":1}",
        "{\"type\":\"cue\",\"cue\":\"frustration\",\"state\":\"raised\",\"id\":1}",
        "{\"type\":\"cue\",\"cue\":\"frustration\",\"state\":\"raised\",\"t_s\":1}",
        "{\"type\":\"cue\",\"cue\":\"frustration\",\"state\":\"lost\",\"t_s\":1,\"id\":9}",
        "{\"type\":\"reading\"",
        "{\"type\":\"summary\",\"duration_s\":null,\"customer\":[],\"dynamics\":7}",
    };
    report *r = report_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        report_take(r, &(message){.text = (char *)cases[i], .n_bytes = strlen(cases[i])});
    assert_int_equal(r->n_cues, 1);
    assert_int_equal(r->speaking, 0);
    assert_float_equal(r->longest_silence_s, 0, 0);
    assert_false(report_may(r));
    assert_false(report_has(r, UT_CUSTOMER));
    report_free(r);
    report_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cue_has_a_span_and_is_told_at_its_highest),
        cmocka_unit_test(cues_without_number_are_counted),
        cmocka_unit_test(what_was_scored_is_counted),
        cmocka_unit_test(nothing_is_taken_for_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
