/* serve.c - the server: sources and pages from a configuration. */
#include <getopt.h>

#include "capture/device.h"
#include "capture/pace.h"
#include "capture/recording.h"
#include "commands/commands.h"
#include "commands/configuration.h"
#include "commands/live.h"

static const char usage[] = "usage: undertone serve [OPTION...]\n\n"
                            "Serves the pages and follows the sources of its configuration until Ctrl-C. Its sources'\n"
                            "consent is the configuration's consent.default, unknown unless it says otherwise: then\n"
                            "nothing is scored or stored.\n\n"
                            "  --config FILE       the configuration, see the README\n"
                            "  --listen ADDR:PORT  where the pages are (default 127.0.0.1:7070)\n"
                            "  --data DIR          where calls are kept (default ~/.local/share/undertone)\n"
                            "  --web DIR           pages from a folder instead of the program's own\n"
                            "  --model FILE        another model\n"
                            "  --playbook FILE     another playbook, read again when it changes\n"
                            "  --record            keep the sound of calls as well, with consent\n"
                            "  --jsonl             every event on stdout, one JSON object a line\n";

static source *open_source(const configured_source *c, char *message, size_t message_size) {
    if (c->device) return device_open(c->customer, c->agent, live_tell_device, "serve", message, message_size);
    bool bad_usage;
    source *s = recording_open(c->file, &(recording_options){c->channels, c->raw}, message, message_size, &bad_usage);
    return s ? pace_new(s, false, message, message_size) : NULL;
}

/* All of the configuration's, before anything else is begun. */
static bool open_sources(source *sources[], const configuration *c) {
    char message[512];
    for (int i = 0; i < c->n_sources; i++) {
        sources[i] = open_source(&c->sources[i], message, sizeof message);
        if (sources[i]) continue;
        fprintf(stderr, "undertone serve: %s\n", message);
        return false;
    }
    return true;
}

/* Leaves null where a source was taken over. */
static bool add_sources(live *l, source *sources[], const configuration *c) {
    for (int i = 0; i < c->n_sources; i++) {
        const configured_source *one = &c->sources[i];
        source *s = sources[i];
        sources[i] = NULL;
        live_call call = {.consent = one->consent,
                          .consent_method = one->consent_own ? "configuration, source" : "configuration, default",
                          .playbook = one->playbook,
                          .customer = one->reference,
                          .queue = one->queue,
                          .agent = one->agent_id,
                          .team = one->team,
                          .record = one->record};
        if (!live_add(l, s, &call)) return false;
    }
    return true;
}

static int serve_calls(live_options *options, const configuration *c) {
    source *sources[CONFIGURATION_SOURCES] = {0};
    const char *playbooks[CONFIGURATION_SOURCES];
    live l = {0};
    options->playbooks = playbooks;
    options->sources = c->sources;
    options->n_sources = c->n_sources;
    for (int i = 0; i < c->n_sources; i++)
        if (c->sources[i].playbook) playbooks[options->n_playbooks++] = c->sources[i].playbook;
    bool good = open_sources(sources, c) && live_open(&l, options) && add_sources(&l, sources, c);
    if (good) live_wait(&l, true);
    int status = live_close(&l);
    for (int i = 0; i < c->n_sources; i++) source_close(sources[i]);
    return good ? status : EXIT_FAILED;
}

/* What the command line says goes before what the file says. */
static void merge(live_options *options, const live_options *given, const configuration *c) {
    *options = *given;
    if (!given->listen) options->listen = c->listen ? c->listen : live_defaults("serve").listen;
    if (!given->data) options->data = c->data;
    if (!given->web) options->web = c->web;
    if (!given->model) options->model = c->model;
    if (!given->playbook) options->playbook = c->playbook;
    options->consent = c->consent;
    options->record = given->record || c->record;
    options->format = c->format;
    options->listening = c->listening;
    options->keep = c->keep;
}

int command_serve(int argc, char **argv) {
    enum { CONFIG = 1 };
    live_options given = live_defaults("serve"), merged;
    given.listen = NULL;
    given.form = PRINT_NOTHING; /* what is said in many calls at once is for the pages, not for a log */
    const char *path = NULL;
    const struct option options[] = {
        {"config", required_argument, NULL, CONFIG}, {"help", no_argument, NULL, 'h'}, LIVE_OPTIONS(&given), {0}};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == CONFIG) path = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else if (option == LIVE_CONSENT) {
            fputs("undertone serve: consent is the configuration's: consent: { default = \"given\"; };\n", stderr);
            return EXIT_USAGE;
        } else if (option != 0 && !live_option(&given, option, optarg)) return EXIT_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "undertone serve: %s is not an option\n", argv[optind]);
        return EXIT_USAGE;
    }
    static configuration c; /* too large for the stack of a small thread; the command runs once */
    char message[512];
    int status = EXIT_USAGE;
    if (configuration_read(&c, path, message, sizeof message)) {
        merge(&merged, &given, &c);
        merged.config = path;
        status = serve_calls(&merged, &c);
    } else {
        fprintf(stderr, "undertone serve: %s\n", message);
    }
    configuration_free(&c);
    return status;
}
