/* data.h - where calls are kept. */
#ifndef COMMANDS_DATA_H
#define COMMANDS_DATA_H

#include <stdbool.h>
#include <stddef.h>

enum { DATA_PATH = 1024 };

/* Writes given where it is not null, else $XDG_DATA_HOME/undertone, else ~/.local/share/undertone. False, with one
 * sentence in message, when there is no such place or its name is too long. */
bool data_folder(char folder[DATA_PATH], const char *given, char *message, size_t message_size);

#endif
