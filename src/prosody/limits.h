/* limits.h - the lesser and the greater of two numbers that are numbers: one instruction each, in vectors too, where
 * fminf and fmaxf, who must think of NaN, are calls. */
#ifndef PROSODY_LIMITS_H
#define PROSODY_LIMITS_H

static inline float ut_min(float a, float b) { return a < b ? a : b; }
static inline float ut_max(float a, float b) { return a > b ? a : b; }
static inline float ut_limit(float x, float least, float most) { return ut_min(ut_max(x, least), most); }

#endif
