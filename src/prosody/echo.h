/* echo.h - whether what is heard on one line of a call is only what was said on the other. */
#ifndef PROSODY_ECHO_H
#define PROSODY_ECHO_H

#include "undertone.h"

enum {
    UT_ECHO_LAGS = 48, /* frames that an echo may come late: 0.47 s */
    UT_ECHO_SPAN = 64, /* frames of a line that are kept */
};

/* A line, as its echo on the other would be. */
typedef struct ut_echo_line {
    unsigned since_speech;                   /* frames */
    float peak_db, run_db;                   /* level of late; the same, of the run of speech it is in */
    float usual[UT_MEL_BANDS];               /* roots of the bands, mean of late */
    float noise_db[UT_MEL_BANDS];            /* of the bands where nobody speaks */
    float moves[UT_ECHO_SPAN][UT_MEL_BANDS]; /* [frame modulo its length], roots against their usual */
    float square[UT_ECHO_SPAN];              /* sums of theirs */
    float level_db[UT_ECHO_SPAN];
    float reach_db[UT_ECHO_SPAN][UT_MEL_BANDS]; /* the bands, fading as sound does in a room */
    ut_frame quiet;                             /* the last frame without speech */
} ut_echo_line;

/* What one line hears of the other. */
typedef struct ut_echo_path {
    /* Sums that fade, over frames of speech with speech on the other line; by lag: */
    float product[UT_ECHO_LAGS], others_square[UT_ECHO_LAGS], others_level_db[UT_ECHO_LAGS];
    float own_square, own_level_db, frames;
    unsigned lag, stayed; /* the likeliest, and for how many frames it has been */

    bool doubted;    /* what is heard may be an echo: nobody knows yet */
    unsigned missed; /* frames of the other's speech that nothing was heard of */

    bool known; /* there is an echo: */
    unsigned known_lag;
    float loss_db[UT_MEL_BANDS];
    float learned[UT_MEL_BANDS]; /* frames that each was learned from */
    float excess;                /* how far the bands stand out of it of late, mean square of decibels */
} ut_echo_path;

typedef struct ut_echo {
    unsigned n; /* frames so far */
    ut_echo_line line[2];
    ut_echo_path path[2]; /* [who hears] */
} ut_echo;

/* As before the first frame of a call. */
void ut_echo_start(ut_echo *echo);

/* Takes the frames of both lines at one instant. One that holds no more than the other's echo becomes the last one of
 * its line without speech. */
void ut_echo_run(ut_echo *echo, ut_frame *a, ut_frame *b);

#endif
