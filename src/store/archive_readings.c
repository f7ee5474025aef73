/* archive_readings.c - a call's readings as a page draws them: a few hundred steps, whatever its length; see archive.h.
 *
 * A reading at t_s is of the half second that ends there, so step n has those of (n step, (n + 1) step] after from_s.
 */
#include "store/archive.h"

#include <math.h>
#include <string.h>

#include "store/schema.h"

enum { POINTS = 600, READING_MS = 500 };

/* The end of the last reading too: a call in progress has no duration yet, and a summary can have been deleted. */
static const char length_sql[] =
    "SELECT max(coalesce((SELECT CAST(round(duration_s * 1000) AS INTEGER) FROM summaries WHERE call = number),"
    " 0), coalesce((SELECT max(t_ms) FROM measured WHERE call = number), 0)) * (consent = 'given') AS length_ms,"
    " iif(consent = 'given', number, 0) AS number FROM calls WHERE id = $call";

/* "level_db.min" is the row of min within level_db. */
#define OVER(column, scale, decimals, name)                                                                            \
    "round(min(" column ") / " scale ", " decimals ") AS \"" name ".min\","                                            \
    " round(max(" column ") / " scale ", " decimals ") AS \"" name ".max\","                                           \
    " round(avg(" column ") / " scale ", " decimals ") AS \"" name ".mean\""

/* In whole units, which is as fine as a page draws them. */
#define WHOLE(column, scale, name)                                                                                     \
    "CAST(round(min(" column ") / " scale ") AS INTEGER) AS \"" name ".min\","                                         \
    " CAST(round(max(" column ") / " scale ") AS INTEGER) AS \"" name ".max\","                                        \
    " CAST(round(avg(" column ") / " scale ") AS INTEGER) AS \"" name ".mean\""

/* A score counts where the model did not abstain: the others say nothing of the voice. In hundredths, which is finer
 * than a page draws. */
#define SCORE(name) OVER("iif(abstain, NULL, " name ")", "1000.0", "2", name)

#define LEVEL       WHOLE("level", "10.0", "level_db")
#define RATE        OVER("rate", "10.0", "1", "rate_syl_s")
#define PITCH       WHOLE("pitch", "10.0", "pitch_hz")
#define FRUSTRATION SCORE("frustration")
#define STRESS      SCORE("stress")
#define AROUSAL     SCORE("arousal")

#define STEP        "(t_ms - 1 - $from_ms) / $step_ms AS step"
#define OF_PART     "WHERE call = $number AND t_ms > $from_ms AND t_ms <= $to_ms"

static const char measured_sql[] =
    "SELECT " STEP ","
    " CASE channel WHEN 0 THEN 'customer' WHEN 1 THEN 'agent' ELSE 'mixed' END AS role,"
    " round(avg(speaking), 2) AS speaking, " LEVEL ", " RATE " FROM measured " OF_PART " GROUP BY step, role";

static const char scored_sql[] =
    "SELECT " STEP ", 'customer' AS role, " PITCH ", " FRUSTRATION ", " STRESS ", " AROUSAL ","
    " round(avg(confidence) / 100.0, 2) AS confidence, round(avg(abstain), 2) AS abstain"
    " FROM scored " OF_PART " GROUP BY step";

typedef struct picture {
    json_t *channels;     /* borrowed */
    size_t n;             /* steps */
    const char *measures; /* as in archive_part */
    bool failed;
} picture;

/* Whether a name of n letters is among names, which have commas between. */
static bool is_among(const char *names, const char *name, size_t n) {
    for (size_t length; *names; names += length + (names[length] == ',')) {
        length = strcspn(names, ",");
        if (length == n && !memcmp(names, name, n)) return true;
    }
    return false;
}

bool archive_measures(const char *measures) {
    static const char all[] = "speaking,level_db,rate_syl_s,pitch_hz,frustration,stress,arousal,confidence,abstain";
    for (size_t n; *measures; measures += n + (measures[n] == ',')) {
        n = strcspn(measures, ",");
        if (!is_among(all, measures, n)) return false;
    }
    return true;
}

static bool is_wanted(const char *column, const char *measures) {
    if (!strcmp(column, "step") || !strcmp(column, "role")) return false;
    return !measures || is_among(measures, column, strcspn(column, "."));
}

/* The value of a key of object, made where it is not there. Borrowed, null without memory. */
static json_t *within(json_t *object, const char *key, size_t n, json_t *make(void)) {
    json_t *value = json_object_getn(object, key, n);
    if (!value && !json_object_setn_new(object, key, n, make())) value = json_object_getn(object, key, n);
    return value;
}

/* The array of a column, with a null for each step where it is new. */
static json_t *array_of(json_t *channel, const char *column, size_t n_steps) {
    const char *dot = strchr(column, '.');
    json_t *object = dot ? within(channel, column, (size_t)(dot - column), json_object) : channel;
    const char *key = dot ? dot + 1 : column;
    json_t *array = object ? within(object, key, strlen(key), json_array) : NULL;
    while (array && json_array_size(array) < n_steps)
        if (json_array_append_new(array, json_null())) return NULL;
    return array;
}

static bool draw(void *user, json_t *row) {
    picture *p = user;
    const char *name = json_string_value(json_object_get(row, "role")), *column;
    json_t *channel = within(p->channels, name, strlen(name), json_object), *value;
    size_t step = (size_t)json_integer_value(json_object_get(row, "step"));
    p->failed = !channel;
    if (!channel || step >= p->n) return channel;
    json_object_foreach(row, column, value) {
        if (!is_wanted(column, p->measures)) continue;
        if (json_array_set(array_of(channel, column, p->n), step, value)) p->failed = true;
    }
    return !p->failed;
}

/* The call's readings begin a whole number of them after its start. */
static json_t *draw_all(struct database *d, const char *call_id, json_t *length, const archive_part *part) {
    json_int_t points = part->points > 0 ? part->points : POINTS;
    json_int_t end_ms = json_integer_value(json_object_get(length, "length_ms"));
    json_int_t to_ms = (json_int_t)fmin(floor(part->to_s * 1000 / READING_MS) * READING_MS, (double)end_ms);
    json_int_t from_ms = (json_int_t)fmin(part->from_s * 1000, (double)to_ms) / READING_MS * READING_MS;
    json_int_t readings = (to_ms - from_ms + READING_MS - 1) / READING_MS;
    json_int_t step_ms = (readings + points - 1) / points * READING_MS;
    if (!step_ms) step_ms = READING_MS;
    picture p = {.channels = json_object(),
                 .n = (size_t)((to_ms - from_ms + step_ms - 1) / step_ms),
                 .measures = part->measures};
    json_t *values = json_pack("{sO sI sI sI}", "number", json_object_get(length, "number"), "step_ms", step_ms,
                               "from_ms", from_ms, "to_ms", to_ms);
    bool good = p.channels && values && database_query(d, measured_sql, values, draw, &p) &&
                database_query(d, scored_sql, values, draw, &p) && !p.failed;
    json_decref(values);
    if (good)
        return json_pack("{ss sf sf so}", "call", call_id, "step_s", (double)step_ms / 1000, "from_s",
                         (double)from_ms / 1000, "channels", p.channels);
    json_decref(p.channels);
    return NULL;
}

json_t *archive_readings(struct database *d, const char *call_id, const archive_part *part) {
    json_t *values = json_pack("{ss}", "call", call_id), *length = database_row(d, length_sql, values), *drawn;
    drawn = json_is_object(length) ? draw_all(d, call_id, length, part) : json_incref(length);
    json_decref(length);
    json_decref(values);
    return drawn;
}
