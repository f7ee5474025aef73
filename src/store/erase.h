/* erase.h - deleting calls for good, with a receipt: rows, recording, and the same in every backup we made.
 *
 * A deleted call leaves its id in the table deletions, so that it cannot come back from a backup, and a receipt. The
 * receipt names no customer.
 */
#ifndef STORE_ERASE_H
#define STORE_ERASE_H

#include "store/audit.h"

/* Consent was refused or withdrawn, of a call in progress or over: everything goes but the row that says so and the
 * history of its consent. On legal hold only the consent changes, and the rest goes when the hold is lifted
 * (retention.h). A recording in progress is its recorder's to discard. Within the caller's transaction. event: a
 * "consent" event (event.h), which is added to the history where it is not there yet; or a "call" event, which may be
 * the first that is heard of the call. DATABASE_ROW_REFUSED: there is no such call. */
enum database_put erase_without_consent(struct database *d, json_t *event);

typedef struct erase_request {
    const char *call;     /* one, or */
    const char *customer; /* every call under this reference */
    actor by;
    int patience_ms; /* how long to wait for those who still read the write-ahead log */
} erase_request;

/* The calls that are meant, a new array of {"call":ID, "live":0, "held":0}; null on failure. */
json_t *erase_find(struct database *d, const erase_request *request);

/* Decides in one transaction (receipt, ledger, audit), and then deletes: rows, recordings, the write-ahead log,
 * backups. What a crash leaves undone the next sweep does. New receipt:
 *     {"receipt":"r-01J...","at":UTC,"who":..,"origin":..,"calls":["c-..."],"kept":[{"call":ID,"why":".."}],
 *      "deleted":{"readings":600,...,"audio_bytes":480000},"backups":[{"path":..,"reached":true,"gone":false}],
 *      "complete":true}
 * complete false: something is left to the next sweep (a backup that is not there now, a log in use); or "set_aside" is
 * true, since a damaged database that lies there may hold the same calls. Null on failure,
 * when there is no such call, and when the one call must be kept, with one sentence in why. Not within a transaction.
 */
json_t *erase(struct database *d, const erase_request *request, char *why, size_t why_size);

/* The last receipts, newest first, as they stand now: a new array of at most ERASE_RECEIPTS. Null on failure. */
enum { ERASE_RECEIPTS = 100 };
json_t *erase_receipts(struct database *d);

/* Does what deletions still owe, at most so many calls in each place. False where something is left. */
bool erase_owed(struct database *d, int most, json_t *counts);

#endif
