#include "commands/card.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/engine.h"
#include "text.h"

enum { CARD_PATH = ENGINE_PATH + 4 };

/* The model's name with .md for .utm, or behind it where it ends otherwise. */
static void name_card(char card[CARD_PATH], const char *path) {
    size_t n = strlen(path), suffix = strlen(".utm");
    if (n > suffix && !strcmp(path + n - suffix, ".utm")) n -= suffix;
    snprintf(card, CARD_PATH, "%.*s.md", (int)n, path);
}

static bool is_of_id(char c) { return c && strchr("abcdefghijklmnopqrstuvwxyz0123456789-@", c); }

/* The word with an @ in the first line, such as base@0123456789ab: where it starts, and its length in n, 0 for none. */
static const char *find_id(const char *card, size_t *n) {
    const char *end = card + strcspn(card, "\n"), *start = memchr(card, '@', (size_t)(end - card));
    *n = 0;
    if (!start) return card;
    while (start > card && is_of_id(start[-1])) start--;
    while (start + *n < end && is_of_id(start[*n])) ++*n;
    return start;
}

static bool is_card_of(const char *text, const char *id, const char *path, char *message, size_t message_size) {
    size_t n;
    const char *found = find_id(text, &n);
    if (n == strlen(id) && !strncmp(found, id, n)) return true;
    if (n) snprintf(message, message_size, "%s: is the card of %.*s, not of %s", path, (int)n, found, id);
    else snprintf(message, message_size, "%s: does not say in its first line that it is the card of %s", path, id);
    return false;
}

char *card_read(const char *model_path, const char *id, char *message, size_t message_size) {
    char path[CARD_PATH];
    name_card(path, model_path);
    char *text = text_read(path);
    if (!text) snprintf(message, message_size, "%s: there is no card to show (%s)", path, strerror(errno));
    if (text && is_card_of(text, id, path, message, message_size)) return text;
    free(text);
    return NULL;
}
