#include "serve/imports.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/source.h"
#include "clock.h"
#include "event.h"
#include "store/files.h"
#include "thread.h"

enum {
    FOLDER = 4200,
    PATH = FOLDER + 300,
    WHY = 300,
    SAID = 2048, /* of the process, kept until it is understood */
    ARGUMENTS = 40,
    NICE = 10,
    LOOK_MS = 100,   /* how often it is seen whether to end */
    PATIENCE_S = 10, /* with a process that was told to */
};

typedef enum import_state { WAITING, LISTENING, DONE, KNOWN, FAILED, STATES } import_state;
static const char *const state_names[STATES] = {"waiting", "listening", "done", "known", "failed"};

/* One recording, whose texts are its own. */
struct import {
    TAILQ_ENTRY(import) link;
    long long number;
    char *name, *channels, *agent, *team, *queue, *customer;
    bool record;

    import_state state; /* lock: imports.lock, as of all that follows */
    double progress;
    char call[CALL_ID_SIZE], why[WHY];
};
TAILQ_HEAD(import_list, import);

struct incoming {
    LIST_ENTRY(incoming) link;
    struct import *import;
    int fd;
    int64_t modified_ms;
};

struct imports {
    char folder[FOLDER]; /* DIR/incoming */
    const char *dir;
    const char *const *command;
    pthread_t thread;
    bool running;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    bool closing;
    long long last_number;
    unsigned n_coming, n_waiting, n_told;
    LIST_HEAD(, incoming) coming;
    struct import_list all; /* those that came whole, the newest first */
};

/* ---- one recording ---- */

static void import_free(struct import *i) {
    if (!i) return;
    free(i->name);
    free(i->channels);
    free(i->agent);
    free(i->team);
    free(i->queue);
    free(i->customer);
    free(i);
}

/* True without memory. */
static bool copy_text(char **copy, const char *text) { return text && !(*copy = strdup(text)); }

static struct import *import_new(const import_facts *f) {
    struct import *i = calloc(1, sizeof *i);
    if (!i) return NULL;
    i->record = f->record;
    if (!copy_text(&i->name, f->name) && !copy_text(&i->channels, f->channels) && !copy_text(&i->agent, f->agent) &&
        !copy_text(&i->team, f->team) && !copy_text(&i->queue, f->queue) && !copy_text(&i->customer, f->customer))
        return i;
    import_free(i);
    return NULL;
}

/* Its folder, which holds the recording alone, under the name that a person knows. */
static const char *folder_of(char path[PATH], const struct imports *im, const struct import *i) {
    snprintf(path, PATH, "%s/%lld", im->folder, i->number);
    return path;
}

static bool path_of(char path[PATH], const struct imports *im, const struct import *i) {
    int n = snprintf(path, PATH, "%s/%lld/%s", im->folder, i->number, i->name);
    errno = ENAMETOOLONG;
    return n < PATH;
}

static void remove_folder(const struct imports *im, const struct import *i) {
    char path[PATH];
    files_remove(folder_of(path, im, i));
    rmdir(im->folder); /* where it was the last */
}

/* ---- while it comes ---- */

/* Someone else's removing the last of them may take the folder away in between. */
static bool make_folder(const struct imports *im, const struct import *i) {
    char path[PATH];
    folder_of(path, im, i);
    for (int tries = 0; tries < 3; tries++) {
        if (mkdir(im->folder, 0700) && errno != EEXIST) return false;
        if (!mkdir(path, 0700)) return true;
        if (errno != ENOENT) return false;
    }
    return false;
}

static int make_file(const struct imports *im, const struct import *i) {
    char path[PATH];
    int fd = -1;
    if (make_folder(im, i) && path_of(path, im, i)) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = errno;
    if (fd < 0) remove_folder(im, i);
    errno = error;
    return fd;
}

/* Its place among those that come, and its number; 0 where there is none. */
static long long take_place(struct imports *im, struct incoming *in) {
    pthread_mutex_lock(&im->lock);
    bool room = !im->closing && im->n_coming < IMPORTS_COMING && im->n_waiting < IMPORTS_WAITING;
    long long number = room ? ++im->last_number : 0;
    if (room) {
        im->n_coming++;
        LIST_INSERT_HEAD(&im->coming, in, link);
    }
    pthread_mutex_unlock(&im->lock);
    return number;
}

static void leave_place(struct imports *im, struct incoming *in) {
    pthread_mutex_lock(&im->lock);
    LIST_REMOVE(in, link);
    im->n_coming--;
    pthread_mutex_unlock(&im->lock);
}

static void incoming_free(struct incoming *in) {
    import_free(in->import);
    free(in);
}

struct incoming *imports_begin(struct imports *im, const import_facts *facts) {
    struct incoming *in = calloc(1, sizeof *in);
    if (!in || !(in->import = import_new(facts))) {
        free(in);
        errno = ENOMEM;
        return NULL;
    }
    in->modified_ms = facts->modified_ms;
    in->import->number = take_place(im, in);
    if (!in->import->number) {
        incoming_free(in);
        errno = EBUSY;
        return NULL;
    }
    in->fd = make_file(im, in->import);
    if (in->fd >= 0) return in;
    int error = errno;
    leave_place(im, in);
    incoming_free(in);
    errno = error;
    return NULL;
}

/* What is kept of calls in progress goes to the same disk, and comes first. */
static bool leaves_room(const struct incoming *in, size_t n_bytes) {
    struct statvfs disk;
    if (fstatvfs(in->fd, &disk)) return true;
    errno = ENOSPC;
    return (uint64_t)disk.f_bavail * disk.f_frsize >= n_bytes + IMPORTS_SPARE;
}

bool imports_write(struct incoming *in, const char *bytes, size_t n_bytes) {
    if (!leaves_room(in, n_bytes)) return false;
    while (n_bytes) {
        ssize_t n = write(in->fd, bytes, n_bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes += n;
        n_bytes -= (size_t)n;
    }
    return true;
}

void imports_drop(struct imports *im, struct incoming *in) {
    close(in->fd);
    remove_folder(im, in->import);
    leave_place(im, in);
    incoming_free(in);
}

/* A recording was over when its file was last written, as import has it. */
static void set_modified(const struct incoming *in) {
    const struct timespec at = {.tv_sec = in->modified_ms / 1000, .tv_nsec = in->modified_ms % 1000 * 1000000};
    if (in->modified_ms > 0) futimens(in->fd, (const struct timespec[2]){at, at});
}

/* With the lock: who is over and too old is told no more. */
static void forget_old(struct imports *im) {
    struct import *i = TAILQ_LAST(&im->all, import_list), *before;
    for (; i && im->n_told > IMPORTS_TOLD; i = before) {
        before = TAILQ_PREV(i, import_list, link);
        if (i->state < DONE) continue;
        TAILQ_REMOVE(&im->all, i, link);
        im->n_told--;
        import_free(i);
    }
}

long long imports_finish(struct imports *im, struct incoming *in) {
    set_modified(in);
    int failed = close(in->fd), error = errno;
    if (failed) remove_folder(im, in->import);
    leave_place(im, in);
    struct import *i = in->import;
    long long number = failed ? 0 : i->number;
    if (!failed) in->import = NULL;
    incoming_free(in);
    errno = error;
    if (failed) return 0;
    pthread_mutex_lock(&im->lock);
    TAILQ_INSERT_HEAD(&im->all, i, link);
    im->n_waiting++;
    im->n_told++;
    forget_old(im);
    pthread_cond_signal(&im->wake);
    pthread_mutex_unlock(&im->lock);
    return number;
}

/* ---- while it is listened to: a thread of our own ---- */

/* The process that does it, and what it said. */
struct listener {
    pid_t pid;
    int out, err;                  /* our ends, -1 once closed */
    char lines[SAID], words[SAID]; /* of stdout what is no whole line yet; of stderr the end */
    size_t n_lines, n_words;
    import_state became; /* by its own words */
    char call[CALL_ID_SIZE];
};

static void add_option(const char *arguments[ARGUMENTS], int *n, const char *name, const char *value) {
    if (!value) return;
    arguments[(*n)++] = name;
    arguments[(*n)++] = value;
}

/* path comes last, and is no option whatever it looks like. */
static void list_arguments(const char *arguments[ARGUMENTS], const struct imports *im, const struct import *i,
                           const char *path) {
    int n = 0;
    while (im->command[n] && n < ARGUMENTS / 2) arguments[n] = im->command[n], n++;
    add_option(arguments, &n, "--data", im->dir);
    add_option(arguments, &n, "--jobs", "1");
    add_option(arguments, &n, "--method", "vouched for at import");
    add_option(arguments, &n, "--channels", i->channels);
    add_option(arguments, &n, "--agent", i->agent);
    add_option(arguments, &n, "--team", i->team);
    add_option(arguments, &n, "--queue", i->queue);
    add_option(arguments, &n, "--customer", i->customer);
    arguments[n++] = "--progress";
    if (i->record) arguments[n++] = "--record";
    arguments[n++] = "--";
    arguments[n++] = path;
    arguments[n] = NULL;
}

/* With no descriptor of ours but the two, and signals as they are by themselves. */
static int spawn(pid_t *pid, const char *const arguments[], int out, int err) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    int error = posix_spawn(pid, arguments[0], &actions, &attributes, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static bool start(struct listener *l, const char *const arguments[]) {
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    int error = pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ? errno : 0;
    if (!error) error = spawn(&l->pid, arguments, out[1], err[1]);
    shut(&out[1]);
    shut(&err[1]);
    l->out = out[0];
    l->err = err[0];
    if (!error) return true;
    shut(&l->out);
    shut(&l->err);
    errno = error;
    return false;
}

/* With the lock. A line is {"state","progress","call"}; what is none says nothing. */
static void take_line(struct import *i, struct listener *l, const char *line, size_t n) {
    json_t *said = json_loadb(line, n, 0, NULL);
    const char *state = json_string_value(json_object_get(said, "state"));
    const char *call = json_string_value(json_object_get(said, "call"));
    double progress = json_number_value(json_object_get(said, "progress"));
    for (int s = LISTENING; state && s < STATES; s++)
        if (!strcmp(state, state_names[s])) l->became = (import_state)s;
    if (progress >= i->progress && progress <= 1) i->progress = progress;
    if (call && call_id_is(call)) snprintf(l->call, sizeof l->call, "%s", call);
    json_decref(said);
}

/* One that is longer than any we know of is left out. */
static void take_lines(struct imports *im, struct import *i, struct listener *l) {
    char *line = l->lines, *end;
    pthread_mutex_lock(&im->lock);
    while ((end = memchr(line, '\n', l->n_lines))) {
        take_line(i, l, line, (size_t)(end - line));
        l->n_lines -= (size_t)(end + 1 - line);
        line = end + 1;
    }
    pthread_mutex_unlock(&im->lock);
    if (l->n_lines == SAID) l->n_lines = 0;
    memmove(l->lines, line, l->n_lines);
}

/* Reads what there is; closes what is over. */
static void hear(int *fd, char said[SAID], size_t *n_said) {
    ssize_t n = read(*fd, said + *n_said, SAID - *n_said);
    if (n > 0) *n_said += (size_t)n;
    else if (n == 0 || errno != EINTR) shut(fd);
}

/* Only the last of its words matter. */
static void make_room(struct listener *l) {
    enum { HALF = SAID / 2 };
    if (l->n_words < SAID) return;
    memmove(l->words, l->words + HALF, HALF);
    l->n_words = HALF;
}

static bool is_closing(struct imports *im) {
    pthread_mutex_lock(&im->lock);
    bool closing = im->closing;
    pthread_mutex_unlock(&im->lock);
    return closing;
}

/* First it is asked, and goes tidily; then it is not asked. */
static void end(const struct listener *l, double *told_s) {
    if (!*told_s) {
        *told_s = clock_s();
        kill(l->pid, SIGTERM);
    } else if (clock_s() - *told_s > PATIENCE_S) {
        kill(l->pid, SIGKILL);
    }
}

/* Until it has closed both. */
static void follow(struct imports *im, struct import *i, struct listener *l) {
    double told_s = 0;
    while (l->out >= 0 || l->err >= 0) {
        struct pollfd ends[] = {{.fd = l->out, .events = POLLIN}, {.fd = l->err, .events = POLLIN}};
        if (is_closing(im)) end(l, &told_s);
        if (poll(ends, 2, LOOK_MS) <= 0) continue;
        if (ends[0].revents) {
            hear(&l->out, l->lines, &l->n_lines);
            take_lines(im, i, l);
        }
        if (ends[1].revents) {
            hear(&l->err, l->words, &l->n_words);
            make_room(l);
        }
    }
}

/* The last sentence on stderr, without the command's name and without our folder. */
static void tell_why(struct import *i, struct listener *l, const char *folder) {
    static const char command[] = "undertone import: ";
    size_t n_folder = strlen(folder);
    while (l->n_words && strchr("\n\r", l->words[l->n_words - 1])) l->n_words--;
    char *line = strndup(l->words, l->n_words), *at = line ? strrchr(line, '\n') : NULL;
    at = at ? at + 1 : line;
    if (at && !strncmp(at, command, strlen(command))) at += strlen(command);
    if (at && !strncmp(at, folder, n_folder) && at[n_folder] == '/') at += n_folder + 1;
    char *shown = at && *at ? source_name(at) : NULL;
    snprintf(i->why, sizeof i->why, "%s", shown ? shown : "it could not be listened to");
    free(shown);
    free(line);
}

/* With the lock. What it said last holds only where it ended well. */
static void settle(struct import *i, struct listener *l, int status, const char *folder) {
    bool good = WIFEXITED(status) && !WEXITSTATUS(status) && (l->became == DONE || l->became == KNOWN);
    i->state = good ? l->became : FAILED;
    if (good) memcpy(i->call, l->call, sizeof i->call);
    else if (WIFSIGNALED(status))
        snprintf(i->why, sizeof i->why, "listening to it broke off (signal %d)", WTERMSIG(status));
    else tell_why(i, l, folder);
}

static void listen_to(struct imports *im, struct import *i) {
    struct listener l = {.out = -1, .err = -1};
    char path[PATH], folder[PATH];
    const char *arguments[ARGUMENTS];
    int status = 0;
    bool started = path_of(path, im, i);
    list_arguments(arguments, im, i, path);
    started = started && start(&l, arguments);
    if (!started)
        l.n_words = (size_t)snprintf(l.words, SAID, "nothing can be started to listen to it (%s)", strerror(errno));
    else follow(im, i, &l);
    if (started) waitpid(l.pid, &status, 0);
    folder_of(folder, im, i);
    remove_folder(im, i);
    pthread_mutex_lock(&im->lock);
    settle(i, &l, status, folder);
    pthread_mutex_unlock(&im->lock);
}

/* The one that waits for the longest; null when it is time to end. */
static struct import *next(struct imports *im) {
    struct import *i = NULL;
    pthread_mutex_lock(&im->lock);
    while (!im->closing && !im->n_waiting) pthread_cond_wait(&im->wake, &im->lock);
    if (!im->closing) { TAILQ_FOREACH_REVERSE(i, &im->all, import_list, link) if (i->state == WAITING) break; }
    if (i) {
        i->state = LISTENING;
        im->n_waiting--;
    }
    pthread_mutex_unlock(&im->lock);
    return i;
}

/* What it starts is as nice as it is. */
static void *run(void *user) {
    struct imports *im = user;
    setpriority(PRIO_PROCESS, 0, NICE);
    for (struct import *i; (i = next(im));) listen_to(im, i);
    return NULL;
}

/* ---- all of them ---- */

struct imports *imports_open(const char *dir, const char *const *command) {
    struct imports *im = calloc(1, sizeof *im);
    if (!im) return NULL;
    im->dir = dir;
    im->command = command;
    snprintf(im->folder, sizeof im->folder, "%s/incoming", dir);
    pthread_mutex_init(&im->lock, NULL);
    pthread_cond_init(&im->wake, NULL);
    LIST_INIT(&im->coming);
    TAILQ_INIT(&im->all);
    files_remove(im->folder); /* a crash left it */
    im->running = thread_start(&im->thread, run, im);
    if (im->running) return im;
    imports_close(im);
    return NULL;
}

void imports_close(struct imports *im) {
    if (!im) return;
    pthread_mutex_lock(&im->lock);
    im->closing = true;
    pthread_cond_signal(&im->wake);
    pthread_mutex_unlock(&im->lock);
    if (im->running) pthread_join(im->thread, NULL);
    for (struct incoming *in; (in = LIST_FIRST(&im->coming));) imports_drop(im, in);
    for (struct import *i; (i = TAILQ_FIRST(&im->all));) {
        TAILQ_REMOVE(&im->all, i, link);
        import_free(i);
    }
    files_remove(im->folder);
    pthread_mutex_destroy(&im->lock);
    pthread_cond_destroy(&im->wake);
    free(im);
}

static json_t *import_told(const struct import *i) {
    return json_pack("{sI ss ss sf ss? ss?}", "import", (json_int_t)i->number, "name", i->name, "state",
                     state_names[i->state], "progress", i->progress, "call", *i->call ? i->call : NULL, "why",
                     *i->why ? i->why : NULL);
}

json_t *imports_told(struct imports *im) {
    json_t *told = json_array();
    struct import *i;
    pthread_mutex_lock(&im->lock);
    TAILQ_FOREACH(i, &im->all, link) json_array_append_new(told, import_told(i));
    pthread_mutex_unlock(&im->lock);
    return json_pack("{so}", "imports", told);
}
