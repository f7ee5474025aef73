/* made_model.h - model files made in memory: any header, any weights, and the checksum that fits them. */
#ifndef TESTS_MADE_MODEL_H
#define TESTS_MADE_MODEL_H

#include <openssl/sha.h>
#include <stdint.h>
#include <string.h>

#include "classify/model.h"

enum { MADE_MODEL_MOST = 1 << 20 };

/* A file in memory. */
typedef struct image {
    unsigned char bytes[MADE_MODEL_MOST];
    size_t n;
} image;

static inline void put_u32(image *m, uint32_t x) {
    for (int i = 0; i < 4; i++) m->bytes[m->n++] = (unsigned char)(x >> (8 * i));
}

static inline void sign(image *m) { m->n += SHA256(m->bytes, m->n, m->bytes + m->n) ? SHA256_DIGEST_LENGTH : 0; }

static inline void make_with(image *m, const char *header, const float *weights, int n_weights) {
    memcpy(m->bytes, "UTMODEL", 8);
    m->n = 8;
    put_u32(m, UT_MODEL_FORMAT);
    put_u32(m, (uint32_t)strlen(header));
    memcpy(m->bytes + m->n, header, strlen(header));
    m->n += strlen(header);
    for (int i = 0; i < n_weights; i++) {
        uint32_t bits;
        memcpy(&bits, &weights[i], sizeof bits);
        put_u32(m, bits);
    }
    sign(m);
}

/* A weight of a made net: of both signs, all different over a thousand, -0.4..0.4. */
static inline float made_weight(int k) { return (float)(k * 7919 % 1000 - 500) / 1250.0f; }

/* All but the features, encoders and layers of a header. */
#define MADE_HEADER_REST                                                                                               \
    "\"name\": \"tiny-1\", \"rate_hz\": 8000, \"hop_ms\": 10, \"window_hops\": 400,"                                   \
    " \"outputs\": [\"angry\", \"fearful\", \"happy\", \"sad\", \"neutral\", \"disgust\", \"arousal\"],"               \
    " \"calibration\": {\"cold\": [{\"slope\": 1, \"offset\": 0, \"prior\": 0.2},"                                     \
    "                              {\"slope\": 1.5, \"offset\": -1, \"prior\": 0.1},"                                  \
    "                              {\"slope\": 0, \"offset\": 2.5, \"prior\": 0}],"                                    \
    "                   \"warm\": [{\"slope\": 2, \"offset\": 0.5, \"prior\": 0.2},"                                   \
    "                              {\"slope\": 1, \"offset\": 0.25, \"prior\": 0.1},"                                  \
    "                              {\"slope\": 1, \"offset\": 0, \"prior\": 0.5}]},"                                   \
    " \"abstain\": {\"min_speech_s\": 0.8, \"full_speech_s\": 2.5, \"max_distance\": 4, \"min_share\": 0.2}"

#endif
