/* metrics.c - how we are: as JSON for the pages, and in Prometheus's text format, version 0.0.4. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "clock.h"
#include "serve/asked.h"
#include "store/archive.h"

static void put_metric(FILE *out, const char *name, const char *type, const char *help) {
    fprintf(out, "# HELP undertone_%s %s\n# TYPE undertone_%s %s\n", name, help, name, type);
}

static void put_one(FILE *out, const char *name, const char *type, const char *help, unsigned long value) {
    put_metric(out, name, type, help);
    fprintf(out, "undertone_%s %lu\n", name, value);
}

static void put_kept(FILE *out, const store_counts *kept) {
    static const char messages[] = "store_messages_total";
    put_one(out, "storing", "gauge", "Whether calls are being stored.", kept->storing);
    put_metric(out, messages, "counter", "Messages for the store, by what became of them.");
    fprintf(out, "undertone_%s{result=\"written\"} %lu\n", messages, kept->written);
    fprintf(out, "undertone_%s{result=\"dropped\"} %lu\n", messages, kept->dropped);
    fprintf(out, "undertone_%s{result=\"failed\"} %lu\n", messages, kept->failed);
}

static char *metrics_text(const serve_counts *served, const store_counts *kept) {
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    if (!out) return NULL;
    if (kept) put_kept(out, kept);
    put_one(out, "clients", "gauge", "Clients that follow events now.", served->clients);
    put_one(out, "clients_culled_total", "counter", "Clients closed because they lagged.", served->culled);
    put_one(out, "events_sent_total", "counter", "Events sent, to each client.", served->sent);
    put_one(out, "events_dropped_total", "counter", "Events the network thread had no room for.", served->dropped);
    if (!fclose(out)) return text;
    free(text);
    return NULL;
}

/* ---- the disk; null where nobody knows ---- */

static json_t *database_bytes(const char *dir) {
    static const char *const names[] = {"undertone.db", "undertone.db-wal"};
    char path[4200];
    struct stat st;
    json_int_t n_bytes = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        if (!stat(path, &st)) n_bytes += st.st_size;
    }
    return n_bytes ? json_integer(n_bytes) : json_null();
}

static json_t *free_bytes(const char *dir) {
    struct statvfs disk;
    return statvfs(dir, &disk) ? json_null() : json_integer((json_int_t)disk.f_bavail * (json_int_t)disk.f_frsize);
}

static json_t *audio_bytes(struct asked *q) {
    struct database *d = asked_reader_if_there(q);
    json_int_t n_bytes = d ? archive_audio_bytes(d) : -1;
    return n_bytes < 0 ? json_null() : json_integer(n_bytes);
}

static void add_disk(json_t *status, struct asked *q) {
    const char *dir = asked_dir(q);
    json_object_set_new(status, "database_bytes", dir ? database_bytes(dir) : json_null());
    json_object_set_new(status, "audio_bytes", dir ? audio_bytes(q) : json_null());
    json_object_set_new(status, "free_bytes", dir ? free_bytes(dir) : json_null());
}

/* ---- answers ---- */

/* New; null: there is no reason, since calls are being stored. */
static json_t *why_not_storing(const struct asked *q, bool storing) {
    const message *m = q->request->status;
    if (!q->api->store) return json_string("nothing is kept here");
    json_t *event = m && !storing ? json_loadb(m->text, m->n_bytes, 0, NULL) : NULL;
    json_t *why = json_incref(json_object_get(event, "why"));
    json_decref(event);
    return why;
}

void show_status(struct asked *q) {
    struct api *api = q->api;
    serve_counts served = serve_count(api->serve);
    store_counts kept = api->store ? store_count(api->store) : (store_counts){0};
    json_t *status = json_pack("{sb so? ss sI si sI s{sI sI sI sI sI sI sI}}", "storing", kept.storing, "why",
                               why_not_storing(q, kept.storing), "version", UT_VERSION, "uptime_s",
                               (json_int_t)(clock_s() - api->opened_s), "live", api->live ? api->live(api->user) : 0,
                               "clients", (json_int_t)served.clients, "counts", "written", (json_int_t)kept.written,
                               "dropped", (json_int_t)kept.dropped, "failed", (json_int_t)kept.failed, "clients",
                               (json_int_t)served.clients, "events_sent", (json_int_t)served.sent, "clients_culled",
                               (json_int_t)served.culled, "events_dropped", (json_int_t)served.dropped);
    if (status) add_disk(status, q);
    asked_tell(q, status);
}

static void tell_what_is_known(struct asked *q, json_t *(*tell)(void *user)) {
    if (tell) asked_tell(q, tell(q->api->user));
    else asked_fail(q, 404, "nothing is known of that here");
}

void show_settings(struct asked *q) { tell_what_is_known(q, q->api->settings); }

void show_model(struct asked *q) { tell_what_is_known(q, q->api->model); }

void show_metrics(struct asked *q) {
    serve_counts served = serve_count(q->api->serve);
    store_counts kept = q->api->store ? store_count(q->api->store) : (store_counts){0};
    char *text = metrics_text(&served, q->api->store ? &kept : NULL);
    if (!text) {
        asked_tell(q, NULL);
        return;
    }
    q->answer->status = 200;
    asked_set_body(q, text, strlen(text), "text/plain; version=0.0.4; charset=utf-8");
}
