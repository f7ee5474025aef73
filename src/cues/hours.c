/* hours.c - reads hours of the week and says whether a moment lies in them. */
#include "cues/hours.h"

#include <ctype.h>
#include <string.h>

enum { DAY_MIN = 24 * 60, EPOCH_DAY = 3 /* 1970-01-01 was a Thursday */ };

/* The day of a name at *text, which is moved on behind it; -1 where there is none. */
static int read_day(const char **text) {
    static const char names[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int day = 0; day < 7; day++) {
        if (strncmp(*text, names[day], 3)) continue;
        *text += 3;
        return day;
    }
    return -1;
}

unsigned ut_hours_days(const char *text) {
    unsigned days = 0;
    for (;; text++) {
        int first = read_day(&text), last = first;
        if (first >= 0 && *text == '-') {
            text++;
            last = read_day(&text);
        }
        if (first < 0 || last < 0) return 0;
        for (int day = first; day != last; day = (day + 1) % 7) days |= 1u << day;
        days |= 1u << last;
        if (*text != ',') return *text ? 0 : days;
    }
}

int ut_hours_minute(const char *text) {
    static const char form[] = "00:00";
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i]) return -1;
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    return minute < 60 && hour * 60 + minute <= DAY_MIN ? hour * 60 + minute : -1;
}

bool ut_hours_hold(const ut_hours *hours, int64_t local_time_s) {
    if (local_time_s < 0) return false;
    int64_t minutes = local_time_s / 60, today = (minutes / DAY_MIN + EPOCH_DAY) % 7, yesterday = (today + 6) % 7;
    int now = (int)(minutes % DAY_MIN);
    bool begun_today = hours->days >> today & 1, begun_yesterday = hours->days >> yesterday & 1;
    if (hours->from_min < hours->to_min) return begun_today && now >= hours->from_min && now < hours->to_min;
    return (begun_today && now >= hours->from_min) || (begun_yesterday && now < hours->to_min);
}
