#include "commands/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/card.h"
#include "commands/configuration.h"
#include "cues/playbook.h"

/* Without the folders that lead there, which are nobody's business. */
static const char *name_of_file(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

/* Null: for ever. */
static json_t *days(double n) { return n > 0 ? json_real(n) : json_null(); }

/* ---- sources ---- */

static json_t *channels_of(const configured_source *s) {
    ut_channel roles[SOURCE_CHANNELS];
    json_t *channels = json_array();
    int n = s->channels ? source_roles(s->channels, roles) : 0;
    for (int i = 0; i < n; i++) json_array_append_new(channels, json_string(ut_channel_name(roles[i])));
    if (s->device && s->customer) json_array_append_new(channels, json_string("customer"));
    if (s->device && s->agent) json_array_append_new(channels, json_string("agent"));
    return channels;
}

static json_t *name_of(const configured_source *s) {
    if (!s->device) return json_string(name_of_file(s->file));
    const char *first = s->customer ? s->customer : s->agent, *second = s->customer ? s->agent : NULL;
    return json_sprintf("%s%s%s", first, second ? ", " : "", second ? second : "");
}

static json_t *source_told(const configured_source *s, const live_options *o) {
    bool record = s->record == HUB_RECORD_DEFAULT ? o->record : s->record == HUB_RECORD_ON;
    return json_pack("{ss so so ss? ss? ss? ss sb ss?}", "kind", s->device ? "device" : "recording", "name", name_of(s),
                     "channels", channels_of(s), "agent", s->agent_id, "team", s->team, "queue", s->queue, "consent",
                     ut_consent_name(s->consent), "recording", record, "playbook", name_of_file(s->playbook));
}

static json_t *sources_told(const live_options *o) {
    json_t *sources = json_array();
    for (int i = 0; i < o->n_sources; i++) json_array_append_new(sources, source_told(&o->sources[i], o));
    return sources;
}

/* ---- the playbook ---- */

static json_t *minute_told(int minute) { return json_sprintf("%02d:%02d", minute / 60, minute % 60); }

static json_t *hours_told(const ut_hours *hours) {
    static const char names[][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    json_t *on = json_array();
    for (unsigned day = 0; day < 7; day++)
        if (hours->days >> day & 1) json_array_append_new(on, json_string(names[day]));
    return json_pack("{so so so}", "days", on, "from", minute_told(hours->from_min), "to", minute_told(hours->to_min));
}

/* As a person wrote it: a float has no more digits to tell. */
static json_t *number_told(float value) {
    char text[40];
    snprintf(text, sizeof text, "%.6g", (double)value);
    return json_real(strtod(text, NULL));
}

/* Those that the cue has. */
static void add_numbers(json_t *cue, const ut_rule *rule, ut_cue_kind kind) {
    for (int i = 0; i < UT_RULE_NUMBERS; i++) {
        const ut_rule_number *number = &ut_rule_numbers[i];
        float value;
        if (!(number->cues >> kind & 1)) continue;
        memcpy(&value, (const char *)rule + number->offset, sizeof value);
        json_object_set_new(cue, number->name, number_told(value));
    }
}

static json_t *cue_told(const ut_playbook *playbook, ut_cue_kind kind) {
    static const ut_about nothing;
    ut_cue said = {.kind = kind};
    ut_playbook_say(playbook, &nothing, &said);
    json_t *cue = json_pack("{ss sb si ss ss}", "cue", ut_cue_name(kind), "on", playbook->rules[kind].on, "priority",
                            (int)said.priority, "text", said.text, "advice", said.advice);
    if (cue) add_numbers(cue, &playbook->rules[kind], kind);
    return cue;
}

static json_t *playbook_told(const ut_playbook *playbook, const char *name) {
    json_t *quiet = json_array(), *cues = json_array();
    for (unsigned i = 0; i < playbook->n_quiet; i++) json_array_append_new(quiet, hours_told(&playbook->quiet[i]));
    for (ut_cue_kind kind = 0; kind < UT_CUE_KINDS; kind++) json_array_append_new(cues, cue_told(playbook, kind));
    return json_pack("{ss ss so so so}", "name", name, "language", ut_language_code(playbook->language), "hold_out",
                     number_told(playbook->hold_out), "quiet_hours", quiet, "cues", cues);
}

/* The edition that holds now. */
static json_t *playbook_now(const engine *engine) {
    edition *e = engine->playbook ? playbook_file_take(engine->playbook) : NULL;
    json_t *told = e ? playbook_told(e->playbook, e->name) : playbook_told(&ut_playbook_default, "default");
    edition_release(e);
    return told;
}

/* ---- all of it ---- */

json_t *settings_told(const live *l) {
    const live_options *o = &l->options;
    return json_pack("{ss so s{ss} s{sb ss} s{so so so so} so sb ss?}", "version", UT_VERSION, "sources",
                     sources_told(o), "consent", "default", ut_consent_name(o->consent), "recording", "on", o->record,
                     "format", tape_format_name(o->format), "retention", "audio_days", days(o->keep.audio_days),
                     "readings_days", days(o->keep.readings_days), "cues_days", days(o->keep.cues_days), "audit_days",
                     days(o->keep.audit_days), "playbook", playbook_now(&l->engine), "listening", o->listening,
                     "restart", o->config);
}

json_t *settings_model(const live *l) {
    char message[ENGINE_PATH + 256];
    const char *id = ut_model_id(l->engine.model);
    char *card = card_read(l->engine.model_path, id, message, sizeof message);
    json_t *told = json_pack("{ss ss?}", "model", id, "card", card);
    free(card);
    return told;
}
