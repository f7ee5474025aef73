/* prosody.c - the spine: one hop of samples in, one frame out.
 *
 *   80 samples                                                                           ut_frame
 *       |                                                                                    ^
 *    history --+-- 20 ms --> spectrum --+--> mel ----+                                       |
 *              |                        +--> tilt    |                                       |
 *              |                        +--> formants|                                       |
 *              +-- 60 ms --> pitch: candidates ------+--> vad: evidence                      |
 *                                                    |                                       |
 *              10 hops later         pitch: path <---+                                       |
 *              +-------- 60 ms -----> periods, harmonics                                     |
 *                                                    |                                       |
 *              20 hops later              vad: speech, music, tone --> rhythm --> smooth ----+
 *
 * Both windows are centred on the end of one hop, which lies three hops back when they can be filled. A frame waits
 * until the last of it is decided, so that all its values speak of one instant.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prosody/formants.h"
#include "prosody/harmonics.h"
#include "prosody/limits.h"
#include "prosody/mel.h"
#include "prosody/periods.h"
#include "prosody/pitch.h"
#include "prosody/rhythm.h"
#include "prosody/smooth.h"
#include "prosody/spectrum.h"
#include "prosody/tilt.h"
#include "prosody/vad.h"

enum {
    AHEAD = UT_PITCH_N / 2 / UT_HOP,          /* hops the pitch window reaches past its centre */
    HISTORY = 2 * AHEAD + UT_PITCH_LOOKAHEAD, /* hops, up to the oldest that periods looks at */
    ROOM = 4 * HISTORY,                       /* hops to write before the history is moved to the front again */
    WAITING = UT_VAD_LOOKAHEAD + 2,           /* frames, with the one before the one that goes out */
    QUEUE = 16,                               /* frames that may wait to be taken */
};
_Static_assert(UT_PITCH_N / 2 % UT_HOP == 0 && UT_PERIODS_REACH <= UT_PITCH_N / 2, "the windows fit");
_Static_assert(AHEAD + UT_VAD_LOOKAHEAD == UT_PROSODY_DELAY, "as the header promises");

/* A line's offset is followed over two seconds and taken off but for what is under -60 dB: a sixteen-bit line's own is
 * less, and its sound is analysed as it came. */
#define OFFSET_LEAST 1e-3f
#define OFFSET_RATE  (UT_HOP / (2.0f * UT_RATE_HZ))

#define VOICE_LEAST  0.35f /* periodicity; in what has less no pitch is found, and nobody asks for its formants */

#define SAMPLE_MOST  8.0f  /* nothing real is 18 dB over full scale */
#define SAMPLE_LEAST 1e-7f /* -140 dB; squares of less would be denormal */

struct ut_prosody {
    struct ut_spectrum spectrum;
    struct ut_pitch pitch;
    struct ut_tilt tilt;
    struct ut_vad vad;
    struct ut_rhythm rhythm;
    const ut_plan *plan;
    float history[(HISTORY + ROOM) * UT_HOP];
    int end;                   /* of what is in history, a hop's; what comes next grows behind it */
    float offset;              /* of the line */
    int in_hop;                /* samples behind it */
    ut_frame waiting[WAITING]; /* [frame number modulo its length] */
    ut_frame queue[QUEUE];
    unsigned first, queued;
    uint64_t hops;    /* run */
    uint64_t whole;   /* run before the end */
    uint64_t cleaned; /* samples */
    bool finished;
};

ut_prosody *ut_prosody_new(const ut_plan *plan, ut_error *why) {
    size_t size = (sizeof(ut_prosody) + UT_ALIGN - 1) / UT_ALIGN * UT_ALIGN;
    ut_prosody *prosody = aligned_alloc(UT_ALIGN, size);
    if (why) *why = prosody ? UT_OK : UT_NO_MEMORY;
    if (!prosody) return NULL;
    memset(prosody, 0, size);
    prosody->plan = plan;
    prosody->end = HISTORY * UT_HOP;
    ut_vad_start(&prosody->vad);
    ut_rhythm_start(&prosody->rhythm);
    return prosody;
}

void ut_prosody_free(ut_prosody *prosody) { free(prosody); }

/* The windows that lie around one instant. */
static void analyse(ut_prosody *p, const float *centre, ut_frame *frame) {
    ut_spectrum_run(&p->spectrum, p->plan, centre - UT_SPECTRUM_N / 2, frame);
    ut_mel_run(p->plan, p->spectrum.power, frame);
    ut_tilt_run(&p->tilt, p->spectrum.power, frame);
    float periodic = ut_pitch_push(&p->pitch, p->plan, centre - UT_PITCH_N / 2);
    if (periodic > VOICE_LEAST) ut_formants_run(p->plan, p->spectrum.power, frame);
    ut_vad_push(&p->vad, ut_pitch_newest_power(&p->pitch), periodic, frame);
    ut_rhythm_push(&p->rhythm, ut_pitch_newest_power(&p->pitch), periodic, frame);
}

/* What the pitch, once it is known, leads to. */
static void follow_pitch(ut_prosody *p, const float *centre, ut_frame *frame) {
    ut_pitch_take(&p->pitch, centre, frame);
    ut_harmonics_run(ut_pitch_oldest_power(&p->pitch), frame);
    ut_periods_run(centre, frame);
}

static ut_frame *frame_of(ut_prosody *p, uint64_t number) { return &p->waiting[number % WAITING]; }

static void put_out(ut_prosody *p, uint64_t number) {
    ut_frame *frame = frame_of(p, number);
    ut_vad_take(&p->vad, frame);
    ut_rhythm_take(&p->rhythm, frame);
    ut_frame *out = &p->queue[(p->first + p->queued++) % QUEUE];
    ut_smooth(frame_of(p, number ? number - 1 : 0), frame, frame_of(p, number + 1), out);
}

static void take_offset_off(ut_prosody *p, float *hop) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < UT_HOP; i++) sum += hop[i];
    p->offset += OFFSET_RATE * (sum / UT_HOP - p->offset);
    float off = copysignf(ut_max(fabsf(p->offset) - OFFSET_LEAST, 0), p->offset);
    if (off == 0) return;
    for (int i = 0; i < UT_HOP; i++) hop[i] -= off;
}

/* A hop has been written behind the end of the history. */
static void run_hop(ut_prosody *p) {
    take_offset_off(p, p->history + p->end);
    p->in_hop = 0;
    p->end += UT_HOP;
    if (p->hops++ >= AHEAD) {
        uint64_t number = p->hops - 1 - AHEAD;
        const float *centre = p->history + p->end - AHEAD * UT_HOP;
        *frame_of(p, number) = (ut_frame){.t_s = (double)(number + 1) * UT_HOP / UT_RATE_HZ};
        analyse(p, centre, frame_of(p, number));
        if (number >= UT_PITCH_LOOKAHEAD)
            follow_pitch(p, centre - UT_PITCH_LOOKAHEAD * UT_HOP, frame_of(p, number - UT_PITCH_LOOKAHEAD));
        if (number >= UT_VAD_LOOKAHEAD) put_out(p, number - UT_VAD_LOOKAHEAD);
    }
    if (p->end < (HISTORY + ROOM) * UT_HOP) return;
    memcpy(p->history, p->history + p->end - HISTORY * UT_HOP, HISTORY * UT_HOP * sizeof *p->history);
    p->end = HISTORY * UT_HOP;
}

static float clean(ut_prosody *p, float x) {
    if (!isfinite(x)) return p->cleaned++, 0;
    if (fabsf(x) < SAMPLE_LEAST) return 0;
    return ut_min(ut_max(x, -SAMPLE_MOST), SAMPLE_MOST);
}

size_t ut_prosody_push(ut_prosody *p, const float *x, size_t n) {
    if (p->finished) return n;
    for (size_t i = 0; i < n; i++) {
        if (p->queued == QUEUE) return i;
        p->history[p->end + p->in_hop++] = clean(p, x[i]);
        if (p->in_hop == UT_HOP) run_hop(p);
    }
    return n;
}

uint64_t ut_prosody_cleaned(const ut_prosody *p) { return p->cleaned; }

/* After the end: what is left of a hop, then silence, until the next frame or the last. */
static void flush(ut_prosody *p) {
    while (p->queued == 0 && p->hops < p->whole + UT_PROSODY_DELAY) {
        memset(p->history + p->end + p->in_hop, 0, (size_t)(UT_HOP - p->in_hop) * sizeof *p->history);
        run_hop(p);
    }
}

bool ut_prosody_next(ut_prosody *p, ut_frame *frame) {
    if (p->finished) flush(p);
    if (p->queued == 0) return false;
    *frame = p->queue[p->first];
    p->first = (p->first + 1) % QUEUE;
    p->queued--;
    return true;
}

void ut_prosody_finish(ut_prosody *p) {
    if (p->finished) return;
    p->finished = true;
    p->whole = p->hops;
}
