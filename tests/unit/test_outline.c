/* A recording's outline is that of its samples, wherever it is asked for, of FLAC and of Opus. */
#include "store/outline.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/media.h"

enum { FRAMES = 100003, PATIENCE_MS = 60000 };

static char dir[64];
static short sound[FRAMES][2];

static int make_folder(void **state) {
    (void)state;
    strcpy(dir, "/tmp/undertone-outline-XXXXXX");
    return !mkdtemp(dir);
}

static int remove_folder(void **state) {
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    return system(command);
}

/* The first channel gets louder and the second one softer, both of noise. */
static void make_sound(void) {
    unsigned noise = 1;
    for (int i = 0; i < FRAMES; i++)
        for (int c = 0; c < 2; c++) {
            noise = noise * 1664525 + 1013904223;
            int loud = c ? FRAMES - i : i;
            sound[i][c] = (short)((int64_t)(short)(noise >> 16) * loud / FRAMES);
        }
    sound[4000][0] = INT16_MIN;
    sound[4001][0] = INT16_MAX;
}

static void record(const char *id, tape_format format, int channels) {
    char name[MEDIA_NAME_SIZE];
    media_file f = {.channels = channels, .roles = {UT_AGENT, UT_CUSTOMER}};
    int folder = media_folder(dir, true);
    snprintf(name, sizeof name, "%s.%s", id, tape_format_name(format));
    assert_true(media_create(&f, folder, name, format));
    for (size_t i = 0; i < FRAMES; i++) { /* of one channel: the first */
        assert_true(media_write(&f, sound[i], 1));
    }
    assert_true(media_complete(&f));
    close(folder);
}

static int in_bytes(int sample) { return (int)lrint(sample * 127 / 32768.0); }

static void check(const char *id, int channels, uint64_t first, size_t step, size_t points, int within) {
    size_t n;
    signed char *drawn = outline_draw(dir, id, &(outline_part){first, step, points, PATIENCE_MS}, &n);
    assert_non_null(drawn);
    assert_int_equal(n, 2 * (size_t)channels * points);
    for (int c = 0; c < channels; c++)
        for (size_t i = 0; i < points; i++) {
            int low = INT16_MAX, high = INT16_MIN;
            for (uint64_t at = first + i * step; at < FRAMES && at < first + (i + 1) * step; at++) {
                low = sound[at][c] < low ? sound[at][c] : low;
                high = sound[at][c] > high ? sound[at][c] : high;
            }
            if (low > high) low = high = 0;
            const signed char *pair = drawn + 2 * ((size_t)c * points + i);
            if (abs(pair[0] - in_bytes(low)) > within || abs(pair[1] - in_bytes(high)) > within)
                fail_msg("%s, channel %d, step %zu: %d %d, not %d %d", id, c, i, pair[0], pair[1], in_bytes(low),
                         in_bytes(high));
        }
    free(drawn);
}

static void flac_is_exact(void **state) {
    (void)state;
    make_sound();
    record("c-2", TAPE_FLAC, 2);
    record("c-1", TAPE_FLAC, 1);
    for (int channels = 1; channels <= 2; channels++) {
        const char *id = channels == 1 ? "c-1" : "c-2";
        check(id, channels, 0, 40, 512, 0);
        check(id, channels, 0, 320, 400, 0);  /* to its end and past it */
        check(id, channels, 4000, 1, 100, 0); /* as loud as can be */
        check(id, channels, 50001, 4096, 3, 0);
        check(id, channels, 77777, 100000, 2, 0);
        check(id, channels, FRAMES - 1, 40, 4, 0);
        check(id, channels, FRAMES, 40, 4, 0);
        check(id, channels, UINT64_C(86400) * 8000, 480000, 4096, 0);
    }
}

/* Opus keeps how loud it is, not each sample: a tone, whose outline it can keep. */
static void opus_is_near(void **state) {
    (void)state;
    for (int i = 0; i < FRAMES; i++) {
        sound[i][0] = (short)lrint(12000 * sin(2 * M_PI * 440 * i / 8000) * (i / 20000 % 2));
        sound[i][1] = (short)lrint(20000 * sin(2 * M_PI * 300 * i / 8000));
    }
    record("c-3", TAPE_OPUS, 2);
    check("c-3", 2, 21000, 800, 20, 12);
    check("c-3", 2, 61600, 800, 20, 12);
}

static void what_is_no_recording(void **state) {
    const outline_part part = {0, 40, 4, PATIENCE_MS};
    char path[200];
    size_t n;
    (void)state;
    assert_null(outline_draw(dir, "c-9", &part, &n));
    assert_int_equal(errno, ENOENT);
    snprintf(path, sizeof path, "%s/audio/c-4.flac", dir);
    mkdir(path, 0700);
    assert_null(outline_draw(dir, "c-4", &part, &n));
    snprintf(path, sizeof path, "%s/audio/c-5.flac", dir);
    FILE *out = fopen(path, "wb");
    fputs("fLaC and nothing of the kind", out);
    fclose(out);
    assert_null(outline_draw(dir, "c-5", &part, &n));
    assert_int_equal(errno, EBADMSG);
    snprintf(path, sizeof path, "%s/audio/c-6.flac", dir);
    assert_return_code(symlink("c-2.flac", path), errno);
    assert_null(outline_draw(dir, "c-6", &part, &n));
    assert_int_equal(errno, ELOOP);
    assert_null(outline_draw(dir, "c-2", &(outline_part){0, 40, 512, -1}, &n));
    assert_int_equal(errno, ETIMEDOUT);
}

/* Where the file ends too early there is silence from there on. */
static void torn(void **state) {
    char path[200];
    struct stat st;
    size_t n;
    (void)state;
    snprintf(path, sizeof path, "%s/audio/c-2.flac", dir);
    assert_return_code(stat(path, &st), errno);
    assert_return_code(truncate(path, st.st_size / 2), errno);
    signed char *drawn = outline_draw(dir, "c-2", &(outline_part){0, 4000, 25, PATIENCE_MS}, &n);
    assert_non_null(drawn);
    assert_true(drawn[2] == -127 || drawn[3] == 127);
    assert_int_equal(drawn[2 * 24], 0);
    assert_int_equal(drawn[2 * 24 + 1], 0);
    free(drawn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flac_is_exact),
        cmocka_unit_test(opus_is_near),
        cmocka_unit_test(what_is_no_recording),
        cmocka_unit_test(torn),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
