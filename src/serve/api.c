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
    bool without_store;
} routes[] = {
    {METHOD_GET, "/api/calls", NULL, list_calls, false},
    {METHOD_GET, "/api/calls/ID", "", show_call, false},
    {METHOD_DELETE, "/api/calls/ID", "", delete_call, false},
    {METHOD_GET, "/api/calls/ID/readings", "points", show_readings, false},
    {METHOD_GET, "/api/calls/ID/audio", "", play_call, false},
    {METHOD_GET, "/api/calls/ID/export", "format", export_call, false},
    {METHOD_POST, "/api/calls/ID/consent", "consent method who", change_consent, false},
    {METHOD_POST, "/api/calls/ID/pause", "state who", change_pause, false},
    {METHOD_POST, "/api/calls/ID/notes", "text t_s", add_note, false},
    {METHOD_DELETE, "/api/calls/ID/notes/N", "", remove_note, false},
    {METHOD_POST, "/api/calls/ID/tags", "tag t_s", add_tag, false},
    {METHOD_DELETE, "/api/calls/ID/tags/N", "", remove_tag, false},
    {METHOD_POST, "/api/calls/ID/hold", "held why", change_hold, false},
    {METHOD_POST, "/api/deletions", "customer", delete_customer, false},
    {METHOD_GET, "/api/status", "", show_status, true},
    {METHOD_GET, "/metrics", "", show_metrics, true},
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

static void allow(answer *a, method method) {
    static const char *const names[METHODS] = {
        [METHOD_GET] = "GET, HEAD", [METHOD_POST] = "POST", [METHOD_DELETE] = "DELETE"};
    size_t n = strlen(a->allow);
    snprintf(a->allow + n, sizeof a->allow - n, "%s%s", n ? ", " : "", names[method]);
}

/* Null when there is none: then 404 or 405 is said. HEAD is GET without a body. */
static const struct route *find_route(struct asked *q) {
    const request *r = q->request;
    method wanted = r->method == METHOD_HEAD ? METHOD_GET : r->method;
    for (int i = 0; i < ROUTES; i++) {
        if (!leads_to(r->path, routes[i].path, q)) continue;
        if (routes[i].method == wanted) {
            *q->answer->allow = '\0';
            return &routes[i];
        }
        allow(q->answer, routes[i].method);
    }
    if (*q->answer->allow) asked_fail(q, 405, "only %s", q->answer->allow);
    else asked_fail(q, 404, "there is nothing at that path");
    return NULL;
}

static bool arguments_allowed(struct asked *q, const char *names) {
    const char *name;
    json_t *value;
    json_object_foreach(q->request->arguments, name, value) {
        if (field_is(names, name)) continue;
        asked_fail(q, 400, "%.60s: there is no such argument", name);
        return false;
    }
    return true;
}

static void answer_route(struct asked *q, const struct route *route) {
    bool post = route->method == METHOD_POST;
    if (!q->api->store && !route->without_store) {
        asked_fail(q, 503, "nothing is kept here");
        return;
    }
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
}
