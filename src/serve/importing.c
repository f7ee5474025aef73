/* importing.c - a recording comes, and what becomes of it is told; see imports.h. Who sends one vouches for consent. */
#include "serve/imports.h"

#include <errno.h>
#include <string.h>

#include "capture/source.h"
#include "serve/asked.h"

static const char names[] = "name channels agent team queue customer consent record modified_ms";
static const char optional[] = "channels agent team queue customer record modified_ms";

static bool can_import(struct asked *q) {
    if (!q->api->store) asked_fail(q, 503, "nothing is kept here");
    else if (!q->api->imports) asked_fail(q, 503, "nothing can be imported here");
    else return true;
    return false;
}

void list_imports(struct asked *q) {
    if (can_import(q)) asked_tell(q, imports_told(q->api->imports));
}

/* ---- what is said of it ---- */

/* A page sends what was left empty as such. */
static void leave_out_empty(json_t *arguments) {
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(arguments, next, name, value) {
        if (!json_string_length(value) && field_is(optional, name)) json_object_del(arguments, name);
    }
}

static bool object_to(struct asked *q, const char *why) {
    asked_fail(q, 400, "%s", why);
    return false;
}

static bool take_name(struct asked *q, const char *name) {
    if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
        return object_to(q, "name: is that of a file, without folders");
    return true;
}

static bool take_channels(struct asked *q, const char *channels) {
    ut_channel roles[SOURCE_CHANNELS];
    return !channels || source_roles(channels, roles)
               ? true
               : object_to(q, "channels: is none of agent,customer, customer,agent, customer, agent, mixed");
}

static bool take_consent(struct asked *q) {
    const char *consent = asked_argument(q, "consent");
    return consent && !strcmp(consent, "given") ? true
                                                : object_to(q, "consent: must be given, as who imports vouches for it");
}

static bool take_record(struct asked *q, bool *record) {
    const char *text = asked_argument(q, "record");
    *record = text && !strcmp(text, "true");
    return !text || *record || !strcmp(text, "false") ? true : object_to(q, "record: is neither true nor false");
}

/* Milliseconds, as a browser has them of a file: of this century or so. */
static bool take_modified(struct asked *q, int64_t *modified_ms) {
    enum { DIGITS_MAX = 13 };
    const char *text = asked_argument(q, "modified_ms");
    size_t n = text ? strspn(text, "0123456789") : 0;
    *modified_ms = 0;
    if (!text) return true;
    if (!n || text[n] || n > DIGITS_MAX) return object_to(q, "modified_ms: is no number of milliseconds since 1970");
    for (; *text; text++) *modified_ms = 10 * *modified_ms + (*text - '0');
    return true;
}

static bool take_facts(struct asked *q, import_facts *facts) {
    fields f = {.json = q->request->arguments};
    leave_out_empty(f.json);
    *facts = (import_facts){.name = field_text(&f, "name", IMPORT_NAME_MAX, FIELD_WANTED),
                            .channels = field_text(&f, "channels", FIELD_NAME_MAX, FIELD_OPTIONAL),
                            .agent = field_text(&f, "agent", FIELD_NAME_MAX, FIELD_OPTIONAL),
                            .team = field_text(&f, "team", FIELD_NAME_MAX, FIELD_OPTIONAL),
                            .queue = field_text(&f, "queue", FIELD_NAME_MAX, FIELD_OPTIONAL),
                            .customer = field_text(&f, "customer", FIELD_NAME_MAX, FIELD_OPTIONAL)};
    if (*f.why) return object_to(q, f.why);
    return take_name(q, facts->name) && take_channels(q, facts->channels) && take_consent(q) &&
           take_record(q, &facts->record) && take_modified(q, &facts->modified_ms);
}

/* ---- piece by piece ---- */

static void fail_by(struct asked *q, int error) {
    if (error == EBUSY) asked_fail(q, 503, "too many recordings wait, try again later");
    else if (error == ENOSPC || error == EDQUOT) asked_fail(q, 507, "there is no room for it on the disk");
    else asked_fail(q, 503, "it cannot be kept: %s", strerror(error));
}

static void begin(struct asked *q) {
    import_facts facts;
    if (!can_import(q) || !asked_only(q, names) || !take_facts(q, &facts)) return;
    q->errand->incoming = imports_begin(q->api->imports, &facts);
    if (!q->errand->incoming) fail_by(q, errno);
}

static void drop(struct asked *q) {
    imports_drop(q->api->imports, q->errand->incoming);
    q->errand->incoming = NULL;
}

/* In the audit before anybody listens to it. */
static void finish(struct asked *q) {
    json_t *about = json_pack("{ss ss}", "name", asked_argument(q, "name"), "consent", "given");
    if (!asked_note(q, "import", about)) {
        drop(q);
        return;
    }
    long long number = imports_finish(q->api->imports, q->errand->incoming);
    q->errand->incoming = NULL;
    if (!number) {
        fail_by(q, errno);
        return;
    }
    q->answer->status = 202;
    asked_tell(q, json_pack("{sI}", "import", (json_int_t)number));
}

void take_import(struct asked *q) {
    struct errand *e = q->errand;
    if (!e->incoming) {
        begin(q);
    } else if (e->abandoned) {
        drop(q);
    } else if (!imports_write(e->incoming, q->request->body, q->request->n_body)) {
        fail_by(q, errno);
        drop(q);
    } else if (e->whole) {
        finish(q);
    }
}
