/* cues.h - scores and turns to cues: when to speak up, when to be silent again.
 *
 * An emotion cue rises after after_s of agreeing readings and clears, with hysteresis, after hold_s of readings under
 * a lower bound, or when nothing was heard of the voice for long. At most one of frustration and stress is up. A
 * conversation cue rises and clears with its condition. Each then keeps quiet for its cool-down.
 */
#ifndef CUES_CUES_H
#define CUES_CUES_H

#include "cues/playbook.h"
#include "cues/turns.h"

enum { UT_CUES_WAITING = 16 }; /* more than one step can yield */

typedef struct ut_cue_life {
    bool up;
    unsigned id;
    float peak; /* of the score since it rose */
    double raised_s, told_s, cleared_s;
    double for_since_s;     /* since when the evidence has been for it, < 0: it is not */
    double against_since_s; /* since when against it, < 0: it is not */
    ut_cue last;            /* what was last told, for the clearing */
} ut_cue_life;

typedef struct ut_cues {
    const ut_playbook *playbook;
    ut_cue_life life[UT_CUE_KINDS];
    double heard_s; /* when the customer was last scored */
    unsigned n_raised;
    struct {
        ut_cue cue;
        double t_s;
    } waiting[UT_CUES_WAITING];
    unsigned in, out;
} ut_cues;

void ut_cues_init(ut_cues *cues, const ut_playbook *playbook);

/* A reading of the customer at t_s. */
void ut_cues_hear(ut_cues *cues, double t_s, const ut_opinion *opinion);

/* The turns after a hop, at t_s. */
void ut_cues_follow(ut_cues *cues, double t_s, const ut_turns *turns);

/* Clears what is up: the call is over. */
void ut_cues_finish(ut_cues *cues, double t_s);

/* Takes the next cue out, false when there is none. */
bool ut_cues_next(ut_cues *cues, double *t_s, ut_cue *cue);

#endif
