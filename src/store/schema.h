/* schema.h - the tables, and how older ones are brought up. Statements stand beside the code that runs them. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

enum {
    SCHEMA_VERSION = 5,              /* PRAGMA user_version */
    SCHEMA_APPLICATION = 0x556e4474, /* PRAGMA application_id: "UnDt" */
};

/* Each in parts, to be run in order, up to a null. */
enum { SCHEMA_PARTS = 7 };
extern const char *const schema_sql[];
extern const char *const schema_upgrades[SCHEMA_VERSION][SCHEMA_PARTS]; /* [version]: from it to the next */

/* For statements: now as the tables say it, and a call by its id where it may be written about: without a call and its
 * consent no row comes of it, whatever the sender does. */
#define SCHEMA_ISO     "'%Y-%m-%dT%H:%M:%fZ'"
#define SCHEMA_NOW     "strftime(" SCHEMA_ISO ", 'now')"
#define SCHEMA_OF_CALL "FROM calls WHERE calls.id = $call AND consent = 'given'"
#define SCHEMA_NUMBER  "(SELECT number FROM calls WHERE id = $call)"

#endif
