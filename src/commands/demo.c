/* demo.c - the first minute with the product. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/pace.h"
#include "capture/recording.h"
#include "clock.h"
#include "commands/commands.h"
#include "commands/demo_call.h"
#include "commands/interrupt.h"
#include "commands/live.h"

static const char usage[] =
    "usage: undertone demo [OPTION...]\n\n"
    "Makes a support call with two voices, plays it at the speed of speech and listens to it.\n"
    "Open the overlay's address in a browser and watch. Ctrl-C ends it.\n\n"
    "  --exit              end with the call\n"
    "  --speaker           aloud\n"
    "  --make FILE         only write the call to FILE (WAV, agent left, customer right)\n" LIVE_USAGE;

/* The folder of one demo: the call, and where it is kept unless --data says otherwise. */
static bool make_folder(char folder[DATA_PATH]) {
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(folder, DATA_PATH - 64, "%s/undertone-demo-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    return n < DATA_PATH - 64 && mkdtemp(folder);
}

static void remove_folder(const char *folder) {
    static const char *const files[] = {"call.wav", "undertone.db", "undertone.db-wal", "undertone.db-shm",
                                        "undertone.lock"};
    char path[DATA_PATH + 32];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* What is being said, as it is said. */
static void tell(const live *l, const demo_call *call, int *told, double t_s) {
    FILE *out = live_words(&l->options);
    for (; *told < call->n_lines && t_s >= (double)call->lines[*told].start_s; ++*told) {
        const demo_line *line = &call->lines[*told];
        const char *dim = l->printer.colour ? "\033[2m" : "", *plain = l->printer.colour ? "\033[0m" : "";
        flockfile(out);
        fprintf(out, "%3d:%04.1f  %s%s: %s%s\n", (int)line->start_s / 60,
                (double)line->start_s - 60 * ((int)line->start_s / 60), dim,
                line->who == UT_CUSTOMER ? "Customer" : "Agent", line->text, plain);
        fflush(out);
        funlockfile(out);
    }
}

static void watch(live *l, const demo_call *call, bool stay) {
    double start_s = clock_s();
    int told = 0;
    while (hub_live(l->hub) && live_nap(l)) tell(l, call, &told, clock_s() - start_s);
    if (!stay || interrupt_came()) return;
    fputs("\nThat was the call. Ctrl-C ends the demo.\n", live_words(&l->options));
    fflush(live_words(&l->options));
    live_wait(l, true);
}

static int show_call(const live_options *options, const demo_call *call, const char *path, bool speaker, bool stay) {
    char message[512];
    bool bad_usage;
    source *s = recording_open(path, NULL, message, sizeof message, &bad_usage);
    if (s) s = pace_new(s, speaker, message, sizeof message);
    if (!s) {
        fprintf(stderr, "undertone demo: %s\n", message);
        return EXIT_FAILED;
    }
    live l;
    bool good = live_open(&l, options);
    if (!good) source_close(s);
    good = good && live_add(&l, s, &(live_call){.consent = options->consent});
    if (good) watch(&l, call, stay);
    int status = live_close(&l);
    return good ? status : EXIT_FAILED;
}

static int run_demo(live_options *options, const char *make, bool speaker, bool stay) {
    static demo_call call;
    interrupt_catch(); /* so that the folder is removed */
    char folder[DATA_PATH], path[DATA_PATH], message[512];
    if (!make_folder(folder)) {
        perror("undertone demo: a temporary folder");
        return EXIT_FAILED;
    }
    snprintf(path, sizeof path, "%.*s/call.wav", DATA_PATH - 16, folder);
    if (!options->data) options->data = folder;
    int status = EXIT_FINE;
    if (!demo_call_make(&call, folder, make ? make : path, message, sizeof message)) {
        fprintf(stderr, "undertone demo: %s\n", message);
        status = EXIT_FAILED;
    } else if (!make) {
        status = show_call(options, &call, path, speaker, stay);
    }
    remove_folder(folder);
    return status;
}

int command_demo(int argc, char **argv) {
    enum { MAKE = 1 };
    live_options live = live_defaults("demo");
    int speaker = 0, leave = 0;
    const char *make = NULL;
    const struct option options[] = {
        {"exit", no_argument, &leave, 1},
        {"speaker", no_argument, &speaker, 1},
        {"make", required_argument, NULL, MAKE},
        {"help", no_argument, NULL, 'h'},
        LIVE_OPTIONS(&live),
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == MAKE) make = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else if (option != 0 && !live_option(&live, option, optarg)) return EXIT_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "undertone demo: %s is not an option\n", argv[optind]);
        return EXIT_USAGE;
    }
    return run_demo(&live, make, speaker, !leave);
}
