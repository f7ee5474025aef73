#include "commands/recordings.h"

#include <stdio.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/engine.h"

bool recordings_option(recordings *r, int option, const char *value) {
    switch (option) {
    case RECORDINGS_CHANNELS:
        r->options.channels = value;
        return true;
    case RECORDINGS_RAW:
        r->options.raw = value;
        return true;
    case RECORDINGS_CONSENT:
        if (engine_consent(value, &r->consent)) return true;
        fprintf(stderr, "undertone %s: --consent is given, refused or unknown, not %s\n", r->command, value);
        return false;
    case RECORDINGS_JOBS:
        if ((r->n_jobs = jobs_count(value)) > 0) return true;
        fprintf(stderr, "undertone %s: --jobs is a number from 1 to 256, not %s\n", r->command, value);
        return false;
    default:
        return false;
    }
}

source *recordings_open(recordings *r, const char *path) {
    char message[512];
    bool bad_usage = false;
    source *s = recording_open(path, &r->options, message, sizeof message, &bad_usage);
    if (!s) fprintf(stderr, "undertone %s: %s\n", r->command, message);
    if (bad_usage) atomic_store(&r->misused, true);
    return s;
}

int64_t recordings_began_ms(const char *path, const source *s) {
    struct stat st;
    if (stat(path, &st)) return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 - (int64_t)(s->duration_s(s) * 1000);
}

void recordings_tell_lost(const recordings *r, const char *path, unsigned long lost) {
    if (!lost) return;
    fprintf(stderr, "undertone %s: %s: samples that are no numbers, taken as silence: %lu\n", r->command, path, lost);
}

int recordings_run(recordings *r, char **paths, int n_paths, bool progress, jobs_do *doing, void *user) {
    bool good = jobs_run(r->command, paths, n_paths, r->n_jobs, progress, doing, user);
    if (atomic_load(&r->misused)) return EXIT_USAGE;
    return good ? EXIT_FINE : EXIT_FAILED;
}
