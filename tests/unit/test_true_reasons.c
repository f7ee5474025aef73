/* Reasons that are true: where a cue rises on a real voice, put back what its reasons name and the score is gone.
 *
 * In each call a speaker is calm, then angry or fearful. The head is run anew by arithmetic of the test's own, over
 * a vector whose named sides stand at the caller's usual and have not changed.
 */
#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cues/cues.h"
#include "prosody/functionals.h"

enum { CALM_S = 20, RAISED_S = 10, LONGEST = 60 * UT_RATE_HZ, CLIPS = 4000, MOST_FUNCTIONALS = 1000 };

/* ---- clips ---- */

typedef struct clip {
    char path[64], corpus[16], speaker[16], emotion[16];
} clip;

static clip clips[CLIPS];
static int n_clips;

static const char *shared(void) {
    const char *folder = getenv("UNDERTONE_SHARED");
    return folder ? folder : "../shared";
}

/* The dev speakers of crema-d and emodb. */
static bool read_manifest(void) {
    char path[1024], row[512], split[16];
    snprintf(path, sizeof path, "%s/corpora/manifest.csv", shared());
    FILE *manifest = fopen(path, "r");
    if (!manifest) return false;
    while (n_clips < CLIPS && fgets(row, sizeof row, manifest)) {
        clip *c = &clips[n_clips];
        int read = sscanf(row, "%63[^,],%15[^,],%15[^,],%*[^,],%*[^,],%15[^,],%15[^,]", c->path, c->corpus, c->speaker,
                          c->emotion, split);
        bool ours = read == 5 && (!strcmp(c->corpus, "crema-d") || !strcmp(c->corpus, "emodb"));
        n_clips += ours && !strcmp(split, "dev") && !strstr(row, "AMBIGUOUS");
    }
    fclose(manifest);
    return true;
}

static bool is_first_of_speaker(const clip *c) {
    for (const clip *before = clips; before < c; before++)
        if (!strcmp(before->speaker, c->speaker)) return false;
    return true;
}

/* Appends a clip to a call of n samples; returns how long that is then. */
static size_t add_clip(const clip *c, float *x, size_t n) {
    char path[1024];
    SF_INFO info = {0};
    snprintf(path, sizeof path, "%s/corpora/%s", shared(), c->path);
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    assert_non_null(file);
    assert_true(info.channels == 1 && info.samplerate == UT_RATE_HZ);
    n += (size_t)sf_readf_float(file, x + n, (sf_count_t)(LONGEST - n));
    sf_close(file);
    return n;
}

/* Appends clips of an emotion until there are so many seconds of it, from the first again where they do not suffice. */
static size_t add_clips(const char *speaker, const char *emotion, int seconds, float *x, size_t n) {
    size_t enough = n + (size_t)(seconds * UT_RATE_HZ);
    for (size_t before = SIZE_MAX; n < enough && n != before;) {
        before = n;
        for (const clip *c = clips; c < clips + n_clips && n < enough; c++)
            if (!strcmp(c->speaker, speaker) && !strcmp(c->emotion, emotion)) n = add_clip(c, x, n);
    }
    assert_true(n >= enough);
    return n;
}

/* ---- the head, in another way ---- */

/* By the order of reasons.c's table. */
static const char *const sides[UT_ASPECTS] = {"pitch_hz", "emphasis_db", "rate_syl_s", "brightness_db",
                                              "voice_quality"};

static bool is_named(const ut_cue *cue, int side) {
    for (unsigned r = 0; r < cue->n_reasons; r++)
        if (side < UT_ASPECTS && !strcmp(cue->reasons[r].feature, sides[side])) return true;
    return false;
}

/* The vector with what the cue names put back, the changes from the usual, and that it is known. */
static void fill_inputs(const ut_model *model, const ut_aspects *aspects, const ut_baseline *usual, const float *vector,
                        const ut_cue *cue, double *inputs) {
    int n = model->n_vector;
    for (int i = 0; i < n; i++) {
        bool heard = !isnan(vector[i]), compared = heard && !isnan(usual->mean[i]);
        bool back = compared && cue && is_named(cue, aspects->of_element[i]);
        inputs[i] = !heard ? 0 : back ? (double)usual->mean[i] : (double)vector[i];
        inputs[n + i] = !compared || back ? 0 : (double)vector[i] - (double)usual->mean[i];
    }
    inputs[2 * n] = 1;
}

static void run_layer(const ut_layer *layer, const double *x, double *y) {
    for (int o = 0; o < layer->outputs; o++) {
        y[o] = (double)layer->bias[o];
        for (int i = 0; i < layer->inputs; i++) y[o] += x[i] * (double)layer->weight[i * layer->outputs + o];
        if (layer->relu) y[o] = fmax(y[o], 0);
    }
}

/* The odds of a class against the five others, calibrated. */
static double score_of(const ut_model *model, const double *outputs, ut_cue_kind kind) {
    int class = kind == UT_CUE_STRESS ? UT_FEARFUL : UT_ANGRY;
    const ut_calibration *warm = &model->warm[kind == UT_CUE_STRESS ? UT_STRESS : UT_FRUSTRATION];
    double others = 0;
    for (int c = 0; c < UT_CLASSES; c++) others += c == class ? 0 : exp(outputs[c]);
    double logit = outputs[class] - log(others);
    return 1 / (1 + exp(-((double)warm->slope * logit + (double)warm->offset)));
}

static double run_head(const ut_model *model, double *x, ut_cue_kind kind) {
    static double other[2 * UT_MODEL_WIDTH + 1];
    double *y = other;
    for (int l = 0; l < model->n_layers; l++) {
        run_layer(&model->layers[l], x, y);
        double *swap = x;
        x = y;
        y = swap;
    }
    return score_of(model, x, kind);
}

/* ---- a voice ---- */

typedef struct voice {
    const ut_model *model;
    ut_prosody *prosody;
    ut_functionals *functionals;
    ut_classifier *classifier;
    ut_aspects aspects;
    ut_baseline usual; /* the test's own, which the classifier keeps for itself */
    ut_cues cues;
    unsigned long hops;
} voice;

static unsigned raised[UT_CUE_KINDS], told, gone, same;
static double furthest;

static void voice_begin(voice *v, const ut_model *model) {
    *v = (voice){.model = model};
    v->prosody = ut_prosody_new(model->plan, NULL);
    v->functionals = ut_functionals_new(UT_WINDOW_HOPS);
    v->classifier = ut_classifier_new(model);
    assert_true(v->prosody && v->functionals && v->classifier);
    assert_true(ut_aspects_init(&v->aspects, model) && ut_baseline_init(&v->usual, model->n_vector));
    ut_cues_init(&v->cues, &(ut_call_options){0});
}

static void voice_end(voice *v) {
    ut_prosody_free(v->prosody);
    ut_functionals_free(v->functionals);
    ut_classifier_free(v->classifier);
    ut_aspects_free(&v->aspects);
    ut_baseline_free(&v->usual);
}

static void check_told(const voice *v, const ut_cue *cue) {
    static double inputs[2 * UT_MODEL_WIDTH + 1];
    const float *vector = ut_classifier_vector(v->classifier);
    fill_inputs(v->model, &v->aspects, &v->usual, vector, NULL, inputs);
    assert_true(fabs(run_head(v->model, inputs, cue->kind) - (double)cue->score) < 1e-3); /* it is the same head */
    fill_inputs(v->model, &v->aspects, &v->usual, vector, cue, inputs);
    double left = run_head(v->model, inputs, cue->kind), off = fabs(left - (double)cue->score_usual);
    raised[cue->kind] += cue->state == UT_CUE_RAISED;
    told++;
    gone += left < 0.5;
    same += off < 1e-3;
    furthest = fmax(furthest, off);
}

/* As classifier.c says what becomes usual. */
static void follow_usual(voice *v, const ut_affect *affect, bool speaking, bool held) {
    if (affect->abstain || !speaking || held) return;
    bool doubtful = ut_baseline_ready(&v->usual) && fmaxf(affect->frustration, affect->stress) >= 0.5f;
    ut_baseline_add(&v->usual, ut_classifier_vector(v->classifier), doubtful ? 0.25f : 1);
}

static void take_reading(voice *v) {
    float window[MOST_FUNCTIONALS];
    double t_s = (double)v->hops * UT_HOP / UT_RATE_HZ;
    bool speaking = ut_functionals_speaking(v->functionals), held = ut_cues_hold_usual(&v->cues);
    ut_opinion opinion;
    ut_functionals_take(v->functionals, window);
    ut_classifier_run(v->classifier, window, ut_functionals_speech_s(v->functionals), speaking, &opinion);
    ut_cues_hear(&v->cues, t_s, &opinion, speaking);
    ut_cue cue;
    while (ut_shelf_next(&v->cues.shelf, &t_s, &cue))
        if (cue.state != UT_CUE_CLEARED && (cue.kind == UT_CUE_FRUSTRATION || cue.kind == UT_CUE_STRESS))
            check_told(v, &cue);
    follow_usual(v, &opinion.affect, speaking, held);
    ut_classifier_hold_usual(v->classifier, ut_cues_hold_usual(&v->cues));
}

static void hear(voice *v, const float *x, size_t n) {
    ut_frame frame;
    while (n > 0) {
        size_t some = ut_prosody_push(v->prosody, x, n < UT_HOP ? n : UT_HOP);
        x += some;
        n -= some;
        while (ut_prosody_next(v->prosody, &frame)) {
            ut_functionals_push(v->functionals, &frame);
            ut_classifier_push(v->classifier, &frame);
            if (++v->hops % UT_READING_HOPS == 0) take_reading(v);
        }
    }
}

static void hear_call(const ut_model *model, const char *speaker, const char *emotion, float *x) {
    voice v;
    voice_begin(&v, model);
    size_t n = add_clips(speaker, "neutral", CALM_S, x, 0);
    n = add_clips(speaker, emotion, RAISED_S, x, n);
    hear(&v, x, n);
    voice_end(&v);
}

static void what_is_named_takes_the_score_away(void **state) {
    (void)state;
    if (!read_manifest()) {
        print_message("skipped: no corpora\n");
        skip();
    }
    ut_model *model = ut_model_open("models/base.utm", NULL);
    float *x = calloc(LONGEST, sizeof *x);
    assert_true(model && x && ut_functional_count() <= MOST_FUNCTIONALS);
    unsigned calls = 0;
    for (const clip *c = clips; c < clips + n_clips; c++) {
        if (!is_first_of_speaker(c)) continue;
        hear_call(model, c->speaker, "angry", x);
        hear_call(model, c->speaker, "fearful", x);
        calls += 2;
    }
    free(x);
    ut_model_close(model);
    print_message("%u calls: %u cues of frustration and %u of stress; of the %u times they were told %u are gone with "
                  "their reasons, %u to what was told, the furthest %.1e off\n",
                  calls, raised[UT_CUE_FRUSTRATION], raised[UT_CUE_STRESS], told, gone, same, furthest);
    assert_true(raised[UT_CUE_FRUSTRATION] + raised[UT_CUE_STRESS] >= 10);
    assert_true(gone >= 0.95 * told && same >= 0.95 * told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_takes_the_score_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
