/* import.c - a folder of recordings into the store: listened to on all cores, each once.
 *
 * What is heard of a recording is kept back and written in one transaction at its end, so that a call is in the store
 * whole or not at all, and an import that was broken off goes on where it was: a file is known by its content.
 */
#include <errno.h>
#include <fts.h>
#include <getopt.h>
#include <math.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/tee.h"
#include "clock.h"
#include "commands/actor.h"
#include "commands/commands.h"
#include "commands/data.h"
#include "commands/engine.h"
#include "commands/interrupt.h"
#include "commands/recordings.h"
#include "session.h"
#include "store/audit.h"
#include "store/dub.h"
#include "store/rows.h"

static const char usage[] = "usage: undertone import FOLDER... [OPTION...]\n\n"
                            "Listens to the recordings in folders, on all cores, and keeps the calls in the data\n"
                            "folder, also while a server uses it. A recording that is there already, by its content,\n"
                            "is passed over, so an import that was broken off goes on when it is run again.\n\n"
                            "  --data DIR        the data folder (default ~/.local/share/undertone)\n"
                            "  --record          keep the recordings' sound as well, as FLAC\n"
                            "  --agent ID        whose calls these are\n"
                            "  --team NAME       and of which team\n"
                            "  --queue NAME      and queue\n"
                            "  --customer REF    the customer of all of them\n"
                            "  --model FILE      another model\n"
                            "  --playbook FILE   another playbook\n"
                            "  --progress        what becomes of each file on stdout, for programs: a line of JSON\n"
                            "                    with file, state (listening, done, known, failed), progress\n"
                            "                    (0 to 1) and call\n"
                            "  --method TEXT     how consent was learned of (default: command line)\n" RECORDINGS_USAGE;

enum { SHA256_TEXT = 65, PATHS_MAX = 10 * 1000 * 1000, LONGEST_S = 24 * 60 * 60 };

typedef struct import {
    recordings recordings;
    engine engine;
    session_options options;
    bool record, progress;
    data data;

    pthread_mutex_t lock; /* of all that follows, and of the database */
    unsigned imported, known;
    double heard_s;
} import;

/* Which call a recording became, or was already. */
typedef struct outcome {
    char call[CALL_ID_SIZE];
    bool known;
} outcome;

/* The messages of one call, until its end. */
typedef struct heard {
    message **messages;
    size_t n, size;
    bool whole; /* none is missing for want of memory */
} heard;

static void take(void *user, message *m) {
    heard *h = user;
    if (h->n == h->size) {
        size_t size = h->size ? 2 * h->size : 1024;
        message **larger = realloc(h->messages, size * sizeof(message *));
        if (!larger) {
            h->whole = false;
            return;
        }
        h->messages = larger;
        h->size = size;
    }
    h->messages[h->n++] = message_hold(m);
}

static void heard_free(heard *h) {
    for (size_t i = 0; i < h->n; i++) message_release(h->messages[i]);
    free(h->messages);
}

/* Over the line of progress. */
static bool complain(const char *path, const char *why) {
    fprintf(stderr, "%sundertone import: %s: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", path, why);
    return false;
}

/* For the program that runs us; where it has gone, nobody wants the import either. */
static void tell(const import *im, const char *path, const char *state, double progress, const char *call) {
    json_t *line = json_pack("{ss ss sf ss?}", "file", path, "state", state, "progress", progress, "call", call);
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(4)) : NULL;
    if (im->progress && (printf("%s\n", text ? text : "{}") < 0 || fflush(stdout))) raise(SIGTERM);
    free(text);
    json_decref(line);
}

static bool hash_file(const char *path, char hex[SHA256_TEXT]) {
    unsigned char bytes[65536], hash[32];
    FILE *file = fopen(path, "rb");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = file && context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (size_t n; good && (n = fread(bytes, 1, sizeof bytes, file)) > 0;) good = EVP_DigestUpdate(context, bytes, n);
    good = good && !ferror(file) && EVP_DigestFinal_ex(context, hash, NULL);
    for (int i = 0; good && i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    EVP_MD_CTX_free(context);
    if (file) fclose(file);
    return good;
}

static bool is_known(import *im, const char *sha256, outcome *o) {
    pthread_mutex_lock(&im->lock);
    o->known = rows_have_content(im->data.database, sha256, o->call);
    im->known += o->known;
    pthread_mutex_unlock(&im->lock);
    return o->known;
}

static bool put_all(struct database *d, const heard *h) {
    bool good = true;
    for (size_t i = 0; i < h->n && good; i++) good = rows_put(d, h->messages[i]) != DATABASE_ROW_FAILED;
    return good;
}

/* With the lock. Two files of one content may have been listened to at the same time. */
static bool store_call(import *im, const heard *h, const char *sha256, outcome *o, char *why, size_t why_size) {
    struct database *d = im->data.database;
    o->known = rows_have_content(d, sha256, o->call);
    if (o->known) {
        im->known++;
        return true;
    }
    bool good = database_begin(d, DATABASE_SYNCED) && put_all(d, h) && database_commit(d);
    if (good) {
        im->imported++;
        database_tidy(d);
        return true;
    }
    database_explain(d, why, why_size);
    database_rollback(d);
    return false;
}

static bool keep(import *im, const char *path, const heard *h, const char *sha256, double heard_s, outcome *o) {
    char why[512];
    if (!h->whole) return complain(path, ut_error_text(UT_NO_MEMORY));
    pthread_mutex_lock(&im->lock);
    bool good = store_call(im, h, sha256, o, why, sizeof why);
    if (good) im->heard_s += heard_s;
    pthread_mutex_unlock(&im->lock);
    if (!good) fprintf(stderr, "undertone import: %s\n", why);
    return good;
}

/* False where it was broken off. A small file can hold silence without end, and all that is heard of a call waits in
 * memory for its end. */
static bool listen_to(const import *im, const char *path, session *session, heard *h) {
    static const double tell_every_s = 0.3;
    const source *s = session_source(session);
    double length_s = s->duration_s(s), told_s = 0;
    session_state state = SESSION_BUSY;
    while (state <= SESSION_BUSY && !interrupt_came()) {
        if (fmax(length_s, session_heard_s(session)) > LONGEST_S) return complain(path, "is longer than a day");
        if (im->progress && clock_s() - told_s > tell_every_s) {
            double part = length_s > 0 ? session_heard_s(session) / length_s : 0;
            tell(im, path, "listening", fmin(part, 1), NULL);
            told_s = clock_s();
        }
        state = session_step(session, take, h);
    }
    return state > SESSION_BUSY;
}

/* ---- the sound, where it is kept ---- */

/* What passes on its way to the session. */
typedef struct sound {
    dub *dub; /* null before the first sample, and where nothing is kept */
    char error[128];
    bool wanted;
    const char *folder, *call_id;
} sound;

static void keep_sound(void *user, const source *s, float *const x[SOURCE_CHANNELS], int n) {
    sound *sound = user;
    if (!sound->wanted) return;
    if (!sound->dub) sound->dub = dub_begin(sound->folder, sound->call_id, s->channels, s->roles);
    if (sound->dub && dub_write(sound->dub, x, (size_t)n)) return;
    snprintf(sound->error, sizeof sound->error, "%s", strerror(errno));
    sound->wanted = false;
}

/* The message that tells of it goes with the call's. */
static bool finish_sound(sound *sound, const char *path, heard *h) {
    recording_news news;
    bool good = sound->wanted;
    if (!sound->dub) return good;
    if (good && !(good = dub_finish(sound->dub, &news)))
        snprintf(sound->error, sizeof sound->error, "%s", strerror(errno));
    else if (!good) dub_abandon(sound->dub);
    sound->dub = NULL;
    message *m = good ? message_of_recording(&news) : NULL;
    if (m) take(h, m);
    message_release(m);
    if (!good) complain(path, sound->error);
    return good;
}

/* Takes over s. Null without memory. */
static session *new_session(const import *im, source *s, sound *sound, const char *path, const char *sha256) {
    session_options options = im->options;
    options.content_sha256 = sha256;
    options.started_at_ms = recordings_began_ms(path, s);
    sound->wanted = im->record && options.consent == UT_CONSENT_GIVEN;
    source *heard = sound->wanted ? tee_new(s, keep_sound, sound) : s;
    session *session = heard ? session_new(heard, &options) : NULL;
    if (session) sound->call_id = session_id(session);
    return session;
}

static bool import_new(import *im, const char *path, const char *sha256, outcome *o) {
    heard h = {.whole = true};
    sound sound = {.folder = database_dir(im->data.database)};
    source *s = recordings_open(&im->recordings, path);
    if (!s) return false;
    session *session = new_session(im, s, &sound, path, sha256);
    if (!session) return complain(path, ut_error_text(UT_NO_MEMORY));
    snprintf(o->call, sizeof o->call, "%s", session_id(session));
    bool recorded = sound.wanted, good = listen_to(im, path, session, &h);
    if (good && *session_source(session)->fault)
        fprintf(stderr, "undertone import: %s\n", session_source(session)->fault);
    recordings_tell_lost(&im->recordings, path, session_source(session)->lost);
    if (good && recorded) good = finish_sound(&sound, path, &h);
    good = good && keep(im, path, &h, sha256, session_heard_s(session), o);
    dub_abandon(sound.dub);
    if (!good && recorded) recorder_erase(database_dir(im->data.database), session_id(session), &(bool){false});
    session_free(session);
    heard_free(&h);
    return good;
}

static bool import_one(void *user, const char *path, FILE *out) {
    import *im = user;
    char sha256[SHA256_TEXT];
    outcome o = {0};
    (void)out;
    bool good = hash_file(path, sha256) || complain(path, "cannot be read");
    good = good && (is_known(im, sha256, &o) || import_new(im, path, sha256, &o));
    tell(im, path, !good ? "failed" : o.known ? "known" : "done", good, good ? o.call : NULL);
    return good;
}

/* ---- which files ---- */

static bool is_sound(const char *name) {
    static const char *const endings[] = {"wav", "flac", "ogg",  "oga", "opus", "mp3",
                                          "au",  "aif",  "aiff", "w64", "rf64"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot + 1, endings[i])) return true;
    return false;
}

typedef struct paths {
    char **path;
    int n, size;
} paths;

static bool add_path(paths *p, const char *path) {
    if (p->n == p->size) {
        int size = p->size ? 2 * p->size : 256;
        char **larger = size < PATHS_MAX ? realloc(p->path, (size_t)size * sizeof *larger) : NULL;
        if (!larger) return complain(path, ut_error_text(UT_NO_MEMORY));
        p->path = larger;
        p->size = size;
    }
    return (p->path[p->n] = strdup(path)) ? p->n++, true : complain(path, ut_error_text(UT_NO_MEMORY));
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

/* Every sound file under the folders, in order; a file that is named itself is taken whatever its name is. */
static bool find_paths(paths *p, char **folders) {
    FTS *walk = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name);
    bool good = walk;
    for (FTSENT *at; good && (at = fts_read(walk));) {
        bool hidden = at->fts_level > 0 && at->fts_name[0] == '.';
        if (hidden) fts_set(walk, at, FTS_SKIP);
        else if (at->fts_info == FTS_F && (at->fts_level == 0 || is_sound(at->fts_name)))
            good = add_path(p, at->fts_path);
        else if (at->fts_info == FTS_DNR || at->fts_info == FTS_ERR || at->fts_info == FTS_NS)
            good = complain(at->fts_path, strerror(at->fts_errno));
    }
    if (walk) fts_close(walk);
    return good;
}

static void free_paths(paths *p) {
    for (int i = 0; i < p->n; i++) free(p->path[i]);
    free(p->path);
}

/* ---- the command ---- */

static bool write_audit(import *im) {
    char who[ACTOR_SIZE];
    actor by = actor_of_command_line(who);
    json_t *about = json_pack("{si si}", "imported", (int)im->imported, "known", (int)im->known);
    bool good = about && database_begin(im->data.database, DATABASE_SYNCED) &&
                audit_append(im->data.database, &by, "import", about) && database_commit(im->data.database);
    if (!good) database_rollback(im->data.database);
    json_decref(about);
    return good;
}

static int import_all(import *im, const paths *p) {
    interrupt_catch();
    int status = recordings_run(&im->recordings, p->path, p->n, !im->progress && isatty(STDERR_FILENO), import_one, im);
    if (im->imported && !write_audit(im)) status = EXIT_FAILED;
    if (!im->progress)
        printf("%d recording%s: %u imported (%.1f hours), %u already there, %u not imported\n", p->n,
               p->n == 1 ? "" : "s", im->imported, im->heard_s / 3600, im->known,
               (unsigned)p->n - im->imported - im->known);
    return status;
}

int command_import(int argc, char **argv) {
    enum { DATA = 1, RECORD, AGENT, TEAM, QUEUE, CUSTOMER, MODEL, PLAYBOOK, PROGRESS, METHOD };
import im = {.recordings = {.command = "import", .consent = UT_CONSENT_GIVEN }, .lock = PTHREAD_MUTEX_INITIALIZER };
    const char *data = NULL, *model = NULL, *playbook = NULL;
    const struct option options[] = {
        {"data", required_argument, NULL, DATA},
        {"record", no_argument, NULL, RECORD},
        {"agent", required_argument, NULL, AGENT},
        {"team", required_argument, NULL, TEAM},
        {"queue", required_argument, NULL, QUEUE},
        {"customer", required_argument, NULL, CUSTOMER},
        {"model", required_argument, NULL, MODEL},
        {"playbook", required_argument, NULL, PLAYBOOK},
        {"progress", no_argument, NULL, PROGRESS},
        {"method", required_argument, NULL, METHOD},
        {"help", no_argument, NULL, 'h'},
        RECORDINGS_OPTIONS,
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        const char **text = option == DATA       ? &data
                            : option == AGENT    ? &im.options.agent
                            : option == TEAM     ? &im.options.team
                            : option == QUEUE    ? &im.options.about.queue
                            : option == CUSTOMER ? &im.options.about.customer
                            : option == MODEL    ? &model
                            : option == PLAYBOOK ? &playbook
                            : option == METHOD   ? &im.options.consent_method
                                                 : NULL;
        if (text) *text = optarg;
        else if (option == RECORD) im.record = true;
        else if (option == PROGRESS) im.progress = true;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else if (!recordings_option(&im.recordings, option, optarg)) return EXIT_USAGE;
    }
    if (optind == argc) return fputs(usage, stderr), EXIT_USAGE;
    paths p = {0};
    bool good = find_paths(&p, argv + optind) && engine_open(&im.engine, "import", model, playbook) &&
                data_open_to_change(&im.data, "undertone import", data, true);
    im.options.model = im.engine.model;
    im.options.playbook = im.engine.playbook;
    im.options.consent = im.recordings.consent;
    if (!im.options.consent_method) im.options.consent_method = "command line";
    int status = good ? import_all(&im, &p) : EXIT_FAILED;
    data_close(&im.data);
    free_paths(&p);
    engine_close(&im.engine);
    return status;
}
