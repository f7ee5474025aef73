/* found.h - recordings that lie there and that their calls do not know of, because the server died between the two. */
#ifndef STORE_FOUND_H
#define STORE_FOUND_H

#include <stdbool.h>

struct database;

/* For the owner that has just opened the folder, before anything is recorded: what was being recorded has failed, until
 * it is found whole here, or the recorder puts together what there is of it. False where the database failed. */
bool found_recordings(struct database *d);

#endif
