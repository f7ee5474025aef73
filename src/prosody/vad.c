/* vad.c - is anybody speaking?
 *
 * In:  mel_db of the newest frame and how periodic it is.
 * Out: speech, 0..1, of the frame UT_LOOKAHEAD frames ago.
 *
 * Each band has a noise floor, the least of its smoothed level over the last 3 s (minimum statistics, Martin, IEEE
 * Trans. Speech and Audio Processing 9, 2001). For the first 3 s a quiet line stands in for what was not heard yet, so
 * that a recording may begin with speech. Three things speak for speech: bands that stand out of the floor; periodicity
 * near by, which a hiss lacks; and change from frame to frame, which hum, tones and ringing lack. A logistic regression
 * weighs them over the frames around the one that is judged.
 */
#include "prosody/vad.h"

#include <math.h>
#include <string.h>

#define QUIET_LINE_DB  -72.0f /* a band's */
#define FLOOR_LEAST_DB -82.0f /* digital silence must not make a murmur of the line stand out */
#define FLOOR_BIAS_DB  3.0f   /* the least of a fluctuating level lies under its mean */
#define SIDE_LOBES_DB  38.0f  /* under a tone, with a Hamming window and triangular bands */
#define EXCESS_MOST_DB 25.0f
#define CHANGE_MOST_DB 12.0f
#define SMOOTHING      0.5f

void ut_vad_start(struct ut_vad *vad) {
    memset(vad, 0, sizeof *vad);
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        vad->smooth_db[b] = vad->before_db[0][b] = vad->before_db[1][b] = QUIET_LINE_DB;
        for (int i = 0; i <= UT_VAD_BLOCKS; i++) vad->minima_db[i][b] = QUIET_LINE_DB;
    }
}

/* Takes the bands into the block being filled; begins the next when it is full. */
static void track_floor(struct ut_vad *vad, const float *mel_db) {
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        vad->smooth_db[b] += SMOOTHING * (mel_db[b] - vad->smooth_db[b]);
        vad->minima_db[0][b] = fminf(vad->minima_db[0][b], vad->smooth_db[b]);
    }
    if (++vad->filled < UT_VAD_BLOCK) return;
    vad->filled = 0;
    memmove(vad->minima_db[1], vad->minima_db[0], UT_VAD_BLOCKS * sizeof vad->minima_db[0]);
    memcpy(vad->minima_db[0], vad->smooth_db, sizeof vad->minima_db[0]);
}

static float floor_of(const struct ut_vad *vad, int band) {
    float least = vad->minima_db[0][band];
    for (int i = 1; i <= UT_VAD_BLOCKS; i++) least = fminf(least, vad->minima_db[i][band]);
    return fmaxf(least, FLOOR_LEAST_DB) + FLOOR_BIAS_DB;
}

/* What lies lower than this is the line's or the window's side lobes, not a voice's. */
static float least_audible(const float *mel_db) {
    float least_db = FLOOR_LEAST_DB;
    for (int b = 0; b < UT_MEL_BANDS; b++) least_db = fmaxf(least_db, mel_db[b] - SIDE_LOBES_DB);
    return least_db;
}

/* Over the floor, mean of the bands. */
static float excess_of(const struct ut_vad *vad, const float *mel_db) {
    float least_db = least_audible(mel_db), sum = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++)
        if (mel_db[b] > least_db) sum += fminf(fmaxf(mel_db[b] - floor_of(vad, b), 0), EXCESS_MOST_DB);
    return sum / UT_MEL_BANDS;
}

static void audible(const float *mel_db, float *heard_db) {
    float least_db = least_audible(mel_db);
    for (int b = 0; b < UT_MEL_BANDS; b++) heard_db[b] = fmaxf(mel_db[b], least_db);
}

/* Over two frames. */
static float change_of(struct ut_vad *vad, const float *mel_db) {
    float heard_db[UT_MEL_BANDS], sum = 0;
    audible(mel_db, heard_db);
    for (int b = 0; b < UT_MEL_BANDS; b++) sum += fminf(fabsf(heard_db[b] - vad->before_db[1][b]), CHANGE_MOST_DB);
    memcpy(vad->before_db[1], vad->before_db[0], sizeof vad->before_db[1]);
    memcpy(vad->before_db[0], heard_db, sizeof vad->before_db[0]);
    return sum / UT_MEL_BANDS;
}

void ut_vad_push(struct ut_vad *vad, const ut_frame *frame, float periodic) {
    track_floor(vad, frame->mel_db);
    memmove(vad->evidence, vad->evidence + 1, (UT_VAD_SPAN - 1) * sizeof *vad->evidence);
    struct ut_vad_evidence *e = &vad->evidence[UT_VAD_SPAN - 1];
    e->excess_db = excess_of(vad, frame->mel_db);
    e->change_db = change_of(vad, frame->mel_db);
    e->periodic = periodic * fminf(e->excess_db / 4, 1);
}

enum { EXCESS, GREAT_EXCESS, PERIODIC, CHANGE, ALL_THREE, INPUTS };

/* The frames around the one that is judged, as the regression's inputs, 0..1 each. */
static void gather(const struct ut_vad *vad, float x[INPUTS]) {
    const struct ut_vad_evidence *now = &vad->evidence[UT_VAD_LOOKBACK];
    float excess_db = 0, change_db = 0, periodic = 0;
    for (int i = -3; i <= 3; i++) excess_db += now[i].excess_db / 7;
    for (int i = -UT_VAD_LOOKBACK; i <= UT_LOOKAHEAD; i++) change_db += now[i].change_db / UT_VAD_SPAN;
    for (int i = -UT_VAD_LOOKBACK; i < UT_LOOKAHEAD; i++)
        periodic = fmaxf(periodic, fminf(now[i].periodic, now[i + 1].periodic));
    x[EXCESS] = fminf(excess_db / 6, 1);
    x[GREAT_EXCESS] = fminf(excess_db / 14, 1);
    x[PERIODIC] = fminf(periodic, 1);
    x[CHANGE] = fminf(change_db / 4, 1);
    x[ALL_THREE] = x[EXCESS] * x[PERIODIC] * x[CHANGE];
}

/* Fitted to 400 acted sentences at random levels, some after silence, some through a telephone band, mu-law, hiss or
 * hum at 10 and 20 dB, against the level of the clean recording, and to hiss, hum, tones and plucked chords alone. */
static const float weights[INPUTS] = {-2.24f, 2.26f, 2.88f, 5.48f, 4.30f};
static const float intercept = -7.81f;

void ut_vad_take(const struct ut_vad *vad, ut_frame *frame) {
    float x[INPUTS], sum = intercept;
    gather(vad, x);
    for (int i = 0; i < INPUTS; i++) sum += weights[i] * x[i];
    frame->speech = 1 / (1 + expf(-sum));
}
