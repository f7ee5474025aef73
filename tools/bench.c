/* bench.c - what each stage costs: nanoseconds a hop of 10 ms, share of one core for one live voice, and the ratio to
 * the FFTs alone (three a hop), which are timed beside it. The median of rounds, since machines are noisy.
 */
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/resample.h"
#include "classify/classifier.h"
#include "prosody/functionals.h"

enum { SECONDS = 30, SAMPLES = SECONDS * UT_RATE_HZ, HOPS = SAMPLES / UT_HOP, ROUNDS = 9, WIDE_HZ = 48000 };

typedef struct bench {
    float *voice; /* [SAMPLES] */
    float *wide;  /* [SECONDS * WIDE_HZ] */
    ut_model *model;
    ut_prosody *prosody;
    ut_functionals *functionals;
    ut_classifier *classifier;
    float *window;
    fftwf_plan small, large;
    float *time_domain;
    fftwf_complex *frequency_domain;
} bench;

/* A voice of sorts: twenty harmonics of a gliding pitch, four syllables a second, some breath. */
static void make_voice(float *x, int n, int rate_hz) {
    double phase = 0;
    unsigned chance = 1;
    for (int i = 0; i < n; i++) {
        double t_s = (double)i / rate_hz, pitch_hz = 140 + 40 * sin(t_s), y = 0;
        phase += 2 * M_PI * pitch_hz / rate_hz;
        for (int h = 1; h <= 20; h++) y += sin(h * phase) / h;
        chance = chance * 1664525u + 1013904223u;
        x[i] = (float)(0.1 * y * (0.55 + 0.45 * sin(2 * M_PI * 4 * t_s)) + 0.004 * ((chance >> 16) / 32768.0 - 1));
    }
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void run_ffts(bench *b) {
    for (int hop = 0; hop < HOPS; hop++) {
        fftwf_execute(b->small);
        fftwf_execute(b->large);
        fftwf_execute(b->large);
    }
}

static void run_prosody(bench *b) {
    ut_frame frame;
    for (size_t at = 0; at < SAMPLES;) {
        at += ut_prosody_push(b->prosody, b->voice + at, at + 160 < SAMPLES ? 160 : SAMPLES - at);
        while (ut_prosody_next(b->prosody, &frame)) ut_functionals_push(b->functionals, &frame);
    }
}

static void run_functionals(bench *b) {
    for (int hop = 0; hop < HOPS; hop += UT_READING_HOPS) ut_functionals_take(b->functionals, b->window);
}

static void run_classifier(bench *b) {
    ut_opinion opinion;
    for (int hop = 0; hop < HOPS; hop += UT_READING_HOPS) ut_classifier_run(b->classifier, b->window, 3, &opinion);
}

static void run_call(bench *b) {
    ut_call *call = ut_call_new(b->model, &(ut_call_options){.consent = UT_CONSENT_GIVEN}, NULL);
    if (!call) return;
    for (size_t at = 0; at + 160 <= SAMPLES; at += 160) {
        ut_call_push(call, UT_CUSTOMER, b->voice + at, 160);
        ut_call_push(call, UT_AGENT, b->voice + at, 160);
        for (ut_event event; ut_call_next(call, &event);) {}
    }
    ut_call_free(call);
}

static void run_resampler(bench *b) {
    static float out[4096];
    resampler *r = resampler_new(WIDE_HZ, 1);
    for (size_t at = 0, n; r && at < (size_t)SECONDS * WIDE_HZ; at += n) {
        n = (size_t)SECONDS * WIDE_HZ - at < 4096 ? (size_t)SECONDS * WIDE_HZ - at : 4096;
        resampler_run(r, b->wide + at, &n, false, out, 4096);
    }
    resampler_free(r);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_s(bench *b, void (*run)(bench *)) {
    double took_s[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double start_s = now_s();
        run(b);
        took_s[round] = now_s() - start_s;
    }
    qsort(took_s, ROUNDS, sizeof *took_s, by_size);
    return took_s[ROUNDS / 2];
}

static bool bench_open(bench *b) {
    ut_error why = UT_OK;
    *b = (bench){.voice = malloc(SAMPLES * sizeof(float)), .wide = malloc(sizeof(float) * SECONDS * WIDE_HZ)};
    b->model = ut_model_open("models/base.utm", &why);
    if (!b->voice || !b->wide || !b->model) {
        fprintf(stderr, "bench: models/base.utm: %s\n", ut_error_text(why));
        return false;
    }
    make_voice(b->voice, SAMPLES, UT_RATE_HZ);
    make_voice(b->wide, SECONDS * WIDE_HZ, WIDE_HZ);
    b->prosody = ut_prosody_new(b->model->plan, NULL);
    b->functionals = ut_functionals_new();
    b->classifier = ut_classifier_new(b->model);
    b->window = calloc(ut_functional_count(), sizeof(float));
    b->time_domain = fftwf_alloc_real(1024);
    b->frequency_domain = fftwf_alloc_complex(513);
    if (!b->prosody || !b->functionals || !b->classifier || !b->window || !b->time_domain || !b->frequency_domain)
        return false;
    b->small = fftwf_plan_dft_r2c_1d(256, b->time_domain, b->frequency_domain, FFTW_ESTIMATE);
    b->large = fftwf_plan_dft_r2c_1d(1024, b->time_domain, b->frequency_domain, FFTW_ESTIMATE);
    memset(b->time_domain, 0, 1024 * sizeof(float));
    return b->small && b->large;
}

static void bench_close(bench *b) {
    fftwf_destroy_plan(b->small);
    fftwf_destroy_plan(b->large);
    fftwf_free(b->time_domain);
    fftwf_free(b->frequency_domain);
    ut_prosody_free(b->prosody);
    ut_functionals_free(b->functionals);
    ut_classifier_free(b->classifier);
    ut_model_close(b->model);
    free(b->window);
    free(b->voice);
    free(b->wide);
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(bench *);
    } stages[] = {
        {"FFTs alone, three a hop", run_ffts},
        {"prosody", run_prosody},
        {"functionals, twice a second", run_functionals},
        {"classify, twice a second", run_classifier},
        {"a call, both voices", run_call},
        {"resampling 48 to 8 kHz", run_resampler},
    };
    bench b;
    if (!bench_open(&b)) return 1;
    double beside_s = 0;
    printf("%-30s %12s %14s %14s %10s\n", "stage", "ns a hop", "% of a core", "times real", "x FFTs");
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        double took_s = median_s(&b, stages[i].run);
        if (i == 0) beside_s = took_s;
        printf("%-30s %12.0f %14.4f %14.0f %10.2f\n", stages[i].name, took_s / HOPS * 1e9, took_s / SECONDS * 100,
               SECONDS / took_s, took_s / beside_s);
    }
    bench_close(&b);
    return 0;
}
