#include "commands/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/page.h"
#include "commands/words.h"

/* ---- CSV: the customer's columns and the agent's differ, there is none for an agent's emotion ---- */

static const struct {
    const char *channel, *key;
} columns[] = {
    {"customer", "speaking"},     {"customer", "sound"},       {"customer", "level_db"},
    {"customer", "rate_syl_s"},   {"customer", "talk_share"},  {"customer", "talk_share_120s"},
    {"customer", "pitch_hz"},     {"customer", "frustration"}, {"customer", "stress"},
    {"customer", "arousal"},      {"customer", "confidence"},  {"customer", "abstain"},
    {"customer", "baseline"},     {"agent", "speaking"},       {"agent", "sound"},
    {"agent", "level_db"},        {"agent", "rate_syl_s"},     {"agent", "talk_share"},
    {"agent", "talk_share_120s"}, {"mixed", "speaking"},       {"mixed", "sound"},
    {"mixed", "level_db"},        {"mixed", "rate_syl_s"},
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

void printer_read(printer *p, const json_t *reading) {
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

static void print_text(FILE *out, const char *text) { words_print(out, text, strlen(text)); }

static void print_cue(printer *p, const json_t *cue) {
    char why[WORDS_LINE];
    const char *advice = report_text(cue, "advice");
    bool cleared = !strcmp(report_text(cue, "state"), "cleared");
    bool urgent = !strcmp(report_text(cue, "severity"), "urgent"), info = !strcmp(report_text(cue, "severity"), "info");
    const char *colour = cleared ? "\033[2m" : urgent ? "\033[1;31m" : info ? "\033[32m" : "\033[1;33m";
    print_time(p->out, json_number_value(json_object_get(cue, "t_s")));
    fprintf(p->out, "  %s%s ", p->colour ? colour : "", cleared ? "-" : urgent ? "!" : info ? "." : "*");
    print_text(p->out, report_text(cue, "text"));
    fprintf(p->out, "%s%s", cleared ? " (over)" : "", p->colour ? "\033[0m" : "");
    if (!cleared && *words_because(why, json_object_get(cue, "reasons"))) fprintf(p->out, "  (%s)", why);
    if (!cleared && *advice) fputs("  > ", p->out);
    if (!cleared) print_text(p->out, advice);
    fputc('\n', p->out);
}

static void print_summary(const printer *p, const json_t *summary) {
    char length[WORDS_CLOCK];
    int cues = (int)json_integer_value(json_object_get(summary, "cues"));
    fprintf(p->out, "\n%s, %s, %d cue%s\n", report_text(summary, "source"),
            words_length(length, report_number(summary, "duration_s")), cues, cues == 1 ? "" : "s");
    page_print_figures(p->out, summary, 0);
}

void printer_show(printer *p, const message *m) {
    if (p->form == PRINT_NOTHING || m->kind == MESSAGE_OVER) return;
    if (p->form == PRINT_JSONL) {
        fprintf(p->out, "%s\n", m->text);
        return;
    }
    json_t *json = json_loadb(m->text, m->n_bytes, 0, NULL);
    if (!json) return;
    if (m->kind == MESSAGE_READING && p->form == PRINT_CSV) printer_read(p, json);
    if (m->kind == MESSAGE_CUE && p->form != PRINT_CSV) print_cue(p, json);
    if (m->kind == MESSAGE_SUMMARY && p->form != PRINT_CSV) print_summary(p, json);
    json_decref(json);
}

void printer_finish(printer *p) { print_row(p); }
