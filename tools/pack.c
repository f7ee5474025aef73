/* Packs the pages into the program: DIR in, C source on stdout. One gzipped table row a file, sorted by path; the same
 * files make the same bytes (a gzip header without time).
 *
 *     pack src/web > pages.c
 *
 * Dotfiles and READMEs stay out. A name that no URL can carry plainly, or of a type src/serve/page_type.h does not
 * know, is an error: it would be missed only once somebody asks for the page.
 */
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "serve/page_type.h"

struct file {
    char *path; /* on disk */
    unsigned char *gzip;
    size_t n_bytes;
    unsigned long crc; /* of the file before packing */
    size_t length;
};

/* nftw has no user pointer. */
static struct {
    struct file *files;
    size_t n, size;
} found;

static int complain(const char *path, const char *why) {
    fprintf(stderr, "pack: %s: %s\n", path, why);
    return 1;
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *at) {
    const char *name = path + at->base;
    (void)st;
    if (kind == FTW_D && at->level > 0 && name[0] == '.') return FTW_SKIP_SUBTREE;
    if (kind == FTW_D || name[0] == '.' || !strncmp(name, "README", 6)) return FTW_CONTINUE;
    if (kind != FTW_F) return complain(path, "not a file that can be read");
    if (!page_type(name)) return complain(path, "of no type that is served");
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            return complain(path, "name has more than letters, digits . _ -");
    if (found.n == found.size) {
        found.size = found.size ? 2 * found.size : 64;
        found.files = realloc(found.files, found.size * sizeof *found.files);
        if (!found.files) return complain(path, "not enough memory");
    }
    found.files[found.n] = (struct file){.path = strdup(path)};
    return found.files[found.n++].path ? FTW_CONTINUE : complain(path, "not enough memory");
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static unsigned char *read_whole(const char *path, size_t *length) {
    FILE *in = fopen(path, "rb");
    long n = in && !fseek(in, 0, SEEK_END) ? ftell(in) : -1;
    unsigned char *x = n < 0 ? NULL : malloc((size_t)n + 1);
    if (x && (fseek(in, 0, SEEK_SET) || fread(x, 1, (size_t)n, in) != (size_t)n)) {
        free(x);
        x = NULL;
    }
    if (in) fclose(in);
    *length = x ? (size_t)n : 0;
    return x;
}

static bool pack(struct file *f) {
    unsigned char *x = read_whole(f->path, &f->length);
    z_stream z = {.next_in = x, .avail_in = (unsigned)f->length};
    bool ok = false;
    if (x && deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK) {
        size_t room = deflateBound(&z, f->length);
        z.next_out = f->gzip = malloc(room);
        z.avail_out = (unsigned)room;
        ok = f->gzip && deflate(&z, Z_FINISH) == Z_STREAM_END;
        f->n_bytes = z.total_out;
        f->crc = crc32(0, x, (unsigned)f->length);
        deflateEnd(&z);
    }
    free(x);
    return ok;
}

static void print_bytes(const struct file *f, size_t i) {
    printf("static const unsigned char page_%zu[] = {", i);
    for (size_t k = 0; k < f->n_bytes; k++) printf("%s%u,", k % 24 ? "" : "\n    ", f->gzip[k]);
    printf("\n};\n");
}

/* An array cannot be empty in C, so the table ends with a row that n_pages does not count. */
static void print_table(size_t n_dir) {
    printf("const struct page pages[] = {\n");
    for (size_t i = 0; i < found.n; i++) {
        const struct file *f = &found.files[i];
        const char *path = f->path + n_dir;
        printf("    {\"%s\", \"%s\", \"\\\"%08lx-%zx\\\"\", page_%zu, sizeof page_%zu},\n", path, page_type(path),
               f->crc, f->length, i, i);
    }
    printf("    {0},\n};\nconst size_t n_pages = %zu;\n", found.n);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: pack DIR > pages.c\n");
        return 2;
    }
    size_t n_dir = strlen(argv[1]);
    while (n_dir > 1 && argv[1][n_dir - 1] == '/') argv[1][--n_dir] = '\0';
    errno = 0;
    int failed = nftw(argv[1], visit, 16, FTW_PHYS | FTW_ACTIONRETVAL);
    if (failed < 0) complain(argv[1], strerror(errno));
    if (failed) return 1;
    qsort(found.files, found.n, sizeof *found.files, by_path);
    printf("#include \"serve/pages.h\"\n\n");
    for (size_t i = 0; i < found.n; i++) {
        if (!pack(&found.files[i])) return complain(found.files[i].path, "cannot be read or packed");
        print_bytes(&found.files[i], i);
    }
    print_table(n_dir);
    return fflush(stdout) || ferror(stdout) ? complain("stdout", "cannot be written") : 0;
}
