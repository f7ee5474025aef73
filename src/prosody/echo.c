/* echo.c - is it their own voice, or the other's, coming back?
 *
 * In:  the frames of both lines of a call at one instant: speech, level_db, mel_db.
 * Out: the same; one that holds no more than the other's echo is replaced by the last of its line without speech, as an
 *      echo suppressor fills the gap with comfort noise (ITU-T G.168).
 *
 * An echo moves as the voice does that it comes from, some time later. So the bands of a line, each against its own
 * usual, are correlated with those of the other at every lag: the normalised cross-correlation of double-talk detectors
 * (Benesty, Morgan & Cho, IEEE Trans. Speech and Audio Processing 8, 2000), on spectra, since what a codec and a room
 * leave of a waveform is not alike any more. Roots of the bands' amplitudes are compared, which weigh neither the
 * line's noise nor one loud vowel too much. Two people who talk at once are hardly alike at any lag; an echo is, at one
 * that stays, and is softer.
 *
 * Once it is known, what it loses on the way is learned band by band, from where the other's voice rises. What stands
 * out of the other's voice less that loss, and of the line's noise, is somebody's own: the level decides then, as in
 * Geigel's detector (Duttweiler, IEEE Trans. Communications 26, 1978), but of each band against its own loss.
 *
 * Before anything is known, a far softer voice that comes during or after the other's is doubted, for as long as it
 * takes to tell. Where the other spoke and nothing came back, there is no echo to doubt.
 */
#include "prosody/echo.h"

#include <math.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/logs.h"

#define SPEECH       0.5f
#define QUIET_DB     (-100.0f)
#define USUAL_RATE   0.03f /* a frame: to a third in 0.3 s */
#define NOISE_RATE   0.05f
#define MOVE_MOST    2.0f /* twice over the usual */
#define FADE_DB      0.7f /* a frame: 70 dB a second */
#define PEAK_FADE_DB 0.03f
#define FADING       0.985f /* a frame: to a third in 0.7 s */

#define ALIKE        0.7f /* correlation of an echo at its lag; of two who talk at once it is about 0.2 */
#define UNLIKE       0.55f
#define LOSS_LEAST_DB                                                                                                  \
    (-1.0f) /* what is as loud on both lines, as a mix that was made stereo, is nobody's; what is louder is one's own  \
             */
#define DOUBT_DB    10.0f

#define OWN         10.0f /* mean of the squares of the decibels that the bands stand out by; of an echo alone 1 */
#define OWN_MOST_DB 12.0f /* a band's */
#define SMOOTHING   0.3f
#define MISSING_DB  5.0f  /* mean of the bands, of an echo over what is heard */
#define LOUD_DB     10.0f /* under the loudest of late */

enum {
    ENOUGH = 40,     /* frames that a correlation says something of */
    ENOUGH_NOT = 25, /* that a low one says something of */
    STAYS = 12,      /* frames the lag has to stay */
    LEARNED = 50,    /* frames a loss is the mean of, and then follows */
    UNDOUBTED = 80,  /* frames of the other's voice, loud, of which nothing came back, the latest echo neither */
    LOST = 100,      /* there is none any more */
};

void ut_echo_start(ut_echo *echo) {
    memset(echo, 0, sizeof *echo);
    for (int v = 0; v < 2; v++) {
        ut_echo_line *line = &echo->line[v];
        echo->path[v].doubted = true;
        line->since_speech = UT_ECHO_LAGS;
        line->peak_db = line->quiet.level_db = QUIET_DB;
        for (int b = 0; b < UT_MEL_BANDS; b++) {
            line->noise_db[b] = line->quiet.mel_db[b] = QUIET_DB;
            line->usual[b] = ut_exp2(QUIET_DB / 4 / UT_DB_OF_LOG2);
            for (int i = 0; i < UT_ECHO_SPAN; i++) line->reach_db[i][b] = QUIET_DB;
        }
    }
}

/* ---- a line, as its echo would be ---- */

static void keep(ut_echo_line *line, unsigned n, const ut_frame *frame) {
    unsigned now = n % UT_ECHO_SPAN, before = (n - 1) % UT_ECHO_SPAN;
    float *moves = line->moves[now], *reach_db = line->reach_db[now], square = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        float root = ut_exp2(frame->mel_db[b] / 4 / UT_DB_OF_LOG2);
        moves[b] = ut_min(root / line->usual[b] - 1, MOVE_MOST);
        square += moves[b] * moves[b];
        line->usual[b] += USUAL_RATE * (root - line->usual[b]);
        reach_db[b] = ut_max(frame->mel_db[b], line->reach_db[before][b] - FADE_DB);
    }
    line->square[now] = square;
    line->level_db[now] = frame->level_db;
    line->peak_db = ut_max(frame->level_db, line->peak_db - PEAK_FADE_DB);
    line->run_db = line->since_speech == 0 ? ut_max(frame->level_db, line->run_db) : frame->level_db;
    line->since_speech = frame->speech > SPEECH ? 0 : line->since_speech + 1;
    if (line->since_speech == 0) return;
    for (int b = 0; b < UT_MEL_BANDS; b++) line->noise_db[b] += NOISE_RATE * (frame->mel_db[b] - line->noise_db[b]);
    line->quiet = *frame;
}

/* ---- is there an echo, and how late? ---- */

static void fade_in(float *sum, float x) { *sum = FADING * *sum + x; }

static void compare(ut_echo_path *path, const ut_echo_line *own, const ut_echo_line *other, unsigned n) {
    const float *moves = own->moves[n % UT_ECHO_SPAN];
    fade_in(&path->frames, 1);
    fade_in(&path->own_square, own->square[n % UT_ECHO_SPAN]);
    fade_in(&path->own_level_db, own->level_db[n % UT_ECHO_SPAN]);
    for (unsigned lag = 0; lag < UT_ECHO_LAGS; lag++) {
        unsigned then = (n - lag) % UT_ECHO_SPAN;
        const float *others = other->moves[then];
        float product = 0;
#pragma omp simd reduction(+ : product)
        for (int b = 0; b < UT_MEL_BANDS; b++) product += moves[b] * others[b];
        fade_in(&path->product[lag], product);
        fade_in(&path->others_square[lag], other->square[then]);
        fade_in(&path->others_level_db[lag], other->level_db[then]);
    }
}

static float likeness(const ut_echo_path *path, unsigned lag) {
    return path->product[lag] / sqrtf(path->own_square * path->others_square[lag] + 1e-9f);
}

static unsigned likeliest(const ut_echo_path *path) {
    unsigned best = 0;
    for (unsigned lag = 1; lag < UT_ECHO_LAGS; lag++)
        if (likeness(path, lag) > likeness(path, best)) best = lag;
    return best;
}

static bool is_near(unsigned a, unsigned b) { return a <= b + 1 && b <= a + 1; }

static void look_for_echo(ut_echo_path *path) {
    unsigned lag = likeliest(path);
    float like = likeness(path, lag), loss_db = (path->others_level_db[lag] - path->own_level_db) / path->frames;
    if (!is_near(lag, path->lag)) {
        path->lag = lag;
        path->stayed = 0;
    }
    path->stayed++;
    if (path->frames >= ENOUGH_NOT && like < UNLIKE) path->doubted = false;
    if (path->frames < ENOUGH || like < ALIKE || path->stayed < STAYS || loss_db < LOSS_LEAST_DB) return;
    if (!path->known || !is_near(lag, path->known_lag)) memset(path->learned, 0, sizeof path->learned);
    path->known = true;
    path->known_lag = lag;
    path->missed = 0;
}

/* ---- is it all that is heard? ---- */

/* Where the other's voice fades, the echo may fade faster: nothing is learned. */
static void learn_loss(ut_echo_path *path, const ut_echo_line *other, unsigned n, const ut_frame *frame) {
    const float *reach_db = other->reach_db[(n - path->known_lag) % UT_ECHO_SPAN];
    const float *before_db = other->reach_db[(n - path->known_lag - 1) % UT_ECHO_SPAN];
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        if (reach_db[b] < before_db[b]) continue;
        path->learned[b] = ut_min(path->learned[b] + 1, LEARNED);
        path->loss_db[b] += (reach_db[b] - frame->mel_db[b] - path->loss_db[b]) / path->learned[b];
    }
}

/* How far the bands stand out of echo and noise, mean square; and how far the echo would stand out of them, mean. An
 * echo may lie between two lags. */
static float excess_of(const ut_echo_path *path, const ut_echo_line *own, const ut_echo_line *other, unsigned n,
                       const float *mel_db, float *missing_db) {
    const float *late_db = other->reach_db[(n - path->known_lag) % UT_ECHO_SPAN];
    const float *early_db = other->reach_db[(n - path->known_lag + (path->known_lag > 0)) % UT_ECHO_SPAN];
    float sum = 0, missing_sum_db = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) {
        float echo_db = ut_max(late_db[b], early_db[b]) - path->loss_db[b], noise_db = own->noise_db[b];
        float over_db = ut_limit(mel_db[b] - ut_max(echo_db, noise_db), 0, OWN_MOST_DB);
        sum += over_db * over_db;
        missing_sum_db += ut_limit(echo_db - ut_max(mel_db[b], noise_db), 0, OWN_MOST_DB);
    }
    *missing_db = missing_sum_db / UT_MEL_BANDS;
    return sum / UT_MEL_BANDS;
}

/* Of a frame without speech: where the other's voice was loud, and would be heard, nothing came back. */
static void miss_echo(ut_echo_path *path, const ut_echo_line *other, unsigned n, float missing_db) {
    bool loud = other->level_db[(n - path->known_lag) % UT_ECHO_SPAN] > other->peak_db - LOUD_DB;
    if (!loud || (path->known && missing_db < MISSING_DB)) return;
    path->missed++;
    if (path->missed >= UNDOUBTED) path->doubted = false;
    if (path->missed >= LOST) path->known = false;
}

static bool is_echo(ut_echo *echo, int v, const ut_frame *frame) {
    ut_echo_path *path = &echo->path[v];
    const ut_echo_line *own = &echo->line[v], *other = &echo->line[!v];
    float missing_db = 0, excess = 0;
    if (other->since_speech >= UT_ECHO_LAGS) return false;
    if (path->known) excess = excess_of(path, own, other, echo->n, frame->mel_db, &missing_db);
    if (own->since_speech) {
        miss_echo(path, other, echo->n, missing_db);
        path->excess = 0;
        return false;
    }
    compare(path, own, other, echo->n);
    look_for_echo(path);
    if (!path->known) return path->doubted && own->run_db < other->peak_db - DOUBT_DB;
    echo->path[!v].doubted = false; /* what the other hears would be an echo's echo */
    if (likeness(path, path->known_lag) >= ALIKE) {
        learn_loss(path, other, echo->n, frame);
        path->missed = 0;
    }
    path->excess += SMOOTHING * (excess - path->excess);
    return path->excess < OWN;
}

static void silence(const ut_echo_line *line, ut_frame *frame) {
    double t_s = frame->t_s;
    *frame = line->quiet;
    frame->t_s = t_s;
}

void ut_echo_run(ut_echo *echo, ut_frame *a, ut_frame *b) {
    ut_frame *const frames[2] = {a, b};
    for (int v = 0; v < 2; v++) keep(&echo->line[v], echo->n, frames[v]);
    const bool are_echo[2] = {is_echo(echo, 0, a), is_echo(echo, 1, b)};
    for (int v = 0; v < 2; v++)
        if (are_echo[v]) silence(&echo->line[v], frames[v]);
    echo->n++;
}
