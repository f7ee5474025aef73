/* A model file of any bytes. A random one never passes the checksum, so the first byte of the input says how much of
 * the file is put right: 0 nothing; else magic, version and checksum around the header and weights that follow; from
 * 128 on the header's length too, from the two bytes after it. */
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/classifier.h"
#include "prosody/functionals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PREAMBLE = 16, MOST = 1 << 16 };

static size_t put_right(uint8_t *file, const uint8_t *data, size_t n) {
    const uint8_t preamble[12] = {'U', 'T', 'M', 'O', 'D', 'E', 'L', 0, UT_MODEL_FORMAT, 0, 0, 0};
    memcpy(file, preamble, sizeof preamble);
    if (data[0] >= 128 && n >= 3) {
        memcpy(file + 12, (const uint8_t[]){data[1], data[2], 0, 0}, 4);
        data += 2, n -= 2;
    } else {
        memcpy(file + 12, (const uint8_t[]){(uint8_t)(n - 1), (uint8_t)((n - 1) >> 8), 0, 0}, 4);
    }
    memcpy(file + PREAMBLE, data + 1, n - 1);
    SHA256(file, PREAMBLE + n - 1, file + PREAMBLE + n - 1);
    return PREAMBLE + n - 1 + SHA256_DIGEST_LENGTH;
}

/* Of a voice that comes and goes. */
static ut_frame frame_of(int hop) {
    ut_frame frame = {.level_db = (float)(hop % 50 - 60), .speech = hop % 90 > 30, .voicing = (float)(hop % 11) / 10};
    if (hop % 7 > 1) frame.f0_hz = 100 + (float)(hop % 200), frame.hnr_db = 12, frame.jitter_local = 0.01f;
    for (int b = 0; b < UT_MEL_BANDS; b++) frame.mel_db[b] = (float)((hop * 31 + b * 17) % 90 - 100);
    return frame;
}

static void listen(ut_classifier *classifier, int round) {
    enum { HOPS = 8 };
    for (int hop = HOPS * round; hop < HOPS * (round + 1); hop++) {
        ut_frame frame = frame_of(hop);
        ut_classifier_push(classifier, &frame);
    }
}

/* What opens must also work: scores of a net that was taken are probabilities. */
static void use(const ut_model *model) {
    float *functionals = malloc(ut_functional_count() * sizeof *functionals);
    ut_classifier *classifier = ut_classifier_new(model);
    ut_opinion opinion;
    for (int round = 0; functionals && classifier && round < 12; round++) {
        for (size_t i = 0; i < ut_functional_count(); i++) functionals[i] = (float)(i % 7) * 10 - (float)round;
        listen(classifier, round);
        ut_classifier_run(classifier, functionals, 4, true, &opinion);
        const float scores[] = {opinion.affect.frustration, opinion.affect.stress, opinion.affect.arousal,
                                opinion.affect.confidence};
        for (int s = 0; s < 4; s++)
            if (!(scores[s] >= 0 && scores[s] <= 1)) abort();
        for (int c = 0; c < UT_CLASSES; c++)
            if (!(opinion.classes[c] >= 0 && opinion.classes[c] <= 1)) abort();
    }
    ut_classifier_free(classifier);
    free(functionals);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static uint8_t file[PREAMBLE + MOST + SHA256_DIGEST_LENGTH];
    if (n < 1 || n > MOST) return 0;
    size_t n_file = data[0] ? put_right(file, data, n) : n - 1;
    uint8_t *exact = malloc(n_file ? n_file : 1); /* so that a byte read past the end is seen */
    if (!exact) return 0;
    memcpy(exact, data[0] ? file : data + 1, n_file);
    ut_error why;
    ut_model *model = ut_model_parse(exact, n_file, &why);
    if (!model != (why != UT_OK)) abort();
    free(exact);
    if (model) use(model);
    ut_model_close(model);
    return 0;
}
