/* Live calls are kept sorted by id, which is by time, so a new one is nearly always appended. Messages of a call not
 * known are passed over: a reading without its call means nothing to a page. */
#include "serve/state.h"

#include <stdlib.h>
#include <string.h>

/* A cue that is up: its latest message, and what was said of it last, or null. */
struct up {
    message *cue, *feedback;
};

struct known {
    message *call, *summary;
    message *readings[UT_CHANNELS]; /* the last one of each */
    message *pause, *recording;     /* what was last said of either, or null */
    struct up ups[STATE_CUES];
    unsigned n_ups;
    unsigned last_cue; /* the highest number shown; 0: none, or consent was withdrawn */
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
}

static void forget_moment(struct known *call) {
    for (unsigned i = 0; i < UT_CHANNELS; i++) message_release(call->readings[i]);
    for (unsigned i = 0; i < call->n_ups; i++) up_release(&call->ups[i]);
    message_release(call->pause);
    message_release(call->recording);
    memset(call->readings, 0, sizeof call->readings);
    call->pause = call->recording = NULL;
    call->n_ups = 0;
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

/* Nothing but the call message ever comes of a call without consent, so it is over as soon as it is known. */
static bool has_consent(const message *m) { return m->consent == UT_CONSENT_GIVEN; }

/* Consent can be withdrawn after the end: then what there is to tell is the call alone. Or it is given at last, and the
 * call begins. True where nothing is left to do. */
static bool follow_ended(struct state *state, message *m) {
    unsigned i = place_ended(state, m->call);
    if (i == state->n_ended) return false;
    struct known *call = state->ended[i];
    bool begins = !call->summary && has_consent(m);
    if (begins) {
        drop_ended(state, i);
        return false;
    }
    replace(&call->call, m);
    if (!has_consent(m)) {
        replace(&call->summary, NULL);
        call->last_cue = 0;
    }
    return true;
}

static bool follow_call(struct state *state, size_t place, message *m) {
    if (follow_ended(state, m)) return true;
    if (is_live(state, place, m->call)) replace(&state->live[place]->call, m);
    else if (!begin(state, place, m)) return false;
    if (!has_consent(m)) {
        state->live[place]->last_cue = 0;
        end(state, place);
    }
    return true;
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

static void add_up(struct known *call, message *m) {
    if (call->n_ups == STATE_CUES) drop_up(call, 0);
    call->ups[call->n_ups++] = (struct up){.cue = message_hold(m)};
}

static void follow_cue(struct known *call, message *m) {
    unsigned i = find_up(call, m->cue_id);
    bool is_up = i < call->n_ups, cleared = m->cue_state == UT_CUE_CLEARED;
    if (m->cue_id > call->last_cue) call->last_cue = m->cue_id;
    if (is_up && cleared) drop_up(call, i);
    else if (is_up) replace(&call->ups[i].cue, m);
    else if (!cleared) add_up(call, m);
}

static void follow_feedback(struct known *call, message *m) {
    unsigned i = find_up(call, m->cue_id);
    if (i < call->n_ups) replace(&call->ups[i].feedback, m);
}

/* Deleted, or consent withdrawn: of a call that is over nothing comes after it. */
static void follow_loss(struct state *state, message *m) {
    unsigned i = place_ended(state, m->call);
    if (i < state->n_ended) drop_ended(state, i);
}

bool state_follow(struct state *state, message *m) {
    size_t place = place_of(state, m->call);
    if (m->kind == MESSAGE_STATUS) replace(&state->status, m->storing ? NULL : m);
    if (m->kind == MESSAGE_DELETED || (m->kind == MESSAGE_CONSENT && !has_consent(m))) follow_loss(state, m);
    if (m->kind == MESSAGE_CALL) return follow_call(state, place, m);
    if (!is_live(state, place, m->call)) return true;
    struct known *call = state->live[place];
    if (m->kind == MESSAGE_READING && m->channel < UT_CHANNELS) replace(&call->readings[m->channel], m);
    if (m->kind == MESSAGE_PAUSE) replace(&call->pause, m);
    if (m->kind == MESSAGE_RECORDING) replace(&call->recording, m);
    if (m->kind == MESSAGE_CUE) follow_cue(call, m);
    if (m->kind == MESSAGE_FEEDBACK) follow_feedback(call, m);
    if (m->kind == MESSAGE_SUMMARY) {
        replace(&call->summary, m);
        end(state, place);
    }
    return true;
}

bool state_lacks_consent(const struct state *state, const char *id) {
    unsigned ended = place_ended(state, id);
    return ended < state->n_ended && !has_consent(state->ended[ended]->call);
}

bool state_has_shown(const struct state *state, const char *id, unsigned cue) {
    size_t live = place_of(state, id);
    unsigned ended = place_ended(state, id), last = 0;
    if (is_live(state, live, id)) last = state->live[live]->last_cue;
    else if (ended < state->n_ended) last = state->ended[ended]->last_cue;
    return cue && cue <= last;
}

message *state_status(const struct state *state) { return state->status ? message_hold(state->status) : NULL; }

static bool tell(const struct known *call, const char *id, struct queue *out) {
    if (id && strcmp(id, call->call->call)) return true;
    bool ok = queue_push(out, call->call);
    for (unsigned i = 0; i < UT_CHANNELS; i++)
        if (call->readings[i]) ok = ok && queue_push(out, call->readings[i]);
    ok = ok && (!call->pause || queue_push(out, call->pause)) && (!call->recording || queue_push(out, call->recording));
    for (unsigned i = 0; i < call->n_ups; i++) {
        ok = ok && queue_push(out, call->ups[i].cue);
        if (call->ups[i].feedback) ok = ok && queue_push(out, call->ups[i].feedback);
    }
    return ok && (!call->summary || queue_push(out, call->summary));
}

bool state_tell(const struct state *state, const char *id, struct queue *out) {
    bool ok = !state->status || queue_push(out, state->status);
    for (unsigned i = 0; i < state->n_ended; i++) ok = ok && tell(state->ended[i], id, out);
    for (size_t i = 0; i < state->n_live; i++) ok = ok && tell(state->live[i], id, out);
    return ok;
}
