/* join.h - a call's parts made into one recording, a second of sound at a time, so that whoever does it can see to
 * other things in between. */
#ifndef STORE_JOIN_H
#define STORE_JOIN_H

#include "store/media.h"

typedef struct join join;

typedef enum join_state {
    JOIN_MORE,
    JOIN_DONE,   /* the recording is there, its parts are gone */
    JOIN_EMPTY,  /* nothing could be heard in the parts; they are gone */
    JOIN_GONE,   /* there are no parts, or no more: somebody erased the call */
    JOIN_FAILED, /* the parts are still there; errno says why */
} join_state;

/* The parts that lie there of a call that was end samples long (0: as long as the parts). Null with errno. */
join *join_begin(int folder, const char *call_id, tape_format format, uint64_t end);

/* Once it is done, news says of the recording: file, format, channels, roles, duration_s, bytes, and in lost_s what
 * silence stands for between the parts and after them. */
join_state join_step(join *j, recording_news *news);

/* What is not done leaves nothing but the parts. Null does nothing. */
void join_free(join *j);

#endif
