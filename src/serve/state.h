/* state.h - what somebody who joins late must know: that calls are not being stored; of every live call its call
 * message, the last reading of each channel, whether it is paused and recorded, the cues that are up, escalations that
 * nobody has taken, and what was said of either; of a call without consent its call message alone; of the calls that
 * ended last, their call message and summary.
 *
 * A wall shows many calls at once, so it gets less of each: no turns, and of the readings those of the customer (or
 * of the only channel), one in each step of the call's trend. Who joins late gets the trend. */
#ifndef SERVE_STATE_H
#define SERVE_STATE_H

#include "serve/queue.h"
#include "serve/view.h"

enum { STATE_ENDED = 8 /* calls kept after their end */, STATE_CUES = 16 /* up at once in one call */ };

struct state *state_new(void);
void state_free(struct state *state);

/* What decides who is told of a message. */
struct news {
    message *call; /* the call's own message, with a reference for whoever asked; null: of no call that is known */
    bool live;     /* of a call that is live, or was until now */
    bool sampled;  /* a reading that a wall gets */
};

/* Follows one message of any call. Without memory the call is missing for those who join late. */
struct news state_follow(struct state *state, message *m);

/* Whether the one call that the view is of is live, has consent and is for it. */
bool state_can_hear(const struct state *state, const struct view *view);
size_t state_n_live(const struct state *state);

/* Whether it is of a call that was lately told to have no consent, or none any more. */
bool state_lacks_consent(const struct state *state, const char *id);

/* Whether the cue was shown in a live call or one that ended last, so that who sees the call may say something of it.
 */
bool state_has_shown(const struct state *state, const struct view *view, const char *id, unsigned cue);

/* Whether it is an escalation that nobody has taken. */
bool state_waits(const struct state *state, const char *id, unsigned cue);

/* The message that calls are not being stored, with a reference for the caller; null: they are. */
message *state_status(const struct state *state);

/* How far somebody who joined has been told the state, zeroed at first. */
struct telling {
    bool ended, done;
    char call[CALL_ID_SIZE]; /* the last live one of which was told; they come in the order of their ids */
};

/* Whether what is said of this live call is to be left out for now: its state is still to be told, with that in it. */
bool state_comes_later(const struct telling *telling, const char *id);

/* Tells on, of the calls of the view, until so many messages wait in out (that of one call is told whole). False
 * without memory. */
bool state_tell(const struct state *state, const struct view *view, struct telling *telling, struct queue *out,
                size_t most);

#endif
