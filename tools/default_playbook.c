/* default_playbook FILE - writes the playbook in FILE as the C table that the library has for its default, on stdout.
 *
 * So the default is the file that people copy, and a library that was given none opens no file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cues/playbook.h"

/* What FILE leaves out: nothing, as a test sees to. */
const struct ut_playbook ut_playbook_default;

static char *read_file(const char *path) {
    enum { MOST_BYTES = 1 << 20 };
    FILE *file = fopen(path, "rb");
    char *text = file ? calloc(1, MOST_BYTES) : NULL;
    size_t n = text ? fread(text, 1, MOST_BYTES - 1, file) : 0;
    if (file) fclose(file);
    return n ? text : NULL;
}

/* Octal leaves nothing to the compiler's idea of the file's encoding. */
static void write_text(const char *text) {
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        printf(*c < ' ' || *c > '~' || *c == '"' || *c == '\\' ? "\\%03o" : "%c", *c);
    fputs("\", ", stdout);
}

static void write_rule(ut_cue_kind kind, const ut_rule *rule) {
    printf("[%d] = {\n.on = %d, .priority = %u,\n", kind, rule->on, rule->priority);
    for (const ut_rule_number *n = ut_rule_numbers; n < ut_rule_numbers + UT_RULE_NUMBERS; n++)
        printf(".%s = %af, ", n->name, (double)*(const float *)((const char *)rule + n->offset));
    fputs("\n.text = {", stdout);
    for (int language = 0; language < UT_LANGUAGES; language++) write_text(rule->text[language]);
    fputs("},\n.advice = {", stdout);
    for (int language = 0; language < UT_LANGUAGES; language++) write_text(rule->advice[language]);
    fputs("},\n},\n", stdout);
}

static void write_playbook(const ut_playbook *playbook) {
    fputs("#include \"cues/playbook.h\"\n\nconst struct ut_playbook ut_playbook_default = {\n.rules = {\n", stdout);
    for (ut_cue_kind kind = 0; kind < UT_CUE_KINDS; kind++) write_rule(kind, &playbook->rules[kind]);
    printf("},\n.language = %d, .hold_out = %af, .n_quiet = %u,\n.quiet = {", playbook->language,
           (double)playbook->hold_out, playbook->n_quiet);
    for (const ut_hours *h = playbook->quiet; h < playbook->quiet + playbook->n_quiet; h++)
        printf("{%u, %d, %d}, ", h->days, h->from_min, h->to_min);
    puts(playbook->n_quiet ? "},\n};" : "{0}},\n};");
}

int main(int argc, char **argv) {
    char message[256] = "cannot be read", *text = argc == 2 ? read_file(argv[1]) : NULL;
    ut_playbook *playbook = text ? ut_playbook_parse(text, message, sizeof message, NULL) : NULL;
    if (playbook) write_playbook(playbook);
    else fprintf(stderr, "default_playbook: %s: %s\n", argc == 2 ? argv[1] : "FILE", message);
    free(text);
    ut_playbook_close(playbook);
    return !playbook || fflush(stdout);
}
