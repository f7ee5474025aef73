/* custody.h - the database of a data folder in the owner's care: opened once it can be, taken over from a process that
 * died, and set aside where it is damaged. The store's thread, but for custody_earlier. */
#ifndef STORE_CUSTODY_H
#define STORE_CUSTODY_H

#include "event.h"
#include "store/database.h"

struct custody;

/* Of the folder dir; nothing is opened yet. Null without memory. */
struct custody *custody_new(const char *dir);
void custody_free(struct custody *c); /* null does nothing */

/* Opens what is not open, at most once a second; null: it could not be, custody_why. */
struct database *custody_database(struct custody *c);

/* Whether what could not be opened may be later; else a person has to do something: another undertone has the folder,
 * say. */
bool custody_may_open_later(const struct custody *c);

/* After a failure: rolls back; a damaged database is set aside and a new one begun, with the calls in progress. True
 * where it should be tried once more at once. custody_why says what was wrong. */
bool custody_recover(struct custody *c);

/* What was wrong last, in a sentence naming the file. Whether something was set aside since it was last asked. */
const char *custody_why(const struct custody *c);
bool custody_has_set_aside(struct custody *c);

/* A call's message was stored: which calls are in progress. */
void custody_follow(struct custody *c, message *m);

/* As earlier_count, 0 where nothing is open. Any thread. */
unsigned custody_earlier(struct custody *c, const char *customer);

#endif
