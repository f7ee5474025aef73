/* settings.h - what calls are heard by and what is kept of them, told to whoever may see it: no secret, and of files
 * their names alone. */
#ifndef COMMANDS_SETTINGS_H
#define COMMANDS_SETTINGS_H

#include <jansson.h>

#include "commands/live.h"

/* {"version","sources":[{"kind","name","channels":[..],"agent","team","queue","consent","recording","playbook"}],
 * "consent":{"default"},"recording":{"on","format"},"retention":{"audio_days",..},"playbook":{"name","language",
 * "hold_out","quiet_hours":[{"days":[..],"from","to"}],"cues":[{"cue","on","priority","text","advice","after_s",..}]},
 * "listening","restart"}. Any thread; new, null without memory. */
json_t *settings_told(const live *l);

/* {"model":"base@..","card":"..."|null}. The same. */
json_t *settings_model(const live *l);

#endif
