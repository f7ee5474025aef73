/* functionals.c - a window's sums as one vector.
 *
 * In:  frames, one a hop, which the window keeps as sums.
 * Out: on demand, the functionals, in the order of the table below, which names each and says what it is a statistic
 *      of. After the functionals of the Geneva minimalistic set (Eyben et al., IEEE Trans. Affective Computing 7,
 *      2016), over more descriptors.
 *
 * A descriptor is averaged over speech, voiced or unvoiced, and over the frames that have it: what is not there is left
 * out, never counted as a zero. Changes are taken over 40 ms within one run of speech, those of pitch within one of
 * voice. A deviation is relative, _cv, where the scale's zero means none of it, and absolute, _std, elsewhere.
 *
 * loudness_*, level_db_*, level_eq_db, spectral_flux_* and slope_* follow the level of the line, loudness_peaks_s and
 * what ends in _cv excepted. All the others stay when the line gets louder or quieter.
 */
#include "prosody/functionals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/window.h"

#define SILENCE_DB -100.0f

enum { FRAMES_LEAST = 10 }; /* fewer cannot speak for a window */

struct ut_functionals {
    struct ut_window window;
};

/* Over which frames; bits 1 << enum ut_kind. */
enum over { UNVOICED = 1 << UT_UNVOICED, VOICED = 1 << UT_VOICED, SPEECH = UNVOICED | VOICED };

/* What of the window a functional is told of. */
struct part {
    const struct ut_window *window;
    enum ut_track track;
    enum over over;
};

typedef float functional(const struct part *p);

/* ---- of a track ---- */

static struct ut_sums joined(struct ut_sums a, struct ut_sums b) {
    return (struct ut_sums){a.n + b.n, a.sum + b.sum, a.square + b.square};
}

static struct ut_sums heard(const struct part *p) {
    struct ut_sums unvoiced = p->window->tracks[UT_UNVOICED][p->track], voiced = p->window->tracks[UT_VOICED][p->track];
    return p->over == SPEECH ? joined(unvoiced, voiced) : p->over == VOICED ? voiced : unvoiced;
}

static double mean_of(struct ut_sums s) { return (double)s.sum / (double)s.n; }

static double std_of(struct ut_sums s) {
    double mean = mean_of(s);
    return sqrt(fmax((double)s.square / (double)s.n - mean * mean, 0));
}

/* Steps to the track's unit: a distance, and a place on its scale. */
static float units(const struct part *p, double steps) {
    return (float)(steps / (double)p->window->steps_per_unit[p->track]);
}
static float place(const struct part *p, double steps) { return p->window->least[p->track] + units(p, steps); }

static float mean(const struct part *p) {
    struct ut_sums s = heard(p);
    return s.n >= FRAMES_LEAST ? place(p, mean_of(s)) : NAN;
}
static float std(const struct part *p) {
    struct ut_sums s = heard(p);
    return s.n >= FRAMES_LEAST ? units(p, std_of(s)) : NAN;
}
static float cv(const struct part *p) { return std(p) / mean(p); }

static float percentile(const struct part *p, int percent) {
    return heard(p).n >= FRAMES_LEAST ? place(p, (double)ut_window_percentile(p->window, p->track, percent)) : NAN;
}
static float p20(const struct part *p) { return percentile(p, 20); }
static float p50(const struct part *p) { return percentile(p, 50); }
static float p80(const struct part *p) { return percentile(p, 80); }
static float p80_p20(const struct part *p) { return percentile(p, 80) - percentile(p, 20); }
static float p95_p50(const struct part *p) { return percentile(p, 95) - percentile(p, 50); }

/* Of a track of binary logarithms, so that quiet lines are told as finely as loud ones. */
static float log2_p20(const struct part *p) { return exp2f(p20(p)); }
static float log2_p50(const struct part *p) { return exp2f(p50(p)); }
static float log2_p80(const struct part *p) { return exp2f(p80(p)); }
static float log2_p80_p20(const struct part *p) { return exp2f(p80(p)) - exp2f(p20(p)); }

/* ---- of a track's changes, a second ---- */

static float a_second(const struct part *p, double steps) { return units(p, steps) / (UT_CHANGE_SPAN * UT_HOP_S); }

static struct ut_sums turned(const struct part *p, enum ut_direction to) { return p->window->changes[p->track][to]; }

static struct ut_sums changes(const struct part *p) {
    return joined(turned(p, UT_FLAT), joined(turned(p, UT_RISING), turned(p, UT_FALLING)));
}

static float change_std(const struct part *p) {
    struct ut_sums s = changes(p);
    return s.n >= FRAMES_LEAST ? a_second(p, std_of(s)) : NAN;
}
static float change_mean_abs(const struct part *p) {
    int64_t n = changes(p).n, path = turned(p, UT_RISING).sum - turned(p, UT_FALLING).sum;
    return n >= FRAMES_LEAST ? a_second(p, (double)path / (double)n) : NAN;
}

static bool turns(const struct part *p, enum ut_direction to) {
    return turned(p, to).n > 0 && changes(p).n >= FRAMES_LEAST;
}
static float slope_mean(const struct part *p, enum ut_direction to) {
    return turns(p, to) ? a_second(p, mean_of(turned(p, to))) : NAN;
}
static float slope_std(const struct part *p, enum ut_direction to) {
    return turns(p, to) ? a_second(p, std_of(turned(p, to))) : NAN;
}
static float rising_mean(const struct part *p) { return slope_mean(p, UT_RISING); }
static float rising_std(const struct part *p) { return slope_std(p, UT_RISING); }
static float falling_mean(const struct part *p) { return slope_mean(p, UT_FALLING); }
static float falling_std(const struct part *p) { return slope_std(p, UT_FALLING); }

/* ---- of the course of the window ---- */

static int64_t speech(const struct ut_window *w) {
    return w->run_lengths[UT_UNVOICED].sum + w->run_lengths[UT_VOICED].sum;
}

static float share(int64_t n, int64_t of, int64_t least) { return of >= least ? (float)n / (float)of : NAN; }
static float speech_share(const struct part *p) { return share(speech(p->window), p->window->held, 1); }
static float music_share(const struct part *p) { return share(p->window->marked[UT_MUSIC], p->window->held, 1); }
static float tone_share(const struct part *p) { return share(p->window->marked[UT_TONE], p->window->held, 1); }
static float voiced_share(const struct part *p) {
    return share(p->window->run_lengths[UT_VOICED].sum, speech(p->window), FRAMES_LEAST);
}

/* Of the time from the first of speech to the last. */
static float pause_share(const struct part *p) {
    int64_t span = ut_window_speech_span(p->window);
    return share(span - speech(p->window), span, FRAMES_LEAST);
}

static float rate(int64_t n, int64_t of) { return share(n, of, FRAMES_LEAST) / UT_HOP_S; }
static float syllables(const struct part *p) { return rate(p->window->marked[UT_SYLLABLE], speech(p->window)); }
static float loudness_peaks(const struct part *p) { return rate(p->window->marked[UT_PEAK_ON], speech(p->window)); }
static float voiced_segments(const struct part *p) {
    return rate(p->window->run_lengths[UT_VOICED].n, speech(p->window));
}
static float speaking_rate(const struct part *p) {
    bool enough = speech(p->window) >= FRAMES_LEAST;
    return enough ? rate(p->window->marked[UT_SYLLABLE], ut_window_speech_span(p->window)) : NAN;
}

static float length_mean(struct ut_sums runs) { return runs.n ? (float)mean_of(runs) * UT_HOP_S : NAN; }
static float length_std(struct ut_sums runs) { return runs.n ? (float)std_of(runs) * UT_HOP_S : NAN; }
static float voiced_mean(const struct part *p) { return length_mean(p->window->run_lengths[UT_VOICED]); }
static float voiced_std(const struct part *p) { return length_std(p->window->run_lengths[UT_VOICED]); }
static float unvoiced_mean(const struct part *p) { return length_mean(p->window->run_lengths[UT_UNVOICED]); }
static float unvoiced_std(const struct part *p) { return length_std(p->window->run_lengths[UT_UNVOICED]); }
static float pause_mean(const struct part *p) { return length_mean(p->window->run_lengths[UT_PAUSE]); }

static float power_db(int64_t power, int64_t frames) {
    return ut_max(10 * log10f((float)power / ((float)frames * UT_FULL_POWER)), SILENCE_DB);
}
static float level_eq(const struct part *p) {
    return p->window->held ? power_db(p->window->power, p->window->held) : NAN;
}

/* ---- the table ---- */

struct row {
    const char *name;
    functional *of;
    enum ut_track track;
    enum over over;
};

/* clang-format off */
#define MEAN(name, track, over)    {name "_mean", mean, track, over}
#define AVERAGE(name, track, over) MEAN(name, track, over), {name "_std", std, track, over}
#define RELATIVE(name, track)      MEAN(name, track, VOICED), {name "_cv", cv, track, VOICED}
#define SHAPE(name, track)                                                                                             \
    AVERAGE(name, track, SPEECH), {name "_p20", p20, track, SPEECH}, {name "_p50", p50, track, SPEECH},                \
    {name "_p80", p80, track, SPEECH}
#define SPREAD(name, track)   {name "_p80_p20", p80_p20, track, SPEECH}, {name "_p95_p50", p95_p50, track, SPEECH}
#define PATH(name, track)     {name "_mean_abs", change_mean_abs, track, SPEECH}
#define MOVE(name, track)     {name "_std", change_std, track, SPEECH}, PATH(name, track)
#define SLOPES(name, track)                                                                                            \
    {name "_rising_mean", rising_mean, track, SPEECH}, {name "_rising_std", rising_std, track, SPEECH},                \
    {name "_falling_mean", falling_mean, track, SPEECH}, {name "_falling_std", falling_std, track, SPEECH}
#define CEPSTRUM(n)   SHAPE("mfcc_" #n, UT_MFCC_1 + n - 1), MOVE("mfcc_" #n "_change", UT_MFCC_1 + n - 1)
#define BAND(n)       AVERAGE("mel_" #n "_rel_db", UT_MEL_REL_1 + n - 1, SPEECH)
#define FORMANT(n)                                                                                                     \
    RELATIVE("f" #n "_hz", UT_F1_HZ + n - 1), RELATIVE("f" #n "_bandwidth_hz", UT_F1_BANDWIDTH + n - 1),               \
    AVERAGE("f" #n "_level_db", UT_F1_LEVEL + n - 1, VOICED)
#define COURSE(name, of)      {name, of, 0, SPEECH}

static const struct row rows[] = {
    AVERAGE("loudness", UT_LOUDNESS, SPEECH),
    {"loudness_p20", log2_p20, UT_LOUDNESS_LOG2, SPEECH},
    {"loudness_p50", log2_p50, UT_LOUDNESS_LOG2, SPEECH},
    {"loudness_p80", log2_p80, UT_LOUDNESS_LOG2, SPEECH},
    {"loudness_p80_p20", log2_p80_p20, UT_LOUDNESS_LOG2, SPEECH},
    {"loudness_cv", cv, UT_LOUDNESS, SPEECH},
    PATH("loudness_change_s", UT_LOUDNESS),
    SLOPES("loudness_change_s", UT_LOUDNESS),
    SHAPE("level_db", UT_LEVEL),
    COURSE("level_eq_db", level_eq),
    SPREAD("level_spread_db", UT_LEVEL),
    {"level_spread_db_std", std, UT_LEVEL, SPEECH},
    {"level_spread_db_voiced_std", std, UT_LEVEL, VOICED},
    MOVE("level_change_db_s", UT_LEVEL),
    SLOPES("level_change_db_s", UT_LEVEL),
    SHAPE("alpha_ratio_db", UT_ALPHA),
    SPREAD("alpha_ratio_db", UT_ALPHA),
    MOVE("alpha_ratio_change_db_s", UT_ALPHA),
    SHAPE("hammarberg_db", UT_HAMMARBERG),
    SHAPE("slope_0_500", UT_SLOPE_0),
    SHAPE("slope_500_1500", UT_SLOPE_500),
    SHAPE("tilt_0_500", UT_TILT_0),
    SHAPE("tilt_500_1500", UT_TILT_500),
    AVERAGE("spectral_flux", UT_FLUX, SPEECH),
    {"spectral_flux_cv", cv, UT_FLUX, SPEECH},
    SHAPE("flux_rel_db", UT_FLUX_REL),
    CEPSTRUM(1), CEPSTRUM(2), CEPSTRUM(3), CEPSTRUM(4), CEPSTRUM(5), CEPSTRUM(6),
    CEPSTRUM(7), CEPSTRUM(8), CEPSTRUM(9), CEPSTRUM(10), CEPSTRUM(11), CEPSTRUM(12),
    BAND(1), BAND(2), BAND(3), BAND(4), BAND(5), BAND(6), BAND(7), BAND(8), BAND(9), BAND(10), BAND(11), BAND(12),
    BAND(13), BAND(14), BAND(15), BAND(16), BAND(17), BAND(18), BAND(19), BAND(20), BAND(21), BAND(22), BAND(23),
    BAND(24), BAND(25), BAND(26),
    SHAPE("f0_st", UT_F0_ST),
    SPREAD("f0_st", UT_F0_ST),
    PATH("f0_change_st_s", UT_F0_ST),
    SLOPES("f0_change_st_s", UT_F0_ST),
    AVERAGE("voicing", UT_VOICING, VOICED),
    AVERAGE("hnr_db", UT_HNR, VOICED),
    RELATIVE("jitter_local", UT_JITTER),
    AVERAGE("shimmer_local_db", UT_SHIMMER, VOICED),
    AVERAGE("h1_h2_db", UT_H1_H2, VOICED),
    AVERAGE("h1_a3_db", UT_H1_A3, VOICED),
    FORMANT(1), FORMANT(2), FORMANT(3),
    AVERAGE("alpha_ratio_voiced_db", UT_ALPHA, VOICED),
    AVERAGE("alpha_ratio_unvoiced_db", UT_ALPHA, UNVOICED),
    AVERAGE("hammarberg_voiced_db", UT_HAMMARBERG, VOICED),
    AVERAGE("hammarberg_unvoiced_db", UT_HAMMARBERG, UNVOICED),
    AVERAGE("slope_0_500_voiced", UT_SLOPE_0, VOICED),
    MEAN("slope_0_500_unvoiced", UT_SLOPE_0, UNVOICED),
    AVERAGE("slope_500_1500_voiced", UT_SLOPE_500, VOICED),
    MEAN("slope_500_1500_unvoiced", UT_SLOPE_500, UNVOICED),
    AVERAGE("tilt_0_500_voiced", UT_TILT_0, VOICED),
    AVERAGE("tilt_0_500_unvoiced", UT_TILT_0, UNVOICED),
    AVERAGE("tilt_500_1500_voiced", UT_TILT_500, VOICED),
    AVERAGE("tilt_500_1500_unvoiced", UT_TILT_500, UNVOICED),
    AVERAGE("spectral_flux_voiced", UT_FLUX, VOICED),
    AVERAGE("spectral_flux_unvoiced", UT_FLUX, UNVOICED),
    AVERAGE("flux_rel_voiced_db", UT_FLUX_REL, VOICED),
    MEAN("flux_rel_unvoiced_db", UT_FLUX_REL, UNVOICED),
    AVERAGE("mfcc_1_voiced", UT_MFCC_1, VOICED),
    AVERAGE("mfcc_2_voiced", UT_MFCC_1 + 1, VOICED),
    AVERAGE("mfcc_3_voiced", UT_MFCC_1 + 2, VOICED),
    AVERAGE("mfcc_4_voiced", UT_MFCC_1 + 3, VOICED),
    COURSE("loudness_peaks_s", loudness_peaks),
    COURSE("articulation_rate_syl_s", syllables), /* a second of speech without its pauses */
    COURSE("speaking_rate_syl_s", speaking_rate), /* with its pauses */
    COURSE("voiced_segments_s", voiced_segments),
    COURSE("voiced_share", voiced_share),
    COURSE("voiced_segment_s_mean", voiced_mean),
    COURSE("voiced_segment_s_std", voiced_std),
    COURSE("unvoiced_segment_s_mean", unvoiced_mean),
    COURSE("unvoiced_segment_s_std", unvoiced_std),
    COURSE("speech_share", speech_share),
    COURSE("pause_share", pause_share),
    COURSE("pause_s_mean", pause_mean),
    COURSE("music_share", music_share),
    COURSE("tone_share", tone_share),
};
/* clang-format on */

size_t ut_functional_count(void) { return sizeof rows / sizeof *rows; }

const char *ut_functional_name(size_t i) { return i < ut_functional_count() ? rows[i].name : NULL; }

int ut_functional_find(const char *name) {
    for (size_t i = 0; name && i < ut_functional_count(); i++)
        if (strcmp(rows[i].name, name) == 0) return (int)i;
    return -1;
}

void ut_functionals_take(const ut_functionals *f, float *out) {
    for (size_t i = 0; i < ut_functional_count(); i++)
        out[i] = rows[i].of(&(struct part){&f->window, rows[i].track, rows[i].over});
}

/* ---- open, push, read, free ---- */

ut_functionals *ut_functionals_new(unsigned window_hops) {
    bool slides = window_hops >= UT_WINDOW_LEAST && window_hops <= UT_WINDOW_MOST;
    ut_functionals *f = slides || window_hops == UT_WINDOW_WHOLE ? malloc(sizeof *f) : NULL;
    if (!f || ut_window_open(&f->window, window_hops)) return f;
    ut_functionals_free(f);
    return NULL;
}

void ut_functionals_free(ut_functionals *f) {
    if (f) ut_window_close(&f->window);
    free(f);
}

void ut_functionals_push(ut_functionals *f, const ut_frame *frame) { ut_window_push(&f->window, frame); }

float ut_functionals_speech_s(const ut_functionals *f) { return (float)speech(&f->window) * UT_HOP_S; }

static unsigned of_a_reading(const struct ut_window *w) {
    return w->held < UT_READING_HOPS ? (unsigned)w->held : UT_READING_HOPS;
}

float ut_functionals_level_db(const ut_functionals *f) {
    unsigned n = of_a_reading(&f->window);
    int64_t power = 0;
    for (unsigned back = 1; back <= n; back++) power += ut_window_back(&f->window, back)->power;
    return n ? power_db(power, n) : SILENCE_DB;
}

float ut_functionals_rate_syl_s(const ut_functionals *f) {
    float speech_s = ut_functionals_speech_s(f);
    return speech_s >= 0.5f ? (float)f->window.marked[UT_SYLLABLE] / speech_s : 0;
}

bool ut_functionals_speaking(const ut_functionals *f) {
    unsigned n = of_a_reading(&f->window), speaking = 0;
    for (unsigned back = 1; back <= n; back++) speaking += ut_window_back(&f->window, back)->kind != UT_PAUSE;
    return n > 0 && 2 * speaking >= n;
}
