/* jobs.c - many files on many cores, their output in the order they were given.
 *
 * The file whose turn it is writes straight to stdout, the others to temporary files without a name until their turns
 * come. What a job writes first waits in its stream's buffer, so that one with little to say needs no file:
 *
 *     job --> buffer --+-- has its turn ----------------------------------> stdout
 *                      |                                                      ^
 *                      +-- not yet --> temporary file --> its turn comes -----+
 *                                      cannot take it --> job waits for its turn
 *
 * So memory is bounded by the buffers, and a full disk costs time, not output. Temporary files lie in TMPDIR, else in
 * /var/tmp, since /tmp is memory on many systems; the last tenth of that disk is left to others.
 */
#include "commands/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "commands/interrupt.h"

enum {
    AHEAD = 64,         /* files that may be worked on before an earlier one's turn has ended */
    BUFFER = 64 * 1024, /* bytes of each stream */
    MOST_JOBS = 256,
};

typedef struct pool pool;

/* Belongs to the thread that does it until it is done, then to the one that waits for it. */
typedef struct job {
    pool *pool;
    int number;
    FILE *out;
    char *buffer; /* [BUFFER], out's */
    int file;     /* the temporary one, where kept is not 0 */
    off_t kept;   /* bytes in it */
    bool done, good;
} job;

struct pool {
    const char *command;
    char **paths;
    jobs_do *doing;
    void *user;
    pthread_mutex_t lock; /* of what follows, and of each job's done */
    pthread_cond_t changed;
    int next, end; /* the file to be done next, and the first that will not be */
    int turn;
    int refused; /* errno of stdout, which takes no more */
    job *jobs;   /* [n_paths] */
    bool told;   /* a line of progress is there; belongs to the file whose turn it is */
};

/* ---- the line of progress: gone before anything else is printed ---- */

static void tell(pool *p, int n_paths) {
    static const char full[] = "====================", empty[] = "                    ";
    int width = sizeof full - 1, done = width * p->turn / n_paths;
    fprintf(stderr, "[%.*s%.*s] %d of %d files", done, full, width - done, empty, p->turn, n_paths);
    p->told = true;
}

static void untell(pool *p) {
    if (p->told) fputs("\r\033[K", stderr);
    p->told = false;
}

/* ---- bytes ---- */

static bool write_all(int file, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t written = write(file, bytes, n);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

static int open_temporary(void) {
    char path[4096];
    const char *folder = getenv("TMPDIR");
    int n = snprintf(path, sizeof path, "%s/undertone-XXXXXX", folder && *folder ? folder : "/var/tmp");
    int file = n < (int)sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    if (file >= 0) unlink(path);
    return file;
}

static bool has_room(int file) {
    struct statvfs disk;
    return !fstatvfs(file, &disk) && disk.f_bavail > disk.f_blocks / 10;
}

/* A file that took but a part has still `kept` bytes. */
static bool keep(job *j, const char *bytes, size_t n) {
    if (j->kept == 0 && (j->file = open_temporary()) < 0) return false;
    bool good = has_room(j->file) && lseek(j->file, j->kept, SEEK_SET) >= 0 && write_all(j->file, bytes, n);
    if (good) j->kept += (off_t)n;
    if (j->kept == 0) close(j->file);
    return good;
}

static bool print(pool *p, const char *bytes, size_t n) {
    untell(p);
    if (write_all(STDOUT_FILENO, bytes, n)) return true;
    pthread_mutex_lock(&p->lock);
    p->refused = errno;
    p->end = p->next;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return false;
}

static bool print_kept(job *j) {
    char block[BUFFER];
    off_t at = 0;
    if (j->kept == 0) return true;
    bool good = !j->pool->refused; /* what follows a hole is not printed */
    while (good && at < j->kept) {
        size_t wanted = j->kept - at < BUFFER ? (size_t)(j->kept - at) : BUFFER;
        ssize_t n = pread(j->file, block, wanted, at);
        good = n > 0 && print(j->pool, block, (size_t)n);
        if (n <= 0)
            fprintf(stderr, "undertone %s: %s: what was found is lost, its temporary file cannot be read (%s)\n",
                    j->pool->command, j->pool->paths[j->number], strerror(errno));
        at += n;
    }
    close(j->file);
    j->kept = 0;
    return good;
}

/* ---- turns ---- */

static bool has_turn(job *j) {
    pthread_mutex_lock(&j->pool->lock);
    bool has = j->pool->turn == j->number;
    pthread_mutex_unlock(&j->pool->lock);
    return has;
}

/* False when it will not come any more. */
static bool wait_for_turn(job *j) {
    pool *p = j->pool;
    pthread_mutex_lock(&p->lock);
    while (p->turn != j->number && !p->refused) pthread_cond_wait(&p->changed, &p->lock);
    bool good = !p->refused;
    pthread_mutex_unlock(&p->lock);
    return good;
}

/* The stream's; it takes 0 for a failure. */
static ssize_t put(void *cookie, const char *bytes, size_t n) {
    job *j = cookie;
    if (!has_turn(j) && keep(j, bytes, n)) return (ssize_t)n;
    return wait_for_turn(j) && print_kept(j) && print(j->pool, bytes, n) ? (ssize_t)n : 0;
}

static bool open_stream(job *j) {
    j->buffer = malloc(BUFFER);
    j->out = j->buffer ? fopencookie(j, "w", (cookie_io_functions_t){.write = put}) : NULL;
    if (j->out) return !setvbuf(j->out, j->buffer, _IOFBF, BUFFER);
    fprintf(stderr, "undertone %s: %s: out of memory\n", j->pool->command, j->pool->paths[j->number]);
    return false;
}

static bool close_stream(job *j) {
    bool good = j->out && !ferror(j->out);
    if (j->out && fclose(j->out)) good = false;
    free(j->buffer);
    return print_kept(j) && good;
}

/* ---- the threads ---- */

static void do_one(pool *p, int i) {
    job *j = &p->jobs[i];
    j->pool = p;
    j->number = i;
    bool good = open_stream(j) && p->doing(p->user, p->paths[i], j->out);
    pthread_mutex_lock(&p->lock);
    j->good = good;
    j->done = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* The next file to do, -1 when there is none left. */
static int take(pool *p) {
    pthread_mutex_lock(&p->lock);
    while (p->next < p->end && p->next - p->turn >= AHEAD) pthread_cond_wait(&p->changed, &p->lock);
    if (interrupt_came()) p->end = p->next;
    int i = p->next < p->end ? p->next++ : -1;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return i;
}

static void *work(void *user) {
    pool *p = user;
    for (int i; (i = take(p)) >= 0;) do_one(p, i);
    return NULL;
}

/* Gives file i its turn. False when it will not be done any more. An interrupt ends the jobs themselves, so this always
 * returns. */
static bool wait_for(pool *p, int i, int n_paths, bool progress) {
    pthread_mutex_lock(&p->lock);
    p->turn = i;
    if (progress) tell(p, n_paths);
    pthread_cond_broadcast(&p->changed);
    while (!p->jobs[i].done && i < p->end) pthread_cond_wait(&p->changed, &p->lock);
    bool done = p->jobs[i].done;
    pthread_mutex_unlock(&p->lock);
    untell(p);
    return done;
}

static bool wait_for_all(pool *p, int n_paths, bool progress) {
    bool good = true;
    for (int i = 0; i < n_paths; i++) {
        bool done = wait_for(p, i, n_paths, progress && n_paths > 1);
        if (done && !close_stream(&p->jobs[i])) good = false;
        good = good && done && p->jobs[i].good;
    }
    return good;
}

static int count_threads(int n_jobs, int n_paths) {
    if (n_jobs <= 0) n_jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (n_jobs > n_paths) n_jobs = n_paths;
    return n_jobs > MOST_JOBS ? MOST_JOBS : n_jobs;
}

static bool run_threads(pool *p, int n_threads, int n_paths, bool progress) {
    pthread_t threads[MOST_JOBS];
    int n = 0;
    while (n < n_threads && !pthread_create(&threads[n], NULL, work, p)) n++;
    if (n == 0 && n_paths > 0) fprintf(stderr, "undertone %s: cannot start a thread\n", p->command);
    bool good = n_paths == 0 || (n > 0 && wait_for_all(p, n_paths, progress));
    for (int i = 0; i < n; i++) pthread_join(threads[i], NULL);
    return good;
}

bool jobs_run(const char *command, char **paths, int n_paths, int n_jobs, bool progress, jobs_do *doing, void *user) {
    pool p = {.command = command, .paths = paths, .doing = doing, .user = user, .end = n_paths};
    p.jobs = calloc((size_t)n_paths + 1, sizeof *p.jobs);
    if (!p.jobs) return false;
    pthread_mutex_init(&p.lock, NULL);
    pthread_cond_init(&p.changed, NULL);
    if (fflush(stdout)) p.refused = errno;
    bool good = !p.refused && run_threads(&p, count_threads(n_jobs, n_paths), n_paths, progress);
    if (p.refused) fprintf(stderr, "undertone %s: standard output: %s\n", command, strerror(p.refused));
    else if (interrupt_came()) fprintf(stderr, "undertone %s: interrupted\n", command);
    pthread_cond_destroy(&p.changed);
    pthread_mutex_destroy(&p.lock);
    free(p.jobs);
    return good && !p.refused && !interrupt_came();
}

int jobs_count(const char *text) {
    char *end;
    long n = strtol(text, &end, 10);
    return *text && !*end && n >= 1 && n <= MOST_JOBS ? (int)n : -1;
}
