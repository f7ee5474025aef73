/* Playbooks: the one that ships, and every way to get one wrong. */
#include "cues/playbook.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

/* libconfig 1.5 itself forgets a text where the syntax breaks after it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libconfig"; }

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    assert_in_range(fread(text, 1, (1 << 16) - 1, file), 1, (1 << 16) - 2);
    fclose(file);
    return text;
}

static void is_default(const ut_playbook *playbook) {
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        const ut_rule *got = &playbook->rules[kind], *wanted = &ut_playbook_default.rules[kind];
        assert_int_equal(got->on, wanted->on);
        is_near(got->raise, wanted->raise, 0);
        is_near(got->clear, wanted->clear, 0);
        is_near(got->after_s, wanted->after_s, 0);
        is_near(got->urgent_after_s, wanted->urgent_after_s, 0);
        is_near(got->hold_s, wanted->hold_s, 0);
        is_near(got->cool_down_s, wanted->cool_down_s, 0);
        assert_string_equal(got->text, wanted->text);
        assert_string_equal(got->advice, wanted->advice);
    }
}

static void the_shipped_one_is_the_default(void **state) {
    (void)state;
    char message[200] = "";
    ut_error why = UT_NO_MEMORY;
    char *text = read_file("src/cues/playbook.cfg");
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) assert_non_null(strstr(text, ut_cue_name((ut_cue_kind)kind)));
    ut_playbook *playbook = ut_playbook_parse(text, message, sizeof message, &why);
    if (!playbook) print_error("%s\n", message);
    assert_non_null(playbook);
    assert_int_equal(why, UT_OK);
    is_default(playbook);
    ut_playbook_close(playbook);
    free(text);
}

/* Each value in the file is really read: what it says wins over the defaults. */
static void every_field_is_read(void **state) {
    (void)state;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        char text[400];
        snprintf(text, sizeof text,
                 "cues: { %s: { on = false; raise = 0.71; clear = 0.11; after_s = 3; urgent_after_s = 44.5; hold_s = 7;"
                 " cool_down_s = 99; text = \"T\xc3\xa4xt\"; advice = \"\"; }; };",
                 ut_cue_name((ut_cue_kind)kind));
        ut_playbook *playbook = ut_playbook_parse(text, NULL, 0, NULL);
        assert_non_null(playbook);
        const ut_rule *rule = &playbook->rules[kind];
        assert_false(rule->on);
        is_near(rule->raise, 0.71f, 0);
        is_near(rule->clear, 0.11f, 0);
        is_near(rule->after_s, 3, 0);
        is_near(rule->urgent_after_s, 44.5f, 0);
        is_near(rule->hold_s, 7, 0);
        is_near(rule->cool_down_s, 99, 0);
        assert_string_equal(rule->text, "T\xc3\xa4xt");
        assert_string_equal(rule->advice, "");
        for (int other = 0; other < UT_CUE_KINDS; other++)
            if (other != kind)
                assert_memory_equal(&playbook->rules[other], &ut_playbook_default.rules[other], sizeof(ut_rule));
        ut_playbook_close(playbook);
    }
}

static void what_is_left_out_stays(void **state) {
    (void)state;
    static const char *const texts[] = {"", "# nothing\n", "cues: { };", "cues: { stress: { }; };"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ut_playbook *playbook = ut_playbook_parse(texts[i], NULL, 0, NULL);
        assert_non_null(playbook);
        is_default(playbook);
        ut_playbook_close(playbook);
    }
}

static void is_refused(const char *text, const char *line, const char *words) {
    char message[200] = "";
    ut_error why = UT_OK;
    ut_playbook *playbook = ut_playbook_parse(text, message, sizeof message, &why);
    if (playbook) fail_msg("%s is taken", text);
    assert_int_equal(why, UT_BAD_PLAYBOOK);
    if (strncmp(message, line, strlen(line)) || !strstr(message, words))
        fail_msg("%s\nsays: %s\nnot: %s ... %s", text, message, line, words);
    assert_null(strchr(message, '\n'));
    assert_null(ut_playbook_parse(text, NULL, 0, NULL)); /* nobody has to listen */
    char tiny[4] = "";
    assert_null(ut_playbook_parse(text, tiny, sizeof tiny, NULL));
    assert_true(memchr(tiny, '\0', sizeof tiny));
}

static void wrong_fields_are_named(void **state) {
    (void)state;
    static const struct {
        const char *field, *words;
    } wrong[] = {
        {"on = 1;", "on must be true or false"},
        {"on = \"yes\";", "on must be true or false"},
        {"raise = \"high\";", "raise must be a number"},
        {"raise = true;", "raise must be a number"},
        {"raise = 1.01;", "raise must lie between 0 and 1"},
        {"raise = -0.1;", "raise must lie between 0 and 1"},
        {"clear = [ 1 ];", "clear must be a number"},
        {"raise = 0.3; clear = 0.31;", "stress must clear at a score below"},
        {"after_s = -1;", "after_s must lie between 0 and 3600"},
        {"after_s = 1e300;", "after_s must lie between 0 and 3600"},
        {"hold_s = 3601;", "hold_s must lie between 0 and 3600"},
        {"hold_s = 4000000000L;", "hold_s must"},
        {"hold_s = { };", "hold_s must be a number"},
        {"urgent_after_s = ( );", "urgent_after_s must be a number"},
        {"cool_down_s = \"\";", "cool_down_s must be a number"},
        {"text = 4;", "text must be a text in quotes"},
        {"text = \"a\\nb\";", "text holds a control character"},
        {"text = \"a\\x1b[31m\";", "text holds a control character"},
        {"text = \"a\x7f\";", "text holds a control character"},
        {"text = \"verst\xe4rkt\";", "text is not UTF-8"},
        {"advice = ( \"a\" );", "advice must be a text in quotes"},
        {"advice = \"\xc0\x80\";", "advice is not UTF-8"},
        {"volume = 3;", "volume is not a field of a cue"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[300];
        snprintf(text, sizeof text, "cues:\n{\n  stress:\n  {\n    %s\n  };\n};\n", wrong[i].field);
        is_refused(text, strstr(wrong[i].words, "stress") ? "line 3: " : "line 5: ", wrong[i].words);
    }
}

static void long_texts_are_refused(void **state) {
    (void)state;
    char text[600], words[300];
    memset(words, 'a', sizeof words);
    words[95] = '\0';
    snprintf(text, sizeof text, "cues: { stress: { text = \"%s\"; }; };", words);
    ut_playbook *playbook = ut_playbook_parse(text, NULL, 0, NULL);
    assert_non_null(playbook);
    assert_string_equal(playbook->rules[UT_CUE_STRESS].text, words);
    ut_playbook_close(playbook);
    words[95] = 'a', words[96] = '\0';
    snprintf(text, sizeof text, "cues: { stress: { text = \"%s\"; }; };", words);
    is_refused(text, "line 1: ", "text is too long");
    words[96] = 'a', words[160] = '\0';
    snprintf(text, sizeof text, "cues: { stress: { advice = \"%s\"; }; };", words);
    is_refused(text, "line 1: ", "advice is too long");
}

static void hostile_texts_are_refused(void **state) {
    (void)state;
    is_refused("cues: {\n", "line ", "syntax error");
    is_refused("\n\n}", "line 3: ", "syntax error");
    is_refused("cues = 4;", "line 1: ", "cues must be a group");
    is_refused("cues: ( { } );", "line 1: ", "cues must be a group");
    is_refused("cues: {\n anger: { }; };", "line 2: ", "anger is not a cue");
    is_refused("cues: {\n stress = true; };", "line 2: ", "stress must be a group");
    is_refused("cues: { stress: { on = true;\n on = false; }; };", "line 2: ", "duplicate");
    is_refused("\nteams: { };", "line 2: ", "teams is not a part of a playbook");
    is_refused("cues: { stress: { text = \"a; }; };", "line ", "");
    is_refused("\x01\x02\xff", "line 1: ", "syntax error");
    is_refused("cues: { \xc3\xbc: { }; };", "line 1: ", "syntax error");
    /* The library reads no file but the model, and a folder would end the program. */
    is_refused("cues: { };\n@include \"/etc/hostname\"\n", "line 2: ", "include");
    is_refused("  @include \"/tmp\"\n", "line 1: ", "include");
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    enum { DEEP = 200000 };
    char *text = malloc(DEEP + 16);
    assert_non_null(text);
    memcpy(text, "cues = ", 7);
    memset(text + 7, '(', DEEP);
    text[DEEP + 7] = '\0';
    is_refused(text, "line 1: ", "");
    free(text);
}

/* Every text that the shipped one can be cut or bent to is taken or refused, never worse. */
static void bent_texts_never_crash(void **state) {
    (void)state;
    char *text = read_file("src/cues/playbook.cfg"), message[120];
    size_t n = strlen(text);
    srand(5);
    for (int round = 0; round < 3000; round++) {
        char *bent = strdup(text);
        assert_non_null(bent);
        if (round % 2) bent[rand() % (int)n] = '\0';
        size_t left = strlen(bent);
        for (int i = rand() % 4; i >= 0 && left; i--) {
            char any = (char)(1 + rand() % 255);
            bent[rand() % (int)left] = any == '@' ? '!' : any;
        }
        ut_error why;
        ut_playbook *playbook = ut_playbook_parse(bent, message, sizeof message, &why);
        assert_int_equal(playbook == NULL, why == UT_BAD_PLAYBOOK);
        for (int kind = 0; playbook && kind < UT_CUE_KINDS; kind++) {
            const ut_rule *rule = &playbook->rules[kind];
            assert_true(rule->raise >= rule->clear && rule->raise <= 1 && rule->clear >= 0);
            assert_true(memchr(rule->text, '\0', sizeof rule->text));
        }
        ut_playbook_close(playbook);
        free(bent);
    }
    free(text);
    ut_playbook_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_one_is_the_default), cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(what_is_left_out_stays),         cmocka_unit_test(wrong_fields_are_named),
        cmocka_unit_test(long_texts_are_refused),         cmocka_unit_test(hostile_texts_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),        cmocka_unit_test(bent_texts_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
