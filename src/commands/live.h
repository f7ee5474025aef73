/* live.h - what serve, listen, play and demo share: the engine, the hub with its outlets, and waiting. */
#ifndef COMMANDS_LIVE_H
#define COMMANDS_LIVE_H

#include "capture/device.h"
#include "commands/configuration.h"
#include "commands/data.h"
#include "commands/engine.h"
#include "commands/print.h"
#include "hub.h"

typedef struct live_options {
    const char *command;                       /* for messages */
    const char *listen;                        /* ADDR:PORT */
    const char *web, *data, *model, *playbook; /* null for the defaults */
    const char *const *playbooks;              /* [n_playbooks], others that calls may name */
    int n_playbooks;
    const char *config;               /* the file all this is from, null: the command line */
    const configured_source *sources; /* [n_sources], that it names */
    int n_sources;
    ut_consent consent; /* of calls that say nothing else */
    int form;           /* print_form */
    int record;         /* keep the sound of calls */
    bool listening;     /* pages may hear them while they last */
    tape_format format;
    retention keep;
} live_options;

/* What play, listen and demo start from: 127.0.0.1:7070, consent given (who runs it vouches), cues in words. */
live_options live_defaults(const char *command);

/* The options all of them take, for getopt_long's table, and what to do with one: false for one that is not of these
 * or whose value is wrong, after saying so. Above every character, such as -h. */
enum { LIVE_LISTEN = 256, LIVE_WEB, LIVE_DATA, LIVE_MODEL, LIVE_PLAYBOOK, LIVE_CONSENT };
#define LIVE_OPTIONS(live)                                                                                             \
    {"listen", required_argument, NULL, LIVE_LISTEN}, {"web", required_argument, NULL, LIVE_WEB},                      \
        {"data", required_argument, NULL, LIVE_DATA}, {"model", required_argument, NULL, LIVE_MODEL},                  \
        {"playbook", required_argument, NULL, LIVE_PLAYBOOK}, {"consent", required_argument, NULL, LIVE_CONSENT},      \
        {"jsonl", no_argument, &(live)->form, PRINT_JSONL}, {                                                          \
        "record", no_argument, &(live)->record, 1                                                                      \
    }
#define LIVE_USAGE                                                                                                     \
    "  --listen ADDR:PORT  where the pages are (default 127.0.0.1:7070; port 0: a free one)\n"                         \
    "  --data DIR          where calls are kept (default ~/.local/share/undertone)\n"                                  \
    "  --record            keep the call's sound as well, as FLAC\n"                                                   \
    "  --jsonl             every event on stdout, one JSON object a line\n"                                            \
    "  --consent STATE     given (the default: who runs this vouches), refused or unknown\n"                           \
    "  --model FILE        another model\n"                                                                            \
    "  --playbook FILE     another playbook, read again when it changes\n"                                             \
    "  --web DIR           pages from a folder instead of the program's own\n"
bool live_option(live_options *options, int option, const char *value);

typedef struct live {
    live_options options;
    engine engine;
    printer printer;
    char folder[DATA_PATH];
    const char *import_command[8]; /* what listens to recordings that are sent to us */
    hub *hub;
    unsigned naps;
    bool settled;       /* the audit says what calls are heard by */
    atomic_bool failed; /* a source broke */
} live;

/* Opens engine and hub and says where the overlay is. False after saying on stderr what is wrong; live_close in either
 * case. */
bool live_open(live *l, const live_options *options);

/* For device_open: says on stderr what became of a device. user is the command's name. Any thread. */
device_tell live_tell_device;

/* What is said of one call, by who adds it. Null texts: not known; playbook null: the one of the options. */
typedef struct live_call {
    ut_consent consent;
    const char *consent_method;
    const char *playbook, *customer, *queue, *agent, *team;
    hub_record record;
} live_call;

/* Takes over s and follows it. False after saying why not. */
bool live_add(live *l, source *s, const live_call *call);

/* Sleeps for 50 ms, less when interrupted, and looks after the playbooks. False once Ctrl-C came. */
bool live_nap(live *l);

/* Waits for Ctrl-C, or unless stay is set until no call is in progress. */
void live_wait(live *l, bool stay);

/* Returns the exit code. */
int live_close(live *l);

/* All of it for one source, which may be null when it could not be opened (message says why). */
int live_run(const live_options *options, source *s, bool stay, const char *message, bool bad_usage);

/* Where people's words go: stdout, or stderr when stdout carries JSON. */
FILE *live_words(const live_options *options);

#endif
