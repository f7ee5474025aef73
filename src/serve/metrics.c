/* metrics.c - how we are: as JSON for the pages, and in Prometheus's text format, version 0.0.4. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/asked.h"

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

void show_status(struct asked *q) {
    struct api *api = q->api;
    serve_counts served = serve_count(api->serve);
    store_counts kept = api->store ? store_count(api->store) : (store_counts){0};
    const message *m = q->request->status;
    json_t *status = m ? json_loadb(m->text, m->n_bytes, 0, NULL) : NULL;
    json_t *why = kept.storing ? NULL : json_object_get(status, "why");
    if (!api->store) why = json_string("nothing is kept here");
    else json_incref(why);
    asked_tell(q, json_pack("{sb so? s{sI sI sI sI sI sI sI}}", "storing", kept.storing, "why", why, "counts",
                            "written", (json_int_t)kept.written, "dropped", (json_int_t)kept.dropped, "failed",
                            (json_int_t)kept.failed, "clients", (json_int_t)served.clients, "events_sent",
                            (json_int_t)served.sent, "clients_culled", (json_int_t)served.culled, "events_dropped",
                            (json_int_t)served.dropped));
    json_decref(status);
}

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
