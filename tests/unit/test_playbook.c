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

static size_t characters(const char *text) {
    size_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void is_default(const ut_playbook *playbook) {
    assert_memory_equal(playbook, &ut_playbook_default, sizeof *playbook);
}

/* The default is made of the file, which therefore leaves nothing out. */
static void the_shipped_one_is_the_default(void **state) {
    (void)state;
    char message[200] = "";
    ut_error why = UT_NO_MEMORY;
    char *text = read_file("src/cues/playbook.cfg");
    ut_playbook *playbook = ut_playbook_parse(text, message, sizeof message, &why);
    if (!playbook) print_error("%s\n", message);
    assert_non_null(playbook);
    assert_int_equal(why, UT_OK);
    is_default(playbook);
    ut_playbook_close(playbook);
    free(text);
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        const ut_rule *rule = &ut_playbook_default.rules[kind];
        assert_in_range(rule->priority, 1, UT_CUE_KINDS);
        for (int other = 0; other < kind; other++)
            assert_int_not_equal(rule->priority, ut_playbook_default.rules[other].priority);
        for (int language = 0; language < UT_LANGUAGES; language++) {
            assert_true(*rule->text[language] && *rule->advice[language]);
            assert_true(language == 0 || strcmp(rule->text[language], rule->text[0]));
        }
    }
}

/* Alert fatigue is what kills such programs: who wants more turns it on. */
static void a_new_team_starts_with_few(void **state) {
    (void)state;
    static const bool on[UT_CUE_KINDS] = {
        [UT_CUE_FRUSTRATION] = true, [UT_CUE_STRESS] = true,    [UT_CUE_CALMING] = true,
        [UT_CUE_DEAD_AIR] = true,    [UT_CUE_MONOLOGUE] = true, [UT_CUE_ESCALATE] = true,
    };
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) assert_int_equal(ut_playbook_default.rules[kind].on, on[kind]);
    assert_int_equal(ut_playbook_default.language, UT_ENGLISH);
    assert_int_equal(ut_playbook_default.n_quiet, 0);
    is_near(ut_playbook_hold_out(NULL), 0, 0);
}

/* The overlay is 360 px wide. Measured in characters, without what stands in brackets. */
static void texts_fit_the_overlay(void **state) {
    (void)state;
    static const ut_about nothing;
    for (int language = 0; language < UT_LANGUAGES; language++)
        for (ut_cue_kind kind = 0; kind < UT_CUE_KINDS; kind++) {
            ut_playbook playbook = ut_playbook_default;
            playbook.language = (ut_language)language;
            ut_cue cue = {.kind = kind};
            ut_playbook_say(&playbook, &nothing, &cue);
            if (characters(cue.text) > 32 || characters(cue.advice) > 70)
                fail_msg("too long: %s / %s", cue.text, cue.advice);
        }
}

static float value(const ut_rule *rule, const ut_rule_number *number) {
    return *(const float *)((const char *)rule + number->offset);
}

/* Each value in the file is really read: what it says wins over the defaults. */
static void every_field_is_read(void **state) {
    (void)state;
    for (ut_cue_kind kind = 0; kind < UT_CUE_KINDS; kind++) {
        bool on = ut_playbook_default.rules[kind].on;
        char text[600], *at = text;
        at += sprintf(at, "cues: { %s: { on = %s; priority = 77; text = \"T\xc3\xa4xt\"; advice = \"\";",
                      ut_cue_name(kind), on ? "false" : "true");
        for (int i = UT_RULE_NUMBERS - 1; i >= 0; i--)
            if (ut_rule_numbers[i].cues >> kind & 1) at += sprintf(at, " %s = 0.%d;", ut_rule_numbers[i].name, 30 - i);
        strcpy(at, "}; };");
        ut_playbook *playbook = ut_playbook_parse(text, NULL, 0, NULL);
        assert_non_null(playbook);
        const ut_rule *rule = &playbook->rules[kind];
        assert_int_equal(rule->on, !on);
        assert_int_equal(rule->priority, 77);
        for (int i = 0; i < UT_RULE_NUMBERS; i++)
            if (ut_rule_numbers[i].cues >> kind & 1)
                is_near(value(rule, &ut_rule_numbers[i]), (float)(30 - i) / 100, 1e-6);
        for (int language = 0; language < UT_LANGUAGES; language++) {
            assert_string_equal(rule->text[language], "T\xc3\xa4xt");
            assert_string_equal(rule->advice[language], "");
        }
        for (int other = 0; other < UT_CUE_KINDS; other++)
            if (other != (int)kind)
                assert_memory_equal(&playbook->rules[other], &ut_playbook_default.rules[other], sizeof(ut_rule));
        ut_playbook_close(playbook);
    }
}

static void what_is_left_out_stays(void **state) {
    (void)state;
    static const char *const texts[] = {"", "# nothing\n", "cues: { };", "cues: { stress: { }; };",
                                        "cues: { stress: { text: { }; advice: { }; }; };"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ut_playbook *playbook = ut_playbook_parse(texts[i], NULL, 0, NULL);
        assert_non_null(playbook);
        is_default(playbook);
        ut_playbook_close(playbook);
    }
}

/* What a cue says, by a playbook of this text. */
static ut_cue said(const char *text, ut_cue_kind kind, const ut_about *about) {
    char message[200] = "";
    ut_cue cue = {.kind = kind};
    ut_playbook *playbook = ut_playbook_parse(text, message, sizeof message, NULL);
    if (!playbook) fail_msg("%s\nsays: %s", text, message);
    ut_playbook_say(playbook, about, &cue);
    ut_playbook_close(playbook);
    return cue;
}

static void a_language_that_is_left_out_is_said_in_english(void **state) {
    (void)state;
    static const ut_about nothing;
    const char *group = "cues: { stress: { text = { de = \"Deutsch\"; en = \"English\"; }; priority = 5; }; };";
    static const struct {
        const char *language, *text;
    } cases[] = {{"", "English"},
                 {"language = \"en\";", "English"},
                 {"language = \"de\";", "Deutsch"},
                 {"language = \"pt\";", "English"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text, "%s %s", group, cases[i].language);
        ut_cue cue = said(text, UT_CUE_STRESS, &nothing);
        assert_string_equal(cue.text, cases[i].text);
        assert_int_equal(cue.priority, 5);
    }
    /* Without an English one the others say what they said. */
    ut_cue cue = said("language = \"fr\"; cues: { stress: { text = { de = \"D\"; }; }; };", UT_CUE_STRESS, &nothing);
    assert_string_equal(cue.text, ut_playbook_default.rules[UT_CUE_STRESS].text[UT_FRENCH]);
}

static void every_language_is_spoken(void **state) {
    (void)state;
    static const ut_about nothing;
    static const char *const codes[UT_LANGUAGES] = {"en", "de", "fr", "es", "it", "pt"};
    for (ut_language language = 0; language < UT_LANGUAGES; language++) {
        char text[40];
        assert_string_equal(ut_language_code(language), codes[language]);
        assert_int_equal(ut_language_of(codes[language]), language);
        snprintf(text, sizeof text, "language = \"%s\";", codes[language]);
        ut_cue cue = said(text, UT_CUE_CALMING, &nothing);
        assert_string_equal(cue.text, ut_playbook_default.rules[UT_CUE_CALMING].text[language]);
        assert_string_equal(cue.advice, ut_playbook_default.rules[UT_CUE_CALMING].advice[language]);
    }
    assert_int_equal(ut_language_of("nl"), UT_LANGUAGES);
    assert_int_equal(ut_language_of(""), UT_LANGUAGES);
}

static void what_is_known_of_the_call_is_said(void **state) {
    (void)state;
    const char *text =
        "cues: { stress: { text = \"{queue}: tense\"; advice = \"Slow down[ ({earlier} before)].\"; }; };";
    ut_cue known = said(text, UT_CUE_STRESS, &(ut_about){"C-4711", "billing", 2});
    assert_string_equal(known.text, "billing: tense");
    assert_string_equal(known.advice, "Slow down (2 before).");
    ut_cue unknown = said(text, UT_CUE_STRESS, &(ut_about){.earlier = 0});
    assert_string_equal(unknown.text, ": tense");
    assert_string_equal(unknown.advice, "Slow down.");
}

/* 2026-11-20 was a Friday. */
static void quiet_hours_are_kept(void **state) {
    (void)state;
    const int64_t friday = 1795132800;
    char message[200];
    ut_playbook *playbook =
        ut_playbook_parse("quiet_hours = ( { days = \"mon-fri\"; from = \"22:00\"; to = \"06:00\"; },"
                          " { days = \"sun\"; from = \"00:00\"; to = \"24:00\"; } );",
                          message, sizeof message, NULL);
    assert_non_null(playbook);
    assert_false(ut_playbook_is_quiet(playbook, friday + 12 * 3600));
    assert_false(ut_playbook_is_quiet(playbook, friday + 22 * 3600 - 1));
    assert_true(ut_playbook_is_quiet(playbook, friday + 22 * 3600));
    assert_true(ut_playbook_is_quiet(playbook, friday + 30 * 3600 - 1));
    assert_false(ut_playbook_is_quiet(playbook, friday + 30 * 3600));
    assert_true(ut_playbook_is_quiet(playbook, friday + 2 * 86400));
    assert_true(ut_playbook_is_quiet(playbook, friday + 3 * 86400 - 1));
    assert_false(ut_playbook_is_quiet(playbook, friday + 3 * 86400));
    assert_false(ut_playbook_is_quiet(playbook, 0)); /* a Thursday, 00:00: but it means that nobody knows */
    assert_false(ut_playbook_is_quiet(playbook, INT64_MIN));
    ut_playbook_is_quiet(playbook, INT64_MAX);
    assert_false(ut_playbook_is_quiet(&ut_playbook_default, friday));
    ut_playbook_close(playbook);
    playbook =
        ut_playbook_parse("hold_out = 0.25; quiet_hours = ( { from = \"12:00\"; to = \"13:00\"; } );", NULL, 0, NULL);
    assert_non_null(playbook);
    is_near(ut_playbook_hold_out(playbook), 0.25f, 0);
    for (int day = 0; day < 7; day++) assert_true(ut_playbook_is_quiet(playbook, friday + day * 86400 + 45000));
    ut_playbook_close(playbook);
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
        {"evidence = 0;", "stress must ask for some evidence"},
        {"text = \"\";", "stress must say something"},
        {"after_s = -1;", "after_s must lie between 0 and 3600"},
        {"after_s = 1e300;", "after_s must lie between 0 and 3600"},
        {"hold_s = 3601;", "hold_s must lie between 0 and 3600"},
        {"hold_s = 4000000000L;", "hold_s must"},
        {"hold_s = { };", "hold_s must be a number"},
        {"urgent_after_s = ( );", "urgent_after_s must be a number"},
        {"cool_down_s = \"\";", "cool_down_s must be a number"},
        {"text = 4;", "text must be a text in quotes or a group of them"},
        {"text = \"a\\nb\";", "text holds a control character"},
        {"text = \"a\\x1b[31m\";", "text holds a control character"},
        {"text = \"a\x7f\";", "text holds a control character"},
        {"text = \"verst\xe4rkt\";", "text is not UTF-8"},
        {"advice = ( \"a\" );", "advice must be a text in quotes"},
        {"advice = \"\xc0\x80\";", "advice is not UTF-8"},
        {"volume = 3;", "volume is not a field of stress"},
        {"talk_share = 0.5;", "talk_share is not a field of stress"},
        {"priority = 0;", "priority must be a whole number from 1 to 99"},
        {"priority = 100;", "priority must be a whole number"},
        {"priority = -1;", "priority must be a whole number"},
        {"priority = 1.0;", "priority must be a whole number"},
        {"priority = \"high\";", "priority must be a whole number"},
        {"text = { nl = \"a\"; };", "nl is not a language: en, de, fr, es, it, pt"},
        {"text = { de = 4; };", "de must be a text in quotes"},
        {"advice = { en = \"a\\tb\"; };", "en holds a control character"},
        {"text = \"{name}\";", "text may name {customer}, {queue} and {earlier}, no other"},
        {"text = { de = \"a [{queue}\"; };", "de has a [ or ] without the other"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[300];
        snprintf(text, sizeof text, "cues:\n{\n  stress:\n  {\n    %s\n  };\n};\n", wrong[i].field);
        is_refused(text, !strncmp(wrong[i].words, "stress", 6) ? "line 3: " : "line 5: ", wrong[i].words);
    }
}

static void long_texts_are_refused(void **state) {
    (void)state;
    char text[600], words[300];
    memset(words, 'a', sizeof words);
    words[UT_TEXT_SIZE - 1] = '\0';
    snprintf(text, sizeof text, "cues: { stress: { text = \"%s\"; }; };", words);
    ut_playbook *playbook = ut_playbook_parse(text, NULL, 0, NULL);
    assert_non_null(playbook);
    assert_string_equal(playbook->rules[UT_CUE_STRESS].text[UT_GERMAN], words);
    ut_playbook_close(playbook);
    words[UT_TEXT_SIZE - 1] = 'a', words[UT_TEXT_SIZE] = '\0';
    snprintf(text, sizeof text, "cues: { stress: { text = \"%s\"; }; };", words);
    is_refused(text, "line 1: ", "text is too long");
    words[UT_TEXT_SIZE] = 'a', words[UT_ADVICE_SIZE] = '\0';
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
    is_refused("\nlanguage = \"nl\";", "line 2: ", "language must be one of en, de, fr, es, it, pt");
    is_refused("language = 1;", "line 1: ", "language must be one of");
    is_refused("hold_out = 1.01;", "line 1: ", "hold_out must lie between 0 and 1");
    is_refused("hold_out = true;", "line 1: ", "hold_out must be a number");
    is_refused("quiet_hours = \"22:00\";", "line 1: ", "quiet_hours must be a list");
    is_refused("quiet_hours = ( 22 );", "line 1: ", "quiet_hours must hold groups");
    is_refused("quiet_hours = (\n{ from = \"22:00\"; } );", "line 2: ", "quiet_hours must say from when to when");
    is_refused("quiet_hours = ( { from = \"22:00\";\nto = \"24:01\"; } );", "line 2: ", "to must be a time");
    is_refused("quiet_hours = ( { from = 22; } );", "line 1: ", "from must be a time");
    is_refused("quiet_hours = ( { from = \"06:00\"; to = \"06:00\"; } );", "line 1: ", "must not begin when they end");
    is_refused("quiet_hours = ( { days = \"monday\"; } );", "line 1: ", "days must be days such as");
    is_refused("quiet_hours = ( { days = 5; } );", "line 1: ", "days must be days such as");
    is_refused("quiet_hours = ( { until = \"06:00\"; } );", "line 1: ", "until is not a field of quiet hours");
    /* The library reads no file but the model, and a folder would end the program. */
    is_refused("cues: { };\n@include \"/etc/hostname\"\n", "line 2: ", "include");
    is_refused("  @include \"/tmp\"\n", "line 1: ", "include");
    is_refused("\xEF\xBB\xBF@include \"/tmp\"\n", "line 1: ", "include");
    static const char *const good[] = {"# an @include would be refused\ncues: { };\n", "\xEF\xBB\xBF"
                                                                                       "cues: { };\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ut_playbook *playbook = ut_playbook_parse(good[i], NULL, 0, NULL);
        assert_non_null(playbook);
        ut_playbook_close(playbook);
    }
}

static void too_many_quiet_hours(void **state) {
    (void)state;
    for (int n = UT_QUIET_HOURS; n <= UT_QUIET_HOURS + 1; n++) {
        char text[1000] = "quiet_hours = (";
        for (int i = 0; i < n; i++) strcat(strcat(text, i ? "," : ""), "{ from = \"12:00\"; to = \"13:00\"; }");
        strcat(text, ");");
        if (n > UT_QUIET_HOURS) {
            is_refused(text, "line 1: ", "quiet_hours has too many entries");
        } else {
            ut_playbook *playbook = ut_playbook_parse(text, NULL, 0, NULL);
            assert_non_null(playbook);
            assert_int_equal(playbook->n_quiet, n);
            ut_playbook_close(playbook);
        }
    }
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
            for (int language = 0; language < UT_LANGUAGES; language++) {
                assert_true(memchr(rule->text[language], '\0', UT_TEXT_SIZE));
                assert_null(ut_phrase_fault(rule->text[language]));
            }
        }
        ut_playbook_close(playbook);
        free(bent);
    }
    free(text);
    ut_playbook_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_one_is_the_default),
        cmocka_unit_test(a_new_team_starts_with_few),
        cmocka_unit_test(texts_fit_the_overlay),
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(what_is_left_out_stays),
        cmocka_unit_test(a_language_that_is_left_out_is_said_in_english),
        cmocka_unit_test(every_language_is_spoken),
        cmocka_unit_test(what_is_known_of_the_call_is_said),
        cmocka_unit_test(quiet_hours_are_kept),
        cmocka_unit_test(too_many_quiet_hours),
        cmocka_unit_test(wrong_fields_are_named),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(hostile_texts_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(bent_texts_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
