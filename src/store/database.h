/* database.h - the SQLite file: opened, checked and written, by one thread at a time and one process. */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include "event.h"

struct database;

/* Opens or makes DIR and DIR/undertone.db. Null on failure, with one sentence naming the path in message. */
struct database *database_open(const char *dir, char *message, size_t message_size);
void database_close(struct database *d); /* null does nothing */

/* Whether the disk must have it before the commit returns, or whether it is enough that the kernel has. A process that
 * is killed loses nothing either way; when the power fails what was not synced is lost. */
enum durability { DATABASE_SYNCED, DATABASE_HANDED_OVER };
bool database_begin(struct database *d, enum durability durability);
bool database_commit(struct database *d);
void database_rollback(struct database *d);

/* PUT_REFUSED: this message makes no row (not an event, or of a call without consent); the transaction goes on.
 * PUT_FAILED: the database cannot be written now; the transaction is lost. */
enum put { PUT_STORED, PUT_REFUSED, PUT_FAILED };
enum put database_put(struct database *d, const message *m);
enum put database_forget(struct database *d, const char *call_id);

/* Moves what is in the write-ahead log into the file when it has grown, and after a database_forget empties the log so
 * that nothing forgotten is left there. To be called when nobody waits. True when there is more to do later. */
bool database_tidy(struct database *d);

#endif
