/* The pages in the program are the files of build/web; the packer says what it cannot pack. */
#include "serve/pages.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The whole output of a shell command; its exit status in *status. */
static char *output_of(const char *command, int *status) {
    static char text[1 << 20];
    FILE *in = popen(command, "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    *status = WEXITSTATUS(pclose(in));
    return text;
}

static void test_table_is_build_web(void **state) {
    (void)state;
    int status;
    char *count = output_of("find build/web -type f ! -name '.*' ! -name 'README*' | wc -l", &status);
    assert_int_equal(n_pages, atoi(count));
    for (size_t i = 0; i < n_pages; i++) {
        const struct page *page = &pages[i];
        char path[300];
        size_t n = 0;
        if (i) assert_true(strcmp(pages[i - 1].path, page->path) < 0);
        assert_ptr_equal(page_find(page->path), page);
        assert_true(page->type && page->etag[0] == '"' && strlen(page->etag) > 10);
        unsigned char *x = page_inflate(page, &n);
        assert_non_null(x);
        snprintf(path, sizeof path, "build/web%s", page->path);
        FILE *in = fopen(path, "rb");
        assert_non_null(in);
        for (size_t k = 0; k < n; k++) assert_int_equal(fgetc(in), x[k]);
        assert_int_equal(fgetc(in), EOF);
        fclose(in);
        free(x);
    }
    assert_null(page_find("/nothing.html"));
    assert_null(page_find(""));
}

static void test_damaged_page(void **state) {
    (void)state;
    size_t n;
    if (!n_pages) skip();
    unsigned char *x = malloc(pages[0].n_bytes);
    struct page page = pages[0];
    page.gzip = x;
    for (size_t i = 0; i < pages[0].n_bytes; i += 1 + i / 8) {
        memcpy(x, pages[0].gzip, pages[0].n_bytes);
        page.n_bytes = i;
        assert_null(page_inflate(&page, &n));
    }
    page.n_bytes = pages[0].n_bytes;
    for (size_t i = page.n_bytes - 8; i < page.n_bytes; i++) {
        memcpy(x, pages[0].gzip, page.n_bytes);
        x[i] ^= 0x40; /* its checksum and its length */
        assert_null(page_inflate(&page, &n));
    }
    free(x);
}

/* build/tests/unit/test_pages lies beside build/tools/pack. */
static bool find_pack(char pack[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", pack, PATH_MAX - 64);
    if (n < 0) return false;
    pack[n] = '\0';
    for (int i = 0; i < 3; i++) *strrchr(pack, '/') = '\0';
    strcat(pack, "/tools/pack");
    return !access(pack, X_OK);
}

static void write_file(const char *dir, const char *name) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fputs("hello", out);
    fclose(out);
}

static char *pack_of(const char *dir, int *status) {
    char pack[PATH_MAX], command[PATH_MAX + 300];
    assert_true(find_pack(pack));
    snprintf(command, sizeof command, "%s %s 2>&1", pack, dir);
    return output_of(command, status);
}

static void test_pack(void **state) {
    (void)state;
    char dir[] = "/tmp/undertone-pack-XXXXXX", pack[PATH_MAX], path[100];
    int status;
    if (!find_pack(pack)) skip();
    assert_non_null(mkdtemp(dir));
    assert_non_null(strstr(pack_of(dir, &status), "n_pages = 0"));
    assert_int_equal(status, 0);
    write_file(dir, "b.js");
    write_file(dir, "README.md");
    write_file(dir, ".secret.js");
    snprintf(path, sizeof path, "%s/a", dir);
    assert_return_code(mkdir(path, 0700), errno);
    write_file(path, "index.html");
    char *first = strdup(pack_of(dir, &status));
    assert_non_null(strstr(first, "n_pages = 2"));
    assert_true(strstr(first, "\"/a/index.html\"") < strstr(first, "\"/b.js\""));
    assert_true(!strstr(first, "README") && !strstr(first, "secret"));
    snprintf(path, sizeof path, "touch -d 2001-01-01 %s/b.js", dir);
    assert_int_equal(system(path), 0);
    assert_string_equal(pack_of(dir, &status), first);
    free(first);

    write_file(dir, "page.doc");
    assert_non_null(strstr(pack_of(dir, &status), "page.doc: of no type that is served"));
    assert_int_equal(status, 1);
    snprintf(path, sizeof path, "%s/page.doc", dir);
    unlink(path);
    write_file(dir, "a\"b.js");
    assert_non_null(strstr(pack_of(dir, &status), "name has more than"));
    assert_int_equal(status, 1);
    snprintf(path, sizeof path, "rm -r %s", dir);
    assert_int_equal(system(path), 0);
    assert_non_null(strstr(pack_of(dir, &status), "No such file or directory"));
    assert_int_equal(status, 1);
    pack_of("", &status);
    assert_int_equal(status, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_build_web),
        cmocka_unit_test(test_damaged_page),
        cmocka_unit_test(test_pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
