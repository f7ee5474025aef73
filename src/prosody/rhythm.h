/* rhythm.h - syllable nuclei. */
#ifndef PROSODY_RHYTHM_H
#define PROSODY_RHYTHM_H

#include "undertone.h"

enum { UT_RHYTHM_SPAN = 7 }; /* frames the level is smoothed over */

struct ut_rhythm {
    float levels_db[UT_RHYTHM_SPAN + 7]; /* the newest last; room for the look-ahead */
    float valley_db, peak_db;
    bool rising;      /* past a dip, looking for the peak */
    bool voiced_peak; /* the highest frame so far was voiced speech */
};

/* As before the first frame: silence. */
void ut_rhythm_start(struct ut_rhythm *rhythm);

/* Takes the level of the newest frame. */
void ut_rhythm_push(struct ut_rhythm *rhythm, float level_db);

/* Fills in syllable of the frame pushed UT_LOOKAHEAD frames ago, from its f0_hz and speech. */
void ut_rhythm_take(struct ut_rhythm *rhythm, ut_frame *frame);

#endif
