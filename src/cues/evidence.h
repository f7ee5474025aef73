/* evidence.h - when enough has been heard to say that a voice sounds so, and when enough to take it back. */
#ifndef CUES_EVIDENCE_H
#define CUES_EVIDENCE_H

#include "classify/classifier.h"
#include "cues/playbook.h"

typedef struct ut_evidence {
    float for_it, against; /* nats */
    unsigned agreeing;     /* readings that made up what there is for it */
} ut_evidence;

/* Whether a reading may speak for the cue: its reasons take the score away, and it is not one that speaks against. */
bool ut_evidence_is_explained(const ut_rule *rule, float score, float score_usual);

/* A reading of a voice that is speaking: its score, and what the score would be were the reasons for it as usual for
 * the caller (NaN: there is no change to tell). True when it speaks for the cue. */
bool ut_evidence_add(ut_evidence *evidence, const ut_rule *rule, float score, float score_usual);

/* Whether it is time to raise the cue, or to clear it. */
bool ut_evidence_is_enough(const ut_evidence *evidence, const ut_rule *rule);
bool ut_evidence_has_gone(const ut_evidence *evidence, const ut_rule *rule);

#endif
