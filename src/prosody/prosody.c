/* prosody.c - the spine: one hop of samples in, one frame out.
 *
 *   80 samples                                                              ut_frame
 *       |                                                                       ^
 *    history --+-- 25 ms --> spectrum --+--> mel ----+--> frames ----+          |
 *              |                        +--> tilt ---+    (11 hops)  |          |
 *              |                                                     |          |
 *              +-- 60 ms --> pitch (candidates) --> vad (evidence)   |          |
 *                              |                      |              v          |
 *                              +--- path ---+--- speech ---+--> the oldest --> rhythm --> queue
 *
 * Both windows are centred on the middle of the same hop, which lies three hops back when they can be filled. Pitch,
 * vad and rhythm decide UT_LOOKAHEAD hops later still; until then the frame waits, so that all its values speak of one
 * instant.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prosody/mel.h"
#include "prosody/pitch.h"
#include "prosody/rhythm.h"
#include "prosody/spectrum.h"
#include "prosody/tilt.h"
#include "prosody/vad.h"

enum {
    AHEAD = 3, /* hops the pitch window reaches past its own */
    HISTORY = 7 * UT_HOP,
    CENTRE = HISTORY - AHEAD * UT_HOP - UT_HOP / 2, /* of the frame that can be analysed */
    QUEUE = 16,                                     /* frames that may wait to be taken */
};
_Static_assert(CENTRE >= UT_PITCH_N / 2 && CENTRE + UT_PITCH_N / 2 <= HISTORY, "the pitch window fits");
_Static_assert(AHEAD + UT_LOOKAHEAD == UT_PROSODY_DELAY, "as the header promises");

#define SAMPLE_MOST  8.0f  /* nothing real is 18 dB over full scale */
#define SAMPLE_LEAST 1e-7f /* -140 dB; squares of less would be denormal */

struct ut_prosody {
    struct ut_spectrum spectrum;
    struct ut_pitch pitch;
    struct ut_tilt tilt;
    struct ut_vad vad;
    struct ut_rhythm rhythm;
    const ut_plan *plan;
    float history[HISTORY]; /* the newest hop last */
    float hop[UT_HOP];
    int in_hop;                         /* samples of it */
    ut_frame waiting[UT_LOOKAHEAD + 1]; /* [frame number modulo its length] */
    ut_frame queue[QUEUE];
    unsigned first, queued;
    uint64_t hops;  /* run */
    uint64_t whole; /* run before the end */
    bool finished;
};

ut_prosody *ut_prosody_new(const ut_plan *plan, ut_error *why) {
    size_t size = (sizeof(ut_prosody) + UT_ALIGN - 1) / UT_ALIGN * UT_ALIGN;
    ut_prosody *prosody = aligned_alloc(UT_ALIGN, size);
    if (why) *why = prosody ? UT_OK : UT_NO_MEMORY;
    if (!prosody) return NULL;
    memset(prosody, 0, size);
    prosody->plan = plan;
    ut_vad_start(&prosody->vad);
    ut_rhythm_start(&prosody->rhythm);
    return prosody;
}

void ut_prosody_free(ut_prosody *prosody) { free(prosody); }

/* The windows that lie around one instant. */
static void analyse(ut_prosody *p, ut_frame *frame) {
    const float *centre = p->history + CENTRE;
    ut_spectrum_run(&p->spectrum, p->plan, centre - UT_SPECTRUM_N / 2, frame);
    ut_mel_run(p->plan, p->spectrum.power, frame);
    ut_tilt_run(&p->tilt, p->spectrum.power, frame);
    float periodic = ut_pitch_push(&p->pitch, p->plan, centre - UT_PITCH_N / 2);
    ut_vad_push(&p->vad, frame, periodic);
    ut_rhythm_push(&p->rhythm, frame->level_db);
}

/* What was decided only now about a frame that waited. */
static void decide(ut_prosody *p, ut_frame *frame) {
    ut_pitch_take(&p->pitch, frame);
    ut_vad_take(&p->vad, frame);
    ut_rhythm_take(&p->rhythm, frame);
}

static void run_hop(ut_prosody *p) {
    memmove(p->history, p->history + UT_HOP, (HISTORY - UT_HOP) * sizeof *p->history);
    memcpy(p->history + HISTORY - UT_HOP, p->hop, sizeof p->hop);
    p->in_hop = 0;
    if (p->hops++ < AHEAD) return;

    uint64_t number = p->hops - 1 - AHEAD;
    ut_frame *frame = &p->waiting[number % (UT_LOOKAHEAD + 1)];
    frame->t_s = ((double)number + 0.5) * UT_HOP / UT_RATE_HZ;
    analyse(p, frame);
    if (number < UT_LOOKAHEAD) return;

    frame = &p->waiting[(number - UT_LOOKAHEAD) % (UT_LOOKAHEAD + 1)];
    decide(p, frame);
    p->queue[(p->first + p->queued++) % QUEUE] = *frame;
}

static float clean(float x) {
    if (!isfinite(x) || fabsf(x) < SAMPLE_LEAST) return 0;
    return fminf(fmaxf(x, -SAMPLE_MOST), SAMPLE_MOST);
}

size_t ut_prosody_push(ut_prosody *p, const float *x, size_t n) {
    if (p->finished) return n;
    for (size_t i = 0; i < n; i++) {
        if (p->queued == QUEUE) return i;
        p->hop[p->in_hop++] = clean(x[i]);
        if (p->in_hop == UT_HOP) run_hop(p);
    }
    return n;
}

/* After the end: what is left of a hop, then silence, until the next frame or the last. */
static void flush(ut_prosody *p) {
    while (p->queued == 0 && p->hops < p->whole + UT_PROSODY_DELAY) {
        memset(p->hop + p->in_hop, 0, (size_t)(UT_HOP - p->in_hop) * sizeof *p->hop);
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
