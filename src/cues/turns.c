/* turns.c - definitions after the conversation-analysis practice of call centers; the numbers stand once, here, in
 * hops of 10 ms.
 */
#include "cues/turns.h"

#include <math.h>

enum {
    BURST_STARTS = 8,    /* speech in a row that makes a burst: 80 ms */
    BURST_ENDS = 30,     /* a gap that ends it: 0.3 s */
    BACKCHANNEL = 80,    /* shorter bursts leave the floor where it is: 0.8 s */
    OVERLAP = 50,        /* both speaking for 0.5 s ... */
    OVERLAP_VOICED = 15, /* ... with 0.15 s of voice in each, so that breath and clatter do not count */
    FLOOR_HELD = 100,    /* an interruption comes at least 1 s into a turn and holds the floor 1 s */
    YIELDS = 150,        /* within 1.5 s */
    SILENCE = 300,       /* silence counts from 3 s */
};

void ut_turns_init(ut_turns *turns) { *turns = (ut_turns){.monologue_start_hop = -1, .customer_done_hop = -1}; }

static void burst_step(ut_burst *burst, bool speech, int64_t hop) {
    burst->run_hops = speech ? burst->run_hops + 1 : 0;
    burst->quiet_hops = speech ? 0 : burst->quiet_hops + 1;
    if (!burst->on && burst->run_hops >= BURST_STARTS) {
        burst->on = true;
        burst->start_hop = hop - burst->run_hops + 1;
    } else if (burst->on && burst->quiet_hops >= BURST_ENDS) {
        burst->on = false;
        burst->end_hop = hop - burst->quiet_hops + 1;
    }
}

/* Where speech last was, one past it. */
static int64_t burst_reach(const ut_burst *burst, int64_t hop) {
    return burst->on ? hop - burst->quiet_hops + 1 : burst->end_hop;
}

static int64_t burst_length(const ut_burst *burst, int64_t hop) { return burst_reach(burst, hop) - burst->start_hop; }

static bool holds_floor(const ut_burst *burst, int64_t hop) {
    return burst->on && burst_length(burst, hop) >= BACKCHANNEL;
}

static void overlap_begin(ut_turns *turns) {
    int first = turns->burst[0].start_hop <= turns->burst[1].start_hop ? 0 : 1;
    turns->overlap.open = true;
    turns->overlap.counted = false;
    turns->overlap.first = first;
    turns->overlap.second = !first;
    turns->overlap.voiced_hops[0] = turns->overlap.voiced_hops[1] = 0;
    int64_t came_in_hop = turns->burst[!first].start_hop;
    if (came_in_hop - turns->burst[first].start_hop >= FLOOR_HELD) {
        turns->interruption.open = true;
        turns->interruption.first = first;
        turns->interruption.second = !first;
        turns->interruption.came_in_hop = came_in_hop;
        turns->interruption.yielded_hop = -1;
    }
}

static void overlap_measure(ut_turns *turns, const ut_voice_hop *const hops[2]) {
    const ut_burst *burst = turns->burst;
    int64_t a = burst_reach(&burst[0], turns->hop), b = burst_reach(&burst[1], turns->hop);
    turns->overlap.hops = (a < b ? a : b) - burst[turns->overlap.second].start_hop;
    for (int v = 0; v < 2; v++) turns->overlap.voiced_hops[v] += hops[v]->voiced;
}

static void overlap_step(ut_turns *turns, const ut_voice_hop *const hops[2]) {
    const ut_burst *burst = turns->burst;
    bool both = burst[0].on && burst[1].on;
    if (both && !turns->overlap.live) overlap_begin(turns);
    turns->overlap.live = both;
    if (both) overlap_measure(turns, hops);

    const ut_burst *second = &burst[turns->overlap.second];
    if (turns->overlap.open && !turns->overlap.counted && turns->overlap.hops >= OVERLAP &&
        turns->overlap.voiced_hops[0] >= OVERLAP_VOICED && turns->overlap.voiced_hops[1] >= OVERLAP_VOICED &&
        burst_length(second, turns->hop) >= BACKCHANNEL) {
        turns->overlap.counted = true;
        turns->overlaps++;
    }
    if (!second->on) turns->overlap.open = false;
}

static void interruption_step(ut_turns *turns) {
    if (!turns->interruption.open) return;
    const ut_burst *first = &turns->burst[turns->interruption.first];
    const ut_burst *second = &turns->burst[turns->interruption.second];
    if (turns->interruption.yielded_hop < 0) {
        if (!first->on) turns->interruption.yielded_hop = first->end_hop;
        int64_t over = burst_reach(first, turns->hop) - turns->interruption.came_in_hop;
        if (over > YIELDS || (!first->on && over <= 0)) turns->interruption.open = false;
    } else if (first->on || !second->on) {
        turns->interruption.open = false;
    } else if (turns->hop - turns->interruption.yielded_hop >= FLOOR_HELD) {
        turns->interruption.open = false;
        turns->interruptions++;
    }
}

static void silence_step(ut_turns *turns) {
    const ut_burst *burst = turns->burst;
    bool someone = burst[0].on || burst[1].on, filled = someone || turns->hold.on;
    turns->spoke = turns->spoke || someone;
    int64_t last = burst[0].end_hop > burst[1].end_hop ? burst[0].end_hop : burst[1].end_hop;
    if (turns->hold.end_hop > last) last = turns->hold.end_hop;
    turns->silent_hops = filled || !turns->spoke ? 0 : turns->hop - last + 1;
    if (turns->silent_hops == SILENCE) turns->dead_air_hops += SILENCE;
    else if (turns->silent_hops > SILENCE) turns->dead_air_hops++;
}

static void monologue_step(ut_turns *turns) {
    const ut_burst *agent = &turns->burst[UT_AGENT];
    const ut_burst *customer = &turns->burst[UT_CUSTOMER];
    bool answered = holds_floor(customer, turns->hop) || turns->silent_hops >= SILENCE || turns->hold.on;
    if (answered) turns->monologue_start_hop = -1;
    else if (turns->monologue_start_hop < 0 && agent->on)
        turns->monologue_start_hop = agent->start_hop > customer->end_hop ? agent->start_hop : customer->end_hop;
    turns->monologue_hops = turns->monologue_start_hop < 0 ? 0 : turns->hop - turns->monologue_start_hop;
}

/* An answer may have begun within the gap that ended the customer's burst; one that began before is an overlap. */
static void latency_step(ut_turns *turns, bool customer_was_on) {
    const ut_burst *customer = &turns->burst[UT_CUSTOMER], *agent = &turns->burst[UT_AGENT];
    bool ends = customer_was_on && !customer->on && burst_length(customer, turns->hop) >= BACKCHANNEL;
    if (ends && !(agent->on && agent->start_hop < customer->end_hop)) turns->customer_done_hop = customer->end_hop;
    if (customer->on || turns->hold.on) turns->customer_done_hop = -1; /* who is put on hold has been answered */
    if (turns->customer_done_hop < 0 || !agent->on) return;
    int64_t bin = (agent->start_hop - turns->customer_done_hop) / UT_LATENCY_BIN_HOPS;
    turns->latencies[bin < UT_LATENCY_BINS ? bin : UT_LATENCY_BINS - 1]++;
    turns->n_latencies++;
    turns->customer_done_hop = -1;
}

void ut_turns_step(ut_turns *turns, const ut_voice_hop *customer, const ut_voice_hop *agent) {
    const ut_voice_hop *const hops[2] = {[UT_CUSTOMER] = customer, [UT_AGENT] = agent};
    bool customer_was_on = turns->burst[UT_CUSTOMER].on;
    for (int v = 0; v < 2; v++) {
        burst_step(&turns->burst[v], hops[v]->speech, turns->hop);
        turns->speech_hops[v] += hops[v]->speech;
    }
    burst_step(&turns->hold, customer->hold || agent->hold, turns->hop);
    overlap_step(turns, hops);
    interruption_step(turns);
    silence_step(turns);
    monologue_step(turns);
    latency_step(turns, customer_was_on);
    turns->hop++;
}

static float latency_median_s(const ut_turns *turns) {
    unsigned seen = 0;
    for (int bin = 0; bin < UT_LATENCY_BINS; bin++) {
        seen += turns->latencies[bin];
        if (2 * seen >= turns->n_latencies && seen > 0)
            return ((float)bin + 0.5f) * UT_LATENCY_BIN_HOPS * UT_HOP / UT_RATE_HZ;
    }
    return NAN;
}

void ut_turns_tell(const ut_turns *turns, ut_dynamics *dynamics) {
    float customer = (float)turns->speech_hops[UT_CUSTOMER], agent = (float)turns->speech_hops[UT_AGENT];
    *dynamics = (ut_dynamics){
        .agent_talk_share = customer + agent > 0 ? agent / (customer + agent) : NAN,
        .overlaps = turns->overlaps,
        .interruptions = turns->interruptions,
        .dead_air_s = (float)turns->dead_air_hops * UT_HOP / UT_RATE_HZ,
        .response_latency_median_s = latency_median_s(turns),
    };
}
