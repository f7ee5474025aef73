/* reading.c - what is kept, as JSON, see api.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "serve/asked.h"
#include "store/archive.h"
#include "store/erase.h"

void list_calls(struct asked *q) {
    char why[200];
    struct database *d = asked_reader(q);
    json_t *page = d ? archive_calls(d, q->request->arguments, why, sizeof why) : NULL;
    if (d && !page && *why) asked_fail(q, 400, "%s", why);
    else if (d) asked_tell_found(q, page);
}

void show_call(struct asked *q) {
    struct database *d = asked_reader(q);
    if (d) asked_tell_found(q, archive_call(d, q->call));
}

void show_readings(struct asked *q) {
    archive_part part = {.to_s = INFINITY, .measures = asked_argument(q, "measures")};
    if (!asked_whole(q, "points", 1, ARCHIVE_POINTS_MAX, &part.points) || !asked_seconds(q, "from_s", &part.from_s) ||
        !asked_seconds(q, "to_s", &part.to_s))
        return;
    if (part.to_s <= part.from_s) {
        asked_fail(q, 400, "to_s: is not after from_s");
        return;
    }
    if (part.measures && !archive_measures(part.measures)) {
        asked_fail(q, 400, "measures: names with commas between, such as level_db,frustration");
        return;
    }
    struct database *d = asked_reader(q);
    if (d) asked_tell_found(q, archive_readings(d, q->call, &part));
}

static bool write_export(struct asked *q, FILE *out, export_format format) {
    char why[200];
    export_begin(out, format);
    return export_write(out, q->api->reader, q->call, format, why, sizeof why);
}

static void tell_export(struct asked *q, export_format format) {
    const export_form *form = export_form_of(format);
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    bool good = out && write_export(q, out, format);
    if (out && fclose(out)) good = false;
    if (!good) {
        free(text);
        asked_tell_found(q, NULL);
        return;
    }
    q->answer->status = 200;
    asked_set_body(q, text, n, form->type);
    snprintf(q->answer->disposition, sizeof q->answer->disposition, "attachment; filename=\"%s.%s\"", q->call,
             form->ending);
}

void export_call(struct asked *q) {
    const char *name = asked_argument(q, "format");
    export_format format = EXPORT_JSONL;
    if (name && !export_named(name, &format)) {
        asked_fail(q, 400, "format: there is none of that name");
        return;
    }
    json_t *standing = asked_standing(q);
    if (!standing) return;
    json_decref(standing);
    if (q->request->method == METHOD_HEAD ||
        asked_note(q, "export", json_pack("{s[s] ss}", "calls", q->call, "format", export_form_of(format)->name)))
        tell_export(q, format);
}

void list_deletions(struct asked *q) {
    struct database *d = asked_reader(q);
    json_t *receipts = d ? erase_receipts(d) : NULL;
    if (d) asked_tell_found(q, receipts ? json_pack("{so}", "deletions", receipts) : NULL);
}
