/* What is usual for a caller: a running mean that first learns, then slowly follows. */
#include "classify/baseline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

static void mean_and_variance_of_the_first_minute(void **state) {
    (void)state;
    ut_baseline b = {0};
    assert_true(ut_baseline_init(&b, 2));
    srand(3);
    double sum = 0, squares = 0;
    for (int i = 1; i <= UT_BASELINE_MEMORY; i++) {
        float x[2] = {(float)(rand() % 2000 - 1000) / 250, 1.5f};
        ut_baseline_add(&b, x, 1);
        sum += (double)x[0];
        squares += (double)x[0] * (double)x[0];
        double mean = sum / i;
        is_near(b.mean[0], mean, 1e-4);
        is_near(b.variance[0], squares / i - mean * mean, 1e-3);
        is_near(b.mean[1], 1.5f, 1e-6);
        is_near(b.variance[1], 0, 1e-6);
    }
    ut_baseline_free(&b);
}

static void ready_after_some_readings(void **state) {
    (void)state;
    ut_baseline b = {0};
    const float x[] = {0};
    assert_true(ut_baseline_init(&b, 1));
    for (int i = 0; i < UT_BASELINE_READY; i++) {
        assert_false(ut_baseline_ready(&b));
        ut_baseline_add(&b, x, 1);
    }
    assert_true(ut_baseline_ready(&b));
    ut_baseline_free(&b);
}

/* After a minute of speech the share of a new reading is 1 / UT_BASELINE_MEMORY: half of what was is forgotten after
 * 83 readings. */
static void forgets_slowly(void **state) {
    (void)state;
    ut_baseline b = {0};
    const float low[] = {-0.5f}, high[] = {0.5f};
    assert_true(ut_baseline_init(&b, 1));
    for (int i = 0; i < 1000; i++) ut_baseline_add(&b, low, 1);
    for (int i = 0; i < 83; i++) ut_baseline_add(&b, high, 1);
    is_near(b.mean[0], 0, 0.005);
    for (int i = 0; i < 1000; i++) ut_baseline_add(&b, high, 1);
    is_near(b.mean[0], 0.5f, 0.001);
    ut_baseline_free(&b);
}

/* A new reading's share is then a quarter of that. */
static void a_reading_may_count_for_less(void **state) {
    (void)state;
    ut_baseline b = {0};
    const float low[] = {-0.5f}, high[] = {0.5f};
    assert_true(ut_baseline_init(&b, 1));
    for (int i = 0; i < 1000; i++) ut_baseline_add(&b, low, 1);
    for (int i = 0; i < 4 * 83; i++) ut_baseline_add(&b, high, 0.25f);
    is_near(b.mean[0], 0, 0.005);
    float before = b.mean[0];
    for (int i = 0; i < 100; i++) ut_baseline_add(&b, high, 0);
    is_near(b.mean[0], before, 0);
    ut_baseline_free(&b);
}

/* Of a voice that has sounded the same for a minute, whose deviation is the least there is, half. */
static void what_lies_far_out_is_drawn_in(void **state) {
    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        ut_baseline near = {0}, far = {0};
        assert_true(ut_baseline_init(&near, 1) && ut_baseline_init(&far, 1));
        for (int i = 0; i < UT_BASELINE_MEMORY; i++) {
            ut_baseline_add(&near, &(float){2}, 1);
            ut_baseline_add(&far, &(float){2}, 1);
        }
        ut_baseline_add(&near, &(float){2 + (float)side * 1.5f}, 1);
        ut_baseline_add(&far, &(float){2 + (float)side * 1000}, 1);
        is_near(near.mean[0], 2 + side * 1.5 / UT_BASELINE_MEMORY, 1e-5);
        is_near(far.mean[0], near.mean[0], 1e-6);
        is_near(far.variance[0], near.variance[0], 1e-6);
        for (int i = 0; i < 1000; i++) ut_baseline_add(&far, &(float){2 + (float)side * 10}, 1);
        is_near(far.mean[0], 2 + side * 10, 0.1); /* who stays there is followed all the same */
        ut_baseline_free(&near);
        ut_baseline_free(&far);
    }
}

/* While it is still learning, all that is heard counts as it is. */
static void the_first_readings_are_taken_as_they_are(void **state) {
    (void)state;
    ut_baseline b = {0};
    assert_true(ut_baseline_init(&b, 1));
    for (int i = 1; i < UT_BASELINE_READY; i++) ut_baseline_add(&b, &(float){0}, 1);
    ut_baseline_add(&b, &(float){100}, 1);
    is_near(b.mean[0], 100.0 / UT_BASELINE_READY, 1e-4);
    ut_baseline_free(&b);
}

static void what_was_not_heard_changes_nothing(void **state) {
    (void)state;
    ut_baseline b = {0};
    assert_true(ut_baseline_init(&b, 2));
    const float heard[] = {2, NAN}, also[] = {NAN, -3};
    for (int i = 0; i < 20; i++) ut_baseline_add(&b, heard, 1);
    is_near(b.mean[0], 2, 1e-6);
    assert_true(isnan(b.mean[1]));
    ut_baseline_add(&b, also, 1);
    is_near(b.mean[0], 2, 1e-6);
    is_near(b.mean[1], -3, 1e-6);
    ut_baseline_free(&b);
}

static void deviation_is_never_under_half(void **state) {
    (void)state;
    ut_baseline b = {0};
    assert_true(ut_baseline_init(&b, 1));
    is_near(ut_baseline_deviation(&b, 0), 0.5f, 0);
    for (int i = 0; i < 100; i++) ut_baseline_add(&b, &(float){i & 1 ? 2 : -2}, 1);
    is_near(ut_baseline_deviation(&b, 0), 2, 1e-3);
    ut_baseline_free(&b);
}

static void free_takes_half_built(void **state) {
    (void)state;
    ut_baseline b = {0};
    ut_baseline_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_variance_of_the_first_minute),
        cmocka_unit_test(ready_after_some_readings),
        cmocka_unit_test(forgets_slowly),
        cmocka_unit_test(a_reading_may_count_for_less),
        cmocka_unit_test(what_lies_far_out_is_drawn_in),
        cmocka_unit_test(the_first_readings_are_taken_as_they_are),
        cmocka_unit_test(what_was_not_heard_changes_nothing),
        cmocka_unit_test(deviation_is_never_under_half),
        cmocka_unit_test(free_takes_half_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
