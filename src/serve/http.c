/* Pages over HTTP: one request, one page. */
#include <ctype.h>

#include "serve/inside.h"
#include "serve/page_type.h"
#include "serve/pages.h"
#include "serve/range.h"

enum { LOCATION_SIZE = 512 };

static int not_found(struct lws *wsi, struct response *r) {
    return serve_respond_line(wsi, r, (struct head){.status = 404}, "There is no such page.\n");
}

/* Named, and not with a weight of zero. */
bool serve_takes_gzip(struct lws *wsi) {
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
    return range_etag_known(known, page->etag);
}

/* The whole page is what r holds. */
static int send_page(struct lws *wsi, struct response *r, struct head h) {
    h.n_bytes = r->n_piece;
    return serve_respond(wsi, r, &h);
}

/* The tag names the gzipped bytes, so only those carry it. */
static int answer_packed(struct lws *wsi, struct response *r, const struct page *page) {
    struct head h = {.status = 200, .type = page->type};
    if (serve_takes_gzip(wsi)) {
        h.etag = page->etag;
        if (has_newest(wsi, page)) {
            h.status = 304;
            return send_page(wsi, r, h);
        }
        h.encoding = "gzip";
        r->piece = page->gzip;
        r->n_piece = page->n_bytes;
    } else {
        r->piece = r->owned = page_inflate(page, &r->n_piece);
        if (!r->owned) return serve_respond_line(wsi, r, (struct head){.status = 500}, "There is not enough memory.\n");
    }
    return send_page(wsi, r, h);
}

static bool exists(struct serve *s, const char *path) {
    return s->web_dir ? page_on_disk(s->web_dir, path) : page_find(path) != NULL;
}

static int answer_page(struct serve *s, struct lws *wsi, struct response *r, const char *path) {
    if (!exists(s, path)) return not_found(wsi, r);
    if (!s->web_dir) return answer_packed(wsi, r, page_find(path));
    r->piece = r->owned = page_read(s->web_dir, path, &r->n_piece);
    if (!r->owned) return not_found(wsi, r);
    return send_page(wsi, r, (struct head){.status = 200, .type = page_type(path)});
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
    if (!add_query(wsi, location))
        return serve_respond_line(wsi, r, (struct head){.status = 414}, "That is too long.\n");
    return serve_respond_line(wsi, r, (struct head){.status = 302, .location = location}, "It is elsewhere.\n");
}

/* A call's replay is one page for all calls: which it is, the page reads in its own address. */
static const char *page_of(const char *path) {
    static const char replay[] = "/replay/";
    size_t n = strlen(replay);
    return !strncmp(path, replay, n) && call_id_is(path + n) ? "/replay/index.html" : path;
}

int serve_http_answer(struct serve *s, struct lws *wsi, struct response *r, const char *path, size_t n_path) {
    char with_index[REQUEST_PATH_SIZE + sizeof "/index.html"];
    bool get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    bool chunked = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
    size_t n = strlen(path);
    serve_response_end(r);
    r->head_only = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    bool page = get || r->head_only;
    r->hang_up = !page || chunked; /* a body may follow, which nobody reads, and which is no next request */
    if (n != n_path || n >= REQUEST_PATH_SIZE) return not_found(wsi, r); /* "%00" ends a string */
    if (serve_request_is(path)) return serve_request_begin(s, wsi, r, path);
    if (!page)
        return serve_respond_line(wsi, r, (struct head){.status = 405, .allow = "GET, HEAD"}, "Only GET and HEAD.\n");
    if (!strcmp(path, "/events"))
        return serve_respond_line(wsi, r, (struct head){.status = 426}, "This is a WebSocket.\n");
    if (!strcmp(path, "/")) return redirect(wsi, r, "/agent/");
    path = page_of(path);
    n = strlen(path);
    bool folder = path[n - 1] == '/';
    snprintf(with_index, sizeof with_index, "%s%sindex.html", path, folder ? "" : "/");
    if (folder) return answer_page(s, wsi, r, with_index);
    if (exists(s, path) || !exists(s, with_index)) return answer_page(s, wsi, r, path);
    with_index[n + 1] = '\0';
    return redirect(wsi, r, with_index);
}
