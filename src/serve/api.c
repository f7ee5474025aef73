#include "serve/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/asked.h"
#include "serve/audio.h"

struct api *api_open(serve *s, const serve_options *options) {
    struct api *api = calloc(1, sizeof *api);
    if (!api) return NULL;
    api->serve = s;
    api->store = options->store;
    api->order = options->order;
    api->user = options->user;
    if (!api->store || (api->dir = strdup(options->data_dir))) return api;
    api_free(api);
    return NULL;
}

void api_free(struct api *api) {
    if (!api) return;
    database_close(api->reader);
    free(api->dir);
    free(api);
}

/* ID and N of a path stand for a call's id and a number. names: the fields of a POST's body, and else the arguments of
 * the query; null: the answerer looks after them. */
static const struct route {
    method method;
    const char *path, *names;
    answerer *answer;
} routes[] = {
    {METHOD_GET, "/api/calls", NULL, list_calls},
    {METHOD_GET, "/api/calls/ID", "", show_call},
    {METHOD_DELETE, "/api/calls/ID", "", delete_call},
    {METHOD_GET, "/api/calls/ID/readings", "points", show_readings},
    {METHOD_GET, "/api/calls/ID/audio", "", play_call},
    {METHOD_GET, "/api/calls/ID/export", "format", export_call},
    {METHOD_POST, "/api/calls/ID/consent", "consent method who", change_consent},
    {METHOD_POST, "/api/calls/ID/pause", "state who", change_pause},
    {METHOD_POST, "/api/calls/ID/notes", "text t_s", add_note},
    {METHOD_DELETE, "/api/calls/ID/notes/N", "", remove_note},
    {METHOD_POST, "/api/calls/ID/tags", "tag t_s", add_tag},
    {METHOD_DELETE, "/api/calls/ID/tags/N", "", remove_tag},
    {METHOD_POST, "/api/calls/ID/hold", "held why", change_hold},
    {METHOD_POST, "/api/deletions", "customer", delete_customer},
    {METHOD_GET, "/api/status", "", show_status},
    {METHOD_GET, "/metrics", "", show_metrics},
};
enum { ROUTES = sizeof routes / sizeof *routes };

static bool take_number(const char *part, size_t n, long long *number) {
    char text[20] = "";
    if (!n || n >= sizeof text || strspn(part, "0123456789") < n) return false;
    memcpy(text, part, n);
    *number = atoll(text);
    return *number > 0;
}

static bool take_id(const char *part, size_t n, char id[CALL_ID_SIZE]) {
    if (n >= CALL_ID_SIZE) return false;
    memcpy(id, part, n);
    id[n] = '\0';
    return call_id_is(id);
}

/* Part by part, of both. */
static bool leads_to(const char *path, const char *pattern, struct asked *q) {
    while (*path == '/' && *pattern == '/') {
        size_t n = strcspn(++path, "/"), n_pattern = strcspn(++pattern, "/");
        bool same = n == n_pattern && !memcmp(path, pattern, n);
        if (n_pattern == 2 && !memcmp(pattern, "ID", 2)) same = take_id(path, n, q->call);
        if (n_pattern == 1 && *pattern == 'N') same = take_number(path, n, &q->number);
        if (!same) return false;
        path += n;
        pattern += n_pattern;
    }
    return !*path && !*pattern;
}

/* HEAD is GET without a body. */
static const struct route *find_route(struct asked *q) {
    method wanted = q->request->method == METHOD_HEAD ? METHOD_GET : q->request->method;
    for (int i = 0; i < ROUTES; i++)
        if (routes[i].method == wanted && leads_to(q->request->path, routes[i].path, q)) return &routes[i];
    return NULL;
}

/* Says which methods the path has, if any. */
static void refuse_path(struct asked *q) {
    static const char *const names[METHODS] = {
        [METHOD_GET] = "GET, HEAD", [METHOD_POST] = "POST", [METHOD_DELETE] = "DELETE"};
    char *allow = q->answer->allow;
    for (int i = 0; i < ROUTES; i++) {
        size_t n = strlen(allow);
        if (leads_to(q->request->path, routes[i].path, q))
            snprintf(allow + n, sizeof q->answer->allow - n, "%s%s", n ? ", " : "", names[routes[i].method]);
    }
    if (*allow) asked_fail(q, 405, "only %s", allow);
    else asked_fail(q, 404, "there is nothing at that path");
}

static bool arguments_allowed(struct asked *q, const char *names) {
    const char *name;
    json_t *value;
    json_object_foreach(q->request->arguments, name, value) {
        if (field_is(names, name)) continue;
        asked_fail(q, 400, "there is no such argument: %s", name);
        return false;
    }
    return true;
}

static void answer_route(struct asked *q, const struct route *route) {
    bool post = route->method == METHOD_POST;
    if (route->names && !arguments_allowed(q, post ? "" : route->names)) return;
    if (post && !fields_open(&q->fields, q->request->body, q->request->n_body, route->names)) {
        asked_fail(q, 400, "%s", q->fields.why);
        return;
    }
    route->answer(q);
    fields_close(&q->fields);
}

void api_work(void *api, struct errand *e) {
    struct asked q = {.api = api, .request = &e->request, .answer = &e->answer};
    if (e->goes_on) {
        audio_read_on(q.api->dir, q.answer);
        return;
    }
    const struct route *route = find_route(&q);
    if (route) answer_route(&q, route);
    else refuse_path(&q);
}
