/* plan.h - what every voice shares: windows, mel bands, weights and FFT plans. Read-only once open. */
#ifndef PROSODY_PLAN_H
#define PROSODY_PLAN_H

#include <fftw3.h>

#include "undertone.h"

enum {
    UT_SPECTRUM_N = 160, /* samples of the spectral frame: 20 ms */
    UT_SPECTRUM_FFT = 256,
    UT_BINS = UT_SPECTRUM_FFT / 2 + 1,
    UT_PITCH_N = 480,   /* samples of the pitch frame: 60 ms */
    UT_PITCH_FFT = 512, /* the longest lags wrap round, by what the window leaves of its ends: under 0.5 % */
    UT_PITCH_BINS = UT_PITCH_FFT / 2 + 1,
    UT_LAGS = 156,              /* 8000 Hz over 55 Hz, and what it takes to interpolate there */
    UT_FORMANT_RATE_HZ = 11000, /* the rate that formants.c pretends */
    UT_FORMANT_LAGS = 11,
};

#define UT_BIN_HZ ((float)UT_RATE_HZ / UT_SPECTRUM_FFT)

struct ut_plan {
    float spectrum_window[UT_SPECTRUM_N]; /* Hamming */
    float power_scale;                    /* bins of |X|^2 times this add up to the frame's mean square */
    float pitch_window[UT_PITCH_N];       /* Gauss */
    float lag_gain[UT_LAGS];              /* 1 over the window's own autocorrelation, 1 at lag 0 */

    /* A bin lies between the centres of two bands: its power goes to band mel_below[bin] by mel_share[bin] and to
     * the one above by the rest. -1 and UT_MEL_BANDS stand for the edges, which no band holds. */
    signed char mel_below[UT_BINS];
    float mel_share[UT_BINS];
    float equal_loudness[UT_MEL_BANDS]; /* to the power of 0.33 */
    float dct[UT_MFCC][UT_MEL_BANDS];   /* liftered; from binary logarithms */

    /* Bins of the spectral frame's power times these add up to its autocorrelation at lags of UT_FORMANT_RATE_HZ,
     * pre-emphasised: x[n] - formant_emphasis x[n - 1]. */
    float formant_cosine[UT_BINS][UT_FORMANT_LAGS];
    float formant_emphasis;

    fftwf_plan spectrum;      /* UT_SPECTRUM_FFT reals to UT_BINS */
    fftwf_plan pitch_forward; /* UT_PITCH_FFT reals to UT_PITCH_BINS */
    fftwf_plan pitch_back;    /* UT_PITCH_FFT complex back */
};

/* Buffers that the plans are executed on are aligned to this many bytes. */
#define UT_ALIGN 64

#endif
