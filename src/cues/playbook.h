/* playbook.h - what a team wants to be told: which cues are on, when they rise, what they say. Read-only once open. */
#ifndef CUES_PLAYBOOK_H
#define CUES_PLAYBOOK_H

#include "cues/hours.h"
#include "cues/phrases.h"

/* The languages cues are written in; who adds one adds it to playbook.cfg. */
typedef enum ut_language {
    UT_ENGLISH,
    UT_GERMAN,
    UT_FRENCH,
    UT_SPANISH,
    UT_ITALIAN,
    UT_PORTUGUESE,
    UT_LANGUAGES
} ut_language;
const char *ut_language_code(ut_language language); /* "en", "de" ... (ISO 639-1) */
ut_language ut_language_of(const char *code);       /* UT_LANGUAGES where it is none of them */

typedef struct ut_rule {
    bool on;
    float raise, clear;   /* scores from and under which readings are evidence for it and against; emotions */
    float evidence;       /* how much must add up either way, in nats; emotions */
    float after_s;        /* how long the condition must have held, or readings agreed */
    float urgent_after_s; /* from then on it is urgent, 0: never */
    float hold_s;         /* how long it must be gone before the cue clears; of emotions: how long it shows at least */
    float cool_down_s;    /* silence of this cue after it cleared */
    unsigned priority;    /* 1 is the most important */
    float talk_share;     /* monologue: the agent's part of all speech in 120 s, 0..1 */
    float times_median;   /* slow_reply: how many times the call's median latency it must be as well */
    float rate_syl_s;     /* talking_fast: this fast is fast for anyone ... */
    float rate_z;         /* ... and so is this far over the speaker's usual, in its standard deviations */
    char text[UT_LANGUAGES][UT_TEXT_SIZE]; /* with variables, see phrases.h */
    char advice[UT_LANGUAGES][UT_ADVICE_SIZE];
} ut_rule;

/* The numbers of a rule by their names in a file. */
typedef struct ut_rule_number {
    const char *name;
    size_t offset; /* of a float in ut_rule */
    float high;    /* from 0 to this */
    unsigned cues; /* bit 1 << kind: the cues that have it */
} ut_rule_number;
enum { UT_RULE_NUMBERS = 11 };
extern const ut_rule_number ut_rule_numbers[UT_RULE_NUMBERS];

enum { UT_QUIET_HOURS = 16 };
struct ut_playbook {
    ut_rule rules[UT_CUE_KINDS];
    ut_language language; /* that cues speak */
    float hold_out;       /* share of calls whose cues are shown to nobody, 0..1 */
    ut_hours quiet[UT_QUIET_HOURS];
    unsigned n_quiet;
};

/* The playbook of a call that was given none: playbook.cfg, made a table by tools/default_playbook.c. */
extern const struct ut_playbook ut_playbook_default;

/* Writes priority, text and advice of a cue of cue->kind. */
void ut_playbook_say(const ut_playbook *playbook, const ut_about *about, ut_cue *cue);

/* Whether no cue may rise now; local_time_s as in ut_call_options, 0: not known, and never quiet. */
bool ut_playbook_is_quiet(const ut_playbook *playbook, int64_t local_time_s);

/* The share of calls to be held out; null for the defaults. */
float ut_playbook_hold_out(const ut_playbook *playbook);

#endif
