/* vad.h - voice activity. */
#ifndef PROSODY_VAD_H
#define PROSODY_VAD_H

#include "prosody/vad_evidence.h"

enum {
    UT_VAD_LOOKAHEAD = 30, /* frames a decision waits for */
    UT_VAD_SPAN = UT_VAD_LOOKAHEAD + 1 + UT_VAD_LOOKAHEAD,
    UT_VAD_POOLS = 5,
    UT_VAD_INPUTS = UT_VAD_POOLS * UT_VAD_EVIDENCE,
};

/* The evidence of a frame, and its mean over what came before, which fades. */
struct ut_vad_frame {
    float now[UT_VAD_EVIDENCE];
    float past[UT_VAD_EVIDENCE];
};

struct ut_vad {
    struct ut_vad_listener listener;
    struct ut_vad_frame frames[2 * UT_VAD_SPAN]; /* each twice, so that a span lies in one piece */
    unsigned next;                               /* [modulo UT_VAD_SPAN] */
    float periodic;                              /* of the newest frame */
    int since_voice;                             /* frames since two in a row were a voice's, perhaps */
};

/* As before the first frame: a quiet line. */
void ut_vad_start(struct ut_vad *vad);

/* Takes the newest frame, of which the spectral values are known, the power of its pitch window (UT_PITCH_BINS) and how
 * periodic it is, 0..1. */
void ut_vad_push(struct ut_vad *vad, const float *power, float periodic, const ut_frame *frame);

/* What the network is told of the frame pushed UT_VAD_LOOKAHEAD frames ago. */
void ut_vad_gather(const struct ut_vad *vad, float inputs[UT_VAD_INPUTS]);

/* Fills in speech, music and tone of that frame. */
void ut_vad_take(const struct ut_vad *vad, ut_frame *frame);

#endif
