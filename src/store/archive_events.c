/* archive_events.c - a call's events again, from its rows; see archive.h.
 *
 * The keys, their order and their decimals are event.c's. What a row does not keep is not there: a turn's end stands
 * for when it was decided; when a pause was asked for follows from where in the call it is.
 *
 * Readings are most of what there is. They come from the database as they are wanted, and in between what else
 * happened, which is read before and is little.
 */
#include "store/archive.h"

#include <math.h>
#include <stdlib.h>

#include "store/archive_columns.h"
#include "store/schema.h"
#include "store/told.h"

#define OF_CALL     "WHERE call = " ARCHIVE_NUMBER
#define STARTED_AT  "(SELECT started_at FROM calls WHERE id = $call)"
#define AFTER_CALL  "1e9"
#define UTC_OF(t_s) "strftime(" SCHEMA_ISO ", " STARTED_AT ", printf('%+.3f seconds', " t_s "))"

static const char call_sql[] =
    "SELECT 'call' AS type, id AS call, source, channels AS \"channels:json\", rate_hz, started_at, consent, model,"
    " arm, (SELECT method FROM consents WHERE consents.call = number ORDER BY rowid) AS \"consent_method:maybe\","
    " playbook AS \"playbook:maybe\", queue AS \"queue:maybe\", agent AS \"agent:maybe\", team AS \"team:maybe\","
    " customer AS \"customer:maybe\", content_sha256 AS \"content_sha256:maybe\" FROM calls WHERE id = $call";

/* Only the customer's have scores. */
static const char readings_sql[] =
    "SELECT 'reading' AS type, $call AS call, measured.t_ms / 1000.0 AS t_s,"
    " CASE channel WHEN 0 THEN 'customer' WHEN 1 THEN 'agent' ELSE 'mixed' END AS channel,"
    " speaking AS \"speaking:flag\","
    " CASE sound WHEN 0 THEN 'none' WHEN 1 THEN 'speech' WHEN 2 THEN 'music' ELSE 'tone' END AS sound,"
    " level / 10.0 AS level_db, rate / 10.0 AS rate_syl_s, share / 100.0 AS talk_share,"
    " share_120s / 100.0 AS talk_share_120s, iif(scored.call IS NULL, NULL,"
    " json_object('frustration', frustration / 1000.0, 'stress', stress / 1000.0, 'arousal', arousal / 1000.0,"
    " 'confidence', confidence / 100.0, 'abstain', json(iif(abstain, 'true', 'false')), 'pitch_hz', pitch / 10.0,"
    " 'baseline', CASE usual_known WHEN 0 THEN 'warming' WHEN 1 THEN 'ready' END)) AS \"scores:within\""
    " FROM measured LEFT JOIN scored"
    " ON channel = 0 AND scored.call = measured.call AND scored.t_ms = measured.t_ms"
    " WHERE measured.call = " ARCHIVE_NUMBER " ORDER BY measured.t_ms, measured.channel";

static const char turns_sql[] =
    "SELECT end_s AS order_s, 'turn' AS type, $call AS call, end_s AS t_s, turn, channel AS \"channel:maybe\", start_s,"
    " end_s FROM turns " OF_CALL " ORDER BY end_s";

/* Those of a held-out call nobody is told of while it lasts. */
static const char cues_sql[] =
    "SELECT t_s AS order_s, 'cue' AS type, $call AS call, id, t_s, kind AS cue, state, said ->> 'severity' AS severity,"
    " priority, audience AS \"to\", shown AS \"shown:flag\", said ->> 'score' AS \"score:maybe\","
    " said ->> 'score_usual' AS \"score_usual:maybe\", said ->> 'text' AS text, said ->> 'advice' AS advice,"
    " said -> 'reasons' AS \"reasons:json\" FROM cue_life JOIN cues ON cues.call = cue_life.call AND id = cue"
    " WHERE cue_life.call = " ARCHIVE_NUMBER " AND said IS NOT NULL"
    " AND (shown OR (SELECT ended_at FROM calls WHERE id = $call) IS NOT NULL) ORDER BY cue_life.rowid";

/* It has no time of its own in the call. */
static const char feedback_sql[] =
    "SELECT coalesce(max(raised_s, (julianday(at) - julianday(" STARTED_AT ")) * 86400), raised_s) AS order_s,"
    " 'feedback' AS type, $call AS call, cue, state AS verdict, at FROM cue_life JOIN cues"
    " ON cues.call = cue_life.call AND id = cue WHERE cue_life.call = " ARCHIVE_NUMBER " AND said IS NULL"
    " ORDER BY cue_life.rowid";

static const char paused_sql[] =
    "SELECT start_s AS order_s, 'pause' AS type, $call AS call, start_s AS t_s, 'paused' AS state,"
    " who AS \"who:maybe\", " UTC_OF("start_s") " AS at FROM pauses " OF_CALL;
static const char resumed_sql[] =
    "SELECT end_s AS order_s, 'pause' AS type, $call AS call, end_s AS t_s, 'resumed' AS state,"
    " " UTC_OF("end_s") " AS at FROM pauses " OF_CALL " AND end_s IS NOT NULL";

/* The first is what the call began with, which its own event says. */
static const char consents_sql[] =
    "SELECT coalesce(t_s, " AFTER_CALL ") AS order_s, 'consent' AS type, $call AS call, t_s AS \"t_s:maybe\","
    " state AS consent, method AS \"method:maybe\", who AS \"who:maybe\", at FROM consents WHERE call = " SCHEMA_NUMBER
    " AND rowid > (SELECT min(rowid) FROM consents WHERE call = " SCHEMA_NUMBER ") ORDER BY rowid";

static const char summary_sql[] = "SELECT duration_s AS order_s, 'summary' AS type, $call AS call,"
                                  " (SELECT source FROM calls WHERE id = $call) AS source, " ARCHIVE_SUMMARY ","
                                  " (SELECT ended_how FROM calls WHERE id = $call) AS ended FROM summaries " OF_CALL;

static const char recording_sql[] =
    "SELECT " AFTER_CALL " AS order_s, 'recording' AS type, $call AS call, state, channels AS \"channels:json\","
    " duration_s, bytes, lost_s, file AS \"file:maybe\", format AS \"format:maybe\" FROM recordings " OF_CALL;

/* In the order of those that happen at the same time, after the readings of that time. */
static const char *const others_sql[] = {turns_sql,   cues_sql,     feedback_sql, paused_sql,
                                         resumed_sql, consents_sql, summary_sql,  recording_sql};
enum { OTHERS = sizeof others_sql / sizeof *others_sql };

typedef struct dated {
    double at_s;
    size_t place; /* among those of the same time */
    json_t *event;
} dated;

typedef struct telling {
    dated *others;
    size_t n, room, next;
    bool failed, enough;
    database_each *each;
    void *user;
} telling;

static bool collect(void *user, json_t *row) {
    telling *t = user;
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 256;
        dated *others = realloc(t->others, room * sizeof *others);
        if (!others) return t->failed = true, false;
        t->others = others;
        t->room = room;
    }
    double at_s = json_number_value(json_object_get(row, "order_s"));
    json_object_del(row, "order_s");
    json_t *event = told(row);
    t->failed = !event;
    if (event) t->others[t->n] = (dated){at_s, t->n, event}, t->n++;
    return event;
}

static int by_time(const void *a, const void *b) {
    const dated *x = a, *y = b;
    if (x->at_s != y->at_s) return x->at_s < y->at_s ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

static bool tell(telling *t, json_t *event) {
    t->enough = t->enough || !t->each(t->user, event);
    return !t->enough;
}

/* What else happened before at_s. */
static void tell_others(telling *t, double at_s) {
    while (!t->enough && t->next < t->n && t->others[t->next].at_s < at_s) tell(t, t->others[t->next++].event);
}

static bool tell_reading(void *user, json_t *row) {
    telling *t = user;
    json_t *event = told(row);
    t->failed = !event;
    if (event) tell_others(t, json_number_value(json_object_get(event, "t_s")));
    bool more = event && tell(t, event);
    json_decref(event);
    return more;
}

static bool tell_all(telling *t, struct database *d, json_t *values) {
    json_t *call = told_row(d, call_sql, values);
    bool good = call, is_one = json_is_object(call);
    if (is_one) archive_mask(call);
    if (is_one) tell(t, call);
    json_decref(call);
    if (!is_one) return good;
    for (int i = 0; good && i < OTHERS; i++) good = database_query(d, others_sql[i], values, collect, t) && !t->failed;
    if (!good) return false;
    if (t->n) qsort(t->others, t->n, sizeof *t->others, by_time);
    if (!t->enough) good = database_query(d, readings_sql, values, tell_reading, t) && !t->failed;
    if (good) tell_others(t, (double)INFINITY);
    return good;
}

bool archive_events(struct database *d, const char *call_id, database_each *each, void *user) {
    telling t = {.each = each, .user = user};
    json_t *values = json_pack("{ss}", "call", call_id);
    bool good = values && tell_all(&t, d, values);
    for (size_t i = 0; i < t.n; i++) json_decref(t.others[i].event);
    free(t.others);
    json_decref(values);
    return good;
}
