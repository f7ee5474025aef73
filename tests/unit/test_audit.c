/* The audit's chain, and whoever can write the file changing it. */
#include "store/audit.h"

#include "made_kept.h"

static const actor ann = {"ann", "command line"};

/* "entry 1", "entry 2" ... */
static void append(struct database *d, const char *action, int i) {
    json_t *about = json_pack("{s[s] si}", "calls", "c-1", "n", i);
    assert_true(audit_append(d, &ann, action, about));
    json_decref(about);
}

/* A folder with so many entries. */
static void begin(char dir[64], int n) {
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    for (int i = 1; i <= n; i++) append(d, i % 2 ? "replay" : "export", i);
    assert_true(database_commit(d));
    database_close(d);
}

static audit_verdict verify(const char *dir, const char *known) {
    audit_verdict v;
    struct database *d = kept_open(dir, DATABASE_READER);
    assert_true(audit_verify(d, known, &v));
    database_close(d);
    return v;
}

static void check_whole(const char *dir, long entries) {
    audit_verdict v = verify(dir, NULL);
    if (v.broken) fail_msg("breaks at %ld: %s", v.broken, v.why);
    assert_int_equal(v.entries, entries);
    assert_int_equal(strlen(v.head), 64);
}

static void test_chain(void **state) {
    (void)state;
    char dir[64];
    begin(dir, 0);
    audit_verdict v = verify(dir, NULL);
    assert_int_equal(v.entries, 0);
    assert_int_equal(v.broken, 0);
    assert_string_equal(v.first_at, "");
    kept_remove(dir);

    begin(dir, 5);
    check_whole(dir, 5);
    v = verify(dir, NULL);
    assert_string_equal(v.first_at, kept_ask(dir, "SELECT at FROM audit WHERE number = 1"));
    assert_string_equal(v.head, kept_ask(dir, "SELECT hash FROM audit WHERE number = 5"));
    assert_string_equal(kept_ask(dir, "SELECT who, origin, action, about FROM audit WHERE number = 2"),
                        "ann|command line|export|{\"calls\":[\"c-1\"],\"n\":2}");
    kept_remove(dir);
}

/* As anybody can compute it who has the table. */
static void test_hash(void **state) {
    (void)state;
    char dir[64], command[600], sum[80] = "";
    begin(dir, 2);
    snprintf(command, sizeof command,
             "printf '%%s\\n2\\n%%s\\nann\\ncommand line\\nexport\\n%%s' '%s' '%s' '%s' | sha256sum",
             kept_ask(dir, "SELECT hash FROM audit WHERE number = 1"),
             kept_ask(dir, "SELECT at FROM audit WHERE number = 2"),
             kept_ask(dir, "SELECT about FROM audit WHERE number = 2"));
    FILE *in = popen(command, "r");
    assert_non_null(fgets(sum, sizeof sum, in));
    pclose(in);
    sum[64] = '\0';
    assert_string_equal(sum, kept_ask(dir, "SELECT hash FROM audit WHERE number = 2"));
    kept_remove(dir);
}

/* A person's name cannot make two fields of one, or what is no text. */
static void test_hostile_actor(void **state) {
    (void)state;
    static const actor hostile[] = {{"a\nb", "c\x1b[31m"}, {"\xff\xfe", ""}, {NULL, "x\x7f"}};
    char dir[64];
    begin(dir, 0);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    for (int i = 0; i < 3; i++) assert_true(audit_append(d, &hostile[i], "ex\nport", NULL));
    assert_true(database_commit(d));
    database_close(d);
    check_whole(dir, 3);
    assert_string_equal(kept_ask(dir, "SELECT group_concat(who || ',' || origin || ',' || action || ',' || about, ' ')"
                                      " FROM audit"),
                        "a?b,c?[31m,ex?port,{} (not UTF-8),,ex?port,{} ,x?,ex?port,{}");
    kept_remove(dir);
}

static void test_append_only(void **state) {
    (void)state;
    static const char *const attempts[] = {"UPDATE audit SET who = 'bob' WHERE number = 2",
                                           "DELETE FROM audit WHERE number = 2", "DELETE FROM audit"};
    char dir[64];
    begin(dir, 3);
    for (size_t i = 0; i < 3; i++) {
        sqlite3 *db = kept_look(dir);
        assert_int_equal(sqlite3_exec(db, attempts[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
        assert_string_equal(sqlite3_errmsg(db), "the audit is append-only");
        sqlite3_close(db);
    }
    check_whole(dir, 3);
    kept_remove(dir);
}

#define OPEN_UP "DROP TRIGGER audit_stays; DROP TRIGGER audit_keeps;"
#define MOVED   "UPDATE audit SET number = -1 WHERE number = 4; UPDATE audit SET number = 4 WHERE number = 5;"
#define LIKE_4  "SELECT at, who, origin, action, about, hash FROM audit WHERE number = 4"

/* Every kind, and the first link that it breaks. */
static void test_tampering(void **state) {
    (void)state;
    static const struct {
        const char *sql;
        long broken;
        const char *why;
    } kinds[] = {
        {"UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE number = 4", 4, "hash"},
        {"UPDATE audit SET who = 'bob' WHERE number = 4", 4, "hash"},
        {"UPDATE audit SET origin = 'elsewhere' WHERE number = 4", 4, "hash"},
        {"UPDATE audit SET action = 'replay' WHERE number = 4", 4, "hash"},
        {"UPDATE audit SET about = '{}' WHERE number = 4", 4, "hash"},
        {"UPDATE audit SET hash = lower(hex(randomblob(32))) WHERE number = 4", 4, "hash"},
        {"UPDATE audit SET hash = upper(hash) WHERE number = 4", 4, "hash"},
        {"UPDATE audit SET who = 'ann' || char(10) || 'command', origin = 'line' WHERE number = 4", 4, "plain"},
        {"UPDATE audit SET about = about || char(0) || 'x' WHERE number = 4", 4, "plain"},
        {"UPDATE audit SET who = CAST(x'ff' AS TEXT) WHERE number = 4", 4, "plain"},
        {"DELETE FROM audit WHERE number = 1", 1, "missing"},
        {"DELETE FROM audit WHERE number = 4", 4, "missing"},
        {"DELETE FROM audit WHERE number = 4; UPDATE audit SET number = number - 1 WHERE number > 4", 4, "hash"},
        {"DELETE FROM audit WHERE number >= 6", 6, "missing"},
        {"DELETE FROM audit", 1, "missing"},
        {MOVED "UPDATE audit SET number = 5 WHERE number = -1", 4, "hash"},
        {"INSERT INTO audit (at, who, origin, action, about, hash) " LIKE_4, 8, "hash"},
        {"INSERT INTO audit (number, at, who, origin, action, about, hash) SELECT 9, * FROM (" LIKE_4 ")", 8,
         "missing"},
        {"INSERT INTO audit (number, at, who, origin, action, about, hash) SELECT -3, * FROM (" LIKE_4 ")", -3,
         "before"},
        {"INSERT INTO audit_start VALUES (3, 'made up')", 1, "before"},
        {"INSERT INTO audit_start VALUES (3, 'made up'); DELETE FROM audit WHERE number <= 3", 4, "hash"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char dir[64], sql[600];
        begin(dir, 7);
        snprintf(sql, sizeof sql, OPEN_UP "%s", kinds[i].sql);
        kept_execute(dir, sql);
        audit_verdict v = verify(dir, NULL);
        if (v.broken != kinds[i].broken || !v.why || !strstr(v.why, kinds[i].why))
            fail_msg("%s: breaks at %ld (%s), not at %ld (%s)", kinds[i].sql, v.broken, v.why ? v.why : "",
                     kinds[i].broken, kinds[i].why);
        kept_remove(dir);
    }
}

/* Who can write everything can take out the end, or make it all anew: a head that was kept elsewhere shows it. */
static void test_known_head(void **state) {
    (void)state;
    char dir[64], head[65], third[65];
    begin(dir, 7);
    strcpy(head, verify(dir, NULL).head);
    strcpy(third, kept_ask(dir, "SELECT hash FROM audit WHERE number = 3"));
    assert_true(verify(dir, head).head_known);
    assert_true(verify(dir, third).head_known);
    kept_execute(dir, OPEN_UP "DELETE FROM audit WHERE number > 5; UPDATE sqlite_sequence SET seq = 5");
    audit_verdict v = verify(dir, head);
    assert_int_equal(v.broken, 0);
    assert_int_equal(v.entries, 5);
    assert_false(v.head_known);
    assert_true(verify(dir, third).head_known);
    kept_remove(dir);
}

/* What was taken out at the end stays a gap when more is written. */
static void test_goes_on_after_tampering(void **state) {
    (void)state;
    char dir[64];
    begin(dir, 7);
    kept_execute(dir, OPEN_UP "DELETE FROM audit WHERE number > 5");
    struct database *d = kept_open(dir, DATABASE_OWNER);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    append(d, "replay", 8);
    assert_true(database_commit(d));
    database_close(d);
    assert_int_equal(verify(dir, NULL).broken, 6);
    kept_remove(dir);
}

static void test_forgetting(void **state) {
    (void)state;
    char dir[64], head[65];
    begin(dir, 7);
    strcpy(head, kept_ask(dir, "SELECT hash FROM audit WHERE number = 7"));
    struct database *d = kept_open(dir, DATABASE_OWNER);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    assert_int_equal(audit_forget(d, "2000"), 0);
    assert_int_equal(audit_forget(d, kept_ask(dir, "SELECT at FROM audit WHERE number = 1")), 0);
    assert_int_equal(audit_forget(d, "9999"), 7);
    append(d, "replay", 8);
    assert_true(database_commit(d));
    assert_int_equal(kept_count(dir, "SELECT number FROM audit_start"), 7);
    assert_string_equal(kept_ask(dir, "SELECT hash FROM audit_start"), head);
    check_whole(dir, 1);
    assert_true(verify(dir, head).head_known);
    assert_int_equal(kept_count(dir, "SELECT number FROM audit"), 8);
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    for (int i = 9; i <= 12; i++) append(d, "export", i);
    assert_int_equal(audit_forget(d, "9999"), 5);
    assert_true(database_commit(d));
    database_close(d);
    check_whole(dir, 0);
    assert_int_equal(kept_count(dir, "SELECT count(*) FROM audit_start"), 1);
    sqlite3 *db = kept_look(dir);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM audit", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    kept_remove(dir);
}

/* Only what lies before the first that is too young, whatever the clock did in between. */
static void test_forgets_from_the_beginning(void **state) {
    (void)state;
    char dir[64];
    kept_folder(dir);
    struct database *d = kept_open(dir, DATABASE_OWNER);
    kept_execute(dir, "INSERT INTO audit (at, who, origin, action, about, hash) VALUES ('2020', '', '', '', '', 'a'),"
                      " ('2021', '', '', '', '', 'b'), ('2030', '', '', '', '', 'c'), ('2020', '', '', '', '', 'd')");
    assert_true(database_begin(d, DATABASE_HANDED_OVER));
    assert_int_equal(audit_forget(d, "2025"), 2);
    assert_true(database_commit(d));
    database_close(d);
    assert_string_equal(kept_ask(dir, "SELECT group_concat(hash), (SELECT number || hash FROM audit_start) FROM audit"),
                        "c,d|2b");
    kept_remove(dir);
}

static void test_list(void **state) {
    (void)state;
    char dir[64];
    begin(dir, 7);
    kept_execute(dir, OPEN_UP "UPDATE audit SET about = 'no JSON' WHERE number = 5");
    struct database *d = kept_open(dir, DATABASE_READER);
    json_t *entries = audit_list(d, NULL, 3);
    assert_int_equal(json_array_size(entries), 3);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(entries, 0), "number")), 7);
    json_t *about = json_object_get(json_array_get(entries, 1), "about");
    assert_int_equal(json_integer_value(json_object_get(about, "n")), 6);
    assert_string_equal(json_string_value(json_object_get(json_array_get(entries, 2), "about")), "no JSON");
    json_decref(entries);
    entries = audit_list(d, "export", 100);
    assert_int_equal(json_array_size(entries), 3);
    json_decref(entries);
    entries = audit_list(d, "' OR 1 --", 100);
    assert_int_equal(json_array_size(entries), 0);
    json_decref(entries);
    database_close(d);
    kept_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_hostile_actor),
        cmocka_unit_test(test_append_only),
        cmocka_unit_test(test_tampering),
        cmocka_unit_test(test_known_head),
        cmocka_unit_test(test_goes_on_after_tampering),
        cmocka_unit_test(test_forgetting),
        cmocka_unit_test(test_forgets_from_the_beginning),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
