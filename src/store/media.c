/* media.c - the folder DIR/audio and the sound files in it.
 *
 * A FLAC file (RFC 9639) is a header and then frames of MEDIA_BLOCK samples, each of which can be decoded by itself.
 * libFLAC hands a frame on as soon as it is full, libsndfile writes it at once, and so a file nobody closed plays as
 * far as it goes; only its header does not say how far that is.
 */
#include "store/media.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/source.h"

/* libFLAC's own scale: 3 takes two thirds of the time of the usual 5, for files a hundredth larger. */
static const double COMPRESSION = 3.0 / 8;

/* ---- the folder and its names ---- */

int media_folder(const char *dir, bool make) {
    int folder = -1, above = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0) return -1;
    if (!make || !mkdirat(above, "audio", 0700) || errno == EEXIST)
        folder = openat(above, "audio", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    close(above);
    errno = error;
    return folder;
}

void media_lock(int folder) {
    while (flock(folder, LOCK_EX) && errno == EINTR) continue;
}

void media_unlock(int folder) { flock(folder, LOCK_UN); }

const char *tape_format_name(tape_format format) {
    static const char *const names[TAPE_FORMATS] = {"flac", "opus"};
    return names[format];
}

void media_part_name(char name[MEDIA_NAME_SIZE], const char *call_id, uint64_t first) {
    snprintf(name, MEDIA_NAME_SIZE, "%s.%09" PRIu64 ".part.flac", call_id, first);
}

void media_new_name(char name[MEDIA_NAME_SIZE], const char *call_id) {
    snprintf(name, MEDIA_NAME_SIZE, "%s.new", call_id);
}

/* "000032000.part.flac", as media_part_name makes it; 11 digits are 144 days. */
static bool is_part(const char *ending, uint64_t *first) {
    size_t digits = strspn(ending, "0123456789");
    if (digits < 9 || digits > 11 || (digits > 9 && *ending == '0')) return false;
    if (strcmp(ending + digits, ".part.flac") != 0) return false;
    *first = strtoull(ending, NULL, 10);
    return true;
}

media_kind media_kind_of(const char *name, char call_id[CALL_ID_SIZE], uint64_t *first) {
    size_t n = strcspn(name, ".");
    *first = 0;
    if (!name[n] || n >= CALL_ID_SIZE) return MEDIA_FOREIGN;
    memcpy(call_id, name, n);
    call_id[n] = '\0';
    const char *ending = name + n + 1;
    if (!call_id_is(call_id)) return MEDIA_FOREIGN;
    if (!strcmp(ending, "new")) return MEDIA_NEW;
    for (int f = 0; f < TAPE_FORMATS; f++)
        if (!strcmp(ending, tape_format_name((tape_format)f))) return MEDIA_WHOLE;
    return is_part(ending, first) ? MEDIA_PART : MEDIA_FOREIGN;
}

bool media_each(int folder, media_see *see, void *user) {
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (!listing) {
        if (fd >= 0) close(fd);
        return false;
    }
    for (struct dirent *entry; errno = 0, (entry = readdir(listing));) {
        char call_id[CALL_ID_SIZE];
        uint64_t first;
        media_kind kind = media_kind_of(entry->d_name, call_id, &first);
        if (kind != MEDIA_FOREIGN) see(user, entry->d_name, kind, call_id, first);
    }
    int error = errno;
    closedir(listing);
    errno = error;
    return !error;
}

struct removal {
    int folder;
    const char *call_id;
    long freed;
    int error;
};

static void remove_one(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first) {
    struct removal *r = user;
    struct stat st;
    (void)kind;
    (void)first;
    if (strcmp(call_id, r->call_id) != 0) return;
    if (fstatat(r->folder, name, &st, AT_SYMLINK_NOFOLLOW)) st.st_size = 0;
    if (!unlinkat(r->folder, name, 0)) r->freed += S_ISREG(st.st_mode) ? (long)st.st_size : 0;
    else if (errno != ENOENT) r->error = errno;
}

long media_remove(int folder, const char *call_id, bool *failed) {
    struct removal removal = {.folder = folder, .call_id = call_id};
    media_lock(folder);
    bool read = media_each(folder, remove_one, &removal);
    if (!read) removal.error = errno;
    media_unlock(folder);
    if (removal.freed && fsync(folder) && !removal.error) removal.error = errno;
    *failed = removal.error != 0;
    errno = removal.error;
    return removal.freed;
}

long recorder_erase(const char *dir, const char *call_id, bool *failed) {
    *failed = !call_id_is(call_id);
    if (*failed) return 0;
    int folder = media_folder(dir, false);
    if (folder < 0) {
        *failed = errno != ENOENT;
        return 0;
    }
    long freed = media_remove(folder, call_id, failed);
    close(folder);
    return freed;
}

/* ---- sound files ---- */

/* libsndfile leaves errno as the system set it; where it did not, the fault is no disk's. */
static bool failed(int otherwise) {
    if (!errno) errno = otherwise;
    return false;
}

static bool close_with(media_file *f, int error) {
    media_close(f);
    errno = error;
    return false;
}

/* For whoever finds the file elsewhere, and for who puts it right after a crash. */
static void write_roles(media_file *f) {
    char roles[40];
    snprintf(roles, sizeof roles, "%s%s%s", ut_channel_name(f->roles[0]), f->channels == 2 ? "," : "",
             f->channels == 2 ? ut_channel_name(f->roles[1]) : "");
    sf_set_string(f->sound, SF_STR_COMMENT, roles);
}

static void read_roles(media_file *f) {
    const char *roles = sf_get_string(f->sound, SF_STR_COMMENT);
    if (roles && source_roles(roles, f->roles) == f->channels) return;
    source_roles(f->channels == 2 ? "agent,customer" : "customer", f->roles);
}

bool media_create(media_file *f, int folder, const char *name, tape_format format) {
    static const int formats[TAPE_FORMATS] = {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_OGG | SF_FORMAT_OPUS};
    SF_INFO info = {.samplerate = UT_RATE_HZ, .channels = f->channels, .format = formats[format]};
    f->n_frames = 0;
    f->sound = NULL;
    f->fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f->fd < 0) return false;
    errno = 0;
    f->sound = sf_open_fd(f->fd, SFM_WRITE, &info, SF_FALSE);
    if (!f->sound) {
        failed(EIO);
        int error = errno;
        unlinkat(folder, name, 0);
        return close_with(f, error);
    }
    if (format == TAPE_FLAC) sf_command(f->sound, SFC_SET_COMPRESSION_LEVEL, (double[]){COMPRESSION}, sizeof(double));
    write_roles(f);
    return true;
}

bool media_write(media_file *f, const short *x, size_t n) {
    errno = 0;
    if (sf_writef_short(f->sound, x, (sf_count_t)n) != (sf_count_t)n) return failed(EIO);
    f->n_frames += n;
    return true;
}

/* sf_close does not say what became of the last frames and of the header, so that is read back. */
bool media_complete(media_file *f) {
    SF_INFO info = {0};
    errno = 0;
    sf_close(f->sound);
    f->sound = NULL;
    int error = errno;
    SNDFILE *written = lseek(f->fd, 0, SEEK_SET) ? NULL : sf_open_fd(f->fd, SFM_READ, &info, SF_FALSE);
    sf_close(written);
    if (!written || (uint64_t)info.frames != f->n_frames) return close_with(f, error ? error : EIO);
    if (fsync(f->fd)) return close_with(f, errno);
    media_close(f);
    return true;
}

static bool is_ours(const SF_INFO *info) {
    int kind = info->format & SF_FORMAT_TYPEMASK;
    return (kind == SF_FORMAT_FLAC || kind == SF_FORMAT_OGG) && info->samplerate == UT_RATE_HZ &&
           (info->channels == 1 || info->channels == 2);
}

bool media_open(media_file *f, int folder, const char *name) {
    SF_INFO info = {0};
    f->sound = NULL;
    f->fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (f->fd < 0) return false;
    errno = 0;
    f->sound = sf_open_fd(f->fd, SFM_READ, &info, SF_FALSE);
    int fault = sf_error(NULL);
    if (!f->sound && (fault == SF_ERR_SYSTEM || errno == EIO || errno == ENOMEM))
        return close_with(f, errno ? errno : EIO);
    if (!f->sound || !is_ours(&info)) return close_with(f, EBADMSG);
    f->channels = info.channels;
    f->n_frames = info.frames == SF_COUNT_MAX ? 0 : (uint64_t)info.frames;
    read_roles(f);
    return true;
}

size_t media_read(media_file *f, short *x, size_t n) {
    sf_count_t read = sf_readf_short(f->sound, x, (sf_count_t)n);
    return read > 0 ? (size_t)read : 0;
}

void media_close(media_file *f) {
    if (f->sound) sf_close(f->sound);
    if (f->fd >= 0) close(f->fd);
    f->sound = NULL;
    f->fd = -1;
}

short media_pcm_16(float x) {
    if (!isfinite(x)) return 0;
    return (short)lrintf(fmaxf(INT16_MIN, fminf(x * 32768, INT16_MAX)));
}
