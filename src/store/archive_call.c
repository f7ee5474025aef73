/* archive_call.c - one call whole, see archive.h. */
#include "store/archive.h"

#include "store/archive_columns.h"
#include "store/schema.h"
#include "store/told.h"

static const char call_sql[] =
    "SELECT " ARCHIVE_LISTED ", channels AS \"channels:json\", rate_hz, model, playbook, held_why"
    " " ARCHIVE_CALLS " WHERE id = $call";

static const char consents_sql[] = "SELECT at, t_s, state AS consent, method, who FROM consents"
                                   " WHERE call = " SCHEMA_NUMBER " ORDER BY rowid";
/* A call that is led without cues shows none to anybody while it lasts. */
static const char cues_sql[] =
    "SELECT id, kind AS cue, severity, score AS \"score:maybe\", score_usual AS \"score_usual:maybe\", text, advice,"
    " reasons AS \"reasons:json\", raised_s, updated_s, cleared_s, priority, audience AS \"to\","
    " shown AS \"shown:flag\", feedback, feedback_at, (SELECT json_group_array(json(one)) FROM (SELECT json_patch("
    "'{}', json_object('state', state, 't_s', t_s, 'at', at, 'severity', said ->> 'severity', 'score',"
    " said ->> 'score')) AS one FROM cue_life WHERE cue_life.call = cues.call AND cue = id ORDER BY cue_life.rowid))"
    " AS \"life:json\" FROM cues"
    " WHERE call = " ARCHIVE_NUMBER " AND (shown OR (SELECT ended_at FROM calls WHERE id = $call) IS NOT NULL)"
    " ORDER BY raised_s, id";
static const char turns_sql[] = "SELECT turn, channel AS \"channel:maybe\", start_s, end_s FROM turns"
                                " WHERE call = " ARCHIVE_NUMBER " ORDER BY start_s, end_s";
static const char pauses_sql[] =
    "SELECT start_s, end_s, who FROM pauses WHERE call = " ARCHIVE_NUMBER " ORDER BY start_s";
static const char notes_sql[] =
    "SELECT number, t_s, text, who, at FROM notes WHERE call = " ARCHIVE_NUMBER " ORDER BY number";
static const char tags_sql[] =
    "SELECT number, t_s, tag, who, at FROM tags WHERE call = " ARCHIVE_NUMBER " ORDER BY number";

static const char summary_sql[] = "SELECT " ARCHIVE_SUMMARY " FROM summaries WHERE call = " ARCHIVE_NUMBER;

static const char recording_sql[] =
    "SELECT state, file, format, channels AS \"channels:json\", duration_s, bytes, lost_s FROM recordings"
    " WHERE call = " ARCHIVE_NUMBER;

static const struct {
    const char *key, *sql;
} parts[] = {{"consents", consents_sql}, {"cues", cues_sql},   {"turns", turns_sql},
             {"pauses", pauses_sql},     {"notes", notes_sql}, {"tags", tags_sql}};
enum { PARTS = sizeof parts / sizeof *parts };

json_t *archive_call(struct database *d, const char *call_id) {
    json_t *values = json_pack("{ss}", "call", call_id), *call = values ? told_row(d, call_sql, values) : NULL;
    bool good = call;
    if (json_is_object(call)) {
        archive_mask(call);
        for (int i = 0; good && i < PARTS; i++)
            good = !json_object_set_new(call, parts[i].key, told_rows(d, parts[i].sql, values));
        good = good && !json_object_set_new(call, "summary", told_row(d, summary_sql, values)) &&
               !json_object_set_new(call, "recording", told_row(d, recording_sql, values));
    }
    json_decref(values);
    if (good) return call;
    json_decref(call);
    return NULL;
}

json_int_t archive_audio_bytes(struct database *d) {
    static const char bytes_sql[] = "SELECT coalesce(sum(bytes), 0) AS bytes FROM recordings";
    json_t *row = database_row(d, bytes_sql, NULL);
    json_int_t n_bytes = row ? json_integer_value(json_object_get(row, "bytes")) : -1;
    json_decref(row);
    return n_bytes;
}
