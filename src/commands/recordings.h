/* recordings.h - what the commands share that take many recordings: their options, and many of them on many cores. */
#ifndef COMMANDS_RECORDINGS_H
#define COMMANDS_RECORDINGS_H

#include <getopt.h>
#include <stdatomic.h>

#include "capture/recording.h"
#include "commands/jobs.h"

typedef struct recordings {
    const char *command; /* for messages */
    recording_options options;
    ut_consent consent;
    int n_jobs;          /* at a time, 0: one a core */
    atomic_bool misused; /* the options do not fit a file */
} recordings;

/* The options, for getopt_long's table, and what to do with one: false for one that is not of these or whose value is
 * wrong, after saying so. Above every character, such as -h. */
enum { RECORDINGS_CHANNELS = 256, RECORDINGS_RAW, RECORDINGS_CONSENT, RECORDINGS_JOBS };
#define RECORDINGS_OPTIONS                                                                                             \
    {"channels", required_argument, NULL, RECORDINGS_CHANNELS}, {"raw", required_argument, NULL, RECORDINGS_RAW},      \
        {"consent", required_argument, NULL, RECORDINGS_CONSENT}, {                                                    \
        "jobs", required_argument, NULL, RECORDINGS_JOBS                                                               \
    }
#define RECORDINGS_USAGE                                                                                               \
    "  --channels ROLES  whose voice each channel holds: agent,customer (stereo), customer (mono),\n"                  \
    "                    customer,agent, agent, mixed\n"                                                               \
    "  --raw CODING      headerless G.711: ulaw or alaw, ulaw:2 with two channels\n"                                   \
    "  --consent STATE   given (the default: who runs this vouches), refused or unknown\n"                             \
    "  --jobs N          files at a time (default: one a core)\n"
bool recordings_option(recordings *r, int option, const char *value);

/* Null after saying on stderr why not. Any thread. */
source *recordings_open(recordings *r, const char *path);

/* Unix time of its first sample: a recording was over when its file was last written. 0: nobody knows. */
int64_t recordings_began_ms(const char *path, const source *s);

/* Says on stderr how many samples of a recording silence stood in for, if any. */
void recordings_tell_lost(const recordings *r, const char *path, unsigned long lost);

/* Does them all; returns the exit code. */
int recordings_run(recordings *r, char **paths, int n_paths, bool progress, jobs_do *doing, void *user);

#endif
