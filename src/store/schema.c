/* Emotion is the customer's alone: what any voice yields is in readings, what only the customer's yields is in scores,
 * which has no channel. So there is no place where an agent's emotion could be put.
 *
 * Rows go in through "FROM calls WHERE id = $call AND consent = 'given'": without a call and its consent no row comes
 * of it, whatever the sender does.
 */
#include "store/schema.h"

const char schema_sql[] =
    "CREATE TABLE calls (\n"
    "    number     INTEGER PRIMARY KEY,\n"
    "    id         TEXT NOT NULL UNIQUE,\n"
    "    source     TEXT,\n"
    "    channels   TEXT,             -- JSON: the role of each channel in order\n"
    "    rate_hz    INTEGER,\n"
    "    started_at TEXT,             -- UTC, of the first sample\n"
    "    ended_at   TEXT,\n"
    "    ended_how  TEXT CHECK (ended_how IN ('finished', 'server died', 'no consent')),\n"
    "    consent    TEXT NOT NULL CHECK (consent IN ('unknown', 'given', 'refused', 'withdrawn')),\n"
    "    consent_at TEXT NOT NULL,    -- when the store learned of it\n"
    "    model      TEXT\n"
    ") STRICT;\n"
    "CREATE TABLE readings (\n"
    "    call       INTEGER NOT NULL REFERENCES calls (number),\n"
    "    t_s        REAL NOT NULL,\n"
    "    channel    TEXT NOT NULL CHECK (channel IN ('customer', 'agent', 'mixed')),\n"
    "    speaking   INTEGER NOT NULL,\n"
    "    sound      TEXT NOT NULL CHECK (sound IN ('none', 'speech', 'music', 'tone')),\n"
    "    level_db   REAL,\n"
    "    rate_syl_s REAL,\n"
    "    PRIMARY KEY (call, t_s, channel)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE scores (            -- the customer's\n"
    "    call        INTEGER NOT NULL REFERENCES calls (number),\n"
    "    t_s         REAL NOT NULL,\n"
    "    pitch_hz    REAL,\n"
    "    frustration REAL,\n"
    "    stress      REAL,\n"
    "    arousal     REAL,\n"
    "    confidence  REAL,\n"
    "    abstain     INTEGER NOT NULL,\n"
    "    PRIMARY KEY (call, t_s)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE cues (\n"
    "    call      INTEGER NOT NULL REFERENCES calls (number),\n"
    "    id        INTEGER NOT NULL,\n"
    "    kind      TEXT NOT NULL,\n"
    "    severity  TEXT NOT NULL,\n"
    "    score     REAL,\n"
    "    text      TEXT NOT NULL,\n"
    "    advice    TEXT,\n"
    "    reasons   TEXT CHECK (json_valid(reasons)),\n"
    "    raised_s  REAL NOT NULL,\n"
    "    updated_s REAL,              -- the last time\n"
    "    cleared_s REAL,\n"
    "    PRIMARY KEY (call, id)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE summaries (\n"
    "    call                      INTEGER PRIMARY KEY REFERENCES calls (number),\n"
    "    duration_s                REAL NOT NULL,\n"
    "    customer_speech_s         REAL,\n"
    "    customer_frustration_mean REAL,\n"
    "    customer_frustration_peak REAL,\n"
    "    customer_stress_mean      REAL,\n"
    "    customer_stress_peak      REAL,\n"
    "    customer_arousal_mean     REAL,\n"
    "    agent_talk_share          REAL,\n"
    "    overlaps                  INTEGER,\n"
    "    interruptions             INTEGER,\n"
    "    dead_air_s                REAL,\n"
    "    response_latency_median_s REAL,\n"
    "    cues                      INTEGER NOT NULL\n"
    ") STRICT;\n";

#define ISO         "'%Y-%m-%dT%H:%M:%fZ'"
#define NOW         "strftime(" ISO ", 'now')"
#define AFTER(s)    "strftime(" ISO ", started_at, printf('%+.3f seconds', " s "))"
#define OF_CALL     "FROM calls WHERE calls.id = $call AND consent = 'given'"
#define CALL_NUMBER "(SELECT number FROM calls WHERE id = $call)"

const char *const schema_upgrades[SCHEMA_VERSION] = {
    [1] = "ALTER TABLE readings ADD COLUMN sound TEXT NOT NULL DEFAULT 'none'"
          " CHECK (sound IN ('none', 'speech', 'music', 'tone'))",
};

const char schema_close_abandoned_sql[] = "UPDATE calls SET ended_how = 'server died', ended_at = coalesce(" AFTER(
    "coalesce((SELECT max(t_s) FROM readings WHERE call = number), 0)") ", " NOW ") WHERE ended_at IS NULL";

const char *const schema_statements[STATEMENTS] = {
    /* Consent may come late, but what was refused or withdrawn stays so. */
    [PUT_CALL] = "INSERT INTO calls (id, source, channels, rate_hz, started_at, consent, consent_at, model) VALUES"
                 " ($call, $source, $channels, $rate_hz, $started_at, $consent, " NOW ", $model)"
                 " ON CONFLICT (id) DO UPDATE SET source = excluded.source, channels = excluded.channels,"
                 " rate_hz = excluded.rate_hz, started_at = excluded.started_at, consent = excluded.consent,"
                 " consent_at = excluded.consent_at, model = excluded.model, ended_at = NULL, ended_how = NULL"
                 " WHERE calls.consent = 'unknown'",
    [PUT_READING] = "INSERT INTO readings (call, t_s, channel, speaking, sound, level_db, rate_syl_s)"
                    " SELECT number, $t_s, $channel, $speaking, $sound, $level_db, $rate_syl_s " OF_CALL,
    [PUT_SCORES] = "INSERT INTO scores (call, t_s, pitch_hz, frustration, stress, arousal, confidence, abstain)"
                   " SELECT number, $t_s, $pitch_hz, $frustration, $stress, $arousal, $confidence, $abstain " OF_CALL
                   " AND $channel = 'customer'",
    /* One row a cue, as it was last before it cleared. */
    [PUT_CUE] = "INSERT INTO cues (call, id, kind, severity, score, text, advice, reasons, raised_s, updated_s, "
                "cleared_s) SELECT number, $id, $cue, $severity, $score, $text, $advice, $reasons, $t_s,"
                " iif($state = 'updated', $t_s, NULL), iif($state = 'cleared', $t_s, NULL) " OF_CALL
                " ON CONFLICT (call, id) DO UPDATE SET cleared_s = excluded.cleared_s,"
                " updated_s = coalesce(excluded.updated_s, updated_s),"
                " severity = iif($state = 'cleared', severity, excluded.severity),"
                " score = iif($state = 'cleared', score, excluded.score),"
                " text = iif($state = 'cleared', text, excluded.text),"
                " advice = iif($state = 'cleared', advice, excluded.advice),"
                " reasons = iif($state = 'cleared', reasons, excluded.reasons)",
    [PUT_SUMMARY] = "INSERT INTO summaries SELECT number, $duration_s, $customer::speech_s,"
                    " $customer::frustration_mean, $customer::frustration_peak, $customer::stress_mean,"
                    " $customer::stress_peak, $customer::arousal_mean, $dynamics::agent_talk_share,"
                    " $dynamics::overlaps, $dynamics::interruptions, $dynamics::dead_air_s,"
                    " $dynamics::response_latency_median_s, $cues " OF_CALL,
    [END_CALL] = "UPDATE calls SET ended_how = 'finished', ended_at = " AFTER(
        "$duration_s") " WHERE id = $call AND consent = 'given'",
    [FORGET_READINGS] = "DELETE FROM readings WHERE call = " CALL_NUMBER,
    [FORGET_SCORES] = "DELETE FROM scores WHERE call = " CALL_NUMBER,
    [FORGET_CUES] = "DELETE FROM cues WHERE call = " CALL_NUMBER,
    [FORGET_SUMMARY] = "DELETE FROM summaries WHERE call = " CALL_NUMBER,
    /* What stays is that there was a call, when, and what was said of consent; a source can name a person. */
    [FORGET_CALL] = "INSERT INTO calls (id, started_at, ended_at, ended_how, consent, consent_at) VALUES"
                    " ($call, $started_at, " NOW ", 'no consent', coalesce($consent, 'withdrawn'), " NOW ")"
                    " ON CONFLICT (id) DO UPDATE SET source = NULL, channels = NULL, rate_hz = NULL, model = NULL,"
                    " ended_at = coalesce(ended_at, excluded.ended_at), ended_how = 'no consent',"
                    " consent = iif(consent = 'given', 'withdrawn', iif(consent = 'unknown', excluded.consent,"
                    " consent)), consent_at = excluded.consent_at",
};
