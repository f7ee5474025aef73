/* undertone model, from outside: what the file tells of itself, and the card beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"

/* A copy of the model that ships, alone in the scratch folder. */
static const char *copy(const char *name) {
    size_t n;
    const char *path = scratch_path("%s", name);
    char *bytes = read_file("models/base.utm", &n);
    assert_non_null(bytes);
    write_file(path, bytes, n);
    free(bytes);
    return path;
}

/* The first line of what is told: base@0123456789ab. */
static const char *id_of(const char *path) {
    static char id[64];
    program p;
    RUN(&p, "model", "--model", path);
    snprintf(id, sizeof id, "%.*s", (int)strcspn(p.out, "\n"), p.out);
    program_end(&p);
    return id;
}

static void write_card(const char *name, const char *format, const char *id) {
    char text[256];
    int n = snprintf(text, sizeof text, format, id);
    write_file(scratch_path("%s", name), text, (size_t)n);
}

/* What the file itself tells, whatever its card. */
static void check_told(const program *p, const char *path) {
    static const char *const words[] = {
        "KiB", "features", "frustration, stress, arousal", "the customer's voice", "cold", "warm", "slope", "abstains"};
    assert_int_equal(strncmp(p->out, "base@", 5), 0);
    assert_int_equal(strcspn(p->out, "\n"), strlen("base@0123456789ab"));
    assert_non_null(strstr(p->out, path));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(p->out, words[i])) fail_msg("does not tell \"%s\":\n%s", words[i], p->out);
}

static void check_refused(const char *path, const char *why) {
    program p;
    assert_int_equal(RUN(&p, "model", "--model", path), 1);
    check_told(&p, path);
    assert_null(strstr(p.out, "THE TABLES"));
    if (!strstr(p.err, why)) fail_msg("does not say \"%s\": %s", why, p.err);
    assert_int_equal(strncmp(p.err, "undertone model: ", 17), 0);
    assert_int_equal(strcspn(p.err, "\n"), strlen(p.err) - 1);
    program_end(&p);
}

static void test_with_its_card(void **state) {
    (void)state;
    const char *path = copy("own.utm");
    write_card("own.md", "# The model %s\n\nTHE TABLES\n", id_of(path));
    program p;
    assert_int_equal(RUN(&p, "model", "--model", path), 0);
    assert_string_equal(p.err, "");
    check_told(&p, path);
    const char *card = strstr(p.out, "\n# The model base@");
    assert_non_null(card);
    assert_non_null(strstr(card, "\n\nTHE TABLES\n"));
    program_end(&p);
}

static void test_without_a_card(void **state) {
    (void)state;
    check_refused(copy("alone.utm"), "alone.md: there is no card to show (No such file");
}

/* A card tells in its first line which model it is of. */
static void test_card_of_another(void **state) {
    (void)state;
    const char *path = copy("other.utm");
    char id[64], why[256];
    snprintf(id, sizeof id, "%s", id_of(path));
    write_card("other.md", "# The model base@%s\n\nTHE TABLES\n", "000000000000");
    snprintf(why, sizeof why, "other.md: is the card of base@000000000000, not of %s", id);
    check_refused(path, why);
    write_card("other.md", "# The model %s0\n\nTHE TABLES\n", id);
    check_refused(path, "is the card of");
    write_card("other.md", "# The model\n\n%s THE TABLES\n", id);
    check_refused(path, "does not say in its first line");
    write_card("other.md", "%s", "");
    check_refused(path, "does not say in its first line");
}

/* The model that ships has the card that ships. */
static void test_the_one_that_ships(void **state) {
    (void)state;
    program p;
    assert_int_equal(RUN(&p, "model"), 0);
    check_told(&p, "base.utm");
    char *card = read_file("models/base.md", NULL);
    assert_non_null(card);
    assert_non_null(strstr(p.out, card));
    free(card);
    program_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_its_card),
        cmocka_unit_test(test_without_a_card),
        cmocka_unit_test(test_card_of_another),
        cmocka_unit_test(test_the_one_that_ships),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
