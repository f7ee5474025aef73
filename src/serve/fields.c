#include "serve/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400 };

__attribute__((format(printf, 2, 3))) static void object_to(fields *f, const char *format, ...) {
    va_list arguments;
    if (*f->why) return;
    va_start(arguments, format);
    vsnprintf(f->why, sizeof f->why, format, arguments);
    va_end(arguments);
}

bool field_is(const char *names, const char *name) {
    size_t n = strlen(name);
    for (const char *at = names; n && (at = strstr(at, name)); at += n)
        if ((at == names || at[-1] == ' ') && (!at[n] || at[n] == ' ')) return !strchr(name, ' ');
    return false;
}

static void check_names(fields *f, const char *names) {
    const char *name;
    json_t *value;
    json_object_foreach(f->json, name, value) {
        if (!field_is(names, name)) object_to(f, "there are the fields %s, and not %s", names, name);
    }
}

bool fields_open(fields *f, const char *bytes, size_t n_bytes, const char *names) {
    json_error_t error;
    *f = (fields){.json = json_loadb(bytes ? bytes : "", n_bytes, JSON_REJECT_DUPLICATES, &error)};
    if (!f->json) object_to(f, "not JSON, at byte %d: %s", error.position, error.text);
    else if (!json_is_object(f->json)) object_to(f, "not a JSON object");
    else check_names(f, names);
    if (!*f->why) return true;
    fields_close(f);
    return false;
}

void fields_close(fields *f) {
    json_decref(f->json);
    f->json = NULL;
}

/* ASCII's, DEL, and U+0080 to U+009F, which UTF-8 begins with 0xc2. */
static bool has_control(const char *text, bool lines) {
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if ((*c < ' ' && !(lines && *c == '\n')) || *c == 0x7f) return true;
        if (*c == 0xc2 && c[1] < 0xa0) return true;
    }
    return false;
}

const char *field_text(fields *f, const char *name, size_t max_bytes, int how) {
    json_t *value = json_object_get(f->json, name);
    const char *text = json_string_value(value);
    if (!value || json_is_null(value)) {
        if (how & FIELD_WANTED) object_to(f, "%s: is missing", name);
        return NULL;
    }
    if (!text) object_to(f, "%s: is no text", name);
    else if (!*text) object_to(f, "%s: is empty", name);
    else if (strlen(text) > max_bytes) object_to(f, "%s: is longer than %zu bytes", name, max_bytes);
    else if (has_control(text, how & FIELD_LINES)) object_to(f, "%s: has control characters", name);
    return *f->why ? NULL : text;
}

json_t *field_time(fields *f, const char *name) {
    json_t *value = json_object_get(f->json, name);
    double t_s = json_number_value(value);
    if (!value || json_is_null(value)) return json_null();
    if (!json_is_number(value) || !(t_s >= 0 && t_s <= DAY_S))
        object_to(f, "%s: is no number of seconds in a call", name);
    return json_incref(value);
}

bool field_flag(fields *f, const char *name) {
    json_t *value = json_object_get(f->json, name);
    if (!json_is_boolean(value)) object_to(f, "%s: is neither true nor false", name);
    return json_is_true(value);
}

int field_choice(fields *f, const char *name, const char *const choices[]) {
    char all[100] = "";
    const char *text = json_string_value(json_object_get(f->json, name));
    for (int i = 0; choices[i]; i++) {
        if (text && !strcmp(text, choices[i])) return i;
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", choices[i]);
    }
    object_to(f, "%s: is none of %s", name, all);
    return -1;
}
