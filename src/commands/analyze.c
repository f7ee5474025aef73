/* analyze.c - recordings, faster than real time. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/data.h"
#include "commands/engine.h"
#include "commands/interrupt.h"
#include "commands/print.h"
#include "commands/recordings.h"
#include "session.h"
#include "store/store.h"

static const char usage[] = "usage: undertone analyze FILE... [OPTION...]\n\n"
                            "Listens to recordings, faster than real time, and prints what it heard.\n\n"
                            "  --jsonl           every event, one JSON object a line\n"
                            "  --csv             a row of readings each half second\n"
                            "  --summary         what happened, in words (the default)\n"
                            "  --store           keep calls, readings and cues in the data folder\n"
                            "  --data DIR        the data folder (default ~/.local/share/undertone)\n"
                            "  --model FILE      another model\n"
                            "  --playbook FILE   another playbook\n" RECORDINGS_USAGE;

typedef struct analysis {
    recordings recordings;
    engine engine;
    print_form form;
    bool progress; /* of a single long file */
    store *store;
} analysis;

typedef struct outlet {
    printer printer;
    store *store;
} outlet;

static void take(void *user, message *m) {
    outlet *o = user;
    printer_show(&o->printer, m);
    if (o->store) store_write(o->store, m);
}

static void show_progress(const session *session) {
    const source *s = session_source(session);
    double duration_s = s->duration_s(s);
    if (duration_s > 0) fprintf(stderr, "\r%s %3.0f %%", s->name, 100 * session_heard_s(session) / duration_s);
}

/* Whether anyone still wants to hear: the store does when stdout takes no more. */
static bool is_wanted(const analysis *a, FILE *out) { return !interrupt_came() && (a->store || !ferror(out)); }

/* Follows the recording to its end. */
static bool follow(const analysis *a, const char *path, session *session, FILE *out) {
    outlet o = {.printer = {.out = out, .form = a->form, .source = session_source(session)->name}, .store = a->store};
    session_state state = SESSION_BUSY;
    for (unsigned block = 0; state <= SESSION_BUSY && is_wanted(a, out); block++) {
        state = session_step(session, take, &o);
        if (a->progress && block % 100 == 0) show_progress(session);
    }
    if (state <= SESSION_BUSY) session_stop(session, take, &o);
    if (a->progress) fputs("\r\033[K", stderr);
    printer_finish(&o.printer);
    if (state == SESSION_FAILED) fprintf(stderr, "undertone analyze: %s\n", session_source(session)->fault);
    recordings_tell_lost(&a->recordings, path, session_source(session)->lost);
    return state == SESSION_ENDED;
}

static bool analyze_one(void *user, const char *path, FILE *out) {
    analysis *a = user;
    source *s = recordings_open(&a->recordings, path);
    if (!s) return false;
    session *session = session_new(s, a->engine.model, a->engine.playbook, a->recordings.consent);
    bool good = session && follow(a, path, session, out);
    if (!session) fprintf(stderr, "undertone analyze: %s: %s\n", path, ut_error_text(UT_NO_MEMORY));
    session_free(session);
    return good;
}

static int analyze_all(analysis *a, char **paths, int n_paths, bool keep, const char *data) {
    char message[512], folder[DATA_PATH];
    if (keep && !data_folder(folder, data, message, sizeof message)) goto cannot;
    if (keep && !(a->store = store_open(folder, NULL, NULL, message, sizeof message))) goto cannot;
    interrupt_catch();
    bool person = isatty(STDERR_FILENO) && !(isatty(STDOUT_FILENO) && a->form == PRINT_JSONL);
    a->progress = person && n_paths == 1;
    print_header(stdout, a->form);
    int status = recordings_run(&a->recordings, paths, n_paths, person, analyze_one, a);
    store_counts counts = store_close(a->store);
    unsigned long unkept = counts.dropped + counts.failed;
    if (unkept) fprintf(stderr, "undertone analyze: %s: %lu events could not be kept\n", folder, unkept);
    return status == EXIT_FINE && unkept ? EXIT_FAILED : status;

cannot:
    fprintf(stderr, "undertone analyze: %s\n", message);
    return EXIT_FAILED;
}

int command_analyze(int argc, char **argv) {
    enum { STORE = 1, DATA, MODEL, PLAYBOOK };
    analysis a = {.recordings = {.command = "analyze", .consent = UT_CONSENT_GIVEN}};
    int form = PRINT_SUMMARY;
    const char *model = NULL, *playbook = NULL, *data = NULL;
    bool keep = false;
    const struct option options[] = {
        {"jsonl", no_argument, &form, PRINT_JSONL},
        {"csv", no_argument, &form, PRINT_CSV},
        {"summary", no_argument, &form, PRINT_SUMMARY},
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
            keep = true;
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
    if (data && !keep) {
        fputs("undertone analyze: --data is for --store, which is not there\n", stderr);
        return EXIT_USAGE;
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    a.form = (print_form)form;
    int status = EXIT_FAILED;
    if (engine_open(&a.engine, "analyze", model, playbook))
        status = analyze_all(&a, argv + optind, argc - optind, keep, data);
    engine_close(&a.engine);
    return status;
}
