#include "event.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Shortest decimals that say as much as we know; null where there is nothing to say. */
static json_t *number(double value, int decimals) {
    if (!isfinite(value)) return json_null();
    double scale = pow(10, decimals);
    return json_real(round(value * scale) / scale);
}

static json_t *source_json(const call_facts *facts) {
    json_t *name = json_string(facts->source);
    return name ? name : json_string("(a name that is not UTF-8)");
}

const char *utc_text(char text[UTC_SIZE], int64_t unix_ms) {
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t n = strftime(text, UTC_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + n, UTC_SIZE - n, ".%03dZ", (int)(unix_ms % 1000));
    return text;
}

static json_t *utc_json(int64_t unix_ms) {
    char text[UTC_SIZE];
    return json_string(utc_text(text, unix_ms));
}

/* A text that is null or not UTF-8 is left out. */
static void add_text(json_t *json, const char *key, const char *text) {
    if (text) json_object_set_new(json, key, json_string(text));
}

/* Who the customer is goes nowhere without consent. */
static void add_names(json_t *json, const call_facts *facts) {
    bool given = facts->consent == UT_CONSENT_GIVEN;
    add_text(json, "consent_method", facts->consent_method);
    add_text(json, "playbook", facts->playbook);
    add_text(json, "queue", facts->queue);
    add_text(json, "agent", facts->agent);
    add_text(json, "team", facts->team);
    if (given) add_text(json, "customer", facts->customer);
    if (given) add_text(json, "content_sha256", facts->content_sha256);
}

static json_t *channels_json(int n, const ut_channel roles[]) {
    json_t *channels = json_array();
    for (int c = 0; c < n; c++) json_array_append_new(channels, json_string(ut_channel_name(roles[c])));
    return channels;
}

static json_t *facts_json(const call_facts *facts) {
    json_t *json =
        json_pack("{ss ss so so si so ss ss ss}", "type", "call", "call", facts->id, "source", source_json(facts),
                  "channels", channels_json(facts->channels, facts->roles), "rate_hz", UT_RATE_HZ, "started_at",
                  utc_json(facts->started_at_ms), "consent", ut_consent_name(facts->consent), "model", facts->model,
                  "arm", facts->held_out ? "held_out" : "shown");
    if (json) add_names(json, facts);
    return json;
}

static json_t *reading_json(const call_facts *facts, double t_s, ut_channel channel, const ut_activity *activity) {
    return json_pack("{ss ss so ss sb ss so so so so}", "type", "reading", "call", facts->id, "t_s", number(t_s, 3),
                     "channel", ut_channel_name(channel), "speaking", activity->speaking, "sound",
                     ut_sound_name(activity->sound), "level_db", number(activity->level_db, 1), "rate_syl_s",
                     number(activity->rate_syl_s, 1), "talk_share", number(activity->talk_share, 2), "talk_share_120s",
                     number(activity->talk_share_120s, 2));
}

/* Only the customer's reading has these keys. */
static void add_affect(json_t *reading, const ut_affect *affect) {
    json_t *more = json_pack("{so so so so sb so ss}", "frustration", number(affect->frustration, 3), "stress",
                             number(affect->stress, 3), "arousal", number(affect->arousal, 3), "confidence",
                             number(affect->confidence, 2), "abstain", affect->abstain, "pitch_hz",
                             affect->pitch_hz > 0 ? number(affect->pitch_hz, 1) : json_null(), "baseline",
                             affect->usual_known ? "ready" : "warming");
    json_object_update(reading, more);
    json_decref(more);
}

static json_t *turn_json(const call_facts *facts, double t_s, const ut_turn *turn) {
    json_t *json = json_pack("{ss ss so ss}", "type", "turn", "call", facts->id, "t_s", number(t_s, 3), "turn",
                             ut_turn_name(turn->kind));
    bool nobodys = turn->kind == UT_TURN_SILENCE || turn->kind == UT_TURN_HOLD;
    if (!nobodys) json_object_set_new(json, "channel", json_string(ut_channel_name(turn->channel)));
    json_object_set_new(json, "start_s", number(turn->start_s, 2));
    json_object_set_new(json, "end_s", number(turn->end_s, 2));
    return json;
}

static json_t *cue_json(const call_facts *facts, double t_s, const ut_cue *cue) {
    json_t *reasons = json_array();
    for (unsigned i = 0; i < cue->n_reasons; i++) {
        const ut_reason *reason = &cue->reasons[i];
        json_t *one = json_pack("{ss ss}", "feature", reason->feature, "change", reason->change);
        if (isfinite(reason->z)) json_object_set_new(one, "z", number(reason->z, 1));
        json_array_append_new(reasons, one);
    }
    json_t *json =
        json_pack("{ss ss si so ss ss ss si ss sb}", "type", "cue", "call", facts->id, "id", (int)cue->id, "t_s",
                  number(t_s, 3), "cue", ut_cue_name(cue->kind), "state", ut_cue_state_name(cue->state), "severity",
                  ut_severity_name(cue->severity), "priority", (int)cue->priority, "to",
                  cue->kind == UT_CUE_ESCALATE ? "supervisor" : "agent", "shown", !facts->held_out);
    if (isfinite(cue->score)) json_object_set_new(json, "score", number(cue->score, 3));
    if (isfinite(cue->score_usual)) json_object_set_new(json, "score_usual", number(cue->score_usual, 3));
    json_object_set_new(json, "text", json_string(cue->text));
    json_object_set_new(json, "advice", json_string(cue->advice));
    json_object_set_new(json, "reasons", reasons);
    return json;
}

static json_t *summary_json(const call_facts *facts, const ut_summary *summary) {
    json_t *json = json_pack("{ss ss so so}", "type", "summary", "call", facts->id, "source", source_json(facts),
                             "duration_s", number(summary->duration_s, 3));
    if (summary->has_customer) {
        json_object_set_new(json, "customer",
                            json_pack("{so so so so so so}", "speech_s", number(summary->customer.speech_s, 1),
                                      "frustration_mean", number(summary->customer.frustration_mean, 3),
                                      "frustration_peak", number(summary->customer.frustration_peak, 3), "stress_mean",
                                      number(summary->customer.stress_mean, 3), "stress_peak",
                                      number(summary->customer.stress_peak, 3), "arousal_mean",
                                      number(summary->customer.arousal_mean, 3)));
    }
    if (summary->has_dynamics) {
        const ut_dynamics *dynamics = &summary->dynamics;
        json_object_set_new(json, "dynamics",
                            json_pack("{so si si si si so so so so so}", "agent_talk_share",
                                      number(dynamics->agent_talk_share, 2), "overlaps", (int)dynamics->overlaps,
                                      "interruptions", (int)dynamics->interruptions, "interruptions_by_agent",
                                      (int)dynamics->interruptions_by_agent, "backchannels",
                                      (int)dynamics->backchannels, "dead_air_s", number(dynamics->dead_air_s, 1),
                                      "hold_s", number(dynamics->hold_s, 1), "response_latency_median_s",
                                      number(dynamics->response_latency_median_s, 2), "response_latency_p90_s",
                                      number(dynamics->response_latency_p90_s, 2), "monologue_longest_s",
                                      number(dynamics->monologue_longest_s, 1)));
    }
    json_object_set_new(json, "cues", json_integer(summary->cues));
    json_object_set_new(json, "ended", json_string(facts->ended));
    return json;
}

/* With room for more bytes, zeroed, behind the text and its terminator. */
static message *message_of_bytes(message_kind kind, const char *call, double t_s, const void *bytes, size_t n_bytes,
                                 size_t n_more) {
    message *m = calloc(1, sizeof *m + MESSAGE_PREFIX + n_bytes + 1 + n_more);
    if (!m) return NULL;
    atomic_init(&m->references, 1);
    m->kind = kind;
    snprintf(m->call, sizeof m->call, "%s", call);
    m->t_s = t_s;
    m->shown = true;
    m->n_bytes = n_bytes;
    m->text = (char *)(m + 1) + MESSAGE_PREFIX;
    memcpy(m->text, bytes, n_bytes);
    return m;
}

/* Takes over json, which may be null. */
static message *message_new(message_kind kind, const char *call, double t_s, json_t *json) {
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    const char *agent = kind == MESSAGE_CALL ? json_string_value(json_object_get(json, "agent")) : NULL;
    size_t n_bytes = text ? strlen(text) : 0, n_agent = agent ? strlen(agent) + 1 : 0;
    message *m = text ? message_of_bytes(kind, call, t_s, text, n_bytes, n_agent) : NULL;
    if (m && agent) m->agent = memcpy(m->text + n_bytes + 1, agent, n_agent);
    free(text);
    json_decref(json);
    return m;
}

message *message_of_call(const call_facts *facts) {
    message *m = message_new(MESSAGE_CALL, facts->id, 0, facts_json(facts));
    if (!m) return NULL;
    m->consent = facts->consent;
    m->channel = facts->roles[0];
    for (int c = 1; c < facts->channels; c++)
        if (facts->roles[c] == UT_CUSTOMER) m->channel = UT_CUSTOMER;
    return m;
}

static message *message_of_reading(const call_facts *facts, const ut_event *event) {
    bool customer = event->type == UT_EVENT_CUSTOMER;
    ut_channel channel = customer ? UT_CUSTOMER : event->activity.channel;
    const ut_activity *activity = customer ? &event->customer.activity : &event->activity.activity;
    json_t *json = reading_json(facts, event->t_s, channel, activity);
    if (json && customer) add_affect(json, &event->customer.affect);
    message *m = message_new(MESSAGE_READING, facts->id, event->t_s, json);
    if (!m) return NULL;
    bool scored = customer && !event->customer.affect.abstain;
    m->channel = channel;
    m->frustration = scored ? event->customer.affect.frustration : NAN;
    m->stress = scored ? event->customer.affect.stress : NAN;
    return m;
}

static message *message_of_cue(const call_facts *facts, const ut_event *event) {
    message *m = message_new(MESSAGE_CUE, facts->id, event->t_s, cue_json(facts, event->t_s, &event->cue));
    if (m) {
        m->cue_id = event->cue.id;
        m->cue_state = event->cue.state;
        m->escalates = event->cue.kind == UT_CUE_ESCALATE;
        m->shown = !facts->held_out;
    }
    return m;
}

message *message_of_event(const call_facts *facts, const ut_event *event) {
    switch (event->type) {
    case UT_EVENT_CUSTOMER:
    case UT_EVENT_ACTIVITY:
        return message_of_reading(facts, event);
    case UT_EVENT_TURN:
        return message_new(MESSAGE_TURN, facts->id, event->t_s, turn_json(facts, event->t_s, &event->turn));
    case UT_EVENT_CUE:
        return message_of_cue(facts, event);
    case UT_EVENT_SUMMARY:
        return message_new(MESSAGE_SUMMARY, facts->id, event->t_s, summary_json(facts, &event->summary));
    }
    return NULL;
}

message *message_of_feedback(const feedback *said, int64_t now_ms) {
    json_t *json = json_pack("{ss ss si ss so}", "type", "feedback", "call", said->call, "cue", (int)said->cue,
                             "verdict", verdict_name(said->verdict), "at", utc_json(now_ms));
    message *m = message_new(MESSAGE_FEEDBACK, said->call, 0, json);
    if (!m) return NULL;
    m->cue_id = said->cue;
    m->shown = said->verdict != VERDICT_SEEN;
    m->takes = said->verdict == VERDICT_TAKEN;
    return m;
}

message *message_of_over(const char *call) {
    return message_new(MESSAGE_OVER, call, 0, json_pack("{ss ss}", "type", "over", "call", call));
}

message *message_of_sound(const char *call, double t_s, const unsigned char *samples, size_t n_bytes) {
    return message_of_bytes(MESSAGE_SOUND, call, t_s, samples, n_bytes, 0);
}

static json_t *scores_json(const float *scores, size_t n) {
    json_t *json = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(json, number((double)scores[i], 2));
    return json;
}

message *message_of_trend(const char *call, const score_trend *trend) {
    json_t *json = json_pack("{ss ss so so so so}", "type", "trend", "call", call, "t_s", number(trend->t_s, 3),
                             "step_s", number(trend->step_s, 3), "frustration",
                             scores_json(trend->frustration, trend->n), "stress", scores_json(trend->stress, trend->n));
    return message_new(MESSAGE_TREND, call, trend->t_s, json);
}

message *message_of_consent(const char *call, double t_s, const consent_change *change, int64_t now_ms) {
    json_t *json = json_pack("{ss ss so ss}", "type", "consent", "call", call, "t_s", number(t_s, 3), "consent",
                             ut_consent_name(change->consent));
    if (json) {
        add_text(json, "method", change->method);
        add_text(json, "who", change->who);
        json_object_set_new(json, "at", utc_json(now_ms));
    }
    message *m = message_new(MESSAGE_CONSENT, call, t_s, json);
    if (m) m->consent = change->consent;
    return m;
}

message *message_of_pause(const char *call, double t_s, const pause_change *change, int64_t now_ms) {
    json_t *json = json_pack("{ss ss so ss}", "type", "pause", "call", call, "t_s", number(t_s, 3), "state",
                             change->paused ? "paused" : "resumed");
    if (json) {
        add_text(json, "who", change->who);
        json_object_set_new(json, "at", utc_json(now_ms));
    }
    return message_new(MESSAGE_PAUSE, call, t_s, json);
}

message *message_of_recording(const recording_news *news) {
    static const char *const states[RECORDING_STATES] = {"recording", "finished", "interrupted", "failed", "discarded"};
    json_t *json =
        json_pack("{ss ss ss so so sI so}", "type", "recording", "call", news->call, "state", states[news->state],
                  "channels", channels_json(news->channels, news->roles), "duration_s", number(news->duration_s, 3),
                  "bytes", (json_int_t)news->bytes, "lost_s", number(news->lost_s, 3));
    if (json) {
        if (*news->file) add_text(json, "file", news->file);
        add_text(json, "format", news->format);
        if (*news->why) add_text(json, "why", news->why);
    }
    return message_new(MESSAGE_RECORDING, news->call, 0, json);
}

message *message_of_deletion(const char *call) {
    return message_new(MESSAGE_DELETED, call, 0, json_pack("{ss ss}", "type", "deleted", "call", call));
}

message *message_of_status(const store_status *status) {
    json_t *json = json_pack("{ss sb}", "type", "status", "storing", status->storing);
    if (json && !status->storing) add_text(json, "why", status->why);
    message *m = message_new(MESSAGE_STATUS, "", 0, json);
    if (m) m->storing = status->storing;
    return m;
}

message *message_of_refusal(const char *why) {
    return message_new(MESSAGE_REFUSED, "", 0, json_pack("{ss ss}", "type", "refused", "why", why));
}

bool message_is_durable(const message *m) {
    return m->kind == MESSAGE_CUE || m->kind == MESSAGE_FEEDBACK || m->kind == MESSAGE_SUMMARY ||
           m->kind == MESSAGE_CONSENT || m->kind == MESSAGE_PAUSE;
}

bool message_may_be_dropped(const message *m) {
    return m->kind == MESSAGE_READING || m->kind == MESSAGE_TURN || m->kind == MESSAGE_SOUND;
}

message *message_hold(message *m) {
    atomic_fetch_add_explicit(&m->references, 1, memory_order_relaxed);
    return m;
}

void message_release(message *m) {
    if (m && atomic_fetch_sub_explicit(&m->references, 1, memory_order_acq_rel) == 1) free(m);
}

int64_t now_unix_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void call_id_make(char id[CALL_ID_SIZE], int64_t now_ms) {
    static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's: no I, L, O, U */
    unsigned char chance[16];
    if (getrandom(chance, sizeof chance, 0) != sizeof chance) memset(chance, 0, sizeof chance);
    memcpy(id, "c-", 2);
    for (int i = 0; i < 10; i++) id[2 + i] = base32[(now_ms >> (5 * (9 - i))) & 31];
    for (int i = 0; i < 16; i++) id[12 + i] = base32[chance[i] & 31];
    id[28] = '\0';
}

bool call_id_is(const char *text) {
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '-') n++;
    return n && !text[n] && n < CALL_ID_SIZE;
}

const char *verdict_name(verdict verdict) {
    static const char *const names[VERDICTS] = {"helpful", "wrong", "dismiss", "seen", "taken"};
    return names[verdict];
}
