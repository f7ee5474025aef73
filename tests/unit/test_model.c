/* Model files: a tiny one made here, and every way to damage it. */
#include "classify/model.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_model.h"
#include "prosody/functionals.h"

/* One feature's pair, an encoder with a map of 2 channels and 8 bands and two frames layers, and a head. */
static const char whole_header[] =
    "{" MADE_HEADER_REST ", \"features\": [\"f0_st_p50\", \"articulation_rate_syl_s\"],"
    " \"encoders\": [{\"maps\": [{\"inputs\": 1, \"outputs\": 2, \"kernel_hops\": 3, \"kernel_bands\": 2,"
    "                             \"pad_bands\": 0, \"stride_hops\": 4, \"pool_bands\": 3}],"
    "                  \"frames\": [{\"inputs\": 27, \"outputs\": 2, \"kernel_hops\": 2},"
    "                               {\"inputs\": 2, \"outputs\": 1, \"kernel_hops\": 1}]}],"
    " \"layers\": [{\"inputs\": 9, \"outputs\": 3, \"activation\": \"relu\"},"
    "              {\"inputs\": 3, \"outputs\": 7, \"activation\": \"linear\"}]}";

enum {
    SCALE = 2,
    MAP = 4,
    FRAMES = MAP + 2 * 3 * 2 + 2,
    MORE_FRAMES = FRAMES + 2 * 27 * 2 + 2,
    HIDDEN = MORE_FRAMES + 2 + 1,
    OUT = HIDDEN + 3 * 9 + 3,
    WEIGHTS = OUT + 7 * 3 + 7
};

static void good_weights(float weights[WEIGHTS]) {
    for (int i = 0; i < WEIGHTS; i++) weights[i] = made_weight(i);
    weights[SCALE] = 2, weights[SCALE + 1] = 0.5f;
}

static void make(image *m, const char *header) {
    float weights[WEIGHTS];
    good_weights(weights);
    make_with(m, header, weights, WEIGHTS);
}

/* From memory of just that size, so that a sanitizer sees every byte read past the end. */
static ut_error parse(const image *m) {
    ut_error why = UT_BAD_PLAYBOOK;
    unsigned char *bytes = malloc(m->n ? m->n : 1);
    assert_non_null(bytes);
    memcpy(bytes, m->bytes, m->n);
    ut_model *model = ut_model_parse(bytes, m->n, &why);
    free(bytes);
    assert_int_equal(model == NULL, why != UT_OK);
    ut_model_close(model);
    return why;
}

static void opens(void **state) {
    (void)state;
    static image m;
    make(&m, whole_header);
    ut_error why = UT_NO_MEMORY;
    ut_model *model = ut_model_parse(m.bytes, m.n, &why);
    assert_non_null(model);
    assert_int_equal(why, UT_OK);
    char id[64] = "tiny-1@";
    for (int i = 0; i < 6; i++) sprintf(id + 7 + 2 * i, "%02x", m.bytes[m.n - SHA256_DIGEST_LENGTH + i]);
    assert_string_equal(ut_model_id(model), id);
    assert_int_equal(model->n_features, 2);
    assert_string_equal(ut_functional_name((size_t)model->feature[1]), "articulation_rate_syl_s");
    assert_int_equal(model->n_layers, 2);
    assert_true(model->layers[0].relu && !model->layers[1].relu);
    assert_true(model->cold[UT_STRESS].slope == 1.5f && model->cold[UT_STRESS].offset == -1);
    assert_true(model->warm[UT_STRESS].slope == 1 && model->warm[UT_STRESS].offset == 0.25f);
    assert_true(model->min_speech_s == 0.8f && model->full_speech_s == 2.5f && model->max_distance == 4 &&
                model->min_share == 0.2f);
    ut_model_close(model);
    model = ut_model_parse(m.bytes, m.n, NULL);
    assert_non_null(model);
    ut_model_close(model);
    ut_model_close(NULL);
}

/* Weights of the file [outputs][inputs], turned. */
static void check_dense(const ut_layer *layer, const float *weights) {
    for (int o = 0; o < layer->outputs; o++)
        for (int i = 0; i < layer->inputs; i++)
            assert_true(layer->weight[i * layer->outputs + o] == weights[o * layer->inputs + i]);
    assert_memory_equal(layer->bias, weights + layer->inputs * layer->outputs, (size_t)layer->outputs * sizeof(float));
}

/* The map, [2 outputs][1][3 hops][2 bands] to [hops][bands][outputs]; the frames after it, [2][27][2 hops] to
 * [hops][27][2], where the file has 2 channels of 8 bands and 11 descriptors, and memory 8 bands of 2 channels. */
static void check_encoder(const ut_encoder_net *net, const float *weights) {
    const ut_convolution *map = &net->layers[0], *frames = &net->layers[1];
    for (int k = 0; k < 3 * 2; k++)
        for (int o = 0; o < 2; o++) assert_true(map->weight[k * 2 + o] == weights[MAP + o * 3 * 2 + k]);
    assert_memory_equal(map->bias, weights + MAP + 12, 2 * sizeof(float));
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 27; i++)
            for (int o = 0; o < 2; o++) {
                int channel = i % 2, band = i / 2, in_file = i < 16 ? channel * 8 + band : i;
                assert_true(frames->weight[(k * 27 + i) * 2 + o] == weights[FRAMES + (o * 27 + in_file) * 2 + k]);
            }
    assert_memory_equal(frames->bias, weights + FRAMES + 108, 2 * sizeof(float));
    assert_memory_equal(net->layers[2].weight, weights + MORE_FRAMES, 2 * sizeof(float));
}

static void weights_lie_where_loops_want_them(void **state) {
    (void)state;
    static image m;
    make(&m, whole_header);
    ut_model *model = ut_model_parse(m.bytes, m.n, NULL);
    assert_non_null(model);
    float weights[WEIGHTS];
    good_weights(weights);
    assert_int_equal(model->n_encoders, 1);
    assert_int_equal(model->n_vector, 4);
    const ut_encoder_net *net = &model->encoders[0];
    assert_true(net->n_maps == 1 && net->n_layers == 3 && net->step_hops == 4 && net->outputs == 1);
    assert_int_equal(ut_convolution_bands(&net->layers[0]), 8);
    assert_memory_equal(model->mean, weights, 2 * sizeof(float));
    assert_memory_equal(model->scale, weights + SCALE, 2 * sizeof(float));
    check_encoder(net, weights);
    check_dense(&model->layers[0], weights + HIDDEN);
    check_dense(&model->layers[1], weights + OUT);
    ut_model_close(model);
}

static void not_one(void **state) {
    (void)state;
    static image m;
    make(&m, whole_header);
    assert_null(ut_model_parse(NULL, 0, NULL));
    for (int i = 0; i < 8; i++) {
        static image other;
        other = m;
        other.bytes[i] ^= 1;
        assert_int_equal(parse(&other), UT_MODEL_NOT_ONE);
    }
}

static void another_version(void **state) {
    (void)state;
    static const unsigned char versions[] = {0, 1, 3, 255};
    static image m;
    for (size_t i = 0; i < sizeof versions; i++) {
        make(&m, whole_header);
        m.bytes[8] = versions[i];
        m.n -= SHA256_DIGEST_LENGTH;
        sign(&m);
        assert_int_equal(parse(&m), UT_MODEL_VERSION);
    }
}

static void every_truncation_is_refused(void **state) {
    (void)state;
    static image m;
    make(&m, whole_header);
    size_t whole = m.n;
    for (m.n = 0; m.n < whole; m.n++) assert_int_equal(parse(&m), m.n < 8 ? UT_MODEL_NOT_ONE : UT_MODEL_DAMAGED);
    m.n = whole + 1;
    assert_int_equal(parse(&m), UT_MODEL_DAMAGED);
    m.n = whole + SHA256_DIGEST_LENGTH;
    assert_int_equal(parse(&m), UT_MODEL_DAMAGED);
}

static void every_flipped_bit_is_refused(void **state) {
    (void)state;
    static image m;
    make(&m, whole_header);
    for (size_t i = 0; i < m.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            m.bytes[i] ^= (unsigned char)(1 << bit);
            ut_error wanted = i < 8 ? UT_MODEL_NOT_ONE : i < 12 ? UT_MODEL_VERSION : UT_MODEL_DAMAGED;
            assert_int_equal(parse(&m), wanted);
            m.bytes[i] ^= (unsigned char)(1 << bit);
        }
    }
    assert_int_equal(parse(&m), UT_OK);
}

/* ---- headers with a right checksum ---- */

static json_t *child(json_t *parent, const char *key) {
    return json_is_array(parent) ? json_array_get(parent, (size_t)atoi(key)) : json_object_get(parent, key);
}

/* Puts value, of JSON text, at a path of keys and places with dots between; null removes what is there. */
static char *header_with(const char *path, const char *value) {
    char keys[64];
    json_t *root = json_loads(whole_header, 0, NULL), *parent = root;
    json_t *new = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
    assert_non_null(root);
    assert_true(!value || new);
    snprintf(keys, sizeof keys, "%s", path);
    char *key = keys;
    for (char *dot; (dot = strchr(key, '.')); key = dot + 1) {
        *dot = '\0';
        parent = child(parent, key);
        assert_non_null(parent);
    }
    int failed = json_is_array(parent) ? new ? json_array_set(parent, (size_t)atoi(key), new)
                                             : json_array_remove(parent, (size_t)atoi(key))
                 : new ? json_object_set(parent, key, new)
                                       : json_object_del(parent, key);
    assert_int_equal(failed, 0);
    char *text = json_dumps(root, 0);
    json_decref(new);
    json_decref(root);
    assert_non_null(text);
    return text;
}

static void refused_with(const char *path, const char *value, ut_error wanted) {
    static image m;
    char *header = header_with(path, value);
    make(&m, header);
    free(header);
    ut_error why = parse(&m);
    if (why != wanted) fail_msg("%s as %s gives: %s", path, value ? value : "nothing", ut_error_text(why));
}

static void missing_fields(void **state) {
    (void)state;
    static const char *const paths[] = {
        "name",
        "rate_hz",
        "hop_ms",
        "window_hops",
        "features",
        "encoders",
        "layers",
        "outputs",
        "calibration",
        "abstain",
        "features.0",
        "encoders.0",
        "encoders.0.maps",
        "encoders.0.maps.0",
        "encoders.0.frames",
        "encoders.0.frames.0",
        "encoders.0.frames.1",
        "encoders.0.maps.0.inputs",
        "encoders.0.maps.0.outputs",
        "encoders.0.maps.0.kernel_hops",
        "encoders.0.maps.0.kernel_bands",
        "encoders.0.maps.0.pad_bands",
        "encoders.0.maps.0.stride_hops",
        "encoders.0.maps.0.pool_bands",
        "encoders.0.frames.0.inputs",
        "encoders.0.frames.0.outputs",
        "encoders.0.frames.1.kernel_hops",
        "layers.0",
        "layers.1",
        "layers.0.inputs",
        "layers.0.outputs",
        "layers.1.activation",
        "outputs.0",
        "outputs.6",
        "calibration.cold",
        "calibration.warm",
        "calibration.warm.2",
        "calibration.cold.0.slope",
        "calibration.cold.1.offset",
        "calibration.warm.2.prior",
        "abstain.min_speech_s",
        "abstain.full_speech_s",
        "abstain.max_distance",
        "abstain.min_share",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) refused_with(paths[i], NULL, UT_MODEL_HEADER);
}

static void fields_of_no_type_that_fits(void **state) {
    (void)state;
    static const char *const paths[] = {
        "name",
        "rate_hz",
        "hop_ms",
        "window_hops",
        "features",
        "encoders",
        "encoders.0",
        "encoders.0.maps",
        "encoders.0.frames",
        "encoders.0.maps.0",
        "encoders.0.maps.0.inputs",
        "encoders.0.maps.0.pad_bands",
        "encoders.0.maps.0.stride_hops",
        "encoders.0.frames.0",
        "encoders.0.frames.0.inputs",
        "encoders.0.frames.1.kernel_hops",
        "layers",
        "outputs",
        "calibration",
        "calibration.cold",
        "calibration.warm",
        "abstain",
        "layers.0",
        "outputs.1",
        "calibration.cold.0",
        "layers.0.inputs",
        "layers.0.outputs",
        "layers.0.activation",
        "calibration.cold.0.slope",
        "calibration.warm.1.offset",
        "calibration.cold.2.prior",
        "abstain.min_speech_s",
    };
    static const char *const values[] = {"null", "true", "\"\"", "\"8000\"", "-1.5", "[]", "{}", "[[]]"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            bool fits = (!strcmp(paths[i], "calibration.warm.1.offset") && values[v][0] == '-') ||
                        (!strcmp(paths[i], "name") && !strcmp(values[v], "\"8000\""));
            if (fits) continue;
            ut_error wanted =
                !strcmp(paths[i], "features") && !strcmp(values[v], "[[]]") ? UT_MODEL_FEATURES : UT_MODEL_HEADER;
            refused_with(paths[i], values[v], wanted);
        }
    }
}

static void fields_out_of_range(void **state) {
    (void)state;
    static const struct {
        const char *path, *value;
        ut_error wanted;
    } wrong[] = {
        {"name", "\"Base\"", UT_MODEL_HEADER},
        {"name", "\"a b\"", UT_MODEL_HEADER},
        {"name", "\"../x\"", UT_MODEL_HEADER},
        {"name", "\"abcdefghijklmnopqrstuvwxyzabcdef\"", UT_MODEL_HEADER}, /* 32 */
        {"name", "\"abcdefghijklmnopqrstuvwxyzabcde\"", UT_OK},
        {"rate_hz", "16000", UT_MODEL_HEADER},
        {"rate_hz", "8000.0", UT_MODEL_HEADER},
        {"rate_hz", "4294975296", UT_MODEL_HEADER}, /* 8000 in 32 bits */
        {"hop_ms", "20", UT_MODEL_HEADER},
        {"window_hops", "399", UT_MODEL_HEADER},
        {"features.0", "\"pitch\"", UT_MODEL_FEATURES},
        {"features.1", "\"\"", UT_MODEL_FEATURES},
        {"features.1", "7", UT_MODEL_FEATURES},
        {"features", "[\"f0_st_p50\"]", UT_MODEL_HEADER},
        {"encoders", "[]", UT_MODEL_HEADER}, /* too many weights, and inputs of the head */
        {"encoders.0.maps", "[]", UT_MODEL_HEADER},
        {"encoders.0.frames", "[]", UT_MODEL_HEADER},
        {"encoders.0.maps.0.inputs", "2", UT_MODEL_HEADER},
        {"encoders.0.maps.0.inputs", "1.0", UT_MODEL_HEADER},
        {"encoders.0.maps.0.outputs", "0", UT_MODEL_HEADER},
        {"encoders.0.maps.0.outputs", "3", UT_MODEL_HEADER},
        {"encoders.0.maps.0.outputs", "257", UT_MODEL_HEADER},
        {"encoders.0.maps.0.outputs", "4294967298", UT_MODEL_HEADER},
        {"encoders.0.maps.0.kernel_hops", "0", UT_MODEL_HEADER},
        {"encoders.0.maps.0.kernel_hops", "17", UT_MODEL_HEADER},
        {"encoders.0.maps.0.kernel_bands", "0", UT_MODEL_HEADER},
        {"encoders.0.maps.0.kernel_bands", "27", UT_MODEL_HEADER},
        {"encoders.0.maps.0.pad_bands", "-1", UT_MODEL_HEADER},
        {"encoders.0.maps.0.pad_bands", "1", UT_MODEL_HEADER}, /* 27 bands */
        {"encoders.0.maps.0.pad_bands", "27", UT_MODEL_HEADER},
        {"encoders.0.maps.0.stride_hops", "0", UT_MODEL_HEADER},
        {"encoders.0.maps.0.stride_hops", "3", UT_MODEL_HEADER}, /* no window of whole steps */
        {"encoders.0.maps.0.stride_hops", "2", UT_OK},
        {"encoders.0.maps.0.stride_hops", "5", UT_MODEL_HEADER},
        {"encoders.0.maps.0.pool_bands", "0", UT_MODEL_HEADER},
        {"encoders.0.maps.0.pool_bands", "2", UT_MODEL_HEADER},  /* other inputs after it */
        {"encoders.0.maps.0.pool_bands", "26", UT_MODEL_HEADER}, /* no band left */
        {"encoders.0.frames.0.inputs", "26", UT_MODEL_HEADER},
        {"encoders.0.frames.0.kernel_hops", "17", UT_MODEL_HEADER},
        {"encoders.0.frames.1.inputs", "3", UT_MODEL_HEADER},
        {"encoders.0.frames.1.outputs", "2", UT_MODEL_HEADER},
        {"layers", "[{\"inputs\": 9, \"outputs\": 7, \"activation\": \"linear\"}]",
         UT_MODEL_HEADER}, /* too many weights */
        {"layers.0.inputs", "4", UT_MODEL_HEADER},
        {"layers.0.inputs", "8", UT_MODEL_HEADER},
        {"layers.0.outputs", "5", UT_MODEL_HEADER},
        {"layers.0.outputs", "0", UT_MODEL_HEADER},
        {"layers.0.outputs", "-4", UT_MODEL_HEADER},
        {"layers.0.outputs", "2049", UT_MODEL_HEADER},
        {"layers.0.outputs", "4294967300", UT_MODEL_HEADER},
        {"layers.0.outputs", "9223372036854775807", UT_MODEL_HEADER},
        {"layers.1.outputs", "4", UT_MODEL_HEADER},
        {"layers.0.activation", "\"relux\"", UT_MODEL_HEADER},
        {"layers.0.activation", "\"tanh\"", UT_MODEL_HEADER},
        {"outputs.0", "\"fearful\"", UT_MODEL_HEADER},
        {"outputs", "[\"frustration\", \"stress\", \"arousal\"]", UT_MODEL_HEADER},
        {"calibration.cold.0.slope", "-0.1", UT_MODEL_HEADER},
        {"calibration.warm.0.slope", "1001", UT_MODEL_HEADER},
        {"calibration.cold.0.offset", "-1001", UT_MODEL_HEADER},
        {"calibration.warm.0.offset", "1e300", UT_MODEL_HEADER},
        {"calibration.cold.0.prior", "1.01", UT_MODEL_HEADER},
        {"calibration.warm.0.prior", "-0.01", UT_MODEL_HEADER},
        {"abstain.min_speech_s", "61", UT_MODEL_HEADER},
        {"abstain.full_speech_s", "0", UT_MODEL_HEADER},
        {"abstain.max_distance", "0", UT_MODEL_HEADER},
        {"abstain.max_distance", "-1", UT_MODEL_HEADER},
        {"abstain.max_distance", "1e7", UT_MODEL_HEADER},
        {"abstain.min_share", "-0.1", UT_MODEL_HEADER},
        {"abstain.min_share", "1.1", UT_MODEL_HEADER},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused_with(wrong[i].path, wrong[i].value, wrong[i].wanted);
}

/* A model of so many of each, with just the weights it needs; everything has one channel, the maps 26 bands. */
static ut_error open_with(int encoders, int maps, int frames, int layers) {
    static image m;
    static float weights[1 << 10];
    char header[8192];
    int inputs = 2 * (2 + 2 * encoders) + 1, n = 4;
    FILE *out = fmemopen(header, sizeof header, "w");
    assert_non_null(out);
    fputs("{" MADE_HEADER_REST ", \"features\": [\"f0_st_p50\", \"articulation_rate_syl_s\"], \"encoders\": [", out);
    for (int e = 0; e < encoders; e++) {
        fprintf(out, "%s{\"maps\": [", e ? "," : "");
        for (int i = 0; i < maps; i++, n += 2)
            fprintf(out,
                    "%s{\"inputs\": 1, \"outputs\": 1, \"kernel_hops\": 1, \"kernel_bands\": 1, \"pad_bands\": 0,"
                    " \"stride_hops\": 1, \"pool_bands\": 1}",
                    i ? "," : "");
        fputs("], \"frames\": [", out);
        for (int i = 0; i < frames; i++) {
            int heard = i ? 1 : UT_MEL_BANDS + 11;
            fprintf(out, "%s{\"inputs\": %d, \"outputs\": 1, \"kernel_hops\": 1}", i ? "," : "", heard);
            n += heard + 1;
        }
        fputs("]}", out);
    }
    fputs("], \"layers\": [", out);
    for (int i = 0; i < layers; i++) {
        fprintf(out, "%s{\"inputs\": %d, \"outputs\": 7, \"activation\": \"relu\"}", i ? "," : "", i ? 7 : inputs);
        n += ((i ? 7 : inputs) + 1) * 7;
    }
    fputs("]}", out);
    fclose(out);
    for (int i = 0; i < n; i++) weights[i] = 1;
    make_with(&m, header, weights, n);
    return parse(&m);
}

static void as_many_as_there_may_be(void **state) {
    (void)state;
    for (int n = 0; n <= 6; n++) {
        ut_error wanted = n >= 1 && n <= 4 ? UT_OK : UT_MODEL_HEADER;
        assert_int_equal(open_with(n, 1, 1, 2), n == 0 ? UT_OK : wanted);
        assert_int_equal(open_with(1, n, 2, 2), wanted);
        assert_int_equal(open_with(2, 2, n, 2), wanted);
        assert_int_equal(open_with(1, 1, 1, n), wanted);
    }
    assert_int_equal(open_with(4, 4, 4, 4), UT_OK);
}

static void headers_that_are_none(void **state) {
    (void)state;
    static const char *const headers[] = {"",
                                          "{",
                                          "[]",
                                          "7",
                                          "null",
                                          "{} {}",
                                          "{\"name\": \"a\", \"name\": \"b\"}",
                                          "\xff\xfe",
                                          "{\"features\": [\"\\u0000\"]}"};
    static image m;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        make(&m, headers[i]);
        assert_int_equal(parse(&m), UT_MODEL_HEADER);
    }
    char deep[4001];
    memset(deep, '[', 4000), deep[4000] = '\0';
    make(&m, deep);
    assert_int_equal(parse(&m), UT_MODEL_HEADER);
}

static void a_header_longer_than_the_file(void **state) {
    (void)state;
    static const uint32_t lengths[] = {0, 1, 4096, 0x7fffffff, 0x80000000u, 0xffffffffu, 0xfffffff0u};
    static image m;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        make(&m, whole_header);
        size_t n = m.n - SHA256_DIGEST_LENGTH;
        m.n = 12;
        put_u32(&m, lengths[i]);
        m.n = n;
        sign(&m);
        assert_int_equal(parse(&m), lengths[i] < 4096 ? UT_MODEL_HEADER : UT_MODEL_DAMAGED);
    }
}

static void weights_that_are_none(void **state) {
    (void)state;
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f};
    float weights[WEIGHTS];
    static image m;
    for (int i = 0; i < WEIGHTS; i++) {
        for (size_t o = 0; o < sizeof odd / sizeof *odd; o++) {
            good_weights(weights);
            weights[i] = odd[o];
            make_with(&m, whole_header, weights, WEIGHTS);
            assert_int_equal(parse(&m), UT_MODEL_HEADER);
        }
    }
    for (int i = SCALE; i < SCALE + 2; i++) {
        good_weights(weights);
        weights[i] = 0;
        make_with(&m, whole_header, weights, WEIGHTS);
        assert_int_equal(parse(&m), UT_MODEL_HEADER);
        weights[i] = -1;
        make_with(&m, whole_header, weights, WEIGHTS);
        assert_int_equal(parse(&m), UT_MODEL_HEADER);
    }
    good_weights(weights);
    make_with(&m, whole_header, weights, WEIGHTS - 1);
    assert_int_equal(parse(&m), UT_MODEL_HEADER);
    make_with(&m, whole_header, weights, 0);
    assert_int_equal(parse(&m), UT_MODEL_HEADER);
}

/* ---- files ---- */

static ut_error open_path(const char *path) {
    ut_error why = UT_OK;
    ut_model *model = ut_model_open(path, &why);
    assert_int_equal(model == NULL, why != UT_OK);
    ut_model_close(model);
    return why;
}

static void files(void **state) {
    (void)state;
    assert_int_equal(open_path("no/such/file.utm"), UT_MODEL_UNREADABLE);
    assert_int_equal(open_path(""), UT_MODEL_UNREADABLE);
    assert_int_equal(open_path("models"), UT_MODEL_UNREADABLE);
    assert_int_equal(open_path("/dev/null"), UT_MODEL_NOT_ONE);
    assert_int_equal(open_path("Makefile"), UT_MODEL_NOT_ONE);
    assert_null(ut_model_open("no/such/file.utm", NULL));

    char path[] = "/tmp/undertone-model-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static image m;
    make(&m, whole_header);
    assert_int_equal(write(fd, m.bytes, m.n), m.n);
    assert_int_equal(open_path(path), UT_OK);
    assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0); /* a terabyte is read no further than a model can be */
    assert_int_equal(open_path(path), UT_MODEL_DAMAGED);
    close(fd);
    unlink(path);
}

static void the_shipped_one(void **state) {
    (void)state;
    ut_error why = UT_OK;
    ut_model *model = ut_model_open("models/base.utm", &why);
    if (!model) print_error("models/base.utm: %s\n", ut_error_text(why));
    assert_non_null(model);
    assert_int_equal(strncmp(ut_model_id(model), "base@", 5), 0);
    assert_int_equal(strlen(ut_model_id(model)), 5 + 12);
    assert_int_equal(strspn(ut_model_id(model) + 5, "0123456789abcdef"), 12);
    ut_model_close(model);
}

static void errors_have_words(void **state) {
    (void)state;
    for (int e = UT_OK; e <= UT_BAD_PLAYBOOK; e++) {
        const char *text = ut_error_text((ut_error)e);
        assert_true(text && *text && text[strlen(text) - 1] != '.');
        for (int other = UT_OK; other < e; other++) assert_string_not_equal(text, ut_error_text((ut_error)other));
    }
    assert_non_null(ut_error_text((ut_error)99));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens),
        cmocka_unit_test(weights_lie_where_loops_want_them),
        cmocka_unit_test(not_one),
        cmocka_unit_test(another_version),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(missing_fields),
        cmocka_unit_test(fields_of_no_type_that_fits),
        cmocka_unit_test(fields_out_of_range),
        cmocka_unit_test(as_many_as_there_may_be),
        cmocka_unit_test(headers_that_are_none),
        cmocka_unit_test(a_header_longer_than_the_file),
        cmocka_unit_test(weights_that_are_none),
        cmocka_unit_test(files),
        cmocka_unit_test(the_shipped_one),
        cmocka_unit_test(errors_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
