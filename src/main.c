/* main.c - the command table. */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "undertone.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *line;
} commands[] = {
    {"demo", command_demo, "a made-up support call, played and listened to, with the overlay"},
    {"listen", command_listen, "a live call from sound devices, with the overlay"},
    {"play", command_play, "a recording at the speed of speech, as if live"},
    {"analyze", command_analyze, "recordings, faster than real time"},
    {"import", command_import, "a folder of recordings into the store"},
    {"features", command_features, "what a voice sounds like, as CSV"},
    {"model", command_model, "what the model hears, what it was measured at, and who must not use it"},
    {"playbook", command_playbook, "whether a playbook is good, and what its cues say"},
    {"calls", command_calls, "the calls that are kept: a list, or one of them whole"},
    {"export", command_export, "a call as JSON Lines, CSV, labels, captions, a TextGrid or sound"},
    {"delete", command_delete, "calls for good, here and in every backup, with a receipt"},
    {"backup", command_backup, "all that is kept, copied while the server runs"},
    {"restore", command_restore, "a backup put back"},
    {"audit", command_audit, "who did what with calls, and whether that record is whole"},
    {"devices", command_devices, "the sound devices there are"},
    {"serve", command_serve, "the server: sources and pages from a configuration"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out) {
    fputs("Undertone hears in a caller's voice when frustration or stress rises, and says so in time.\n\n"
          "usage: undertone COMMAND [OPTION...]\n\n",
          out);
    for (int i = 0; i < COMMANDS; i++) fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].line);
    fputs("\nundertone COMMAND --help tells the rest, undertone --version which this is.\n", out);
}

/* getopt's messages start with argv[0]. */
static int run(const struct command *command, int argc, char **argv) {
    char name[32];
    snprintf(name, sizeof name, "undertone %s", command->name);
    argv[0] = name;
    return command->run(argc, argv);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        usage(stdout);
        return EXIT_FINE;
    }
    if (!strcmp(argv[1], "--version")) return puts("undertone " UT_VERSION), EXIT_FINE;
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(argv[1], commands[i].name)) return run(&commands[i], argc - 1, argv + 1);
    fprintf(stderr, "undertone: %s is not a command (undertone --help lists them)\n", argv[1]);
    return EXIT_USAGE;
}
