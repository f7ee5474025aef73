/* reasons.c - occlusion (Zeiler & Fergus, ECCV 2014) over the sides of a voice instead of pixels: each in turn is put
 * back to the caller's usual and the head is run again. What makes the score fall is a reason; what does not is none,
 * however far from usual it is. A voice that sounds as it did from the start has no change to tell, and the
 * one reason says that.
 *
 * What the encoders hear counts as voice quality, since nothing else of it has a name. An element that is put back
 * takes its own change with it. The head's first layer is not run again: its sums are linear in what was put back, so
 * that all sides together cost about as much as one more run.
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
    for (int i = 0; i < model->n_features; i++) {
        const char *name = ut_functional_name((size_t)model->feature[i]);
        int a = aspect_of(name);
        aspects->of_element[i] = (unsigned char)a;
        if (a < UT_ASPECTS && aspects_table[a].shown && !strcmp(name, aspects_table[a].shown)) aspects->shown[a] = i;
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

static bool describe(ut_reason *reason, int aspect, const struct ut_heard *heard) {
    int shown = heard->aspects->shown[aspect];
    if (shown >= 0) {
        tell(reason, &aspects_table[aspect], shown, heard);
        return fabsf(reason->z) >= least_z;
    }
    if (aspects_table[aspect].shown) return false;
    *reason = (ut_reason){.feature = aspects_table[aspect].feature, .change = "changed", .z = distance(heard, aspect)};
    return reason->z >= 1;
}

/* Keeps reasons sorted by how far the score falls without them. */
static unsigned insert(ut_reason reasons[UT_REASONS], float falls[UT_REASONS], unsigned n, ut_reason reason,
                       float fall) {
    unsigned at = n;
    while (at > 0 && falls[at - 1] < fall) at--;
    if (at == UT_REASONS) return n;
    unsigned kept = n < UT_REASONS ? n : UT_REASONS - 1;
    memmove(&reasons[at + 1], &reasons[at], (kept - at) * sizeof *reasons);
    memmove(&falls[at + 1], &falls[at], (kept - at) * sizeof *falls);
    reasons[at] = reason;
    falls[at] = fall;
    return kept + 1;
}

/* The logits were one aspect as usual. What was not heard, or never before, stays as it is. */
static void logits_without(const struct ut_heard *heard, int aspect, float *scratch, float *logits) {
    const ut_model *model = heard->model;
    float outputs[UT_OUTPUTS], *sums = scratch + 2 * UT_MODEL_WIDTH;
    memcpy(sums, heard->sums, (size_t)model->layers[0].outputs * sizeof *sums);
    for (int i = 0; i < model->n_vector; i++) {
        float more = heard->baseline->mean[i] - heard->vector[i];
        if (heard->aspects->of_element[i] != aspect || isnan(more)) continue;
        ut_layers_change(model, i, more, sums);
        ut_layers_change(model, model->n_vector + i, more, sums);
    }
    ut_layers_end(model, sums, scratch, outputs);
    ut_layers_logits(outputs, logits);
}

void ut_reasons_find(const struct ut_heard *heard, float *scratch, ut_reason reasons[UT_EXPLAINED][UT_REASONS],
                     unsigned n_reasons[UT_EXPLAINED]) {
    float falls[UT_EXPLAINED][UT_REASONS], logits[UT_SCORES];
    for (int score = 0; score < UT_EXPLAINED; score++) n_reasons[score] = 0;
    for (int a = 0; a < UT_ASPECTS; a++) {
        ut_reason reason;
        if (!describe(&reason, a, heard)) continue;
        logits_without(heard, a, scratch, logits);
        for (int score = 0; score < UT_EXPLAINED; score++) {
            float fall = heard->logits[score] - logits[score];
            if (fall > 0) n_reasons[score] = insert(reasons[score], falls[score], n_reasons[score], reason, fall);
        }
    }
    for (int score = 0; score < UT_EXPLAINED; score++)
        if (n_reasons[score] == 0)
            reasons[score][n_reasons[score]++] = (ut_reason){.feature = "voice", .change = "from the start", .z = NAN};
}
