/* audit.c - a chain of hashes, see audit.h. Each field of the hash ends with a line break, so none may hold one: in
 * who, origin and action whatever is no plain letter is written "?", and JSON escapes it. */
#include "store/audit.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

enum { HASH_SIZE = 65, FIELD_SIZE = 300 };
#define NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

/* ---- the hash ---- */

static void in_hex(char hex[HASH_SIZE], const unsigned char digest[32]) {
    for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static const char *text_of(const json_t *row, const char *key) {
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

/* Of a row, after the hash of the one before. False without memory. */
static bool hash_row(char hash[HASH_SIZE], const char *before, const json_t *row) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    json_t *text = json_sprintf(
        "%s\n%lld\n%s\n%s\n%s\n%s\n%s", before, (long long)json_integer_value(json_object_get(row, "number")),
        text_of(row, "at"), text_of(row, "who"), text_of(row, "origin"), text_of(row, "action"), text_of(row, "about"));
    bool good = text && EVP_Digest(json_string_value(text), json_string_length(text), digest, NULL, EVP_sha256(), NULL);
    if (good) in_hex(hash, digest);
    json_decref(text);
    return good;
}

/* ---- appending ---- */

/* The number is never one that was given before, also where the last entries were removed: the gap stays. */
static const char last_sql[] =
    "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0),"
    " coalesce((SELECT max(number) FROM audit), 0), coalesce((SELECT max(number) FROM audit_start), 0)) + 1 AS number,"
    " coalesce((SELECT hash FROM audit ORDER BY number DESC LIMIT 1),"
    " (SELECT hash FROM audit_start ORDER BY number DESC LIMIT 1), '" NO_HASH "') AS hash";

static const char append_sql[] = "INSERT INTO audit (number, at, who, origin, action, about, hash)"
                                 " VALUES ($number, $at, $who, $origin, $action, $about, $hash)";

/* A field without line breaks, as new JSON. */
static json_t *field(const char *text) {
    char plain[FIELD_SIZE];
    size_t n = 0;
    for (; text && *text && n + 1 < sizeof plain; text++)
        plain[n++] = (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text;
    plain[n] = '\0';
    json_t *json = json_string(plain);
    return json ? json : json_string("(not UTF-8)");
}

static json_t *about_text(const json_t *about) {
    char *text = about ? json_dumps(about, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(12)) : NULL;
    json_t *json = about && !text ? NULL : json_string(text ? text : "{}");
    free(text);
    return json;
}

bool audit_append(struct database *d, const actor *by, const char *action, json_t *about) {
    char hash[HASH_SIZE], at[UTC_SIZE];
    json_t *last = database_row(d, last_sql, NULL);
    json_t *row = last ? json_pack("{sO so so so so ss}", "number", json_object_get(last, "number"), "who",
                                   field(by->who), "origin", field(by->origin), "action", field(action), "about",
                                   about_text(about), "at", utc_text(at, now_unix_ms()))
                       : NULL;
    bool good = row && hash_row(hash, text_of(last, "hash"), row) &&
                !json_object_set_new(row, "hash", json_string(hash)) &&
                database_run(d, append_sql, row) == DATABASE_ROW_STORED;
    json_decref(row);
    json_decref(last);
    return good;
}

bool audit_append_changed(struct database *d, const actor *by, const char *action, json_t *about) {
    static const char latest_sql[] = "SELECT about FROM audit WHERE action = $action ORDER BY number DESC LIMIT 1";
    json_t *values = json_pack("{ss}", "action", action), *now = about_text(about);
    json_t *latest = values ? database_row(d, latest_sql, values) : NULL;
    bool same = now && json_equal(json_object_get(latest, "about"), now);
    bool good = latest && now && (same || audit_append(d, by, action, about));
    json_decref(latest);
    json_decref(now);
    json_decref(values);
    return good;
}

/* ---- verifying ---- */

/* One statement, so that all of it is of one moment. At least one row, in which number is null where the chain is
 * empty. */
static const char chain_sql[] =
    "SELECT coalesce(start, 0) AS start, coalesce(start_hash, '" NO_HASH "') AS start_hash,"
    " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0) AS given,"
    " number, at, who, origin, action, about, audit.hash AS hash"
    " FROM (SELECT max(number) AS start, hash AS start_hash FROM audit_start) LEFT JOIN audit ORDER BY number";

struct walk {
    audit_verdict *verdict;
    const char *known;
    long last, given; /* numbers */
    bool begun;
};

static bool breaks(struct walk *w, long number, const char *why) {
    if (w->verdict->broken) return false;
    w->verdict->broken = number;
    w->verdict->why = why;
    return false;
}

static void arrive_at(struct walk *w, const char *hash) {
    snprintf(w->verdict->head, sizeof w->verdict->head, "%s", hash);
    if (w->known && !strcmp(w->known, hash)) w->verdict->head_known = true;
}

static void begin(struct walk *w, const json_t *row) {
    if (w->begun) return;
    w->begun = true;
    w->last = (long)json_integer_value(json_object_get(row, "start"));
    w->given = (long)json_integer_value(json_object_get(row, "given"));
    snprintf(w->verdict->first_at, sizeof w->verdict->first_at, "%s", text_of(row, "at"));
    arrive_at(w, text_of(row, "start_hash"));
}

/* Texts are all text, and whole: a line break could move what is said from one field to the next, and what follows a
 * null byte would be nobody's. */
static bool is_plain(const json_t *row) {
    static const char *const fields[] = {"at", "who", "origin", "action", "about", "hash"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const json_t *value = json_object_get(row, fields[i]);
        if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value) ||
            strchr(json_string_value(value), '\n'))
            return false;
    }
    return true;
}

static bool visit(void *user, json_t *row) {
    struct walk *w = user;
    char hash[HASH_SIZE];
    begin(w, row);
    if (json_is_null(json_object_get(row, "number"))) return true;
    long number = (long)json_integer_value(json_object_get(row, "number"));
    if (number <= w->last) return breaks(w, number, "it is numbered as those before the chain's beginning");
    if (number != w->last + 1) return breaks(w, w->last + 1, "it is missing");
    if (!is_plain(row)) return breaks(w, number, "a field of it is not plain text");
    if (!hash_row(hash, w->verdict->head, row)) return breaks(w, number, "there is no memory to look at it");
    if (strcmp(hash, text_of(row, "hash"))) return breaks(w, number, "its hash is not that of what it says");
    w->verdict->entries++;
    w->last = number;
    arrive_at(w, hash);
    return true;
}

bool audit_verify(struct database *d, const char *known, audit_verdict *verdict) {
    *verdict = (audit_verdict){0};
    struct walk w = {.verdict = verdict, .known = known};
    if (!database_query(d, chain_sql, NULL, visit, &w)) return false;
    if (!verdict->broken && w.last < w.given) breaks(&w, w.last + 1, "it is missing, and all after it");
    return true;
}

/* ---- reading and forgetting ---- */

/* What somebody has made of "about" may be no JSON: then it stays the text it is. */
static bool list(void *user, json_t *row) {
    json_t *about = json_loads(text_of(row, "about"), 0, NULL);
    json_object_set_new(row, "about", about); /* null changes nothing */
    return !json_array_append(user, row);
}

json_t *audit_list(struct database *d, const char *action, long limit) {
    static const char list_sql[] = "SELECT number, at, who, origin, action, about, hash FROM audit"
                                   " WHERE $action IS NULL OR action = $action ORDER BY number DESC LIMIT $limit";
    json_t *values = json_pack("{ss? sI}", "action", action, "limit", (json_int_t)limit), *entries = json_array();
    if (!values || !database_query(d, list_sql, values, list, entries)) {
        json_decref(entries);
        entries = NULL;
    }
    json_decref(values);
    return entries;
}

long audit_forget(struct database *d, const char *before_utc) {
    static const char start_sql[] =
        "INSERT INTO audit_start (number, hash) SELECT number, hash FROM audit WHERE number <"
        " coalesce((SELECT number FROM audit WHERE at >= $before ORDER BY number LIMIT 1), 9223372036854775807)"
        " ORDER BY number DESC LIMIT 1";
    static const char forget_sql[] = "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit_start)";
    static const char earlier_sql[] = "DELETE FROM audit_start WHERE number < (SELECT max(number) FROM audit_start)";
    json_t *values = json_pack("{ss}", "before", before_utc);
    long n = -1;
    if (values && database_run(d, start_sql, values) == DATABASE_ROW_STORED) n = database_changes(d);
    if (n > 0) {
        n = database_run(d, forget_sql, NULL) == DATABASE_ROW_STORED ? database_changes(d) : -1;
        if (database_run(d, earlier_sql, NULL) != DATABASE_ROW_STORED) n = -1;
    }
    json_decref(values);
    return n;
}
