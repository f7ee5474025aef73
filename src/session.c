#include "session.h"

#include <math.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cues/playbook.h"
#include "store/media.h"

enum { BLOCK = UT_RATE_HZ / 10, TEXTS = 6 };

struct session {
    source *source;
    ut_call *call;
    playbook_file *playbook; /* null: the defaults */
    edition *edition;        /* of it, that the call has now */
    recorder *recorder;
    tape *tape; /* null where the call's sound is not kept */
    char *texts[TEXTS];
    call_facts facts;
    bool started, paused;
    double pause_from_s, pause_to_s; /* of the last pause: no reading comes of that time */
    double paused_hold_s;            /* what the call took for holds, and were pauses */
    int64_t begins_at_ms;            /* 0: now */
    uint64_t n_samples, n_heard;     /* read in all; since there was consent */
    float block[SOURCE_CHANNELS][BLOCK];
    int listeners;
    size_t n_let_hear; /* samples a channel in sound, of BLOCK */
    unsigned char sound[2 * SOURCE_CHANNELS * BLOCK];
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

/* Of what is not null. */
static bool copy_texts(session *session, const session_options *options) {
    const char *const given[TEXTS] = {options->about.customer, options->about.queue,    options->agent,
                                      options->team,           options->consent_method, options->content_sha256};
    const char **const of[TEXTS] = {&session->facts.customer,       &session->facts.queue,
                                    &session->facts.agent,          &session->facts.team,
                                    &session->facts.consent_method, &session->facts.content_sha256};
    for (int i = 0; i < TEXTS; i++) {
        if (given[i] && !(session->texts[i] = source_name(given[i]))) return false;
        *of[i] = session->texts[i];
    }
    return true;
}

/* Everything but the id and what follows from it. */
static bool fill(session *session, const session_options *options) {
    session->playbook = options->playbook;
    session->edition = options->playbook ? playbook_file_take(options->playbook) : NULL;
    session->call = call_of(session, options);
    session->recorder = options->recorder;
    session->begins_at_ms = options->started_at_ms;
    session->facts = (call_facts){.source = session->source->name,
                                  .channels = session->source->channels,
                                  .roles = {session->source->roles[0], session->source->roles[1]},
                                  .consent = options->consent,
                                  .model = ut_model_id(options->model),
                                  .playbook = session->edition ? session->edition->name : "default"};
    return session->call && copy_texts(session, options);
}

session *session_new(source *s, const session_options *options) {
    session *session = calloc(1, sizeof *session);
    if (!session) {
        source_close(s);
        return NULL;
    }
    session->source = s;
    session->pause_from_s = session->pause_to_s = -INFINITY;
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
    tape_finish(session->tape);
    for (int i = 0; i < TEXTS; i++) free(session->texts[i]);
    free(session);
}

const char *session_id(const session *session) { return session->facts.id; }
const source *session_source(const session *session) { return session->source; }
double session_heard_s(const session *session) { return (double)session->n_samples / UT_RATE_HZ; }

static void give(message *m, void (*out)(void *user, message *m), void *user) {
    if (m) out(user, m);
    message_release(m);
}

static bool is_reading(const ut_event *event) {
    return event->type == UT_EVENT_CUSTOMER || event->type == UT_EVENT_ACTIVITY;
}

/* A pause is told as one, and is not the agent's putting anybody on hold; nor are the moments of silence around it. */
static bool is_of_pause(const session *session, const ut_event *event) {
    double from_s = session->pause_from_s, to_s = session->pause_to_s;
    const ut_turn *turn = &event->turn;
    if (is_reading(event)) return event->t_s > from_s && event->t_s <= to_s;
    if (event->type != UT_EVENT_TURN || turn->kind != UT_TURN_HOLD) return false;
    return fmin(turn->end_s, to_s) - fmax(turn->start_s, from_s) > (turn->end_s - turn->start_s) / 2;
}

static void tell_event(session *session, ut_event *event, void (*out)(void *user, message *m), void *user) {
    bool of_pause = is_of_pause(session, event);
    if (of_pause && event->type == UT_EVENT_TURN) session->paused_hold_s += event->turn.end_s - event->turn.start_s;
    if (event->type == UT_EVENT_SUMMARY) event->summary.dynamics.hold_s -= (float)session->paused_hold_s;
    if (!of_pause) give(message_of_event(&session->facts, event), out, user);
}

static void drain(session *session, void (*out)(void *user, message *m), void *user) {
    for (ut_event event; ut_call_next(session->call, &event);) tell_event(session, &event, out, user);
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

/* ---- listening ---- */

_Static_assert(BLOCK == SESSION_SOUND_MS * UT_RATE_HZ / 1000, "a message of sound is a block");

void session_set_listeners(session *session, int more) {
    session->listeners += more;
    if (!session->listeners) session->n_let_hear = 0;
}

static void let_hear_sample(session *session, size_t i) {
    int channels = session->source->channels;
    unsigned char *at = session->sound + 2 * (size_t)channels * session->n_let_hear++;
    for (int c = 0; c < channels; c++) {
        int sample = media_pcm_16(session->block[c][i]);
        *at++ = (unsigned char)(sample & 0xff);
        *at++ = (unsigned char)(sample >> 8 & 0xff);
    }
}

static void let_hear(session *session, size_t n, void (*out)(void *user, message *m), void *user) {
    for (size_t i = 0; i < n; i++) {
        let_hear_sample(session, i);
        if (session->n_let_hear < BLOCK) continue;
        size_t n_bytes = 2 * (size_t)session->source->channels * BLOCK;
        session->n_let_hear = 0;
        give(message_of_sound(session->facts.id, (double)session->n_heard / UT_RATE_HZ, session->sound, n_bytes), out,
             user);
    }
}

/* The next n samples, which are in the block, go to the tape, to who listens, and into the call. */
static void hear(session *session, size_t n, void (*out)(void *user, message *m), void *user) {
    session->n_samples += n;
    if (session->facts.consent != UT_CONSENT_GIVEN) return;
    if (session->paused) memset(session->block, 0, sizeof session->block);
    session->n_heard += n;
    if (session->tape) tape_write(session->tape, (float *const[]){session->block[0], session->block[1]}, n);
    if (session->listeners > 0) let_hear(session, n, out, user);
    push(session, n, out, user);
}

/* The call's own time. */
static double call_s(const session *session) { return (double)session->n_heard / UT_RATE_HZ; }

/* The call, or what is to be known of it now that consent is another. */
static void tell_call(session *session, void (*out)(void *user, message *m), void *user) {
    give(message_of_call(&session->facts), out, user);
    if (session->facts.consent == UT_CONSENT_GIVEN && session->recorder && !session->tape)
        session->tape =
            recorder_begin(session->recorder, session->facts.id, session->source->channels, session->source->roles);
}

/* Once. The first n samples are here, so the call began when the first of them was spoken. */
static void start(session *session, int n, void (*out)(void *user, message *m), void *user) {
    if (session->started) return;
    session->started = true;
    int64_t now_ms = now_unix_ms() - (int64_t)n * 1000 / UT_RATE_HZ;
    session->facts.started_at_ms = session->begins_at_ms ? session->begins_at_ms : now_ms;
    tell_call(session, out, user);
}

static void end(session *session, const char *how, void (*out)(void *user, message *m), void *user) {
    start(session, 0, out, user);
    session->facts.ended = how;
    ut_call_finish(session->call);
    drain(session, out, user);
    tape_finish(session->tape);
    session->tape = NULL;
    if (session->facts.consent != UT_CONSENT_GIVEN) give(message_of_over(session->facts.id), out, user);
}

void session_stop(session *session, void (*out)(void *user, message *m), void *user) {
    end(session, "stopped", out, user);
}

/* ---- what is said of the call while it lasts ---- */

/* What was given can only be taken back, by whatever word. */
static consent_change taken_as(const session *session, const consent_change *change) {
    consent_change taken = *change;
    bool refused = session->facts.consent == UT_CONSENT_GIVEN && change->consent == UT_CONSENT_REFUSED;
    if (refused) taken.consent = UT_CONSENT_WITHDRAWN;
    return taken;
}

/* What is over cannot begin any more. */
static bool may_become(const session *session, ut_consent then) {
    ut_consent now = session->facts.consent;
    if (now == UT_CONSENT_UNKNOWN) return then != now && !(session->facts.ended && then == UT_CONSENT_GIVEN);
    return now == UT_CONSENT_GIVEN && then == UT_CONSENT_WITHDRAWN;
}

/* Of a call with consent. */
static void keep_pause(session *session, const pause_change *change, void (*out)(void *user, message *m), void *user) {
    enum { LATE_S = 1 }; /* than their time readings come by less than this */
    double now_s = call_s(session);
    if (change->paused && !(now_s - session->pause_to_s < LATE_S)) session->pause_from_s = now_s;
    session->pause_to_s = change->paused ? INFINITY : now_s;
    ut_call_set_hold(session->call, change->paused);
    give(message_of_pause(session->facts.id, now_s, change, now_unix_ms()), out, user);
}

void session_set_consent(session *session, const consent_change *change, void (*out)(void *user, message *m),
                         void *user) {
    consent_change taken = taken_as(session, change);
    start(session, 0, out, user);
    if (!may_become(session, taken.consent)) return;
    ut_call_set_consent(session->call, taken.consent);
    session->facts.consent = taken.consent;
    if (taken.consent == UT_CONSENT_GIVEN) session->facts.started_at_ms = now_unix_ms();
    tape_discard(session->tape);
    session->tape = NULL;
    give(message_of_consent(session->facts.id, call_s(session), &taken, now_unix_ms()), out, user);
    session->facts.consent_method = NULL; /* that was the one before; this one's was just told */
    tell_call(session, out, user);
    if (taken.consent == UT_CONSENT_GIVEN && session->paused)
        keep_pause(session, &(pause_change){.paused = true}, out, user);
}

void session_set_pause(session *session, const pause_change *change, void (*out)(void *user, message *m), void *user) {
    start(session, 0, out, user);
    if (session->facts.ended || change->paused == session->paused) return;
    session->paused = change->paused;
    if (session->facts.consent == UT_CONSENT_GIVEN) keep_pause(session, change, out, user);
}

/* The file may have been read again. */
static void follow_playbook(session *session) {
    if (!session->playbook || !playbook_file_has_newer(session->playbook, session->edition)) return;
    edition *older = session->edition;
    session->edition = playbook_file_take(session->playbook);
    session->facts.playbook = session->edition->name;
    ut_call_set_playbook(session->call, session->edition->playbook);
    edition_release(older);
}

session_state session_step(session *session, void (*out)(void *user, message *m), void *user) {
    follow_playbook(session);
    int n = source_read(session->source, (float *const[]){session->block[0], session->block[1]}, BLOCK);
    if (n == 0) return SESSION_IDLE;
    start(session, n > 0 ? n : 0, out, user);
    if (n > 0) {
        hear(session, (size_t)n, out, user);
        return SESSION_BUSY;
    }
    end(session, n == -1 ? "finished" : "failed", out, user);
    return n == -1 ? SESSION_ENDED : SESSION_FAILED;
}
