#include "store/forget.h"

#include "store/schema.h"

#define OF_CALL " WHERE call = " SCHEMA_NUMBER

/* In the order that references between them ask for. */
static const struct {
    int what;
    const char *counted_as, *sql;
} steps[] = {
    {FORGET_READINGS, "readings", "DELETE FROM measured" OF_CALL},
    {FORGET_READINGS, "scores", "DELETE FROM scored" OF_CALL},
    {FORGET_READINGS, "turns", "DELETE FROM turns" OF_CALL},
    {FORGET_CUES, "cue_life", "DELETE FROM cue_life" OF_CALL},
    {FORGET_CUES, "cues", "DELETE FROM cues" OF_CALL},
    {FORGET_CUES, "summaries", "DELETE FROM summaries" OF_CALL},
    {FORGET_CUES, "notes", "DELETE FROM notes" OF_CALL},
    {FORGET_CUES, "tags", "DELETE FROM tags" OF_CALL},
    {FORGET_PAUSES, "pauses", "DELETE FROM pauses" OF_CALL},
    {FORGET_AUDIO, "recordings", "DELETE FROM recordings" OF_CALL},
    {FORGET_ITSELF, "consents", "DELETE FROM consents" OF_CALL},
    {FORGET_ITSELF, "calls", "DELETE FROM calls WHERE id = $call"},
};

/* A source, an agent or a queue can name a person. What was refused or withdrawn stays so. */
static const char stub_sql[] =
    "UPDATE calls SET source = NULL, channels = NULL, rate_hz = NULL, model = NULL, arm = NULL, queue = NULL,"
    " customer = NULL, agent = NULL, team = NULL, playbook = NULL, content_sha256 = NULL,"
    " ended_at = coalesce(ended_at, " SCHEMA_NOW "), ended_how = 'no consent', consent_at = " SCHEMA_NOW ","
    " consent = CASE consent WHEN 'given' THEN 'withdrawn' WHEN 'unknown' THEN coalesce($consent, 'withdrawn')"
    " ELSE consent END WHERE id = $call AND (ended_how IS NOT 'no consent' OR consent = 'unknown')";

/* Once, however often it is told: consent events have a time, and tell something new. */
static const char history_sql[] =
    "INSERT INTO consents (call, at, t_s, state, method, who) SELECT number, $at, $t_s, $consent, $method, $who"
    " FROM calls WHERE id = $call AND $at IS NOT NULL AND $consent IS NOT"
    " (SELECT state FROM consents WHERE call = number ORDER BY rowid DESC LIMIT 1)";

bool forget_history(struct database *d, json_t *event) {
    return database_run(d, history_sql, event) == DATABASE_ROW_STORED;
}

void forget_count(json_t *counts, const char *key, long n) {
    if (counts && n)
        json_object_set_new(counts, key, json_integer(json_integer_value(json_object_get(counts, key)) + n));
}

bool forget_rows(struct database *d, json_t *call, json_t *counts) {
    int what = (int)json_integer_value(json_object_get(call, "what"));
    bool good = true;
    database_forgot(d);
    for (size_t i = 0; good && i < sizeof steps / sizeof *steps; i++) {
        if (!(what & steps[i].what)) continue;
        good = database_run(d, steps[i].sql, call) == DATABASE_ROW_STORED;
        if (good) forget_count(counts, steps[i].counted_as, database_changes(d));
    }
    if (what != FORGET_TO_STUB) return good;
    return good && database_run(d, stub_sql, call) == DATABASE_ROW_STORED && forget_history(d, call);
}
