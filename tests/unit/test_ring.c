#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/ring.h"

static void gives_back_in_order_across_the_end(void **state) {
    (void)state;
    float in[5], out[5];
    ring *r = ring_new(8);
    assert_non_null(r);
    for (int round = 0, next = 0; round < 100; round++, next += 5) {
        for (int i = 0; i < 5; i++) in[i] = (float)(next + i);
        assert_int_equal(ring_write(r, in, 5), 5);
        assert_int_equal(ring_readable(r), 5);
        assert_int_equal(ring_read(r, out, 5), 5);
        assert_memory_equal(in, out, sizeof in);
    }
    ring_free(r);
}

static void takes_what_fits_and_keeps_the_oldest(void **state) {
    (void)state;
    float in[20], out[20];
    for (int i = 0; i < 20; i++) in[i] = (float)i;
    ring *r = ring_new(9);
    assert_non_null(r);
    assert_int_equal(ring_write(r, in, 20), 16);
    assert_int_equal(ring_write(r, in, 1), 0);
    assert_int_equal(ring_read(r, out, 3), 3);
    assert_int_equal(ring_write(r, in + 16, 4), 3);
    assert_int_equal(ring_read(r, out + 3, 20), 16);
    for (int i = 0; i < 19; i++) assert_float_equal(out[i], (float)i, 0);
    assert_int_equal(ring_read(r, out, 20), 0);
    ring_free(r);
}

static void refuses_wrong_sizes(void **state) {
    (void)state;
    float x = 1;
    assert_null(ring_new(SIZE_MAX));
    assert_null(ring_new(SIZE_MAX / 8));
    ring_free(NULL);
    ring *r = ring_new(0);
    assert_non_null(r);
    assert_int_equal(ring_write(r, &x, 0), 0);
    assert_int_equal(ring_read(r, &x, 0), 0);
    ring_free(r);
}

enum { FLOATS = 1 << 20 };

static void *write_all(void *user) {
    ring *r = user;
    float x[37];
    for (int next = 0; next < FLOATS;) {
        int n = FLOATS - next < 37 ? FLOATS - next : 37;
        for (int i = 0; i < n; i++) x[i] = (float)(next + i);
        next += (int)ring_write(r, x, (size_t)n);
    }
    return NULL;
}

static void carries_every_float_between_threads(void **state) {
    (void)state;
    pthread_t writer;
    float x[53];
    ring *r = ring_new(256);
    assert_non_null(r);
    assert_int_equal(pthread_create(&writer, NULL, write_all, r), 0);
    int next = 0, wrong = 0;
    while (next < FLOATS) {
        size_t n = ring_read(r, x, 53);
        for (size_t i = 0; i < n; i++) wrong += x[i] != (float)next++;
    }
    pthread_join(writer, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(ring_readable(r), 0);
    ring_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_in_order_across_the_end),
        cmocka_unit_test(takes_what_fits_and_keeps_the_oldest),
        cmocka_unit_test(refuses_wrong_sizes),
        cmocka_unit_test(carries_every_float_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
