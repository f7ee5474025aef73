/* pitch.c - the voice's fundamental frequency.
 *
 * In:  60 ms of samples around the frame's centre.
 * Out: f0_hz, 55-600 Hz and 0 where unvoiced, and voicing.
 *
 * Each frame is weighted by a Gauss window, its autocorrelation is taken by FFT and divided by the window's own; its
 * maxima are candidates, placed between the samples by a parabola (Boersma, "Accurate short-term analysis of the
 * fundamental frequency and the harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17, 1993). All harmonics
 * speak for a lag, so the fundamental itself, which a telephone line cuts off, is not needed. But on such a line two or
 * three harmonics next to a formant often outweigh all others and draw the pitch to a multiple of the true one. So the
 * autocorrelation is taken once more from the square root of the power spectrum, where weak harmonics count for more
 * (Tolonen & Karjalainen, IEEE Trans. Speech and Audio Processing 8, 2000), and candidates pay for what they lack
 * there. The path that costs least is found by Viterbi's algorithm, decided UT_LOOKAHEAD frames late.
 */
#include "prosody/pitch.h"

#include <math.h>
#include <string.h>

#define F0_LOW_HZ          55.0f
#define F0_HIGH_HZ         600.0f
#define VOICING_THRESHOLD  0.54f
#define SILENCE_THRESHOLD  0.03f   /* of the loudest of late */
#define OCTAVE_COST        0.02f   /* an octave down */
#define FLAT_COST          1.50f   /* of what the best candidate has over this one in the flattened spectrum */
#define FADING_COST        0.20f   /* of what is lost from one period to two */
#define OCTAVE_JUMP_COST   0.60f   /* an octave from one frame to the next */
#define VOICED_CHANGE_COST 0.20f   /* voiced to unvoiced or back */
#define PEAK_FLOOR         0.003f  /* amplitude; quieter is never the loudest of late */
#define PEAK_DECAY         0.9990f /* a frame: 0.87 dB a second */

enum { LAG_LEAST = 13 }; /* UT_RATE_HZ over F0_HIGH_HZ */

/* Writes the frame, its mean taken off, and returns its greatest amplitude. */
static float load(float *y, const float *x) {
    float mean = 0, peak = 0;
    for (int i = 0; i < UT_PITCH_N; i++) mean += x[i];
    mean /= UT_PITCH_N;
    for (int i = 0; i < UT_PITCH_N; i++) {
        y[i] = x[i] - mean;
        peak = fmaxf(peak, fabsf(y[i]));
    }
    return peak;
}

/* The spectrum in bins, which is lost, to its autocorrelation over the window's own. */
static void transform_back(struct ut_pitch *pitch, const ut_plan *plan, float *r) {
    fftwf_execute_dft_c2r(plan->pitch_back, pitch->bins, pitch->x);
    float scale = pitch->x[0] > 0 ? 1 / pitch->x[0] : 0;
    for (int lag = 0; lag < UT_LAGS; lag++) r[lag] = pitch->x[lag] * scale * plan->lag_gain[lag];
}

/* Both autocorrelations of the frame that load() left. */
static void autocorrelate(struct ut_pitch *pitch, const ut_plan *plan) {
    float power[UT_PITCH_BINS];
    for (int i = 0; i < UT_PITCH_N; i++) pitch->x[i] *= plan->pitch_window[i];
    memset(pitch->x + UT_PITCH_N, 0, (UT_PITCH_FFT - UT_PITCH_N) * sizeof *pitch->x);
    fftwf_execute_dft_r2c(plan->pitch_forward, pitch->x, pitch->bins);
    for (int k = 0; k < UT_PITCH_BINS; k++)
        power[k] = pitch->bins[k][0] * pitch->bins[k][0] + pitch->bins[k][1] * pitch->bins[k][1];

    for (int k = 0; k < UT_PITCH_BINS; k++) pitch->bins[k][0] = power[k], pitch->bins[k][1] = 0;
    transform_back(pitch, plan, pitch->r);
    for (int k = 0; k < UT_PITCH_BINS; k++) pitch->bins[k][0] = sqrtf(power[k]), pitch->bins[k][1] = 0;
    transform_back(pitch, plan, pitch->flat);
}

/* The height of the parabola through three points at its top. */
static float top_of(const float *r, int lag) {
    float slope = 0.5f * (r[lag + 1] - r[lag - 1]), bend = 2 * r[lag] - r[lag - 1] - r[lag + 1];
    return bend > fabsf(slope) ? r[lag] + 0.5f * slope * slope / bend : r[lag];
}

static float highest_near(const float *r, int lag) {
    if (r[lag - 1] > r[lag] && r[lag - 1] > r[lag + 1]) return lag > 1 ? top_of(r, lag - 1) : r[lag - 1];
    if (r[lag + 1] > r[lag]) return lag + 2 < UT_LAGS ? top_of(r, lag + 1) : r[lag + 1];
    return top_of(r, lag);
}

/* How much less the frame resembles itself two periods on than one on. A voice hardly fades; a formant excited by
 * noise, which a telephone line's narrow band makes look periodic, does. */
static float fading(const float *r, float lag, float r_at_lag) {
    int twice = (int)(2 * lag + 0.5f);
    return twice + 1 < UT_LAGS ? fmaxf(r_at_lag - highest_near(r, twice), 0) : 0;
}

/* The maximum near a lag, by the parabola through three points. */
static struct ut_pitch_state candidate_at(const float *r, int lag) {
    float slope = 0.5f * (r[lag + 1] - r[lag - 1]), bend = 2 * r[lag] - r[lag - 1] - r[lag + 1];
    float shift = bend > 0 ? slope / bend : 0;
    struct ut_pitch_state c = {.f0_hz = UT_RATE_HZ / ((float)lag + shift)};
    c.r = r[lag] + 0.5f * slope * shift;
    if (c.r > 1) c.r = 1 / c.r; /* near the edge of what the window lets one see */
    c.octave = log2f(c.f0_hz);
    c.strength = c.r - OCTAVE_COST * (log2f(F0_HIGH_HZ) - c.octave);
    c.strength -= FADING_COST * fading(r, (float)lag + shift, c.r);
    return c;
}

/* Puts a candidate in, in the weakest one's place where there is no room. */
static void keep(struct ut_pitch_column *column, const struct ut_pitch_state *candidate) {
    if (column->n < UT_PITCH_STATES) {
        column->states[column->n++] = *candidate;
        return;
    }
    struct ut_pitch_state *weakest = &column->states[1];
    for (int i = 2; i < column->n; i++)
        if (column->states[i].strength < weakest->strength) weakest = &column->states[i];
    if (candidate->strength > weakest->strength) *weakest = *candidate;
}

static void find_candidates(struct ut_pitch_column *column, const float *r, const float *flat) {
    for (int lag = LAG_LEAST; lag < UT_LAGS - 1; lag++) {
        if (r[lag] < 0.5f * VOICING_THRESHOLD || r[lag] <= r[lag - 1] || r[lag] < r[lag + 1]) continue;
        struct ut_pitch_state candidate = candidate_at(r, lag);
        candidate.flat = highest_near(flat, lag);
        if (candidate.f0_hz >= F0_LOW_HZ && candidate.f0_hz <= F0_HIGH_HZ) keep(column, &candidate);
    }
}

static void charge_for_flatness(struct ut_pitch_column *column) {
    float best = 0;
    for (int i = 1; i < column->n; i++) best = fmaxf(best, column->states[i].flat);
    for (int i = 1; i < column->n; i++) column->states[i].strength -= FLAT_COST * (best - column->states[i].flat);
}

/* Silence speaks for unvoiced, however periodic. */
static float unvoiced_strength(float peak, float loudest) {
    float loud = peak / loudest / (SILENCE_THRESHOLD / (1 + VOICING_THRESHOLD));
    return VOICING_THRESHOLD + fmaxf(0, 2 - loud);
}

static float change_cost(const struct ut_pitch_state *a, const struct ut_pitch_state *b) {
    bool voiced_a = a->f0_hz > 0, voiced_b = b->f0_hz > 0;
    if (voiced_a != voiced_b) return VOICED_CHANGE_COST;
    return voiced_a ? OCTAVE_JUMP_COST * fabsf(a->octave - b->octave) : 0;
}

static void step(struct ut_pitch_column *now, const struct ut_pitch_column *before) {
    float best = -INFINITY;
    for (int i = 0; i < now->n; i++) {
        struct ut_pitch_state *s = &now->states[i];
        s->score = -INFINITY;
        for (int j = 0; j < before->n; j++) {
            float score = before->states[j].score - change_cost(&before->states[j], s);
            if (score > s->score) s->score = score, s->from = j;
        }
        if (before->n == 0) s->score = 0;
        s->score += s->strength;
        best = fmaxf(best, s->score);
    }
    for (int i = 0; i < now->n; i++) now->states[i].score -= best;
}

float ut_pitch_push(struct ut_pitch *pitch, const ut_plan *plan, const float *x) {
    const struct ut_pitch_column *before = &pitch->columns[pitch->newest];
    pitch->newest = (pitch->newest + 1) % (UT_LOOKAHEAD + 1);
    struct ut_pitch_column *now = &pitch->columns[pitch->newest];

    float peak = load(pitch->x, x);
    pitch->peak = fmaxf(fmaxf(peak, PEAK_FLOOR), pitch->peak * PEAK_DECAY);
    autocorrelate(pitch, plan);
    now->n = 1;
    now->states[0] = (struct ut_pitch_state){.strength = unvoiced_strength(peak, pitch->peak)};
    find_candidates(now, pitch->r, pitch->flat);
    charge_for_flatness(now);
    step(now, before);

    float periodic = 0;
    for (int i = 1; i < now->n; i++) periodic = fmaxf(periodic, now->states[i].r);
    return periodic;
}

static int best_of(const struct ut_pitch_column *column) {
    int best = 0;
    for (int i = 1; i < column->n; i++)
        if (column->states[i].score > column->states[best].score) best = i;
    return best;
}

void ut_pitch_take(const struct ut_pitch *pitch, ut_frame *frame) {
    const unsigned n = UT_LOOKAHEAD + 1;
    int state = best_of(&pitch->columns[pitch->newest]);
    for (unsigned back = 0; back < UT_LOOKAHEAD; back++)
        state = pitch->columns[(pitch->newest + n - back) % n].states[state].from;
    const struct ut_pitch_column *column = &pitch->columns[(pitch->newest + 1) % n];
    const struct ut_pitch_state *chosen = &column->states[state];
    frame->f0_hz = chosen->f0_hz;
    frame->voicing = chosen->r;
    for (int i = 1; state == 0 && i < column->n; i++) frame->voicing = fmaxf(frame->voicing, column->states[i].r);
}
