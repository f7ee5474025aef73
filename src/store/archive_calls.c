/* archive_calls.c - the list of calls, see archive.h.
 *
 * A page is found by walking the calls from the newest to the oldest, in the order of the index calls_by_time, until
 * it is full: what a filter asks of cues, tags and notes is looked up for each call on the way. By peaks there is no
 * index, and each call is looked at. The cursor is the place of the last call in the order, so a call that is added
 * meanwhile neither repeats one nor leaves one out.
 */
#include "store/archive.h"

#include <math.h>
#include <string.h>

#include "store/archive_columns.h"
#include "store/filter.h"
#include "store/told.h"

enum { READING_MS = 500 };

/* In thousandths, as readings have it; before 0 where nothing was scored or nothing may be told. */
#define HIGHEST                                                                                                        \
    "iif(consent = 'given', CAST(round(1000 * max(coalesce(" ARCHIVE_FRUSTRATION ", -1), coalesce(" ARCHIVE_STRESS     \
    ", -1))) AS INTEGER), -1000)"

/* What may not be told of a call does not find it either. */
#define CHOSEN                                                                                                         \
    " AND (consent = 'given' OR coalesce($agent, $team, $queue, $customer, $peak, $cue, $tag, $text) IS NULL)"         \
    " AND ($agent IS NULL OR agent = $agent) AND ($team IS NULL OR team = $team)"                                      \
    " AND ($queue IS NULL OR queue = $queue) AND ($customer IS NULL OR customer = $customer)"                          \
    " AND ($state IS NULL OR (ended_at IS NULL) = ($state = 'live'))"                                                  \
    " AND ($peak IS NULL OR " ARCHIVE_FRUSTRATION " >= $peak OR " ARCHIVE_STRESS " >= $peak)"                          \
    " AND ($cue IS NULL OR EXISTS (SELECT 1 FROM cues WHERE cues.call = calls.number AND kind = $cue"                  \
    " AND (shown OR ended_at IS NOT NULL)))"                                                                           \
    " AND ($tag IS NULL OR EXISTS (SELECT 1 FROM tags WHERE tags.call = calls.number AND tag = $tag))"                 \
    " AND ($text IS NULL OR EXISTS"                                                                                    \
    " (SELECT 1 FROM notes WHERE notes.call = calls.number AND text LIKE $text ESCAPE '\\'))"

static const char by_time_sql[] =
    "SELECT " ARCHIVE_LISTED ", " ARCHIVE_WHEN " AS place_at, calls.number AS place_number " ARCHIVE_CALLS
    " WHERE " ARCHIVE_WHEN " >= $from AND " ARCHIVE_WHEN " <= $until"
    " AND (" ARCHIVE_WHEN " < $until OR calls.number < $until_number)" CHOSEN " ORDER BY " ARCHIVE_WHEN
    " DESC, calls.number DESC LIMIT $limit";

/* The places first: all else that is listed is looked up for the page alone. */
static const char by_peak_sql[] =
    "SELECT " ARCHIVE_LISTED ", place_at, place_number FROM (SELECT * FROM"
    " (SELECT " HIGHEST " AS place_at, calls.number AS place_number " ARCHIVE_CALLS " WHERE " ARCHIVE_WHEN
    " >= $from AND " ARCHIVE_WHEN " < $until" CHOSEN ")"
    " WHERE place_at < $until_peak OR (place_at = $until_peak AND place_number < $until_number)"
    " ORDER BY place_at DESC, place_number DESC LIMIT $limit)"
    " JOIN calls ON calls.number = place_number LEFT JOIN summaries ON summaries.call = place_number"
    " ORDER BY place_at DESC, place_number DESC";

/* In steps of whole readings, as archive_readings.c has them. */
static const char trend_sql[] = "SELECT (t_ms - 1) / $step_ms AS step, max(frustration) / 1000.0 AS frustration,"
                                " max(stress) / 1000.0 AS stress FROM scored"
                                " WHERE call = $number AND NOT abstain GROUP BY step";

static bool is_given(json_t *call) {
    const char *consent = json_string_value(json_object_get(call, "consent"));
    return consent && !strcmp(consent, "given");
}

void archive_mask(json_t *call) {
    static const char *const stub[] = {"type",    "call", "started_at", "ended_at",    "ended_how",
                                       "consent", "held", "place_at",   "place_number"};
    const char *key;
    json_t *value;
    void *next;
    if (is_given(call)) return;
    json_object_foreach_safe(call, next, key, value) {
        size_t i = 0;
        while (i < sizeof stub / sizeof *stub && strcmp(stub[i], key) != 0) i++;
        if (i < sizeof stub / sizeof *stub) continue;
        bool list = json_is_array(value), object = json_is_object(value);
        json_object_set_new(call, key, list ? json_array() : object ? json_object() : json_null());
    }
}

/* A time, or as a number a peak. */
static json_t *cursor_at(json_t *call) {
    json_t *at = json_object_get(call, "place_at");
    json_int_t number = json_integer_value(json_object_get(call, "place_number"));
    if (json_is_string(at)) return json_sprintf("%s_%" JSON_INTEGER_FORMAT, json_string_value(at), number);
    return json_sprintf("p%" JSON_INTEGER_FORMAT "_%" JSON_INTEGER_FORMAT, json_integer_value(at), number);
}

/* ---- small pictures ---- */

typedef struct trend {
    json_t *frustration, *stress; /* [n] */
} trend;

static json_t *nulls(json_int_t n) {
    json_t *array = json_array();
    while (array && n-- > 0) json_array_append_new(array, json_null());
    return array;
}

static bool draw(void *user, json_t *row) {
    const trend *t = user;
    size_t step = (size_t)json_integer_value(json_object_get(row, "step"));
    json_array_set(t->frustration, step, json_object_get(row, "frustration"));
    json_array_set(t->stress, step, json_object_get(row, "stress"));
    return true;
}

/* What lies behind the end has no place in the arrays. */
static bool add_trend(struct database *d, json_t *call, json_int_t points) {
    json_int_t length_ms = llround(json_number_value(json_object_get(call, "duration_s")) * 1000);
    json_int_t readings = (length_ms + READING_MS - 1) / READING_MS;
    json_int_t step_ms = readings ? (readings + points - 1) / points * READING_MS : READING_MS;
    json_int_t n = (length_ms + step_ms - 1) / step_ms;
    trend t = {nulls(n), nulls(n)};
    json_t *values = json_pack("{sO sI}", "number", json_object_get(call, "place_number"), "step_ms", step_ms);
    bool good = t.frustration && t.stress && values && database_query(d, trend_sql, values, draw, &t);
    json_decref(values);
    json_t *drawn =
        json_pack("{sf so so}", "step_s", (double)step_ms / 1000, "frustration", t.frustration, "stress", t.stress);
    return good ? !json_object_set_new(call, "trend", drawn) : (json_decref(drawn), false);
}

/* Takes over calls; null on failure. */
static json_t *with_trends(struct database *d, json_t *calls, json_int_t points) {
    json_t *call;
    size_t i;
    bool good = true;
    json_array_foreach(calls, i, call) {
        if (!points || !good) break;
        good = is_given(call) ? add_trend(d, call, points) : !json_object_set_new(call, "trend", json_null());
    }
    if (good) return calls;
    json_decref(calls);
    return NULL;
}

/* ---- a page ---- */

/* Takes over calls. */
static json_t *page_of(json_t *calls, json_t *next) {
    json_t *call;
    size_t i;
    json_array_foreach(calls, i, call) {
        archive_mask(call);
        json_object_del(call, "place_at");
        json_object_del(call, "place_number");
    }
    return json_pack("{so so}", "calls", calls, "next", next ? next : json_null());
}

/* One call more than a page has is asked for, to know whether there is another page. */
static json_t *find_page(struct database *d, json_t *values) {
    json_int_t limit = json_integer_value(json_object_get(values, "limit"));
    bool by_peak = !strcmp(json_string_value(json_object_get(values, "order")), "peak");
    json_object_set_new(values, "limit", json_integer(limit + 1));
    json_t *calls = told_rows(d, by_peak ? by_peak_sql : by_time_sql, values), *next = NULL;
    if (json_array_size(calls) > (size_t)limit) next = cursor_at(json_array_get(calls, (size_t)limit - 1));
    json_array_remove(calls, (size_t)limit);
    calls = with_trends(d, calls, json_integer_value(json_object_get(values, "points")));
    if (calls) return page_of(calls, next);
    json_decref(next);
    return NULL;
}

json_t *archive_calls(struct database *d, json_t *filter, char *why, size_t why_size) {
    json_t *values = filter_values(filter, why, why_size);
    json_t *page = values ? find_page(d, values) : NULL;
    json_decref(values);
    return page;
}
