/* export.c - see export.h. The forms:
 *
 *     CSV        RFC 4180
 *     labels     Audacity's manual, "Importing and Exporting Labels": start, end and text, with tabs in between
 *     WebVTT     W3C, "WebVTT: The Web Video Text Tracks Format", section 4
 *     TextGrid   Praat's manual, "TextGrid file formats", the long one; every tier from the start of the call to its
 *                end, intervals one behind the other without a gap
 *
 * Of the agent there is conversation only, as everywhere.
 */
#include "export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/print.h"
#include "commands/words.h"
#include "store/archive.h"

/* ---- spans of a call ---- */

typedef struct span {
    double from_s, to_s;
    char text[WORDS_LINE + UT_TEXT_SIZE];
} span;

typedef struct spans {
    span *at;
    size_t n, room;
    bool failed;
} spans;

static void add_span(spans *s, double from_s, double to_s, const char *text) {
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        span *at = realloc(s->at, room * sizeof *at);
        s->failed = s->failed || !at;
        if (!at) return;
        s->at = at;
        s->room = room;
    }
    s->at[s->n] = (span){.from_s = from_s, .to_s = fmax(from_s, to_s)};
    snprintf(s->at[s->n++].text, sizeof s->at->text, "%s", text);
}

static int by_start(const void *a, const void *b) {
    const span *x = a, *y = b;
    return (x->from_s > y->from_s) - (x->from_s < y->from_s);
}

static void sort_spans(spans *s) {
    if (s->n) qsort(s->at, s->n, sizeof *s->at, by_start);
}

/* Where the last thing of a call ends that is known to. */
static double length_of(const json_t *call) {
    static const char *const ends[][2] = {
        {"cues", "cleared_s"}, {"cues", "raised_s"}, {"turns", "end_s"}, {"pauses", "end_s"}, {"pauses", "start_s"}};
    double length_s = report_number(call, "duration_s");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const json_t *one;
        size_t n;
        json_array_foreach(json_object_get(call, ends[i][0]), n, one) length_s =
            fmax(length_s, report_number(one, ends[i][1]));
    }
    return isnan(length_s) ? 0 : length_s;
}

/* What is still open ends with the call. */
static double end_of(const json_t *one, const char *key, double length_s) {
    double end_s = report_number(one, key);
    return isnan(end_s) ? length_s : end_s;
}

/* "Voice sounds frustrated (4.1 semitones higher than usual)" */
static void add_cues(spans *s, const json_t *call, const char *kind, double length_s) {
    const json_t *cue;
    size_t i;
    json_array_foreach(json_object_get(call, "cues"), i, cue) {
        char why[WORDS_LINE], text[WORDS_LINE + UT_TEXT_SIZE];
        if (kind && strcmp(report_text(cue, "cue"), kind)) continue;
        words_because(why, json_object_get(cue, "reasons"));
        snprintf(text, sizeof text, *why ? "%s (%s)" : "%s%s", report_text(cue, "text"), why);
        add_span(s, report_number(cue, "raised_s"), end_of(cue, "cleared_s", length_s), text);
    }
}

/* Those of a kind and, where channel is not null, of that one. */
static void add_turns(spans *s, const json_t *call, ut_turn_kind kind, const char *channel, const char *text) {
    const json_t *turn;
    size_t i;
    json_array_foreach(json_object_get(call, "turns"), i, turn) {
        if (strcmp(report_text(turn, "turn"), ut_turn_name(kind))) continue;
        if (channel && strcmp(report_text(turn, "channel"), channel)) continue;
        add_span(s, report_number(turn, "start_s"), report_number(turn, "end_s"), text);
    }
}

static void add_interruptions(spans *s, const json_t *call) {
    add_turns(s, call, UT_TURN_INTERRUPTION, ut_channel_name(UT_AGENT), "interruption by the agent");
    add_turns(s, call, UT_TURN_INTERRUPTION, ut_channel_name(UT_CUSTOMER), "interruption by the customer");
}

static void add_silences(spans *s, const json_t *call) {
    add_turns(s, call, UT_TURN_SILENCE, NULL, "silence");
    add_turns(s, call, UT_TURN_HOLD, NULL, "hold");
}

static void add_pauses(spans *s, const json_t *call, double length_s) {
    const json_t *pause;
    size_t i;
    json_array_foreach(json_object_get(call, "pauses"), i, pause)
        add_span(s, report_number(pause, "start_s"), end_of(pause, "end_s", length_s), "pause");
}

/* A text with what means something to the form written otherwise, and "?" for what no tool can show, such as the end
 * of a line. */
static void write_text(FILE *out, const char *text, const char *(*instead_of)(char letter)) {
    while (*text) {
        bool plain;
        size_t n = words_letter(text, &plain);
        const char *other = plain ? instead_of(*text) : "?";
        if (other) fputs(other, out);
        else fwrite(text, 1, n, out);
        text += n;
    }
}

/* ---- Audacity ---- */

static bool write_labels(FILE *out, const json_t *call) {
    spans s = {0};
    double length_s = length_of(call);
    add_cues(&s, call, NULL, length_s);
    add_interruptions(&s, call);
    add_silences(&s, call);
    add_pauses(&s, call, length_s);
    sort_spans(&s);
    for (size_t i = 0; i < s.n; i++) {
        fprintf(out, "%.6f\t%.6f\t", s.at[i].from_s, s.at[i].to_s);
        words_print(out, s.at[i].text, strlen(s.at[i].text));
        fputc('\n', out);
    }
    free(s.at);
    return !s.failed;
}

/* ---- WebVTT ---- */

static const char *instead_in_vtt(char letter) {
    return letter == '&' ? "&amp;" : letter == '<' ? "&lt;" : letter == '>' ? "&gt;" : NULL;
}

static void write_clock(FILE *out, long ms) {
    fprintf(out, "%02ld:%02ld:%02ld.%03ld", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

/* A caption has to end after it begins. */
static bool write_vtt(FILE *out, const json_t *call) {
    spans s = {0};
    add_cues(&s, call, NULL, length_of(call));
    sort_spans(&s);
    fprintf(out, "WEBVTT\n\nNOTE %s\n", report_text(call, "call"));
    for (size_t i = 0; i < s.n; i++) {
        long from_ms = lround(s.at[i].from_s * 1000), to_ms = lround(s.at[i].to_s * 1000);
        fprintf(out, "\n%zu\n", i + 1);
        write_clock(out, from_ms);
        fputs(" --> ", out);
        write_clock(out, to_ms > from_ms ? to_ms : from_ms + 1);
        fputc('\n', out);
        write_text(out, s.at[i].text, instead_in_vtt);
        fputc('\n', out);
    }
    free(s.at);
    return !s.failed;
}

/* ---- Praat ---- */

static const char *instead_in_textgrid(char letter) { return letter == '"' ? "\"\"" : NULL; }

typedef struct grid {
    FILE *out; /* null: tiers are counted only */
    double length_s;
    int n_tiers;
    bool failed;
} grid;

static double to_ms(double s) { return round(s * 1000) / 1000; }

/* What covers the whole call without gap or overlap: the spans, each from where the one before ended, and in between
 * nothing. */
static void tile(spans *tiles, const spans *s, double length_s) {
    double at_s = 0;
    for (size_t i = 0; i < s->n; i++) {
        double from_s = fmax(to_ms(s->at[i].from_s), at_s), to_s = fmin(to_ms(s->at[i].to_s), length_s);
        if (!(to_s > from_s)) continue;
        if (from_s > at_s) add_span(tiles, at_s, from_s, "");
        add_span(tiles, from_s, to_s, s->at[i].text);
        at_s = to_s;
    }
    if (length_s > at_s) add_span(tiles, at_s, length_s, "");
}

static void begin_tier(grid *g, const char *kind, const char *name, const char *parts, size_t n) {
    fprintf(g->out, "    item [%d]:\n        class = \"%s\"\n        name = \"%s\"\n", g->n_tiers, kind, name);
    fprintf(g->out, "        xmin = 0\n        xmax = %.3f\n        %s: size = %zu\n", g->length_s, parts, n);
}

static void write_mark(grid *g, const char *key, const char *text) {
    fprintf(g->out, "            %s = \"", key);
    write_text(g->out, text, instead_in_textgrid);
    fputs("\"\n", g->out);
}

/* Empties s. */
static void write_intervals(grid *g, const char *name, spans *s) {
    spans tiles = {0};
    g->n_tiers++;
    sort_spans(s);
    tile(&tiles, s, g->length_s);
    if (g->out) begin_tier(g, "IntervalTier", name, "intervals", tiles.n);
    for (size_t i = 0; g->out && i < tiles.n; i++) {
        fprintf(g->out, "        intervals [%zu]:\n            xmin = %.3f\n            xmax = %.3f\n", i + 1,
                tiles.at[i].from_s, tiles.at[i].to_s);
        write_mark(g, "text", tiles.at[i].text);
    }
    g->failed = g->failed || tiles.failed || s->failed;
    free(tiles.at);
    s->n = 0;
}

/* No two points of a tier are at the same time. Empties s. */
static void write_points(grid *g, const char *name, spans *s) {
    size_t n = 0;
    g->n_tiers++;
    sort_spans(s);
    for (size_t i = 0; i < s->n; i++)
        if (!n || to_ms(s->at[i].from_s) > to_ms(s->at[n - 1].from_s)) s->at[n++] = s->at[i];
    if (g->out) begin_tier(g, "TextTier", name, "points", n);
    for (size_t i = 0; g->out && i < n; i++) {
        fprintf(g->out, "        points [%zu]:\n            number = %.3f\n", i + 1, s->at[i].from_s);
        write_mark(g, "mark", s->at[i].text);
    }
    g->failed = g->failed || s->failed;
    s->n = 0;
}

/* Cues of different kinds overlap, so that each kind is a tier. */
static void write_tiers(grid *g, const json_t *call) {
    static const ut_channel voices[] = {UT_CUSTOMER, UT_AGENT};
    spans s = {0};
    for (int i = 0; i < 2; i++) {
        add_turns(&s, call, UT_TURN_TURN, ut_channel_name(voices[i]), "turn");
        write_intervals(g, ut_channel_name(voices[i]), &s);
    }
    add_interruptions(&s, call);
    write_points(g, "interruptions", &s);
    add_silences(&s, call);
    write_intervals(g, "silences", &s);
    add_pauses(&s, call, g->length_s);
    write_intervals(g, "pauses", &s);
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        const char *name = ut_cue_name((ut_cue_kind)kind);
        add_cues(&s, call, name, g->length_s);
        if (s.n) write_intervals(g, name, &s);
    }
    free(s.at);
}

static bool write_textgrid(FILE *out, const json_t *call) {
    grid g = {.length_s = fmax(to_ms(length_of(call)), 0.001)};
    write_tiers(&g, call);
    fprintf(out, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = %.3f\n", g.length_s);
    fprintf(out, "tiers? <exists>\nsize = %d\nitem []:\n", g.n_tiers);
    g.out = out;
    g.n_tiers = 0;
    write_tiers(&g, call);
    return !g.failed;
}

/* ---- events ---- */

typedef struct events {
    FILE *out;
    printer csv;
    bool any;
} events;

static bool write_line(void *user, json_t *event) {
    events *e = user;
    e->any = true;
    json_dumpf(event, e->out, JSON_COMPACT | JSON_REAL_PRECISION(12)); /* as in event.c */
    fputc('\n', e->out);
    return !ferror(e->out);
}

static bool write_row(void *user, json_t *event) {
    events *e = user;
    e->any = true;
    if (!strcmp(report_text(event, "type"), "reading")) printer_read(&e->csv, event);
    return !ferror(e->out);
}

static bool write_events(FILE *out, struct database *d, const char *call_id, database_each *write, bool *any) {
    events e = {.out = out, .csv = {.out = out, .form = PRINT_CSV, .source = call_id}};
    bool good = archive_events(d, call_id, write, &e);
    printer_finish(&e.csv);
    *any = e.any;
    return good;
}

/* ---- all of them ---- */

static const struct {
    export_form form;
    database_each *event;                         /* either */
    bool (*whole)(FILE *out, const json_t *call); /* or */
} forms[EXPORTS] = {
    [EXPORT_JSONL] = {{"jsonl", "jsonl", "application/x-ndjson", true}, write_line, NULL},
    [EXPORT_CSV] = {{"csv", "csv", "text/csv; charset=utf-8", true}, write_row, NULL},
    [EXPORT_LABELS] = {{"labels", "labels.txt", "text/plain; charset=utf-8", false}, NULL, write_labels},
    [EXPORT_VTT] = {{"vtt", "vtt", "text/vtt; charset=utf-8", false}, NULL, write_vtt},
    [EXPORT_TEXTGRID] = {{"textgrid", "TextGrid", "text/plain; charset=utf-8", false}, NULL, write_textgrid},
};

const export_form *export_form_of(export_format format) { return &forms[format].form; }

bool export_named(const char *name, export_format *format) {
    for (int i = 0; i < EXPORTS; i++) {
        if (strcmp(forms[i].form.name, name)) continue;
        *format = (export_format)i;
        return true;
    }
    return false;
}

void export_begin(FILE *out, export_format format) {
    if (format == EXPORT_CSV) print_header(out, PRINT_CSV);
}

bool export_write(FILE *out, struct database *d, const char *call_id, export_format format, char *why,
                  size_t why_size) {
    bool good, there_is = false;
    if (forms[format].event) {
        good = write_events(out, d, call_id, forms[format].event, &there_is);
    } else {
        json_t *call = archive_call(d, call_id);
        there_is = json_is_object(call);
        good = call && (!there_is || forms[format].whole(out, call));
        json_decref(call);
    }
    if (!good) database_explain(d, why, why_size);
    else if (!there_is) snprintf(why, why_size, "%s: there is no such call", call_id);
    return good && there_is;
}
