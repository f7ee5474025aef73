/* http_client.h - an HTTP client for tests: one request, one connection, one answer. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct http_answer {
    int status; /* 0: nobody answered, or what came is no HTTP */
    char *head; /* terminated, with the status line */
    char *body; /* n_body bytes, and a terminator after them */
    size_t n_body;
} http_answer;

/* Asks the server at address ("http://127.0.0.1:7070"). headers: lines that end with "\r\n", or null; body: null for
 * none, else sent with its length and as application/json unless headers say otherwise. Waits 20 s. The answer is to be
 * freed. */
http_answer http_ask(const char *address, const char *method, const char *path, const char *headers, const char *body);
void http_answer_free(http_answer *a);

/* The value of a header, "" where it is not there; valid until the next call. */
const char *http_header(const http_answer *a, const char *name);

/* A connection of one's own, for what a client should not do. Sends without waiting; takes what comes until the other
 * side hangs up, or for 20 s. */
int http_plug(const char *address);
bool http_put(int fd, const void *bytes, size_t n_bytes);
http_answer http_take(int fd); /* closes fd */

#endif
