#include "session.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cues/playbook.h"

enum { BLOCK = UT_RATE_HZ / 10 };

struct session {
    source *source;
    ut_call *call;
    playbook_file *playbook; /* null: the defaults */
    edition *edition;        /* of it, that the call has now */
    char *customer, *queue;  /* facts' */
    call_facts facts;
    bool started;
    uint64_t n_samples;
    float block[SOURCE_CHANNELS][BLOCK];
};

/* By the clock on the wall here. */
static int64_t local_s(void) {
    time_t now = time(NULL);
    struct tm local;
    return localtime_r(&now, &local) ? now + local.tm_gmtoff : 0;
}

bool session_is_held_out(const char *id, float share) {
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)id, strlen(id), hash);
    uint32_t drawn = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
    return drawn < (double)share * 0x1p32;
}

static ut_call *call_of(const session *session, const session_options *options) {
    unsigned channels = 0;
    for (int c = 0; c < session->source->channels; c++) channels |= 1u << session->source->roles[c];
    return ut_call_new(options->model,
                       &(ut_call_options){.consent = options->consent,
                                          .playbook = session->edition ? session->edition->playbook : NULL,
                                          .channels = channels,
                                          .about = options->about,
                                          .local_time_s = options->live ? local_s() : 0},
                       NULL);
}

/* Everything but the id and what follows from it. */
static bool fill(session *session, const session_options *options) {
    const ut_call_about *about = &options->about;
    session->playbook = options->playbook;
    session->edition = options->playbook ? playbook_file_take(options->playbook) : NULL;
    session->call = call_of(session, options);
    session->customer = about->customer ? source_name(about->customer) : NULL;
    session->queue = about->queue ? source_name(about->queue) : NULL;
    session->facts = (call_facts){.source = session->source->name,
                                  .channels = session->source->channels,
                                  .roles = {session->source->roles[0], session->source->roles[1]},
                                  .consent = options->consent,
                                  .model = ut_model_id(options->model),
                                  .customer = session->customer,
                                  .queue = session->queue};
    return session->call && !session->customer == !about->customer && !session->queue == !about->queue;
}

session *session_new(source *s, const session_options *options) {
    session *session = calloc(1, sizeof *session);
    if (!session) {
        source_close(s);
        return NULL;
    }
    session->source = s;
    if (!fill(session, options)) {
        session_free(session);
        return NULL;
    }
    float hold_out = ut_playbook_hold_out(session->edition ? session->edition->playbook : NULL);
    call_id_make(session->facts.id, now_unix_ms());
    session->facts.held_out = session_is_held_out(session->facts.id, hold_out);
    return session;
}

void session_free(session *session) {
    if (!session) return;
    ut_call_free(session->call);
    edition_release(session->edition);
    source_close(session->source);
    free(session->customer);
    free(session->queue);
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
    session->facts.started_at_ms = now_unix_ms() - (int64_t)n * 1000 / UT_RATE_HZ;
    give(message_of_call(&session->facts), out, user);
}

void session_stop(session *session, void (*out)(void *user, message *m), void *user) {
    start(session, 0, out, user);
    ut_call_finish(session->call);
    drain(session, out, user);
}

/* The file may have been read again. */
static void follow_playbook(session *session) {
    if (!session->playbook || !playbook_file_has_newer(session->playbook, session->edition)) return;
    edition *older = session->edition;
    session->edition = playbook_file_take(session->playbook);
    ut_call_set_playbook(session->call, session->edition->playbook);
    edition_release(older);
}

session_state session_step(session *session, void (*out)(void *user, message *m), void *user) {
    follow_playbook(session);
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
