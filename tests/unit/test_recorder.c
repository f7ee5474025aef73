/* The recorder, from outside: what was written to tapes is read back from the files it leaves, also after a process
 * that wrote them was killed, and after a disk was full. */
#include "store/recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sndfile.h>

#include "store/join.h"

enum { RATE = UT_RATE_HZ, PATH = 512 };

static const ut_channel both[2] = {UT_AGENT, UT_CUSTOMER};
static const ut_channel one[1] = {UT_CUSTOMER};

/* ---- the sound: noise of 16 bits that no two calls and channels share, and never zero ---- */

static short sample(const char *call, size_t i, int channel) {
    uint64_t x = i * 2 + (uint64_t)channel + 1;
    for (const char *c = call; *c; c++) x = x * 31 + (uint64_t)*c;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (short)((x >> 48) | 1);
}

static void feed(tape *t, const char *call, int channels, size_t from, size_t n) {
    float *x[2] = {malloc(n * sizeof(float)), malloc(n * sizeof(float))};
    for (int c = 0; c < channels; c++)
        for (size_t i = 0; i < n; i++) x[c][i] = (float)sample(call, from + i, c) / 32768;
    tape_write(t, x, n);
    free(x[0]);
    free(x[1]);
}

/* ---- a folder of its own, and what is told ---- */

struct world {
    char dir[64];
    pthread_mutex_t lock;
    recording_news news[64];
    int n;
};

static void tell(void *user, const recording_news *news) {
    struct world *w = user;
    pthread_mutex_lock(&w->lock);
    if (w->n < 64) w->news[w->n++] = *news;
    pthread_mutex_unlock(&w->lock);
}

static int count(struct world *w, const char *call, recording_state state, recording_news *last) {
    int n = 0;
    pthread_mutex_lock(&w->lock);
    for (int i = 0; i < w->n; i++) {
        if (w->news[i].state != state || strcmp(w->news[i].call, call) != 0) continue;
        if (last) *last = w->news[i];
        n++;
    }
    pthread_mutex_unlock(&w->lock);
    return n;
}

static void pause_ms(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static bool wait_for(struct world *w, const char *call, recording_state state, int times) {
    for (int ms = 0; ms < 20000; ms += 5, pause_ms(5))
        if (count(w, call, state, NULL) >= times) return true;
    return false;
}

static void open_world(struct world *w) {
    memset(w, 0, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    strcpy(w->dir, "/tmp/undertone-recorder-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
}

static void remove_world(struct world *w) {
    char command[PATH];
    snprintf(command, sizeof command, "rm -rf '%.400s'", w->dir);
    assert_int_equal(system(command), 0);
    pthread_mutex_destroy(&w->lock);
}

static recorder *open_recorder(struct world *w, tape_format format) {
    char message[256] = "";
    recorder *r = recorder_open(w->dir, format, tell, w, message, sizeof message);
    if (!r) fail_msg("%s", message);
    return r;
}

static char *path_of(const struct world *w, const char *name) {
    static char path[PATH];
    snprintf(path, sizeof path, "%.63s/audio/%.63s", w->dir, name);
    return path;
}

static int n_files(const struct world *w) {
    int n = 0;
    DIR *dir = opendir(path_of(w, ""));
    for (struct dirent *entry; dir && (entry = readdir(dir));) n += entry->d_name[0] != '.';
    if (dir) closedir(dir);
    return n;
}

static bool is_there(const struct world *w, const char *name) {
    struct stat st;
    return !lstat(path_of(w, name), &st);
}

/* The file's frames, at most n. */
static size_t read_file(const struct world *w, const char *name, SF_INFO *info, short *x, size_t n) {
    memset(info, 0, sizeof *info);
    SNDFILE *file = sf_open(path_of(w, name), SFM_READ, info);
    if (!file) return 0;
    sf_count_t read = sf_readf_short(file, x, (sf_count_t)n);
    sf_close(file);
    return read < 0 ? 0 : (size_t)read;
}

/* How many of the n frames are not the call's at that place; where silent is given it counts those that are zero. */
static size_t wrong_frames(const char *call, const short *x, int channels, size_t n, size_t *silent) {
    size_t wrong = 0, zero = 0;
    for (size_t i = 0; i < n; i++) {
        bool same = true, still = true;
        for (int c = 0; c < channels; c++) {
            same = same && x[i * (size_t)channels + (size_t)c] == sample(call, i, c);
            still = still && !x[i * (size_t)channels + (size_t)c];
        }
        zero += still;
        wrong += !same && !(silent && still);
    }
    if (silent) *silent = zero;
    return wrong;
}

enum { MOST = 240 * RATE };
static short sound[MOST * 2];

/* ---- a call's sound ---- */

static void keeps_every_sample(void **state) {
    (void)state;
    static const struct {
        const char *call;
        int channels;
        const ut_channel *roles;
        size_t n;
        const char *comment;
    } calls[] = {
        {"c-TWO", 2, both, 3 * RATE, "agent,customer"},
        {"c-ONE", 1, one, 3 * RATE + 17, "customer"},
        {"c-SHORT", 2, both, 1, "agent,customer"},
    };
    struct world w;
    open_world(&w);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    for (int i = 0; i < 3; i++) {
        tape *t = recorder_begin(r, calls[i].call, calls[i].channels, calls[i].roles);
        assert_non_null(t);
        feed(t, calls[i].call, calls[i].channels, 0, calls[i].n);
        tape_finish(t);
    }
    recorder_close(r);
    for (int i = 0; i < 3; i++) {
        char name[64];
        struct stat st;
        SF_INFO info;
        recording_news news;
        snprintf(name, sizeof name, "%s.flac", calls[i].call);
        assert_int_equal(read_file(&w, name, &info, sound, MOST), calls[i].n);
        assert_int_equal(info.frames, calls[i].n);
        assert_int_equal(info.channels, calls[i].channels);
        assert_int_equal(info.samplerate, RATE);
        assert_int_equal(wrong_frames(calls[i].call, sound, calls[i].channels, calls[i].n, NULL), 0);
        assert_int_equal(count(&w, calls[i].call, RECORDING_BEGUN, NULL), 1);
        assert_int_equal(count(&w, calls[i].call, RECORDING_FINISHED, &news), 1);
        assert_string_equal(news.file, name);
        assert_string_equal(news.format, "flac");
        assert_int_equal(news.channels, calls[i].channels);
        assert_memory_equal(news.roles, calls[i].roles, (size_t)calls[i].channels * sizeof *news.roles);
        assert_float_equal(news.duration_s, (double)calls[i].n / RATE, 1e-9);
        assert_float_equal(news.lost_s, 0, 0);
        assert_int_equal(stat(path_of(&w, name), &st), 0);
        assert_int_equal(news.bytes, st.st_size);
        assert_int_equal(st.st_mode & 07777, 0600);
        SNDFILE *file = sf_open(path_of(&w, name), SFM_READ, &info);
        assert_string_equal(sf_get_string(file, SF_STR_COMMENT), calls[i].comment);
        sf_close(file);
    }
    struct stat st;
    assert_int_equal(n_files(&w), 3);
    assert_int_equal(stat(path_of(&w, ""), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    remove_world(&w);
}

static void bounds_what_is_no_sample(void **state) {
    (void)state;
    float x[] = {0, 1, -1, 2, -2, NAN, INFINITY, -INFINITY, 0.4f / 32768, 0.6f / 32768, -0.6f / 32768};
    static const short expected[] = {0, 32767, -32768, 32767, -32768, 0, 32767, -32768, 0, 1, -1};
    enum { N = sizeof x / sizeof *x };
    struct world w;
    SF_INFO info;
    open_world(&w);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    tape *t = recorder_begin(r, "c-1", 1, one);
    tape_write(t, (float *const[]){x}, N);
    tape_finish(t);
    recorder_close(r);
    assert_int_equal(read_file(&w, "c-1.flac", &info, sound, MOST), N);
    assert_memory_equal(sound, expected, sizeof expected);
    remove_world(&w);
}

static void refuses_what_is_no_call(void **state) {
    (void)state;
    struct world w;
    open_world(&w);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    assert_null(recorder_begin(r, "../c-1", 1, one));
    assert_null(recorder_begin(r, "", 1, one));
    assert_null(recorder_begin(r, "c-1", 0, one));
    assert_null(recorder_begin(r, "c-1", 3, both));
    tape_finish(NULL);
    tape_discard(NULL);
    recorder_close(r);
    recorder_close(NULL);
    assert_int_equal(n_files(&w), 0);
    remove_world(&w);
}

/* How alike two sounds are, -1..1. */
static double likeness(const short *a, const short *b, size_t n) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return ab / sqrt(aa * bb + 1);
}

/* 3 s of a tone a channel; what Opus makes of it is of the same length, in step and on the same channel. */
static void makes_opus(void **state) {
    (void)state;
    enum { N = 3 * RATE };
    static float tones[2][N];
    static short tone[2][N], heard[2][N];
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < N; i++) {
            tones[c][i] = (float)(0.3 * sin(2 * M_PI * (c ? 700 : 440) * i / RATE));
            tone[c][i] = (short)lrintf(tones[c][i] * 32768);
        }
    struct world w;
    SF_INFO info;
    recording_news news;
    open_world(&w);
    recorder *r = open_recorder(&w, TAPE_OPUS);
    for (int channels = 1; channels <= 2; channels++) {
        const char *call = channels == 1 ? "c-ONE" : "c-TWO", *name = channels == 1 ? "c-ONE.opus" : "c-TWO.opus";
        tape *t = recorder_begin(r, call, channels, channels == 1 ? one : both);
        tape_write(t, (float *const[]){tones[0], tones[1]}, N);
        tape_finish(t);
        assert_true(wait_for(&w, call, RECORDING_FINISHED, 1));
        assert_int_equal(count(&w, call, RECORDING_FINISHED, &news), 1);
        assert_string_equal(news.file, name);
        assert_string_equal(news.format, "opus");
        assert_float_equal(news.duration_s, 3, 0);
        assert_int_equal(read_file(&w, name, &info, sound, MOST), N);
        assert_int_equal(info.format & SF_FORMAT_SUBMASK, SF_FORMAT_OPUS);
        for (int i = 0; i < N; i++)
            for (int c = 0; c < channels; c++) heard[c][i] = sound[i * channels + c];
        for (int c = 0; c < channels; c++) assert_true(likeness(tone[c], heard[c], N) > 0.95);
    }
    assert_int_equal(n_files(&w), 2);
    recorder_close(r);
    remove_world(&w);
}

/* Nobody who stops a server waits for Opus, neither before it is begun nor while it is made. */
static void stays_flac_when_the_server_stops(void **state) {
    (void)state;
    enum { LONG = 200 * RATE };
    for (int begun = 0; begun < 2; begun++) {
        struct world w;
        SF_INFO info;
        recording_news news;
        size_t silent, n = begun ? LONG : RATE;
        open_world(&w);
        recorder *r = open_recorder(&w, TAPE_OPUS);
        tape *t = recorder_begin(r, "c-1", 2, both);
        feed(t, "c-1", 2, 0, n);
        assert_true(wait_for(&w, "c-1", RECORDING_BEGUN, 1));
        tape_finish(t);
        for (int ms = 0; begun && ms < 10000 && !is_there(&w, "c-1.new"); ms++) pause_ms(1);
        recorder_close(r);
        assert_int_equal(count(&w, "c-1", RECORDING_FINISHED, &news), 1);
        assert_string_equal(news.file, "c-1.flac");
        assert_string_equal(news.format, "flac");
        assert_int_equal(read_file(&w, "c-1.flac", &info, sound, MOST), n);
        assert_int_equal(wrong_frames("c-1", sound, 2, n, &silent), 0);
        assert_float_equal(news.lost_s, (double)silent / RATE, 1e-9);
        assert_int_equal(n_files(&w), 1);
        remove_world(&w);
    }
}

/* 60 s at once: what the ring does not hold is silence of the same length, and what comes later is at its place. */
static void stands_silence_in_for_what_finds_no_room(void **state) {
    (void)state;
    enum { FLOOD = 60 * RATE, ALL = FLOOD + RATE + 3 };
    static const int channels[] = {1, 2};
    struct world w;
    SF_INFO info;
    recording_news news;
    size_t silent;
    open_world(&w);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    tape *tapes[2];
    for (int i = 0; i < 2; i++) {
        tapes[i] = recorder_begin(r, i ? "c-TWO" : "c-ONE", channels[i], i ? both : one);
        feed(tapes[i], i ? "c-TWO" : "c-ONE", channels[i], 0, FLOOD);
    }
    pause_ms(1500);
    for (int i = 0; i < 2; i++) {
        feed(tapes[i], i ? "c-TWO" : "c-ONE", channels[i], FLOOD, RATE + 3);
        tape_finish(tapes[i]);
    }
    recorder_close(r);
    for (int i = 0; i < 2; i++) {
        const char *call = i ? "c-TWO" : "c-ONE";
        assert_int_equal(count(&w, call, RECORDING_FINISHED, &news), 1);
        assert_int_equal(read_file(&w, i ? "c-TWO.flac" : "c-ONE.flac", &info, sound, MOST), ALL);
        assert_int_equal(wrong_frames(call, sound, channels[i], ALL, &silent), 0);
        assert_true(silent > 40 * RATE && silent < 57 * RATE);
        assert_float_equal(news.lost_s, (double)silent / RATE, 1e-9);
        assert_int_equal(sound[(size_t)(ALL - 1) * (size_t)channels[i]], sample(call, ALL - 1, 0));
    }
    remove_world(&w);
}

/* The last that was written found no room, and nothing came after it. */
static void ends_with_the_silence_that_is_owed(void **state) {
    (void)state;
    struct world w;
    SF_INFO info;
    open_world(&w);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    tape *t = recorder_begin(r, "c-1", 1, one);
    feed(t, "c-1", 1, 0, 60 * RATE);
    tape_finish(t);
    recorder_close(r);
    assert_int_equal(read_file(&w, "c-1.flac", &info, sound, MOST), 60 * RATE);
    remove_world(&w);
}

/* ---- consent withdrawn, calls erased ---- */

static void leaves_nothing_of_what_is_discarded(void **state) {
    (void)state;
    struct world w;
    open_world(&w);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    tape *gone = recorder_begin(r, "c-1", 2, both), *kept = recorder_begin(r, "c-10", 2, both);
    tape *silent = recorder_begin(r, "c-2", 1, one);
    feed(gone, "c-1", 2, 0, RATE);
    feed(kept, "c-10", 2, 0, RATE);
    assert_true(wait_for(&w, "c-1", RECORDING_BEGUN, 1));
    assert_true(is_there(&w, "c-1.000000000.part.flac"));
    feed(gone, "c-1", 2, RATE, RATE);
    tape_discard(gone);
    tape_finish(silent);
    assert_true(wait_for(&w, "c-1", RECORDING_DISCARDED, 1));
    assert_false(is_there(&w, "c-1.000000000.part.flac"));
    assert_true(wait_for(&w, "c-2", RECORDING_DISCARDED, 1));
    tape_finish(kept);
    recorder_close(r);
    assert_int_equal(n_files(&w), 1);
    assert_true(is_there(&w, "c-10.flac"));
    assert_int_equal(count(&w, "c-1", RECORDING_FINISHED, NULL) + count(&w, "c-2", RECORDING_BEGUN, NULL), 0);
    remove_world(&w);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void erases_one_call_and_nothing_else(void **state) {
    (void)state;
    static const char *const its[] = {"c-1.flac", "c-1.opus", "c-1.new", "c-1.000000000.part.flac",
                                      "c-1.000123456.part.flac"};
    static const char *const others[] = {
        "c-10.flac", "c-1", "c-1.flac.bak",  "c-1.0.part.flac",        "xc-1.flac", "c-1.FLAC", ".flac",
        "c-1..flac", "c-",  "c-1.part.flac", "c-1.00000000x.part.flac"};
    enum { ITS = sizeof its / sizeof *its, OTHERS = sizeof others / sizeof *others };
    struct world w;
    bool failed = true;
    open_world(&w);
    assert_int_equal(recorder_erase(w.dir, "c-1", &failed), 0);
    assert_false(failed);
    assert_int_equal(mkdir(path_of(&w, ""), 0700), 0);
    for (int i = 0; i < ITS; i++) write_file(path_of(&w, its[i]), "12345");
    for (int i = 0; i < OTHERS; i++) write_file(path_of(&w, others[i]), "12345");
    assert_int_equal(recorder_erase(w.dir, "c-1", &failed), ITS * 5);
    assert_false(failed);
    for (int i = 0; i < ITS; i++) assert_false(is_there(&w, its[i]));
    for (int i = 0; i < OTHERS; i++)
        if (others[i][0] != '.') assert_true(is_there(&w, others[i]));
    assert_int_equal(recorder_erase(w.dir, "c-1", &failed), 0);
    assert_false(failed);
    remove_world(&w);
}

static void erases_nothing_for_a_hostile_id(void **state) {
    (void)state;
    static const char *const ids[] = {"",
                                      "..",
                                      "../outside",
                                      "c-1/../c-1",
                                      "c-1.flac",
                                      "*",
                                      "c-1\n",
                                      "/etc",
                                      ".",
                                      "c_1",
                                      "c-1 ",
                                      "%s%n",
                                      "../audio/c-1",
                                      "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"};
    struct world w;
    char outside[PATH];
    open_world(&w);
    assert_int_equal(mkdir(path_of(&w, ""), 0700), 0);
    snprintf(outside, sizeof outside, "%s/outside.flac", w.dir);
    write_file(outside, "12345");
    write_file(path_of(&w, "c-1.flac"), "12345");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        bool failed = false;
        assert_int_equal(recorder_erase(w.dir, ids[i], &failed), 0);
        assert_true(failed);
    }
    assert_true(is_there(&w, "c-1.flac"));
    assert_int_equal(access(outside, F_OK), 0);
    remove_world(&w);
}

static void erases_links_and_not_what_they_name(void **state) {
    (void)state;
    struct world w;
    char outside[PATH], folder[PATH];
    bool failed;
    open_world(&w);
    assert_int_equal(mkdir(path_of(&w, ""), 0700), 0);
    snprintf(outside, sizeof outside, "%s/outside.flac", w.dir);
    write_file(outside, "12345");
    assert_int_equal(symlink(outside, path_of(&w, "c-1.flac")), 0);
    recorder_erase(w.dir, "c-1", &failed);
    assert_false(failed);
    assert_false(is_there(&w, "c-1.flac"));
    assert_int_equal(access(outside, F_OK), 0);

    assert_int_equal(mkdir(path_of(&w, "c-1.flac"), 0700), 0);
    recorder_erase(w.dir, "c-1", &failed);
    assert_true(failed);

    /* The folder itself may be no link either. */
    snprintf(folder, sizeof folder, "%s/elsewhere", w.dir);
    assert_int_equal(rename(path_of(&w, ""), folder), 0);
    snprintf(outside, sizeof outside, "%s/audio", w.dir);
    assert_int_equal(symlink(folder, outside), 0);
    write_file(path_of(&w, "c-2.flac"), "12345");
    recorder_erase(w.dir, "c-2", &failed);
    assert_true(failed);
    assert_true(is_there(&w, "c-2.flac"));
    remove_world(&w);
}

/* Erased between two steps of being put together: it does not come back. */
static void does_not_bring_back_what_was_erased(void **state) {
    (void)state;
    for (int steps = 0; steps < 6; steps++) {
        struct world w;
        recording_news news = {0};
        join_state last = JOIN_MORE;
        bool failed;
        open_world(&w);
        recorder *r = open_recorder(&w, TAPE_FLAC);
        tape *t = recorder_begin(r, "c-1", 2, both);
        feed(t, "c-1", 2, 0, 3 * RATE);
        assert_true(wait_for(&w, "c-1", RECORDING_BEGUN, 1));
        recorder_close(r);
        assert_true(is_there(&w, "c-1.000000000.part.flac"));
        int folder = media_folder(w.dir, false);
        join *j = join_begin(folder, "c-1", TAPE_OPUS, 0);
        assert_non_null(j);
        for (int i = 0; i < steps; i++) assert_int_equal(join_step(j, &news), JOIN_MORE);
        recorder_erase(w.dir, "c-1", &failed);
        assert_false(failed);
        while (last == JOIN_MORE) last = join_step(j, &news);
        join_free(j);
        close(folder);
        assert_int_equal(last, JOIN_GONE);
        assert_int_equal(n_files(&w), 0);
        remove_world(&w);
    }
}

/* ---- what a process that died left ---- */

/* Some seconds of each of the calls, left as parts. */
static void leave_parts(struct world *w, const char *const calls[], int n, int seconds) {
    recorder *r = open_recorder(w, TAPE_FLAC);
    for (int i = 0; i < n; i++) {
        tape *t = recorder_begin(r, calls[i], 2, both);
        feed(t, calls[i], 2, 0, (size_t)seconds * RATE);
    }
    for (int i = 0; i < n; i++) assert_true(wait_for(w, calls[i], RECORDING_BEGUN, 1));
    recorder_close(r);
}

static void copy_file(const struct world *w, const char *from, const char *to, size_t cut) {
    static char bytes[1 << 20];
    FILE *file = fopen(path_of(w, from), "rb");
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(n > cut);
    file = fopen(path_of(w, to), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n - cut, file), n - cut);
    fclose(file);
}

static void puts_right_what_was_left(void **state) {
    (void)state;
    struct world w;
    SF_INFO info;
    recording_news news;
    size_t silent;
    open_world(&w);
    leave_parts(&w, (const char *const[]){"c-GAP", "c-WHOLE", "c-CUT"}, 3, 3);
    copy_file(&w, "c-GAP.000000000.part.flac", "c-GAP.000080000.part.flac", 5000);
    write_file(path_of(&w, "c-GAP.000070000.part.flac"), "no sound");
    copy_file(&w, "c-CUT.000000000.part.flac", "c-CUT.000000000.part.flac", 3000);
    write_file(path_of(&w, "c-EMPTY.000000000.part.flac"), "");
    write_file(path_of(&w, "c-FOREIGN.txt"), "12345");
    write_file(path_of(&w, "c-OVER.new"), "12345");
    w.n = 0;

    recorder *r = open_recorder(&w, TAPE_FLAC);
    assert_true(wait_for(&w, "c-GAP", RECORDING_INTERRUPTED, 1));
    assert_true(wait_for(&w, "c-WHOLE", RECORDING_INTERRUPTED, 1));
    assert_true(wait_for(&w, "c-CUT", RECORDING_INTERRUPTED, 1));
    assert_true(wait_for(&w, "c-EMPTY", RECORDING_FAILED, 1));
    recorder_close(r);
    assert_int_equal(n_files(&w), 4);
    assert_true(is_there(&w, "c-FOREIGN.txt"));

    assert_int_equal(read_file(&w, "c-WHOLE.flac", &info, sound, MOST), 3 * RATE);
    assert_int_equal(wrong_frames("c-WHOLE", sound, 2, 3 * RATE, NULL), 0);

    /* Blocks are whole or not there. */
    size_t n = read_file(&w, "c-CUT.flac", &info, sound, MOST);
    assert_int_equal(info.frames, n);
    assert_true(n >= 4 * MEDIA_BLOCK && n < 3 * RATE);
    assert_int_equal(wrong_frames("c-CUT", sound, 2, n, NULL), 0);

    n = read_file(&w, "c-GAP.flac", &info, sound, MOST);
    assert_int_equal(info.frames, n);
    assert_true(n > 80000 + 4 * MEDIA_BLOCK && n < 80000 + 3 * RATE);
    assert_int_equal(wrong_frames("c-GAP", sound, 2, 80000, &silent), 0);
    assert_int_equal(silent, 80000 - 3 * RATE);
    assert_int_equal(wrong_frames("c-GAP", sound + 2 * 80000, 2, n - 80000, NULL), 0);
    assert_int_equal(count(&w, "c-GAP", RECORDING_INTERRUPTED, &news), 1);
    assert_float_equal(news.lost_s, (double)silent / RATE, 1e-9);
    assert_float_equal(news.duration_s, (double)n / RATE, 1e-9);
    assert_memory_equal(news.roles, both, sizeof both);
    remove_world(&w);
}

/* What has a part's name and is no sound of ours is not read as if it were. */
static void leaves_out_what_is_no_sound_of_ours(void **state) {
    (void)state;
    static const struct { int channels, rate_hz; } others[] = {{6, RATE}, {2, 44100}};
    struct world w;
    open_world(&w);
    assert_int_equal(mkdir(path_of(&w, ""), 0700), 0);
    for (int i = 0; i < 2; i++) {
        SF_INFO info = {.samplerate = others[i].rate_hz,
                        .channels = others[i].channels,
                        .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
        SNDFILE *file =
            sf_open(path_of(&w, i ? "c-1.000000000.part.flac" : "c-0.000000000.part.flac"), SFM_WRITE, &info);
        assert_non_null(file);
        assert_int_equal(sf_writef_short(file, sound, 3 * RATE), 3 * RATE);
        sf_close(file);
    }
    recorder *r = open_recorder(&w, TAPE_FLAC);
    for (int i = 0; i < 2; i++) assert_true(wait_for(&w, i ? "c-1" : "c-0", RECORDING_FAILED, 1));
    recorder_close(r);
    assert_int_equal(n_files(&w), 0);
    remove_world(&w);
}

/* libsndfile says nothing of what it could not write when it closes a file: the parts may not go then. */
static void keeps_the_parts_where_the_last_block_found_no_room(void **state) {
    (void)state;
    struct world w;
    struct stat st;
    struct rlimit all, less;
    recording_news news;
    join_state last = JOIN_MORE;
    open_world(&w);
    leave_parts(&w, (const char *const[]){"c-1"}, 1, 2);
    assert_int_equal(stat(path_of(&w, "c-1.000000000.part.flac"), &st), 0);
    int folder = media_folder(w.dir, false);
    join *j = join_begin(folder, "c-1", TAPE_FLAC, 0);
    assert_non_null(j);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &all);
    less = (struct rlimit){.rlim_cur = (rlim_t)st.st_size - 100, .rlim_max = all.rlim_max};
    setrlimit(RLIMIT_FSIZE, &less);
    while (last == JOIN_MORE) last = join_step(j, &news);
    int error = errno;
    setrlimit(RLIMIT_FSIZE, &all);
    join_free(j);
    close(folder);
    assert_int_equal(last, JOIN_FAILED);
    assert_int_equal(error, EFBIG);
    assert_int_equal(n_files(&w), 1);
    assert_true(is_there(&w, "c-1.000000000.part.flac"));
    remove_world(&w);
}

/* A gap of hours takes longer to write than a tick. */
static void goes_on_with_what_takes_long(void **state) {
    (void)state;
    enum { FAR = 60000000 };
    struct world w;
    recording_news news;
    open_world(&w);
    leave_parts(&w, (const char *const[]){"c-1"}, 1, 1);
    copy_file(&w, "c-1.000000000.part.flac", "c-1.060000000.part.flac", 0);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    assert_true(wait_for(&w, "c-1", RECORDING_INTERRUPTED, 1));
    recorder_close(r);
    assert_int_equal(count(&w, "c-1", RECORDING_INTERRUPTED, &news), 1);
    assert_float_equal(news.duration_s, (double)FAR / RATE + 1, 1e-9);
    assert_float_equal(news.lost_s, (double)FAR / RATE - 1, 1e-9);
    remove_world(&w);
}

/* Any length a file may be torn to: what can be read is a beginning of the call's sound, and nothing crashes. */
static void puts_right_any_torn_file(void **state) {
    (void)state;
    struct world w;
    SF_INFO info;
    recording_news news;
    open_world(&w);
    leave_parts(&w, (const char *const[]){"c-1"}, 1, 2);
    copy_file(&w, "c-1.000000000.part.flac", "torn", 0);
    struct stat st;
    assert_int_equal(stat(path_of(&w, "torn"), &st), 0);
    int folder = media_folder(w.dir, false), played = 0;
    for (size_t cut = 0; cut < (size_t)st.st_size; cut += 997) {
        join_state last = JOIN_MORE;
        copy_file(&w, "torn", "c-1.000000000.part.flac", cut);
        join *j = join_begin(folder, "c-1", TAPE_FLAC, 0);
        while (last == JOIN_MORE) last = join_step(j, &news);
        join_free(j);
        if (last == JOIN_EMPTY) assert_true((size_t)st.st_size - cut < 40000);
        else {
            assert_int_equal(last, JOIN_DONE);
            size_t n = read_file(&w, "c-1.flac", &info, sound, MOST);
            assert_int_equal(info.frames, n);
            assert_true(n > 0);
            assert_int_equal(wrong_frames("c-1", sound, 2, n, NULL), 0);
            unlink(path_of(&w, "c-1.flac"));
            played++;
        }
        assert_int_equal(n_files(&w), 1);
    }
    assert_true(played > 20);
    close(folder);
    remove_world(&w);
}

/* A process that feeds calls at the pace of speech. */
enum { VICTIMS = 6, CALLS = 3 };
struct victim {
    struct world w;
    pid_t pid;
    atomic_size_t *fed; /* samples that tape_write had returned for, of each call */
    long life_ms;
};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void live(struct victim *v) {
    static const char *const names[CALLS] = {"c-A", "c-B", "c-C"};
    tape *tapes[CALLS];
    char message[256];
    recorder *r = recorder_open(v->w.dir, TAPE_FLAC, tell, &v->w, message, sizeof message);
    if (!r) _exit(1);
    for (int c = 0; c < CALLS; c++) tapes[c] = recorder_begin(r, names[c], 2, both);
    double began_s = now_s();
    for (size_t fed = 0;; fed += 160) {
        while (now_s() < began_s + (double)(fed + 160) / RATE) pause_ms(2);
        for (int c = 0; c < CALLS; c++) feed(tapes[c], names[c], 2, fed, 160);
        atomic_store(v->fed, fed + 160);
    }
}

static size_t frames_of(const struct world *w, const char *name, const char *call, bool closed) {
    SF_INFO info;
    size_t n = read_file(w, name, &info, sound, MOST);
    assert_int_equal(wrong_frames(call, sound, 2, n, NULL), 0);
    if (closed) assert_int_equal(info.frames, n);
    return n;
}

static void examine(struct victim *v, double *worst_s) {
    static const char *const names[CALLS] = {"c-A", "c-B", "c-C"};
    size_t fed = atomic_load(v->fed), there[CALLS];
    char name[64];
    for (int c = 0; c < CALLS; c++) {
        snprintf(name, sizeof name, "%s.000000000.part.flac", names[c]);
        there[c] = is_there(&v->w, name) ? frames_of(&v->w, name, names[c], false) : 0;
        double lost_s = ((double)fed - (double)there[c]) / RATE;
        if (lost_s > *worst_s) *worst_s = lost_s;
    }
    recorder *r = open_recorder(&v->w, TAPE_FLAC);
    for (int c = 0; c < CALLS; c++) {
        if (!there[c]) continue;
        assert_true(wait_for(&v->w, names[c], RECORDING_INTERRUPTED, 1));
        snprintf(name, sizeof name, "%s.flac", names[c]);
        assert_int_equal(frames_of(&v->w, name, names[c], true), there[c]);
    }
    recorder_close(r);
}

static void loses_less_than_two_seconds_to_kill_9(void **state) {
    (void)state;
    static struct victim victims[VICTIMS];
    double worst_s = 0;
    srand((unsigned)time(NULL));
    double began_s = now_s();
    for (int i = 0; i < VICTIMS; i++) {
        struct victim *v = &victims[i];
        open_world(&v->w);
        v->fed = mmap(NULL, sizeof *v->fed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(v->fed, MAP_FAILED);
        v->life_ms = 600 + i * 400 + rand() % 400;
        v->pid = fork();
        if (!v->pid) live(v);
        assert_true(v->pid > 0);
    }
    for (int i = 0; i < VICTIMS; i++) {
        struct victim *v = &victims[i];
        while ((now_s() - began_s) * 1000 < (double)v->life_ms) pause_ms(1);
        assert_int_equal(kill(v->pid, SIGKILL), 0);
        assert_int_equal(waitpid(v->pid, NULL, 0), v->pid);
    }
    for (int i = 0; i < VICTIMS; i++) {
        examine(&victims[i], &worst_s);
        munmap(victims[i].fed, sizeof *victims[i].fed);
        remove_world(&victims[i].w);
    }
    print_message("# lost at most %.2f s of %d killed calls\n", worst_s, VICTIMS * CALLS);
    assert_true(worst_s > 0 && worst_s < 2);
}

/* ---- a full disk ---- */

/* Feeds 1 s of sound four times as fast as time, until the state was told of as often. */
static bool feed_until(struct world *w, tape *t, size_t *fed, recording_state state, int times) {
    for (int i = 0; i < 60 && count(w, "c-1", state, NULL) < times; i++, pause_ms(250)) {
        feed(t, "c-1", 2, *fed, RATE);
        *fed += RATE;
    }
    return count(w, "c-1", state, NULL) == times;
}

/* A call ends on a full disk: what there is of it waits for the next opening. */
static const char *waits_for_room(struct world *w, void (*fill)(struct world *w, bool full)) {
    SF_INFO info;
    char message[256];
    recorder *r = recorder_open(w->dir, TAPE_FLAC, tell, w, message, sizeof message);
    tape *t = recorder_begin(r, "c-2", 2, both);
    feed(t, "c-2", 2, 0, 3 * RATE);
    if (!wait_for(w, "c-2", RECORDING_BEGUN, 1)) return "begun";
    pause_ms(500);
    fill(w, true);
    tape_finish(t);
    if (!wait_for(w, "c-2", RECORDING_FAILED, 1)) return "failed";
    recorder_close(r);
    if (count(w, "c-2", RECORDING_FINISHED, NULL) || !is_there(w, "c-2.000000000.part.flac")) return "no part";
    fill(w, false);
    r = recorder_open(w->dir, TAPE_FLAC, tell, w, message, sizeof message);
    if (!wait_for(w, "c-2", RECORDING_INTERRUPTED, 1)) return "interrupted";
    recorder_close(r);
    size_t n = read_file(w, "c-2.flac", &info, sound, MOST);
    return n < 2 * RATE || wrong_frames("c-2", sound, 2, n, NULL) ? "sound" : NULL;
}

/* The disk is full, has room again, is full once more until the call is over. Returns what went wrong. */
static const char *goes_through_a_full_disk(struct world *w, void (*fill)(struct world *w, bool full)) {
    SF_INFO info;
    recording_news news;
    size_t fed = 0, silent;
    char message[256];
    fill(w, false);
    recorder *r = recorder_open(w->dir, TAPE_FLAC, tell, w, message, sizeof message);
    if (!r) return "open";
    tape *t = recorder_begin(r, "c-1", 2, both);
    if (!feed_until(w, t, &fed, RECORDING_BEGUN, 1)) return "begun";
    feed(t, "c-1", 2, fed, RATE);
    fed += RATE;
    pause_ms(500);
    fill(w, true);
    if (!feed_until(w, t, &fed, RECORDING_FAILED, 1)) return "failed";
    if (count(w, "c-1", RECORDING_FAILED, &news) != 1 || !strstr(news.why, w->dir)) return "why";
    for (int i = 0; i < 10; i++, fed += RATE, pause_ms(250)) feed(t, "c-1", 2, fed, RATE);
    pause_ms(600);
    if (count(w, "c-1", RECORDING_FAILED, NULL) != 1) return "told twice";
    if (n_files(w) > 1 + is_there(w, "filler")) return "empty parts";
    fill(w, false);
    if (!feed_until(w, t, &fed, RECORDING_BEGUN, 2)) return "begun again";
    fill(w, true);
    if (!feed_until(w, t, &fed, RECORDING_FAILED, 2)) return "failed again";
    fill(w, false);
    tape_finish(t);
    if (!wait_for(w, "c-1", RECORDING_FINISHED, 1)) return "finished";
    recorder_close(r);
    count(w, "c-1", RECORDING_FINISHED, &news);
    if (n_files(w) > 2) return "parts are left";
    if (read_file(w, "c-1.flac", &info, sound, MOST) != fed || info.frames != (sf_count_t)fed) return "length";
    if (wrong_frames("c-1", sound, 2, fed, &silent)) return "samples";
    if (silent < RATE || silent > fed - 2 * RATE) return "silence";
    if (fabs(news.lost_s - (double)silent / RATE) > 1e-9) return "lost_s";
    return NULL;
}

static void limit_files(struct world *w, bool full) {
    struct rlimit limit;
    (void)w;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = full ? 10000 : limit.rlim_max; /* less than a block */
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void fill_disk(struct world *w, bool full) {
    static char zeros[4096];
    char path[PATH];
    snprintf(path, sizeof path, "%s/audio/filler", w->dir);
    if (!full) {
        unlink(path);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (write(fd, zeros, sizeof zeros) > 0) continue;
    close(fd);
}

enum { NO_MOUNT = 77 };

static _Noreturn void live_through(struct world *w, void (*fill)(struct world *w, bool full)) {
    const char *wrong = goes_through_a_full_disk(w, fill);
    if (!wrong) wrong = waits_for_room(w, fill);
    if (wrong) fprintf(stderr, "# wrong: %s\n", wrong);
    _exit(wrong ? 1 : 0);
}

/* A file system of 4 MiB that only this process sees. */
static void make_small_disk(struct world *w) {
    if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS)) _exit(NO_MOUNT);
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (mount("tmpfs", w->dir, "tmpfs", 0, "size=4m,mode=0700")) _exit(NO_MOUNT);
}

/* They take a while, so they go beside all other tests. */
enum { LIMITED, FILLED, DISKS };
static struct world disks[DISKS];
static pid_t livers[DISKS];

static int start_disks(void **state) {
    (void)state;
    for (int i = 0; i < DISKS; i++) {
        open_world(&disks[i]);
        livers[i] = fork();
        if (livers[i] < 0) return -1;
        if (livers[i]) continue;
        if (i == FILLED) make_small_disk(&disks[i]);
        live_through(&disks[i], i == FILLED ? fill_disk : limit_files);
    }
    return 0;
}

static void goes_on_after_files_could_not_grow(void **state) {
    (void)state;
    int status;
    assert_int_equal(waitpid(livers[LIMITED], &status, 0), livers[LIMITED]);
    remove_world(&disks[LIMITED]);
    assert_int_equal(status, 0);
}

static void goes_on_after_the_disk_was_full(void **state) {
    (void)state;
    int status;
    assert_int_equal(waitpid(livers[FILLED], &status, 0), livers[FILLED]);
    remove_world(&disks[FILLED]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MOUNT) skip();
    assert_int_equal(status, 0);
}

/* ---- the folder ---- */

static void refuses_what_is_no_folder(void **state) {
    (void)state;
    struct world w;
    char message[256], path[PATH];
    open_world(&w);
    snprintf(path, sizeof path, "%s/audio", w.dir);
    write_file(path, "12345");
    assert_null(recorder_open(w.dir, TAPE_FLAC, tell, &w, message, sizeof message));
    assert_non_null(strstr(message, path));
    unlink(path);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_null(recorder_open(w.dir, TAPE_FLAC, tell, &w, message, sizeof message));
    assert_non_null(strstr(message, path));
    remove_world(&w);
}

static void begins_once_the_folder_is_there(void **state) {
    (void)state;
    struct world w;
    SF_INFO info;
    recording_news news;
    size_t silent;
    open_world(&w);
    assert_int_equal(rmdir(w.dir), 0);
    recorder *r = open_recorder(&w, TAPE_FLAC);
    tape *t = recorder_begin(r, "c-1", 2, both);
    feed(t, "c-1", 2, 0, RATE);
    assert_true(wait_for(&w, "c-1", RECORDING_FAILED, 1));
    assert_int_equal(mkdir(w.dir, 0700), 0);
    size_t fed = RATE;
    for (int i = 0; i < 40 && !count(&w, "c-1", RECORDING_BEGUN, NULL); i++, pause_ms(200), fed += RATE)
        feed(t, "c-1", 2, fed, RATE);
    tape_finish(t);
    recorder_close(r);
    assert_int_equal(count(&w, "c-1", RECORDING_FINISHED, &news), 1);
    assert_int_equal(read_file(&w, "c-1.flac", &info, sound, MOST), fed);
    assert_int_equal(wrong_frames("c-1", sound, 2, fed, &silent), 0);
    assert_float_equal(news.lost_s, (double)silent / RATE, 1e-9);
    assert_true(silent >= RATE && silent <= fed - RATE);
    remove_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_sample),
        cmocka_unit_test(bounds_what_is_no_sample),
        cmocka_unit_test(refuses_what_is_no_call),
        cmocka_unit_test(makes_opus),
        cmocka_unit_test(stays_flac_when_the_server_stops),
        cmocka_unit_test(stands_silence_in_for_what_finds_no_room),
        cmocka_unit_test(ends_with_the_silence_that_is_owed),
        cmocka_unit_test(leaves_nothing_of_what_is_discarded),
        cmocka_unit_test(erases_one_call_and_nothing_else),
        cmocka_unit_test(erases_nothing_for_a_hostile_id),
        cmocka_unit_test(erases_links_and_not_what_they_name),
        cmocka_unit_test(does_not_bring_back_what_was_erased),
        cmocka_unit_test(puts_right_what_was_left),
        cmocka_unit_test(leaves_out_what_is_no_sound_of_ours),
        cmocka_unit_test(keeps_the_parts_where_the_last_block_found_no_room),
        cmocka_unit_test(goes_on_with_what_takes_long),
        cmocka_unit_test(puts_right_any_torn_file),
        cmocka_unit_test(loses_less_than_two_seconds_to_kill_9),
        cmocka_unit_test(refuses_what_is_no_folder),
        cmocka_unit_test(begins_once_the_folder_is_there),
        cmocka_unit_test(goes_on_after_files_could_not_grow),
        cmocka_unit_test(goes_on_after_the_disk_was_full),
    };
    return cmocka_run_group_tests(tests, start_disks, NULL);
}
