/* earlier.h - what the store knows of a customer's earlier calls, read by a connection of its own so that nobody waits
 * for the thread that writes. */
#ifndef STORE_EARLIER_H
#define STORE_EARLIER_H

struct earlier;

/* DIR as of database_open, which has to be open before and stay so. Null on failure. */
struct earlier *earlier_open(const char *dir);
void earlier_close(struct earlier *e); /* null does nothing */

/* Calls of this customer with consent in which a frustration cue was raised, at most EARLIER_MAX. Any thread; 0 where
 * customer is null or empty, and where it would take too long to say. */
enum { EARLIER_MAX = 1000 };
unsigned earlier_count(struct earlier *e, const char *customer);

#endif
