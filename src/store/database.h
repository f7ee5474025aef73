/* database.h - one connection to the SQLite file of a data folder, used by one thread at a time. Statements are
 * prepared once and take their parameters from JSON by name: "$t_s" is the value of the key t_s, "$customer::speech_s"
 * that of speech_s within customer; a key that is not there is null.
 *
 * Another database behind this interface would know its own statements; nothing outside src/store/ writes SQL.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct database;

enum database_mode {
    DATABASE_OWNER, /* writes calls live: never waits long for others; makes and upgrades the file */
    DATABASE_GUEST, /* a command beside the owner: waits for it */
    DATABASE_READER,
};

enum database_fault {
    DATABASE_NO_FAULT,
    DATABASE_REFUSED, /* a person has to do something: of another program, of a newer version, not there to be read */
    DATABASE_UNREADY, /* disk full, read-only, locked: may work later */
    DATABASE_CORRUPT,
};

/* Opens DIR/undertone.db; the owner makes DIR and the file where they are not. Null on failure, with why in *fault and
 * one sentence naming the path in message. */
struct database *database_open(const char *dir, enum database_mode mode, enum database_fault *fault, char *message,
                               size_t message_size);
void database_close(struct database *d); /* null does nothing */
const char *database_dir(const struct database *d);

/* What the last failure was, and in words: one sentence naming the file. */
enum database_fault database_fault_of(const struct database *d);
void database_explain(const struct database *d, char *message, size_t message_size);

/* Renames the files of a corrupt database, which nobody may have open, to undertone.db.corrupt-TIME and so on, and
 * writes that name, without dir, into kept. */
bool database_set_aside(const char *dir, char *kept, size_t kept_size);

/* Whether one that was set aside still lies in dir; true where that cannot be told. */
bool database_has_aside(const char *dir);

/* Whether the disk must have it before the commit returns, or whether it is enough that the kernel has. A process that
 * is killed loses nothing either way; when the power fails what was not synced is lost. */
enum durability { DATABASE_SYNCED, DATABASE_HANDED_OVER };
bool database_begin(struct database *d, enum durability durability);
bool database_commit(struct database *d);

/* From here on it waits so long for others to be done. */
void database_be_patient(struct database *d, int ms);

void database_rollback(struct database *d);

/* Whether it can be written now: tries. */
bool database_works(struct database *d);

/* False, as corrupt, where somebody has written over the files since they were opened: what is in memory would hide it
 * until the next start. */
bool database_is_whole(struct database *d);

/* DATABASE_ROW_REFUSED: the statement's own fault (a constraint, a wrong type); the transaction goes on.
 * DATABASE_ROW_FAILED: the database cannot be written now; the transaction is lost. */
enum database_put { DATABASE_ROW_STORED, DATABASE_ROW_REFUSED, DATABASE_ROW_FAILED };

/* Runs a statement that gives no rows. sql lies in constant memory: its address is what tells statements apart. values
 * may be null. database_changes: how many rows the last one changed. */
enum database_put database_run(struct database *d, const char *sql, json_t *values);
long database_changes(const struct database *d);

/* Gives each row of a query, as an object by column name (integer, real, text or null; row is the callee's to keep only
 * by a reference of its own), to each until that returns false. False when the query failed. */
typedef bool database_each(void *user, json_t *row);
bool database_query(struct database *d, const char *sql, json_t *values, database_each *each, void *user);

/* All its rows, a new array; and the first, a new object, or JSON null where there is none. Null on failure. */
json_t *database_rows(struct database *d, const char *sql, json_t *values);
json_t *database_row(struct database *d, const char *sql, json_t *values);

/* The whole, as it is at this moment, into a new file (mode 0600) that must not be there; others may go on writing. */
bool database_copy(struct database *d, const char *to);

/* Moves what is in the write-ahead log into the file when it has grown, and after database_forgot empties the log so
 * that nothing forgotten is left there. To be called when nobody waits. True when there is more to do later. */
void database_forgot(struct database *d);
bool database_tidy(struct database *d);

#endif
