/* told.c - see told.h. */
#include "store/told.h"

#include <string.h>

static json_t *parsed(json_t *text) {
    return json_loadb(json_string_value(text), json_string_length(text), JSON_DECODE_ANY, NULL);
}

/* A value by the word after its column's name; borrows value and returns a new reference. */
static json_t *value_as(json_t *value, const char *word) {
    if (!strcmp(word, "flag")) return json_boolean(json_integer_value(value));
    if (!strcmp(word, "json")) return parsed(value);
    return json_incref(value);
}

static int add_within(json_t *object, json_t *text) {
    json_t *keys = parsed(text);
    int failed = keys ? json_object_update(object, keys) : -1;
    json_decref(keys);
    return failed;
}

static int add(json_t *object, const char *column, json_t *value) {
    const char *colon = strrchr(column, ':');
    if (!colon) return json_object_set(object, column, value);
    if (json_is_null(value)) return 0;
    if (!strcmp(colon, ":within")) return add_within(object, value);
    return json_object_setn_new(object, column, (size_t)(colon - column), value_as(value, colon + 1));
}

json_t *told(json_t *row) {
    json_t *object = json_object(), *value;
    const char *column;
    json_object_foreach(row, column, value) {
        if (!add(object, column, value)) continue;
        json_decref(object);
        return NULL;
    }
    return object;
}

static bool append(void *user, json_t *row) { return !json_array_append_new(user, told(row)); }

json_t *told_rows(struct database *d, const char *sql, json_t *values) {
    json_t *rows = json_array();
    if (rows && database_query(d, sql, values, append, rows)) return rows;
    json_decref(rows);
    return NULL;
}

json_t *told_row(struct database *d, const char *sql, json_t *values) {
    json_t *row = database_row(d, sql, values), *object = json_is_object(row) ? told(row) : json_incref(row);
    json_decref(row);
    return object;
}
