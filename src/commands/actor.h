/* actor.h - who runs a command, for the audit. */
#ifndef COMMANDS_ACTOR_H
#define COMMANDS_ACTOR_H

#include "store/audit.h"

enum { ACTOR_SIZE = 256 };

/* The user of the system, whose name is written into who: through sudo the one who called it. */
actor actor_of_command_line(char who[ACTOR_SIZE]);

#endif
