#include "commands/data.h"

#include <stdio.h>
#include <stdlib.h>

bool data_folder(char folder[DATA_PATH], const char *given, char *message, size_t message_size) {
    const char *data_home = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int n = -1;
    if (given) n = snprintf(folder, DATA_PATH, "%s", given);
    else if (data_home && *data_home) n = snprintf(folder, DATA_PATH, "%s/undertone", data_home);
    else if (home && *home) n = snprintf(folder, DATA_PATH, "%s/.local/share/undertone", home);
    if (n > 0 && n < DATA_PATH) return true;
    snprintf(message, message_size,
             n < 0 ? "no home folder to keep calls in: name one with --data" : "--data is not the name of a folder");
    return false;
}
