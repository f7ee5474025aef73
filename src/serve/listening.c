/* listening.c - a recording is played to whoever asks, and that they asked is written down; or drawn, which nobody can
 * hear. A call in progress is heard as it happens. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/asked.h"
#include "serve/audio.h"
#include "store/outline.h"

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

static bool may_be_heard(struct asked *q) {
    json_t *standing = asked_standing(q);
    if (!standing) return false;
    const char *consent = json_string_value(json_object_get(standing, "consent"));
    bool given = !strcmp(consent, ut_consent_name(UT_CONSENT_GIVEN));
    if (!given) asked_fail(q, 404, "consent is %s: there is nothing to hear", consent);
    json_decref(standing);
    return given;
}

/* The audit comes before the first byte: what cannot be written down is not played. */
void play_call(struct asked *q) {
    answer *a = q->answer;
    if (!may_be_heard(q)) return;
    if (!audio_find(q->api->dir, q->call, q->request, a)) asked_fail(q, 404, "there is no recording of that call");
    else if (a->status == 416) asked_fail(q, 416, "the recording is shorter");
    else if (a->status != 304 && q->request->method == METHOD_GET && let_listen(q) && !audio_read_on(q->api->dir, a))
        asked_fail(q, 404, "there is no recording of that call any more");
}

/* Opus takes 2.5 ms a second of two voices, so this is a quarter of an hour of it; the server's end waits as long. */
enum { OUTLINE_MS = 2500, SAMPLES_MS = UT_RATE_HZ / 1000, STEP_MS_MAX = 60000, POINTS_MAX = 4096 };

static void draw_part(struct asked *q, const outline_part *part) {
    size_t n;
    signed char *drawn = outline_draw(q->api->dir, q->call, part, &n);
    if (drawn) {
        q->answer->status = 200;
        asked_set_body(q, (char *)drawn, n, "application/octet-stream");
    } else if (errno == ENOENT || errno == ELOOP) {
        asked_fail(q, 404, "there is no recording of that call");
    } else if (errno == ETIMEDOUT) {
        asked_fail(q, 503, "step_ms, points: that much sound takes too long, ask for less of it at a time");
    } else {
        asked_fail(q, 503, "the recording cannot be read now");
    }
}

void draw_call(struct asked *q) {
    double from_s = 0;
    int step_ms = 40, points = 512;
    if (!asked_seconds(q, "from_s", &from_s) || !asked_whole(q, "step_ms", 5, STEP_MS_MAX, &step_ms) ||
        !asked_whole(q, "points", 1, POINTS_MAX, &points) || !may_be_heard(q))
        return;
    draw_part(q, &(outline_part){.first = (uint64_t)llround(from_s * UT_RATE_HZ),
                                 .step = (size_t)(step_ms * SAMPLES_MS),
                                 .points = (size_t)points,
                                 .patience_ms = OUTLINE_MS});
}

/* Each time anew: nobody is let in again without its being written down. */
void let_hear_call(struct asked *q) {
    memcpy(q->call, q->request->path, sizeof q->call);
    if (!asked_note(q, "listen", json_pack("{ss}", "call", q->call))) return;
    if (asked_order(q, &(call_order){.kind = ORDER_LISTEN, .listeners = 1})) q->answer->status = 204;
    else asked_fail(q, 404, "no such call is in progress");
}
