/* features.c - undertone features: recordings to the figures the classifier learns from, and to what it says of them.
 *
 * The frames and windows are the library's own, taken at the moments a live voice takes them: a row of functionals
 * each half second of samples, when the frames that are ready by then have been drained, and one at the end. Scores
 * are those of a live voice itself: scores.c.
 */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/columns.h"
#include "commands/commands.h"
#include "commands/engine.h"
#include "commands/interrupt.h"
#include "commands/print.h"
#include "commands/recordings.h"
#include "commands/scores.h"
#include "prosody/functionals.h"

enum { BLOCK = UT_READING_HOPS * UT_HOP }; /* samples read at a time: what lies between two rows of functionals */

enum level { LLD, FUNCTIONALS, SCORES, LEVELS };
static const char *const level_names[LEVELS] = {"lld", "functionals", "scores"};

struct features {
    recordings recordings;
    enum level level;
    unsigned window_hops;
    const ut_plan *plan;
    engine engine; /* SCORES */
};

/* One channel of one file, and where its rows go. */
struct voice {
    const struct features *features;
    ut_prosody *prosody;
    ut_functionals *functionals;
    float *values; /* [ut_functional_count()] */
    char *row;     /* room for the numbers of either level */
    FILE *out;
    const char *source;
    ut_channel channel;
};

static const char usage[] =
    "usage: undertone features FILE... [OPTION...]\n\n"
    "Prints what the analysis hears in recordings as comma-separated values: a header, then rows of\n"
    "source, channel, t_s and a column a feature. What does not exist, such as the pitch of silence,\n"
    "is left empty.\n\n"
    "  --level LEVEL     lld, a row each 10 ms (the default); functionals, a row each half second over\n"
    "                    what was last heard; or scores, what the model says of it then\n"
    "  --window SECONDS  how long that is: 1 to 10 (the default is 4); or file: a single row over all;\n"
    "                    what was decided by t_s counts, which is what was said until 0.33 s before\n"
    "  --model FILE      another model, for scores\n"
    "  --csv             comma-separated values (the default)\n" RECORDINGS_USAGE
    "\nColumns of lld, in the order they come; t_s is the centre of the frame:\n"
    "  t_s [s], loudness [sone-like], alpha_ratio, hammarberg [dB], slope_0_500, slope_500_1500,\n"
    "  tilt_0_500, tilt_500_1500 [dB/Hz], spectral_flux [-], mfcc_1 to mfcc_12 [-], f0_hz [Hz],\n"
    "  f0_st [semitones above 27.5 Hz], voicing [0..1], jitter_local [share of a period],\n"
    "  shimmer_local_db, hnr_db, h1_h2_db, h1_a3_db [dB], f1_hz, f1_bandwidth_hz [Hz], f1_level_db\n"
    "  [dB above the frame's], the same of f2 and f3, level_db [dB full scale], speech, music, tone\n"
    "  [0..1], syllable [0 or 1], mel_1_db to mel_26_db [dB]\n"
    "\nColumns of scores, for the customer's channel only, as a live call has them:\n"
    "  t_s [s], speech_s [s of the last 4], frustration, stress, arousal [probabilities], confidence\n"
    "  [0..1], abstain, usual_known [0 or 1], angry, fearful, happy, sad, neutral, disgust\n"
    "  The last six are acted emotions, shares of 1, all 0 where too little was said. They are there to\n"
    "  measure a model by, for nothing else: they are in no event, store or page.\n";

/* ---- rows ---- */

static void print_names(enum level level) {
    fputs("source,channel,t_s", stdout);
    if (level == LLD) columns_print_names(stdout);
    if (level == SCORES) scores_print_names(stdout);
    for (size_t i = 0; level == FUNCTIONALS && i < ut_functional_count(); i++) printf(",%s", ut_functional_name(i));
    putchar('\n');
}

static void print_row(struct voice *v, char *end) {
    print_field(v->out, v->source);
    putc(',', v->out);
    fputs(ut_channel_name(v->channel), v->out);
    *end++ = '\n';
    fwrite(v->row, 1, (size_t)(end - v->row), v->out);
}

static char *write_time(char *at, double t_s) {
    *at++ = ',';
    return number_write(at, t_s, NUMBER_TIME_DIGITS);
}

static void print_frame(struct voice *v, const ut_frame *frame) {
    print_row(v, columns_write(write_time(v->row, frame->t_s), frame));
}

static void print_functionals(struct voice *v, uint64_t samples) {
    ut_functionals_take(v->functionals, v->values);
    char *at = write_time(v->row, (double)samples / UT_RATE_HZ);
    for (size_t i = 0; i < ut_functional_count(); i++) at = columns_write_value(at, v->values[i]);
    print_row(v, at);
}

/* ---- one file ---- */

static bool voice_open(struct voice *v) {
    size_t n_values = ut_functional_count(), n_columns = n_values > COLUMNS_MOST ? n_values : COLUMNS_MOST;
    v->prosody = ut_prosody_new(v->features->plan, NULL);
    v->functionals = ut_functionals_new(v->features->window_hops);
    v->values = calloc(n_values, sizeof *v->values);
    v->row = malloc((n_columns + 2) * COLUMNS_VALUE_SIZE);
    return v->prosody && v->functionals && v->values && v->row;
}

static void voice_close(struct voice *v) {
    ut_prosody_free(v->prosody);
    ut_functionals_free(v->functionals);
    free(v->values);
    free(v->row);
}

static void drain(struct voice *v) {
    for (ut_frame frame; ut_prosody_next(v->prosody, &frame);) {
        if (v->features->level == LLD) print_frame(v, &frame);
        else ut_functionals_push(v->functionals, &frame);
    }
}

static void push(struct voice *v, const float *x, int n) {
    for (size_t taken = 0; taken < (size_t)n;) {
        taken += ut_prosody_push(v->prosody, x + taken, (size_t)n - taken);
        drain(v);
    }
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

/* Whether there is a row of functionals to be printed when the last n samples of a block have been heard. */
static bool is_due(const struct features *f, int n, bool ended) {
    if (f->level != FUNCTIONALS) return false;
    if (f->window_hops == UT_WINDOW_WHOLE) return ended;
    return ended ? n > 0 && n < BLOCK : n == BLOCK;
}

/* Follows the source to its end. False where it failed or was interrupted. */
static bool run_voices(const struct features *f, source *s, struct voice *voices, FILE *out) {
    float block[SOURCE_CHANNELS][BLOCK];
    uint64_t samples = 0;
    int status = 0, n = 0;
    while (status >= 0 && !interrupt_came() && !ferror(out)) {
        n = read_block(s, block, &status);
        samples += (uint64_t)n;
        for (int c = 0; c < s->channels; c++) {
            push(&voices[c], block[c], n);
            if (is_due(f, n, false)) print_functionals(&voices[c], samples);
        }
    }
    for (int c = 0; c < s->channels; c++) {
        ut_prosody_finish(voices[c].prosody);
        drain(&voices[c]);
        if (status == -1 && is_due(f, n, true)) print_functionals(&voices[c], samples);
    }
    if (status == -2) fprintf(stderr, "undertone features: %s\n", s->fault);
    return status == -1;
}

static bool run_source(const struct features *f, source *s, const char *path, FILE *out) {
    struct voice voices[SOURCE_CHANNELS] = {0};
    bool ready = true;
    for (int c = 0; c < s->channels; c++) {
        voices[c] = (struct voice){.features = f, .out = out, .source = path, .channel = s->roles[c]};
        ready = voice_open(&voices[c]) && ready;
    }
    bool good = ready && run_voices(f, s, voices, out);
    if (!ready) fprintf(stderr, "undertone features: %s: %s\n", path, ut_error_text(UT_NO_MEMORY));
    uint64_t cleaned = 0;
    for (int c = 0; c < s->channels; c++) {
        cleaned += voices[c].prosody ? ut_prosody_cleaned(voices[c].prosody) : 0;
        voice_close(&voices[c]);
    }
    recordings_tell_lost(&f->recordings, path, s->lost + cleaned);
    return good;
}

static bool score_source(const struct features *f, source *s, const char *path, FILE *out) {
    bool good = scores_run(f->engine.model, s, path, out);
    recordings_tell_lost(&f->recordings, path, s->lost);
    return good;
}

static bool features_one(void *user, const char *path, FILE *out) {
    struct features *f = user;
    source *s = recordings_open(&f->recordings, path);
    bool good = s && (f->level == SCORES ? score_source : run_source)(f, s, path, out);
    source_close(s);
    return good;
}

/* ---- command line ---- */

static int run_files(struct features *f, char **paths, int n_paths) {
    interrupt_catch();
    print_names(f->level);
    if (f->recordings.consent != UT_CONSENT_GIVEN) {
        fprintf(stderr, "undertone features: consent is %s, so that nothing is analysed\n",
                ut_consent_name(f->recordings.consent));
        n_paths = 0;
    }
    bool progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    return recordings_run(&f->recordings, paths, n_paths, progress, features_one, f);
}

static int run_with_plan(struct features *f, char **paths, int n_paths) {
    ut_error why;
    ut_plan *plan = ut_plan_open(&why);
    int status = EXIT_FAILED;
    f->plan = plan;
    if (plan) status = run_files(f, paths, n_paths);
    else fprintf(stderr, "undertone features: %s\n", ut_error_text(why));
    ut_plan_close(plan);
    return status;
}

static int run_with_model(struct features *f, const char *model, char **paths, int n_paths) {
    int status = EXIT_FAILED;
    if (engine_open(&f->engine, "features", model, NULL)) status = run_files(f, paths, n_paths);
    engine_close(&f->engine);
    return status;
}

static bool read_level(const char *text, enum level *level) {
    for (*level = LLD; *level < LEVELS; ++*level)
        if (!strcmp(text, level_names[*level])) return true;
    fprintf(stderr, "undertone features: --level is lld, functionals or scores, not %s\n", text);
    return false;
}

static bool read_window(const char *text, unsigned *hops) {
    const double hops_s = (double)UT_RATE_HZ / UT_HOP;
    char *end;
    double window = round(strtod(text, &end) * hops_s);
    bool number = *text && !*end && window >= UT_WINDOW_LEAST && window <= UT_WINDOW_MOST;
    *hops = number ? (unsigned)window : UT_WINDOW_WHOLE;
    if (number || !strcmp(text, "file")) return true;
    fprintf(stderr, "undertone features: --window is file or seconds from %g to %g, not %s\n", UT_WINDOW_LEAST / hops_s,
            UT_WINDOW_MOST / hops_s, text);
    return false;
}

int command_features(int argc, char **argv) {
    enum { LEVEL = 1, WINDOW, MODEL };
    static const struct option options[] = {
        {"level", required_argument, NULL, LEVEL},
        {"window", required_argument, NULL, WINDOW},
        {"model", required_argument, NULL, MODEL},
        {"csv", no_argument, NULL, 0},
        {"help", no_argument, NULL, 'h'},
        RECORDINGS_OPTIONS,
        {0},
    };
    struct features features = {.recordings = {.command = "features", .consent = UT_CONSENT_GIVEN},
                                .window_hops = UT_WINDOW_HOPS};
    const char *model = NULL;
    bool window = false;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == LEVEL && !read_level(optarg, &features.level)) return EXIT_USAGE;
        else if (option == WINDOW && !(window = read_window(optarg, &features.window_hops))) return EXIT_USAGE;
        else if (option == MODEL) model = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else if (option > MODEL && !recordings_option(&features.recordings, option, optarg)) return EXIT_USAGE;
    }
    if (window && features.level != FUNCTIONALS) {
        fputs("undertone features: --window is for --level functionals, which is not there\n", stderr);
        return EXIT_USAGE;
    }
    if (model && features.level != SCORES) {
        fputs("undertone features: --model is for --level scores, which is not there\n", stderr);
        return EXIT_USAGE;
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (features.level == SCORES) return run_with_model(&features, model, argv + optind, argc - optind);
    return run_with_plan(&features, argv + optind, argc - optind);
}
