/* vad_evidence.c - what one frame says for and against speech.
 *
 * In:  mel_db and level_db of a frame, the power spectrum of its 60 ms window, how periodic it is.
 * Out: the evidence that vad_evidence.h lists.
 *
 * Each band has a noise floor, the least of its smoothed level over the last 5 s (minimum statistics, Martin, IEEE
 * Trans. Speech and Audio Processing 9, 2001). The peaks of the fine spectrum are followed from frame to frame (McAulay
 * & Quatieri, IEEE Trans. Acoustics, Speech and Signal Processing 34, 1986): those of tones and instruments hold their
 * frequency and then leap; a voice's never stand still, and a noise's come and go (Hawley, Structure out of Sound, MIT
 * 1993). They are weighed by how far they stand out in decibels, so that the weak ones higher up, which a voice's
 * smallest glide moves the most, are heard. The other evidence is common in telling speech from music: Scheirer &
 * Slaney, ICASSP 1997.
 */
#include "prosody/vad_evidence.h"

#include <math.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/logs.h"
#include "prosody/parabola.h"

#define QUIET_LINE_DB  -72.0f /* a band's */
#define FLOOR_LEAST_DB -82.0f /* digital silence must not make a murmur of the line stand out */
#define FLOOR_BIAS_DB  3.0f   /* the least of a fluctuating level lies under its mean */
#define SIDE_LOBES_DB  38.0f  /* under a tone, with a Hamming window and triangular bands */
#define EXCESS_MOST_DB 25.0f
#define CHANGE_MOST_DB 12.0f
#define SMOOTHING      0.5f
#define DEAD_DB        -75.0f
#define LOUD_RANGE_DB  40.0f
#define LOUD_DECAY_DB  0.05f /* a frame */

#define FINE_FLOOR     1e-5f /* power of a bin: hiss of -71 dB full scale, a tone of -89 */
#define PEAK_RANGE_DB  30.0f /* under the highest */
#define PEAK_REACH_HZ  25.0f /* from one frame to the next */
#define PEAK_HOLDS_HZ  3.0f
#define PEAK_NEARLY_HZ 8.0f
#define STRONG_DB      12.0f /* under the highest */
#define FINE_BIN_HZ    ((float)UT_RATE_HZ / UT_PITCH_FFT)
#define BASS_HZ        200.0f
#define DRIFT_MOST     0.02f /* of the frequency, a frame */

void ut_vad_listen_start(struct ut_vad_listener *l) {
    memset(l, 0, sizeof *l);
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        l->smooth_db[b] = l->before_db[0][b] = l->before_db[1][b] = l->least_db[b] = QUIET_LINE_DB;
        for (int i = 0; i <= UT_VAD_FLOOR_BLOCKS; i++) l->minima_db[i][b] = QUIET_LINE_DB;
    }
    l->levels_db[0] = l->levels_db[1] = l->loudest_db = QUIET_LINE_DB;
}

/* ---- the bands ------------------------------------------------------------------------------------------------- */

/* The block being filled is full: it joins the others, and the oldest is forgotten. */
static void begin_block(struct ut_vad_listener *l) {
    l->filled = 0;
    memmove(l->minima_db[1], l->minima_db[0], UT_VAD_FLOOR_BLOCKS * sizeof l->minima_db[0]);
    memcpy(l->minima_db[0], l->smooth_db, sizeof l->minima_db[0]);
    memcpy(l->least_db, l->minima_db[1], sizeof l->least_db);
    for (int i = 2; i <= UT_VAD_FLOOR_BLOCKS; i++)
        for (int b = 0; b < UT_MEL_BANDS; b++) l->least_db[b] = ut_min(l->least_db[b], l->minima_db[i][b]);
}

static void track_floor(struct ut_vad_listener *l, const float *mel_db) {
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        l->smooth_db[b] += SMOOTHING * (mel_db[b] - l->smooth_db[b]);
        l->minima_db[0][b] = ut_min(l->minima_db[0][b], l->smooth_db[b]);
    }
    if (++l->filled == UT_VAD_FLOOR_BLOCK) begin_block(l);
}

/* The bands, none lower than the line or the window's side lobes let one hear. */
static void audible(const float *mel_db, float *heard_db) {
    float least_db = FLOOR_LEAST_DB;
    for (int b = 0; b < UT_MEL_BANDS; b++) least_db = ut_max(least_db, mel_db[b] - SIDE_LOBES_DB);
    for (int b = 0; b < UT_MEL_BANDS; b++) heard_db[b] = ut_max(mel_db[b], least_db);
}

static float excess_of(const struct ut_vad_listener *l, const float *mel_db, const float *heard_db) {
    float sum = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        float floor_db = ut_max(ut_min(l->least_db[b], l->minima_db[0][b]), FLOOR_LEAST_DB) + FLOOR_BIAS_DB;
        float excess_db = ut_limit(mel_db[b] - floor_db, 0, EXCESS_MOST_DB);
        sum += mel_db[b] >= heard_db[b] ? excess_db : 0;
    }
    return sum / UT_MEL_BANDS;
}

static float change_of(struct ut_vad_listener *l, const float *heard_db) {
    float sum = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) sum += ut_min(fabsf(heard_db[b] - l->before_db[1][b]), CHANGE_MOST_DB);
    memcpy(l->before_db[1], l->before_db[0], sizeof l->before_db[1]);
    memcpy(l->before_db[0], heard_db, sizeof l->before_db[0]);
    return sum / UT_MEL_BANDS;
}

static float mean_of(const float *x, int from, int to) {
    float sum = 0;
    for (int i = from; i < to; i++) sum += x[i];
    return sum / (float)(to - from);
}

static void listen_to_bands(struct ut_vad_listener *l, const float *mel_db, float *e) {
    float heard_db[UT_MEL_BANDS], relief_db = 0;
    track_floor(l, mel_db);
    audible(mel_db, heard_db);
    float mean_db = mean_of(heard_db, 0, UT_MEL_BANDS);
    for (int b = 0; b < UT_MEL_BANDS; b++) relief_db += fabsf(heard_db[b] - mean_db) / UT_MEL_BANDS;
    e[UT_VAD_EXCESS] = excess_of(l, mel_db, heard_db) / 20;
    e[UT_VAD_CHANGE] = change_of(l, heard_db) / 6;
    e[UT_VAD_LOW] = (mean_of(heard_db, 0, UT_MEL_BANDS / 3) - mean_db) / 20;
    e[UT_VAD_HIGH] = (mean_of(heard_db, UT_MEL_BANDS - UT_MEL_BANDS / 3, UT_MEL_BANDS) - mean_db) / 20;
    e[UT_VAD_RELIEF] = relief_db / 15;
}

static void listen_to_level(struct ut_vad_listener *l, float level_db, float *e) {
    l->loudest_db = ut_max(ut_max(level_db, DEAD_DB), l->loudest_db - LOUD_DECAY_DB);
    e[UT_VAD_AUDIBLE] = ut_limit((level_db - DEAD_DB) / 20, 0, 1);
    e[UT_VAD_LOUD] = ut_limit(1 - (l->loudest_db - level_db) / LOUD_RANGE_DB, 0, 1);
    e[UT_VAD_RISE] = ut_limit((level_db - ut_max(l->levels_db[1], DEAD_DB)) / 20, 0, 1.5f);
    l->levels_db[1] = l->levels_db[0];
    l->levels_db[0] = level_db;
}

/* ---- the fine spectrum ------------------------------------------------------------------------------------------ */

/* The frame's bins, a quarter of those two frames ago and half of the last's between: by themselves, two tones 40 or 50
 * Hz apart would push each other's peaks to and fro as they beat. */
static void average(struct ut_vad_listener *l, const float *restrict power, float *restrict mean) {
    float *restrict last = l->power[!(l->newest % 2)], *restrict before = l->power[l->newest % 2];
    for (int k = 0; k < UT_VAD_FINE_BINS; k++) {
        float now = power[k + UT_VAD_FINE_LOW];
        mean[k] = 0.25f * (now + before[k]) + 0.5f * last[k];
        before[k] = now;
    }
}

/* Writes the bins in dB and returns the highest. */
static float write_fine(const float *restrict power, float *restrict fine_db) {
    float most_db[8]; /* of every eighth bin: a vector's worth */
    for (int i = 0; i < 8; i++) most_db[i] = -100;
    for (int k = 0; k < UT_VAD_FINE_BINS; k++) fine_db[k] = ut_db(power[k] + FINE_FLOOR);
    for (int k = 0; k < UT_VAD_FINE_BINS; k += 8)
        for (int i = 0; i < 8; i++) most_db[i] = ut_max(most_db[i], fine_db[k + i]);
    for (int i = 1; i < 8; i++) most_db[0] = ut_max(most_db[0], most_db[i]);
    return most_db[0];
}

/* The top of a maximum, by the parabola through three points: a Gauss window's peaks are parabolas in dB. */
static struct ut_vad_peak peak_at(const float *fine_db, int k, float least_db) {
    float shift = ut_top_of(fine_db[k - 1], fine_db[k], fine_db[k + 1]).shift;
    float hz = ((float)(k + UT_VAD_FINE_LOW) + shift) * FINE_BIN_HZ;
    return (struct ut_vad_peak){.hz = hz, .height_db = fine_db[k] - least_db, .anchor_hz = hz, .about_hz = hz};
}

/* Marks them all first, in vector code, then goes from mark to mark, eight bytes at a time. */
static int find_peaks(const float *fine_db, float least_db, struct ut_vad_peak *peaks) {
    unsigned char top[UT_VAD_FINE_BINS] = {0};
    for (int k = 1; k < UT_VAD_FINE_BINS - 1; k++)
        top[k] = (fine_db[k] >= least_db) & (fine_db[k] > fine_db[k - 1]) & (fine_db[k] >= fine_db[k + 1]);
    int n = 0;
    for (int k = 0; k < UT_VAD_FINE_BINS; k += 8) {
        uint64_t marks;
        memcpy(&marks, top + k, sizeof marks);
        for (; marks && n < UT_VAD_PEAKS_MOST; marks &= marks - 1)
            peaks[n++] = peak_at(fine_db, k + __builtin_ctzll(marks) / 8, least_db);
    }
    return n;
}

/* What the peaks tell, weighed by their heights. */
struct course {
    float weight, held, held_on, nearly, born, drift;
};

/* Carries over how long the peak has been where it is. */
static void hold(struct ut_vad_peak *peak, const struct ut_vad_peak *before) {
    if (fabsf(peak->hz - before->anchor_hz) < PEAK_HOLDS_HZ) {
        peak->anchor_hz = before->anchor_hz;
        peak->held = before->held + 1;
    }
    if (fabsf(peak->hz - before->about_hz) < PEAK_NEARLY_HZ) {
        peak->about_hz = before->about_hz;
        peak->nearly_held = before->nearly_held + 1;
    }
}

static void follow(struct ut_vad_peak *peak, const struct ut_vad_peak *before, struct course *course) {
    bool found = before && fabsf(peak->hz - before->hz) < PEAK_REACH_HZ;
    if (found) hold(peak, before);
    float drift = found ? fabsf(peak->hz - before->hz) / peak->hz : DRIFT_MOST;
    course->weight += peak->height_db;
    course->held += peak->height_db * ut_min(peak->held * (1 / 8.0f), 1);
    course->held_on += peak->height_db * ut_min(peak->held * (1 / 32.0f), 1);
    course->nearly += peak->height_db * ut_min(peak->nearly_held * (1 / 16.0f), 1);
    course->drift += peak->height_db * ut_min(drift * (1 / DRIFT_MOST), 1);
    course->born += found ? 0 : peak->height_db;
}

/* Each peak from the nearest of the last frame's. */
static struct course follow_peaks(struct ut_vad_peak *now, int n_now, const struct ut_vad_peak *before, int n_before) {
    struct course course = {0};
    int j = 0;
    for (int i = 0; i < n_now; i++) {
        while (j + 1 < n_before && before[j].hz + before[j + 1].hz <= 2 * now[i].hz) j++;
        follow(&now[i], n_before ? &before[j] : NULL, &course);
    }
    return course;
}

static void listen_to_peaks(struct ut_vad_listener *l, const float *fine_db, float most_db, float *e) {
    int now = l->newest % 2;
    struct ut_vad_peak *peaks = l->peaks[now];
    int n = l->n_peaks[now] = find_peaks(fine_db, most_db - PEAK_RANGE_DB, peaks);
    struct course c = follow_peaks(peaks, n, l->peaks[!now], l->n_peaks[!now]);
    float weight = ut_max(c.weight, 1), sum = 0, squares = 0, strong = 0;
    for (int i = 0; i < n; i++) {
        float power = ut_exp2((peaks[i].height_db - PEAK_RANGE_DB) * (1 / UT_DB_OF_LOG2));
        sum += power;
        squares += power * power;
        strong += peaks[i].height_db > PEAK_RANGE_DB - STRONG_DB;
    }
    e[UT_VAD_STRONG] = strong / 10;
    e[UT_VAD_NEARLY] = c.nearly / weight;
    e[UT_VAD_PEAKS] = (float)n / 30;
    e[UT_VAD_LONE] = n ? squares / (sum * sum) : 0;
    e[UT_VAD_HELD] = c.held / weight;
    e[UT_VAD_HELD_ON] = c.held_on / weight;
    e[UT_VAD_DRIFT] = c.drift / weight;
    e[UT_VAD_BORN] = c.born / weight;
}

/* Correlation of two fine spectra, none of whose valleys counts for more than the peaks. */
static float likeness(const float *restrict a_db, const float *restrict b_db) {
    float a = 0, b = 0, aa = 0, bb = 0, ab = 0;
#pragma omp simd reduction(+ : a, b, aa, bb, ab)
    for (int k = 0; k < UT_VAD_FINE_BINS; k++) {
        a += a_db[k];
        b += b_db[k];
        aa += a_db[k] * a_db[k];
        bb += b_db[k] * b_db[k];
        ab += a_db[k] * b_db[k];
    }
    const float n = UT_VAD_FINE_BINS;
    float va = aa - a * a / n, vb = bb - b * b / n;
    return (ab - a * b / n) / sqrtf(ut_max(va, n) * ut_max(vb, n));
}

static void listen_to_fine(struct ut_vad_listener *l, const float *power, float *e) {
    float *fine_db = l->fine_db[l->newest % UT_VAD_APART], past_db[UT_VAD_FINE_BINS], mean[UT_VAD_FINE_BINS];
    memcpy(past_db, fine_db, sizeof past_db);
    average(l, power, mean);
    float most_db = write_fine(mean, fine_db), sum_db = 0, sum = 0, bass = 0;
#pragma omp simd reduction(+ : sum_db, sum)
    for (int k = 0; k < UT_VAD_FINE_BINS; k++) {
        sum_db += fine_db[k];
        sum += mean[k];
    }
    for (int k = 0; k < (int)(BASS_HZ / FINE_BIN_HZ); k++) bass += power[k];
    const float n = UT_VAD_FINE_BINS;
    e[UT_VAD_PEAKED] = (ut_db(sum / n + FINE_FLOOR) - sum_db / n) / 30;
    e[UT_VAD_LIKE] = likeness(fine_db, past_db);
    e[UT_VAD_BASS] = ut_limit(1 + ut_db((bass + FINE_FLOOR) / (sum + bass + FINE_FLOOR)) / 30, 0, 1);
    listen_to_peaks(l, fine_db, most_db, e);
}

void ut_vad_listen(struct ut_vad_listener *l, const float *power, float periodic, const ut_frame *frame,
                   float e[UT_VAD_EVIDENCE]) {
    l->newest++;
    listen_to_level(l, frame->level_db, e);
    listen_to_bands(l, frame->mel_db, e);
    listen_to_fine(l, power, e);
    e[UT_VAD_PERIODIC] = periodic;
}
