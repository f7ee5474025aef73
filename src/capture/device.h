/* device.h - sound devices through PortAudio as a source: the headset's microphone is the agent, the monitor of its
 * output the customer. */
#ifndef CAPTURE_DEVICE_H
#define CAPTURE_DEVICE_H

#include <stdio.h>

#include "capture/source.h"

/* Lists input devices on out: index, name, channels, rate, which is the default. Returns false, with one sentence in
 * message, when the sound system does not answer. */
bool device_list(FILE *out, char *message, size_t message_size);

typedef enum device_news {
    DEVICE_GONE,  /* silence stands in for it, and it is tried again every second */
    DEVICE_BACK,  /* it is heard again */
    DEVICE_LOSES, /* it is there, but samples are lost or silence fills in; said at most every ten seconds */
} device_news;

/* lost: how many samples since that was last said. On the reader's thread. */
typedef void device_tell(void *user, const char *device, device_news news, unsigned long lost);

/* A source of one or two devices. customer and agent are "DEVICE" or "DEVICE:CHANNEL": a name, a part of one, or an
 * index, and the channel counted from 1; either may be null, not both, and so may tell. Null on failure, with one
 * sentence naming the device in message. */
source *device_open(const char *customer, const char *agent, device_tell *tell, void *user, char *message,
                    size_t message_size);

#endif
