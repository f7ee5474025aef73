/* Live calls are kept sorted by id, which is by time, so a new one is nearly always appended. Messages of a call not
 * known are passed over: a reading without its call means nothing to a page. */
#include "serve/state.h"

#include <stdlib.h>
#include <string.h>

#include "serve/trend.h"

/* A cue that is up, or an escalation that waits: its latest message; what was said of it last, and that somebody has
 * taken it, or null. */
struct up {
    message *cue, *feedback, *taken;
};

struct known {
    message *call, *summary;
    message *readings[UT_CHANNELS]; /* the last one of each */
    message *pause, *recording;     /* what was last said of either, or null */
    struct up ups[STATE_CUES];
    unsigned n_ups;
    unsigned last_cue; /* the highest number shown; 0: none, or consent was withdrawn */
    struct trend trend;
    bool forgotten; /* without consent, and over: nothing is told of it any more */
};

struct state {
    struct known **live; /* [n_live] of [size], sorted by id */
    size_t n_live, size;
    struct known *ended[STATE_ENDED]; /* the first ended first */
    unsigned n_ended;
    message *status; /* that calls are not being stored; null: they are */
};

struct state *state_new(void) {
    return calloc(1, sizeof(struct state));
}

static void up_release(struct up *up) {
    message_release(up->cue);
    message_release(up->feedback);
    message_release(up->taken);
}

static void forget_moment(struct known *call) {
    for (unsigned i = 0; i < UT_CHANNELS; i++) message_release(call->readings[i]);
    for (unsigned i = 0; i < call->n_ups; i++) up_release(&call->ups[i]);
    message_release(call->pause);
    message_release(call->recording);
    memset(call->readings, 0, sizeof call->readings);
    call->pause = call->recording = NULL;
    call->n_ups = 0;
    call->trend = (struct trend){0};
}

static void known_free(struct known *call) {
    if (!call) return;
    forget_moment(call);
    message_release(call->call);
    message_release(call->summary);
    free(call);
}

void state_free(struct state *state) {
    if (!state) return;
    for (size_t i = 0; i < state->n_live; i++) known_free(state->live[i]);
    for (unsigned i = 0; i < state->n_ended; i++) known_free(state->ended[i]);
    message_release(state->status);
    free(state->live);
    free(state);
}

/* Where the live call is, or would be inserted. */
static size_t place_of(const struct state *state, const char *id) {
    size_t low = 0, high = state->n_live;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(state->live[middle]->call->call, id) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static unsigned place_ended(const struct state *state, const char *id) {
    unsigned i = 0;
    while (i < state->n_ended && strcmp(state->ended[i]->call->call, id)) i++;
    return i;
}

static bool is_live(const struct state *state, size_t place, const char *id) {
    return place < state->n_live && !strcmp(state->live[place]->call->call, id);
}

static void replace(message **slot, message *m) {
    message_release(*slot);
    *slot = m ? message_hold(m) : NULL;
}

static bool begin(struct state *state, size_t place, message *m) {
    if (state->n_live == state->size) {
        size_t size = state->size ? 2 * state->size : 16;
        struct known **live = realloc(state->live, size * sizeof *live);
        if (!live) return false;
        state->live = live;
        state->size = size;
    }
    struct known *call = calloc(1, sizeof *call);
    if (!call) return false;
    call->call = message_hold(m);
    memmove(&state->live[place + 1], &state->live[place], (state->n_live - place) * sizeof *state->live);
    state->live[place] = call;
    state->n_live++;
    return true;
}

static void drop_ended(struct state *state, unsigned i) {
    known_free(state->ended[i]);
    state->n_ended--;
    memmove(&state->ended[i], &state->ended[i + 1], (state->n_ended - i) * sizeof *state->ended);
}

static void end(struct state *state, size_t place) {
    struct known *call = state->live[place];
    state->n_live--;
    memmove(&state->live[place], &state->live[place + 1], (state->n_live - place) * sizeof *state->live);
    forget_moment(call);
    if (state->n_ended == STATE_ENDED) drop_ended(state, 0);
    state->ended[state->n_ended++] = call;
}

static bool has_consent(const message *m) { return m->consent == UT_CONSENT_GIVEN; }

/* Consent can be withdrawn after the end: then what there is to tell is the call alone. False where it has not ended.
 */
static bool follow_ended(struct state *state, message *m) {
    unsigned i = place_ended(state, m->call);
    if (i == state->n_ended) return false;
    struct known *call = state->ended[i];
    replace(&call->call, m);
    if (!has_consent(m)) {
        replace(&call->summary, NULL);
        call->last_cue = 0;
    }
    return true;
}

/* True where it is live. */
static bool follow_call(struct state *state, size_t place, message *m) {
    if (follow_ended(state, m)) return false;
    if (is_live(state, place, m->call)) replace(&state->live[place]->call, m);
    else if (!begin(state, place, m)) return false;
    if (!has_consent(m)) {
        forget_moment(state->live[place]);
        state->live[place]->last_cue = 0;
    }
    return true;
}

/* True where a wall gets it. */
static bool follow_reading(struct known *call, message *m) {
    if (m->channel >= UT_CHANNELS) return false;
    replace(&call->readings[m->channel], m);
    return m->channel == call->call->channel && trend_add(&call->trend, m);
}

static unsigned find_up(const struct known *call, unsigned cue_id) {
    unsigned i = 0;
    while (i < call->n_ups && call->ups[i].cue->cue_id != cue_id) i++;
    return i;
}

static void drop_up(struct known *call, unsigned i) {
    up_release(&call->ups[i]);
    call->n_ups--;
    memmove(&call->ups[i], &call->ups[i + 1], (call->n_ups - i) * sizeof *call->ups);
}

static bool waits(const struct up *up) { return up->cue->escalates && !up->taken; }

/* Where there is no room the oldest goes, and an escalation that waits goes last. */
static void add_up(struct known *call, message *m) {
    unsigned oldest = 0;
    while (oldest < call->n_ups && waits(&call->ups[oldest])) oldest++;
    if (call->n_ups == STATE_CUES) drop_up(call, oldest < call->n_ups ? oldest : 0);
    call->ups[call->n_ups++] = (struct up){.cue = message_hold(m)};
}

static void follow_cue(struct known *call, message *m) {
    unsigned i = find_up(call, m->cue_id);
    bool is_up = i < call->n_ups, cleared = m->cue_state == UT_CUE_CLEARED;
    if (m->cue_id > call->last_cue) call->last_cue = m->cue_id;
    bool stays = is_up && waits(&call->ups[i]);
    if (is_up && cleared && !stays) drop_up(call, i);
    else if (is_up) replace(&call->ups[i].cue, m);
    else if (!cleared) add_up(call, m);
}

static void follow_feedback(struct known *call, message *m) {
    unsigned i = find_up(call, m->cue_id);
    if (i == call->n_ups) return;
    struct up *up = &call->ups[i];
    replace(m->takes ? &up->taken : &up->feedback, m);
    if (up->taken && up->cue->cue_state == UT_CUE_CLEARED) drop_up(call, i);
}

/* Deleted, or consent withdrawn: of a call that is over nothing comes after it. */
static void follow_loss(struct state *state, message *m) {
    unsigned i = place_ended(state, m->call);
    if (i < state->n_ended) drop_ended(state, i);
}

/* True where it is a reading that a wall gets. */
static bool follow_live(struct state *state, size_t place, message *m) {
    struct known *call = state->live[place];
    bool sampled = m->kind == MESSAGE_READING && follow_reading(call, m);
    if (m->kind == MESSAGE_PAUSE) replace(&call->pause, m);
    if (m->kind == MESSAGE_RECORDING) replace(&call->recording, m);
    if (m->kind == MESSAGE_CUE) follow_cue(call, m);
    if (m->kind == MESSAGE_FEEDBACK) follow_feedback(call, m);
    if (m->kind == MESSAGE_SUMMARY) replace(&call->summary, m);
    call->forgotten = m->kind == MESSAGE_OVER;
    if (m->kind == MESSAGE_SUMMARY || m->kind == MESSAGE_OVER) end(state, place);
    return sampled;
}

/* Live, or ended lately; null where it is neither. */
static struct known *find(const struct state *state, const char *id) {
    size_t live = place_of(state, id);
    if (is_live(state, live, id)) return state->live[live];
    unsigned ended = place_ended(state, id);
    return ended < state->n_ended ? state->ended[ended] : NULL;
}

struct news state_follow(struct state *state, message *m) {
    size_t place = place_of(state, m->call);
    const struct known *call = find(state, m->call);
    message *own = call && m->kind != MESSAGE_CALL ? call->call : m;
    struct news news = {.call = own->kind == MESSAGE_CALL ? message_hold(own) : NULL,
                        .live = is_live(state, place, m->call)};
    if (m->kind == MESSAGE_STATUS) replace(&state->status, m->storing ? NULL : m);
    if (m->kind == MESSAGE_DELETED || (m->kind == MESSAGE_CONSENT && !has_consent(m))) follow_loss(state, m);
    if (m->kind == MESSAGE_CALL) news.live = follow_call(state, place, m);
    else if (news.live) news.sampled = follow_live(state, place, m);
    return news;
}

bool state_can_hear(const struct state *state, const struct view *view) {
    size_t place = place_of(state, view->call);
    if (!is_live(state, place, view->call)) return false;
    const message *call = state->live[place]->call;
    return has_consent(call) && view_has_call(view, view->call, call);
}

size_t state_n_live(const struct state *state) { return state->n_live; }

bool state_lacks_consent(const struct state *state, const char *id) {
    const struct known *call = find(state, id);
    return call && !has_consent(call->call);
}

bool state_has_shown(const struct state *state, const struct view *view, const char *id, unsigned cue) {
    const struct known *call = find(state, id);
    return call && view_has_call(view, id, call->call) && cue && cue <= call->last_cue;
}

bool state_waits(const struct state *state, const char *id, unsigned cue) {
    const struct known *call = find(state, id);
    unsigned i = call ? find_up(call, cue) : 0;
    return call && i < call->n_ups && waits(&call->ups[i]);
}

message *state_status(const struct state *state) { return state->status ? message_hold(state->status) : NULL; }

/* ---- telling ---- */

/* Null: there is nothing to push. */
static bool push(struct queue *out, message *m) { return !m || queue_push(out, m); }

static bool tell_trend(const struct known *call, struct queue *out) {
    message *m = call->call->channel == UT_CUSTOMER ? trend_tell(&call->trend, call->call->call) : NULL;
    bool ok = push(out, m);
    message_release(m);
    return ok;
}

static bool tell_readings(const struct known *call, const struct view *view, struct queue *out) {
    if (view->wall) return tell_trend(call, out) && push(out, call->readings[call->call->channel]);
    bool ok = true;
    for (unsigned i = 0; i < UT_CHANNELS; i++) ok = ok && push(out, call->readings[i]);
    return ok;
}

static bool tell(const struct known *call, const struct view *view, struct queue *out) {
    if (call->forgotten || !view_has_call(view, call->call->call, call->call)) return true;
    bool ok = push(out, call->call) && tell_readings(call, view, out);
    ok = ok && push(out, call->pause) && push(out, call->recording);
    for (unsigned i = 0; i < call->n_ups; i++) {
        const struct up *up = &call->ups[i];
        ok = ok && push(out, up->cue) && push(out, up->feedback) && push(out, up->taken);
    }
    return ok && push(out, call->summary);
}

static bool tell_ended(const struct state *state, const struct view *view, struct queue *out) {
    bool ok = push(out, state->status);
    for (unsigned i = 0; i < state->n_ended; i++) ok = ok && tell(state->ended[i], view, out);
    return ok;
}

/* The first live call that is still to be told. */
static size_t next_of(const struct state *state, const struct telling *telling) {
    size_t place = place_of(state, telling->call);
    return place + is_live(state, place, telling->call);
}

bool state_comes_later(const struct telling *telling, const char *id) {
    return !telling->done && strcmp(id, telling->call) > 0;
}

bool state_tell(const struct state *state, const struct view *view, struct telling *telling, struct queue *out,
                size_t most) {
    if (!telling->ended && !tell_ended(state, view, out)) return false;
    telling->ended = true;
    size_t i = next_of(state, telling);
    for (; i < state->n_live && out->n < most; i++) {
        const struct known *call = state->live[i];
        if (!tell(call, view, out)) return false;
        memcpy(telling->call, call->call->call, CALL_ID_SIZE);
    }
    telling->done = i == state->n_live;
    return true;
}
