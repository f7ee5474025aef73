/* A server's configuration of any text, through a file as it comes. Includes are the owner's right, so they are left
 * out: what they name is not input. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands/configuration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* libconfig 1.5 itself forgets a text where the syntax breaks after it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libconfig"; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static configuration c;
    char message[200] = "", path[64];
    if (memmem(data, n, "@include", 8)) return 0;
    int fd = memfd_create("configuration", 0);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    bool good = configuration_read(&c, path, message, sizeof message);
    if (good != !*message) abort();
    for (int i = 0; good && i < c.n_sources; i++)
        if (!c.sources[i].file && !c.sources[i].customer && !c.sources[i].agent) abort();
    configuration_free(&c);
    close(fd);
    return 0;
}
