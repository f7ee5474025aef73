/* recorder.c - calls as sound files, by one thread for all of them.
 *
 * Every TICK_MS it takes what each ring holds and encodes it; what time is left until the next tick goes into making
 * recordings of the parts of calls that are over (join.c). So a sample is in the file after a tick and the block
 * libFLAC gathers, MEDIA_BLOCK: 0.9 s, and what a crash loses is less than two.
 *
 * libFLAC cannot go on after a write that failed, so a part ends there, and after RETRY_S another begins at the sample
 * that is then due. Parts are FLAC whatever the recordings become: they can be joined without loss, and Opus, whose
 * encoder takes ten times as long, may lag behind without a sample lost.
 */
#include "store/recorder.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "capture/ring.h"
#include "clock.h"
#include "store/join.h"
#include "thread.h"

enum {
    TICK_MS = 400,
    RETRY_S = 2,
    REJOIN_S = 30,
    RING_FRAMES = 4 * UT_RATE_HZ, /* at least this much: a disk may stand still so long */
    CHUNK = 512,
    PROOF = 2 * MEDIA_BLOCK,     /* so many frames written show that a disk that was full takes them again */
    MARKED_MOST = (1 << 24) - 2, /* frames of silence that a float counts exactly */
};

/* A ring's frame is a sample of each channel, -1..1; or where the first is larger, that less 1 is how many frames of
 * silence are due there. */
struct tape {
    TAILQ_ENTRY(tape) link;
    ring *ring;
    uint64_t owed;   /* the writer's until the tape is finished: silence that found no room yet */
    atomic_int wish; /* enum wish */

    /* The thread's. */
    recording_news news;
    media_file part;
    uint64_t first, place; /* in the call: of the part's first frame; of the next frame */
    uint64_t silence;      /* what found the ring full */
    bool leftover;         /* of a process that died */
    bool failing;          /* told so, and nothing better since */
    double retry_at_s;
};
enum wish { RUN, FINISH, DISCARD };
TAILQ_HEAD(tapes, tape);

struct recorder {
    char *dir;
    int folder; /* DIR/audio, -1 while it cannot be reached */
    tape_format format;
    recorder_tell *tell;
    void *user;
    pthread_t thread;

    /* The thread's. */
    struct tapes live, ended;
    struct tape *joining; /* out of ended */
    join *join;
    double retry_at_s; /* to reach the folder */
    int error;         /* why it cannot be reached */
    bool closing;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    struct tapes fresh;
    bool stopping;
};

/* ---- writer's thread ---- */

static float within_1(float x) {
    if (x > 1) return 1;
    if (x < -1) return -1;
    return isfinite(x) ? x : 0;
}

static size_t put_frames(tape *t, float *const x[], size_t at, size_t n) {
    float frames[CHUNK * 2] = {0};
    size_t channels = (size_t)t->news.channels;
    if (n > CHUNK) n = CHUNK;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < channels; c++) frames[i * channels + c] = within_1(x[c][at + i]);
    return ring_write(t->ring, frames, n * channels) / channels;
}

/* False while there is no room. */
static bool put_silence(tape *t) {
    uint64_t n = t->owed < MARKED_MOST ? t->owed : MARKED_MOST;
    float mark[2] = {1 + (float)n, 0};
    if (!ring_write(t->ring, mark, (size_t)t->news.channels)) return false;
    t->owed -= n;
    return true;
}

void tape_write(tape *t, float *const x[], size_t n) {
    size_t done = 0, put = 1;
    while (t->owed && put_silence(t)) continue;
    if (t->owed) put = 0;
    while (put && done < n) done += put = put_frames(t, x, done, n - done);
    t->owed += n - done;
}

static void wish(tape *t, enum wish wish) {
    if (t) atomic_store_explicit(&t->wish, wish, memory_order_release);
}

void tape_finish(tape *t) { wish(t, FINISH); }
void tape_discard(tape *t) { wish(t, DISCARD); }

/* ---- a tape and its part ---- */

static void tape_free(tape *t) {
    if (!t) return;
    ring_free(t->ring);
    free(t);
}

static tape *tape_new(const char *call_id, tape_format format) {
    tape *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->part.fd = -1;
    snprintf(t->news.call, sizeof t->news.call, "%s", call_id);
    t->news.format = tape_format_name(format);
    return t;
}

static void tell(recorder *r, tape *t, recording_state state) {
    t->news.state = state;
    if (state != RECORDING_FAILED) t->news.why[0] = '\0';
    r->tell(r->user, &t->news);
}

static const char *reason(const recorder *r) { return strerror(r->folder < 0 ? r->error : errno); }

static void fail(recorder *r, tape *t, const char *why) {
    t->retry_at_s = clock_s() + RETRY_S;
    if (t->failing) return;
    t->failing = true;
    t->news.lost_s = (double)t->silence / UT_RATE_HZ;
    snprintf(t->news.why, sizeof t->news.why, "%.180s/audio: %s", r->dir, why);
    tell(r, t, RECORDING_FAILED);
}

static bool begin_part(recorder *r, tape *t) {
    char name[MEDIA_NAME_SIZE];
    if (t->failing && clock_s() < t->retry_at_s) return false;
    t->first = t->place;
    t->part.channels = t->news.channels;
    memcpy(t->part.roles, t->news.roles, sizeof t->part.roles);
    media_part_name(name, t->news.call, t->first);
    if (r->folder < 0 || !media_create(&t->part, r->folder, name, TAPE_FLAC)) {
        fail(r, t, reason(r));
        return false;
    }
    if (!t->failing) tell(r, t, RECORDING_BEGUN);
    return true;
}

/* What never filled a block is not in the file, and a part that holds nothing is not kept. */
static void break_part(recorder *r, tape *t, int error) {
    char name[MEDIA_NAME_SIZE];
    media_part_name(name, t->news.call, t->first);
    media_close(&t->part);
    if (t->part.n_frames <= MEDIA_BLOCK) unlinkat(r->folder, name, 0);
    fail(r, t, strerror(error));
}

/* The next n frames go into the part, or nowhere while there can be none. */
static void keep(recorder *r, tape *t, const short *x, size_t n) {
    if (n && (t->part.sound || begin_part(r, t)) && !media_write(&t->part, x, n)) break_part(r, t, errno);
    t->place += n;
    if (t->failing && t->part.sound && t->part.n_frames >= PROOF) {
        t->failing = false;
        tell(r, t, RECORDING_BEGUN);
    }
}

static void keep_silence(recorder *r, tape *t, uint64_t n) {
    static const short zeros[CHUNK * 2];
    t->silence += n;
    for (; n > CHUNK; n -= CHUNK) keep(r, t, zeros, CHUNK);
    keep(r, t, zeros, (size_t)n);
}

/* No more than a ring's worth, so that a writer faster than time keeps nobody else waiting. */
static void drain(recorder *r, tape *t) {
    float in[CHUNK * 2];
    short x[CHUNK * 2];
    size_t channels = (size_t)t->news.channels, n, most = 2 * RING_FRAMES;
    for (; most >= CHUNK && (n = ring_read(t->ring, in, CHUNK * channels) / channels); most -= CHUNK) {
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            const float *frame = in + i * channels;
            if (frame[0] > 1) {
                keep(r, t, x, kept);
                kept = 0;
                keep_silence(r, t, (uint64_t)frame[0] - 1);
                continue;
            }
            for (size_t c = 0; c < channels; c++) x[kept * channels + c] = media_pcm_16(frame[c]);
            kept++;
        }
        keep(r, t, x, kept);
    }
}

/* ---- a call's end ---- */

static void finish(recorder *r, tape *t) {
    drain(r, t);
    keep_silence(r, t, t->owed);
    media_close(&t->part);
    ring_free(t->ring);
    t->ring = NULL;
    t->retry_at_s = 0;
    TAILQ_REMOVE(&r->live, t, link);
    TAILQ_INSERT_TAIL(&r->ended, t, link);
}

static void let_go(recorder *r, tape *t) {
    TAILQ_REMOVE(&r->live, t, link);
    tape_free(t);
}

static void discard(recorder *r, tape *t) {
    bool failed = false;
    media_close(&t->part);
    if (r->folder >= 0) media_remove(r->folder, t->news.call, &failed);
    if (failed) {
        fail(r, t, reason(r));
        return;
    }
    tell(r, t, RECORDING_DISCARDED);
    let_go(r, t);
}

static void serve(recorder *r, tape *t) {
    switch (atomic_load_explicit(&t->wish, memory_order_acquire)) {
    case FINISH:
        finish(r, t);
        break;
    case DISCARD:
        discard(r, t);
        break;
    default:
        drain(r, t);
    }
}

/* ---- recordings of what is over ---- */

static void tell_joined(recorder *r, tape *t) {
    t->news.lost_s += (double)t->silence / UT_RATE_HZ;
    tell(r, t, t->leftover ? RECORDING_INTERRUPTED : RECORDING_FINISHED);
}

/* A tape of which nothing is there: it was erased meanwhile, no sound came, or none of it could be kept. */
static void tell_gone(recorder *r, tape *t) {
    if (!t->failing) tell(r, t, RECORDING_DISCARDED);
}

/* True when the tape is done with. */
static bool conclude(recorder *r, tape *t, join_state state) {
    switch (state) {
    case JOIN_DONE:
        tell_joined(r, t);
        return true;
    case JOIN_GONE:
        tell_gone(r, t);
        return true;
    case JOIN_EMPTY:
        fail(r, t, "nothing of this call had been written yet");
        return true;
    default:
        fail(r, t, reason(r));
        t->retry_at_s = clock_s() + REJOIN_S;
        return r->closing;
    }
}

/* Calls that just ended go before what was left by a process that died: nobody knows how much that is. */
static tape *next_ended(recorder *r) {
    tape *t, *leftover = NULL;
    double now = clock_s();
    TAILQ_FOREACH(t, &r->ended, link) {
        if (now < t->retry_at_s) continue;
        if (!t->leftover) return t;
        if (!leftover) leftover = t;
    }
    return leftover;
}

/* One step towards a recording. False when there is nothing to be done now. */
static bool join_some(recorder *r) {
    join_state state = JOIN_FAILED;
    if (!r->joining) {
        r->joining = next_ended(r);
        if (!r->joining) return false;
        TAILQ_REMOVE(&r->ended, r->joining, link);
        r->join = join_begin(r->folder, r->joining->news.call, r->closing ? TAPE_FLAC : r->format, r->joining->place);
    }
    if (r->join) state = join_step(r->join, &r->joining->news);
    if (state == JOIN_MORE) return true;
    bool done = conclude(r, r->joining, state);
    join_free(r->join);
    if (done) tape_free(r->joining);
    else TAILQ_INSERT_TAIL(&r->ended, r->joining, link);
    r->join = NULL;
    r->joining = NULL;
    return true;
}

/* ---- the thread ---- */

static void see_leftover(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first) {
    recorder *r = user;
    tape *t;
    (void)first;
    if (kind == MEDIA_NEW) unlinkat(r->folder, name, 0);
    if (kind != MEDIA_PART) return;
    TAILQ_FOREACH(t, &r->ended, link) {
        if (!strcmp(t->news.call, call_id)) return;
    }
    if (!(t = tape_new(call_id, r->format))) return;
    t->leftover = true;
    TAILQ_INSERT_TAIL(&r->ended, t, link);
}

/* Finds what was left as soon as the folder is there. */
static void reach_folder(recorder *r) {
    if (r->folder >= 0 || clock_s() < r->retry_at_s) return;
    r->retry_at_s = clock_s() + RETRY_S;
    r->folder = media_folder(r->dir, true);
    r->error = errno;
    if (r->folder >= 0) media_each(r->folder, see_leftover, r);
}

/* Takes over the tapes that were begun. */
static bool adopt(recorder *r) {
    pthread_mutex_lock(&r->lock);
    TAILQ_CONCAT(&r->live, &r->fresh, link);
    bool stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return stopping;
}

static void serve_all(recorder *r) {
    reach_folder(r);
    for (tape *next, *t = TAILQ_FIRST(&r->live); t; t = next) {
        next = TAILQ_NEXT(t, link);
        serve(r, t);
    }
}

static void wait_until(recorder *r, double until_s) {
    struct timespec until = {.tv_sec = (time_t)until_s, .tv_nsec = (long)(fmod(until_s, 1) * 1e9)};
    bool idle = r->folder >= 0 && TAILQ_EMPTY(&r->live) && TAILQ_EMPTY(&r->ended) && !r->joining;
    pthread_mutex_lock(&r->lock);
    while (idle && !r->stopping && TAILQ_EMPTY(&r->fresh)) pthread_cond_wait(&r->wake, &r->lock);
    while (!idle && !r->stopping && !pthread_cond_timedwait(&r->wake, &r->lock, &until)) continue;
    pthread_mutex_unlock(&r->lock);
}

/* What is finished becomes a recording, in FLAC, as that takes no time; the rest stays parts for the next opening. */
static void close_all(recorder *r) {
    r->closing = true;
    serve_all(r);
    for (tape *t; (t = TAILQ_FIRST(&r->live));) {
        media_close(&t->part);
        let_go(r, t);
    }
    if (r->joining) {
        join_free(r->join);
        TAILQ_INSERT_HEAD(&r->ended, r->joining, link);
        r->join = NULL;
        r->joining = NULL;
    }
    for (tape *next, *t = TAILQ_FIRST(&r->ended); t; t = next) {
        next = TAILQ_NEXT(t, link);
        t->retry_at_s = 0;
        if (!t->leftover) continue;
        TAILQ_REMOVE(&r->ended, t, link);
        tape_free(t);
    }
    while (join_some(r)) continue;
}

static void *run(void *user) {
    recorder *r = user;
    while (!adopt(r)) {
        double tick_s = clock_s() + TICK_MS / 1e3;
        serve_all(r);
        while (join_some(r) && clock_s() < tick_s) continue;
        wait_until(r, tick_s);
    }
    close_all(r);
    return NULL;
}

/* ---- any thread ---- */

/* Or may become one: the disk is full, say, or can only be read now. */
static bool is_folder(recorder *r) {
    int folder = media_folder(r->dir, true);
    if (folder >= 0) close(folder);
    return folder >= 0 || (errno != ENOTDIR && errno != ELOOP);
}

recorder *recorder_open(const char *dir, tape_format format, recorder_tell *tell, void *user, char *message,
                        size_t message_size) {
    recorder *r = calloc(1, sizeof *r);
    snprintf(message, message_size, "%s/audio: not enough memory", dir);
    if (!r) return NULL;
    TAILQ_INIT(&r->live);
    TAILQ_INIT(&r->ended);
    TAILQ_INIT(&r->fresh);
    r->format = format;
    r->tell = tell;
    r->user = user;
    r->folder = -1;
    if (!(r->dir = strdup(dir))) goto fail;
    if (!is_folder(r)) {
        snprintf(message, message_size, "%s/audio: not a folder", dir);
        goto fail;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&r->lock, NULL);
    if (thread_start(&r->thread, run, r)) return r;
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
fail:
    free(r->dir);
    free(r);
    return NULL;
}

tape *recorder_begin(recorder *r, const char *call_id, int channels, const ut_channel roles[]) {
    if (!call_id_is(call_id) || channels < 1 || channels > 2) return NULL;
    tape *t = tape_new(call_id, r->format);
    if (!t) return NULL;
    t->news.channels = channels;
    memcpy(t->news.roles, roles, (size_t)channels * sizeof *roles);
    t->ring = ring_new(RING_FRAMES * (size_t)channels);
    if (!t->ring) {
        tape_free(t);
        return NULL;
    }
    pthread_mutex_lock(&r->lock);
    TAILQ_INSERT_TAIL(&r->fresh, t, link);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    return t;
}

void recorder_close(recorder *r) {
    if (!r) return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
    if (r->folder >= 0) close(r->folder);
    free(r->dir);
    free(r);
}
