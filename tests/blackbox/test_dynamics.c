/* Turn-taking, from outside: calls made of made talk whose times are known go in, and every turn comes back. */
#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/made_sound.h"
#include "../unit/made_talk.h"
#include "events.h"
#include "program.h"

enum { SECONDS = 58, SAMPLES = SECONDS * UT_RATE_HZ, AGENT = 0, CUSTOMER = 1, MOST = 64 };

static float voices[2][SAMPLES];

static void speak(int who, double from_s, double to_s) {
    made_talk(voices[who], (size_t)(from_s * UT_RATE_HZ), (size_t)(to_s * UT_RATE_HZ), who == AGENT ? 110 : 140, 0.35,
              (unsigned)(from_s * 1000));
}

static void play_music(int who, double from_s, double to_s) {
    size_t from = (size_t)(from_s * UT_RATE_HZ), n = (size_t)(to_s * UT_RATE_HZ) - from;
    static float music[SAMPLES];
    memset(music, 0, sizeof music);
    made_saw_chords(music, n, 1);
    made_scale(music, n, -22);
    for (size_t i = 0; i < n; i++) voices[who][from + i] += music[i];
}

static void echo(int of, double delay_s, double loss_db) {
    size_t late = (size_t)(delay_s * UT_RATE_HZ);
    for (size_t i = SAMPLES; i-- > late;) voices[!of][i] += (float)pow(10, -loss_db / 20) * voices[of][i - late];
}

/* The agent left, with the noise of two lines. */
static const char *write_call(double seconds) {
    const char *path = scratch_path("dynamics.wav");
    SF_INFO info = {.samplerate = UT_RATE_HZ, .channels = 2, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    for (int who = 0; who < 2; who++) made_hiss(voices[who], SAMPLES, (uint32_t)who + 5, -65);
    for (int i = 0; i < (int)(seconds * UT_RATE_HZ); i++) {
        const float frame[2] = {voices[0][i], voices[1][i]};
        assert_int_equal(sf_writef_float(file, frame, 1), 1);
    }
    assert_int_equal(sf_close(file), 0);
    return path;
}

static void begin(void) { memset(voices, 0, sizeof voices); }

static json_t *analyzed(const char *path, const char *channels) {
    program p;
    if (RUN(&p, "analyze", "--jsonl", "--channels", channels, path)) fail_msg("%s", p.err);
    json_t *events = events_parse(p.out);
    program_end(&p);
    return events;
}

/* ---- what is wanted: "reply agent 8.0 9.2", nobody's with a - ---- */

static bool is_turn(const json_t *event, const char *wanted) {
    char kind[16], whose[16];
    double start_s, end_s;
    if (sscanf(wanted, "%15s %15s %lf %lf", kind, whose, &start_s, &end_s) != 4) fail_msg("%s is no turn", wanted);
    bool is_whose = strcmp(whose, "-") ? !strcmp(event_text(event, "channel"), whose) : !*event_text(event, "channel");
    return event_is(event, "turn") && !strcmp(event_text(event, "turn"), kind) && is_whose &&
           fabs(event_number(event, "start_s") - start_s) <= 0.1 && fabs(event_number(event, "end_s") - end_s) <= 0.1;
}

/* All of the list, and no other turn. */
static void tells(const json_t *events, const char *const *wanted) {
    bool told[MOST] = {false};
    int missing = 0;
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) {
        int w = 0;
        if (!event_is(event, "turn")) continue;
        while (wanted[w] && (told[w] || !is_turn(event, wanted[w]))) w++;
        if (wanted[w]) told[w] = true;
        else missing++, json_dumpf(event, stderr, JSON_COMPACT), fputs(" is not wanted\n", stderr);
    }
    for (int w = 0; wanted[w]; w++)
        if (!told[w]) missing++, fprintf(stderr, "no %s\n", wanted[w]);
    assert_int_equal(missing, 0);
}
#define TELLS(events, ...) tells(events, (const char *const[]){__VA_ARGS__, NULL})

static double dynamics(const json_t *events, const char *key) {
    const json_t *summary = json_array_get(events, json_array_size(events) - 1);
    return event_number(json_object_get(summary, "dynamics"), key);
}

static void no_emotion(const json_t *events) {
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) {
        if (event_is_emotion(event)) fail_msg("an emotion cue");
        if (!event_is(event, "reading") || strcmp(event_text(event, "channel"), "customer")) continue;
        assert_true(json_is_true(json_object_get(event, "abstain")));
    }
}

/* ---- calls ---- */

/* A bit of everything. */
static void make_call(void) {
    begin();
    speak(AGENT, 1, 4);
    speak(CUSTOMER, 4.6, 8);
    speak(AGENT, 9.2, 14);
    speak(CUSTOMER, 11, 11.5);
    speak(CUSTOMER, 18.5, 24);
    speak(AGENT, 20, 22);
    speak(AGENT, 25, 29);
    speak(CUSTOMER, 28.2, 33);
    speak(AGENT, 33.5, 36);
    play_music(AGENT, 37, 47);
    speak(AGENT, 48, 51);
    speak(CUSTOMER, 51.4, 54);
}

static void tells_the_call(const json_t *events, bool mirrored) {
    static const char *const kinds[][3] = {
        {"turn", "a", "1 4"},        {"reply", "c", "4 4.6"},     {"turn", "c", "4.6 8"},
        {"reply", "a", "8 9.2"},     {"turn", "a", "9.2 14"},     {"backchannel", "c", "11 11.5"},
        {"silence", "-", "14 18.5"}, {"reply", "c", "14 18.5"},   {"turn", "c", "18.5 24"},
        {"overlap", "a", "20 22"},   {"turn", "a", "20 22"},      {"reply", "a", "24 25"},
        {"turn", "a", "25 29"},      {"overlap", "c", "28.2 29"}, {"interruption", "c", "28.2 29"},
        {"turn", "c", "28.2 33"},    {"reply", "a", "33 33.5"},   {"turn", "a", "33.5 36"},
        {"hold", "-", "37 47"},      {"turn", "a", "48 51"},      {"reply", "c", "51 51.4"},
        {"turn", "c", "51.4 54"},    {"silence", "-", "54 58"},
    };
    enum { N = sizeof kinds / sizeof *kinds };
    char lines[N][48];
    const char *wanted[N + 1] = {NULL};
    for (int i = 0; i < N; i++) {
        const char *whose = *kinds[i][1] == '-' ? "-" : (*kinds[i][1] == 'a') != mirrored ? "agent" : "customer";
        snprintf(lines[i], sizeof lines[i], "%s %s %s", kinds[i][0], whose, kinds[i][2]);
        wanted[i] = lines[i];
    }
    tells(events, wanted);
}

static void test_every_turn_is_told(void **state) {
    (void)state;
    make_call();
    json_t *events = analyzed(write_call(SECONDS), "agent,customer");
    tells_the_call(events, false);
    assert_int_equal(dynamics(events, "overlaps"), 2);
    assert_int_equal(dynamics(events, "interruptions"), 1);
    assert_int_equal(dynamics(events, "interruptions_by_agent"), 0);
    assert_int_equal(dynamics(events, "backchannels"), 1);
    assert_float_equal(dynamics(events, "dead_air_s"), 8.5, 0.2);
    assert_float_equal(dynamics(events, "hold_s"), 10, 0.2);
    assert_float_equal(dynamics(events, "response_latency_median_s"), 1.0, 0.1);
    assert_float_equal(dynamics(events, "response_latency_p90_s"), 1.2, 0.1);
    assert_float_equal(dynamics(events, "monologue_longest_s"), 4.8, 0.15);
    assert_float_equal(dynamics(events, "agent_talk_share"), 19.3 / (19.3 + 16.8), 0.03);
    json_decref(events);
}

static void test_swapped_channels_are_mirrored(void **state) {
    (void)state;
    make_call();
    json_t *events = analyzed(write_call(SECONDS), "customer,agent");
    tells_the_call(events, true);
    assert_int_equal(dynamics(events, "interruptions_by_agent"), 1);
    assert_float_equal(dynamics(events, "agent_talk_share"), 16.8 / (19.3 + 16.8), 0.03);
    json_decref(events);
}

static void test_an_echo_changes_nothing(void **state) {
    (void)state;
    static const struct {
        int of;
        double delay_s;
    } echoes[] = {{AGENT, 0.08}, {AGENT, 0}, {CUSTOMER, 0.25}};
    for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++) {
        make_call();
        echo(echoes[i].of, echoes[i].delay_s, 15);
        json_t *events = analyzed(write_call(SECONDS), "agent,customer");
        tells_the_call(events, false);
        json_decref(events);
    }
}

/* The customer says nothing: what is on that line is the agent. */
static void test_an_echo_is_nobody(void **state) {
    (void)state;
    begin();
    speak(AGENT, 1, 12);
    speak(AGENT, 12.6, 25);
    echo(AGENT, 0.18, 15);
    json_t *events = analyzed(write_call(26), "agent,customer");
    TELLS(events, "turn agent 1 25");
    no_emotion(events);
    assert_float_equal(dynamics(events, "agent_talk_share"), 1, 0);
    assert_float_equal(dynamics(events, "monologue_longest_s"), 24, 0.15);
    json_decref(events);
}

static void test_simultaneous_start(void **state) {
    (void)state;
    begin();
    speak(AGENT, 1, 4);
    speak(CUSTOMER, 5, 7);
    speak(AGENT, 5, 9);
    speak(CUSTOMER, 10, 12);
    json_t *events = analyzed(write_call(13), "agent,customer");
    assert_int_equal(dynamics(events, "overlaps"), 1);
    assert_int_equal(dynamics(events, "interruptions"), 0);
    assert_int_equal(dynamics(events, "backchannels"), 0);
    json_decref(events);
}

static void test_one_silent_channel(void **state) {
    (void)state;
    begin();
    speak(AGENT, 1, 20);
    speak(AGENT, 20.8, 54);
    json_t *events = analyzed(write_call(55), "agent,customer");
    TELLS(events, "turn agent 1 54", "monologue agent 1 54");
    no_emotion(events);
    json_decref(events);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_turn_is_told),      cmocka_unit_test(test_swapped_channels_are_mirrored),
        cmocka_unit_test(test_an_echo_changes_nothing), cmocka_unit_test(test_an_echo_is_nobody),
        cmocka_unit_test(test_simultaneous_start),      cmocka_unit_test(test_one_silent_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
