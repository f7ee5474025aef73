/* reasons.c - occlusion (Zeiler & Fergus, ECCV 2014) over the sides of a voice instead of pixels: sides are put back to
 * the caller's usual and the head is run again. The reasons are the sides that together take most of the score away: a
 * counterfactual (Wachter et al., Harvard JOLT 31, 2018), and the score that is left is told with them. What does not
 * lower the score is no reason, however far from usual it is. A voice that sounds as it did from the start has no
 * change to tell, and the one reason says that.
 *
 * What the encoders hear counts as voice quality, since nothing else of it has a name. An element that is put back
 * takes its own change with it. The head's first layer is not run again: its sums are linear in what was put back, so
 * that the sides of a set are added up.
 */
#include "classify/reasons.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/layers.h"
#include "prosody/functionals.h"

static const struct aspect {
    const char *feature; /* the name in events */
    const char *shown;   /* the functional whose change is told; null: no single one can stand for it */
    const char *unit;
    int decimals;
    const char *prefixes[12]; /* functionals that start so belong to it */
} aspects_table[UT_ASPECTS] = {
    {"pitch_hz", "f0_st_p50", "st", 1, {"f0_"}},
    {"emphasis_db", "level_spread_db_p95_p50", "dB", 1, {"level_spread_", "level_change_", "loudness_cv", "flux_rel_"}},
    {"rate_syl_s",
     "articulation_rate_syl_s",
     "syl/s",
     1,
     {"articulation_rate_", "speaking_rate_", "loudness_peaks_", "voiced_s", "unvoiced_", "speech_share", "pause_"}},
    {"brightness_db", "alpha_ratio_db_mean", "dB", 1, {"alpha_", "hammarberg_", "slope_", "tilt_"}},
    {"voice_quality",
     NULL,
     "",
     0,
     {"mel_", "mfcc_", "voicing_", "hnr_", "jitter_", "shimmer_", "h1_", "f1_", "f2_", "f3_"}},
};

enum { VOICE_QUALITY = UT_ASPECTS - 1 };

/* A voice's quality in words, by the measure of it that has changed most (Gobl & Ni Chasaide, Speech Communication 40,
 * 2003); the encoders hear more of it than has a name. */
static const struct quality {
    const char *functional, *more, *less;
} qualities[UT_QUALITIES] = {
    {"hnr_db_mean", "clearer", "rougher"},
    {"h1_h2_db_mean", "breathier", "more pressed"},
    {"h1_a3_db_mean", "softer", "sharper"},
};

const ut_why ut_why_from_the_start = {
    .reasons = {{.feature = "voice", .change = "from the start", .z = NAN}}, .n_reasons = 1, .score_usual = NAN};

static int aspect_of(const char *functional) {
    for (int a = 0; a < UT_ASPECTS; a++)
        for (const char *const *prefix = aspects_table[a].prefixes; *prefix; prefix++)
            if (!strncmp(functional, *prefix, strlen(*prefix))) return a;
    return UT_ASPECTS;
}

bool ut_aspects_init(ut_aspects *aspects, const ut_model *model) {
    aspects->of_element = calloc((size_t)model->n_vector, 1);
    if (!aspects->of_element) return false;
    for (int a = 0; a < UT_ASPECTS; a++) aspects->shown[a] = -1;
    for (int q = 0; q < UT_QUALITIES; q++) aspects->quality[q] = -1;
    for (int i = 0; i < model->n_features; i++) {
        const char *name = ut_functional_name((size_t)model->feature[i]);
        int a = aspect_of(name);
        aspects->of_element[i] = (unsigned char)a;
        if (a < UT_ASPECTS && aspects_table[a].shown && !strcmp(name, aspects_table[a].shown)) aspects->shown[a] = i;
        for (int q = 0; q < UT_QUALITIES; q++)
            if (!strcmp(name, qualities[q].functional)) aspects->quality[q] = i;
    }
    for (int i = model->n_features; i < model->n_vector; i++) aspects->of_element[i] = VOICE_QUALITY;
    return true;
}

void ut_aspects_free(ut_aspects *aspects) { free(aspects->of_element); }

/* How far a side of the voice that no single feature stands for is from usual: its features' root mean square. The
 * encoders' outputs have no unit in which they could be far. */
static float distance(const struct ut_heard *heard, int aspect) {
    const ut_baseline *baseline = heard->baseline;
    float sum = 0;
    int n = 0;
    for (int i = 0; i < heard->model->n_features; i++) {
        if (heard->aspects->of_element[i] != aspect) continue;
        float z = (heard->vector[i] - baseline->mean[i]) / ut_baseline_deviation(baseline, i);
        if (isnan(z)) continue;
        sum += z * z;
        n++;
    }
    return n ? sqrtf(sum / (float)n) : 0;
}

static void tell(ut_reason *reason, const struct aspect *aspect, int i, const struct ut_heard *heard) {
    float change = heard->vector[i] - heard->baseline->mean[i];
    reason->feature = aspect->feature;
    reason->z = change / ut_baseline_deviation(heard->baseline, i);
    snprintf(reason->change, sizeof reason->change, "%+.*f %s", aspect->decimals,
             (double)(change * heard->model->scale[i]), aspect->unit);
}

/* A change smaller than this many of the caller's own deviations is not one a person would hear. */
static const float least_z = 0.7f;

/* Nor is one over this many: no voice moves so far from itself, but a window with little but the line in it does. */
static const float most_z = 6.0f;

static const char *quality_of(const struct ut_heard *heard) {
    const char *words = "changed";
    float most = least_z;
    for (int q = 0; q < UT_QUALITIES; q++) {
        int i = heard->aspects->quality[q];
        float z = i < 0 ? 0 : (heard->vector[i] - heard->baseline->mean[i]) / ut_baseline_deviation(heard->baseline, i);
        if (!(fabsf(z) > most)) continue;
        most = fabsf(z);
        words = z > 0 ? qualities[q].more : qualities[q].less;
    }
    return words;
}

/* False where there is nothing to tell of this side. */
static bool describe(ut_reason *reason, int aspect, const struct ut_heard *heard) {
    int shown = heard->aspects->shown[aspect];
    if (shown >= 0) {
        tell(reason, &aspects_table[aspect], shown, heard);
        return fabsf(reason->z) >= least_z && fabsf(reason->z) <= most_z;
    }
    if (aspects_table[aspect].shown) return false;
    *reason = (ut_reason){.feature = aspects_table[aspect].feature, .z = distance(heard, aspect)};
    snprintf(reason->change, sizeof reason->change, "%s", quality_of(heard));
    return reason->z >= 1;
}

enum { SETS = 1 << UT_ASPECTS }; /* of sides, a bit each */

typedef struct sides {
    ut_reason reason[UT_ASPECTS];
    unsigned told;                   /* the set of sides that can be told */
    float score[SETS][UT_EXPLAINED]; /* with the sides of the set as usual */
} sides;

static unsigned count(unsigned set) {
    unsigned n = 0;
    for (; set; set &= set - 1) n++;
    return n;
}

static bool is_choice(const sides *all, unsigned set) { return !(set & ~all->told) && count(set) <= UT_REASONS; }

/* What each side, put back, adds to the head's first sums, [UT_ASPECTS][width]. What was not heard, or never before,
 * stays as it is. */
static void put_back(const struct ut_heard *heard, int width, float *changes) {
    const ut_model *model = heard->model;
    memset(changes, 0, (size_t)UT_ASPECTS * (size_t)width * sizeof *changes);
    for (int i = 0; i < model->n_vector; i++) {
        int aspect = heard->aspects->of_element[i];
        float more = heard->baseline->mean[i] - heard->vector[i];
        if (aspect == UT_ASPECTS || isnan(more)) continue;
        ut_layers_change(model, i, more, changes + aspect * width);
        ut_layers_change(model, model->n_vector + i, more, changes + aspect * width);
    }
}

static void score_sets(const struct ut_heard *heard, float *scratch, sides *all) {
    int width = heard->model->layers[0].outputs;
    float *sums = scratch + 2 * UT_MODEL_WIDTH, *changes = sums + UT_MODEL_WIDTH;
    float outputs[UT_OUTPUTS], logits[UT_SCORES];
    put_back(heard, width, changes);
    for (unsigned set = 0; set < SETS; set++) {
        if (!is_choice(all, set)) continue;
        memcpy(sums, heard->sums, (size_t)width * sizeof *sums);
        for (int a = 0; a < UT_ASPECTS; a++)
            for (int i = 0; set >> a & 1 && i < width; i++) sums[i] += changes[a * width + i];
        ut_layers_end(heard->model, sums, scratch, outputs);
        ut_layers_logits(outputs, logits);
        for (int s = 0; s < UT_EXPLAINED; s++) all->score[set][s] = ut_calibrated(heard->model->warm[s], logits[s]);
    }
}

/* What a set leaves of the score, and a price for each side that is named: one that changes little is not worth words.
 */
static float cost(const sides *all, unsigned set, int score) {
    return all->score[set][score] + 0.02f * (float)count(set);
}

/* The empty set where nothing lowers the score. */
static unsigned choose(const sides *all, int score) {
    unsigned best = 0;
    for (unsigned set = 1; set < SETS; set++) {
        bool lowers = is_choice(all, set) && all->score[set][score] < all->score[0][score];
        if (lowers && (!best || cost(all, set, score) < cost(all, best, score))) best = set;
    }
    return best;
}

/* Of the set's sides those first that lower the score most by themselves. */
static void write_down(const sides *all, unsigned set, int score, ut_why *why) {
    *why = (ut_why){.score_usual = all->score[set][score]};
    for (; set; why->n_reasons++) {
        unsigned most = set & -set;
        for (unsigned one = most; one <= set; one <<= 1)
            if (set & one && all->score[one][score] < all->score[most][score]) most = one;
        for (int a = 0; a < UT_ASPECTS; a++)
            if (most >> a & 1) why->reasons[why->n_reasons] = all->reason[a];
        set &= ~most;
    }
}

void ut_reasons_find(const struct ut_heard *heard, float *scratch, ut_why why[UT_EXPLAINED]) {
    sides all = {0};
    for (int a = 0; a < UT_ASPECTS; a++)
        if (describe(&all.reason[a], a, heard)) all.told |= 1u << a;
    score_sets(heard, scratch, &all);
    for (int score = 0; score < UT_EXPLAINED; score++) {
        unsigned set = choose(&all, score);
        if (set) write_down(&all, set, score, &why[score]);
        else why[score] = ut_why_from_the_start;
    }
}
