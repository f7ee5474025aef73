/* rhythm.c - how fast somebody speaks.
 *
 * In:  level_db of the newest frame; f0_hz and speech of the frame that is going out.
 * Out: syllable, true in the frame in which a nucleus became certain.
 *
 * A nucleus is a peak of intensity with a dip of at least 2 dB on either side, voiced at its top (de Jong & Wempe,
 * "Praat script to detect syllable nuclei and measure speech rate automatically", Behavior Research Methods 41, 2009).
 * Intensity is the power smoothed over 70 ms, as theirs is. It is certain when the dip after it is reached, so the flag
 * comes a few frames after the top; rates count flags and do not mind.
 */
#include "prosody/rhythm.h"

#include <math.h>
#include <string.h>

#include "prosody/pitch.h"

#define DIP_DB     2.0f
#define SILENCE_DB -100.0f

enum { HELD = UT_RHYTHM_SPAN + 7 };
_Static_assert(HELD == UT_LOOKAHEAD + 1 + UT_RHYTHM_SPAN / 2, "the window is centred on the frame going out");

void ut_rhythm_start(struct ut_rhythm *rhythm) {
    for (int i = 0; i < HELD; i++) rhythm->levels_db[i] = SILENCE_DB;
    rhythm->valley_db = SILENCE_DB;
    rhythm->rising = false;
}

void ut_rhythm_push(struct ut_rhythm *rhythm, float level_db) {
    memmove(rhythm->levels_db, rhythm->levels_db + 1, (HELD - 1) * sizeof *rhythm->levels_db);
    rhythm->levels_db[HELD - 1] = level_db;
}

/* In dB, of the frame going out, by a window that falls to both sides. */
static float smoothed_db(const struct ut_rhythm *rhythm) {
    static const float weights[UT_RHYTHM_SPAN] = {0.03f, 0.11f, 0.22f, 0.28f, 0.22f, 0.11f, 0.03f};
    float sum = 0;
    for (int i = 0; i < UT_RHYTHM_SPAN; i++) sum += weights[i] * rhythm->levels_db[i];
    return sum;
}

static void climb(struct ut_rhythm *rhythm, float level_db, const ut_frame *frame) {
    if (level_db <= rhythm->peak_db) return;
    rhythm->peak_db = level_db;
    rhythm->voiced_peak = frame->f0_hz > 0 && frame->speech > 0.5f;
}

static void descend(struct ut_rhythm *rhythm, float level_db) {
    rhythm->valley_db = fminf(rhythm->valley_db, level_db);
    if (level_db < rhythm->valley_db + DIP_DB) return;
    rhythm->rising = true;
    rhythm->peak_db = -INFINITY;
}

void ut_rhythm_take(struct ut_rhythm *rhythm, ut_frame *frame) {
    float level_db = smoothed_db(rhythm);
    frame->syllable = false;
    if (!rhythm->rising) descend(rhythm, level_db);
    if (!rhythm->rising) return;
    climb(rhythm, level_db, frame);
    if (level_db > rhythm->peak_db - DIP_DB) return;
    frame->syllable = rhythm->voiced_peak;
    rhythm->rising = false;
    rhythm->valley_db = level_db;
}
