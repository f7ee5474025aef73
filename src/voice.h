/* voice.h - one channel of a call: samples to hops, one hop after the other.
 *
 * A voice runs on its own clock, up to UT_SKEW_S ahead of the other; the call takes hops of all voices in step.
 */
#ifndef VOICE_H
#define VOICE_H

#include "classify/classifier.h"
#include "undertone.h"

/* What turn-taking needs of 10 ms of a voice. */
typedef struct ut_voice_hop {
    bool speech, voiced;
    bool hold;    /* music or a tone, and no speech */
    bool reading; /* a reading falls due with this hop: activity holds it */
    ut_activity activity;
} ut_voice_hop;

typedef struct ut_voice ut_voice;

/* Only the customer's voice gets a classifier; the agent's and a mixed one have none to ask. Null without memory. */
ut_voice *ut_voice_new(const ut_model *model, ut_channel channel);
void ut_voice_free(ut_voice *voice);

/* Takes up to n samples, fewer when UT_SKEW_S of hops wait to be taken. */
size_t ut_voice_push(ut_voice *voice, const float *x, size_t n);

/* No more samples: the hops whose frames were not decided yet follow, and one last with a reading, unless a reading
 * fell due with the last sample already. */
void ut_voice_finish(ut_voice *voice);

/* How many hops wait. */
size_t ut_voice_waiting(const ut_voice *voice);

/* Takes the next hop; there must be one. Of the customer's voice, opinion is written when the hop holds a reading; of
 * any other it is left alone. */
void ut_voice_take(ut_voice *voice, ut_voice_hop *hop, ut_opinion *opinion);

/* Samples pushed so far. */
uint64_t ut_voice_samples(const ut_voice *voice);

#endif
