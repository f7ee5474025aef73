/* made_report.h - a call as its messages tell it: two minutes, customer and agent, frustration from 0:37 to 0:58, a
 * silence, and calmer after. */
#ifndef TESTS_MADE_REPORT_H
#define TESTS_MADE_REPORT_H

#include <math.h>
#include <stdio.h>

#include "commands/report.h"

static const call_facts made_facts = {.id = "c-1",
                                      .source = "monday.flac",
                                      .channels = 2,
                                      .roles = {UT_AGENT, UT_CUSTOMER},
                                      .started_at_ms = 1790000000000,
                                      .consent = UT_CONSENT_GIVEN,
                                      .model = "base@0123456789ab"};

/* Takes over m. */
static inline void made_take(report *r, message *m) {
    report_take(r, m);
    message_release(m);
}

static inline void made_event(report *r, ut_event event) { made_take(r, message_of_event(&made_facts, &event)); }

static inline report *made_call(const call_facts *facts) {
    report *r = report_new();
    made_take(r, message_of_call(facts));
    return r;
}

static inline void made_reading(report *r, double t_s, bool abstain, float frustration) {
    made_event(r, (ut_event){.type = UT_EVENT_CUSTOMER,
                             .t_s = t_s,
                             .customer = {.activity = {.speaking = true, .sound = UT_SOUND_SPEECH},
                                          .affect = {.frustration = frustration, .stress = 0.1f, .abstain = abstain}}});
}

static inline void made_turn(report *r, ut_turn_kind kind, ut_channel channel, double start_s, double end_s) {
    made_event(r, (ut_event){.type = UT_EVENT_TURN,
                             .t_s = end_s + 0.4,
                             .turn = {.kind = kind, .channel = channel, .start_s = start_s, .end_s = end_s}});
}

static inline void made_cue(report *r, double t_s, ut_cue cue) {
    made_event(r, (ut_event){.type = UT_EVENT_CUE, .t_s = t_s, .cue = cue});
}

/* From from_s to to_s. */
static inline void made_cues(report *r, ut_cue cue, double from_s, double to_s) {
    made_cue(r, from_s, cue);
    cue.state = UT_CUE_CLEARED;
    made_cue(r, to_s, cue);
}

static inline ut_cue made_frustration(unsigned id) {
    return (ut_cue){.id = id,
                    .kind = UT_CUE_FRUSTRATION,
                    .severity = UT_NOTICE,
                    .score = 0.78f,
                    .text = "Voice sounds frustrated",
                    .advice = "Acknowledge it, then give the next step.",
                    .n_reasons = 2,
                    .reasons = {{"pitch_hz", "+4.1 st", 2.3f}, {"rate_syl_s", "+1.0 syl/s", 1.9f}}};
}

static inline ut_cue made_silence(unsigned id) {
    return (ut_cue){.id = id,
                    .kind = UT_CUE_DEAD_AIR,
                    .severity = UT_NOTICE,
                    .score = NAN,
                    .text = "Silence on the line",
                    .advice = "Say what you are doing.",
                    .n_reasons = 1,
                    .reasons = {{"silence_s", "8.0 s", NAN}}};
}

static inline void made_summary(report *r, double duration_s, unsigned cues) {
    made_event(r, (ut_event){.type = UT_EVENT_SUMMARY,
                             .t_s = duration_s,
                             .summary = {.duration_s = duration_s,
                                         .has_customer = true,
                                         .has_dynamics = true,
                                         .customer = {.speech_s = 41.5f,
                                                      .frustration_mean = 0.21f,
                                                      .frustration_peak = 0.78f,
                                                      .stress_mean = 0.12f,
                                                      .stress_peak = 0.4f,
                                                      .arousal_mean = 0.4f},
                                         .dynamics = {.agent_talk_share = 0.58f,
                                                      .overlaps = 4,
                                                      .interruptions = 2,
                                                      .interruptions_by_agent = 1,
                                                      .backchannels = 3,
                                                      .dead_air_s = 9.5f,
                                                      .hold_s = 34,
                                                      .response_latency_median_s = 0.9f,
                                                      .response_latency_p90_s = 2.1f,
                                                      .monologue_longest_s = 75},
                                         .cues = cues}});
}

/* The call of the first line. Abstained in its first half minute. */
static inline report *made_report(void) {
    report *r = made_call(&made_facts);
    for (int i = 1; i <= 240; i++) made_reading(r, i / 2.0, i < 60, i >= 74 && i < 116 ? 0.75f : 0.05f);
    made_cues(r, made_frustration(1), 37.5, 58);
    made_cues(r,
              (ut_cue){.id = 2,
                       .kind = UT_CUE_CALMING,
                       .score = 0.1f,
                       .text = "Voice sounds calmer",
                       .advice = "Carry on like this.",
                       .n_reasons = 1,
                       .reasons = {{"frustration", "78 % to 10 %", NAN}}},
              58, 64);
    made_turn(r, UT_TURN_OVERLAP, UT_AGENT, 30, 31.5);
    made_turn(r, UT_TURN_INTERRUPTION, UT_AGENT, 30, 31.5);
    made_turn(r, UT_TURN_SILENCE, UT_CUSTOMER, 70, 79.5);
    made_cues(r, made_silence(3), 78, 79.5);
    made_summary(r, 120, 3);
    return r;
}

#endif
