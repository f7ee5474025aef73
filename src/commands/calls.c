/* calls.c - undertone calls: the list of what is kept, and one call whole. */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/data.h"
#include "commands/page.h"
#include "commands/words.h"
#include "store/archive.h"

static const char usage[] = "usage: undertone calls [OPTION...]\n"
                            "       undertone calls ID [--data DIR] [--jsonl]\n\n"
                            "Lists the calls that are kept, the newest first, or shows one of them whole.\n\n"
                            "  --from TIME       begun at or after: 2026-11-21, or 2026-11-21T10:00:00Z\n"
                            "  --to TIME         begun before; a date includes its day\n"
                            "  --agent NAME      by the names that came with the call, as are the next three\n"
                            "  --team NAME\n"
                            "  --queue NAME\n"
                            "  --customer NAME   your reference\n"
                            "  --cue CUE         in which this cue rose: frustration, dead_air ...\n"
                            "  --peak SCORE      whose frustration or stress was at least that, 0 to 1\n"
                            "  --tag TAG         with this tag\n"
                            "  --text TEXT       with this in a note\n"
                            "  --limit N         so many at most (default 50)\n"
                            "  --jsonl           one JSON object a call\n"
                            "  --data DIR        the data folder (default ~/.local/share/undertone)\n";

typedef struct listing {
    struct database *database;
    json_t *filter;
    unsigned long limit;
    bool jsonl, misused;
} listing;

static bool complain(const char *what) {
    fprintf(stderr, "undertone calls: %s\n", what);
    return false;
}

static bool complain_of_database(const struct database *d) {
    char message[512];
    database_explain(d, message, sizeof message);
    return complain(message);
}

static void print_json(json_t *value) {
    json_dumpf(value, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
    putchar('\n');
}

/* ---- the list: a line a call, and one more where there is something to say ---- */

enum { WIDTH = 80, ID = 28, TIME = 16, LENGTH = 7, NAME = 7, COUNT = 4 };

/* A text in at most so many columns, cut where it is longer; how many it took. */
static int print_cut(const char *text, int width) {
    int column = 0;
    bool plain;
    for (size_t n; *text && column < width; text += n, column++) {
        n = words_letter(text, &plain);
        bool cut = column == width - 1 && text[n];
        words_print(stdout, cut ? "~" : text, cut ? 1 : n);
    }
    return column;
}

static void print_cell(const char *text, int width) {
    int column = print_cut(text, width);
    printf("%*s ", width - column, "");
}

static int count_cues(const json_t *call) {
    const char *kind;
    json_t *n;
    int cues = 0;
    json_object_foreach(json_object_get(call, "cues"), kind, n) cues += (int)json_integer_value(n);
    return cues;
}

static void print_line(const json_t *call) {
    char when[UTC_SIZE], length[WORDS_CLOCK] = "", peak[16] = "";
    double peak_is = fmax(report_number(call, "frustration_peak"), report_number(call, "stress_peak"));
    double duration_s = report_number(call, "duration_s");
    snprintf(when, sizeof when, "%.16s", report_text(call, "started_at"));
    if (strlen(when) > 10) when[10] = ' ';
    if (!isnan(duration_s)) words_clock(length, duration_s);
    if (!isnan(peak_is)) snprintf(peak, sizeof peak, "%.0f %%", peak_is * 100);
    print_cell(report_text(call, "call"), ID);
    print_cell(when, TIME);
    printf("%*s ", LENGTH, length);
    print_cell(report_text(call, "agent"), NAME);
    print_cell(report_text(call, "queue"), NAME);
    printf("%*d %*s\n", COUNT, count_cues(call), COUNT + 1, peak);
}

/* How a call that is over ended, where it was not as usual; "" where it was. */
static const char *how_it_ended(const json_t *call) {
    static const char *const ends[][2] = {{"stopped", "stopped with the server"},
                                          {"failed", "its source failed"},
                                          {"server died", "interrupted: the server died"}};
    if (json_is_null(json_object_get(call, "ended_at"))) return "in progress";
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (!strcmp(report_text(call, "ended_how"), ends[i][0])) return ends[i][1];
    return "";
}

/* Adds one to a list of remarks. */
static void remark(char remarks[WORDS_LINE], const char *what, const char *text) {
    size_t n = strlen(remarks);
    if (*text) snprintf(remarks + n, WORDS_LINE - n, "%s%s%s", n ? ", " : "", what, text);
}

static void print_remarks(const json_t *call) {
    const char *consent = report_text(call, "consent");
    char remarks[WORDS_LINE] = "", notes[32] = "";
    int n_notes = (int)json_integer_value(json_object_get(call, "notes"));
    const json_t *tag;
    size_t i;
    if (n_notes) snprintf(notes, sizeof notes, "%d note%s", n_notes, n_notes == 1 ? "" : "s");
    if (strcmp(consent, ut_consent_name(UT_CONSENT_GIVEN))) remark(remarks, "consent: ", consent);
    remark(remarks, "", how_it_ended(call));
    if (json_is_true(json_object_get(call, "held"))) remark(remarks, "", "on legal hold");
    remark(remarks, "recording: ", report_text(call, "recording"));
    remark(remarks, "", notes);
    json_array_foreach(json_object_get(call, "tags"), i, tag) remark(remarks, "#", json_string_value(tag));
    if (!*remarks) return;
    fputs("  ", stdout);
    print_cut(remarks, WIDTH - 2);
    putchar('\n');
}

static void print_head(void) {
    print_cell("call", ID);
    print_cell("begun (UTC)", TIME);
    printf("%*s ", LENGTH, "length");
    print_cell("agent", NAME);
    print_cell("queue", NAME);
    printf("%*s %*s\n", COUNT, "cues", COUNT + 1, "peak");
}

static void print_calls(const listing *l, json_t *calls, bool first) {
    json_t *call;
    size_t i;
    if (first && !l->jsonl && json_array_size(calls)) print_head();
    json_array_foreach(calls, i, call) {
        if (l->jsonl) {
            print_json(call);
            continue;
        }
        print_line(call);
        print_remarks(call);
    }
}

/* The next page, and where it goes on in the filter. False on failure; *more: there is another. */
static bool print_page(listing *l, unsigned long *left, bool first, bool *more) {
    char why[512];
    json_int_t n = *left < ARCHIVE_PAGE_MAX ? (json_int_t)*left : ARCHIVE_PAGE_MAX;
    json_object_set_new(l->filter, "limit", json_integer(n));
    json_t *page = archive_calls(l->database, l->filter, why, sizeof why);
    l->misused = !page && *why;
    if (!page) return l->misused ? complain(why) : complain_of_database(l->database);
    json_t *calls = json_object_get(page, "calls"), *next = json_object_get(page, "next");
    print_calls(l, calls, first);
    *left -= json_array_size(calls);
    *more = json_is_string(next);
    json_object_set(l->filter, "before", next);
    if (first && !l->jsonl && !json_array_size(calls)) puts("No calls.");
    json_decref(page);
    return true;
}

static int list(listing *l) {
    unsigned long left = l->limit;
    bool more = true, first = true;
    for (; more && left; first = false)
        if (!print_page(l, &left, first, &more)) return l->misused ? EXIT_USAGE : EXIT_FAILED;
    if (more && !l->jsonl) puts("There are more: --limit says how many to list.");
    return EXIT_FINE;
}

/* ---- one call ---- */

static bool read_event(void *user, json_t *event) {
    report_read(user, event);
    return true;
}

/* Of what has a time in the call, that, else nothing. */
static const char *at_of(char text[WORDS_CLOCK + 4], const json_t *one) {
    char clock[WORDS_CLOCK];
    double t_s = report_number(one, "t_s");
    *text = '\0';
    if (!isnan(t_s)) snprintf(text, WORDS_CLOCK + 4, "at %s", words_clock(clock, t_s));
    return text;
}

static void print_named(const json_t *call, const char *label, const char *key) {
    if (*report_text(call, key)) page_print_row(stdout, label, "%s", report_text(call, key));
}

static void print_consents(const json_t *call) {
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(call, "consents"), i, one) {
        const char *method = report_text(one, "method"), *who = report_text(one, "who");
        page_print_row(stdout, i ? "" : "Consent", "%s %.19sZ%s%s%s%s%s", report_text(one, "consent"),
                       report_text(one, "at"), *method ? " (" : "", method, *method ? ")" : "", *who ? ", says " : "",
                       who);
    }
}

static void print_recording(const json_t *call) {
    const json_t *recording = json_object_get(call, "recording");
    char length[WORDS_CLOCK], lost[WORDS_CLOCK];
    double duration_s = report_number(recording, "duration_s"), lost_s = report_number(recording, "lost_s");
    if (!json_is_object(recording)) return;
    page_print_row(stdout, "Recording", "%s, %s%s%s%s%s", report_text(recording, "state"),
                   isnan(duration_s) ? "" : words_length(length, duration_s),
                   *report_text(recording, "file") ? ", " : "", report_text(recording, "file"),
                   lost_s > 0 ? "; silence stands for " : "", lost_s > 0 ? words_length(lost, lost_s) : "");
}

static void print_pauses(const json_t *call) {
    char from[WORDS_CLOCK], to[WORDS_CLOCK];
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(call, "pauses"), i, one) {
        double end_s = report_number(one, "end_s");
        page_print_row(stdout, i ? "" : "Paused", "%s - %s", words_clock(from, report_number(one, "start_s")),
                       isnan(end_s) ? "the end" : words_clock(to, end_s));
    }
}

/* Notes or tags. */
static void print_said(const json_t *call, const char *key, const char *text, const char *label) {
    char at[WORDS_CLOCK + 4];
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(call, key), i, one) {
        at_of(at, one);
        page_print_row(stdout, i ? "" : label, "%s%s%s%s", report_text(one, text), *at ? " (" : "", at, *at ? ")" : "");
    }
}

static void print_record(const json_t *call) {
    puts("  What is kept of it\n");
    print_named(call, "Call", "call");
    print_named(call, "Begun", "started_at");
    print_named(call, "Ended", "ended_at");
    print_named(call, "Agent", "agent");
    print_named(call, "Team", "team");
    print_named(call, "Queue", "queue");
    print_named(call, "Customer", "customer");
    print_named(call, "Playbook", "playbook");
    if (!strcmp(report_text(call, "arm"), "held_out")) page_print_row(stdout, "Cues", "shown to nobody (held out)");
    if (*how_it_ended(call)) page_print_row(stdout, "State", "%s", how_it_ended(call));
    print_consents(call);
    print_recording(call);
    print_pauses(call);
    print_named(call, "Legal hold", "held_why");
    print_said(call, "notes", "text", "Notes");
    print_said(call, "tags", "tag", "Tags");
    putchar('\n');
}

static bool print_page_of(struct database *d, const char *id, const json_t *call) {
    report *r = report_new();
    bool good = r && archive_events(d, id, read_event, r);
    if (good) {
        report_finish(r);
        if (!*report_text(r->call, "source")) json_object_set_new(r->call, "source", json_string(id));
        page_print(stdout, r, page_shows_utf8());
        print_record(call);
    }
    report_free(r);
    return good || complain_of_database(d);
}

static int show(const listing *l, const char *id) {
    json_t *call = archive_call(l->database, id);
    bool good = call;
    if (!call) complain_of_database(l->database);
    if (json_is_null(call)) {
        fprintf(stderr, "undertone calls: %s: there is no such call\n", id);
        good = false;
    }
    if (good && l->jsonl) print_json(call);
    if (good && !l->jsonl) good = print_page_of(l->database, id, call);
    json_decref(call);
    return good ? EXIT_FINE : EXIT_FAILED;
}

/* ---- the command ---- */

static int run(listing *l, const char *data, const char *id) {
    l->database = data_open("undertone calls", data, DATABASE_READER);
    int status = !l->database ? EXIT_FAILED : id ? show(l, id) : list(l);
    database_close(l->database);
    if (fflush(stdout) || ferror(stdout)) return perror("undertone calls: stdout"), EXIT_FAILED;
    return status;
}

int command_calls(int argc, char **argv) {
    enum { FILTER = 1, DATA, LIMIT };
    listing l = {.filter = json_object(), .limit = 50};
    const char *data = NULL;
    int jsonl = 0, chosen = 0, status = EXIT_USAGE;
    const struct option options[] = {
        {"from", required_argument, NULL, FILTER},
        {"to", required_argument, NULL, FILTER},
        {"agent", required_argument, NULL, FILTER},
        {"team", required_argument, NULL, FILTER},
        {"queue", required_argument, NULL, FILTER},
        {"customer", required_argument, NULL, FILTER},
        {"cue", required_argument, NULL, FILTER},
        {"peak", required_argument, NULL, FILTER},
        {"tag", required_argument, NULL, FILTER},
        {"text", required_argument, NULL, FILTER},
        {"limit", required_argument, NULL, LIMIT},
        {"data", required_argument, NULL, DATA},
        {"jsonl", no_argument, &jsonl, 1},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    char *end;
    for (int option, which = 0; (option = getopt_long(argc, argv, "h", options, &which)) != -1;) {
        switch (option) {
        case FILTER:
            chosen++;
            if (json_object_set_new(l.filter, options[which].name, json_string(optarg))) {
                fprintf(stderr, "undertone calls: --%s is not UTF-8\n", options[which].name);
                goto done;
            }
            break;
        case LIMIT:
            l.limit = strtoul(optarg, &end, 10);
            if (*optarg >= '1' && *optarg <= '9' && !*end) break;
            complain("--limit is a whole number of 1 or more");
            goto done;
        case DATA:
            data = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            status = EXIT_FINE;
            goto done;
        case 0:
            break;
        default:
            goto done;
        }
    }
    l.jsonl = jsonl;
    if (argc - optind > 1 || (argc > optind && chosen)) fputs(usage, stderr);
    else status = run(&l, data, argv[optind]);
done:
    json_decref(l.filter);
    return status;
}
