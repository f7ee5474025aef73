/* features.c - undertone features: recordings to the figures the classifier learns from.
 *
 * The frames and windows are the library's own, taken at the moments a live voice takes them: a row of functionals
 * each half second of samples, when the frames that are ready by then have been drained, and one at the end.
 * Several files are worked on at a time; what each has to say is kept until those before it are printed.
 */
#include <getopt.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/recording.h"
#include "commands/commands.h"
#include "commands/interrupt.h"
#include "commands/jobs.h"
#include "commands/print.h"
#include "prosody/functionals.h"

enum { BLOCK = UT_READING_HOPS * UT_HOP }; /* samples read at a time: what lies between two rows of functionals */

enum level { LLD, FUNCTIONALS };

struct features {
    enum level level;
    recording_options recording;
    const ut_plan *plan;
    atomic_bool misused; /* the options do not fit a file */
};

/* One channel of one file, and where its rows go. */
struct voice {
    ut_prosody *prosody;
    ut_functionals *functionals;
    float *row; /* [ut_functional_count()] */
    FILE *out;
    enum level level;
    const char *source;
    ut_channel channel;
};

static const char usage[] =
    "usage: undertone features FILE... [OPTION...]\n\n"
    "Prints what the analysis hears in recordings as comma-separated values: a header, then rows of\n"
    "source, channel, t_s and a column a feature. What does not exist, such as the pitch of silence,\n"
    "is left empty.\n\n"
    "  --level LEVEL     lld, a row each 10 ms (the default), or functionals, the last 4 s each half\n"
    "                    second\n"
    "  --channels ROLES  whose voice each channel holds: agent,customer (stereo), customer (mono),\n"
    "                    customer,agent, agent, mixed\n"
    "  --raw CODING      headerless G.711: ulaw or alaw, ulaw:2 with two channels\n"
    "  --csv             comma-separated values (the default)\n"
    "  --jobs N          files at a time (default: one a core)\n";

/* ---- rows ---- */

static void print_start(FILE *out, const char *source, ut_channel channel, double t_s) {
    print_field(out, source);
    fprintf(out, ",%s,%.10g", ut_channel_name(channel), t_s);
}

static void print_number(FILE *out, float x) {
    if (isfinite(x)) fprintf(out, ",%.6g", x);
    else putc(',', out);
}

static void print_lld_header(FILE *out) {
    fputs(",f0_hz,voicing,speech,syllable,level_db,loudness,alpha_ratio_db,hammarberg_db,slope_0_500,slope_500_1500,"
          "spectral_flux",
          out);
    for (int c = 1; c <= UT_MFCC; c++) fprintf(out, ",mfcc_%d", c);
    for (int b = 1; b <= UT_MEL_BANDS; b++) fprintf(out, ",mel_%d_db", b);
}

static void print_lld(FILE *out, const ut_frame *frame) {
    const float single[] = {frame->f0_hz > 0 ? frame->f0_hz : NAN,
                            frame->voicing,
                            frame->speech,
                            frame->syllable,
                            frame->level_db,
                            frame->loudness,
                            frame->alpha_ratio_db,
                            frame->hammarberg_db,
                            frame->slope_0_500,
                            frame->slope_500_1500,
                            frame->spectral_flux};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) print_number(out, single[i]);
    for (int c = 0; c < UT_MFCC; c++) print_number(out, frame->mfcc[c]);
    for (int b = 0; b < UT_MEL_BANDS; b++) print_number(out, frame->mel_db[b]);
    putc('\n', out);
}

static void print_columns(FILE *out, enum level level) {
    fputs("source,channel,t_s", out);
    if (level == LLD) print_lld_header(out);
    for (size_t i = 0; level == FUNCTIONALS && i < ut_functional_count(); i++)
        fprintf(out, ",%s", ut_functional_name(i));
    putc('\n', out);
}

/* ---- one file ---- */

static bool voice_open(struct voice *v, const ut_plan *plan) {
    v->prosody = ut_prosody_new(plan, NULL);
    v->functionals = ut_functionals_new();
    v->row = calloc(ut_functional_count(), sizeof *v->row);
    return v->prosody && v->functionals && v->row;
}

static void voice_close(struct voice *v) {
    ut_prosody_free(v->prosody);
    ut_functionals_free(v->functionals);
    free(v->row);
}

static void drain(struct voice *v) {
    for (ut_frame frame; ut_prosody_next(v->prosody, &frame);) {
        ut_functionals_push(v->functionals, &frame);
        if (v->level != LLD) continue;
        print_start(v->out, v->source, v->channel, frame.t_s);
        print_lld(v->out, &frame);
    }
}

static void push(struct voice *v, const float *x, int n) {
    for (size_t taken = 0; taken < (size_t)n;) {
        taken += ut_prosody_push(v->prosody, x + taken, (size_t)n - taken);
        drain(v);
    }
}

static void sum_up(struct voice *v, uint64_t samples) {
    if (v->level != FUNCTIONALS) return;
    ut_functionals_take(v->functionals, v->row);
    print_start(v->out, v->source, v->channel, (double)samples / UT_RATE_HZ);
    for (size_t i = 0; i < ut_functional_count(); i++) print_number(v->out, v->row[i]);
    putc('\n', v->out);
}

/* Reads on until the block is full or the source has ended or failed; returns the samples in it. */
static int read_block(source *s, float block[SOURCE_CHANNELS][BLOCK], int *status) {
    int n = 0;
    for (*status = 0; n < BLOCK && *status >= 0;) {
        float *x[SOURCE_CHANNELS] = {block[0] + n, block[1] + n};
        *status = source_read(s, x, BLOCK - n);
        if (*status > 0) n += *status;
    }
    return n;
}

/* Follows the source to its end. False where it failed or was interrupted. */
static bool run_voices(source *s, struct voice *voices) {
    float block[SOURCE_CHANNELS][BLOCK];
    uint64_t samples = 0;
    int status = 0, n = 0;
    while (status >= 0 && !interrupt_came()) {
        n = read_block(s, block, &status);
        samples += (uint64_t)n;
        for (int c = 0; c < s->channels; c++) {
            push(&voices[c], block[c], n);
            if (n == BLOCK) sum_up(&voices[c], samples);
        }
    }
    for (int c = 0; c < s->channels; c++) {
        ut_prosody_finish(voices[c].prosody);
        drain(&voices[c]);
        if (n > 0 && n < BLOCK) sum_up(&voices[c], samples);
    }
    if (status == -2) fprintf(stderr, "undertone features: %s\n", s->fault);
    return status == -1;
}

static bool run_source(const struct features *f, source *s, const char *path, FILE *out) {
    struct voice voices[SOURCE_CHANNELS] = {0};
    bool ready = true;
    for (int c = 0; c < s->channels; c++) {
        voices[c] = (struct voice){.out = out, .level = f->level, .source = path, .channel = s->roles[c]};
        ready = voice_open(&voices[c], f->plan) && ready;
    }
    bool good = ready && run_voices(s, voices);
    if (!ready) fprintf(stderr, "undertone features: %s: %s\n", path, ut_error_text(UT_NO_MEMORY));
    for (int c = 0; c < s->channels; c++) voice_close(&voices[c]);
    return good;
}

static bool features_one(void *user, const char *path, FILE *out) {
    struct features *f = user;
    char message[512];
    bool bad_usage = false;
    source *s = recording_open(path, &f->recording, message, sizeof message, &bad_usage);
    if (!s) {
        fprintf(stderr, "undertone features: %s\n", message);
        if (bad_usage) atomic_store(&f->misused, true);
        return false;
    }
    bool good = run_source(f, s, path, out);
    source_close(s);
    return good;
}

/* ---- command line ---- */

static int run_files(struct features *f, char **paths, int n_paths, int n_jobs) {
    ut_error why;
    ut_plan *plan = ut_plan_open(&why);
    if (!plan) {
        fprintf(stderr, "undertone features: %s\n", ut_error_text(why));
        return EXIT_FAILED;
    }
    f->plan = plan;
    interrupt_catch();
    print_columns(stdout, f->level);
    bool good = jobs_run(paths, n_paths, n_jobs, isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO), features_one, f);
    ut_plan_close(plan);
    if (atomic_load(&f->misused)) return EXIT_USAGE;
    return good ? EXIT_FINE : EXIT_FAILED;
}

static bool read_level(const char *text, enum level *level) {
    *level = strcmp(text, "functionals") == 0 ? FUNCTIONALS : LLD;
    if (*level == FUNCTIONALS || strcmp(text, "lld") == 0) return true;
    fprintf(stderr, "undertone features: --level is lld or functionals, not %s\n", text);
    return false;
}

static bool read_jobs(const char *text, int *n_jobs) {
    if ((*n_jobs = jobs_count(text)) > 0) return true;
    fprintf(stderr, "undertone features: --jobs is a number from 1 to 256, not %s\n", text);
    return false;
}

int command_features(int argc, char **argv) {
    enum { LEVEL = 1, CHANNELS, RAW, JOBS };
    static const struct option options[] = {
        {"level", required_argument, NULL, LEVEL},
        {"channels", required_argument, NULL, CHANNELS},
        {"raw", required_argument, NULL, RAW},
        {"csv", no_argument, NULL, 0},
        {"jobs", required_argument, NULL, JOBS},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct features features = {.level = LLD};
    int n_jobs = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case LEVEL:
            if (read_level(optarg, &features.level)) break;
            return EXIT_USAGE;
        case JOBS:
            if (read_jobs(optarg, &n_jobs)) break;
            return EXIT_USAGE;
        case CHANNELS:
            features.recording.channels = optarg;
            break;
        case RAW:
            features.recording.raw = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_FINE;
        case 0:
            break;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return run_files(&features, argv + optind, argc - optind, n_jobs);
}
