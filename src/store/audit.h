/* audit.h - who did what with calls, from where and when: a table that is only ever added to, each entry with a hash
 * over the one before, so that a change or a gap shows.
 *
 *     hash(n) = SHA-256( hash(n - 1) "\n" number "\n" at "\n" who "\n" origin "\n" action "\n" about )   as lower-case
 * hex
 *
 * hash(0) is 64 zeros. Whoever can write the file can write a new chain: keep the last hash elsewhere, and verify
 * against it.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/database.h"

typedef struct actor {
    const char *who, *origin; /* a user's name and "command line", or an address; UTF-8 */
} actor;

/* action is a verb: "replay", "export", "delete", "configuration" ... about is borrowed, holds no customer reference
 * and nothing that was said or scored; null: nothing. Within the caller's transaction, so that what is done and the
 * entry are one. */
bool audit_append(struct database *d, const actor *by, const char *action, json_t *about);

/* The same, where about is not what the last entry of that action says. */
bool audit_append_changed(struct database *d, const actor *by, const char *action, json_t *about);

typedef struct audit_verdict {
    long entries;    /* looked at */
    long broken;     /* the number of the first entry that does not fit the one before; 0: none */
    const char *why; /* in words, where broken */
    char first_at[40];
    char head[65];   /* the last hash */
    bool head_known; /* of the hash asked for: it is in the chain */
} audit_verdict;

/* Walks the chain; known: a hash that must be in it, null for none. False where the table cannot be read. */
bool audit_verify(struct database *d, const char *known, audit_verdict *verdict);

/* Entries newest first, as {"number","at","who","origin","action","about":{},"hash"}; action null: all. New array, null
 * on failure. */
json_t *audit_list(struct database *d, const char *action, long limit);

/* Within the caller's transaction: removes entries from before that time; the chain goes on from the last of them.
 * Returns how many, -1 on failure. */
long audit_forget(struct database *d, const char *before_utc);

#endif
