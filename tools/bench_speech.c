/* bench_speech.c - the demo's call, at 8 kHz.
 *
 * Silence, voiced and unvoiced frames cost different sums, so nothing simpler than speech will do. Both voices on one
 * line (UT_MIXED) leave hardly a pause, and so cost more than either alone.
 */
#include "bench_speech.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/recording.h"
#include "commands/demo_call.h"

enum { BLOCK = UT_RATE_HZ };

static bool read_call(bench_speech *s, const char *path, char *message, size_t message_size) {
    bool usage;
    source *call =
        recording_open(path, &(recording_options){.channels = "agent,customer"}, message, message_size, &usage);
    if (!call) return false;
    int room = ((int)call->duration_s(call) + 2) * UT_RATE_HZ, n = 0;
    for (int c = 0; c < UT_CHANNELS; c++) s->voices[c] = calloc((size_t)room, sizeof(float));
    bool good = s->voices[UT_CUSTOMER] && s->voices[UT_AGENT] && s->voices[UT_MIXED];
    while (good && n >= 0 && s->n < room) {
        float *x[SOURCE_CHANNELS] = {s->voices[UT_AGENT] + s->n, s->voices[UT_CUSTOMER] + s->n};
        n = source_read(call, x, room - s->n < BLOCK ? room - s->n : BLOCK);
        if (n > 0) s->n += n;
    }
    for (int i = 0; i < s->n; i++) s->voices[UT_MIXED][i] = s->voices[UT_AGENT][i] + s->voices[UT_CUSTOMER][i];
    if (!good) snprintf(message, message_size, "%s", ut_error_text(UT_NO_MEMORY));
    if (n == -2) snprintf(message, message_size, "%s", call->fault);
    source_close(call);
    return good && n != -2;
}

bool bench_speech_make(bench_speech *s, char *message, size_t message_size) {
    char folder[] = "/tmp/undertone-bench-XXXXXX", path[sizeof folder + 16];
    demo_call call;
    *s = (bench_speech){0};
    if (!mkdtemp(folder)) {
        snprintf(message, message_size, "%s: cannot be made", folder);
        return false;
    }
    snprintf(path, sizeof path, "%s/call.wav", folder);
    bool good = demo_call_make(&call, folder, path, message, message_size) && read_call(s, path, message, message_size);
    unlink(path);
    rmdir(folder);
    return good;
}

void bench_speech_free(bench_speech *s) {
    for (int c = 0; c < UT_CHANNELS; c++) free(s->voices[c]);
    *s = (bench_speech){0};
}
