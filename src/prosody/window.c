/* window.c - frames in, sums out, at a cost that does not know how long the window is.
 *
 * In:  frames, one a hop.
 * Out: for each track and kind of frame count, sum and sum of squares; for some tracks the same of their changes, and
 *      how often each value came; lengths of runs; counts of what was marked.
 *
 * Every value is rounded to one of 65535 steps of its track's scale before it is added. Sums of whole numbers are exact
 * whatever their order, so that a frame that leaves takes away just what it brought: a window that has slid for hours
 * is the same, bit for bit, as one that has only ever seen the frames in it. What spans several frames (a change, a
 * run, a peak) counts where all of them are inside, and leaves with the first.
 */
#include "prosody/window.h"

#include <math.h>
#include <stdlib.h>

#include "prosody/functionals.h"
#include "prosody/limits.h"
#include "prosody/logs.h"

#define SURE           0.5f /* of speech, music or a tone */
#define FLUX_LEAST     1e-6f
#define LOUDNESS_LEAST 1e-3f
#define STEP_MOST      65535.0f

enum {
    PEAK_REACH = 5, /* frames to either side: 100 ms in all */
    RANKS_SHARE = UT_RANKS_FINE / UT_RANKS_COARSE,
    STEPS_A_RANK = 65536 / UT_RANKS_FINE,
};
_Static_assert(2 * PEAK_REACH < UT_READING_HOPS && UT_CHANGE_SPAN < UT_READING_HOPS, "the shortest ring holds them");

/* What a track's steps reach over; values beyond are put at the end. */
static const struct scale {
    enum ut_track first;
    int n;
    float least, most;
} scales[] = {
    {UT_LOUDNESS, 1, 0, 32},
    {UT_LEVEL, 1, -104, 24},
    {UT_ALPHA, 1, -128, 64},
    {UT_MFCC_1, UT_MFCC, -128, 128},
    {UT_F0_ST, 1, 8, 56}, /* 44-700 Hz */
    {UT_HAMMARBERG, 1, -64, 128},
    {UT_SLOPE_0, 4, -0.25f, 0.25f}, /* and the tilts */
    {UT_FLUX_REL, 1, -80, 80},
    {UT_LOUDNESS_LOG2, 1, -8, 8},
    {UT_FLUX, 1, 0, 0.25f},
    {UT_VOICING, 1, 0, 1},
    {UT_HNR, 1, -32, 96},
    {UT_H1_H2, 2, -128, 128},
    {UT_JITTER, 1, 0, 0.5f},
    {UT_SHIMMER, 1, 0, 16},
    {UT_F1_HZ, UT_FORMANTS, 0, 4096},
    {UT_F1_BANDWIDTH, UT_FORMANTS, 0, 2048},
    {UT_F1_LEVEL, UT_FORMANTS, -104, 24},
    {UT_MEL_REL_1, UT_MEL_BANDS, -128, 128},
};

static void lay_scales(struct ut_window *w) {
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
        for (int t = (int)scales[i].first; t < (int)scales[i].first + scales[i].n; t++) {
            w->least[t] = scales[i].least;
            w->steps_per_unit[t] = (STEP_MOST + 1) / (scales[i].most - scales[i].least);
        }
}

/* Without an end only what a reading looks back at is kept of the moments; of the runs, the first and the newest. */
bool ut_window_open(struct ut_window *w, unsigned length) {
    *w = (struct ut_window){.length = length ? length : INT64_MAX};
    w->room = length ? length : UT_READING_HOPS;
    w->runs_room = length ? length : 2;
    w->moments = calloc(w->room, sizeof *w->moments);
    w->runs = calloc(w->runs_room, sizeof *w->runs);
    lay_scales(w);
    return w->moments && w->runs;
}

void ut_window_close(struct ut_window *w) {
    free(w->moments);
    free(w->runs);
}

static struct ut_moment *moment(const struct ut_window *w, unsigned back) {
    return &w->moments[w->at >= back ? w->at - back : w->at + w->room - back];
}

const struct ut_moment *ut_window_back(const struct ut_window *w, unsigned back) { return moment(w, back); }

/* ---- a frame taken apart, NaN for what it has not ---- */

static void read_spectrum(const ut_frame *frame, float *x) {
    float mean_db = 0, flux = ut_max(frame->spectral_flux, FLUX_LEAST);
    for (int b = 0; b < UT_MEL_BANDS; b++) mean_db += frame->mel_db[b] / UT_MEL_BANDS;
    for (int b = 0; b < UT_MEL_BANDS; b++) x[UT_MEL_REL_1 + b] = frame->mel_db[b] - mean_db;
    for (int c = 0; c < UT_MFCC; c++) x[UT_MFCC_1 + c] = frame->mfcc[c];
    x[UT_LOUDNESS] = frame->loudness;
    x[UT_LOUDNESS_LOG2] = ut_log2(ut_max(frame->loudness, LOUDNESS_LEAST));
    x[UT_LEVEL] = frame->level_db;
    x[UT_ALPHA] = frame->alpha_ratio_db;
    x[UT_HAMMARBERG] = frame->hammarberg_db;
    x[UT_SLOPE_0] = frame->slope_0_500;
    x[UT_SLOPE_500] = frame->slope_500_1500;
    x[UT_TILT_0] = frame->tilt_0_500;
    x[UT_TILT_500] = frame->tilt_500_1500;
    x[UT_FLUX] = frame->spectral_flux;
    x[UT_FLUX_REL] = ut_db(flux * flux) - frame->level_db;
}

static void read_voice(const ut_frame *frame, float *x) {
    bool voiced = frame->f0_hz > 0;
    x[UT_F0_ST] = voiced ? 12 * ut_log2(frame->f0_hz / UT_SEMITONE_ZERO_HZ) : NAN;
    x[UT_VOICING] = frame->voicing;
    x[UT_HNR] = voiced ? frame->hnr_db : NAN;
    x[UT_H1_H2] = voiced ? frame->h1_h2_db : NAN;
    x[UT_H1_A3] = voiced && frame->formant_hz[2] > 0 ? frame->h1_a3_db : NAN;
    x[UT_JITTER] = frame->jitter_local > 0 ? frame->jitter_local : NAN;
    x[UT_SHIMMER] = frame->shimmer_local_db > 0 ? frame->shimmer_local_db : NAN;
    for (int i = 0; i < UT_FORMANTS; i++) {
        bool found = frame->formant_hz[i] > 0;
        x[UT_F1_HZ + i] = found ? frame->formant_hz[i] : NAN;
        x[UT_F1_BANDWIDTH + i] = found ? frame->formant_bandwidth_hz[i] : NAN;
        x[UT_F1_LEVEL + i] = found ? frame->formant_level_db[i] : NAN;
    }
}

static void round_to_steps(const struct ut_window *w, const float *x, uint16_t *step) {
    for (int t = 0; t < UT_TRACKS; t++) {
        float exact = (x[t] - w->least[t]) * w->steps_per_unit[t] + 0.5f;
        float bounded = exact < 1 ? 1 : exact < STEP_MOST ? exact : STEP_MOST;
        step[t] = (uint16_t)(int)(isnan(x[t]) ? 0 : bounded);
    }
}

static void write_moment(const struct ut_window *w, const ut_frame *frame, struct ut_moment *m) {
    float x[UT_TRACKS];
    read_spectrum(frame, x);
    read_voice(frame, x);
    round_to_steps(w, x, m->step);
    m->power = (int64_t)(UT_FULL_POWER * ut_exp2(ut_min(ut_max(frame->level_db, -100), 0) / UT_DB_OF_LOG2));
    m->kind = frame->speech > SURE ? frame->f0_hz > 0 ? UT_VOICED : UT_UNVOICED : UT_PAUSE;
    m->marks = (uint8_t)((frame->syllable && m->kind != UT_PAUSE) << UT_SYLLABLE | (frame->music > SURE) << UT_MUSIC |
                         (frame->tone > SURE) << UT_TONE);
}

/* ---- sums; sign is 1 for what comes and -1 for what goes ---- */

static inline void add(struct ut_sums *sums, int64_t x, int sign) {
    sums->n += sign;
    sums->sum += sign * x;
    sums->square += sign * x * x;
}

static inline void add_tracks(struct ut_window *w, const struct ut_moment *m, int sign) {
    struct ut_sums *tracks = w->tracks[m->kind];
    for (int t = 0; t < UT_TRACKS; t++)
        if (m->step[t]) add(&tracks[t], m->step[t], sign);
}

static inline void add_ranks(struct ut_window *w, const struct ut_moment *m, int sign) {
    for (int t = 0; t < UT_RANKED; t++) {
        if (!m->step[t]) continue;
        unsigned rank = m->step[t] / STEPS_A_RANK;
        w->ranks[t].fine[rank] += (uint32_t)sign;
        w->ranks[t].coarse[rank / RANKS_SHARE] += (uint32_t)sign;
    }
}

static inline void add_change(struct ut_window *w, int t, const struct ut_moment *from, const struct ut_moment *to,
                              int sign) {
    int change = to->step[t] - from->step[t];
    add(&w->changes[t][UT_FLAT + (change > 0) - (change < 0)], change, sign);
}

static inline void add_changes(struct ut_window *w, const struct ut_moment *from, const struct ut_moment *to,
                               int sign) {
    for (int t = 0; from->marks & 1 << UT_SPEECH_ON && t < UT_F0_ST; t++) add_change(w, t, from, to, sign);
    if (from->marks & 1 << UT_VOICE_ON) add_change(w, UT_F0_ST, from, to, sign);
}

static inline void add_moment(struct ut_window *w, const struct ut_moment *m, int sign) {
    w->held += sign;
    w->power += sign * m->power;
    if (m->kind == UT_PAUSE) return;
    add_tracks(w, m, sign);
    add_ranks(w, m, sign);
}

static inline void add_marks(struct ut_window *w, int marks, int sign) {
    for (int k = 0; k < UT_MARKS; k++) w->marked[k] += sign * (marks >> k & 1);
}

/* ---- runs ---- */

static void resize_run(struct ut_window *w, struct ut_run *run, int64_t length) {
    struct ut_sums *sums = &w->run_lengths[run->kind];
    sums->n += (length > 0) - (run->length > 0);
    sums->sum += length - run->length;
    sums->square += length * length - run->length * run->length;
    run->length = length;
}

static struct ut_run *oldest_run(const struct ut_window *w) { return &w->runs[w->runs_first]; }

static struct ut_run *newest_run(const struct ut_window *w) {
    return &w->runs[(w->runs_first + w->runs_held - 1) % w->runs_room];
}

static void lengthen_newest_run(struct ut_window *w, enum ut_kind kind) {
    if (w->runs_held == 0 || newest_run(w)->kind != kind) {
        if (w->runs_held < w->runs_room) w->runs_held++;
        *newest_run(w) = (struct ut_run){.kind = kind};
    }
    resize_run(w, newest_run(w), newest_run(w)->length + 1);
}

static void shorten_oldest_run(struct ut_window *w) {
    resize_run(w, oldest_run(w), oldest_run(w)->length - 1);
    if (oldest_run(w)->length > 0) return;
    w->runs_first = (w->runs_first + 1) % w->runs_room;
    w->runs_held--;
}

int64_t ut_window_speech_span(const struct ut_window *w) {
    if (w->run_lengths[UT_PAUSE].sum == w->held) return 0;
    int64_t before = oldest_run(w)->kind == UT_PAUSE ? oldest_run(w)->length : 0;
    int64_t after = newest_run(w)->kind == UT_PAUSE ? newest_run(w)->length : 0;
    return w->held - before - after;
}

/* ---- one in, one out ---- */

/* Louder than every moment around. */
static bool is_peak(const struct ut_window *w, unsigned back) {
    unsigned loudness = moment(w, back)->step[UT_LOUDNESS_LOG2];
    if (moment(w, back)->kind == UT_PAUSE) return false;
    for (unsigned i = 1; i <= PEAK_REACH; i++)
        if (moment(w, back - i)->step[UT_LOUDNESS_LOG2] >= loudness ||
            moment(w, back + i)->step[UT_LOUDNESS_LOG2] >= loudness)
            return false;
    return true;
}

static void mark(struct ut_window *w, unsigned back, enum ut_mark mark) {
    moment(w, back)->marks |= (uint8_t)(1 << mark);
    w->marked[mark]++;
}

/* What the newest moment completes. */
static void complete(struct ut_window *w, enum ut_kind kind) {
    const unsigned first = 1 + UT_CHANGE_SPAN, middle = 1 + PEAK_REACH, first_heard = 1 + 2 * PEAK_REACH;
    w->speech_on = kind == UT_PAUSE ? 0 : w->speech_on + 1;
    w->voice_on = kind == UT_VOICED ? w->voice_on + 1 : 0;
    if (w->speech_on > UT_CHANGE_SPAN) mark(w, first, UT_SPEECH_ON);
    if (w->voice_on > UT_CHANGE_SPAN) mark(w, first, UT_VOICE_ON);
    if (w->held >= first) add_changes(w, moment(w, first), moment(w, 1), 1);
    if (w->held >= first_heard && is_peak(w, middle)) mark(w, first_heard, UT_PEAK_ON);
}

static void forget_oldest(struct ut_window *w) {
    unsigned back = (unsigned)w->held;
    const struct ut_moment *oldest = moment(w, back);
    add_changes(w, oldest, moment(w, back - UT_CHANGE_SPAN), -1);
    add_moment(w, oldest, -1);
    add_marks(w, oldest->marks, -1);
    shorten_oldest_run(w);
}

void ut_window_push(struct ut_window *w, const ut_frame *frame) {
    if (w->held == w->length) forget_oldest(w);
    struct ut_moment *newest = &w->moments[w->at];
    w->at = (w->at + 1) % w->room;
    write_moment(w, frame, newest);
    add_moment(w, newest, 1);
    add_marks(w, newest->marks, 1);
    lengthen_newest_run(w, newest->kind);
    complete(w, newest->kind);
}

/* ---- percentiles ---- */

float ut_window_percentile(const struct ut_window *w, enum ut_track track, int percent) {
    const struct ut_ranks *ranks = &w->ranks[track];
    int64_t n = w->tracks[UT_UNVOICED][track].n + w->tracks[UT_VOICED][track].n;
    int64_t below = ((n - 1) * percent + 50) / 100;
    unsigned coarse = 0;
    while (below >= ranks->coarse[coarse]) below -= ranks->coarse[coarse++];
    unsigned rank = coarse * RANKS_SHARE;
    while (below >= ranks->fine[rank]) below -= ranks->fine[rank++];
    return ((float)rank + 0.5f) * STEPS_A_RANK;
}
