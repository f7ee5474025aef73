/* listening.c - a recording is played to whoever asks, and that they asked is written down. */
#include <stdio.h>
#include <string.h>

#include "serve/asked.h"
#include "serve/audio.h"

/* A page that plays and seeks asks for many pieces: it is one listening until it was not heard of for a while. */
static bool begins_to_listen(struct asked *q, time_t now_s) {
    struct api *api = q->api;
    for (unsigned i = 0; i < LISTENERS; i++) {
        struct listener *l = &api->listeners[i];
        if (strcmp(l->call, q->call) != 0 || strcmp(l->from, q->request->from) != 0) continue;
        bool goes_on = now_s - l->last_s < LISTENING_S;
        l->last_s = now_s;
        if (goes_on) return false;
        *l = (struct listener){0}; /* it is noted anew */
    }
    return true;
}

static bool let_listen(struct asked *q) {
    struct api *api = q->api;
    time_t now_s = time(NULL);
    if (!begins_to_listen(q, now_s)) return true;
    if (!asked_note(q, "replay", json_pack("{ss}", "call", q->call))) return false;
    struct listener *l = &api->listeners[api->next_listener++ % LISTENERS];
    *l = (struct listener){.last_s = now_s};
    memcpy(l->call, q->call, sizeof l->call);
    snprintf(l->from, sizeof l->from, "%s", q->request->from);
    return true;
}

/* The audit comes before the first byte: what cannot be written down is not played. */
void play_call(struct asked *q) {
    json_t *standing = asked_standing(q);
    answer *a = q->answer;
    if (!standing) return;
    const char *consent = json_string_value(json_object_get(standing, "consent"));
    if (strcmp(consent, ut_consent_name(UT_CONSENT_GIVEN)))
        asked_fail(q, 404, "consent is %s: there is nothing to hear", consent);
    else if (!audio_find(q->api->dir, q->call, q->request, a)) asked_fail(q, 404, "there is no recording of that call");
    else if (a->status == 416) asked_fail(q, 416, "the recording is shorter");
    else if (a->status != 304 && q->request->method == METHOD_GET && let_listen(q) && !audio_read_on(q->api->dir, a))
        asked_fail(q, 404, "there is no recording of that call any more");
    json_decref(standing);
}
