/* stored.h - what the program keeps, read from its database with a connection of the test's own. */
#ifndef STORED_H
#define STORED_H

#include <jansson.h>

/* The rows of a query on DIR/undertone.db, each an object by column; an empty array where there is no database. Fails
 * the test where the database or the query is wrong. To be released. */
json_t *stored(const char *dir, const char *sql);

/* The one number a query asks for, 0 where there is no database. */
long stored_count(const char *dir, const char *sql);

#endif
