/* store.h - calls, readings, turns, cues, what was said of them, and summaries in SQLite, owned by one thread.
 *
 * Any thread may write; the store's own thread commits on a tick of at most 200 ms, and at once when a cue is among
 * what waits. A cue is handed on to clients only after it is committed, so what a client was shown survives kill -9.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "event.h"

typedef struct store store;

/* Called for each durable message (message_is_durable) on the store's thread after the commit that holds it (stored
 * true), or when that failed (stored false: disk full, say); without memory at once, on the writer's. m is borrowed. */
typedef void store_committed(void *user, message *m, bool stored);

/* Opens or makes DIR/undertone.db (the folder too, mode 0700, the file 0600), closes and marks calls that were in
 * progress when another process died, starts the thread. Null on failure, with one sentence naming the path in
 * message. committed may be null. */
store *store_open(const char *dir, store_committed *committed, void *user, char *message, size_t message_size);

/* Queues m, taking its own reference. Never waits for the disk. A full queue (65,536) drops readings and
 * turns, and counts. */
void store_write(store *s, message *m);

/* Consent was withdrawn or never given: what the store holds of the call is deleted but the row that says so. */
void store_forget(store *s, const char *call_id);

/* How many earlier calls of this customer, with consent, had a frustration cue. Any thread, bounded in time; 0 where
 * the store cannot say, and for null and "". */
unsigned store_earlier(store *s, const char *customer);

typedef struct store_counts {
    unsigned long written, dropped, failed;
} store_counts;
store_counts store_count(store *s);

/* Commits what waits, ends the thread, closes and says what became of all that was written. Null does nothing. */
store_counts store_close(store *s);

#endif
