/* talk.h - how much of the talking each of two voices does, and how fast, against its own usual. Not emotion. */
#ifndef CUES_TALK_H
#define CUES_TALK_H

#include "voice.h"

enum { UT_TALK_HALVES = 240 }; /* half seconds in 120 s */

/* A voice's rate against its own usual. */
typedef struct ut_pace {
    float rate_syl_s; /* syllables a second of speech, of the last reading in which it was speaking; 0 before one */
    float rate_z;     /* the same in standard deviations over the voice's own mean so far; 0 until that is known */
    double mean_syl_s, squares;
    unsigned readings;
} ut_pace;

typedef struct ut_talk {
    int64_t speech_hops[2];            /* [UT_CUSTOMER, UT_AGENT] */
    uint8_t halves[UT_TALK_HALVES][2]; /* speech hops of each half second, [hop / 50 modulo its length] */
    int64_t recent_hops[2];            /* their sums */
    ut_pace pace[2];
} ut_talk;

/* One hop: who spoke. */
void ut_talk_step(ut_talk *talk, int64_t hop, const bool speaks[2]);

/* A reading of voice v. */
void ut_talk_read(ut_talk *talk, int v, const ut_voice_hop *reading);

/* Voice v's part of all speech, 0..1, NaN where nobody spoke. */
float ut_talk_share(const ut_talk *talk, int v);
float ut_talk_share_120s(const ut_talk *talk, int v);

#endif
