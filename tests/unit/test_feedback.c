/* What clients say of cues: what is taken, and why the rest is not. */
#include "serve/feedback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *parse(const char *text, feedback *said) { return feedback_parse(text, strlen(text), said); }

static void taken(void **state) {
    (void)state;
    feedback said;
    assert_null(parse("{\"type\":\"feedback\",\"call\":\"c-01J\",\"cue\":7,\"verdict\":\"helpful\"}", &said));
    assert_string_equal(said.call, "c-01J");
    assert_int_equal(said.cue, 7);
    assert_int_equal(said.verdict, VERDICT_HELPFUL);
    assert_null(parse(" {\"verdict\" : \"wrong\", \"cue\":1000000,\"call\":\"c\",\"type\":\"feedback\"}\n", &said));
    assert_int_equal(said.verdict, VERDICT_WRONG);
    assert_int_equal(said.cue, 1000000);
    assert_null(parse("{\"type\":\"feedback\",\"call\":\"c\",\"cue\":1,\"verdict\":\"dismiss\"}", &said));
    assert_int_equal(said.verdict, VERDICT_DISMISS);
    assert_null(parse("{\"type\":\"feedback\",\"call\":\"c\",\"cue\":1,\"verdict\":\"taken\"}", &said));
    assert_int_equal(said.verdict, VERDICT_TAKEN);
}

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "not JSON"},
        {"feedback", "not JSON"},
        {"{\"type\":\"feedback\"", "not JSON"},
        {"{\"type\":\"feed\\u0000back\"}", "not JSON"},
        {"{\"type\":\"\xff\"}", "not JSON"},
        {"{\"type\":\"feedback\",\"type\":\"feedback\"}", "not JSON"},
        {"[]", "not an object with a type"},
        {"{}", "not an object with a type"},
        {"{\"type\":7}", "not an object with a type"},
        {"{\"type\":\"call\",\"call\":\"c-1\"}", "only feedback is taken"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":7}", "and nothing else"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":\"7\",\"verdict\":\"wrong\"}", "and nothing else"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":7.5,\"verdict\":\"wrong\"}", "and nothing else"},
        {"{\"type\":\"feedback\",\"call\":[],\"cue\":7,\"verdict\":\"wrong\"}", "and nothing else"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":7,\"verdict\":null}", "and nothing else"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":7,\"verdict\":\"wrong\",\"x\":1}", "and nothing else"},
        {"{\"type\":\"feedback\",\"call\":\"\",\"cue\":7,\"verdict\":\"wrong\"}", "call is not"},
        {"{\"type\":\"feedback\",\"call\":\"a b\",\"cue\":7,\"verdict\":\"wrong\"}", "call is not"},
        {"{\"type\":\"feedback\",\"call\":\"01234567890123456789012345678901\",\"cue\":7,\"verdict\":\"wrong\"}",
         "call is not"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":0,\"verdict\":\"wrong\"}", "cue is not"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":-1,\"verdict\":\"wrong\"}", "cue is not"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":1000001,\"verdict\":\"wrong\"}", "cue is not"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":4294967297,\"verdict\":\"wrong\"}", "cue is not"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":99999999999999999999,\"verdict\":\"wrong\"}", "not JSON"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":7,\"verdict\":\"Wrong\"}", "verdict is not"},
        {"{\"type\":\"feedback\",\"call\":\"c-1\",\"cue\":7,\"verdict\":\"\"}", "verdict is not"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        feedback said;
        const char *why = parse(cases[i].text, &said);
        if (!why || !strstr(why, cases[i].why)) fail_msg("%s: %s", cases[i].text, why ? why : "taken");
    }
}

/* At the limit, over it, and as deep as it can be. */
static void long_ones(void **state) {
    (void)state;
    static const char start[] = "{\"type\":\"feedback\",\"call\":\"c\",\"cue\":1,\"verdict\":\"dismiss\"}";
    char x[FEEDBACK_MAX_BYTES + 1];
    feedback said;
    memset(x, ' ', sizeof x);
    memcpy(x, start, sizeof start - 1);
    assert_null(feedback_parse(x, FEEDBACK_MAX_BYTES, &said));
    assert_string_equal(feedback_parse(x, sizeof x, &said), "too long");
    memset(x, '[', sizeof x);
    assert_string_equal(feedback_parse(x, FEEDBACK_MAX_BYTES, &said), "not JSON");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken),
        cmocka_unit_test(refused),
        cmocka_unit_test(long_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
