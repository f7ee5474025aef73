/* engine.h - what every command that listens needs: the model and the playbooks. */
#ifndef COMMANDS_ENGINE_H
#define COMMANDS_ENGINE_H

#include <limits.h>

#include "playbook_file.h"

enum { ENGINE_PATH = PATH_MAX, ENGINE_PLAYBOOKS = 257 }; /* as many as a configuration can name */

typedef struct engine {
    const char *command; /* for messages */
    ut_model *model;
    char model_path[ENGINE_PATH];               /* its file */
    playbook_file *playbook;                    /* of calls that name none; null: the defaults */
    playbook_file *playbooks[ENGINE_PLAYBOOKS]; /* all there are, owned */
    int n_playbooks;
} engine;

/* Opens the model at model_path, or where null the one that came with the program (beside it in a build, else in
 * share/undertone); and the playbook at playbook_path, null for the defaults. False after saying on stderr which file
 * is wrong and why; what is open is then for engine_close. */
bool engine_open(engine *e, const char *command, const char *model_path, const char *playbook_path);
void engine_close(engine *e);

/* The playbook at path, opened once however often it is asked for; null path: e->playbook. False after saying on stderr
 * which file is wrong and why. */
bool engine_playbook(engine *e, const char *path, playbook_file **playbook);

/* Looks whether playbooks have changed, and says on stderr which were read again and which could not be. To be called a
 * few times a second, on one thread. True where one was read again. */
bool engine_look(engine *e);

/* The model alone, for ut_model_close; found gets the name of its file. Null after saying on stderr which and why. */
ut_model *engine_open_model(const char *command, const char *path, char found[ENGINE_PATH]);

/* --consent's value. False when it is none of unknown, given, refused. */
bool engine_consent(const char *text, ut_consent *consent);

#endif
