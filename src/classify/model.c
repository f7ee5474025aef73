/* model.c - reads a .utm file. Nothing in it is believed before it is checked: magic, version, checksum, header,
 * feature names, shapes, and last that every weight is a number of sane size. */
#include "classify/model.h"

#include <jansson.h>
#include <math.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/encoder_inputs.h"
#include "classify/weights.h"
#include "prosody/functionals.h"

enum { PREAMBLE = 16, MAX_BYTES = 16 << 20 };
static const char magic[8] = "UTMODEL";

static const char *const output_names[UT_OUTPUTS] = {
    [UT_ANGRY] = "angry",     [UT_FEARFUL] = "fearful", [UT_HAPPY] = "happy",           [UT_SAD] = "sad",
    [UT_NEUTRAL] = "neutral", [UT_DISGUST] = "disgust", [UT_OUTPUT_AROUSAL] = "arousal"};

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

/* A whole number of the header within low..high into *value. */
static bool whole(const json_t *object, const char *key, int low, int high, int *value) {
    const json_t *number = json_object_get(object, key);
    json_int_t x = json_integer_value(number);
    if (!json_is_integer(number) || x < low || x > high) return false;
    *value = (int)x;
    return true;
}

/* Checks that a layer hears what the one before it gives. */
static bool read_convolution(ut_convolution *c, const json_t *one, int inputs) {
    return whole(one, "inputs", inputs, inputs, &c->inputs) &&
           whole(one, "outputs", 1, UT_ENCODER_CHANNELS, &c->outputs) &&
           whole(one, "kernel_hops", 1, UT_ENCODER_HOPS, &c->kernel_hops);
}

static bool read_maps(ut_encoder_net *net, const json_t *maps) {
    size_t n = json_array_size(maps);
    int channels = 1, bands = UT_MEL_BANDS;
    if (n == 0 || n > UT_ENCODER_MAPS) return false;
    net->step_hops = 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(maps, i);
        ut_convolution *c = &net->layers[net->n_layers++];
        c->bands = bands;
        bool good = read_convolution(c, one, channels) &&
                    whole(one, "kernel_bands", 1, UT_MEL_BANDS, &c->kernel_bands) &&
                    whole(one, "pad_bands", 0, UT_MEL_BANDS, &c->pad_bands) &&
                    whole(one, "stride_hops", 1, UT_ENCODER_STRIDE, &c->stride_hops) &&
                    whole(one, "pool_bands", 1, UT_MEL_BANDS, &c->pool_bands);
        if (!good || ut_convolution_positions(c) > UT_MEL_BANDS) return false;
        if (ut_convolution_positions(c) < c->pool_bands) return false;
        bands = ut_convolution_bands(c);
        channels = c->outputs;
        net->step_hops *= c->stride_hops;
    }
    net->n_maps = net->n_layers;
    return UT_WINDOW_HOPS % net->step_hops == 0;
}

static bool read_frames(ut_encoder_net *net, const json_t *frames) {
    size_t n = json_array_size(frames);
    const ut_convolution *map = &net->layers[net->n_maps - 1];
    int inputs = map->outputs * ut_convolution_bands(map) + UT_ENCODER_DESCRIPTORS;
    if (n == 0 || n > UT_ENCODER_LAYERS - UT_ENCODER_MAPS) return false;
    for (size_t i = 0; i < n; i++) {
        ut_convolution *c = &net->layers[net->n_layers++];
        *c = (ut_convolution){.bands = 1, .kernel_bands = 1, .stride_hops = 1, .pool_bands = 1};
        if (!read_convolution(c, json_array_get(frames, i), inputs)) return false;
        inputs = c->outputs;
    }
    net->outputs = inputs;
    return true;
}

static bool read_encoders(ut_model *model, const json_t *header) {
    const json_t *encoders = json_object_get(header, "encoders");
    size_t n = json_array_size(encoders);
    model->n_vector = model->n_features;
    if (!json_is_array(encoders) || n > UT_MODEL_ENCODERS) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(encoders, i);
        ut_encoder_net *net = &model->encoders[model->n_encoders++];
        if (!read_maps(net, json_object_get(one, "maps"))) return false;
        if (!read_frames(net, json_object_get(one, "frames"))) return false;
        model->n_vector += ut_encoder_size(net);
    }
    return true;
}

static bool read_layers(ut_model *model, const json_t *header) {
    const json_t *layers = json_object_get(header, "layers");
    size_t n = json_array_size(layers);
    if (n == 0 || n > UT_MODEL_LAYERS) return false;
    int inputs = ut_model_inputs(model);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(layers, i);
        const char *activation = json_string_value(json_object_get(one, "activation"));
        ut_layer *layer = &model->layers[i];
        if (!whole(one, "inputs", inputs, inputs, &layer->inputs)) return false;
        if (!whole(one, "outputs", 1, UT_MODEL_WIDTH, &layer->outputs) || !activation) return false;
        if (strcmp(activation, "relu") && strcmp(activation, "linear")) return false;
        layer->relu = activation[0] == 'r';
        inputs = layer->outputs;
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

static bool read_calibration(ut_calibration c[UT_SCORES], const json_t *all) {
    if (json_array_size(all) != UT_SCORES) return false;
    for (size_t i = 0; i < UT_SCORES; i++) {
        const json_t *one = json_array_get(all, i);
        c[i] = (ut_calibration){bounded(one, "slope", 0, 1e3), bounded(one, "offset", -1e3, 1e3),
                                bounded(one, "prior", 0, 1)};
        if (isnan(c[i].slope) || isnan(c[i].offset) || isnan(c[i].prior)) return false;
    }
    return true;
}

static bool read_calibrations(ut_model *model, const json_t *header) {
    const json_t *calibration = json_object_get(header, "calibration");
    return read_calibration(model->cold, json_object_get(calibration, "cold")) &&
           read_calibration(model->warm, json_object_get(calibration, "warm"));
}

static bool read_abstain(ut_model *model, const json_t *header) {
    const json_t *abstain = json_object_get(header, "abstain");
    model->min_speech_s = bounded(abstain, "min_speech_s", 0, 60);
    model->full_speech_s = bounded(abstain, "full_speech_s", 0.01, 60);
    model->max_distance = bounded(abstain, "max_distance", 0.01, 1e6);
    model->min_share = bounded(abstain, "min_share", 0, 1);
    return !isnan(model->min_speech_s) && !isnan(model->full_speech_s) && !isnan(model->max_distance) &&
           !isnan(model->min_share);
}

static ut_error read_header(ut_model *model, const unsigned char *text, size_t n_bytes, const unsigned char *digest) {
    json_error_t unused;
    json_t *header = json_loadb((const char *)text, n_bytes, JSON_REJECT_DUPLICATES, &unused);
    if (!header) return UT_MODEL_HEADER;
    ut_error error = read_features(model, header);
    if (!error && !(read_name(model, header, digest) && read_rates(header) && read_outputs(header) &&
                    read_encoders(model, header) && read_layers(model, header) && read_calibrations(model, header) &&
                    read_abstain(model, header)))
        error = UT_MODEL_HEADER;
    json_decref(header);
    return error;
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
    if ((*error = ut_weights_read(model, bytes + PREAMBLE + n_header, n_signed - PREAMBLE - n_header))) goto fail;
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
