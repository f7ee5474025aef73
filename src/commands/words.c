/* words.c - see words.h. */
#include "commands/words.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends to a text of WORDS_LINE bytes, cut where it is full. */
__attribute__((format(printf, 2, 3))) static void say(char *text, const char *format, ...) {
    size_t n = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + n, WORDS_LINE - n, format, arguments);
    va_end(arguments);
}

size_t words_letter(const char *text, bool *plain) {
    unsigned char lead = (unsigned char)text[0];
    size_t n = strnlen(text, lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4);
    uint32_t letter = n > 1 ? lead & (0x7Fu >> n) : lead;
    for (size_t i = 1; i < n; i++) letter = letter << 6 | ((unsigned char)text[i] & 0x3F);
    bool control = letter < ' ' || (letter >= 0x7F && letter < 0xA0);
    bool none = (letter >= 0xFDD0 && letter <= 0xFDEF) || (letter & 0xFFFE) == 0xFFFE; /* Unicode 15, section 23.7 */
    *plain = !control && !none;
    return n;
}

void words_print(FILE *out, const char *text, size_t n) {
    for (size_t i = 0, some; i < n; i += some) {
        bool plain;
        some = words_letter(text + i, &plain);
        if (plain) fwrite(text + i, 1, some, out);
        else fputc('?', out);
    }
}

const char *words_clock(char text[WORDS_CLOCK], double s) {
    unsigned whole = s > 0 ? (unsigned)s : 0, hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours) snprintf(text, WORDS_CLOCK, "%u:%02u:%02u", hours, minutes, whole % 60);
    else snprintf(text, WORDS_CLOCK, "%u:%02u", minutes, whole % 60);
    return text;
}

const char *words_length(char text[WORDS_CLOCK], double s) {
    char clock[WORDS_CLOCK];
    if (s < 60) snprintf(text, WORDS_CLOCK, "%.*f s", s < 10 ? 1 : 0, s);
    else snprintf(text, WORDS_CLOCK, "%.11s %s", words_clock(clock, s), s < 3600 ? "min" : "h");
    return text;
}

/* ---- reasons ---- */

static const struct {
    const char *feature, *more, *less;
} compared[] = {
    {"pitch_hz", "higher", "lower"},
    {"level_db", "louder", "quieter"},
    {"rate_syl_s", "faster", "slower"},
    {"brightness_db", "brighter", "duller"},
    {"emphasis_db", "more emphatic", "flatter"},
};

static const struct {
    const char *feature, *what;
} lasting[] = {
    {"silence_s", "of silence"},
    {"overlap_s", "of talking at once"},
    {"monologue_s", "without an answer"},
    {"reply_s", "of waiting for an answer"},
};

static const struct {
    const char *unit, *one, *many;
} units[] = {{"st", "semitone", "semitones"}, {"syl/s", "syllable/s", "syllables/s"}};

#define EACH(i, table) (size_t i = 0; i < sizeof table / sizeof *table; i++)

/* A reason's "+4.1 st": a number with a sign or without, and its unit. */
typedef struct quantity {
    bool is_one; /* else the text is to be said as it is */
    bool with_sign;
    double amount;
    const char *unit;
} quantity;

static quantity parse(const char *change) {
    char *end;
    quantity q = {.with_sign = *change == '+' || *change == '-', .amount = strtod(change, &end)};
    q.is_one = end > change && isfinite(q.amount) && !strstr(end, " to ");
    q.unit = end + strspn(end, " ");
    return q;
}

static void say_amount(char *text, double amount, const char *unit) {
    const char *words = unit;
    bool one = fabs(amount - 1) < 0.05;
    for
        EACH(i, units)
    if (!strcmp(unit, units[i].unit)) words = one ? units[i].one : units[i].many;
    bool whole = amount >= 10 || fabs(amount - round(amount)) < 0.05;
    say(text, "%.*f%s%s", whole ? 0 : 1, amount >= 10 ? floor(amount) : amount, *words ? " " : "", words);
}

/* "response_latency_s" is said "response latency". */
static void say_plain(char *text, const char *feature, const char *change) {
    static const char *const ends[] = {"_hz", "_db", "_st", "_syl_s", "_s"};
    int n = (int)strlen(feature);
    for
        EACH(i, ends) {
            int n_end = (int)strlen(ends[i]);
            if (n > n_end && !strcmp(feature + n - n_end, ends[i])) n -= n_end;
        }
    size_t from = strlen(text);
    say(text, "%.*s %s%s", n, feature, strstr(change, " to ") ? "from " : "", change);
    for (char *c = text + from; *c && c < text + from + n; c++)
        if (*c == '_') *c = ' ';
}

static bool say_compared(char *text, const char *feature, const quantity *q) {
    for
        EACH(i, compared) {
            if (!q->is_one || !q->with_sign || strcmp(feature, compared[i].feature)) continue;
            say_amount(text, fabs(q->amount), q->unit);
            say(text, " %s", q->amount >= 0 ? compared[i].more : compared[i].less);
            return true;
        }
    return false;
}

static void say_times(char *text, unsigned n) {
    if (n == 1) say(text, " once");
    else if (n == 2) say(text, " twice");
    else say(text, " %u times", n);
}

/* What is told by how long it had lasted, or by how much of it there was. */
static bool say_counted(char *text, const char *feature, const quantity *q) {
    for
        EACH(i, lasting) {
            if (strcmp(feature, lasting[i].feature)) continue;
            say(text, "over ");
            say_amount(text, q->amount, q->unit);
            say(text, " %s", lasting[i].what);
            return true;
        }
    if (!strcmp(feature, "interruptions") && q->amount >= 1) {
        say(text, "interrupted");
        say_times(text, (unsigned)fmin(q->amount, 1e6));
        return true;
    }
    if (!strcmp(feature, "talk_share")) return say(text, "%.0f %% of the talk", q->amount), true;
    return false;
}

const char *words_because(char text[WORDS_LINE], const json_t *reasons) {
    char others[WORDS_LINE] = "";
    *text = '\0';
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);
        const char *feature = report_text(reason, "feature"), *change = report_text(reason, "change");
        char one[WORDS_LINE] = "";
        quantity q = parse(change);
        if (say_compared(one, feature, &q)) {
            say(text, "%s%s", *text ? ", " : "", one);
        } else {
            if (!q.is_one || !say_counted(one, feature, &q)) say_plain(one, feature, change);
            say(others, "%s%s", *others ? ", " : "", one);
        }
    }
    if (*text) say(text, " than usual");
    say(text, "%s%s", *text && *others ? "; " : "", others);
    *text = (char)toupper((unsigned char)*text);
    return text;
}

/* ---- a call ---- */

static void say_span(char *text, const report *r, const report_cue *cue) {
    char from[WORDS_CLOCK], to[WORDS_CLOCK];
    bool to_the_end = cue->to_s >= r->duration_s - 0.5;
    say(text, "from %s to %s", words_clock(from, cue->from_s), to_the_end ? "the end" : words_clock(to, cue->to_s));
}

/* "frustrated twice, from 0:37 to 0:58 and from 2:10 to the end"; of more than two only the first is said. */
static void say_spans(char *text, const report *r, ut_cue_kind kind, unsigned times) {
    say_times(text, times);
    say(text, times > 2 ? ", first " : ", ");
    for (unsigned i = 0, said = 0; i < r->n_cues && said < (times > 2 ? 1 : times); i++) {
        if (r->cues[i].kind != kind) continue;
        if (said++) say(text, " and ");
        say_span(text, r, &r->cues[i]);
    }
}

/* Whether a calming came after the last of the cues on how the voice sounded. */
static bool ends_calmer(const report *r) {
    bool calmer = false;
    for (unsigned i = 0; i < r->n_cues; i++) {
        ut_cue_kind kind = r->cues[i].kind;
        if (kind == UT_CUE_FRUSTRATION || kind == UT_CUE_STRESS) calmer = false;
        if (kind == UT_CUE_CALMING) calmer = true;
    }
    return calmer;
}

static void say_sound(char *text, const report *r) {
    static const struct {
        ut_cue_kind kind;
        const char *sounded;
    } emotions[] = {{UT_CUE_FRUSTRATION, "frustrated"}, {UT_CUE_STRESS, "tense"}};
    bool any = false;
    for
        EACH(i, emotions) {
            unsigned times;
            if (!report_first(r, emotions[i].kind, &times)) continue;
            say(text, "%s%s", any ? ", and " : "The customer's voice sounded ", emotions[i].sounded);
            say_spans(text, r, emotions[i].kind, times);
            any = true;
        }
    if (any) say(text, "%s.", ends_calmer(r) ? ", and calmer after" : "");
    else say(text, "Nothing in the customer's voice called for a cue.");
}

static void say_voice(char *text, const report *r) {
    const json_t *customer = json_object_get(r->summary, "customer");
    if (report_has(r, UT_MIXED)) say(text, "Both voices share a channel, so how the customer's sounds is not scored.");
    else if (!report_has(r, UT_CUSTOMER)) say(text, "Only the agent was heard, and how an agent sounds is not scored.");
    else if (r->summary ? isnan(report_number(customer, "frustration_mean")) : !r->speaking_scored)
        say(text, "Too little was heard of the customer to say how the voice sounds.");
    else say_sound(text, r);
}

static void say_conversation(char *text, const json_t *dynamics) {
    char clock[WORDS_CLOCK];
    double dead_air_s = report_number(dynamics, "dead_air_s"), hold_s = report_number(dynamics, "hold_s");
    double by_agent = report_number(dynamics, "interruptions_by_agent");
    if (by_agent > 0) {
        say(text, " The agent interrupted the customer");
        say_times(text, (unsigned)by_agent);
        say(text, ".");
    }
    if (dead_air_s > 0) say(text, " Silences add up to %s.", words_clock(clock, dead_air_s));
    if (hold_s >= 1) say(text, " The customer was on hold for %s.", words_clock(clock, hold_s));
}

const char *words_of_call(char text[WORDS_LINE], const report *r) {
    *text = '\0';
    const char *consent = report_text(r->call, "consent");
    if (!report_may(r)) {
        bool withdrawn = !strcmp(consent, ut_consent_name(UT_CONSENT_WITHDRAWN));
        if (withdrawn) say(text, "Consent was withdrawn: nothing is kept of this call but its times.");
        else say(text, "This call was not analysed: consent is %s.", consent);
        return text;
    }
    say_voice(text, r);
    say_conversation(text, json_object_get(r->summary, "dynamics"));
    return text;
}
