/* debts.h - what is to be deleted and is not yet. It is written down in the transaction that decides it, and struck off
 * once it is done, in this folder and in every backup that we made: rows, recording, and what the write-ahead log still
 * held. So neither a crash in between nor a backup that is not there just now keeps what was deleted.
 */
#ifndef STORE_DEBTS_H
#define STORE_DEBTS_H

#include "store/database.h"

/* Within the caller's transaction; what: see forget.h. */
bool debts_owe(struct database *d, const char *call_id, int what);

typedef enum debts {
    DEBTS_NONE,   /* nothing is owed there (any more) */
    DEBTS_GONE,   /* but the backup is not there any more: nobody waits for it, and should it come back it is seen to */
    DEBTS_MORE,   /* ask again for the rest */
    DEBTS_LEFT,   /* it cannot be done now: a backup that is not there, a log that others read */
    DEBTS_FAILED, /* the database cannot be written now */
} debts;

/* Pays what is owed in one place: path is that of a backup, "" this folder. At most so many calls, each in a short
 * transaction of its own, and then waits up to patience_ms until nobody reads the log. Adds to counts (may be null) as
 * forget_rows does, and "audio_bytes". Not within a transaction. */
debts debts_pay(struct database *d, const char *path, int most, int patience_ms, json_t *counts);

/* The same until nothing is left, or it cannot be done now. */
debts debts_settle(struct database *d, const char *path, int patience_ms, json_t *counts);

/* Paths of the backups that anything is owed to, a new array of texts; null on failure. */
json_t *debts_backups(struct database *d);

/* Whether a database of ours is in that folder. */
bool debts_is_backup(const char *path);

/* The file system of the folder that path lies in, so that one that is not mounted is not taken for one where the
 * backup was removed. False where it cannot be told. */
enum { FILESYSTEM_SIZE = 20 };
bool debts_filesystem(const char *path, char id[FILESYSTEM_SIZE]);

#endif
