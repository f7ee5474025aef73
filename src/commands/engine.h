/* engine.h - what every command that listens needs: the model and the playbook. */
#ifndef COMMANDS_ENGINE_H
#define COMMANDS_ENGINE_H

#include <limits.h>

#include "undertone.h"

enum { ENGINE_PATH = PATH_MAX };

typedef struct engine {
    ut_model *model;
    ut_playbook *playbook; /* null: the defaults */
} engine;

/* Opens the model at model_path, or where null the one that came with the program (beside it in a build, else in
 * share/undertone); and the playbook at playbook_path, null for the defaults. False after saying on stderr which file
 * is wrong and why; what is open is then for engine_close. */
bool engine_open(engine *e, const char *command, const char *model_path, const char *playbook_path);
void engine_close(engine *e);

/* The model alone, for ut_model_close; found gets the name of its file. Null after saying on stderr which and why. */
ut_model *engine_open_model(const char *command, const char *path, char found[ENGINE_PATH]);

/* --consent's value. False when it is none of unknown, given, refused. */
bool engine_consent(const char *text, ut_consent *consent);

#endif
