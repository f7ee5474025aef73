/* Hours of the week, minute by minute against a calendar written down otherwise. */
#include "cues/hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { MON = 1, TUE = 2, WED = 4, THU = 8, FRI = 16, SAT = 32, SUN = 64 };

static void days(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned days;
    } cases[] = {
        {"mon", MON},
        {"sun", SUN},
        {"mon-fri", MON | TUE | WED | THU | FRI},
        {"fri-mon", FRI | SAT | SUN | MON},
        {"wed-wed", WED},
        {"mon-sun", UT_EVERY_DAY},
        {"sun-sat", UT_EVERY_DAY},
        {"sat,sun", SAT | SUN},
        {"mon,wed-fri", MON | WED | THU | FRI},
        {"mon,mon", MON},
        {"", 0},
        {"mo", 0},
        {"Mon", 0},
        {"monday", 0},
        {"mon-", 0},
        {"-fri", 0},
        {"mon-fri-sun", 0},
        {"mon,", 0},
        {",mon", 0},
        {"mon, tue", 0},
        {"mon tue", 0},
        {"mon--fri", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (ut_hours_days(cases[i].text) != cases[i].days)
            fail_msg("\"%s\" is %x", cases[i].text, ut_hours_days(cases[i].text));
}

static void minutes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int minute;
    } cases[] = {
        {"00:00", 0},  {"00:01", 1},  {"06:30", 390}, {"23:59", 1439}, {"24:00", 1440}, {"24:01", -1},
        {"25:00", -1}, {"12:60", -1}, {"6:30", -1},   {"06:3", -1},    {"06:300", -1},  {"0630", -1},
        {"06.30", -1}, {"", -1},      {"-1:00", -1},  {"+6:30", -1},   {" 6:30", -1},   {"06:30 ", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (ut_hours_minute(cases[i].text) != cases[i].minute)
            fail_msg("\"%s\" is %d", cases[i].text, ut_hours_minute(cases[i].text));
}

/* The C library's calendar says which day it is; the range is laid out minute for minute from each of its days. */
static void every_minute_of_two_weeks(void **state) {
    (void)state;
    enum { DAY = 1440, WEEK = 7 * DAY };
    const time_t monday = 1764547200; /* 2025-12-01: the weeks go over a month's end */
    struct tm utc;
    assert_int_equal(gmtime_r(&monday, &utc)->tm_wday, 1);
    srand(3);
    for (int round = 0; round < 60; round++) {
        ut_hours hours = {.days = (unsigned)rand() & UT_EVERY_DAY, .from_min = rand() % DAY};
        do hours.to_min = rand() % (DAY + 1);
        while (hours.to_min == hours.from_min);
        bool quiet[WEEK] = {false};
        int length = (hours.to_min - hours.from_min + DAY) % DAY;
        if (hours.from_min == 0 && hours.to_min == DAY) length = DAY;
        for (int day = 0; day < 7; day++)
            for (int i = 0; i < length && hours.days >> day & 1; i++)
                quiet[(day * DAY + hours.from_min + i) % WEEK] = true;
        for (int minute = 0; minute < 2 * WEEK; minute++)
            if (ut_hours_hold(&hours, monday + 60 * minute + rand() % 60) != quiet[minute % WEEK])
                fail_msg("days %x, %d to %d: minute %d", hours.days, hours.from_min, hours.to_min, minute);
    }
}

static void before_the_epoch_is_never(void **state) {
    (void)state;
    const ut_hours always = {UT_EVERY_DAY, 0, 1440};
    assert_true(ut_hours_hold(&always, 0));
    assert_true(ut_hours_hold(&always, INT64_MAX));
    assert_false(ut_hours_hold(&always, -1));
    assert_false(ut_hours_hold(&always, INT64_MIN));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days),
        cmocka_unit_test(minutes),
        cmocka_unit_test(every_minute_of_two_weeks),
        cmocka_unit_test(before_the_epoch_is_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
