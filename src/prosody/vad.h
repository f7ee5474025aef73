/* vad.h - voice activity. */
#ifndef PROSODY_VAD_H
#define PROSODY_VAD_H

#include "prosody/pitch.h"

enum {
    UT_VAD_BLOCK = 38, /* frames a minimum is taken over */
    UT_VAD_BLOCKS = 8, /* blocks the noise floor is taken over: 3 s with the one being filled */
    UT_VAD_LOOKBACK = 20,
    UT_VAD_SPAN = UT_VAD_LOOKBACK + 1 + UT_LOOKAHEAD,
};

/* What one frame says for speech. */
struct ut_vad_evidence {
    float excess_db; /* over the noise floor, mean of the bands */
    float periodic;  /* 0..1, of what stands out of the noise */
    float change_db; /* since two frames ago, mean of the bands */
};

struct ut_vad {
    float smooth_db[UT_MEL_BANDS];
    float minima_db[UT_VAD_BLOCKS + 1][UT_MEL_BANDS]; /* the one being filled first */
    int filled;                                       /* frames in it */
    float before_db[2][UT_MEL_BANDS];                 /* the last frame's bands and those of the one before */
    struct ut_vad_evidence evidence[UT_VAD_SPAN];     /* the newest last */
};

/* As before the first frame: a quiet line. */
void ut_vad_start(struct ut_vad *vad);

/* Takes the newest frame, of which mel_db is known, and how periodic it is, 0..1. */
void ut_vad_push(struct ut_vad *vad, const ut_frame *frame, float periodic);

/* Fills in speech of the frame pushed UT_LOOKAHEAD frames ago. */
void ut_vad_take(const struct ut_vad *vad, ut_frame *frame);

#endif
