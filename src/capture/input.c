/* input.c - which sound device and channel a person means.
 *
 * ALSA's own names hold colons and digits ("HDA Intel: ALC257 Analog (hw:0,0)"), so digits after the last colon are a
 * channel only where the whole text is no device.
 */
#include "capture/input.h"

#include <ctype.h>
#include <portaudio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int match_name(const char *const names[], int n, const char *text) {
    if (!*text) return INPUT_UNKNOWN;
    for (int i = 0; i < n; i++)
        if (names[i] && !strcmp(names[i], text)) return i;
    if (!text[strspn(text, "0123456789")]) {
        long index = strtol(text, NULL, 10);
        return index < n && names[index] ? (int)index : INPUT_UNKNOWN;
    }
    int found = INPUT_UNKNOWN;
    for (int i = 0; i < n; i++) {
        if (!names[i] || !strcasestr(names[i], text)) continue;
        if (found >= 0) return INPUT_AMBIGUOUS;
        found = i;
    }
    return found;
}

int input_match(const char *const names[], int n, const char *text, int *channel) {
    *channel = 0;
    int found = match_name(names, n, text);
    const char *colon = strrchr(text, ':');
    if (found != INPUT_UNKNOWN || !colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")]) return found;
    long number = strtol(colon + 1, NULL, 10);
    char *head = strndup(text, (size_t)(colon - text));
    if (!head || number < 1 || number > 1024) goto done;
    found = match_name(names, n, head);
    *channel = (int)number;
done:
    free(head);
    return found;
}

static int match_present(const char *text, int *channel) {
    int n = Pa_GetDeviceCount();
    const char **names = n > 0 ? calloc((size_t)n, sizeof *names) : NULL;
    if (!names) return INPUT_UNKNOWN;
    for (int i = 0; i < n; i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);
        names[i] = info && info->maxInputChannels > 0 ? info->name : NULL;
    }
    int found = input_match(names, n, text, channel);
    free(names);
    return found;
}

bool input_find(const char *text, input *found, char *message, size_t message_size) {
    int channel, index = match_present(text, &channel);
    if (index < 0) {
        snprintf(message, message_size,
                 index == INPUT_AMBIGUOUS ? "\"%.100s\" fits more than one input device: undertone devices lists them"
                                          : "no input device is \"%.100s\": undertone devices lists them",
                 text);
        return false;
    }
    const PaDeviceInfo *info = Pa_GetDeviceInfo(index);
    if (channel > info->maxInputChannels) {
        snprintf(message, message_size,
                 "\"%.100s\" asks for channel %d, but %.100s has %d: undertone devices lists them", text, channel,
                 info->name, info->maxInputChannels);
        return false;
    }
    *found = (input){.index = index,
                     .channel = channel ? channel - 1 : 0,
                     .channels = info->maxInputChannels,
                     .rate_hz = (int)info->defaultSampleRate,
                     .latency_s = info->defaultHighInputLatency,
                     .name = info->name};
    return true;
}
