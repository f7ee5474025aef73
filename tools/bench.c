/* bench.c - what each stage costs.
 *
 * In:  made speech of a minute and a half, both voices on one line; for the call each on its own.
 * Out: a row a stage: nanoseconds and instructions a hop of 10 ms, the share of one core that one live voice takes, and
 *      the ratio to the bare FFTs of a hop, which are timed beside it.
 *
 * Each stage is run alone over all hops, on what the stages before it left, so that what it costs is not lost among
 * the others; "prosody, whole" is all of them as they run live. Times are the median of rounds, since machines are
 * noisy. Instructions are the kernel's count in user space (perf_event_open), "-" where it gives none, as in many
 * virtual machines; with --once each stage is run a single time, for tools/bench_instructions to count.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench_speech.h"
#include "capture/resample.h"
#include "classify/classifier.h"
#include "commands/columns.h"
#include "prosody/formants.h"
#include "prosody/functionals.h"
#include "prosody/harmonics.h"
#include "prosody/mel.h"
#include "prosody/periods.h"
#include "prosody/pitch.h"
#include "prosody/rhythm.h"
#include "prosody/smooth.h"
#include "prosody/spectrum.h"
#include "prosody/tilt.h"
#include "prosody/vad.h"

enum { ROUNDS = 9, WIDE = 6, MARGIN = UT_PITCH_N, BLOCK = 160 };
#define MOST_CPU_S_AN_HOUR     4.0
#define MOST_CLASSIFIER_MS_A_S 1.0

typedef struct bench {
    bench_speech speech;
    int hops;
    float *x;                            /* both voices on one line, with MARGIN samples of silence either side */
    float *wide;                         /* [speech.n * WIDE], 48 kHz */
    ut_frame *frames;                    /* [hops], as they came out */
    float (*power)[UT_BINS];             /* [hops] */
    float (*pitch_power)[UT_PITCH_BINS]; /* [hops] */
    float *periodic;                     /* [hops] */
    ut_model *model;
    const ut_plan *plan; /* the model's */
    struct ut_spectrum *spectrum;
    struct ut_pitch *pitch;
    struct ut_tilt *tilt;
    struct ut_vad *vad;
    struct ut_rhythm rhythm;
    ut_functionals *functionals;
    ut_classifier *classifier;
    float *windows; /* [hops / UT_READING_HOPS + 1][ut_functional_count()], the last to write to */
    FILE *nowhere;
} bench;

/* ---- the stages ---- */

static const float *centre_of(const bench *b, int hop) { return b->x + MARGIN + (hop + 1) * UT_HOP; }

static void run_ffts(bench *b) {
    memset(b->pitch, 0, sizeof *b->pitch); /* there and back is not scaled: anything but silence would grow */
    for (int hop = 0; hop < b->hops; hop++) {
        fftwf_execute_dft_r2c(b->plan->spectrum, b->spectrum->x, b->spectrum->bins);
        fftwf_execute_dft_r2c(b->plan->pitch_forward, b->pitch->x, b->pitch->bins);
        fftwf_execute_dft(b->plan->pitch_back, b->pitch->bins, b->pitch->lags);
    }
}

static void run_spectrum(bench *b) {
    for (int hop = 0; hop < b->hops; hop++)
        ut_spectrum_run(b->spectrum, b->plan, centre_of(b, hop) - UT_SPECTRUM_N / 2, &b->frames[hop]);
}

static void run_mel(bench *b) {
    for (int hop = 0; hop < b->hops; hop++) ut_mel_run(b->plan, b->power[hop], &b->frames[hop]);
}

static void run_tilt(bench *b) {
    for (int hop = 0; hop < b->hops; hop++) ut_tilt_run(b->tilt, b->power[hop], &b->frames[hop]);
}

static void run_formants(bench *b) {
    for (int hop = 0; hop < b->hops; hop++) ut_formants_run(b->plan, b->power[hop], &b->frames[hop]);
}

static void run_pitch(bench *b) {
    memset(b->pitch, 0, sizeof *b->pitch);
    for (int hop = 0; hop < b->hops; hop++) {
        ut_pitch_push(b->pitch, b->plan, centre_of(b, hop) - UT_PITCH_N / 2);
        if (hop < UT_PITCH_LOOKAHEAD) continue;
        int then = hop - UT_PITCH_LOOKAHEAD;
        ut_pitch_take(b->pitch, centre_of(b, then), &b->frames[then]);
    }
}

static void run_harmonics(bench *b) {
    for (int hop = 0; hop < b->hops; hop++) ut_harmonics_run(b->pitch_power[hop], &b->frames[hop]);
}

static void run_periods(bench *b) {
    for (int hop = 0; hop < b->hops; hop++) ut_periods_run(centre_of(b, hop), &b->frames[hop]);
}

static void run_vad(bench *b) {
    ut_vad_start(b->vad);
    for (int hop = 0; hop < b->hops; hop++) {
        ut_vad_push(b->vad, b->pitch_power[hop], b->periodic[hop], &b->frames[hop]);
        if (hop >= UT_VAD_LOOKAHEAD) ut_vad_take(b->vad, &b->frames[hop - UT_VAD_LOOKAHEAD]);
    }
}

static void run_rhythm(bench *b) {
    ut_rhythm_start(&b->rhythm);
    for (int hop = 0; hop < b->hops; hop++) {
        ut_rhythm_push(&b->rhythm, b->pitch_power[hop], b->periodic[hop], &b->frames[hop]);
        if (hop >= UT_VAD_LOOKAHEAD) ut_rhythm_take(&b->rhythm, &b->frames[hop - UT_VAD_LOOKAHEAD]);
    }
}

static void run_smooth(bench *b) {
    ut_frame out;
    for (int hop = 1; hop < b->hops - 1; hop++)
        ut_smooth(&b->frames[hop - 1], &b->frames[hop], &b->frames[hop + 1], &out);
}

/* All of the above as they run live; frames, where it is not null, get what comes out. */
static void follow_voice(bench *b, ut_frame *frames) {
    ut_prosody *prosody = ut_prosody_new(b->plan, NULL);
    ut_frame frame;
    int hop = 0;
    for (int at = 0; prosody && at < b->hops * UT_HOP;) {
        int room = b->hops * UT_HOP - at;
        at += (int)ut_prosody_push(prosody, b->x + MARGIN + at, (size_t)(room < BLOCK ? room : BLOCK));
        for (; ut_prosody_next(prosody, &frame); hop++)
            if (frames) frames[hop] = frame;
    }
    if (prosody) ut_prosody_finish(prosody);
    for (; prosody && ut_prosody_next(prosody, &frame); hop++)
        if (frames) frames[hop] = frame;
    ut_prosody_free(prosody);
}

static void run_prosody(bench *b) { follow_voice(b, NULL); }

static void run_functionals_push(bench *b) {
    for (int hop = 0; hop < b->hops; hop++) ut_functionals_push(b->functionals, &b->frames[hop]);
}

static bool ends_reading(int hop) { return hop % UT_READING_HOPS == UT_READING_HOPS - 1; }

static float *window_at(const bench *b, int hop) {
    return b->windows + (size_t)(hop / UT_READING_HOPS) * ut_functional_count();
}

static void run_functionals_take(bench *b) {
    for (int hop = 0; hop < b->hops; hop++)
        if (ends_reading(hop)) ut_functionals_take(b->functionals, window_at(b, b->hops));
}

/* Every frame, and what it says twice a second. */
static void run_classifier(bench *b) {
    ut_opinion opinion;
    for (int hop = 0; hop < b->hops; hop++) {
        ut_classifier_push(b->classifier, &b->frames[hop]);
        if (ends_reading(hop)) ut_classifier_run(b->classifier, window_at(b, hop), 3, true, &opinion);
    }
}

static void run_call(bench *b) {
    ut_call *call = ut_call_new(b->model, &(ut_call_options){.consent = UT_CONSENT_GIVEN}, NULL);
    for (int at = 0; call && at + BLOCK <= b->speech.n; at += BLOCK) {
        ut_call_push(call, UT_CUSTOMER, b->speech.voices[UT_CUSTOMER] + at, BLOCK);
        ut_call_push(call, UT_AGENT, b->speech.voices[UT_AGENT] + at, BLOCK);
        for (ut_event event; ut_call_next(call, &event);) {}
    }
    ut_call_free(call);
}

static void run_resampler(bench *b) {
    float out[BLOCK];
    resampler *r = resampler_new(WIDE * UT_RATE_HZ, 1);
    for (size_t at = 0, all = (size_t)b->speech.n * WIDE, n; r && at < all; at += n) {
        n = all - at < (size_t)BLOCK * WIDE ? all - at : (size_t)BLOCK * WIDE;
        resampler_run(r, b->wide + at, &n, false, out, BLOCK);
    }
    resampler_free(r);
}

static void run_csv(bench *b) {
    char row[COLUMNS_MOST * COLUMNS_VALUE_SIZE];
    for (int hop = 0; hop < b->hops; hop++)
        fwrite(row, (size_t)(columns_write(row, &b->frames[hop]) - row), 1, b->nowhere);
}

/* ---- setting up ---- */

/* What each stage is given: the frames that came out, and the spectra that they never show. */
static void prepare(bench *b) {
    follow_voice(b, b->frames);
    for (int hop = 0; hop < b->hops; hop++) {
        ut_frame frame;
        ut_spectrum_run(b->spectrum, b->plan, centre_of(b, hop) - UT_SPECTRUM_N / 2, &frame);
        b->periodic[hop] = ut_pitch_push(b->pitch, b->plan, centre_of(b, hop) - UT_PITCH_N / 2);
        memcpy(b->power[hop], b->spectrum->power, sizeof *b->power);
        memcpy(b->pitch_power[hop], ut_pitch_newest_power(b->pitch), sizeof *b->pitch_power);
    }
    for (int hop = 0; hop < b->hops; hop++) {
        ut_functionals_push(b->functionals, &b->frames[hop]);
        if (ends_reading(hop)) ut_functionals_take(b->functionals, window_at(b, hop));
    }
    for (int i = 0; i < b->speech.n * WIDE; i++) b->wide[i] = b->x[MARGIN + i / WIDE];
}

static void *zeroed(size_t size) {
    void *block = aligned_alloc(UT_ALIGN, (size + UT_ALIGN - 1) / UT_ALIGN * UT_ALIGN);
    return block ? memset(block, 0, size) : NULL;
}

static bool allocate(bench *b) {
    size_t hops = (size_t)b->hops, n = (size_t)b->speech.n;
    b->x = zeroed((n + 2 * MARGIN) * sizeof *b->x);
    b->wide = zeroed(n * WIDE * sizeof *b->wide);
    b->frames = zeroed(hops * sizeof *b->frames);
    b->power = zeroed(hops * sizeof *b->power);
    b->pitch_power = zeroed(hops * sizeof *b->pitch_power);
    b->periodic = zeroed(hops * sizeof *b->periodic);
    b->spectrum = zeroed(sizeof *b->spectrum);
    b->pitch = zeroed(sizeof *b->pitch);
    b->tilt = zeroed(sizeof *b->tilt);
    b->vad = zeroed(sizeof *b->vad);
    b->functionals = ut_functionals_new(UT_WINDOW_HOPS);
    b->classifier = ut_classifier_new(b->model);
    b->windows = zeroed((hops / UT_READING_HOPS + 1) * ut_functional_count() * sizeof *b->windows);
    b->nowhere = fopen("/dev/null", "w");
    return b->x && b->wide && b->frames && b->power && b->pitch_power && b->periodic && b->spectrum && b->pitch &&
           b->tilt && b->vad && b->functionals && b->classifier && b->windows && b->nowhere;
}

static bool bench_open(bench *b) {
    char message[512];
    ut_error why = UT_OK;
    *b = (bench){0};
    if (!bench_speech_make(&b->speech, message, sizeof message)) {
        fprintf(stderr, "bench: %s\n", message);
        return false;
    }
    b->hops = b->speech.n / UT_HOP;
    b->model = ut_model_open("models/base.utm", &why);
    if (!b->model || !allocate(b)) {
        fprintf(stderr, "bench: models/base.utm: %s\n", ut_error_text(b->model ? UT_NO_MEMORY : why));
        return false;
    }
    b->plan = b->model->plan;
    memcpy(b->x + MARGIN, b->speech.voices[UT_MIXED], (size_t)b->speech.n * sizeof *b->x);
    prepare(b);
    return true;
}

static void bench_close(bench *b) {
    void *blocks[] = {b->x,        b->wide,  b->frames, b->power, b->pitch_power, b->periodic,
                      b->spectrum, b->pitch, b->tilt,   b->vad,   b->windows};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) free(blocks[i]);
    ut_functionals_free(b->functionals);
    ut_classifier_free(b->classifier);
    ut_model_close(b->model);
    bench_speech_free(&b->speech);
    if (b->nowhere) fclose(b->nowhere);
}

/* ---- measuring ---- */

typedef struct cost {
    double s;
    double instructions; /* 0: not counted */
} cost;

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A counter of this thread's instructions in user space, -1 where there is none. */
static int counter_open(void) {
    struct perf_event_attr wanted = {.type = PERF_TYPE_HARDWARE,
                                     .size = sizeof wanted,
                                     .config = PERF_COUNT_HW_INSTRUCTIONS,
                                     .exclude_kernel = 1,
                                     .exclude_hv = 1};
    return (int)syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0);
}

static double counter_read(int counter) {
    uint64_t count = 0;
    return counter >= 0 && read(counter, &count, sizeof count) == sizeof count ? (double)count : 0;
}

static int by_time(const void *a, const void *b) {
    double x = ((const cost *)a)->s, y = ((const cost *)b)->s;
    return (x > y) - (x < y);
}

/* A function of its own, so that a counter outside can tell where a stage begins and ends. */
__attribute__((noinline)) static void run_stage(bench *b, void (*run)(bench *)) {
    run(b);
    __asm__ volatile("" ::: "memory"); /* or the call becomes a jump */
}

/* The median round, after one that warms up. */
static cost measure(bench *b, void (*run)(bench *), int counter) {
    cost rounds[ROUNDS];
    run_stage(b, run);
    for (int round = 0; round < ROUNDS; round++) {
        double start_s = now_s(), start = counter_read(counter);
        run_stage(b, run);
        rounds[round] = (cost){now_s() - start_s, counter_read(counter) - start};
    }
    qsort(rounds, ROUNDS, sizeof *rounds, by_time);
    return rounds[ROUNDS / 2];
}

/* ---- telling ---- */

static void print_row(const bench *b, const char *name, cost c, double ffts_s) {
    char instructions[16] = "-";
    double seconds = (double)b->speech.n / UT_RATE_HZ;
    if (c.instructions > 0) snprintf(instructions, sizeof instructions, "%.0f", c.instructions / b->hops);
    printf("%-28s %10.0f %12s %12.4f %10.2f\n", name, c.s / b->hops * 1e9, instructions, c.s / seconds * 100,
           c.s / ffts_s);
}

static double voiced_share(const bench *b) {
    int voiced = 0;
    for (int hop = 0; hop < b->hops; hop++) voiced += b->frames[hop].f0_hz > 0;
    return 100.0 * voiced / b->hops;
}

enum { FFTS, PROSODY, FUNCTIONALS_PUSH, FUNCTIONALS_TAKE, CLASSIFY, OTHER };
static const struct {
    const char *name;
    void (*run)(bench *);
    int part;
} stages[] = {
    {"three FFTs, bare", run_ffts, FFTS},
    {"spectrum", run_spectrum, OTHER},
    {"mel", run_mel, OTHER},
    {"tilt", run_tilt, OTHER},
    {"formants", run_formants, OTHER},
    {"pitch", run_pitch, OTHER},
    {"harmonics", run_harmonics, OTHER},
    {"periods", run_periods, OTHER},
    {"vad", run_vad, OTHER},
    {"rhythm", run_rhythm, OTHER},
    {"smooth", run_smooth, OTHER},
    {"prosody, whole", run_prosody, PROSODY},
    {"functionals, each hop", run_functionals_push, FUNCTIONALS_PUSH},
    {"functionals, twice a second", run_functionals_take, FUNCTIONALS_TAKE},
    {"classify, a customer's voice", run_classifier, CLASSIFY},
    {"a row of CSV", run_csv, OTHER},
    {"a call, both voices", run_call, OTHER},
    {"resampling 48 to 8 kHz", run_resampler, OTHER},
};
enum { STAGES = sizeof stages / sizeof *stages };

static void print_table(bench *b) {
    double took_s[OTHER + 1] = {0};
    int counter = counter_open();
    printf("made speech, %.0f s at 8 kHz, both voices on one line, %.0f %% of frames voiced; median of %d rounds\n\n",
           (double)b->speech.n / UT_RATE_HZ, voiced_share(b), ROUNDS);
    printf("%-28s %10s %12s %12s %10s\n", "stage", "ns a hop", "instructions", "% of a core", "x FFTs");
    for (int i = 0; i < STAGES; i++) {
        cost c = measure(b, stages[i].run, counter);
        took_s[stages[i].part] = c.s;
        print_row(b, stages[i].name, c, took_s[FFTS]);
    }
    double all_s = took_s[PROSODY] + took_s[FUNCTIONALS_PUSH] + took_s[FUNCTIONALS_TAKE];
    printf("\none voice, everything on: %.1f CPU seconds an hour (at most %.0f)\n",
           all_s * 3600 * UT_RATE_HZ / b->speech.n, MOST_CPU_S_AN_HOUR);
    printf("a customer's voice, classified: %.3f ms of CPU a second (at most %.1f)\n",
           took_s[CLASSIFY] * 1000 * UT_RATE_HZ / b->speech.n, MOST_CLASSIFIER_MS_A_S);
    if (counter >= 0) close(counter);
    else puts("instructions: this kernel counts none; tools/bench_instructions does, in a few minutes");
}

/* Hops and name of each stage, as it has been run. */
static void run_once(bench *b) {
    for (int i = 0; i < STAGES; i++) {
        run_stage(b, stages[i].run);
        printf("%d %s\n", b->hops, stages[i].name);
    }
}

int main(int argc, char **argv) {
    bool once = argc == 2 && strcmp(argv[1], "--once") == 0;
    if (argc > 1 && !once) return fprintf(stderr, "usage: bench [--once]\n"), 2;
    bench b;
    bool good = bench_open(&b);
    if (good && once) run_once(&b);
    else if (good) print_table(&b);
    bench_close(&b);
    return !good;
}
