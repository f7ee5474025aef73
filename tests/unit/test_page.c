/* The page of text on a call, letter by letter. */
#include "commands/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_report.h"

static char *printed(report *r, bool utf8) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    page_print(out, r, utf8);
    fclose(out);
    report_free(r);
    return text;
}

static void a_page(void **state) {
    (void)state;
    static const char wanted[] =
        "monday.flac\n"
        "  2:00 min; heard: customer, agent; consent: given\n"
        "\n"
        "  The customer's voice sounded frustrated once, from 0:37 to 0:58, and calmer after. The\n"
        "  agent interrupted the customer once. Silences add up to 0:09. The customer was on hold\n"
        "  for 0:34.\n"
        "\n"
        "  Frustration       ···············▁▁▁▁▃▇▇▇▇▇▇▇▇▇▇▅▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁\n"
        "                    0:00                                                        2:00\n"
        "\n"
        "  Cues\n"
        "\n"
        "    0:37 - 0:58  Voice sounds frustrated, 78 %\n"
        "                 4.1 semitones higher, 1 syllable/s faster than usual\n"
        "                 > Acknowledge it, then give the next step.\n"
        "    0:58 - 1:04  Voice sounds calmer\n"
        "                 Frustration from 78 % to 10 %\n"
        "                 > Carry on like this.\n"
        "    1:18 - 1:19  Silence on the line\n"
        "                 Over 8 s of silence\n"
        "                 > Say what you are doing.\n"
        "\n"
        "  The conversation\n"
        "\n"
        "    Who talked            agent 58 %, customer 42 % of all speech\n"
        "    Talking at once       4\n"
        "    Interruptions         1 by the agent, 1 by the customer\n"
        "    \"Mm-hm\"               3\n"
        "    Silences of over 3 s  9.5 s in all, 9.5 s the longest\n"
        "    Agent's answers       after 0.9 s at the median, 9 in 10 within 2.1 s\n"
        "    Agent's longest turn  1:15 min without an answer\n"
        "    On hold               34 s\n"
        "\n"
        "  The customer's voice\n"
        "\n"
        "    Speech                42 s\n"
        "    Frustration           21 % on average, 78 % at most\n"
        "    Stress                12 % on average, 40 % at most\n"
        "    Scored                75 % of the time they spoke\n"
        "\n"
        "  A score is how likely it is that a voice sounds so: a signal, not a verdict on anybody.\n"
        "  Where there was too little speech, or none like what the model knows, nothing is scored.\n"
        "  Model base@0123456789ab. Analysed 2026-09-21.\n"
        "\n";
    char *text = printed(made_report(), true);
    assert_string_equal(text, wanted);
    free(text);
}

static void no_curve_where_letters_are_bytes(void **state) {
    (void)state;
    char *text = printed(made_report(), false);
    for (const char *c = text; *c; c++) assert_true((unsigned char)*c < 0x80);
    free(text);
}

static void without_consent_only_that(void **state) {
    (void)state;
    call_facts facts = made_facts;
    facts.consent = UT_CONSENT_REFUSED;
    char *text = printed(made_call(&facts), true);
    assert_string_equal(text, "monday.flac\n  This call was not analysed: consent is refused.\n\n");
    free(text);
}

/* An agent's page, and that of a channel with both voices, have no figure of how a voice sounds. */
static void no_score_but_the_customers(void **state) {
    (void)state;
    static const ut_channel roles[] = {UT_AGENT, UT_MIXED};
    for (int i = 0; i < 2; i++) {
        call_facts facts = made_facts;
        facts.channels = 1;
        facts.roles[0] = roles[i];
        report *r = made_call(&facts);
        ut_event summary = {.type = UT_EVENT_SUMMARY, .t_s = 5, .summary = {.duration_s = 5}};
        made_event(r, summary);
        char *text = printed(r, true);
        assert_null(strstr(text, "rustration"));
        assert_null(strstr(text, "%"));
        assert_null(strstr(text, "score is"));
        assert_non_null(strstr(text, "not scored."));
        free(text);
    }
}

/* Long words, many cues, hostile text: lines stay within their width, and there is a page's worth of them. */
static void a_page_stays_a_page(void **state) {
    (void)state;
    report *r = made_call(&made_facts);
    for (unsigned i = 1; i <= 500; i++) {
        ut_cue cue = made_frustration(i);
        memset(cue.text, i % 2 ? 'x' : ' ', sizeof cue.text - 1);
        memcpy(cue.advice, "\033[2J\r\n\a", 8);
        made_cues(r, cue, 10 * i, 10 * i + 5);
    }
    made_summary(r, 6000, 500);
    char *text = printed(r, true), *line = text;
    int lines = 0;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) lines++;
    assert_in_range(lines, 50, 130);
    assert_non_null(strstr(text, "... and 476 more\n"));
    assert_null(strpbrk(text, "\033\r\a"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page),
        cmocka_unit_test(no_curve_where_letters_are_bytes),
        cmocka_unit_test(without_consent_only_that),
        cmocka_unit_test(no_score_but_the_customers),
        cmocka_unit_test(a_page_stays_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
