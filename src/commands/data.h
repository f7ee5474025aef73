/* data.h - where calls are kept. */
#ifndef COMMANDS_DATA_H
#define COMMANDS_DATA_H

#include "store/database.h"

enum { DATA_PATH = 1024 };

/* Writes given where it is not null, else $XDG_DATA_HOME/undertone, else ~/.local/share/undertone. False, with one
 * sentence in message, when there is no such place or its name is too long. */
bool data_folder(char folder[DATA_PATH], const char *given, char *message, size_t message_size);

/* Opens the database there. Null after a sentence on stderr that begins with the command's name. */
struct database *data_open(const char *command, const char *given, enum database_mode mode);

/* The same to change calls: as the folder's owner where there is none, which ends the calls that a dead process left in
 * progress, else as a guest beside it; make: also where there is nothing yet. False after a sentence on stderr;
 * data_close in either case. */
typedef struct data {
    struct folder *owned;
    struct database *database;
} data;
bool data_open_to_change(data *d, const char *command, const char *given, bool make);
void data_close(data *d);

#endif
