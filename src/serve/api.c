#include "serve/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "serve/asked.h"
#include "serve/audio.h"
#include "serve/gzip.h"

struct api *api_open(serve *s, struct imports *imports, const serve_options *options) {
    struct api *api = calloc(1, sizeof *api);
    if (!api) return NULL;
    api->serve = s;
    api->imports = imports;
    api->store = options->store;
    api->order = options->order;
    api->live = options->live;
    api->settings = options->settings;
    api->model = options->model;
    api->user = options->user;
    api->opened_s = clock_s();
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
    {METHOD_GET, "/api/calls/ID/readings", "points from_s to_s measures", show_readings},
    {METHOD_GET, "/api/calls/ID/audio", "", play_call},
    {METHOD_GET, "/api/calls/ID/peaks", "from_s step_ms points", draw_call},
    {METHOD_GET, "/api/calls/ID/export", "format", export_call},
    {METHOD_POST, "/api/calls/ID/consent", "consent method who", change_consent},
    {METHOD_POST, "/api/calls/ID/pause", "state who", change_pause},
    {METHOD_POST, "/api/calls/ID/notes", "text t_s", add_note},
    {METHOD_DELETE, "/api/calls/ID/notes/N", "", remove_note},
    {METHOD_POST, "/api/calls/ID/tags", "tag t_s", add_tag},
    {METHOD_DELETE, "/api/calls/ID/tags/N", "", remove_tag},
    {METHOD_POST, "/api/calls/ID/hold", "held why", change_hold},
    {METHOD_GET, "/api/deletions", "", list_deletions},
    {METHOD_POST, "/api/deletions", "customer", delete_customer},
    {METHOD_GET, "/api/imports", "", list_imports},
    {METHOD_POST, "/api/imports", NULL, take_import},
    {METHOD_GET, "/api/status", "", show_status},
    {METHOD_GET, "/api/settings", "", show_settings},
    {METHOD_GET, "/api/model", "", show_model},
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

static void answer_route(struct asked *q, const struct route *route) {
    bool post = route->method == METHOD_POST && !q->errand->upload;
    if (route->names && !asked_only(q, post ? "" : route->names)) return;
    if (post && !fields_open(&q->fields, q->request->body, q->request->n_body, route->names)) {
        asked_fail(q, 400, "%s", q->fields.why);
        return;
    }
    route->answer(q);
    fields_close(&q->fields);
}

/* What is smaller fits in a packet as it is; a recording is small already. */
static void pack(const request *r, answer *a) {
    enum { WORTH_IT = 1024 };
    size_t n;
    char *packed = r->takes_gzip && !*a->file && a->n_piece > WORTH_IT ? gzip_packed(a->piece, a->n_piece, &n) : NULL;
    if (!packed) return;
    free(a->piece);
    a->piece = packed;
    a->n_piece = n;
    a->n_bytes = (long long)n;
    a->encoding = "gzip";
}

void api_work(void *api, struct errand *e) {
    struct asked q = {.api = api, .errand = e, .request = &e->request, .answer = &e->answer};
    if (e->goes_on) {
        audio_read_on(q.api->dir, q.answer);
        return;
    }
    if (e->listens) {
        let_hear_call(&q);
        return;
    }
    const struct route *route = find_route(&q);
    if (route) answer_route(&q, route);
    else refuse_path(&q);
    pack(q.request, q.answer);
}
