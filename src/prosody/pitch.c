/* pitch.c - the voice's fundamental frequency, and how much of it is harmonic.
 *
 * In:  60 ms of samples around the frame's centre; once it is decided, up to 33 ms either side again.
 * Out: f0_hz, 55-600 Hz and 0 where unvoiced, voicing and hnr_db.
 *
 * Each frame is weighted by a Gauss window, its autocorrelation is taken by FFT and divided by the window's own; its
 * maxima are candidates (Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
 * ratio of a sampled sound", IFA Proceedings 17, 1993). All harmonics speak for a lag, so the fundamental itself, which
 * a telephone line cuts off, is not needed. But on such a line two or three harmonics next to a formant often outweigh
 * all others and draw the pitch to a multiple of the true one. So a second autocorrelation is taken, of a spectrum
 * whose harmonics are made about equally strong (after Tolonen & Karjalainen, IEEE Trans. Speech and Audio Processing
 * 8, 2000), and candidates pay for what they lack there. Both spectra are real and even, and so are their transforms:
 * one complex FFT of the one plus i times the other yields both. The path that costs least is found by Viterbi's
 * algorithm, decided UT_PITCH_LOOKAHEAD frames late.
 *
 * The harmonics-to-noise ratio follows from how alike two pieces of 14 ms are that lie one period apart around the
 * centre: over the whole frame a pitch that glides would pass for noise.
 */
#include "prosody/pitch.h"

#include <math.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/logs.h"
#include "prosody/parabola.h"

#define F0_LOW_HZ          55.0f
#define F0_HIGH_HZ         600.0f
#define F0_HIGH_OCTAVE     9.22881869f /* log2 of it */
#define VOICING_THRESHOLD  0.54f
#define SILENCE_THRESHOLD  0.06f /* of the loudest of late */
#define OCTAVE_COST        0.03f /* an octave down */
#define FLAT_COST          3.00f /* of what the best candidate has over this one in the flattened spectrum */
#define FLAT_SLACK         0.06f /* which so much of may be chance */
#define FLAT_FLOOR         3.00f /* of the mean power: what lies lower is not raised as high as the rest */
#define FADING_COST        0.20f /* of what is lost from one period to two */
#define OCTAVE_JUMP_COST   0.60f /* an octave from one frame to the next */
#define VOICED_CHANGE_COST 0.20f /* voiced to unvoiced or back */
#define PEAK_LEAST         1e-5f /* less than the last of 16 bits: what rounding leaves of an offset is perfectly periodic */
#define PEAK_FLOOR         0.003f  /* amplitude; quieter is never the loudest of late */
#define PEAK_DECAY         0.9990f /* a frame: 0.87 dB a second */

enum {
    LAG_LEAST = 13, /* UT_RATE_HZ over F0_HIGH_HZ */
    LAG_MOST = 146, /* and over F0_LOW_HZ */
    REACH = 6,      /* lags that peak_at() looks at on either side */
    FLAT_SPAN = 16, /* bins: 250 Hz */
    PIECE = 112,    /* samples */
};
_Static_assert(UT_LAGS >= LAG_MOST + REACH + 2, "every peak has its neighbours");

/* Writes the frame, its mean taken off and windowed, and returns its greatest amplitude before the window. */
static float load(float *y, const float *window, const float *x) {
    float sum = 0, peak = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < UT_PITCH_N; i++) sum += x[i];
    float mean = sum / UT_PITCH_N;
#pragma omp simd reduction(max : peak)
    for (int i = 0; i < UT_PITCH_N; i++) {
        float value = x[i] - mean, size = fabsf(value);
        y[i] = value * window[i];
        peak = size > peak ? size : peak;
    }
    return peak;
}

/* ---- autocorrelations ---- */

/* Of bins on both sides of zero. */
static float sum_of(const float *spectrum) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int k = 1; k < UT_PITCH_BINS - 1; k++) sum += spectrum[k];
    return spectrum[0] + 2 * sum + spectrum[UT_PITCH_BINS - 1];
}

/* Magnitudes over the root of the mean power around. That mean is a sum of two, of two of those, and so on. */
static void flatten(const float *power, float mean, float *flat) {
    float around[UT_PITCH_BINS + FLAT_SPAN] = {0}, least = FLAT_FLOOR * mean * FLAT_SPAN + 1e-30f;
    memcpy(around + FLAT_SPAN / 2, power, UT_PITCH_BINS * sizeof *power);
    for (int span = 1; span < FLAT_SPAN; span *= 2)
        for (int k = 0; k < UT_PITCH_BINS + FLAT_SPAN - span; k++) around[k] += around[k + span];
    for (int k = 0; k < UT_PITCH_BINS; k++) flat[k] = sqrtf(power[k] / (around[k] + least));
}

/* Both autocorrelations of the frame that load() left. */
static void autocorrelate(struct ut_pitch *pitch, const ut_plan *plan) {
    float *power = pitch->power[pitch->newest], flat[UT_PITCH_BINS];
    fftwf_complex *bins = pitch->bins;
    fftwf_execute_dft_r2c(plan->pitch_forward, pitch->x, bins);
    for (int k = 0; k < UT_PITCH_BINS; k++) power[k] = bins[k][0] * bins[k][0] + bins[k][1] * bins[k][1];
    float energy = sum_of(power);
    flatten(power, energy / UT_PITCH_FFT, flat);

    float scale = energy > 0 ? 1 / energy : 0, flat_scale = energy > 0 ? 1 / sum_of(flat) : 0;
    for (int k = 0; k < UT_PITCH_BINS; k++) {
        bins[k][0] = power[k] * scale;
        bins[k][1] = flat[k] * flat_scale;
    }
    for (int k = 1; k < UT_PITCH_BINS - 1; k++) {
        bins[UT_PITCH_FFT - k][0] = bins[k][0];
        bins[UT_PITCH_FFT - k][1] = bins[k][1];
    }
    fftwf_execute_dft(plan->pitch_back, bins, pitch->lags);
    for (int lag = 0; lag < UT_LAGS; lag++) {
        pitch->r[lag] = pitch->lags[lag][0] * plan->lag_gain[lag];
        pitch->flat[lag] = pitch->lags[lag][1] * plan->lag_gain[lag];
    }
}

/* ---- candidates ---- */

struct peak {
    float lag, r;
};

/* Between two lags: a sinc under a Kaiser window (beta 6). */
static float halfway(const float *r, int lag) {
    static const float weights[REACH] = {0.624812f, -0.178455f, 0.077611f, -0.032923f, 0.011577f, -0.002621f};
    float sum = 0;
    for (int i = 0; i < REACH; i++) sum += weights[i] * (r[lag - i] + r[lag + 1 + i]);
    return sum;
}

/* The top of the maximum at a lag: a parabola through three points half a lag apart. Through whole lags it would cut
 * off what is narrow, and prefer a low pitch, whose lag is more often nearly whole, to a high one. */
static struct peak peak_at(const float *r, int lag) {
    float y[5] = {r[lag - 1], halfway(r, lag - 1), r[lag], halfway(r, lag), r[lag + 1]};
    int i = y[1] > y[2] ? 1 : y[3] > y[2] ? 3 : 2;
    struct ut_top top = ut_top_of(y[i - 1], y[i], y[i + 1]);
    return (struct peak){(float)lag + 0.5f * ((float)(i - 2) + top.shift), top.height};
}

static float highest_near(const float *r, float at) {
    int lag = (int)(at + 0.5f);
    int up = r[lag + 1] > r[lag - 1] ? 1 : -1;
    return peak_at(r, r[lag + up] > r[lag] ? lag + up : lag).r;
}

/* How much less the frame resembles itself two periods on than one on. A voice hardly fades; a formant excited by
 * noise, which a telephone line's narrow band makes look periodic, does. */
static float fading(const float *r, struct peak peak) {
    return 2 * peak.lag < LAG_MOST ? ut_max(peak.r - highest_near(r, 2 * peak.lag), 0) : 0;
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

static void consider(struct ut_pitch_column *column, const struct ut_pitch *pitch, int lag) {
    struct peak peak = peak_at(pitch->r, lag);
    struct ut_pitch_state c = {.f0_hz = UT_RATE_HZ / peak.lag};
    if (c.f0_hz < F0_LOW_HZ || c.f0_hz > F0_HIGH_HZ) return;
    c.r = peak.r > 1 ? 1 / peak.r : peak.r; /* near the edge of what the window lets one see */
    c.flat = highest_near(pitch->flat, peak.lag);
    c.octave = ut_log2(c.f0_hz);
    c.strength = c.r - OCTAVE_COST * (F0_HIGH_OCTAVE - c.octave) - FADING_COST * fading(pitch->r, peak);
    keep(column, &c);
}

static void find_candidates(struct ut_pitch_column *column, const struct ut_pitch *pitch) {
    const float *r = pitch->r;
    for (int lag = LAG_LEAST; lag <= LAG_MOST; lag++)
        if (r[lag] >= 0.5f * VOICING_THRESHOLD && r[lag] > r[lag - 1] && r[lag] >= r[lag + 1])
            consider(column, pitch, lag);
}

/* Harmonics that lie between a candidate's own take from its r twice what they hold of the power: where r leaves
 * little room for them, what the flattened spectrum shows there is noise. */
static void charge_for_flatness(struct ut_pitch_column *column) {
    float best = 0;
    for (int i = 1; i < column->n; i++) best = ut_max(best, column->states[i].flat);
    for (int i = 1; i < column->n; i++) {
        struct ut_pitch_state *s = &column->states[i];
        float lack = ut_min(best - FLAT_SLACK - s->flat, 0.5f * (1 - s->r));
        s->strength -= FLAT_COST * ut_max(lack, 0);
    }
}

/* Silence speaks for unvoiced, however periodic. */
static float unvoiced_strength(float peak, float loudest) {
    float loud = peak / loudest / (SILENCE_THRESHOLD / (1 + VOICING_THRESHOLD));
    return VOICING_THRESHOLD + ut_max(0, 2 - loud);
}

/* ---- the path ---- */

static float change_cost(const struct ut_pitch_state *a, const struct ut_pitch_state *b) {
    bool voiced_a = a->f0_hz > 0, voiced_b = b->f0_hz > 0;
    if (voiced_a != voiced_b) return VOICED_CHANGE_COST;
    return voiced_a ? OCTAVE_JUMP_COST * fabsf(a->octave - b->octave) : 0;
}

static void step(struct ut_pitch_column *now, const struct ut_pitch_column *before) {
    float best = -INFINITY;
    for (int i = 0; i < now->n; i++) {
        struct ut_pitch_state *s = &now->states[i];
        s->score = before->n ? -INFINITY : 0;
        for (int j = 0; j < before->n; j++) {
            float score = before->states[j].score - change_cost(&before->states[j], s);
            if (score > s->score) s->score = score, s->from = j;
        }
        s->score += s->strength;
        best = ut_max(best, s->score);
    }
    for (int i = 0; i < now->n; i++) now->states[i].score -= best;
}

float ut_pitch_push(struct ut_pitch *pitch, const ut_plan *plan, const float *x) {
    const struct ut_pitch_column *before = &pitch->columns[pitch->newest];
    pitch->newest = (pitch->newest + 1) % (UT_PITCH_LOOKAHEAD + 1);
    struct ut_pitch_column *now = &pitch->columns[pitch->newest];

    float peak = load(pitch->x, plan->pitch_window, x);
    pitch->peak = ut_max(ut_max(peak, PEAK_FLOOR), pitch->peak * PEAK_DECAY);
    autocorrelate(pitch, plan);
    now->n = 1;
    now->states[0] = (struct ut_pitch_state){.strength = unvoiced_strength(peak, pitch->peak)};
    if (peak > PEAK_LEAST) find_candidates(now, pitch);
    charge_for_flatness(now);
    step(now, before);

    float periodic = 0;
    for (int i = 1; i < now->n; i++) periodic = ut_max(periodic, now->states[i].r);
    return periodic;
}

const float *ut_pitch_newest_power(const struct ut_pitch *pitch) { return pitch->power[pitch->newest]; }

static unsigned oldest_of(const struct ut_pitch *pitch) { return (pitch->newest + 1) % (UT_PITCH_LOOKAHEAD + 1); }

const float *ut_pitch_oldest_power(const struct ut_pitch *pitch) { return pitch->power[oldest_of(pitch)]; }

static int best_of(const struct ut_pitch_column *column) {
    int best = 0;
    for (int i = 1; i < column->n; i++)
        if (column->states[i].score > column->states[best].score) best = i;
    return best;
}

/* The state of the oldest frame that the best path so far goes through. */
static int trace_back(const struct ut_pitch *pitch) {
    unsigned at = pitch->newest;
    int state = best_of(&pitch->columns[at]);
    for (unsigned oldest = oldest_of(pitch); at != oldest; at = (at + UT_PITCH_LOOKAHEAD) % (UT_PITCH_LOOKAHEAD + 1))
        state = pitch->columns[at].states[state].from;
    return state;
}

/* ---- harmonics to noise ---- */

/* How alike two pieces are that begin at 0 and at a lag, -1..1. */
static float likeness(const float *x, int lag) {
    float own = 0, other = 0, both = 0;
#pragma omp simd reduction(+ : own, other, both)
    for (int i = 0; i < PIECE; i++) {
        own += x[i] * x[i];
        other += x[i + lag] * x[i + lag];
        both += x[i] * x[i + lag];
    }
    return own > 0 && other > 0 ? both / sqrtf(own * other) : 0;
}

/* Of the pieces around the centre that lie about one period apart. */
static float likeness_at(const float *centre, float period) {
    enum { NEAR = REACH + 1 };
    int lag = (int)(period + 0.5f), n = PIECE + lag + NEAR;
    const float *from = centre - n / 2;
    float x[PIECE + LAG_MOST + NEAR], r[2 * NEAR + 1], sum = 0;
    for (int i = 0; i < n; i++) sum += from[i];
    for (int i = 0; i < n; i++) x[i] = from[i] - sum / (float)n;
    for (int i = 0; i <= 2 * NEAR; i++) r[i] = likeness(x, lag - NEAR + i);
    return highest_near(r, NEAR);
}

/* Boersma 1993, eq. 4. */
static float harmonics_to_noise_db(float r) {
    r = ut_min(ut_max(r, 1e-4f), 1 - 1e-6f);
    return ut_db(r / (1 - r));
}

void ut_pitch_take(const struct ut_pitch *pitch, const float *centre, ut_frame *frame) {
    const struct ut_pitch_column *column = &pitch->columns[oldest_of(pitch)];
    int state = trace_back(pitch);
    const struct ut_pitch_state *chosen = &column->states[state];
    frame->f0_hz = chosen->f0_hz;
    frame->voicing = chosen->r;
    for (int i = 1; state == 0 && i < column->n; i++) frame->voicing = ut_max(frame->voicing, column->states[i].r);
    frame->hnr_db = state ? harmonics_to_noise_db(likeness_at(centre, UT_RATE_HZ / chosen->f0_hz)) : 0;
}
