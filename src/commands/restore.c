/* restore.c - undertone restore: a backup put back. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/actor.h"
#include "commands/ask.h"
#include "commands/commands.h"
#include "commands/data.h"
#include "store/backup.h"

static const char usage[] =
    "usage: undertone restore FOLDER [OPTION...]\n\n"
    "Puts a backup in the place of what is kept, while no server runs there. What was deleted since the\n"
    "backup was made stays deleted, and consent that was withdrawn stays withdrawn; the audit of what is\n"
    "replaced is kept beside, as audit-before-restore-TIME.jsonl.\n\n"
    "  --yes       without being asked, where there are calls already\n"
    "  --data DIR  the data folder (default ~/.local/share/undertone)\n";

static void tell(json_t *counts, const char *folder) {
    long missing = (long)json_integer_value(json_object_get(counts, "missing"));
    const char *kept = json_string_value(json_object_get(counts, "set_aside"));
    printf("%s: %lld calls, %lld recordings\n", folder, (long long)json_integer_value(json_object_get(counts, "calls")),
           (long long)json_integer_value(json_object_get(counts, "recordings")));
    if (missing) fprintf(stderr, "undertone restore: %ld recordings are not in the backup\n", missing);
    if (kept)
        fprintf(stderr,
                "undertone restore: the database there was damaged and is kept as %s; what it knew to be deleted may "
                "have come back\n",
                kept);
}

static bool is_meant(const char *folder, bool sure) {
    char database[DATA_PATH + 32];
    snprintf(database, sizeof database, "%s/undertone.db", folder);
    return sure || access(database, F_OK) || ask("undertone restore", "Replace the calls that are kept there now?");
}

static int run(const char *from, const char *data, bool sure) {
    char who[ACTOR_SIZE], folder[DATA_PATH], why[DATA_PATH + 1024];
    if (!data_folder(folder, data, why, sizeof why)) {
        fprintf(stderr, "undertone restore: %s\n", why);
        return EXIT_FAILED;
    }
    if (!is_meant(folder, sure)) return EXIT_FAILED;
    json_t *counts = json_object();
    actor by = actor_of_command_line(who);
    bool good = backup_restore(from, folder, &by, counts, why, sizeof why);
    if (good) tell(counts, folder);
    else fprintf(stderr, "undertone restore: %s\n", why);
    json_decref(counts);
    return good ? EXIT_FINE : EXIT_FAILED;
}

int command_restore(int argc, char **argv) {
    enum { DATA = 1, YES };
    static const struct option options[] = {{"data", required_argument, NULL, DATA},
                                            {"yes", no_argument, NULL, YES},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *data = NULL;
    bool sure = false;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == DATA) data = optarg;
        else if (option == YES) sure = true;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else return EXIT_USAGE;
    }
    if (argc - optind != 1) {
        fputs("undertone restore: takes one folder, that of a backup\n", stderr);
        return EXIT_USAGE;
    }
    return run(argv[optind], data, sure);
}
