/* sound.h - the sound system, PortAudio, shared by devices and the speaker. Any thread. */
#ifndef CAPTURE_SOUND_H
#define CAPTURE_SOUND_H

#include <portaudio.h>
#include <stdbool.h>
#include <stddef.h>

/* Each successful _open wants one _close. False, with one sentence in message, when the sound system does not answer.
 */
bool sound_open(char *message, size_t message_size);
void sound_close(void);

/* Looks for devices anew, which PortAudio does only when it starts. Every stream must be closed; where somebody else
 * has the sound system open, nothing happens. */
void sound_refresh(void);

/* Opens and starts a stream; one without callback is to be read. *stream is null on failure. */
PaError sound_start(PaStream **stream, const PaStreamParameters *in, const PaStreamParameters *out, double rate_hz,
                    PaStreamCallback *callback, void *user);

/* At once; null does nothing. */
void sound_stop(PaStream *stream);

#endif
