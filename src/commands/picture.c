/* picture.c - a call drawn with cairo, from top to bottom: what happened in words, a lane a voice, what went on between
 * them, the customer's scores, a row a kind of cue, and the axis.
 *
 * Colour means how a voice sounded and nothing else, so there is none in the agent's lane. The hues are those of Okabe
 * and Ito (Color Universal Design, 2008), told apart by the colour-blind.
 */
#include "commands/picture.h"

#include <math.h>
#include <stdio.h>

#include "commands/lettering.h"
#include "commands/words.h"

enum {
    LEFT = 214,                 /* where time begins; labels stand before it */
    RIGHT = PICTURE_WIDTH - 48, /* and ends */
    MARGIN = 28,
    VOICE_HEIGHT = 72,
    SCORES_HEIGHT = 124,
    ROW_HEIGHT = 18,
    BAR_HEIGHT = 9,
    GAP = 20,
};

typedef struct colour {
    double red, green, blue;
} colour;
static const colour ink = {0.13, 0.13, 0.15}, quiet = {0.42, 0.42, 0.45}, faint = {0.72, 0.73, 0.75},
                    grid = {0.91, 0.91, 0.92}, paper = {1, 1, 1};
static const colour vermillion = {0.835, 0.369, 0}, blue = {0, 0.447, 0.698}, green = {0, 0.620, 0.451};

static colour colour_of(ut_cue_kind kind) {
    switch (kind) {
    case UT_CUE_FRUSTRATION:
    case UT_CUE_ESCALATE:
        return vermillion;
    case UT_CUE_STRESS:
        return blue;
    case UT_CUE_CALMING:
        return green;
    default:
        return quiet;
    }
}

typedef struct canvas {
    cairo_t *cairo;
    const report *report;
    double y; /* where the next lane begins */
} canvas;

static void set(const canvas *c, colour hue, double opacity) {
    cairo_set_source_rgba(c->cairo, hue.red, hue.green, hue.blue, opacity);
}

/* Where time t_s is; all of a call without length is where time begins, since fmax passes over a NaN. */
static double x_of(const canvas *c, double t_s) {
    return LEFT + (RIGHT - LEFT) * fmin(fmax(t_s / c->report->duration_s, 0), 1);
}

/* What a column one unit wide shows. */
static moment column_at(const canvas *c, int column) {
    double a_column_s = c->report->duration_s / (RIGHT - LEFT);
    return timeline_over(&c->report->timeline, column * a_column_s, (column + 1) * a_column_s);
}

static void label(const canvas *c, double y, const char *text, colour hue) {
    lettering_size(c->cairo, 12, false);
    set(c, hue, 1);
    lettering_write(c->cairo, MARGIN, y + 4, LEFT - MARGIN - 16, text);
}

/* ---- head ---- */

static void draw_head(canvas *c) {
    char text[WORDS_LINE], length[WORDS_CLOCK];
    bool may = report_may(c->report);
    c->y = 44;
    if (may) {
        lettering_size(c->cairo, 20, true);
        set(c, ink, 1);
        double width = lettering_width(c->cairo, words_length(length, c->report->duration_s));
        lettering_write(c->cairo, MARGIN, c->y, RIGHT - MARGIN - width - 32, report_text(c->report->call, "source"));
        lettering_size(c->cairo, 14, false);
        set(c, quiet, 1);
        lettering_write(c->cairo, RIGHT - lettering_width(c->cairo, length), c->y, width, length);
        c->y += 26;
    }
    lettering_size(c->cairo, 13, false);
    set(c, may ? quiet : ink, 1);
    c->y = lettering_lines(c->cairo, MARGIN, c->y, RIGHT - MARGIN, 19, words_of_call(text, c->report));
    c->y += 8;
}

/* ---- time ---- */

/* Seconds from one tick to the next, so that there are twelve at most. */
static double tick_s(const canvas *c) {
    static const double steps_s[] = {0.1, 0.5, 1,   2,   5,    10,   15,   30,    60,
                                     120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600};
    double duration_s = c->report->duration_s;
    for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++)
        if (steps_s[i] * 12 >= duration_s) return steps_s[i];
    return duration_s / 12;
}

static int ticks(const canvas *c) { return (int)(c->report->duration_s / tick_s(c)); }

/* Behind a lane. */
static void draw_grid(const canvas *c, double height) {
    set(c, grid, 1);
    for (int i = 0; i <= ticks(c); i++) cairo_rectangle(c->cairo, round(x_of(c, i * tick_s(c))) - 0.5, c->y, 1, height);
    cairo_fill(c->cairo);
}

/* ---- lanes ---- */

/* A wash over the times in which a cue on the customer's voice was up. */
static void draw_wash(const canvas *c, double y, double height) {
    for (unsigned i = 0; i < c->report->n_cues; i++) {
        const report_cue *cue = &c->report->cues[i];
        if (cue->kind != UT_CUE_FRUSTRATION && cue->kind != UT_CUE_STRESS) continue;
        double from = x_of(c, cue->from_s), to = x_of(c, cue->to_s);
        set(c, colour_of(cue->kind), 0.10);
        cairo_rectangle(c->cairo, from, y, fmax(to - from, 1), height);
        cairo_fill(c->cairo);
    }
}

/* The loudest sample of the call, at least -26 dB full scale, so that a line's hiss does not fill the lane. */
static float loudest(const report *r) {
    float most = 0.05f;
    for (size_t i = 0; i < TIMELINE_MOMENTS; i++)
        for (int channel = 0; channel < UT_CHANNELS; channel++)
            most = fmaxf(most, r->timeline.moments[i].peak[channel]);
    return most;
}

static double rms_of(const canvas *c, const moment *m, ut_channel channel) {
    double samples = fmax(c->report->duration_s / (RIGHT - LEFT) * UT_RATE_HZ, (double)c->report->timeline.step);
    return sqrt(m->energy[channel] / samples);
}

/* The outline of a voice, above the middle and again below it, as peaks or as root mean square. */
static void draw_outline(const canvas *c, ut_channel channel, double middle, bool peaks, colour hue) {
    double scale = VOICE_HEIGHT / 2.0 / (double)loudest(c->report), heights[RIGHT - LEFT];
    for (int i = 0; i < RIGHT - LEFT; i++) {
        moment m = column_at(c, i);
        double height = (peaks ? (double)m.peak[channel] : rms_of(c, &m, channel)) * scale;
        heights[i] = round(fmin(height, VOICE_HEIGHT / 2.0) * 10) / 10;
    }
    cairo_move_to(c->cairo, LEFT, middle);
    for (int i = 0; i < RIGHT - LEFT; i++) cairo_line_to(c->cairo, LEFT + i + 0.5, middle - heights[i]);
    for (int i = RIGHT - LEFT; i-- > 0;) cairo_line_to(c->cairo, LEFT + i + 0.5, middle + heights[i]);
    cairo_close_path(c->cairo);
    set(c, hue, 1);
    cairo_fill(c->cairo);
}

static void draw_voice(canvas *c, ut_channel channel) {
    static const char *const names[UT_CHANNELS] = {"Customer", "Agent", "Both voices"};
    double middle = c->y + VOICE_HEIGHT / 2.0;
    if (!report_has(c->report, channel)) return;
    draw_grid(c, VOICE_HEIGHT);
    if (channel == UT_CUSTOMER) draw_wash(c, c->y, VOICE_HEIGHT);
    draw_outline(c, channel, middle, true, faint);
    draw_outline(c, channel, middle, false, quiet);
    label(c, middle, names[channel], ink);
    c->y += VOICE_HEIGHT + 8;
}

static void draw_bar(const canvas *c, double from, double to, double middle, double height, colour hue) {
    double width = fmax(to - from, 2), radius = fmin(height, width) / 2, top = middle - height / 2;
    cairo_new_sub_path(c->cairo);
    cairo_arc(c->cairo, from + width - radius, top + radius, radius, -M_PI / 2, 0);
    cairo_arc(c->cairo, from + width - radius, top + height - radius, radius, 0, M_PI / 2);
    cairo_arc(c->cairo, from + radius, top + height - radius, radius, M_PI / 2, M_PI);
    cairo_arc(c->cairo, from + radius, top + radius, radius, M_PI, 3 * M_PI / 2);
    cairo_close_path(c->cairo);
    set(c, hue, 1);
    cairo_fill(c->cairo);
}

/* ---- between the voices ---- */

/* A row of bars where any of the bits went on, none where it never did. */
static void draw_row(canvas *c, const char *name, unsigned bits) {
    double middle = c->y + ROW_HEIGHT / 2.0;
    if (!(timeline_over(&c->report->timeline, 0, c->report->duration_s).going_on & bits)) return;
    draw_grid(c, ROW_HEIGHT);
    label(c, middle, name, quiet);
    for (int i = 0, from = -1; i <= RIGHT - LEFT; i++) {
        bool on = i < RIGHT - LEFT && column_at(c, i).going_on & bits;
        if (on && from < 0) from = i;
        if (on || from < 0) continue;
        draw_bar(c, LEFT + from, LEFT + i, middle, 5, quiet);
        from = -1;
    }
    c->y += ROW_HEIGHT;
}

static void draw_conversation(canvas *c) {
    double top = c->y;
    draw_row(c, "Talking at once",
             timeline_bit(UT_TURN_OVERLAP, UT_AGENT) | timeline_bit(UT_TURN_OVERLAP, UT_CUSTOMER));
    draw_row(c, "Agent interrupts", timeline_bit(UT_TURN_INTERRUPTION, UT_AGENT));
    draw_row(c, "Customer interrupts", timeline_bit(UT_TURN_INTERRUPTION, UT_CUSTOMER));
    draw_row(c, "Silence", timeline_bit(UT_TURN_SILENCE, UT_CUSTOMER));
    draw_row(c, "On hold", timeline_bit(UT_TURN_HOLD, UT_CUSTOMER));
    c->y += c->y > top ? GAP : GAP - 8;
}

/* ---- scores ---- */

static double score_of(const moment *m, bool stress) {
    return (double)(stress ? m->stress : m->frustration) / m->n_scored;
}

/* A line through the readings, each of which tells of half a second, broken where one was not scored. */
static void draw_score(const canvas *c, double bottom, bool stress, colour hue) {
    double half_second = x_of(c, 0.5) - LEFT;
    bool down = false;
    for (int i = 0; i < RIGHT - LEFT; i++) {
        moment m = column_at(c, i);
        if (!m.n_readings) continue;
        double x = LEFT + i + 0.5, y = bottom - SCORES_HEIGHT * (m.n_scored ? score_of(&m, stress) : 0);
        if (m.n_scored && !down) cairo_move_to(c->cairo, fmax(x - half_second, LEFT), round(y * 10) / 10);
        if (m.n_scored) cairo_line_to(c->cairo, x, round(y * 10) / 10);
        down = m.n_scored;
    }
    set(c, hue, 1);
    cairo_set_line_width(c->cairo, stress ? 1.4 : 2);
    cairo_set_line_cap(c->cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(c->cairo);
}

static void draw_scores(canvas *c) {
    static const char *const marks[] = {"0 %", "50 %", "100 %"};
    double bottom = c->y + SCORES_HEIGHT;
    if (!report_has(c->report, UT_CUSTOMER)) return;
    draw_grid(c, SCORES_HEIGHT);
    draw_wash(c, c->y, SCORES_HEIGHT);
    lettering_size(c->cairo, 10, false);
    for (int i = 0; i < 3; i++) {
        double y = bottom - SCORES_HEIGHT * i / 2.0;
        set(c, i ? grid : faint, 1);
        cairo_rectangle(c->cairo, LEFT, y - 0.5, RIGHT - LEFT, 1);
        cairo_fill(c->cairo);
        set(c, quiet, 1);
        lettering_write(c->cairo, LEFT - 8 - lettering_width(c->cairo, marks[i]), y + 3.5, 60, marks[i]);
    }
    draw_score(c, bottom, true, blue);
    draw_score(c, bottom, false, vermillion);
    label(c, c->y + SCORES_HEIGHT / 2.0 - 18, "Customer's voice:", ink);
    label(c, c->y + SCORES_HEIGHT / 2.0, "frustration", vermillion);
    label(c, c->y + SCORES_HEIGHT / 2.0 + 16, "stress", blue);
    c->y = bottom + GAP;
}

/* ---- cues ---- */

/* The score of a cue beside its bar, where the next leaves room. */
static void write_score(const canvas *c, const report_cue *cue, double room_to, double middle) {
    char text[16];
    double score = report_number(cue->told, "score"), x = fmax(x_of(c, cue->to_s), x_of(c, cue->from_s) + 2) + 5;
    if (isnan(score) || cue->kind == UT_CUE_CALMING) return;
    snprintf(text, sizeof text, "%.0f %%", score * 100);
    lettering_size(c->cairo, 10, false);
    set(c, colour_of(cue->kind), 1);
    double width = lettering_width(c->cairo, text);
    if (x + width + 4 < room_to) lettering_write(c->cairo, x, middle + 3.5, width + 1, text);
}

static void draw_cues_of(canvas *c, ut_cue_kind kind) {
    unsigned times;
    const report_cue *next = NULL, *first = report_first(c->report, kind, &times);
    double middle = c->y + ROW_HEIGHT / 2.0;
    if (!first) return;
    draw_grid(c, ROW_HEIGHT);
    label(c, middle, report_text(first->told, "text"), ink);
    for (unsigned i = c->report->n_cues; i-- > 0;) {
        const report_cue *cue = &c->report->cues[i];
        if (cue->kind != kind) continue;
        draw_bar(c, x_of(c, cue->from_s), x_of(c, cue->to_s), middle, BAR_HEIGHT, colour_of(kind));
        write_score(c, cue, next ? x_of(c, next->from_s) : PICTURE_WIDTH - 4, middle);
        next = cue;
    }
    c->y += ROW_HEIGHT;
}

static void draw_cues(canvas *c) {
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) draw_cues_of(c, (ut_cue_kind)kind);
    if (c->report->n_cues) c->y += 10;
}

/* ---- foot ---- */

static void draw_axis(canvas *c) {
    lettering_size(c->cairo, 11, false);
    set(c, quiet, 1);
    for (int i = 0; i <= ticks(c); i++) {
        char text[WORDS_CLOCK];
        if (tick_s(c) < 1) snprintf(text, sizeof text, "%.1f s", i * tick_s(c));
        else words_clock(text, i * tick_s(c));
        lettering_write(c->cairo, x_of(c, i * tick_s(c)) - lettering_width(c->cairo, text) / 2, c->y + 4, 80, text);
    }
    c->y += 36;
}

static void draw_foot(canvas *c) {
    char text[WORDS_LINE];
    bool customer = report_has(c->report, UT_CUSTOMER);
    snprintf(text, sizeof text, "%sModel %s. Undertone.",
             customer ? "A score is how likely it is that a voice sounds so: a signal, not a verdict on anybody. Gaps: "
                        "not scored. "
                      : "",
             report_text(c->report->call, "model"));
    lettering_size(c->cairo, 11, false);
    set(c, quiet, 1);
    c->y = lettering_lines(c->cairo, MARGIN, c->y, RIGHT - MARGIN, 16, text);
}

double picture_draw(cairo_t *cairo, const report *r) {
    canvas c = {.cairo = cairo, .report = r};
    set(&c, paper, 1);
    cairo_paint(cairo);
    draw_head(&c);
    if (report_may(r)) {
        for (int channel = 0; channel < UT_CHANNELS; channel++) draw_voice(&c, (ut_channel)channel);
        draw_conversation(&c);
        draw_scores(&c);
        draw_cues(&c);
        draw_axis(&c);
        draw_foot(&c);
    }
    return c.y + 8;
}
