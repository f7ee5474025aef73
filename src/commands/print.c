#include "commands/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- CSV: the customer's columns and the agent's differ, there is none for an agent's emotion ---- */

static const struct {
    const char *channel, *key;
} columns[] = {
    {"customer", "speaking"},   {"customer", "sound"},       {"customer", "level_db"}, {"customer", "rate_syl_s"},
    {"customer", "pitch_hz"},   {"customer", "frustration"}, {"customer", "stress"},   {"customer", "arousal"},
    {"customer", "confidence"}, {"customer", "abstain"},     {"agent", "speaking"},    {"agent", "sound"},
    {"agent", "level_db"},      {"agent", "rate_syl_s"},     {"mixed", "speaking"},    {"mixed", "sound"},
    {"mixed", "level_db"},      {"mixed", "rate_syl_s"},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

void print_header(FILE *out, print_form form) {
    if (form != PRINT_CSV) return;
    fputs("source,t_s", out);
    for (int i = 0; i < COLUMNS; i++) fprintf(out, ",%s_%s", columns[i].channel, columns[i].key);
    fputc('\n', out);
}

void print_field(FILE *out, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_value(FILE *out, const json_t *value) {
    if (json_is_boolean(value)) fputs(json_is_true(value) ? "1" : "0", out);
    else if (json_is_string(value)) fputs(json_string_value(value), out);
    else if (json_is_number(value)) fprintf(out, "%.10g", json_number_value(value));
}

static void print_row(printer *p) {
    if (!p->row) return;
    print_field(p->out, p->source);
    fprintf(p->out, ",%.10g", json_number_value(json_object_get(p->row, "t_s")));
    for (int i = 0; i < COLUMNS; i++) {
        fputc(',', p->out);
        print_value(p->out, json_object_get(json_object_get(p->row, columns[i].channel), columns[i].key));
    }
    fputc('\n', p->out);
    json_decref(p->row);
    p->row = NULL;
}

static void add_to_row(printer *p, const json_t *reading) {
    json_t *t_s = json_object_get(reading, "t_s");
    if (p->row && !json_equal(json_object_get(p->row, "t_s"), t_s)) print_row(p);
    if (!p->row) p->row = json_pack("{sO}", "t_s", t_s);
    json_object_set(p->row, json_string_value(json_object_get(reading, "channel")), (json_t *)reading);
}

/* ---- words ---- */

static void print_time(FILE *out, double t_s) {
    long tenths = lround(t_s * 10);
    fprintf(out, "%3ld:%04.1f", tenths / 600, (double)(tenths % 600) / 10);
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static const char *words_for(const char *feature) {
    static const char *const words[][2] = {
        {"pitch_hz", "pitch"},          {"emphasis_db", "emphasis"},        {"rate_syl_s", "pace"},
        {"brightness_db", "sharpness"}, {"voice_quality", "voice quality"}, {"overlap_s", "both spoke"},
        {"silence_s", "silent"},        {"monologue_s", "spoke"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(feature, words[i][0])) return words[i][1];
    return feature;
}

static void print_reasons(FILE *out, const json_t *reasons) {
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);
        fprintf(out, "%s%s %s", i ? ", " : "  (", words_for(text_of(reason, "feature")), text_of(reason, "change"));
    }
    if (json_array_size(reasons)) fputc(')', out);
}

static void print_cue(printer *p, const json_t *cue) {
    const char *state = text_of(cue, "state");
    bool raised = !strcmp(state, "raised"), cleared = !strcmp(state, "cleared");
    if (p->form == PRINT_SUMMARY && !raised) return;
    bool urgent = !strcmp(text_of(cue, "severity"), "urgent"), info = !strcmp(text_of(cue, "severity"), "info");
    const char *colour = cleared ? "\033[2m" : urgent ? "\033[1;31m" : info ? "\033[32m" : "\033[1;33m";
    print_time(p->out, json_number_value(json_object_get(cue, "t_s")));
    fprintf(p->out, "  %s%s %s%s", p->colour ? colour : "",
            cleared  ? "-"
            : urgent ? "!"
            : info   ? "."
                     : "*",
            text_of(cue, "text"), cleared ? " (over)" : "");
    if (p->colour) fputs("\033[0m", p->out);
    if (!cleared) print_reasons(p->out, json_object_get(cue, "reasons"));
    if (!cleared && *text_of(cue, "advice")) fprintf(p->out, "  > %s", text_of(cue, "advice"));
    fputc('\n', p->out);
}

static void print_share(FILE *out, const char *words, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (json_is_number(value)) fprintf(out, "%s%.0f %%", words, json_number_value(value) * 100);
}

static void print_count(FILE *out, const char *before, const json_t *object, const char *key, const char *one) {
    int n = (int)json_integer_value(json_object_get(object, key));
    fprintf(out, "%s%d %s%s", before, n, one, n == 1 ? "" : "s");
}

static void print_summary(printer *p, const json_t *summary) {
    const json_t *customer = json_object_get(summary, "customer"), *dynamics = json_object_get(summary, "dynamics");
    fprintf(p->out, "%s ", text_of(summary, "source"));
    print_time(p->out, json_number_value(json_object_get(summary, "duration_s")));
    if (customer) {
        fprintf(p->out, "\n  customer spoke %.0f s", json_number_value(json_object_get(customer, "speech_s")));
        print_share(p->out, "; frustration mean ", customer, "frustration_mean");
        print_share(p->out, ", peak ", customer, "frustration_peak");
        print_share(p->out, "; stress mean ", customer, "stress_mean");
        print_share(p->out, ", peak ", customer, "stress_peak");
    }
    if (dynamics) {
        print_share(p->out, "\n  agent's share of the talk ", dynamics, "agent_talk_share");
        print_count(p->out, "; ", dynamics, "overlaps", "overlap");
        print_count(p->out, ", ", dynamics, "interruptions", "interruption");
        fprintf(p->out, ", %.0f s of dead air", json_number_value(json_object_get(dynamics, "dead_air_s")));
    }
    print_count(p->out, "\n  ", summary, "cues", "cue");
    fputc('\n', p->out);
}

void printer_show(printer *p, const message *m) {
    if (p->form == PRINT_NOTHING) return;
    if (p->form == PRINT_JSONL) {
        fprintf(p->out, "%s\n", m->text);
        return;
    }
    json_t *json = json_loadb(m->text, m->n_bytes, 0, NULL);
    if (!json) return;
    if (m->kind == MESSAGE_READING && p->form == PRINT_CSV) add_to_row(p, json);
    if (m->kind == MESSAGE_CUE && p->form != PRINT_CSV) print_cue(p, json);
    if (m->kind == MESSAGE_SUMMARY && p->form != PRINT_CSV) print_summary(p, json);
    json_decref(json);
}

void printer_finish(printer *p) { print_row(p); }
