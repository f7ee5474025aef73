/* vad_evidence.h - what one frame says for and against speech. */
#ifndef PROSODY_VAD_EVIDENCE_H
#define PROSODY_VAD_EVIDENCE_H

#include "prosody/plan.h"

/* About 0..1 each; none depends on how loud the line is, but to tell it from a dead one. */
enum {
    UT_VAD_EXCESS,   /* over the noise floor, mean of the bands */
    UT_VAD_AUDIBLE,  /* over a dead line */
    UT_VAD_LOUD,     /* 1 at the loudest of late, 0 at 40 dB less */
    UT_VAD_RISE,     /* of the level, in two frames */
    UT_VAD_CHANGE,   /* of the bands, in two frames */
    UT_VAD_LOW,      /* lowest third of the bands against all */
    UT_VAD_HIGH,     /* highest third */
    UT_VAD_RELIEF,   /* of the bands: how far they lie from their mean */
    UT_VAD_PEAKED,   /* the fine spectrum's mean against its geometric mean */
    UT_VAD_PEAKS,    /* how many there are */
    UT_VAD_LONE,     /* 1: one peak holds all power; 1/n: n alike do */
    UT_VAD_STRONG,   /* how many are within 12 dB of the highest */
    UT_VAD_HELD,     /* peaks that have held their frequency, for 80 ms */
    UT_VAD_HELD_ON,  /* the same, for 320 ms */
    UT_VAD_NEARLY,   /* peaks that have nearly held it, for 160 ms */
    UT_VAD_DRIFT,    /* how fast the others go up or down */
    UT_VAD_BORN,     /* peaks where there were none the frame before */
    UT_VAD_PERIODIC, /* of one fundamental in the range of voices */
    UT_VAD_LIKE,     /* the fine spectrum resembles that of 100 ms ago */
    UT_VAD_BASS,     /* power under 200 Hz against all */
    UT_VAD_EVIDENCE  /* twenty: whole vectors of four */
};

enum {
    UT_VAD_FLOOR_BLOCK = 80, /* frames a minimum is taken over */
    UT_VAD_FLOOR_BLOCKS = 6, /* blocks the noise floor is taken over: 5 s with the one being filled */
    UT_VAD_PEAKS_MOST = 64,
    UT_VAD_APART = 10, /* frames between fine spectra that are compared */
    UT_VAD_FINE_LOW = 50 * UT_PITCH_FFT / UT_RATE_HZ,
    UT_VAD_FINE_BINS = 3600 * UT_PITCH_FFT / UT_RATE_HZ / 8 * 8, /* whole vectors of eight */
};

/* A maximum of the fine spectrum, followed from frame to frame. */
struct ut_vad_peak {
    float hz;
    float height_db; /* over what counts as one */
    float anchor_hz; /* where it was when it came to hold */
    float about_hz;  /* where it was when it came nearly to hold */
    float held;      /* frames */
    float nearly_held;
};

struct ut_vad_listener {
    float smooth_db[UT_MEL_BANDS];
    float minima_db[UT_VAD_FLOOR_BLOCKS + 1][UT_MEL_BANDS]; /* the one being filled first */
    float least_db[UT_MEL_BANDS];                           /* of the others */
    int filled;                                             /* frames in it */
    float before_db[2][UT_MEL_BANDS];                       /* the last frame's bands, then the one's before */
    float levels_db[2];                                     /* the same */
    float loudest_db;                                       /* of late */
    float power[2][UT_VAD_FINE_BINS];                       /* fine spectrum of this frame and of the last, by turns */
    float fine_db[UT_VAD_APART][UT_VAD_FINE_BINS];          /* [frame number modulo its length] */
    unsigned newest;
    struct ut_vad_peak peaks[2][UT_VAD_PEAKS_MOST]; /* this frame's and the last's, by turns */
    int n_peaks[2];
};

/* As before the first frame: a quiet line. */
void ut_vad_listen_start(struct ut_vad_listener *listener);

/* Writes the evidence of a frame, of which the bands and the level are known, the power of its pitch window
 * (UT_PITCH_BINS) and how periodic it is, 0..1. */
void ut_vad_listen(struct ut_vad_listener *listener, const float *power, float periodic, const ut_frame *frame,
                   float evidence[UT_VAD_EVIDENCE]);

#endif
