#include "serve/queue.h"

#include <stdlib.h>

static bool grow(struct queue *q) {
    size_t size = q->size ? 2 * q->size : 16;
    message **slots = calloc(size, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < q->n; i++) slots[i] = q->slots[(q->head + i) % q->size];
    free(q->slots);
    *q = (struct queue){.slots = slots, .size = size, .n = q->n};
    return true;
}

bool queue_push(struct queue *q, message *m) {
    if (q->n == q->size && !grow(q)) return false;
    q->slots[(q->head + q->n++) % q->size] = message_hold(m);
    return true;
}

message *queue_pop(struct queue *q) {
    if (!q->n) return NULL;
    message *m = q->slots[q->head];
    q->head = (q->head + 1) % q->size;
    q->n--;
    return m;
}

void queue_clear(struct queue *q) {
    for (message *m; (m = queue_pop(q));) message_release(m);
    free(q->slots);
    *q = (struct queue){0};
}
