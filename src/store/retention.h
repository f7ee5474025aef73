/* retention.h - nothing is kept too long: days for each class, and a sweep that deletes what is older. */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/database.h"

/* Days since a call ended, fractions allowed; 0: for ever. cues_days is also that of summaries, notes and tags, and
 * with the last class of a call its row goes. */
typedef struct retention {
    double audio_days, readings_days, cues_days, audit_days;
} retention;

/* One round: at most a few calls of each class, so that nobody waits long; what is on legal hold stays. Also completes
 * withdrawals whose hold was lifted and what deletions owe (debts.h), and removes recordings that belong to no call (of
 * this database or of one that was set aside beside it) and what an interrupted restore left. Writes an entry to
 * the audit where anything was deleted. *more: call again soon. False on failure. For the owner of the folder; not
 * within a transaction. */
bool retention_sweep(struct database *d, const retention *days, bool *more);

#endif
