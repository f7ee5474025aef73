/* Turn-taking from scripts of both voices: DESIGN's definitions as a table. */
#include "cues/turns.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A script is lengths and sounds, "30x 5." is 3 s of voice and half a second of silence: x voice, u speech without
 * voice, m hold music, . silence; the lengths are tenths of a second. */
typedef struct script {
    const char *at;
    long hops;
} script;

static ut_voice_hop next_hop(script *s) {
    while (s->hops == 0 && *s->at) {
        char *sound;
        while (isspace((unsigned char)*s->at)) s->at++;
        if (!*s->at) break;
        s->hops = 10 * strtol(s->at, &sound, 10);
        s->at = sound;
        if (s->hops == 0) s->at++;
    }
    if (s->hops == 0) return (ut_voice_hop){0};
    ut_voice_hop hop = {.speech = *s->at == 'x' || *s->at == 'u', .voiced = *s->at == 'x', .hold = *s->at == 'm'};
    if (--s->hops == 0) s->at++;
    return hop;
}

static void play(ut_turns *turns, const char *customer, const char *agent) {
    script c = {.at = customer}, a = {.at = agent};
    ut_turns_init(turns);
    for (int hop = 0; hop < 100000 && (*c.at || *a.at); hop++) {
        ut_voice_hop from_customer = next_hop(&c), from_agent = next_hop(&a);
        ut_turns_step(turns, &from_customer, &from_agent);
    }
}

typedef struct turn_case {
    const char *what, *customer, *agent;
    unsigned overlaps, interruptions;
    double dead_air_s, talk_share, latency_s, monologue_s;
} turn_case;

static const turn_case cases[] = {
    {"nobody speaks", "100.", "100.", 0, 0, 0, NAN, NAN, 0},
    {"question and answer", "30x 100.", "40. 30x 60.", 0, 0, 6, 0.5, 1.0, 0},
    {"answered at once", "30x 30.", "31. 29x", 0, 0, 0, 29.0 / 59, 0.1, 2.9},
    {"answered without a gap", "30x 30.", "30. 30x", 0, 0, 0, 0.5, 0.0, 3},
    {"the median of three answers", "20x 50. 20x 80. 20x 30.", "30. 10x 70. 10x 75. 25x", 0, 0, 8, 45.0 / 105, 1, 2.5},
    {"a word is not a turn to answer", "5x 50.", "20. 35x", 0, 0, 0, 35.0 / 40, NAN, 3.5},
    {"a short silence is no dead air", "20x 29. 20x", "69.", 0, 0, 0, 0, NAN, 0},
    {"three seconds are", "20x 30. 20x", "70.", 0, 0, 3, 0, NAN, 0},
    {"the other ends the silence", "20x 60. 20.", "20. 40. 20x 20.", 0, 0, 4, 0.5, 4, 4},
    {"a turn change with a tenth of a gap", "31. 40x", "30x 41.", 0, 0, 0, 30.0 / 70, NAN, 0},
    {"a turn change without a gap", "30. 40x", "30x 40.", 0, 0, 0, 30.0 / 70, NAN, 0},
    {"both for two seconds, nobody yields in time", "30. 30x 5.", "50x 15.", 1, 0, 0, 50.0 / 80, NAN, -1},
    {"the customer takes the floor", "30. 30x", "40x 20.", 1, 1, 0, 40.0 / 70, NAN, -1},
    {"the agent takes the floor", "40x 20.", "30. 30x", 1, 1, 0, 30.0 / 70, NAN, -1},
    {"too early in the turn to interrupt", "8. 40x", "15x 33.", 1, 0, 0, 15.0 / 55, NAN, -1},
    {"took the floor, did not hold it", "32. 14x 30.", "40x 36.", 1, 0, 3, 40.0 / 54, NAN, -1},
    {"gave the floor back", "30. 40x", "40x 5. 15x 10.", 2, 0, 0, 55.0 / 95, NAN, -1},
    {"a backchannel", "30. 7x 63.", "100x", 0, 0, 0, 100.0 / 107, NAN, 10},
    {"three backchannels", "20. 5x 20. 6x 20. 7x 22.", "100x", 0, 0, 0, 100.0 / 118, NAN, 10},
    {"overlap too short to count", "36. 30x", "40x 26.", 0, 1, 0, 40.0 / 70, NAN, -1},
    {"breath over a voice", "30. 30u", "50x 10.", 0, 0, 0, 50.0 / 80, NAN, -1},
    {"a long turn", "600.", "600x", 0, 0, 0, 1, NAN, 60},
    {"a long turn with pauses", "600.", "200x 20. 380x", 0, 0, 0, 1, NAN, 60},
    {"a long silence begins another turn", "185.", "100x 35. 50x", 0, 0, 3.5, 1, NAN, 5},
    {"an answer over a turn that goes on", "200. 12x 88.", "300x", 1, 0, 0, 300.0 / 312, NAN, 8.8},
    {"the customer's long turn is no monologue", "600x", "600.", 0, 0, 0, 0, NAN, 0},
};

static int wrong;

static void near(const char *what, const char *figure, double got, double wanted, double tolerance) {
    if (isnan(wanted) ? isnan(got) : fabs(got - wanted) <= tolerance) return;
    wrong++;
    print_error("%s: %s is %g, not %g\n", what, figure, got, wanted);
}

static void follows_the_table(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const turn_case *c = &cases[i];
        ut_turns turns;
        ut_dynamics told;
        play(&turns, c->customer, c->agent);
        ut_turns_tell(&turns, &told);
        near(c->what, "overlaps", told.overlaps, c->overlaps, 0);
        near(c->what, "interruptions", told.interruptions, c->interruptions, 0);
        near(c->what, "dead_air_s", (double)told.dead_air_s, c->dead_air_s, 0.15);
        near(c->what, "agent_talk_share", (double)told.agent_talk_share, c->talk_share, 1e-4);
        near(c->what, "response_latency_median_s", (double)told.response_latency_median_s, c->latency_s, 0.05);
        if (c->monologue_s >= 0) near(c->what, "monologue", (double)turns.monologue_hops / 100, c->monologue_s, 0.05);
    }
    assert_int_equal(wrong, 0);
}

/* What a table of tenths cannot say: sounds too short to be a burst end no silence. */
static void a_click_is_no_speech(void **state) {
    (void)state;
    const ut_voice_hop speech = {.speech = true, .voiced = true}, silence = {0};
    ut_turns turns;
    ut_turns_init(&turns);
    for (int hop = 0; hop < 100; hop++) ut_turns_step(&turns, &speech, &silence);
    for (int hop = 0; hop < 600; hop++) ut_turns_step(&turns, &silence, hop % 100 < 7 ? &speech : &silence);
    assert_int_equal(turns.silent_hops, 600);
    assert_int_equal(turns.dead_air_hops, 600);
    assert_int_equal(turns.n_latencies, 0);
}

/* On hold: 2 s of nothing, 60 s of music, 8 s of nothing. Only the last is dead air, and nobody has spoken. */
static void hold_music_is_no_silence(void **state) {
    (void)state;
    ut_turns turns;
    ut_dynamics told;
    play(&turns, "20x 710.", "20. 10x 20. 600m 80.");
    ut_turns_tell(&turns, &told);
    near("hold", "dead air", (double)told.dead_air_s, 8, 0.15);
    near("hold", "talk share", (double)told.agent_talk_share, 1.0 / 3, 0.02);
    assert_int_equal(turns.silent_hops, 800);
    play(&turns, "20x 620.", "20. 300x 10. 300m 5x 5.");
    near("hold", "monologue", (double)turns.monologue_hops / 100, 1, 0.15);
    play(&turns, "20x 600.", "20. 5. 300m 5. 20x");
    ut_turns_tell(&turns, &told);
    assert_int_equal(turns.n_latencies, 0);
    assert_int_equal(wrong, 0);
}

/* The histogram's ends: nothing is lost past 20 s. */
static void a_very_late_answer_counts(void **state) {
    (void)state;
    ut_turns turns;
    ut_dynamics told;
    play(&turns, "20x 900. 10.", "20. 900. 10x");
    ut_turns_tell(&turns, &told);
    assert_int_equal(turns.n_latencies, 1);
    near("late answer", "latency", (double)told.response_latency_median_s, 20, 0.1);
    near("late answer", "dead air", (double)told.dead_air_s, 90, 0.15);
    assert_int_equal(wrong, 0);
}

/* Whatever is said, the figures stay within what they can be. */
static void random_talk_keeps_the_figures_sane(void **state) {
    (void)state;
    srand(7);
    for (int round = 0; round < 200; round++) {
        ut_turns turns;
        ut_dynamics told;
        ut_turns_init(&turns);
        int left[2] = {0};
        ut_voice_hop hops[2] = {0};
        for (int hop = 0; hop < 6000; hop++) {
            for (int v = 0; v < 2; v++) {
                if (left[v]-- > 0) continue;
                left[v] = rand() % (rand() % 8 ? 60 : 900);
                hops[v].speech = rand() % 2;
                hops[v].voiced = hops[v].speech && rand() % 4;
            }
            ut_turns_step(&turns, &hops[0], &hops[1]);
            assert_true(turns.silent_hops >= 0 && turns.silent_hops <= turns.hop);
            assert_true(turns.monologue_hops >= 0 && turns.monologue_hops <= turns.hop);
            assert_true(turns.dead_air_hops <= turns.hop);
        }
        ut_turns_tell(&turns, &told);
        assert_true(told.agent_talk_share >= 0 && told.agent_talk_share <= 1);
        assert_true(told.dead_air_s >= 0 && told.dead_air_s <= 60);
        assert_true(told.interruptions <= 60 && told.overlaps <= 120);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_table),
        cmocka_unit_test(a_click_is_no_speech),
        cmocka_unit_test(hold_music_is_no_silence),
        cmocka_unit_test(a_very_late_answer_counts),
        cmocka_unit_test(random_talk_keeps_the_figures_sane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
