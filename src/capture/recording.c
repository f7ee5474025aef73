/* recording.c - a sound file as a source.
 *
 * In: any file libsndfile reads (WAV, FLAC, Ogg, MP3, AU; PCM, mu-law, A-law, float), or headerless G.711. Out: one or
 * two channels at 8 kHz. The file is read in blocks of a fixed size, whatever its length:
 *
 *     libsndfile --> frames [BLOCK_FRAMES][file's channels] --> clean, blend --> resampler --> ready --> x[channel][n]
 *
 * A file that ends before its header says is read to where it ends, and only then is that reported.
 */
#include "capture/recording.h"

#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/resample.h"

enum { BLOCK_FRAMES = 2048, READY_FRAMES = 1024, MOST_CHANNELS = 64 };

/* Headers of streams whose end was not known when they were written claim the most a signed 32-bit size can hold, or
 * somewhat less. */
#define LENGTH_NOT_KNOWN 0x7fff0000ull

typedef struct recording {
    source base;
    char *path, *name;
    SNDFILE *file;
    SF_INFO info;
    double claimed_frames; /* what the header says, where that is more than info.frames */
    sf_count_t frames_read;
    resampler *resampler;
    float *frames; /* [BLOCK_FRAMES][info.channels] */
    size_t frames_at, n_frames;
    bool ended;
    float ready[READY_FRAMES * SOURCE_CHANNELS]; /* [READY_FRAMES][base.channels], at 8 kHz */
} recording;

/* One voice from all channels: their mean. */
static void blend(float *frames, size_t n, int channels) {
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (int c = 0; c < channels; c++) sum += frames[i * (size_t)channels + (size_t)c];
        frames[i] = sum / (float)channels;
    }
}

/* What is no number would spread through the resampler: silence stands in for it. */
static void clean(recording *r) {
    size_t n = r->n_frames * (size_t)r->info.channels;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(r->frames[i])) continue;
        r->frames[i] = 0;
        r->base.lost++;
    }
}

static void fill_block(recording *r) {
    sf_count_t n = sf_readf_float(r->file, r->frames, BLOCK_FRAMES);
    r->frames_at = 0;
    r->n_frames = n > 0 ? (size_t)n : 0;
    r->frames_read += (sf_count_t)r->n_frames;
    r->ended = r->n_frames == 0;
    clean(r);
    if (r->base.channels < r->info.channels) blend(r->frames, r->n_frames, r->info.channels);
}

/* Fills ready with up to n frames, 0 at the end. */
static size_t resample_some(recording *r, size_t n) {
    for (;;) {
        if (r->frames_at == r->n_frames && !r->ended) fill_block(r);
        size_t taken = r->n_frames - r->frames_at;
        const float *in = r->frames + r->frames_at * (size_t)r->base.channels;
        size_t made = resampler_run(r->resampler, in, &taken, r->ended, r->ready, n);
        r->frames_at += taken;
        if (made || (r->ended && !taken)) return made;
    }
}

static bool is_cut_ogg(const recording *r) {
    return (r->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_OGG && r->info.seekable && r->info.frames == SF_COUNT_MAX;
}

/* Whether the file ended before its header says; a tenth of a second is let pass, and 1 % where the length was a guess
 * from the bit rate. */
static bool ends_early(recording *r) {
    double rate_hz = r->info.samplerate, end_s = (double)r->frames_read / rate_hz;
    double claimed_s = fmax(r->claimed_frames, r->info.frames == SF_COUNT_MAX ? 0 : (double)r->info.frames) / rate_hz;
    bool guessed = (r->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;
    if (is_cut_ogg(r))
        snprintf(r->base.fault, sizeof r->base.fault, "%.200s: ends early, at %.1f seconds", r->path, end_s);
    else if (claimed_s - end_s > 0.1 + (guessed ? claimed_s / 100 : 0))
        snprintf(r->base.fault, sizeof r->base.fault, "%.180s: ends early, at %.1f of %.1f seconds", r->path, end_s,
                 claimed_s);
    else if (sf_error(r->file) != SF_ERR_NO_ERROR)
        snprintf(r->base.fault, sizeof r->base.fault, "%.150s: damaged at %.1f seconds (%.60s)", r->path, end_s,
                 sf_strerror(r->file));
    return r->base.fault[0];
}

static int recording_read(source *self, float *const x[SOURCE_CHANNELS], int n) {
    recording *r = (recording *)self;
    int total = 0;
    while (total < n) {
        size_t wanted = (size_t)(n - total) < READY_FRAMES ? (size_t)(n - total) : READY_FRAMES;
        int made = (int)resample_some(r, wanted);
        if (!made) break;
        for (int c = 0; c < self->channels; c++)
            for (int i = 0; i < made; i++) x[c][total + i] = r->ready[i * self->channels + c];
        total += made;
    }
    if (total || n <= 0) return total;
    return ends_early(r) ? -2 : -1;
}

static double recording_duration_s(const source *self) {
    const recording *r = (const recording *)self;
    return r->info.frames == SF_COUNT_MAX ? 0 : (double)r->info.frames / r->info.samplerate;
}

static void recording_close(source *self) {
    recording *r = (recording *)self;
    if (r->file) sf_close(r->file);
    resampler_free(r->resampler);
    free(r->frames);
    free(r->path);
    free(r->name);
    free(r);
}

/* libsndfile mends a header's length silently and says so only in its log: "data : 43285032 (should be 99956)". */
static double claimed_frames(SNDFILE *file, double frames) {
    char log[4096] = "";
    sf_command(file, SFC_GET_LOG_INFO, log, sizeof log);
    for (char *rest, *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        unsigned long long claimed, there;
        const char *colon = strchr(line, ':');
        bool data = !strncmp(line, "data", 4) || !strncmp(line, "  Data Size", 11) || !strncmp(line, " SSND", 5);
        if (!data || !colon || sscanf(colon, ": %llu (should be %llu)", &claimed, &there) != 2) continue;
        if (there > 0 && claimed > there && claimed < LENGTH_NOT_KNOWN) return frames * (double)claimed / (double)there;
    }
    return 0;
}

/* Whether path is a file that can be opened at all, with why not in message. */
static bool is_file(const recording *r, const char *path, char *message, size_t message_size) {
    struct stat s;
    if (stat(path, &s)) snprintf(message, message_size, "%s: %s", r->path, strerror(errno));
    else if (S_ISDIR(s.st_mode)) snprintf(message, message_size, "%s: is a directory, not a sound file", r->path);
    else if (S_ISREG(s.st_mode) && s.st_size == 0) snprintf(message, message_size, "%s: is empty", r->path);
    else return true;
    return false;
}

static bool raw_format(recording *r, const char *raw, char *message, size_t message_size) {
    size_t n = strcspn(raw, ":");
    bool ulaw = n == 4 && !strncmp(raw, "ulaw", 4), alaw = n == 4 && !strncmp(raw, "alaw", 4);
    bool one = !strcmp(raw + n, "") || !strcmp(raw + n, ":1"), two = !strcmp(raw + n, ":2");
    if ((!ulaw && !alaw) || (!one && !two)) {
        snprintf(message, message_size, "%s: raw sound is ulaw, alaw, ulaw:2 or alaw:2, not \"%.40s\"", r->path, raw);
        return false;
    }
    r->info.format = SF_FORMAT_RAW | (ulaw ? SF_FORMAT_ULAW : SF_FORMAT_ALAW);
    r->info.samplerate = UT_RATE_HZ;
    r->info.channels = two ? 2 : 1;
    return true;
}

static bool open_file(recording *r, const char *path, char *message, size_t message_size) {
    if (!is_file(r, path, message, message_size)) return false;
    r->file = sf_open(path, SFM_READ, &r->info);
    if (!r->file) {
        char why[160];
        snprintf(why, sizeof why, "%s", sf_strerror(NULL));
        why[strcspn(why, "\n")] = '\0';
        size_t n = strlen(why);
        if (n && why[n - 1] == '.') why[n - 1] = '\0';
        snprintf(message, message_size, "%s: cannot be read as sound (%s)", r->path, why);
    } else if (r->info.frames == 0) snprintf(message, message_size, "%s: holds no sound", r->path);
    else if (r->info.samplerate < RESAMPLE_LOWEST_HZ || r->info.samplerate > RESAMPLE_HIGHEST_HZ)
        snprintf(message, message_size, "%s: its sample rate of %d Hz is outside %d to %d Hz", r->path,
                 r->info.samplerate, RESAMPLE_LOWEST_HZ, RESAMPLE_HIGHEST_HZ);
    else if (r->info.channels > MOST_CHANNELS)
        snprintf(message, message_size, "%s: has %d channels, more than %d", r->path, r->info.channels, MOST_CHANNELS);
    else return true;
    return false;
}

/* Gives each channel its role; a mixed role takes any number of channels together. */
static bool cast_roles(recording *r, const char *roles, char *message, size_t message_size) {
    source *s = &r->base;
    int has = r->info.channels;
    if (!roles && has > 2) {
        snprintf(message, message_size, "%s: has %d channels, so that --channels has to say whose they are", r->path,
                 has);
        return false;
    }
    if (!roles) roles = has == 2 ? "agent,customer" : "customer";
    s->channels = source_roles(roles, s->roles);
    if (!s->channels)
        snprintf(message, message_size,
                 "--channels is agent,customer or customer,agent or customer or agent or mixed, not \"%.40s\"", roles);
    else if (s->channels != has && s->roles[0] != UT_MIXED)
        snprintf(message, message_size, "%s: has %d channel%s, --channels %s names %d", r->path, has,
                 has == 1 ? "" : "s", roles, s->channels);
    else return true;
    return false;
}

static bool allocate(recording *r) {
    r->frames = calloc((size_t)BLOCK_FRAMES * (size_t)r->info.channels, sizeof *r->frames);
    r->resampler = resampler_new(r->info.samplerate, r->base.channels);
    return r->frames && r->resampler;
}

static recording *new_recording(const char *path) {
    recording *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->base.read = recording_read;
    r->base.duration_s = recording_duration_s;
    r->base.close = recording_close;
    r->path = source_name(path);
    const char *slash = strrchr(path, '/');
    r->name = source_name(slash && slash[1] ? slash + 1 : path);
    if (!r->path || !r->name) goto fail;
    r->base.name = r->name;
    return r;
fail:
    recording_close(&r->base);
    return NULL;
}

source *recording_open(const char *path, const recording_options *options, char *message, size_t message_size,
                       bool *usage) {
    static const recording_options defaults;
    if (!options) options = &defaults;
    recording *r = new_recording(path);
    *usage = false;
    if (!r) {
        snprintf(message, message_size, "%s: out of memory", path);
        return NULL;
    }
    if (options->raw && !raw_format(r, options->raw, message, message_size)) {
        *usage = true;
        goto fail;
    }
    if (!open_file(r, path, message, message_size)) goto fail;
    if (!cast_roles(r, options->channels, message, message_size)) {
        *usage = true;
        goto fail;
    }
    r->claimed_frames = claimed_frames(r->file, (double)r->info.frames);
    if (!allocate(r)) {
        snprintf(message, message_size, "%s: out of memory", r->path);
        goto fail;
    }
    return &r->base;
fail:
    recording_close(&r->base);
    return NULL;
}
