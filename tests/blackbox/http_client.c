#include "http_client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_S = 20 };

int http_plug(const char *address) {
    char host[100] = "", port[8] = "";
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    const struct timeval limit = {.tv_sec = TIMEOUT_S};
    if (sscanf(address, "http://[%99[^]]]:%7s", host, port) != 2) sscanf(address, "http://%99[^:]:%7s", host, port);
    if (getaddrinfo(host, port, &hints, &found)) return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, found->ai_addr, found->ai_addrlen)) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

bool http_put(int fd, const void *bytes, size_t n_bytes) {
    const char *at = bytes;
    while (n_bytes) {
        ssize_t n = send(fd, at, n_bytes, MSG_NOSIGNAL);
        if (n <= 0) return false;
        at += n;
        n_bytes -= (size_t)n;
    }
    return true;
}

/* All that comes, terminated. */
static char *take_all(int fd, size_t *n_bytes) {
    size_t size = 1 << 16;
    char *text = malloc(size);
    ssize_t got = 1;
    for (*n_bytes = 0; text && got > 0;) {
        do got = recv(fd, text + *n_bytes, size - *n_bytes - 1, 0);
        while (got < 0 && errno == EINTR); /* a child of the server's has ended, where the server is this process */
        if (got > 0) *n_bytes += (size_t)got;
        if (*n_bytes + 1 == size) text = realloc(text, size *= 2);
    }
    if (text) text[*n_bytes] = '\0';
    close(fd);
    return text;
}

http_answer http_take(int fd) {
    http_answer a = {0};
    size_t n;
    char *text = take_all(fd, &n), *end = text ? strstr(text, "\r\n\r\n") : NULL;
    if (end && !strncmp(text, "HTTP/1.", 7)) {
        a.status = atoi(text + 9);
        a.n_body = n - (size_t)(end + 4 - text);
        a.body = malloc(a.n_body + 1);
        memcpy(a.body, end + 4, a.n_body + 1);
        end[2] = '\0';
        a.head = text;
    } else {
        free(text);
    }
    return a;
}

http_answer http_ask(const char *address, const char *method, const char *path, const char *headers, const char *body) {
    char length[100] = "", *request = NULL;
    int fd = http_plug(address);
    if (fd < 0) return (http_answer){0};
    if (body)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n%s", strlen(body),
                 headers && strcasestr(headers, "content-type:") ? "" : "Content-Type: application/json\r\n");
    int n = asprintf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s\r\n%s", method, path,
                     headers ? headers : "", length, body ? body : "");
    if (n > 0) http_put(fd, request, (size_t)n);
    free(request);
    return http_take(fd);
}

void http_answer_free(http_answer *a) {
    free(a->head);
    free(a->body);
    *a = (http_answer){0};
}

const char *http_header(const http_answer *a, const char *name) {
    static char value[500];
    size_t n = strlen(name);
    for (const char *line = a->head; line && (line = strstr(line, "\r\n")) && *(line += 2);) {
        if (strncasecmp(line, name, n) || line[n] != ':') continue;
        const char *from = line + n + 1 + strspn(line + n + 1, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r"), from);
        return value;
    }
    return "";
}
