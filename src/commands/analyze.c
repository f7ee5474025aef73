/* analyze.c - recordings, faster than real time. */
#include <getopt.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/recording.h"
#include "commands/commands.h"
#include "commands/data.h"
#include "commands/engine.h"
#include "commands/interrupt.h"
#include "commands/jobs.h"
#include "commands/print.h"
#include "session.h"
#include "store/store.h"

static const char usage[] =
    "usage: undertone analyze FILE... [OPTION...]\n\n"
    "Listens to recordings, faster than real time, and prints what it heard.\n\n"
    "  --channels ROLES  whose voice each channel holds: agent,customer (stereo), customer (mono),\n"
    "                    customer,agent, agent, mixed\n"
    "  --raw CODING      headerless G.711: ulaw or alaw, ulaw:2 with two channels\n"
    "  --jsonl           every event, one JSON object a line\n"
    "  --csv             a row of readings each half second\n"
    "  --summary         what happened, in words (the default)\n"
    "  --consent STATE   given (the default: who runs this vouches), refused or unknown\n"
    "  --store           keep calls, readings and cues in the data folder\n"
    "  --data DIR        the data folder (default ~/.local/share/undertone)\n"
    "  --jobs N          files at a time (default: one a core)\n"
    "  --model FILE      another model\n"
    "  --playbook FILE   another playbook\n";

typedef struct analysis {
    engine engine;
    recording_options recording;
    print_form form;
    ut_consent consent;
    bool progress;       /* of a single long file */
    atomic_bool misused; /* the options do not fit a file */
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

/* Follows the recording to its end. */
static bool follow(const analysis *a, session *session, FILE *out) {
    outlet o = {.printer = {.out = out, .form = a->form, .source = session_source(session)->name}, .store = a->store};
    session_state state = SESSION_BUSY;
    for (unsigned block = 0; state <= SESSION_BUSY && !interrupt_came(); block++) {
        state = session_step(session, take, &o);
        if (a->progress && block % 100 == 0) show_progress(session);
    }
    if (state <= SESSION_BUSY) session_stop(session, take, &o);
    if (a->progress) fputs("\r\033[K", stderr);
    printer_finish(&o.printer);
    if (state == SESSION_FAILED) fprintf(stderr, "undertone analyze: %s\n", session_source(session)->fault);
    return state == SESSION_ENDED;
}

static bool analyze_one(void *user, const char *path, FILE *out) {
    analysis *a = user;
    char message[512];
    bool bad_usage = false;
    source *s = recording_open(path, &a->recording, message, sizeof message, &bad_usage);
    if (!s) {
        fprintf(stderr, "undertone analyze: %s\n", message);
        if (bad_usage) atomic_store(&a->misused, true);
        return false;
    }
    session *session = session_new(s, a->engine.model, a->engine.playbook, a->consent);
    bool good = session && follow(a, session, out);
    if (!session) fprintf(stderr, "undertone analyze: %s: %s\n", path, ut_error_text(UT_NO_MEMORY));
    session_free(session);
    return good;
}

static int analyze_all(analysis *a, char **paths, int n_paths, int n_jobs, bool keep, const char *data) {
    char message[512], folder[DATA_PATH];
    if (keep && !data_folder(folder, data, message, sizeof message)) goto cannot;
    if (keep && !(a->store = store_open(folder, NULL, NULL, message, sizeof message))) goto cannot;
    interrupt_catch();
    bool person = isatty(STDERR_FILENO) && !(isatty(STDOUT_FILENO) && a->form == PRINT_JSONL);
    a->progress = person && n_paths == 1;
    print_header(stdout, a->form);
    bool good = jobs_run(paths, n_paths, n_jobs, person, analyze_one, a);
    store_counts counts = store_close(a->store);
    unsigned long unkept = counts.dropped + counts.failed;
    if (unkept) fprintf(stderr, "undertone analyze: %s: %lu events could not be kept\n", folder, unkept);
    if (atomic_load(&a->misused)) return EXIT_USAGE;
    return good && !unkept ? EXIT_FINE : EXIT_FAILED;

cannot:
    fprintf(stderr, "undertone analyze: %s\n", message);
    return EXIT_FAILED;
}

int command_analyze(int argc, char **argv) {
    enum { CHANNELS = 1, RAW, CONSENT, STORE, DATA, JOBS, MODEL, PLAYBOOK };
    analysis a = {.form = PRINT_SUMMARY, .consent = UT_CONSENT_GIVEN};
    int form = PRINT_SUMMARY, n_jobs = 0;
    const char *model = NULL, *playbook = NULL, *data = NULL;
    bool keep = false;
    const struct option options[] = {
        {"channels", required_argument, NULL, CHANNELS},
        {"raw", required_argument, NULL, RAW},
        {"jsonl", no_argument, &form, PRINT_JSONL},
        {"csv", no_argument, &form, PRINT_CSV},
        {"summary", no_argument, &form, PRINT_SUMMARY},
        {"consent", required_argument, NULL, CONSENT},
        {"store", no_argument, NULL, STORE},
        {"data", required_argument, NULL, DATA},
        {"jobs", required_argument, NULL, JOBS},
        {"model", required_argument, NULL, MODEL},
        {"playbook", required_argument, NULL, PLAYBOOK},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case CHANNELS:
            a.recording.channels = optarg;
            break;
        case RAW:
            a.recording.raw = optarg;
            break;
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
        case CONSENT:
            if (engine_consent(optarg, &a.consent)) break;
            fprintf(stderr, "undertone analyze: --consent is given, refused or unknown, not %s\n", optarg);
            return EXIT_USAGE;
        case JOBS:
            if ((n_jobs = jobs_count(optarg)) > 0) break;
            fprintf(stderr, "undertone analyze: --jobs is a number from 1 to 256, not %s\n", optarg);
            return EXIT_USAGE;
        case 'h':
            fputs(usage, stdout);
            return EXIT_FINE;
        case 0:
            break;
        default:
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
        status = analyze_all(&a, argv + optind, argc - optind, n_jobs, keep, data);
    engine_close(&a.engine);
    return status;
}
