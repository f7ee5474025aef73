/* audit.c - undertone audit: who did what with calls, and whether the record of it is whole. */
#include "store/audit.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/data.h"
#include "commands/words.h"

static const char usage[] =
    "usage: undertone audit [OPTION...]\n"
    "       undertone audit verify [--head HASH] [--data DIR]\n\n"
    "Lists who replayed, exported, deleted or changed what, when and from where, the newest first; or\n"
    "checks that nothing in that list was changed or taken out. Who can write the file can write a new\n"
    "list: so keep the head that verify prints where they cannot reach, and give it the next time.\n\n"
    "  --action WORD  only these: replay, export, delete, consent ...\n"
    "  --limit N      so many at most (default 50)\n"
    "  --jsonl        one JSON object an entry\n"
    "  --head HASH    an earlier head, which must still be in the list\n"
    "  --data DIR     the data folder (default ~/.local/share/undertone)\n";

typedef struct options {
    const char *action, *head, *data;
    long limit;
    bool jsonl;
} options;

static bool complain_of_database(const struct database *d) {
    char message[512];
    database_explain(d, message, sizeof message);
    fprintf(stderr, "undertone audit: %s\n", message);
    return false;
}

/* ---- the list ---- */

static void print_text(const json_t *entry, const char *key, int width) {
    const char *text = json_string_value(json_object_get(entry, key));
    size_t n = text ? strlen(text) : 0;
    words_print(stdout, text ? text : "", n);
    printf("%*s", (int)n < width ? width - (int)n + 1 : 1, "");
}

/* Without the hash, which nobody reads. */
static void print_entry(const json_t *entry) {
    char *about = json_dumps(json_object_get(entry, "about"), JSON_COMPACT | JSON_ENCODE_ANY);
    printf("%6lld  ", (long long)json_integer_value(json_object_get(entry, "number")));
    print_text(entry, "at", 24);
    print_text(entry, "who", 12);
    print_text(entry, "origin", 14);
    print_text(entry, "action", 10);
    if (about) words_print(stdout, about, strlen(about));
    putchar('\n');
    free(about);
}

static void print_json(const json_t *entry) {
    json_dumpf(entry, stdout, JSON_COMPACT);
    putchar('\n');
}

static bool list(struct database *d, const options *o) {
    json_t *entries = audit_list(d, o->action, o->limit), *entry;
    size_t i;
    if (!entries) return complain_of_database(d);
    if (!o->jsonl) printf("%6s  %-24s %-12s %-14s %-10s %s\n", "number", "at", "who", "from", "action", "about");
    json_array_foreach(entries, i, entry) {
        if (o->jsonl) print_json(entry);
        else print_entry(entry);
    }
    json_decref(entries);
    return true;
}

/* ---- verify ---- */

static bool verify(struct database *d, const options *o) {
    audit_verdict v;
    if (!audit_verify(d, o->head, &v)) return complain_of_database(d);
    printf("entries  %ld\nfirst    %s\nhead     %s\n", v.entries, *v.first_at ? v.first_at : "none", v.head);
    if (v.broken) fprintf(stderr, "undertone audit: the chain breaks at entry %ld: %s\n", v.broken, v.why);
    else if (o->head && !v.head_known)
        fputs("undertone audit: the chain holds, but is not the one with that head: entries were taken out at its "
              "end, or it was written anew\n",
              stderr);
    return !v.broken && (!o->head || v.head_known);
}

/* ---- command line ---- */

static bool is_hash(const char *text) { return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64; }

static int run(const options *o, bool verifies) {
    struct database *d = data_open("undertone audit", o->data, DATABASE_READER);
    bool good = d && (verifies ? verify(d, o) : list(d, o));
    database_close(d);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "undertone audit: standard output: %s\n", strerror(errno));
        good = false;
    }
    return good ? EXIT_FINE : EXIT_FAILED;
}

static int misused(const char *why) {
    fprintf(stderr, "undertone audit: %s\n", why);
    return EXIT_USAGE;
}

int command_audit(int argc, char **argv) {
    enum { ACTION = 1, LIMIT, JSONL, HEAD, DATA };
    static const struct option known[] = {{"action", required_argument, NULL, ACTION},
                                          {"limit", required_argument, NULL, LIMIT},
                                          {"jsonl", no_argument, NULL, JSONL},
                                          {"head", required_argument, NULL, HEAD},
                                          {"data", required_argument, NULL, DATA},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    options o = {.limit = 50};
    char *end = "";
    for (int option; (option = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        if (option == ACTION) o.action = optarg;
        else if (option == LIMIT) o.limit = strtol(optarg, &end, 10);
        else if (option == JSONL) o.jsonl = true;
        else if (option == HEAD) o.head = optarg;
        else if (option == DATA) o.data = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else return EXIT_USAGE;
    }
    bool verifies = optind < argc && !strcmp(argv[optind], "verify");
    if (argc - optind > verifies) return misused("takes no arguments but verify");
    if (*end || o.limit < 1) return misused("--limit is a whole number of 1 or more");
    if (o.head && !verifies) return misused("--head is for verify");
    if (o.head && !is_hash(o.head)) return misused("--head is a hash of 64 hexadecimal digits, as verify prints it");
    if (verifies && (o.action || o.jsonl)) return misused("verify looks at all of it");
    return run(&o, verifies);
}
