/* classifier_inputs.c - what the classifier of src/classify hears, for training to fit it to.
 *
 *     classifier_inputs          clips on stdin -> their inputs on stdout
 *     classifier_inputs names    the functionals' names, one a line
 *
 * In:  of each clip an int32, its samples, and as many float32 at 8 kHz; end of file after the last.
 * Out: of each clip two int32, the numbers of its hops and of its readings; of each hop UT_ENCODER_INPUTS float32; of
 *      each reading float32 t_s, hops so far, seconds of speech in the window, and all functionals, NaN for those that
 *      nothing could speak for.
 *
 * Frames and readings fall due as they do in a live voice, see voice.c: a reading of the frames that are out by the end
 * of each half second of samples, and one at the end of the clip, unless it ended with a half second.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/encoder_inputs.h"
#include "prosody/functionals.h"

enum { READING = UT_HOP * UT_READING_HOPS, BEFORE_FUNCTIONALS = 3 };

typedef struct clip {
    float *x; /* [n] */
    int32_t n;
    float (*hops)[UT_ENCODER_INPUTS];
    float *readings; /* [n_readings][reading_size()] */
    int32_t n_hops, n_readings;
} clip;

static size_t reading_size(void) { return BEFORE_FUNCTIONALS + ut_functional_count(); }

/* Everything that one clip is heard with. */
typedef struct listener {
    ut_prosody *prosody;
    ut_functionals *functionals;
    ut_encoder_usual usual;
} listener;

static void take_frames(listener *l, clip *c) {
    for (ut_frame frame; ut_prosody_next(l->prosody, &frame);) {
        ut_functionals_push(l->functionals, &frame);
        ut_encoder_inputs_run(&l->usual, &frame, c->hops[c->n_hops++]);
    }
}

static void read_window(const listener *l, clip *c, int32_t samples) {
    float *reading = c->readings + (size_t)c->n_readings++ * reading_size();
    reading[0] = (float)samples / UT_RATE_HZ;
    reading[1] = (float)c->n_hops;
    reading[2] = ut_functionals_speech_s(l->functionals);
    ut_functionals_take(l->functionals, reading + BEFORE_FUNCTIONALS);
}

static void listen(listener *l, clip *c) {
    for (int32_t at = 0; at < c->n;) {
        int32_t room = UT_HOP - at % UT_HOP, left = c->n - at;
        at += (int32_t)ut_prosody_push(l->prosody, c->x + at, (size_t)(left < room ? left : room));
        take_frames(l, c);
        if (at % READING == 0) read_window(l, c, at);
    }
    ut_prosody_finish(l->prosody);
    take_frames(l, c);
    if (c->n % READING) read_window(l, c, c->n);
}

static bool hear(const ut_plan *plan, clip *c) {
    listener l = {.prosody = ut_prosody_new(plan, NULL), .functionals = ut_functionals_new(UT_WINDOW_HOPS)};
    bool good = l.prosody && l.functionals;
    if (good) listen(&l, c);
    ut_prosody_free(l.prosody);
    ut_functionals_free(l.functionals);
    return good;
}

static bool write_clip(const clip *c) {
    fwrite((int32_t[]){c->n_hops, c->n_readings}, sizeof(int32_t), 2, stdout);
    fwrite(c->hops, sizeof *c->hops, (size_t)c->n_hops, stdout);
    fwrite(c->readings, reading_size() * sizeof *c->readings, (size_t)c->n_readings, stdout);
    return fflush(stdout) == 0; /* whoever gives the clips may wait for each */
}

static bool run(const ut_plan *plan, int32_t n) {
    size_t samples = (size_t)n, hops = samples / UT_HOP, readings = samples / READING + 1;
    clip c = {.x = malloc((samples + 1) * sizeof *c.x),
              .n = n,
              .hops = malloc((hops + 1) * sizeof *c.hops),
              .readings = malloc(readings * reading_size() * sizeof *c.readings)};
    bool good = c.x && c.hops && c.readings && fread(c.x, sizeof *c.x, samples, stdin) == samples && hear(plan, &c) &&
                write_clip(&c);
    free(c.x);
    free(c.hops);
    free(c.readings);
    return good;
}

static bool run_all(const ut_plan *plan) {
    int32_t n;
    bool good = plan;
    while (good && fread(&n, sizeof n, 1, stdin) == 1) good = n >= 0 && run(plan, n);
    return good;
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "names")) {
        for (size_t i = 0; i < ut_functional_count(); i++) puts(ut_functional_name(i));
        return 0;
    }
    if (argc > 1) return fprintf(stderr, "usage: classifier_inputs [names]\n"), 2;
    ut_plan *plan = ut_plan_open(NULL);
    bool good = run_all(plan);
    ut_plan_close(plan);
    if (!good) fprintf(stderr, "classifier_inputs: a clip is cut short, or could not be heard or written\n");
    return !good;
}
