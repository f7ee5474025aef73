/* view.h - what a client of /events wants to be told: ?call=ID, ?agent=NAME, ?view=wall, any of them together. */
#ifndef SERVE_VIEW_H
#define SERVE_VIEW_H

#include "event.h"

enum { VIEW_AGENT_SIZE = 256 };

struct view {
    char call[CALL_ID_SIZE];     /* of this one only; "": of all */
    char agent[VIEW_AGENT_SIZE]; /* of the calls of this one; "": of everybody's */
    bool wall;                   /* of many calls at once: see state.h */
};

/* Each takes one argument, false where it can be none. */
bool view_set_call(struct view *view, const char *id);
bool view_set_agent(struct view *view, const char *name);
bool view_set_kind(struct view *view, const char *kind);

/* Whether it is of this call at all; call is the call's own message, null where that is not known. */
bool view_has_call(const struct view *view, const char *id, const message *call);

/* Whether a message of such a call is for it; sampled as state_follow says it. */
bool view_has(const struct view *view, const message *m, bool sampled);

#endif
