#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENTS = 600, PATHS = 32, PATH_SIZE = 512 };

static char folder[256];

/* ---- files ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_folder(void) { nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

const char *scratch(void) {
    const char *tmp = getenv("TMPDIR");
    if (*folder) return folder;
    snprintf(folder, sizeof folder, "%s/undertone-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (mkdtemp(folder)) atexit(remove_folder);
    else *folder = '\0';
    return folder;
}

const char *scratch_path(const char *format, ...) {
    static char paths[PATHS][PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    int n = snprintf(path, PATH_SIZE, "%s/", scratch());
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path + n, (size_t)(PATH_SIZE - n), format, arguments);
    va_end(arguments);
    return path;
}

void write_file(const char *path, const void *bytes, size_t n_bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
    assert_int_equal(fclose(file), 0);
}

char *read_file(const char *path, size_t *n_bytes) {
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t n = 0, size = 0;
    FILE *out = file ? open_memstream(&bytes, &size) : NULL;
    char block[4096];
    while (out && (n = fread(block, 1, sizeof block, file)) > 0) fwrite(block, 1, n, out);
    if (out) fclose(out);
    if (file) fclose(file);
    if (n_bytes) *n_bytes = size;
    return bytes;
}

/* ---- time ---- */

long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    while (nanosleep(&time, &time) && errno == EINTR) continue;
}

/* ---- the program ---- */

static void send_to(const char *path, int fd) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (file < 0 || dup2(file, fd) < 0) _exit(126);
    close(file);
}

/* The child: only what is safe after fork. It ends with the test, however that ends. */
static void become(const char *path, char *const arguments[], const char *out, const char *err) {
    int nothing = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(nothing, STDIN_FILENO);
    send_to(out, STDOUT_FILENO);
    send_to(err, STDERR_FILENO);
    execv(path, arguments);
    _exit(127);
}

void program_start(program *p, const char *const arguments[]) {
    static int number;
    const char *path = getenv("UNDERTONE");
    char *all[ARGUMENTS] = {"undertone"};
    for (int i = 0; arguments[i]; i++) {
        assert_true(i < ARGUMENTS - 2);
        all[i + 1] = (char *)arguments[i];
    }
    *p = (program){.status = -1, .number = number++};
    setenv("HOME", scratch(), 1);
    unsetenv("XDG_DATA_HOME");
    const char *out = scratch_path("%d.out", p->number), *err = scratch_path("%d.err", p->number);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (!p->pid) become(path ? path : "build/undertone", all, out, err);
}

static char *printed(const program *p, const char *ending) {
    char *text = read_file(scratch_path("%d.%s", p->number, ending), NULL);
    return text ? text : strdup("");
}

char *program_out(const program *p) { return printed(p, "out"); }
char *program_err(const program *p) { return printed(p, "err"); }

/* Whether it has ended; leaves it to be waited for. */
static bool has_ended(const program *p) {
    siginfo_t info = {0};
    return p->status >= 0 ||
           (!waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == p->pid);
}

static bool said(const program *p, const char *text) {
    char *out = program_out(p), *err = program_err(p);
    bool found = strstr(out, text) || strstr(err, text);
    free(out);
    free(err);
    return found;
}

bool program_says(const program *p, const char *text, int timeout_ms) {
    long until = now_ms() + timeout_ms;
    for (;;) {
        bool last = has_ended(p) || now_ms() > until;
        if (said(p, text)) return true;
        if (last) return false;
        sleep_ms(5);
    }
}

bool program_address(const program *p, char address[64], int timeout_ms) {
    static const char before[] = "The overlay is at ";
    bool said_it = program_says(p, "/agent/\n", timeout_ms);
    char *out = program_out(p), *err = program_err(p);
    char *at = strstr(out, before) ? strstr(out, before) : strstr(err, before);
    bool good = said_it && at && sscanf(at + sizeof before - 1, "%63[^\n]", address) == 1 && strstr(address, "/agent/");
    if (good) *strstr(address, "/agent/") = '\0';
    else print_error("no address: %s", err);
    free(out);
    free(err);
    return good;
}

void program_signal(const program *p, int signal) {
    if (p->pid > 0 && p->status < 0) kill(p->pid, signal);
}

static void collect(program *p) {
    int status = 0;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) continue;
    p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    p->out = program_out(p);
    p->err = program_err(p);
    if (!strstr(p->err, "Sanitizer") && !strstr(p->err, "runtime error:")) return;
    fputs(p->err, stderr);
    p->status = SANITIZER_SPOKE;
}

int program_wait(program *p, int timeout_ms) {
    long until = now_ms() + timeout_ms;
    while (!has_ended(p) && now_ms() < until) sleep_ms(2);
    if (p->status >= 0) return p->status;
    bool ended = has_ended(p);
    if (!ended) kill(p->pid, SIGKILL);
    collect(p);
    return ended ? p->status : -1;
}

bool program_is_sanitized(const program *p) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)p->pid);
    char *maps = read_file(path, NULL);
    bool found = maps && (strstr(maps, "libasan") || strstr(maps, "libtsan"));
    free(maps);
    return found;
}

void program_end(program *p) {
    if (p->pid > 0 && p->status < 0) program_wait(p, 0);
    free(p->out);
    free(p->err);
    *p = (program){.status = -1};
}

int program_run(program *p, const char *const arguments[]) {
    program_start(p, arguments);
    return program_wait(p, PROGRAM_TIMEOUT_MS);
}
