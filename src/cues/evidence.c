/* evidence.c - Page's cumulative sum (Biometrika 41, 1954), a sequential probability ratio test (Wald 1945) that begins
 * anew whenever it would go below nothing. What one reading says is the mean of two log odds:
 *
 *     cold    those of the score, that the voice sounds so at all
 *     change  how far they would fall were the voice as usual for this caller
 *
 * so a voice that is always loud has one without the other, and a change to something else too. Against them stand
 * those of the rule's raise. Where the reasons cannot take the score away, a reading may speak against but not for:
 * what cannot be explained is not said.
 *
 * Were readings independent, a calm moment would grow into a cue with a chance of at most exp(-rule.evidence). They
 * share most of a window, so the rates that hold are measured: tools/call_bench, models/cues.md.
 */
#include "cues/evidence.h"

#include <math.h>

/* No single reading says more than this, in nats: one odd sound is no cue. */
static const float most = 4.0f;

/* How sure a score can be: one in five hundred is about what the calibration's clips can tell. */
static const float surest = 0.998f;

static float log_odds(float p) {
    p = fminf(fmaxf(p, 1 - surest), surest);
    return logf(p / (1 - p));
}

static float within(float x, float bound) { return fminf(fmaxf(x, -bound), bound); }

static float counted(float x, float enough) { return fminf(fmaxf(x, 0), enough); }

bool ut_evidence_is_explained(const ut_rule *rule, float score, float score_usual) {
    return score_usual < 0.5f && score >= rule->clear; /* NaN is not */
}

static float said_for(const ut_rule *rule, float score, float score_usual) {
    float change = !isnan(score_usual) ? fminf(log_odds(score) - log_odds(score_usual), 6) : 0;
    float nats = within((log_odds(score) + change) / 2 - log_odds(rule->raise), most);
    return ut_evidence_is_explained(rule, score, score_usual) ? nats : fminf(nats, 0);
}

bool ut_evidence_add(ut_evidence *evidence, const ut_rule *rule, float score, float score_usual) {
    float more = said_for(rule, score, score_usual);
    evidence->for_it = counted(evidence->for_it + more, rule->evidence);
    if (more > 0) evidence->agreeing++;
    else if (evidence->for_it <= 0) evidence->agreeing = 0;
    float less = within(log_odds(rule->clear) - log_odds(score), most);
    evidence->against = counted(evidence->against + less, rule->evidence);
    return more > 0;
}

bool ut_evidence_is_enough(const ut_evidence *evidence, const ut_rule *rule) {
    float agreeing_s = (float)evidence->agreeing * UT_READING_HOPS * UT_HOP / UT_RATE_HZ;
    return evidence->for_it >= rule->evidence && agreeing_s >= rule->after_s;
}

bool ut_evidence_has_gone(const ut_evidence *evidence, const ut_rule *rule) {
    return evidence->against >= rule->evidence;
}
