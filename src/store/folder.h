/* folder.h - a data folder: made where it is not, and owned by one process at a time. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct folder;

/* Makes dir (mode 0700) and the folders above it that are missing. False with one sentence naming it in message. */
bool folder_make(const char *dir, char *message, size_t message_size);

/* Makes it and takes it for this process; the kernel frees it when the process dies. Null with one sentence in message;
 * *unready where that may be otherwise later: a full or read-only disk, say, and not another owner. */
struct folder *folder_own(const char *dir, bool *unready, char *message, size_t message_size);
void folder_release(struct folder *f); /* null does nothing */

#endif
