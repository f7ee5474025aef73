/* page.c - a call as a page of text: head, what happened, the cues, the figures. */
#include "commands/page.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "commands/words.h"

enum { WIDTH = 90, INDENT = 2, LABEL = 26, CURVE = 64, CUES = 24 };

/* ---- setting ---- */

/* How many columns n bytes of UTF-8 take, as far as letters go. */
static int columns(const char *text, size_t n) {
    int count = 0;
    for (size_t i = 0; i < n; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* Words at column indent, in lines of WIDTH; the first line's indent is already there. */
static void print_wrapped(FILE *out, int indent, const char *text) {
    int column = indent;
    while (*text) {
        size_t n = strcspn(text, " \n");
        int width = columns(text, n);
        if (column > indent && column + 1 + width > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        words_print(out, text, n);
        column += width;
        text += n + strspn(text + n, " \n");
    }
    fputc('\n', out);
}

static void print_heading(FILE *out, const char *text) { fprintf(out, "\n%*s%s\n\n", INDENT, "", text); }

void page_print_row(FILE *out, const char *label, const char *format, ...) {
    char *text;
    va_list arguments;
    va_start(arguments, format);
    bool good = vasprintf(&text, format, arguments) >= 0;
    va_end(arguments);
    fprintf(out, "%*s%-*s", 2 * INDENT, "", LABEL - 2 * INDENT, label);
    print_wrapped(out, LABEL, good ? text : "");
    if (good) free(text);
}

/* ---- figures ---- */

static void print_seconds(FILE *out, const char *label, const json_t *object, const char *key, const char *more) {
    double s = report_number(object, key);
    char length[WORDS_CLOCK];
    if (s > 0) page_print_row(out, label, "%s%s", words_length(length, s), more);
}

static void print_count(FILE *out, const char *label, const json_t *object, const char *key) {
    double n = report_number(object, key);
    if (!isnan(n)) page_print_row(out, label, "%.0f", n);
}

static void print_interruptions(FILE *out, const json_t *dynamics) {
    double n = report_number(dynamics, "interruptions"), by_agent = report_number(dynamics, "interruptions_by_agent");
    if (n > 0 && !isnan(by_agent))
        page_print_row(out, "Interruptions", "%.0f by the agent, %.0f by the customer", by_agent, n - by_agent);
    else print_count(out, "Interruptions", dynamics, "interruptions");
}

static void print_answers(FILE *out, const json_t *dynamics) {
    double median_s = report_number(dynamics, "response_latency_median_s"),
           p90_s = report_number(dynamics, "response_latency_p90_s");
    if (!isnan(median_s) && !isnan(p90_s))
        page_print_row(out, "Agent's answers", "after %.1f s at the median, 9 in 10 within %.1f s", median_s, p90_s);
    else if (!isnan(median_s)) page_print_row(out, "Agent's answers", "after %.1f s at the median", median_s);
}

static void print_silences(FILE *out, const json_t *dynamics, double longest_s) {
    char length[WORDS_CLOCK], more[64] = " in all";
    if (longest_s > 0) snprintf(more, sizeof more, " in all, %s the longest", words_length(length, longest_s));
    print_seconds(out, "Silences of over 3 s", dynamics, "dead_air_s", more);
}

static void print_conversation(FILE *out, const json_t *dynamics, double longest_silence_s) {
    double share = report_number(dynamics, "agent_talk_share");
    if (!isnan(share))
        page_print_row(out, "Who talked", "agent %.0f %%, customer %.0f %% of all speech", share * 100,
                       100 - share * 100);
    print_count(out, "Talking at once", dynamics, "overlaps");
    print_interruptions(out, dynamics);
    print_count(out, "\"Mm-hm\"", dynamics, "backchannels");
    print_silences(out, dynamics, longest_silence_s);
    print_answers(out, dynamics);
    print_seconds(out, "Agent's longest turn", dynamics, "monologue_longest_s", " without an answer");
    print_seconds(out, "On hold", dynamics, "hold_s", "");
}

static void print_score(FILE *out, const char *label, const json_t *customer, const char *mean, const char *peak) {
    double at_mean = report_number(customer, mean), at_peak = report_number(customer, peak);
    if (!isnan(at_mean) && !isnan(at_peak))
        page_print_row(out, label, "%.0f %% on average, %.0f %% at most", at_mean * 100, at_peak * 100);
}

static void print_voice(FILE *out, const json_t *customer) {
    print_seconds(out, "Speech", customer, "speech_s", "");
    print_score(out, "Frustration", customer, "frustration_mean", "frustration_peak");
    print_score(out, "Stress", customer, "stress_mean", "stress_peak");
}

void page_print_figures(FILE *out, const json_t *summary, double longest_silence_s) {
    const json_t *dynamics = json_object_get(summary, "dynamics"), *customer = json_object_get(summary, "customer");
    if (dynamics) print_heading(out, "The conversation");
    if (dynamics) print_conversation(out, dynamics, longest_silence_s);
    bool spoke = report_number(customer, "speech_s") > 0;
    if (spoke) print_heading(out, "The customer's voice");
    if (spoke) print_voice(out, customer);
}

/* ---- cues ---- */

/* With the advice only where it was not given before. */
static void print_cue(FILE *out, const report_cue *cue, int clock_width, bool advice) {
    char from[WORDS_CLOCK], to[WORDS_CLOCK], text[WORDS_LINE], why[WORDS_LINE];
    const json_t *told = cue->told;
    double score = report_number(told, "score");
    int indent = 2 * INDENT + 2 * clock_width + 5;
    bool supervisors = !strcmp(report_text(told, "to"), "supervisor");
    int n = snprintf(text, sizeof text, "%s%s", report_text(told, "text"), supervisors ? " (to the supervisor)" : "");
    if (!isnan(score) && cue->kind != UT_CUE_CALMING)
        snprintf(text + n, sizeof text - (size_t)n, ", %.0f %%", score * 100);
    fprintf(out, "%*s%*s - %*s  ", 2 * INDENT, "", clock_width, words_clock(from, cue->from_s), clock_width,
            words_clock(to, cue->to_s));
    print_wrapped(out, indent, text);
    if (*words_because(why, json_object_get(told, "reasons"))) {
        fprintf(out, "%*s", indent, "");
        print_wrapped(out, indent, why);
    }
    if (advice && *report_text(told, "advice")) {
        fprintf(out, "%*s> ", indent, "");
        print_wrapped(out, indent + 2, report_text(told, "advice"));
    }
}

static void print_cues(FILE *out, const report *r) {
    char clock[WORDS_CLOCK];
    int clock_width = (int)strlen(words_clock(clock, r->duration_s));
    unsigned times, shown = r->n_cues < CUES ? r->n_cues : CUES, more = r->n_cues - shown + r->untold_cues;
    if (!r->n_cues) return;
    print_heading(out, "Cues");
    for (unsigned i = 0; i < shown; i++) {
        bool first = report_first(r, r->cues[i].kind, &times) == &r->cues[i];
        print_cue(out, &r->cues[i], clock_width, first);
    }
    if (more) fprintf(out, "%*s... and %u more\n", 2 * INDENT, "", more);
}

/* ---- the page ---- */

static void print_head(FILE *out, const report *r) {
    static const char *const who[UT_CHANNELS] = {"customer", "agent", "both voices in one channel"};
    char length[WORDS_CLOCK];
    const char *between = "; heard: ";
    fprintf(out, "%s\n", report_text(r->call, "source"));
    if (!report_may(r)) return;
    fprintf(out, "%*s%s", INDENT, "", words_length(length, r->duration_s));
    for (int c = 0; c < UT_CHANNELS; c++) {
        if (!report_has(r, (ut_channel)c)) continue;
        fprintf(out, "%s%s", between, who[c]);
        between = ", ";
    }
    fprintf(out, "; consent: %s\n\n", report_text(r->call, "consent"));
}

static void print_words(FILE *out, const report *r) {
    char text[WORDS_LINE];
    fprintf(out, "%*s", INDENT, "");
    print_wrapped(out, INDENT, words_of_call(text, r));
}

/* Frustration along the call: eighths of a line's height, a dot where it was not scored. */
static void print_curve(FILE *out, const report *r) {
    static const char *const eighths[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    char clock[WORDS_CLOCK];
    fprintf(out, "\n%*s%-*s", INDENT, "", LABEL - 2 * INDENT - 4, "Frustration");
    for (int i = 0; i < CURVE; i++) {
        moment m = timeline_over(&r->timeline, r->duration_s * i / CURVE, r->duration_s * (i + 1) / CURVE);
        double score = m.n_scored ? (double)m.frustration / m.n_scored : 0;
        fputs(m.n_scored ? eighths[(int)fmin(score * 8, 7)] : "·", out);
    }
    fprintf(out, "\n%*s0:00%*s\n", LABEL - INDENT - 4, "", CURVE - 4, words_clock(clock, r->duration_s));
}

static void print_scored(FILE *out, const report *r) {
    if (r->speaking)
        page_print_row(out, "Scored", "%.0f %% of the time they spoke", 100.0 * r->speaking_scored / r->speaking);
}

static void print_foot(FILE *out, const report *r) {
    static const char scores[] =
        "A score is how likely it is that a voice sounds so: a signal, not a verdict on anybody. Where there was too "
        "little speech, or none like what the model knows, nothing is scored.";
    fprintf(out, "\n%*s", INDENT, "");
    if (report_has(r, UT_CUSTOMER)) {
        print_wrapped(out, INDENT, scores);
        fprintf(out, "%*s", INDENT, "");
    }
    const char *model = report_text(r->call, "model"), *at = report_text(r->call, "started_at");
    if (*model && *at) fprintf(out, "Model %s. Analysed %.10s.\n", model, at);
}

void page_print(FILE *out, const report *r, bool utf8) {
    bool scored = !isnan(report_number(json_object_get(r->summary, "customer"), "frustration_mean"));
    print_head(out, r);
    print_words(out, r);
    if (report_may(r)) {
        if (utf8 && scored) print_curve(out, r);
        print_cues(out, r);
        page_print_figures(out, r->summary, r->longest_silence_s);
        print_scored(out, r);
        print_foot(out, r);
    }
    fputc('\n', out);
}

/* Nothing else of the program depends on the locale. */
bool page_shows_utf8(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8 = locale && !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
    if (locale) freelocale(locale);
    return utf8;
}
