#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/media.h"

static bool write_all(int fd, const char *x, size_t n) {
    while (n) {
        ssize_t written = write(fd, x, n);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        x += written;
        n -= (size_t)written;
    }
    return true;
}

/* Bytes, -1 on failure. */
static long pump(int from, int to) {
    char x[65536];
    long total = 0;
    for (ssize_t n; (n = read(from, x, sizeof x)); total += n) {
        if (n < 0 && errno == EINTR) n = 0;
        else if (n < 0 || !write_all(to, x, (size_t)n)) return -1;
    }
    return fsync(to) ? -1 : total;
}

/* A pipe that somebody put there would be waited for. */
static int open_file(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode))) return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

long files_copy(const char *from, const char *to) {
    int in = open_file(from), out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    long n = out < 0 ? -1 : pump(in, out);
    int why = errno;
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    if (n < 0 && out >= 0) unlink(to);
    errno = why;
    return n;
}

bool files_sync_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && !fsync(fd);
    int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    return good;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk) {
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

bool files_remove(const char *path) { return !nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) || errno == ENOENT; }

bool files_is_empty(const char *path) {
    DIR *folder = opendir(path);
    int n = 0;
    while (folder && readdir(folder)) n++;
    if (folder) closedir(folder);
    return folder && n == 2; /* itself and the one around it */
}

bool files_is_recording(const char *file, const char *call_id) {
    char id[CALL_ID_SIZE];
    uint64_t first;
    return file && call_id && media_kind_of(file, id, &first) == MEDIA_WHOLE && !strcmp(id, call_id);
}
