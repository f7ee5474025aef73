#include "stored.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static json_t *value_of(sqlite3_stmt *statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, i));
    case SQLITE_FLOAT:
        return json_real(sqlite3_column_double(statement, i));
    case SQLITE_TEXT:
        return json_string((const char *)sqlite3_column_text(statement, i));
    default:
        return json_null();
    }
}

json_t *stored(const char *dir, const char *sql) {
    char path[600];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    json_t *rows = json_array();
    snprintf(path, sizeof path, "%s/undertone.db", dir);
    if (access(path, F_OK)) return rows;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) || sqlite3_busy_timeout(db, 5000) ||
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        json_t *row = json_object();
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            json_object_set_new(row, sqlite3_column_name(statement, i), value_of(statement, i));
        json_array_append_new(rows, row);
    }
    if (result != SQLITE_DONE) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return rows;
}

long stored_count(const char *dir, const char *sql) {
    json_t *rows = stored(dir, sql);
    json_t *row = json_array_get(rows, 0);
    long n = (long)json_integer_value(json_object_iter_value(json_object_iter(row)));
    json_decref(rows);
    return n;
}
