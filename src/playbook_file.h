/* playbook_file.h - a team's playbook and the file it comes from, which is read again when it changes.
 *
 *     worker: session holds an edition -- has the file a newer one? --> ut_call_set_playbook, the older is let go
 *     main:   looks at the file, and where it is good puts the new edition in the place of the older
 *
 * One reading of the file is an edition; it is freed when no call uses it any more.
 */
#ifndef PLAYBOOK_FILE_H
#define PLAYBOOK_FILE_H

#include <stdatomic.h>

#include "undertone.h"

typedef struct edition {
    atomic_int references;
    ut_playbook *playbook;
    char name[64]; /* of the file, and what it held: "team.cfg@<sha256/12>" */
} edition;

typedef struct playbook_file playbook_file;

/* Reads the file. Null with one sentence naming file, line and field in message. */
playbook_file *playbook_file_open(const char *path, char *message, size_t message_size);
void playbook_file_close(playbook_file *file); /* null does nothing; editions that are held stay */
const char *playbook_file_path(const playbook_file *file);

typedef enum playbook_news {
    PLAYBOOK_SAME,
    PLAYBOOK_READ,    /* it changed, and what it says now holds */
    PLAYBOOK_REFUSED, /* it changed or is gone, and what it said before holds; message says what is wrong with it */
} playbook_news;

/* Looks whether the file has changed, one thread at a time. A change is believed once the file looks the same twice:
 * till then somebody may be writing. It is told once. */
playbook_news playbook_file_look(playbook_file *file, char *message, size_t message_size);

/* Any thread: the edition that holds now, with a reference to be released; and whether another has taken the place of
 * one that is held, without a lock. */
edition *playbook_file_take(playbook_file *file);
bool playbook_file_has_newer(const playbook_file *file, const edition *held);
void edition_release(edition *e); /* null does nothing */

#endif
