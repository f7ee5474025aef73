/* classifier.c - a vector of the window, the head over it, calibrate (Platt 1999), or abstain.
 *
 *     frames -> encoder inputs -> encoders ----------\
 *     functionals -> standardize and clip --> vector --> vector, change from the usual, is it known --> head
 *
 * A feature that nothing in the window could speak for (NaN) stands at the training mean, and as unchanged. While the
 * caller's usual is not known, nothing has changed and the head is told that nobody knows; from then on it has a
 * calibration of its own, warm instead of cold.
 *
 * The encoders have learned from clips of one turn each. So a pause begins a voice's inputs anew, as a clip begins;
 * what is usual for the caller over the whole call is the baseline's to know.
 *
 * It abstains when there is too little speech; when the window is further from what it was trained on than nearly all
 * of that was: the mean squared standardized feature, clipped so that one odd feature does not decide; and when no
 * class is likely enough to be told (Chow, IEEE Trans. Information Theory 16, 1970).
 */
#include "classify/classifier.h"

#include <math.h>
#include <stdlib.h>

#include "classify/encoder.h"
#include "classify/layers.h"
#include "classify/reasons.h"
#include "prosody/functionals.h"

struct ut_classifier {
    const ut_model *model;
    ut_encoder_usual usual;
    int silent; /* frames since the voice spoke */
    ut_encoder *encoders[UT_MODEL_ENCODERS];
    ut_baseline baseline;
    bool held; /* nothing is added to it */
    ut_aspects aspects;
    float *vector;  /* [n_vector], NaN where nothing was heard */
    float *inputs;  /* [ut_model_inputs(model)], what the head is given */
    float *sums;    /* [UT_MODEL_WIDTH], what its first layer makes of that */
    float *scratch; /* [3 + UT_ASPECTS][UT_MODEL_WIDTH] */
    int pitch;      /* functional that readings show, see affect.pitch_hz */
};

enum { PAUSE = 100 }; /* frames without speech that end a turn */

/* Features further out than this many deviations are clipped, in training too (tools/train/utm.py). */
static const float clip = 5.0f;

ut_classifier *ut_classifier_new(const ut_model *model) {
    ut_classifier *classifier = calloc(1, sizeof *classifier);
    if (!classifier) return NULL;
    classifier->model = model;
    classifier->pitch = ut_functional_find("f0_st_p50");
    classifier->vector = calloc((size_t)model->n_vector, sizeof(float));
    classifier->inputs = calloc((size_t)ut_model_inputs(model), sizeof(float));
    classifier->sums = calloc(UT_MODEL_WIDTH, sizeof(float));
    classifier->scratch = calloc((3 + UT_ASPECTS) * UT_MODEL_WIDTH, sizeof(float));
    bool complete = ut_baseline_init(&classifier->baseline, model->n_vector) &&
                    ut_aspects_init(&classifier->aspects, model) && classifier->vector && classifier->inputs &&
                    classifier->sums && classifier->scratch;
    for (int e = 0; e < model->n_encoders; e++)
        complete = (classifier->encoders[e] = ut_encoder_new(&model->encoders[e])) && complete;
    if (complete) return classifier;
    ut_classifier_free(classifier);
    return NULL;
}

void ut_classifier_free(ut_classifier *classifier) {
    if (!classifier) return;
    for (int e = 0; e < UT_MODEL_ENCODERS; e++) ut_encoder_free(classifier->encoders[e]);
    ut_baseline_free(&classifier->baseline);
    ut_aspects_free(&classifier->aspects);
    free(classifier->vector);
    free(classifier->inputs);
    free(classifier->sums);
    free(classifier->scratch);
    free(classifier);
}

void ut_classifier_push(ut_classifier *classifier, const ut_frame *frame) {
    float inputs[UT_ENCODER_INPUTS];
    if (classifier->model->n_encoders == 0) return;
    classifier->silent = frame->speech > 0.5f ? 0 : classifier->silent + 1;
    if (classifier->silent == PAUSE) classifier->usual = (ut_encoder_usual){0};
    ut_encoder_inputs_run(&classifier->usual, frame, inputs);
    for (int e = 0; e < classifier->model->n_encoders; e++) ut_encoder_push(classifier->encoders[e], inputs);
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

static void take_encoders(const ut_classifier *classifier, float *next) {
    for (int e = 0; e < classifier->model->n_encoders; e++) {
        ut_encoder_take(classifier->encoders[e], next);
        next += ut_encoder_size(&classifier->model->encoders[e]);
    }
}

static void fill_inputs(ut_classifier *classifier) {
    const float *usual = classifier->baseline.mean;
    bool ready = ut_baseline_ready(&classifier->baseline);
    int n = classifier->model->n_vector;
    for (int i = 0; i < n; i++) {
        float change = classifier->vector[i] - usual[i];
        classifier->inputs[i] = isnan(classifier->vector[i]) ? 0 : classifier->vector[i];
        classifier->inputs[n + i] = ready && !isnan(change) ? change : 0;
    }
    classifier->inputs[2 * n] = ready;
}

static void score(ut_classifier *classifier, ut_opinion *opinion, float logits[UT_SCORES]) {
    const ut_model *model = classifier->model;
    const ut_calibration *c = opinion->affect.usual_known ? model->warm : model->cold;
    float outputs[UT_OUTPUTS];
    fill_inputs(classifier);
    ut_layers_begin(model, classifier->inputs, classifier->sums);
    ut_layers_end(model, classifier->sums, classifier->scratch, outputs);
    ut_layers_logits(outputs, logits);
    ut_layers_classes(outputs, opinion->classes);
    opinion->affect.frustration = ut_calibrated(c[UT_FRUSTRATION], logits[UT_FRUSTRATION]);
    opinion->affect.stress = ut_calibrated(c[UT_STRESS], logits[UT_STRESS]);
    opinion->affect.arousal = ut_calibrated(c[UT_AROUSAL], logits[UT_AROUSAL]);
}

static float greatest(const float classes[UT_CLASSES]) {
    float most = 0;
    for (int c = 0; c < UT_CLASSES; c++) most = fmaxf(most, classes[c]);
    return most;
}

static void say_nothing(const ut_model *model, ut_affect *affect) {
    affect->frustration = model->cold[UT_FRUSTRATION].prior;
    affect->stress = model->cold[UT_STRESS].prior;
    affect->arousal = model->cold[UT_AROUSAL].prior;
    affect->abstain = true;
}

/* A raised voice must not become the usual one, but who always sounds so must: once the first seconds are known, a
 * reading in which either score is more likely than not counts for a quarter. */
static void follow_usual(ut_classifier *classifier, const ut_affect *affect) {
    bool raised = affect->frustration >= 0.5f || affect->stress >= 0.5f;
    bool doubtful = raised && ut_baseline_ready(&classifier->baseline);
    ut_baseline_add(&classifier->baseline, classifier->vector, doubtful ? 0.25f : 1);
}

static void explain(const ut_classifier *classifier, ut_opinion *opinion) {
    const struct ut_heard heard = {.model = classifier->model,
                                   .aspects = &classifier->aspects,
                                   .baseline = &classifier->baseline,
                                   .vector = classifier->vector,
                                   .sums = classifier->sums};
    ut_reasons_find(&heard, classifier->scratch, opinion->why);
}

void ut_classifier_run(ut_classifier *classifier, const float *functionals, float speech_s, bool speaking,
                       ut_opinion *opinion) {
    const ut_model *model = classifier->model;
    *opinion = (ut_opinion){.affect.usual_known = ut_baseline_ready(&classifier->baseline), .speech_s = speech_s};
    for (int s = 0; s < UT_EXPLAINED; s++) opinion->why[s] = ut_why_from_the_start;
    ut_affect *affect = &opinion->affect;
    float pitch_st = functionals[classifier->pitch], logits[UT_SCORES];
    affect->pitch_hz = isfinite(pitch_st) ? UT_SEMITONE_ZERO_HZ * exp2f(pitch_st / 12) : 0;

    if (speech_s < model->min_speech_s) {
        say_nothing(model, affect);
        return;
    }
    float distance = standardize(model, functionals, classifier->vector);
    take_encoders(classifier, classifier->vector + model->n_features);
    score(classifier, opinion, logits);
    affect->abstain = distance > model->max_distance || greatest(opinion->classes) < model->min_share;
    if (affect->abstain) return;

    affect->confidence = fminf(speech_s / model->full_speech_s, 1) * (1 - 0.5f * distance / model->max_distance);
    if (affect->usual_known) explain(classifier, opinion);
    if (speaking && !classifier->held) follow_usual(classifier, affect);
}

void ut_classifier_hold_usual(ut_classifier *classifier, bool hold) { classifier->held = hold; }

const float *ut_classifier_vector(const ut_classifier *classifier) { return classifier->vector; }
