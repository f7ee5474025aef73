/* functionals.c - the last 4 s of a voice as one vector.
 *
 * In:  frames, one a hop.
 * Out: on demand, the functionals of the window, in the order of the table below, which names each and says what it is
 *      a statistic of. After the functionals of the Geneva minimalistic set (Eyben et al., IEEE Trans. Affective
 *      Computing 7, 2016), over more descriptors.
 *
 * Each frame is taken apart when it comes in: one value a track, and which gates it passes. A gate says which frames a
 * statistic is over: speech, voiced speech, unvoiced speech, or a change within one run of speech or of voice. What is
 * not passed is left out, never averaged in as a zero.
 *
 * loudness_*, level_db_* and spectral_flux_* follow the level of the line, loudness_cv and loudness_peaks_s excepted.
 * All the others stay when the line gets louder or quieter.
 */
#include "prosody/functionals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prosody/statistics.h"

#define HOP_S        ((float)UT_HOP / UT_RATE_HZ)
#define SILENCE_DB   -100.0f
#define SPEECH_LEAST 0.5f

enum {
    SPAN = 4,          /* hops a change is taken over: 40 ms */
    FRAMES_LEAST = 10, /* fewer cannot speak for a window */
};

enum track {
    LOUDNESS,
    LEVEL,
    ALPHA,
    HAMMARBERG,
    SLOPE_0,
    SLOPE_500,
    FLUX,
    FLUX_REL,
    F0_ST,
    VOICING,
    HNR,
    MFCC,
    MEL_REL = MFCC + UT_MFCC,
    /* Changes over SPAN hops. */
    LOUDNESS_CHANGE = MEL_REL + UT_MEL_BANDS,
    LEVEL_CHANGE,
    ALPHA_CHANGE,
    F0_CHANGE,
    MFCC_CHANGE,
    TRACKS = MFCC_CHANGE + UT_MFCC
};

enum gate { SPEECH = 1, VOICED = 2, UNVOICED = 4, SPEECH_RUN = 8, VOICED_RUN = 16, SYLLABLE = 32 };

struct ut_functionals {
    float value[TRACKS][UT_WINDOW_HOPS]; /* rings */
    unsigned char gates[UT_WINDOW_HOPS]; /* a ring of enum gate, or-ed */
    unsigned at, held;                   /* where the next frame goes, how many there are */
    int speech_run, voiced_run;          /* frames without a break up to the newest */
};

/* What is said of the turns between voice and silence rather than of a track. */
struct course {
    float voiced_s[UT_WINDOW_HOPS], unvoiced_s[UT_WINDOW_HOPS], pauses_s[UT_WINDOW_HOPS];
    size_t n_voiced, n_unvoiced, n_pauses;
    unsigned speech, voiced, syllables, peaks, held;
};

typedef float statistic(const struct ut_sample *s);
typedef float observation(const struct course *c);

static float per_speech_s(const struct course *c, unsigned n) {
    return c->speech >= FRAMES_LEAST ? (float)n / ((float)c->speech * HOP_S) : NAN;
}
static float rate(const struct course *c) { return per_speech_s(c, c->syllables); }
static float peak_rate(const struct course *c) { return per_speech_s(c, c->peaks); }
static float segment_rate(const struct course *c) { return per_speech_s(c, (unsigned)c->n_voiced); }
static float speech_share(const struct course *c) { return c->held ? (float)c->speech / (float)c->held : NAN; }
static float voiced_share(const struct course *c) {
    return c->speech >= FRAMES_LEAST ? (float)c->voiced / (float)c->speech : NAN;
}
static float voiced_mean(const struct course *c) { return ut_sample_of((float *)c->voiced_s, c->n_voiced).mean; }
static float voiced_std(const struct course *c) { return ut_sample_of((float *)c->voiced_s, c->n_voiced).std; }
static float unvoiced_mean(const struct course *c) { return ut_sample_of((float *)c->unvoiced_s, c->n_unvoiced).mean; }
static float unvoiced_std(const struct course *c) { return ut_sample_of((float *)c->unvoiced_s, c->n_unvoiced).std; }
static float pause_mean(const struct course *c) { return ut_sample_of((float *)c->pauses_s, c->n_pauses).mean; }

struct row {
    const char *name;
    int track;
    enum gate gate;
    statistic *of;      /* of the track where it passes the gate */
    observation *about; /* or of the course of the window */
};

#define AVERAGE(name, track, gate)                                                                                     \
    {name "_mean", track, gate, ut_mean, NULL}, { name "_std", track, gate, ut_std, NULL }
#define SPREAD(name, track, gate)                                                                                      \
    {name "_p80_p20", track, gate, ut_p80_p20, NULL}, { name "_p95_p50", track, gate, ut_p95_p50, NULL }
#define SHAPE(name, track, gate)                                                                                       \
    AVERAGE(name, track, gate), {name "_p20", track, gate, ut_p20, NULL}, {name "_p50", track, gate, ut_p50, NULL}, {  \
        name "_p80", track, gate, ut_p80, NULL                                                                         \
    }
#define MOVE(name, track, gate)                                                                                        \
    {name "_std", track, gate, ut_std, NULL}, { name "_mean_abs", track, gate, ut_mean_abs, NULL }
#define SLOPES(name, track, gate)                                                                                      \
    {name "_rising_mean", track, gate, ut_mean_rising, NULL}, {name "_rising_std", track, gate, ut_std_rising, NULL},  \
        {name "_falling_mean", track, gate, ut_mean_falling, NULL}, {                                                  \
        name "_falling_std", track, gate, ut_std_falling, NULL                                                         \
    }
#define CEPSTRUM(n) SHAPE("mfcc_" #n, MFCC + n - 1, SPEECH), MOVE("mfcc_" #n "_change", MFCC_CHANGE + n - 1, SPEECH_RUN)
#define BAND(n)     AVERAGE("mel_" #n "_rel_db", MEL_REL + n - 1, SPEECH)
#define COURSE(name, about)                                                                                            \
    { name, 0, SPEECH, NULL, about }

static const struct row rows[] = {
    SHAPE("loudness", LOUDNESS, SPEECH),
    {"loudness_cv", LOUDNESS, SPEECH, ut_cv, NULL},
    {"loudness_change_mean_abs", LOUDNESS_CHANGE, SPEECH_RUN, ut_mean_abs, NULL},
    SHAPE("level_db", LEVEL, SPEECH),
    SPREAD("level_spread_db", LEVEL, SPEECH),
    {"level_spread_db_std", LEVEL, SPEECH, ut_std, NULL},
    {"level_spread_db_voiced_std", LEVEL, VOICED, ut_std, NULL},
    MOVE("level_change_db_s", LEVEL_CHANGE, SPEECH_RUN),
    SLOPES("level_change_db_s", LEVEL_CHANGE, SPEECH_RUN),
    SHAPE("alpha_ratio_db", ALPHA, SPEECH),
    SPREAD("alpha_ratio_db", ALPHA, SPEECH),
    MOVE("alpha_ratio_change_db_s", ALPHA_CHANGE, SPEECH_RUN),
    SHAPE("hammarberg_db", HAMMARBERG, SPEECH),
    SHAPE("slope_0_500", SLOPE_0, SPEECH),
    SHAPE("slope_500_1500", SLOPE_500, SPEECH),
    SHAPE("spectral_flux", FLUX, SPEECH),
    SHAPE("flux_rel_db", FLUX_REL, SPEECH),
    CEPSTRUM(1),
    CEPSTRUM(2),
    CEPSTRUM(3),
    CEPSTRUM(4),
    CEPSTRUM(5),
    CEPSTRUM(6),
    CEPSTRUM(7),
    CEPSTRUM(8),
    CEPSTRUM(9),
    CEPSTRUM(10),
    CEPSTRUM(11),
    CEPSTRUM(12),
    BAND(1),
    BAND(2),
    BAND(3),
    BAND(4),
    BAND(5),
    BAND(6),
    BAND(7),
    BAND(8),
    BAND(9),
    BAND(10),
    BAND(11),
    BAND(12),
    BAND(13),
    BAND(14),
    BAND(15),
    BAND(16),
    BAND(17),
    BAND(18),
    BAND(19),
    BAND(20),
    BAND(21),
    BAND(22),
    BAND(23),
    BAND(24),
    BAND(25),
    BAND(26),
    SHAPE("f0_st", F0_ST, VOICED),
    SPREAD("f0_st", F0_ST, VOICED),
    {"f0_change_st_s_mean_abs", F0_CHANGE, VOICED_RUN, ut_mean_abs, NULL},
    SLOPES("f0_change_st_s", F0_CHANGE, VOICED_RUN),
    AVERAGE("voicing", VOICING, VOICED),
    AVERAGE("periodicity_db", HNR, VOICED),
    AVERAGE("alpha_ratio_voiced_db", ALPHA, VOICED),
    AVERAGE("alpha_ratio_unvoiced_db", ALPHA, UNVOICED),
    AVERAGE("hammarberg_voiced_db", HAMMARBERG, VOICED),
    AVERAGE("hammarberg_unvoiced_db", HAMMARBERG, UNVOICED),
    AVERAGE("slope_0_500_voiced", SLOPE_0, VOICED),
    {"slope_0_500_unvoiced_mean", SLOPE_0, UNVOICED, ut_mean, NULL},
    AVERAGE("slope_500_1500_voiced", SLOPE_500, VOICED),
    {"slope_500_1500_unvoiced_mean", SLOPE_500, UNVOICED, ut_mean, NULL},
    AVERAGE("flux_rel_voiced_db", FLUX_REL, VOICED),
    AVERAGE("mfcc_1_voiced", MFCC, VOICED),
    AVERAGE("mfcc_2_voiced", MFCC + 1, VOICED),
    AVERAGE("mfcc_3_voiced", MFCC + 2, VOICED),
    AVERAGE("mfcc_4_voiced", MFCC + 3, VOICED),
    COURSE("loudness_peaks_s", peak_rate),
    COURSE("syllables_s", rate),
    COURSE("voiced_segments_s", segment_rate),
    COURSE("voiced_share", voiced_share),
    COURSE("voiced_segment_s_mean", voiced_mean),
    COURSE("voiced_segment_s_std", voiced_std),
    COURSE("unvoiced_segment_s_mean", unvoiced_mean),
    COURSE("unvoiced_segment_s_std", unvoiced_std),
    COURSE("speech_share", speech_share),
    COURSE("pause_s_mean", pause_mean),
};

size_t ut_functional_count(void) { return sizeof rows / sizeof *rows; }

const char *ut_functional_name(size_t i) { return i < ut_functional_count() ? rows[i].name : NULL; }

int ut_functional_find(const char *name) {
    for (size_t i = 0; name && i < ut_functional_count(); i++)
        if (strcmp(rows[i].name, name) == 0) return (int)i;
    return -1;
}

ut_functionals *ut_functionals_new(void) { return calloc(1, sizeof(ut_functionals)); }
void ut_functionals_free(ut_functionals *f) { free(f); }

static void store(ut_functionals *f, int track, float x) { f->value[track][f->at] = x; }

/* The place in the rings of the frame that came so many before the next one. */
static unsigned place(const ut_functionals *f, unsigned back) {
    return (f->at + UT_WINDOW_HOPS - back) % UT_WINDOW_HOPS;
}

static float change(const ut_functionals *f, int track) {
    return (f->value[track][f->at] - f->value[track][place(f, SPAN)]) / (SPAN * HOP_S);
}

static void store_spectrum(ut_functionals *f, const ut_frame *frame) {
    float mean_db = 0;
    for (int b = 0; b < UT_MEL_BANDS; b++) mean_db += frame->mel_db[b] / UT_MEL_BANDS;
    for (int b = 0; b < UT_MEL_BANDS; b++) store(f, MEL_REL + b, frame->mel_db[b] - mean_db);
    for (int c = 0; c < UT_MFCC; c++) store(f, MFCC + c, frame->mfcc[c]);
    store(f, ALPHA, frame->alpha_ratio_db);
    store(f, HAMMARBERG, frame->hammarberg_db);
    store(f, SLOPE_0, frame->slope_0_500);
    store(f, SLOPE_500, frame->slope_500_1500);
    store(f, FLUX, frame->spectral_flux);
    store(f, FLUX_REL, 20 * log10f(fmaxf(frame->spectral_flux, 1e-6f)) - frame->level_db);
}

static void store_voice(ut_functionals *f, const ut_frame *frame) {
    float r = fminf(fmaxf(frame->voicing, 0.001f), 0.9999f);
    store(f, LOUDNESS, frame->loudness);
    store(f, LEVEL, frame->level_db);
    store(f, VOICING, frame->voicing);
    store(f, HNR, 10 * log10f(r / (1 - r)));
    store(f, F0_ST, frame->f0_hz > 0 ? 12 * log2f(frame->f0_hz / UT_SEMITONE_ZERO_HZ) : 0);
}

static void store_changes(ut_functionals *f) {
    store(f, LOUDNESS_CHANGE, change(f, LOUDNESS));
    store(f, LEVEL_CHANGE, change(f, LEVEL));
    store(f, ALPHA_CHANGE, change(f, ALPHA));
    store(f, F0_CHANGE, change(f, F0_ST));
    for (int c = 0; c < UT_MFCC; c++) store(f, MFCC_CHANGE + c, change(f, MFCC + c));
}

static unsigned char gates_of(ut_functionals *f, const ut_frame *frame) {
    bool speech = frame->speech > SPEECH_LEAST, voiced = speech && frame->f0_hz > 0;
    f->speech_run = speech ? f->speech_run + 1 : 0;
    f->voiced_run = voiced ? f->voiced_run + 1 : 0;
    int gates = speech ? SPEECH | (voiced ? VOICED : UNVOICED) : 0;
    if (f->speech_run > SPAN) gates |= SPEECH_RUN;
    if (f->voiced_run > SPAN) gates |= VOICED_RUN;
    if (frame->syllable) gates |= SYLLABLE;
    return (unsigned char)gates;
}

void ut_functionals_push(ut_functionals *f, const ut_frame *frame) {
    store_spectrum(f, frame);
    store_voice(f, frame);
    store_changes(f);
    f->gates[f->at] = gates_of(f, frame);
    f->at = (f->at + 1) % UT_WINDOW_HOPS;
    if (f->held < UT_WINDOW_HOPS) f->held++;
}

/* A track's values where they pass the gate, none if they are too few. Returns how many. */
static size_t gather(const ut_functionals *f, int track, enum gate gate, float *x) {
    size_t n = 0;
    for (unsigned i = 0; i < f->held; i++)
        if (f->gates[i] & gate) x[n++] = f->value[track][i];
    return n < FRAMES_LEAST ? 0 : n;
}

static unsigned count(const ut_functionals *f, enum gate gate) {
    unsigned n = 0;
    for (unsigned i = 0; i < f->held; i++) n += (f->gates[i] & gate) != 0;
    return n;
}

/* Lengths of the runs of frames whose gates, under a mask, are the ones wanted. Returns how many runs. */
static size_t runs(const ut_functionals *f, int mask, int wanted, float *lengths_s) {
    size_t n = 0;
    bool inside = false;
    for (unsigned back = f->held; back > 0; back--) {
        bool fits = (f->gates[place(f, back)] & mask) == wanted;
        if (fits && !inside) lengths_s[n++] = 0;
        if (fits) lengths_s[n - 1] += HOP_S;
        inside = fits;
    }
    return n;
}

/* Maxima of loudness in speech that stand out of the 100 ms around. */
static unsigned loudness_peaks(const ut_functionals *f) {
    const unsigned reach = 5;
    unsigned n = 0;
    for (unsigned back = f->held; back > 2 * reach; back--) {
        unsigned middle = place(f, back - reach);
        bool peak = f->gates[middle] & SPEECH;
        for (unsigned i = 0; peak && i <= 2 * reach; i++)
            peak = i == reach || f->value[LOUDNESS][place(f, back - i)] < f->value[LOUDNESS][middle];
        n += peak;
    }
    return n;
}

static void follow(const ut_functionals *f, struct course *c) {
    c->n_voiced = runs(f, VOICED, VOICED, c->voiced_s);
    c->n_unvoiced = runs(f, SPEECH | VOICED, SPEECH, c->unvoiced_s);
    c->n_pauses = runs(f, SPEECH, 0, c->pauses_s);
    c->speech = count(f, SPEECH);
    c->voiced = count(f, VOICED);
    c->syllables = count(f, SYLLABLE);
    c->peaks = loudness_peaks(f);
    c->held = f->held;
}

void ut_functionals_take(const ut_functionals *f, float *out) {
    float x[UT_WINDOW_HOPS];
    struct ut_sample sample = {0};
    struct course course;
    const struct row *gathered = NULL;
    follow(f, &course);
    for (size_t i = 0; i < ut_functional_count(); i++) {
        const struct row *row = &rows[i];
        if (row->about) {
            out[i] = row->about(&course);
            continue;
        }
        if (!gathered || gathered->track != row->track || gathered->gate != row->gate)
            sample = ut_sample_of(x, gather(f, row->track, row->gate, x));
        gathered = row;
        out[i] = row->of(&sample);
    }
}

float ut_functionals_speech_s(const ut_functionals *f) { return (float)count(f, SPEECH) * HOP_S; }

float ut_functionals_level_db(const ut_functionals *f) {
    unsigned n = f->held < UT_READING_HOPS ? f->held : UT_READING_HOPS;
    float sum = 0;
    for (unsigned back = 1; back <= n; back++) sum += exp10f(f->value[LEVEL][place(f, back)] / 10);
    return n ? fmaxf(10 * log10f(sum / (float)n), SILENCE_DB) : SILENCE_DB;
}

float ut_functionals_rate_syl_s(const ut_functionals *f) {
    float speech_s = ut_functionals_speech_s(f);
    return speech_s >= 0.5f ? (float)count(f, SYLLABLE) / speech_s : 0;
}

bool ut_functionals_speaking(const ut_functionals *f) {
    unsigned n = f->held < UT_READING_HOPS ? f->held : UT_READING_HOPS, speech = 0;
    for (unsigned back = 1; back <= n; back++) speech += (f->gates[place(f, back)] & SPEECH) != 0;
    return n > 0 && 2 * speech >= n;
}
