/* report.c - see report.h. The messages are the contract others build on, so that what is told here is told from
 * nothing that others could not have as well. */
#include "commands/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

report *report_new(void) {
    report *r = calloc(1, sizeof *r);
    if (r) timeline_init(&r->timeline);
    return r;
}

void report_free(report *r) {
    if (!r) return;
    for (unsigned i = 0; i < r->n_cues; i++) json_decref(r->cues[i].told);
    json_decref(r->call);
    json_decref(r->summary);
    free(r);
}

const char *report_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double report_number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

bool report_has(const report *r, ut_channel channel) {
    const json_t *channels = json_object_get(r->call, "channels");
    for (size_t i = 0; i < json_array_size(channels); i++) {
        const char *name = json_string_value(json_array_get(channels, i));
        if (name && !strcmp(name, ut_channel_name(channel))) return true;
    }
    return false;
}

bool report_may(const report *r) { return !strcmp(report_text(r->call, "consent"), ut_consent_name(UT_CONSENT_GIVEN)); }

const report_cue *report_first(const report *r, ut_cue_kind kind, unsigned *times) {
    const report_cue *first = NULL;
    *times = 0;
    for (unsigned i = 0; i < r->n_cues; i++) {
        if (r->cues[i].kind != kind) continue;
        if (!first) first = &r->cues[i];
        ++*times;
    }
    return first;
}

/* ---- from messages ---- */

static void take_reading(report *r, const json_t *reading) {
    double t_s = report_number(reading, "t_s"), frustration = report_number(reading, "frustration"),
           stress = report_number(reading, "stress");
    r->duration_s = fmax(r->duration_s, t_s);
    if (strcmp(report_text(reading, "channel"), ut_channel_name(UT_CUSTOMER))) return;
    bool scored = json_is_false(json_object_get(reading, "abstain")) && isfinite(frustration) && isfinite(stress);
    timeline_read(&r->timeline, t_s, scored, frustration, stress);
    bool speaking = json_is_true(json_object_get(reading, "speaking"));
    r->speaking += speaking;
    r->speaking_scored += speaking && scored;
}

static int find_name(const char *(*name)(int i), int n, const char *text) {
    for (int i = 0; i < n; i++)
        if (!strcmp(name(i), text)) return i;
    return -1;
}
static const char *turn_name(int i) { return ut_turn_name((ut_turn_kind)i); }
static const char *cue_name(int i) { return ut_cue_name((ut_cue_kind)i); }

static void take_turn(report *r, const json_t *turn) {
    int kind = find_name(turn_name, UT_TURN_KINDS, report_text(turn, "turn"));
    bool agents = !strcmp(report_text(turn, "channel"), ut_channel_name(UT_AGENT));
    double start_s = report_number(turn, "start_s"), end_s = report_number(turn, "end_s");
    if (kind < 0) return;
    if (kind == UT_TURN_SILENCE) r->longest_silence_s = fmax(r->longest_silence_s, end_s - start_s);
    timeline_mark(&r->timeline, timeline_bit((ut_turn_kind)kind, agents ? UT_AGENT : UT_CUSTOMER), start_s, end_s);
}

static report_cue *cue_of(report *r, unsigned id) {
    for (unsigned i = r->n_cues; i-- > 0;)
        if (r->cues[i].id == id) return &r->cues[i];
    return NULL;
}

static void take_raised(report *r, unsigned id, json_t *cue) {
    int kind = find_name(cue_name, UT_CUE_KINDS, report_text(cue, "cue"));
    double from_s = report_number(cue, "t_s");
    if (kind < 0 || isnan(from_s)) return;
    if (r->n_cues == REPORT_CUES) {
        r->untold_cues++;
        return;
    }
    r->cues[r->n_cues++] = (report_cue){
        .id = id, .kind = (ut_cue_kind)kind, .from_s = from_s, .to_s = (double)NAN, .told = json_incref(cue)};
}

static void take_cue(report *r, json_t *cue) {
    unsigned id = (unsigned)json_integer_value(json_object_get(cue, "id"));
    const char *state = report_text(cue, "state");
    report_cue *known = cue_of(r, id);
    if (!strcmp(state, ut_cue_state_name(UT_CUE_RAISED))) take_raised(r, id, cue);
    else if (known && !strcmp(state, ut_cue_state_name(UT_CUE_CLEARED))) known->to_s = report_number(cue, "t_s");
    else if (known && !(report_number(cue, "score") < report_number(known->told, "score"))) {
        json_decref(known->told);
        known->told = json_incref(cue);
    }
}

static void take_call(report *r, json_t *call) {
    json_decref(r->call);
    r->call = json_incref(call);
}

static void take_summary(report *r, json_t *summary) {
    json_decref(r->summary);
    r->summary = json_incref(summary);
    r->duration_s = fmax(r->duration_s, report_number(summary, "duration_s"));
    report_finish(r);
}

void report_finish(report *r) {
    for (unsigned i = 0; i < r->n_cues; i++)
        if (isnan(r->cues[i].to_s)) r->cues[i].to_s = fmax(r->duration_s, r->cues[i].from_s);
}

void report_read(report *r, json_t *event) {
    const char *type = report_text(event, "type");
    if (!strcmp(type, "call")) take_call(r, event);
    if (!strcmp(type, "reading")) take_reading(r, event);
    if (!strcmp(type, "turn")) take_turn(r, event);
    if (!strcmp(type, "cue")) take_cue(r, event);
    if (!strcmp(type, "summary")) take_summary(r, event);
}

void report_take(report *r, const message *m) {
    json_t *event = json_loadb(m->text, m->n_bytes, 0, NULL);
    report_read(r, event);
    json_decref(event);
}

void report_hear(report *r, ut_channel channel, const float *x, size_t n) {
    timeline_hear(&r->timeline, channel, x, n);
}
