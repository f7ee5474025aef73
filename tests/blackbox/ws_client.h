/* ws_client.h - a WebSocket client for tests: on a thread of its own it keeps every text message with the time it
 * came. */
#ifndef WS_CLIENT_H
#define WS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ws_client ws_client;

/* One text message; its memory lasts until the client is closed. */
typedef struct ws_text {
    const char *text; /* terminated */
    size_t n_bytes;
    int64_t received_us; /* CLOCK_REALTIME */
} ws_text;

/* Connects to address ("http://127.0.0.1:7070" or "ws://...") and waits for the answer, at most 10 s. origin and
 * subprotocol may be null for none. Null without memory. */
ws_client *ws_client_open(const char *address, const char *path, const char *origin, const char *subprotocol);

/* 101 when the connection was made, another HTTP status when it was refused, 0 when nobody answered. */
int ws_client_status(ws_client *c);

/* Sends text, returns at once. */
void ws_client_send(ws_client *c, const char *text);

size_t ws_client_count(ws_client *c);
ws_text ws_client_text(ws_client *c, size_t i); /* the i-th that came; i under the count */

/* Waits until is() is true of some message, from the first that ever came; copies it to *found (may be null). False
 * when timeout_ms have passed or the connection was closed without one. */
bool ws_client_wait(ws_client *c, bool (*is)(const ws_text *text, void *user), void *user, int timeout_ms,
                    ws_text *found);

/* Waits for n messages in all, or for the server to close the connection. */
bool ws_client_wait_count(ws_client *c, size_t n, int timeout_ms);
bool ws_client_wait_closed(ws_client *c, int timeout_ms);

void ws_client_close(ws_client *c); /* null does nothing */

#endif
