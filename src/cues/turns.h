/* turns.h - who is talking: two voices' hops to turns, overlaps, silences. Conversation only, no emotion.
 *
 * A burst is speech without a gap of 0.3 s or more. Who speaks while the other has the floor makes a bid for it; when
 * the bid has lasted 0.8 s, or the other has been silent for 1 s, it was a turn from its first sound on. If the other
 * goes on before that, it was a backchannel ("mm-hm"), or a breath, and takes no part in what follows. Both may have
 * turns at a time. A turn is over when its voice is silent and the other has the floor, or nobody has spoken for 3 s,
 * or somebody is on hold.
 *
 * Times are those of the sound: hop n of turn-taking is that of the frame of this number, and the frames that the
 * analysis holds back are not counted.
 */
#ifndef CUES_TURNS_H
#define CUES_TURNS_H

#include "cues/talk.h"

enum {
    UT_TURNS_WAITING = 16,   /* more than one step can yield */
    UT_LATENCY_BIN_HOPS = 2, /* latencies are kept as a histogram, so that memory does not grow with the call: 20 ms, */
    UT_LATENCY_BINS = 1000,  /* to 20 s */
};

typedef struct ut_burst {
    bool on;             /* in a burst now */
    int run_hops;        /* speech without any gap but the shortest */
    int64_t run_hop;     /* where that began */
    int64_t heard_hop;   /* one past the last hop of speech */
    int64_t start_hop;   /* of the burst that is on, or was last */
    int64_t end_hop;     /* one past its last speech so far */
    int64_t before_hop;  /* the same of the burst before it */
    int64_t voiced_hops; /* in the call */
    int run_voiced_hops; /* of the run */
} ut_burst;

/* Someone has come in at least 1 s into the other's turn. */
typedef struct ut_turns_cut {
    bool open;
    int64_t start_hop, yielded_hop; /* -1: not yet */
} ut_turns_cut;

typedef struct ut_turns {
    int64_t hop; /* hops so far */

    /* What is going on now and since how many hops, 0: it is not. */
    int64_t overlap_hops;   /* both talk; 0 while it may still be a backchannel */
    int64_t silent_hops;    /* there is neither speech nor music */
    int64_t monologue_hops; /* the agent talks without an answer */
    int64_t waiting_hops;   /* the customer waits for an answer */

    float usual_reply_s;  /* the agent's latencies so far, median; NaN before the third */
    ut_dynamics dynamics; /* what can be counted up; interruptions_by_agent rises with each */
    ut_talk talk;         /* shares of the talking, and paces */

    struct ut_turns_voice {
        float noise_db;    /* of the line where nobody speaks */
        int64_t risen_hop; /* since when it has been well over that */
        ut_burst burst;
        bool bids, talks;          /* speaks without the floor, has it */
        int64_t bid_hop, turn_hop; /* since when */
        int64_t bid_voiced_hops;   /* in the call, before the bid */
        int64_t done_hop;          /* end of its last turn */
    } voice[2];                    /* [UT_CUSTOMER, UT_AGENT] */
    int floor;                     /* whose the last turn was, -1: nobody's yet, or somebody was on hold since */
    bool spoke;                    /* someone has: silence before the first word is not dead air */
    int64_t heard_hop;             /* one past the last speech or hold */

    struct {
        bool live;   /* both are in a burst */
        bool counts; /* long enough, and voiced */
        bool over;   /* and one no longer is, but whether they were turns is not decided */
        int second;  /* who came in */
        int64_t start_hop, end_hop;
        int64_t voiced_hops[2]; /* in the call, when it began */
    } overlap;

    ut_turns_cut interruption[2]; /* [who came in] */

    bool announced; /* the telephony said that the caller is on hold */
    struct {
        bool on;
        int64_t start_hop, end_hop; /* of the music and tones that may become a hold, of the hold that is on */
        int64_t sounding_hops;      /* of them */
    } hold;

    int64_t monologue_hop; /* since when the agent has talked without an answer, -1: the agent does not */
    unsigned latencies[UT_LATENCY_BINS], n_latencies; /* of the agent's replies */

    ut_turn waiting[UT_TURNS_WAITING];
    unsigned in, out;
} ut_turns;

void ut_turns_init(ut_turns *turns);

/* One hop of both voices. */
void ut_turns_step(ut_turns *turns, const ut_voice_hop *customer, const ut_voice_hop *agent);

/* The call is over, and with it what is under way. */
void ut_turns_finish(ut_turns *turns);

/* Takes the next turn out, false when there is none. A step yields at most UT_TURNS_WAITING. */
bool ut_turns_next(ut_turns *turns, ut_turn *turn);

void ut_turns_tell(const ut_turns *turns, ut_dynamics *dynamics);

#endif
