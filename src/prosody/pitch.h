/* pitch.h - 60 ms of samples to pitch candidates, and the path through them. */
#ifndef PROSODY_PITCH_H
#define PROSODY_PITCH_H

#include "prosody/plan.h"

enum {
    UT_LOOKAHEAD = 10,   /* frames a decision waits for, in every stage that looks ahead */
    UT_PITCH_STATES = 8, /* unvoiced and seven candidates */
};

struct ut_pitch_state {
    float f0_hz;    /* 0: unvoiced */
    float octave;   /* log2 of f0_hz */
    float strength; /* what this frame alone says for it */
    float r;        /* the autocorrelation at its lag, 0..1 */
    float flat;     /* that of the flattened spectrum */
    float score;    /* of the best path that ends here, the best of the frame being 0 */
    int from;       /* that path's state in the frame before */
};

struct ut_pitch_column {
    struct ut_pitch_state states[UT_PITCH_STATES]; /* the first is the unvoiced one */
    int n;
};

struct ut_pitch {
    _Alignas(UT_ALIGN) float x[UT_PITCH_FFT];
    _Alignas(UT_ALIGN) fftwf_complex bins[UT_PITCH_BINS];
    float r[UT_LAGS];    /* autocorrelation */
    float flat[UT_LAGS]; /* of the flattened spectrum */
    struct ut_pitch_column columns[UT_LOOKAHEAD + 1];
    unsigned newest;
    float peak; /* the loudest of late, amplitude */
};

/* Takes the UT_PITCH_N samples of the next frame and returns how periodic they are, 0..1. */
float ut_pitch_push(struct ut_pitch *pitch, const ut_plan *plan, const float *x);

/* Fills in f0_hz and voicing of the frame pushed UT_LOOKAHEAD frames ago. */
void ut_pitch_take(const struct ut_pitch *pitch, ut_frame *frame);

#endif
