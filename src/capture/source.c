/* source.c - what all sources share: the roles of their channels and names that can be shown. */
#include "capture/source.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    int channels;
    ut_channel roles[SOURCE_CHANNELS];
} forms[] = {
    {"agent,customer", 2, {UT_AGENT, UT_CUSTOMER}},
    {"customer,agent", 2, {UT_CUSTOMER, UT_AGENT}},
    {"customer", 1, {UT_CUSTOMER}},
    {"agent", 1, {UT_AGENT}},
    {"mixed", 1, {UT_MIXED}},
};

int source_roles(const char *text, ut_channel roles[SOURCE_CHANNELS]) {
    for (size_t i = 0; text && i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(text, forms[i].text)) continue;
        memcpy(roles, forms[i].roles, sizeof forms[i].roles);
        return forms[i].channels;
    }
    return 0;
}

/* Jansson is the judge of UTF-8, since the name will travel as its JSON. */
static bool is_utf8(const char *text) {
    json_t *string = json_string(text);
    json_decref(string);
    return string;
}

char *source_name(const char *text) {
    char *name = strdup(text);
    if (!name) return NULL;
    bool utf8 = is_utf8(name);
    for (char *c = name; *c; c++)
        if (iscntrl((unsigned char)*c) || (!utf8 && (unsigned char)*c >= 0x80)) *c = '?';
    return name;
}
