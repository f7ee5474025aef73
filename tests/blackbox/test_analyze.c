/* undertone analyze, from outside: a recording goes in, JSON, a table or words come out, and rows where asked. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "events.h"
#include "program.h"
#include "sound.h"
#include "stored.h"

/* A playbook whose emotion cues rise at the least sign. */
static const char *easily_raised(void) {
    static const char text[] = "cues: { frustration: { raise = 0.02; clear = 0.01; after_s = 0.5; };\n"
                               "        stress: { raise = 0.02; clear = 0.01; after_s = 0.5; }; };\n";
    const char *path = scratch_path("easy.cfg");
    write_file(path, text, sizeof text - 1);
    return path;
}

/* A real call with a real customer, or null where the shared recordings are absent. */
static const char *real_call(void) {
    static char path[512];
    const char *shared = getenv("UNDERTONE_SHARED");
    snprintf(path, sizeof path, "%s/calls/auto_repairs_40.flac", shared ? shared : "../shared");
    return access(path, R_OK) ? NULL : path;
}

/* The events of one run that must succeed. */
static json_t *analyzed(const char *const arguments[]) {
    program p;
    int status = program_run(&p, arguments);
    if (status) fail_msg("status %d: %s", status, p.err);
    assert_string_equal(p.err, "");
    json_t *events = events_parse(p.out);
    program_end(&p);
    return events;
}
#define ANALYZED(...) analyzed((const char *const[]){"analyze", "--jsonl", __VA_ARGS__, NULL})

static json_t *last(const json_t *events) { return json_array_get(events, json_array_size(events) - 1); }

static size_t count(const json_t *events, const char *type) {
    size_t n = 0, i;
    json_t *event;
    json_array_foreach(events, i, event) n += event_is(event, type);
    return n;
}

static size_t count_emotion(const json_t *events) {
    size_t n = 0, i;
    json_t *event;
    json_array_foreach(events, i, event) n += event_is_emotion(event);
    return n;
}

static void check_no_emotion_key(const json_t *events) {
    static const char *const keys[] = {"frustration", "stress", "arousal", "confidence", "abstain", "pitch_hz"};
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) {
        if (!event_is(event, "reading") || !strcmp(event_text(event, "channel"), "customer")) continue;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) assert_null(json_object_get(event, keys[k]));
    }
}

/* A reading of the channel every half second and one at the end. */
static void check_readings(const json_t *events, const char *channel) {
    double duration_s = event_number(last(events), "duration_s"), t_s = 0;
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) {
        if (!event_is(event, "reading") || strcmp(event_text(event, "channel"), channel)) continue;
        t_s = fmin(t_s + 0.5, duration_s);
        assert_float_equal(event_number(event, "t_s"), t_s, 1e-9);
    }
    assert_float_equal(t_s, duration_s, 1e-9);
}

/* Call first, summary last, time never backwards, every cue raised once, then cleared once. */
static void check_order(const json_t *events) {
    enum { MOST = 1000 };
    bool up[MOST] = {0}, over[MOST] = {0};
    double t_s = 0;
    size_t n = json_array_size(events), i, raised = 0;
    json_t *event;
    json_array_foreach(events, i, event) {
        assert_int_equal(event_is(event, "call"), i == 0);
        assert_int_equal(event_is(event, "summary"), i == n - 1);
        if (event_is(event, "reading") || event_is(event, "cue")) {
            assert_true(event_number(event, "t_s") >= t_s);
            t_s = event_number(event, "t_s");
        }
        if (!event_is(event, "cue")) continue;
        size_t id = (size_t)event_number(event, "id");
        assert_in_range(id, 1, MOST - 1);
        bool rises = !strcmp(event_text(event, "state"), "raised"),
             clears = !strcmp(event_text(event, "state"), "cleared");
        assert_int_equal(up[id], !rises);
        assert_false(over[id]);
        up[id] = true;
        over[id] = clears;
        raised += rises;
    }
    for (size_t id = 0; id < MOST; id++) assert_int_equal(up[id], over[id]);
    assert_int_equal(event_number(last(events), "cues"), raised);
}

/* ---- JSON Lines ---- */

static void test_demo_call(void **state) {
    (void)state;
    json_t *events = ANALYZED(sound_demo());
    const json_t *call = json_array_get(events, 0), *channels = json_object_get(call, "channels");
    assert_string_equal(event_text(call, "source"), "demo.wav");
    assert_string_equal(event_text(call, "consent"), "given");
    assert_string_equal(json_string_value(json_array_get(channels, 0)), "agent");
    assert_string_equal(json_string_value(json_array_get(channels, 1)), "customer");
    check_order(events);
    check_readings(events, "customer");
    check_readings(events, "agent");
    check_no_emotion_key(events);
    assert_true(count(events, "cue") >= 4);
    assert_non_null(json_object_get(last(events), "customer"));
    assert_non_null(json_object_get(last(events), "dynamics"));
    json_decref(events);
}

static void test_real_call(void **state) {
    (void)state;
    if (!real_call()) skip();
    json_t *events = ANALYZED(real_call());
    check_order(events);
    check_readings(events, "customer");
    check_readings(events, "agent");
    check_no_emotion_key(events);
    assert_float_equal(event_number(last(events), "duration_s"), 245.4, 0.1);
    assert_true(count_emotion(events) > 0);
    json_decref(events);
}

/* The same voices, once as customer and once as agent or mixed: only the customer is scored. */
static void test_only_customer_is_scored(void **state) {
    (void)state;
    static const char *const others[] = {"mixed", "agent"};
    char mono[512], stereo[512], playbook[512];
    snprintf(mono, sizeof mono, "%s", scratch_path("voice.wav"));
    snprintf(stereo, sizeof stereo, "%s", real_call() ? real_call() : sound_demo());
    snprintf(playbook, sizeof playbook, "%s", easily_raised());
    sound_cut(stereo, mono, 0, 80, 1);
    for (size_t i = 0; i < 2; i++) {
        json_t *events = ANALYZED(mono, "--channels", others[i], "--playbook", playbook);
        check_order(events);
        check_readings(events, others[i]);
        check_no_emotion_key(events);
        assert_int_equal(count(events, "cue"), 0);
        assert_null(json_object_get(last(events), "customer"));
        assert_null(json_object_get(last(events), "dynamics"));
        json_decref(events);
    }
    json_t *events = ANALYZED(stereo, "--channels", "mixed", "--playbook", playbook);
    assert_int_equal(json_array_size(json_object_get(json_array_get(events, 0), "channels")), 1);
    check_no_emotion_key(events);
    assert_int_equal(count_emotion(events), 0);
    json_decref(events);
    if (!real_call()) return;
    events = ANALYZED(mono, "--playbook", playbook);
    assert_true(count_emotion(events) > 0);
    json_decref(events);
}

static void test_mono_is_customer(void **state) {
    (void)state;
    const char *path = scratch_path("mono.wav");
    sound_cut(sound_demo(), path, 5, 16.3, 1);
    json_t *events = ANALYZED(path);
    check_order(events);
    check_readings(events, "customer");
    assert_int_equal(count(events, "reading"), 23);
    assert_non_null(json_object_get(last(events), "customer"));
    assert_null(json_object_get(last(events), "dynamics"));
    json_decref(events);
}

static void test_channels_swapped(void **state) {
    (void)state;
    json_t *as_is = ANALYZED(sound_demo()), *swapped = ANALYZED(sound_demo(), "--channels", "customer,agent");
    double share = event_number(json_object_get(last(as_is), "dynamics"), "agent_talk_share");
    double other = event_number(json_object_get(last(swapped), "dynamics"), "agent_talk_share");
    assert_float_equal(share + other, 1, 0.011);
    json_decref(as_is);
    json_decref(swapped);
}

static void test_without_consent(void **state) {
    (void)state;
    static const char *const consents[] = {"refused", "unknown"};
    for (size_t i = 0; i < 2; i++) {
        char dir[512];
        snprintf(dir, sizeof dir, "%s", scratch_path("no-%s", consents[i]));
        json_t *events = ANALYZED(sound_demo(), "--consent", consents[i], "--store", "--data", dir);
        assert_int_equal(json_array_size(events), 1);
        assert_true(event_is(json_array_get(events, 0), "call"));
        assert_string_equal(event_text(json_array_get(events, 0), "consent"), consents[i]);
        assert_int_equal(stored_count(dir, "SELECT count(*) FROM calls"), 1);
        assert_int_equal(stored_count(dir, "SELECT count(*) FROM calls WHERE source IS NULL AND model IS NULL"), 1);
        assert_int_equal(stored_count(dir, "SELECT (SELECT count(*) FROM readings) + (SELECT count(*) FROM scores) +"
                                           " (SELECT count(*) FROM cues) + (SELECT count(*) FROM summaries)"),
                         0);
        json_decref(events);
    }
}

static void test_raw(void **state) {
    (void)state;
    char wav[512], raw[512];
    snprintf(wav, sizeof wav, "%s", scratch_path("short.wav"));
    snprintf(raw, sizeof raw, "%s", scratch_path("short.ulaw"));
    sound_cut(sound_demo(), wav, 20, 30, -1);
    sound_ulaw(wav, raw);
    json_t *events = ANALYZED(raw, "--raw", "ulaw:2"), *same = ANALYZED(wav);
    check_order(events);
    assert_int_equal(json_array_size(events), json_array_size(same));
    assert_float_equal(event_number(last(events), "duration_s"), 10, 0.01);
    assert_float_equal(event_number(json_object_get(last(events), "customer"), "speech_s"),
                       event_number(json_object_get(last(same), "customer"), "speech_s"), 0.3);
    json_decref(events);
    json_decref(same);
}

/* ---- table and words ---- */

static int count_char(const char *text, size_t n, char c) {
    int found = 0;
    for (size_t i = 0; i < n; i++) found += text[i] == c;
    return found;
}

static void test_csv(void **state) {
    (void)state;
    char path[512];
    program p;
    snprintf(path, sizeof path, "%s", scratch_path("a \"short\", call.wav"));
    sound_cut(sound_demo(), path, 3, 13.2, -1);
    assert_int_equal(RUN(&p, "analyze", "--csv", path), 0);
    const char *line = p.out, *end = strchr(line, '\n');
    assert_int_equal(strncmp(line, "source,t_s,customer_speaking,", 29), 0);
    assert_null(strstr(p.out, "agent_frustration"));
    assert_null(strstr(p.out, "agent_stress"));
    int commas = count_char(line, (size_t)(end - line), ','), rows = 0;
    for (line = end + 1; (end = strchr(line, '\n')); line = end + 1, rows++) {
        double t_s;
        static const char name[] = "\"a \"\"short\"\", call.wav\",";
        assert_int_equal(strncmp(line, name, sizeof name - 1), 0);
        assert_int_equal(sscanf(line + sizeof name - 1, "%lf,", &t_s), 1);
        assert_float_equal(t_s, fmin(10.2, 0.5 * (rows + 1)), 1e-6);
        assert_int_equal(count_char(line, (size_t)(end - line), ','), commas + 1);
    }
    assert_int_equal(rows, 21);
    assert_string_equal(line, "");
    program_end(&p);
}

static void test_summary(void **state) {
    (void)state;
    program p, plain;
    assert_int_equal(RUN(&p, "analyze", "--summary", sound_demo()), 0);
    assert_int_equal(RUN(&plain, "analyze", sound_demo()), 0);
    assert_string_equal(p.out, plain.out);
    assert_string_equal(p.err, "");
    assert_int_equal(strncmp(p.out, "demo.wav\n  1:2", 14), 0);
    assert_non_null(strstr(p.out, "\n  The customer's voice sounded frustrated"));
    assert_non_null(strstr(p.out, "\n    Who talked            agent "));
    assert_non_null(strstr(p.out, "\n    Scored "));
    assert_null(strchr(p.out, '\033'));
    assert_null(strchr(p.out, '\r'));
    for (const char *line = p.out, *end; (end = strchr(line, '\n')); line = end + 1) {
        int columns = 0;
        for (const char *c = line; c < end; c++) columns += (*c & 0xC0) != 0x80;
        assert_in_range(columns, 0, 90);
    }
    program_end(&p);
    program_end(&plain);
}

/* ---- pictures ---- */

/* The title of a picture, which must be well-formed XML, and how many elements it has; to be freed. */
static char *picture_title(const char *path, long *n_elements) {
    static const char program[] = "import sys, xml.dom.minidom as m; d = m.parse(sys.argv[1]).documentElement;"
                                  "print(len(d.getElementsByTagName(\"*\")), d.tagName, d.firstChild.nextSibling."
                                  "firstChild.data)";
    char command[1024], *line = NULL;
    size_t size = 0;
    snprintf(command, sizeof command, "python3 -c '%s' '%s'", program, path);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    assert_true(getline(&line, &size, out) > 0);
    assert_int_equal(pclose(out), 0);
    int at = 0;
    assert_int_equal(sscanf(line, "%ld svg %n", n_elements, &at), 1);
    assert_true(at > 0);
    memmove(line, line + at, strlen(line + at) + 1);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static void check_title(const char *path, const char *wanted, long least_elements) {
    long n_elements;
    char *title = picture_title(path, &n_elements);
    assert_string_equal(title, wanted);
    assert_true(n_elements >= least_elements);
    free(title);
}

static void test_picture(void **state) {
    (void)state;
    program p, plain;
    const char *picture = scratch_path("demo.svg"), *hostile = scratch_path("<b>&\"\001'\377.wav");
    assert_int_equal(RUN(&p, "analyze", "--jsonl", "--picture", picture, sound_demo()), 0);
    assert_int_equal(RUN(&plain, "analyze", "--jsonl", sound_demo()), 0);
    assert_int_equal(count_char(p.out, strlen(p.out), '\n'), count_char(plain.out, strlen(plain.out), '\n'));
    assert_string_equal(p.err, "");
    program_end(&plain);
    program_end(&p);
    check_title(picture, "demo.wav", 100);

    sound_cut(sound_demo(), hostile, 3, 6, -1);
    assert_int_equal(RUN(&p, "analyze", "--picture", picture, hostile), 0);
    program_end(&p);
    check_title(picture, "<b>&\"?'?.wav", 50);

    assert_int_equal(RUN(&p, "analyze", "--picture", picture, "--consent", "refused", sound_demo()), 0);
    assert_non_null(strstr(p.out, "This call was not analysed: consent is refused."));
    program_end(&p);
    check_title(picture, "A call", 3);
    char *svg = read_file(picture, NULL);
    assert_null(strstr(svg, "demo"));
    free(svg);
}

static void test_pictures(void **state) {
    (void)state;
    program p;
    char folder[512], name[700];
    snprintf(folder, sizeof folder, "%s", scratch_path("pictures"));
    const char *short_call = scratch_path("short.wav");
    sound_cut(sound_demo(), short_call, 20, 23, -1);
    assert_int_equal(RUN(&p, "analyze", "--picture", folder, "--jobs", "2", sound_demo(), short_call), 0);
    program_end(&p);
    snprintf(name, sizeof name, "%s/demo.svg", folder);
    check_title(name, "demo.wav", 100);
    snprintf(name, sizeof name, "%s/short.svg", folder);
    check_title(name, "short.wav", 50);

    snprintf(name, sizeof name, "%s/one.svg", folder);
    assert_int_equal(RUN(&p, "analyze", "--picture", name, sound_demo(), short_call), 2);
    assert_string_equal(p.out, "");
    assert_non_null(strstr(p.err, "name a folder"));
    program_end(&p);
    assert_int_equal(RUN(&p, "analyze", "--picture", scratch_path("no/where"), short_call), 1);
    assert_non_null(strstr(p.err, "no/where: No such file or directory\n"));
    program_end(&p);
    assert_int_equal(RUN(&p, "analyze", "--picture", scratch_path("no/where.svg"), short_call), 1);
    assert_non_null(strstr(p.err, "no/where.svg: No such file or directory\n"));
    assert_non_null(strstr(p.out, "short.wav\n"));
    program_end(&p);
}

/* ---- many files ---- */

enum { FILES = 6 };
static char many[FILES][512];

/* The longest first, so that it is the last to be done. */
static void make_many(void) {
    for (int i = 0; i < FILES; i++) {
        snprintf(many[i], sizeof many[i], "%s", scratch_path("many-%d.wav", i));
        sound_cut(sound_demo(), many[i], i, i == 0 ? 80 : i + 2, -1);
    }
}

static void test_many_files_in_order(void **state) {
    (void)state;
    static const char *const jobs[] = {"1", "2", "6"};
    make_many();
    char *first = NULL;
    for (size_t i = 0; i < 3; i++) {
        program p;
        assert_int_equal(RUN(&p, "analyze", "--jobs", jobs[i], many[0], many[1], many[2], many[3], many[4], many[5]),
                         0);
        const char *at = p.out;
        for (int file = 0; file < FILES; file++) assert_non_null(at = strstr(at, strrchr(many[file], '/') + 1));
        if (!first) first = strdup(p.out);
        assert_string_equal(p.out, first);
        assert_string_equal(p.err, "");
        program_end(&p);
    }
    free(first);
}

static void test_missing_file_among_good(void **state) {
    (void)state;
    program p;
    make_many();
    const char *missing = scratch_path("no such file.wav");
    assert_int_equal(RUN(&p, "analyze", many[1], missing, many[2]), 1);
    assert_int_equal(count_char(p.err, strlen(p.err), '\n'), 1);
    assert_non_null(strstr(p.err, missing));
    assert_non_null(strstr(p.err, "No such file"));
    assert_non_null(strstr(p.out, "many-1.wav"));
    assert_non_null(strstr(p.out, "many-2.wav"));
    program_end(&p);
}

/* ---- store ---- */

static bool same_value(const json_t *row, const json_t *event) {
    if (json_is_boolean(event)) return json_integer_value(row) == json_is_true(event);
    if (json_is_number(event)) return json_number_value(row) == json_number_value(event);
    return json_equal(row, event);
}

static void check_row(const json_t *row, const json_t *event, const char *const keys[]) {
    for (; *keys; keys++)
        if (!same_value(json_object_get(row, *keys), json_object_get(event, *keys)))
            fail_msg("%s is stored as %g, was %g at %g s", *keys, event_number(row, *keys), event_number(event, *keys),
                     event_number(event, "t_s"));
}

static void check_rows(const char *dir, const char *sql, const json_t *events, const char *type, const char *channel,
                       const char *const keys[]) {
    json_t *rows = stored(dir, sql), *event;
    size_t n = 0, i;
    json_array_foreach(events, i, event) {
        if (!event_is(event, type) || (channel && strcmp(event_text(event, "channel"), channel))) continue;
        assert_true(n < json_array_size(rows));
        check_row(json_array_get(rows, n++), event, keys);
    }
    assert_int_equal(n, json_array_size(rows));
    json_decref(rows);
}

static void check_cue_rows(const char *dir, const json_t *events) {
    json_t *rows = stored(dir, "SELECT * FROM cues ORDER BY id"), *event;
    size_t i, raised = 0;
    json_array_foreach(events, i, event) {
        if (!event_is(event, "cue")) continue;
        json_t *row = json_array_get(rows, (size_t)event_number(event, "id") - 1);
        bool rises = !strcmp(event_text(event, "state"), "raised"),
             clears = !strcmp(event_text(event, "state"), "cleared");
        assert_string_equal(event_text(row, "kind"), event_text(event, "cue"));
        assert_string_equal(event_text(row, "advice"), event_text(event, "advice"));
        if (rises) assert_true(event_number(row, "raised_s") == event_number(event, "t_s"));
        if (clears) assert_true(event_number(row, "cleared_s") == event_number(event, "t_s"));
        raised += rises;
    }
    assert_true(raised > 0);
    assert_int_equal(raised, json_array_size(rows));
    json_decref(rows);
}

static void test_store(void **state) {
    (void)state;
    char dir[512];
    snprintf(dir, sizeof dir, "%s", scratch_path("kept"));
    json_t *events = ANALYZED(real_call() ? real_call() : sound_demo(), "--store", "--data", dir);
    check_rows(dir, "SELECT id AS call, source, rate_hz, started_at, consent, model FROM calls", events, "call", NULL,
               (const char *const[]){"call", "source", "rate_hz", "started_at", "consent", "model", NULL});
    check_rows(dir, "SELECT * FROM readings ORDER BY t_s, channel = 'agent'", events, "reading", NULL,
               (const char *const[]){"t_s", "channel", "speaking", "sound", "level_db", "rate_syl_s", NULL});
    check_rows(
        dir, "SELECT * FROM scores ORDER BY t_s", events, "reading", "customer",
        (const char *const[]){"t_s", "pitch_hz", "frustration", "stress", "arousal", "confidence", "abstain", NULL});
    check_rows(dir, "SELECT * FROM summaries", events, "summary", NULL,
               (const char *const[]){"duration_s", "cues", NULL});
    check_cue_rows(dir, events);
    assert_int_equal(stored_count(dir, "SELECT count(*) FROM calls WHERE ended_how = 'finished'"), 1);
    json_decref(events);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_demo_call),
        cmocka_unit_test(test_real_call),
        cmocka_unit_test(test_only_customer_is_scored),
        cmocka_unit_test(test_mono_is_customer),
        cmocka_unit_test(test_channels_swapped),
        cmocka_unit_test(test_without_consent),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_picture),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_many_files_in_order),
        cmocka_unit_test(test_missing_file_among_good),
        cmocka_unit_test(test_store),
    };
    return cmocka_run_group_tests_name("analyze", tests, NULL, NULL);
}
