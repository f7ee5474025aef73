/* sound.h - the sound system, PortAudio, shared by devices and the speaker. Any thread. */
#ifndef CAPTURE_SOUND_H
#define CAPTURE_SOUND_H

#include <stdbool.h>
#include <stddef.h>

/* Each successful _open wants one _close. False, with one sentence in message, when the sound system does not answer.
 */
bool sound_open(char *message, size_t message_size);
void sound_close(void);

/* Looks for devices anew, which PortAudio does only when it starts. Every stream must be closed; where somebody else
 * has the sound system open, nothing happens. */
void sound_refresh(void);

/* PortAudio opens, starts and closes streams for one thread at a time. */
void sound_lock(void);
void sound_unlock(void);

#endif
