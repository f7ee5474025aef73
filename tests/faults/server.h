/* server.h - a server that follows and records many calls, with a client that is shown what happens. */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "../blackbox/program.h"
#include "../blackbox/ws_client.h"

typedef struct server {
    program program;
    char address[64];
    ws_client *client;
} server;

/* Begins to follow the calls of calls_make, and waits until the first cue has come. */
void server_start(server *s, int n_calls, const char *data);

/* What it tells whom: the last status that the client was shown, and that one who joins now is; and /metrics. Each 1:
 * calls are being stored, 0: they are not, -1: it does not say. */
int server_last_status(const server *s);
int server_status_for_late(const server *s);
int server_metric(const server *s);

/* Waits until the last status is this, and fails the test if it never comes. */
void server_wait_status(const server *s, int storing, int timeout_ms);

/* Ends it as an operator does and returns its status. */
int server_stop(server *s);

/* After it has stopped. */
void server_end(server *s);

int64_t wall_us(void); /* microseconds of Unix time */

#endif
