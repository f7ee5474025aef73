#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    int lock_fd;
};

bool folder_make(const char *dir, char *message, size_t message_size) {
    char path[4096];
    struct stat st;
    if (!*dir || strlen(dir) >= sizeof path) {
        snprintf(message, message_size, "%.100s: not a folder's name", dir);
        return false;
    }
    strcpy(path, dir);
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    bool made = !mkdir(dir, 0700) || errno == EEXIST;
    if (!made) snprintf(message, message_size, "%s: %s", dir, strerror(errno));
    else if (stat(dir, &st) || !S_ISDIR(st.st_mode)) snprintf(message, message_size, "%s: not a folder", dir);
    else return true;
    return false;
}

/* What whoever runs this can mend while calls go on. */
static bool may_pass(int error) {
    static const int passing[] = {ENOSPC, EROFS, EDQUOT, EIO, EACCES, EPERM, EMFILE, ENFILE};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (passing[i] == error) return true;
    return false;
}

/* Two processes would each take the other's calls in progress for abandoned ones. */
static bool lock(struct folder *f, const char *dir, bool *unready, char *message, size_t message_size) {
    char path[4200], pid[32] = "";
    snprintf(path, sizeof path, "%s/undertone.lock", dir);
    f->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->lock_fd < 0) {
        *unready = may_pass(errno);
        snprintf(message, message_size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (flock(f->lock_fd, LOCK_EX | LOCK_NB)) {
        ssize_t n = pread(f->lock_fd, pid, sizeof pid - 1, 0);
        snprintf(message, message_size, "%s: in use by another undertone (process %d)", dir, n > 0 ? atoi(pid) : 0);
        return false;
    }
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    /* The number is for people; a full disk does not take it, and the lock holds all the same. */
    if (!ftruncate(f->lock_fd, 0) && pwrite(f->lock_fd, pid, (size_t)n, 0) != n) *unready = false;
    return true;
}

struct folder *folder_own(const char *dir, bool *unready, char *message, size_t message_size) {
    struct folder *f = calloc(1, sizeof *f);
    *unready = false;
    if (!f) {
        snprintf(message, message_size, "%s: not enough memory", dir);
        return NULL;
    }
    f->lock_fd = -1;
    if (!folder_make(dir, message, message_size)) *unready = may_pass(errno);
    else if (lock(f, dir, unready, message, message_size)) return f;
    folder_release(f);
    return NULL;
}

void folder_release(struct folder *f) {
    if (!f) return;
    if (f->lock_fd >= 0) close(f->lock_fd);
    free(f);
}
