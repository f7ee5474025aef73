/* A playbook of any text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cues/playbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* libconfig 1.5 itself forgets a text where the syntax breaks after it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libconfig"; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char message[100], *text = malloc(n + 1);
    if (!text) return 0;
    memcpy(text, data, n);
    text[n] = '\0';
    ut_error why;
    ut_playbook *playbook = ut_playbook_parse(text, message, sizeof message, &why);
    if (!playbook && (why == UT_OK || !memchr(message, '\0', sizeof message))) abort();
    for (int kind = 0; playbook && kind < UT_CUE_KINDS; kind++) {
        const ut_rule *rule = &playbook->rules[kind];
        if (!(rule->clear <= rule->raise && rule->raise <= 1 && rule->after_s <= 3600)) abort();
    }
    ut_playbook_close(playbook);
    free(text);
    return 0;
}
