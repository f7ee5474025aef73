/* archive_calls.c - the list of calls, see archive.h.
 *
 * A page is found by walking the calls from the newest to the oldest, in the order of the index calls_by_time, until
 * it is full: what a filter asks of cues, tags and notes is looked up for each call on the way. The cursor is the place
 * of the last call in that order, so a call that is added meanwhile neither repeats one nor leaves one out.
 */
#include "store/archive.h"

#include <string.h>

#include "store/archive_columns.h"
#include "store/filter.h"
#include "store/told.h"

static const char page_sql[] =
    "SELECT " ARCHIVE_LISTED ", " ARCHIVE_WHEN " AS place_at, calls.number AS place_number " ARCHIVE_CALLS
    " WHERE " ARCHIVE_WHEN " >= $from AND " ARCHIVE_WHEN " <= $until"
    " AND (" ARCHIVE_WHEN " < $until OR calls.number < $until_number)"
    " AND ($agent IS NULL OR agent = $agent) AND ($team IS NULL OR team = $team)"
    " AND ($queue IS NULL OR queue = $queue) AND ($customer IS NULL OR customer = $customer)"
    " AND ($state IS NULL OR (ended_at IS NULL) = ($state = 'live'))"
    " AND ($peak IS NULL OR " ARCHIVE_FRUSTRATION " >= $peak OR " ARCHIVE_STRESS " >= $peak)"
    " AND ($cue IS NULL OR EXISTS (SELECT 1 FROM cues WHERE cues.call = calls.number AND kind = $cue"
    " AND (shown OR ended_at IS NOT NULL)))"
    " AND ($tag IS NULL OR EXISTS (SELECT 1 FROM tags WHERE tags.call = calls.number AND tag = $tag))"
    " AND ($text IS NULL OR EXISTS"
    " (SELECT 1 FROM notes WHERE notes.call = calls.number AND text LIKE $text ESCAPE '\\'))"
    " ORDER BY " ARCHIVE_WHEN " DESC, calls.number DESC LIMIT $limit";

void archive_mask(json_t *call) {
    static const char *const stub[] = {"type",    "call", "started_at", "ended_at",    "ended_how",
                                       "consent", "held", "place_at",   "place_number"};
    const char *consent = json_string_value(json_object_get(call, "consent")), *key;
    json_t *value;
    void *next;
    if (consent && !strcmp(consent, "given")) return;
    json_object_foreach_safe(call, next, key, value) {
        size_t i = 0;
        while (i < sizeof stub / sizeof *stub && strcmp(stub[i], key) != 0) i++;
        if (i < sizeof stub / sizeof *stub) continue;
        bool list = json_is_array(value), object = json_is_object(value);
        json_object_set_new(call, key, list ? json_array() : object ? json_object() : json_null());
    }
}

static json_t *cursor_at(json_t *call) {
    return json_sprintf("%s_%" JSON_INTEGER_FORMAT, json_string_value(json_object_get(call, "place_at")),
                        json_integer_value(json_object_get(call, "place_number")));
}

/* One call more than a page has was asked for, to know whether there is another page. Takes over calls. */
static json_t *page_of(json_t *calls, size_t limit) {
    json_t *next = NULL, *call;
    size_t i;
    if (json_array_size(calls) > limit) next = cursor_at(json_array_get(calls, limit - 1));
    json_array_remove(calls, limit);
    json_array_foreach(calls, i, call) {
        archive_mask(call);
        json_object_del(call, "place_at");
        json_object_del(call, "place_number");
    }
    return json_pack("{so so}", "calls", calls, "next", next ? next : json_null());
}

json_t *archive_calls(struct database *d, json_t *filter, char *why, size_t why_size) {
    json_t *values = filter_values(filter, why, why_size), *calls;
    if (!values) return NULL;
    json_int_t limit = json_integer_value(json_object_get(values, "limit"));
    json_object_set_new(values, "limit", json_integer(limit + 1));
    calls = told_rows(d, page_sql, values);
    json_decref(values);
    return calls ? page_of(calls, (size_t)limit) : NULL;
}
