#include "commands/configuration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/engine.h"
#include "cues/phrases.h"
#include "serve/address.h"
#include "text.h"

/* Where the reader is, for the sentence it says when something is wrong. */
typedef struct reader {
    const char *path;
    char *message;
    size_t message_size;
} reader;

static bool refuse(const reader *r, const config_setting_t *setting, const char *why) {
    const char *name = config_setting_name(setting);
    snprintf(r->message, r->message_size, "%s:%u: %s %s", r->path, config_setting_source_line(setting),
             name ? name : "the list", why);
    return false;
}

static bool read_text(const reader *r, const config_setting_t *setting, const char **text) {
    *text = config_setting_get_string(setting);
    return *text && **text ? true : refuse(r, setting, "must be a text in quotes");
}

/* What cues say of a call, whole and as it is written. */
static bool read_name(const reader *r, const config_setting_t *setting, const char **name) {
    ut_about about;
    if (!read_text(r, setting, name)) return false;
    ut_about_init(&about, &(ut_call_about){.customer = *name});
    return !strcmp(about.customer, *name)
               ? true
               : refuse(r, setting, "must be UTF-8 without control characters, and at most 63 bytes");
}

static bool read_listen(const reader *r, const config_setting_t *setting, const char **listen) {
    if (!read_text(r, setting, listen)) return false;
    return address_is(*listen) ? true : refuse(r, setting, "must be \"ADDR:PORT\" such as \"127.0.0.1:7070\"");
}

static bool read_consent(const reader *r, const config_setting_t *setting, ut_consent *consent) {
    const char *text;
    if (!read_text(r, setting, &text)) return false;
    return engine_consent(text, consent) ? true : refuse(r, setting, "must be given, refused or unknown");
}

/* Reads a setting into the text of its name. */
typedef struct field {
    const char *name;
    const char **text;
} field;
static bool read_field(const reader *r, const config_setting_t *setting, const field *fields, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!strcmp(config_setting_name(setting), fields[i].name)) return read_text(r, setting, fields[i].text);
    return refuse(r, setting, "is not a field here");
}

static bool read_kind(const reader *r, const config_setting_t *setting, bool *device) {
    const char *kind;
    if (!read_text(r, setting, &kind)) return false;
    *device = !strcmp(kind, "device");
    return *device || !strcmp(kind, "recording") ? true : refuse(r, setting, "must be device or recording");
}

static bool read_bool(const reader *r, const config_setting_t *setting, bool *on) {
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL) return refuse(r, setting, "must be true or false");
    *on = config_setting_get_bool(setting);
    return true;
}

static bool read_record(const reader *r, const config_setting_t *setting, hub_record *record) {
    bool on = false;
    if (!read_bool(r, setting, &on)) return false;
    *record = on ? HUB_RECORD_ON : HUB_RECORD_OFF;
    return true;
}

static bool read_source(const reader *r, const config_setting_t *group, configured_source *s) {
    const field fields[] = {
        {"customer", &s->customer}, {"agent", &s->agent}, {"file", &s->file},
        {"channels", &s->channels}, {"raw", &s->raw},     {"playbook", &s->playbook},
    };
    if (!config_setting_is_group(group)) return refuse(r, group, "must hold groups { ... }");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        bool good = !strcmp(name, "kind")        ? read_kind(r, setting, &s->device)
                    : !strcmp(name, "consent")   ? (s->consent_own = true, read_consent(r, setting, &s->consent))
                    : !strcmp(name, "recording") ? read_record(r, setting, &s->record)
                    : !strcmp(name, "reference") ? read_name(r, setting, &s->reference)
                    : !strcmp(name, "queue")     ? read_name(r, setting, &s->queue)
                    : !strcmp(name, "agent_id")  ? read_name(r, setting, &s->agent_id)
                    : !strcmp(name, "team")      ? read_name(r, setting, &s->team)
                                                 : read_field(r, setting, fields, sizeof fields / sizeof *fields);
        if (!good) return false;
    }
    if (s->device && !s->customer && !s->agent)
        return refuse(r, group, "has a device source without customer and agent");
    if (!s->device && !s->file) return refuse(r, group, "has a recording source without a file");
    return true;
}

static bool read_sources(const reader *r, const config_setting_t *list, configuration *c) {
    if (!config_setting_is_list(list)) return refuse(r, list, "must be a list ( ... )");
    if (config_setting_length(list) > CONFIGURATION_SOURCES) return refuse(r, list, "has too many sources");
    for (int i = 0; i < config_setting_length(list); i++) {
        c->sources[i].consent = c->consent;
        if (!read_source(r, config_setting_get_elem(list, (unsigned)i), &c->sources[i])) return false;
        c->n_sources++;
    }
    return true;
}

static bool read_policy(const reader *r, const config_setting_t *group, configuration *c) {
    const config_setting_t *setting = config_setting_get_elem(group, 0);
    if (!config_setting_is_group(group) || !setting || strcmp(config_setting_name(setting), "default") ||
        config_setting_length(group) != 1)
        return refuse(r, group, "must be { default = \"unknown\"; }, or given or refused");
    return read_consent(r, setting, &c->consent);
}

static bool read_format(const reader *r, const config_setting_t *setting, tape_format *format) {
    const char *text;
    if (!read_text(r, setting, &text)) return false;
    for (tape_format f = 0; f < TAPE_FORMATS; f++)
        if (!strcmp(text, tape_format_name(f))) return *format = f, true;
    return refuse(r, setting, "must be flac or opus");
}

static bool read_recording(const reader *r, const config_setting_t *group, configuration *c) {
    if (!config_setting_is_group(group)) return refuse(r, group, "must be { on = true; } and may have a format");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        bool good = !strcmp(name, "on")       ? read_bool(r, setting, &c->record)
                    : !strcmp(name, "format") ? read_format(r, setting, &c->format)
                                              : refuse(r, setting, "is not a field here");
        if (!good) return false;
    }
    return true;
}

static bool read_days(const reader *r, const config_setting_t *setting, double *days) {
    enum { MOST = 36500 };
    bool number = config_setting_is_number(setting) != 0;
    *days = config_setting_type(setting) == CONFIG_TYPE_FLOAT ? config_setting_get_float(setting)
                                                              : (double)config_setting_get_int64(setting);
    return number && *days > 0 && *days <= MOST ? true : refuse(r, setting, "must be a number of days, over 0");
}

static bool read_retention(const reader *r, const config_setting_t *group, retention *keep) {
    if (!config_setting_is_group(group)) return refuse(r, group, "must be a group such as { audio_days = 30; }");
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        bool good = !strcmp(name, "audio_days")      ? read_days(r, setting, &keep->audio_days)
                    : !strcmp(name, "readings_days") ? read_days(r, setting, &keep->readings_days)
                    : !strcmp(name, "cues_days")     ? read_days(r, setting, &keep->cues_days)
                    : !strcmp(name, "audit_days")    ? read_days(r, setting, &keep->audit_days)
                                                     : refuse(r, setting, "is not a field here");
        if (!good) return false;
    }
    return true;
}

static bool read_root(const reader *r, configuration *c) {
    const field fields[] = {{"data", &c->data}, {"web", &c->web}, {"model", &c->model}, {"playbook", &c->playbook}};
    const config_setting_t *root = config_root_setting(&c->config);
    const config_setting_t *policy = config_setting_get_member(root, "consent");
    if (policy && !read_policy(r, policy, c)) return false; /* first: sources inherit it */
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        const char *name = config_setting_name(setting);
        bool good = !strcmp(name, "consent")     ? true
                    : !strcmp(name, "listen")    ? read_listen(r, setting, &c->listen)
                    : !strcmp(name, "recording") ? read_recording(r, setting, c)
                    : !strcmp(name, "listening") ? read_bool(r, setting, &c->listening)
                    : !strcmp(name, "retention") ? read_retention(r, setting, &c->keep)
                    : !strcmp(name, "sources")   ? read_sources(r, setting, c)
                                                 : read_field(r, setting, fields, sizeof fields / sizeof *fields);
        if (!good) return false;
    }
    return true;
}

bool configuration_read(configuration *c, const char *path, char *message, size_t message_size) {
    reader r = {path, message, message_size};
    *c = (configuration){.consent = UT_CONSENT_UNKNOWN};
    config_init(&c->config);
    if (!path) return true;
    char *text = text_read(path); /* where it cannot read, libconfig's own reader exits */
    if (!text) {
        snprintf(message, message_size, "%s: %s", path, strerror(errno));
        return false;
    }
    bool good = config_read_string(&c->config, text);
    free(text);
    if (!good)
        snprintf(message, message_size, "%s:%d: %s", path, config_error_line(&c->config),
                 config_error_text(&c->config));
    return good && read_root(&r, c);
}

void configuration_free(configuration *c) { config_destroy(&c->config); }
