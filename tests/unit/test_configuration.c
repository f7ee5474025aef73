/* The server's configuration: a good one, and every way to get one wrong. */
#include "commands/configuration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* libconfig 1.5 itself forgets a text where the syntax breaks after it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libconfig"; }

static configuration c;
static char path[] = "/tmp/undertone-configuration-XXXXXX";

static int set_up(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state) {
    (void)state;
    return unlink(path);
}

static void write_file(const char *text, size_t n) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static bool read_text(const char *text, char *message, size_t size) {
    write_file(text, strlen(text));
    return configuration_read(&c, path, message, size);
}

static void everything(void **state) {
    (void)state;
    char message[300] = "";
    bool good =
        read_text("listen = \"127.0.0.1:7070\"; data = \"/d\"; web = \"/w\"; model = \"m.utm\";\n"
                  "playbook = \"team.cfg\"; consent: { default = \"refused\"; };\n"
                  "sources: ( { kind = \"device\"; customer = \"monitor\"; agent = \"headset:2\"; },\n"
                  " { kind = \"recording\"; file = \"call.flac\"; channels = \"agent,customer\"; raw = \"r\";"
                  " consent = \"given\"; },\n { file = \"b.wav\"; playbook = \"billing.cfg\"; reference = \"C-4711\";"
                  " queue = \"billing\"; } );\n",
                  message, sizeof message);
    if (!good) print_error("%s\n", message);
    assert_true(good);
    assert_string_equal(c.listen, "127.0.0.1:7070");
    assert_string_equal(c.data, "/d");
    assert_string_equal(c.web, "/w");
    assert_string_equal(c.model, "m.utm");
    assert_string_equal(c.playbook, "team.cfg");
    assert_int_equal(c.consent, UT_CONSENT_REFUSED);
    assert_int_equal(c.n_sources, 3);
    assert_true(c.sources[0].device);
    assert_string_equal(c.sources[0].customer, "monitor");
    assert_string_equal(c.sources[0].agent, "headset:2");
    assert_null(c.sources[0].file);
    assert_int_equal(c.sources[0].consent, UT_CONSENT_REFUSED);
    assert_false(c.sources[1].device);
    assert_string_equal(c.sources[1].file, "call.flac");
    assert_string_equal(c.sources[1].channels, "agent,customer");
    assert_string_equal(c.sources[1].raw, "r");
    assert_int_equal(c.sources[1].consent, UT_CONSENT_GIVEN);
    assert_string_equal(c.sources[2].file, "b.wav");
    assert_string_equal(c.sources[2].playbook, "billing.cfg");
    assert_string_equal(c.sources[2].reference, "C-4711");
    assert_string_equal(c.sources[2].queue, "billing");
    assert_null(c.sources[1].playbook);
    assert_null(c.sources[1].reference);
    assert_null(c.sources[1].queue);
    configuration_free(&c);
}

static void what_is_kept(void **state) {
    (void)state;
    char message[300] = "";
    bool good =
        read_text("recording: { on = true; format = \"opus\"; };\nlistening = true;\n"
                  "retention: { audio_days = 30; readings_days = 90.5; cues_days = 365; audit_days = 0.001; };\n"
                  "sources: ( { file = \"a\"; recording = false; agent_id = \"a-17\"; team = \"north\"; },"
                  " { file = \"b\"; recording = true; consent = \"given\"; }, { file = \"c\"; } );",
                  message, sizeof message);
    if (!good) print_error("%s\n", message);
    assert_true(good);
    assert_true(c.record && c.listening);
    assert_int_equal(c.format, TAPE_OPUS);
    assert_true(c.keep.audio_days == 30 && c.keep.readings_days == 90.5);
    assert_true(c.keep.cues_days == 365 && c.keep.audit_days == 0.001);
    assert_int_equal(c.sources[0].record, HUB_RECORD_OFF);
    assert_string_equal(c.sources[0].agent_id, "a-17");
    assert_string_equal(c.sources[0].team, "north");
    assert_false(c.sources[0].consent_own);
    assert_int_equal(c.sources[1].record, HUB_RECORD_ON);
    assert_true(c.sources[1].consent_own);
    assert_int_equal(c.sources[2].record, HUB_RECORD_DEFAULT);
    configuration_free(&c);
    assert_true(read_text("", message, sizeof message));
    assert_false(c.record || c.listening);
    assert_int_equal(c.format, TAPE_FLAC);
    assert_true(c.keep.audio_days == 0 && c.keep.audit_days == 0);
    configuration_free(&c);
}

/* Whatever the order, a source inherits the policy; and unless somebody says otherwise nobody has agreed. */
static void policy(void **state) {
    (void)state;
    char message[300];
    assert_true(
        read_text("sources: ( { file = \"a\"; } ); consent: { default = \"given\"; };", message, sizeof message));
    assert_int_equal(c.sources[0].consent, UT_CONSENT_GIVEN);
    configuration_free(&c);
    assert_true(read_text("sources: ( { file = \"a\"; } );", message, sizeof message));
    assert_int_equal(c.sources[0].consent, UT_CONSENT_UNKNOWN);
    configuration_free(&c);
}

static void nothing_given(void **state) {
    (void)state;
    char message[300];
    assert_true(configuration_read(&c, NULL, message, sizeof message));
    assert_int_equal(c.consent, UT_CONSENT_UNKNOWN);
    assert_int_equal(c.n_sources, 0);
    assert_null(c.listen);
    configuration_free(&c);
    assert_true(read_text("", message, sizeof message));
    configuration_free(&c);
}

static void refused(const char *text, int line, const char *words) {
    char message[300] = "", where[80];
    bool good = read_text(text, message, sizeof message);
    snprintf(where, sizeof where, "%s:%d: ", path, line);
    if (good || strncmp(message, where, strlen(where)) || !strstr(message, words) || strchr(message, '\n'))
        fail_msg("%s\nsays: %s\nnot: %s... %s", text, message, where, words);
    configuration_free(&c);
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    refused("listen = 7070;", 1, "listen must be a text");
    refused("\nlisten = \"\";", 2, "listen must be a text");
    refused("\n\nport = \"7070\";", 3, "port is not a field here");
    refused("data = [ \"a\" ];", 1, "data must be a text");
    refused("data = \"a\";\ndata = \"b\";", 2, "duplicate");
    refused("listen = \"a", 1, "syntax error");
    refused("listen \"a\";", 1, "syntax error");
    refused("\x01", 1, "syntax error");
    refused("consent = \"given\";", 1, "consent must be { default");
    refused("consent: { };", 1, "consent must be { default");
    refused("consent: ( \"given\" );", 1, "consent must be { default");
    refused("consent: { policy = \"given\"; };", 1, "consent must be { default");
    refused("consent: { default = \"given\"; more = 1; };", 1, "consent must be { default");
    refused("consent:\n{ default = \"withdrawn\"; };", 2, "default must be given, refused or unknown");
    refused("consent:\n{ default = true; };", 2, "default must be a text");
    refused("listening = \"yes\";", 1, "listening must be true or false");
    refused("recording = true;", 1, "recording must be { on = true; }");
    refused("recording:\n{ on = 1; };", 2, "on must be true or false");
    refused("recording: { format = \"mp3\"; };", 1, "format must be flac or opus");
    refused("recording: { on = true;\nkeep = 3; };", 2, "keep is not a field here");
    refused("retention = 30;", 1, "retention must be a group");
    refused("retention: { audio_days = \"30\"; };", 1, "audio_days must be a number of days, over 0");
    refused("retention: { audio_days = 0; };", 1, "audio_days must be a number of days, over 0");
    refused("retention: { cues_days = -1.5; };", 1, "cues_days must be a number of days, over 0");
    refused("retention: { audit_days = 1e300; };", 1, "audit_days must be a number of days, over 0");
    refused("retention: { readings_days = true; };", 1, "readings_days must be a number of days, over 0");
    refused("retention: {\nnotes_days = 3; };", 2, "notes_days is not a field here");
    refused("sources: ( { file = \"a\"; recording = \"yes\"; } );", 1, "recording must be true or false");
    refused("sources: ( { file = \"a\"; agent_id = 17; } );", 1, "agent_id must be a text");
    refused("sources: { };", 1, "sources must be a list");
    refused("sources = \"a\";", 1, "sources must be a list");
    refused("sources: ( \"a\" );", 1, "must hold groups");
    refused("sources: ( ( ) );", 1, "must hold groups");
    refused("sources: (\n{ } );", 2, "without a file");
    refused("sources: (\n{ kind = \"device\"; } );", 2, "without customer and agent");
    refused("sources: (\n{ kind = \"twilio\"; } );", 2, "kind must be device or recording");
    refused("sources: ( { kind = 1; } );", 1, "kind must be a text");
    refused("sources: ( { file = \"a\";\ncodec = \"g711\"; } );", 2, "codec is not a field here");
    refused("sources: ( { file = \"a\"; consent = \"yes\"; } );", 1, "consent must be given");
    refused("sources: ( { file = \"a\"; file = \"b\"; } );", 1, "duplicate");
    refused("sources: ( { file = \"a\"; playbook = 4; } );", 1, "playbook must be a text");
    refused("sources: ( { file = \"a\";\nreference = 4711; } );", 2, "reference must be a text");
    refused("sources: ( { file = \"a\";\nreference = \"a\\nb\"; } );", 2, "reference must be UTF-8 without control");
    refused("sources: ( { file = \"a\";\nqueue = \"\xff\"; } );", 2, "queue must be UTF-8");
    refused("sources: ( { file = \"a\"; queue ="
            "\"a name of sixty-four bytes, which is one more than there is room for\"; } );",
            1, "queue must be UTF-8 without control characters, and at most 63 bytes");
}

static void at_most_so_many_sources(void **state) {
    (void)state;
    for (int n = CONFIGURATION_SOURCES; n <= CONFIGURATION_SOURCES + 1; n++) {
        char *text, message[300];
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        fputs("sources: (\n", out);
        for (int i = 0; i < n; i++) fprintf(out, "%s{ file = \"%d\"; }", i ? "," : "", i);
        fputs(");\n", out);
        fclose(out);
        if (n > CONFIGURATION_SOURCES) {
            refused(text, 1, "too many sources");
        } else {
            assert_true(read_text(text, message, sizeof message));
            assert_int_equal(c.n_sources, n);
            configuration_free(&c);
        }
        free(text);
    }
}

static void files_that_are_none(void **state) {
    (void)state;
    static const char *const paths[] = {"no/such/file.cfg", "/tmp", "", "/proc/self/mem"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char message[300] = "";
        assert_false(configuration_read(&c, paths[i], message, sizeof message));
        assert_int_equal(strncmp(message, paths[i], strlen(paths[i])), 0);
        assert_true(strlen(message) > strlen(paths[i]) + 2);
        configuration_free(&c);
    }
    char message[300] = "";
    write_file("listen = \"a\";\0 }}", 17);
    assert_false(configuration_read(&c, path, message, sizeof message));
    configuration_free(&c);
}

/* A message too long for its place is cut, and ends. */
static void a_short_message(void **state) {
    (void)state;
    char message[12];
    memset(message, 'x', sizeof message);
    assert_false(read_text("port = 1;", message, sizeof message));
    assert_true(memchr(message, '\0', sizeof message));
    configuration_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),
        cmocka_unit_test(what_is_kept),
        cmocka_unit_test(policy),
        cmocka_unit_test(nothing_given),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(at_most_so_many_sources),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(a_short_message),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
