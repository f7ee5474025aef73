/* voice.c - the spine of one voice:
 *
 *     samples -> prosody -> frames -> functionals -> classifier (customer only) -> hops, readings
 *                                \_______________________/
 */
#include "voice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prosody/functionals.h"

enum {
    SKEW = UT_SKEW_S * UT_RATE_HZ / UT_HOP,
    HOPS = SKEW + UT_PROSODY_DELAY + 1, /* with those that come out at the end */
    OPINIONS = HOPS / UT_READING_HOPS + 2,
};

struct ut_voice {
    ut_prosody *prosody;
    ut_functionals *functionals;
    ut_classifier *classifier; /* null but for the customer */
    float *window;             /* [ut_functional_count()], null but for the customer */
    uint64_t n_samples;
    bool speech, voiced, hold; /* of the newest frame */
    unsigned heard[UT_SOUNDS]; /* frames since the last reading */
    ut_voice_hop hops[HOPS];   /* ring */
    size_t hops_in, hops_out;
    ut_opinion *opinions; /* [OPINIONS] ring, null but for the customer */
    size_t opinions_in, opinions_out;
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
        voice->opinions = calloc(OPINIONS, sizeof *voice->opinions);
        complete = complete && voice->classifier && voice->window && voice->opinions;
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
    free(voice->opinions);
    free(voice);
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

static bool take_frame(ut_voice *voice) {
    ut_frame frame;
    if (!ut_prosody_next(voice->prosody, &frame)) return false;
    ut_functionals_push(voice->functionals, &frame);
    if (voice->classifier) ut_classifier_push(voice->classifier, &frame);
    ut_sound sound = sound_of(&frame);
    voice->speech = sound == UT_SOUND_SPEECH;
    voice->voiced = voice->speech && frame.f0_hz > 0;
    voice->hold = sound == UT_SOUND_MUSIC || sound == UT_SOUND_TONE;
    voice->heard[sound]++;
    return true;
}

static void read_voice(ut_voice *voice, ut_voice_hop *hop) {
    hop->reading = true;
    bool speaking = ut_functionals_speaking(voice->functionals);
    hop->activity = (ut_activity){
        .speaking = speaking,
        .sound = heard_most(voice, speaking),
        .level_db = ut_functionals_level_db(voice->functionals),
        .rate_syl_s = ut_functionals_rate_syl_s(voice->functionals),
    };
    if (voice->classifier) {
        ut_functionals_take(voice->functionals, voice->window);
        ut_opinion *opinion = &voice->opinions[voice->opinions_in++ % OPINIONS];
        float speech_s = ut_functionals_speech_s(voice->functionals);
        ut_classifier_run(voice->classifier, voice->window, speech_s, speaking, opinion);
    }
}

static void end_hop(ut_voice *voice, bool reading) {
    ut_voice_hop *hop = &voice->hops[voice->hops_in % HOPS];
    *hop = (ut_voice_hop){.speech = voice->speech, .voiced = voice->voiced, .hold = voice->hold};
    if (reading) read_voice(voice, hop);
    voice->hops_in++;
}

size_t ut_voice_push(ut_voice *voice, const float *x, size_t n) {
    size_t taken = 0;
    while (taken < n && ut_voice_waiting(voice) < SKEW - 1) {
        size_t room = UT_HOP - (size_t)(voice->n_samples % UT_HOP);
        size_t some = n - taken < room ? n - taken : room;
        some = ut_prosody_push(voice->prosody, x + taken, some);
        taken += some;
        voice->n_samples += some;
        while (take_frame(voice)) continue;
        if (some && voice->n_samples % UT_HOP == 0) end_hop(voice, voice->n_samples / UT_HOP % UT_READING_HOPS == 0);
    }
    return taken;
}

void ut_voice_finish(ut_voice *voice) {
    ut_prosody_finish(voice->prosody);
    while (take_frame(voice)) end_hop(voice, false);
    if (voice->n_samples && voice->n_samples % ((uint64_t)UT_HOP * UT_READING_HOPS)) end_hop(voice, true);
}

size_t ut_voice_waiting(const ut_voice *voice) { return voice->hops_in - voice->hops_out; }

void ut_voice_take(ut_voice *voice, ut_voice_hop *hop, ut_opinion *opinion) {
    *hop = voice->hops[voice->hops_out++ % HOPS];
    if (hop->reading && voice->classifier) *opinion = voice->opinions[voice->opinions_out++ % OPINIONS];
}

uint64_t ut_voice_samples(const ut_voice *voice) { return voice->n_samples; }
