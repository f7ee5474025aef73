#include "commands/engine.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

bool engine_playbook(engine *e, const char *path, playbook_file **playbook) {
    char message[ENGINE_PATH];
    *playbook = e->playbook;
    if (!path) return true;
    for (int i = 0; i < e->n_playbooks; i++) {
        *playbook = e->playbooks[i];
        if (!strcmp(playbook_file_path(*playbook), path)) return true;
    }
    snprintf(message, sizeof message, "%s: too many playbooks", path);
    *playbook = e->n_playbooks < ENGINE_PLAYBOOKS ? playbook_file_open(path, message, sizeof message) : NULL;
    if (*playbook) e->playbooks[e->n_playbooks++] = *playbook;
    else fprintf(stderr, "undertone %s: %s\n", e->command, message);
    return *playbook;
}

bool engine_look(engine *e) {
    char message[ENGINE_PATH];
    bool changed = false;
    for (int i = 0; i < e->n_playbooks; i++) {
        playbook_news news = playbook_file_look(e->playbooks[i], message, sizeof message);
        if (news == PLAYBOOK_REFUSED)
            fprintf(stderr, "undertone %s: %s; the playbook before stays\n", e->command, message);
        if (news == PLAYBOOK_READ)
            fprintf(stderr, "undertone %s: %s: read again\n", e->command, playbook_file_path(e->playbooks[i]));
        changed = changed || news == PLAYBOOK_READ;
    }
    return changed;
}

bool engine_open(engine *e, const char *command, const char *model_path, const char *playbook_path) {
    *e = (engine){.command = command};
    e->model = engine_open_model(command, model_path, e->model_path);
    return e->model && engine_playbook(e, playbook_path, &e->playbook);
}

void engine_close(engine *e) {
    ut_model_close(e->model);
    while (e->n_playbooks) playbook_file_close(e->playbooks[--e->n_playbooks]);
}

bool engine_consent(const char *text, ut_consent *consent) {
    for (*consent = UT_CONSENT_UNKNOWN; *consent <= UT_CONSENT_REFUSED; ++*consent)
        if (!strcmp(text, ut_consent_name(*consent))) return true;
    return false;
}
