/* A playbook of any text, which then speaks of a call and keeps its quiet hours; and the same text as what a cue says
 * and as hours, since few are a whole playbook. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cues/playbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* libconfig 1.5 itself forgets a text where the syntax breaks after it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libconfig"; }

/* The call's names are the text itself: values are hostile too. */
static void speak(ut_playbook *playbook, const char *text, size_t n) {
    ut_about about;
    ut_about_init(&about, &(ut_call_about){text, n ? text + n / 2 : NULL, (unsigned)n % 3});
    for (int i = 0; i < UT_CUE_KINDS * UT_LANGUAGES; i++) {
        ut_cue cue = {.kind = (ut_cue_kind)(i % UT_CUE_KINDS)};
        playbook->language = (ut_language)(i / UT_CUE_KINDS);
        ut_playbook_say(playbook, &about, &cue);
        if (cue.priority < 1 || !memchr(cue.text, '\0', sizeof cue.text) ||
            !memchr(cue.advice, '\0', sizeof cue.advice))
            abort();
    }
}

static void check(const ut_playbook *playbook) {
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        const ut_rule *rule = &playbook->rules[kind];
        if (!(rule->clear <= rule->raise && rule->raise <= 1 && rule->after_s <= 3600 && rule->talk_share <= 1))
            abort();
    }
    if (playbook->language >= UT_LANGUAGES || playbook->n_quiet > UT_QUIET_HOURS) abort();
    if (!(ut_playbook_hold_out(playbook) >= 0 && ut_playbook_hold_out(playbook) <= 1)) abort();
    for (int hour = 0; hour < 7 * 24; hour++) ut_playbook_is_quiet(playbook, 1795132800 + hour * 3600);
}

/* The first line by itself. */
static void read_line(const char *text) {
    char line[200], out[64];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    if (ut_hours_days(line) > UT_EVERY_DAY || ut_hours_minute(line) > 24 * 60) abort();
    if (ut_phrase_fault(line)) return;
    for (size_t size = 1; size <= sizeof out; size++) {
        ut_phrase_fill(line, &(ut_about){"{queue}", "[", (unsigned)size % 2}, out, size);
        if (strlen(out) >= size) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char message[100], *text = malloc(n + 1);
    if (!text) return 0;
    memcpy(text, data, n);
    text[n] = '\0';
    read_line(text);
    ut_error why;
    ut_playbook *playbook = ut_playbook_parse(text, message, sizeof message, &why);
    if (!playbook && (why == UT_OK || !memchr(message, '\0', sizeof message))) abort();
    if (playbook) {
        check(playbook);
        speak(playbook, text, n);
    }
    ut_playbook_close(playbook);
    free(text);
    return 0;
}
