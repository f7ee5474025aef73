/* SQLite's secure_delete overwrites a row that is deleted. But when rows move from a full page to its neighbour, the
 * bytes they had stay behind in the gap between the page's cells, where no later deletion finds them; among rows of 20
 * calls that were written in turns, a deleted one was still to be read here and there. So whatever page goes into the
 * database file has its gaps zeroed on the way. The write-ahead log cannot be treated so, since its frames carry
 * checksums: it is emptied after a deletion (database_tidy).
 *
 * A page (https://www.sqlite.org/fileformat2.html section 1.6): a header with its type, the first freeblock, the number
 * of cells and where their content begins; the cells' places; the gap; the content, with freeblocks in it. Pages of
 * other types begin with a number of four bytes whose first is zero in files under 64 GB, which is what
 * MAX_PAGES of database.c is for, so they are never taken for one.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/clean.h"

enum { PAGE_MAX = 65536, PAGE_MIN = 512, FILE_HEADER = 100 };

static int two(const unsigned char *x) { return x[0] << 8 | x[1]; }

/* Freeblocks have their next one's place and their own size in their first four bytes. */
static void clean_freeblocks(unsigned char *page, int n, int at) {
    for (int left = n / 4; at > 0 && at + 4 <= n && left > 0; left--) {
        int next = two(page + at), size = two(page + at + 2);
        if (size < 4 || at + size > n || (next && next <= at)) return;
        memset(page + at + 4, 0, (size_t)size - 4);
        at = next;
    }
}

void clean_page(unsigned char *page, int n, bool first) {
    unsigned char *header = page + (first ? FILE_HEADER : 0);
    bool leaf = *header == 10 || *header == 13, interior = *header == 2 || *header == 5;
    if (!leaf && !interior) return;
    int content = two(header + 5), cells = two(header + 3);
    if (!content) content = PAGE_MAX;
    int gap = (int)(header - page) + (leaf ? 8 : 12) + 2 * cells;
    if (gap > content || content > n) return;
    memset(page + gap, 0, (size_t)(content - gap));
    clean_freeblocks(page, n, two(header + 1));
}

/* ---- the layer ---- */

/* Ours, then that of the layer below. */
struct file {
    sqlite3_file base;
    unsigned char *page; /* [PAGE_MAX], of a database file; null: any other, which passes as it is */
};

static sqlite3_vfs layer;
static sqlite3_vfs *below(void) { return layer.pAppData; }
static sqlite3_file *under(sqlite3_file *f) { return (sqlite3_file *)((struct file *)f + 1); }

static int clean_close(sqlite3_file *f) {
    free(((struct file *)f)->page);
    return under(f)->pMethods->xClose(under(f));
}

static int clean_read(sqlite3_file *f, void *x, int n, sqlite3_int64 at) {
    return under(f)->pMethods->xRead(under(f), x, n, at);
}

static int clean_write(sqlite3_file *f, const void *x, int n, sqlite3_int64 at) {
    unsigned char *page = ((struct file *)f)->page;
    bool whole = n >= PAGE_MIN && n <= PAGE_MAX && !(n & (n - 1)) && at % n == 0;
    if (!page || !whole) return under(f)->pMethods->xWrite(under(f), x, n, at);
    memcpy(page, x, (size_t)n);
    clean_page(page, n, at == 0);
    return under(f)->pMethods->xWrite(under(f), page, n, at);
}

static int clean_truncate(sqlite3_file *f, sqlite3_int64 n) { return under(f)->pMethods->xTruncate(under(f), n); }
static int clean_sync(sqlite3_file *f, int flags) { return under(f)->pMethods->xSync(under(f), flags); }
static int clean_size(sqlite3_file *f, sqlite3_int64 *n) { return under(f)->pMethods->xFileSize(under(f), n); }
static int clean_lock(sqlite3_file *f, int level) { return under(f)->pMethods->xLock(under(f), level); }
static int clean_unlock(sqlite3_file *f, int level) { return under(f)->pMethods->xUnlock(under(f), level); }
static int clean_reserved(sqlite3_file *f, int *held) { return under(f)->pMethods->xCheckReservedLock(under(f), held); }
static int clean_control(sqlite3_file *f, int op, void *x) { return under(f)->pMethods->xFileControl(under(f), op, x); }
static int clean_sector(sqlite3_file *f) { return under(f)->pMethods->xSectorSize(under(f)); }
static int clean_device(sqlite3_file *f) { return under(f)->pMethods->xDeviceCharacteristics(under(f)); }
static int clean_shm_map(sqlite3_file *f, int page, int n, int extend, void volatile **x) {
    return under(f)->pMethods->xShmMap(under(f), page, n, extend, x);
}
static int clean_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return under(f)->pMethods->xShmLock(under(f), at, n, flags);
}
static void clean_shm_barrier(sqlite3_file *f) { under(f)->pMethods->xShmBarrier(under(f)); }
static int clean_shm_unmap(sqlite3_file *f, int remove) { return under(f)->pMethods->xShmUnmap(under(f), remove); }

static int clean_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags) {
    static const sqlite3_io_methods methods = {
        .iVersion = 2, /* the third would map the file into memory, past us */
        .xClose = clean_close,
        .xRead = clean_read,
        .xWrite = clean_write,
        .xTruncate = clean_truncate,
        .xSync = clean_sync,
        .xFileSize = clean_size,
        .xLock = clean_lock,
        .xUnlock = clean_unlock,
        .xCheckReservedLock = clean_reserved,
        .xFileControl = clean_control,
        .xSectorSize = clean_sector,
        .xDeviceCharacteristics = clean_device,
        .xShmMap = clean_shm_map,
        .xShmLock = clean_shm_lock,
        .xShmBarrier = clean_shm_barrier,
        .xShmUnmap = clean_shm_unmap,
    };
    struct file *file = (struct file *)f;
    (void)vfs;
    *file = (struct file){0};
    if (flags & SQLITE_OPEN_MAIN_DB && !(file->page = malloc(PAGE_MAX))) return SQLITE_NOMEM;
    int result = below()->xOpen(below(), name, under(f), flags, out_flags);
    if (under(f)->pMethods) file->base.pMethods = &methods; /* then SQLite closes it, also after a failure */
    else free(file->page);
    return result;
}

static void register_layer(void) {
    sqlite3_vfs *unix_files = sqlite3_vfs_find(NULL);
    if (!unix_files) return;
    layer = *unix_files;
    layer.zName = CLEAN_VFS;
    layer.pAppData = unix_files;
    layer.pNext = NULL;
    layer.szOsFile = unix_files->szOsFile + (int)sizeof(struct file);
    layer.xOpen = clean_open;
    sqlite3_vfs_register(&layer, 0);
}

bool clean_register(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_layer);
    return layer.zName;
}
