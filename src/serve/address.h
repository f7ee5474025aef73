/* address.h - "ADDR:PORT" to a listening socket. */
#ifndef SERVE_ADDRESS_H
#define SERVE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct address {
    int fd;        /* listening, non-blocking */
    bool loopback; /* only this machine reaches it */
    char url[96];  /* "http://127.0.0.1:7070" */
};

/* Whether the text has the form "ADDR:PORT", "[::1]:PORT" or ":PORT". */
bool address_is(const char *listen);

/* False on failure, with one sentence naming the address in message; then no socket is open. */
bool address_listen(struct address *address, const char *listen, char *message, size_t message_size);

#endif
