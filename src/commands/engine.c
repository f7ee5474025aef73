#include "commands/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/text.h"

/* The first file that can be read among where the model lies in a build (two spellings: build/, build/SANITIZER/) and
 * once installed; the last when there is none, so that the message names it. */
static void find_model(char path[ENGINE_PATH]) {
    static const char *const places[] = {"../models/base.utm", "../../models/base.utm", "../share/undertone/base.utm"};
    char program[ENGINE_PATH - 64] = ".";
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n > 0) program[n] = '\0';
    char *slash = strrchr(program, '/');
    if (slash) *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        stpcpy(stpcpy(stpcpy(path, program), "/"), places[i]); /* program leaves room for any of them */
        if (!access(path, R_OK)) return;
    }
}

ut_model *engine_open_model(const char *command, const char *path, char found[ENGINE_PATH]) {
    ut_error why;
    if (path) snprintf(found, ENGINE_PATH, "%s", path);
    else find_model(found);
    ut_model *model = ut_model_open(path ? path : found, &why);
    if (!model) fprintf(stderr, "undertone %s: %s: %s\n", command, path ? path : found, ut_error_text(why));
    return model;
}

static bool open_playbook(engine *e, const char *command, const char *path) {
    char message[256];
    char *text = text_read(path);
    if (!text) {
        fprintf(stderr, "undertone %s: %s: %s\n", command, path, strerror(errno));
        return false;
    }
    e->playbook = ut_playbook_parse(text, message, sizeof message, NULL);
    free(text);
    if (!e->playbook) fprintf(stderr, "undertone %s: %s: %s\n", command, path, message);
    return e->playbook;
}

bool engine_open(engine *e, const char *command, const char *model_path, const char *playbook_path) {
    char found[ENGINE_PATH];
    *e = (engine){.model = engine_open_model(command, model_path, found)};
    return e->model && (!playbook_path || open_playbook(e, command, playbook_path));
}

void engine_close(engine *e) {
    ut_model_close(e->model);
    ut_playbook_close(e->playbook);
}

bool engine_consent(const char *text, ut_consent *consent) {
    for (*consent = UT_CONSENT_UNKNOWN; *consent <= UT_CONSENT_REFUSED; ++*consent)
        if (!strcmp(text, ut_consent_name(*consent))) return true;
    return false;
}
