/* functionals.h - frames to one vector that describes the last seconds of a voice, or all it has said: what the
 * classifier hears.
 *
 * A functional that nothing in the window can speak for (a pitch where nothing was voiced) is NaN, never a sentinel.
 */
#ifndef PROSODY_FUNCTIONALS_H
#define PROSODY_FUNCTIONALS_H

#include "undertone.h"

enum {
    UT_WINDOW_WHOLE = 0,   /* never forgets */
    UT_WINDOW_LEAST = 100, /* frames; 1 s */
    UT_WINDOW_HOPS = 400,  /* the classifier's */
    UT_WINDOW_MOST = 1000,
};

#define UT_SEMITONE_ZERO_HZ 27.5f /* f0_st_* are semitones above this */

typedef struct ut_functionals ut_functionals;

/* Slides over the last UT_WINDOW_LEAST to UT_WINDOW_MOST frames, or is UT_WINDOW_WHOLE. Null without memory, or for
 * any other length. */
ut_functionals *ut_functionals_new(unsigned window_hops);
void ut_functionals_free(ut_functionals *f);

void ut_functionals_push(ut_functionals *f, const ut_frame *frame);

/* Writes the ut_functional_count() values of the window that ends with the newest frame. */
void ut_functionals_take(const ut_functionals *f, float *out);

/* How many seconds of the window are speech. */
float ut_functionals_speech_s(const ut_functionals *f);

/* What a reading tells besides the vector. */
float ut_functionals_level_db(const ut_functionals *f);   /* RMS of the last UT_READING_HOPS frames, -100 without any */
float ut_functionals_rate_syl_s(const ut_functionals *f); /* nuclei a second of speech, 0 under half a second of it */
bool ut_functionals_speaking(const ut_functionals *f); /* half or more of the last UT_READING_HOPS frames is speech */

size_t ut_functional_count(void);
const char *ut_functional_name(size_t i); /* "f0_st_p50" ... */
int ut_functional_find(const char *name); /* -1: none of that name */

#endif
