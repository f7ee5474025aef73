/* libwebsockets can listen by itself, but it defers a port in use and reports to stderr; with a socket of our own the
 * reason is exact, nothing races, and what accepted sockets inherit is set once. */
#include "serve/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SEND_BUFFER = 16384, /* a stalled reader held 2.7 MB of stale messages in the kernel without, 18 KB with it */
    BACKLOG = 1024,
};

/* "[::1]:70" to "::1" and "70"; ":70" to "" and "70". */
static bool split(const char *listen, char host[256], char port[6]) {
    const char *colon = strrchr(listen, ':');
    if (!colon || colon - listen >= 256 || strlen(colon + 1) > 5) return false;
    strcpy(port, colon + 1);
    if (!*port || port[strspn(port, "0123456789")] || atoi(port) > 65535) return false;
    size_t n = (size_t)(colon - listen);
    bool bracketed = n > 2 && listen[0] == '[' && listen[n - 1] == ']';
    memcpy(host, listen + bracketed, n - 2 * bracketed);
    host[n - 2 * bracketed] = '\0';
    return bracketed || !strpbrk(host, ":[]");
}

static bool is_loopback(const struct sockaddr *sa) {
    if (sa->sa_family == AF_INET) return ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr) >> 24 == 127;
    return sa->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)sa)->sin6_addr);
}

static bool is_any(const struct sockaddr *sa) {
    if (sa->sa_family == AF_INET) return ((const struct sockaddr_in *)sa)->sin_addr.s_addr == htonl(INADDR_ANY);
    return sa->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)sa)->sin6_addr);
}

/* From the socket, since port 0 took a free one. */
static bool describe(struct address *address) {
    struct sockaddr_storage bound;
    struct sockaddr *sa = (struct sockaddr *)&bound;
    socklen_t n = sizeof bound;
    char host[64], port[8];
    if (getsockname(address->fd, sa, &n) ||
        getnameinfo(sa, n, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        return false;
    address->loopback = is_loopback(sa);
    if (is_any(sa)) strcpy(host, "127.0.0.1");
    bool brackets = strchr(host, ':');
    snprintf(address->url, sizeof address->url, "http://%s%s%s:%s", brackets ? "[" : "", host, brackets ? "]" : "",
             port);
    return true;
}

/* Accepted sockets inherit these. NODELAY: a cue does not wait for the acknowledgement of the one before. */
static void set_options(int fd) {
    int on = 1, off = 0, bytes = SEND_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); /* "::" takes IPv4 too */
}

static int listen_at(const struct addrinfo *at) {
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    set_options(fd);
    if (!bind(fd, at->ai_addr, at->ai_addrlen) && !listen(fd, BACKLOG)) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static const char *reason(int error) {
    switch (error) {
    case EADDRINUSE:
        return "port is in use by another program";
    case EACCES:
        return "no permission to use this port";
    case EADDRNOTAVAIL:
        return "not an address of this machine";
    default:
        return strerror(error);
    }
}

/* Nothing before the colon means every address: "::" where the machine has IPv6, else "0.0.0.0". */
static int resolve(const char *host, const char *port, struct addrinfo **found) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (*host) return getaddrinfo(host, port, &hints, found);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) close(fd);
    return getaddrinfo(fd >= 0 ? "::" : "0.0.0.0", port, &hints, found);
}

bool address_is(const char *listen) {
    char host[256], port[6];
    return split(listen, host, port);
}

bool address_listen(struct address *address, const char *listen, char *message, size_t message_size) {
    char host[256], port[6];
    struct addrinfo *found = NULL;
    *address = (struct address){.fd = -1};
    if (!split(listen, host, port)) {
        snprintf(message, message_size, "%s: not an address and port such as 127.0.0.1:7070", listen);
        return false;
    }
    int error = resolve(host, port, &found);
    if (error) {
        snprintf(message, message_size, "%s: %s", listen, gai_strerror(error));
        return false;
    }
    address->fd = listen_at(found);
    if (address->fd < 0 || !describe(address)) {
        snprintf(message, message_size, "%s: %s", listen, reason(errno));
        if (address->fd >= 0) close(address->fd);
        address->fd = -1;
    }
    freeaddrinfo(found);
    return address->fd >= 0;
}
