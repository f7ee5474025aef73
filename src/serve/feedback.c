/* Feedback comes from outside, so nothing is taken but exactly these keys with values that can be. Whether there is
 * such a cue is for others to know. */
#include "serve/feedback.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static bool verdict_of(const char *name, verdict *found) {
    int v = 0;
    while (v < VERDICTS && strcmp(name, verdict_name((verdict)v))) v++;
    *found = (verdict)v;
    return v < VERDICTS;
}

static const char *take(json_t *json, feedback *said) {
    const char *type, *call, *name;
    json_int_t cue;
    if (json_unpack(json, "{ss}", "type", &type)) return "not an object with a type";
    if (strcmp(type, "feedback")) return "only feedback is taken";
    if (json_unpack(json, "{ss ss sI ss !}", "type", &type, "call", &call, "cue", &cue, "verdict", &name))
        return "feedback has a type, a call, a cue and a verdict, and nothing else";
    if (!call_id_is(call)) return "call is not a call's id";
    if (cue < 1 || cue > FEEDBACK_MAX_CUE) return "cue is not a cue's number";
    if (!verdict_of(name, &said->verdict)) return "verdict is not helpful, wrong, dismiss, seen or taken";
    snprintf(said->call, sizeof said->call, "%s", call);
    said->cue = (unsigned)cue;
    return NULL;
}

const char *feedback_parse(const char *bytes, size_t n_bytes, feedback *said) {
    if (n_bytes > FEEDBACK_MAX_BYTES) return "too long";
    json_t *json = json_loadb(bytes, n_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json) return "not JSON";
    const char *why = take(json, said);
    json_decref(json);
    return why;
}
