/* store.h - calls as they happen, in SQLite, written by one thread.
 *
 * Any thread may write; the store's own thread commits on a tick of at most 200 ms, and at once when a call or a cue
 * is among what waits. A cue is handed on to clients only after it is committed, so what a client was shown survives
 * kill -9.
 *
 * While the disk is full, read-only or locked, what is to be stored waits here, as far as there is room. A database
 * that is corrupt is set aside, and a new one begun.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "event.h"
#include "store/retention.h"

typedef struct store store;

typedef struct store_options {
    const char *dir;
    bool stubborn;  /* opens also where the folder cannot be written now, and tries again */
    retention keep; /* zeros: for ever */

    /* Called for each durable message (message_is_durable) on the store's thread after the commit that holds it (stored
     * true), or when that failed (stored false: disk full, say); without memory at once, on the writer's. m is
     * borrowed. May be null. */
    void (*committed)(void *user, message *m, bool stored);

    /* Store's thread, or the opener's: whether calls are being stored, when that changes, and why not in a sentence.
     * May be null. */
    void (*told)(void *user, bool storing, const char *why);
    void *user;
} store_options;

/* Opens or makes DIR/undertone.db (the folder too, mode 0700, the file 0600), closes and marks calls that were in
 * progress when another process died, starts the thread. Null on failure, with one sentence naming the path in
 * message. */
store *store_open(const store_options *options, char *message, size_t message_size);

/* Queues m, taking its own reference. Never waits for the disk. A full queue (65,536) drops readings and turns, one
 * that is twice as full (calls and cues alone) everything, and counts. */
void store_write(store *s, message *m);

/* Runs a task in a transaction of its own on the store's thread, after what was written before, and waits for it. What
 * task returns false for is rolled back. False then, and when the database cannot be written now. */
typedef bool store_task(void *user, struct database *d);
bool store_ask(store *s, store_task *task, void *user);

/* How many earlier calls of this customer, with consent, had a frustration cue. Any thread, bounded in time; 0 where
 * the store cannot say, and for null and "". */
unsigned store_earlier(store *s, const char *customer);

typedef struct store_counts {
    unsigned long written, dropped, failed;
    bool storing;
} store_counts;
store_counts store_count(store *s);

/* Commits what waits, ends the thread, closes and says what became of all that was written. Null does nothing. */
store_counts store_close(store *s);

#endif
