/* talk.c - shares of the talking, and rates.
 *
 * In:  which of two voices spoke in a hop; each voice's readings.
 * Out: talk shares; the syllable rate in the voice's own standard deviations.
 *
 * A rate is that of the 4 s before a reading, so that readings half a second apart say nearly the same: mean and
 * deviation are the same as those of fewer, and USUAL_KNOWN stands for about 15 s of speech. They run by Welford's
 * recurrence (Technometrics 4, 1962).
 */
#include "cues/talk.h"

#include <math.h>

enum { USUAL_KNOWN = 30 }; /* readings */

#define SPEECH_LEAST_S      1.5f /* in a reading's window; less tells no rate */
#define DEVIATION_LEAST_SYL 0.3f /* a second; who keeps time like a clock is not fast for a hair more */

void ut_talk_step(ut_talk *talk, int64_t hop, const bool speaks[2]) {
    uint8_t *half = talk->halves[hop / UT_READING_HOPS % UT_TALK_HALVES];
    for (int v = 0; v < 2; v++) {
        if (hop % UT_READING_HOPS == 0) {
            talk->recent_hops[v] -= half[v];
            half[v] = 0;
        }
        half[v] = (uint8_t)(half[v] + speaks[v]);
        talk->recent_hops[v] += speaks[v];
        talk->speech_hops[v] += speaks[v];
    }
}

void ut_talk_read(ut_talk *talk, int v, const ut_voice_hop *reading) {
    ut_pace *pace = &talk->pace[v];
    if (!reading->activity.speaking || reading->speech_s < SPEECH_LEAST_S) return;
    double rate = (double)reading->activity.rate_syl_s, above = rate - pace->mean_syl_s;
    double deviation = pace->readings > 1 ? sqrt(pace->squares / (pace->readings - 1)) : 0;
    pace->rate_syl_s = reading->activity.rate_syl_s;
    pace->rate_z = pace->readings < USUAL_KNOWN ? 0 : (float)(above / fmax(deviation, (double)DEVIATION_LEAST_SYL));
    pace->mean_syl_s += above / ++pace->readings;
    pace->squares += above * (rate - pace->mean_syl_s);
}

static float share(const int64_t hops[2], int v) {
    int64_t all = hops[0] + hops[1];
    return all ? (float)hops[v] / (float)all : NAN;
}

float ut_talk_share(const ut_talk *talk, int v) { return share(talk->speech_hops, v); }

float ut_talk_share_120s(const ut_talk *talk, int v) { return share(talk->recent_hops, v); }
