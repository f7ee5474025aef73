/* undertone features, from outside: the tables that a classifier is trained with and measured by. */
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "events.h"
#include "program.h"
#include "sound.h"

enum { COLUMNS = 512, LINE = 16384 };

/* One line of the table, its fields terminated; the files of these tests have no commas or quotes. */
typedef struct row {
    char text[LINE];
    char *fields[COLUMNS];
    int n;
} row;

/* Takes a line off the text, false at its end. */
static bool take_row(const char **text, row *r) {
    size_t n = strcspn(*text, "\n");
    if (!(*text)[n]) return false;
    assert_true(n < LINE);
    memcpy(r->text, *text, n);
    r->text[n] = '\0';
    *text += n + 1;
    char *rest = r->text;
    for (r->n = 0; rest; r->n++) {
        assert_true(r->n < COLUMNS);
        r->fields[r->n] = strsep(&rest, ",");
    }
    return true;
}

static int column(const row *header, const char *name) {
    for (int i = 0; i < header->n; i++)
        if (!strcmp(header->fields[i], name)) return i;
    fail_msg("there is no column %s", name);
    return -1;
}

/* Every field from `from` is empty or a number. */
static void check_numbers(const row *r, int from) {
    for (int i = from; i < r->n; i++) {
        char *end;
        double x = strtod(r->fields[i], &end);
        if (*end || !isfinite(x)) fail_msg("\"%s\" is no number", r->fields[i]);
    }
}

static const char *short_call(void) {
    const char *path = scratch_path("short.wav");
    sound_cut(sound_demo(), path, 20, 26.25, -1);
    return path;
}

/* The names that others look columns up by. */
static void check_header(const row *header) {
    static const char *const first[] = {"source", "channel", "t_s", "loudness"};
    static const char *const names[] = {
        "alpha_ratio",     "hammarberg",      "slope_0_500",     "slope_500_1500",
        "spectral_flux",   "mfcc_1",          "mfcc_12",         "f0_hz",
        "f0_st",           "voicing",         "jitter_local",    "shimmer_local_db",
        "hnr_db",          "h1_h2_db",        "h1_a3_db",        "f1_hz",
        "f2_hz",           "f3_hz",           "f1_bandwidth_hz", "f1_level_db",
        "f2_level_db",     "f2_bandwidth_hz", "f3_level_db",     "level_db",
        "f3_bandwidth_hz", "speech",          "music",           "tone",
        "syllable",        "mel_1_db",
    };
    for (int i = 0; i < 4; i++) assert_string_equal(header->fields[i], first[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) column(header, names[i]);
    assert_int_equal(column(header, "mel_26_db"), header->n - 1);
}

/* What is measured of the pitch and of a formant is there where they are, and else left empty. */
static void check_absence(const row *header, const row *r) {
    static const char *const pitch[] = {"f0_st", "hnr_db", "h1_h2_db"};
    static const char *const formant[] = {"f%d_hz", "f%d_bandwidth_hz", "f%d_level_db"};
    bool voiced = *r->fields[column(header, "f0_hz")], there[3];
    for (int i = 0; i < 3; i++) assert_int_equal(*r->fields[column(header, pitch[i])] != '\0', voiced);
    for (int f = 0; f < 3; f++) {
        for (int i = 0; i < 3; i++) {
            char name[32];
            snprintf(name, sizeof name, formant[i], f + 1);
            there[i] = *r->fields[column(header, name)];
        }
        assert_true(there[0] == there[1] && there[1] == there[2]);
    }
    if (*r->fields[column(header, "h1_a3_db")]) assert_true(voiced && there[0]);
    if (*r->fields[column(header, "jitter_local")]) assert_true(voiced);
    if (!voiced) return;
    double f0_hz = atof(r->fields[column(header, "f0_hz")]), f0_st = atof(r->fields[column(header, "f0_st")]);
    assert_float_equal(f0_st, 12 * log2(f0_hz / 27.5), 1e-3);
}

static void test_frames(void **state) {
    (void)state;
    static row header, r;
    program p;
    assert_int_equal(RUN(&p, "features", short_call()), 0);
    assert_string_equal(p.err, "");
    const char *at = p.out;
    assert_true(take_row(&at, &header));
    check_header(&header);
    int f0 = column(&header, "f0_hz"), voicing = column(&header, "voicing"), n[2] = {0}, voiced = 0, unvoiced = 0;
    double last_s[2] = {0};
    while (take_row(&at, &r)) {
        int channel = !strcmp(r.fields[1], "customer");
        assert_int_equal(r.n, header.n);
        check_numbers(&r, 2);
        check_absence(&header, &r);
        assert_float_equal(atof(r.fields[2]), last_s[channel] + 0.01, 1e-9);
        last_s[channel] = atof(r.fields[2]);
        n[channel]++;
        bool empty = !*r.fields[f0];
        voiced += !empty;
        unvoiced += empty;
        if (!empty) assert_true(atof(r.fields[f0]) > 40 && atof(r.fields[voicing]) > 0);
    }
    assert_string_equal(at, "");
    assert_int_equal(n[0], 625);
    assert_int_equal(n[1], 625);
    assert_true(voiced > 100 && unvoiced > 100);
    program_end(&p);
}

/* A row each half second and one at the end, of either voice. */
static void test_functionals(void **state) {
    (void)state;
    static row header, r;
    program p;
    assert_int_equal(RUN(&p, "features", "--level", "functionals", "--csv", short_call()), 0);
    const char *at = p.out;
    assert_true(take_row(&at, &header));
    assert_string_equal(header.fields[0], "source");
    assert_true(header.n > 20);
    int n[2] = {0};
    while (take_row(&at, &r)) {
        int channel = !strcmp(r.fields[1], "customer");
        assert_int_equal(r.n, header.n);
        check_numbers(&r, 2);
        assert_float_equal(atof(r.fields[2]), fmin(6.25, 0.5 * ++n[channel]), 1e-6);
    }
    assert_int_equal(n[0], 13);
    assert_int_equal(n[1], 13);
    program_end(&p);
}

/* A window of 4 s is the default; another tells otherwise once there is more to be forgotten. */
static void test_windows(void **state) {
    (void)state;
    program plain, four, two, ten;
    const char *path = short_call();
    assert_int_equal(RUN(&plain, "features", "--level", "functionals", path), 0);
    assert_int_equal(RUN(&four, "features", "--level", "functionals", "--window", "4", path), 0);
    assert_int_equal(RUN(&two, "features", "--level", "functionals", "--window", "2.5", path), 0);
    assert_int_equal(RUN(&ten, "features", "--level", "functionals", "--window", "10", path), 0);
    assert_string_equal(plain.out, four.out);
    assert_string_not_equal(two.out, four.out);
    assert_string_not_equal(ten.out, four.out);
    assert_int_equal(strncmp(two.out, ten.out, strcspn(ten.out, "\n")), 0);
    program_end(&plain);
    program_end(&four);
    program_end(&two);
    program_end(&ten);
}

/* One row of either voice, over all of the file: what a window as long as the file tells at its end. */
static void test_whole_file(void **state) {
    (void)state;
    static row header, r, windowed;
    program whole, ten;
    const char *path = short_call();
    assert_int_equal(RUN(&whole, "features", "--level", "functionals", "--window", "file", path), 0);
    assert_int_equal(RUN(&ten, "features", "--level", "functionals", "--window", "10", path), 0);
    const char *at = whole.out, *last = ten.out;
    assert_true(take_row(&at, &header));
    int mean = column(&header, "f0_st_mean"), rows = 0;
    while (take_row(&at, &r)) {
        assert_int_equal(r.n, header.n);
        check_numbers(&r, 2);
        assert_float_equal(atof(r.fields[2]), 6.25, 1e-9);
        for (const char *from = last; take_row(&from, &windowed);)
            if (!strcmp(windowed.fields[2], "6.25") && !strcmp(windowed.fields[1], r.fields[1]))
                assert_string_equal(windowed.fields[mean], r.fields[mean]);
        rows++;
    }
    assert_int_equal(rows, 2);
    program_end(&whole);
    program_end(&ten);
}

/* ---- scores ---- */

/* In this order, and nothing else. */
static void check_score_names(const row *header) {
    static const char *const names[] = {"source",  "channel",    "t_s",     "speech_s",    "frustration", "stress",
                                        "arousal", "confidence", "abstain", "usual_known", "angry",       "fearful",
                                        "happy",   "sad",        "neutral", "disgust"};
    enum { NAMES = sizeof names / sizeof *names };
    assert_int_equal(header->n, NAMES);
    for (int i = 0; i < NAMES; i++) assert_string_equal(header->fields[i], names[i]);
}

static double field(const row *header, const row *r, const char *name) { return atof(r->fields[column(header, name)]); }

/* Shares of 1, or none of anything where too little was said. */
static void check_classes(const row *header, const row *r) {
    double sum = 0;
    for (int i = column(header, "angry"); i <= column(header, "disgust"); i++) {
        double share = atof(r->fields[i]);
        assert_true(share >= 0 && share <= 1);
        sum += share;
    }
    bool told = field(header, r, "abstain") == 0;
    if (sum != 0 || told) assert_float_equal(sum, 1, 1e-4);
}

/* A row each half second and one at the end, of the customer's voice alone. */
static void test_scores(void **state) {
    (void)state;
    static row header, r;
    program p;
    assert_int_equal(RUN(&p, "features", "--level", "scores", short_call()), 0);
    assert_string_equal(p.err, "");
    const char *at = p.out;
    assert_true(take_row(&at, &header));
    check_score_names(&header);
    int n = 0;
    double most_speech_s = 0;
    while (take_row(&at, &r)) {
        assert_int_equal(r.n, header.n);
        check_numbers(&r, 2);
        assert_string_equal(r.fields[1], "customer");
        assert_float_equal(field(&header, &r, "t_s"), fmin(6.25, 0.5 * ++n), 1e-6);
        check_classes(&header, &r);
        assert_in_range((int)field(&header, &r, "usual_known"), 0, 1);
        most_speech_s = fmax(most_speech_s, field(&header, &r, "speech_s"));
    }
    assert_int_equal(n, 13);
    assert_true(most_speech_s > 0.5 && most_speech_s <= 4);
    program_end(&p);
}

/* What analyze says of a call at the same moments, to the digits that it prints. */
static void test_scores_are_those_of_a_call(void **state) {
    (void)state;
    static row header, r;
    static const char *const keys[] = {"t_s", "frustration", "stress", "arousal", "confidence"};
    static const double within[] = {6e-4, 6e-4, 6e-4, 6e-4, 6e-3};
    program scores, call;
    assert_int_equal(RUN(&scores, "features", "--level", "scores", sound_demo()), 0);
    assert_int_equal(RUN(&call, "analyze", "--jsonl", sound_demo()), 0);
    json_t *events = events_parse(call.out);
    const char *at = scores.out;
    size_t i, n = 0, told = 0;
    json_t *event;
    assert_true(take_row(&at, &header));
    json_array_foreach(events, i, event) {
        if (!event_is(event, "reading") || strcmp(event_text(event, "channel"), "customer")) continue;
        assert_true(take_row(&at, &r));
        for (int k = 0; k < 5; k++)
            assert_float_equal(field(&header, &r, keys[k]), event_number(event, keys[k]), within[k]);
        assert_int_equal(field(&header, &r, "abstain") != 0, json_is_true(json_object_get(event, "abstain")));
        told += field(&header, &r, "abstain") == 0;
        n++;
    }
    assert_string_equal(at, "");
    assert_true(n > 100 && told > 10);
    json_decref(events);
    program_end(&scores);
    program_end(&call);
}

/* No row of the agent's voice or of both mixed: a sentence instead. */
static void test_no_scores_of_others(void **state) {
    (void)state;
    static const char *const roles[] = {"agent", "mixed"};
    static row header, r;
    const char *path = scratch_path("mono.wav");
    sound_cut(sound_demo(), path, 20, 26, 1);
    for (int i = 0; i < 2; i++) {
        program p;
        assert_int_equal(RUN(&p, "features", "--level", "scores", "--channels", roles[i], path), 1);
        const char *at = p.out;
        assert_true(take_row(&at, &header));
        check_score_names(&header);
        assert_string_equal(at, "");
        assert_non_null(strstr(p.err, "mono.wav: has no customer's channel"));
        assert_int_equal(strcspn(p.err, "\n"), strlen(p.err) - 1);
        program_end(&p);
    }
    program p;
    assert_int_equal(RUN(&p, "features", "--level", "scores", path), 0);
    const char *at = p.out;
    assert_true(take_row(&at, &header) && take_row(&at, &r));
    program_end(&p);
}

/* The customer's channel is found on either side. */
static void test_scores_of_either_side(void **state) {
    (void)state;
    const char *both = short_call(), *customer = scratch_path("customer.wav");
    char *text[2];
    sound_cut(both, customer, 0, 6.25, 0);
    for (int i = 0; i < 2; i++) {
        program p;
        const char *path = i ? customer : both, *roles = i ? "customer" : "customer,agent";
        assert_int_equal(RUN(&p, "features", "--level", "scores", "--channels", roles, path), 0);
        const char *rows = strchr(p.out, '\n');
        text[i] = malloc(strlen(rows) + 1);
        assert_non_null(text[i]);
        char *to = text[i];
        for (const char *from = rows; *from;) {
            from += *from == '\n' && from[1] ? strcspn(from, ",") : 0;
            *to++ = *from++;
        }
        *to = '\0';
        program_end(&p);
    }
    assert_true(strlen(text[0]) > 500);
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

/* Without consent there is a header and a sentence. */
static void test_without_consent(void **state) {
    (void)state;
    static const char *const consents[] = {"refused", "unknown"}, *const levels[] = {"lld", "functionals", "scores"};
    const char *path = short_call();
    for (int i = 0; i < 6; i++) {
        program p;
        assert_int_equal(RUN(&p, "features", path, "--consent", consents[i / 3], "--level", levels[i % 3]), 0);
        assert_int_equal(strncmp(p.out, "source,channel,t_s,", 19), 0);
        assert_string_equal(strchr(p.out, '\n'), "\n");
        assert_non_null(strstr(p.err, consents[i / 3]));
        assert_int_equal(strcspn(p.err, "\n"), strlen(p.err) - 1);
        program_end(&p);
    }
    program p;
    assert_int_equal(RUN(&p, "features", path, "--consent", "given"), 0);
    assert_true(strlen(p.out) > 100000);
    program_end(&p);
}

/* ---- the same sound, however it comes ---- */

/* The rows without their first column. */
static char *rows_of(const char *path, const char *level, const char *raw) {
    char *text, *rest = NULL;
    size_t n;
    program p;
    const char *const plain[] = {"features", "--level", level, path, NULL};
    const char *const headerless[] = {"features", "--level", level, path, "--raw", raw, NULL};
    assert_int_equal(program_run(&p, raw ? headerless : plain), 0);
    FILE *out = open_memstream(&text, &n);
    for (char *line = strtok_r(p.out, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        fprintf(out, "%s\n", strchr(line, ','));
    fclose(out);
    program_end(&p);
    return text;
}

static void write_frames(const char *path, int format, int rate_hz, int channels, const float *frames, sf_count_t n) {
    SF_INFO info = {.samplerate = rate_hz, .channels = channels, .format = format};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    assert_int_equal(sf_writef_float(file, frames, n), n);
    assert_int_equal(sf_close(file), 0);
}

/* Mu-law without a header, and what it holds as WAV and FLAC: not a digit differs. */
static void test_same_rows_whatever_the_file(void **state) {
    (void)state;
    static const char *const levels[] = {"lld", "functionals"};
    char raw[512], wav[512], flac[512];
    snprintf(raw, sizeof raw, "%s", scratch_path("same.ulaw"));
    snprintf(wav, sizeof wav, "%s", scratch_path("same.wav"));
    snprintf(flac, sizeof flac, "%s", scratch_path("same.flac"));
    sound_ulaw(short_call(), raw);
    SF_INFO info = {.samplerate = 8000, .channels = 2, .format = SF_FORMAT_RAW | SF_FORMAT_ULAW};
    SNDFILE *file = sf_open(raw, SFM_READ, &info);
    assert_non_null(file);
    float *frames = calloc((size_t)info.frames * 2, sizeof *frames);
    assert_non_null(frames);
    assert_int_equal(sf_readf_float(file, frames, info.frames), info.frames);
    sf_close(file);
    write_frames(wav, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 2, frames, info.frames);
    write_frames(flac, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 8000, 2, frames, info.frames);
    for (int l = 0; l < 2; l++) {
        char *a = rows_of(raw, levels[l], "ulaw:2"), *b = rows_of(wav, levels[l], NULL),
             *c = rows_of(flac, levels[l], NULL);
        assert_true(strlen(a) > 1000);
        assert_int_equal(strcmp(a, b), 0);
        assert_int_equal(strcmp(a, c), 0);
        free(a);
        free(b);
        free(c);
    }
    free(frames);
}

/* NaN and infinity are told of, and heard as silence. */
static void test_what_is_no_number(void **state) {
    (void)state;
    enum { N = 8000, EVERY = 400 };
    static const float odd[] = {NAN, INFINITY, -INFINITY};
    static float frames[N];
    char odd_path[512], silent_path[512], said[600];
    snprintf(odd_path, sizeof odd_path, "%s", scratch_path("odd.wav"));
    snprintf(silent_path, sizeof silent_path, "%s", scratch_path("silent.wav"));
    for (int i = 0; i < N; i++) frames[i] = 0.1f * sinf((float)i * (float)i * 2e-5f);
    for (int i = 0; i < N; i += EVERY) frames[i] = odd[i / EVERY % 3];
    write_frames(odd_path, SF_FORMAT_WAV | SF_FORMAT_FLOAT, 8000, 1, frames, N);
    for (int i = 0; i < N; i += EVERY) frames[i] = 0;
    write_frames(silent_path, SF_FORMAT_WAV | SF_FORMAT_FLOAT, 8000, 1, frames, N);
    char *a = rows_of(odd_path, "lld", NULL), *b = rows_of(silent_path, "lld", NULL);
    assert_string_equal(a, b);
    free(a);
    free(b);
    static const char *const commands[] = {"features", "analyze"};
    for (int i = 0; i < 2; i++) {
        program p;
        assert_int_equal(RUN(&p, commands[i], odd_path, silent_path), 0);
        snprintf(said, sizeof said, "undertone %s: %s: samples that are no numbers, taken as silence: %d\n",
                 commands[i], odd_path, N / EVERY);
        assert_string_equal(p.err, said);
        program_end(&p);
    }
}

/* Silence has no pitch and no formants. */
static void test_silence(void **state) {
    (void)state;
    static row header, r;
    const char *path = scratch_path("silence.wav");
    sound_turns(path, 0.5);
    program p;
    assert_int_equal(RUN(&p, "features", path), 0);
    const char *at = p.out;
    assert_true(take_row(&at, &header));
    int f0 = column(&header, "f0_hz"), f1 = column(&header, "f1_hz"), customer = 0;
    while (take_row(&at, &r)) {
        if (strcmp(r.fields[1], "customer")) continue;
        assert_string_equal(r.fields[f0], "");
        assert_string_equal(r.fields[f1], "");
        check_absence(&header, &r);
        customer++;
    }
    assert_int_equal(customer, 50);
    program_end(&p);
}

/* In the order given, whatever the number of jobs; a bad file costs its rows only. */
static void test_files_in_order(void **state) {
    (void)state;
    char paths[3][512];
    program one, many, bad;
    for (int i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s", scratch_path("part-%d.wav", i));
        sound_cut(sound_demo(), paths[i], i, i ? i + 1 : 60, -1);
    }
    assert_int_equal(RUN(&one, "features", "--jobs", "1", paths[0], paths[1], paths[2]), 0);
    assert_int_equal(RUN(&many, "features", "--jobs", "3", paths[0], paths[1], paths[2]), 0);
    assert_int_equal(strcmp(one.out, many.out), 0);
    assert_int_equal(RUN(&bad, "features", "/no-such.wav", paths[1]), 1);
    assert_non_null(strstr(bad.err, "/no-such.wav: No such file"));
    assert_non_null(strstr(bad.out, paths[1]));
    program_end(&one);
    program_end(&many);
    program_end(&bad);
}

/* ---- long files ---- */

/* Silence at 8 kHz, most of it a hole in the file. */
static const char *long_silence(const char *name, int seconds) {
    const char *path = scratch_path("%s", name);
    uint32_t bytes = (uint32_t)seconds * 16000, riff = bytes + 36;
    unsigned char header[44] = "RIFF....WAVEfmt \20\0\0\0\1\0\1\0\100\37\0\0\200\76\0\0\2\0\20\0data";
    memcpy(header + 4, &riff, 4);
    memcpy(header + 40, &bytes, 4);
    write_file(path, header, sizeof header);
    assert_int_equal(truncate(path, (off_t)(sizeof header + bytes)), 0);
    return path;
}

/* The most memory it held, with nobody reading. */
static long peak_kib(const char *const arguments[]) {
    const char *path = getenv("UNDERTONE");
    struct rusage usage;
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execv(path ? path : "build/undertone", (char *const *)arguments);
        _exit(127);
    }
    assert_int_equal(wait4(pid, &status, 0, &usage), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return usage.ru_maxrss;
}
#define PEAK_KIB(...) peak_kib((const char *const[]){"undertone", "features", __VA_ARGS__, NULL})

/* Of one file, and of several at once, all but one of which have to wait. */
static void test_memory_does_not_grow(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip();
#endif
    const char *minute = long_silence("minute.wav", 60), *half_hour = long_silence("half-hour.wav", 1800);
    const char *six = long_silence("six.wav", 360);
    long one = PEAK_KIB(minute), longer = PEAK_KIB(half_hour);
    long three = PEAK_KIB("--jobs", "3", minute, minute, minute);
    long three_longer = PEAK_KIB("--jobs", "3", six, six, six);
    if (longer > one + 2048) fail_msg("%ld KiB for a minute, %ld KiB for half an hour", one, longer);
    if (three_longer > three + 2048)
        fail_msg("%ld KiB for thrice a minute, %ld KiB for thrice six", three, three_longer);
}

/* Runs a line of shell with the program's name in $0 and a path in $1; returns its status. */
static int shell(const char *line, const char *path, char err[512]) {
    const char *program = getenv("UNDERTONE"), *told = scratch_path("shell.err");
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        dup2(open(told, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", line, program ? program : "build/undertone", path, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    char *text = read_file(told, NULL);
    snprintf(err, 512, "%s", text ? text : "");
    free(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* A full disk and a reader that leaves: one sentence each, and soon, since there are hours left to be heard. */
static void test_stdout_that_takes_no_more(void **state) {
    (void)state;
    char err[512];
    const char *path = long_silence("hours.wav", 4 * 3600);
    long start_ms = now_ms();
    assert_int_equal(shell("\"$0\" features \"$1\" >/dev/full", path, err), 1);
    assert_string_equal(err, "undertone features: standard output: No space left on device\n");
    assert_int_equal(shell("{ \"$0\" features \"$1\"; echo $? >&2; } | head -n 3 >/dev/null", path, err), 0);
    assert_string_equal(err, "undertone features: standard output: Broken pipe\n1\n");
    assert_true(now_ms() - start_ms < 10000);
}

/* Rows are whole up to where it was interrupted. */
static void test_interrupt(void **state) {
    (void)state;
    const char *path = long_silence("hours.wav", 4 * 3600);
    program p;
    program_start(&p, (const char *const[]){"features", path, path, "--jobs", "2", NULL});
    assert_true(program_says(&p, "hours.wav,customer,10,", 20000));
    program_signal(&p, SIGINT);
    assert_int_equal(program_wait(&p, 20000), 1);
    assert_string_equal(p.err, "undertone features: interrupted\n");
    assert_int_equal(p.out[strlen(p.out) - 1], '\n');
    program_end(&p);
}

/* ---- syllables: ten sentences whose texts are known ---- */

/* EMO-DB's, by the code of the text in a file's name. The texts: Burkhardt et al., "A database of German emotional
 * speech", Interspeech 2005. */
static int syllables_of(const char *name) {
    static const struct {
        const char *text;
        int syllables;
    } texts[] = {{"a01", 8},  {"a02", 9},  {"a04", 11}, {"a05", 18}, {"a07", 10},
                 {"b01", 15}, {"b02", 20}, {"b03", 24}, {"b09", 17}, {"b10", 14}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strncmp(name + 2, texts[i].text, 3)) return texts[i].syllables;
    return 0;
}

static double correlation(const double *x, const double *y, int n) {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) mx += x[i] / n, my += y[i] / n;
    for (int i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xy / sqrt(xx * yy);
}

static void test_syllables_of_known_sentences(void **state) {
    (void)state;
    enum { FILES = 150 };
    glob_t found = {0};
    const char *arguments[FILES + 2] = {"features"};
    double wanted[FILES] = {0}, heard[FILES] = {0};
    int n = 0;
    if (glob("../shared/corpora/emodb/*.flac", 0, NULL, &found)) skip();
    for (size_t i = 0; i < found.gl_pathc && n < FILES; i += 3) {
        wanted[n] = syllables_of(strrchr(found.gl_pathv[i], '/') + 1);
        arguments[1 + n++] = found.gl_pathv[i];
    }
    program p;
    assert_int_equal(program_run(&p, arguments), 0);
    static row r;
    const char *out = p.out;
    assert_true(take_row(&out, &r));
    int syllable = column(&r, "syllable"), file = 0;
    while (take_row(&out, &r)) {
        while (strcmp(r.fields[0], arguments[1 + file])) file++;
        heard[file] += atoi(r.fields[syllable]);
    }
    double r_count = correlation(wanted, heard, n);
    print_message("syllables of %d sentences: correlation %.3f\n", n, r_count);
    assert_true(n > 50 && r_count > 0.85);
    program_end(&p);
    globfree(&found);
}

int main(void) {
    signal(SIGPIPE, SIG_DFL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_functionals),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_whole_file),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_scores_are_those_of_a_call),
        cmocka_unit_test(test_no_scores_of_others),
        cmocka_unit_test(test_scores_of_either_side),
        cmocka_unit_test(test_without_consent),
        cmocka_unit_test(test_same_rows_whatever_the_file),
        cmocka_unit_test(test_what_is_no_number),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_files_in_order),
        cmocka_unit_test(test_memory_does_not_grow),
        cmocka_unit_test(test_stdout_that_takes_no_more),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_syllables_of_known_sentences),
    };
    return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
