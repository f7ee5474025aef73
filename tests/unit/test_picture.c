/* A call drawn, looked at point by point: a bar a cue, gaps where nothing was scored, no colour but the customer's. */
#include "commands/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_report.h"

enum { HEIGHT = 1400, TIME_FROM = 220, TIME_TO = PICTURE_WIDTH - 50, LONG_RUN = 8 };

typedef struct points {
    cairo_surface_t *surface;
    int height; /* of the picture */
} points;

/* Takes over r. */
static points drawn(report *r) {
    points p = {.surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, PICTURE_WIDTH, HEIGHT)};
    cairo_t *cairo = cairo_create(p.surface);
    p.height = (int)picture_draw(cairo, r);
    assert_int_equal(cairo_status(cairo), CAIRO_STATUS_SUCCESS);
    assert_in_range(p.height, 40, HEIGHT);
    cairo_destroy(cairo);
    cairo_surface_flush(p.surface);
    report_free(r);
    return p;
}

static uint32_t point(const points *p, int x, int y) {
    const unsigned char *row =
        cairo_image_surface_get_data(p->surface) + y * cairo_image_surface_get_stride(p->surface);
    return ((const uint32_t *)(const void *)row)[x] & 0xFFFFFF;
}

static bool is_grey(uint32_t rgb) {
    int red = rgb >> 16, green = rgb >> 8 & 255, blue = rgb & 255, most = red > green ? red : green,
        least = red < green ? red : green;
    return (most > blue ? most : blue) - (least < blue ? least : blue) <= 12;
}

/* How many bars of a colour lie side by side: the most long runs that any line of points has. */
static int count_bars(const points *p, uint32_t rgb) {
    int most = 0;
    for (int y = 0; y < p->height; y++) {
        int bars = 0, run = 0;
        for (int x = TIME_FROM; x < PICTURE_WIDTH; x++) {
            run = point(p, x, y) == rgb ? run + 1 : 0;
            bars += run == LONG_RUN;
        }
        if (bars > most) most = bars;
    }
    return most;
}

static const uint32_t vermillion = 0xD55E00, green = 0x009E73, quiet = 0x6B6B73, faint = 0xB8BABF;

static void a_bar_a_cue(void **state) {
    (void)state;
    for (unsigned n = 0; n <= 9; n++) {
        report *r = made_call(&made_facts);
        for (unsigned i = 1; i <= n; i++) {
            ut_cue calmer = {.id = 100 + i, .kind = UT_CUE_CALMING, .score = 0.1f, .text = "Voice sounds calmer"};
            made_cues(r, made_frustration(i), 10 * i, 10 * i + 4);
            if (i % 2) made_cues(r, calmer, 10 * i + 4, 10 * i + 8);
            if (i % 3 == 0) made_cues(r, made_silence(200 + i), 10 * i + 4, 10 * i + 6);
        }
        made_summary(r, 100, n);
        points p = drawn(r);
        assert_int_equal(count_bars(&p, vermillion), n);
        assert_int_equal(count_bars(&p, green), (n + 1) / 2);
        assert_int_equal(count_bars(&p, quiet), n / 3);
        cairo_surface_destroy(p.surface);
    }
}

/* Scores are high before and after, and abstained in the middle third. */
static void a_gap_where_nothing_was_scored(void **state) {
    (void)state;
    report *r = made_call(&made_facts);
    for (int i = 1; i <= 180; i++) made_reading(r, i / 2.0, i > 60 && i <= 120, 0.8f);
    made_summary(r, 90, 0);
    points p = drawn(r);
    int third = (TIME_TO - TIME_FROM) / 3, coloured[3] = {0};
    for (int y = 0; y < p.height; y++)
        for (int part = 0; part < 3; part++)
            for (int x = TIME_FROM + part * third + 8; x < TIME_FROM + (part + 1) * third - 8; x++)
                coloured[part] += !is_grey(point(&p, x, y));
    assert_true(coloured[0] > third && coloured[2] > third);
    assert_int_equal(coloured[1], 0);
    cairo_surface_destroy(p.surface);
}

static void hear(report *r, ut_channel channel, int seconds) {
    static float x[UT_RATE_HZ];
    for (int i = 0; i < UT_RATE_HZ; i++) x[i] = i % 2 ? 0.5f : -0.5f;
    for (int s = 0; s < seconds; s++) report_hear(r, channel, x, UT_RATE_HZ);
}

/* The agent speaks for the first quarter, and there the lane is; the rest of it, over the time in which the customer's
 * voice sounds frustrated, has no colour. The scores' lane and the bars have. */
static void no_emotion_in_the_agents_lane(void **state) {
    (void)state;
    report *r = made_report();
    hear(r, UT_AGENT, 30);
    points p = drawn(r);
    int lane_height = 0, coloured_elsewhere = 0;
    for (int y = 0; y < p.height; y++) {
        bool lane = true;
        for (int x = TIME_FROM; x < TIME_FROM + 190; x++)
            lane = lane && (point(&p, x, y) == faint || point(&p, x, y) == quiet);
        for (int x = 0; x < PICTURE_WIDTH; x++) {
            bool coloured = !is_grey(point(&p, x, y));
            if (lane) assert_false(coloured);
            coloured_elsewhere += coloured;
        }
        lane_height += lane;
    }
    assert_in_range(lane_height, 60, 80);
    assert_true(coloured_elsewhere > 1000);
    cairo_surface_destroy(p.surface);
}

/* An agent alone, a channel with both voices, and a call without consent are grey all over. */
static void only_the_customer_has_colour(void **state) {
    (void)state;
    static const struct {
        ut_channel role;
        ut_consent consent;
    } cases[] = {{UT_AGENT, UT_CONSENT_GIVEN}, {UT_MIXED, UT_CONSENT_GIVEN}, {UT_CUSTOMER, UT_CONSENT_REFUSED}};
    for (int i = 0; i < 3; i++) {
        call_facts facts = made_facts;
        facts.channels = 1;
        facts.roles[0] = cases[i].role;
        facts.consent = cases[i].consent;
        report *r = made_call(&facts);
        hear(r, cases[i].role, 120);
        r->duration_s = 120;
        points p = drawn(r);
        for (int y = 0; y < p.height; y++)
            for (int x = 0; x < PICTURE_WIDTH; x++) assert_true(is_grey(point(&p, x, y)));
        if (cases[i].consent != UT_CONSENT_GIVEN) assert_in_range(p.height, 40, 90); /* a sentence, no lane */
        cairo_surface_destroy(p.surface);
    }
}

/* Nothing at all, a millisecond, a day; names and texts that are long, empty or hostile. */
static void any_call_can_be_drawn(void **state) {
    (void)state;
    static const double durations_s[] = {0, 0.001, 1, 86400, 1e7};
    static char name[3000];
    for (size_t i = 0; i < sizeof name - 1; i++) name[i] = "é<\n&\"'"[i % 7];
    for (int i = 0; i < 5; i++) {
        call_facts facts = made_facts;
        facts.source = i % 2 ? name : "";
        report *r = made_call(&facts);
        ut_cue cue = made_frustration(1);
        memset(cue.text, i % 2 ? '\t' : 'W', sizeof cue.text - 1);
        made_cues(r, cue, 0, durations_s[i] * 2);
        made_turn(r, UT_TURN_HOLD, UT_CUSTOMER, 0, durations_s[i]);
        made_reading(r, durations_s[i], false, 1);
        made_summary(r, durations_s[i], 1);
        points p = drawn(r);
        for (int y = 0; y < p.height; y++) assert_int_equal(point(&p, PICTURE_WIDTH - 10, y), 0xFFFFFF); /* it fits */
        cairo_surface_destroy(p.surface);
    }
    points p = drawn(report_new());
    cairo_surface_destroy(p.surface);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_a_cue),
        cmocka_unit_test(a_gap_where_nothing_was_scored),
        cmocka_unit_test(no_emotion_in_the_agents_lane),
        cmocka_unit_test(only_the_customer_has_colour),
        cmocka_unit_test(any_call_can_be_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
