/* Evidence: the same sum as a product of odds, and what must hold whatever comes. */
#include "cues/evidence.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* NaN is near nothing. */
#define is_near(got, wanted, tolerance) assert_true(fabs((double)(got) - (double)(wanted)) <= (double)(tolerance))

static const ut_rule rule = {.on = true, .raise = 0.62f, .clear = 0.40f, .evidence = 4, .after_s = 1};
static const ut_rule patient = {.on = true, .raise = 0.62f, .clear = 0.40f, .evidence = 1000};

/* 0 and 1 often, for they do come. */
static float chance(void) { return fminf(fmaxf(1.2f * (float)rand() / (float)RAND_MAX - 0.1f, 0), 1); }

static float chance_or_nan(void) { return rand() % 5 ? chance() : NAN; }

/* ---- the reference: how many times likelier, multiplied up, never under even and never over what is enough ---- */

typedef struct likelihood {
    double for_it, against;
    unsigned agreeing;
} likelihood;

static double odds(double p) {
    double q = p < 0.002 ? 0.002 : p > 0.998 ? 0.998 : p;
    return q / (1 - q);
}

static double between(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static double ratio_for(const ut_rule *r, float score, float score_usual) {
    double now = odds((double)score), usual = isnan(score_usual) ? now : odds((double)score_usual);
    double times_likelier = between(now / usual, 0, exp(6));
    double ratio = between(sqrt(now * times_likelier) / odds((double)r->raise), exp(-4), exp(4));
    bool speaks = !isnan(score_usual) && score_usual < 0.5f && score >= r->clear;
    return speaks || ratio < 1 ? ratio : 1;
}

static void multiply(likelihood *l, const ut_rule *r, float score, float score_usual) {
    double ratio = ratio_for(r, score, score_usual), enough = exp((double)r->evidence);
    l->for_it = between(l->for_it * ratio, 1, enough);
    if (ratio > 1) l->agreeing++;
    if (ratio <= 1 && l->for_it == 1) l->agreeing = 0;
    double ratio_against = between(odds((double)r->clear) / odds((double)score), exp(-4), exp(4));
    l->against = between(l->against * ratio_against, 1, enough);
}

/* A ratio that is even but for rounding might go either way. */
static bool is_clear_cut(const ut_rule *r, float score, float score_usual) {
    return fabs(log(ratio_for(r, score, score_usual))) > 1e-4 || isnan(score_usual) || score_usual >= 0.5f ||
           score < r->clear;
}

static void it_is_a_product_of_odds(void **state) {
    (void)state;
    unsigned raised = 0, gone = 0;
    for (unsigned round = 0; round < 400; round++) {
        srand(round);
        ut_rule r = {.raise = chance(), .evidence = 1 + (float)(rand() % 12), .after_s = (float)(rand() % 4)};
        r.clear = r.raise * chance();
        ut_evidence e = {0};
        likelihood l = {1, 1, 0};
        for (int i = 0; i < 100; i++) {
            float score = chance(), score_usual = chance_or_nan();
            if (!is_clear_cut(&r, score, score_usual)) continue;
            bool agrees = ut_evidence_add(&e, &r, score, score_usual);
            assert_int_equal(agrees, ratio_for(&r, score, score_usual) > 1);
            multiply(&l, &r, score, score_usual);
            is_near(e.for_it, log(l.for_it), 1e-3);
            is_near(e.against, log(l.against), 1e-3);
            l.for_it = exp((double)e.for_it); /* so that rounding does not add up to a reading */
            l.against = exp((double)e.against);
            assert_int_equal(e.agreeing, l.agreeing);
            assert_int_equal(ut_evidence_is_enough(&e, &r),
                             e.for_it >= r.evidence && 0.5 * l.agreeing >= (double)r.after_s);
            assert_int_equal(ut_evidence_has_gone(&e, &r), e.against >= r.evidence);
            raised += ut_evidence_is_enough(&e, &r);
            gone += ut_evidence_has_gone(&e, &r);
        }
    }
    assert_true(raised > 500 && gone > 500);
}

/* ---- what must hold ---- */

static void never_under_nothing_nor_over_enough(void **state) {
    (void)state;
    srand(1);
    ut_evidence e = {0};
    for (int i = 0; i < 20000; i++) {
        bool high = i / 40 & 1;
        ut_evidence_add(&e, &rule, high ? 0.5f + chance() / 2 : chance() / 2, chance() / 3);
        assert_true(e.for_it >= 0 && e.for_it <= rule.evidence);
        assert_true(e.against >= 0 && e.against <= rule.evidence);
    }
}

/* What the reasons cannot take away is not said; it may still speak against. */
static void the_unexplained_speaks_against_alone(void **state) {
    (void)state;
    static const float unexplained[] = {NAN, 0.5f, 0.75f, 1};
    for (int u = 0; u < 4; u++) {
        for (float score = 0; score <= 1; score += 0.01f) {
            ut_evidence e = {.for_it = 2, .agreeing = 3};
            assert_false(ut_evidence_add(&e, &rule, score, unexplained[u]));
            assert_true(e.for_it <= 2);
        }
        ut_evidence e = {.for_it = 2, .agreeing = 3};
        ut_evidence_add(&e, &rule, 0.2f, unexplained[u]);
        assert_true(e.for_it < 2);
    }
    ut_evidence e = {0};
    assert_true(ut_evidence_add(&e, &rule, 0.9f, 0.499f));
}

/* However far it has come up: what is called calm is not evidence for a cue. */
static void under_clear_nothing_speaks_for_it(void **state) {
    (void)state;
    const ut_rule eager = {.on = true, .raise = 0.1f, .clear = 0.4f, .evidence = 4};
    ut_evidence e = {0};
    for (int i = 0; i < 50; i++) assert_false(ut_evidence_add(&e, &eager, 0.39f, 0));
    is_near(e.for_it, 0, 0);
    assert_true(ut_evidence_add(&e, &eager, 0.41f, 0));
}

static void no_reading_says_more_than_four_nats(void **state) {
    (void)state;
    const ut_rule low_and_high = {.raise = 0.01f, .clear = 0.99f, .evidence = 1000};
    const ut_rule high_and_low = {.raise = 0.99f, .clear = 0.01f, .evidence = 1000};
    ut_evidence e = {0};
    ut_evidence_add(&e, &low_and_high, 1, 0); /* over clear as well */
    is_near(e.for_it, 4, 1e-6);
    e = (ut_evidence){0};
    ut_evidence_add(&e, &low_and_high, 0, 0);
    is_near(e.against, 4, 1e-6);
    e = (ut_evidence){.for_it = 10, .against = 10};
    ut_evidence_add(&e, &high_and_low, 0, NAN);
    is_near(e.for_it, 6, 1e-5);
    e.against = 10;
    ut_evidence_add(&e, &high_and_low, 1, NAN);
    is_near(e.against, 6, 1e-5);
}

static void certainty_is_a_number(void **state) {
    (void)state;
    static const float ends[] = {0, 1, 1e-30f, 0.99999994f}, usuals[] = {0, 1, 0.3f, NAN};
    for (int b = 0; b < 4; b++) {
        const ut_rule bounds = {.raise = ends[b], .clear = ends[b], .evidence = 1000};
        ut_evidence e = {0};
        for (int i = 0; i < 64; i++) {
            ut_evidence_add(&e, &bounds, ends[i % 4], usuals[i / 4 % 4]);
            assert_true(isfinite(e.for_it) && isfinite(e.against));
        }
    }
}

static void a_higher_score_never_says_less(void **state) {
    (void)state;
    static const float usuals[] = {0, 0.1f, 0.3f, 0.49f, 0.5f, 0.8f, NAN};
    for (int u = 0; u < 7; u++) {
        ut_evidence before = {.for_it = 500, .against = 500};
        ut_evidence_add(&before, &patient, 0, usuals[u]);
        for (int percent = 1; percent <= 100; percent++) {
            ut_evidence e = {.for_it = 500, .against = 500};
            ut_evidence_add(&e, &patient, (float)percent / 100, usuals[u]);
            assert_true(e.for_it >= before.for_it && e.against <= before.against);
            before = e;
        }
        assert_true(before.for_it > 490 && before.against < 500);
    }
}

static void the_further_from_usual_the_more_it_says(void **state) {
    (void)state;
    float before = INFINITY;
    for (int percent = 0; percent <= 100; percent++) {
        ut_evidence e = {.for_it = 500};
        ut_evidence_add(&e, &patient, 0.8f, (float)percent / 100);
        assert_true(e.for_it <= before);
        before = e.for_it;
    }
}

/* ---- when it is time ---- */

static void strong_evidence_waits_for_agreement(void **state) {
    (void)state;
    const ut_rule slow = {.raise = 0.5f, .clear = 0.4f, .evidence = 4, .after_s = 2};
    ut_evidence e = {0};
    for (int i = 0; i < 3; i++) {
        ut_evidence_add(&e, &slow, 0.99f, 0.01f);
        assert_false(ut_evidence_is_enough(&e, &slow));
    }
    is_near(e.for_it, 4, 0); /* it is there since the second */
    ut_evidence_add(&e, &slow, 0.99f, 0.01f);
    assert_true(ut_evidence_is_enough(&e, &slow));
}

/* A reading that disagrees takes evidence away, but only what takes all of it lets the count begin anew. */
static void agreement_begins_anew_at_nothing(void **state) {
    (void)state;
    ut_evidence e = {0};
    for (int i = 0; i < 3; i++) ut_evidence_add(&e, &rule, 0.99f, 0.1f);
    ut_evidence_add(&e, &rule, 0.6f, NAN);
    assert_true(e.for_it > 0);
    assert_int_equal(e.agreeing, 3);
    ut_evidence_add(&e, &rule, 0.99f, 0.1f);
    assert_int_equal(e.agreeing, 4);
    for (int i = 0; i < 2; i++) ut_evidence_add(&e, &rule, 0, NAN);
    is_near(e.for_it, 0, 0);
    assert_int_equal(e.agreeing, 0);
}

/* Readings of a score under clear, by how far: log odds of 0.40 are -0.41, of 0.30 -0.85, of 0.05 -2.94. */
static void calm_adds_up_too(void **state) {
    (void)state;
    static const struct {
        float score;
        int readings;
    } calm[] = {{0.30f, 10}, {0.05f, 2}, {0, 1}};
    for (int c = 0; c < 3; c++) {
        ut_evidence e = {0};
        int n = 0;
        while (!ut_evidence_has_gone(&e, &rule) && n < 100) {
            ut_evidence_add(&e, &rule, calm[c].score, NAN);
            n++;
        }
        assert_int_equal(n, calm[c].readings);
        ut_evidence_add(&e, &rule, 0.7f, 0.1f);
        assert_false(ut_evidence_has_gone(&e, &rule));
    }
    ut_evidence e = {0};
    for (int i = 0; i < 1000; i++) ut_evidence_add(&e, &rule, 0.401f, NAN);
    is_near(e.against, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_product_of_odds),
        cmocka_unit_test(never_under_nothing_nor_over_enough),
        cmocka_unit_test(the_unexplained_speaks_against_alone),
        cmocka_unit_test(under_clear_nothing_speaks_for_it),
        cmocka_unit_test(no_reading_says_more_than_four_nats),
        cmocka_unit_test(certainty_is_a_number),
        cmocka_unit_test(a_higher_score_never_says_less),
        cmocka_unit_test(the_further_from_usual_the_more_it_says),
        cmocka_unit_test(strong_evidence_waits_for_agreement),
        cmocka_unit_test(agreement_begins_anew_at_nothing),
        cmocka_unit_test(calm_adds_up_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
