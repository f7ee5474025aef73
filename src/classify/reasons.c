/* reasons.c - occlusion (Zeiler & Fergus, ECCV 2014) over the sides of a voice instead of pixels: each in turn is put
 * back to the caller's usual and the net is run again. What makes the score fall is a reason; what does not is none,
 * however far from usual it is.
 */
#include "classify/reasons.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/layers.h"
#include "prosody/functionals.h"

static const struct aspect {
    const char *feature;      /* the name in events */
    const char *shown;        /* the functional whose change is told */
    const char *unit;
    int decimals;
    const char *prefixes[8];  /* functionals that start so belong to it */
} aspects_table[UT_ASPECTS] = {
    {"pitch_hz", "f0_st_p50", "st", 1, {"f0_"}},
    {"level_db", "level_db_p80", "dB", 0, {"level_db_", "loudness_"}},
    {"rate_syl_s", "rate_syl_s", "syl/s", 1, {"rate_", "pause_", "voiced_", "unvoiced_"}},
    {"brightness_db", "alpha_ratio_db_mean", "dB", 1, {"alpha_", "hammarberg_", "slope_"}},
    {"timbre", NULL, "", 0, {"mel_", "mfcc_", "spectral_"}},
};

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

static float logit_of(const ut_model *model, const float *x, int output, float *scratch) {
    float logits[UT_OUTPUTS];
    ut_layers_run(model, x, scratch, logits);
    return logits[output];
}

static float logit_without(const ut_aspects *aspects, const ut_model *model, const ut_baseline *baseline,
                           const float *x, int aspect, int output, float *changed, float *scratch) {
    for (int i = 0; i < model->n_features; i++)
        changed[i] = aspects->of_feature[i] == aspect ? baseline->mean[i] : x[i];
    return logit_of(model, changed, output, scratch);
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

unsigned ut_reasons_find(const ut_aspects *aspects, const ut_model *model, const ut_baseline *baseline, const float *x,
                         int output, float *changed, float *scratch, ut_reason reasons[UT_REASONS]) {
    float now = logit_of(model, x, output, scratch);
    float falls[UT_REASONS] = {0};
    unsigned n = 0;
    for (int a = 0; a < UT_ASPECTS; a++) {
        if (aspects->shown[a] < 0) continue;
        ut_reason reason;
        tell(&reason, &aspects_table[a], aspects->shown[a], model, baseline, x);
        float fall = now - logit_without(aspects, model, baseline, x, a, output, changed, scratch);
        if (fall <= 0 || fabsf(reason.z) < least_z) continue;
        unsigned at = n < UT_REASONS ? n++ : UT_REASONS;
        for (; at > 0 && falls[at - 1] < fall; at--)
            if (at < UT_REASONS) falls[at] = falls[at - 1], reasons[at] = reasons[at - 1];
        if (at < UT_REASONS) falls[at] = fall, reasons[at] = reason;
    }
    return n;
}
