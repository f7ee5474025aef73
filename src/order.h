/* order.h - what a call in progress is told to do. */
#ifndef ORDER_H
#define ORDER_H

#include "event.h"

typedef struct call_order {
    enum { ORDER_CONSENT, ORDER_PAUSE, ORDER_LISTEN } kind;
    consent_change consent;
    pause_change pause;
    int listeners; /* so many more want to hear the call, or fewer */
} call_order;

#endif
