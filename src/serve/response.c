/* An answer goes out: its head, then its body in pieces whenever the socket can take one. Every answer carries the
 * security headers of serve.c. */
#include "serve/inside.h"

enum { PIECE = 8192, STALL_S = 300 /* without taking a byte */ };

static bool write_head(struct lws *wsi, const struct head *h) {
    unsigned char buffer[LWS_PRE + 2048], *start = buffer + LWS_PRE, *p = start, *end = buffer + sizeof buffer;
    const struct {
        const char *name, *value;
    } headers[] = {
        {"cache-control:", h->secret ? "no-store" : "no-cache"},
        {"vary:", h->secret ? NULL : "accept-encoding"},
        {"content-encoding:", h->encoding},
        {"content-range:", h->range},
        {"content-disposition:", h->disposition},
        {"accept-ranges:", h->has_ranges ? "bytes" : NULL},
        {"etag:", h->etag},
        {"last-modified:", h->modified},
        {"location:", h->location},
        {"allow:", h->allow},
    };
    bool good = h->status == 304 ? !lws_add_http_header_status(wsi, 304, &p, end)
                                 : !lws_add_http_common_headers(wsi, h->status, h->type, h->n_bytes, &p, end);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const char *value = headers[i].value;
        if (value)
            good = good && !lws_add_http_header_by_name(wsi, (const unsigned char *)headers[i].name,
                                                        (const unsigned char *)value, (int)strlen(value), &p, end);
    }
    return good && !lws_finalize_write_http_header(wsi, start, &p, end);
}

void serve_response_end(struct response *r) {
    free(r->owned);
    free(r->coming);
    serve_errand_gone(r->errand);
    *r = (struct response){0};
}

static int completed(struct lws *wsi, struct response *r) {
    bool hang_up = r->hang_up;
    serve_response_end(r);
    return lws_http_transaction_completed(wsi) || hang_up ? -1 : 0;
}

int serve_respond(struct lws *wsi, struct response *r, const struct head *h) {
    r->left = h->n_bytes;
    if (!write_head(wsi, h)) return -1;
    if (r->head_only || !r->left) return completed(wsi, r);
    lws_callback_on_writable(wsi);
    return 0;
}

/* libwebsockets may free r with the end of its transaction. */
int serve_response_write(struct serve *s, struct lws *wsi, struct response *r) {
    unsigned char buffer[LWS_PRE + PIECE];
    size_t n = r->n_piece < PIECE ? r->n_piece : PIECE;
    if (!n) return 0;
    memcpy(buffer + LWS_PRE, r->piece, n);
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALL_S);
    if (lws_write(wsi, buffer + LWS_PRE, n, n == r->left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0) return -1;
    r->piece += n;
    r->n_piece -= n;
    r->left -= n;
    if (!r->left) return completed(wsi, r);
    if (!r->n_piece) return serve_request_read_on(s, r);
    lws_callback_on_writable(wsi);
    return 0;
}

int serve_respond_line(struct lws *wsi, struct response *r, struct head h, const char *line) {
    h.type = "text/plain; charset=utf-8";
    h.n_bytes = r->n_piece = strlen(line);
    r->piece = (const unsigned char *)line;
    return serve_respond(wsi, r, &h);
}
