/* names.c - the words for the library's enumerations, the same in events, playbooks and the store. */
#include "undertone.h"

const char *ut_channel_name(ut_channel channel) {
    static const char *const names[] = {[UT_CUSTOMER] = "customer", [UT_AGENT] = "agent", [UT_MIXED] = "mixed"};
    return (unsigned)channel < UT_CHANNELS ? names[channel] : "unknown";
}

const char *ut_sound_name(ut_sound sound) {
    static const char *const names[] = {"none", "speech", "music", "tone"};
    return (unsigned)sound < UT_SOUNDS ? names[sound] : "none";
}

const char *ut_consent_name(ut_consent consent) {
    static const char *const names[] = {"unknown", "given", "refused", "withdrawn"};
    return (unsigned)consent <= UT_CONSENT_WITHDRAWN ? names[consent] : "unknown";
}

const char *ut_error_text(ut_error error) {
    static const char *const texts[] = {
        [UT_OK] = "no error",
        [UT_NO_MEMORY] = "out of memory",
        [UT_MODEL_UNREADABLE] = "the model file cannot be read",
        [UT_MODEL_NOT_ONE] = "not an Undertone model",
        [UT_MODEL_VERSION] = "a model of another version",
        [UT_MODEL_DAMAGED] = "the model file is truncated or damaged: its checksum does not match",
        [UT_MODEL_HEADER] = "a field of the model's header is missing or out of range",
        [UT_MODEL_FEATURES] = "the model needs a feature that this version does not compute",
        [UT_BAD_PLAYBOOK] = "the playbook is not valid",
    };
    return (unsigned)error < sizeof texts / sizeof *texts ? texts[error] : "unknown error";
}

const char *ut_cue_name(ut_cue_kind kind) {
    static const char *const names[UT_CUE_KINDS] = {
        [UT_CUE_FRUSTRATION] = "frustration",   [UT_CUE_STRESS] = "stress",
        [UT_CUE_CALMING] = "calming",           [UT_CUE_TALK_OVER] = "talk_over",
        [UT_CUE_INTERRUPTION] = "interruption", [UT_CUE_DEAD_AIR] = "dead_air",
        [UT_CUE_SLOW_REPLY] = "slow_reply",     [UT_CUE_MONOLOGUE] = "monologue",
        [UT_CUE_TALKING_FAST] = "talking_fast", [UT_CUE_ESCALATE] = "escalate",
    };
    return names[kind];
}

const char *ut_cue_state_name(ut_cue_state state) {
    static const char *const names[] = {"raised", "updated", "cleared"};
    return names[state];
}

const char *ut_severity_name(ut_severity severity) {
    static const char *const names[] = {"info", "notice", "urgent"};
    return names[severity];
}

const char *ut_turn_name(ut_turn_kind kind) {
    static const char *const names[UT_TURN_KINDS] = {
        [UT_TURN_TURN] = "turn",
        [UT_TURN_OVERLAP] = "overlap",
        [UT_TURN_INTERRUPTION] = "interruption",
        [UT_TURN_BACKCHANNEL] = "backchannel",
        [UT_TURN_REPLY] = "reply",
        [UT_TURN_SILENCE] = "silence",
        [UT_TURN_HOLD] = "hold",
        [UT_TURN_MONOLOGUE] = "monologue",
    };
    return names[kind];
}
