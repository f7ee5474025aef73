/* What the program says to a person who got something wrong: the right exit code, one sentence that names the file or
 * option and why, and nothing left behind. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"
#include "sound.h"
#include "undertone.h"

enum { FAILED = 1, USAGE = 2, ARGUMENTS = 10 };

/* A command line that must fail. "@name" stands for a file of make_files, "DATA" for a folder that must not appear. */
typedef struct mistake {
    int status;
    const char *names; /* what the sentence must name */
    const char *why;   /* what it must say of it, or "" */
    const char *arguments[ARGUMENTS];
} mistake;

#define STORED "--store", "--data", "DATA"
#define LIVE   "--listen", "127.0.0.1:0", "--data", "DATA"

static const mistake mistakes[] = {
    /* The command itself. */
    {USAGE, "frobnicate", "not a command", {"frobnicate"}},
    {USAGE, "undertone analyze", "--bogus", {"analyze", "--bogus", "@call.wav"}},
    {USAGE, "undertone play", "--bogus", {"play", "--bogus", "@call.wav"}},
    {USAGE, "undertone listen", "--bogus", {"listen", "--bogus"}},
    {USAGE, "undertone serve", "--bogus", {"serve", "--bogus"}},
    {USAGE, "undertone features", "--bogus", {"features", "--bogus"}},
    {USAGE, "undertone model", "--bogus", {"model", "--bogus"}},
    {USAGE, "undertone playbook", "--bogus", {"playbook", "--bogus"}},
    {USAGE, "undertone devices", "--bogus", {"devices", "--bogus"}},
    {USAGE, "undertone demo", "--bogus", {"demo", "--bogus"}},
    {USAGE, "--channels", "requires an argument", {"analyze", "@call.wav", "--channels"}},
    {USAGE, "more", "", {"devices", "more"}},
    {USAGE, "more", "--model", {"model", "more"}},
    {USAGE, "more", "one file", {"playbook", "@cue.cfg", "more"}},
    {USAGE, "--language", "en, de, fr, es, it or pt, not nl", {"playbook", "--language", "nl"}},
    {USAGE, "more", "", {"serve", "more"}},
    {USAGE, "more", "", {"demo", "more"}},
    /* Values. */
    {USAGE, "--consent", "maybe", {"analyze", "@call.wav", "--consent", "maybe", STORED}},
    {USAGE, "--consent", "maybe", {"play", "@call.wav", "--consent", "maybe", LIVE}},
    {USAGE, "--consent", "withdrawn", {"analyze", "@call.wav", "--consent", "withdrawn", STORED}},
    {USAGE, "consent", "configuration", {"serve", "--consent", "given", LIVE}},
    {USAGE, "--jobs", "0", {"analyze", "@call.wav", "--jobs", "0", STORED}},
    {USAGE, "--jobs", "two", {"analyze", "@call.wav", "--jobs", "two", STORED}},
    {USAGE, "--jobs", "99999999999999999999", {"features", "@call.wav", "--jobs", "99999999999999999999"}},
    {USAGE, "--level", "lld, functionals or scores, not loud", {"features", "@call.wav", "--level", "loud"}},
    {USAGE, "--window", "0.5", {"features", "@call.wav", "--level", "functionals", "--window", "0.5"}},
    {USAGE, "--window", "11", {"features", "@call.wav", "--level", "functionals", "--window", "11"}},
    {USAGE, "--window", "4s", {"features", "@call.wav", "--level", "functionals", "--window", "4s"}},
    {USAGE, "--window", "nan", {"features", "@call.wav", "--level", "functionals", "--window", "nan"}},
    {USAGE, "--window", "from 1 to 10", {"features", "@call.wav", "--level", "functionals", "--window", ""}},
    {USAGE, "--window", "--level functionals", {"features", "@call.wav", "--window", "4"}},
    {USAGE, "--window", "--level functionals", {"features", "@call.wav", "--level", "scores", "--window", "4"}},
    {USAGE, "--model", "--level scores", {"features", "@call.wav", "--model", "@version.utm"}},
    {USAGE,
     "--model",
     "--level scores",
     {"features", "@call.wav", "--level", "functionals", "--model", "@version.utm"}},
    {USAGE, "--consent", "maybe", {"features", "@call.wav", "--consent", "maybe"}},
    {USAGE, "call.wav", "not \"pcm\"", {"analyze", "@call.wav", "--raw", "pcm"}},
    {USAGE, "--channels", "agent,agent", {"analyze", "@call.wav", "--channels", "agent,agent"}},
    {USAGE, "call.wav", "--channels customer", {"analyze", "@call.wav", "--channels", "customer"}},
    {USAGE, "three.wav", "--channels", {"analyze", "@three.wav"}},
    {USAGE, "three.wav", "--channels", {"play", "@three.wav", LIVE}},
    {USAGE, "--listen", "not nonsense", {"play", "@call.wav", "--listen", "nonsense", "--data", "DATA"}},
    {USAGE, "--listen", "not 127.0.0.1:99999", {"serve", "--listen", "127.0.0.1:99999", "--data", "DATA"}},
    {USAGE, "--listen", "not 7070", {"listen", "--customer", "x", "--listen", "7070", "--data", "DATA"}},
    {USAGE, "listen.cfg:2", "ADDR:PORT", {"serve", "--config", "@listen.cfg", "--data", "DATA"}},
    {FAILED, "PORT", "in use", {"play", "@call.wav", "--listen", "PORT", "--data", "DATA"}},
    {FAILED, "PORT", "in use", {"serve", "--listen", "PORT", "--data", "DATA"}},
    {FAILED, "203.0.113.9:0", "", {"play", "@call.wav", "--listen", "203.0.113.9:0", "--data", "DATA"}},
    /* Recordings. */
    {FAILED, "no-such.wav", "No such file", {"analyze", "@no-such.wav"}},
    {FAILED, "no-such.wav", "No such file", {"play", "@no-such.wav", LIVE}},
    {FAILED, "no-such.wav", "No such file", {"features", "@no-such.wav"}},
    {FAILED, "empty.wav", "is empty", {"analyze", "@empty.wav"}},
    {FAILED, "folder", "directory", {"analyze", "@folder"}},
    {FAILED, "text.wav", "cannot be read as sound", {"analyze", "@text.wav"}},
    {FAILED, "text.wav", "cannot be read as sound", {"play", "@text.wav", LIVE}},
    {FAILED, "silent.wav", "holds no sound", {"analyze", "@silent.wav"}},
    {FAILED, "cut.wav", "ends early", {"analyze", "@cut.wav"}},
    {FAILED, "cut.wav", "ends early", {"features", "@cut.wav"}},
    /* Models and playbooks. */
    {FAILED, "no-such.utm", "cannot be read", {"analyze", "@call.wav", "--model", "@no-such.utm", STORED}},
    {FAILED, "call.wav", "not an Undertone model", {"analyze", "@call.wav", "--model", "@call.wav", STORED}},
    {FAILED, "version.utm", "version", {"analyze", "@call.wav", "--model", "@version.utm", STORED}},
    {FAILED, "damaged.utm", "damaged", {"play", "@call.wav", "--model", "@damaged.utm", LIVE}},
    {FAILED, "version.utm", "version", {"features", "@call.wav", "--level", "scores", "--model", "@version.utm"}},
    {FAILED, "no-such.utm", "cannot be read", {"model", "--model", "@no-such.utm"}},
    {FAILED, "call.wav", "not an Undertone model", {"model", "--model", "@call.wav"}},
    {FAILED, "damaged.utm", "damaged", {"model", "--model", "@damaged.utm"}},
    {FAILED, "short.utm", "truncated", {"analyze", "@call.wav", "--model", "@short.utm", STORED}},
    {FAILED, "no-such.cfg", "No such file", {"analyze", "@call.wav", "--playbook", "@no-such.cfg", STORED}},
    {FAILED, "folder", "directory", {"analyze", "@call.wav", "--playbook", "@folder", STORED}},
    {FAILED, "syntax.cfg", "3", {"analyze", "@call.wav", "--playbook", "@syntax.cfg", STORED}},
    {FAILED, "cue.cfg", "2", {"play", "@call.wav", "--playbook", "@cue.cfg", LIVE}},
    {FAILED, "no-such.cfg", "No such file", {"playbook", "@no-such.cfg"}},
    {FAILED, "cue.cfg", "line 2: anger is not a cue", {"playbook", "@cue.cfg"}},
    {FAILED, "cue.cfg", "line 2: anger is not a cue", {"serve", "--config", "@team.cfg", LIVE}},
    /* The server's configuration. */
    {USAGE, "no-such.cfg", "No such file", {"serve", "--config", "@no-such.cfg", LIVE}},
    {USAGE, "folder", "directory", {"serve", "--config", "@folder", LIVE}},
    {USAGE, "syntax.cfg:3", "syntax error", {"serve", "--config", "@syntax.cfg", LIVE}},
    {USAGE, "field.cfg:2", "lisen", {"serve", "--config", "@field.cfg", LIVE}},
    {USAGE, "consent.cfg:1", "given, refused or unknown", {"serve", "--config", "@consent.cfg", LIVE}},
    {USAGE, "source.cfg:3", "file", {"serve", "--config", "@source.cfg", LIVE}},
    {USAGE, "kind.cfg:3", "device or recording", {"serve", "--config", "@kind.cfg", LIVE}},
    {FAILED, "no-such.wav", "No such file", {"serve", "--config", "@missing.cfg", LIVE}},
    /* Devices and places to write to. */
    {FAILED, "no such device", "undertone devices", {"listen", "--customer", "no such device", LIVE}},
    {FAILED, "/proc/no/call.wav", "", {"demo", "--make", "/proc/no/call.wav"}},
    {FAILED, "/proc/no", "", {"analyze", "@call.wav", "--store", "--data", "/proc/no/data"}},
    {FAILED, "no-such-pages", "", {"play", "@call.wav", "--web", "@no-such-pages", LIVE}},
};

/* ---- files ---- */

static void write_text(const char *name, const char *text) { write_file(scratch_path("%s", name), text, strlen(text)); }

/* A copy of a file, its first n bytes (0: all), with four bytes at `at` flipped (0: none). */
static void copy(const char *from, const char *name, size_t n, size_t at) {
    size_t size;
    char *bytes = read_file(from, &size);
    assert_non_null(bytes);
    for (size_t i = at; at && i < at + 4; i++) bytes[i] ^= 0x55;
    write_file(scratch_path("%s", name), bytes, n ? n : size);
    free(bytes);
}

static void make_files(void) {
    char team[1200];
    sound_cut(sound_demo(), scratch_path("call.wav"), 0, 3, -1);
    sound_tone(scratch_path("three.wav"), 8000, 3, 1);
    sound_tone(scratch_path("silent.wav"), 8000, 2, 0);
    write_text("empty.wav", "");
    write_text("text.wav", "This is a letter, not a recording.\n");
    copy(scratch_path("call.wav"), "cut.wav", 100000, 0);
    mkdir(scratch_path("folder"), 0700);
    copy("models/base.utm", "version.utm", 0, 8);
    copy("models/base.utm", "damaged.utm", 0, 5000);
    copy("models/base.utm", "short.utm", 5000, 0);
    write_text("syntax.cfg", "listen = \"127.0.0.1:0\";\n\ndata = = 3;\n");
    write_text("cue.cfg", "cues: {\n  anger: { on = true; };\n};\n");
    write_text("listen.cfg", "data = \"/tmp\";\nlisten = \"7070\";\n");
    write_text("field.cfg", "data = \"/tmp\";\nlisen = \"127.0.0.1:0\";\n");
    write_text("consent.cfg", "consent: { default = \"perhaps\"; };\n");
    write_text("source.cfg", "sources: (\n\n  { kind = \"recording\"; }\n);\n");
    write_text("kind.cfg", "sources: (\n\n  { kind = \"phone\"; }\n);\n");
    write_file(scratch_path("team.cfg"), team,
               (size_t)snprintf(team, sizeof team, "sources: ( { file = \"%s\"; playbook = \"%s\"; } );\n",
                                scratch_path("call.wav"), scratch_path("cue.cfg")));
    write_text("missing.cfg", "sources: ( { kind = \"recording\"; file = \"/tmp/no-such.wav\"; } );\n");
}

/* ---- one mistake ---- */

static char taken_port[32]; /* "127.0.0.1:PORT", somebody else's */

static const char *argument_of(const char *text) {
    if (*text == '@') return scratch_path("%s", text + 1);
    if (!strcmp(text, "DATA")) return scratch_path("data");
    return strcmp(text, "PORT") ? text : taken_port;
}

/* One line, not a usage text, no code of ours and nothing twice. */
static bool is_sentence(const char *err) {
    size_t n = strcspn(err, "\n");
    return n > 20 && n < 300 && err[n] == '\n' && !err[n + 1] && !strncmp(err, "undertone", 9);
}

static bool check(const mistake *m) {
    const char *arguments[ARGUMENTS + 1] = {0};
    program p;
    for (int i = 0; i < ARGUMENTS && m->arguments[i]; i++) arguments[i] = argument_of(m->arguments[i]);
    program_run(&p, arguments);
    const char *names = strcmp(m->names, "PORT") ? m->names : taken_port;
    bool left = !access(scratch_path("data"), F_OK) || !access(scratch_path(".local"), F_OK);
    bool good = p.status == m->status && is_sentence(p.err) && strstr(p.err, names) && strstr(p.err, m->why) && !left;
    if (!good) {
        print_error("undertone");
        for (int i = 0; arguments[i]; i++) print_error(" %s", arguments[i]);
        print_error("\n  status %d, not %d%s; must name \"%s\" and \"%s\":\n%s", p.status, m->status,
                    left ? "; left a data folder behind" : "", names, m->why, p.err);
    }
    program_end(&p);
    if (left) rename(scratch_path("data"), scratch_path("data-of-%d", (int)(m - mistakes)));
    return good;
}

/* A machine with one sound device that hears nothing, whatever this one has. */
static void hide_devices(void) {
    write_text("asound.conf", "pcm.silence { type null hint { show on description 'nothing' } }\n"
                              "pcm.!default { type null }\n");
    setenv("ALSA_CONFIG_PATH", scratch_path("asound.conf"), 1);
    setenv("JACK_NO_START_SERVER", "1", 1);
}

static void test_mistakes(void **state) {
    (void)state;
    int wrong = 0;
    hide_devices();
    make_files();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(taken_port, sizeof taken_port, "127.0.0.1:%d", ntohs(address.sin_port));
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) wrong += !check(&mistakes[i]);
    close(fd);
    assert_int_equal(wrong, 0);
}

/* A command without what it needs shows how it is used. */
static void test_nothing_given(void **state) {
    (void)state;
    static const char *const commands[] = {"analyze", "play", "listen", "features"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        program p;
        assert_int_equal(RUN(&p, commands[i]), USAGE);
        assert_int_equal(strncmp(p.err, "usage: undertone ", 17), 0);
        assert_string_equal(p.out, "");
        program_end(&p);
    }
    program p;
    assert_int_equal(program_run(&p, (const char *const[]){NULL}), USAGE);
    assert_non_null(strstr(p.err, "undertone COMMAND --help"));
    program_end(&p);
}

/* ---- help ---- */

typedef struct promise {
    const char *command, *options[16];
} promise;

#define LIVE_OPTIONS "--listen", "--data", "--jsonl", "--model", "--playbook", "--web"

static const promise promises[] = {
    {"demo", {"--exit", "--speaker", "--make", "--consent", LIVE_OPTIONS}},
    {"listen", {"--customer", "--agent", "--consent", LIVE_OPTIONS}},
    {"play", {"--channels", "--raw", "--speaker", "--stay", "--consent", LIVE_OPTIONS}},
    {"analyze",
     {"--channels", "--raw", "--jsonl", "--csv", "--summary", "--consent", "--store", "--data", "--jobs", "--model",
      "--playbook"}},
    {"features",
     {"--level", "--window", "--model", "--channels", "--raw", "--csv", "--consent", "--jobs", "acted emotions"}},
    {"model", {"--model", "--help"}},
    {"playbook", {"--language", "--help"}},
    {"devices", {"--help"}},
    {"serve", {"--config", LIVE_OPTIONS}},
};

/* No line too wide for a terminal. */
static void check_width(const char *text) {
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        if (n > 100) fail_msg("%zu columns: %.*s", n, (int)n, text);
    }
}

static void test_help(void **state) {
    (void)state;
    program all;
    assert_int_equal(RUN(&all, "--help"), 0);
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++) {
        program p;
        const promise *promise = &promises[i];
        assert_int_equal(RUN(&p, promise->command, "--help"), 0);
        assert_string_equal(p.err, "");
        assert_int_equal(strncmp(p.out, "usage: undertone ", 17), 0);
        for (int o = 0; promise->options[o]; o++)
            if (!strstr(p.out, promise->options[o]))
                fail_msg("undertone %s --help does not name %s", promise->command, promise->options[o]);
        check_width(p.out);
        assert_non_null(strstr(all.out, promise->command));
        program_end(&p);
    }
    program_end(&all);
}

static void test_version(void **state) {
    (void)state;
    program p;
    assert_int_equal(RUN(&p, "--version"), 0);
    assert_string_equal(p.out, "undertone " UT_VERSION "\n");
    program_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_nothing_given),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
