/* filter.c - see filter.h. What comes here was typed into a browser's address or a command line. */
#include "store/filter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "store/archive.h"

enum { TEXT_MAX = 200, LIMIT = 50, HIGHEST_PEAK = 1001 /* before every one there is */ };
static const char last_of_times[] = "~"; /* behind every time there is */

typedef struct filter {
    json_t *values; /* of the statement */
    char *why;
    size_t why_size;
} filter;

static bool object_to(const filter *f, const char *key, const char *to_what) {
    snprintf(f->why, f->why_size, "%s %s", key, to_what);
    return false;
}

/* "2026-11-21", "2026-11-21T10:00Z", "2026-11-21T10:00:00Z" or "2026-11-21T10:00:00.000Z". */
static bool parse_time(const char *text, int64_t *unix_ms, bool *is_date) {
    static const char pattern[] = "0000-00-00T00:00:00.000";
    size_t n = strlen(text), digits = n;
    *is_date = n == strlen("0000-00-00");
    if (!*is_date && (!n || text[--digits] != 'Z')) return false;
    if (!*is_date && digits != 16 && digits != 19 && digits != 23) return false;
    for (size_t i = 0; i < digits; i++)
        if (pattern[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i]) return false;
    struct tm utc = {.tm_year = atoi(text) - 1900, .tm_mon = atoi(text + 5) - 1, .tm_mday = atoi(text + 8)};
    if (digits >= 16) utc.tm_hour = atoi(text + 11), utc.tm_min = atoi(text + 14);
    if (digits >= 19) utc.tm_sec = atoi(text + 17);
    struct tm there_is = utc;
    *unix_ms = (int64_t)timegm(&there_is) * 1000 + (digits == 23 ? atoi(text + 20) : 0);
    return there_is.tm_mon == utc.tm_mon && there_is.tm_hour == utc.tm_hour && there_is.tm_min == utc.tm_min &&
           there_is.tm_sec == utc.tm_sec; /* a day that there is not would be one of another month */
}

/* from and to: a date as "to" includes its day. */
static bool take_time(filter *f, const char *key, const char *text, const char *value_key, bool includes_day) {
    enum { DAY_MS = 86400000 };
    char utc[UTC_SIZE];
    int64_t unix_ms;
    bool is_date;
    if (!parse_time(text, &unix_ms, &is_date))
        return object_to(f, key, "is neither a date like 2026-11-21 nor a time like 2026-11-21T10:00:00Z");
    if (is_date && includes_day) unix_ms += DAY_MS;
    return !json_object_set_new(f->values, value_key, json_string(utc_text(utc, unix_ms)));
}

static bool take_from(filter *f, const char *key, json_t *value) {
    return take_time(f, key, json_string_value(value), "from", false);
}

static bool take_to(filter *f, const char *key, json_t *value) {
    return take_time(f, key, json_string_value(value), "until", true);
}

static bool take_name(filter *f, const char *key, json_t *value) { return !json_object_set(f->values, key, value); }

static bool take_cue(filter *f, const char *key, json_t *value) {
    for (int kind = 0; kind < UT_CUE_KINDS; kind++)
        if (!strcmp(json_string_value(value), ut_cue_name((ut_cue_kind)kind))) return take_name(f, key, value);
    return object_to(f, key, "is none that there is");
}

static bool take_state(filter *f, const char *key, json_t *value) {
    const char *state = json_string_value(value);
    if (strcmp(state, "live") && strcmp(state, "ended")) return object_to(f, key, "is neither live nor ended");
    return take_name(f, key, value);
}

/* What is to be found, as a pattern in which nothing of it is one. */
static bool take_text(filter *f, const char *key, json_t *value) {
    char pattern[2 * TEXT_MAX + 3] = "%", *at = pattern + 1;
    for (const char *c = json_string_value(value); *c; *at++ = *c++)
        if (strchr("%_\\", *c)) *at++ = '\\';
    *at++ = '%';
    return !json_object_set_new(f->values, key, json_stringn(pattern, (size_t)(at - pattern)));
}

/* Numbers come as text from a command line or an address. */
static bool number_of(json_t *value, double *number) {
    const char *text = json_string_value(value);
    char *end = NULL;
    *number = text ? strtod(text, &end) : json_number_value(value);
    return text ? end > text && !*end : json_is_number(value);
}

static bool take_peak(filter *f, const char *key, json_t *value) {
    double peak;
    if (!number_of(value, &peak) || !(peak >= 0 && peak <= 1)) return object_to(f, key, "is not a number from 0 to 1");
    return !json_object_set_new(f->values, key, json_real(peak));
}

static bool take_whole(filter *f, const char *key, json_t *value, int most) {
    double number;
    char wanted[64];
    snprintf(wanted, sizeof wanted, "is not a whole number from 1 to %d", most);
    if (!number_of(value, &number) || !(number >= 1 && number <= most) || number != (int)number)
        return object_to(f, key, wanted);
    return !json_object_set_new(f->values, key, json_integer((json_int_t)number));
}

static bool take_limit(filter *f, const char *key, json_t *value) {
    return take_whole(f, key, value, ARCHIVE_PAGE_MAX);
}

static bool take_order(filter *f, const char *key, json_t *value) {
    const char *order = json_string_value(value);
    if (strcmp(order, "time") && strcmp(order, "peak")) return object_to(f, key, "is neither time nor peak");
    return take_name(f, key, value);
}

static bool take_points(filter *f, const char *key, json_t *value) {
    return take_whole(f, key, value, ARCHIVE_TREND_MAX);
}

static bool is_by_peak(const filter *f) {
    return !strcmp(json_string_value(json_object_get(f->values, "order")), "peak");
}

/* A cursor, "TIME_NUMBER", or where the order is that of peaks "pPEAK_NUMBER". It lies before "to", since the list it
 * came from did. */
static bool take_before(filter *f, const char *key, json_t *value) {
    const char *text = json_string_value(value), *line = strrchr(text, '_');
    char *end = NULL, *end_of_peak = NULL;
    bool by_peak = is_by_peak(f),
         good = line && line > text && isdigit((unsigned char)line[1]) && by_peak == (*text == 'p');
    long long number = good ? strtoll(line + 1, &end, 10) : 0;
    long long peak = good && by_peak ? strtoll(text + 1, &end_of_peak, 10) : 0;
    if (!good || *end || (by_peak && (end_of_peak != line || line == text + 1)))
        return object_to(f, key, "is not what a list of calls in this order gave as next");
    json_t *until = by_peak ? json_integer(peak) : json_stringn(text, (size_t)(line - text));
    return !json_object_set_new(f->values, by_peak ? "until_peak" : "until", until) &&
           !json_object_set_new(f->values, "until_number", json_integer(number));
}

/* before comes last: it takes the place of to, and is of an order. */
static const struct {
    const char *key;
    bool (*take)(filter *f, const char *key, json_t *value);
    bool may_be_number;
} keys[] = {{"from", take_from, false},   {"to", take_to, false},        {"agent", take_name, false},
            {"team", take_name, false},   {"queue", take_name, false},   {"customer", take_name, false},
            {"cue", take_cue, false},     {"peak", take_peak, true},     {"tag", take_name, false},
            {"text", take_text, false},   {"state", take_state, false},  {"limit", take_limit, true},
            {"order", take_order, false}, {"points", take_points, true}, {"before", take_before, false}};
enum { KEYS = sizeof keys / sizeof *keys };

static bool is_key(const char *name) {
    for (int i = 0; i < KEYS; i++)
        if (!strcmp(keys[i].key, name)) return true;
    return false;
}

static bool take_all(filter *f, const json_t *given) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)given, name,
                        value) if (!is_key(name)) return object_to(f, "calls cannot be chosen by", name);
    for (int i = 0; i < KEYS; i++) {
        value = json_object_get(given, keys[i].key);
        if (!value || json_is_null(value)) continue;
        if (!json_is_string(value) && !(keys[i].may_be_number && json_is_number(value)))
            return object_to(f, keys[i].key, "is not text");
        if (json_string_length(value) > TEXT_MAX) return object_to(f, keys[i].key, "is too long");
        if (!keys[i].take(f, keys[i].key, value)) return false;
    }
    return true;
}

json_t *filter_values(const json_t *given, char *why, size_t why_size) {
    filter f = {.why = why, .why_size = why_size};
    snprintf(why, why_size, "%s", "");
    f.values = json_pack("{ss ss si si si ss si}", "from", "", "until", last_of_times, "until_number", 0, "until_peak",
                         HIGHEST_PEAK, "limit", LIMIT, "order", "time", "points", 0);
    if (f.values && take_all(&f, given)) return f.values;
    json_decref(f.values);
    return NULL;
}
