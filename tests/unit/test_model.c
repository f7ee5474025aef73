/* Model files: a tiny one made here, and every way to damage it. */
#include "classify/model.h"

#include <jansson.h>
#include <math.h>
#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "prosody/functionals.h"

static const char whole_header[] =
    "{\"name\": \"tiny-1\", \"rate_hz\": 8000, \"hop_ms\": 10, \"window_hops\": 400,"
    " \"features\": [\"f0_st_p50\", \"articulation_rate_syl_s\"],"
    " \"layers\": [{\"inputs\": 2, \"outputs\": 4, \"activation\": \"relu\"},"
    "              {\"inputs\": 4, \"outputs\": 3, \"activation\": \"linear\"}],"
    " \"outputs\": [\"frustration\", \"stress\", \"arousal\"],"
    " \"calibration\": [{\"slope\": 1, \"offset\": 0, \"prior\": 0.2}, {\"slope\": 1.5, \"offset\": -1, \"prior\": "
    "0.1},"
    "                   {\"slope\": 0, \"offset\": 2.5, \"prior\": 0}],"
    " \"abstain\": {\"min_speech_s\": 0.8, \"full_speech_s\": 2.5, \"max_distance\": 4}}";

enum { WEIGHTS = 2 + 2 + 4 * 2 + 4 + 3 * 4 + 3, SCALE = 2 };

/* A file in memory. */
typedef struct image {
    unsigned char bytes[8192];
    size_t n;
} image;

static void put_u32(image *m, uint32_t x) {
    for (int i = 0; i < 4; i++) m->bytes[m->n++] = (unsigned char)(x >> (8 * i));
}

static void sign(image *m) { m->n += SHA256(m->bytes, m->n, m->bytes + m->n) ? SHA256_DIGEST_LENGTH : 0; }

static void make_with(image *m, const char *header, const float *weights, int n_weights) {
    *m = (image){.bytes = "UTMODEL", .n = 8};
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

static void good_weights(float weights[WEIGHTS]) {
    for (int i = 0; i < WEIGHTS; i++) weights[i] = (float)(i % 7) / 4 - 0.75f;
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
    image m;
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
    float weights[WEIGHTS];
    good_weights(weights);
    assert_memory_equal(model->mean, weights, 2 * sizeof(float));
    assert_memory_equal(model->scale, weights + SCALE, 2 * sizeof(float));
    assert_memory_equal(model->layers[0].weight, weights + 4, 8 * sizeof(float));
    assert_memory_equal(model->layers[0].bias, weights + 12, 4 * sizeof(float));
    assert_memory_equal(model->layers[1].weight, weights + 16, 12 * sizeof(float));
    assert_memory_equal(model->layers[1].bias, weights + 28, 3 * sizeof(float));
    assert_true(model->calibration[UT_STRESS].slope == 1.5f && model->calibration[UT_STRESS].offset == -1);
    assert_true(model->min_speech_s == 0.8f && model->full_speech_s == 2.5f && model->max_distance == 4);
    ut_model_close(model);
    model = ut_model_parse(m.bytes, m.n, NULL);
    assert_non_null(model);
    ut_model_close(model);
    ut_model_close(NULL);
}

static void not_one(void **state) {
    (void)state;
    image m;
    make(&m, whole_header);
    assert_null(ut_model_parse(NULL, 0, NULL));
    for (int i = 0; i < 8; i++) {
        image other = m;
        other.bytes[i] ^= 1;
        assert_int_equal(parse(&other), UT_MODEL_NOT_ONE);
    }
}

static void another_version(void **state) {
    (void)state;
    static const unsigned char versions[] = {0, 2, 255};
    image m;
    for (int i = 0; i < 3; i++) {
        make(&m, whole_header);
        m.bytes[8] = versions[i];
        m.n -= SHA256_DIGEST_LENGTH;
        sign(&m);
        assert_int_equal(parse(&m), UT_MODEL_VERSION);
    }
}

static void every_truncation_is_refused(void **state) {
    (void)state;
    image m;
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
    image m;
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
    image m;
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
        "layers",
        "outputs",
        "calibration",
        "abstain",
        "features.0",
        "layers.0",
        "layers.1",
        "layers.0.inputs",
        "layers.0.outputs",
        "layers.1.activation",
        "outputs.0",
        "calibration.2",
        "calibration.0.slope",
        "calibration.1.offset",
        "calibration.2.prior",
        "abstain.min_speech_s",
        "abstain.full_speech_s",
        "abstain.max_distance",
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
        "layers",
        "outputs",
        "calibration",
        "abstain",
        "layers.0",
        "outputs.1",
        "calibration.0",
        "layers.0.inputs",
        "layers.0.outputs",
        "layers.0.activation",
        "calibration.0.slope",
        "calibration.1.offset",
        "calibration.2.prior",
        "abstain.min_speech_s",
    };
    static const char *const values[] = {"null", "true", "\"\"", "\"8000\"", "-1.5", "[]", "{}", "[[]]"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            bool fits = (!strcmp(paths[i], "calibration.1.offset") && values[v][0] == '-') ||
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
        {"layers", "[{\"inputs\": 2, \"outputs\": 3, \"activation\": \"linear\"}]",
         UT_MODEL_HEADER}, /* too many weights */
        {"layers.0.inputs", "3", UT_MODEL_HEADER},
        {"layers.0.outputs", "5", UT_MODEL_HEADER},
        {"layers.0.outputs", "0", UT_MODEL_HEADER},
        {"layers.0.outputs", "-4", UT_MODEL_HEADER},
        {"layers.0.outputs", "2049", UT_MODEL_HEADER},
        {"layers.0.outputs", "4294967300", UT_MODEL_HEADER},
        {"layers.0.outputs", "9223372036854775807", UT_MODEL_HEADER},
        {"layers.1.outputs", "4", UT_MODEL_HEADER},
        {"layers.0.activation", "\"relux\"", UT_MODEL_HEADER},
        {"layers.0.activation", "\"tanh\"", UT_MODEL_HEADER},
        {"outputs.0", "\"stress\"", UT_MODEL_HEADER},
        {"outputs", "[\"frustration\", \"stress\"]", UT_MODEL_HEADER},
        {"calibration.0.slope", "-0.1", UT_MODEL_HEADER},
        {"calibration.0.slope", "1001", UT_MODEL_HEADER},
        {"calibration.0.offset", "-1001", UT_MODEL_HEADER},
        {"calibration.0.offset", "1e300", UT_MODEL_HEADER},
        {"calibration.0.prior", "1.01", UT_MODEL_HEADER},
        {"calibration.0.prior", "-0.01", UT_MODEL_HEADER},
        {"abstain.min_speech_s", "61", UT_MODEL_HEADER},
        {"abstain.full_speech_s", "0", UT_MODEL_HEADER},
        {"abstain.max_distance", "0", UT_MODEL_HEADER},
        {"abstain.max_distance", "-1", UT_MODEL_HEADER},
        {"abstain.max_distance", "1e7", UT_MODEL_HEADER},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused_with(wrong[i].path, wrong[i].value, wrong[i].wanted);
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
    image m;
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
    image m;
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
    image m;
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
    image m;
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
        cmocka_unit_test(not_one),
        cmocka_unit_test(another_version),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(missing_fields),
        cmocka_unit_test(fields_of_no_type_that_fits),
        cmocka_unit_test(fields_out_of_range),
        cmocka_unit_test(headers_that_are_none),
        cmocka_unit_test(a_header_longer_than_the_file),
        cmocka_unit_test(weights_that_are_none),
        cmocka_unit_test(files),
        cmocka_unit_test(the_shipped_one),
        cmocka_unit_test(errors_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
