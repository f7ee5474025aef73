/* The shelf: which cues may be up, how soon again, and what is told of them. */
#include "cues/shelf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All on, each as important as its kind comes early, ten seconds to cool down, and words of its own. */
static ut_playbook book(const char *team) {
    ut_playbook made = {.language = UT_GERMAN};
    for (ut_cue_kind k = 0; k < UT_CUE_KINDS; k++) {
        made.rules[k] = (ut_rule){.on = true, .priority = k + 1, .cool_down_s = 10};
        snprintf(made.rules[k].text[UT_GERMAN], UT_TEXT_SIZE, "%s %s[ {queue}]", team, ut_cue_name(k));
        snprintf(made.rules[k].advice[UT_GERMAN], UT_ADVICE_SIZE, "%s rät", team);
    }
    return made;
}

static ut_playbook playbook;
static ut_shelf shelf;

static int set_up(void **state) {
    (void)state;
    playbook = book("A");
    ut_shelf_init(&shelf, &(ut_call_options){.playbook = &playbook});
    return 0;
}

static ut_cue cue_of(ut_cue_kind kind) {
    return (ut_cue){.kind = kind, .score = 0.8f, .score_usual = 0.2f, .severity = UT_NOTICE, .n_reasons = 1};
}

static bool raise_at(double t_s, ut_cue_kind kind) { return ut_shelf_raise(&shelf, t_s, cue_of(kind)); }

static ut_cue is_told(double t_s, ut_cue_kind kind, ut_cue_state state) {
    ut_cue cue;
    double told_s;
    assert_true(ut_shelf_next(&shelf, &told_s, &cue));
    assert_string_equal(ut_cue_name(cue.kind), ut_cue_name(kind));
    assert_string_equal(ut_cue_state_name(cue.state), ut_cue_state_name(state));
    assert_true(told_s == t_s);
    return cue;
}

static void nothing_is_told(void) {
    ut_cue cue;
    double t_s;
    assert_false(ut_shelf_next(&shelf, &t_s, &cue));
}

static void forget_told(void) {
    ut_cue cue;
    for (double t_s; ut_shelf_next(&shelf, &t_s, &cue);) continue;
}

/* ---- one cue ---- */

static void a_cue_keeps_its_id(void **state) {
    (void)state;
    assert_true(raise_at(3, UT_CUE_STRESS));
    assert_true(raise_at(4, UT_CUE_DEAD_AIR));
    ut_cue louder = cue_of(UT_CUE_STRESS);
    louder.score = 0.9f;
    louder.severity = UT_URGENT;
    ut_shelf_update(&shelf, 5, louder);
    ut_shelf_clear(&shelf, UT_CUE_STRESS, 6);
    assert_true(raise_at(16, UT_CUE_STRESS));

    ut_cue cue = is_told(3, UT_CUE_STRESS, UT_CUE_RAISED);
    assert_int_equal(cue.id, 1);
    assert_int_equal(cue.priority, UT_CUE_STRESS + 1);
    assert_true(cue.score == 0.8f && cue.score_usual == 0.2f);
    assert_string_equal(cue.text, "A stress");
    assert_string_equal(cue.advice, "A rät");
    assert_int_equal(is_told(4, UT_CUE_DEAD_AIR, UT_CUE_RAISED).id, 2);
    cue = is_told(5, UT_CUE_STRESS, UT_CUE_UPDATED);
    assert_int_equal(cue.id, 1);
    assert_int_equal(cue.priority, UT_CUE_STRESS + 1);
    assert_string_equal(cue.text, "A stress");
    cue = is_told(6, UT_CUE_STRESS, UT_CUE_CLEARED);
    assert_int_equal(cue.id, 1);
    assert_true(cue.score == 0.9f && cue.severity == UT_URGENT); /* as it was told last */
    assert_int_equal(is_told(16, UT_CUE_STRESS, UT_CUE_RAISED).id, 3);
    nothing_is_told();
}

static void up_is_not_raised_and_down_not_cleared(void **state) {
    (void)state;
    ut_shelf_clear(&shelf, UT_CUE_DEAD_AIR, 1);
    nothing_is_told();
    assert_true(raise_at(2, UT_CUE_DEAD_AIR));
    assert_false(raise_at(3, UT_CUE_DEAD_AIR));
    ut_shelf_clear(&shelf, UT_CUE_DEAD_AIR, 4);
    ut_shelf_clear(&shelf, UT_CUE_DEAD_AIR, 5);
    is_told(2, UT_CUE_DEAD_AIR, UT_CUE_RAISED);
    is_told(4, UT_CUE_DEAD_AIR, UT_CUE_CLEARED);
    nothing_is_told();
    assert_int_equal(shelf.n_raised, 1);
}

static void off_is_off(void **state) {
    (void)state;
    for (ut_cue_kind k = 0; k < UT_CUE_KINDS; k++) {
        playbook.rules[k].on = false;
        assert_false(raise_at(1, k));
        nothing_is_told();
    }
    assert_int_equal(shelf.n_raised, 0);
}

static void it_cools_down(void **state) {
    (void)state;
    assert_true(raise_at(0, UT_CUE_FRUSTRATION)); /* which nothing must precede */
    ut_shelf_clear(&shelf, UT_CUE_FRUSTRATION, 5);
    assert_false(raise_at(14.99, UT_CUE_FRUSTRATION));
    assert_true(raise_at(15, UT_CUE_FRUSTRATION));
    ut_shelf_clear(&shelf, UT_CUE_FRUSTRATION, 16);
    assert_true(raise_at(17, UT_CUE_STRESS)); /* each by itself */
}

static void no_cue_rises_in_quiet_hours(void **state) {
    (void)state;
    const int64_t monday_noon = 4 * 86400 + 12 * 3600; /* 1970 began on a Thursday */
    playbook.n_quiet = 1;
    playbook.quiet[0] = (ut_hours){.days = UT_EVERY_DAY, .from_min = 12 * 60 + 1, .to_min = 12 * 60 + 2};
    ut_shelf_init(&shelf, &(ut_call_options){.playbook = &playbook, .local_time_s = monday_noon});
    assert_true(raise_at(59.9, UT_CUE_STRESS));
    assert_false(raise_at(60, UT_CUE_DEAD_AIR));
    assert_false(raise_at(119.9, UT_CUE_DEAD_AIR));
    ut_shelf_update(&shelf, 90, cue_of(UT_CUE_STRESS)); /* what is up stays, and is told of */
    ut_shelf_clear(&shelf, UT_CUE_STRESS, 100);
    assert_true(raise_at(120, UT_CUE_DEAD_AIR));
    is_told(59.9, UT_CUE_STRESS, UT_CUE_RAISED);
    is_told(90, UT_CUE_STRESS, UT_CUE_UPDATED);
    is_told(100, UT_CUE_STRESS, UT_CUE_CLEARED);
    is_told(120, UT_CUE_DEAD_AIR, UT_CUE_RAISED);

    ut_shelf_init(&shelf, &(ut_call_options){.playbook = &playbook}); /* the hour is not known */
    assert_true(raise_at(60, UT_CUE_DEAD_AIR));
}

/* ---- several ---- */

static void fill(double t_s) {
    assert_true(raise_at(t_s, UT_CUE_STRESS));
    assert_true(raise_at(t_s, UT_CUE_TALK_OVER));
    assert_true(raise_at(t_s, UT_CUE_MONOLOGUE));
    forget_told();
}

static void the_more_important_takes_the_place_of_the_least(void **state) {
    (void)state;
    fill(1);
    assert_false(raise_at(2, UT_CUE_TALKING_FAST)); /* less important than all that are up */
    nothing_is_told();
    assert_true(raise_at(3, UT_CUE_FRUSTRATION));
    is_told(3, UT_CUE_MONOLOGUE, UT_CUE_CLEARED);
    is_told(3, UT_CUE_FRUSTRATION, UT_CUE_RAISED);
    assert_true(raise_at(4, UT_CUE_CALMING));
    is_told(4, UT_CUE_TALK_OVER, UT_CUE_CLEARED);
    is_told(4, UT_CUE_CALMING, UT_CUE_RAISED);
    nothing_is_told();
}

static void the_equally_important_waits(void **state) {
    (void)state;
    playbook.rules[UT_CUE_TALKING_FAST].priority = playbook.rules[UT_CUE_MONOLOGUE].priority;
    fill(1);
    assert_false(raise_at(2, UT_CUE_TALKING_FAST));
    ut_shelf_clear(&shelf, UT_CUE_STRESS, 3);
    assert_true(raise_at(3, UT_CUE_TALKING_FAST));
}

/* Who is off, cooling down or up must not put anyone away on the way to being refused. */
static void who_may_not_rise_puts_none_away(void **state) {
    (void)state;
    assert_true(raise_at(0, UT_CUE_FRUSTRATION));
    ut_shelf_clear(&shelf, UT_CUE_FRUSTRATION, 0);
    fill(1);
    playbook.rules[UT_CUE_CALMING].on = false;
    assert_false(raise_at(2, UT_CUE_CALMING));
    assert_false(raise_at(2, UT_CUE_FRUSTRATION));
    assert_false(raise_at(2, UT_CUE_STRESS));
    nothing_is_told();
}

static void what_was_put_away_cools_down(void **state) {
    (void)state;
    fill(1);
    assert_true(raise_at(3, UT_CUE_FRUSTRATION));
    ut_shelf_clear(&shelf, UT_CUE_FRUSTRATION, 4);
    assert_false(raise_at(12.9, UT_CUE_MONOLOGUE));
    assert_true(raise_at(13, UT_CUE_MONOLOGUE));
}

/* The supervisor's cue neither takes a place nor gives one, whatever its priority. */
static void the_supervisors_takes_no_room(void **state) {
    (void)state;
    fill(1);
    assert_true(raise_at(2, UT_CUE_ESCALATE));
    is_told(2, UT_CUE_ESCALATE, UT_CUE_RAISED);
    nothing_is_told();
    assert_true(raise_at(3, UT_CUE_FRUSTRATION));
    is_told(3, UT_CUE_MONOLOGUE, UT_CUE_CLEARED);
    is_told(3, UT_CUE_FRUSTRATION, UT_CUE_RAISED);
    assert_false(raise_at(4, UT_CUE_DEAD_AIR));
    ut_shelf_clear(&shelf, UT_CUE_ESCALATE, 5);
    assert_false(raise_at(6, UT_CUE_DEAD_AIR));
}

/* However it goes: by itself, or put away by what this team finds more important. */
static void the_supervisors_goes_with_the_agents(void **state) {
    (void)state;
    assert_true(raise_at(1, UT_CUE_FRUSTRATION));
    assert_true(raise_at(2, UT_CUE_ESCALATE));
    ut_shelf_clear(&shelf, UT_CUE_FRUSTRATION, 3);
    forget_told();
    assert_false(shelf.cue[UT_CUE_ESCALATE].up);

    playbook.rules[UT_CUE_FRUSTRATION].priority = 50;
    assert_true(raise_at(20, UT_CUE_FRUSTRATION));
    assert_true(raise_at(21, UT_CUE_ESCALATE));
    assert_true(raise_at(22, UT_CUE_TALK_OVER));
    assert_true(raise_at(22, UT_CUE_MONOLOGUE));
    forget_told();
    assert_true(raise_at(23, UT_CUE_DEAD_AIR));
    is_told(23, UT_CUE_FRUSTRATION, UT_CUE_CLEARED);
    is_told(23, UT_CUE_ESCALATE, UT_CUE_CLEARED);
    is_told(23, UT_CUE_DEAD_AIR, UT_CUE_RAISED);
}

/* ---- playbooks ---- */

static void the_next_cue_says_what_the_playbook_says_now(void **state) {
    (void)state;
    ut_playbook other = book("B");
    other.rules[UT_CUE_STRESS].priority = 50;
    char queue[] = "billing"; /* copied: it may go */
    ut_shelf_init(&shelf, &(ut_call_options){.playbook = &playbook, .about = {.queue = queue}});
    memset(queue, 'x', 7);
    raise_at(1, UT_CUE_STRESS);
    ut_shelf_set_playbook(&shelf, &other);
    raise_at(2, UT_CUE_DEAD_AIR);
    ut_shelf_update(&shelf, 2.5, (ut_cue){.kind = UT_CUE_STRESS, .score = 0.5f});
    ut_shelf_clear(&shelf, UT_CUE_STRESS, 3);
    raise_at(13, UT_CUE_STRESS);
    assert_string_equal(is_told(1, UT_CUE_STRESS, UT_CUE_RAISED).text, "A stress billing");
    assert_string_equal(is_told(2, UT_CUE_DEAD_AIR, UT_CUE_RAISED).text, "B dead_air billing");
    ut_cue updated = is_told(2.5, UT_CUE_STRESS, UT_CUE_UPDATED);
    assert_string_equal(updated.text, "A stress billing");
    assert_int_equal(updated.priority, UT_CUE_STRESS + 1);
    ut_cue cleared = is_told(3, UT_CUE_STRESS, UT_CUE_CLEARED);
    assert_string_equal(cleared.text, "A stress billing");
    assert_string_equal(cleared.advice, "A rät");
    assert_int_equal(cleared.priority, UT_CUE_STRESS + 1);
    ut_cue again = is_told(13, UT_CUE_STRESS, UT_CUE_RAISED);
    assert_string_equal(again.text, "B stress billing");
    assert_int_equal(again.priority, 50);
}

static void no_playbook_is_the_default(void **state) {
    (void)state;
    ut_shelf_init(&shelf, &(ut_call_options){0});
    assert_ptr_equal(ut_shelf_rule(&shelf, UT_CUE_STRESS), &ut_playbook_default.rules[UT_CUE_STRESS]);
    ut_shelf_set_playbook(&shelf, &playbook);
    assert_ptr_equal(ut_shelf_rule(&shelf, UT_CUE_STRESS), &playbook.rules[UT_CUE_STRESS]);
    ut_shelf_set_playbook(&shelf, NULL);
    assert_ptr_equal(ut_shelf_rule(&shelf, UT_CUE_STRESS), &ut_playbook_default.rules[UT_CUE_STRESS]);
}

/* ---- the queue ---- */

static void what_is_told_waits_in_order(void **state) {
    (void)state;
    raise_at(0, UT_CUE_STRESS);
    is_told(0, UT_CUE_STRESS, UT_CUE_RAISED);
    for (int round = 0; round < 5; round++) { /* the ring goes round several times */
        for (int i = 0; i < UT_CUES_WAITING; i++) ut_shelf_update(&shelf, i, cue_of(UT_CUE_STRESS));
        for (int i = 0; i < UT_CUES_WAITING; i++) is_told(i, UT_CUE_STRESS, UT_CUE_UPDATED);
        nothing_is_told();
    }
}

static void what_is_too_much_is_not_told(void **state) {
    (void)state;
    raise_at(0, UT_CUE_STRESS);
    for (int i = 1; i < 1000; i++) ut_shelf_update(&shelf, i, cue_of(UT_CUE_STRESS));
    is_told(0, UT_CUE_STRESS, UT_CUE_RAISED);
    for (int i = 1; i < UT_CUES_WAITING; i++) is_told(i, UT_CUE_STRESS, UT_CUE_UPDATED);
    nothing_is_told();
    ut_shelf_clear(&shelf, UT_CUE_STRESS, 1000);
    is_told(1000, UT_CUE_STRESS, UT_CUE_CLEARED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_cue_keeps_its_id, set_up),
        cmocka_unit_test_setup(up_is_not_raised_and_down_not_cleared, set_up),
        cmocka_unit_test_setup(off_is_off, set_up),
        cmocka_unit_test_setup(it_cools_down, set_up),
        cmocka_unit_test_setup(no_cue_rises_in_quiet_hours, set_up),
        cmocka_unit_test_setup(the_more_important_takes_the_place_of_the_least, set_up),
        cmocka_unit_test_setup(the_equally_important_waits, set_up),
        cmocka_unit_test_setup(who_may_not_rise_puts_none_away, set_up),
        cmocka_unit_test_setup(what_was_put_away_cools_down, set_up),
        cmocka_unit_test_setup(the_supervisors_takes_no_room, set_up),
        cmocka_unit_test_setup(the_supervisors_goes_with_the_agents, set_up),
        cmocka_unit_test_setup(the_next_cue_says_what_the_playbook_says_now, set_up),
        cmocka_unit_test_setup(no_playbook_is_the_default, set_up),
        cmocka_unit_test_setup(what_is_told_waits_in_order, set_up),
        cmocka_unit_test_setup(what_is_too_much_is_not_told, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
