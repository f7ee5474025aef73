/* backup.h - a data folder copied whole while it is in use, and put back. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/audit.h"

/* Copies the database (consistent, while others write) and the finished recordings into the folder to, which must not
 * be or be empty: to/undertone.db, to/audio/. The folder is remembered, and deletions reach it. False with one sentence
 * in why; what was copied is then removed. */
bool backup_make(struct database *d, const char *to, const actor *by, json_t *counts, char *why, size_t why_size);

/* Puts a backup into dir, where no undertone may run. What dir's present database knows to be deleted stays deleted;
 * its audit is kept beside as audit-before-restore-TIME.jsonl; the present files are replaced only once the new ones
 * are whole. */
bool backup_restore(const char *from, const char *dir, const actor *by, json_t *counts, char *why, size_t why_size);

#endif
