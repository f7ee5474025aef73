/* analyze.c - recordings, faster than real time. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/tee.h"
#include "commands/commands.h"
#include "commands/data.h"
#include "commands/engine.h"
#include "commands/interrupt.h"
#include "commands/page.h"
#include "commands/pictures.h"
#include "commands/print.h"
#include "commands/recordings.h"
#include "session.h"
#include "store/store.h"

static const char usage[] = "usage: undertone analyze FILE... [OPTION...]\n\n"
                            "Listens to recordings, faster than real time, and prints what it heard.\n\n"
                            "  --jsonl           every event, one JSON object a line\n"
                            "  --csv             a row of readings each half second\n"
                            "  --summary         a page on each, in words (the default)\n"
                            "  --picture PATH    draw each as SVG: PATH.svg for one recording, else a folder\n"
                            "  --store           keep calls, readings and cues in the data folder\n"
                            "  --data DIR        the data folder (default ~/.local/share/undertone)\n"
                            "  --model FILE      another model\n"
                            "  --playbook FILE   another playbook\n" RECORDINGS_USAGE;

typedef struct analysis {
    recordings recordings;
    engine engine;
    print_form form;
    bool page; /* at the end of each, in place of what is printed as it comes */
    bool utf8;
    pictures *pictures; /* null for none */
    bool progress;      /* of a single long file */
    bool keep;
    char folder[DATA_PATH]; /* the store's */
    store *store;           /* null for none */
} analysis;

typedef struct outlet {
    printer printer;
    report *report; /* null where neither page nor picture is wanted */
    store *store;
} outlet;

static void take(void *user, message *m) {
    outlet *o = user;
    printer_show(&o->printer, m);
    if (o->report) report_take(o->report, m);
    if (o->store) store_write(o->store, m);
}

static void hear(void *user, const source *s, float *const x[SOURCE_CHANNELS], int n) {
    for (int c = 0; c < s->channels; c++) report_hear(user, s->roles[c], x[c], (size_t)n);
}

static void show_progress(const session *session) {
    const source *s = session_source(session);
    double duration_s = s->duration_s(s);
    if (duration_s > 0) fprintf(stderr, "\r%s %3.0f %%", s->name, 100 * session_heard_s(session) / duration_s);
}

/* Whether anyone still wants to hear: store and pictures do when stdout takes no more. */
static bool is_wanted(const analysis *a, FILE *out) {
    return !interrupt_came() && (a->store || a->pictures || !ferror(out));
}

/* Follows the recording to its end. */
static bool follow(const analysis *a, const char *path, session *session, outlet *o) {
    session_state state = SESSION_BUSY;
    for (unsigned block = 0; state <= SESSION_BUSY && is_wanted(a, o->printer.out); block++) {
        state = session_step(session, take, o);
        if (a->progress && block % 100 == 0) show_progress(session);
    }
    if (state <= SESSION_BUSY) session_stop(session, take, o);
    if (a->progress) fputs("\r\033[K", stderr);
    printer_finish(&o->printer);
    if (state == SESSION_FAILED) fprintf(stderr, "undertone analyze: %s\n", session_source(session)->fault);
    recordings_tell_lost(&a->recordings, path, session_source(session)->lost);
    return state == SESSION_ENDED;
}

/* What is told of the whole call once it is over. */
static bool tell(const analysis *a, const char *path, const outlet *o) {
    char message[PICTURES_MESSAGE];
    if (a->page) page_print(o->printer.out, o->report, a->utf8);
    if (!a->pictures || pictures_save(a->pictures, path, o->report, message)) return true;
    fprintf(stderr, "undertone analyze: %s\n", message);
    return false;
}

/* Null after saying why not. Without consent nothing is drawn of the samples. */
static session *open_session(analysis *a, const char *path, outlet *o) {
    bool told = a->page || a->pictures, drawn = a->pictures && a->recordings.consent == UT_CONSENT_GIVEN;
    source *s = recordings_open(&a->recordings, path);
    if (!s) return NULL;
    int64_t began_ms = recordings_began_ms(path, s);
    if (told && !(o->report = report_new())) goto no_memory;
    if (drawn && !(s = tee_new(s, hear, o->report))) goto no_memory;
    session *session = session_new(s, &(session_options){.model = a->engine.model,
                                                         .playbook = a->engine.playbook,
                                                         .consent = a->recordings.consent,
                                                         .consent_method = "command line",
                                                         .started_at_ms = began_ms});
    if (session) return session;
    s = NULL;
no_memory:
    source_close(s);
    fprintf(stderr, "undertone analyze: %s: %s\n", path, ut_error_text(UT_NO_MEMORY));
    return NULL;
}

static bool analyze_one(void *user, const char *path, FILE *out) {
    analysis *a = user;
    outlet o = {.printer = {.out = out, .form = a->form}, .store = a->store};
    session *session = open_session(a, path, &o);
    if (session) o.printer.source = session_source(session)->name;
    bool good = session && follow(a, path, session, &o);
    if (session && o.report) good = tell(a, path, &o) && good;
    session_free(session);
    report_free(o.report);
    return good;
}

/* Store and pictures, where wanted; returns an exit code after saying what was wrong. */
static int open_outlets(analysis *a, const char *data, const char *picture, char **paths, int n_paths) {
    char message[PICTURES_MESSAGE];
    bool bad_usage = false, good = !picture;
    if (picture) good = (a->pictures = pictures_new(picture, paths, n_paths, message, &bad_usage));
    if (a->keep) good = good && data_folder(a->folder, data, message, sizeof message);
    if (a->keep) good = good && (a->store = store_open(&(store_options){.dir = a->folder}, message, sizeof message));
    if (!good) fprintf(stderr, "undertone analyze: %s\n", message);
    return good ? EXIT_FINE : bad_usage ? EXIT_USAGE : EXIT_FAILED;
}

/* False where events were lost on the way to the store. */
static bool close_outlets(analysis *a) {
    store_counts counts = store_close(a->store);
    unsigned long unkept = counts.dropped + counts.failed;
    if (unkept) fprintf(stderr, "undertone analyze: %s: %lu events could not be kept\n", a->folder, unkept);
    pictures_free(a->pictures);
    return !unkept;
}

static int analyze_all(analysis *a, char **paths, int n_paths) {
    interrupt_catch();
    bool person = isatty(STDERR_FILENO) && !(isatty(STDOUT_FILENO) && a->form == PRINT_JSONL);
    a->progress = person && n_paths == 1;
    print_header(stdout, a->form);
    return recordings_run(&a->recordings, paths, n_paths, person, analyze_one, a);
}

int command_analyze(int argc, char **argv) {
    enum { STORE = 1, DATA, MODEL, PLAYBOOK, PICTURE };
    analysis a = {.recordings = {.command = "analyze", .consent = UT_CONSENT_GIVEN}};
    int form = PRINT_NOTHING;
    const char *model = NULL, *playbook = NULL, *data = NULL, *picture = NULL;
    const struct option options[] = {
        {"jsonl", no_argument, &form, PRINT_JSONL},
        {"csv", no_argument, &form, PRINT_CSV},
        {"summary", no_argument, &form, PRINT_NOTHING},
        {"picture", required_argument, NULL, PICTURE},
        {"store", no_argument, NULL, STORE},
        {"data", required_argument, NULL, DATA},
        {"model", required_argument, NULL, MODEL},
        {"playbook", required_argument, NULL, PLAYBOOK},
        {"help", no_argument, NULL, 'h'},
        RECORDINGS_OPTIONS,
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case STORE:
            a.keep = true;
            break;
        case DATA:
            data = optarg;
            break;
        case MODEL:
            model = optarg;
            break;
        case PLAYBOOK:
            playbook = optarg;
            break;
        case PICTURE:
            picture = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_FINE;
        case 0:
            break;
        default:
            if (recordings_option(&a.recordings, option, optarg)) break;
            return EXIT_USAGE;
        }
    }
    if (data && !a.keep) {
        fputs("undertone analyze: --data is for --store, which is not there\n", stderr);
        return EXIT_USAGE;
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    a.form = (print_form)form;
    a.page = form == PRINT_NOTHING;
    a.utf8 = page_shows_utf8();
    if (!engine_open(&a.engine, "analyze", model, playbook)) return engine_close(&a.engine), EXIT_FAILED;
    int status = open_outlets(&a, data, picture, argv + optind, argc - optind);
    if (status == EXIT_FINE) status = analyze_all(&a, argv + optind, argc - optind);
    if (!close_outlets(&a) && status == EXIT_FINE) status = EXIT_FAILED;
    engine_close(&a.engine);
    return status;
}
