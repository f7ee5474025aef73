/* latency.c - how late the events of live calls reach a client: the time from the sample that completed a reading or
 * cue, started_at + t_s, to its arrival here. That the analysis waits UT_PROSODY_DELAY hops before it decides is in
 * t_s. The clocks of both machines must agree; on one machine they are one.
 *
 * Only what happens after it joined is measured: an event's lateness counts once a call's time has passed the moment
 * of joining.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tests/blackbox/ws_client.h"

static const char usage[] = "usage: latency HOST:PORT [--calls N] [--limit MS]\n\n"
                            "Measures how late readings and cues of live calls arrive.\n\n"
                            "  --calls N   end after N calls have ended (default 1)\n"
                            "  --limit MS  fail where cues are later than this at p99\n";

enum { MOST_CALLS = 4096, QUIET_MS = 60000 };

typedef struct sample {
    double *late_ms;
    size_t n, size;
} sample;

typedef struct followed {
    char id[40];
    double started_s;
    bool ended;
} followed;

static followed calls[MOST_CALLS];
static size_t n_calls, n_ended;

static void sample_add(sample *s, double late_ms) {
    if (s->n == s->size) {
        size_t size = s->size ? 2 * s->size : 1024;
        double *more = realloc(s->late_ms, size * sizeof *more);
        if (!more) return;
        s->late_ms = more;
        s->size = size;
    }
    s->late_ms[s->n++] = late_ms;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The sample that n of a hundred are not above; 0 without any. */
static double percentile(const sample *s, double percent) {
    if (!s->n) return 0;
    size_t rank = (size_t)(percent / 100 * (double)s->n + 0.9999999);
    return s->late_ms[rank ? rank - 1 : 0];
}

static void report(const char *name, sample *s) {
    if (s->n) qsort(s->late_ms, s->n, sizeof *s->late_ms, compare);
    printf("%-9s%8zu%10.1f%10.1f%10.1f%10.1f\n", name, s->n, percentile(s, 50), percentile(s, 95), percentile(s, 99),
           percentile(s, 100));
}

static followed *find(const char *id) {
    for (size_t i = n_calls; i-- > 0;)
        if (!strcmp(calls[i].id, id)) return &calls[i];
    return NULL;
}

static double unix_s(const char *iso) {
    struct tm utc = {0};
    const char *rest = strptime(iso, "%Y-%m-%dT%H:%M:%S", &utc);
    return (double)timegm(&utc) + (rest ? strtod(rest, NULL) : 0);
}

static const char *text_of(const json_t *event, const char *key) {
    const char *text = json_string_value(json_object_get(event, key));
    return text ? text : "";
}

static void begin(const json_t *event) {
    if (n_calls == MOST_CALLS || find(text_of(event, "call")) || strcmp(text_of(event, "consent"), "given")) return;
    followed *call = &calls[n_calls++];
    snprintf(call->id, sizeof call->id, "%s", text_of(event, "call"));
    call->started_s = unix_s(text_of(event, "started_at"));
}

/* Takes one event in; joined_s and received_s in Unix time. */
static void hear(const json_t *event, double joined_s, double received_s, sample *readings, sample *cues) {
    const char *type = text_of(event, "type");
    followed *call = find(text_of(event, "call"));
    if (!strcmp(type, "call")) begin(event);
    if (!call) return;
    if (!strcmp(type, "summary") && !call->ended) {
        call->ended = true;
        n_ended++;
    }
    double happened_s = call->started_s + json_real_value(json_object_get(event, "t_s"));
    if (happened_s < joined_s) return;
    if (!strcmp(type, "reading")) sample_add(readings, (received_s - happened_s) * 1e3);
    if (!strcmp(type, "cue")) sample_add(cues, (received_s - happened_s) * 1e3);
}

static bool measure(const char *host, size_t wanted, sample *readings, sample *cues) {
    char address[300];
    struct timespec now;
    snprintf(address, sizeof address, "http://%.250s", host);
    ws_client *client = ws_client_open(address, "/events", NULL, "undertone.events");
    bool joined = client && ws_client_status(client) == 101;
    clock_gettime(CLOCK_REALTIME, &now);
    double joined_s = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    for (size_t i = 0; joined && n_ended < wanted && ws_client_wait_count(client, i + 1, QUIET_MS); i++) {
        ws_text text = ws_client_text(client, i);
        json_t *event = json_loadb(text.text, text.n_bytes, 0, NULL);
        hear(event, joined_s, (double)text.received_us * 1e-6, readings, cues);
        json_decref(event);
    }
    ws_client_close(client);
    if (!joined) fprintf(stderr, "latency: %s: nobody serves events there\n", host);
    return joined;
}

/* A number above 0, else -1. */
static double number(const char *text) {
    char *end;
    double x = strtod(text, &end);
    return *text && !*end && x > 0 ? x : -1;
}

int main(int argc, char **argv) {
    const struct option options[] = {{"calls", required_argument, NULL, 'c'},
                                     {"limit", required_argument, NULL, 'l'},
                                     {"help", no_argument, NULL, 'h'},
                                     {0}};
    double n = 1, limit_ms = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') return fputs(usage, stdout), 0;
        if (option == 'c') n = number(optarg);
        if (option == 'l') limit_ms = number(optarg);
        if (option == '?' || n < 1 || limit_ms < 0) return fputs(usage, stderr), 2;
    }
    if (argc - optind != 1) return fputs(usage, stderr), 2;

    sample readings = {0}, cues = {0};
    bool good = measure(argv[optind], (size_t)n, &readings, &cues);
    if (good) {
        printf("%-9s%8s%10s%10s%10s%10s\n", "", "count", "p50 ms", "p95 ms", "p99 ms", "max ms");
        report("readings", &readings);
        report("cues", &cues);
    }
    bool late = limit_ms > 0 && percentile(&cues, 99) > limit_ms, none = limit_ms > 0 && !cues.n;
    if (good && late) fprintf(stderr, "latency: cues are %.1f ms late at p99\n", percentile(&cues, 99));
    if (good && none) fputs("latency: there was no cue to measure\n", stderr);
    free(readings.late_ms);
    free(cues.late_ms);
    return good && !late && !none ? 0 : 1;
}
