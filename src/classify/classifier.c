/* classifier.c - standardize, run the net, calibrate (Platt 1999), or abstain.
 *
 * A feature that nothing in the window could speak for (NaN) stands at the training mean. The net abstains when there
 * is too little speech, or when the window is further from what it was trained on than nearly all of that was: the
 * mean squared standardized feature, clipped so that one odd feature does not decide.
 */
#include "classify/classifier.h"

#include <math.h>
#include <stdlib.h>

#include "classify/layers.h"
#include "classify/reasons.h"
#include "prosody/functionals.h"

struct ut_classifier {
    const ut_model *model;
    ut_baseline baseline;
    ut_aspects aspects;
    float *x;       /* [n_features], standardized, NaN where nothing was heard */
    float *changed; /* [n_features], what the net is given */
    float *scratch; /* [2][UT_MODEL_WIDTH] */
    int pitch;      /* functional that readings show, see affect.pitch_hz */
};

/* Features further out than this many deviations are clipped, in training too (tools/train/utm.py). */
static const float clip = 5.0f;

ut_classifier *ut_classifier_new(const ut_model *model) {
    ut_classifier *classifier = calloc(1, sizeof *classifier);
    if (!classifier) return NULL;
    size_t n = (size_t)model->n_features;
    classifier->model = model;
    classifier->pitch = ut_functional_find("f0_st_p50");
    classifier->x = calloc(n, sizeof(float));
    classifier->changed = calloc(n, sizeof(float));
    classifier->scratch = calloc(2 * UT_MODEL_WIDTH, sizeof(float));
    bool complete = ut_baseline_init(&classifier->baseline, model->n_features) &&
                    ut_aspects_init(&classifier->aspects, model) && classifier->x && classifier->changed &&
                    classifier->scratch;
    if (complete) return classifier;
    ut_classifier_free(classifier);
    return NULL;
}

void ut_classifier_free(ut_classifier *classifier) {
    if (!classifier) return;
    ut_baseline_free(&classifier->baseline);
    ut_aspects_free(&classifier->aspects);
    free(classifier->x);
    free(classifier->changed);
    free(classifier->scratch);
    free(classifier);
}

/* Returns the distance from the training data. */
static float standardize(const ut_model *model, const float *functionals, float *x) {
    float sum = 0;
    for (int i = 0; i < model->n_features; i++) {
        float value = functionals[model->feature[i]];
        x[i] = NAN;
        if (!isfinite(value)) continue;
        x[i] = fminf(fmaxf((value - model->mean[i]) / model->scale[i], -clip), clip);
        sum += x[i] * x[i];
    }
    return sum / (float)model->n_features;
}

static float calibrated(ut_calibration c, float logit) { return 1.0f / (1.0f + expf(-(c.slope * logit + c.offset))); }

static void score(ut_classifier *classifier, ut_affect *affect) {
    const ut_calibration *c = classifier->model->calibration;
    float logits[UT_OUTPUTS];
    for (int i = 0; i < classifier->model->n_features; i++)
        classifier->changed[i] = isnan(classifier->x[i]) ? 0 : classifier->x[i];
    ut_layers_run(classifier->model, classifier->changed, classifier->scratch, logits);
    affect->frustration = calibrated(c[UT_FRUSTRATION], logits[UT_FRUSTRATION]);
    affect->stress = calibrated(c[UT_STRESS], logits[UT_STRESS]);
    affect->arousal = calibrated(c[UT_AROUSAL], logits[UT_AROUSAL]);
}

static void say_nothing(const ut_model *model, ut_affect *affect) {
    affect->frustration = model->calibration[UT_FRUSTRATION].prior;
    affect->stress = model->calibration[UT_STRESS].prior;
    affect->arousal = model->calibration[UT_AROUSAL].prior;
    affect->abstain = true;
}

/* A raised voice must not become the usual one: once the first seconds are known, the baseline stands still while
 * either score is more likely than not. */
static void follow_usual(ut_classifier *classifier, const ut_affect *affect) {
    bool raised = affect->frustration >= 0.5f || affect->stress >= 0.5f;
    if (!raised || !ut_baseline_ready(&classifier->baseline)) ut_baseline_add(&classifier->baseline, classifier->x);
}

static void explain(ut_classifier *classifier, ut_opinion *opinion) {
    for (int output = 0; output < UT_EXPLAINED; output++)
        opinion->n_reasons[output] =
            ut_reasons_find(&classifier->aspects, classifier->model, &classifier->baseline, classifier->x, output,
                            classifier->changed, classifier->scratch, opinion->reasons[output]);
}

void ut_classifier_run(ut_classifier *classifier, const float *functionals, float speech_s, ut_opinion *opinion) {
    const ut_model *model = classifier->model;
    *opinion = (ut_opinion){.usual_known = ut_baseline_ready(&classifier->baseline)};
    ut_affect *affect = &opinion->affect;
    float pitch_st = functionals[classifier->pitch];
    affect->pitch_hz = isfinite(pitch_st) ? UT_SEMITONE_ZERO_HZ * exp2f(pitch_st / 12) : 0;

    if (speech_s < model->min_speech_s) {
        say_nothing(model, affect);
        return;
    }
    float distance = standardize(model, functionals, classifier->x);
    score(classifier, affect);
    affect->abstain = distance > model->max_distance;
    if (affect->abstain) return;

    affect->confidence = fminf(speech_s / model->full_speech_s, 1) * (1 - 0.5f * distance / model->max_distance);
    if (opinion->usual_known) explain(classifier, opinion);
    follow_usual(classifier, affect);
}
