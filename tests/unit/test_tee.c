/* What passes through a tee comes out as it went in, and is seen once. */
#include "capture/tee.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "made_source.h"

enum { BLOCK = 500 };

static float seen[2][BLOCK];
static size_t n_seen;

static void see(void *user, const source *self, float *const x[SOURCE_CHANNELS], int n) {
    assert_ptr_equal(user, &n_seen);
    assert_in_range(n, 1, BLOCK);
    for (int c = 0; c < self->channels; c++) memcpy(seen[c], x[c], (size_t)n * sizeof *x[c]);
    n_seen += (size_t)n;
}

static source *made_tee(bool breaks, atomic_int *closed) {
    made_source *inner = made_source_new("call", "agent,customer", 4.03);
    inner->idle_every = 7;
    inner->breaks = breaks;
    inner->closed = closed;
    n_seen = 0;
    source *t = tee_new(&inner->base, see, &n_seen);
    inner->base.lost = 3; /* on the way */
    return t;
}

static void what_passes_is_seen(void **state) {
    (void)state;
    atomic_int closed = 0;
    source *t = made_tee(false, &closed);
    size_t n_read = 0;
    int n;
    assert_string_equal(t->name, "call");
    assert_int_equal(t->channels, 2);
    assert_int_equal(t->roles[0], UT_AGENT);
    assert_float_equal(t->duration_s(t), 4.03, 1e-3);
    for (float x[2][BLOCK]; (n = source_read(t, (float *const[]){x[0], x[1]}, BLOCK)) >= 0;) {
        n_read += (size_t)n;
        assert_int_equal(n_seen, n_read);
        if (n) assert_memory_equal(x[0], seen[0], (size_t)n * sizeof(float));
        if (n) assert_memory_equal(x[1], seen[1], (size_t)n * sizeof(float));
    }
    assert_int_equal(n, -1);
    assert_int_equal(n_read, 4.03 * UT_RATE_HZ);
    assert_int_equal(t->lost, 3);
    source_close(t);
    assert_int_equal(closed, 1);
}

static void a_fault_passes_too(void **state) {
    (void)state;
    source *t = made_tee(true, NULL);
    float x[2][BLOCK];
    int n;
    while ((n = source_read(t, (float *const[]){x[0], x[1]}, BLOCK)) >= 0) {}
    assert_int_equal(n, -2);
    assert_string_equal(t->fault, "call: the cable is out");
    source_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_is_seen),
        cmocka_unit_test(a_fault_passes_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
