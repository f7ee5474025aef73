/* trend.h - the customer's scores of a call's last two minutes, one in each step: the first that came in it. */
#ifndef SERVE_TREND_H
#define SERVE_TREND_H

#include "event.h"

enum { TREND_STEPS = 60, TREND_STEP_S = 2 };

/* Zeroed memory is an empty one. */
struct trend {
    long last;                                           /* the number of the newest step: its time over TREND_STEP_S */
    unsigned n;                                          /* steps up to it, TREND_STEPS at most */
    unsigned head;                                       /* the place of the newest */
    float frustration[TREND_STEPS], stress[TREND_STEPS]; /* circles; NaN where nothing was scored */
};

/* True where the reading is the first of a step, and was taken. Steps without any were not scored. */
bool trend_add(struct trend *trend, const message *reading);

/* Null where it is empty, or without memory. */
message *trend_tell(const struct trend *trend, const char *call);

#endif
