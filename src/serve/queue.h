/* queue.h - messages waiting in order, each with a reference of the queue's own. Zeroed memory is an empty one. */
#ifndef SERVE_QUEUE_H
#define SERVE_QUEUE_H

#include "event.h"

struct queue {
    message **slots; /* [size], a circle */
    size_t size, head, n;
};

/* Takes its own reference. False without memory. */
bool queue_push(struct queue *q, message *m);

/* The first, whose reference is now the caller's; null when empty. */
message *queue_pop(struct queue *q);

/* Releases all that waits, and the memory. */
void queue_clear(struct queue *q);

#endif
