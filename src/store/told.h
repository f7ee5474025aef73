/* told.h - rows of the database as events and pages tell them.
 *
 * SQLite knows neither true and false nor JSON, and a row cannot leave a column out. So a statement says it in the name
 * of a column, after a colon, and a column is left out where such a one is null:
 *
 *     abstain AS "abstain:flag"    reasons AS "reasons:json"    queue AS "queue:maybe"
 *
 * and the keys of an object in JSON take its place where the word is "within".
 */
#ifndef STORE_TOLD_H
#define STORE_TOLD_H

#include "store/database.h"

/* The row with its columns in the same order, new; null without memory or where JSON is none. */
json_t *told(json_t *row);

/* As database_rows and database_row, told. */
json_t *told_rows(struct database *d, const char *sql, json_t *values);
json_t *told_row(struct database *d, const char *sql, json_t *values);

#endif
