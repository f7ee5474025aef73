#include "store/erase.h"

#include <stdio.h>
#include <string.h>

#include "event.h"
#include "store/debts.h"
#include "store/forget.h"
#include "store/recorder.h"
#include "store/schema.h"
#include "store/told.h"

/* ---- without consent ---- */

static const char standing_sql[] =
    "SELECT ended_at IS NULL AS live, ended_how IS 'no consent' AS forgotten, held_why IS NOT NULL AS held, consent"
    " FROM calls WHERE id = $call";

/* What stays is that there was a call, when, and what was said of consent. While that is unknown the call may still
 * become one that is kept, so its end is told when it comes. */
static const char stub_sql[] = "INSERT INTO calls (id, started_at, ended_at, ended_how, consent, consent_at) VALUES"
                               " ($call, $started_at, iif($consent = 'unknown', NULL, " SCHEMA_NOW
                               "), 'no consent', coalesce($consent, 'withdrawn'), " SCHEMA_NOW ")";

/* Nothing more is written to it, and it is over. */
static const char held_sql[] =
    "UPDATE calls SET consent = 'withdrawn', consent_at = " SCHEMA_NOW ", ended_at = coalesce(ended_at, " SCHEMA_NOW
    "), ended_how = coalesce(ended_how, 'stopped') WHERE id = $call AND consent = 'given'";

static bool flag(const json_t *row, const char *key) { return json_integer_value(json_object_get(row, key)); }
static const char *text(const json_t *row, const char *key) { return json_string_value(json_object_get(row, key)); }

static enum database_put forget_to_stub(struct database *d, json_t *event, const json_t *standing) {
    json_t *call = json_copy(event);
    const char *consent = text(standing, "consent"), *id = text(event, "call");
    bool over = !flag(standing, "live") && !flag(standing, "forgotten");
    bool failed = false, good = call && !json_object_set_new(call, "what", json_integer(FORGET_TO_STUB));
    if (good && !strcmp(consent, "given")) good = debts_owe(d, id, FORGET_TO_STUB);
    good = good && forget_rows(d, call, NULL);
    if (good && over) recorder_erase(database_dir(d), id, &failed); /* else it is its recorder's to discard, and owed */
    json_decref(call);
    return good ? DATABASE_ROW_STORED : DATABASE_ROW_FAILED;
}

enum database_put erase_without_consent(struct database *d, json_t *event) {
    json_t *standing = database_row(d, standing_sql, event);
    enum database_put put = DATABASE_ROW_REFUSED;
    if (!standing) put = DATABASE_ROW_FAILED;
    else if (json_is_object(standing) && flag(standing, "held"))
        put = forget_history(d, event) ? database_run(d, held_sql, event) : DATABASE_ROW_FAILED;
    else if (json_is_object(standing)) put = forget_to_stub(d, event, standing);
    else if (text(event, "started_at")) put = database_run(d, stub_sql, event);
    json_decref(standing);
    return put;
}

/* ---- deciding ---- */

json_t *erase_find(struct database *d, const erase_request *request) {
    static const char find_sql[] = "SELECT id AS call, ended_at IS NULL AS live, held_why IS NOT NULL AS held"
                                   " FROM calls WHERE id = $call OR customer = $customer ORDER BY number";
    json_t *values = json_pack("{ss? ss?}", "call", request->call, "customer", request->customer);
    json_t *found = values ? database_rows(d, find_sql, values) : NULL;
    json_decref(values);
    return found;
}

static json_t *receipt_new(const actor *by) {
    char id[CALL_ID_SIZE], at[UTC_SIZE];
    int64_t now_ms = now_unix_ms();
    call_id_make(id, now_ms);
    id[0] = 'r';
    return json_pack("{ss ss ss ss s[] s[] s{} s[] sb}", "receipt", id, "at", utc_text(at, now_ms), "who", by->who,
                     "origin", by->origin, "calls", "kept", "deleted", "backups", "complete", 0);
}

static const char *why_kept(const json_t *call) {
    if (flag(call, "held")) return "it is on legal hold";
    return flag(call, "live") ? "it is in progress" : NULL;
}

static void sort_out(json_t *receipt, json_t *found) {
    size_t i;
    json_t *call;
    json_array_foreach(found, i, call) {
        const char *why = why_kept(call);
        json_t *id = json_object_get(call, "call");
        if (why) json_array_append_new(json_object_get(receipt, "kept"), json_pack("{sO ss}", "call", id, "why", why));
        else json_array_append(json_object_get(receipt, "calls"), id);
    }
}

static bool owe_all(struct database *d, json_t *receipt) {
    static const char ledger_sql[] = "INSERT INTO deletions (call, receipt) VALUES ($call, $receipt)"
                                     " ON CONFLICT (call) DO UPDATE SET receipt = excluded.receipt";
    bool good = true;
    size_t i;
    json_t *id;
    json_array_foreach(json_object_get(receipt, "calls"), i, id) {
        json_t *line = json_pack("{sO sO}", "call", id, "receipt", json_object_get(receipt, "receipt"));
        good = good && line && database_run(d, ledger_sql, line) == DATABASE_ROW_STORED &&
               debts_owe(d, json_string_value(id), FORGET_ALL);
        json_decref(line);
    }
    return good;
}

static bool note_down(struct database *d, const actor *by, json_t *receipt) {
    json_t *about =
        json_pack("{sO sO si}", "receipt", json_object_get(receipt, "receipt"), "calls",
                  json_object_get(receipt, "calls"), "kept", (int)json_array_size(json_object_get(receipt, "kept")));
    bool good = about && audit_append(d, by, "delete", about);
    json_decref(about);
    return good;
}

static bool put_receipt(struct database *d, json_t *receipt) {
    static const char receipt_sql[] = "INSERT INTO receipts (id, at, receipt) VALUES ($receipt, $at, $whole)"
                                      " ON CONFLICT (id) DO UPDATE SET receipt = excluded.receipt";
    json_t *values = json_pack("{sO sO sO}", "receipt", json_object_get(receipt, "receipt"), "at",
                               json_object_get(receipt, "at"), "whole", receipt);
    bool good = values && database_run(d, receipt_sql, values) == DATABASE_ROW_STORED;
    json_decref(values);
    return good;
}

/* Within the transaction. Null with a sentence in why, "" where the database failed. */
static json_t *decide(struct database *d, const erase_request *request, char *why, size_t why_size) {
    json_t *found = erase_find(d, request), *receipt = found ? receipt_new(&request->by) : NULL;
    const char *kept = json_array_size(found) == 1 ? why_kept(json_array_get(found, 0)) : NULL;
    bool good = false;
    *why = '\0';
    if (receipt && !json_array_size(found) && request->call)
        snprintf(why, why_size, "%s: there is no such call", request->call);
    else if (receipt && !json_array_size(found)) snprintf(why, why_size, "no call is kept under this reference");
    else if (receipt && kept && request->call) snprintf(why, why_size, "%s: %s", request->call, kept);
    else if (receipt) {
        sort_out(receipt, found);
        good = put_receipt(d, receipt) && owe_all(d, receipt) && note_down(d, &request->by, receipt);
    }
    json_decref(found);
    if (good) return receipt;
    json_decref(receipt);
    return NULL;
}

/* ---- doing ---- */

static void reach_backups(struct database *d, int patience_ms, json_t *reached) {
    json_t *paths = debts_backups(d), *path;
    size_t i;
    json_array_foreach(paths, i, path) {
        debts outcome = debts_settle(d, json_string_value(path), patience_ms, NULL);
        json_array_append_new(reached, json_pack("{sO sb sb}", "path", path, "reached", outcome == DEBTS_NONE, "gone",
                                                 outcome == DEBTS_GONE));
    }
    json_decref(paths);
}

static bool is_complete(struct database *d, json_t *receipt) {
    static const char left_sql[] =
        "SELECT count(*) AS n FROM deletions JOIN debts USING (call) LEFT JOIN backups USING (path)"
        " WHERE receipt = $receipt AND gone IS NOT 1";
    json_t *row = database_row(d, left_sql, receipt);
    bool complete = row && !json_integer_value(json_object_get(row, "n"));
    json_decref(row);
    return complete;
}

static void complete_receipt(struct database *d, json_t *receipt) {
    bool aside = database_has_aside(database_dir(d)); /* a damaged database, into which nobody has looked */
    if (aside) json_object_set_new(receipt, "set_aside", json_true());
    json_object_set_new(receipt, "complete", json_boolean(is_complete(d, receipt) && !aside));
    if (!database_begin(d, DATABASE_HANDED_OVER) || !put_receipt(d, receipt) || !database_commit(d))
        database_rollback(d);
}

json_t *erase(struct database *d, const erase_request *request, char *why, size_t why_size) {
    *why = '\0';
    json_t *receipt = database_begin(d, DATABASE_SYNCED) ? decide(d, request, why, why_size) : NULL;
    if (!receipt || !database_commit(d)) {
        if (!*why) database_explain(d, why, why_size);
        database_rollback(d);
        json_decref(receipt);
        return NULL;
    }
    debts_settle(d, "", request->patience_ms, json_object_get(receipt, "deleted"));
    reach_backups(d, request->patience_ms, json_object_get(receipt, "backups"));
    complete_receipt(d, receipt);
    return receipt;
}

json_t *erase_receipts(struct database *d) {
    static const char last_sql[] =
        "SELECT receipt AS \"receipt:within\" FROM receipts ORDER BY at DESC, id DESC LIMIT $most";
    json_t *most = json_pack("{si}", "most", ERASE_RECEIPTS), *receipts = most ? told_rows(d, last_sql, most) : NULL;
    json_decref(most);
    return receipts;
}

bool erase_owed(struct database *d, int most, json_t *counts) {
    bool done = debts_pay(d, "", most, 0, counts) == DEBTS_NONE;
    json_t *paths = debts_backups(d), *path;
    size_t i;
    json_array_foreach(paths, i, path) {
        debts outcome = debts_pay(d, json_string_value(path), most, 0, NULL);
        done = done && (outcome == DEBTS_NONE || outcome == DEBTS_GONE);
    }
    json_decref(paths);
    return done;
}
