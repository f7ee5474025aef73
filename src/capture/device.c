/* device.c - sound devices as a source.
 *
 * One leg a device; customer and agent may be two channels of one. Each leg:
 *
 *     device's thread: stream --> ring --> reader's thread: resampler --> ready --> x[channel][n]
 *
 * Two devices have two clocks, and neither is ours. So every leg follows the monotonic clock: it is due 8,000 frames a
 * second from the moment when all of them had begun. A leg further than SLACK_S from what is due is drawn out with
 * silence or loses the newest; so does the worse one of two that are further apart than that. What a device that
 * vanished owes is silence too, until it is back.
 *
 * A device that vanished is tried again every RETRY_S. PortAudio lists devices only when it starts, with no stream
 * open, so one that is not in its list can be found only by stopping the other one for a moment. That is done at once,
 * then LOOK_S later, and after twice as long each time, so that a headset that stays unplugged hardly chops the other
 * voice.
 */
#include "capture/device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/line.h"
#include "capture/sound.h"
#include "capture/stream.h"
#include "clock.h"

#define SLACK_S     0.2
#define SILENT_S    1.0 /* without a block from the device: it is gone */
#define BEGIN_S     4.0 /* the same from its start to its first block; PulseAudio's null sink takes 2 s, a headset 1 s */
#define GLANCE_S    0.25 /* of silence at most that one look tells of: a reader that was held up is no silent device */
#define RETRY_S     1.0
#define LOOK_S      2.0
#define LOOK_MOST_S 60.0
#define TELL_S      10.0 /* between two words on what a device has lost */

typedef struct leg {
    char *device; /* PortAudio's name */
    int first;    /* of the source's channels */
    line *line;
    stream *stream;       /* null while the device cannot be opened */
    unsigned long blocks; /* the stream's count when it was last looked at */
    bool heard;           /* something has come since the stream was opened */
    bool gone;            /* as was told */
    double silent_s;      /* since something came or the stream was opened */
    double tried_s;       /* when the device was last tried */
    unsigned long told;   /* of the samples lost */
    double tell_s;        /* not before then of more */
} leg;

typedef struct device {
    source base;
    char *name;
    leg legs[SOURCE_CHANNELS];
    int n_legs;
    bool sound, begun;
    double begun_s, read_s;     /* when time began to count, when it was last read */
    double look_s, look_wait_s; /* when devices may next be listed anew, and how long to wait after that */
    device_tell *tell;
    void *user;
} device;

static PaError start_stream(leg *l, const input *in) {
    PaError error;
    feed *f = line_feed(l->line);
    atomic_store(&f->blocks, 0);
    f->channels = 1;
    for (int c = 0; c < f->n_wanted; c++)
        if (f->wanted[c] >= f->channels) f->channels = f->wanted[c] + 1;
    l->stream = stream_open(in, f, &error);
    l->blocks = 0;
    l->silent_s = 0;
    l->heard = false;
    return error;
}

static void stop_stream(leg *l) {
    stream_close(l->stream);
    l->stream = NULL;
}

static void tell(const device *d, const leg *l, device_news news, unsigned long lost) {
    if (d->tell) d->tell(d->user, l->device, news, lost);
}

static void lose(device *d, leg *l) {
    stop_stream(l);
    l->tried_s = clock_s();
    if (l->gone) return; /* it could be opened, but gave no sound */
    l->gone = true;
    d->look_s = l->tried_s;
    d->look_wait_s = LOOK_S;
    tell(d, l, DEVICE_GONE, 0);
}

static bool any_open(const device *d) {
    for (int i = 0; i < d->n_legs; i++)
        if (d->legs[i].stream) return true;
    return false;
}

/* By the whole name: a part of it may be another device's. */
static bool is_listed(const leg *l, input *in) {
    char ignored[256];
    return input_find(l->device, in, ignored, sizeof ignored) && !strcmp(in->name, l->device);
}

static bool reopen(leg *l) {
    input in;
    return is_listed(l, &in) && line_restart(l->line, in.rate_hz) && start_stream(l, &in) == paNoError;
}

/* Has devices listed anew; those that are there go on, and nothing is said of it. */
static void look_again(device *d) {
    bool there[SOURCE_CHANNELS];
    for (int i = 0; i < d->n_legs; i++) {
        there[i] = d->legs[i].stream;
        stop_stream(&d->legs[i]);
    }
    sound_refresh();
    d->look_s = clock_s() + d->look_wait_s;
    d->look_wait_s = fmin(2 * d->look_wait_s, LOOK_MOST_S);
    for (int i = 0; i < d->n_legs; i++)
        if (there[i] && !reopen(&d->legs[i])) lose(d, &d->legs[i]);
}

static void try_again(device *d, leg *l) {
    input ignored;
    bool free_to_look = !any_open(d);
    if (free_to_look) d->look_wait_s = LOOK_S;
    if (free_to_look || (!is_listed(l, &ignored) && clock_s() >= d->look_s)) look_again(d);
    reopen(l);
    l->tried_s = clock_s();
}

/* Sees whether the device lives. */
static void watch(device *d, leg *l, double glance_s) {
    if (!l->stream) {
        if (clock_s() - l->tried_s >= RETRY_S) try_again(d, l);
        return;
    }
    unsigned long blocks = atomic_load_explicit(&line_feed(l->line)->blocks, memory_order_relaxed);
    bool came = blocks != l->blocks;
    l->blocks = blocks;
    l->heard = l->heard || came;
    l->silent_s = came ? 0 : l->silent_s + glance_s;
    if (came && l->gone) {
        l->gone = false;
        tell(d, l, DEVICE_BACK, 0);
    }
    if (l->silent_s > (l->heard ? SILENT_S : BEGIN_S) || !stream_lives(l->stream)) lose(d, l);
}

static void watch_all(device *d) {
    double now = clock_s(), glance_s = fmin(now - d->read_s, GLANCE_S);
    d->read_s = now;
    for (int i = 0; i < d->n_legs; i++) watch(d, &d->legs[i], glance_s);
}

/* What a device loses while it is there; that silence stands in for one that is gone is no news. */
static void tell_lost(const device *d, leg *l) {
    unsigned long lost = line_lost(l->line);
    if (!l->stream || !l->heard) l->told = lost;
    if (l->told == lost || clock_s() < l->tell_s) return;
    tell(d, l, DEVICE_LOSES, lost - l->told);
    l->told = lost;
    l->tell_s = clock_s() + TELL_S;
}

/* Time starts to count once every device gives sound or has been given up. */
static bool begin(device *d) {
    for (int i = 0; i < d->n_legs; i++)
        if (d->legs[i].stream && !d->legs[i].heard) return false;
    for (int i = 0; i < d->n_legs; i++) line_begin(d->legs[i].line);
    d->begun_s = clock_s();
    return true;
}

/* How many frames a leg is behind what is due. */
static int64_t lag(const device *d, const leg *l) {
    return (int64_t)((clock_s() - d->begun_s) * UT_RATE_HZ) - line_total(l->line);
}

static void keep_in_step(device *d, const bool complete[SOURCE_CHANNELS]) {
    const int64_t slack = (int64_t)(SLACK_S * UT_RATE_HZ);
    int64_t behind[SOURCE_CHANNELS] = {0};
    for (int i = 0; i < d->n_legs; i++) {
        leg *l = &d->legs[i];
        behind[i] = complete[i] ? lag(d, l) : 0;
        if (llabs(behind[i]) <= slack && (l->stream || behind[i] < 0)) continue;
        line_shift(l->line, behind[i]);
        behind[i] = 0;
    }
    if (llabs(behind[0] - behind[1]) <= slack) return;
    int worse = llabs(behind[0]) > llabs(behind[1]) ? 0 : 1;
    line_shift(d->legs[worse].line, behind[worse]);
}

static int device_read(source *self, float *const x[SOURCE_CHANNELS], int n) {
    device *d = (device *)self;
    bool complete[SOURCE_CHANNELS] = {false};
    watch_all(d);
    if (!d->begun && !(d->begun = begin(d))) return 0;
    for (int i = 0; i < d->n_legs; i++) complete[i] = line_pull(d->legs[i].line);
    keep_in_step(d, complete);
    for (int i = 0; i < d->n_legs; i++)
        if (line_ready(d->legs[i].line) < n) n = line_ready(d->legs[i].line);
    self->lost = 0;
    for (int i = 0; i < d->n_legs; i++) {
        line_take(d->legs[i].line, x + d->legs[i].first, n);
        self->lost += line_lost(d->legs[i].line);
        tell_lost(d, &d->legs[i]);
    }
    return n;
}

static double device_duration_s(const source *self) {
    (void)self;
    return 0;
}

static void device_close(source *self) {
    device *d = (device *)self;
    for (int i = 0; i < d->n_legs; i++) {
        stop_stream(&d->legs[i]);
        line_free(d->legs[i].line);
        free(d->legs[i].device);
    }
    if (d->sound) sound_close();
    free(d->name);
    free(d);
}

static bool add_leg(device *d, const input *in, const int wanted[], int n_wanted, char *message, size_t message_size) {
    leg *l = &d->legs[d->n_legs++];
    l->first = d->base.channels;
    d->base.channels += n_wanted;
    l->device = strdup(in->name);
    l->line = line_new(in->rate_hz, n_wanted);
    if (!l->device || !l->line) {
        snprintf(message, message_size, "%.150s: out of memory, or a sample rate of %d Hz is out of range", in->name,
                 in->rate_hz);
        return false;
    }
    memcpy(line_feed(l->line)->wanted, wanted, (size_t)n_wanted * sizeof *wanted);
    PaError error = start_stream(l, in);
    if (error != paNoError)
        snprintf(message, message_size, "%.150s: cannot be opened (%.80s)", in->name, Pa_GetErrorText(error));
    return error == paNoError;
}

/* Agent first, as in a stereo recording. */
static bool add_both(device *d, const input in[2], char *message, size_t message_size) {
    if (in[0].index != in[1].index)
        return add_leg(d, &in[0], &in[0].channel, 1, message, message_size) &&
               add_leg(d, &in[1], &in[1].channel, 1, message, message_size);
    if (in[0].channel == in[1].channel) {
        snprintf(message, message_size, "agent and customer are both channel %d of %.150s: name two, as in %.30s:2",
                 in[0].channel + 1, in[0].name, in[0].name);
        return false;
    }
    return add_leg(d, &in[0], (int[]){in[0].channel, in[1].channel}, 2, message, message_size);
}

static bool name_source(device *d) {
    char text[256];
    snprintf(text, sizeof text, d->n_legs == 2 ? "%.120s + %.120s" : "%.120s", d->legs[0].device,
             d->n_legs == 2 ? d->legs[1].device : "");
    return (d->base.name = d->name = source_name(text));
}

static bool add_legs(device *d, const char *customer, const char *agent, char *message, size_t message_size) {
    const char *const wanted[] = {agent, customer};
    const ut_channel roles[] = {UT_AGENT, UT_CUSTOMER};
    input in[2];
    int n = 0;
    for (int i = 0; i < 2; i++) {
        if (!wanted[i]) continue;
        if (!input_find(wanted[i], &in[n], message, message_size)) return false;
        d->base.roles[n++] = roles[i];
    }
    if (n == 2) return add_both(d, in, message, message_size);
    if (n == 1) return add_leg(d, &in[0], &in[0].channel, 1, message, message_size);
    snprintf(message, message_size, "neither a customer's nor an agent's device is named");
    return false;
}

source *device_open(const char *customer, const char *agent, device_tell *tell, void *user, char *message,
                    size_t message_size) {
    device *d = calloc(1, sizeof *d);
    snprintf(message, message_size, "sound devices: out of memory");
    if (!d) return NULL;
    d->base.read = device_read;
    d->base.duration_s = device_duration_s;
    d->base.close = device_close;
    d->tell = tell;
    d->user = user;
    d->sound = sound_open(message, message_size);
    if (!d->sound || !add_legs(d, customer, agent, message, message_size) || !name_source(d)) goto fail;
    message[0] = '\0';
    return &d->base;
fail:
    device_close(&d->base);
    return NULL;
}

bool device_list(FILE *out, char *message, size_t message_size) {
    if (!sound_open(message, message_size)) return false;
    int found = 0, usual = Pa_GetDefaultInputDevice();
    for (int i = 0; i < Pa_GetDeviceCount(); i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);
        if (!info || info->maxInputChannels <= 0) continue;
        if (!found++) fprintf(out, "index  channels  rate_hz  default  name\n");
        fprintf(out, "%5d  %8d  %7.0f  %-7s  %s\n", i, info->maxInputChannels, info->defaultSampleRate,
                i == usual ? "yes" : "", info->name);
    }
    if (!found) fprintf(out, "no input devices\n");
    sound_close();
    return true;
}
