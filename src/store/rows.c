#include "store/rows.h"

#include <stdio.h>
#include <string.h>

#include "store/erase.h"
#include "store/schema.h"

#define AFTER(s) "strftime(" SCHEMA_ISO ", started_at, printf('%+.3f seconds', " s "))"

/* Consent may come late, but what was refused or withdrawn stays so. */
static const char call_sql[] =
    "INSERT INTO calls (id, source, channels, rate_hz, started_at, consent, consent_at, model, arm, queue, customer,"
    " agent, team, playbook, content_sha256) VALUES ($call, $source, $channels, $rate_hz, $started_at, $consent,"
    " " SCHEMA_NOW ", $model, $arm, $queue, $customer, $agent, $team, $playbook, $content_sha256)"
    " ON CONFLICT (id) DO UPDATE SET source = excluded.source, channels = excluded.channels,"
    " rate_hz = excluded.rate_hz, started_at = excluded.started_at, consent = excluded.consent,"
    " consent_at = excluded.consent_at, model = excluded.model, arm = excluded.arm, queue = excluded.queue,"
    " customer = excluded.customer, agent = excluded.agent, team = excluded.team, playbook = excluded.playbook,"
    " content_sha256 = excluded.content_sha256, ended_at = NULL, ended_how = NULL WHERE calls.consent = 'unknown'";

/* What was known of consent at the start; later changes are events of their own. */
static const char first_consent_sql[] =
    "INSERT INTO consents (call, at, t_s, state, method) SELECT number, $started_at, 0, $consent, $consent_method"
    " FROM calls WHERE id = $call AND NOT EXISTS (SELECT 1 FROM consents WHERE call = number)";

static const char consent_sql[] = "INSERT INTO consents (call, at, t_s, state, method, who)"
                                  " SELECT number, $at, $t_s, $consent, $method, $who FROM calls WHERE id = $call";

static const char measured_sql[] =
    "INSERT INTO measured (call, t_ms, channel, speaking, sound, level, rate, share, share_120s)"
    " SELECT number, CAST(round($t_s * 1000) AS INTEGER),"
    " CASE $channel WHEN 'customer' THEN 0 WHEN 'agent' THEN 1 WHEN 'mixed' THEN 2 END, $speaking,"
    " CASE $sound WHEN 'none' THEN 0 WHEN 'speech' THEN 1 WHEN 'music' THEN 2 WHEN 'tone' THEN 3 END,"
    " CAST(round($level_db * 10) AS INTEGER), CAST(round($rate_syl_s * 10) AS INTEGER),"
    " CAST(round($talk_share * 100) AS INTEGER), CAST(round($talk_share_120s * 100) AS INTEGER) " SCHEMA_OF_CALL;

/* Of other channels than the customer's it makes no row. */
static const char scored_sql[] =
    "INSERT INTO scored (call, t_ms, pitch, frustration, stress, arousal, confidence, abstain, usual_known)"
    " SELECT number, CAST(round($t_s * 1000) AS INTEGER), CAST(round($pitch_hz * 10) AS INTEGER),"
    " CAST(round($frustration * 1000) AS INTEGER), CAST(round($stress * 1000) AS INTEGER),"
    " CAST(round($arousal * 1000) AS INTEGER), CAST(round($confidence * 100) AS INTEGER), $abstain,"
    " CASE $baseline WHEN 'warming' THEN 0 WHEN 'ready' THEN 1 END " SCHEMA_OF_CALL " AND $channel = 'customer'";

static const char turn_sql[] = "INSERT INTO turns (call, start_s, end_s, turn, channel)"
                               " SELECT number, $start_s, $end_s, $turn, $channel " SCHEMA_OF_CALL;

/* One row a cue, as it was last before it cleared. */
static const char cue_sql[] =
    "INSERT INTO cues (call, id, kind, severity, score, text, advice, reasons, raised_s, updated_s, cleared_s,"
    " priority, audience, shown, score_usual) SELECT number, $id, $cue, $severity, $score, $text, $advice, $reasons,"
    " $t_s, iif($state = 'updated', $t_s, NULL), iif($state = 'cleared', $t_s, NULL), $priority, $to, $shown,"
    " $score_usual " SCHEMA_OF_CALL " ON CONFLICT (call, id) DO UPDATE SET cleared_s = excluded.cleared_s,"
    " updated_s = coalesce(excluded.updated_s, updated_s),"
    " severity = iif($state = 'cleared', severity, excluded.severity),"
    " score = iif($state = 'cleared', score, excluded.score),"
    " score_usual = iif($state = 'cleared', score_usual, excluded.score_usual),"
    " text = iif($state = 'cleared', text, excluded.text), advice = iif($state = 'cleared', advice, excluded.advice),"
    " reasons = iif($state = 'cleared', reasons, excluded.reasons)";

static const char cue_life_sql[] =
    "INSERT INTO cue_life (call, cue, state, t_s, said) SELECT number, $id, $state, $t_s, json_patch('{}', json_object("
    "'severity', $severity, 'score', $score, 'score_usual', $score_usual, 'text', $text, 'advice', $advice,"
    " 'reasons', json($reasons))) " SCHEMA_OF_CALL;

/* It is seen once, whatever number of pages say so. */
static const char feedback_life_sql[] =
    "INSERT INTO cue_life (call, cue, state, at) SELECT number, $cue, $verdict, $at " SCHEMA_OF_CALL
    " AND EXISTS (SELECT 1 FROM cues WHERE call = number AND id = $cue AND shown)"
    " ON CONFLICT (call, cue) WHERE state = 'seen' DO UPDATE SET at = at";

/* The latest, but who only wants a cue out of sight takes nothing back, and to see or take one says nothing of it. */
static const char feedback_sql[] =
    "UPDATE cues SET feedback = iif($verdict = 'dismiss', coalesce(feedback, $verdict), $verdict),"
    " feedback_at = iif($verdict = 'dismiss', coalesce(feedback_at, $at), $at)"
    " WHERE id = $cue AND $verdict NOT IN ('seen', 'taken') AND call = " SCHEMA_NUMBER;

static const char pause_sql[] =
    "INSERT INTO pauses (call, start_s, who) SELECT number, $t_s, $who " SCHEMA_OF_CALL " AND $state = 'paused'";
static const char resume_sql[] = "UPDATE pauses SET end_s = $t_s WHERE $state = 'resumed' AND end_s IS NULL"
                                 " AND call = (SELECT number " SCHEMA_OF_CALL ")";

static const char recording_sql[] =
    "INSERT INTO recordings (call, file, format, channels, state, duration_s, bytes, lost_s)"
    " SELECT number, $file, $format, $channels, $state, $duration_s, $bytes, $lost_s " SCHEMA_OF_CALL
    " ON CONFLICT (call) DO UPDATE SET file = excluded.file, format = excluded.format, channels = excluded.channels,"
    " state = excluded.state, duration_s = excluded.duration_s, bytes = excluded.bytes, lost_s = excluded.lost_s";

static const char summary_sql[] =
    "INSERT INTO summaries (call, duration_s, customer_speech_s, customer_frustration_mean, customer_frustration_peak,"
    " customer_stress_mean, customer_stress_peak, customer_arousal_mean, agent_talk_share, overlaps, interruptions,"
    " dead_air_s, response_latency_median_s, cues, interruptions_by_agent, backchannels, hold_s,"
    " response_latency_p90_s, monologue_longest_s) SELECT number, $duration_s, $customer::speech_s,"
    " $customer::frustration_mean, $customer::frustration_peak, $customer::stress_mean, $customer::stress_peak,"
    " $customer::arousal_mean, $dynamics::agent_talk_share, $dynamics::overlaps, $dynamics::interruptions,"
    " $dynamics::dead_air_s, $dynamics::response_latency_median_s, $cues, $dynamics::interruptions_by_agent,"
    " $dynamics::backchannels, $dynamics::hold_s, $dynamics::response_latency_p90_s, "
    "$dynamics::monologue_longest_s " SCHEMA_OF_CALL;
static const char end_sql[] = "UPDATE calls SET ended_how = coalesce($ended, 'finished'), ended_at = " AFTER(
    "$duration_s") " WHERE id = $call AND consent = 'given'";

/* Without consent; whatever became of it later, such as a deletion. */
static const char over_sql[] =
    "UPDATE calls SET ended_at = " SCHEMA_NOW " WHERE id = $call AND ended_at IS NULL AND ended_how = 'no consent'";

/* And nothing changed means refused: there is no such call, or no consent. */
static enum database_put put(struct database *d, const char *sql, json_t *event) {
    enum database_put result = database_run(d, sql, event);
    return result == DATABASE_ROW_STORED && !database_changes(d) ? DATABASE_ROW_REFUSED : result;
}

static enum database_put put_both(struct database *d, const char *first, const char *second, json_t *event) {
    enum database_put result = put(d, first, event);
    return result == DATABASE_ROW_STORED ? database_run(d, second, event) : result;
}

static bool is_given(const json_t *event) {
    const char *consent = json_string_value(json_object_get(event, "consent"));
    return consent && !strcmp(consent, ut_consent_name(UT_CONSENT_GIVEN));
}

static enum database_put put_call(struct database *d, json_t *event) {
    enum database_put result = is_given(event) ? put(d, call_sql, event) : erase_without_consent(d, event);
    return result == DATABASE_ROW_STORED ? database_run(d, first_consent_sql, event) : result;
}

static enum database_put put_pause(struct database *d, json_t *event) {
    enum database_put result = put(d, pause_sql, event);
    return result == DATABASE_ROW_REFUSED ? put(d, resume_sql, event) : result;
}

static enum database_put put_event(struct database *d, message_kind kind, json_t *event) {
    switch (kind) {
    case MESSAGE_CALL:
        return put_call(d, event);
    case MESSAGE_READING:
        return put_both(d, measured_sql, scored_sql, event);
    case MESSAGE_TURN:
        return put(d, turn_sql, event);
    case MESSAGE_CUE:
        return put_both(d, cue_sql, cue_life_sql, event);
    case MESSAGE_FEEDBACK:
        return put_both(d, feedback_life_sql, feedback_sql, event);
    case MESSAGE_SUMMARY:
        return put_both(d, summary_sql, end_sql, event);
    case MESSAGE_OVER:
        return database_run(d, over_sql, event);
    case MESSAGE_CONSENT: /* erases by itself: the process may die before the call's own message */
        return is_given(event) ? put(d, consent_sql, event) : erase_without_consent(d, event);
    case MESSAGE_PAUSE:
        return put_pause(d, event);
    case MESSAGE_RECORDING: /* of a call that nothing is to be known of, or that died before it was known: no loss */
        return database_run(d, recording_sql, event);
    case MESSAGE_TREND:
    case MESSAGE_SOUND:
    case MESSAGE_DELETED:
    case MESSAGE_STATUS:
    case MESSAGE_REFUSED:
        break;
    }
    return DATABASE_ROW_REFUSED;
}

enum database_put rows_put(struct database *d, const message *m) {
    json_t *event = json_loadb(m->text, m->n_bytes, JSON_REJECT_DUPLICATES, NULL);
    enum database_put result = json_is_object(event) ? put_event(d, m->kind, event) : DATABASE_ROW_REFUSED;
    json_decref(event);
    return result;
}

bool rows_have_content(struct database *d, const char *sha256, char call_id[CALL_ID_SIZE]) {
    static const char content_sql[] = "SELECT id FROM calls WHERE content_sha256 = $sha256";
    json_t *values = json_pack("{ss}", "sha256", sha256);
    json_t *row = values ? database_row(d, content_sql, values) : NULL;
    bool have = json_is_object(row);
    if (have) snprintf(call_id, CALL_ID_SIZE, "%s", json_string_value(json_object_get(row, "id")));
    json_decref(row);
    json_decref(values);
    return have;
}

bool rows_close_abandoned(struct database *d) {
    static const char close_sql[] =
        "UPDATE calls SET ended_how = coalesce(ended_how, 'server died'), ended_at = coalesce(" AFTER(
            "coalesce((SELECT max(t_ms) / 1000.0 FROM measured WHERE call = number), 0)") ", " SCHEMA_NOW ")"
                                                                                          " WHERE ended_at IS NULL";
    return database_run(d, close_sql, NULL) == DATABASE_ROW_STORED;
}
