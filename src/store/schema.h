/* schema.h - the tables, and every statement that is ever run on them. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

enum {
    SCHEMA_VERSION = 3,              /* PRAGMA user_version */
    SCHEMA_APPLICATION = 0x556e4474, /* PRAGMA application_id: "UnDt" */
};

extern const char schema_sql[];

/* From a version to the next, [version]. */
extern const char *const schema_upgrades[SCHEMA_VERSION];

/* Run once at opening: calls that were in progress when the process died end where their last reading was. */
extern const char schema_close_abandoned_sql[];

/* Parameters are named by the key of the event whose value they take, "$customer::speech_s" for a key within a key. */
enum statement {
    PUT_CALL,
    PUT_READING,
    PUT_SCORES,
    PUT_TURN,
    PUT_CUE,
    PUT_FEEDBACK,
    PUT_SUMMARY,
    END_CALL,
    FORGET_READINGS, /* from here on in the order they are run */
    FORGET_SCORES,
    FORGET_TURNS,
    FORGET_CUES,
    FORGET_SUMMARY,
    FORGET_CALL,
    STATEMENTS,
};
extern const char *const schema_statements[STATEMENTS];

/* How many calls of customer ?1 had a frustration cue, as far as ?2: a customer's reference can be one that thousands
 * share. */
extern const char schema_earlier_sql[];

#endif
