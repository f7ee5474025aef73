/* archive.h - what is kept, read back as JSON, for the pages and the commands. */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "store/database.h"

enum { ARCHIVE_PAGE_MAX = 500, ARCHIVE_POINTS_MAX = 2000, ARCHIVE_TREND_MAX = 200 };

/* A page of the list, newest first, or where order is "peak" the highest score first. filter, an object, may hold from,
 * to (UTC, or a date), agent, team, queue, customer, cue (a kind), peak (at least so much frustration or stress), tag,
 * text (in a note), state ("live", "ended"), order, limit (50), before (a cursor of the same order), points:
 * {"calls":[{"call","source","started_at","ended_at","ended_how","consent","agent","team",
 * "queue","customer","arm","duration_s","frustration_peak","stress_peak","cues":{"frustration":2},"tags":[..],"notes":2,
 * "recording":"finished"|null,"held":false}],"next":cursor|null}, and "frustration_peak_s" and "stress_peak_s", when
 * that was, null where nobody knows. With points each call has its "trend", null without consent:
 * {"step_s","frustration":
 * [..],"stress":[..]}, the highest of at most so many steps of equal length, null where none was scored. Null on
 * failure; with a sentence in why where the filter is wrong, "" where the database is. */
json_t *archive_calls(struct database *d, json_t *filter, char *why, size_t why_size);

/* One call whole but for its readings: the same keys and "channels","rate_hz","model","playbook","held_why","summary"
 * (as the event says it, or null), "recording" (a row, or null), and lists: "consents", its history; "turns" and
 * "pauses" with "start_s" and "end_s"; "notes" and "tags" with the number that deletes them; "cues" with
 * "id","cue","raised_s", "updated_s","cleared_s","shown","feedback" and what the event says. JSON null where there is
 * none, null on failure. */
json_t *archive_call(struct database *d, const char *call_id);

/* Readings of one call, those of half seconds within the part, in at most so many steps of equal length (0: 600, which
 * is under 100 kB whatever the call's length, written with JSON_REAL_PRECISION(12)). from_s of what comes is at or
 * before the part's:
 * {"call","step_s","from_s":0.0,"channels":{"customer":{"speaking":[share..],"level_db":{"min":[..],"max":[..],"mean":[..]},
 * "rate_syl_s":{..},"pitch_hz":{..},"frustration":{..},"stress":{..},"arousal":{..},"confidence":[mean..],"abstain":
 * [share..]},"agent":{"speaking","level_db","rate_syl_s"}}}; null in an array where nothing was read. Levels and
 * pitch are in whole dB and Hz; scores are of those readings in which the model did not abstain. */
typedef struct archive_part {
    double from_s, to_s; /* INFINITY: the end */
    int points;
    const char *measures; /* the keys of a channel that are wanted, with commas between; null: all */
} archive_part;
bool archive_measures(const char *measures); /* whether there are such */
json_t *archive_readings(struct database *d, const char *call_id, const archive_part *part);

/* How much all recordings that are complete take, in bytes; -1 on failure. */
json_int_t archive_audio_bytes(struct database *d);

/* Every event of a call as it was sent, as far as rows keep it (archive_events.c), in the order of time: call,
 * readings, turns, cues (raised and cleared), feedback, pauses, consents, summary, recording. None where there is no
 * such call. False on failure. */
bool archive_events(struct database *d, const char *call_id, database_each *each, void *user);

#endif
