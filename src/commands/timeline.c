/* timeline.c - see timeline.h. */
#include "commands/timeline.h"

#include <math.h>
#include <string.h>

enum { FIRST_STEP = UT_RATE_HZ / 200 }; /* 5 ms: 20 s before the first folding */

void timeline_init(timeline *t) {
    memset(t, 0, sizeof *t);
    t->step = FIRST_STEP;
}

static void add(moment *sum, const moment *m) {
    for (int c = 0; c < UT_CHANNELS; c++) {
        sum->peak[c] = fmaxf(sum->peak[c], m->peak[c]);
        sum->energy[c] += m->energy[c];
    }
    sum->frustration += m->frustration;
    sum->stress += m->stress;
    sum->n_readings += m->n_readings;
    sum->n_scored += m->n_scored;
    sum->going_on |= m->going_on;
}

static void fold(timeline *t) {
    for (int i = 0; i < TIMELINE_MOMENTS / 2; i++) {
        moment both = t->moments[2 * i];
        add(&both, &t->moments[2 * i + 1]);
        t->moments[i] = both;
    }
    memset(&t->moments[TIMELINE_MOMENTS / 2], 0, sizeof t->moments / 2);
    t->step *= 2;
}

static moment *at(timeline *t, uint64_t sample) {
    while (sample / t->step >= TIMELINE_MOMENTS) fold(t);
    return &t->moments[sample / t->step];
}

void timeline_hear(timeline *t, ut_channel channel, const float *x, size_t n) {
    while (n > 0) {
        moment *m = at(t, t->n_heard[channel]);
        size_t left = (size_t)(t->step - t->n_heard[channel] % t->step), some = n < left ? n : left;
        for (size_t i = 0; i < some; i++) {
            m->peak[channel] = fmaxf(m->peak[channel], fabsf(x[i]));
            m->energy[channel] += x[i] * x[i];
        }
        t->n_heard[channel] += some;
        x += some;
        n -= some;
    }
}

/* The sample last heard by then. */
static uint64_t sample_by(double t_s) { return t_s * UT_RATE_HZ > 1 ? (uint64_t)(t_s * UT_RATE_HZ) - 1 : 0; }

void timeline_read(timeline *t, double t_s, bool scored, double frustration, double stress) {
    moment *m = at(t, sample_by(t_s));
    m->n_readings++;
    if (!scored) return;
    m->n_scored++;
    m->frustration += (float)frustration;
    m->stress += (float)stress;
}

void timeline_mark(timeline *t, unsigned bit, double start_s, double end_s) {
    if (!(start_s >= 0 && end_s > start_s)) return;
    moment *last = at(t, sample_by(end_s));
    for (moment *m = at(t, (uint64_t)(start_s * UT_RATE_HZ)); m <= last; m++) m->going_on |= bit;
}

moment timeline_over(const timeline *t, double from_s, double to_s) {
    moment sum = {0};
    uint64_t i = (uint64_t)(from_s * UT_RATE_HZ) / t->step, end = (uint64_t)(to_s * UT_RATE_HZ) / t->step;
    if (end <= i) end = i + 1;
    for (; i < end && i < TIMELINE_MOMENTS; i++) add(&sum, &t->moments[i]);
    return sum;
}
