/* speaker.c - plays sound at 8 kHz on the default output device, with two channels on the left and the right.
 *
 * Few devices play 8 kHz themselves, so it is resampled to the device's own rate on the writer's thread.
 */
#include "capture/speaker.h"

#include <samplerate.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/sound.h"
#include "capture/speaker_callback.h"

enum { BLOCK_FRAMES = 160, MOST_CHANNELS = 2 };
#define CUSHION_S 0.2 /* covers the steps of the writer and of a sound server */
#define RING_S    2.0

struct speaker {
    int channels; /* of what comes */
    speaker_feed feed;
    SRC_STATE *converter;
    double ratio;
    float in[BLOCK_FRAMES * MOST_CHANNELS]; /* [BLOCK_FRAMES][feed.channels] */
    float *out;                             /* [out_frames][feed.channels] */
    long out_frames;
    PaStream *stream;
    bool sound;
};

static bool prepare(speaker *s, const PaDeviceInfo *info) {
    int error;
    s->feed.channels = info->maxOutputChannels >= MOST_CHANNELS ? MOST_CHANNELS : 1;
    s->feed.cushion = (size_t)(CUSHION_S * info->defaultSampleRate) * (size_t)s->feed.channels;
    s->feed.ring = ring_new((size_t)(RING_S * info->defaultSampleRate) * (size_t)s->feed.channels);
    s->ratio = info->defaultSampleRate / UT_RATE_HZ;
    s->converter = src_new(SRC_SINC_FASTEST, s->feed.channels, &error);
    s->out_frames = (long)(BLOCK_FRAMES * s->ratio) + 64;
    s->out = calloc((size_t)s->out_frames * (size_t)s->feed.channels, sizeof *s->out);
    return s->feed.ring && s->converter && s->out;
}

static PaError start(speaker *s, PaDeviceIndex index, const PaDeviceInfo *info) {
    PaStreamParameters parameters = {.device = index,
                                     .channelCount = s->feed.channels,
                                     .sampleFormat = paFloat32,
                                     .suggestedLatency = info->defaultHighOutputLatency};
    return sound_start(&s->stream, NULL, &parameters, info->defaultSampleRate, speaker_callback, &s->feed);
}

static bool open_default(speaker *s, char *message, size_t message_size) {
    PaDeviceIndex index = Pa_GetDefaultOutputDevice();
    const PaDeviceInfo *info = index == paNoDevice ? NULL : Pa_GetDeviceInfo(index);
    if (!info) {
        snprintf(message, message_size, "there is no sound device to play on");
        return false;
    }
    if (!prepare(s, info)) {
        snprintf(message, message_size, "%.150s: out of memory", info->name);
        return false;
    }
    PaError error = start(s, index, info);
    if (error != paNoError)
        snprintf(message, message_size, "%.150s: cannot be opened to play (%.80s)", info->name, Pa_GetErrorText(error));
    return error == paNoError;
}

speaker *speaker_open(int channels, char *message, size_t message_size) {
    speaker *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(message, message_size, "the speaker: out of memory");
        return NULL;
    }
    s->channels = channels;
    s->sound = sound_open(message, message_size);
    if (!s->sound || !open_default(s, message, message_size)) goto fail;
    return s;
fail:
    speaker_close(s);
    return NULL;
}

void speaker_close(speaker *s) {
    if (!s) return;
    sound_stop(s->stream);
    if (s->sound) sound_close();
    ring_free(s->feed.ring);
    if (s->converter) src_delete(s->converter);
    free(s->out);
    free(s);
}

/* Frames of the stream's channels from those that come: one goes to both ears, two on one loudspeaker are mixed. */
static void spread(speaker *s, float *const x[], int from, int n) {
    for (int i = 0; i < n; i++) {
        float left = x[0][from + i], right = s->channels == 2 ? x[1][from + i] : left;
        if (s->feed.channels == 2) {
            s->in[2 * i] = left;
            s->in[2 * i + 1] = right;
        } else s->in[i] = (left + right) / 2;
    }
}

static void convert(speaker *s, int n, bool last) {
    SRC_DATA d = {.data_in = s->in,
                  .input_frames = n,
                  .data_out = s->out,
                  .output_frames = s->out_frames,
                  .end_of_input = last,
                  .src_ratio = s->ratio};
    if (src_process(s->converter, &d)) return;
    ring_write(s->feed.ring, s->out, (size_t)d.output_frames_gen * (size_t)s->feed.channels);
}

void speaker_play(speaker *s, float *const x[SOURCE_CHANNELS], int n) {
    for (int i = 0; i < n; i += BLOCK_FRAMES) {
        int block = n - i < BLOCK_FRAMES ? n - i : BLOCK_FRAMES;
        spread(s, x, i, block);
        convert(s, block, false);
    }
}

bool speaker_finish(speaker *s) {
    if (!atomic_exchange(&s->feed.last, true)) convert(s, 0, true);
    return ring_readable(s->feed.ring) == 0 || Pa_IsStreamActive(s->stream) != 1;
}
