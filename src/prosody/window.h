/* window.h - the frames of the last seconds, or of all the time so far, as sums from which functionals follow.
 *
 * A frame is taken apart into tracks, one number each, and belongs to a kind: a pause, unvoiced or voiced speech.
 */
#ifndef PROSODY_WINDOW_H
#define PROSODY_WINDOW_H

#include "undertone.h"

#define UT_HOP_S      ((float)UT_HOP / UT_RATE_HZ)
#define UT_FULL_POWER 0x1p40f /* what a level of 0 dB adds to a sum: 23 hours of it fit */

enum {
    UT_CHANGE_SPAN = 4, /* hops a change is taken over: 40 ms */
    UT_RANKS_COARSE = 32,
    UT_RANKS_FINE = 1024,
};

/* In the order of what is kept of them: of all, sums; of the first also their changes; of the first two groups also
 * how often each value came, for percentiles. */
enum ut_track {
    UT_LOUDNESS,
    UT_LEVEL,
    UT_ALPHA,
    UT_MFCC_1,
    UT_F0_ST = UT_MFCC_1 + UT_MFCC,
    UT_CHANGING,

    UT_HAMMARBERG = UT_CHANGING,
    UT_SLOPE_0,
    UT_SLOPE_500,
    UT_TILT_0,
    UT_TILT_500,
    UT_FLUX_REL,
    UT_LOUDNESS_LOG2,
    UT_RANKED,

    UT_FLUX = UT_RANKED,
    UT_VOICING,
    UT_HNR,
    UT_H1_H2,
    UT_H1_A3,
    UT_JITTER,
    UT_SHIMMER,
    UT_F1_HZ,
    UT_F1_BANDWIDTH = UT_F1_HZ + UT_FORMANTS,
    UT_F1_LEVEL = UT_F1_BANDWIDTH + UT_FORMANTS,
    UT_MEL_REL_1 = UT_F1_LEVEL + UT_FORMANTS,
    UT_TRACKS = UT_MEL_REL_1 + UT_MEL_BANDS
};

enum ut_kind { UT_PAUSE, UT_UNVOICED, UT_VOICED, UT_KINDS };

/* What happens at a frame. The last three are marked on the first frame of the stretch they speak of, with which the
 * window forgets them. */
enum ut_mark {
    UT_SYLLABLE,
    UT_MUSIC,
    UT_TONE,
    UT_SPEECH_ON, /* speech from here for UT_CHANGE_SPAN more frames */
    UT_VOICE_ON,  /* the same, voiced */
    UT_PEAK_ON,   /* here begins what a peak of loudness stands out of */
    UT_MARKS
};

/* Of whole numbers, so that what was added can be taken away again to the last bit. A number is at most 2^16: the
 * squares of more than 100 days of frames fit. */
struct ut_sums {
    int64_t n, sum, square;
};

enum ut_direction { UT_FALLING, UT_FLAT, UT_RISING, UT_DIRECTIONS };

/* How often each number came, its last bits left out. */
struct ut_ranks {
    uint32_t coarse[UT_RANKS_COARSE], fine[UT_RANKS_FINE];
};

struct ut_moment {
    int64_t power;            /* of the frame's level */
    uint16_t step[UT_TRACKS]; /* on the track's scale; 0: the frame has no such value */
    uint8_t marks;            /* bits 1 << enum ut_mark */
    uint8_t kind;
};

/* Frames of one kind in a row. */
struct ut_run {
    int64_t length;
    enum ut_kind kind;
};

struct ut_window {
    int64_t length; /* frames until the oldest is forgotten */
    int64_t held;
    int64_t power;
    int64_t marked[UT_MARKS];                           /* how often */
    struct ut_sums tracks[UT_KINDS][UT_TRACKS];         /* of steps; pauses have none */
    struct ut_sums changes[UT_CHANGING][UT_DIRECTIONS]; /* of steps over UT_CHANGE_SPAN frames */
    struct ut_ranks ranks[UT_RANKED];                   /* of steps, in speech */
    struct ut_sums run_lengths[UT_KINDS];               /* of frames in a row */

    struct ut_moment *moments; /* [room] ring */
    unsigned room, at;         /* at: where the next goes */
    struct ut_run *runs;       /* [runs_room] ring: the window as runs, cut off at its ends */
    unsigned runs_room, runs_first, runs_held;
    int speech_on, voice_on; /* frames without a break up to the newest */

    float least[UT_TRACKS], steps_per_unit[UT_TRACKS];
};

/* Slides over the last length frames, of which there are at least UT_READING_HOPS, or, at 0, never forgets. False
 * without memory; free it either way. */
bool ut_window_open(struct ut_window *w, unsigned length);
void ut_window_close(struct ut_window *w);

void ut_window_push(struct ut_window *w, const ut_frame *frame);

/* The moment that came so many before the next one: 1 is the newest. */
const struct ut_moment *ut_window_back(const struct ut_window *w, unsigned back);

/* The step that so many percent of a track's steps in speech lie under; there is at least one. */
float ut_window_percentile(const struct ut_window *w, enum ut_track track, int percent);

/* Frames from the first of speech to the last. */
int64_t ut_window_speech_span(const struct ut_window *w);

#endif
