/* configuration.h - the server's configuration file, in libconfig's form; README.md has an example.
 *
 *     listen = "127.0.0.1:7070";
 *     data = "/var/lib/undertone";
 *     consent: { default = "unknown"; };     # unknown, given or refused
 *     recording: { on = true; format = "flac"; };
 *     listening = true;                      # supervisors may hear calls in progress
 *     retention: { audio_days = 30; readings_days = 90; cues_days = 365; audit_days = 1095; };
 *     sources: (
 *         { kind = "device"; customer = "monitor"; agent = "headset"; },
 *         { kind = "recording"; file = "call.flac"; channels = "agent,customer"; consent = "given";
 *           playbook = "billing.cfg"; reference = "C-4711"; queue = "billing"; agent_id = "a-17"; team = "north"; }
 *     );
 */
#ifndef COMMANDS_CONFIGURATION_H
#define COMMANDS_CONFIGURATION_H

#include <libconfig.h>

#include "hub.h"

enum { CONFIGURATION_SOURCES = 256 };

typedef struct configured_source {
    bool device; /* else a recording */
    const char *customer, *agent;
    const char *file, *channels, *raw;
    const char *playbook;          /* its team's */
    const char *reference, *queue; /* of the customer, for what cues say */
    const char *agent_id, *team;
    ut_consent consent;
    bool consent_own; /* said for this source */
    hub_record record;
} configured_source;

/* Texts belong to config. A null text was not given. */
typedef struct configuration {
    config_t config;
    const char *listen, *data, *web, *model, *playbook;
    ut_consent consent;
    bool record, listening;
    tape_format format;
    retention keep;
    configured_source sources[CONFIGURATION_SOURCES];
    int n_sources;
} configuration;

/* Reads the file; null path: an empty configuration. False with one sentence naming file, line and field in message.
 * configuration_free in either case. */
bool configuration_read(configuration *c, const char *path, char *message, size_t message_size);
void configuration_free(configuration *c);

#endif
