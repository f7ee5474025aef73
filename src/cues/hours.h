/* hours.h - hours of the week, as a person writes them: "mon-fri", "22:00" to "06:00". */
#ifndef CUES_HOURS_H
#define CUES_HOURS_H

#include <stdbool.h>
#include <stdint.h>

/* A range that ends before it begins goes on into the next day. */
typedef struct ut_hours {
    unsigned days;        /* that it begins on: bit 0 is Monday */
    int from_min, to_min; /* of the day; to_min is no longer in it */
} ut_hours;
enum { UT_EVERY_DAY = 0x7f };

/* The bits of "sat", "mon-fri", "fri-mon" or "mon,wed-fri"; 0 where text is none of these. */
unsigned ut_hours_days(const char *text);

/* The minute of the day of "00:00" to "24:00", -1 where text is no such time. */
int ut_hours_minute(const char *text);

/* local_time_s: seconds since 1970 by the clock on the wall. */
bool ut_hours_hold(const ut_hours *hours, int64_t local_time_s);

#endif
