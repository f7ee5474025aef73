/* Turn-taking from scripts of both voices: DESIGN's definitions as a table, then chance against a plain reading of the
 * same definitions. */
#include "cues/turns.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 400, VOICES = 2, BURSTS = 60 };

/* ---- scripts ---- */

/* A script is lengths and sounds, "30x 5." is 3 s of voice and half a second of silence: x voice, u speech without
 * voice, m hold music, . silence; the lengths are tenths of a second. */
typedef struct script {
    const char *at;
    long hops;
} script;

static ut_voice_hop hop_of(char sound) {
    bool speech = sound == 'x' || sound == 'u';
    return (ut_voice_hop){
        .speech = speech, .voiced = sound == 'x', .hold = sound == 'm', .level_db = speech || sound == 'm' ? -20 : -65};
}

static ut_voice_hop next_hop(script *s) {
    while (s->hops == 0 && *s->at) {
        char *sound;
        while (isspace((unsigned char)*s->at)) s->at++;
        if (!*s->at) break;
        s->hops = 10 * strtol(s->at, &sound, 10);
        s->at = sound;
        if (s->hops == 0) s->at++;
    }
    if (s->hops == 0) return hop_of('.');
    ut_voice_hop hop = hop_of(*s->at);
    if (--s->hops == 0) s->at++;
    return hop;
}

/* What was told, and the figures at the end. */
typedef struct told {
    ut_turns turns;
    ut_turn turn[MOST];
    int n;
    ut_dynamics dynamics;
} told;

static void collect(told *t) {
    while (t->n < MOST && ut_turns_next(&t->turns, &t->turn[t->n])) t->n++;
    assert_true(t->n < MOST);
}

static void step(told *t, const ut_voice_hop *customer, const ut_voice_hop *agent) {
    ut_turns_step(&t->turns, customer, agent);
    collect(t);
}

static void end(told *t) {
    ut_turns_finish(&t->turns);
    collect(t);
    ut_turns_tell(&t->turns, &t->dynamics);
}

static void begin(told *t) {
    t->n = 0;
    ut_turns_init(&t->turns);
}

static void play_on(told *t, const char *customer, const char *agent) {
    script c = {.at = customer}, a = {.at = agent};
    for (int hop = 0; hop < 100000 && (*c.at || *a.at); hop++) {
        ut_voice_hop from_customer = next_hop(&c), from_agent = next_hop(&a);
        step(t, &from_customer, &from_agent);
    }
}

static void play(told *t, const char *customer, const char *agent) {
    begin(t);
    play_on(t, customer, agent);
    end(t);
}

/* ---- the table ---- */

static int wrong;

static const char *name_of(const ut_turn *turn) {
    static char names[4][64];
    static unsigned next;
    char *name = names[next++ % 4];
    bool anyones = turn->kind == UT_TURN_SILENCE || turn->kind == UT_TURN_HOLD;
    snprintf(name, sizeof names[0], "%s %c %.2f %.2f", ut_turn_name(turn->kind),
             anyones                     ? '-'
             : turn->channel == UT_AGENT ? 'a'
                                         : 'c',
             turn->start_s, turn->end_s);
    return name;
}

/* "reply a 3.0 3.5": kind, whose (- nobody's), from, to. */
static bool is_turn(const ut_turn *turn, const char *wanted) {
    char kind[16], whose, name[64];
    double start_s, end_s;
    if (sscanf(wanted, "%15s %c %lf %lf", kind, &whose, &start_s, &end_s) != 4) fail_msg("%s is no turn", wanted);
    snprintf(name, sizeof name, "%s %c ", kind, whose);
    return !strncmp(name_of(turn), name, strlen(name)) && fabs(turn->start_s - start_s) <= 0.011 &&
           fabs(turn->end_s - end_s) <= 0.011;
}

/* All of the list, in any order, and nothing else. */
static void tells(const char *what, const told *t, const char *list) {
    bool used[MOST] = {0};
    char copy[1024], *at = copy;
    snprintf(copy, sizeof copy, "%s", list);
    for (char *one; (one = strsep(&at, ","));) {
        int i = 0;
        if (!*one) continue;
        while (i < t->n && (used[i] || !is_turn(&t->turn[i], one))) i++;
        if (i < t->n) used[i] = true;
        else print_error("%s: no%s\n", what, one), wrong++;
    }
    for (int i = 0; i < t->n; i++)
        if (!used[i]) print_error("%s: unexpected %s\n", what, name_of(&t->turn[i])), wrong++;
}

static void near(const char *what, const char *figure, double got, double wanted, double tolerance) {
    if (isnan(wanted) ? isnan(got) : fabs(got - wanted) <= tolerance) return;
    wrong++;
    print_error("%s: %s is %g, not %g\n", what, figure, got, wanted);
}

static void all_is_right(void) {
    int n = wrong;
    wrong = 0;
    assert_int_equal(n, 0);
}

static const struct turn_case {
    const char *what, *customer, *agent, *turns;
} cases[] = {
    {"nobody speaks", "100.", "100.", ""},
    {"question and answer", "30x 100.", "40. 30x 60.", " turn c 0 3, reply a 3 4, turn a 4 7, silence - 7 13"},
    {"answered without a gap", "30x 30.", "30. 30x", " turn c 0 3, reply a 3 3, turn a 3 6"},
    {"an overlap that nobody notices", "30x 30.", "29. 31x", " turn c 0 3, reply a 3 3, turn a 2.9 6"},
    {"a word is a turn where nobody has the floor", "5x 50.", "20. 35x", " turn c 0 0.5, reply a 0.5 2, turn a 2 5.5"},
    {"pauses belong to a turn", "20x 8. 20x 20. 20x 5.", "", " turn c 0 8.8"},
    {"silence counts from 3 s", "20x 30. 20x", "", " turn c 0 2, silence - 2 5, turn c 5 7"},
    {"and not before", "20x 29. 20x", "", " turn c 0 6.9"},
    {"an answer after a silence", "20x 60.", "70. 10x", " turn c 0 2, silence - 2 7, reply a 2 7, turn a 7 8"},
    {"silence before the first word is none", "50. 20x", "70.", " turn c 5 7"},
    {"silence to the end is one", "20x 40.", "", " turn c 0 2, silence - 2 6"},
    /* overlaps */
    {"both, and the first goes on", "20. 20x 30.", "70x", " turn a 0 7, turn c 2 4, overlap c 2 4"},
    {"both for two seconds, nobody yields in time", "30. 30x 5.", "50x 15.", " turn a 0 5, turn c 3 6, overlap c 3 5"},
    {"too short to count", "36. 30x", "40x 26.", " turn a 0 4, turn c 3.6 6.6, interruption c 3.6 4"},
    {"breath over a voice", "30. 30u", "50x 10.", " turn a 0 5, turn c 3 6"},
    {"an answer to who was talked over", "20. 20x 35. 10x", "70x 15.",
     " turn a 0 7, turn c 2 4, overlap c 2 4, reply c 7 7.5, turn c 7.5 8.5"},
    {"simultaneous start", "10. 40x", "10. 20x 20.", " turn c 1 5, turn a 1 3, overlap a 1 3"},
    {"simultaneous start, the other goes on", "10. 20x 20.", "10. 40x", " turn c 1 3, turn a 1 5, overlap a 1 3"},
    {"simultaneous answers, one yields", "30x 10. 8x", "40. 40x",
     " turn c 0 4.8, turn a 4 8, reply a 3 4, overlap a 4 4.8"},
    {"simultaneous answers", "30x 10. 30x", "40. 20x 10.", " turn c 0 7, turn a 4 6, reply a 3 4, overlap a 4 6"},
    /* interruptions */
    {"the customer takes the floor", "30. 30x", "40x 20.",
     " turn a 0 4, turn c 3 6, overlap c 3 4, interruption c 3 4"},
    {"the agent takes the floor", "40x 20.", "30. 30x", " turn c 0 4, turn a 3 6, overlap a 3 4, interruption a 3 4"},
    {"too early in the turn", "8. 40x", "15x 33.", " turn a 0 1.5, turn c 0.8 4.8, overlap c 0.8 1.5"},
    {"early in a burst, late in the turn", "28. 40x", "20x 5. 10x 33.",
     " turn a 0 3.5, turn c 2.8 6.8, overlap c 2.8 3.5, interruption c 2.8 3.5"},
    {"took the floor, did not hold it", "32. 14x 20.", "40x 26.", " turn a 0 4, turn c 3.2 4.6, overlap c 3.2 4"},
    {"gave the floor back", "30. 40x", "40x 5. 15x 10.",
     " turn a 0 4, turn c 3 7, overlap c 3 4, turn a 4.5 6, overlap a 4.5 6"},
    {"both in turn", "30. 45x", "40x 12. 40x",
     " turn a 0 4, turn c 3 7.5, overlap c 3 4, interruption c 3 4,"
     " turn a 5.2 9.2, overlap a 5.2 7.5"},
    /* backchannels */
    {"mm-hm", "30. 7x 63.", "100x", " turn a 0 10, backchannel c 3 3.7"},
    {"the agent's", "100x", "30. 7x 63.", " turn c 0 10, backchannel a 3 3.7"},
    {"three", "20. 5x 20. 6x 20. 7x 22.", "100x",
     " turn a 0 10, backchannel c 2 2.5, backchannel c 4.5 5.1, backchannel c 7.1 7.8"},
    {"in a pause of the other", "32. 4x 40.", "30x 8. 30x", " turn a 0 6.8, backchannel c 3.2 3.6"},
    {"a last word", "33. 30x", "30x 5. 2x 26.", " turn a 0 3, reply c 3 3.3, turn c 3.3 6.3, backchannel a 3.5 3.7"},
    {"at the end of the other's turn it is an answer", "29. 6x 35.", "30x 40.",
     " turn a 0 3, reply c 3 3, turn c 2.9 3.5, silence - 3.5 7"},
    {"0.8 s is a turn", "30. 8x 62.", "100x", " turn a 0 10, turn c 3 3.8, overlap c 3 3.8"},
    {"two words of an answer", "40x 40.", "43. 4x 5. 20x", " turn c 0 4, reply a 4 4.3, turn a 4.3 7.2"},
    {"a breath is none", "30. 4u 40. 4u 40.", "60x 58.", " turn a 0 6, silence - 7.8 11.8"},
    {"while the other answers", "30x 32. 5x 10.", "35. 50x",
     " turn c 0 3, reply a 3 3.5, turn a 3.5 8.5,"
     " backchannel c 6.2 6.7"},
    /* hold */
    {"music", "30x 300.", "20. 200m 110.", " turn c 0 3, hold - 3 22, silence - 22 33"},
    {"music from the other side", "20x 5. 100m 20x", "125. 20.", " turn c 0 2, hold - 2.5 12.5, turn c 12.5 14.5"},
    {"between two rings", "20x 300.", "20. 5. 10m 40. 10m 40. 10m 5. 20x",
     " turn c 0 2, hold - 2.5 13.5,"
     " turn a 14 16, silence - 16 32"},
    {"a beep is none", "20x 50. 20x", "40. 4m 26.", " turn c 0 2, silence - 2 7, turn c 7 9"},
    {"speech ends it", "20x 100.", "20. 40m 5. 20x 5. 40m", " turn c 0 2, hold - 2 6, turn a 6.5 8.5, hold - 9 13"},
    {"one silent channel", "100x 50. 30x", "", " turn c 0 10, silence - 10 15, turn c 15 18"},
    {"a long turn", "", "600x", " turn a 0 60, monologue a 0 60"},
    {"with pauses", "", "200x 20. 380x", " turn a 0 60, monologue a 0 60"},
    {"with mm-hms", "100. 5x 100. 5x 390.", "600x",
     " turn a 0 60, monologue a 0 60, backchannel c 10 10.5,"
     " backchannel c 20.5 21"},
    {"with an answer over it", "50. 12x 540.", "602x",
     " turn a 0 60.2, turn c 5 6.2, overlap c 5 6.2,"
     " monologue a 6.2 60.2"},
    {"with a silence", "", "300x 30. 300x", " turn a 0 30, silence - 30 33, turn a 33 63"},
    {"the customer's is no monologue", "600x", "", " turn c 0 60"},
};

static void follows_the_table(void **state) {
    (void)state;
    static told t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        play(&t, cases[i].customer, cases[i].agent);
        tells(cases[i].what, &t, cases[i].turns);
    }
    all_is_right();
}

/* ---- the figures ---- */

static const struct figure_case {
    const char *what, *customer, *agent;
    double dead_air_s, hold_s, share, median_s, p90_s, monologue_s;
} figures[] = {
    {"nobody speaks", "100.", "100.", 0, 0, NAN, NAN, NAN, 0},
    {"question and answer", "30x 100.", "40. 30x 60.", 6, 0, 0.5, 1.0, 1.0, 3},
    {"answered without a gap", "30x 30.", "30. 30x", 0, 0, 0.5, 0.0, 0.0, 3},
    {"three answers", "20x 50. 20x 80. 20x 30.", "30. 10x 70. 10x 75. 25x", 8, 0, 45.0 / 105, 1, 2, 2.5},
    {"the customer's answers have no latency here", "30. 10x", "20x", 0, 0, 20.0 / 30, NAN, NAN, 2},
    {"a very late answer", "20x 900.", "920. 10x", 90, 0, 1.0 / 3, 20, 20, 1},
    {"hold music", "20x 710.", "20. 10x 20. 600m 80.", 8, 60, 1.0 / 3, 0.0, 0.0, 1},
    {"who is put on hold has been answered", "20x 600.", "20. 5. 300m 5. 20x", 27, 30, 0.5, NAN, NAN, 2},
    {"the longest of two", "100. 20x", "100x 30. 60x", 0, 0, 160.0 / 180, 1, 1, 10},
};

static void the_figures(void **state) {
    (void)state;
    static told t;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        const struct figure_case *f = &figures[i];
        play(&t, f->customer, f->agent);
        near(f->what, "dead_air_s", (double)t.dynamics.dead_air_s, f->dead_air_s, 0.011);
        near(f->what, "hold_s", (double)t.dynamics.hold_s, f->hold_s, 0.011);
        near(f->what, "agent_talk_share", (double)t.dynamics.agent_talk_share, f->share, 1e-4);
        near(f->what, "response_latency_median_s", (double)t.dynamics.response_latency_median_s, f->median_s, 0.011);
        near(f->what, "response_latency_p90_s", (double)t.dynamics.response_latency_p90_s, f->p90_s, 0.011);
        near(f->what, "monologue_longest_s", (double)t.dynamics.monologue_longest_s, f->monologue_s, 0.011);
    }
    all_is_right();
}

static void counts_who_interrupted(void **state) {
    (void)state;
    static told t;
    play(&t, "40x 20.", "30. 30x");
    assert_int_equal(t.dynamics.interruptions, 1);
    assert_int_equal(t.dynamics.interruptions_by_agent, 1);
    play(&t, "30. 30x 30. 5x", "40x 30. 40x");
    assert_int_equal(t.dynamics.interruptions, 1);
    assert_int_equal(t.dynamics.interruptions_by_agent, 0);
    assert_int_equal(t.dynamics.overlaps, 1);
    assert_int_equal(t.dynamics.backchannels, 1);
}

/* ---- what a table of tenths cannot say ---- */

/* Sounds too short to be a burst end no silence. */
static void a_click_is_no_speech(void **state) {
    (void)state;
    static told t;
    const ut_voice_hop speech = hop_of('x'), silence = hop_of('.');
    begin(&t);
    for (int hop = 0; hop < 100; hop++) step(&t, &speech, &silence);
    for (int hop = 0; hop < 600; hop++) step(&t, &silence, hop % 100 < 7 ? &speech : &silence);
    assert_int_equal(t.turns.silent_hops, 600);
    assert_int_equal(t.turns.waiting_hops, 600);
    end(&t);
    tells("click", &t, " turn c 0 1, silence - 1 7");
    all_is_right();
}

/* The detector hears speech in the room around it, and is slow to hear a hum: the line's level knows better. */
static void bursts_begin_and_end_where_the_level_does(void **state) {
    (void)state;
    static told t;
    begin(&t);
    for (int hop = 0; hop < 900; hop++) {
        bool loud = hop >= 200 && hop < 500;
        ut_voice_hop customer = {.level_db = loud ? -20 : -65, .speech = hop >= 180 && hop < 530};
        ut_voice_hop agent = {.level_db = hop >= 600 && hop < 700 ? -30 : -65, .speech = hop >= 615 && hop < 700};
        step(&t, &customer, &agent);
    }
    end(&t);
    tells("level", &t, " turn c 2 5, reply a 5 6, turn a 6 7");
    all_is_right();
}

/* A voice that sets in by fits and starts is there from the first, music from where it goes on. */
static void what_flickers(void **state) {
    (void)state;
    static told t;
    const ut_voice_hop silence = hop_of('.'), speech = hop_of('x'), music = hop_of('m');
    begin(&t);
    for (int hop = 0; hop < 1200; hop++) {
        bool speaks = hop >= 100 && hop < 200 && (hop >= 112 || hop % 3 == 1);
        bool plays = hop >= 600 || (hop >= 400 && hop < 404);
        step(&t, speaks ? &speech : &silence, plays ? &music : &silence);
    }
    end(&t);
    tells("flickers", &t, " turn c 1 2, silence - 2 6, hold - 6 12");
    all_is_right();
}

/* What the cues go by, while it happens. */
static void tells_what_is_going_on(void **state) {
    (void)state;
    static told t;
    begin(&t);
    play_on(&t, "20x 10.", "");
    assert_int_equal(t.turns.waiting_hops, 100);
    assert_int_equal(t.turns.silent_hops, 100);
    play_on(&t, "15x 20.", "35x");
    assert_int_equal(t.turns.waiting_hops, 0);
    assert_int_equal(t.turns.silent_hops, 0);
    assert_int_equal(t.turns.monologue_hops, 200); /* since the customer was silent */
    play_on(&t, "4x", "4x");
    assert_int_equal(t.turns.overlap_hops, 0); /* may be a backchannel */
    play_on(&t, "5x", "5x");
    assert_int_equal(t.turns.overlap_hops, 90);
    assert_int_equal(t.turns.monologue_hops, 0);
}

/* Seconds: 1 and 2 and 3 and 5 of latency. */
static void knows_the_usual_reply(void **state) {
    (void)state;
    static told t;
    begin(&t);
    play_on(&t, "20x 20. 20x 30.", "30. 10x 40. 10x");
    assert_true(isnan(t.turns.usual_reply_s));
    play_on(&t, "20x 50.", "50. 20x");
    assert_true(fabsf(t.turns.usual_reply_s - 2) < 0.02f);
    play_on(&t, "20x 70.", "70. 20x");
    assert_true(fabsf(t.turns.usual_reply_s - 2) < 0.02f);
}

static void an_announced_hold_needs_no_music(void **state) {
    (void)state;
    static told t;
    begin(&t);
    play_on(&t, "20x 10.", "");
    t.turns.announced = true;
    play_on(&t, "200.", "");
    assert_int_equal(t.turns.silent_hops, 0);
    assert_int_equal(t.turns.waiting_hops, 0);
    t.turns.announced = false;
    play_on(&t, "10.", "10. 20x");
    end(&t);
    tells("announced", &t, " turn c 0 2, hold - 3 23, turn a 24 26");
    all_is_right();
}

static void shares_of_the_last_two_minutes(void **state) {
    (void)state;
    static told t;
    begin(&t);
    play_on(&t, "600x 600.", "600. 600x");
    near("two minutes", "share", (double)ut_talk_share_120s(&t.turns.talk, UT_AGENT), 0.5, 1e-4);
    play_on(&t, "", "300x");
    near("half gone", "share", (double)ut_talk_share_120s(&t.turns.talk, UT_AGENT), 0.75, 1e-4);
    near("half gone", "share of all", (double)ut_talk_share(&t.turns.talk, UT_AGENT), 0.6, 1e-4);
    play_on(&t, "1205.", "");
    assert_true(isnan(ut_talk_share_120s(&t.turns.talk, UT_CUSTOMER)));
    near("silence", "share of all", (double)ut_talk_share(&t.turns.talk, UT_CUSTOMER), 0.4, 1e-4);
    all_is_right();
}

static void a_pace_against_its_own(void **state) {
    (void)state;
    ut_talk talk = {0};
    ut_voice_hop reading = {.reading = true, .speech_s = 3, .activity = {.speaking = true}};
    for (int i = 0; i < 40; i++) {
        reading.activity.rate_syl_s = i % 2 ? 4.5f : 3.5f;
        ut_talk_read(&talk, UT_AGENT, &reading);
        if (i < 30) assert_true(talk.pace[UT_AGENT].rate_z == 0);
        else assert_true(fabsf(talk.pace[UT_AGENT].rate_z) < 1.2f);
    }
    reading.activity.rate_syl_s = 6;
    ut_talk_read(&talk, UT_AGENT, &reading);
    assert_true(fabsf(talk.pace[UT_AGENT].rate_z - 4) < 0.2f); /* 2 over the mean, deviation 0.5 */
    assert_true(talk.pace[UT_AGENT].rate_syl_s == 6);
    reading.activity.speaking = false;
    reading.activity.rate_syl_s = 1;
    ut_talk_read(&talk, UT_AGENT, &reading);
    assert_true(talk.pace[UT_AGENT].rate_syl_s == 6);
    assert_true(talk.pace[UT_CUSTOMER].readings == 0);
}

/* ---- chance ---- */

/* A burst in hops. */
typedef struct burst {
    int start, end;
} burst;

typedef struct schedule {
    burst b[VOICES][BURSTS], mm_hm[VOICES][BURSTS]; /* of 0.8 s and more; shorter ones within the other's */
    int n[VOICES], n_mm_hm[VOICES], hops;
} schedule;

static bool is_in(const burst *b, int n, int from, int to) {
    for (int i = 0; i < n; i++)
        if (b[i].start < to && b[i].end > from) return true;
    return false;
}

static bool speaks_within(const schedule *s, int v, int from, int to) { return is_in(s->b[v], s->n[v], from, to); }

/* One in each long burst of the other's, where there is room. */
static void add_mm_hms(schedule *s, int v) {
    s->n_mm_hm[v] = 0;
    for (int i = 0; i < s->n[!v]; i++) {
        const burst *other = &s->b[!v][i];
        int start = other->start + 100 + 20 * (rand() % 10), end = start + 15 + rand() % 60;
        if (end + 20 > other->end || speaks_within(s, v, start - 60, end + 60)) continue;
        s->mm_hm[v][s->n_mm_hm[v]++] = (burst){start, end};
    }
}

/* Times are multiples of 0.2 s, the agent's 70 ms later: none of the definitions is met by a hair. */
static void make_schedule(schedule *s) {
    s->hops = 0;
    for (int v = 0; v < VOICES; v++) {
        s->n[v] = 0;
        for (int at = 20 * (rand() % 10) + 7 * v; s->n[v] < 20;) {
            int end = at + 80 + 20 * (rand() % (rand() % 3 ? 8 : 30));
            s->b[v][s->n[v]++] = (burst){at, end};
            at = end + 40 + 20 * (rand() % (rand() % 3 ? 10 : 40));
            if (end > s->hops) s->hops = end;
        }
    }
    s->hops += 100;
    for (int v = 0; v < VOICES; v++) add_mm_hms(s, v);
}

static void play_schedule(told *t, const schedule *s, bool mirrored) {
    const ut_voice_hop speech = hop_of('x'), silence = hop_of('.');
    begin(t);
    for (int hop = 0; hop < s->hops; hop++) {
        const ut_voice_hop *hops[VOICES];
        for (int v = 0; v < VOICES; v++) {
            bool mm_hm = is_in(s->mm_hm[v], s->n_mm_hm[v], hop, hop + 1);
            hops[v] = mm_hm || speaks_within(s, v, hop, hop + 1) ? &speech : &silence;
        }
        step(t, hops[mirrored], hops[!mirrored]);
    }
    end(t);
}

/* Where the turn began that burst i belongs to. */
static int turn_start(const schedule *s, int v, int i) {
    for (; i > 0; i--) {
        int gap_start = s->b[v][i - 1].end, gap_end = s->b[v][i].start;
        if (speaks_within(s, !v, gap_start, gap_end - 12) || gap_end - gap_start >= 300) break;
    }
    return s->b[v][i].start;
}

/* Who came in with burst j while the other was in burst i. */
static bool interrupts(const schedule *s, int v, int i, int j) {
    int came_in = s->b[!v][j].start, yielded = s->b[v][i].end, over = yielded - came_in, held = came_in;
    if (came_in - s->b[v][i].start <= 12) return false; /* simultaneous */
    if (came_in - turn_start(s, v, i) < 100 || over < 12 || over > 150 || s->b[!v][j].end < yielded) return false;
    if (speaks_within(s, v, yielded, yielded + 100)) return false;
    for (; j < s->n[!v] && s->b[!v][j].start - held < 100; j++) {
        held = s->b[!v][j].end;
        if (held >= yielded + 100) return !speaks_within(s, v, yielded, s->b[!v][j].start);
    }
    return false;
}

typedef struct counts {
    int overlaps, interruptions, silences, silent_hops, turns;
} counts;

static counts count(const schedule *s) {
    counts c = {0};
    for (int v = 0; v < VOICES; v++)
        for (int i = 0; i < s->n[v]; i++) {
            c.turns += turn_start(s, v, i) == s->b[v][i].start;
            for (int j = 0; j < s->n[!v]; j++) {
                const burst *first = &s->b[v][i], *second = &s->b[!v][j];
                if (second->start < first->start || second->start >= first->end) continue;
                int end = first->end < second->end ? first->end : second->end;
                c.overlaps += end - second->start >= 50;
                c.interruptions += interrupts(s, v, i, j);
            }
        }
    bool spoke = false;
    for (int hop = 0, quiet = 0; hop <= s->hops; hop++) {
        bool speech = speaks_within(s, 0, hop, hop + 1) || speaks_within(s, 1, hop, hop + 1);
        if ((speech || hop == s->hops) && spoke && quiet >= 300) c.silences++, c.silent_hops += quiet;
        quiet = speech ? 0 : quiet + 1;
        spoke = spoke || speech;
    }
    return c;
}

static int count_told(const told *t, ut_turn_kind kind) {
    int n = 0;
    for (int i = 0; i < t->n; i++) n += t->turn[i].kind == kind;
    return n;
}

static void chance_is_counted_as_by_hand(void **state) {
    (void)state;
    static told t;
    srand(7);
    counts all = {0};
    int mm_hms = 0;
    for (int round = 0; round < 300; round++) {
        schedule s;
        make_schedule(&s);
        play_schedule(&t, &s, false);
        counts c = count(&s);
        assert_int_equal(t.dynamics.overlaps, c.overlaps);
        assert_int_equal(t.dynamics.interruptions, c.interruptions);
        assert_int_equal(t.dynamics.backchannels, s.n_mm_hm[0] + s.n_mm_hm[1]);
        assert_int_equal(count_told(&t, UT_TURN_SILENCE), c.silences);
        assert_int_equal(count_told(&t, UT_TURN_TURN), c.turns);
        near("chance", "dead air", (double)t.dynamics.dead_air_s, c.silent_hops / 100.0, 0.001);
        mm_hms += s.n_mm_hm[0] + s.n_mm_hm[1];
        all.overlaps += c.overlaps;
        all.interruptions += c.interruptions;
        all.silences += c.silences;
    }
    all_is_right();
    assert_true(mm_hms > 500 && all.overlaps > 1000 && all.interruptions > 100 && all.silences > 100);
}

/* Who is who makes no difference but to what is asked of the agent alone. */
static void mirrored_voices_give_mirrored_turns(void **state) {
    (void)state;
    static told t, mirrored;
    srand(8);
    for (int round = 0; round < 100; round++) {
        schedule s;
        make_schedule(&s);
        play_schedule(&t, &s, false);
        play_schedule(&mirrored, &s, true);
        for (int i = 0; i < t.n; i++) {
            int j = 0;
            ut_turn one = t.turn[i];
            if (one.kind == UT_TURN_MONOLOGUE) continue;
            if (one.kind != UT_TURN_SILENCE) one.channel = one.channel == UT_AGENT ? UT_CUSTOMER : UT_AGENT;
            while (j < mirrored.n && strcmp(name_of(&mirrored.turn[j]), name_of(&one))) j++;
            if (j == mirrored.n) fail_msg("round %d: no mirrored %s", round, name_of(&one));
        }
        assert_int_equal(t.n - count_told(&t, UT_TURN_MONOLOGUE),
                         mirrored.n - count_told(&mirrored, UT_TURN_MONOLOGUE));
    }
}

/* Whatever is said, the figures stay within what they can be, and times in order. */
static void random_sounds_keep_the_figures_sane(void **state) {
    (void)state;
    static told t;
    srand(9);
    for (int round = 0; round < 200; round++) {
        int left[VOICES] = {0};
        ut_voice_hop hops[VOICES] = {0};
        begin(&t);
        for (int hop = 0; hop < 6000; hop++) {
            for (int v = 0; v < VOICES; v++) {
                if (left[v]-- > 0) continue;
                left[v] = rand() % (rand() % 8 ? 60 : 900);
                hops[v] = hop_of("xxu.m..."[rand() % 8]);
            }
            if (rand() % 1000 == 0) t.turns.announced = !t.turns.announced;
            step(&t, &hops[0], &hops[1]);
            assert_in_range(t.turns.silent_hops, 0, t.turns.hop);
            assert_in_range(t.turns.monologue_hops, 0, t.turns.hop);
            assert_in_range(t.turns.waiting_hops, 0, t.turns.hop);
            assert_in_range(t.turns.overlap_hops, 0, t.turns.hop);
        }
        end(&t);
        for (int i = 0; i < t.n; i++) {
            assert_true(t.turn[i].start_s >= 0 && t.turn[i].end_s <= 60.01);
            assert_true(t.turn[i].end_s >= t.turn[i].start_s);
        }
        const ut_dynamics *d = &t.dynamics;
        assert_true(d->agent_talk_share >= 0 && d->agent_talk_share <= 1);
        assert_true(d->dead_air_s >= 0 && d->hold_s >= 0 && d->dead_air_s + d->hold_s <= 60.01f);
        assert_true(d->interruptions_by_agent <= d->interruptions && d->interruptions <= 60 && d->overlaps <= 120);
        assert_true(d->monologue_longest_s >= 0 && d->monologue_longest_s <= 60);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_table),
        cmocka_unit_test(the_figures),
        cmocka_unit_test(counts_who_interrupted),
        cmocka_unit_test(a_click_is_no_speech),
        cmocka_unit_test(bursts_begin_and_end_where_the_level_does),
        cmocka_unit_test(what_flickers),
        cmocka_unit_test(tells_what_is_going_on),
        cmocka_unit_test(knows_the_usual_reply),
        cmocka_unit_test(an_announced_hold_needs_no_music),
        cmocka_unit_test(shares_of_the_last_two_minutes),
        cmocka_unit_test(a_pace_against_its_own),
        cmocka_unit_test(chance_is_counted_as_by_hand),
        cmocka_unit_test(mirrored_voices_give_mirrored_turns),
        cmocka_unit_test(random_sounds_keep_the_figures_sane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
