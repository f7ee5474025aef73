/* bench_praat.c - a recording through Praat and through our program, and what each takes of a processor.
 *
 *     bench_praat build/undertone
 *
 * In:  made speech, both voices on one line, a few times over: minutes, so that starting a program does not count.
 * Out: CPU seconds, of the program's own and of the kernel's for it, an hour of audio, and Praat's over ours.
 *
 * Both sides are a process that reads the same WAV file and is waited for with wait4(), which tells what it used. The
 * median of rounds, taken in turns, so that a busy neighbour disturbs all alike.
 */
#include <fcntl.h>
#include <sndfile.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_speech.h"

extern char **environ;

enum { ROUNDS = 3, TIMES_OVER = 3 };
#define LEAST_RATIO 25.0
#define SCRIPT      "tools/praat_measures.praat"

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec * 1e-6; }

/* Runs a command without output and returns the CPU seconds it used, -1 where it cannot be run or fails. */
static double cpu_s(char *const command[]) {
    posix_spawn_file_actions_t silent;
    struct rusage used;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&silent);
    posix_spawn_file_actions_addopen(&silent, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(&pid, command[0], &silent, NULL, command, environ);
    posix_spawn_file_actions_destroy(&silent);
    if (error || wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return -1;
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

static bool write_recording(const bench_speech *speech, const char *path) {
    SF_INFO info = {.samplerate = UT_RATE_HZ, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    bool good = file;
    for (int i = 0; good && i < TIMES_OVER; i++)
        good = sf_write_float(file, speech->voices[UT_MIXED], speech->n) == speech->n;
    if (file && sf_close(file)) good = false;
    if (!good) fprintf(stderr, "bench_praat: %s: cannot be written\n", path);
    return good;
}

typedef struct contender {
    const char *name;
    char *command[8];
    double took_s[ROUNDS];
} contender;

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts what each took. False where one did not run. */
static bool race(contender *contenders, int n) {
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < n; i++)
            if ((contenders[i].took_s[round] = cpu_s(contenders[i].command)) < 0) {
                fprintf(stderr, "bench_praat: %s failed\n", contenders[i].command[0]);
                return false;
            }
    for (int i = 0; i < n; i++) qsort(contenders[i].took_s, ROUNDS, sizeof *contenders[i].took_s, by_size);
    return true;
}

static bool compare(const bench_speech *speech, char *program, char *path) {
    contender contenders[] = {
        {"Praat", {"praat", "--run", SCRIPT, path}, {0}},
        {"undertone features --level lld", {program, "features", "--level", "lld", "--csv", path}, {0}},
        {"undertone features --level functionals", {program, "features", "--level", "functionals", "--csv", path}, {0}},
    };
    enum { CONTENDERS = sizeof contenders / sizeof *contenders };
    double audio_s = (double)speech->n * TIMES_OVER / UT_RATE_HZ;
    if (!write_recording(speech, path) || !race(contenders, CONTENDERS)) return false;
    printf("\nthe same recording, %.0f s at 8 kHz; median of %d rounds\n\n", audio_s, ROUNDS);
    printf("%-40s %24s %14s\n", "", "CPU seconds an hour", "Praat's over it");
    for (int i = 0; i < CONTENDERS; i++) {
        double s = contenders[i].took_s[ROUNDS / 2];
        printf("%-40s %24.1f %14.1f\n", contenders[i].name, s * 3600 / audio_s, contenders[0].took_s[ROUNDS / 2] / s);
    }
    printf("\nPraat takes pitch, intensity, HNR, jitter, shimmer and formants (" SCRIPT ");\n"
           "the program all it knows, and writes it (at least %.0f times less than Praat)\n",
           LEAST_RATIO);
    return true;
}

int main(int argc, char **argv) {
    char folder[] = "/tmp/undertone-bench-XXXXXX", path[sizeof folder + 16], message[512];
    bench_speech speech = {0};
    if (argc != 2) return fprintf(stderr, "usage: bench_praat UNDERTONE\n"), 2;
    if (cpu_s((char *[]){"praat", "--version", NULL}) < 0)
        return puts("\nbeside Praat: skipped, it is not installed (sh tools/setup bench installs it)"), 0;
    bool good = bench_speech_make(&speech, message, sizeof message);
    if (!good) fprintf(stderr, "bench_praat: %s\n", message);
    if (good && (good = mkdtemp(folder))) {
        snprintf(path, sizeof path, "%s/speech.wav", folder);
        good = compare(&speech, argv[1], path);
        unlink(path);
        rmdir(folder);
    }
    bench_speech_free(&speech);
    return !good;
}
