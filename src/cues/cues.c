#include "cues/cues.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A change of the score that is worth telling, and how often at most. */
static const float telling_change = 0.1f;
static const double telling_every_s = 2.0;

/* The voice was not heard for so long: what was heard before says nothing about now. */
static const double forget_s = 12.0;

/* A reading with less than this behind it, about a second and a half of speech, is no evidence for a cue. */
static const float least_confidence = 0.5f;

void ut_cues_init(ut_cues *cues, const ut_call_options *options) {
    *cues = (ut_cues){.forgotten = -1};
    ut_shelf_init(&cues->shelf, options);
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) cues->since_s[kind] = -1;
}

static bool is_up(const ut_cues *cues, ut_cue_kind kind) { return cues->shelf.cue[kind].up; }

static ut_severity severity_after(const ut_rule *rule, double up_s) {
    return rule->urgent_after_s > 0 && up_s >= (double)rule->urgent_after_s ? UT_URGENT : UT_NOTICE;
}

static ut_cue one_reason(ut_cue_kind kind, ut_severity severity, const char *feature) {
    ut_cue cue = {.kind = kind, .score = NAN, .score_usual = NAN, .severity = severity, .n_reasons = 1};
    cue.reasons[0] = (ut_reason){.feature = feature, .z = NAN};
    return cue;
}

/* ---- emotion ---- */

static const ut_cue_kind kind_of[UT_EXPLAINED] = {
    [UT_FRUSTRATION] = UT_CUE_FRUSTRATION,
    [UT_STRESS] = UT_CUE_STRESS,
};

static float score_of(const ut_opinion *opinion, int emotion) {
    return emotion == UT_FRUSTRATION ? opinion->affect.frustration : opinion->affect.stress;
}

static ut_cue emotion_cue(const ut_opinion *opinion, int emotion, ut_severity severity) {
    const ut_why *why = &opinion->why[emotion];
    ut_cue cue = {.kind = kind_of[emotion],
                  .score = score_of(opinion, emotion),
                  .score_usual = why->score_usual,
                  .severity = severity,
                  .n_reasons = why->n_reasons};
    memcpy(cue.reasons, why->reasons, sizeof cue.reasons);
    return cue;
}

/* Nobody is calmer who has gone from one to the other. */
static void raise_calming(ut_cues *cues, int emotion, double t_s, const ut_opinion *opinion) {
    ut_cue cue = one_reason(UT_CUE_CALMING, UT_INFO, ut_cue_name(kind_of[emotion]));
    if (fmaxf(opinion->affect.frustration, opinion->affect.stress) >= 0.5f) return;
    cue.score = score_of(opinion, emotion);
    snprintf(cue.reasons[0].change, sizeof cue.reasons[0].change, "%.0f %% to %.0f %%", (double)cues->peak * 100,
             (double)cue.score * 100);
    ut_shelf_raise(&cues->shelf, t_s, cue);
}

static void clear_emotion(ut_cues *cues, int emotion, double t_s) {
    ut_shelf_clear(&cues->shelf, kind_of[emotion], t_s);
    for (int e = 0; e < UT_EXPLAINED; e++) cues->evidence[e] = (ut_evidence){0};
}

/* The supervisor is told where the cue that the agent saw did not help. */
static void escalate(ut_cues *cues, const ut_cue *last, double t_s, double up_s) {
    if (last->kind != UT_CUE_FRUSTRATION || up_s < (double)ut_shelf_rule(&cues->shelf, UT_CUE_ESCALATE)->after_s)
        return;
    ut_cue cue = *last;
    cue.kind = UT_CUE_ESCALATE;
    ut_shelf_raise(&cues->shelf, t_s, cue);
}

static void follow_raised(ut_cues *cues, int emotion, double t_s, const ut_opinion *opinion) {
    const ut_rule *rule = ut_shelf_rule(&cues->shelf, kind_of[emotion]);
    const struct ut_shelf_cue *place = &cues->shelf.cue[kind_of[emotion]];
    float score = score_of(opinion, emotion);
    double up_s = t_s - cues->began_s;
    if (ut_evidence_has_gone(&cues->evidence[emotion], rule) && t_s - place->raised_s >= (double)rule->hold_s) {
        clear_emotion(cues, emotion, t_s);
        raise_calming(cues, emotion, t_s, opinion);
        return;
    }
    cues->peak = fmaxf(cues->peak, score);
    ut_severity severity = severity_after(rule, up_s);
    if (severity < place->last.severity || score < rule->clear) severity = place->last.severity;
    bool explained = ut_evidence_is_explained(rule, score, opinion->why[emotion].score_usual);
    bool moved = fabsf(score - place->last.score) >= telling_change && t_s - place->told_s >= telling_every_s;
    if (explained && (moved || severity != place->last.severity))
        ut_shelf_update(&cues->shelf, t_s, emotion_cue(opinion, emotion, severity));
    if (score >= rule->clear) escalate(cues, &place->last, t_s, up_s);
}

static void hear_emotion(ut_cues *cues, int emotion, double t_s, const ut_opinion *opinion) {
    const ut_rule *rule = ut_shelf_rule(&cues->shelf, kind_of[emotion]);
    ut_evidence *evidence = &cues->evidence[emotion];
    bool agrees = ut_evidence_add(evidence, rule, score_of(opinion, emotion), opinion->why[emotion].score_usual);
    if (is_up(cues, kind_of[emotion])) {
        follow_raised(cues, emotion, t_s, opinion);
        return;
    }
    if (ut_cues_hold_usual(cues) || !agrees || !ut_evidence_is_enough(evidence, rule)) return;
    double began_s = cues->forgotten == emotion ? cues->began_s : t_s;
    ut_severity severity = severity_after(rule, t_s - began_s);
    if (!ut_shelf_raise(&cues->shelf, t_s, emotion_cue(opinion, emotion, severity))) return;
    cues->began_s = began_s;
    ut_shelf_clear(&cues->shelf, UT_CUE_CALMING, t_s);
    cues->peak = score_of(opinion, emotion);
    cues->forgotten = -1;
    evidence->against = 0;
}

/* Nothing was heard for long: not calm, but nothing to go by. How the voice comes back is told at once; if it comes
 * back as it was, it has sounded so since it was first told. */
static void forget(ut_cues *cues, double t_s) {
    for (int emotion = 0; emotion < UT_EXPLAINED; emotion++) {
        cues->evidence[emotion] = (ut_evidence){0};
        if (!is_up(cues, kind_of[emotion])) continue;
        clear_emotion(cues, emotion, t_s);
        cues->shelf.cue[kind_of[emotion]].cleared_s = -INFINITY;
        cues->forgotten = emotion;
    }
}

static void remember(ut_cues *cues, double t_s, const ut_opinion *opinion) {
    int emotion = cues->forgotten;
    if (emotion < 0 || !ut_evidence_has_gone(&cues->evidence[emotion], ut_shelf_rule(&cues->shelf, kind_of[emotion])))
        return;
    raise_calming(cues, emotion, t_s, opinion);
    cues->forgotten = -1;
}

void ut_cues_hear(ut_cues *cues, double t_s, const ut_opinion *opinion, bool speaking) {
    const ut_affect *affect = &opinion->affect;
    const struct ut_shelf_cue *calming = &cues->shelf.cue[UT_CUE_CALMING];
    if (calming->up && t_s - calming->raised_s >= (double)ut_shelf_rule(&cues->shelf, UT_CUE_CALMING)->hold_s)
        ut_shelf_clear(&cues->shelf, UT_CUE_CALMING, t_s);
    if (t_s - cues->heard_s > forget_s) forget(cues, t_s);
    if (!speaking || affect->abstain || affect->confidence < least_confidence) return;
    cues->heard_s = t_s;
    bool frustration_first = affect->frustration >= affect->stress;
    hear_emotion(cues, frustration_first ? UT_FRUSTRATION : UT_STRESS, t_s, opinion);
    hear_emotion(cues, frustration_first ? UT_STRESS : UT_FRUSTRATION, t_s, opinion);
    remember(cues, t_s, opinion);
}

bool ut_cues_hold_usual(const ut_cues *cues) { return is_up(cues, UT_CUE_FRUSTRATION) || is_up(cues, UT_CUE_STRESS); }

/* ---- conversation ---- */

static ut_cue conversation_cue(ut_cue_kind kind, const char *feature, const char *format, double value,
                               ut_severity severity) {
    ut_cue cue = one_reason(kind, severity, feature);
    snprintf(cue.reasons[0].change, sizeof cue.reasons[0].change, format, value);
    return cue;
}

/* Whether it has been so for the time given, which is counted from the first time this is asked. */
static bool so_for(double *since_s, double t_s, float for_s) {
    if (*since_s < 0) *since_s = t_s;
    return t_s - *since_s >= (double)for_s - 1e-6;
}

static void clear_when_over(ut_cues *cues, ut_cue_kind kind, double t_s) {
    if (!so_for(&cues->since_s[kind], t_s, ut_shelf_rule(&cues->shelf, kind)->hold_s)) return;
    ut_shelf_clear(&cues->shelf, kind, t_s);
    cues->since_s[kind] = -1;
}

/* seconds: for how long the condition has held, 0 when it does not; least_s: how long it has to at least. */
static void follow_condition(ut_cues *cues, ut_cue_kind kind, double t_s, const char *feature, double seconds,
                             double least_s) {
    ut_severity severity = severity_after(ut_shelf_rule(&cues->shelf, kind), seconds);
    bool up = is_up(cues, kind), grows = severity > cues->shelf.cue[kind].last.severity;
    if (up && seconds <= 0) {
        clear_when_over(cues, kind, t_s);
    } else if (up ? grows : seconds > 0 && seconds >= least_s - 1e-6) {
        ut_cue cue = conversation_cue(kind, feature, "%.1f s", seconds, severity);
        if (up) ut_shelf_update(&cues->shelf, t_s, cue);
        else ut_shelf_raise(&cues->shelf, t_s, cue);
    }
    if (seconds > 0) cues->since_s[kind] = -1;
}

static double hops_s(int64_t hops) { return (double)hops * UT_HOP / UT_RATE_HZ; }

static void follow_waiting(ut_cues *cues, double t_s, const ut_turns *turns) {
    const ut_rule *rule = ut_shelf_rule(&cues->shelf, UT_CUE_SLOW_REPLY);
    float least_s = rule->after_s;
    if (!isnan(turns->usual_reply_s)) least_s = fmaxf(least_s, rule->times_median * turns->usual_reply_s);
    follow_condition(cues, UT_CUE_SLOW_REPLY, t_s, "reply_s", hops_s(turns->waiting_hops), (double)least_s);
}

/* Of an agent who has had most of the talk, a turn is long from here on. */
static const double long_turn_s = 15.0;

/* Either one long turn, or most of the talk of the last two minutes. */
static void follow_monologue(ut_cues *cues, double t_s, const ut_turns *turns) {
    const ut_rule *rule = ut_shelf_rule(&cues->shelf, UT_CUE_MONOLOGUE);
    float share = ut_talk_share_120s(&turns->talk, UT_AGENT);
    double turn_s = hops_s(turns->monologue_hops);
    bool known = turns->hop >= UT_TALK_HALVES * UT_READING_HOPS;
    bool crowds = known && turn_s >= long_turn_s && share > rule->talk_share;
    if (!is_up(cues, UT_CUE_MONOLOGUE) && crowds && turn_s < (double)rule->after_s) {
        ut_cue cue = conversation_cue(UT_CUE_MONOLOGUE, "talk_share", "%.0f %%", 100 * (double)share, UT_NOTICE);
        if (ut_shelf_raise(&cues->shelf, t_s, cue)) cues->since_s[UT_CUE_MONOLOGUE] = -1;
        return;
    }
    follow_condition(cues, UT_CUE_MONOLOGUE, t_s, "monologue_s", turn_s, (double)rule->after_s);
}

/* It is over when it is noticed, and shows for its hold. */
static void follow_interruptions(ut_cues *cues, double t_s, const ut_turns *turns) {
    unsigned n = turns->dynamics.interruptions_by_agent;
    bool another = n > cues->interruptions;
    cues->interruptions = n;
    if (another && !is_up(cues, UT_CUE_INTERRUPTION)) {
        ut_cue cue = conversation_cue(UT_CUE_INTERRUPTION, "interruptions", "%.0f", (double)n, UT_NOTICE);
        if (ut_shelf_raise(&cues->shelf, t_s, cue)) cues->since_s[UT_CUE_INTERRUPTION] = -1;
    } else if (another) {
        cues->since_s[UT_CUE_INTERRUPTION] = -1;
    } else if (is_up(cues, UT_CUE_INTERRUPTION)) {
        clear_when_over(cues, UT_CUE_INTERRUPTION, t_s);
    }
}

static void follow_pace(ut_cues *cues, double t_s, const ut_turns *turns) {
    const ut_cue_kind kind = UT_CUE_TALKING_FAST;
    const ut_rule *rule = ut_shelf_rule(&cues->shelf, kind);
    const ut_pace *pace = &turns->talk.pace[UT_AGENT];
    bool talks = turns->voice[UT_AGENT].talks;
    bool unusual = talks && rule->rate_z > 0 && pace->rate_z >= rule->rate_z;
    bool fast = unusual || (talks && rule->rate_syl_s > 0 && pace->rate_syl_s >= rule->rate_syl_s);
    if (is_up(cues, kind)) {
        if (fast) cues->since_s[kind] = -1;
        else clear_when_over(cues, kind, t_s);
    } else if (!fast) {
        cues->since_s[kind] = -1;
    } else if (so_for(&cues->since_s[kind], t_s, rule->after_s)) {
        double rate = (double)pace->rate_syl_s;
        ut_cue cue = unusual ? conversation_cue(kind, "rate_syl_s", "%+.1f syl/s", rate - pace->mean_syl_s, UT_NOTICE)
                             : conversation_cue(kind, "rate_syl_s", "%.1f syl/s", rate, UT_NOTICE);
        if (unusual) cue.reasons[0].z = pace->rate_z;
        if (ut_shelf_raise(&cues->shelf, t_s, cue)) cues->since_s[kind] = -1;
    }
}

void ut_cues_follow(ut_cues *cues, double t_s, const ut_turns *turns) {
    const ut_rule *rules = cues->shelf.playbook->rules;
    follow_condition(cues, UT_CUE_TALK_OVER, t_s, "overlap_s", hops_s(turns->overlap_hops),
                     (double)rules[UT_CUE_TALK_OVER].after_s);
    follow_condition(cues, UT_CUE_DEAD_AIR, t_s, "silence_s", hops_s(turns->silent_hops),
                     (double)rules[UT_CUE_DEAD_AIR].after_s);
    follow_waiting(cues, t_s, turns);
    follow_monologue(cues, t_s, turns);
    follow_interruptions(cues, t_s, turns);
    follow_pace(cues, t_s, turns);
}

void ut_cues_finish(ut_cues *cues, double t_s) {
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) ut_shelf_clear(&cues->shelf, kind, t_s);
}
