/* backup.c - undertone backup: the data folder copied while it is in use. */
#include "store/backup.h"

#include <getopt.h>
#include <stdio.h>

#include "commands/actor.h"
#include "commands/commands.h"
#include "commands/data.h"

static const char usage[] =
    "usage: undertone backup FOLDER [OPTION...]\n\n"
    "Copies the calls and recordings that are kept into a new folder, while the server runs. The folder\n"
    "is remembered: what is deleted later is deleted there as well, so leave it under that name where the\n"
    "server can reach it, or delete it once you no longer need it.\n\n"
    "  --data DIR  the data folder (default ~/.local/share/undertone)\n";

static void tell(json_t *counts, const char *folder) {
    long missing = (long)json_integer_value(json_object_get(counts, "missing"));
    printf("%s: %lld calls, %lld recordings (%.1f MB)\n", folder,
           (long long)json_integer_value(json_object_get(counts, "calls")),
           (long long)json_integer_value(json_object_get(counts, "recordings")),
           (double)json_integer_value(json_object_get(counts, "audio_bytes")) / 1e6);
    if (missing) fprintf(stderr, "undertone backup: %ld recordings were not there to be copied\n", missing);
}

static int run(const char *folder, const char *data) {
    char who[ACTOR_SIZE], why[1024];
    struct database *d = data_open("undertone backup", data, DATABASE_GUEST);
    json_t *counts = json_object();
    actor by = actor_of_command_line(who);
    bool good = d && backup_make(d, folder, &by, counts, why, sizeof why);
    if (good) tell(counts, folder);
    else if (d) fprintf(stderr, "undertone backup: %s\n", why);
    json_decref(counts);
    database_close(d);
    return good ? EXIT_FINE : EXIT_FAILED;
}

int command_backup(int argc, char **argv) {
    enum { DATA = 1 };
    static const struct option options[] = {
        {"data", required_argument, NULL, DATA}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *data = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == DATA) data = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else return EXIT_USAGE;
    }
    if (argc - optind != 1) {
        fputs("undertone backup: takes one folder, which is made\n", stderr);
        return EXIT_USAGE;
    }
    return run(argv[optind], data);
}
