/* model.c - reads a .utm file. Nothing in it is believed before it is checked: magic, version, checksum, header,
 * feature names, shapes, and last that every weight is a number of sane size. */
#include "classify/model.h"

#include <jansson.h>
#include <math.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prosody/functionals.h"

enum { PREAMBLE = 16, MAX_BYTES = 16 << 20 };
static const char magic[8] = "UTMODEL";

/* Four layers of 2048 such weights and features of 5 at most stay finite, so a score is always a number. */
static const float weight_most = 1e6f;

static const char *const output_names[UT_OUTPUTS] = {"frustration", "stress", "arousal"};

static uint32_t u32le(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static ut_error check_bytes(const unsigned char *bytes, size_t n_bytes) {
    if (n_bytes < sizeof magic || memcmp(bytes, magic, sizeof magic)) return UT_MODEL_NOT_ONE;
    if (n_bytes < PREAMBLE + SHA256_DIGEST_LENGTH || n_bytes > MAX_BYTES) return UT_MODEL_DAMAGED;
    if (u32le(bytes + 8) != UT_MODEL_FORMAT) return UT_MODEL_VERSION;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    size_t signed_bytes = n_bytes - sizeof digest;
    if (!SHA256(bytes, signed_bytes, digest)) return UT_NO_MEMORY;
    if (memcmp(digest, bytes + signed_bytes, sizeof digest)) return UT_MODEL_DAMAGED;
    if (u32le(bytes + 12) > signed_bytes - PREAMBLE) return UT_MODEL_DAMAGED;
    return UT_OK;
}

static bool read_name(ut_model *model, const json_t *header, const unsigned char *digest) {
    const char *name = json_string_value(json_object_get(header, "name"));
    if (!name || !*name || strlen(name) >= sizeof model->name) return false;
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name)) return false;
    snprintf(model->name, sizeof model->name, "%s", name);
    int n = snprintf(model->id, sizeof model->id, "%s@", name);
    for (int i = 0; i < 6; i++) n += snprintf(model->id + n, sizeof model->id - (size_t)n, "%02x", digest[i]);
    return true;
}

static bool read_rates(const json_t *header) {
    return json_integer_value(json_object_get(header, "rate_hz")) == UT_RATE_HZ &&
           json_integer_value(json_object_get(header, "hop_ms")) == 1000 * UT_HOP / UT_RATE_HZ &&
           json_integer_value(json_object_get(header, "window_hops")) == UT_WINDOW_HOPS;
}

static ut_error read_features(ut_model *model, const json_t *header) {
    const json_t *names = json_object_get(header, "features");
    size_t n = json_array_size(names);
    if (n == 0 || n > UT_MODEL_WIDTH) return UT_MODEL_HEADER;
    model->feature = calloc(n, sizeof *model->feature);
    if (!model->feature) return UT_NO_MEMORY;
    model->n_features = (int)n;
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        model->feature[i] = name ? ut_functional_find(name) : -1;
        if (model->feature[i] < 0) return UT_MODEL_FEATURES;
    }
    return UT_OK;
}

static bool read_outputs(const json_t *header) {
    const json_t *outputs = json_object_get(header, "outputs");
    if (json_array_size(outputs) != UT_OUTPUTS) return false;
    for (size_t i = 0; i < UT_OUTPUTS; i++) {
        const char *name = json_string_value(json_array_get(outputs, i));
        if (!name || strcmp(name, output_names[i])) return false;
    }
    return true;
}

static bool read_layers(ut_model *model, const json_t *header) {
    const json_t *layers = json_object_get(header, "layers");
    size_t n = json_array_size(layers);
    if (n == 0 || n > UT_MODEL_LAYERS) return false;
    int inputs = model->n_features;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(layers, i);
        json_int_t outputs = json_integer_value(json_object_get(one, "outputs"));
        const char *activation = json_string_value(json_object_get(one, "activation"));
        if (json_integer_value(json_object_get(one, "inputs")) != inputs) return false;
        if (outputs < 1 || outputs > UT_MODEL_WIDTH || !activation) return false;
        if (strcmp(activation, "relu") && strcmp(activation, "linear")) return false;
        model->layers[i] = (ut_layer){.inputs = inputs, .outputs = (int)outputs, .relu = activation[0] == 'r'};
        inputs = (int)outputs;
    }
    model->n_layers = (int)n;
    return inputs == UT_OUTPUTS;
}

/* A number of the header within low..high, else NaN. */
static float bounded(const json_t *object, const char *key, double low, double high) {
    const json_t *value = json_object_get(object, key);
    double x = json_number_value(value);
    return json_is_number(value) && x >= low && x <= high ? (float)x : NAN;
}

static bool read_calibration(ut_model *model, const json_t *header) {
    const json_t *all = json_object_get(header, "calibration");
    if (json_array_size(all) != UT_OUTPUTS) return false;
    for (size_t i = 0; i < UT_OUTPUTS; i++) {
        const json_t *one = json_array_get(all, i);
        ut_calibration *c = &model->calibration[i];
        *c = (ut_calibration){bounded(one, "slope", 0, 1e3), bounded(one, "offset", -1e3, 1e3),
                              bounded(one, "prior", 0, 1)};
        if (isnan(c->slope) || isnan(c->offset) || isnan(c->prior)) return false;
    }
    const json_t *abstain = json_object_get(header, "abstain");
    model->min_speech_s = bounded(abstain, "min_speech_s", 0, 60);
    model->full_speech_s = bounded(abstain, "full_speech_s", 0.01, 60);
    model->max_distance = bounded(abstain, "max_distance", 0.01, 1e6);
    return !isnan(model->min_speech_s) && !isnan(model->full_speech_s) && !isnan(model->max_distance);
}

static ut_error read_header(ut_model *model, const unsigned char *text, size_t n_bytes, const unsigned char *digest) {
    json_error_t unused;
    json_t *header = json_loadb((const char *)text, n_bytes, JSON_REJECT_DUPLICATES, &unused);
    if (!header) return UT_MODEL_HEADER;
    ut_error error = read_features(model, header);
    if (!error && !(read_name(model, header, digest) && read_rates(header) && read_outputs(header) &&
                    read_layers(model, header) && read_calibration(model, header)))
        error = UT_MODEL_HEADER;
    json_decref(header);
    return error;
}

static size_t count_weights(const ut_model *model) {
    size_t n = 2 * (size_t)model->n_features;
    for (int i = 0; i < model->n_layers; i++)
        n += ((size_t)model->layers[i].inputs + 1) * (size_t)model->layers[i].outputs;
    return n;
}

static void lay_out(ut_model *model) {
    const float *next = model->weights;
    model->mean = next, next += model->n_features;
    model->scale = next, next += model->n_features;
    for (int i = 0; i < model->n_layers; i++) {
        ut_layer *layer = &model->layers[i];
        layer->weight = next, next += (size_t)layer->inputs * (size_t)layer->outputs;
        layer->bias = next, next += layer->outputs;
    }
}

static ut_error read_weights(ut_model *model, const unsigned char *bytes, size_t n_bytes) {
    size_t n = count_weights(model);
    if (n_bytes != n * sizeof(float)) return UT_MODEL_HEADER;
    model->weights = malloc(n_bytes);
    if (!model->weights) return UT_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = u32le(bytes + 4 * i);
        memcpy(&model->weights[i], &bits, sizeof bits);
        if (!(fabsf(model->weights[i]) <= weight_most)) return UT_MODEL_HEADER;
    }
    lay_out(model);
    for (int i = 0; i < model->n_features; i++)
        if (model->scale[i] <= 0) return UT_MODEL_HEADER;
    return UT_OK;
}

ut_model *ut_model_parse(const void *data, size_t n_bytes, ut_error *why) {
    ut_error unused, *error = why ? why : &unused;
    const unsigned char *bytes = data;
    ut_model *model = NULL;
    if ((*error = check_bytes(bytes, n_bytes))) return NULL;

    *error = UT_NO_MEMORY;
    model = calloc(1, sizeof *model);
    if (!model) return NULL;
    size_t n_header = u32le(bytes + 12), n_signed = n_bytes - SHA256_DIGEST_LENGTH;
    if ((*error = read_header(model, bytes + PREAMBLE, n_header, bytes + n_signed))) goto fail;
    if ((*error = read_weights(model, bytes + PREAMBLE + n_header, n_signed - PREAMBLE - n_header))) goto fail;
    model->plan = ut_plan_open(error);
    if (!model->plan) goto fail;
    *error = UT_OK;
    return model;

fail:
    ut_model_close(model);
    return NULL;
}

ut_model *ut_model_open(const char *path, ut_error *why) {
    ut_error unused, *error = why ? why : &unused;
    ut_model *model = NULL;
    unsigned char *bytes = NULL;
    *error = UT_MODEL_UNREADABLE;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;

    *error = UT_NO_MEMORY;
    bytes = malloc(MAX_BYTES + 1);
    if (bytes) {
        size_t n_bytes = fread(bytes, 1, MAX_BYTES + 1, file);
        if (ferror(file)) *error = UT_MODEL_UNREADABLE;
        else model = ut_model_parse(bytes, n_bytes, error);
    }
    free(bytes);
    fclose(file);
    return model;
}

void ut_model_close(ut_model *model) {
    if (!model) return;
    ut_plan_close(model->plan);
    free(model->weights);
    free(model->feature);
    free(model);
}

const char *ut_model_id(const ut_model *model) { return model->id; }
