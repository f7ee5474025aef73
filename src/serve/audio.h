/* audio.h - the recording of a call as an answer, read a piece at a time. The file is opened anew for each piece: what
 * is erased while somebody listens is gone at once.
 */
#ifndef SERVE_AUDIO_H
#define SERVE_AUDIO_H

#include "serve/desk.h"

/* Finds DIR/audio/ID.flac or ID.opus and fills in the head for what r asks of it: 200, 206, 304 or 416. False where
 * there is no such file. The call's id is one by call_id_is. */
bool audio_find(const char *dir, const char *call_id, const request *r, answer *a);

/* The next piece. False, with an empty one, where the file is gone or is another by now. */
bool audio_read_on(const char *dir, answer *a);

#endif
