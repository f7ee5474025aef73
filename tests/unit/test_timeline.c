/* A call along its time, in memory that does not grow with it. */
#include "commands/timeline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static timeline t;

/* A second of silence with one loud sample in its middle. */
static void hear_second(float loud) {
    float x[UT_RATE_HZ] = {0};
    x[UT_RATE_HZ / 2] = loud;
    for (int i = 0; i < 8; i++) timeline_hear(&t, UT_AGENT, x + i * UT_RATE_HZ / 8, UT_RATE_HZ / 8);
}

/* Ten seconds need no folding, an hour eight; what was heard, read and marked is at its time in both. */
static void everything_keeps_its_time(void **state) {
    (void)state;
    static const int lengths_s[] = {10, 60, 3600};
    for (int n = 0; n < 3; n++) {
        int length_s = lengths_s[n];
        timeline_init(&t);
        for (int s = 0; s < length_s; s++) {
            hear_second(s % 5 == 4 ? -0.5f : 0.1f);
            timeline_read(&t, s + 1, s % 5 == 4, 0.8, 0.3);
            if (s % 5 == 4) timeline_mark(&t, timeline_bit(UT_TURN_SILENCE, UT_CUSTOMER), s + 0.1, s + 0.9);
        }
        assert_true((uint64_t)length_s * UT_RATE_HZ <= t.step * TIMELINE_MOMENTS);
        assert_true(length_s <= 20 || (uint64_t)length_s * UT_RATE_HZ > t.step * TIMELINE_MOMENTS / 2);
        for (int s = 0; s + 5 <= length_s; s += 5) {
            double step_s = (double)t.step / UT_RATE_HZ;
            moment loud = timeline_over(&t, s + 4.5, s + 4.5 + step_s), all = timeline_over(&t, s, s + 5);
            moment quiet = timeline_over(&t, s + 1.4, s + 2.8);
            assert_float_equal(loud.peak[UT_AGENT], 0.5, 1e-6);
            assert_float_equal(quiet.peak[UT_AGENT], 0.1, 1e-6);
            assert_float_equal(all.peak[UT_CUSTOMER], 0, 0);
            assert_int_equal(loud.going_on, timeline_bit(UT_TURN_SILENCE, UT_CUSTOMER));
            assert_int_equal(quiet.going_on, 0);
            assert_int_equal(quiet.n_scored, 0);
            assert_in_range(quiet.n_readings, 1, 4);
        }
        moment whole = timeline_over(&t, 0, length_s + 1);
        assert_int_equal(whole.n_readings, length_s);
        assert_int_equal(whole.n_scored, length_s / 5);
        assert_float_equal(whole.frustration, 0.8 * length_s / 5, 0.01);
        assert_float_equal(whole.energy[UT_AGENT], (0.25 + 4 * 0.01) * length_s / 5, 0.02 * length_s / 5);
    }
}

/* A sample belongs to its own moment, in whatever blocks it comes. */
static void blocks_of_any_size(void **state) {
    (void)state;
    enum { STEP = UT_RATE_HZ / 200, N = 100 * STEP };
    static float x[N];
    for (int i = 0; i < 100; i++) x[i * STEP] = (float)(i + 1) / 100;
    for (size_t block = 1; block < 100; block += 8) {
        timeline_init(&t);
        for (size_t i = 0; i < N; i += block) timeline_hear(&t, UT_MIXED, x + i, i + block < N ? block : N - i);
        assert_int_equal(t.step, STEP);
        for (int i = 0; i < 100; i++) assert_float_equal(t.moments[i].peak[UT_MIXED], x[i * STEP], 0);
    }
}

static void times_that_cannot_be_are_ignored(void **state) {
    (void)state;
    timeline_init(&t);
    timeline_mark(&t, 1, NAN, 3);
    timeline_mark(&t, 1, 3, NAN);
    timeline_mark(&t, 1, -1, 3);
    timeline_mark(&t, 1, 3, 2);
    assert_int_equal(timeline_over(&t, 0, 1000).going_on, 0);
    timeline_mark(&t, 1, 0, 0.001);
    assert_int_equal(timeline_over(&t, 0, 0).going_on, 1);
    assert_int_equal(timeline_over(&t, 1e6, 2e6).going_on, 0);
}

static void bits_are_each_their_own(void **state) {
    (void)state;
    unsigned all = 0;
    for (int kind = 0; kind < UT_TURN_KINDS; kind++) {
        for (int agents = 0; agents < 2; agents++) {
            unsigned bit = timeline_bit((ut_turn_kind)kind, agents ? UT_AGENT : UT_CUSTOMER);
            assert_int_equal(all & bit, 0);
            all |= bit;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_keeps_its_time),
        cmocka_unit_test(blocks_of_any_size),
        cmocka_unit_test(times_that_cannot_be_are_ignored),
        cmocka_unit_test(bits_are_each_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
