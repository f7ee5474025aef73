#include "serve/trend.h"

#include <math.h>

static void add(struct trend *trend, float frustration, float stress) {
    trend->head = (trend->head + 1) % TREND_STEPS;
    trend->frustration[trend->head] = frustration;
    trend->stress[trend->head] = stress;
    trend->last++;
    if (trend->n < TREND_STEPS) trend->n++;
}

bool trend_add(struct trend *trend, const message *reading) {
    long step = (long)(reading->t_s / TREND_STEP_S);
    if (trend->n && step <= trend->last) return false;
    if (!trend->n || step - trend->last > TREND_STEPS) {
        trend->n = 0;
        trend->last = step - 1;
    }
    while (trend->last + 1 < step) add(trend, NAN, NAN);
    add(trend, reading->frustration, reading->stress);
    return true;
}

/* In order of time. */
static void unroll(const struct trend *trend, const float *circle, float *line) {
    for (unsigned i = 0; i < trend->n; i++)
        line[i] = circle[(trend->head + TREND_STEPS - trend->n + 1 + i) % TREND_STEPS];
}

message *trend_tell(const struct trend *trend, const char *call) {
    float frustration[TREND_STEPS], stress[TREND_STEPS];
    if (!trend->n) return NULL;
    unroll(trend, trend->frustration, frustration);
    unroll(trend, trend->stress, stress);
    return message_of_trend(call, &(score_trend){.t_s = (double)trend->last * TREND_STEP_S,
                                                 .step_s = TREND_STEP_S,
                                                 .n = trend->n,
                                                 .frustration = frustration,
                                                 .stress = stress});
}
