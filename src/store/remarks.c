#include "store/remarks.h"

#include <stdio.h>

#include "store/erase.h"
#include "store/schema.h"
#include "store/told.h"

static const char standing_sql[] = "SELECT ended_at IS NULL AS \"live:flag\", held_why IS NOT NULL AS \"held:flag\","
                                   " consent FROM calls WHERE id = $call";
static const char same_tag_sql[] =
    "SELECT number FROM tags WHERE call = " SCHEMA_NUMBER " AND tag = $tag AND t_s IS $t_s";
static const char added_sql[] = "SELECT last_insert_rowid() AS number";
static const char hold_sql[] =
    "UPDATE calls SET held_why = $why WHERE id = $call AND ($why IS NULL OR consent = 'given')";

#define OF_NUMBER " WHERE number = $number AND call = " SCHEMA_NUMBER

static const struct {
    const char *name, *add, *remove;
} kinds[] = {
    [REMARK_NOTE] = {"note",
                     "INSERT INTO notes (call, t_s, text, at) SELECT number, $t_s, $text, " SCHEMA_NOW
                     " " SCHEMA_OF_CALL,
                     "DELETE FROM notes" OF_NUMBER},
    [REMARK_TAG] = {"tag",
                    "INSERT INTO tags (call, t_s, tag, at) SELECT number, $t_s, $tag, " SCHEMA_NOW " " SCHEMA_OF_CALL,
                    "DELETE FROM tags" OF_NUMBER},
};

json_t *remarks_standing(struct database *d, const char *call_id) {
    json_t *what = json_pack("{ss}", "call", call_id), *standing = what ? told_row(d, standing_sql, what) : NULL;
    json_decref(what);
    return standing;
}

/* Why a statement changed no row. */
static remark why_not(struct database *d, json_t *what) {
    json_t *standing = remarks_standing(d, json_string_value(json_object_get(what, "call")));
    remark r = json_is_null(standing) ? REMARK_NOT_THERE : REMARK_UNKEPT;
    if (!standing) r = REMARK_FAILED;
    json_decref(standing);
    return r;
}

static remark change(struct database *d, const char *sql, json_t *what) {
    if (database_run(d, sql, what) != DATABASE_ROW_STORED) return REMARK_FAILED;
    return database_changes(d) ? REMARK_MADE : why_not(d, what);
}

/* About the call, and a key more where value [taken over] is not null. */
static remark note_down(struct database *d, const actor *by, const char *action, json_t *what, const char *key,
                        json_t *value) {
    json_t *about = json_pack("{sO so*}", "call", json_object_get(what, "call"), key, value);
    remark r = about && audit_append(d, by, action, about) ? REMARK_MADE : REMARK_FAILED;
    json_decref(about);
    return r;
}

/* The number that a query finds; 0: none, -1 on failure. */
static long long number_of(struct database *d, const char *sql, json_t *what) {
    json_t *row = database_row(d, sql, what);
    long long number = row ? json_integer_value(json_object_get(row, "number")) : -1;
    json_decref(row);
    return number;
}

remark remarks_add(struct database *d, remark_kind kind, json_t *what, long long *number) {
    *number = kind == REMARK_TAG ? number_of(d, same_tag_sql, what) : 0;
    if (*number) return *number > 0 ? REMARK_MADE : REMARK_FAILED;
    remark r = change(d, kinds[kind].add, what);
    if (r == REMARK_MADE && (*number = number_of(d, added_sql, NULL)) <= 0) r = REMARK_FAILED;
    return r;
}

remark remarks_remove(struct database *d, remark_kind kind, json_t *what, const actor *by) {
    char action[32];
    snprintf(action, sizeof action, "delete %s", kinds[kind].name);
    remark r = change(d, kinds[kind].remove, what);
    if (r == REMARK_UNKEPT) return REMARK_NOT_THERE; /* the call is, and it is not */
    if (r != REMARK_MADE) return r;
    database_forgot(d);
    return note_down(d, by, action, what, kinds[kind].name, json_incref(json_object_get(what, "number")));
}

remark remarks_hold(struct database *d, json_t *what, const actor *by) {
    remark r = change(d, hold_sql, what);
    if (r != REMARK_MADE) return r;
    json_t *about =
        json_pack("{sO sb so*}", "call", json_object_get(what, "call"), "held",
                  json_is_string(json_object_get(what, "why")), "why", json_incref(json_object_get(what, "said")));
    r = about && audit_append(d, by, "hold", about) ? REMARK_MADE : REMARK_FAILED;
    json_decref(about);
    return r;
}

remark remarks_withdraw(struct database *d, json_t *event, const actor *by) {
    enum database_put put = erase_without_consent(d, event);
    if (put == DATABASE_ROW_REFUSED) return REMARK_NOT_THERE;
    if (put == DATABASE_ROW_FAILED) return REMARK_FAILED;
    json_t *about = json_pack(
        "{sO sO so* so*}", "call", json_object_get(event, "call"), "consent", json_object_get(event, "consent"),
        "method", json_incref(json_object_get(event, "method")), "who", json_incref(json_object_get(event, "who")));
    bool noted = about && audit_append(d, by, "consent", about);
    json_decref(about);
    return noted ? REMARK_MADE : REMARK_FAILED;
}
