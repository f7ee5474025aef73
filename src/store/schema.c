/* Emotion is the customer's alone: what any voice yields is in readings, what only the customer's yields is in scores,
 * which has no channel. So there is no place where an agent's emotion could be put.
 *
 * Rows go in through "FROM calls WHERE id = $call AND consent = 'given'": without a call and its consent no row comes
 * of it, whatever the sender does.
 */
#include "store/schema.h"

/* As they were added, in version 3. */
#define TURNS_AND_INDEX                                                                                                \
    "CREATE TABLE turns (\n"                                                                                           \
    "    call    INTEGER NOT NULL REFERENCES calls (number),\n"                                                        \
    "    start_s REAL NOT NULL,\n"                                                                                     \
    "    end_s   REAL NOT NULL,\n"                                                                                     \
    "    turn    TEXT NOT NULL,\n"                                                                                     \
    "    channel TEXT CHECK (channel IN ('customer', 'agent')), -- null: nobody's, a silence or a hold\n"              \
    "    UNIQUE (call, start_s, turn, channel)\n"                                                                      \
    ") STRICT;\n"                                                                                                      \
    "CREATE INDEX calls_of_customer ON calls (customer) WHERE customer IS NOT NULL;\n"

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
    "    model      TEXT,\n"
    "    arm        TEXT CHECK (arm IN ('shown', 'held_out')),\n"
    "    queue      TEXT,\n"
    "    customer   TEXT              -- the deployment's reference\n"
    ") STRICT;\n"
    "CREATE TABLE readings (\n"
    "    call       INTEGER NOT NULL REFERENCES calls (number),\n"
    "    t_s        REAL NOT NULL,\n"
    "    channel    TEXT NOT NULL CHECK (channel IN ('customer', 'agent', 'mixed')),\n"
    "    speaking   INTEGER NOT NULL,\n"
    "    sound      TEXT NOT NULL CHECK (sound IN ('none', 'speech', 'music', 'tone')),\n"
    "    level_db   REAL,\n"
    "    rate_syl_s REAL,\n"
    "    talk_share REAL,             -- of all speech in the call so far\n"
    "    talk_share_120s REAL,        -- the same in the last 120 s\n"
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
    "    baseline    TEXT CHECK (baseline IN ('warming', 'ready')),\n"
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
    "    priority  INTEGER,           -- 1 is the most important\n"
    "    audience  TEXT NOT NULL DEFAULT 'agent',\n"
    "    shown     INTEGER NOT NULL DEFAULT 1 CHECK (shown IN (0, 1)),\n"
    "    score_usual REAL,            -- were its reasons as usual for the caller\n"
    "    feedback  TEXT CHECK (feedback IN ('helpful', 'wrong', 'dismiss')),\n"
    "    feedback_at TEXT,\n"
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
    "    cues                      INTEGER NOT NULL,\n"
    "    interruptions_by_agent    INTEGER,\n"
    "    backchannels              INTEGER,\n"
    "    hold_s                    REAL,\n"
    "    response_latency_p90_s    REAL,\n"
    "    monologue_longest_s       REAL\n"
    ") STRICT;\n" TURNS_AND_INDEX;

#define ISO         "'%Y-%m-%dT%H:%M:%fZ'"
#define NOW         "strftime(" ISO ", 'now')"
#define AFTER(s)    "strftime(" ISO ", started_at, printf('%+.3f seconds', " s "))"
#define OF_CALL     "FROM calls WHERE calls.id = $call AND consent = 'given'"
#define CALL_NUMBER "(SELECT number FROM calls WHERE id = $call)"

const char *const schema_upgrades[SCHEMA_VERSION] = {
    [1] = "ALTER TABLE readings ADD COLUMN sound TEXT NOT NULL DEFAULT 'none'"
          " CHECK (sound IN ('none', 'speech', 'music', 'tone'))",
    [2] = "ALTER TABLE calls ADD COLUMN arm TEXT CHECK (arm IN ('shown', 'held_out'));"
          "ALTER TABLE calls ADD COLUMN queue TEXT;"
          "ALTER TABLE calls ADD COLUMN customer TEXT;"
          "ALTER TABLE readings ADD COLUMN talk_share REAL;"
          "ALTER TABLE readings ADD COLUMN talk_share_120s REAL;"
          "ALTER TABLE scores ADD COLUMN baseline TEXT CHECK (baseline IN ('warming', 'ready'));"
          "ALTER TABLE cues ADD COLUMN priority INTEGER;"
          "ALTER TABLE cues ADD COLUMN audience TEXT NOT NULL DEFAULT 'agent';"
          "ALTER TABLE cues ADD COLUMN shown INTEGER NOT NULL DEFAULT 1 CHECK (shown IN (0, 1));"
          "ALTER TABLE cues ADD COLUMN score_usual REAL;"
          "ALTER TABLE cues ADD COLUMN feedback TEXT CHECK (feedback IN ('helpful', 'wrong', 'dismiss'));"
          "ALTER TABLE cues ADD COLUMN feedback_at TEXT;"
          "ALTER TABLE summaries ADD COLUMN interruptions_by_agent INTEGER;"
          "ALTER TABLE summaries ADD COLUMN backchannels INTEGER;"
          "ALTER TABLE summaries ADD COLUMN hold_s REAL;"
          "ALTER TABLE summaries ADD COLUMN response_latency_p90_s REAL;"
          "ALTER TABLE summaries ADD COLUMN monologue_longest_s REAL;" TURNS_AND_INDEX,
};

const char schema_close_abandoned_sql[] = "UPDATE calls SET ended_how = 'server died', ended_at = coalesce(" AFTER(
    "coalesce((SELECT max(t_s) FROM readings WHERE call = number), 0)") ", " NOW ") WHERE ended_at IS NULL";

const char *const schema_statements[STATEMENTS] = {
    /* Consent may come late, but what was refused or withdrawn stays so. */
    [PUT_CALL] = "INSERT INTO calls (id, source, channels, rate_hz, started_at, consent, consent_at, model, arm, queue,"
                 " customer) VALUES ($call, $source, $channels, $rate_hz, $started_at, $consent, " NOW ", $model, $arm,"
                 " $queue, $customer)"
                 " ON CONFLICT (id) DO UPDATE SET source = excluded.source, channels = excluded.channels,"
                 " rate_hz = excluded.rate_hz, started_at = excluded.started_at, consent = excluded.consent,"
                 " consent_at = excluded.consent_at, model = excluded.model, arm = excluded.arm,"
                 " queue = excluded.queue, customer = excluded.customer, ended_at = NULL, ended_how = NULL"
                 " WHERE calls.consent = 'unknown'",
    [PUT_READING] = "INSERT INTO readings (call, t_s, channel, speaking, sound, level_db, rate_syl_s, talk_share,"
                    " talk_share_120s) SELECT number, $t_s, $channel, $speaking, $sound, $level_db, $rate_syl_s,"
                    " $talk_share, $talk_share_120s " OF_CALL,
    [PUT_SCORES] = "INSERT INTO scores (call, t_s, pitch_hz, frustration, stress, arousal, confidence, abstain,"
                   " baseline) SELECT number, $t_s, $pitch_hz, $frustration, $stress, $arousal, $confidence, $abstain,"
                   " $baseline " OF_CALL " AND $channel = 'customer'",
    [PUT_TURN] = "INSERT INTO turns (call, start_s, end_s, turn, channel)"
                 " SELECT number, $start_s, $end_s, $turn, $channel " OF_CALL,
    /* One row a cue, as it was last before it cleared. */
    [PUT_CUE] = "INSERT INTO cues (call, id, kind, severity, score, text, advice, reasons, raised_s, updated_s, "
                "cleared_s, priority, audience, shown, score_usual) SELECT number, $id, $cue, $severity, $score, $text,"
                " $advice, $reasons, $t_s, iif($state = 'updated', $t_s, NULL), iif($state = 'cleared', $t_s, NULL),"
                " $priority, $to, $shown, $score_usual " OF_CALL
                " ON CONFLICT (call, id) DO UPDATE SET cleared_s = excluded.cleared_s,"
                " updated_s = coalesce(excluded.updated_s, updated_s),"
                " severity = iif($state = 'cleared', severity, excluded.severity),"
                " score = iif($state = 'cleared', score, excluded.score),"
                " score_usual = iif($state = 'cleared', score_usual, excluded.score_usual),"
                " text = iif($state = 'cleared', text, excluded.text),"
                " advice = iif($state = 'cleared', advice, excluded.advice),"
                " reasons = iif($state = 'cleared', reasons, excluded.reasons)",
    /* The latest, but who only wants a cue out of sight takes nothing back. */
    [PUT_FEEDBACK] = "UPDATE cues SET feedback = iif($verdict = 'dismiss', coalesce(feedback, $verdict), $verdict),"
                     " feedback_at = iif($verdict = 'dismiss', coalesce(feedback_at, $at), $at)"
                     " WHERE id = $cue AND shown AND call = (SELECT number " OF_CALL ")",
    [PUT_SUMMARY] = "INSERT INTO summaries (call, duration_s, customer_speech_s, customer_frustration_mean,"
                    " customer_frustration_peak, customer_stress_mean, customer_stress_peak, customer_arousal_mean,"
                    " agent_talk_share, overlaps, interruptions, dead_air_s, response_latency_median_s, cues,"
                    " interruptions_by_agent, backchannels, hold_s, response_latency_p90_s, monologue_longest_s)"
                    " SELECT number, $duration_s, $customer::speech_s,"
                    " $customer::frustration_mean, $customer::frustration_peak, $customer::stress_mean,"
                    " $customer::stress_peak, $customer::arousal_mean, $dynamics::agent_talk_share,"
                    " $dynamics::overlaps, $dynamics::interruptions, $dynamics::dead_air_s,"
                    " $dynamics::response_latency_median_s, $cues, $dynamics::interruptions_by_agent,"
                    " $dynamics::backchannels, $dynamics::hold_s, $dynamics::response_latency_p90_s,"
                    " $dynamics::monologue_longest_s " OF_CALL,
    [END_CALL] = "UPDATE calls SET ended_how = 'finished', ended_at = " AFTER(
        "$duration_s") " WHERE id = $call AND consent = 'given'",
    [FORGET_READINGS] = "DELETE FROM readings WHERE call = " CALL_NUMBER,
    [FORGET_SCORES] = "DELETE FROM scores WHERE call = " CALL_NUMBER,
    [FORGET_TURNS] = "DELETE FROM turns WHERE call = " CALL_NUMBER,
    [FORGET_CUES] = "DELETE FROM cues WHERE call = " CALL_NUMBER,
    [FORGET_SUMMARY] = "DELETE FROM summaries WHERE call = " CALL_NUMBER,
    /* What stays is that there was a call, when, and what was said of consent; a source can name a person. */
    [FORGET_CALL] = "INSERT INTO calls (id, started_at, ended_at, ended_how, consent, consent_at) VALUES"
                    " ($call, $started_at, " NOW ", 'no consent', coalesce($consent, 'withdrawn'), " NOW ")"
                    " ON CONFLICT (id) DO UPDATE SET source = NULL, channels = NULL, rate_hz = NULL, model = NULL,"
                    " arm = NULL, queue = NULL, customer = NULL,"
                    " ended_at = coalesce(ended_at, excluded.ended_at), ended_how = 'no consent',"
                    " consent = iif(consent = 'given', 'withdrawn', iif(consent = 'unknown', excluded.consent,"
                    " consent)), consent_at = excluded.consent_at",
};

const char schema_earlier_sql[] =
    "SELECT count(*) FROM (SELECT 1 FROM calls WHERE customer = ?1 AND consent = 'given'"
    " AND EXISTS (SELECT 1 FROM cues WHERE call = number AND kind = 'frustration') LIMIT ?2)";
