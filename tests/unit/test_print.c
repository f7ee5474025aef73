/* What a person reads of a call, and a spreadsheet. */
#include "commands/print.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const call_facts facts = {.id = "c-1", .source = "a.wav", .channels = 1, .model = "base@0"};

static char *printed(print_form form, const char *source, const ut_event *events, int n) {
    char *text;
    size_t size;
    printer p = {.out = open_memstream(&text, &size), .form = form, .source = source};
    assert_non_null(p.out);
    for (int i = 0; i < n; i++) {
        message *m = message_of_event(&facts, &events[i]);
        assert_non_null(m);
        printer_show(&p, m);
        message_release(m);
    }
    printer_finish(&p);
    fclose(p.out);
    return text;
}

static ut_event cue_at(double t_s, ut_cue_state state) {
    return (ut_event){.type = UT_EVENT_CUE,
                      .t_s = t_s,
                      .cue = {.id = 1,
                              .kind = UT_CUE_FRUSTRATION,
                              .state = state,
                              .severity = UT_NOTICE,
                              .score = 0.8f,
                              .text = "Voice sounds frustrated",
                              .advice = "Say the next step.",
                              .n_reasons = 1,
                              .reasons = {{"pitch_hz", "+4.1 st", 2}}}};
}

static void times_are_clock_times(void **state) {
    (void)state;
    static const struct {
        double t_s;
        const char *wanted;
    } cases[] = {
        {0, "  0:00.0"}, {9.95, "  0:10.0"}, {59.94, "  0:59.9"}, {59.96, "  1:00.0"}, {3599.99, " 60:00.0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ut_event event = cue_at(cases[i].t_s, UT_CUE_RAISED);
        char *text = printed(PRINT_CUES, "a", &event, 1);
        if (strncmp(text, cases[i].wanted, 8)) fail_msg("%g s is %s, not %s", cases[i].t_s, text, cases[i].wanted);
        assert_non_null(strstr(text, "Voice sounds frustrated"));
        assert_non_null(strstr(text, "(4.1 semitones higher than usual)"));
        assert_non_null(strstr(text, "Say the next step."));
        free(text);
    }
}

static void a_cue_as_it_rises_and_clears(void **state) {
    (void)state;
    const ut_event events[] = {cue_at(1, UT_CUE_RAISED), cue_at(3, UT_CUE_CLEARED)};
    char *text = printed(PRINT_CUES, "a", events, 2);
    assert_string_equal(text, "  0:01.0  * Voice sounds frustrated  (4.1 semitones higher than usual)  > Say the next "
                              "step.\n  0:03.0  - Voice sounds frustrated (over)\n");
    free(text);
}

static void figures_at_the_end(void **state) {
    (void)state;
    const ut_event event = {
        .type = UT_EVENT_SUMMARY,
        .summary = {.duration_s = 62,
                    .cues = 1,
                    .has_customer = true,
                    .customer = {.speech_s = 20, .frustration_mean = 0.1f, .frustration_peak = 0.5f}}};
    char *text = printed(PRINT_CUES, "a", &event, 1);
    assert_string_equal(text, "\na.wav, 1:02 min, 1 cue\n"
                              "\n  The customer's voice\n\n"
                              "    Speech                20 s\n"
                              "    Frustration           10 % on average, 50 % at most\n"
                              "    Stress                0 % on average, 0 % at most\n");
    free(text);
}

/* A text with what moves a terminal's cursor, as a customer's reference might bring along. */
static void nothing_moves_the_cursor(void **state) {
    (void)state;
    ut_event event = cue_at(1, UT_CUE_RAISED);
    snprintf(event.cue.text, sizeof event.cue.text, "\033[2J");
    snprintf(event.cue.advice, sizeof event.cue.advice, "\r\n");
    char *text = printed(PRINT_CUES, "a", &event, 1);
    assert_null(strpbrk(text, "\033\r"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

static void a_row_each_half_second(void **state) {
    (void)state;
    ut_event events[3] = {{.type = UT_EVENT_CUSTOMER, .t_s = 0.5},
                          {.type = UT_EVENT_ACTIVITY, .t_s = 0.5},
                          {.type = UT_EVENT_ACTIVITY, .t_s = 1}};
    events[0].customer.activity = (ut_activity){.talk_share = 0.75f, .talk_share_120s = NAN};
    events[0].customer.affect = (ut_affect){.frustration = 0.25f, .pitch_hz = 200};
    events[1].activity.channel = events[2].activity.channel = UT_AGENT;
    events[2].activity.activity = (ut_activity){.speaking = true, .sound = UT_SOUND_MUSIC};
    char *text = printed(PRINT_CSV, "a,\"b\".wav", events, 3);
    assert_string_equal(text, "\"a,\"\"b\"\".wav\",0.5,0,none,0,0,0.75,,200,0.25,0,0,0,0,warming,0,none,0,0,0,0,,,,\n"
                              "\"a,\"\"b\"\".wav\",1,,,,,,,,,,,,,,1,music,0,0,0,0,,,,\n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_clock_times),  cmocka_unit_test(a_cue_as_it_rises_and_clears),
        cmocka_unit_test(figures_at_the_end),     cmocka_unit_test(nothing_moves_the_cursor),
        cmocka_unit_test(a_row_each_half_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
