/* playbook.c - reads a playbook: a libconfig text, src/cues/playbook.cfg is the example and the default. */
#include "cues/playbook.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EMOTION   (1u << UT_CUE_FRUSTRATION | 1u << UT_CUE_STRESS)
#define EVERY_CUE ((1u << UT_CUE_KINDS) - 1)
#define FIELD(name, high, cues)                                                                                        \
    { #name, offsetof(ut_rule, name), high, cues }
const ut_rule_number ut_rule_numbers[UT_RULE_NUMBERS] = {
    FIELD(raise, 1, EMOTION),
    FIELD(clear, 1, EMOTION),
    FIELD(evidence, 100, EMOTION),
    FIELD(after_s, 3600, EVERY_CUE),
    FIELD(urgent_after_s, 3600, EVERY_CUE),
    FIELD(hold_s, 3600, EVERY_CUE),
    FIELD(cool_down_s, 3600, EVERY_CUE),
    FIELD(talk_share, 1, 1u << UT_CUE_MONOLOGUE),
    FIELD(times_median, 100, 1u << UT_CUE_SLOW_REPLY),
    FIELD(rate_syl_s, 20, 1u << UT_CUE_TALKING_FAST),
    FIELD(rate_z, 10, 1u << UT_CUE_TALKING_FAST),
};
enum { LOWEST_PRIORITY = 99 };

#define LANGUAGES "en, de, fr, es, it, pt"
static const char codes[UT_LANGUAGES][3] = {"en", "de", "fr", "es", "it", "pt"};

const char *ut_language_code(ut_language language) { return codes[language]; }

ut_language ut_language_of(const char *code) {
    ut_language language = UT_ENGLISH;
    while (language < UT_LANGUAGES && strcmp(code, codes[language])) language++;
    return language;
}

/* ---- values ---- */

/* Where the reader is, for the sentence it says when something is wrong. */
typedef struct reader {
    char *message;
    size_t message_size;
} reader;

static bool refuse(reader *r, const config_setting_t *setting, const char *why) {
    if (r->message) {
        const char *name = config_setting_name(setting);
        const config_setting_t *list = config_setting_parent(setting);
        if (!name && list) name = config_setting_name(list);
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

static bool read_priority(reader *r, const config_setting_t *setting, unsigned *priority) {
    int x = config_setting_type(setting) == CONFIG_TYPE_INT ? config_setting_get_int(setting) : 0;
    if (x < 1 || x > LOWEST_PRIORITY) return refuse(r, setting, "must be a whole number from 1 to 99");
    *priority = (unsigned)x;
    return true;
}

static bool read_switch(reader *r, const config_setting_t *setting, bool *on) {
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL) return refuse(r, setting, "must be true or false");
    *on = config_setting_get_bool(setting);
    return true;
}

static bool read_text(reader *r, const config_setting_t *setting, char *text, size_t size) {
    const char *value = config_setting_get_string(setting);
    if (!value) return refuse(r, setting, "must be a text in quotes");
    if (strlen(value) >= size) return refuse(r, setting, "is too long");
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) return refuse(r, setting, "holds a control character");
    if (!ut_is_utf8(value)) return refuse(r, setting, "is not UTF-8");
    const char *fault = ut_phrase_fault(value);
    if (fault) return refuse(r, setting, fault);
    strncpy(text, value, size); /* to its end, so that playbooks which say the same are the same bytes */
    return true;
}

static bool read_one_for_all(reader *r, const config_setting_t *setting, char *texts, size_t size) {
    if (!read_text(r, setting, texts, size)) return false;
    for (int language = 1; language < UT_LANGUAGES; language++) memcpy(texts + (size_t)language * size, texts, size);
    return true;
}

/* texts: [UT_LANGUAGES][size]. One text serves all languages, and so does the English one of a group for those that
 * the group leaves out. */
static bool read_texts(reader *r, const config_setting_t *setting, char *texts, size_t size) {
    if (config_setting_type(setting) == CONFIG_TYPE_STRING) return read_one_for_all(r, setting, texts, size);
    if (!config_setting_is_group(setting)) return refuse(r, setting, "must be a text in quotes or a group of them");
    const config_setting_t *english = config_setting_get_member(setting, codes[UT_ENGLISH]);
    if (english && !read_one_for_all(r, english, texts, size)) return false;
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *one = config_setting_get_elem(setting, (unsigned)i);
        ut_language language = ut_language_of(config_setting_name(one));
        if (language == UT_LANGUAGES) return refuse(r, one, "is not a language: " LANGUAGES);
        if (!read_text(r, one, texts + (size_t)language * size, size)) return false;
    }
    return true;
}

/* ---- cues ---- */

static bool read_field(reader *r, const config_setting_t *setting, ut_cue_kind kind, ut_rule *rule) {
    const char *name = config_setting_name(setting);
    if (!strcmp(name, "on")) return read_switch(r, setting, &rule->on);
    if (!strcmp(name, "priority")) return read_priority(r, setting, &rule->priority);
    if (!strcmp(name, "text")) return read_texts(r, setting, *rule->text, sizeof *rule->text);
    if (!strcmp(name, "advice")) return read_texts(r, setting, *rule->advice, sizeof *rule->advice);
    for (const ut_rule_number *n = ut_rule_numbers; n < ut_rule_numbers + UT_RULE_NUMBERS; n++)
        if (!strcmp(name, n->name) && n->cues >> kind & 1)
            return read_number(r, setting, n->high, (float *)((char *)rule + n->offset));
    char why[64];
    snprintf(why, sizeof why, "is not a field of %s", ut_cue_name(kind));
    return refuse(r, setting, why);
}

static bool read_rule(reader *r, const config_setting_t *group, ut_cue_kind kind, ut_rule *rule) {
    if (!config_setting_is_group(group)) return refuse(r, group, "must be a group { ... }");
    for (int i = 0; i < config_setting_length(group); i++)
        if (!read_field(r, config_setting_get_elem(group, (unsigned)i), kind, rule)) return false;
    for (int language = 0; language < UT_LANGUAGES; language++)
        if (!*rule->text[language]) return refuse(r, group, "must say something");
    if (EMOTION >> kind & 1 && rule->evidence <= 0) return refuse(r, group, "must ask for some evidence");
    if (rule->clear > rule->raise) return refuse(r, group, "must clear at a score below the one that raises it");
    return true;
}

static ut_cue_kind kind_of(const char *name) {
    ut_cue_kind kind = 0;
    while (kind < UT_CUE_KINDS && strcmp(name, ut_cue_name(kind))) kind++;
    return kind;
}

static bool read_cues(reader *r, const config_setting_t *cues, ut_playbook *playbook) {
    if (!config_setting_is_group(cues)) return refuse(r, cues, "must be a group { ... }");
    for (int i = 0; i < config_setting_length(cues); i++) {
        const config_setting_t *group = config_setting_get_elem(cues, (unsigned)i);
        ut_cue_kind kind = kind_of(config_setting_name(group));
        if (kind == UT_CUE_KINDS) return refuse(r, group, "is not a cue");
        if (!read_rule(r, group, kind, &playbook->rules[kind])) return false;
    }
    return true;
}

/* ---- the team ---- */

static bool read_language(reader *r, const config_setting_t *setting, ut_language *language) {
    const char *code = config_setting_get_string(setting);
    *language = code ? ut_language_of(code) : UT_LANGUAGES;
    return *language < UT_LANGUAGES ? true : refuse(r, setting, "must be one of " LANGUAGES);
}

static bool read_hours_field(reader *r, const config_setting_t *setting, ut_hours *hours) {
    const char *name = config_setting_name(setting), *text = config_setting_get_string(setting);
    int minute = text ? ut_hours_minute(text) : -1;
    if (!strcmp(name, "days")) {
        hours->days = text ? ut_hours_days(text) : 0;
        return hours->days ? true : refuse(r, setting, "must be days such as \"mon-fri\" or \"sat,sun\"");
    }
    if (strcmp(name, "from") && strcmp(name, "to")) return refuse(r, setting, "is not a field of quiet hours");
    if (minute < 0) return refuse(r, setting, "must be a time from \"00:00\" to \"24:00\"");
    *(*name == 'f' ? &hours->from_min : &hours->to_min) = minute;
    return true;
}

static bool read_hours(reader *r, const config_setting_t *group, ut_hours *hours) {
    *hours = (ut_hours){.days = UT_EVERY_DAY, .from_min = -1, .to_min = -1};
    if (!config_setting_is_group(group)) return refuse(r, group, "must hold groups { ... }");
    for (int i = 0; i < config_setting_length(group); i++)
        if (!read_hours_field(r, config_setting_get_elem(group, (unsigned)i), hours)) return false;
    if (hours->from_min < 0 || hours->to_min < 0) return refuse(r, group, "must say from when to when");
    return hours->from_min != hours->to_min ? true : refuse(r, group, "must not begin when they end");
}

static bool read_quiet(reader *r, const config_setting_t *list, ut_playbook *playbook) {
    if (!config_setting_is_list(list)) return refuse(r, list, "must be a list ( ... )");
    if (config_setting_length(list) > UT_QUIET_HOURS) return refuse(r, list, "has too many entries");
    playbook->n_quiet = (unsigned)config_setting_length(list);
    for (unsigned i = 0; i < playbook->n_quiet; i++)
        if (!read_hours(r, config_setting_get_elem(list, i), &playbook->quiet[i])) return false;
    return true;
}

static bool read_playbook(reader *r, const config_t *config, ut_playbook *playbook) {
    const config_setting_t *root = config_root_setting(config);
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        const char *name = config_setting_name(setting);
        bool good = !strcmp(name, "cues")          ? read_cues(r, setting, playbook)
                    : !strcmp(name, "language")    ? read_language(r, setting, &playbook->language)
                    : !strcmp(name, "quiet_hours") ? read_quiet(r, setting, playbook)
                    : !strcmp(name, "hold_out")    ? read_number(r, setting, 1, &playbook->hold_out)
                                                   : refuse(r, setting, "is not a part of a playbook");
        if (!good) return false;
    }
    return true;
}

/* libconfig would open the file, and end the program where it cannot be read. */
static bool includes(const reader *r, const char *text) {
    static const char include[] = "@include";
    unsigned line = 1;
    for (const char *c = text; c; c = strchr(c, '\n'), line++) {
        c += line > 1;
        c += strspn(c, " \t");
        if (strncmp(c, include, sizeof include - 1)) continue;
        if (r->message) snprintf(r->message, r->message_size, "line %u: a playbook cannot include files", line);
        return true;
    }
    return false;
}

ut_playbook *ut_playbook_parse(const char *text, char *message, size_t message_size, ut_error *why) {
    ut_error unused, *error = why ? why : &unused;
    reader r = {message, message_size};
    *error = UT_NO_MEMORY;
    if (message && message_size) snprintf(message, message_size, "%s", ut_error_text(UT_NO_MEMORY));
    ut_playbook *playbook = malloc(sizeof *playbook);
    if (!playbook) return NULL;
    *playbook = ut_playbook_default;

    static const char mark[] = "\xEF\xBB\xBF"; /* that some editors begin UTF-8 with */
    if (!strncmp(text, mark, sizeof mark - 1)) text += sizeof mark - 1;
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

/* ---- asked during a call ---- */

void ut_playbook_say(const ut_playbook *playbook, const ut_about *about, ut_cue *cue) {
    const ut_rule *rule = &playbook->rules[cue->kind];
    cue->priority = rule->priority;
    ut_phrase_fill(rule->text[playbook->language], about, cue->text, sizeof cue->text);
    ut_phrase_fill(rule->advice[playbook->language], about, cue->advice, sizeof cue->advice);
}

bool ut_playbook_is_quiet(const ut_playbook *playbook, int64_t local_time_s) {
    for (unsigned i = 0; local_time_s > 0 && i < playbook->n_quiet; i++)
        if (ut_hours_hold(&playbook->quiet[i], local_time_s)) return true;
    return false;
}

float ut_playbook_hold_out(const ut_playbook *playbook) {
    return (playbook ? playbook : &ut_playbook_default)->hold_out;
}
