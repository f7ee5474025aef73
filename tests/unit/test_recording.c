#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sndfile.h>

#include "capture/recording.h"

enum { SECONDS = 2, MOST = 3 * 8000 };
static char folder[] = "/tmp/undertone-recording-XXXXXX";
static char path[128], message[512];
static float left[MOST], right[MOST];

static const char *in_folder(const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Writes tones of 400 Hz, 900 Hz, 1,400 Hz ..., one a channel, at half of full scale. */
static const char *make_file(const char *name, int format, int rate_hz, int channels) {
    SF_INFO info = {.samplerate = rate_hz, .channels = channels, .format = format};
    int n = SECONDS * rate_hz;
    float *x = calloc((size_t)(n * channels), sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < n * channels; i++)
        x[i] = 0.5F * (float)sin(2 * M_PI * (400 + 500 * (i % channels)) * (i / channels) / rate_hz);
    SNDFILE *file = sf_open(in_folder(name), SFM_WRITE, &info);
    assert_non_null(file);
    assert_int_equal(sf_writef_float(file, x, n), n);
    sf_close(file);
    free(x);
    return path;
}

static void write_bytes(const char *name, const void *bytes, size_t n) {
    FILE *f = fopen(in_folder(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static source *open_with(const char *file, const char *channels, const char *raw) {
    bool usage = true;
    message[0] = '\0';
    source *s = recording_open(file, &(recording_options){channels, raw}, message, sizeof message, &usage);
    if (!s) fail_msg("%s", message);
    assert_false(usage);
    return s;
}

/* Reads all in steps of step; returns how many and sets *result to what ended it. */
static int read_all(source *s, int step, int *result) {
    int total = 0, got;
    while ((got = source_read(s, (float *[]){left + total, right + total}, step)) > 0) {
        total += got;
        assert_true(total + step <= MOST);
    }
    *result = got;
    return total;
}

/* The amplitude of a tone in x, by correlation over all of it but the ends. */
static double tone(const float *x, int n, double hz) {
    double re = 0, im = 0;
    for (int i = 800; i < n - 800; i++) {
        re += x[i] * cos(2 * M_PI * hz * i / UT_RATE_HZ);
        im += x[i] * sin(2 * M_PI * hz * i / UT_RATE_HZ);
    }
    return 2 * hypot(re, im) / (n - 1600);
}

static void expect_tones(int n, double left_hz, double right_hz) {
    assert_true(fabs(tone(left, n, left_hz) - 0.5) < 0.03);
    if (right_hz > 0) assert_true(fabs(tone(right, n, right_hz) - 0.5) < 0.03);
    if (right_hz > 0) assert_true(tone(left, n, right_hz) < 0.03 && tone(right, n, left_hz) < 0.03);
}

static void reads_every_format(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int format, slack;
    } formats[] = {
        {"a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0},
        {"u.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 0},
        {"l.wav", SF_FORMAT_WAV | SF_FORMAT_ALAW, 0},
        {"f.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0},
        {"b.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 0},
        {"a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 0},
        {"v.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0},
        {"o.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 0},
        {"a.au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 0},
        {"u.au", SF_FORMAT_AU | SF_FORMAT_ULAW, 0},
        {"m.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 4800},
    };
    static const int rates_hz[] = {8000, 16000, 24000, 44100, 48000};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (int r = 0; r < 5; r++)
            for (int channels = 1; channels <= 2; channels++) {
                SF_INFO info = {.samplerate = rates_hz[r], .channels = channels, .format = formats[f].format};
                if (!sf_format_check(&info)) continue;
                if (strstr(formats[f].name, "opus") && rates_hz[r] == 44100) continue;
                source *s = open_with(make_file(formats[f].name, info.format, rates_hz[r], channels), NULL, NULL);
                int end, n = read_all(s, 800, &end);
                if (end != -1) fail_msg("%s at %d Hz: %s", formats[f].name, rates_hz[r], s->fault);
                assert_true(abs(n - SECONDS * 8000) <= formats[f].slack);
                assert_true(fabs(s->duration_s(s) - n / 8000.0) < 0.001);
                assert_string_equal(s->name, formats[f].name);
                expect_tones(n, 400, channels == 2 ? 900 : 0);
                source_close(s);
            }
}

static void gives_roles_in_the_order_named(void **state) {
    (void)state;
    const char *stereo = make_file("roles.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 2);
    source *s = open_with(stereo, NULL, NULL);
    assert_int_equal(s->channels, 2);
    assert_int_equal(s->roles[0], UT_AGENT);
    assert_int_equal(s->roles[1], UT_CUSTOMER);
    source_close(s);
    s = open_with(stereo, "customer,agent", NULL);
    assert_int_equal(s->roles[0], UT_CUSTOMER);
    assert_int_equal(s->roles[1], UT_AGENT);
    source_close(s);
    const char *mono = make_file("mono.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1);
    s = open_with(mono, NULL, NULL);
    assert_int_equal(s->channels, 1);
    assert_int_equal(s->roles[0], UT_CUSTOMER);
    source_close(s);
    s = open_with(mono, "agent", NULL);
    assert_int_equal(s->roles[0], UT_AGENT);
    source_close(s);
}

static void mixed_is_the_mean_of_all_channels(void **state) {
    (void)state;
    for (int channels = 1; channels <= 4; channels++) {
        source *s = open_with(make_file("mixed.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, channels), "mixed", NULL);
        assert_int_equal(s->channels, 1);
        assert_int_equal(s->roles[0], UT_MIXED);
        int end, n = read_all(s, 1000, &end);
        assert_int_equal(end, -1);
        for (int c = 0; c < channels; c++) assert_true(fabs(tone(left, n, 400 + 500 * c) - 0.5 / channels) < 0.01);
        source_close(s);
    }
}

static void the_step_of_reading_changes_nothing(void **state) {
    (void)state;
    static float first[2][MOST];
    const char *file = make_file("step.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100, 2);
    static const int steps[] = {7999, 1, 80, 160, 1025};
    for (int i = 0; i < 5; i++) {
        source *s = open_with(file, NULL, NULL);
        int end, n = read_all(s, steps[i], &end);
        assert_int_equal(n, SECONDS * 8000);
        if (i == 0) memcpy(first[0], left, sizeof left), memcpy(first[1], right, sizeof right);
        assert_memory_equal(first[0], left, (size_t)n * sizeof *left);
        assert_memory_equal(first[1], right, (size_t)n * sizeof *right);
        source_close(s);
    }
}

static void reads_headerless_g711(void **state) {
    (void)state;
    static const struct {
        const char *raw;
        int format, channels;
    } forms[] = {{"ulaw", SF_FORMAT_ULAW, 1},
                 {"alaw", SF_FORMAT_ALAW, 1},
                 {"ulaw:1", SF_FORMAT_ULAW, 1},
                 {"ulaw:2", SF_FORMAT_ULAW, 2},
                 {"alaw:2", SF_FORMAT_ALAW, 2}};
    for (int i = 0; i < 5; i++) {
        const char *file = make_file("g711", SF_FORMAT_RAW | forms[i].format, 8000, forms[i].channels);
        source *s = open_with(file, NULL, forms[i].raw);
        int end, n = read_all(s, 160, &end);
        assert_int_equal(end, -1);
        assert_int_equal(n, SECONDS * 8000);
        assert_int_equal(s->channels, forms[i].channels);
        expect_tones(n, 400, forms[i].channels == 2 ? 900 : 0);
        source_close(s);
    }
}

/* A tone with every 997th frame set to x; returns how many samples that are. */
static unsigned long make_odd(const char *name, int rate_hz, int channels, float x, float *tone) {
    SF_INFO info = {.samplerate = rate_hz, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    unsigned long n = 0;
    for (int i = 0; i < rate_hz * channels; i++) {
        tone[i] = 0.5F * (float)sin(2 * M_PI * 400 * (i / channels) / rate_hz);
        if (i / channels % 997 == 500) tone[i] = x, n++;
    }
    SNDFILE *file = sf_open(in_folder(name), SFM_WRITE, &info);
    assert_non_null(file);
    assert_int_equal(sf_writef_float(file, tone, rate_hz), rate_hz);
    sf_close(file);
    return n;
}

/* At any rate, alone or in a mean, they are counted and the rest comes as if they had been silent. */
static void silence_stands_in_for_what_is_no_number(void **state) {
    (void)state;
    static const float odd[] = {NAN, INFINITY, -INFINITY};
    static const struct {
        int rate_hz, channels;
        const char *roles;
    } cases[] = {{8000, 1, "customer"}, {16000, 1, "customer"}, {8000, 2, "mixed"}, {44100, 2, "agent,customer"}};
    static float tone[2 * 44100], wanted[8000];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int o = -1; o < 3; o++) {
            unsigned long n = make_odd("odd.wav", cases[c].rate_hz, cases[c].channels, o < 0 ? 0 : odd[o], tone);
            source *s = open_with(path, cases[c].roles, NULL);
            int end;
            assert_int_equal(read_all(s, 100, &end), 8000);
            assert_int_equal(end, -1);
            assert_int_equal(s->lost, o < 0 ? 0 : n);
            if (o < 0) memcpy(wanted, left, sizeof wanted);
            assert_memory_equal(left, wanted, sizeof wanted);
            source_close(s);
        }
}

/* Over full scale is not nonsense. */
static void passes_on_loud_floats(void **state) {
    (void)state;
    const float loud[] = {0, 7, -7, 0};
    SF_INFO info = {.samplerate = 8000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *file = sf_open(in_folder("loud.wav"), SFM_WRITE, &info);
    assert_int_equal(sf_writef_float(file, loud, 4), 4);
    sf_close(file);
    source *s = open_with(path, NULL, NULL);
    int end;
    assert_int_equal(read_all(s, 100, &end), 4);
    assert_memory_equal(left, loud, sizeof loud);
    source_close(s);
}

static void expect_refusal(const char *file, const char *channels, const char *raw, bool usage, const char *says) {
    bool at_fault = !usage;
    recording_options options = {channels, raw};
    source *s = recording_open(file, &options, message, sizeof message, &at_fault);
    assert_null(s);
    if (!strstr(message, says)) fail_msg("\"%s\" does not say \"%s\"", message, says);
    assert_int_equal(at_fault, usage);
    assert_null(strchr(message, '\n'));
}

static void refuses_channels_that_do_not_fit(void **state) {
    (void)state;
    char file[128];
    strcpy(file, make_file("three.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 3));
    expect_refusal(file, NULL, NULL, true, "three.wav: has 3 channels, so that --channels");
    expect_refusal(file, "agent,customer", NULL, true, "three.wav: has 3 channels");
    strcpy(file, make_file("two.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 2));
    expect_refusal(file, "customer", NULL, true, "two.wav: has 2 channels");
    expect_refusal(file, "agent", NULL, true, "two.wav: has 2 channels");
    static const char *const wrong[] = {"",      "customer,customer", "agent,agent", "customer,mixed", "mixed,mixed",
                                        "Agent", "customer,",         ",",           "a,customer",     " customer"};
    for (int i = 0; i < 10; i++) expect_refusal(file, wrong[i], NULL, true, "--channels");
    strcpy(file, make_file("one.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1));
    expect_refusal(file, "agent,customer", NULL, true, "one.wav: has 1 channel,");
    static const char *const raws[] = {"", "pcm", "ulaw:3", "ulaw:", "ulaw:22", "ulawx", "ULAW", ":2"};
    for (int i = 0; i < 8; i++) expect_refusal(file, NULL, raws[i], true, "raw");
}

static void refuses_what_is_no_recording(void **state) {
    (void)state;
    char file[128];
    expect_refusal(in_folder("missing.wav"), NULL, NULL, false, "missing.wav: No such file");
    expect_refusal("", NULL, NULL, false, "No such file");
    expect_refusal(folder, NULL, NULL, false, "is a directory");
    write_bytes("empty.wav", "", 0);
    expect_refusal(path, NULL, NULL, false, "empty.wav: is empty");
    expect_refusal(path, NULL, "ulaw", false, "empty.wav: is empty");
    write_bytes("text.wav", "not a sound at all, just a line of text\n", 40);
    expect_refusal(path, NULL, NULL, false, "text.wav: cannot be read as sound");
    write_bytes("riff.wav", "RIFF\x10\0\0\0WAVEfmt ", 16);
    expect_refusal(path, NULL, NULL, false, "riff.wav: ");
    strcpy(file, make_file("slow.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 3000, 1));
    expect_refusal(file, NULL, NULL, false, "sample rate of 3000 Hz");
    if (geteuid() == 0) return;
    strcpy(file, make_file("closed.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1));
    chmod(file, 0);
    expect_refusal(file, NULL, NULL, false, "closed.wav: ");
}

/* Half of a file's bytes; Ogg keeps no length at its head, and whole pages only. */
static void shortens(const char *name, int format, bool knows_length) {
    struct stat s;
    make_file(name, format, 8000, 2);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(truncate(path, s.st_size / 2), 0);
    source *cut = open_with(path, NULL, NULL);
    int end, n = read_all(cut, 800, &end);
    assert_int_equal(end, -2);
    assert_true(n < SECONDS * 8000 * 3 / 4);
    if (knows_length) assert_true(n > 1000);
    assert_non_null(strstr(cut->fault, name));
    assert_non_null(strstr(cut->fault, "ends early"));
    if (knows_length) assert_non_null(strstr(cut->fault, "of 2.0 seconds"));
    source_close(cut);
}

static void reads_what_is_there_and_says_what_is_not(void **state) {
    (void)state;
    shortens("cut.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, true);
    shortens("cut.au", SF_FORMAT_AU | SF_FORMAT_PCM_16, true);
    shortens("cut.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, true);
    shortens("cut.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, false);
}

/* Sound written to a pipe carries the greatest length there is: that is not an early end. */
static void believes_no_length_of_a_stream(void **state) {
    (void)state;
    make_file("stream.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1);
    FILE *f = fopen(path, "r+b");
    fseek(f, 40, SEEK_SET);
    fwrite("\xff\xff\xff\xff", 1, 4, f);
    fclose(f);
    source *s = open_with(path, NULL, NULL);
    int end;
    assert_int_equal(read_all(s, 800, &end), SECONDS * 8000);
    assert_int_equal(end, -1);
    source_close(s);
}

static void a_name_can_be_shown_anywhere(void **state) {
    (void)state;
    make_file("plain.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1);
    char from[128], *broken = "two\nlines \xff\xc0.wav",
                    *umlaut = "Gespr\xc3\xa4"
                              "ch.wav";
    strcpy(from, path);
    assert_int_equal(rename(from, in_folder(broken)), 0);
    source *s = open_with(path, NULL, NULL);
    assert_string_equal(s->name, "two?lines ??.wav");
    source_close(s);
    strcpy(from, path);
    assert_int_equal(rename(from, in_folder(umlaut)), 0);
    s = open_with(path, NULL, NULL);
    assert_string_equal(s->name, umlaut);
    json_t *string = json_string(s->name);
    assert_non_null(string);
    json_decref(string);
    source_close(s);
}

static void reads_a_real_call(void **state) {
    (void)state;
    const char *shared = getenv("UNDERTONE_SHARED");
    snprintf(path, sizeof path, "%s/calls/auto_repairs_40.flac", shared ? shared : "../shared");
    if (access(path, R_OK)) skip();
    source *s = open_with(path, NULL, NULL);
    assert_true(fabs(s->duration_s(s) - 245.38) < 0.01);
    int got;
    long total = 0;
    while ((got = source_read(s, (float *[]){left, right}, 800)) > 0) total += got;
    assert_int_equal(got, -1);
    assert_int_equal(total, 1963040);
    source_close(s);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_format),
        cmocka_unit_test(gives_roles_in_the_order_named),
        cmocka_unit_test(mixed_is_the_mean_of_all_channels),
        cmocka_unit_test(the_step_of_reading_changes_nothing),
        cmocka_unit_test(reads_headerless_g711),
        cmocka_unit_test(silence_stands_in_for_what_is_no_number),
        cmocka_unit_test(passes_on_loud_floats),
        cmocka_unit_test(refuses_channels_that_do_not_fit),
        cmocka_unit_test(refuses_what_is_no_recording),
        cmocka_unit_test(reads_what_is_there_and_says_what_is_not),
        cmocka_unit_test(believes_no_length_of_a_stream),
        cmocka_unit_test(a_name_can_be_shown_anywhere),
        cmocka_unit_test(reads_a_real_call),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
