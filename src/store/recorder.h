/* recorder.h - calls as sound files, written by a thread of its own: DIR/audio/ID.flac, one channel a role, 8 kHz.
 *
 *     worker: tape_write --> ring of the call --> recorder's thread --> ID.<first sample>.part.flac --> ID.flac
 *
 * Samples are in the file within a second and a half, so what a crash loses is less than two; what is there plays. A
 * part that a crash or a full disk left is put right when the recorder is next opened. Nobody waits for the disk: what
 * finds the ring full becomes silence of the same length, and is counted.
 */
#ifndef STORE_RECORDER_H
#define STORE_RECORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

typedef struct recorder recorder;
typedef struct tape tape; /* one call's recording while it is made */

typedef enum tape_format { TAPE_FLAC, TAPE_OPUS, TAPE_FORMATS } tape_format;
const char *tape_format_name(tape_format format); /* "flac", "opus": also the file's ending */

/* What became of a recording; recorder's thread. message_of_recording makes an event of it. */
typedef void recorder_tell(void *user, const recording_news *news);

/* Makes DIR/audio (mode 0700), puts right what was left there, on the thread. Where the folder cannot be made or
 * reached now (a full or read-only disk), it is tried again. Null where it is none or a link to one, or without memory,
 * with one sentence naming it in message. */
recorder *recorder_open(const char *dir, tape_format format, recorder_tell *tell, void *user, char *message,
                        size_t message_size);

/* A new call's tape, of 1 or 2 channels with these roles. Null without memory. The id is checked by call_id_is. */
tape *recorder_begin(recorder *r, const char *call_id, int channels, const ut_channel roles[]);

/* One thread a tape: the next n samples of each channel, -1..1. Never waits; who is more than 4 s ahead of time finds
 * the ring full. */
void tape_write(tape *t, float *const x[], size_t n);

/* No more will come: the file is completed, told and let go by the recorder's thread. The tape is gone for the caller.
 * Null does nothing. */
void tape_finish(tape *t);

/* The same, and the file is removed: consent was withdrawn. Told as RECORDING_DISCARDED once it is gone from the
 * folder; so is a tape that no sound came to, or whose call was erased before its recording was complete. */
void tape_discard(tape *t);

/* Completes every tape that was finished (in FLAC, as Opus takes its time); those that were not stay parts, as after a
 * crash. Null does nothing. */
void recorder_close(recorder *r);

/* Any thread: removes the recording of a call that is not being made, in whatever form it lies in DIR/audio. Returns
 * the bytes freed; *failed says that something could not be removed. */
long recorder_erase(const char *dir, const char *call_id, bool *failed);

#endif
