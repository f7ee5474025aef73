/* pitch.h - 60 ms of samples to pitch candidates, and the path through them. */
#ifndef PROSODY_PITCH_H
#define PROSODY_PITCH_H

#include "prosody/plan.h"

enum {
    UT_PITCH_LOOKAHEAD = 10, /* frames the path is decided late */
    UT_PITCH_STATES = 8,     /* unvoiced and seven candidates */
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
    _Alignas(UT_ALIGN) fftwf_complex bins[UT_PITCH_FFT];
    _Alignas(UT_ALIGN) fftwf_complex lags[UT_PITCH_FFT];
    float r[UT_LAGS];    /* autocorrelation, 1 at lag 0 */
    float flat[UT_LAGS]; /* that of the flattened spectrum */
    struct ut_pitch_column columns[UT_PITCH_LOOKAHEAD + 1];
    float power[UT_PITCH_LOOKAHEAD + 1][UT_PITCH_BINS]; /* |X|^2 of the windowed frame */
    unsigned newest;
    float peak; /* the loudest of late, amplitude */
};

/* Takes the UT_PITCH_N samples of the next frame and returns how periodic they are, 0..1. */
float ut_pitch_push(struct ut_pitch *pitch, const ut_plan *plan, const float *x);

/* The power spectra of the frame just pushed and of the one that _take decides: UT_PITCH_BINS each. */
const float *ut_pitch_newest_power(const struct ut_pitch *pitch);
const float *ut_pitch_oldest_power(const struct ut_pitch *pitch);

/* Fills in f0_hz, voicing and hnr_db of the frame pushed UT_PITCH_LOOKAHEAD frames ago, around whose centre
 * UT_PITCH_N / 2 samples either side may be read. */
void ut_pitch_take(const struct ut_pitch *pitch, const float *centre, ut_frame *frame);

#endif
