#include "store/found.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database.h"
#include "store/media.h"
#include "store/rows.h"

static const char fail_sql[] = "UPDATE recordings SET state = 'failed' WHERE state = 'recording'";

static const char unsaid_sql[] = "SELECT ended_how FROM calls LEFT JOIN recordings ON call = number"
                                 " WHERE id = $call AND consent = 'given' AND coalesce(state, 'failed') = 'failed'";

struct found {
    struct database *d;
    int folder;
    bool failed;
};

/* How its call ended; null where it is known of, or nothing is to be known. To be released. */
static json_t *unsaid(struct found *f, const char *call_id) {
    json_t *values = json_pack("{ss}", "call", call_id), *row = values ? database_row(f->d, unsaid_sql, values) : NULL;
    json_decref(values);
    f->failed = f->failed || !row;
    if (json_is_object(row)) return row;
    json_decref(row);
    return NULL;
}

static bool put(struct found *f, const recording_news *news) {
    message *m = message_of_recording(news);
    bool good = m && rows_put(f->d, m) != DATABASE_ROW_FAILED;
    message_release(m);
    return good;
}

static void see(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first) {
    struct found *f = user;
    media_file file = {.fd = -1};
    struct stat st;
    (void)first;
    json_t *call = kind == MEDIA_WHOLE ? unsaid(f, call_id) : NULL;
    if (call && media_open(&file, f->folder, name) && !fstat(file.fd, &st)) {
        const char *how = json_string_value(json_object_get(call, "ended_how"));
        bool died = how && !strcmp(how, "server died");
        recording_news news = {.state = died ? RECORDING_INTERRUPTED : RECORDING_FINISHED,
                               .format = strrchr(name, '.') + 1,
                               .channels = file.channels,
                               .duration_s = (double)file.n_frames / UT_RATE_HZ,
                               .bytes = (long)st.st_size};
        snprintf(news.call, sizeof news.call, "%s", call_id);
        snprintf(news.file, sizeof news.file, "%s", name);
        memcpy(news.roles, file.roles, sizeof news.roles);
        f->failed = f->failed || !put(f, &news);
    }
    media_close(&file);
    json_decref(call);
}

static bool find(struct database *d) {
    struct found f = {.d = d, .folder = media_folder(database_dir(d), false)};
    if (f.folder < 0) return true;
    media_each(f.folder, see, &f);
    close(f.folder);
    return !f.failed;
}

bool found_recordings(struct database *d) {
    bool good = database_begin(d, DATABASE_SYNCED) && database_run(d, fail_sql, NULL) != DATABASE_ROW_FAILED &&
                find(d) && database_commit(d);
    if (!good) database_rollback(d);
    return good;
}
