/* state.h - what somebody who joins late must know: that calls are not being stored; of every live call its call
 * message, the last reading of each channel, whether it is paused and recorded, the cues that are up and what was said
 * of them; of the calls that ended last, their call message and summary. */
#ifndef SERVE_STATE_H
#define SERVE_STATE_H

#include "serve/queue.h"

enum { STATE_ENDED = 8 /* calls kept after their end */, STATE_CUES = 16 /* up at once in one call */ };

struct state *state_new(void);
void state_free(struct state *state);

/* Follows one message of any call. False without memory (the call is then missing for those who join late). */
bool state_follow(struct state *state, message *m);

/* Whether it is of a call that was lately told to have no consent, or none any more. */
bool state_lacks_consent(const struct state *state, const char *id);

/* Whether the cue was shown in a live call or one that ended last, so that something may be said of it. */
bool state_has_shown(const struct state *state, const char *id, unsigned cue);

/* The message that calls are not being stored, with a reference for the caller; null: they are. */
message *state_status(const struct state *state);

/* Appends what is known, in the order the calls ended and began, of one call where id is not null. False without
 * memory. */
bool state_tell(const struct state *state, const char *id, struct queue *out);

#endif
