#include "commands/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/rows.h"

enum { MESSAGE = DATA_PATH + 256 };

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

static struct database *complain(const char *command, const char *message) {
    fprintf(stderr, "%s: %s\n", command, message);
    return NULL;
}

struct database *data_open(const char *command, const char *given, enum database_mode mode) {
    char folder[DATA_PATH], message[MESSAGE];
    enum database_fault fault;
    struct database *d = NULL;
    if (data_folder(folder, given, message, sizeof message))
        d = database_open(folder, mode, &fault, message, sizeof message);
    return d ? d : complain(command, message);
}

/* Unless make, a folder without a database is left as it is, and found out when it is opened. */
static bool own(data *d, const char *folder, bool make, char message[MESSAGE]) {
    char path[MESSAGE];
    bool unready;
    snprintf(path, sizeof path, "%s/undertone.db", folder);
    if (make || !access(path, F_OK)) d->owned = folder_own(folder, &unready, message, MESSAGE);
    return d->owned;
}

bool data_open_to_change(data *d, const char *command, const char *given, bool make) {
    char folder[DATA_PATH], message[MESSAGE];
    enum database_fault fault;
    *d = (data){0};
    if (!data_folder(folder, given, message, sizeof message)) return complain(command, message);
    bool owner = own(d, folder, make, message);
    d->database = database_open(folder, owner ? DATABASE_OWNER : DATABASE_GUEST, &fault, message, sizeof message);
    if (!d->database) return complain(command, message);
    if (!owner || rows_close_abandoned(d->database)) return true;
    database_explain(d->database, message, sizeof message);
    return complain(command, message);
}

void data_close(data *d) {
    database_close(d->database);
    folder_release(d->owned);
}
