/* input.h - which sound device and channel a person means. */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { INPUT_UNKNOWN = -1, INPUT_AMBIGUOUS = -2 };

/* The index of the device text means: an index, a name, or a part of one whatever the case, with or without ":CHANNEL".
 * names[i] is null where device i has no input. *channel is the channel counted from 1, 0 where text names none. */
int input_match(const char *const names[], int n, const char *text, int *channel);

typedef struct input {
    int index;    /* PortAudio's */
    int channel;  /* from 0 */
    int channels; /* of the device */
    int rate_hz;
    double latency_s;
    const char *name; /* PortAudio's memory, until it ends */
} input;

/* The same among the devices there are now. False, with one sentence naming the device in message. */
bool input_find(const char *text, input *found, char *message, size_t message_size);

#endif
