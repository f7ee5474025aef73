/* encoder_inputs.h - what the encoders hear of a frame, live and in training alike. */
#ifndef CLASSIFY_ENCODER_INPUTS_H
#define CLASSIFY_ENCODER_INPUTS_H

#include "undertone.h"

enum { UT_ENCODER_DESCRIPTORS = 11, UT_ENCODER_INPUTS = UT_MEL_BANDS + UT_ENCODER_DESCRIPTORS };

/* The inputs, the mel bands first, then these. */
enum {
    UT_INPUT_LEVEL = UT_MEL_BANDS, /* against the voice's own */
    UT_INPUT_PITCH,
    UT_INPUT_PITCH_CHANGE, /* against the voice's own */
    UT_INPUT_VOICED,
    UT_INPUT_VOICING,
    UT_INPUT_HNR,
    UT_INPUT_H1_H2,
    UT_INPUT_H1_A3,
    UT_INPUT_JITTER,
    UT_INPUT_SHIMMER,
    UT_INPUT_SPEECH, /* 0..1, as the frame says */
};

/* A running mean. */
typedef struct ut_running {
    float mean;
    int n;
} ut_running;

/* What is usual for this voice in its turn; all zero before the first frame of one. */
typedef struct ut_encoder_usual {
    ut_running level_db; /* over speech */
    ut_running pitch_st; /* over voiced speech, semitones over UT_SEMITONE_ZERO_HZ */
} ut_encoder_usual;

/* Takes the next frame of the voice into usual, and writes its inputs. */
void ut_encoder_inputs_run(ut_encoder_usual *usual, const ut_frame *frame, float inputs[UT_ENCODER_INPUTS]);

#endif
