/* What a client of /events says, of any bytes: taken whole or not at all. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "serve/feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What was taken is what the message of it says. */
static void check(const feedback *said) {
    message *m = message_of_feedback(said, 1795255200007);
    if (!m) return;
    feedback again;
    const char *at = strstr(m->text, ",\"at\":");
    if (!at || !call_id_is(said->call) || said->cue < 1 || said->cue > FEEDBACK_MAX_CUE) abort();
    memcpy((char *)at, "}", 2);
    if (feedback_parse(m->text, strlen(m->text), &again)) abort();
    if (strcmp(again.call, said->call) || again.cue != said->cue || again.verdict != said->verdict) abort();
    message_release(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    feedback said;
    if (!feedback_parse((const char *)data, n, &said)) check(&said);
    return 0;
}
