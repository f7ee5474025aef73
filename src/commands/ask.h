/* ask.h - what cannot be undone is asked before. */
#ifndef COMMANDS_ASK_H
#define COMMANDS_ASK_H

#include <stdbool.h>

/* Whether the person at the terminal says yes to the question; without one, false after a sentence on stderr, since
 * then it takes --yes. */
bool ask(const char *command, const char *question);

#endif
