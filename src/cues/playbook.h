/* playbook.h - what a team wants to be told: which cues are on, when they rise, what they say. Read-only once open. */
#ifndef CUES_PLAYBOOK_H
#define CUES_PLAYBOOK_H

#include "undertone.h"

typedef struct ut_rule {
    bool on;
    float raise, clear;   /* scores, emotion cues only */
    float after_s;        /* how long the condition must have held */
    float urgent_after_s; /* from then on it is urgent, 0: never */
    float hold_s;         /* how long it must be gone before the cue clears; of calming: how long it shows */
    float cool_down_s;    /* silence of this cue after it cleared */
    char text[96];
    char advice[160];
} ut_rule;

struct ut_playbook {
    ut_rule rules[UT_CUE_KINDS];
};

/* The playbook of a call that was given none. */
extern const struct ut_playbook ut_playbook_default;

#endif
