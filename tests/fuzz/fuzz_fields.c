/* The body of a request, of any bytes: what is taken from it is within its bounds, and something is said of what is
 * not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "serve/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_text(fields *f, const char *name, size_t max_bytes, int how) {
    const char *text = field_text(f, name, max_bytes, how);
    if (!text) return;
    if (*f->why || !*text || strlen(text) > max_bytes) abort();
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' && (*c != '\n' || !(how & FIELD_LINES))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const char *const states[] = {"resumed", "paused", NULL};
    fields f;
    if (!fields_open(&f, (const char *)data, n, "text tag t_s held state")) {
        if (!*f.why || f.json) abort();
        return 0;
    }
    check_text(&f, "tag", 8, FIELD_OPTIONAL);
    check_text(&f, "text", 40, FIELD_WANTED | FIELD_LINES);
    json_t *t_s = field_time(&f, "t_s");
    if (!*f.why && json_is_number(t_s) && !(json_number_value(t_s) >= 0)) abort();
    json_decref(t_s);
    if (field_choice(&f, "state", states) < 0 && !*f.why) abort();
    field_flag(&f, "held");
    fields_close(&f);
    return 0;
}
