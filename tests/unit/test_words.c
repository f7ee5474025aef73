/* Times, reasons and calls in plain words. */
#include "commands/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_report.h"

static void a_clock_and_a_length(void **state) {
    (void)state;
    static const struct {
        double s;
        const char *clock, *length;
    } cases[] = {
        {0, "0:00", "0.0 s"},
        {9.46, "0:09", "9.5 s"},
        {59.4, "0:59", "59 s"},
        {462, "7:42", "7:42 min"},
        {3599.99, "59:59", "59:59 min"},
        {3725, "1:02:05", "1:02:05 h"},
        {-1, "0:00", "-1.0 s"},
        {1e9, "277777:46:40", "277777:46:4 h"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[WORDS_CLOCK];
        assert_string_equal(words_clock(text, cases[i].s), cases[i].clock);
        assert_string_equal(words_length(text, cases[i].s), cases[i].length);
    }
}

static void reasons_are_compared_with_the_usual(void **state) {
    (void)state;
    static const struct {
        const char *reasons, *words;
    } cases[] = {
        {"[]", ""},
        {"[{\"feature\":\"pitch_hz\",\"change\":\"+4.1 st\"},{\"feature\":\"level_db\",\"change\":\"+6.0 dB\"}]",
         "4.1 semitones higher, 6 dB louder than usual"},
        {"[{\"feature\":\"pitch_hz\",\"change\":\"-1.0 st\"}]", "1 semitone lower than usual"},
        {"[{\"feature\":\"rate_syl_s\",\"change\":\"+12.7 syl/s\"}]", "12 syllables/s faster than usual"},
        {"[{\"feature\":\"voice_quality\",\"change\":\"changed\"},{\"feature\":\"pitch_hz\",\"change\":\"+2.0 st\"}]",
         "2 semitones higher than usual; voice quality changed"},
        {"[{\"feature\":\"voice\",\"change\":\"from the start\"}]", "Voice from the start"},
        {"[{\"feature\":\"silence_s\",\"change\":\"8.0 s\"}]", "Over 8 s of silence"},
        {"[{\"feature\":\"monologue_s\",\"change\":\"50.4 s\"}]", "Over 50 s without an answer"},
        {"[{\"feature\":\"reply_s\",\"change\":\"4.2 s\"}]", "Over 4.2 s of waiting for an answer"},
        {"[{\"feature\":\"interruptions\",\"change\":\"1\"}]", "Interrupted once"},
        {"[{\"feature\":\"interruptions\",\"change\":\"3\"}]", "Interrupted 3 times"},
        {"[{\"feature\":\"talk_share\",\"change\":\"72 %\"}]", "72 % of the talk"},
        {"[{\"feature\":\"frustration\",\"change\":\"78 % to 10 %\"}]", "Frustration from 78 % to 10 %"},
        {"[{\"feature\":\"response_latency_s\",\"change\":\"4.2 s\"}]", "Response latency 4.2 s"},
        {"[{\"feature\":\"pitch_hz\",\"change\":\"nan\"}]", "Pitch nan"},
        {"[{\"feature\":\"\",\"change\":\"\"},{},7,null]", " ,  ,  ,  "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[WORDS_LINE];
        json_t *reasons = json_loads(cases[i].reasons, 0, NULL);
        assert_non_null(reasons);
        assert_string_equal(words_because(text, reasons), cases[i].words);
        json_decref(reasons);
    }
}

/* More words than a line holds are cut, not written past it. */
static void a_long_reason_is_cut(void **state) {
    (void)state;
    char text[WORDS_LINE], feature[3 * WORDS_LINE];
    memset(feature, 'x', sizeof feature - 1);
    feature[sizeof feature - 1] = '\0';
    json_t *reasons =
        json_pack("[{ss ss} {ss ss}]", "feature", feature, "change", "1 s", "feature", feature, "change", "");
    assert_int_equal(strlen(words_because(text, reasons)), WORDS_LINE - 1);
    json_decref(reasons);
}

static void check_words(report *r, const char *wanted) {
    char text[WORDS_LINE];
    assert_string_equal(words_of_call(text, r), wanted);
    report_free(r);
}

static report *with(ut_channel role, ut_consent consent) {
    call_facts facts = made_facts;
    facts.channels = 1;
    facts.roles[0] = role;
    facts.consent = consent;
    return made_call(&facts);
}

static void a_call_in_a_sentence(void **state) {
    (void)state;
    check_words(made_report(), "The customer's voice sounded frustrated once, from 0:37 to 0:58, and calmer after. The "
                               "agent interrupted the customer once. Silences add up to 0:09. The customer was on hold "
                               "for 0:34.");
    check_words(with(UT_CUSTOMER, UT_CONSENT_REFUSED), "This call was not analysed: consent is refused.");
    check_words(with(UT_CUSTOMER, UT_CONSENT_WITHDRAWN),
                "Consent was withdrawn: nothing is kept of this call but its times.");
    check_words(with(UT_CUSTOMER, UT_CONSENT_UNKNOWN), "This call was not analysed: consent is unknown.");
    check_words(with(UT_MIXED, UT_CONSENT_GIVEN),
                "Both voices share a channel, so how the customer's sounds is not scored.");
    check_words(with(UT_AGENT, UT_CONSENT_GIVEN), "Only the agent was heard, and how an agent sounds is not scored.");
    check_words(with(UT_CUSTOMER, UT_CONSENT_GIVEN),
                "Too little was heard of the customer to say how the voice sounds.");
}

static void several_episodes(void **state) {
    (void)state;
    static const char after[] =
        " The agent interrupted the customer once. Silences add up to 0:09. The customer was on "
        "hold for 0:34.";
    for (unsigned n = 0; n <= 3; n++) {
        static const char *const wanted[] = {
            "Nothing in the customer's voice called for a cue.",
            "The customer's voice sounded frustrated once, from 0:10 to 0:15.",
            ("The customer's voice sounded frustrated twice, from 0:10 to 0:15 and from 0:20 to 0:25, and tense once, "
             "from 0:50 to the end."),
            "The customer's voice sounded frustrated 3 times, first from 0:10 to 0:15.",
        };
        char text[WORDS_LINE];
        report *r = made_call(&made_facts);
        for (unsigned i = 1; i <= n; i++) made_cues(r, made_frustration(i), 10 * i, 10 * i + 5);
        if (n == 2) made_cues(r, (ut_cue){.id = 9, .kind = UT_CUE_STRESS, .score = 0.7f}, 50, 60);
        made_summary(r, 60, n);
        snprintf(text, sizeof text, "%s%s", wanted[n], after);
        check_words(r, text);
    }
}

/* Calmer in between is not calmer after. */
static void frustrated_again(void **state) {
    (void)state;
    char text[WORDS_LINE];
    report *r = made_call(&made_facts);
    made_cues(r, made_frustration(1), 10, 20);
    made_cues(r, (ut_cue){.id = 2, .kind = UT_CUE_CALMING, .score = 0.1f}, 20, 25);
    made_summary(r, 60, 2);
    assert_non_null(strstr(words_of_call(text, r), "and calmer after."));
    made_cues(r, made_frustration(3), 30, 40);
    assert_null(strstr(words_of_call(text, r), "calmer"));
    report_free(r);
}

static void nothing_moves_the_cursor(void **state) {
    (void)state;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    static const char hostile[] = "a\033[2Jb\n\r\177é\302\233\uFFFE\uFDD0\U0001FFFF€𝄞";
    words_print(out, hostile, sizeof hostile - 1);
    fclose(out);
    assert_string_equal(text, "a?[2Jb???é????€𝄞");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_and_a_length),     cmocka_unit_test(reasons_are_compared_with_the_usual),
        cmocka_unit_test(a_long_reason_is_cut),     cmocka_unit_test(a_call_in_a_sentence),
        cmocka_unit_test(several_episodes),         cmocka_unit_test(frustrated_again),
        cmocka_unit_test(nothing_moves_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
