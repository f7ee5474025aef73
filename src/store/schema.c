/* Emotion is the customer's alone: what any voice yields is in measured, what only the customer's yields is in scored,
 * which has no channel. So there is no place where an agent's emotion could be put.
 *
 * Both hold whole numbers, of the unit that their comments name: 10,000 calls of five minutes are 18 million rows, and
 * as numbers of 8 bytes they would be twice as large. The views readings and scores show them in the units of events.
 */
#include "store/schema.h"

#include <stddef.h>

/* As they were added, in version 3. */
static const char turns_sql[] =
    "CREATE TABLE turns (\n"
    "    call    INTEGER NOT NULL REFERENCES calls (number),\n"
    "    start_s REAL NOT NULL,\n"
    "    end_s   REAL NOT NULL,\n"
    "    turn    TEXT NOT NULL,\n"
    "    channel TEXT CHECK (channel IN ('customer', 'agent')), -- null: nobody's, a silence or a hold\n"
    "    UNIQUE (call, start_s, turn, channel)\n"
    ") STRICT;\n"
    "CREATE INDEX calls_of_customer ON calls (customer) WHERE customer IS NOT NULL;\n";

/* In version 4. */
static const char readings_sql[] =
    "CREATE TABLE measured (\n"
    "    call       INTEGER NOT NULL REFERENCES calls (number),\n"
    "    t_ms       INTEGER NOT NULL,\n"
    "    channel    INTEGER NOT NULL CHECK (channel IN (0, 1, 2)), -- customer, agent, mixed\n"
    "    speaking   INTEGER NOT NULL,\n"
    "    sound      INTEGER NOT NULL CHECK (sound IN (0, 1, 2, 3)), -- none, speech, music, tone\n"
    "    level      INTEGER,          -- 0.1 dB\n"
    "    rate       INTEGER,          -- 0.1 syllables a second\n"
    "    share      INTEGER,          -- 0.01 of all speech in the call so far\n"
    "    share_120s INTEGER,          -- the same in the last 120 s\n"
    "    PRIMARY KEY (call, t_ms, channel)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE scored (            -- the customer's\n"
    "    call        INTEGER NOT NULL REFERENCES calls (number),\n"
    "    t_ms        INTEGER NOT NULL,\n"
    "    pitch       INTEGER,         -- 0.1 Hz\n"
    "    frustration INTEGER,         -- 0.001, as the next two\n"
    "    stress      INTEGER,\n"
    "    arousal     INTEGER,\n"
    "    confidence  INTEGER,         -- 0.01\n"
    "    abstain     INTEGER NOT NULL,\n"
    "    usual_known INTEGER,\n"
    "    PRIMARY KEY (call, t_ms)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE VIEW readings (call, t_s, channel, speaking, sound, level_db, rate_syl_s, talk_share, talk_share_120s)\n"
    "AS SELECT call, t_ms / 1000.0,\n"
    "    CASE channel WHEN 0 THEN 'customer' WHEN 1 THEN 'agent' ELSE 'mixed' END, speaking,\n"
    "    CASE sound WHEN 0 THEN 'none' WHEN 1 THEN 'speech' WHEN 2 THEN 'music' ELSE 'tone' END,\n"
    "    level / 10.0, rate / 10.0, share / 100.0, share_120s / 100.0 FROM measured;\n"
    "CREATE VIEW scores (call, t_s, pitch_hz, frustration, stress, arousal, confidence, abstain, baseline)\n"
    "AS SELECT call, t_ms / 1000.0, pitch / 10.0, frustration / 1000.0, stress / 1000.0, arousal / 1000.0,\n"
    "    confidence / 100.0, abstain, CASE usual_known WHEN 0 THEN 'warming' WHEN 1 THEN 'ready' END FROM scored;\n";

/* In version 4; what may become of a cue is of version 5. */
static const char cue_life_sql[] =
    "CREATE TABLE cue_life (          -- what became of a cue, in order\n"
    "    call  INTEGER NOT NULL REFERENCES calls (number),\n"
    "    cue   INTEGER NOT NULL,\n"
    "    state TEXT NOT NULL CHECK (state IN ('raised', 'updated', 'cleared', 'seen', 'helpful', 'wrong',\n"
    "        'dismiss', 'taken')),\n"
    "    t_s   REAL,                  -- of the first three\n"
    "    said  TEXT CHECK (said IS NULL OR json_valid(said)), -- of the same: severity, score, text, advice, reasons\n"
    "    at    TEXT                   -- of the others\n"
    ") STRICT;\n"
    "CREATE INDEX cue_life_of_call ON cue_life (call, cue);\n"
    "CREATE UNIQUE INDEX cue_life_seen ON cue_life (call, cue) WHERE state = 'seen';\n";

/* In version 4. */
static const char notes_sql[] =
    "CREATE TABLE consents (          -- the history: what was said of it, when and how\n"
    "    call   INTEGER NOT NULL REFERENCES calls (number),\n"
    "    at     TEXT NOT NULL,\n"
    "    t_s    REAL,                 -- where in the call; null: after it\n"
    "    state  TEXT NOT NULL CHECK (state IN ('unknown', 'given', 'refused', 'withdrawn')),\n"
    "    method TEXT,\n"
    "    who    TEXT                  -- who said so to us\n"
    ") STRICT;\n"
    "CREATE INDEX consents_of_call ON consents (call);\n"
    "CREATE TABLE pauses (            -- while a card number was said, say: nothing is heard, scored or recorded\n"
    "    call    INTEGER NOT NULL REFERENCES calls (number),\n"
    "    start_s REAL NOT NULL,\n"
    "    end_s   REAL,                -- null: until the end\n"
    "    who     TEXT,\n"
    "    PRIMARY KEY (call, start_s)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE recordings (        -- audio/FILE\n"
    "    call       INTEGER PRIMARY KEY REFERENCES calls (number),\n"
    "    file       TEXT,\n"
    "    format     TEXT,\n"
    "    channels   TEXT,             -- JSON, as the call's\n"
    "    state      TEXT NOT NULL CHECK (state IN ('recording', 'finished', 'interrupted', 'failed')),\n"
    "    duration_s REAL,\n"
    "    bytes      INTEGER,\n"
    "    lost_s     REAL              -- silence stands for this much that could not be kept\n"
    ") STRICT;\n"
    "CREATE TABLE notes (\n"
    "    number INTEGER PRIMARY KEY,\n"
    "    call   INTEGER NOT NULL REFERENCES calls (number),\n"
    "    t_s    REAL,                 -- null: of the whole call, as of a tag\n"
    "    text   TEXT NOT NULL,\n"
    "    who    TEXT,\n"
    "    at     TEXT NOT NULL\n"
    ") STRICT;\n"
    "CREATE INDEX notes_of_call ON notes (call);\n"
    "CREATE TABLE tags (\n"
    "    number INTEGER PRIMARY KEY,\n"
    "    call   INTEGER NOT NULL REFERENCES calls (number),\n"
    "    t_s    REAL,\n"
    "    tag    TEXT NOT NULL,\n"
    "    who    TEXT,\n"
    "    at     TEXT NOT NULL\n"
    ") STRICT;\n"
    "CREATE INDEX tags_of_call ON tags (call, tag);\n";

static const char audit_sql[] =
    "CREATE TABLE audit (             -- each hash is over the one before and its own row, see audit.c\n"
    "    number INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "    at     TEXT NOT NULL,\n"
    "    who    TEXT NOT NULL,\n"
    "    origin TEXT NOT NULL,        -- from where\n"
    "    action TEXT NOT NULL,\n"
    "    about  TEXT NOT NULL,        -- JSON\n"
    "    hash   TEXT NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE audit_start (       -- the last one whose days were over: the chain goes on from its hash\n"
    "    number INTEGER PRIMARY KEY,\n"
    "    hash   TEXT NOT NULL\n"
    ") STRICT;\n"
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;\n"
    "CREATE TRIGGER audit_keeps BEFORE DELETE ON audit\n"
    "    WHEN old.number > coalesce((SELECT max(number) FROM audit_start), 0)\n"
    "    BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;\n"
    "CREATE TABLE receipts (          -- of deletions\n"
    "    id      TEXT PRIMARY KEY,\n"
    "    at      TEXT NOT NULL,\n"
    "    receipt TEXT NOT NULL CHECK (json_valid(receipt))\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE deletions (         -- what must not come back from a backup\n"
    "    call    TEXT PRIMARY KEY,    -- its id; it has no row any more\n"
    "    receipt TEXT NOT NULL REFERENCES receipts (id)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE backups (           -- that we made and that deletions must reach\n"
    "    path       TEXT PRIMARY KEY,\n"
    "    made_at    TEXT NOT NULL,\n"
    "    filesystem TEXT NOT NULL,    -- of the folder around it: another one there is no proof that it is gone\n"
    "    gone       INTEGER NOT NULL DEFAULT 0 -- it was not there last time, and receipts do not wait for it\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE debts (             -- what is to be deleted and is not yet, see debts.h\n"
    "    path TEXT NOT NULL,          -- of a backup; empty: this folder\n"
    "    call TEXT NOT NULL,          -- its id\n"
    "    what INTEGER NOT NULL,       -- of it, see forget.h\n"
    "    PRIMARY KEY (path, call, what)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX calls_by_time ON calls (coalesce(started_at, consent_at), number);\n"
    "CREATE INDEX cues_by_kind ON cues (kind, call);\n"
    "CREATE UNIQUE INDEX calls_by_content ON calls (content_sha256) WHERE content_sha256 IS NOT NULL;\n";

const char *const schema_sql[] = {
    "CREATE TABLE calls (\n"
    "    number     INTEGER PRIMARY KEY,\n"
    "    id         TEXT NOT NULL UNIQUE,\n"
    "    source     TEXT,\n"
    "    channels   TEXT,             -- JSON: the role of each channel in order\n"
    "    rate_hz    INTEGER,\n"
    "    started_at TEXT,             -- UTC, of the first sample\n"
    "    ended_at   TEXT,\n"
    "    ended_how  TEXT CHECK (ended_how IN ('finished', 'stopped', 'failed', 'server died', 'no consent')),\n"
    "    consent    TEXT NOT NULL CHECK (consent IN ('unknown', 'given', 'refused', 'withdrawn')),\n"
    "    consent_at TEXT NOT NULL,    -- when the store learned of it\n"
    "    model      TEXT,\n"
    "    arm        TEXT CHECK (arm IN ('shown', 'held_out')),\n"
    "    queue      TEXT,\n"
    "    customer   TEXT,             -- the deployment's reference\n"
    "    agent      TEXT,             -- the same of the agent and the team\n"
    "    team       TEXT,\n"
    "    playbook   TEXT,\n"
    "    content_sha256 TEXT,         -- of the file it was imported from\n"
    "    held_why   TEXT              -- legal hold: nothing of it is deleted; null: none\n"
    ") STRICT;\n",
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
    ") STRICT;\n",
    turns_sql,
    readings_sql,
    cue_life_sql,
    notes_sql,
    audit_sql,
    NULL,
};

static const char to_2[] = "ALTER TABLE readings ADD COLUMN sound TEXT NOT NULL DEFAULT 'none'"
                           " CHECK (sound IN ('none', 'speech', 'music', 'tone'))";

static const char to_3[] =
    "ALTER TABLE calls ADD COLUMN arm TEXT CHECK (arm IN ('shown', 'held_out'));"
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
    "ALTER TABLE summaries ADD COLUMN monologue_longest_s REAL;";

/* A column's CHECK goes with the column. */
#define WIDEN_ENDED_HOW                                                                                                \
    "ALTER TABLE calls ADD COLUMN ended TEXT CHECK (ended IN ('finished', 'stopped', 'failed', 'server died',"         \
    " 'no consent'));"                                                                                                 \
    "UPDATE calls SET ended = ended_how;"                                                                              \
    "ALTER TABLE calls DROP COLUMN ended_how;"                                                                         \
    "ALTER TABLE calls RENAME COLUMN ended TO ended_how;"

static const char to_4[] = "ALTER TABLE readings RENAME TO readings_3;"
                           "ALTER TABLE scores RENAME TO scores_3;"
                           "ALTER TABLE calls ADD COLUMN agent TEXT;"
                           "ALTER TABLE calls ADD COLUMN team TEXT;"
                           "ALTER TABLE calls ADD COLUMN playbook TEXT;"
                           "ALTER TABLE calls ADD COLUMN content_sha256 TEXT;"
                           "ALTER TABLE calls ADD COLUMN held_why TEXT;" WIDEN_ENDED_HOW;

static const char move_to_4[] =
    "INSERT INTO measured SELECT call, CAST(round(t_s * 1000) AS INTEGER),"
    " CASE channel WHEN 'customer' THEN 0 WHEN 'agent' THEN 1 ELSE 2 END, speaking,"
    " CASE sound WHEN 'none' THEN 0 WHEN 'speech' THEN 1 WHEN 'music' THEN 2 ELSE 3 END,"
    " CAST(round(level_db * 10) AS INTEGER), CAST(round(rate_syl_s * 10) AS INTEGER),"
    " CAST(round(talk_share * 100) AS INTEGER), CAST(round(talk_share_120s * 100) AS INTEGER) FROM readings_3;"
    "INSERT INTO scored SELECT call, CAST(round(t_s * 1000) AS INTEGER), CAST(round(pitch_hz * 10) AS INTEGER),"
    " CAST(round(frustration * 1000) AS INTEGER), CAST(round(stress * 1000) AS INTEGER),"
    " CAST(round(arousal * 1000) AS INTEGER), CAST(round(confidence * 100) AS INTEGER), abstain,"
    " CASE baseline WHEN 'warming' THEN 0 WHEN 'ready' THEN 1 END FROM scores_3;"
    "INSERT INTO cue_life SELECT call, id, 'raised', raised_s, json_patch('{}', json_object('severity', severity,"
    " 'score', score, 'score_usual', score_usual, 'text', text, 'advice', coalesce(advice, ''),"
    " 'reasons', json(reasons))), NULL FROM cues;"
    "INSERT INTO cue_life SELECT cues.call, id, 'cleared', cleared_s, said, NULL FROM cues JOIN cue_life"
    " ON cue_life.call = cues.call AND cue = id WHERE cleared_s IS NOT NULL;"
    "INSERT INTO cue_life SELECT call, id, feedback, NULL, NULL, feedback_at FROM cues WHERE feedback IS NOT NULL;"
    "INSERT INTO consents SELECT number, consent_at, NULL, consent, NULL, NULL FROM calls;"
    "DROP TABLE readings_3;"
    "DROP TABLE scores_3;";

/* A table's CHECK goes with the table. */
static const char to_5[] = "ALTER TABLE cue_life RENAME TO cue_life_4;"
                           "DROP INDEX cue_life_of_call;"
                           "DROP INDEX cue_life_seen;";
static const char move_to_5[] = "INSERT INTO cue_life SELECT * FROM cue_life_4 ORDER BY rowid;"
                                "DROP TABLE cue_life_4;";

const char *const schema_upgrades[SCHEMA_VERSION][SCHEMA_PARTS] = {
    [1] = {to_2},
    [2] = {to_3, turns_sql},
    [3] = {to_4, readings_sql, cue_life_sql, notes_sql, audit_sql, move_to_4},
    [4] = {to_5, cue_life_sql, move_to_5},
};
