/* rows.h - messages of calls as rows. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "event.h"
#include "store/database.h"

/* Within a transaction. DATABASE_ROW_REFUSED: this message makes no row (not an event, or of a call without consent);
 * the transaction goes on. */
enum database_put rows_put(struct database *d, const message *m);

/* Whether a call was imported from a file of this content, and which. */
bool rows_have_content(struct database *d, const char *sha256, char call_id[CALL_ID_SIZE]);

/* Calls that were in progress when a process died end where their last reading was; to be run before any is begun. */
bool rows_close_abandoned(struct database *d);

#endif
