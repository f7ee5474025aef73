/* sweeper.h - sweeps (retention.h) now and then while a store is open, on a thread and a connection of its own: neither
 * a backup on a slow disk nor a thousand old calls keep a cue waiting. */
#ifndef STORE_SWEEPER_H
#define STORE_SWEEPER_H

#include "store/retention.h"

typedef struct sweeper sweeper;

/* Of DIR, first after a few seconds, then every minute. Null without memory or a thread. */
sweeper *sweeper_open(const char *dir, const retention *keep);

/* Ends it between two rounds of a sweep. Null does nothing. */
void sweeper_close(sweeper *s);

#endif
