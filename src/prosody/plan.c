/* plan.c - the tables and plans behind the stages.
 *
 * Mel scale: 2595 log10(1 + f / 700), 26 triangles of equal width in mel from 20 to 4000 Hz, each one at its centre and
 * zero at its neighbours' (Davis & Mermelstein 1980). Equal loudness: Hermansky, "Perceptual linear predictive
 * analysis of speech", JASA 87, 1990, eq. 4. Pitch window: a Gauss curve over the whole frame, Boersma 1993.
 *
 * Planned with FFTW_ESTIMATE: nothing is timed, so the same machine gives the same figures every time.
 */
#include "prosody/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEL_LOW_HZ    20.0
#define MEL_HIGH_HZ   4000.0
#define LIFTER        22
#define PITCH_SIGMA_S 0.0090 /* of the Gauss window */
#define EMPHASIS_HZ   50.0   /* 6 dB an octave above it, which evens out a voice's slope */

static double mel_of(double hz) { return 2595.0 * log10(1.0 + hz / 700.0); }
static double hz_of(double mel) { return 700.0 * (pow(10.0, mel / 2595.0) - 1.0); }
static double mel_step(void) { return (mel_of(MEL_HIGH_HZ) - mel_of(MEL_LOW_HZ)) / (UT_MEL_BANDS + 1); }

static void fill_spectrum_window(ut_plan *plan) {
    double square = 0;
    for (int i = 0; i < UT_SPECTRUM_N; i++) {
        double w = 0.54 - 0.46 * cos(2 * M_PI * (i + 0.5) / UT_SPECTRUM_N);
        plan->spectrum_window[i] = (float)w;
        square += w * w;
    }
    plan->power_scale = (float)(2.0 / (UT_SPECTRUM_FFT * square));
}

static void fill_pitch_window(ut_plan *plan) {
    double w[UT_PITCH_N], at_zero = 0;
    for (int i = 0; i < UT_PITCH_N; i++) {
        double t_s = (i + 0.5 - UT_PITCH_N / 2.0) / UT_RATE_HZ;
        w[i] = exp(-0.5 * t_s * t_s / (PITCH_SIGMA_S * PITCH_SIGMA_S));
        plan->pitch_window[i] = (float)w[i];
        at_zero += w[i] * w[i];
    }
    for (int lag = 0; lag < UT_LAGS; lag++) {
        double sum = 0;
        for (int i = lag; i < UT_PITCH_N; i++) sum += w[i] * w[i - lag];
        for (int i = UT_PITCH_FFT - lag; i < UT_PITCH_N; i++) sum += w[i] * w[i - (UT_PITCH_FFT - lag)];
        plan->lag_gain[lag] = (float)(at_zero / sum);
    }
}

static void fill_mel(ut_plan *plan) {
    for (int bin = 0; bin < UT_BINS; bin++) {
        double at = (mel_of(bin * (double)UT_BIN_HZ) - mel_of(MEL_LOW_HZ)) / mel_step() - 1;
        double below = floor(at);
        bool outside = at < -1 || at >= UT_MEL_BANDS;
        plan->mel_below[bin] = outside ? UT_MEL_BANDS : (signed char)below;
        plan->mel_share[bin] = (float)(1 - (at - below));
    }
}

static void fill_equal_loudness(ut_plan *plan) {
    for (int band = 0; band < UT_MEL_BANDS; band++) {
        double w = 2 * M_PI * hz_of(mel_of(MEL_LOW_HZ) + (band + 1) * mel_step());
        double w2 = w * w;
        double curve = (w2 + 56.8e6) * w2 * w2 / ((w2 + 6.3e6) * (w2 + 6.3e6) * (w2 + 0.38e9));
        plan->equal_loudness[band] = (float)pow(curve, 0.33);
    }
}

static void fill_dct(ut_plan *plan) {
    for (int c = 0; c < UT_MFCC; c++) {
        double lift = M_LN2 * sqrt(2.0 / UT_MEL_BANDS) * (1 + LIFTER / 2.0 * sin(M_PI * (c + 1) / LIFTER));
        for (int band = 0; band < UT_MEL_BANDS; band++)
            plan->dct[c][band] = (float)(lift * cos(M_PI * (c + 1) * (band + 0.5) / UT_MEL_BANDS));
    }
}

static void fill_formants(ut_plan *plan) {
    double emphasis = exp(-2 * M_PI * EMPHASIS_HZ / UT_FORMANT_RATE_HZ);
    plan->formant_emphasis = (float)emphasis;
    for (int bin = 0; bin < UT_BINS; bin++) {
        double w = 2 * M_PI * bin * (double)UT_BIN_HZ / UT_FORMANT_RATE_HZ;
        double gain = 1 + emphasis * emphasis - 2 * emphasis * cos(w);
        for (int lag = 0; lag < UT_FORMANT_LAGS; lag++) plan->formant_cosine[bin][lag] = (float)(gain * cos(w * lag));
    }
}

static bool plan_transforms(ut_plan *plan) {
    float *x = fftwf_alloc_real(UT_PITCH_FFT);
    fftwf_complex *y = fftwf_alloc_complex(UT_PITCH_FFT), *z = fftwf_alloc_complex(UT_PITCH_FFT);
    if (x && y && z) {
        plan->spectrum = fftwf_plan_dft_r2c_1d(UT_SPECTRUM_FFT, x, y, FFTW_ESTIMATE);
        plan->pitch_forward = fftwf_plan_dft_r2c_1d(UT_PITCH_FFT, x, y, FFTW_ESTIMATE);
        plan->pitch_back = fftwf_plan_dft_1d(UT_PITCH_FFT, y, z, FFTW_BACKWARD, FFTW_ESTIMATE);
    }
    fftwf_free(x);
    fftwf_free(y);
    fftwf_free(z);
    return plan->spectrum && plan->pitch_forward && plan->pitch_back;
}

ut_plan *ut_plan_open(ut_error *why) {
    ut_plan *plan = calloc(1, sizeof *plan);
    if (!plan || !plan_transforms(plan)) goto fail;
    fill_spectrum_window(plan);
    fill_pitch_window(plan);
    fill_mel(plan);
    fill_equal_loudness(plan);
    fill_dct(plan);
    fill_formants(plan);
    if (why) *why = UT_OK;
    return plan;

fail:
    ut_plan_close(plan);
    if (why) *why = UT_NO_MEMORY;
    return NULL;
}

void ut_plan_close(ut_plan *plan) {
    if (!plan) return;
    if (plan->spectrum) fftwf_destroy_plan(plan->spectrum);
    if (plan->pitch_forward) fftwf_destroy_plan(plan->pitch_forward);
    if (plan->pitch_back) fftwf_destroy_plan(plan->pitch_back);
    free(plan);
}
