/* cues.h - scores and turns to cues: when to speak up, when to be silent again.
 *
 * An emotion cue rises when the evidence for it has added up and clears when that against it has (evidence.h), or when
 * nothing was heard of the voice for long. At most one of frustration and stress is up. A conversation cue rises and
 * clears with its condition. Which of them may be up at a time, and how soon again, is the shelf's to say (shelf.h).
 */
#ifndef CUES_CUES_H
#define CUES_CUES_H

#include "cues/evidence.h"
#include "cues/shelf.h"
#include "cues/turns.h"

typedef struct ut_cues {
    ut_shelf shelf;
    ut_evidence evidence[UT_EXPLAINED]; /* frustration's and stress's */
    float peak;                         /* of the score of the one that is up, or was last */
    int forgotten;                      /* the one that was up when the voice fell silent for long, -1: none */
    double began_s;                     /* when that which is up, or was forgotten, was first told */
    double heard_s;                     /* when the customer was last scored while speaking */
    double since_s[UT_CUE_KINDS];       /* since when a condition does not hold (cue up) or does (down); < 0: never */
    unsigned interruptions;             /* by the agent, told so far */
} ut_cues;

void ut_cues_init(ut_cues *cues, const ut_call_options *options);

/* A reading of the customer at t_s; speaking: in its last half second. */
void ut_cues_hear(ut_cues *cues, double t_s, const ut_opinion *opinion, bool speaking);

/* Whether the customer's voice sounds raised now, so that it must not become the usual one. */
bool ut_cues_hold_usual(const ut_cues *cues);

/* The turns after a hop, at t_s. */
void ut_cues_follow(ut_cues *cues, double t_s, const ut_turns *turns);

/* Clears what is up: the call is over. */
void ut_cues_finish(ut_cues *cues, double t_s);

#endif
