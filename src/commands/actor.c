/* actor.c - see actor.h. */
#include "commands/actor.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cues/phrases.h"

/* Anybody can set SUDO_USER; only what sudo started is root. */
actor actor_of_command_line(char who[ACTOR_SIZE]) {
    char room[4096];
    struct passwd entry, *found = NULL;
    const char *name = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
    if (!name && !getpwuid_r(getuid(), &entry, room, sizeof room, &found) && found) name = found->pw_name;
    if (name && *name && ut_is_utf8(name)) snprintf(who, ACTOR_SIZE, "%s", name);
    else snprintf(who, ACTOR_SIZE, "user %u", (unsigned)getuid());
    return (actor){.who = who, .origin = "command line"};
}
