/* Numbers as text: printf is the judge of every one. */
#include "commands/number.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 64 };

static uint64_t next_bits(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* What is written is what printf writes, reads back as the number, and stays within the bytes it may use. */
static void check(double x, int digits) {
    char text[SIZE], wanted[SIZE];
    memset(text, '~', sizeof text);
    char *end = number_write(text, x, digits);
    assert_int_equal(text[NUMBER_SIZE], '~');
    *end = '\0';
    snprintf(wanted, sizeof wanted, "%.*g", digits, x);
    if (strcmp(text, wanted)) fail_msg("%a is written as %s, not as %s", x, text, wanted);
    double least = digits == NUMBER_DIGITS ? 5e-6 : 5e-8;
    if (!(fabs(strtod(text, NULL) - x) <= least * fabs(x) + DBL_MIN))
        fail_msg("%s reads back %g off", text, strtod(text, NULL) - x);
}

static void check_both(double x) {
    check(x, NUMBER_DIGITS);
    check(x, NUMBER_TIME_DIGITS);
    check(-x, NUMBER_DIGITS);
}

static void edges(void **state) {
    (void)state;
    static const double odd[] = {0,        1,        9,          10,        0.5,     0.1,     1.5,     100000.5,
                                 999999.5, 999999.4, 1e6,        123456,    0.0001,  9.99e-5, 0.00010, 12345.65,
                                 0.125,    1e-7,     99999999.5, 99999.995, FLT_MAX, FLT_MIN, 1e-45,   DBL_MAX,
                                 DBL_MIN,  1e21,     1e22,       1e-12,     8640000};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) check_both(odd[i]);
    for (int exponent = -44; exponent < 39; exponent++) {
        float x = strtof((char[]){'1', 'e', exponent < 0 ? '-' : '+', (char)('0' + abs(exponent) / 10),
                                  (char)('0' + abs(exponent) % 10), '\0'},
                         NULL);
        check_both(x);
        check_both(nextafterf(x, 0));
        check_both(nextafterf(x, 1));
        check_both(9.9999949 * x);
        check_both(9.9999951 * x);
    }
    for (int exponent = -1070; exponent < 1023; exponent++) check_both(ldexp(1, exponent));
    check(-0.0, NUMBER_DIGITS);
}

static void any_float(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 300000; i++) {
        uint32_t bits = (uint32_t)next_bits(&seed);
        float x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x)) check_both(x);
    }
}

/* Levels, frequencies, coefficients; and numbers of a few decimals, half of which lie on a half. */
static void what_frames_hold(void **state) {
    (void)state;
    uint64_t seed = 362436069;
    for (int i = 0; i < 100000; i++) {
        double share = (double)(next_bits(&seed) >> 11) / (double)(1ull << 53);
        check_both((float)(share * 200 - 100));
        check_both((float)(share * 4000));
        check_both((float)pow(10, share * 8 - 7));
        check_both((double)(next_bits(&seed) % 20000001) / 2 / pow(10, i % 8));
    }
}

/* Every hop of a day has a text of its own. */
static void times(void **state) {
    (void)state;
    char text[NUMBER_SIZE], wanted[SIZE];
    for (int hop = 1; hop <= 8640000; hop += hop < 100000 ? 1 : 97) {
        *number_write(text, hop / 100.0, NUMBER_TIME_DIGITS) = '\0';
        snprintf(wanted, sizeof wanted, "%d.%02d", hop / 100, hop % 100);
        if (strtod(text, NULL) != strtod(wanted, NULL)) fail_msg("%s is written as %s", wanted, text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(any_float),
        cmocka_unit_test(what_frames_hold),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
