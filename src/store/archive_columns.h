/* archive_columns.h - what several statements of the archive select. The words after a colon: told.h. */
#ifndef STORE_ARCHIVE_COLUMNS_H
#define STORE_ARCHIVE_COLUMNS_H

#include <jansson.h>

/* A call's number where it may be told of. One that is on legal hold is still there after consent was withdrawn. */
#define ARCHIVE_NUMBER "(SELECT number FROM calls WHERE id = $call AND consent = 'given')"

/* Without consent nothing is told of a call but that there was one: what else the row says is emptied. */
void archive_mask(json_t *call);

/* Where nobody knows when a call began, which is so of one that was never stored, it is listed where consent was
 * refused to it. As the index calls_by_time says it. */
#define ARCHIVE_WHEN "coalesce(started_at, consent_at)"

/* What a call that has no summary yet, or never got one, has come to so far; its readings are few. */
#define ARCHIVE_DURATION                                                                                               \
    "coalesce(duration_s,"                                                                                             \
    " (SELECT max(t_ms) / 1000.0 FROM measured WHERE measured.call = calls.number))"
#define ARCHIVE_PEAK(score)                                                                                            \
    "iif(summaries.call IS NULL,"                                                                                      \
    " (SELECT max(" score ") / 1000.0 FROM scored WHERE scored.call = calls.number AND NOT abstain),"                  \
    " customer_" score "_peak)"
#define ARCHIVE_FRUSTRATION ARCHIVE_PEAK("frustration")
#define ARCHIVE_STRESS      ARCHIVE_PEAK("stress")

/* When that was; null also where its readings are not kept any more. */
#define ARCHIVE_PEAK_S(score)                                                                                          \
    "(SELECT t_ms / 1000.0 FROM scored WHERE scored.call = calls.number AND NOT abstain AND " score " NOT NULL"        \
    " ORDER BY " score " DESC, t_ms LIMIT 1)"

#define ARCHIVE_LISTED                                                                                                 \
    "id AS call, source, started_at, ended_at, ended_how, consent, agent, team, queue, customer, arm,"                 \
    " " ARCHIVE_DURATION " AS duration_s,"                                                                             \
    " " ARCHIVE_FRUSTRATION " AS frustration_peak, " ARCHIVE_PEAK_S(                                                   \
        "frustration") " AS frustration_peak_s,"                                                                       \
                       " " ARCHIVE_STRESS " AS stress_peak, " ARCHIVE_PEAK_S(                                          \
                           "stress") " AS stress_peak_s,"                                                              \
                                     " (SELECT json_group_object(kind, n) FROM"                                        \
                                     " (SELECT kind, count(*) AS n FROM cues WHERE cues.call = calls.number AND "      \
                                     "(shown OR ended_at IS NOT NULL) GROUP "                                          \
                                     "BY kind)) AS \"cues:json\","                                                     \
                                     " (SELECT json_group_array(tag) FROM"                                             \
                                     " (SELECT DISTINCT tag FROM tags WHERE tags.call = calls.number)) AS "            \
                                     "\"tags:json\","                                                                  \
                                     " (SELECT count(*) FROM notes WHERE notes.call = calls.number) AS notes,"         \
                                     " (SELECT state FROM recordings WHERE recordings.call = calls.number) AS "        \
                                     "recording,"                                                                      \
                                     " held_why IS NOT NULL AS \"held:flag\""

#define ARCHIVE_CALLS "FROM calls LEFT JOIN summaries ON summaries.call = calls.number"

/* As the event says it: "customer" only where that channel was heard, "dynamics" only where both were. */
#define ARCHIVE_SUMMARY                                                                                                \
    "duration_s,"                                                                                                      \
    " iif(customer_speech_s IS NULL, NULL, json_object('speech_s', customer_speech_s,"                                 \
    " 'frustration_mean', customer_frustration_mean, 'frustration_peak', customer_frustration_peak,"                   \
    " 'stress_mean', customer_stress_mean, 'stress_peak', customer_stress_peak,"                                       \
    " 'arousal_mean', customer_arousal_mean)) AS \"customer:json\","                                                   \
    " iif(overlaps IS NULL, NULL, json_object('agent_talk_share', agent_talk_share, 'overlaps', overlaps,"             \
    " 'interruptions', interruptions, 'interruptions_by_agent', interruptions_by_agent,"                               \
    " 'backchannels', backchannels, 'dead_air_s', dead_air_s, 'hold_s', hold_s,"                                       \
    " 'response_latency_median_s', response_latency_median_s, 'response_latency_p90_s', response_latency_p90_s,"       \
    " 'monologue_longest_s', monologue_longest_s)) AS \"dynamics:json\", cues"

#endif
