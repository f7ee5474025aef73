/* planned.h - the plan that tests of prosody's stages run on: opened before a group of tests, closed after it. */
#ifndef TESTS_PLANNED_H
#define TESTS_PLANNED_H

#include "undertone.h"

static ut_plan *plan;

static inline int open_plan(void **state) {
    (void)state;
    plan = ut_plan_open(NULL);
    return plan ? 0 : -1;
}

static inline int close_plan(void **state) {
    (void)state;
    ut_plan_close(plan);
    return 0;
}

#endif
