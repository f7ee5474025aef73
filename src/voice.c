/* voice.c - the spine of one voice:
 *
 *     samples -> prosody -> frames, which wait -> (the call) -> functionals -> classifier (customer only) -> hops
 *                                                           \_______________/
 */
#include "voice.h"

#include <stdlib.h>
#include <string.h>

#include "prosody/functionals.h"

enum {
    SKEW = UT_SKEW_S * UT_RATE_HZ / UT_HOP,
    FRAMES = SKEW + UT_PROSODY_DELAY, /* with those that come out at the end */
};

struct ut_voice {
    ut_prosody *prosody;
    ut_functionals *functionals;
    ut_classifier *classifier; /* null but for the customer */
    float *window;             /* [ut_functional_count()], null but for the customer */
    uint64_t n_samples;
    uint64_t hops_in, hops_out; /* the clock of the samples, and of who takes */
    ut_frame frames[FRAMES];    /* ring */
    uint64_t frames_in, frames_out;
    unsigned heard[UT_SOUNDS]; /* frames since the last reading */
    bool finished;
};

ut_voice *ut_voice_new(const ut_model *model, ut_channel channel) {
    ut_voice *voice = calloc(1, sizeof *voice);
    if (!voice) return NULL;
    voice->prosody = ut_prosody_new(model->plan, NULL);
    voice->functionals = ut_functionals_new(UT_WINDOW_HOPS);
    bool complete = voice->prosody && voice->functionals;
    if (channel == UT_CUSTOMER) {
        voice->classifier = ut_classifier_new(model);
        voice->window = calloc(ut_functional_count(), sizeof(float));
        complete = complete && voice->classifier && voice->window;
    }
    if (complete) return voice;
    ut_voice_free(voice);
    return NULL;
}

void ut_voice_free(ut_voice *voice) {
    if (!voice) return;
    ut_prosody_free(voice->prosody);
    ut_functionals_free(voice->functionals);
    ut_classifier_free(voice->classifier);
    free(voice->window);
    free(voice);
}

/* ---- samples to frames ---- */

static bool add_frame(ut_voice *voice) {
    if (!ut_prosody_next(voice->prosody, &voice->frames[voice->frames_in % FRAMES])) return false;
    voice->frames_in++;
    return true;
}

size_t ut_voice_push(ut_voice *voice, const float *x, size_t n) {
    size_t taken = 0;
    while (taken < n && ut_voice_waiting(voice) < SKEW - 1) {
        size_t room = UT_HOP - (size_t)(voice->n_samples % UT_HOP);
        size_t some = n - taken < room ? n - taken : room;
        some = ut_prosody_push(voice->prosody, x + taken, some);
        taken += some;
        voice->n_samples += some;
        voice->hops_in = voice->n_samples / UT_HOP;
        while (add_frame(voice)) continue;
    }
    return taken;
}

void ut_voice_finish(ut_voice *voice) {
    if (voice->finished) return;
    voice->finished = true;
    ut_prosody_finish(voice->prosody);
    while (add_frame(voice)) voice->hops_in++;
    if (voice->n_samples % ((uint64_t)UT_HOP * UT_READING_HOPS)) voice->hops_in++;
}

size_t ut_voice_waiting(const ut_voice *voice) { return (size_t)(voice->hops_in - voice->hops_out); }

void ut_voice_hold_usual(ut_voice *voice, bool hold) { ut_classifier_hold_usual(voice->classifier, hold); }

uint64_t ut_voice_samples(const ut_voice *voice) { return voice->n_samples; }

/* ---- frames to hops ---- */

ut_frame *ut_voice_take(ut_voice *voice) {
    uint64_t whole = voice->n_samples / UT_HOP, before = whole < UT_PROSODY_DELAY ? whole : UT_PROSODY_DELAY;
    if (voice->hops_out++ < before || voice->frames_out == voice->frames_in) return NULL;
    return &voice->frames[voice->frames_out++ % FRAMES];
}

static ut_sound sound_of(const ut_frame *frame) {
    if (frame->speech > 0.5f) return UT_SOUND_SPEECH;
    if (frame->tone > 0.5f) return UT_SOUND_TONE;
    return frame->music > 0.5f ? UT_SOUND_MUSIC : UT_SOUND_NONE;
}

/* Speech where the voice is speaking, else what most other frames since the last reading were. */
static ut_sound heard_most(ut_voice *voice, bool speaking) {
    ut_sound most = UT_SOUND_NONE;
    for (int s = UT_SOUND_MUSIC; s < UT_SOUNDS; s++)
        if (voice->heard[s] > voice->heard[most]) most = (ut_sound)s;
    memset(voice->heard, 0, sizeof voice->heard);
    return speaking ? UT_SOUND_SPEECH : most;
}

static void hear_frame(ut_voice *voice, const ut_frame *frame, ut_voice_hop *hop) {
    ut_functionals_push(voice->functionals, frame);
    if (voice->classifier) ut_classifier_push(voice->classifier, frame);
    ut_sound sound = sound_of(frame);
    hop->speech = sound == UT_SOUND_SPEECH;
    hop->voiced = hop->speech && frame->f0_hz > 0;
    hop->hold = sound == UT_SOUND_MUSIC || sound == UT_SOUND_TONE;
    hop->level_db = frame->level_db;
    voice->heard[sound]++;
}

/* The last hop stands for what of the call is less than half a second. */
static bool reading_is_due(const ut_voice *voice) {
    bool half_second = voice->hops_out % UT_READING_HOPS == 0,
         past_the_end = voice->hops_out * UT_HOP > voice->n_samples;
    if (!past_the_end) return half_second;
    return voice->hops_out == voice->hops_in && voice->n_samples % ((uint64_t)UT_HOP * UT_READING_HOPS);
}

static void read_voice(ut_voice *voice, ut_voice_hop *hop, ut_opinion *opinion) {
    bool speaking = ut_functionals_speaking(voice->functionals);
    hop->speech_s = ut_functionals_speech_s(voice->functionals);
    hop->activity = (ut_activity){
        .speaking = speaking,
        .sound = heard_most(voice, speaking),
        .level_db = ut_functionals_level_db(voice->functionals),
        .rate_syl_s = ut_functionals_rate_syl_s(voice->functionals),
    };
    if (!voice->classifier) return;
    ut_functionals_take(voice->functionals, voice->window);
    ut_classifier_run(voice->classifier, voice->window, hop->speech_s, speaking, opinion);
}

void ut_voice_hear(ut_voice *voice, const ut_frame *frame, ut_voice_hop *hop, ut_opinion *opinion) {
    *hop = (ut_voice_hop){.reading = reading_is_due(voice)};
    if (frame) hear_frame(voice, frame, hop);
    if (hop->reading) read_voice(voice, hop, opinion);
}
