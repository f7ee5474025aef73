#include "serve/asked.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/remarks.h"

/* ---- answers ---- */

void asked_set_body(struct asked *q, char *text, size_t n_bytes, const char *type) {
    answer *a = q->answer;
    free(a->piece);
    a->piece = text;
    a->n_piece = n_bytes;
    a->n_bytes = (long long)n_bytes;
    a->type = type;
}

void asked_tell(struct asked *q, json_t *json) {
    answer *a = q->answer;
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(json);
    if (!a->status) a->status = text ? 200 : 503;
    if (!text) text = strdup("{\"error\":\"not enough memory\"}");
    asked_set_body(q, text, text ? strlen(text) : 0, "application/json");
}

/* Text from outside may have been cut within a character. */
static json_t *json_of(const char *text) {
    json_t *json = NULL;
    for (size_t n = strlen(text); !json && n; n--) json = json_stringn(text, n);
    return json;
}

void asked_fail(struct asked *q, unsigned status, const char *format, ...) {
    char why[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    q->answer->status = status;
    if (status != 416) *q->answer->range = '\0';
    asked_tell(q, json_pack("{so}", "error", json_of(why)));
}

/* ---- arguments ---- */

enum { DAY_S = 86400 };

const char *asked_argument(const struct asked *q, const char *name) {
    return json_string_value(json_object_get(q->request->arguments, name));
}

bool asked_only(struct asked *q, const char *names) {
    const char *name;
    json_t *value;
    json_object_foreach(q->request->arguments, name, value) {
        if (field_is(names, name)) continue;
        asked_fail(q, 400, "there is no such argument: %s", name);
        return false;
    }
    return true;
}

bool asked_whole(struct asked *q, const char *name, int low, int high, int *n) {
    const char *text = asked_argument(q, name);
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (!text) return true;
    if (digits && digits < 9 && !text[digits]) *n = atoi(text);
    else *n = low - 1;
    if (*n >= low && *n <= high) return true;
    asked_fail(q, 400, "%s: is a whole number from %d to %d", name, low, high);
    return false;
}

bool asked_seconds(struct asked *q, const char *name, double *s) {
    const char *text = asked_argument(q, name);
    char *end;
    if (!text) return true;
    *s = strtod(text, &end);
    if (*text && !text[strspn(text, "0123456789.")] && !*end && *s <= DAY_S) return true;
    asked_fail(q, 400, "%s: is a number of seconds from 0 to %d", name, DAY_S);
    return false;
}

/* ---- what is kept ---- */

/* The file can be replaced: one that is damaged is set aside, a backup is put back. */
static bool is_of_file(struct api *api) {
    char path[4200];
    struct stat now;
    snprintf(path, sizeof path, "%s/undertone.db", api->dir);
    bool there = !stat(path, &now);
    bool same = there && api->reader && now.st_ino == api->read.st_ino && now.st_dev == api->read.st_dev;
    if (there) api->read = now;
    return same;
}

static void close_reader(struct api *api) {
    database_close(api->reader);
    api->reader = NULL;
}

static bool is_kept(struct asked *q) {
    if (!q->api->store) asked_fail(q, 503, "nothing is kept here");
    return q->api->store;
}

static struct database *reader_of(struct api *api) {
    enum database_fault fault;
    char why[512];
    if (api->dir && !is_of_file(api)) {
        close_reader(api);
        api->reader = database_open(api->dir, DATABASE_READER, &fault, why, sizeof why);
    }
    return api->reader;
}

struct database *asked_reader_if_there(struct asked *q) {
    return reader_of(q->api);
}

json_t *asked_standing_if_known(struct asked *q) {
    struct database *d = reader_of(q->api);
    return d ? remarks_standing(d, q->call) : NULL;
}

struct database *asked_reader(struct asked *q) {
    struct api *api = q->api;
    if (!is_kept(q)) return NULL;
    if (!reader_of(api)) asked_fail(q, 503, "what is kept cannot be read now");
    return api->reader;
}

void asked_tell_found(struct asked *q, json_t *json) {
    if (json_is_null(json)) {
        asked_fail(q, 404, "there is no such call");
    } else if (json) {
        asked_tell(q, json);
    } else {
        close_reader(q->api);
        asked_fail(q, 503, "what is kept cannot be read now");
    }
}

json_t *asked_standing(struct asked *q) {
    struct database *d = asked_reader(q);
    json_t *standing = d ? remarks_standing(d, q->call) : NULL;
    if (json_is_object(standing)) return standing;
    if (d) asked_tell_found(q, standing);
    return NULL;
}

const char *asked_dir(const struct asked *q) { return q->api->dir; }

bool asked_do(struct asked *q, store_task *task, void *user) {
    if (!is_kept(q)) return false;
    bool done = store_ask(q->api->store, task, user);
    if (!done) asked_fail(q, 503, "it cannot be written now");
    return done;
}

actor asked_by(const struct asked *q) { return (actor){.who = "nobody known", .origin = q->request->from}; }

struct entry {
    actor by;
    const char *action;
    json_t *about;
};

static bool append(void *user, struct database *d) {
    const struct entry *entry = user;
    return audit_append(d, &entry->by, entry->action, entry->about);
}

bool asked_note(struct asked *q, const char *action, json_t *about) {
    struct entry entry = {.by = asked_by(q), .action = action, .about = about};
    bool noted = about && asked_do(q, append, &entry);
    if (!about) asked_tell(q, NULL);
    json_decref(about);
    return noted;
}

bool asked_order(struct asked *q, const call_order *order) {
    return q->api->order && q->api->order(q->api->user, q->call, order);
}

void asked_send(struct asked *q, message *m) { serve_send(q->api->serve, m); }
