/* playbook.c - undertone playbook: checks a playbook and shows what its cues say, for who writes one. */
#include "cues/playbook.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "playbook_file.h"

static const char usage[] =
    "usage: undertone playbook [FILE] [OPTION...]\n\n"
    "Checks a playbook and shows its cues, the most important first: what each says of a call of\n"
    "which nothing is known and, where that differs, of one of which all is. Without FILE the\n"
    "default playbook.\n\n"
    "  --language CODE  en, de, fr, es, it or pt instead of the playbook's own\n"
    "  --help           this text\n";

static void print_line(const char *text, const char *instead_of) {
    if (*text && strcmp(text, instead_of)) printf("        %s\n", text);
}

static void print_cue(const ut_playbook *playbook, ut_cue_kind kind) {
    static const ut_about nothing, all = {"C-4711", "billing", 2};
    ut_cue cue = {.kind = kind}, known = {.kind = kind};
    ut_playbook_say(playbook, &nothing, &cue);
    ut_playbook_say(playbook, &all, &known);
    printf("\n%3u  %s%s\n", cue.priority, ut_cue_name(kind), playbook->rules[kind].on ? "" : " (off)");
    print_line(cue.text, "");
    print_line(known.text, cue.text);
    print_line(cue.advice, "");
    print_line(known.advice, cue.advice);
}

static void print_playbook(const ut_playbook *playbook, const char *name) {
    printf("%s: good. Speaks %s", name, ut_language_code(playbook->language));
    if (playbook->n_quiet) printf(", keeps quiet hours");
    if (playbook->hold_out > 0) printf(", holds out %g %% of calls", 100 * (double)playbook->hold_out);
    puts("");
    unsigned highest = 0;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++)
        if (playbook->rules[kind].priority > highest) highest = playbook->rules[kind].priority;
    for (unsigned priority = 0; priority <= highest; priority++)
        for (ut_cue_kind kind = 0; kind < UT_CUE_KINDS; kind++)
            if (playbook->rules[kind].priority == priority) print_cue(playbook, kind);
}

/* language: UT_LANGUAGES for the playbook's own. */
static int show(const char *path, ut_language language) {
    char message[512];
    playbook_file *file = path ? playbook_file_open(path, message, sizeof message) : NULL;
    if (path && !file) {
        fprintf(stderr, "undertone playbook: %s\n", message);
        return EXIT_FAILED;
    }
    edition *e = file ? playbook_file_take(file) : NULL;
    ut_playbook playbook = e ? *e->playbook : ut_playbook_default;
    edition_release(e);
    playbook_file_close(file);
    if (language < UT_LANGUAGES) playbook.language = language;
    print_playbook(&playbook, path ? path : "The default playbook");
    if (!fflush(stdout)) return EXIT_FINE;
    fprintf(stderr, "undertone playbook: standard output: %s\n", strerror(errno));
    return EXIT_FAILED;
}

int command_playbook(int argc, char **argv) {
    enum { LANGUAGE = 1 };
    static const struct option options[] = {
        {"language", required_argument, NULL, LANGUAGE}, {"help", no_argument, NULL, 'h'}, {0}};
    ut_language language = UT_LANGUAGES;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        if (option != LANGUAGE) return EXIT_USAGE;
        language = ut_language_of(optarg);
        if (language < UT_LANGUAGES) continue;
        fprintf(stderr, "undertone playbook: --language is en, de, fr, es, it or pt, not %s\n", optarg);
        return EXIT_USAGE;
    }
    if (argc - optind <= 1) return show(argv[optind], language);
    fprintf(stderr, "undertone playbook: takes one file, not %s as well\n", argv[optind + 1]);
    return EXIT_USAGE;
}
