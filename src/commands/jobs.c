#include "commands/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands/interrupt.h"

typedef struct job {
    char *text;
    size_t n_bytes;
    bool done, good;
} job;

/* Files that may be worked on while an earlier one's turn to be printed has not come: what they say is held in memory.
 */
enum { AHEAD = 64 };

typedef struct pool {
    char **paths;
    int n_paths;
    jobs_do *doing;
    void *user;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int next, printed;
    bool stopped; /* nobody reads stdout any more */
    job *jobs;    /* [n_paths] */
} pool;

static void do_one(pool *p, int i) {
    job *j = &p->jobs[i];
    FILE *out = open_memstream(&j->text, &j->n_bytes);
    bool good = out && p->doing(p->user, p->paths[i], out);
    if (out && fclose(out)) good = false;
    pthread_mutex_lock(&p->lock);
    j->good = good;
    j->done = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* The next file to do, -1 when there is none left. */
static int take(pool *p) {
    pthread_mutex_lock(&p->lock);
    while (!p->stopped && p->next < p->n_paths && p->next - p->printed >= AHEAD)
        pthread_cond_wait(&p->changed, &p->lock);
    int i = p->stopped || p->next == p->n_paths ? -1 : p->next++;
    pthread_mutex_unlock(&p->lock);
    return i;
}

static void *work(void *user) {
    pool *p = user;
    for (int i; (i = take(p)) >= 0;) do_one(p, i);
    return NULL;
}

/* False when file i will not be done any more. An interrupt ends the jobs themselves, so this always returns. */
static bool wait_for(pool *p, int i) {
    pthread_mutex_lock(&p->lock);
    while (!p->jobs[i].done && !(p->stopped && i >= p->next)) pthread_cond_wait(&p->changed, &p->lock);
    bool done = p->jobs[i].done;
    pthread_mutex_unlock(&p->lock);
    return done;
}

static bool print_one(pool *p, int i) {
    job *j = &p->jobs[i];
    bool written = j->n_bytes == 0 || (fwrite(j->text, 1, j->n_bytes, stdout) == j->n_bytes && !fflush(stdout));
    free(j->text);
    pthread_mutex_lock(&p->lock);
    p->printed = i + 1;
    p->stopped = p->stopped || !written;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return j->good && written;
}

/* The line of progress is gone before anything else is printed. */
static bool print_all(pool *p, bool progress) {
    bool good = true;
    progress = progress && p->n_paths > 1;
    for (int i = 0; i < p->n_paths; i++) {
        if (progress) fprintf(stderr, "%d of %d files", i, p->n_paths);
        bool done = wait_for(p, i);
        if (progress) fputs("\r\033[K", stderr);
        good = done && print_one(p, i) && good;
    }
    return good;
}

bool jobs_run(char **paths, int n_paths, int n_jobs, bool progress, jobs_do *doing, void *user) {
    enum { MOST = 256 };
    pthread_t threads[MOST];
    pool p = {.paths = paths, .n_paths = n_paths, .doing = doing, .user = user};
    if (n_jobs <= 0) n_jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (n_jobs > n_paths) n_jobs = n_paths;
    if (n_jobs > MOST) n_jobs = MOST;
    p.jobs = calloc((size_t)n_paths, sizeof *p.jobs);
    if (!p.jobs) return false;
    pthread_mutex_init(&p.lock, NULL);
    pthread_cond_init(&p.changed, NULL);

    int n_started = 0;
    while (n_started < n_jobs && !pthread_create(&threads[n_started], NULL, work, &p)) n_started++;
    if (n_started == 0 && n_paths > 0) fputs("undertone: cannot start a thread\n", stderr);
    bool good = (n_started > 0 || n_paths == 0) && print_all(&p, progress) && !fflush(stdout) && !interrupt_came();
    for (int i = 0; i < n_started; i++) pthread_join(threads[i], NULL);

    pthread_cond_destroy(&p.changed);
    pthread_mutex_destroy(&p.lock);
    free(p.jobs);
    return good;
}

int jobs_count(const char *text) {
    char *end;
    long n = strtol(text, &end, 10);
    return *text && !*end && n >= 1 && n <= 256 ? (int)n : -1;
}
