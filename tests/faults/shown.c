#include "shown.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../blackbox/events.h"
#include "../blackbox/stored.h"

static bool is_given(const json_t *event) { return !strcmp(event_text(event, "consent"), "given"); }

static void take_call(shown *s, const json_t *event) {
    const char *id = event_text(event, "call");
    json_t *known = json_object_get(s->calls, id);
    if (known) json_object_set(known, "consent", json_object_get(event, "consent"));
    else
        json_object_set_new(s->calls, id,
                            json_pack("{ss sI sf sb sO}", "name", event_text(event, "source"), "started_us",
                                      (json_int_t)event_started_us(event), "last_s", 0.0, "ended", 0, "consent",
                                      json_object_get(event, "consent")));
}

/* Other clients got it too, and one that joins late is told again. */
static void take_cue(shown *s, json_t *event, int64_t received_us) {
    char key[100];
    snprintf(key, sizeof key, "%.40s %.0f %s %.3f", event_text(event, "call"), event_number(event, "id"),
             event_text(event, "state"), event_number(event, "t_s"));
    json_t *known = json_object_get(s->cues, key);
    if (known && event_number(known, "received_us") <= (double)received_us) return;
    json_object_set_new(event, "received_us", json_integer(received_us));
    json_object_set(s->cues, key, event);
}

static void take(shown *s, json_t *event, int64_t received_us) {
    json_t *call = json_object_get(s->calls, event_text(event, "call"));
    if (event_is(event, "call")) take_call(s, event);
    if (event_is(event, "cue")) take_cue(s, event, received_us);
    if (event_is(event, "reading") && event_number(event, "t_s") > event_number(call, "last_s"))
        json_object_set(call, "last_s", json_object_get(event, "t_s"));
    if (event_is(event, "summary")) json_object_set_new(call, "ended", json_true());
}

void shown_take(shown *s, ws_client *client) {
    if (!s->calls) *s = (shown){json_object(), json_object()};
    for (size_t i = 0; i < ws_client_count(client); i++) {
        ws_text text = ws_client_text(client, i);
        json_t *event = json_loadb(text.text, text.n_bytes, 0, NULL);
        event_check(event);
        take(s, event, text.received_us);
        json_decref(event);
    }
}

void shown_free(shown *s) {
    json_decref(s->calls);
    json_decref(s->cues);
    *s = (shown){0};
}

static void key_of(char key[80], const json_t *cue) {
    snprintf(key, 80, "%.40s %.0f", event_text(cue, "call"), event_number(cue, "id"));
}

/* The rows by call and cue. */
static json_t *kept_cues(const char *dir) {
    json_t *rows = stored(dir, "SELECT calls.id AS call, cues.id, raised_s, updated_s, cleared_s FROM cues"
                               " JOIN calls ON call = number"),
           *by_key = json_object(), *row;
    char key[80];
    size_t i;
    json_array_foreach(rows, i, row) {
        key_of(key, row);
        json_object_set(by_key, key, row);
    }
    json_decref(rows);
    return by_key;
}

/* Of a cue that was updated the last time stays. */
static bool is_kept(const json_t *row, const json_t *cue) {
    const char *state = event_text(cue, "state");
    double t_s = event_number(cue, "t_s");
    if (!strcmp(state, "raised")) return event_number(row, "raised_s") == t_s;
    if (!strcmp(state, "updated")) return event_number(row, "updated_s") >= t_s;
    return event_number(row, "cleared_s") == t_s;
}

size_t shown_check_cues(const shown *s, const char *dir, int64_t since_us) {
    if (!json_object_size(s->cues)) return 0; /* it may have died before there were tables */
    json_t *rows = kept_cues(dir), *cue;
    char key[80];
    const char *name;
    size_t n = 0;
    json_object_foreach(s->cues, name, cue) {
        if (event_number(cue, "received_us") < (double)since_us) continue;
        if (!is_given(json_object_get(s->calls, event_text(cue, "call")))) continue;
        key_of(key, cue);
        n++;
        if (is_kept(json_object_get(rows, key), cue)) continue;
        fail_msg("was shown, but is not kept: %s", name);
    }
    json_decref(rows);
    return n;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double shown_lateness_ms(const shown *s, int64_t from_us, int64_t to_us, double percent, size_t *n) {
    double *late_ms = calloc(json_object_size(s->cues) + 1, sizeof *late_ms), found = 0;
    size_t count = 0;
    const char *name;
    json_t *cue;
    json_object_foreach(s->cues, name, cue) {
        const json_t *call = json_object_get(s->calls, event_text(cue, "call"));
        double received_us = event_number(cue, "received_us");
        if (received_us < (double)from_us || received_us >= (double)to_us) continue;
        late_ms[count++] = (received_us - event_number(call, "started_us")) / 1e3 - event_number(cue, "t_s") * 1e3;
    }
    qsort(late_ms, count, sizeof *late_ms, compare);
    if (count) found = late_ms[(size_t)(percent / 100 * (double)(count - 1))];
    if (n) *n = count;
    free(late_ms);
    return found;
}
