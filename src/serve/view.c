#include "serve/view.h"

#include <stdio.h>
#include <string.h>

bool view_set_call(struct view *view, const char *id) {
    snprintf(view->call, sizeof view->call, "%s", id);
    return call_id_is(id);
}

bool view_set_agent(struct view *view, const char *name) {
    snprintf(view->agent, sizeof view->agent, "%s", name);
    return *name && strlen(name) < sizeof view->agent;
}

bool view_set_kind(struct view *view, const char *kind) {
    view->wall = !strcmp(kind, "wall");
    return view->wall;
}

bool view_has_call(const struct view *view, const char *id, const message *call) {
    if (*view->call && strcmp(view->call, id)) return false;
    return !*view->agent || (call && call->agent && !strcmp(view->agent, call->agent));
}

bool view_has(const struct view *view, const message *m, bool sampled) {
    if (!view->wall) return true;
    return m->kind == MESSAGE_READING ? sampled : m->kind != MESSAGE_TURN;
}
