/* files.h - files and folders copied and removed; no symbolic link is followed. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stdbool.h>

/* A file into a new one (mode 0600) that must not be there, on the disk when this returns. Its bytes, -1 with errno. */
long files_copy(const char *from, const char *to);

/* What a folder lists is on the disk. False with errno. */
bool files_sync_folder(const char *path);

/* A folder with all that is in it. False with errno; one that is not there is fine. */
bool files_remove(const char *path);

/* Whether file, from a database that may not be ours, is what a finished recording of that call is named, and so lies
 * nowhere else. Null texts are not. */
bool files_is_recording(const char *file, const char *call_id);

/* False also where it is no folder. */
bool files_is_empty(const char *path);

#endif
