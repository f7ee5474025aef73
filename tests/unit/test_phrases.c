/* The texts of cues: variables, what is left out with them, and values that would rather be something else. */
#include "cues/phrases.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_is_wrong_is_said(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", NULL},
        {"plain", NULL},
        {"{customer}{queue}{earlier}", NULL},
        {"a [b {queue} c] d [{earlier}]", NULL},
        {"[{queue} of {customer}]", NULL},
        {"{", "no other"},
        {"{}", "no other"},
        {"{queue", "no other"},
        {"{Queue}", "no other"},
        {"{queue }", "no other"},
        {"{agent}", "no other"},
        {"{{queue}}", "no other"},
        {"}", "} without"},
        {"{queue}}", "} without"},
        {"[{queue}", "without the other"},
        {"{queue}]", "without the other"},
        {"[a [{queue}] b]", "without the other"},
        {"[{queue}]]", "without the other"},
        {"[{queue]}", "no other"},
        {"[]", "without a variable"},
        {"{queue} [plain]", "without a variable"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *fault = ut_phrase_fault(cases[i].text);
        if (!fault != !cases[i].words || (fault && !strstr(fault, cases[i].words)))
            fail_msg("\"%s\" %s", cases[i].text, fault ? fault : "is taken");
    }
}

static void variables_are_filled_in(void **state) {
    (void)state;
    static const ut_about all = {"C-4711", "billing", 2}, queue = {"", "billing", 0}, nothing;
    static const struct {
        const char *text;
        const ut_about *about;
        const char *filled;
    } cases[] = {
        {"Plain.", &nothing, "Plain."},
        {"", &all, ""},
        {"{customer} {queue} {earlier}", &all, "C-4711 billing 2"},
        {"Say it[, it is their {earlier}. such call].", &all, "Say it, it is their 2. such call."},
        {"Say it[, it is their {earlier}. such call].", &queue, "Say it."},
        {"[{queue} of {customer}]x", &queue, "x"}, /* one unknown is enough */
        {"[{queue} of {customer}]x", &all, "billing of C-4711x"},
        {"A {customer} B", &nothing, "A B"},
        {"A {customer} {earlier} B", &nothing, "A B"},
        {"{customer} B", &nothing, "B"},
        {"A {customer}", &nothing, "A"},
        {"A{customer}B", &nothing, "AB"},
        {"A [{customer}] B", &nothing, "A B"},
        {"[{customer}, ]welcome", &nothing, "welcome"},
        {"{customer}", &nothing, ""},
        {"A  B", &nothing, "A  B"}, /* two spaces of the team's own stay */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[100];
        assert_null(ut_phrase_fault(cases[i].text));
        ut_phrase_fill(cases[i].text, cases[i].about, out, sizeof out);
        assert_string_equal(out, cases[i].filled);
    }
}

static ut_about about_of(const char *customer) {
    ut_about about;
    ut_about_init(&about, &(ut_call_about){customer, NULL, 7});
    assert_string_equal(about.queue, "");
    assert_int_equal(about.earlier, 7);
    return about;
}

static void values_are_data(void **state) {
    (void)state;
    static const struct {
        const char *value, *said;
    } cases[] = {
        {NULL, ""},
        {"", ""},
        {"C-4711", "C-4711"},
        {"{queue}", "{queue}"}, /* never looked at again */
        {"[{earlier}]", "[{earlier}]"},
        {"]{", "]{"},
        {"%s%n", "%s%n"},
        {"a\nb\tc\x1b[31m\x7f!", "a b c [31m !"},
        {"a\xc2\x85\xc2\xa0z", "a \xc2\xa0z"}, /* a C1 control, and what only lies beside them */
        {"M\xc3\xbcller", "M\xc3\xbcller"},
        {"M\xfcller", "M?ller"},
        {"\xc3\xbc\xff", "???"},
        {"\xed\xa0\x80", "???"}, /* half a surrogate pair */
        {"\xc2", "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[100];
        ut_about about = about_of(cases[i].value);
        assert_string_equal(about.customer, cases[i].said);
        ut_phrase_fill("{customer}", &about, out, sizeof out);
        assert_string_equal(out, cases[i].said);
    }
}

static bool is_utf8(const char *text) {
    json_t *string = json_string(text);
    json_decref(string);
    return string;
}

/* Characters of one to four bytes, so that every place of a cut is met. */
static void what_is_too_long_is_cut_between_characters(void **state) {
    (void)state;
    static const char *const characters[] = {"a", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t width = 1; width <= 4; width++) {
        char value[400] = "";
        for (int i = 0; i < 90; i++) strcat(value, characters[width - 1]);
        ut_about about = about_of(value);
        assert_true(is_utf8(about.customer));
        assert_int_equal(strlen(about.customer), (sizeof about.customer - 1) / width * width);
        for (size_t size = 1; size < 30; size++) {
            char out[40];
            memset(out, '!', sizeof out);
            ut_phrase_fill("ab{customer}", &about, out, size);
            assert_int_equal(out[size], '!');
            assert_true(is_utf8(out));
            size_t room = size - 1, ascii = room < 2 ? room : 2;
            assert_int_equal(strlen(out), ascii + (room - ascii) / width * width);
        }
    }
    /* What comes behind a character that did not fit does not slip in. */
    char out[8];
    ut_phrase_fill("{customer}abc", &(ut_about){.customer = "1234\xf0\x9f\x98\x80"}, out, sizeof out);
    assert_string_equal(out, "1234");
}

/* Whatever a text and a value are made of. */
static void chance(void **state) {
    (void)state;
    static const char *const pieces[] = {"[", "]", "{queue}",  "{customer}", "{earlier}",
                                         " ", "x", "\xc3\xbc", "{",          "}"};
    srand(11);
    int good = 0;
    for (int round = 0; round < 20000; round++) {
        char text[160] = "", value[70] = "", out[64];
        for (int i = rand() % 8; i; i--) strcat(text, pieces[rand() % 10]);
        for (int i = rand() % 12; i; i--) value[strlen(value)] = (char)(1 + rand() % 255);
        if (ut_phrase_fault(text)) continue;
        good++;
        ut_about about = about_of(value);
        size_t size = 1 + (size_t)rand() % sizeof out;
        ut_phrase_fill(text, &about, out, size);
        assert_true(strlen(out) < size && is_utf8(out));
        for (const char *c = out; *c; c++) assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
    }
    assert_true(good > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(variables_are_filled_in),
        cmocka_unit_test(values_are_data),
        cmocka_unit_test(what_is_too_long_is_cut_between_characters),
        cmocka_unit_test(chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
