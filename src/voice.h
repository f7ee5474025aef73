/* voice.h - one channel of a call: samples to frames, which wait; frames, as the call takes them, to hops.
 *
 * Its first half runs on its own clock, up to UT_SKEW_S ahead of the other voices. The second is told frame by frame
 * what to hear, so that the call can look at the frames of all voices side by side before any of them is judged.
 */
#ifndef VOICE_H
#define VOICE_H

#include "classify/classifier.h"
#include "undertone.h"

/* What turn-taking needs of 10 ms of a voice. */
typedef struct ut_voice_hop {
    bool speech, voiced;
    bool hold; /* music or a tone, and no speech */
    float level_db;
    bool reading; /* a reading falls due with this hop: the rest holds it */
    ut_activity activity;
    float speech_s; /* of the last 4 s */
} ut_voice_hop;

typedef struct ut_voice ut_voice;

/* Only the customer's voice gets a classifier; the agent's and a mixed one have none to ask. Null without memory. */
ut_voice *ut_voice_new(const ut_model *model, ut_channel channel);
void ut_voice_free(ut_voice *voice);

/* Takes up to n samples, fewer when UT_SKEW_S of hops wait to be taken. */
size_t ut_voice_push(ut_voice *voice, const float *x, size_t n);

/* No more samples: the hops whose frames were not decided yet follow, and one last for a reading, unless a reading
 * fell due with the last sample already. */
void ut_voice_finish(ut_voice *voice);

/* How many hops wait. */
size_t ut_voice_waiting(const ut_voice *voice);

/* The next hop's frame, which is its taker's to change until the next push; null where it has none: the first
 * UT_PROSODY_DELAY hops come before the first frame, the last after the last. There must be a hop that waits. */
ut_frame *ut_voice_take(ut_voice *voice);

/* Hears the frame just taken. Of the customer's voice, opinion is written when the hop holds a reading; of any other
 * it is left alone. */
void ut_voice_hear(ut_voice *voice, const ut_frame *frame, ut_voice_hop *hop, ut_opinion *opinion);

/* The customer's: while this is held, what they sound like is not taken for what is usual for them. */
void ut_voice_hold_usual(ut_voice *voice, bool hold);

/* Samples pushed so far. */
uint64_t ut_voice_samples(const ut_voice *voice);

#endif
