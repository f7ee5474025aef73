/* reasons.c - occlusion (Zeiler & Fergus, ECCV 2014) over the sides of a voice instead of pixels: each in turn is put
 * back to the caller's usual and the net is run again. What makes the score fall is a reason; what does not is none,
 * however far from usual it is. A voice that sounds as it did from the start has no change to tell, and the
 * one reason says that.
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

enum { NO_ASPECT = -1 };

static int aspect_of(const char *functional) {
    for (int a = 0; a < UT_ASPECTS; a++)
        for (const char *const *prefix = aspects_table[a].prefixes; *prefix; prefix++)
            if (!strncmp(functional, *prefix, strlen(*prefix))) return a;
    return UT_ASPECTS;
}

bool ut_aspects_init(ut_aspects *aspects, const ut_model *model) {
    aspects->of_feature = calloc((size_t)model->n_features, 1);
    if (!aspects->of_feature) return false;
    for (int a = 0; a < UT_ASPECTS; a++) aspects->shown[a] = -1;
    for (int i = 0; i < model->n_features; i++) {
        const char *name = ut_functional_name((size_t)model->feature[i]);
        int a = aspect_of(name);
        aspects->of_feature[i] = (unsigned char)a;
        if (a < UT_ASPECTS && aspects_table[a].shown && !strcmp(name, aspects_table[a].shown)) aspects->shown[a] = i;
    }
    return true;
}

void ut_aspects_free(ut_aspects *aspects) { free(aspects->of_feature); }

/* What was not heard stands at the training mean; none of it is put back to the usual. */
static float logit_without(const ut_aspects *aspects, const ut_model *model, const ut_baseline *baseline,
                           const float *x, int aspect, int output, float *changed, float *scratch) {
    float logits[UT_OUTPUTS];
    for (int i = 0; i < model->n_features; i++) {
        bool usual = aspects->of_feature[i] == aspect && !isnan(baseline->mean[i]);
        changed[i] = isnan(x[i]) ? 0 : usual ? baseline->mean[i] : x[i];
    }
    ut_layers_run(model, changed, scratch, logits);
    return logits[output];
}

/* How far a side of the voice that no single feature stands for is from usual: its features' root mean square. */
static float distance(const ut_aspects *aspects, const ut_model *model, const ut_baseline *baseline, const float *x,
                      int aspect) {
    float sum = 0;
    int n = 0;
    for (int i = 0; i < model->n_features; i++) {
        if (aspects->of_feature[i] != aspect) continue;
        float z = (x[i] - baseline->mean[i]) / ut_baseline_deviation(baseline, i);
        if (isnan(z)) continue;
        sum += z * z;
        n++;
    }
    return n ? sqrtf(sum / (float)n) : 0;
}

static void tell(ut_reason *reason, const struct aspect *aspect, int i, const ut_model *model,
                 const ut_baseline *baseline, const float *x) {
    float change = x[i] - baseline->mean[i];
    reason->feature = aspect->feature;
    reason->z = change / ut_baseline_deviation(baseline, i);
    snprintf(reason->change, sizeof reason->change, "%+.*f %s", aspect->decimals, (double)(change * model->scale[i]),
             aspect->unit);
}

/* A change smaller than this many of the caller's own deviations is not one a person would hear. */
static const float least_z = 0.7f;

static bool describe(ut_reason *reason, int aspect, const ut_aspects *aspects, const ut_model *model,
                     const ut_baseline *baseline, const float *x) {
    int shown = aspects->shown[aspect];
    if (shown >= 0) {
        tell(reason, &aspects_table[aspect], shown, model, baseline, x);
        return fabsf(reason->z) >= least_z;
    }
    if (aspects_table[aspect].shown) return false;
    *reason = (ut_reason){.feature = aspects_table[aspect].feature,
                          .change = "changed",
                          .z = distance(aspects, model, baseline, x, aspect)};
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

unsigned ut_reasons_find(const ut_aspects *aspects, const ut_model *model, const ut_baseline *baseline, const float *x,
                         int output, float *changed, float *scratch, ut_reason reasons[UT_REASONS]) {
    float now = logit_without(aspects, model, baseline, x, NO_ASPECT, output, changed, scratch), falls[UT_REASONS];
    unsigned n = 0;
    for (int a = 0; a < UT_ASPECTS; a++) {
        ut_reason reason;
        if (!describe(&reason, a, aspects, model, baseline, x)) continue;
        float fall = now - logit_without(aspects, model, baseline, x, a, output, changed, scratch);
        if (fall > 0) n = insert(reasons, falls, n, reason, fall);
    }
    if (n == 0) reasons[n++] = (ut_reason){.feature = "voice", .change = "from the start", .z = NAN};
    return n;
}
