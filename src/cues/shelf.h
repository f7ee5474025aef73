/* shelf.h - the cues that are up, and what is told of them. There is room for one main cue and two minor ones: a more
 * important cue puts the least important one away, a less important one waits.
 */
#ifndef CUES_SHELF_H
#define CUES_SHELF_H

#include "cues/playbook.h"

enum { UT_CUES_UP = 3, UT_CUES_WAITING = 24 }; /* waiting: more than one step can yield */

typedef struct ut_shelf {
    const ut_playbook *playbook;
    ut_about about;
    int64_t local_time_s; /* of the call's start, 0: not known */
    struct ut_shelf_cue {
        bool up;
        double raised_s, told_s, cleared_s;
        ut_cue last; /* what was last told */
    } cue[UT_CUE_KINDS];
    unsigned n_raised;
    struct {
        ut_cue cue;
        double t_s;
    } waiting[UT_CUES_WAITING];
    unsigned in, out;
} ut_shelf;

void ut_shelf_init(ut_shelf *shelf, const ut_call_options *options);

/* From the next cue on; null for the defaults. */
void ut_shelf_set_playbook(ut_shelf *shelf, const ut_playbook *playbook);

const ut_rule *ut_shelf_rule(const ut_shelf *shelf, ut_cue_kind kind);

/* Raises the cue, whose kind, score, severity and reasons are given; the rest is filled in. False, and nothing is told,
 * where it is up already, off, cooling down, in quiet hours, or less important than all that are up. */
bool ut_shelf_raise(ut_shelf *shelf, double t_s, ut_cue cue);

/* Tells again of a cue that is up. */
void ut_shelf_update(ut_shelf *shelf, double t_s, ut_cue cue);

/* Takes a cue away, and with frustration what the supervisor was told of it; nothing where it is not up. */
void ut_shelf_clear(ut_shelf *shelf, ut_cue_kind kind, double t_s);

/* Takes the next cue out that is to be told, false when there is none. */
bool ut_shelf_next(ut_shelf *shelf, double *t_s, ut_cue *cue);

#endif
