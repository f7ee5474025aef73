#include "session.h"

#include <stdlib.h>
#include <time.h>

enum { BLOCK = UT_RATE_HZ / 10 };

struct session {
    source *source;
    ut_call *call;
    call_facts facts;
    bool started;
    uint64_t n_samples;
    float block[SOURCE_CHANNELS][BLOCK];
};

static int64_t unix_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

session *session_new(source *s, const ut_model *model, const ut_playbook *playbook, ut_consent consent) {
    session *session = calloc(1, sizeof *session);
    unsigned channels = 0;
    for (int c = 0; c < s->channels; c++) channels |= 1u << s->roles[c];
    ut_call_options options = {.consent = consent, .playbook = playbook, .channels = channels};
    if (session) session->call = ut_call_new(model, &options, NULL);
    if (!session || !session->call) {
        free(session);
        source_close(s);
        return NULL;
    }
    session->source = s;
    session->facts = (call_facts){.source = s->name,
                                  .channels = s->channels,
                                  .roles = {s->roles[0], s->roles[1]},
                                  .consent = consent,
                                  .model = ut_model_id(model)};
    call_id_make(session->facts.id, unix_ms());
    return session;
}

void session_free(session *session) {
    if (!session) return;
    ut_call_free(session->call);
    source_close(session->source);
    free(session);
}

const char *session_id(const session *session) { return session->facts.id; }
const source *session_source(const session *session) { return session->source; }
double session_heard_s(const session *session) { return (double)session->n_samples / UT_RATE_HZ; }

static void give(message *m, void (*out)(void *user, message *m), void *user) {
    if (m) out(user, m);
    message_release(m);
}

static void drain(session *session, void (*out)(void *user, message *m), void *user) {
    for (ut_event event; ut_call_next(session->call, &event);)
        give(message_of_event(&session->facts, &event), out, user);
}

/* Pushes n samples of every channel; events make room for more. */
static void push(session *session, size_t n, void (*out)(void *user, message *m), void *user) {
    size_t done[SOURCE_CHANNELS] = {0};
    for (bool more = true; more;) {
        more = false;
        for (int c = 0; c < session->source->channels; c++) {
            done[c] += ut_call_push(session->call, session->source->roles[c], session->block[c] + done[c], n - done[c]);
            more = more || done[c] < n;
        }
        drain(session, out, user);
    }
}

/* Once. The first n samples are here, so the call began when the first of them was spoken. */
static void start(session *session, int n, void (*out)(void *user, message *m), void *user) {
    if (session->started) return;
    session->started = true;
    session->facts.started_at_ms = unix_ms() - (int64_t)n * 1000 / UT_RATE_HZ;
    give(message_of_call(&session->facts), out, user);
}

void session_stop(session *session, void (*out)(void *user, message *m), void *user) {
    start(session, 0, out, user);
    ut_call_finish(session->call);
    drain(session, out, user);
}

session_state session_step(session *session, void (*out)(void *user, message *m), void *user) {
    int n = source_read(session->source, (float *const[]){session->block[0], session->block[1]}, BLOCK);
    if (n == 0) return SESSION_IDLE;
    start(session, n > 0 ? n : 0, out, user);
    if (n > 0) {
        session->n_samples += (uint64_t)n;
        push(session, (size_t)n, out, user);
        return SESSION_BUSY;
    }
    session_stop(session, out, user);
    return n == -1 ? SESSION_ENDED : SESSION_FAILED;
}
