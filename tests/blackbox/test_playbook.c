/* undertone serve, from outside: a team's playbook is swapped during fifty live calls. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "events.h"
#include "program.h"
#include "sound.h"

enum { CALLS = 50, SECONDS = 10 };

/* The time of the day in seconds. */
static double clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A playbook that raises a cue in each silence of sound_turns. */
static void write_playbook(const char *path, const char *text, const char *more) {
    char all[500];
    int n = snprintf(all, sizeof all,
                     "cues: { dead_air: { after_s = 0.3; cool_down_s = 0.0; urgent_after_s = 0.0; text = \"%s\";\n"
                     "advice = \"%s[ {queue}]\"; %s }; };\n",
                     text, text, more);
    write_file(path, all, (size_t)n);
}

/* Editors write a new file and rename it over the old one. */
static void swap(const char *path, const char *text) {
    const char *other = scratch_path("swap.new");
    write_playbook(other, text, "");
    assert_int_equal(rename(other, path), 0);
}

/* Even calls have the server's playbook, odd ones their own team's. */
static void write_configuration(const char *path, const char *sound, const char *server, const char *team, int calls) {
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    fprintf(out, "listen = \"127.0.0.1:0\";\ndata = \"%s\";\nplaybook = \"%s\";\nconsent: { default = \"given\"; };\n",
            scratch_path("data"), server);
    fputs("sources: (\n", out);
    for (int i = 0; i < calls; i++) {
        fprintf(out, "%s{ file = \"%s\"; reference = \"C-%d\"; queue = \"queue %d\";", i ? "," : "", sound, i, i);
        if (i % 2) fprintf(out, " playbook = \"%s\";", team);
        fputs(" }\n", out);
    }
    fputs(");\n", out);
    fclose(out);
    write_file(path, text, n);
    free(text);
}

typedef struct count {
    int readings, raised, cleared;
} count;

static bool has_state(const json_t *event, const char *state) {
    return event_is(event, "cue") && !strcmp(event_text(event, "state"), state);
}

static count count_of(const json_t *events) {
    count n = {0};
    size_t i;
    const json_t *event;
    json_array_foreach(events, i, event) {
        n.readings += event_is(event, "reading");
        n.raised += has_state(event, "raised");
        n.cleared += has_state(event, "cleared");
    }
    return n;
}

/* What one call gives where nothing changes. */
static count undisturbed(const char *sound, const char *playbook) {
    program p;
    assert_int_equal(RUN(&p, "analyze", "--jsonl", "--playbook", playbook, sound), 0);
    json_t *events = events_parse(p.out);
    count n = count_of(events);
    json_decref(events);
    program_end(&p);
    assert_true(n.raised >= 6);
    return n;
}

static const json_t *find(const json_t *events, const char *type, const char *call, double id, const char *state) {
    size_t i;
    const json_t *event;
    json_array_foreach(
        events, i, event) if (event_is(event, type) && !strcmp(event_text(event, "call"), call) &&
                              (!state || (has_state(event, state) && event_number(event, "id") == id))) return event;
    return NULL;
}

/* The call's own names, and what the playbook of its kind may say. */
static void check_words(const json_t *cue, const json_t *call, const char *words) {
    char text[80], advice[160];
    snprintf(text, sizeof text, "%s of %s", words, event_text(call, "customer"));
    snprintf(advice, sizeof advice, "%s of %s %s", words, event_text(call, "customer"), event_text(call, "queue"));
    assert_string_equal(event_text(cue, "text"), text);
    assert_string_equal(event_text(cue, "advice"), advice);
}

typedef struct swaps {
    double done_s;     /* by the clock, the good playbook was in its place */
    int before, after; /* cues of the server's playbook that rose with the words before and after */
} swaps;

static bool is_after(const json_t *cue) { return !strncmp(event_text(cue, "text"), "after", 5); }

/* A cue that rose says the words of then, all of them, to its end. */
static void check_raised(const json_t *events, const json_t *cue, swaps *s) {
    const json_t *call = find(events, "call", event_text(cue, "call"), 0, NULL);
    assert_non_null(call);
    bool team = atoi(event_text(call, "customer") + 2) % 2;
    double raised_s = (double)event_started_us(call) * 1e-6 + event_number(cue, "t_s");
    if (team) {
        check_words(cue, call, "team");
    } else {
        check_words(cue, call, is_after(cue) ? "after" : "before");
        if (!is_after(cue) && raised_s >= s->done_s + 1.5)
            fail_msg("the old words %.2f s after the swap", raised_s - s->done_s);
        *(is_after(cue) ? &s->after : &s->before) += 1;
    }
    const json_t *cleared = find(events, "cue", event_text(cue, "call"), event_number(cue, "id"), "cleared");
    assert_non_null(cleared);
    assert_string_equal(event_text(cleared, "text"), event_text(cue, "text"));
}

/* Until all calls have ended, however busy the machine is. */
static void wait_for_summaries(const program *p, int calls) {
    long until = now_ms() + PROGRAM_TIMEOUT_MS;
    for (int n = 0; n < calls && now_ms() < until; sleep_ms(100)) {
        char *out = program_out(p);
        n = 0;
        for (const char *at = out; (at = strstr(at, "\"type\":\"summary\"")); at++) n++;
        free(out);
    }
}

static void test_swapped_during_fifty_calls(void **state) {
    (void)state;
    char sound[512], server[512], team[512], configuration[512], address[64];
    snprintf(sound, sizeof sound, "%s", scratch_path("turns.wav"));
    snprintf(server, sizeof server, "%s", scratch_path("server.cfg"));
    snprintf(team, sizeof team, "%s", scratch_path("team.cfg"));
    snprintf(configuration, sizeof configuration, "%s", scratch_path("fifty.cfg"));
    sound_turns(sound, SECONDS);
    write_playbook(server, "before of {customer}", "");
    write_playbook(team, "team of {customer}", "");
    count one = undisturbed(sound, server);
    program p = {.pid = getpid()};                            /* built as the program is */
    int calls = program_is_sanitized(&p) ? CALLS / 5 : CALLS; /* one that is watched is many times slower */
    write_configuration(configuration, sound, server, team, calls);

    program_start(&p, (const char *const[]){"serve", "--config", configuration, "--jsonl", NULL});
    assert_true(program_address(&p, address, 20000));
    sleep_ms(2500);
    write_playbook(server, "wrong of {customer}", "raise = 0.5;");
    assert_true(program_says(&p, "; the playbook before stays\n", 2000));
    sleep_ms(1500);
    swaps s = {0};
    swap(server, "after of {customer}");
    s.done_s = clock_s();
    assert_true(program_says(&p, "server.cfg: read again\n", 2000));
    wait_for_summaries(&p, calls);
    program_signal(&p, SIGTERM);
    assert_int_equal(program_wait(&p, 20000), 0);

    char told[1400];
    snprintf(told, sizeof told,
             "undertone serve: %s: line 2: raise is not a field of dead_air; the playbook before stays\n"
             "undertone serve: %s: read again\n",
             server, server);
    const char *after_address = strchr(p.err, '\n');
    assert_string_equal(after_address ? after_address + 1 : "", told);
    json_t *events = events_parse(p.out);
    count n = count_of(events);
    assert_int_equal(n.readings, one.readings * calls);
    assert_int_equal(n.raised, one.raised * calls);
    assert_int_equal(n.cleared, one.cleared * calls);
    size_t i;
    const json_t *event;
    json_array_foreach(events, i, event) if (has_state(event, "raised")) check_raised(events, event, &s);
    print_message("%d cues in %d calls: %d with the words before, %d with those after\n", n.raised, calls, s.before,
                  s.after);
    assert_true(s.before >= calls / 2 && s.after >= calls / 2);
    json_decref(events);
    program_end(&p);
}

/* A team leads proof-reads. */
static void test_proof_reading(void **state) {
    (void)state;
    program p;
    const char *path = scratch_path("proof.cfg");
    write_playbook(path, "Stille[ in {queue}]", "priority = 1;");
    assert_int_equal(RUN(&p, "playbook", path, "--language", "de"), 0);
    assert_non_null(strstr(p.out, "proof.cfg: good. Speaks de"));
    assert_non_null(strstr(p.out, "  1  dead_air\n        Stille\n        Stille in billing\n"));
    assert_non_null(strstr(p.out, "talk_over (off)\n        Beide sprechen gleichzeitig\n"));
    program_end(&p);
    assert_int_equal(RUN(&p, "playbook"), 0);
    assert_non_null(strstr(p.out, "  1  frustration\n        Voice sounds frustrated\n"));
    program_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swapped_during_fifty_calls),
        cmocka_unit_test(test_proof_reading),
    };
    return cmocka_run_group_tests_name("playbook", tests, NULL, NULL);
}
