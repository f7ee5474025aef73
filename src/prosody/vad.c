/* vad.c - is anybody speaking, or is it music or a tone?
 *
 * In:  the evidence of the newest frame, see vad_evidence.c.
 * Out: speech, music and tone, 0..1 each, of the frame UT_VAD_LOOKAHEAD frames ago; what is left to 1 is for noise.
 *
 * A frame is judged by those around it: the evidence's mean over 70 ms, over the 300 ms before and the 300 ms after,
 * its deviation over both, in which the syllables of speech show, and a mean over the second or so before them. A
 * network with two hidden layers weighs these. tools/train/vad.py fits it to voices, music, tones and noises on lines
 * of all kinds. What stands out of the room is speech to it, and so is the room that is heard up to 0.3 s around it:
 * breath, closures, vowels that fade. On a line that is all but silent between words, a pause is a pause.
 * Comfort noise that comes and goes may sound like speech to the network; but speech has a voice in it now and then.
 */
#include "prosody/vad.h"

#include <math.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/logs.h"
#include "prosody/vad_weights.h"

#define VOICE_LEAST   0.5f  /* periodicity; what has less is no voice */
#define FADING        0.99f /* a frame: to a third in a second */
#define AUDIBLE_LEAST 0.05f /* mean of 70 ms; what is less is a dead line, to which the network gives no thought */
#define INPUT_MOST    5.0f  /* deviations from the mean */
#define LOG2_E        1.44269504f
#define LEAST_SCORE   (-60.0f)

enum {
    NEAR = 3,                           /* frames to either side */
    VOICE_NEAR = 60 + UT_VAD_LOOKAHEAD, /* a voice is heard within 0.6 s before or 0.3 s after */
};

void ut_vad_start(struct ut_vad *vad) {
    memset(vad, 0, sizeof *vad);
    ut_vad_listen_start(&vad->listener);
    vad->since_voice = VOICE_NEAR + 1;
}

void ut_vad_push(struct ut_vad *vad, const float *power, float periodic, const ut_frame *frame) {
    struct ut_vad_frame *now = &vad->frames[vad->next];
    const struct ut_vad_frame *before = &vad->frames[vad->next + UT_VAD_SPAN - 1];
    ut_vad_listen(&vad->listener, power, periodic, frame, now->now);
    if (vad->since_voice <= VOICE_NEAR) vad->since_voice++;
    if (ut_min(periodic, vad->periodic) > VOICE_LEAST) vad->since_voice = 0;
    vad->periodic = periodic;
    for (int e = 0; e < UT_VAD_EVIDENCE; e++)
        now->past[e] = FADING * before->past[e] + (1 - FADING) * now->now[e] + 1e-20f;
    vad->frames[vad->next + UT_VAD_SPAN] = *now;
    vad->next = (vad->next + 1) % UT_VAD_SPAN;
}

struct sums {
    float sum[UT_VAD_EVIDENCE], squares[UT_VAD_EVIDENCE];
};

static void add(struct sums *sums, const struct ut_vad_frame *frames, int n) {
    struct sums s = *sums;
    for (int i = 0; i < n; i++)
        for (int e = 0; e < UT_VAD_EVIDENCE; e++) {
            s.sum[e] += frames[i].now[e];
            s.squares[e] += frames[i].now[e] * frames[i].now[e];
        }
    *sums = s;
}

static float deviation(float sum, float squares, float n) {
    return sqrtf(ut_max(squares / n - sum * sum / (n * n), 0));
}

void ut_vad_gather(const struct ut_vad *vad, float inputs[UT_VAD_INPUTS]) {
    const struct ut_vad_frame *now = &vad->frames[vad->next + UT_VAD_LOOKAHEAD];
    struct sums near = {0}, after = {0}, before = {0};
    add(&near, now - NEAR, 2 * NEAR + 1);
    add(&after, now + 1, UT_VAD_LOOKAHEAD);
    add(&before, now - UT_VAD_LOOKAHEAD, UT_VAD_LOOKAHEAD);
    for (int e = 0; e < UT_VAD_EVIDENCE; e++) {
        inputs[e] = near.sum[e] / (2 * NEAR + 1);
        inputs[e + UT_VAD_EVIDENCE] = after.sum[e] / UT_VAD_LOOKAHEAD;
        inputs[e + 2 * UT_VAD_EVIDENCE] = before.sum[e] / UT_VAD_LOOKAHEAD;
        inputs[e + 3 * UT_VAD_EVIDENCE] =
            deviation(before.sum[e] + after.sum[e], before.squares[e] + after.squares[e], 2 * UT_VAD_LOOKAHEAD);
        inputs[e + 4 * UT_VAD_EVIDENCE] = (now - UT_VAD_LOOKAHEAD)->past[e];
    }
}

/* weights [n_x][n]: an input at a time, so that all sums, n of them and at most UT_VAD_WIDEST, stay in registers. */
static inline void layer(const float *restrict weights, const float *restrict offsets, const float *restrict x, int n_x,
                         float *restrict y, int n) {
    float sums[UT_VAD_WIDEST];
    for (int i = 0; i < n; i++) sums[i] = offsets[i];
    for (int j = 0; j < n_x; j++)
        for (int i = 0; i < n; i++) sums[i] += weights[j * n + i] * x[j];
    for (int i = 0; i < n; i++) y[i] = sums[i];
}

static void rectify(float *x, int n) {
    for (int i = 0; i < n; i++) x[i] = ut_max(x[i], 0);
}

/* Scores to shares of 1. */
static void share_out(float *scores) {
    float most = scores[0], sum = 0;
    for (int i = 1; i < UT_VAD_CLASSES; i++) most = ut_max(most, scores[i]);
    for (int i = 0; i < UT_VAD_CLASSES; i++) sum += scores[i] = ut_exp2(ut_max(scores[i] - most, LEAST_SCORE) * LOG2_E);
    for (int i = 0; i < UT_VAD_CLASSES; i++) scores[i] /= sum;
}

void ut_vad_take(const struct ut_vad *vad, ut_frame *frame) {
    float x[UT_VAD_INPUTS], wide[UT_VAD_WIDEST], narrow[UT_VAD_NARROW], shares[UT_VAD_CLASSES];
    ut_vad_gather(vad, x);
    bool dead = x[UT_VAD_AUDIBLE] < AUDIBLE_LEAST;
    for (int i = 0; i < UT_VAD_INPUTS; i++)
        x[i] = ut_limit((x[i] - ut_vad_mean[i]) * ut_vad_scale[i], -INPUT_MOST, INPUT_MOST);
    layer(ut_vad_first, ut_vad_first_offsets, x, UT_VAD_INPUTS, wide, UT_VAD_WIDEST);
    rectify(wide, UT_VAD_WIDEST);
    layer(ut_vad_middle, ut_vad_middle_offsets, wide, UT_VAD_WIDEST, narrow, UT_VAD_NARROW);
    rectify(narrow, UT_VAD_NARROW);
    layer(ut_vad_last, ut_vad_last_offsets, narrow, UT_VAD_NARROW, shares, UT_VAD_CLASSES);
    share_out(shares);
    frame->speech = vad->since_voice > VOICE_NEAR ? 0 : shares[UT_VAD_SPEECH];
    frame->music = dead ? 0 : shares[UT_VAD_MUSIC];
    frame->tone = dead ? 0 : shares[UT_VAD_TONE];
}
