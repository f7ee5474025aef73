/* rhythm.c - how fast somebody speaks.
 *
 * In:  level_db and mel_db of the newest frame, the power of its pitch window and how periodic it is.
 * Out: syllable, true in the frame in which the nucleus of a syllable lies, within three frames.
 *
 * A nucleus is a top of intensity with a dip on either side, voiced, and not much softer than the voice is elsewhere
 * (de Jong & Wempe, "Praat script to detect syllable nuclei and measure speech rate automatically", Behavior Research
 * Methods 41, 2009). Theirs is a top of the level; but a nasal or a liquid may be as loud as the vowels about it. So
 * three things add up to ours: the level; the mean of the mel bands against it, which falls when the mouth closes and
 * the bands above the first formant go; and a little for periodicity. The sum is smoothed over 70 ms, and the
 * look-ahead shows how it goes on. Whether it is a voice that has these tops is for vad.c to say.
 *
 * The level is the pitch window's. Windows of 20 ms every 10 ms weigh a pulse by up to 3 dB differently, as it falls on
 * the middle of one or between two, and a low voice would beat against them as slowly as syllables do.
 */
#include "prosody/rhythm.h"

#include <math.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/logs.h"

#define DIP_DB        1.4f
#define SOFTER_DB     21.0f /* than the loudest of late: no nucleus */
#define LOUD_DECAY_DB 0.02f /* a voiced frame: 2 dB a second */
#define OVER_FLOOR    0.3f  /* the least a nucleus reaches, of the way from the noise to the loudest */
#define FLOOR_RISE_DB 0.05f /* a frame: 5 dB a second */
#define BELOW_DB      35.0f /* the strongest band: what lies there is not the voice's */
#define LOW_SHARE     0.65f /* of the bands' mean: those below 850 Hz */
#define VOICING_DB    7.0f  /* from noise to a clear vowel */
#define VOICING_LEAST 0.45f
#define SILENCE_POWER 1e-6f /* of a pitch window at -100 dB, about */
#define SILENCE_DB    -60.0f

enum { LOW_BANDS = 11, BEFORE = 0, NOW = 1 };

void ut_rhythm_start(struct ut_rhythm *rhythm) {
    memset(rhythm, 0, sizeof *rhythm);
    for (int i = 0; i < UT_RHYTHM_SPAN; i++) rhythm->rough_db[i] = SILENCE_DB;
    for (int i = 0; i < UT_RHYTHM_VIEW; i++) rhythm->intensity_db[i] = SILENCE_DB;
    rhythm->valley_db = rhythm->loud_db = SILENCE_DB;
    rhythm->floor_db = INFINITY; /* whatever comes first */
}

static float level_of(const float *power) {
    float sum = SILENCE_POWER;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < UT_PITCH_BINS; k++) sum += power[k];
    return ut_db(sum);
}

/* The mean of the bands against the frame's level. */
static float openness_of(const ut_frame *frame) {
    float least_db = frame->mel_db[0], low_db = 0, high_db = 0;
    for (int b = 1; b < UT_MEL_BANDS; b++)
        if (frame->mel_db[b] > least_db) least_db = frame->mel_db[b];
    least_db -= BELOW_DB;
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        float band_db = frame->mel_db[b] > least_db ? frame->mel_db[b] : least_db;
        *(b < LOW_BANDS ? &low_db : &high_db) += band_db;
    }
    return LOW_SHARE * low_db / LOW_BANDS + (1 - LOW_SHARE) * high_db / (UT_MEL_BANDS - LOW_BANDS) - frame->level_db;
}

/* Over a Hann window. */
static float smoothed(const float *x) {
    static const float weights[UT_RHYTHM_SPAN] = {0.0366f, 0.125f, 0.2134f, 0.25f, 0.2134f, 0.125f, 0.0366f};
    float sum = 0;
    for (int i = 0; i < UT_RHYTHM_SPAN; i++) sum += weights[i] * x[i];
    return sum;
}

static void append(float *x, int n, float newest) {
    memmove(x, x + 1, (size_t)(n - 1) * sizeof *x);
    x[n - 1] = newest;
}

void ut_rhythm_push(struct ut_rhythm *r, const float *power, float periodic, const ut_frame *frame) {
    float rough_db = level_of(power) + openness_of(frame) + VOICING_DB * periodic;
    r->floor_db = ut_min(r->floor_db + FLOOR_RISE_DB, rough_db);
    append(r->rough_db, UT_RHYTHM_SPAN, rough_db);
    append(r->intensity_db, UT_RHYTHM_VIEW, smoothed(r->rough_db));
    append(r->voicing, UT_VAD_LOOKAHEAD + 2, periodic);
}

/* Whether from here it goes down by a dip before it goes up, or does neither for as long as can be seen. */
static bool is_top(const float *intensity_db) {
    float top_db = intensity_db[NOW];
    if (intensity_db[BEFORE] > top_db) return false;
    for (int i = NOW + 1; i < UT_RHYTHM_VIEW; i++) {
        if (intensity_db[i] > top_db) return false;
        if (intensity_db[i] <= top_db - DIP_DB) return true;
    }
    return true;
}

static bool is_voiced(const float *voicing) {
    return voicing[BEFORE] > VOICING_LEAST || voicing[NOW] > VOICING_LEAST || voicing[NOW + 1] > VOICING_LEAST;
}

static bool is_loud(const struct ut_rhythm *r, float now_db) {
    return now_db > r->loud_db - SOFTER_DB && now_db > r->floor_db + OVER_FLOOR * (r->loud_db - r->floor_db);
}

void ut_rhythm_take(struct ut_rhythm *r, ut_frame *frame) {
    float now_db = r->intensity_db[NOW];
    bool voiced = is_voiced(r->voicing);
    if (voiced) r->loud_db = ut_max(r->loud_db - LOUD_DECAY_DB, now_db);
    r->valley_db = ut_min(r->valley_db, now_db);
    bool top = now_db >= r->valley_db + DIP_DB && is_top(r->intensity_db);
    frame->syllable = top && voiced && is_loud(r, now_db);
    if (top) r->valley_db = now_db;
}
