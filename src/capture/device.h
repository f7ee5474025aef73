/* device.h - sound devices through PortAudio as a source: the headset's microphone is the agent, the monitor of its
 * output the customer. */
#ifndef CAPTURE_DEVICE_H
#define CAPTURE_DEVICE_H

#include <stdio.h>

#include "capture/source.h"

/* Lists input devices on out: index, name, channels, rate, which is the default. Returns false, with one sentence in
 * message, when the sound system does not answer. */
bool device_list(FILE *out, char *message, size_t message_size);

/* A source of one or two devices. customer and agent are "DEVICE" or "DEVICE:CHANNEL": a name, a part of one, or an
 * index, and the channel counted from 1; either may be null, not both. Null on failure, with one sentence naming the
 * device in message.
 *
 * A device that vanishes is reported through on_state (from the reader's thread, gone true), silence stands in for
 * it, and it is tried again every second until it is back (gone false). */
source *device_open(const char *customer, const char *agent,
                    void (*on_state)(void *user, const char *device, bool gone), void *user, char *message,
                    size_t message_size);

#endif
