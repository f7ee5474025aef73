/* event.h - one event of a call as one message: the JSON that goes to stdout, WebSocket clients, the store and the
 * relay, made once and shared by all of them.
 *
 * The keys are the contract others build on; README.md lists them.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdatomic.h>

#include "undertone.h"

enum { CALL_ID_SIZE = 32 }; /* "c-" and 26 characters, with the terminator */

typedef enum message_kind {
    MESSAGE_CALL,
    MESSAGE_READING,
    MESSAGE_TURN,
    MESSAGE_CUE,
    MESSAGE_FEEDBACK,
    MESSAGE_SUMMARY,
    MESSAGE_OVER,  /* the end of a call without consent, of which there is no summary; to pages only */
    MESSAGE_TREND, /* the scores of a call's last minutes, to who joins late */
    MESSAGE_SOUND, /* no event: what a call sounds like now, to those who listen */
    MESSAGE_CONSENT,
    MESSAGE_PAUSE,
    MESSAGE_RECORDING,
    MESSAGE_DELETED, /* the call is not kept any more */
    MESSAGE_STATUS,  /* of no call: whether calls are being stored */
    MESSAGE_REFUSED, /* of no call and to one client: what it sent was not taken */
} message_kind;

/* Read-only once made, counted references, so that every thread can hold one. */
typedef struct message {
    atomic_int references;
    message_kind kind;
    char call[CALL_ID_SIZE];
    double t_s;                /* audio time, 0 where it has none */
    ut_channel channel;        /* of a reading; of a call the one to follow it by: the customer's where there is one */
    ut_consent consent;        /* of a call, and of its change */
    const char *agent;         /* of a call: who leads it, null where nobody knows */
    bool storing;              /* of a status */
    float frustration, stress; /* of a reading of the customer's voice, NaN where it abstains */
    unsigned cue_id;           /* of a cue, of feedback */
    ut_cue_state cue_state;
    bool escalates; /* a cue to the supervisor */
    bool takes;     /* feedback: somebody has seen to it */
    bool shown;     /* false, and it goes to no page: a cue of a held-out call, and that one was seen */
    size_t n_bytes; /* of text, without the terminator */
    char *text; /* one line of JSON without newline, of sound its samples; MESSAGE_PREFIX writable bytes lie before */
} message;
enum { MESSAGE_PREFIX = 64 }; /* at least LWS_PRE */

/* What is known of a call when it starts. */
typedef struct call_facts {
    char id[CALL_ID_SIZE];
    const char *source;
    int channels;
    ut_channel roles[2];   /* [channels] */
    int64_t started_at_ms; /* Unix time of its first sample */
    ut_consent consent;
    const char *consent_method;                  /* how it was learned of, null: not known */
    const char *model;                           /* ut_model_id */
    const char *playbook;                        /* playbook_file's name of it */
    bool held_out;                               /* its cues are computed and kept, and shown to nobody */
    const char *customer, *queue, *agent, *team; /* the deployment's own names for them, null: not known */
    const char *content_sha256;                  /* of the file that is imported, else null */
    const char *ended;                           /* how: "finished", "stopped" or "failed"; before the summary null */
} call_facts;

/* Unix time; and as an event says it, "2026-11-21T10:00:00.000Z". */
enum { UTC_SIZE = 40 };
int64_t now_unix_ms(void);
const char *utc_text(char text[UTC_SIZE], int64_t unix_ms);

/* A new call id: 48 bits of time and 80 of chance (ULID), so that ids sort by time. */
void call_id_make(char id[CALL_ID_SIZE], int64_t now_ms);

/* Whether text could be one: letters, digits and hyphens. */
bool call_id_is(const char *text);

/* What somebody who was shown a cue says of it; that it was seen the page says by itself. A supervisor takes what was
 * escalated. */
typedef enum verdict { VERDICT_HELPFUL, VERDICT_WRONG, VERDICT_DISMISS, VERDICT_SEEN, VERDICT_TAKEN, VERDICTS } verdict;
const char *verdict_name(verdict verdict);

typedef struct feedback {
    char call[CALL_ID_SIZE];
    unsigned cue;
    verdict verdict;
} feedback;

/* Consent changed, or a call was paused or went on: who says so and how, null where nobody knows. */
typedef struct consent_change {
    ut_consent consent;
    const char *method, *who;
} consent_change;
typedef struct pause_change {
    bool paused;
    const char *who;
} pause_change;

/* What became of a call's recording. */
typedef enum recording_state {
    RECORDING_BEGUN,
    RECORDING_FINISHED,
    RECORDING_INTERRUPTED, /* by the server's death, and put right */
    RECORDING_FAILED,      /* for now, or for good at the end of the call: why */
    RECORDING_DISCARDED,   /* consent was withdrawn: nothing is left of it, and no message comes of it */
    RECORDING_STATES,
} recording_state;
typedef struct recording_news {
    char call[CALL_ID_SIZE];
    recording_state state;
    char file[CALL_ID_SIZE + 8]; /* in the folder audio; "" where there is none yet */
    const char *format;
    int channels;
    ut_channel roles[2];
    double duration_s, lost_s; /* silence stands for this much that could not be kept */
    long bytes;
    char why[256];
} recording_news;

/* The customer's scores, the oldest first: the last is of t_s, and they lie step_s apart. NaN: nothing was scored. */
typedef struct score_trend {
    double t_s, step_s;
    size_t n;
    const float *frustration, *stress; /* [n] */
} score_trend;

/* Whether calls are being stored, and why not. */
typedef struct store_status {
    bool storing;
    const char *why;
} store_status;

/* Each returns a message with one reference, or null without memory. */
message *message_of_call(const call_facts *facts);
message *message_of_event(const call_facts *facts, const ut_event *event);
message *message_of_over(const char *call);
message *message_of_trend(const char *call, const score_trend *trend);
message *message_of_sound(const char *call, double t_s, const unsigned char *samples, size_t n_bytes);
message *message_of_consent(const char *call, double t_s, const consent_change *change, int64_t now_ms);
message *message_of_pause(const char *call, double t_s, const pause_change *change, int64_t now_ms);
message *message_of_deletion(const char *call);
message *message_of_recording(const recording_news *news);
message *message_of_status(const store_status *status);
message *message_of_feedback(const feedback *said, int64_t now_ms);
message *message_of_refusal(const char *why);

/* A client sees it only once the store has it: cues, what is said of them, the summary that comes after them, and what
 * was changed by hand. */
bool message_is_durable(const message *m);

/* There are so many of them that a full queue may do without: readings, turns and sound. */
bool message_may_be_dropped(const message *m);

message *message_hold(message *m);
void message_release(message *m); /* null does nothing */

#endif
