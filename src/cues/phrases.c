/* phrases.c - checks and fills in the texts of cues. What is filled in is data: it is copied once and never looked at
 * for variables of its own. */
#include "cues/phrases.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* The variable whose name lies before a closing brace: its value, "" where it is not known; null where there is no
 * such variable. number has room for the one that is a number. */
static const char *value_of(const char *name, const ut_about *about, char number[16]) {
    snprintf(number, 16, "%u", about->earlier);
    const struct {
        const char *name, *value;
    } variables[] = {
        {"customer}", about->customer},
        {"queue}", about->queue},
        {"earlier}", about->earlier ? number : ""},
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (!strncmp(name, variables[i].name, strlen(variables[i].name))) return variables[i].value;
    return NULL;
}

const char *ut_phrase_fault(const char *text) {
    static const ut_about nothing;
    bool inside = false, varies = false;
    char number[16];
    for (; *text; text++) {
        if (*text == (inside ? '[' : ']')) return "has a [ or ] without the other";
        if (*text == ']' && !varies) return "has brackets without a variable in them";
        if (*text == '}') return "has a } without a {";
        if (*text == '{') {
            if (!value_of(text + 1, &nothing, number)) return "may name {customer}, {queue} and {earlier}, no other";
            text = strchr(text, '}');
            varies = true;
        } else if (*text == '[' || *text == ']') {
            inside = *text == '[';
            varies = false;
        }
    }
    return inside ? "has a [ or ] without the other" : NULL;
}

/* Where the text is written: what does not fit closes it. */
typedef struct page {
    char *start, *at, *end;
} page;

static void write_text(page *p, const char *text, size_t n) {
    while (n) {
        size_t character = 1;
        while (character < n && ((unsigned char)text[character] & 0xc0) == 0x80) character++;
        if ((size_t)(p->end - p->at) < character) p->end = p->at;
        else p->at = mempcpy(p->at, text, character);
        text += character;
        n -= character;
    }
}

/* The text from after what was left out: of two spaces around it one is enough. */
static const char *close_gap(const page *p, const char *text) {
    while (*text == ' ' && (p->at == p->start || p->at[-1] == ' ')) text++;
    return text;
}

/* Whether all variables in brackets are known. */
static bool knows(const char *text, const ut_about *about) {
    char number[16];
    for (; *text != ']'; text++)
        if (*text == '{' && !*value_of(text + 1, about, number)) return false;
    return true;
}

void ut_phrase_fill(const char *text, const ut_about *about, char *out, size_t size) {
    page p = {out, out, out + size - 1};
    char number[16];
    while (*text) {
        size_t n = strcspn(text, "[]{");
        write_text(&p, text, n);
        text += n;
        if (*text == '{') {
            const char *value = value_of(text + 1, about, number);
            write_text(&p, value, strlen(value));
            text = strchr(text, '}') + 1;
            if (!*value) text = close_gap(&p, text);
        } else if (*text == '[' && !knows(text, about)) {
            text = close_gap(&p, strchr(text, ']') + 1);
        } else if (*text) {
            text++;
        }
    }
    while (p.at > p.start && p.at[-1] == ' ') p.at--;
    *p.at = '\0';
}

bool ut_is_utf8(const char *text) {
    json_t *string = json_string(text);
    json_decref(string);
    return string;
}

/* Copies a name: control characters (C0, DEL and C1) become spaces, and where it is not UTF-8 all but ASCII becomes
 * question marks. */
static void copy_name(const char *name, char *out, size_t size) {
    page p = {out, out, out + size - 1};
    bool utf8 = name && ut_is_utf8(name);
    for (const unsigned char *c = (const unsigned char *)name; c && *c; c++) {
        bool c1 = utf8 && *c == 0xc2 && c[1] < 0xa0;
        size_t n = 1;
        while (utf8 && *c >= 0xc0 && (c[n] & 0xc0) == 0x80) n++;
        if (*c < ' ' || *c == 0x7f || c1) write_text(&p, " ", 1);
        else write_text(&p, utf8 || *c < 0x80 ? (const char *)c : "?", n);
        c += n - 1;
    }
    *p.at = '\0';
}

void ut_about_init(ut_about *about, const ut_call_about *given) {
    copy_name(given->customer, about->customer, sizeof about->customer);
    copy_name(given->queue, about->queue, sizeof about->queue);
    about->earlier = given->earlier;
}
