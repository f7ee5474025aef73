#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/device.h"
#include "capture/input.h"
#include "capture/line.h"

/* The libraries below PortAudio keep a little for ever whenever it starts; these are the sanitizer's own names. */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void) { return "fast_unwind_on_malloc=0"; }
const char *__lsan_default_suppressions(void) { return "leak:Pa_Initialize\nleak:libportaudio\n"; }

static char message[512];

static void finds_the_device_that_is_meant(void **state) {
    (void)state;
    static const char *const names[] = {"HDA Intel: ALC257 Analog (hw:0,0)",
                                        NULL,
                                        "Jabra Link: USB Audio (hw:1,0)",
                                        "pulse",
                                        "default",
                                        "Monitor of Jabra Link",
                                        "Plain",
                                        "PLAIN TOO"};
    static const struct {
        const char *text;
        int index, channel;
    } cases[] = {
        {"0", 0, 0},
        {"2", 2, 0},
        {"2:1", 2, 1},
        {"3:2", 3, 2},
        {"pulse", 3, 0},
        {"PULSE", 3, 0},
        {"pul", 3, 0},
        {"hw:1,0", 2, 0},
        {"(hw:0,0):2", 0, 2},
        {"hw:0", 0, 0},
        {"usb audio:1", 2, 1},
        {"HDA Intel: ALC257 Analog (hw:0,0)", 0, 0},
        {"Plain", 6, 0},
        {"monitor of", 5, 0},
        {"Plain:7", 6, 7},
        {"1", INPUT_UNKNOWN, 0},
        {"8", INPUT_UNKNOWN, 0},
        {"-1", INPUT_UNKNOWN, 0},
        {"99999999999999999999", INPUT_UNKNOWN, 0},
        {"", INPUT_UNKNOWN, 0},
        {":", INPUT_AMBIGUOUS, 0},
        {":1", 2, 0},
        {"headset", INPUT_UNKNOWN, 0},
        {"pulse:0", INPUT_UNKNOWN, 0},
        {"pulse:x", INPUT_UNKNOWN, 0},
        {"pulse:", INPUT_UNKNOWN, 0},
        {"pulse:1x", INPUT_UNKNOWN, 0},
        {"pulse:99999999999999999999", INPUT_UNKNOWN, 0},
        {"jabra", INPUT_AMBIGUOUS, 0},
        {"jabra:2", INPUT_AMBIGUOUS, 2},
        {"hw:", INPUT_AMBIGUOUS, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int channel = -1, index = input_match(names, 8, cases[i].text, &channel);
        if (index != cases[i].index || (index != INPUT_UNKNOWN && channel != cases[i].channel))
            fail_msg("\"%s\" is %d:%d", cases[i].text, index, channel);
    }
    int channel;
    assert_int_equal(input_match(NULL, 0, "0", &channel), INPUT_UNKNOWN);
}

static void says_which_device_is_unknown(void **state) {
    (void)state;
    assert_null(device_open("no such headset", NULL, NULL, NULL, message, sizeof message));
    assert_non_null(strstr(message, "no such headset"));
    assert_non_null(strstr(message, "undertone devices"));
    assert_null(device_open(NULL, "no such headset:2", NULL, NULL, message, sizeof message));
    assert_non_null(strstr(message, "no such headset:2"));
    assert_null(device_open("", "", NULL, NULL, message, sizeof message));
    assert_null(device_open(NULL, NULL, NULL, NULL, message, sizeof message));
    assert_non_null(strstr(message, "neither"));
    assert_null(strchr(message, '\n'));
}

static void lists_devices_or_says_there_are_none(void **state) {
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_true(device_list(out, message, sizeof message));
    fclose(out);
    assert_true(strstr(text, "rate_hz") || strstr(text, "no input devices"));
    free(text);
}

/* What the device's thread would do with n frames of [channels], each sample frame * 10 + channel. */
static void deliver(feed *f, int from, size_t n) {
    float *frames = calloc(n * (size_t)f->channels, sizeof *frames);
    for (size_t i = 0; i < n * (size_t)f->channels; i++)
        frames[i] = (float)((from + (int)(i / (size_t)f->channels)) * 10 + (int)(i % (size_t)f->channels));
    feed_write(f, frames, n);
    free(frames);
}

static void what_is_wanted_is_copied(void **state) {
    (void)state;
    line *l = line_new(8000, 2);
    assert_non_null(l);
    feed *f = line_feed(l);
    f->channels = 4;
    f->wanted[0] = 3;
    f->wanted[1] = 1;
    deliver(f, 0, 300);
    deliver(f, 300, 1);
    assert_int_equal(atomic_load(&f->blocks), 2);
    assert_true(line_pull(l));
    assert_int_equal(line_ready(l), 301);
    float first[301], second[301];
    line_take(l, (float *[]){first, second}, 301);
    for (int i = 0; i < 301; i++) {
        assert_float_equal(first[i], i * 10 + 3, 0);
        assert_float_equal(second[i], i * 10 + 1, 0);
    }
    assert_int_equal(line_lost(l), 0);
    line_free(l);
}

static void what_does_not_fit_is_counted(void **state) {
    (void)state;
    line *l = line_new(8000, 2);
    feed *f = line_feed(l);
    f->channels = 2;
    f->wanted[1] = 1;
    size_t taken = 0;
    for (int i = 0; i < 400; i++) deliver(f, i * 1000, 1000);
    float left[1000], right[1000];
    while (line_pull(l), line_ready(l) > 0) {
        int n = line_ready(l) < 1000 ? line_ready(l) : 1000;
        line_take(l, (float *[]){left, right}, n);
        for (int i = 0; i < n; i++) assert_float_equal(right[i] - left[i], 1, 0.5);
        taken += (size_t)n;
    }
    assert_true(line_lost(l) > 0);
    assert_int_equal(2 * taken + line_lost(l), 2 * 400 * 1000);
    line_free(l);
}

static void a_line_is_drawn_out_and_cut(void **state) {
    (void)state;
    float x[1000];
    line *l = line_new(8000, 1);
    line_feed(l)->channels = 1;
    deliver(line_feed(l), 1, 100);
    line_pull(l);
    line_shift(l, 50);
    assert_int_equal(line_ready(l), 150);
    line_shift(l, -60);
    assert_int_equal(line_ready(l), 90);
    assert_int_equal(line_total(l), 90);
    assert_int_equal(line_lost(l), 110);
    line_take(l, (float *[]){x}, 90);
    for (int i = 0; i < 90; i++) assert_float_equal(x[i], (i + 1) * 10, 0);
    line_shift(l, -1000);
    assert_int_equal(line_ready(l), 0);
    line_shift(l, INT64_MAX);
    assert_int_equal(line_ready(l), LINE_READY_FRAMES);
    deliver(line_feed(l), 0, 10);
    assert_false(line_pull(l));
    line_shift(l, INT64_MIN + 1);
    assert_int_equal(line_ready(l), 0);
    line_begin(l);
    assert_int_equal(line_total(l), 0);
    assert_true(line_restart(l, 44100));
    assert_false(line_restart(l, 1));
    line_free(l);
    line_free(NULL);
    assert_null(line_new(0, 1));
}

/* A device that goes between being opened, which prepares it once, and being started, which prepares it again. It is
 * this function that PortAudio and ALSA find. */
static int prepares_left = INT_MAX;
int snd_pcm_prepare(void *pcm);
int snd_pcm_prepare(void *pcm) {
    int (*real)(void *);
    *(void **)&real = dlsym(RTLD_NEXT, "snd_pcm_prepare");
    return prepares_left-- > 0 ? real(pcm) : -ENODEV;
}

static void write_configuration(char path[]) {
    static const char text[] = "pcm.silence { type null hint { show on description 'nothing' } }\n"
                               "pcm.!default { type null }\n";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
}

/* Nobody waits for it. */
static void a_device_that_will_not_start(void **state) {
    (void)state;
    char path[] = "/tmp/undertone-asound-XXXXXX";
    write_configuration(path);
    setenv("ALSA_CONFIG_PATH", path, 1);
    source *s = device_open("silence", NULL, NULL, NULL, message, sizeof message);
    assert_non_null(s);
    source_close(s);
    prepares_left = 1;
    alarm(20);
    assert_null(device_open("silence", NULL, NULL, NULL, message, sizeof message));
    alarm(0);
    prepares_left = INT_MAX;
    assert_non_null(strstr(message, "silence: cannot be opened"));
    unsetenv("ALSA_CONFIG_PATH");
    unlink(path);
}

static void count_news(void *user, const char *device, device_news news, unsigned long lost) {
    (void)device, (void)news, (void)lost;
    ++*(int *)user;
}

/* With a sound device: samples come at their rate, nothing is lost and nothing is said. */
static void hears_a_device(void **state) {
    (void)state;
    float left[8000], right[8000];
    int news = 0, total = 0;
    source *s = device_open("0", NULL, count_news, &news, message, sizeof message);
    if (!s) skip();
    assert_int_equal(s->channels, 1);
    assert_int_equal(s->roles[0], UT_CUSTOMER);
    assert_float_equal(s->duration_s(s), 0, 0);
    struct timespec step = {.tv_nsec = 10000000};
    for (int i = 0; i < 600 && total < 8000; i++) {
        int got = source_read(s, (float *[]){left, right}, 8000);
        assert_true(got >= 0);
        total += got;
        nanosleep(&step, NULL);
    }
    source_close(s);
    if (news) skip();
    assert_true(total >= 8000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_device_that_is_meant),       cmocka_unit_test(says_which_device_is_unknown),
        cmocka_unit_test(lists_devices_or_says_there_are_none), cmocka_unit_test(what_is_wanted_is_copied),
        cmocka_unit_test(what_does_not_fit_is_counted),         cmocka_unit_test(a_line_is_drawn_out_and_cut),
        cmocka_unit_test(a_device_that_will_not_start),         cmocka_unit_test(hears_a_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
