/* Requests for the desk, on the network thread: copied and handed over, and what comes of them sent. What is wrong with
 * the request itself is said at once.
 */
#include "serve/inside.h"

enum { BODY_S = 30 /* for a body to come whole */, ARGUMENTS_SIZE = 16384 };

static const enum lws_token_indexes methods[METHODS] = {[METHOD_GET] = WSI_TOKEN_GET_URI,
                                                        [METHOD_HEAD] = WSI_TOKEN_HEAD_URI,
                                                        [METHOD_POST] = WSI_TOKEN_POST_URI,
                                                        [METHOD_DELETE] = WSI_TOKEN_DELETE_URI};

bool serve_request_is(const char *path) { return !strncmp(path, "/api/", 5) || !strcmp(path, "/metrics"); }

/* ---- what came in ---- */

/* "" where it is not there; false where it is longer than any that makes sense. */
static bool copy(struct lws *wsi, char *value, size_t size, enum lws_token_indexes header) {
    *value = '\0';
    return lws_hdr_total_length(wsi, header) <= 0 || lws_hdr_copy(wsi, value, (int)size, header) >= 0;
}

static method method_of(struct lws *wsi) {
    int m = 0;
    while (m < METHODS && lws_hdr_total_length(wsi, methods[m]) <= 0) m++;
    return (method)m;
}

/* The length that Content-Length says: 0 without one, -1 where it is no number or too much for anybody. */
static long long body_length(struct lws *wsi) {
    char text[24];
    if (!copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH)) return -1;
    return text[strspn(text, "0123456789")] ? -1 : strtoll(text, NULL, 10);
}

/* A form of another site can send neither JSON nor bytes unless the browser has asked us first. */
static bool body_is(struct lws *wsi, const char *wanted) {
    char type[128];
    if (!copy(wsi, type, sizeof type, WSI_TOKEN_HTTP_CONTENT_TYPE)) return false;
    size_t n = strcspn(type, "; \t");
    return n == strlen(wanted) && !strncasecmp(type, wanted, n);
}

/* One "name=value" of the query; libwebsockets has decoded it. False where it is none, no UTF-8 or there already. */
static bool add_argument(json_t *arguments, const char *argument, size_t n_bytes) {
    const char *equals = memchr(argument, '=', n_bytes);
    if (!equals || memchr(argument, '\0', n_bytes)) return false;
    json_t *name = json_stringn(argument, (size_t)(equals - argument));
    json_t *value = json_stringn(equals + 1, n_bytes - (size_t)(equals + 1 - argument));
    const char *key = json_string_value(name);
    bool good = key && value && !json_object_get(arguments, key) && !json_object_set(arguments, key, value);
    json_decref(name);
    json_decref(value);
    return good;
}

/* Null where one of them is bad. */
static json_t *take_arguments(struct lws *wsi) {
    char argument[ARGUMENTS_SIZE];
    json_t *arguments = json_object();
    int n;
    for (int i = 0; (n = lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0; i++)
        if (!add_argument(arguments, argument, (size_t)n)) {
            json_decref(arguments);
            return NULL;
        }
    return arguments;
}

/* Null without memory. Takes over arguments. */
static struct errand *errand_new(struct serve *s, struct lws *wsi, const char *path, json_t *arguments, size_t n_body) {
    struct errand *e = calloc(1, sizeof *e);
    char *body = n_body ? malloc(n_body) : NULL;
    if (!e || (n_body && !body)) {
        json_decref(arguments);
        free(body);
        free(e);
        return NULL;
    }
    request *r = &e->request;
    e->wsi = wsi;
    e->begun_us = lws_now_usecs();
    r->method = method_of(wsi);
    r->arguments = arguments;
    r->body = body;
    r->body_size = n_body;
    snprintf(r->path, sizeof r->path, "%s", path);
    lws_get_peer_simple(wsi, r->from, sizeof r->from);
    if (!copy(wsi, r->range, sizeof r->range, WSI_TOKEN_HTTP_RANGE)) *r->range = '\0';
    if (!copy(wsi, r->if_range, sizeof r->if_range, WSI_TOKEN_HTTP_IF_RANGE)) strcpy(r->if_range, "(too long)");
    copy(wsi, r->if_none_match, sizeof r->if_none_match, WSI_TOKEN_HTTP_IF_NONE_MATCH);
    r->takes_gzip = serve_takes_gzip(wsi);
    r->status = state_status(s->state);
    return e;
}

/* ---- refused at once ---- */

int serve_request_refuse(struct lws *wsi, struct response *r, unsigned status, const char *why) {
    char *text = NULL;
    json_t *error = json_pack("{ss}", "error", why);
    if (error) text = json_dumps(error, JSON_COMPACT);
    json_decref(error);
    if (!text) return -1;
    bool hang_up = r->hang_up, head_only = r->head_only;
    serve_response_end(r);
    *r = (struct response){.piece = (unsigned char *)text,
                           .owned = (unsigned char *)text,
                           .n_piece = strlen(text),
                           .head_only = head_only,
                           .hang_up = hang_up};
    const struct head h = {.status = status,
                           .type = "application/json",
                           .n_bytes = r->n_piece,
                           .secret = true,
                           .allow = status == 405 ? "GET, HEAD, POST, DELETE" : NULL};
    return serve_respond(wsi, r, &h);
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && !strcmp(text + n - n_end, end);
}

/* Deletions reach backups, which may lie on slow disks. */
static struct desk *desk_for(struct serve *s, const request *r) {
    bool order = r->method == METHOD_POST && strcmp(r->path, "/api/deletions") != 0;
    return s->desks[order ? DESK_ORDERS : ends_with(r->path, "/peaks") ? DESK_SOUND : DESK_READING];
}

/* What the client sends meanwhile is its next request, and has to wait: libwebsockets would come back with it for ever.
 */
static bool send_away(struct serve *s, struct errand *e) {
    e->desk = desk_for(s, &e->request);
    e->away = desk_hand_in(e->desk, e);
    if (e->away) lws_rx_flow_control(e->wsi, 0);
    return e->away;
}

static int hand_in(struct serve *s, struct lws *wsi, struct response *r) {
    r->hang_up = false;
    r->errand->asked = true;
    return send_away(s, r->errand) ? 0 : serve_request_refuse(wsi, r, 503, "too many requests wait");
}

/* What is wrong with a body by what the head says of it: a status with a sentence, 0 for nothing. */
static unsigned body_fault(struct lws *wsi, method m, bool upload, long long n_body, const char **why) {
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return *why = "a body needs a Content-Length", 411;
    if (upload && (n_body < 0 || n_body > UPLOAD_MAX))
        return *why = "the recording is longer than 2 GB, or its length is no number", 413;
    if (!upload && (n_body < 0 || n_body > REQUEST_BODY_MAX))
        return *why = "the body is longer than 65,536 bytes, or its length is no number", 413;
    if (m != METHOD_POST) return n_body ? *why = "only POST has a body", 400 : 0;
    if (upload && !n_body) return *why = "a recording is wanted, with a Content-Length", 411;
    if (upload && !body_is(wsi, "application/octet-stream"))
        return *why = "the body must be application/octet-stream", 415;
    if (!n_body) return *why = "a JSON object is wanted, with a Content-Length", 411;
    if (!upload && !body_is(wsi, "application/json")) return *why = "the body must be application/json", 415;
    return 0;
}

/* What follows the head of the request is read only where it is a body that we want: r says to hang up until then. */
int serve_request_begin(struct serve *s, struct lws *wsi, struct response *r, const char *path) {
    method m = method_of(wsi);
    bool upload = serve_upload_is(m, path);
    long long n_body = body_length(wsi);
    const char *why = "";
    r->hang_up = r->hang_up || n_body;
    if (!serve_origin_allowed(s, wsi)) return serve_request_refuse(wsi, r, 403, "that page is not of here");
    if (m == METHODS) return serve_request_refuse(wsi, r, 405, "only GET, HEAD, POST and DELETE");
    unsigned fault = body_fault(wsi, m, upload, n_body, &why);
    if (fault) return serve_request_refuse(wsi, r, fault, why);
    json_t *arguments = take_arguments(wsi);
    if (!arguments) return serve_request_refuse(wsi, r, 400, "the query is not name=value in UTF-8, each name once");
    r->errand = errand_new(s, wsi, path, arguments, upload ? 0 : (size_t)n_body);
    if (!r->errand) return -1;
    if (upload) return serve_upload_begin(s, wsi, r, n_body);
    return n_body ? 0 : hand_in(s, wsi, r);
}

int serve_request_receive(struct lws *wsi, struct response *r, const char *in, size_t n_bytes) {
    struct errand *e = r->errand;
    if (e && e->upload) return serve_upload_receive(wsi, r, in, n_bytes);
    if (!e || e->asked) return 0; /* refused, and what follows is passed over */
    request *q = &e->request;
    if (n_bytes > q->body_size - q->n_body) return -1;
    memcpy(q->body + q->n_body, in, n_bytes);
    q->n_body += n_bytes;
    if (lws_now_usecs() - e->begun_us < BODY_S * LWS_US_PER_SEC) return 0;
    return serve_request_refuse(wsi, r, 408, "the body did not come in 30 s");
}

int serve_request_received(struct serve *s, struct lws *wsi, struct response *r) {
    struct errand *e = r->errand;
    return e && !e->asked && !e->upload ? hand_in(s, wsi, r) : 0;
}

/* ---- what goes out ---- */

static const char *or_null(const char *text) { return *text ? text : NULL; }

static int send_head(struct lws *wsi, struct response *r, struct errand *e) {
    const answer *a = &e->answer;
    const struct head h = {.status = a->status,
                           .type = a->type,
                           .encoding = a->encoding,
                           .n_bytes = (size_t)a->n_bytes,
                           .etag = or_null(a->etag),
                           .modified = or_null(a->modified),
                           .range = or_null(a->range),
                           .allow = or_null(a->allow),
                           .disposition = or_null(a->disposition),
                           .has_ranges = a->has_ranges,
                           .secret = true};
    e->goes_on = true;
    return serve_respond(wsi, r, &h);
}

int serve_request_write(struct serve *s, struct lws *wsi, struct response *r) {
    struct errand *e = r->errand;
    if (!e) return serve_response_write(s, wsi, r);
    if (serve_upload_waits(wsi, r) || e->away) return 0;
    if (e->goes_on && !r->n_piece) return -1; /* the file is gone */
    if (!e->answer.status) return serve_request_refuse(wsi, r, 503, "the server is closing");
    return e->goes_on ? serve_response_write(s, wsi, r) : send_head(wsi, r, e);
}

int serve_request_read_on(struct serve *s, struct response *r) { return send_away(s, r->errand) ? 0 : -1; }

static void take_back(struct errand *e) {
    struct response *r = &((struct connection *)lws_wsi_user(e->wsi))->response;
    e->away = false;
    if (serve_upload_goes_on(e)) {
        serve_upload_taken(e->wsi, r);
        return;
    }
    lws_rx_flow_control(e->wsi, 1);
    r->piece = (unsigned char *)e->answer.piece;
    r->n_piece = e->answer.n_piece;
    lws_callback_on_writable(e->wsi);
}

static void take_all_back(struct serve *s, struct desk *desk) {
    for (struct errand *e; (e = desk_take_back(desk));) {
        e->away = false;
        if (e->listens) serve_hearing_answered(s, e);
        else if (e->wsi) take_back(e);
        else serve_errand_gone(e);
    }
}

void serve_requests_answered(struct serve *s) {
    for (int i = 0; i < DESKS; i++) take_all_back(s, s->desks[i]);
}
