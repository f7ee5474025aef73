#include "playbook_file.h"

#include <errno.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

/* What a file looks like from outside. An editor that writes a new one and renames it changes the inode. */
typedef struct look {
    int error; /* errno, 0 where there is a file */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
} look;

struct playbook_file {
    char *path;
    look seen; /* at the last look */
    look read; /* when it was last read, or could not be */
    pthread_mutex_t lock;
    _Atomic(edition *) latest; /* written with the lock, and held with a reference of the file's own */
};

static look look_at(const char *path) {
    struct stat st;
    if (stat(path, &st)) return (look){.error = errno};
    return (look){.device = st.st_dev, .inode = st.st_ino, .size = st.st_size, .changed = st.st_mtim};
}

static bool is_same(const look *a, const look *b) {
    return a->error == b->error && a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void name_edition(edition *e, const char *path, const char *text) {
    unsigned char hash[SHA256_DIGEST_LENGTH];
    const char *slash = strrchr(path, '/');
    SHA256((const unsigned char *)text, strlen(text), hash);
    int n = snprintf(e->name, sizeof e->name, "%.48s@", slash ? slash + 1 : path);
    for (int i = 0; i < 6; i++) n += snprintf(e->name + n, sizeof e->name - (size_t)n, "%02x", hash[i]);
}

static bool read_into(edition *e, const char *path, char *message, size_t message_size) {
    char why[256];
    char *text = text_read(path);
    if (!text) snprintf(why, sizeof why, "%s", strerror(errno));
    e->playbook = text ? ut_playbook_parse(text, why, sizeof why, NULL) : NULL;
    if (e->playbook) name_edition(e, path, text);
    else snprintf(message, message_size, "%s: %s", path, why);
    free(text);
    return e->playbook;
}

static edition *read_edition(const char *path, char *message, size_t message_size) {
    edition *e = calloc(1, sizeof *e);
    if (!e) {
        snprintf(message, message_size, "%s: %s", path, ut_error_text(UT_NO_MEMORY));
        return NULL;
    }
    atomic_init(&e->references, 1);
    if (read_into(e, path, message, message_size)) return e;
    free(e);
    return NULL;
}

void edition_release(edition *e) {
    if (!e || atomic_fetch_sub(&e->references, 1) > 1) return;
    ut_playbook_close(e->playbook);
    free(e);
}

playbook_file *playbook_file_open(const char *path, char *message, size_t message_size) {
    playbook_file *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(path))) {
        snprintf(message, message_size, "%s: %s", path, ut_error_text(UT_NO_MEMORY));
        free(file);
        return NULL;
    }
    pthread_mutex_init(&file->lock, NULL);
    file->seen = file->read = look_at(path);
    atomic_init(&file->latest, read_edition(path, message, message_size));
    if (atomic_load(&file->latest)) return file;
    playbook_file_close(file);
    return NULL;
}

void playbook_file_close(playbook_file *file) {
    if (!file) return;
    edition_release(atomic_load(&file->latest));
    pthread_mutex_destroy(&file->lock);
    free(file->path);
    free(file);
}

const char *playbook_file_path(const playbook_file *file) { return file->path; }

static void replace(playbook_file *file, edition *newer) {
    pthread_mutex_lock(&file->lock);
    edition *older = atomic_exchange(&file->latest, newer);
    pthread_mutex_unlock(&file->lock);
    edition_release(older);
}

playbook_news playbook_file_look(playbook_file *file, char *message, size_t message_size) {
    look now = look_at(file->path);
    bool settled = is_same(&now, &file->seen);
    file->seen = now;
    if (!settled || is_same(&now, &file->read)) return PLAYBOOK_SAME;
    file->read = now;
    edition *newer = read_edition(file->path, message, message_size);
    if (!newer) return PLAYBOOK_REFUSED;
    replace(file, newer);
    return PLAYBOOK_READ;
}

/* The lock keeps the edition alive between finding it and counting the reference. */
edition *playbook_file_take(playbook_file *file) {
    pthread_mutex_lock(&file->lock);
    edition *e = atomic_load(&file->latest);
    atomic_fetch_add(&e->references, 1);
    pthread_mutex_unlock(&file->lock);
    return e;
}

bool playbook_file_has_newer(const playbook_file *file, const edition *held) {
    return atomic_load(&file->latest) != held;
}
