#include "cues/cues.h"

#include <math.h>
#include <stdio.h>

/* A change of the score that is worth telling, and how often at most. */
static const float telling_change = 0.1f;
static const double telling_every_s = 2.0;

/* The voice was not heard for so long: what was heard before says nothing about now. */
static const double forget_s = 30.0;

/* A reading with less than this behind it, about a second and a half of speech, is no evidence for a cue. */
static const float least_confidence = 0.5f;

/* The half second that a reading stands for. */
static const double reading_s = (double)UT_READING_HOPS * UT_HOP / UT_RATE_HZ;

void ut_cues_init(ut_cues *cues, const ut_playbook *playbook) {
    *cues = (ut_cues){.playbook = playbook ? playbook : &ut_playbook_default};
    for (int kind = 0; kind < UT_CUE_KINDS; kind++)
        cues->life[kind] = (ut_cue_life){.cleared_s = -INFINITY, .for_since_s = -1, .against_since_s = -1};
}

static const ut_rule *rule_of(const ut_cues *cues, ut_cue_kind kind) { return &cues->playbook->rules[kind]; }

static void emit(ut_cues *cues, double t_s, const ut_cue *cue) {
    if (cues->in - cues->out == UT_CUES_WAITING) return;
    cues->waiting[cues->in % UT_CUES_WAITING].cue = *cue;
    cues->waiting[cues->in++ % UT_CUES_WAITING].t_s = t_s;
}

bool ut_cues_next(ut_cues *cues, double *t_s, ut_cue *cue) {
    if (cues->in == cues->out) return false;
    *cue = cues->waiting[cues->out % UT_CUES_WAITING].cue;
    *t_s = cues->waiting[cues->out++ % UT_CUES_WAITING].t_s;
    return true;
}

static bool may_rise(const ut_cues *cues, ut_cue_kind kind, double t_s) {
    const ut_rule *rule = rule_of(cues, kind);
    const ut_cue_life *life = &cues->life[kind];
    return rule->on && !life->up && t_s - life->cleared_s >= rule->cool_down_s;
}

/* Raises or updates: cue brings score, severity and reasons. */
static void tell(ut_cues *cues, ut_cue_kind kind, double t_s, ut_cue cue) {
    ut_cue_life *life = &cues->life[kind];
    if (!life->up) {
        life->up = true;
        life->raised_s = t_s;
        life->id = ++cues->n_raised;
        life->against_since_s = -1;
        cue.state = UT_CUE_RAISED;
    } else {
        cue.state = UT_CUE_UPDATED;
    }
    cue.id = life->id;
    cue.kind = kind;
    cue.text = rule_of(cues, kind)->text;
    cue.advice = rule_of(cues, kind)->advice;
    life->told_s = t_s;
    life->last = cue;
    emit(cues, t_s, &cue);
}

static void clear(ut_cues *cues, ut_cue_kind kind, double t_s) {
    ut_cue_life *life = &cues->life[kind];
    if (!life->up) return;
    life->up = false;
    life->cleared_s = t_s;
    life->for_since_s = -1;
    life->last.state = UT_CUE_CLEARED;
    emit(cues, t_s, &life->last);
}

static ut_severity severity_after(const ut_rule *rule, double up_s) {
    return rule->urgent_after_s > 0 && up_s >= (double)rule->urgent_after_s ? UT_URGENT : UT_NOTICE;
}

/* ---- emotion ---- */

static ut_cue emotion_cue(const ut_opinion *opinion, int output, float score, ut_severity severity) {
    ut_cue cue = {.score = score, .severity = severity, .n_reasons = opinion->n_reasons[output]};
    for (unsigned i = 0; i < cue.n_reasons; i++) cue.reasons[i] = opinion->reasons[output][i];
    return cue;
}

static void raise_calming(ut_cues *cues, const char *feature, float from, float to, double t_s) {
    if (!may_rise(cues, UT_CUE_CALMING, t_s)) return;
    ut_cue cue = {.score = to, .severity = UT_INFO, .n_reasons = 1};
    cue.reasons[0] = (ut_reason){.feature = feature, .z = NAN};
    snprintf(cue.reasons[0].change, sizeof cue.reasons[0].change, "%.0f %% to %.0f %%", (double)from * 100,
             (double)to * 100);
    tell(cues, UT_CUE_CALMING, t_s, cue);
}

/* Since when the condition has held without a break, -1 while it does not. */
static void follow_since(double *since_s, bool holds, double t_s) {
    if (!holds) *since_s = -1;
    else if (*since_s < 0) *since_s = t_s - reading_s;
}

static bool held(double since_s, double t_s, float for_s) {
    return since_s >= 0 && t_s - since_s >= (double)for_s - 1e-6;
}

/* Calm is told only where the other emotion has not taken over. */
static void follow_raised_emotion(ut_cues *cues, ut_cue_kind kind, ut_cue_kind other, double t_s,
                                  const ut_opinion *opinion, int output, float score) {
    ut_cue_life *life = &cues->life[kind];
    if (held(life->against_since_s, t_s, rule_of(cues, kind)->hold_s)) {
        float peak = life->peak;
        clear(cues, kind, t_s);
        if (cues->life[other].for_since_s < 0) raise_calming(cues, ut_cue_name(kind), peak, score, t_s);
        return;
    }
    double for_s = life->for_since_s < 0 ? 0 : t_s - life->for_since_s;
    ut_severity severity = severity_after(rule_of(cues, kind), for_s);
    if (severity < life->last.severity) severity = life->last.severity;
    bool moved = fabsf(score - life->last.score) >= telling_change && t_s - life->told_s >= telling_every_s &&
                 score >= rule_of(cues, kind)->clear;
    life->peak = fmaxf(life->peak, score);
    if (moved || severity != life->last.severity) tell(cues, kind, t_s, emotion_cue(opinion, output, score, severity));
}

static void hear_emotion(ut_cues *cues, ut_cue_kind kind, ut_cue_kind other, double t_s, const ut_opinion *opinion,
                         int output, float score) {
    ut_cue_life *life = &cues->life[kind];
    const ut_rule *rule = rule_of(cues, kind);
    follow_since(&life->for_since_s, score >= rule->raise, t_s);
    follow_since(&life->against_since_s, score < rule->clear, t_s);
    if (life->up) {
        follow_raised_emotion(cues, kind, other, t_s, opinion, output, score);
    } else if (opinion->usual_known && !cues->life[other].up && may_rise(cues, kind, t_s) &&
               held(life->for_since_s, t_s, rule->after_s)) {
        clear(cues, UT_CUE_CALMING, t_s);
        life->peak = score;
        tell(cues, kind, t_s, emotion_cue(opinion, output, score, UT_NOTICE));
    }
}

static void forget_emotion(ut_cues *cues, double t_s) {
    for (int kind = UT_CUE_FRUSTRATION; kind <= UT_CUE_STRESS; kind++) {
        clear(cues, kind, t_s);
        cues->life[kind].for_since_s = cues->life[kind].against_since_s = -1;
    }
}

/* A reading that says nothing is no evidence either way: the time it stands for does not count. */
static void pass_over(ut_cues *cues) {
    for (int kind = UT_CUE_FRUSTRATION; kind <= UT_CUE_STRESS; kind++) {
        ut_cue_life *life = &cues->life[kind];
        if (life->for_since_s >= 0) life->for_since_s += reading_s;
        if (life->against_since_s >= 0) life->against_since_s += reading_s;
    }
}

void ut_cues_hear(ut_cues *cues, double t_s, const ut_opinion *opinion) {
    const ut_affect *affect = &opinion->affect;
    const ut_cue_life *calming = &cues->life[UT_CUE_CALMING];
    if (calming->up && t_s - calming->raised_s >= (double)rule_of(cues, UT_CUE_CALMING)->hold_s)
        clear(cues, UT_CUE_CALMING, t_s);
    if (t_s - cues->heard_s > forget_s) forget_emotion(cues, t_s);
    if (affect->abstain || affect->confidence < least_confidence) {
        pass_over(cues);
        return;
    }
    cues->heard_s = t_s;
    bool frustration_first = affect->frustration >= affect->stress;
    for (int turn = 0; turn < 2; turn++) {
        if ((turn == 0) == frustration_first)
            hear_emotion(cues, UT_CUE_FRUSTRATION, UT_CUE_STRESS, t_s, opinion, UT_FRUSTRATION, affect->frustration);
        else hear_emotion(cues, UT_CUE_STRESS, UT_CUE_FRUSTRATION, t_s, opinion, UT_STRESS, affect->stress);
    }
}

/* ---- conversation ---- */

static ut_cue conversation_cue(const char *feature, double seconds, ut_severity severity) {
    ut_cue cue = {.score = NAN, .severity = severity, .n_reasons = 1};
    cue.reasons[0] = (ut_reason){.feature = feature, .z = NAN};
    snprintf(cue.reasons[0].change, sizeof cue.reasons[0].change, "%.1f s", seconds);
    return cue;
}

/* seconds: for how long the condition has held, 0 when it does not. */
static void follow_condition(ut_cues *cues, ut_cue_kind kind, double t_s, const char *feature, double seconds) {
    ut_cue_life *life = &cues->life[kind];
    const ut_rule *rule = rule_of(cues, kind);
    ut_severity severity = severity_after(rule, seconds);
    if (!life->up) {
        if (seconds > 0 && seconds >= (double)rule->after_s && may_rise(cues, kind, t_s))
            tell(cues, kind, t_s, conversation_cue(feature, seconds, severity));
    } else if (seconds > 0) {
        life->against_since_s = -1;
        if (severity > life->last.severity) tell(cues, kind, t_s, conversation_cue(feature, seconds, severity));
    } else {
        if (life->against_since_s < 0) life->against_since_s = t_s;
        if (held(life->against_since_s, t_s, rule->hold_s)) clear(cues, kind, t_s);
    }
}

static double hops_s(int64_t hops) { return (double)hops * UT_HOP / UT_RATE_HZ; }

void ut_cues_follow(ut_cues *cues, double t_s, const ut_turns *turns) {
    bool over = turns->overlap.live && turns->overlap.counted;
    follow_condition(cues, UT_CUE_TALK_OVER, t_s, "overlap_s", over ? hops_s(turns->overlap.hops) : 0);
    follow_condition(cues, UT_CUE_DEAD_AIR, t_s, "silence_s", hops_s(turns->silent_hops));
    follow_condition(cues, UT_CUE_MONOLOGUE, t_s, "monologue_s", hops_s(turns->monologue_hops));
}

void ut_cues_finish(ut_cues *cues, double t_s) {
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) clear(cues, kind, t_s);
}
