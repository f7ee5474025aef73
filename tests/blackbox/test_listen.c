/* undertone listen, from outside: a virtual caller speaks, vanishes and comes back. Needs PulseAudio, see pulse.sh. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "events.h"
#include "program.h"
#include "sound.h"

enum { SKIPPED = 77 };
#define CUSTOMER_SPEAKS "\"channel\":\"customer\",\"speaking\":true"
#define AGENT_SPEAKS    "\"channel\":\"agent\",\"speaking\":true"

/* ---- the virtual caller ---- */

/* Runs pulse.sh and takes over the variables it prints, NAME='value' or NAME=value; returns its exit code. devices
 * are names with spaces between, or "". */
static int pulse(const char *command, const char *devices) {
    char line[1024], name[64], value[900];
    snprintf(line, sizeof line, "sh tests/blackbox/pulse.sh %s '%s' %s", command, scratch_path("pulse"), devices);
    FILE *out = popen(line, "r");
    assert_non_null(out);
    while (fgets(line, sizeof line, out)) {
        int n;
        for (char *at = line + strspn(line, "export "); sscanf(at, "%63[A-Z_]=%n", name, &n) == 1;
             at += strspn(at, " ")) {
            at += n;
            if (sscanf(at, "'%899[^']'%n", value, &n) != 1 && sscanf(at, "%899[^ \n]%n", value, &n) != 1) break;
            setenv(name, value, 1);
            at += n;
        }
    }
    int status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static pid_t speak(const char *device, const char *path) {
    char option[512];
    snprintf(option, sizeof option, "--server=unix:%s/%s/native", scratch_path("pulse"), device);
    pid_t pid = fork();
    if (pid) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execlp("paplay", "paplay", option, path, (char *)NULL);
    _exit(127);
}

static void hush(pid_t pid) {
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

/* PulseAudio's libraries are not built for the thread sanitizer, which takes their locks for none. */
static void trust_libraries(void) {
    static const char rules[] = "race:libpulse\nrace:libasound\nmutex:libpulse\n";
    const char *given = getenv("TSAN_OPTIONS"), *path = scratch_path("tsan.rules");
    char options[1024];
    write_file(path, rules, sizeof rules - 1);
    snprintf(options, sizeof options, "%s:suppressions=%s", given ? given : "", path);
    setenv("TSAN_OPTIONS", options, 1);
}

static int set_up(void **state) {
    static int status;
    trust_libraries();
    status = pulse("start", "");
    *state = &status;
    return status && status != SKIPPED;
}

static int plug_in(void **state) { return *(int *)*state != SKIPPED && (pulse("kill", "") || pulse("start", "")); }

static int tear_down(void **state) {
    (void)state;
    pulse("stop", "");
    return 0;
}

static int count_in(char *text, const char *part) {
    int n = 0;
    for (char *at = text; (at = strstr(at, part)); at++) n++;
    free(text);
    return n;
}

static int count(const program *p, const char *part) { return count_in(program_out(p), part); }
static int count_news(const program *p, const char *part) { return count_in(program_err(p), part); }

static bool counts_more(const program *p, const char *text, int than, int timeout_ms) {
    long until = now_ms() + timeout_ms;
    while (count(p, text) <= than && now_ms() < until) sleep_ms(50);
    return count(p, text) > than;
}

static void start(program *p, const char *data) {
    char address[64];
    program_start(p, (const char *const[]){"listen", "--customer", "caller", "--agent", "agent", "--listen",
                                           "127.0.0.1:0", "--data", data, "--jsonl", NULL});
    assert_true(program_address(p, address, 20000));
}

static void finish(program *p) {
    program_signal(p, SIGINT);
    assert_int_equal(program_wait(p, 5000), 0);
    json_t *events = events_parse(p->out);
    assert_true(event_is(json_array_get(events, 0), "call"));
    assert_true(event_is(json_array_get(events, json_array_size(events) - 1), "summary"));
    json_decref(events);
    program_end(p);
}

/* The call began when its first sound was heard, not when the devices were opened: time as the call tells it and the
 * clock's agree. */
static void check_started(const program *p) {
    struct timespec now;
    char *out = program_out(p);
    const char *start = strstr(out, "{\"type\":\"call\""), *last = NULL;
    for (const char *at = out; (at = strstr(at, "\"t_s\":")); at++) last = at + 6;
    assert_true(start && last);
    clock_gettime(CLOCK_REALTIME, &now);
    json_t *call = json_loadb(start, strcspn(start, "\n"), 0, NULL);
    double since_s = (double)now.tv_sec + (double)now.tv_nsec * 1e-9 - (double)event_started_us(call) * 1e-6;
    assert_float_equal(since_s - atof(last), 0.3, 0.5);
    json_decref(call);
    free(out);
}

/* ---- tests ---- */

static void test_customer_speaks(void **state) {
    if (*(int *)*state == SKIPPED) skip();
    char voice[512];
    snprintf(voice, sizeof voice, "%s", scratch_path("voice.wav"));
    sound_cut(sound_demo(), voice, 5, 40, 1);
    program p;
    start(&p, scratch_path("speaks"));
    assert_true(counts_more(&p, "\"type\":\"reading\"", 0, 10000));
    assert_int_equal(count(&p, CUSTOMER_SPEAKS), 0);
    pid_t speaker = speak("caller", voice);
    assert_true(counts_more(&p, CUSTOMER_SPEAKS, 5, 30000));
    check_started(&p);
    hush(speaker);
    assert_int_equal(count(&p, AGENT_SPEAKS), 0);
    speaker = speak("agent", voice);
    assert_true(counts_more(&p, AGENT_SPEAKS, 3, 30000));
    hush(speaker);
    finish(&p);
}

static void test_device_vanishes_and_comes_back(void **state) {
    if (*(int *)*state == SKIPPED) skip();
    program p;
    start(&p, scratch_path("vanishes"));
    assert_true(counts_more(&p, "\"type\":\"reading\"", 2, 10000));
    assert_int_equal(pulse("kill", ""), 0);
    assert_true(program_says(&p, "caller is gone", 10000));
    assert_true(program_says(&p, "agent is gone", 10000));
    int before = count(&p, "\"type\":\"reading\"");
    assert_true(counts_more(&p, "\"type\":\"reading\"", before, 5000));
    assert_int_equal(pulse("start", ""), 0);
    assert_true(program_says(&p, "caller is back", 20000));
    assert_true(program_says(&p, "agent is back", 20000));
    pid_t speaker = speak("caller", sound_demo());
    assert_true(counts_more(&p, CUSTOMER_SPEAKS, 3, 30000));
    hush(speaker);
    finish(&p);
}

/* One is unplugged and plugged in again while the other is heard all the time. */
static void test_one_is_unplugged(void **state) {
    if (*(int *)*state == SKIPPED) skip();
    program p;
    start(&p, scratch_path("unplugged"));
    assert_true(counts_more(&p, "\"type\":\"reading\"", 2, 10000));
    assert_int_equal(pulse("kill", "caller"), 0);
    assert_true(program_says(&p, "caller is gone", 10000));
    pid_t speaker = speak("agent", sound_demo());
    assert_true(counts_more(&p, AGENT_SPEAKS, 3, 30000));
    assert_int_equal(pulse("start", "caller"), 0);
    assert_true(program_says(&p, "caller is back", 20000));
    hush(speaker);
    assert_int_equal(count_news(&p, "agent is gone"), 0);
    finish(&p);
}

/* Both vanish and one is back before the other is there to be found; a third has a name that begins like the missing
 * one's. The one that is back hears nothing of the search for the other. */
static void check_found_later(const char *early, const char *late, const char *late_speaks) {
    char devices[64], early_back[32], early_gone[32], late_back[32];
    snprintf(devices, sizeof devices, "%s %s-two", early, late);
    snprintf(early_back, sizeof early_back, "%s is back", early);
    snprintf(early_gone, sizeof early_gone, "%s is gone", early);
    snprintf(late_back, sizeof late_back, "%s is back", late);
    program p;
    start(&p, scratch_path("late-%s", late));
    assert_true(counts_more(&p, "\"type\":\"reading\"", 2, 10000));
    assert_int_equal(pulse("kill", ""), 0);
    assert_true(program_says(&p, "caller is gone", 10000) && program_says(&p, "agent is gone", 10000));
    assert_int_equal(pulse("start", devices), 0);
    assert_true(program_says(&p, early_back, 20000));
    sleep_ms(3000);
    assert_int_equal(count_news(&p, late_back), 0);
    assert_int_equal(pulse("start", late), 0);
    assert_true(program_says(&p, late_back, 30000));
    pid_t speaker = speak(late, sound_demo());
    assert_true(counts_more(&p, late_speaks, 3, 30000));
    hush(speaker);
    assert_int_equal(count_news(&p, early_gone), 1);
    finish(&p);
}

static void test_caller_is_found_later(void **state) {
    if (*(int *)*state == SKIPPED) skip();
    check_found_later("agent", "caller", CUSTOMER_SPEAKS);
}

static void test_agent_is_found_later(void **state) {
    if (*(int *)*state == SKIPPED) skip();
    check_found_later("caller", "agent", AGENT_SPEAKS);
}

/* What is lost is said while the call goes on, but not each time: at most every ten seconds. It is the program that
 * is held up here, so no device is taken to be gone. */
static void test_losses_are_told(void **state) {
    if (*(int *)*state == SKIPPED) skip();
    program p;
    long since_ms = now_ms();
    start(&p, scratch_path("losses"));
    assert_true(counts_more(&p, "\"type\":\"reading\"", 2, 10000));
    for (int i = 0; i < 3; i++) {
        program_signal(&p, SIGSTOP);
        sleep_ms(1500);
        program_signal(&p, SIGCONT);
        sleep_ms(1000);
    }
    assert_true(program_says(&p, "samples were lost or filled with silence just now", 10000));
    assert_int_equal(count_news(&p, "is gone"), 0);
    assert_in_range(count_news(&p, "caller: "), 1, 1 + (now_ms() - since_ms) / 10000);
    finish(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_customer_speaks, plug_in),
        cmocka_unit_test_setup(test_device_vanishes_and_comes_back, plug_in),
        cmocka_unit_test_setup(test_one_is_unplugged, plug_in),
        cmocka_unit_test_setup(test_caller_is_found_later, plug_in),
        cmocka_unit_test_setup(test_agent_is_found_later, plug_in),
        cmocka_unit_test_setup(test_losses_are_told, plug_in),
    };
    return cmocka_run_group_tests_name("listen", tests, set_up, tear_down);
}
