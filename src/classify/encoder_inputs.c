/* encoder_inputs.c - a frame as numbers of about the same size.
 *
 * In:  a frame, and what was usual for the voice up to it.
 * Out: the mel bands, each against the mean of all; then descriptors of level, pitch and voice.
 *
 * None of it tells how loud the line is, by construction: a gain moves all bands and their mean alike, the level and
 * its own usual alike, and no other descriptor at all.
 */
#include "classify/encoder_inputs.h"

#include <math.h>

#include "prosody/functionals.h"
#include "prosody/limits.h"

enum { MEMORY = 200 }; /* frames; from there on a running mean forgets, to a third in two seconds of what it counts */

static void add(ut_running *running, float x) {
    if (running->n < MEMORY) running->n++;
    running->mean += (x - running->mean) / (float)running->n;
}

static void write_bands(const ut_frame *frame, float *inputs) {
    float mean = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) mean += frame->mel_db[b];
    mean /= UT_MEL_BANDS;
    for (int b = 0; b < UT_MEL_BANDS; b++) inputs[b] = ut_limit((frame->mel_db[b] - mean) / 10, -4, 4);
}

static float scaled(float x, float centre, float scale) { return ut_limit((x - centre) / scale, -3, 3); }

/* Of a voiced frame; of any other these are zero. */
static void write_voice(const ut_frame *frame, ut_running *usual_st, float *inputs) {
    float pitch_st = 12 * log2f(frame->f0_hz / UT_SEMITONE_ZERO_HZ);
    add(usual_st, pitch_st);
    inputs[UT_INPUT_PITCH] = (pitch_st - 32) / 6;
    inputs[UT_INPUT_PITCH_CHANGE] = (pitch_st - usual_st->mean) / 4;
    inputs[UT_INPUT_VOICED] = 1;
    inputs[UT_INPUT_HNR] = frame->hnr_db / 10;
    inputs[UT_INPUT_H1_H2] = scaled(frame->h1_h2_db, 3, 8);
    inputs[UT_INPUT_H1_A3] = scaled(frame->h1_a3_db, 20, 10);
    inputs[UT_INPUT_JITTER] = scaled(frame->jitter_local, 0.02f, 0.03f);
    inputs[UT_INPUT_SHIMMER] = scaled(frame->shimmer_local_db, 1, 1);
}

void ut_encoder_inputs_run(ut_encoder_usual *usual, const ut_frame *frame, float inputs[UT_ENCODER_INPUTS]) {
    bool speech = frame->speech > 0.5f;
    for (int i = UT_MEL_BANDS; i < UT_ENCODER_INPUTS; i++) inputs[i] = 0;
    write_bands(frame, inputs);
    if (speech) add(&usual->level_db, frame->level_db);
    if (usual->level_db.n) inputs[UT_INPUT_LEVEL] = ut_limit((frame->level_db - usual->level_db.mean) / 10, -4, 2);
    if (speech && frame->f0_hz > 0) write_voice(frame, &usual->pitch_st, inputs);
    inputs[UT_INPUT_VOICING] = frame->voicing;
    inputs[UT_INPUT_SPEECH] = frame->speech;
}
