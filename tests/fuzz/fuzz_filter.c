/* Which calls a list is of, in any JSON: values that fit the statement, or a sentence. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/archive.h"
#include "store/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Between the first and the last "%" nothing is a pattern. */
static void check_pattern(const char *pattern) {
    size_t n = strlen(pattern);
    if (n < 2 || pattern[0] != '%' || pattern[n - 1] != '%') abort();
    for (size_t i = 1; i < n - 1; i++) {
        if (strchr("%_", pattern[i])) abort();
        if (pattern[i] == '\\' && (++i == n - 1 || !strchr("%_\\", pattern[i]))) abort();
    }
}

static void check(json_t *values) {
    json_int_t limit = json_integer_value(json_object_get(values, "limit"));
    json_t *text = json_object_get(values, "text"), *peak = json_object_get(values, "peak");
    if (limit < 1 || limit > ARCHIVE_PAGE_MAX) abort();
    if (!json_is_string(json_object_get(values, "from")) || !json_is_string(json_object_get(values, "until"))) abort();
    if (!json_is_integer(json_object_get(values, "until_number"))) abort();
    if (!json_is_integer(json_object_get(values, "until_peak"))) abort();
    json_int_t points = json_integer_value(json_object_get(values, "points"));
    if (points < 0 || points > ARCHIVE_TREND_MAX || !json_is_string(json_object_get(values, "order"))) abort();
    if (peak && !(json_real_value(peak) >= 0 && json_real_value(peak) <= 1)) abort();
    if (text) check_pattern(json_string_value(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char why[128];
    json_t *given = json_loadb((const char *)data, n, 0, NULL), *values = filter_values(given, why, sizeof why);
    if (values) check(values);
    else if (!*why) abort();
    json_decref(values);
    json_decref(given);
    return 0;
}
