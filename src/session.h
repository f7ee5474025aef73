/* session.h - one source followed through one call: samples in, messages out. Live and from a file alike. */
#ifndef SESSION_H
#define SESSION_H

#include "capture/source.h"
#include "event.h"
#include "playbook_file.h"
#include "store/recorder.h"

typedef struct session session;

typedef struct session_options {
    const ut_model *model;   /* must outlive the session */
    playbook_file *playbook; /* the same; null: the defaults. What it says when a cue rises holds for that cue */
    ut_consent consent;
    const char *consent_method; /* how it was learned of; null: not known. This and all texts: copied */
    ut_call_about about;
    const char *agent, *team;   /* who leads the call, by the deployment's own names; null: not known */
    const char *content_sha256; /* of the file that is imported, else null */
    recorder *recorder;         /* keeps the call's sound, with consent; null: not kept */
    bool live;                  /* spoken now: the playbook's quiet hours are kept */
    int64_t started_at_ms;      /* where it is not: Unix time of the first sample, 0: nobody knows, now */
} session_options;

/* Takes over source, also on failure. Null without memory. */
session *session_new(source *s, const session_options *options);
void session_free(session *session);

/* Whether a call of this id is in the hold-out arm where that is this share of all: the same every time, by SHA-256. */
bool session_is_held_out(const char *id, float share);

const char *session_id(const session *session);
const source *session_source(const session *session);

/* How much of the call has been read. */
double session_heard_s(const session *session);

typedef enum session_state { SESSION_IDLE, SESSION_BUSY, SESSION_ENDED, SESSION_FAILED } session_state;

/* Reads what the source has now, a tenth of a second at most, and gives the messages that follow to out, which borrows
 * them. The first samples give the call's own, the last step (SESSION_ENDED, or SESSION_FAILED with
 * session_source()->fault saying why) the summary, or without consent that the call is over. SESSION_IDLE: nothing
 * there yet, come back in a hop. */
session_state session_step(session *session, void (*out)(void *user, message *m), void *user);

/* Consent is given at last, and the call begins now; or it is withdrawn (or refused, which is then the same), and
 * nothing more comes of the call but the message that says so, also where it is over. What was refused or withdrawn
 * stays so. */
void session_set_consent(session *session, const consent_change *change, void (*out)(void *user, message *m),
                         void *user);

/* From here on, until it goes on, the call is silence: nothing is heard, scored or recorded, and no reading comes. */
void session_set_pause(session *session, const pause_change *change, void (*out)(void *user, message *m), void *user);

/* So many more want to hear the call, or fewer. While any do, messages of sound come, each of so much of what the tape
 * gets: 16-bit little-endian samples, of the channels in turn. */
enum { SESSION_SOUND_MS = 100 };
void session_set_listeners(session *session, int more);

/* Ends the call before its source does. */
void session_stop(session *session, void (*out)(void *user, message *m), void *user);

#endif
