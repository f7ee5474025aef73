#include "events.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* A key and what may stand there: s text, i whole number, n number, b boolean, a array, o object; a capital allows
 * null, a question mark before it that the key is missing. */
typedef struct rule {
    const char *key, *kind;
} rule;

static const rule call_rules[] = {{"type", "s"},    {"call", "s"},     {"source", "s"},          {"channels", "a"},
                                  {"rate_hz", "i"}, {"consent", "s"},  {"started_at", "s"},      {"model", "s"},
                                  {"arm", "s"},     {"queue", "?s"},   {"customer", "?s"},       {"agent", "?s"},
                                  {"team", "?s"},   {"playbook", "s"}, {"consent_method", "?s"}, {0}};
static const rule reading_rules[] = {{"type", "s"},
                                     {"call", "s"},
                                     {"t_s", "n"},
                                     {"channel", "s"},
                                     {"speaking", "b"},
                                     {"sound", "s"},
                                     {"level_db", "N"},
                                     {"rate_syl_s", "N"},
                                     {"talk_share", "N"},
                                     {"talk_share_120s", "N"},
                                     {0}};
static const rule customer_rules[] = {{"type", "s"},       {"call", "s"},
                                      {"t_s", "n"},        {"channel", "s"},
                                      {"speaking", "b"},   {"sound", "s"},
                                      {"level_db", "N"},   {"rate_syl_s", "N"},
                                      {"talk_share", "N"}, {"talk_share_120s", "N"},
                                      {"pitch_hz", "N"},   {"frustration", "N"},
                                      {"stress", "N"},     {"arousal", "N"},
                                      {"confidence", "N"}, {"abstain", "b"},
                                      {"baseline", "s"},   {0}};
static const rule turn_rules[] = {{"type", "s"},    {"call", "s"},  {"t_s", "n"},     {"turn", "s"},
                                  {"start_s", "n"}, {"end_s", "n"}, {"channel", "s"}, {0}};
static const rule nobodys_turn_rules[] = {{"type", "s"},    {"call", "s"},  {"t_s", "n"}, {"turn", "s"},
                                          {"start_s", "n"}, {"end_s", "n"}, {0}};
static const rule cue_rules[] = {{"type", "s"},         {"call", "s"},     {"id", "i"},       {"t_s", "n"},
                                 {"cue", "s"},          {"state", "s"},    {"severity", "s"}, {"score", "?n"},
                                 {"score_usual", "?n"}, {"priority", "i"}, {"to", "s"},       {"shown", "b"},
                                 {"text", "s"},         {"advice", "s"},   {"reasons", "a"},  {0}};
static const rule reason_rules[] = {{"feature", "s"}, {"change", "s"}, {"z", "?n"}, {0}};
static const rule feedback_rules[] = {{"type", "s"}, {"call", "s"}, {"cue", "i"}, {"verdict", "s"}, {"at", "s"}, {0}};
static const rule summary_rules[] = {{"type", "s"},       {"call", "s"},      {"source", "s"},
                                     {"duration_s", "n"}, {"customer", "?o"}, {"dynamics", "?o"},
                                     {"cues", "i"},       {"ended", "s"},     {0}};
static const rule consent_rules[] = {{"type", "s"},    {"call", "s"}, {"t_s", "n"}, {"consent", "s"},
                                     {"method", "?s"}, {"who", "?s"}, {"at", "s"},  {0}};
static const rule pause_rules[] = {{"type", "s"}, {"call", "s"}, {"t_s", "n"}, {"state", "s"},
                                   {"who", "?s"}, {"at", "s"},   {0}};
static const rule recording_rules[] = {{"type", "s"},
                                       {"call", "s"},
                                       {"state", "s"},
                                       {"channels", "a"},
                                       {"duration_s", "n"},
                                       {"bytes", "i"},
                                       {"lost_s", "n"},
                                       {"file", "?s"},
                                       {"format", "s"},
                                       {"why", "?s"},
                                       {0}};
static const rule status_rules[] = {{"type", "s"}, {"storing", "b"}, {"why", "?s"}, {0}};
static const rule summary_customer_rules[] = {{"speech_s", "n"},
                                              {"frustration_mean", "N"},
                                              {"frustration_peak", "N"},
                                              {"stress_mean", "N"},
                                              {"stress_peak", "N"},
                                              {"arousal_mean", "N"},
                                              {0}};
static const rule dynamics_rules[] = {{"agent_talk_share", "N"},
                                      {"overlaps", "i"},
                                      {"interruptions", "i"},
                                      {"interruptions_by_agent", "i"},
                                      {"backchannels", "i"},
                                      {"dead_air_s", "n"},
                                      {"hold_s", "n"},
                                      {"response_latency_median_s", "N"},
                                      {"response_latency_p90_s", "N"},
                                      {"monologue_longest_s", "n"},
                                      {0}};

static bool fits(const json_t *value, char kind) {
    switch (kind) {
    case 's':
        return json_is_string(value);
    case 'i':
        return json_is_integer(value);
    case 'N':
        return json_is_number(value) || json_is_null(value);
    case 'n':
        return json_is_number(value);
    case 'b':
        return json_is_boolean(value);
    case 'a':
        return json_is_array(value);
    case 'o':
        return json_is_object(value);
    default:
        return false;
    }
}

static void check(const json_t *object, const rule *rules) {
    size_t known = 0;
    char *text = json_dumps(object, JSON_COMPACT);
    for (; rules->key; rules++) {
        const json_t *value = json_object_get(object, rules->key);
        bool may_miss = rules->kind[0] == '?';
        if (value ? !fits(value, rules->kind[may_miss]) : !may_miss)
            fail_msg("%s is not right in %s", rules->key, text);
        known += value != NULL;
    }
    if (known != json_object_size(object)) fail_msg("more keys than there should be in %s", text);
    free(text);
}

static bool is_one_of(const char *text, const char *const words[]) {
    while (*words && strcmp(*words, text)) words++;
    return *words;
}

static void check_word(const json_t *object, const char *key, const char *const words[]) {
    if (!is_one_of(event_text(object, key), words)) fail_msg("%s cannot be \"%s\"", key, event_text(object, key));
}

static void check_cue(const json_t *cue) {
    check(cue, cue_rules);
    check_word(cue, "cue",
               (const char *const[]){"frustration", "stress", "calming", "talk_over", "interruption", "dead_air",
                                     "slow_reply", "monologue", "talking_fast", "escalate", NULL});
    check_word(cue, "state", (const char *const[]){"raised", "updated", "cleared", NULL});
    check_word(cue, "severity", (const char *const[]){"info", "notice", "urgent", NULL});
    bool escalates = !strcmp(event_text(cue, "cue"), "escalate");
    check_word(cue, "to", (const char *const[]){escalates ? "supervisor" : "agent", NULL});
    assert_true(event_number(cue, "id") >= 1 && event_number(cue, "priority") >= 1);
    const json_t *reasons = json_object_get(cue, "reasons");
    for (size_t i = 0; i < json_array_size(reasons); i++) check(json_array_get(reasons, i), reason_rules);
}

static void check_turn(const json_t *turn) {
    static const char *const nobodys[] = {"silence", "hold", NULL};
    static const char *const ones[] = {"turn", "overlap", "interruption", "backchannel", "reply", "monologue", NULL};
    bool is_nobodys = is_one_of(event_text(turn, "turn"), nobodys);
    check(turn, is_nobodys ? nobodys_turn_rules : turn_rules);
    if (!is_nobodys) check_word(turn, "turn", ones);
    if (!is_nobodys) check_word(turn, "channel", (const char *const[]){"customer", "agent", NULL});
    assert_true(event_number(turn, "start_s") <= event_number(turn, "end_s"));
    assert_true(event_number(turn, "end_s") <= event_number(turn, "t_s") + 0.011); /* it is rounded more */
}

static void check_reading(const json_t *reading) {
    bool customer = !strcmp(event_text(reading, "channel"), "customer");
    check(reading, customer ? customer_rules : reading_rules);
    if (customer) check_word(reading, "baseline", (const char *const[]){"warming", "ready", NULL});
}

static void check_call(const json_t *call) {
    check(call, call_rules);
    assert_int_equal(json_integer_value(json_object_get(call, "rate_hz")), 8000);
    check_word(call, "consent", (const char *const[]){"given", "unknown", "refused", "withdrawn", NULL});
    check_word(call, "arm", (const char *const[]){"shown", "held_out", NULL});
    assert_true(event_started_us(call) > 0);
    const char *model = event_text(call, "model");
    assert_int_equal(strlen(strchr(model, '@') ? strchr(model, '@') + 1 : ""), 12);
}

static void check_summary(const json_t *summary) {
    const json_t *customer = json_object_get(summary, "customer"), *dynamics = json_object_get(summary, "dynamics");
    check(summary, summary_rules);
    check_word(summary, "ended", (const char *const[]){"finished", "stopped", "failed", NULL});
    if (customer) check(customer, summary_customer_rules);
    if (dynamics) check(dynamics, dynamics_rules);
}

static void check_feedback(const json_t *feedback) {
    check(feedback, feedback_rules);
    check_word(feedback, "verdict", (const char *const[]){"helpful", "wrong", "dismiss", "taken", NULL});
}

static void check_consent(const json_t *consent) {
    check(consent, consent_rules);
    check_word(consent, "consent", (const char *const[]){"given", "refused", "withdrawn", NULL});
}

static void check_pause(const json_t *pause) {
    check(pause, pause_rules);
    check_word(pause, "state", (const char *const[]){"paused", "resumed", NULL});
}

static void check_recording(const json_t *recording) {
    check(recording, recording_rules);
    check_word(recording, "state", (const char *const[]){"recording", "finished", "interrupted", "failed", NULL});
    check_word(recording, "format", (const char *const[]){"flac", "opus", NULL});
}

/* That it is deleted, or over. */
static void check_call_alone(const json_t *event) {
    static const rule rules[] = {{"type", "s"}, {"call", "s"}, {0}};
    check(event, rules);
}

static void check_trend(const json_t *trend) {
    static const rule rules[] = {{"type", "s"},        {"call", "s"},   {"t_s", "n"}, {"step_s", "n"},
                                 {"frustration", "a"}, {"stress", "a"}, {0}};
    check(trend, rules);
}

static void check_status(const json_t *status) { check(status, status_rules); }

void event_check(const json_t *event) {
    static const struct {
        const char *type;
        void (*check)(const json_t *event);
    } types[] = {{"call", check_call},       {"reading", check_reading},    {"turn", check_turn},
                 {"cue", check_cue},         {"feedback", check_feedback},  {"summary", check_summary},
                 {"consent", check_consent}, {"pause", check_pause},        {"recording", check_recording},
                 {"status", check_status},   {"deleted", check_call_alone}, {"over", check_call_alone},
                 {"trend", check_trend}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!event_is(event, types[i].type)) continue;
        types[i].check(event);
        return;
    }
    fail_msg("an event of type \"%s\"", event_text(event, "type"));
}

json_t *events_parse(const char *text) {
    json_t *events = json_array();
    while (*text) {
        size_t n = strcspn(text, "\n");
        json_t *event = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
        if (!event || text[n] != '\n') fail_msg("not a whole line of JSON: %.*s", (int)n, text);
        event_check(event);
        json_array_append_new(events, event);
        text += n + 1;
    }
    return events;
}

const char *event_text(const json_t *event, const char *key) {
    const char *text = json_string_value(json_object_get(event, key));
    return text ? text : "";
}

double event_number(const json_t *event, const char *key) {
    const json_t *value = json_object_get(event, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

bool event_is(const json_t *event, const char *type) { return !strcmp(event_text(event, "type"), type); }

bool event_is_emotion(const json_t *event) {
    return event_is(event, "cue") &&
           is_one_of(event_text(event, "cue"), (const char *const[]){"frustration", "stress", "calming", NULL});
}

int64_t event_started_us(const json_t *call) {
    struct tm utc = {0};
    const char *rest = strptime(event_text(call, "started_at"), "%Y-%m-%dT%H:%M:%S", &utc);
    int ms = 0, n = 0;
    if (!rest || sscanf(rest, ".%3dZ%n", &ms, &n) != 1 || rest[n]) return 0;
    return ((int64_t)timegm(&utc) * 1000 + ms) * 1000;
}
