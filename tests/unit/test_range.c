/* Which bytes are asked for, in every way that a header can be written. */
#include "serve/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *header, long long size, range_kind kind, long long first, long long last) {
    long long got_first = -7, got_last = -7;
    range_kind got = range_of(header, size, &got_first, &got_last);
    if (got != kind) fail_msg("%s of %lld is kind %d, not %d", header ? header : "(none)", size, got, kind);
    if (kind == RANGE_PART && (got_first != first || got_last != last))
        fail_msg("%s of %lld is %lld-%lld, not %lld-%lld", header, size, got_first, got_last, first, last);
}

static void test_parts(void **state) {
    (void)state;
    expect("bytes=0-499", 10000, RANGE_PART, 0, 499);
    expect("bytes=500-999", 10000, RANGE_PART, 500, 999);
    expect("bytes=-500", 10000, RANGE_PART, 9500, 9999);
    expect("bytes=9500-", 10000, RANGE_PART, 9500, 9999);
    expect("bytes=0-", 10000, RANGE_PART, 0, 9999);
    expect("bytes=0-0", 10000, RANGE_PART, 0, 0);
    expect("bytes=-1", 10000, RANGE_PART, 9999, 9999);
    expect("bytes=9999-9999", 10000, RANGE_PART, 9999, 9999);
    expect("bytes=0-0", 1, RANGE_PART, 0, 0);
    expect("BYTES=00-007", 10000, RANGE_PART, 0, 7); /* units are case-insensitive, numbers have any zeros */
}

static void test_more_than_there_is(void **state) {
    (void)state;
    expect("bytes=0-99999", 10000, RANGE_PART, 0, 9999);
    expect("bytes=9999-10000", 10000, RANGE_PART, 9999, 9999);
    expect("bytes=-10001", 10000, RANGE_PART, 0, 9999);
    expect("bytes=-10000", 10000, RANGE_PART, 0, 9999);
    expect("bytes=5-99999999999999999999999999", 10000, RANGE_PART, 5, 9999);
    expect("bytes=-99999999999999999999999999", 10000, RANGE_PART, 0, 9999);
    expect("bytes=9223372036854775806-9223372036854775807", INT64_MAX, RANGE_PART, INT64_MAX - 1, INT64_MAX - 1);
}

static void test_unsatisfiable(void **state) {
    (void)state;
    expect("bytes=10000-", 10000, RANGE_UNSATISFIABLE, 0, 0);
    expect("bytes=10000-10001", 10000, RANGE_UNSATISFIABLE, 0, 0);
    expect("bytes=99999999999999999999-", 10000, RANGE_UNSATISFIABLE, 0, 0);
    expect("bytes=-0", 10000, RANGE_UNSATISFIABLE, 0, 0);
}

/* What is malformed, of another unit or several at once is as if it were not there. */
static void test_passed_over(void **state) {
    (void)state;
    static const char *const headers[] = {
        "",           "bytes",       "bytes=",           "bytes=-",     "bytes=--5",   "bytes=5",
        "bytes=a-b",  "bytes=5-4",   "bytes=5-4x",       "bytes=0-5x",  "bytes=0 -5",  "bytes = 0-5",
        "bytes=0- 5", "bytes=+1-5",  "bytes=1-+5",       "bytes=0x1-5", "bytes=1.0-5", "items=0-5",
        "byte=0-5",   "bytes=0-5;6", "bytes:0-5",        "bytes=-5-",   "bytes=1-2-3", "bytes=1-2,3-",
        "bytes=,",    "bytes=0-,-1", "bytes=0-0,99999-", "0-5",         " bytes=0-5",  "bytes=\xc3\xa4",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) expect(headers[i], 10000, RANGE_WHOLE, 0, 0);
    expect(NULL, 10000, RANGE_WHOLE, 0, 0);
    expect("bytes=0-5", 0, RANGE_WHOLE, 0, 0);
    expect("bytes=0-5, ,", 10000, RANGE_PART, 0, 5); /* a list may have empty parts */
    expect("bytes=,\t-5,", 10000, RANGE_PART, 9995, 9999);
}

static void test_if_range(void **state) {
    (void)state;
    static const char etag[] = "\"a1\"", date[] = "Sun, 22 Nov 2026 15:00:00 GMT";
    assert_true(range_still_holds(NULL, etag, date));
    assert_true(range_still_holds("\"a1\"", etag, date));
    assert_true(range_still_holds("Sun, 22 Nov 2026 15:00:00 GMT", etag, date));
    assert_false(range_still_holds("", etag, date));
    assert_false(range_still_holds("\"a2\"", etag, date));
    assert_false(range_still_holds("W/\"a1\"", etag, date)); /* weak: not the very same bytes */
    assert_false(range_still_holds("Sun, 22 Nov 2026 15:00:01 GMT", etag, date));
    assert_false(range_still_holds("\"a1\", \"a2\"", etag, date));
}

static void test_if_none_match(void **state) {
    (void)state;
    assert_true(range_etag_known("\"a1\"", "\"a1\""));
    assert_true(range_etag_known("*", "\"a1\""));
    assert_true(range_etag_known("W/\"a1\"", "\"a1\""));
    assert_true(range_etag_known("\"x\", W/\"y\" ,\"a1\"", "\"a1\""));
    assert_true(range_etag_known("\"x,\",\"a1\"", "\"a1\""));
    assert_false(range_etag_known(NULL, "\"a1\""));
    assert_false(range_etag_known("", "\"a1\""));
    assert_false(range_etag_known("a1", "\"a1\""));
    assert_false(range_etag_known("\"a1", "\"a1\""));
    assert_false(range_etag_known("\"a1x\"", "\"a1\""));
    assert_false(range_etag_known("\"x\"a1\"", "\"a1\""));
    assert_false(range_etag_known("\"x\", *", "\"a1\""));
    assert_false(range_etag_known("W/", "\"a1\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),         cmocka_unit_test(test_more_than_there_is),
        cmocka_unit_test(test_unsatisfiable), cmocka_unit_test(test_passed_over),
        cmocka_unit_test(test_if_range),      cmocka_unit_test(test_if_none_match),
    };
    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
