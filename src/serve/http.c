/* Pages over HTTP: a request comes in, one answer goes out, its body in pieces whenever the socket can take one.
 * Every answer carries the security headers of serve.c. */
#include <ctype.h>

#include "serve/inside.h"
#include "serve/page_type.h"
#include "serve/pages.h"

enum { PIECE = 8192, PATH_SIZE = 256, LOCATION_SIZE = 512 };

/* What to say, apart from the body. */
struct head {
    unsigned status;
    const char *type, *encoding, *etag, *location, *allow; /* null where it has none */
};

static bool add(struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end) {
    return !value || !lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
                                                  (int)strlen(value), p, end);
}

static bool write_head(struct lws *wsi, const struct head *h, size_t n_bytes) {
    unsigned char buffer[LWS_PRE + 2048], *start = buffer + LWS_PRE, *p = start, *end = buffer + sizeof buffer;
    return !lws_add_http_common_headers(wsi, h->status, h->type, n_bytes, &p, end) &&
           add(wsi, "cache-control:", "no-cache", &p, end) && add(wsi, "vary:", "accept-encoding", &p, end) &&
           add(wsi, "content-encoding:", h->encoding, &p, end) && add(wsi, "etag:", h->etag, &p, end) &&
           add(wsi, "location:", h->location, &p, end) && add(wsi, "allow:", h->allow, &p, end) &&
           !lws_finalize_write_http_header(wsi, start, &p, end);
}

void serve_http_end(struct response *r) {
    free(r->owned);
    *r = (struct response){0};
}

static int completed(struct lws *wsi, struct response *r) {
    bool hang_up = r->hang_up;
    serve_http_end(r);
    return lws_http_transaction_completed(wsi) || hang_up ? -1 : 0;
}

/* r says what the body is. */
static int answer(struct lws *wsi, struct response *r, const struct head *h) {
    bool head_only = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    if (!write_head(wsi, h, r->n_bytes)) return -1;
    if (head_only || !r->n_bytes) return completed(wsi, r);
    lws_callback_on_writable(wsi);
    return 0;
}

int serve_http_write(struct lws *wsi, struct response *r) {
    unsigned char buffer[LWS_PRE + PIECE];
    size_t left = r->n_bytes - r->n_sent, n = left < PIECE ? left : PIECE;
    if (!r->body) return 0;
    memcpy(buffer + LWS_PRE, r->body + r->n_sent, n);
    if (lws_write(wsi, buffer + LWS_PRE, n, n == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0) return -1;
    r->n_sent += n;
    if (r->n_sent == r->n_bytes) return completed(wsi, r);
    lws_callback_on_writable(wsi);
    return 0;
}

static int answer_line(struct lws *wsi, struct response *r, struct head h, const char *line) {
    h.type = "text/plain; charset=utf-8";
    r->body = (const unsigned char *)line;
    r->n_bytes = strlen(line);
    return answer(wsi, r, &h);
}

static int not_found(struct lws *wsi, struct response *r) {
    return answer_line(wsi, r, (struct head){.status = 404}, "There is no such page.\n");
}

/* Whether the client takes gzip: named, and not with a weight of zero. */
static bool takes_gzip(struct lws *wsi) {
    char value[256], *rest = NULL;
    if (lws_hdr_copy(wsi, value, sizeof value, WSI_TOKEN_HTTP_ACCEPT_ENCODING) <= 0) return false;
    for (char *item = strtok_r(value, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
        item += strspn(item, " \t");
        size_t n = strcspn(item, "; \t");
        if (n != 4 || strncasecmp(item, "gzip", n)) continue;
        const char *weight = strstr(item, "q=");
        return !weight || strtod(weight + 2, NULL) > 0;
    }
    return false;
}

static bool has_newest(struct lws *wsi, const struct page *page) {
    char known[256];
    if (lws_hdr_copy(wsi, known, sizeof known, WSI_TOKEN_HTTP_IF_NONE_MATCH) <= 0) return false;
    return !strcmp(known, "*") || strstr(known, page->etag);
}

/* The tag names the gzipped bytes, so only those carry it. */
static int answer_packed(struct lws *wsi, struct response *r, const struct page *page) {
    struct head h = {.status = 200, .type = page->type};
    if (takes_gzip(wsi)) {
        h.etag = page->etag;
        if (has_newest(wsi, page)) {
            h.status = 304;
            return answer(wsi, r, &h);
        }
        h.encoding = "gzip";
        r->body = page->gzip;
        r->n_bytes = page->n_bytes;
    } else {
        r->body = r->owned = page_inflate(page, &r->n_bytes);
        if (!r->owned) return answer_line(wsi, r, (struct head){.status = 500}, "There is not enough memory.\n");
    }
    return answer(wsi, r, &h);
}

static bool exists(struct serve *s, const char *path) {
    return s->web_dir ? page_on_disk(s->web_dir, path) : page_find(path) != NULL;
}

static int answer_page(struct serve *s, struct lws *wsi, struct response *r, const char *path) {
    if (!exists(s, path)) return not_found(wsi, r);
    if (!s->web_dir) return answer_packed(wsi, r, page_find(path));
    r->body = r->owned = page_read(s->web_dir, path, &r->n_bytes);
    if (!r->owned) return not_found(wsi, r);
    struct head h = {.status = 200, .type = page_type(path)};
    return answer(wsi, r, &h);
}

/* Appends text as a part of a query, false where it does not fit. */
static bool add_encoded(char location[LOCATION_SIZE], const char *text) {
    size_t n = strlen(location);
    for (; *text && n < LOCATION_SIZE; text++) {
        unsigned char c = (unsigned char)*text;
        n += (size_t)snprintf(location + n, LOCATION_SIZE - n, isalnum(c) || strchr("=-._~", c) ? "%c" : "%%%02X", c);
    }
    return n < LOCATION_SIZE;
}

/* The query as it came; libwebsockets has decoded it, each argument for itself. */
static bool add_query(struct lws *wsi, char location[LOCATION_SIZE]) {
    char argument[LOCATION_SIZE];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) >= LOCATION_SIZE) return false;
    for (int i = 0; lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, i) >= 0; i++) {
        size_t n = strlen(location);
        if (n + 2 > LOCATION_SIZE) return false;
        strcpy(location + n, i ? "&" : "?");
        if (!add_encoded(location, argument)) return false;
    }
    return true;
}

static int redirect(struct lws *wsi, struct response *r, const char *path) {
    char location[LOCATION_SIZE];
    snprintf(location, sizeof location, "%s", path);
    if (!add_query(wsi, location)) return answer_line(wsi, r, (struct head){.status = 414}, "That is too long.\n");
    return answer_line(wsi, r, (struct head){.status = 302, .location = location}, "It is elsewhere.\n");
}

int serve_http_answer(struct serve *s, struct lws *wsi, struct response *r, const char *path, size_t n_path) {
    char with_index[PATH_SIZE + sizeof "/index.html"];
    serve_http_end(r);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0 && lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) <= 0) {
        r->hang_up = true; /* a body may follow, which nobody reads */
        return answer_line(wsi, r, (struct head){.status = 405, .allow = "GET, HEAD"}, "Only GET and HEAD.\n");
    }
    size_t n = strlen(path);
    if (n != n_path || n >= PATH_SIZE) return not_found(wsi, r); /* "%00" ends a string */
    if (!strcmp(path, "/events")) return answer_line(wsi, r, (struct head){.status = 426}, "This is a WebSocket.\n");
    if (!strcmp(path, "/")) return redirect(wsi, r, "/agent/");
    bool folder = path[n - 1] == '/';
    snprintf(with_index, sizeof with_index, "%s%sindex.html", path, folder ? "" : "/");
    if (folder) return answer_page(s, wsi, r, with_index);
    if (exists(s, path) || !exists(s, with_index)) return answer_page(s, wsi, r, path);
    with_index[n + 1] = '\0';
    return redirect(wsi, r, with_index);
}
