/* rhythm.h - syllable nuclei. */
#ifndef PROSODY_RHYTHM_H
#define PROSODY_RHYTHM_H

#include "prosody/vad.h"

enum {
    UT_RHYTHM_SPAN = 7,                                             /* frames the intensity is smoothed over */
    UT_RHYTHM_VIEW = 1 + UT_VAD_LOOKAHEAD + 1 - UT_RHYTHM_SPAN / 2, /* frames of it that are held */
};

struct ut_rhythm {
    float rough_db[UT_RHYTHM_SPAN];     /* intensity, the newest last */
    float intensity_db[UT_RHYTHM_VIEW]; /* smoothed, from the frame before the one that goes out to the newest */
    float voicing[UT_VAD_LOOKAHEAD + 2];
    float valley_db; /* the least since the last top */
    float floor_db;  /* the noise's */
    float loud_db;   /* the voice's of late */
};

/* As before the first frame: silence. */
void ut_rhythm_start(struct ut_rhythm *rhythm);

/* Takes the newest frame, of which level_db and mel_db are known, the power of its pitch window (UT_PITCH_BINS) and
 * how periodic it is, 0..1. */
void ut_rhythm_push(struct ut_rhythm *rhythm, const float *power, float periodic, const ut_frame *frame);

/* Fills in syllable of the frame pushed UT_VAD_LOOKAHEAD frames ago. */
void ut_rhythm_take(struct ut_rhythm *rhythm, ut_frame *frame);

#endif
