#include "commands/ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool ask(const char *command, const char *question) {
    char answer[16] = "";
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "%s: nobody can be asked here: --yes says that it is meant\n", command);
        return false;
    }
    fprintf(stderr, "%s [y/N] ", question);
    if (!fgets(answer, sizeof answer, stdin)) fputc('\n', stderr);
    answer[strcspn(answer, "\n")] = '\0';
    return !strcmp(answer, "y") || !strcmp(answer, "yes");
}
