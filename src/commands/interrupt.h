/* interrupt.h - Ctrl-C and SIGTERM end a command cleanly. */
#ifndef COMMANDS_INTERRUPT_H
#define COMMANDS_INTERRUPT_H

#include <stdbool.h>

/* From here on SIGINT and SIGTERM only set a flag; a second one ends the program at once. SIGPIPE is ignored. */
void interrupt_catch(void);
bool interrupt_came(void);

/* Sleeps, less when interrupted. Returns interrupt_came(). */
bool interrupt_wait(int milliseconds);

#endif
