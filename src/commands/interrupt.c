#include "commands/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

static atomic_bool came; /* any thread asks */

static void on_signal(int signal) {
    (void)signal;
    came = true;
}

void interrupt_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool interrupt_came(void) { return came; }

bool interrupt_wait(int milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    if (!came) nanosleep(&time, NULL);
    return came;
}
