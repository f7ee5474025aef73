/* turns.h - who is talking: two voices' hops to turns, overlaps, silences. Conversation only, no emotion.
 *
 * A burst is speech without a gap of 0.3 s or more. A burst under 0.8 s while the other keeps the floor is a
 * backchannel ("mm-hm") and takes no part in what follows.
 */
#ifndef CUES_TURNS_H
#define CUES_TURNS_H

#include "voice.h"

/* Response latencies are kept as a histogram, so that memory does not grow with the call. */
enum { UT_LATENCY_BIN_HOPS = 5, UT_LATENCY_BINS = 400 }; /* 50 ms, to 20 s */

typedef struct ut_burst {
    bool on;           /* in a burst now */
    int run_hops;      /* speech hops in a row */
    int quiet_hops;    /* hops without speech in a row */
    int64_t start_hop; /* of the burst that is on, or was last */
    int64_t end_hop;   /* of the last one that ended */
} ut_burst;

typedef struct ut_turns {
    int64_t hop;       /* hops so far */
    ut_burst burst[2]; /* [UT_CUSTOMER, UT_AGENT] */
    int64_t speech_hops[2];

    struct {
        bool open;         /* the second speaker is still in the burst that began it */
        bool live;         /* and so is the first */
        bool counted;      /* long enough, both voiced, no backchannel */
        int first, second; /* who had the floor, who came in */
        int64_t hops;      /* how long both spoke */
        int voiced_hops[2];
    } overlap;
    unsigned overlaps;

    struct {
        bool open; /* someone came in at least 1 s into the other's turn */
        int first, second;
        int64_t came_in_hop;
        int64_t yielded_hop; /* -1: not yet */
    } interruption;
    unsigned interruptions;

    ut_burst hold;         /* music or tones on either side: no silence, and nobody's turn */
    bool spoke;            /* someone has: silence before the first word is not dead air */
    int64_t silent_hops;   /* how long there was neither speech nor music */
    int64_t dead_air_hops; /* of all silences over 3 s */

    int64_t monologue_start_hop; /* of the agent's turn without an answer, -1: not in one */
    int64_t monologue_hops;

    int64_t customer_done_hop; /* end of a customer's turn that waits for an answer, -1: none does */
    unsigned latencies[UT_LATENCY_BINS], n_latencies;
} ut_turns;

void ut_turns_init(ut_turns *turns);

/* One hop of both voices. */
void ut_turns_step(ut_turns *turns, const ut_voice_hop *customer, const ut_voice_hop *agent);

void ut_turns_tell(const ut_turns *turns, ut_dynamics *dynamics);

#endif
