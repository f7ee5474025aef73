/* join.c - a call's parts made into one recording.
 *
 * One part that holds all of a call, and was closed by this process, is the recording already and is only renamed,
 * unless another format is wanted. What an earlier process closed may be torn all the same where the power failed.
 * Otherwise what can be read of the parts is written anew, each at its place, with silence between them, and takes
 * their place once it is on the disk.
 */
#include "store/join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { STEP = UT_RATE_HZ };

struct join {
    int folder;
    char call[CALL_ID_SIZE];
    tape_format format;
    uint64_t end;
    uint64_t *firsts; /* [n_parts], rising */
    size_t n_parts, part;
    uint64_t bytes; /* of all parts */
    bool out_of_memory;

    media_file in, out;
    uint64_t place;    /* in the call, of the frames in x */
    size_t n;          /* frames in x that are not written yet */
    short x[STEP * 2]; /* [STEP][in.channels] */
    uint64_t silence;
};

/* ---- the parts ---- */

static void see_part(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first) {
    join *j = user;
    struct stat st;
    if (kind != MEDIA_PART || strcmp(call_id, j->call) != 0) return;
    uint64_t *more = realloc(j->firsts, (j->n_parts + 1) * sizeof *more);
    if (!more) {
        j->out_of_memory = true;
        return;
    }
    j->firsts = more;
    j->firsts[j->n_parts++] = first;
    if (!fstatat(j->folder, name, &st, AT_SYMLINK_NOFOLLOW)) j->bytes += (uint64_t)st.st_size;
}

static int by_first(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

join *join_begin(int folder, const char *call_id, tape_format format, uint64_t end) {
    join *j = calloc(1, sizeof *j);
    if (!j) return NULL;
    j->folder = folder;
    j->format = format;
    j->end = end;
    j->in.fd = j->out.fd = -1;
    snprintf(j->call, sizeof j->call, "%s", call_id);
    if (!media_each(folder, see_part, j)) goto fail;
    errno = ENOMEM;
    if (j->out_of_memory) goto fail;
    if (j->n_parts) qsort(j->firsts, j->n_parts, sizeof *j->firsts, by_first);
    return j;
fail:
    join_free(j);
    return NULL;
}

static bool parts_are_there(const join *j) {
    char name[MEDIA_NAME_SIZE];
    struct stat st;
    for (size_t p = 0; p < j->n_parts; p++) {
        media_part_name(name, j->call, j->firsts[p]);
        if (fstatat(j->folder, name, &st, AT_SYMLINK_NOFOLLOW)) return false;
    }
    return true;
}

static void remove_parts(const join *j) {
    char name[MEDIA_NAME_SIZE];
    for (size_t p = 0; p < j->n_parts; p++) {
        media_part_name(name, j->call, j->firsts[p]);
        unlinkat(j->folder, name, 0);
    }
}

/* ---- the end ---- */

/* The file called from becomes the recording; after that the parts can go. Where one was erased meanwhile the whole
 * call was, and nothing of it may come back. */
static join_state take_place(join *j, const char *from, const char *to) {
    media_lock(j->folder);
    bool there = parts_are_there(j);
    bool renamed = there && !renameat(j->folder, from, j->folder, to);
    int error = errno;
    if (renamed) remove_parts(j);
    media_unlock(j->folder);
    errno = error;
    if (!renamed) return !there || errno == ENOENT ? JOIN_GONE : JOIN_FAILED;
    fsync(j->folder);
    return JOIN_DONE;
}

static join_state publish(join *j, const char *from, const media_file *f, recording_news *news) {
    struct stat st;
    news->format = tape_format_name(j->format);
    snprintf(news->file, sizeof news->file, "%s.%s", j->call, news->format);
    news->channels = f->channels;
    memcpy(news->roles, f->roles, sizeof news->roles);
    news->duration_s = (double)f->n_frames / UT_RATE_HZ;
    news->lost_s = (double)j->silence / UT_RATE_HZ;
    news->bytes = fstatat(j->folder, from, &st, AT_SYMLINK_NOFOLLOW) ? 0 : (long)st.st_size;
    return take_place(j, from, news->file);
}

static join_state take_part_as_it_is(join *j, const char *name, recording_news *news) {
    media_file part = j->in;
    bool synced = !fsync(j->in.fd);
    int error = errno;
    media_close(&j->in);
    errno = error;
    return synced ? publish(j, name, &part, news) : JOIN_FAILED;
}

static join_state take_new(join *j, recording_news *news) {
    char name[MEDIA_NAME_SIZE];
    media_new_name(name, j->call);
    return media_complete(&j->out) ? publish(j, name, &j->out, news) : JOIN_FAILED;
}

static join_state give_up_parts(join *j) {
    if (!j->n_parts) return JOIN_GONE;
    media_lock(j->folder);
    remove_parts(j);
    media_unlock(j->folder);
    return JOIN_EMPTY;
}

/* ---- the way there ---- */

static join_state open_part(join *j, recording_news *news) {
    char name[MEDIA_NAME_SIZE];
    media_part_name(name, j->call, j->firsts[j->part]);
    j->place = j->firsts[j->part];
    if (!media_open(&j->in, j->folder, name)) {
        if (errno == ENOENT) return JOIN_GONE;
        if (errno != EBADMSG) return JOIN_FAILED;
        j->part++;
        return JOIN_MORE;
    }
    bool whole = j->n_parts == 1 && j->place == 0 && j->end && j->in.n_frames >= j->end;
    if (whole && j->format == TAPE_FLAC) return take_part_as_it_is(j, name, news);
    return JOIN_MORE;
}

static void next_part(join *j) {
    media_close(&j->in);
    j->part++;
}

/* A disk that is nearly full is left to others: they would find it full while a recording that cannot be completed
 * grows. */
static bool has_room(const join *j) {
    struct statvfs disk;
    if (fstatvfs(j->folder, &disk) || (uint64_t)disk.f_bavail * disk.f_frsize > j->bytes) return true;
    errno = ENOSPC;
    return false;
}

static bool create_new(join *j) {
    char name[MEDIA_NAME_SIZE];
    media_new_name(name, j->call);
    unlinkat(j->folder, name, 0);
    j->out.channels = j->in.channels;
    memcpy(j->out.roles, j->in.roles, sizeof j->out.roles);
    return has_room(j) && media_create(&j->out, j->folder, name, j->format);
}

static join_state write_silence(join *j, uint64_t until) {
    static const short zeros[STEP * 2];
    uint64_t n = until - j->out.n_frames < STEP ? until - j->out.n_frames : STEP;
    j->silence += n;
    return media_write(&j->out, zeros, (size_t)n) ? JOIN_MORE : JOIN_FAILED;
}

static join_state copy(join *j) {
    if (!j->n) j->n = media_read(&j->in, j->x, STEP);
    if (!j->n || (j->out.sound && j->in.channels != j->out.channels)) {
        j->n = 0;
        next_part(j);
        return JOIN_MORE;
    }
    if (!j->out.sound && !create_new(j)) return JOIN_FAILED;
    if (j->out.n_frames < j->place) return write_silence(j, j->place);
    if (!media_write(&j->out, j->x, j->n)) return JOIN_FAILED;
    j->place += j->n;
    j->n = 0;
    return JOIN_MORE;
}

join_state join_step(join *j, recording_news *news) {
    if (j->in.sound) return copy(j);
    if (j->part < j->n_parts) return open_part(j, news);
    if (!j->out.sound) return give_up_parts(j);
    if (j->out.n_frames < j->end) return write_silence(j, j->end);
    return take_new(j, news);
}

void join_free(join *j) {
    if (!j) return;
    char name[MEDIA_NAME_SIZE];
    media_new_name(name, j->call);
    media_close(&j->in);
    media_close(&j->out);
    unlinkat(j->folder, name, 0);
    free(j->firsts);
    free(j);
}
