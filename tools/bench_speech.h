/* bench_speech.h - the made call that benches listen to: speech, pauses and the hiss of a line. */
#ifndef TOOLS_BENCH_SPEECH_H
#define TOOLS_BENCH_SPEECH_H

#include "capture/source.h"

typedef struct bench_speech {
    float *voices[UT_CHANNELS]; /* [n] at 8 kHz: the customer, the agent, and both on one line */
    int n;
} bench_speech;

/* False with one sentence in message. What was made is to be freed either way. */
bool bench_speech_make(bench_speech *speech, char *message, size_t message_size);
void bench_speech_free(bench_speech *speech);

#endif
