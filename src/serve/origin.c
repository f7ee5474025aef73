/* Which pages may ask. The browser says in Host and Origin which name was asked and where the page came from.
 */
#include "serve/inside.h"

/* A page of elsewhere that a browser happens to show must not listen to calls. Who sends no Origin is a tool, or a page
 * of ours that only reads. */
static bool same_origin(const char *origin, const char *host) {
    const char *from = strstr(origin, "://");
    return from && !strcasecmp(from + 3, host);
}

/* A name of elsewhere can be made to resolve to 127.0.0.1 (DNS rebinding), and its pages then have the right origin. So
 * a server only this machine reaches wants to be called localhost or by number. */
static bool names_this_machine(const char *host) {
    size_t n = strcspn(host, ":");
    return host[0] == '[' || (n == 9 && !strncasecmp(host, "localhost", n)) || strspn(host, "0123456789.") == n;
}

/* False where the header is there and is too long. */
static bool copy(struct lws *wsi, char value[300], enum lws_token_indexes header) {
    *value = '\0';
    return lws_hdr_total_length(wsi, header) <= 0 || lws_hdr_copy(wsi, value, 300, header) >= 0;
}

bool serve_origin_allowed(const struct serve *s, struct lws *wsi) {
    char origin[300], host[300];
    if (!copy(wsi, origin, WSI_TOKEN_ORIGIN) || !copy(wsi, host, WSI_TOKEN_HOST)) return false;
    if (*host && s->address.loopback && !names_this_machine(host)) return false;
    return !*origin || same_origin(origin, host);
}
