/* Made talk on one line, and what comes back of it on the other: late, soft, coded, over noise, and under another's own
 * voice. */
#include "prosody/echo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_sound.h"
#include "made_talk.h"
#include "planned.h"

enum { SECONDS = 20, SAMPLES = SECONDS * UT_RATE_HZ, FRAMES = SECONDS * 100 - UT_PROSODY_DELAY };

static const double line_db = -63; /* the noise */
static float lines[2][SAMPLES];
static ut_frame before[2][FRAMES], after[2][FRAMES]; /* what went in, what came out */

static void begin(void) { memset(lines, 0, sizeof lines); }

static void talk(int line, double from_s, double to_s, double level, unsigned seed) {
    made_talk(lines[line], (size_t)(from_s * UT_RATE_HZ), (size_t)(to_s * UT_RATE_HZ), line ? 140 : 110, level, seed);
}

/* What is on line 1 from one second to another comes back on line 0. */
static void come_back(double from_s, double to_s, double delay_s, double loss_db) {
    size_t late = (size_t)(delay_s * UT_RATE_HZ), from = (size_t)(from_s * UT_RATE_HZ);
    for (size_t i = from; i + late < SAMPLES && i < (size_t)(to_s * UT_RATE_HZ); i++)
        lines[0][i + late] += (float)pow(10, -loss_db / 20) * lines[1][i];
}

/* The same in a room, which rings on for a while. */
static void come_back_in_a_room(double delay_s, double loss_db) {
    static const struct {
        double late_s, gain_db;
    } walls[] = {{0, -3}, {0.017, -5}, {0.041, -8}, {0.068, -10}, {0.103, -14}, {0.149, -19}};
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++)
        come_back(0, SECONDS, delay_s + walls[i].late_s, loss_db - walls[i].gain_db);
}

static void frames_of(int line) {
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    assert_non_null(prosody);
    int n = 0;
    for (size_t i = 0; i + UT_HOP <= SAMPLES; i += UT_HOP) {
        assert_int_equal(ut_prosody_push(prosody, lines[line] + i, UT_HOP), UT_HOP);
        while (n < FRAMES && ut_prosody_next(prosody, &before[line][n])) n++;
    }
    assert_int_equal(n, FRAMES);
    ut_prosody_free(prosody);
}

static void run(bool telephone) {
    static ut_echo echo;
    for (int line = 0; line < 2; line++) {
        made_hiss(lines[line], SAMPLES, (unsigned)line + 77, line_db);
        if (telephone) made_telephone(lines[line], SAMPLES);
        frames_of(line);
    }
    memcpy(after, before, sizeof after);
    ut_echo_start(&echo);
    for (int i = 0; i < FRAMES; i++) ut_echo_run(&echo, &after[0][i], &after[1][i]);
}

/* The detector hears speech in the line's noise about it as well, which is nobody's. */
static bool is_speech(const ut_frame *frame) { return frame->speech > 0.5f && (double)frame->level_db > line_db + 4; }

/* Of the frames of speech on a line between two times, the share that is speech no more. */
static double removed(int line, double from_s, double to_s) {
    int speech = 0, gone = 0;
    for (int i = 0; i < FRAMES; i++) {
        if (before[line][i].t_s < from_s || before[line][i].t_s >= to_s || !is_speech(&before[line][i])) continue;
        speech++;
        gone += after[line][i].speech <= 0.5f;
    }
    assert_true(speech > 50);
    return (double)gone / speech;
}

/* Seconds of the longest stretch of speech on a line between two times that is still heard, or is not. */
static double longest_s(int line, double from_s, double to_s, bool heard) {
    int run = 0, most = 0;
    for (int i = 0; i < FRAMES; i++) {
        if (before[line][i].t_s < from_s || before[line][i].t_s >= to_s) continue;
        bool counts = is_speech(&before[line][i]) && (after[line][i].speech > 0.5f) == heard;
        run = counts ? run + 1 : 0;
        if (run > most) most = run;
    }
    return most / 100.0;
}

static void an_echo_is_not_heard(void **state) {
    (void)state;
    static const double delays_s[] = {0, 0.004, 0.05, 0.183, 0.41}, losses_db[] = {8, 15, 25};
    for (int d = 0; d < 5; d++)
        for (int l = 0; l < 3; l++) {
            bool telephone = (d + l) % 2;
            begin();
            talk(1, 1, 8, 0.35, 3);
            talk(1, 9, 19, 0.35, 4);
            come_back(0, 20, delays_s[d], losses_db[l]);
            run(telephone);
            double all = removed(0, 0, 20), late = removed(0, 3, 20), burst_s = longest_s(0, 0, 20, true);
            bool far = losses_db[l] > 10; /* what is louder is not doubted before it is known */
            if (late < 0.98 || (far && (all < 0.97 || burst_s > 0.07)))
                fail_msg("%g s, %g dB, %d: %g, then %g, and %g s of it are heard", delays_s[d], losses_db[l], telephone,
                         all, late, burst_s);
            assert_true(removed(1, 0, 20) == 0);
        }
}

static void nor_is_one_from_a_room(void **state) {
    (void)state;
    begin();
    talk(1, 1, 8, 0.35, 3);
    talk(1, 9, 19, 0.35, 4);
    come_back_in_a_room(0.1, 15);
    run(false);
    assert_true(removed(0, 0, 20) > 0.97 && longest_s(0, 0, 20, true) < 0.08);
}

/* Nothing of it is left: the frame is the line's. */
static void an_echo_becomes_the_line(void **state) {
    (void)state;
    begin();
    talk(1, 1, 8, 0.35, 3);
    come_back(0, 20, 0.1, 12);
    run(true);
    for (int i = 300; i < 700; i++) {
        const ut_frame *frame = &after[0][i];
        if (before[0][i].speech <= 0.5f) continue;
        assert_true(frame->t_s == before[0][i].t_s);
        assert_true(frame->speech <= 0.5f && fabs((double)frame->level_db - line_db) < 4);
    }
}

/* At any level, one over the other, from the first moment of the call or later. */
/* A mix that was made stereo is nobody's voice, nor is the agent's that is as loud on the customer's line. */
static void the_same_on_both_lines_is_nobodys(void **state) {
    (void)state;
    for (int loss_db = 0; loss_db <= 3; loss_db += 3) {
        begin();
        talk(1, 1, 18, 0.2, 3);
        come_back(0, SECONDS, 0, loss_db);
        run(false);
        assert_true(removed(0, 2, 18) > 0.97);
        if (loss_db) assert_true(removed(1, 0, 18) < 0.02);
    }
}

static void two_who_talk_at_once_are_heard(void **state) {
    (void)state;
    static const double levels[] = {0.35, 0.15, 0.07};
    for (int l = 0; l < 3; l++)
        for (unsigned seed = 1; seed <= 4; seed++) {
            begin();
            talk(1, 1, 4, 0.35, 10 + seed);
            talk(0, 3, 12, levels[l], 20 + seed);
            talk(1, 5, 16, 0.35, 30 + seed);
            talk(0, 13, 18, levels[l], 40 + seed);
            run(seed % 2);
            double gone = removed(0, 0, 20), agents = removed(1, 0, 20);
            if (gone > 0.01 || agents > 0.01) fail_msg("level %g, seed %u: %g, %g", levels[l], seed, gone, agents);
        }
}

static void ones_own_voice_is_heard_over_an_echo(void **state) {
    (void)state;
    begin();
    talk(1, 1, 18, 0.35, 3);
    talk(0, 6, 10, 0.35, 5);
    talk(0, 13, 15, 0.25, 6);
    come_back(0, 20, 0.12, 15);
    run(false);
    assert_true(removed(0, 1, 5.9) > 0.95 && removed(0, 10.2, 12.9) > 0.95 && removed(0, 15.2, 18) > 0.95);
    assert_true(removed(0, 6.1, 9.9) < 0.2 && removed(0, 13.1, 14.9) < 0.3);
    assert_true(longest_s(0, 6.1, 9.9, false) < 0.25 && longest_s(0, 13.1, 14.9, false) < 0.25);
    assert_true(removed(1, 0, 20) == 0);
}

/* The first has the other's echo on the line, the second has not. */
static void an_echo_may_begin_and_end_within_a_call(void **state) {
    (void)state;
    begin();
    talk(1, 1, 18, 0.35, 3);
    come_back(5, 10, 0.2, 15);
    talk(0, 14, 17, 0.03, 5);
    run(false);
    assert_true(removed(0, 6.5, 10) > 0.95);
    assert_true(removed(0, 14, 17) < 0.05);
}

/* A voice, then silence, then the other: nothing to doubt. */
static void a_soft_answer_is_heard(void **state) {
    (void)state;
    begin();
    talk(1, 1, 5, 0.4, 3);
    talk(0, 5.2, 8, 0.03, 5);
    talk(1, 8.1, 12, 0.4, 4);
    run(false);
    assert_true(removed(0, 0, 20) < 0.01);
}

/* From the first word on, one far softer: doubted for half a second or so, then heard. */
static void two_who_begin_at_once_are_heard(void **state) {
    (void)state;
    begin();
    talk(1, 1, 8, 0.4, 3);
    talk(0, 1, 8, 0.05, 5);
    run(false);
    assert_true(removed(0, 2, 8) == 0);
}

static void odd_frames_do_no_harm(void **state) {
    (void)state;
    static ut_echo echo;
    srand(3);
    ut_echo_start(&echo);
    for (int i = 0; i < 20000; i++) {
        ut_frame frames[2] = {0};
        for (int v = 0; v < 2; v++) {
            frames[v].speech = (float)(rand() % 2);
            frames[v].level_db = (float)(rand() % 120 - 100);
            for (int b = 0; b < UT_MEL_BANDS; b++)
                frames[v].mel_db[b] = (float)(rand() % 1000 ? rand() % 130 - 110 : -300);
        }
        ut_echo_run(&echo, &frames[0], &frames[1]);
        for (int v = 0; v < 2; v++) assert_true(isfinite(echo.path[v].product[7]) && isfinite(echo.path[v].excess));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_echo_is_not_heard),
        cmocka_unit_test(nor_is_one_from_a_room),
        cmocka_unit_test(an_echo_becomes_the_line),
        cmocka_unit_test(the_same_on_both_lines_is_nobodys),
        cmocka_unit_test(two_who_talk_at_once_are_heard),
        cmocka_unit_test(ones_own_voice_is_heard_over_an_echo),
        cmocka_unit_test(an_echo_may_begin_and_end_within_a_call),
        cmocka_unit_test(a_soft_answer_is_heard),
        cmocka_unit_test(two_who_begin_at_once_are_heard),
        cmocka_unit_test(odd_frames_do_no_harm),
    };
    return cmocka_run_group_tests(tests, open_plan, close_plan);
}
