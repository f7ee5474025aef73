/* playbook.c - reads a playbook: a libconfig text, src/cues/playbook.cfg is the example and the default. */
#include "cues/playbook.h"

#include <jansson.h>
#include <libconfig.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same values as playbook.cfg; a test holds the two together. */
const struct ut_playbook ut_playbook_default = {{
    [UT_CUE_FRUSTRATION] = {true, 0.70f, 0.45f, 2, 20, 2, 20, "Voice sounds frustrated",
                            "Acknowledge it, then give the next step."},
    [UT_CUE_STRESS] = {true, 0.70f, 0.45f, 2, 0, 2, 30, "Voice sounds tense",
                       "Slow down, say what happens next and when."},
    [UT_CUE_CALMING] = {true, 0, 0, 0, 0, 6, 10, "Voice sounds calmer", "Carry on like this."},
    [UT_CUE_TALK_OVER] = {true, 0, 0, 0.8f, 0, 3, 20, "Both are talking", "Let them finish, then answer."},
    [UT_CUE_DEAD_AIR] = {true, 0, 0, 8, 15, 0, 0, "Silence on the line", "Say what you are doing."},
    [UT_CUE_MONOLOGUE] = {true, 0, 0, 50, 0, 0, 30, "Long turn", "Pause and ask a question."},
}};

/* Where the reader is, for the sentence it says when something is wrong. */
typedef struct reader {
    char *message;
    size_t message_size;
} reader;

static bool refuse(reader *r, const config_setting_t *setting, const char *why) {
    if (r->message) {
        const char *name = config_setting_name(setting);
        snprintf(r->message, r->message_size, "line %u: %s %s", config_setting_source_line(setting),
                 name ? name : "the file", why);
    }
    return false;
}

static bool read_number(reader *r, const config_setting_t *setting, float high, float *value) {
    int type = config_setting_type(setting);
    double x = type == CONFIG_TYPE_FLOAT ? config_setting_get_float(setting) : config_setting_get_int(setting);
    if (type != CONFIG_TYPE_FLOAT && type != CONFIG_TYPE_INT) return refuse(r, setting, "must be a number");
    if (!(x >= 0 && x <= high)) {
        char why[64];
        snprintf(why, sizeof why, "must lie between 0 and %g", (double)high);
        return refuse(r, setting, why);
    }
    *value = (float)x;
    return true;
}

/* Jansson is the judge, since the text will travel as its JSON. */
static bool is_utf8(const char *text) {
    json_t *string = json_string(text);
    json_decref(string);
    return string;
}

static bool read_text(reader *r, const config_setting_t *setting, char *text, size_t size) {
    const char *value = config_setting_get_string(setting);
    if (!value) return refuse(r, setting, "must be a text in quotes");
    if (strlen(value) >= size) return refuse(r, setting, "is too long");
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) return refuse(r, setting, "holds a control character");
    if (!is_utf8(value)) return refuse(r, setting, "is not UTF-8");
    snprintf(text, size, "%s", value);
    return true;
}

static bool read_field(reader *r, const config_setting_t *setting, ut_rule *rule) {
    const char *name = config_setting_name(setting);
    const struct {
        const char *name;
        float *value;
        float high;
    } numbers[] = {
        {"raise", &rule->raise, 1},        {"clear", &rule->clear, 1},
        {"after_s", &rule->after_s, 3600}, {"urgent_after_s", &rule->urgent_after_s, 3600},
        {"hold_s", &rule->hold_s, 3600},   {"cool_down_s", &rule->cool_down_s, 3600},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(name, numbers[i].name)) return read_number(r, setting, numbers[i].high, numbers[i].value);
    if (!strcmp(name, "text")) return read_text(r, setting, rule->text, sizeof rule->text);
    if (!strcmp(name, "advice")) return read_text(r, setting, rule->advice, sizeof rule->advice);
    if (strcmp(name, "on")) return refuse(r, setting, "is not a field of a cue");
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL) return refuse(r, setting, "must be true or false");
    rule->on = config_setting_get_bool(setting);
    return true;
}

static bool read_rule(reader *r, const config_setting_t *group, ut_rule *rule) {
    if (!config_setting_is_group(group)) return refuse(r, group, "must be a group { ... }");
    for (int i = 0; i < config_setting_length(group); i++)
        if (!read_field(r, config_setting_get_elem(group, (unsigned)i), rule)) return false;
    if (rule->clear > rule->raise) return refuse(r, group, "must clear at a score below the one that raises it");
    return true;
}

static int kind_of(const char *name) {
    for (int kind = 0; kind < UT_CUE_KINDS; kind++)
        if (!strcmp(name, ut_cue_name(kind))) return kind;
    return -1;
}

static bool read_cues(reader *r, const config_setting_t *cues, ut_playbook *playbook) {
    if (!config_setting_is_group(cues)) return refuse(r, cues, "must be a group { ... }");
    for (int i = 0; i < config_setting_length(cues); i++) {
        const config_setting_t *group = config_setting_get_elem(cues, (unsigned)i);
        int kind = kind_of(config_setting_name(group));
        if (kind < 0) return refuse(r, group, "is not a cue");
        if (!read_rule(r, group, &playbook->rules[kind])) return false;
    }
    return true;
}

static bool read_playbook(reader *r, const config_t *config, ut_playbook *playbook) {
    const config_setting_t *root = config_root_setting(config);
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        if (strcmp(config_setting_name(setting), "cues")) return refuse(r, setting, "is not a part of a playbook");
        if (!read_cues(r, setting, playbook)) return false;
    }
    return true;
}

/* libconfig would open the file, and end the program where it cannot be read. */
static bool includes(const reader *r, const char *text) {
    const char *include = strstr(text, "@include");
    if (!include) return false;
    unsigned line = 1;
    for (const char *c = text; c < include; c++) line += *c == '\n';
    if (r->message) snprintf(r->message, r->message_size, "line %u: a playbook cannot include files", line);
    return true;
}

ut_playbook *ut_playbook_parse(const char *text, char *message, size_t message_size, ut_error *why) {
    ut_error unused, *error = why ? why : &unused;
    reader r = {message, message_size};
    *error = UT_NO_MEMORY;
    if (message && message_size) snprintf(message, message_size, "%s", ut_error_text(UT_NO_MEMORY));
    ut_playbook *playbook = malloc(sizeof *playbook);
    if (!playbook) return NULL;
    *playbook = ut_playbook_default;

    config_t config;
    config_init(&config);
    bool whole = !includes(&r, text), good = whole && config_read_string(&config, text);
    if (whole && !good && message)
        snprintf(message, message_size, "line %d: %s", config_error_line(&config), config_error_text(&config));
    good = good && read_playbook(&r, &config, playbook);
    config_destroy(&config);
    *error = good ? UT_OK : UT_BAD_PLAYBOOK;
    if (good) return playbook;
    free(playbook);
    return NULL;
}

void ut_playbook_close(ut_playbook *playbook) { free(playbook); }
