/* Recordings that lie there whole while their rows do not say so: found when the folder is opened, and only of calls
 * with consent. */
#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "store/database.h"
#include "store/files.h"
#include "store/found.h"

static char dir[] = "/tmp/undertone-found-XXXXXX";

static void write_sound(const char *name, int format) {
    char path[200];
    short x[2 * 8000];
    SF_INFO info = {.samplerate = 8000, .channels = 2, .format = format};
    for (int i = 0; i < 2 * 8000; i++) x[i] = (short)(1000 * sin(i * 0.1));
    snprintf(path, sizeof path, "%s/audio/%s", dir, name);
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    sf_set_string(file, SF_STR_COMMENT, "agent,customer");
    assert_int_equal(sf_writef_short(file, x, 8000), 8000);
    sf_close(file);
}

static void put_call(struct database *d, const char *id, const char *consent, const char *how, const char *state) {
    static const char call_sql[] = "INSERT INTO calls (id, started_at, consent, consent_at, ended_at, ended_how) VALUES"
                                   " ($id, '2026-11-22T10:00:00.000Z', $consent, '', '', $how)";
    static const char recording_sql[] =
        "INSERT INTO recordings (call, format, state, duration_s)"
        " SELECT number, 'flac', $state, 0 FROM calls WHERE id = $id AND $state IS NOT NULL";
    json_t *values = json_pack("{ss ss ss ss?}", "id", id, "consent", consent, "how", how, "state", state);
    assert_int_equal(database_run(d, call_sql, values), DATABASE_ROW_STORED);
    assert_int_equal(database_run(d, recording_sql, values), DATABASE_ROW_STORED);
    json_decref(values);
}

/* "state file duration channels" of a call's recording, "" where it has none. */
static const char *standing(struct database *d, const char *id) {
    static const char sql[] = "SELECT state || ' ' || coalesce(file, '-') || ' ' || duration_s || ' ' ||"
                              " coalesce(recordings.channels, '-') AS all_of_it"
                              " FROM recordings JOIN calls ON call = number WHERE id = $id";
    static char text[200];
    json_t *values = json_pack("{ss}", "id", id), *row = database_row(d, sql, values);
    const char *found = json_string_value(json_object_get(row, "all_of_it"));
    snprintf(text, sizeof text, "%s", found ? found : "");
    json_decref(row);
    json_decref(values);
    return text;
}

static void test_found(void **state) {
    char path[200], message[300];
    enum database_fault fault;
    (void)state;
    snprintf(path, sizeof path, "%s/audio", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    struct database *d = database_open(dir, DATABASE_OWNER, &fault, message, sizeof message);
    assert_non_null(d);
    put_call(d, "c-died", "given", "server died", "recording");
    put_call(d, "c-untold", "given", "finished", NULL);
    put_call(d, "c-opus", "given", "finished", "recording");
    put_call(d, "c-known", "given", "finished", "finished");
    put_call(d, "c-parts", "given", "server died", "recording");
    put_call(d, "c-withdrawn", "withdrawn", "no consent", NULL);
    write_sound("c-died.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
    write_sound("c-untold.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
    write_sound("c-opus.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS);
    write_sound("c-known.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
    write_sound("c-parts.000000000.part.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
    write_sound("c-withdrawn.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
    write_sound("c-nobody.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
    assert_true(found_recordings(d));
    assert_string_equal(standing(d, "c-died"), "interrupted c-died.flac 1.0 [\"agent\",\"customer\"]");
    assert_string_equal(standing(d, "c-untold"), "finished c-untold.flac 1.0 [\"agent\",\"customer\"]");
    assert_string_equal(standing(d, "c-opus"), "finished c-opus.opus 1.0 [\"agent\",\"customer\"]");
    assert_string_equal(standing(d, "c-known"), "finished - 0.0 -"); /* as it was */
    assert_string_equal(standing(d, "c-parts"), "failed - 0.0 -");   /* until the recorder has joined them */
    assert_string_equal(standing(d, "c-withdrawn"), "");
    assert_string_equal(standing(d, "c-nobody"), "");
    database_close(d);
}

/* A file that is no sound is passed over; so is a folder without audio. */
static void test_nothing_to_find(void **state) {
    char path[200], message[300];
    enum database_fault fault;
    (void)state;
    struct database *d = database_open(dir, DATABASE_OWNER, &fault, message, sizeof message);
    put_call(d, "c-torn", "given", "server died", "recording");
    snprintf(path, sizeof path, "%s/audio/c-torn.flac", dir);
    FILE *file = fopen(path, "w");
    fputs("fLaC and no more", file);
    fclose(file);
    assert_true(found_recordings(d));
    assert_string_equal(standing(d, "c-torn"), "failed - 0.0 -");
    snprintf(path, sizeof path, "%s/audio", dir);
    assert_true(files_remove(path));
    assert_true(found_recordings(d));
    database_close(d);
}

static int make_dir(void **state) {
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state) {
    (void)state;
    return files_remove(dir) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_found), cmocka_unit_test(test_nothing_to_find)};
    return cmocka_run_group_tests_name("found", tests, make_dir, remove_dir);
}
