/* Listening to a call in progress: /events?call=ID&sound=1. That somebody does is in the audit before they hear
 * anything, so the desk is asked first; the call's session then sends its sound for as long as anybody listens.
 *
 *     joined --> desk: audit, order --> session: sound --> hub --> inbox --> those who hear
 */
#include "serve/inside.h"

static void stop(struct serve *s, const char *call) {
    s->order(s->user, call, &(call_order){.kind = ORDER_LISTEN, .listeners = -1});
}

bool serve_hearing_begin(struct serve *s, struct client *c) {
    struct errand *e = calloc(1, sizeof *e);
    if (!e) return false;
    e->listens = true;
    e->wsi = c->wsi;
    e->request.status = state_status(s->state);
    snprintf(e->request.path, sizeof e->request.path, "%s", c->view.call);
    lws_get_peer_simple(c->wsi, e->request.from, sizeof e->request.from);
    c->asks_to_hear = e;
    if (desk_hand_in(s->desks[DESK_ORDERS], e)) return true;
    c->asks_to_hear = NULL;
    errand_free(e);
    return false;
}

/* Takes e over. They may have left meanwhile. */
void serve_hearing_answered(struct serve *s, struct errand *e) {
    bool granted = e->answer.status == 204;
    struct client *c = e->wsi ? &((struct connection *)lws_wsi_user(e->wsi))->client : NULL;
    if (c) {
        c->asks_to_hear = NULL;
        c->hears = granted;
    } else if (granted) {
        stop(s, e->request.path);
    }
    errand_free(e);
}

void serve_hearing_end(struct serve *s, struct client *c) {
    if (c->asks_to_hear) c->asks_to_hear->wsi = NULL;
    if (c->hears) stop(s, c->view.call);
    c->hears = false;
}
