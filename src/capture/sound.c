/* sound.c - the sound system, PortAudio, shared by devices and the speaker.
 *
 * PortAudio tries every driver there is when it starts; ALSA and JACK print to stderr about each they do not find.
 * Both let a program take over their messages. They are PortAudio's libraries, not ours, so their functions are
 * looked up by name: where they are not loaded, there is nothing to silence.
 */
#include "capture/sound.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

typedef void alsa_handler(const char *file, int line, const char *function, int error, const char *format, ...);
typedef void jack_handler(const char *text);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int users; /* under lock */

static void ignore_alsa(const char *file, int line, const char *function, int error, const char *format, ...) {
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

static void ignore_jack(const char *text) { (void)text; }

static void silence_drivers(void) {
    int (*set_alsa)(alsa_handler *);
    void (*set_jack)(jack_handler *);
    static const char *const jack_setters[] = {"jack_set_error_function", "jack_set_info_function"};
    *(void **)&set_alsa = dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler");
    if (set_alsa) set_alsa(ignore_alsa);
    for (int i = 0; i < 2; i++) {
        *(void **)&set_jack = dlsym(RTLD_DEFAULT, jack_setters[i]);
        if (set_jack) set_jack(ignore_jack);
    }
}

bool sound_open(char *message, size_t message_size) {
    pthread_mutex_lock(&lock);
    silence_drivers();
    PaError error = Pa_Initialize();
    if (error == paNoError) users++;
    pthread_mutex_unlock(&lock);
    if (error != paNoError) snprintf(message, message_size, "the sound system: %s", Pa_GetErrorText(error));
    return error == paNoError;
}

void sound_close(void) {
    pthread_mutex_lock(&lock);
    users--;
    Pa_Terminate();
    pthread_mutex_unlock(&lock);
}

/* PortAudio opens, starts and closes streams for one thread at a time. */
PaError sound_start(PaStream **stream, const PaStreamParameters *in, const PaStreamParameters *out, double rate_hz,
                    PaStreamCallback *callback, void *user) {
    pthread_mutex_lock(&lock);
    PaError error = Pa_OpenStream(stream, in, out, rate_hz, paFramesPerBufferUnspecified, paNoFlag, callback, user);
    bool opened = error == paNoError;
    if (opened) error = Pa_StartStream(*stream);
    if (opened && error != paNoError) Pa_CloseStream(*stream);
    if (error != paNoError) *stream = NULL;
    pthread_mutex_unlock(&lock);
    return error;
}

void sound_stop(PaStream *stream) {
    if (!stream) return;
    pthread_mutex_lock(&lock);
    Pa_AbortStream(stream);
    Pa_CloseStream(stream);
    pthread_mutex_unlock(&lock);
}

void sound_refresh(void) {
    pthread_mutex_lock(&lock);
    if (users == 1) {
        Pa_Terminate();
        Pa_Initialize(); /* where it fails there are no devices, and the next refresh tries again */
    }
    pthread_mutex_unlock(&lock);
}
