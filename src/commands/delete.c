/* delete.c - undertone delete: calls for good, here and in every backup, with a receipt. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands/actor.h"
#include "commands/ask.h"
#include "commands/commands.h"
#include "commands/data.h"
#include "store/erase.h"

static const char usage[] =
    "usage: undertone delete (ID... | --customer NAME) [OPTION...]\n\n"
    "Deletes calls for good: what was read, said of them and recorded, here and in every backup that\n"
    "undertone made. Prints a receipt, as JSON, for each request; it names no customer. A call in\n"
    "progress or on legal hold stays. What cannot be deleted just now, in a backup that is not there,\n"
    "say, is deleted by the server once it can be; the command then exits with 1.\n\n"
    "  --customer NAME  every call under your reference\n"
    "  --yes            without being asked\n"
    "  --data DIR       the data folder (default ~/.local/share/undertone)\n";

enum { PATIENCE_MS = 5000 };

static long number(const json_t *object, const char *key) {
    return (long)json_integer_value(json_object_get(object, key));
}

static void tell_backups(json_t *backups) {
    size_t i, n = 0, reached = 0;
    json_t *backup;
    json_array_foreach(backups, i, backup) {
        n += !json_is_true(json_object_get(backup, "gone"));
        reached += json_is_true(json_object_get(backup, "reached"));
    }
    if (n) fprintf(stderr, ", also in %zu of %zu backup%s", reached, n, n == 1 ? "" : "s");
}

/* For a person; the receipt on stdout says all of it. */
static void tell(json_t *receipt) {
    json_t *deleted = json_object_get(receipt, "deleted"), *kept = json_object_get(receipt, "kept"), *call;
    long calls = (long)json_array_size(json_object_get(receipt, "calls"));
    size_t i;
    fprintf(stderr, "Deleted %ld call%s (%ld readings, %ld cues, %.1f MB of sound)", calls, calls == 1 ? "" : "s",
            number(deleted, "readings"), number(deleted, "cues"), (double)number(deleted, "audio_bytes") / 1e6);
    tell_backups(json_object_get(receipt, "backups"));
    fputs(json_is_true(json_object_get(receipt, "complete")) ? ".\n" : "; the server deletes the rest later.\n",
          stderr);
    json_array_foreach(kept, i, call) {
        fprintf(stderr, "Kept %s: %s.\n", json_string_value(json_object_get(call, "call")),
                json_string_value(json_object_get(call, "why")));
    }
}

/* Whether all of it is gone. */
static bool delete (struct database *d, const erase_request *request) {
    char why[1024];
    json_t *receipt = erase(d, request, why, sizeof why);
    if (!receipt) {
        fprintf(stderr, "undertone delete: %s\n", why);
        return false;
    }
    json_dumpf(receipt, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    tell(receipt);
    bool all = json_is_true(json_object_get(receipt, "complete")) && !json_array_size(json_object_get(receipt, "kept"));
    json_decref(receipt);
    return all;
}

static bool ask_for(struct database *d, const char *customer, int n) {
    char question[128];
    json_t *found = customer ? erase_find(d, &(erase_request){.customer = customer}) : NULL;
    if (customer) n = (int)json_array_size(found);
    json_decref(found);
    snprintf(question, sizeof question, "Delete %d call%s for good, here and in every backup?", n, n == 1 ? "" : "s");
    return ask("undertone delete", question);
}

static int run(const char *folder, const char *customer, char **ids, int n, bool sure) {
    char who[ACTOR_SIZE];
    erase_request request = {.customer = customer, .by = actor_of_command_line(who), .patience_ms = PATIENCE_MS};
    data d;
    bool good =
        data_open_to_change(&d, "undertone delete", folder, false) && (sure || ask_for(d.database, customer, n));
    if (good && customer) good = delete (d.database, &request);
    for (int i = 0, meant = good; meant && i < n; i++) {
        request.call = ids[i];
        if (!delete (d.database, &request)) good = false;
    }
    if (d.database && database_has_aside(database_dir(d.database)))
        fprintf(stderr, "Not looked at: %s/undertone.db.corrupt-*, a damaged database that was set aside.\n",
                database_dir(d.database));
    data_close(&d);
    return good ? EXIT_FINE : EXIT_FAILED;
}

int command_delete(int argc, char **argv) {
    enum { CUSTOMER = 1, DATA, YES };
    static const struct option options[] = {{"customer", required_argument, NULL, CUSTOMER},
                                            {"data", required_argument, NULL, DATA},
                                            {"yes", no_argument, NULL, YES},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *customer = NULL, *data = NULL;
    bool sure = false;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == CUSTOMER) customer = optarg;
        else if (option == DATA) data = optarg;
        else if (option == YES) sure = true;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else return EXIT_USAGE;
    }
    if ((optind < argc) == (customer != NULL) || (customer && !*customer)) {
        fputs("undertone delete: say which: ids of calls, or --customer and a reference\n", stderr);
        return EXIT_USAGE;
    }
    return run(data, customer, argv + optind, argc - optind, sure);
}
