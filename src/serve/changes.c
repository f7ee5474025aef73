/* changes.c - the requests that change something, see api.h. */
#include <math.h>
#include <string.h>

#include "serve/asked.h"
#include "store/erase.h"
#include "store/remarks.h"

enum { CONSENT_GIVEN }; /* the first that may be chosen */
enum { PATIENCE_MS = 2000 /* other requests wait meanwhile; what is not done by then the next sweep does */ };

static void tell_field_fault(struct asked *q) { asked_fail(q, 400, "%s", q->fields.why); }

/* ---- a call in progress or over ---- */

struct withdrawal {
    json_t *event;
    actor by;
    remark result;
};

static bool withdraw(void *user, struct database *d) {
    struct withdrawal *w = user;
    w->result = remarks_withdraw(d, w->event, &w->by);
    return w->result == REMARK_MADE;
}

/* The history, then the pages, which still show what was. */
static void withdraw_afterwards(struct asked *q, const consent_change *change) {
    message *m = message_of_consent(q->call, NAN, change, now_unix_ms());
    struct withdrawal w = {.event = m ? json_loadb(m->text, m->n_bytes, 0, NULL) : NULL, .by = asked_by(q)};
    if (!w.event) asked_tell(q, NULL);
    else if (asked_do(q, withdraw, &w)) {
        asked_send(q, m);
        asked_tell(q, json_pack("{ss ss}", "call", q->call, "consent", ut_consent_name(change->consent)));
    }
    json_decref(w.event);
    message_release(m);
}

/* What was not kept for want of consent cannot come back. */
static void change_consent_afterwards(struct asked *q, const consent_change *change) {
    json_t *standing = asked_standing(q);
    const char *now = json_string_value(json_object_get(standing, "consent"));
    if (!standing) return;
    if (json_is_true(json_object_get(standing, "live"))) asked_fail(q, 409, "the call is not followed here");
    else if (change->consent == UT_CONSENT_GIVEN || strcmp(now, ut_consent_name(UT_CONSENT_GIVEN)))
        asked_fail(q, 409, "the call is over, and its consent is %s", now);
    else withdraw_afterwards(q, change);
    json_decref(standing);
}

/* What was refused or withdrawn stays so, and what is so already need not be said. What the store does not know, since
 * the call has just begun or it cannot be read now, is the call's to decide. */
static bool may_change(struct asked *q, int chosen) {
    json_t *standing = asked_standing_if_known(q);
    const char *now = json_string_value(json_object_get(standing, "consent"));
    bool may = !now || !strcmp(now, "unknown") || (!strcmp(now, "given") && chosen != CONSENT_GIVEN);
    if (!may) asked_fail(q, 409, "the call's consent is %s", now);
    json_decref(standing);
    return may;
}

void change_consent(struct asked *q) {
    static const char *const names[] = {"given", "refused", "withdrawn", NULL};
    static const ut_consent consents[] = {[CONSENT_GIVEN] = UT_CONSENT_GIVEN, UT_CONSENT_REFUSED, UT_CONSENT_WITHDRAWN};
    int chosen = field_choice(&q->fields, "consent", names);
    consent_change change = {.method = field_text(&q->fields, "method", FIELD_NAME_MAX, FIELD_OPTIONAL),
                             .who = field_text(&q->fields, "who", FIELD_NAME_MAX, FIELD_OPTIONAL)};
    if (*q->fields.why) {
        tell_field_fault(q);
        return;
    }
    change.consent = consents[chosen];
    if (!may_change(q, chosen)) return;
    if (!asked_order(q, &(call_order){.kind = ORDER_CONSENT, .consent = change})) {
        change_consent_afterwards(q, &change);
        return;
    }
    json_t *about = json_pack("{ss ss ss* ss*}", "call", q->call, "consent", names[chosen], "method", change.method,
                              "who", change.who);
    if (asked_note(q, "consent", about)) asked_tell(q, json_pack("{ss ss}", "call", q->call, "consent", names[chosen]));
}

void change_pause(struct asked *q) {
    static const char *const states[] = {"resumed", "paused", NULL};
    int paused = field_choice(&q->fields, "state", states);
    const char *who = field_text(&q->fields, "who", FIELD_NAME_MAX, FIELD_OPTIONAL);
    if (*q->fields.why) {
        tell_field_fault(q);
        return;
    }
    if (asked_order(q, &(call_order){.kind = ORDER_PAUSE, .pause = {.paused = paused, .who = who}})) {
        asked_tell(q, json_pack("{ss ss}", "call", q->call, "state", states[paused]));
        return;
    }
    json_t *standing = asked_standing(q);
    if (standing) asked_fail(q, 409, "the call is over");
    json_decref(standing);
}

/* ---- notes, tags, hold ---- */

struct deed {
    remark_kind kind;
    json_t *what;
    actor by;
    long long number;
    remark result;
};

static bool add(void *user, struct database *d) {
    struct deed *deed = user;
    deed->result = remarks_add(d, deed->kind, deed->what, &deed->number);
    return deed->result == REMARK_MADE;
}

static bool take_away(void *user, struct database *d) {
    struct deed *deed = user;
    deed->result = remarks_remove(d, deed->kind, deed->what, &deed->by);
    return deed->result == REMARK_MADE;
}

static bool hold(void *user, struct database *d) {
    struct deed *deed = user;
    deed->result = remarks_hold(d, deed->what, &deed->by);
    return deed->result == REMARK_MADE;
}

/* Takes over what. False when it failed. */
static bool perform(struct asked *q, store_task *task, struct deed *deed) {
    deed->result = REMARK_FAILED;
    deed->by = asked_by(q);
    bool good = deed->what && asked_do(q, task, deed);
    if (!deed->what) asked_tell(q, NULL);
    if (deed->result == REMARK_NOT_THERE)
        asked_fail(q, 404, q->number ? "that call has none of that number" : "there is no such call");
    if (deed->result == REMARK_UNKEPT) asked_fail(q, 409, "nothing is kept of that call: no consent");
    json_decref(deed->what);
    return good;
}

static void add_remark(struct asked *q, remark_kind kind, const char *name, size_t max_bytes, int how) {
    const char *text = field_text(&q->fields, name, max_bytes, FIELD_WANTED | how);
    json_t *t_s = field_time(&q->fields, "t_s");
    struct deed deed = {.kind = kind};
    if (*q->fields.why) {
        tell_field_fault(q);
        json_decref(t_s);
        return;
    }
    deed.what = json_pack("{ss ss so}", "call", q->call, name, text, "t_s", t_s);
    if (perform(q, add, &deed)) asked_tell(q, json_pack("{ss sI}", "call", q->call, "number", (json_int_t)deed.number));
}

void add_note(struct asked *q) { add_remark(q, REMARK_NOTE, "text", FIELD_TEXT_MAX, FIELD_LINES); }
void add_tag(struct asked *q) { add_remark(q, REMARK_TAG, "tag", FIELD_TAG_MAX, 0); }

static void remove_remark(struct asked *q, remark_kind kind) {
    struct deed deed = {.kind = kind};
    deed.what = json_pack("{ss sI}", "call", q->call, "number", (json_int_t)q->number);
    if (perform(q, take_away, &deed))
        asked_tell(q, json_pack("{ss sI}", "call", q->call, "number", (json_int_t)q->number));
}

void remove_note(struct asked *q) { remove_remark(q, REMARK_NOTE); }
void remove_tag(struct asked *q) { remove_remark(q, REMARK_TAG); }

void change_hold(struct asked *q) {
    bool held = field_flag(&q->fields, "held");
    const char *why = field_text(&q->fields, "why", FIELD_LINE_MAX, held ? FIELD_WANTED : FIELD_OPTIONAL);
    if (*q->fields.why) {
        tell_field_fault(q);
        return;
    }
    json_t *standing = held ? asked_standing(q) : NULL;
    bool live = json_is_true(json_object_get(standing, "live"));
    json_decref(standing);
    if (held && !standing) return;
    if (live) {
        asked_fail(q, 409, "the call is in progress: it can be held when it is over");
        return;
    }
    struct deed deed = {.what = json_pack("{ss ss? ss?}", "call", q->call, "why", held ? why : NULL, "said", why)};
    if (perform(q, hold, &deed)) asked_tell(q, json_pack("{ss sb}", "call", q->call, "held", held));
}

/* ---- deletion ---- */

/* Null where there is nothing to delete, which is then said: no such call, or one that must be kept. */
static json_t *find_calls(struct asked *q, const erase_request *request) {
    struct database *d = asked_reader(q);
    json_t *found = d ? erase_find(d, request) : NULL, *first = json_array_get(found, 0);
    bool live = json_integer_value(json_object_get(first, "live")),
         held = json_integer_value(json_object_get(first, "held"));
    if (d && !found) asked_tell_found(q, NULL);
    else if (d && !first)
        asked_fail(q, 404, request->call ? "there is no such call" : "there is no call under that reference");
    else if (request->call && held) asked_fail(q, 409, "the call is on legal hold");
    else if (request->call && live) asked_fail(q, 409, "the call is in progress");
    else return found;
    json_decref(found);
    return NULL;
}

/* To the pages, which may still show them. */
static void tell_deleted(struct asked *q, const json_t *receipt) {
    size_t i;
    json_t *call;
    json_array_foreach(json_object_get(receipt, "calls"), i, call) {
        message *m = message_of_deletion(json_string_value(call));
        if (m) asked_send(q, m);
        message_release(m);
    }
}

/* On a connection of its own: backups may lie on slow disks, and the store has cues to write. */
static void delete_all(struct asked *q, erase_request request) {
    char why[512] = "it cannot be written now";
    enum database_fault fault;
    json_t *found = find_calls(q, &request), *receipt = NULL;
    if (!found) return;
    json_decref(found);
    request.by = asked_by(q);
    request.patience_ms = PATIENCE_MS;
    struct database *d = database_open(asked_dir(q), DATABASE_GUEST, &fault, why, sizeof why);
    if (d) receipt = erase(d, &request, why, sizeof why);
    database_close(d);
    if (!receipt) {
        asked_fail(q, 503, "%s", why);
        return;
    }
    tell_deleted(q, receipt);
    asked_tell(q, receipt);
}

void delete_call(struct asked *q) { delete_all(q, (erase_request){.call = q->call}); }

void delete_customer(struct asked *q) {
    const char *customer = field_text(&q->fields, "customer", FIELD_LINE_MAX, FIELD_WANTED);
    if (customer) delete_all(q, (erase_request){.customer = customer});
    else tell_field_fault(q);
}
