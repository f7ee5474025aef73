#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sndfile.h>

#include "capture/pace.h"
#include "capture/recording.h"

/* The libraries below PortAudio keep a little for ever whenever it starts; these are the sanitizer's own names. */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void) { return "fast_unwind_on_malloc=0"; }
const char *__lsan_default_suppressions(void) { return "leak:Pa_Initialize\nleak:libportaudio\n"; }

static char path[] = "/tmp/undertone-pace-XXXXXX";
static char message[256];
static float left[8000], right[8000];
static float *const x[] = {left, right};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Half a second of two channels that count up. */
static source *open_file(void) {
    bool usage;
    source *s = recording_open(path, NULL, message, sizeof message, &usage);
    if (!s) fail_msg("%s", message);
    return s;
}

static source *open_paced(void) {
    source *s = pace_new(open_file(), false, message, sizeof message);
    assert_non_null(s);
    return s;
}

static void gives_only_what_is_due(void **state) {
    (void)state;
    source *s = open_paced();
    double began_s = now_s();
    assert_int_equal(source_read(s, x, 8000), 0);
    int total = 0, got;
    while ((got = source_read(s, x, 160)) >= 0) {
        total += got;
        assert_true(total <= (now_s() - began_s) * 8000);
        if (!got) usleep(2000);
    }
    double took_s = now_s() - began_s;
    assert_int_equal(got, -1);
    assert_int_equal(total, 4000);
    assert_true(took_s >= 0.5 && took_s < 0.7);
    source_close(s);
}

static void catches_up_after_a_pause(void **state) {
    (void)state;
    source *s = open_paced();
    source_read(s, x, 8000);
    usleep(200000);
    int got = source_read(s, x, 8000);
    assert_true(got >= 1600 && got < 3200);
    for (int i = 0; i < got; i++) assert_float_equal(left[i], -right[i], 1e-6);
    assert_float_equal(left[1000], 1000 / 8000.0, 1e-3);
    source_close(s);
}

static void is_the_recording_in_all_else(void **state) {
    (void)state;
    source *s = open_paced();
    assert_int_equal(s->channels, 2);
    assert_int_equal(s->roles[0], UT_AGENT);
    assert_int_equal(s->roles[1], UT_CUSTOMER);
    assert_string_equal(s->name, strrchr(path, '/') + 1);
    assert_float_equal(s->duration_s(s), 0.5, 1e-6);
    assert_int_equal(source_read(s, x, 0), 0);
    assert_int_equal(source_read(s, x, -5), 0);
    source_close(s);
}

static void hands_on_a_failure(void **state) {
    (void)state;
    bool usage;
    assert_int_equal(truncate(path, 44 + 4000), 0);
    source *s = recording_open(path, NULL, message, sizeof message, &usage);
    assert_non_null(s);
    s = pace_new(s, false, message, sizeof message);
    int total = 0, got;
    while ((got = source_read(s, x, 800)) >= 0) {
        total += got;
        usleep(1000);
    }
    assert_int_equal(got, -2);
    assert_int_equal(total, 1000);
    assert_non_null(strstr(s->fault, "ends early"));
    source_close(s);
}

/* Where there is nothing to play on, that is said and the recording is closed. */
static void says_that_there_is_no_speaker(void **state) {
    (void)state;
    source *s = pace_new(open_file(), true, message, sizeof message);
    if (s) {
        source_close(s);
        skip();
    }
    assert_true(strlen(message) > 10);
    assert_null(strchr(message, '\n'));
}

static int make_file(void **state) {
    (void)state;
    SF_INFO info = {.samplerate = 8000, .channels = 2, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *file = sf_open_fd(mkstemp(path), SFM_WRITE, &info, 1);
    float frames[8000];
    for (int i = 0; i < 8000; i++) frames[i] = (float)(i / 2) / 8000 * (i % 2 ? -1 : 1);
    bool written = file && sf_writef_float(file, frames, 4000) == 4000;
    return sf_close(file) || !written ? -1 : 0;
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_only_what_is_due),       cmocka_unit_test(catches_up_after_a_pause),
        cmocka_unit_test(is_the_recording_in_all_else), cmocka_unit_test(says_that_there_is_no_speaker),
        cmocka_unit_test(hands_on_a_failure),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
