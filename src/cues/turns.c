/* turns.c - two voices' hops to turns.
 *
 *     hops -> bursts -> bids -> turns, overlaps, interruptions, backchannels, replies, monologues
 *                  \-> hold -> silences
 *
 * Definitions after the conversation-analysis practice of call centers; the numbers stand once, here, in hops of 10 ms.
 * That nobody notices a gap or an overlap of less than 0.12 s is Heldner's measurement (Journal of the Acoustical
 * Society of America 130, 2011): a turn that ends so near the next was neither cut short nor left waiting.
 */
#include "cues/turns.h"

#include <math.h>

enum {
    RUN_ENDS = 5,        /* a gap in speech that is no gap is shorter: 50 ms */
    BURST_STARTS = 8,    /* speech that makes a burst: 80 ms */
    SLOW_MOST = 20,      /* how late the detector may be: 0.2 s */
    BURST_ENDS = 30,     /* a gap that ends it: 0.3 s */
    UNNOTICED = 12,      /* between two turns: 0.12 s */
    WORD_VOICED = 5,     /* a shorter one is somebody's only with 50 ms of voice in it */
    BACKCHANNEL = 80,    /* a longer burst takes the floor: 0.8 s */
    PAUSE = 100,         /* who is silent for longer when the other speaks has left the floor: 1 s */
    OVERLAP = 50,        /* both speaking for 0.5 s ... */
    OVERLAP_VOICED = 15, /* ... with 0.15 s of voice in each, so that breath and clatter do not count */
    FLOOR_HELD = 100,    /* an interruption comes at least 1 s into a turn and holds the floor 1 s */
    YIELDS = 150,        /* within 1.5 s */
    SILENCE = 300,       /* silence counts from 3 s */
    HOLD = 200,          /* 2 s of music or tones are a hold, a beep is not ... */
    HOLD_GAP = 450,      /* ... with gaps up to 4.5 s: between two rings are 4 */
    MONOLOGUE = 5000,    /* told from 50 s */
    REPLIES_KNOWN = 3,
};

#define QUIET_DB      (-100.0f)
#define OVER_NOISE_DB 4.0f  /* what stands out less is the room around a sound, see prosody/vad.c */
#define NOISE_RATE    0.05f /* a hop: to a third in 0.2 s */
#define NOISE_STEP_DB 4.0f  /* at most: 20 dB a second */
#define RISEN_DB      15.0f /* over the noise: a voice begins here, where the detector is slow to hear it */

static const double hop_s = (double)UT_HOP / UT_RATE_HZ;

typedef struct ut_turns_voice ut_turns_voice;

void ut_turns_init(ut_turns *turns) {
    *turns = (ut_turns){.floor = -1, .monologue_hop = -1, .usual_reply_s = NAN};
    for (int v = 0; v < 2; v++) turns->voice[v].noise_db = QUIET_DB;
}

static int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t greater(int64_t a, int64_t b) { return a > b ? a : b; }

/* A hop begins half a hop before the centre of its frame, and the first frame's is a hop from the start. */
static double sound_s(int64_t hop) { return ((double)hop + 0.5) * hop_s; }

static void emit(ut_turns *turns, ut_turn_kind kind, int v, int64_t start_hop, int64_t end_hop) {
    if (turns->in - turns->out == UT_TURNS_WAITING) return;
    turns->waiting[turns->in++ % UT_TURNS_WAITING] =
        (ut_turn){.kind = kind, .channel = (ut_channel)v, .start_s = sound_s(start_hop), .end_s = sound_s(end_hop)};
}

bool ut_turns_next(ut_turns *turns, ut_turn *turn) {
    if (turns->in == turns->out) return false;
    *turn = turns->waiting[turns->out++ % UT_TURNS_WAITING];
    return true;
}

/* ---- bursts ---- */

/* The noise of a line is followed where nobody speaks; a sound that the detector was slow to take for speech lifts it
 * by little. */
static void noise_step(ut_turns_voice *voice, const ut_voice_hop *hop, int64_t now) {
    float over_db = hop->level_db - voice->noise_db;
    if (over_db < RISEN_DB) voice->risen_hop = now + 1;
    if (hop->speech || hop->hold) return;
    voice->noise_db += now ? NOISE_RATE * fminf(over_db, NOISE_STEP_DB) : over_db;
}

static void burst_step(ut_burst *burst, bool speaks, bool voiced, int64_t risen_hop, int64_t hop) {
    if (speaks) {
        if (hop - burst->heard_hop >= RUN_ENDS) burst->run_hops = burst->run_voiced_hops = 0;
        if (burst->run_hops++ == 0) burst->run_hop = hop;
        burst->heard_hop = hop + 1;
    }
    burst->voiced_hops += voiced;
    burst->run_voiced_hops += voiced;
    if (!burst->on && speaks && burst->run_hops >= BURST_STARTS) {
        burst->on = true;
        burst->before_hop = burst->end_hop;
        burst->start_hop = burst->run_hop - risen_hop <= SLOW_MOST ? lesser(risen_hop, burst->run_hop) : burst->run_hop;
    }
    if (burst->on) burst->end_hop = burst->heard_hop;
    if (burst->on && hop - burst->end_hop + 1 >= BURST_ENDS) burst->on = false;
}

/* Where the voice last fell silent before a hop; 0 where it never spoke. */
static int64_t silent_since(const ut_burst *burst, int64_t hop) {
    return burst->start_hop < hop ? burst->end_hop : burst->before_hop;
}

/* ---- hold: music or tones on either side, or announced ---- */

static void hold_end(ut_turns *turns) {
    if (turns->hold.on) {
        emit(turns, UT_TURN_HOLD, UT_CUSTOMER, turns->hold.start_hop, turns->hold.end_hop);
        turns->dynamics.hold_s += (float)((double)(turns->hold.end_hop - turns->hold.start_hop) * hop_s);
    }
    turns->hold.on = false;
    turns->hold.sounding_hops = 0;
}

static bool anyone_speaks(const ut_turns *turns) {
    for (int v = 0; v < 2; v++)
        if (turns->voice[v].burst.on && turns->voice[v].burst.end_hop > turns->hop) return true;
    return false;
}

static void hold_step(ut_turns *turns, bool sounds) {
    int64_t gap = turns->hop - turns->hold.end_hop;
    bool flickers = turns->hold.sounding_hops < BURST_STARTS && gap >= RUN_ENDS;
    bool ends = turns->announced ? !turns->hold.on : anyone_speaks(turns) || gap >= HOLD_GAP;
    if (ends || (flickers && !turns->hold.on)) hold_end(turns);
    if (!sounds && !turns->announced) return;
    if (turns->hold.sounding_hops++ == 0) turns->hold.start_hop = turns->hop;
    turns->hold.end_hop = turns->hop + 1;
    if (turns->announced || turns->hold.sounding_hops >= HOLD) turns->hold.on = true;
    if (turns->hold.on) turns->floor = -1; /* who is put on hold has been answered */
}

/* ---- silence: neither speech nor hold ---- */

static void silence_end(ut_turns *turns, int64_t end_hop) {
    int64_t hops = end_hop - turns->heard_hop;
    if (!turns->spoke || hops < SILENCE) return;
    emit(turns, UT_TURN_SILENCE, UT_CUSTOMER, turns->heard_hop, end_hop);
    turns->dynamics.dead_air_s += (float)((double)hops * hop_s);
}

/* was_heard: somebody was in a burst or on hold the hop before. */
static void silence_step(ut_turns *turns, bool was_heard) {
    const ut_burst *customer = &turns->voice[UT_CUSTOMER].burst, *agent = &turns->voice[UT_AGENT].burst;
    bool speech = customer->on || agent->on, heard = speech || turns->hold.on;
    if (heard && !was_heard) {
        int64_t start_hop = turns->hold.on ? turns->hold.start_hop : INT64_MAX;
        if (customer->on) start_hop = lesser(start_hop, customer->start_hop);
        if (agent->on) start_hop = lesser(start_hop, agent->start_hop);
        silence_end(turns, start_hop);
    }
    turns->spoke = turns->spoke || speech;
    if (speech) turns->heard_hop = greater(customer->end_hop, agent->end_hop);
    if (turns->hold.on) turns->heard_hop = greater(turns->heard_hop, turns->hold.end_hop);
    bool music = turns->hold.sounding_hops > 0 && turns->hop - turns->hold.end_hop < BURST_ENDS;
    turns->silent_hops = speech || music || !turns->spoke ? 0 : turns->hop - turns->heard_hop + 1;
}

/* ---- bids and turns ---- */

/* What so many percent of the agent's replies took at most, NaN without any. */
static float latency_s(const ut_turns *turns, unsigned percent) {
    unsigned seen = 0;
    for (int bin = 0; bin < UT_LATENCY_BINS; bin++) {
        seen += turns->latencies[bin];
        if (seen > 0 && 100 * seen >= percent * turns->n_latencies)
            return (float)((bin + 0.5) * UT_LATENCY_BIN_HOPS * hop_s);
    }
    return NAN;
}

static void reply(ut_turns *turns, int v, int64_t done_hop, int64_t start_hop) {
    start_hop = greater(start_hop, done_hop);
    emit(turns, UT_TURN_REPLY, v, done_hop, start_hop);
    if (v != UT_AGENT) return;
    turns->latencies[lesser((start_hop - done_hop) / UT_LATENCY_BIN_HOPS, UT_LATENCY_BINS - 1)]++;
    turns->n_latencies++;
    if (turns->n_latencies >= REPLIES_KNOWN) turns->usual_reply_s = latency_s(turns, 50);
}

static void turn_end(ut_turns *turns, int v, int64_t end_hop) {
    emit(turns, UT_TURN_TURN, v, turns->voice[v].turn_hop, end_hop);
    turns->voice[v].talks = false;
    turns->voice[v].done_hop = end_hop;
}

static void bid(ut_turns_voice *voice) {
    voice->bids = true;
    voice->bid_hop = voice->burst.start_hop;
    voice->bid_voiced_hops = voice->burst.voiced_hops - voice->burst.run_voiced_hops;
}

/* The bid was a turn from its first sound on. Had the other stopped before it, and spoken again since, then that is a
 * bid of theirs. */
static void claim(ut_turns *turns, int v) {
    ut_turns_voice *voice = &turns->voice[v], *other = &turns->voice[!v];
    int64_t start_hop = voice->bid_hop, done_hop = silent_since(&other->burst, start_hop);
    bool follows = done_hop > voice->done_hop && done_hop <= start_hop + UNNOTICED;
    if (turns->floor == !v && follows) reply(turns, v, done_hop, start_hop);
    if (other->talks && other->turn_hop < start_hop && other->burst.start_hop > start_hop + UNNOTICED) {
        turn_end(turns, !v, done_hop);
        bid(other);
    }
    voice->bids = false;
    voice->talks = true;
    voice->turn_hop = start_hop;
    turns->floor = v;
}

static void drop_bid(ut_turns *turns, int v) {
    turns->voice[v].bids = false;
    turns->overlap.over = false;
    turns->interruption[v].open = false;
}

static void backchannel(ut_turns *turns, int v) {
    drop_bid(turns, v);
    emit(turns, UT_TURN_BACKCHANNEL, v, turns->voice[v].bid_hop, turns->voice[v].burst.end_hop);
    turns->dynamics.backchannels++;
}

/* Of a bid that is shorter than a turn: a breath, a backchannel, a turn, or not known yet. Who has paused may go on at
 * the same instant. */
static void decide(ut_turns *turns, int v, bool other_talks) {
    const ut_turns_voice *voice = &turns->voice[v], *other = &turns->voice[!v];
    bool other_first = other_talks || other->burst.start_hop <= voice->bid_hop + UNNOTICED;
    bool left = turns->hop - other->burst.end_hop >= PAUSE && turns->hop - voice->bid_hop >= UNNOTICED + BURST_STARTS;
    bool breath = voice->burst.voiced_hops - voice->bid_voiced_hops < WORD_VOICED;
    if (!voice->burst.on && breath) drop_bid(turns, v);
    else if (!voice->burst.on && other->burst.on && other_first) backchannel(turns, v);
    else if (!breath && (other_talks ? left : !voice->burst.on)) claim(turns, v);
}

static void bid_step(ut_turns *turns) {
    const bool talked[2] = {turns->voice[0].talks, turns->voice[1].talks};
    for (int v = 0; v < 2; v++) {
        ut_turns_voice *voice = &turns->voice[v];
        if (voice->burst.on && !voice->talks && !voice->bids) bid(voice);
    }
    for (int v = 0; v < 2; v++) {
        const ut_turns_voice *voice = &turns->voice[v];
        if (!voice->bids) continue;
        if (voice->burst.end_hop - voice->bid_hop >= BACKCHANNEL) claim(turns, v);
        else decide(turns, v, talked[!v]);
    }
}

/* Of two who stop at a time, who stopped first. */
static void turn_step(ut_turns *turns) {
    const bool talked[2] = {turns->voice[0].talks, turns->voice[1].talks};
    for (int v = 0; v < 2; v++) {
        const ut_burst *burst = &turns->voice[v].burst, *other = &turns->voice[!v].burst;
        if (!talked[v] || burst->on) continue;
        bool passed = talked[!v] && (other->on || burst->end_hop <= other->end_hop);
        if (passed) turns->floor = !v;
        if (passed || turns->silent_hops >= SILENCE || turns->hold.on) turn_end(turns, v, burst->end_hop);
    }
}

/* ---- both at a time ---- */

static void overlap_begin(ut_turns *turns) {
    const ut_turns_voice *voice = turns->voice;
    int64_t starts[2] = {voice[0].burst.start_hop, voice[1].burst.start_hop};
    bool agents_floor = voice[UT_AGENT].talks && !voice[UT_CUSTOMER].talks;
    bool at_once = starts[UT_AGENT] == starts[UT_CUSTOMER];
    int second = (at_once ? !agents_floor : starts[UT_AGENT] > starts[UT_CUSTOMER]) ? UT_AGENT : UT_CUSTOMER;
    turns->overlap.live = true;
    turns->overlap.over = false;
    turns->overlap.second = second;
    turns->overlap.start_hop = starts[second];
    for (int v = 0; v < 2; v++) turns->overlap.voiced_hops[v] = voice[v].burst.voiced_hops;
    bool simultaneous = starts[second] - starts[!second] <= UNNOTICED;
    if (simultaneous || !voice[!second].talks || starts[second] - voice[!second].turn_hop < FLOOR_HELD) return;
    turns->interruption[second] = (ut_turns_cut){.open = true, .start_hop = starts[second], .yielded_hop = -1};
}

/* Long enough, and voiced. */
static bool overlap_counts(const ut_turns *turns) {
    const ut_turns_voice *voice = turns->voice;
    bool voiced = true;
    for (int v = 0; v < 2; v++)
        voiced = voiced && voice[v].burst.voiced_hops - turns->overlap.voiced_hops[v] >= OVERLAP_VOICED;
    return voiced && turns->overlap.end_hop - turns->overlap.start_hop >= OVERLAP;
}

static void overlap_end(ut_turns *turns) {
    turns->overlap.over = false;
    if (!turns->overlap.counts) return;
    emit(turns, UT_TURN_OVERLAP, turns->overlap.second, turns->overlap.start_hop, turns->overlap.end_hop);
    turns->dynamics.overlaps++;
}

static void overlap_step(ut_turns *turns) {
    const ut_burst *a = &turns->voice[0].burst, *b = &turns->voice[1].burst;
    bool both = a->on && b->on;
    if (both && !turns->overlap.live) overlap_begin(turns);
    if (turns->overlap.live) {
        turns->overlap.end_hop = lesser(a->end_hop, b->end_hop);
        turns->overlap.counts = overlap_counts(turns);
        turns->overlap.over = !both;
    }
    turns->overlap.live = both;
}

/* v goes on to speak; what the other says meanwhile may turn out to be a turn or a backchannel. */
static void await_floor_held(ut_turns *turns, int v) {
    const ut_turns_voice *voice = &turns->voice[v], *other = &turns->voice[!v];
    ut_turns_cut *cut = &turns->interruption[v];
    bool resumed = other->talks && other->burst.start_hop >= cut->yielded_hop;
    if (!voice->talks || other->bids) return;
    cut->open = !resumed && turns->hop - voice->burst.end_hop < PAUSE;
    if (!cut->open || voice->burst.end_hop - cut->yielded_hop < FLOOR_HELD) return;
    cut->open = false;
    emit(turns, UT_TURN_INTERRUPTION, v, cut->start_hop, cut->yielded_hop);
    turns->dynamics.interruptions++;
    turns->dynamics.interruptions_by_agent += v == UT_AGENT;
}

static void await_yield(ut_turns *turns, int v) {
    const ut_burst *burst = &turns->voice[v].burst, *other = &turns->voice[!v].burst;
    ut_turns_cut *cut = &turns->interruption[v];
    int64_t over = other->end_hop - cut->start_hop;
    bool cut_short = over >= UNNOTICED && over <= YIELDS && burst->end_hop >= other->end_hop;
    cut->open = other->on ? over <= YIELDS : cut_short;
    if (!other->on) cut->yielded_hop = other->end_hop;
}

static void interruption_step(ut_turns *turns) {
    for (int v = 0; v < 2; v++) {
        if (!turns->interruption[v].open) continue;
        if (turns->interruption[v].yielded_hop < 0) await_yield(turns, v);
        else await_floor_held(turns, v);
    }
}

/* ---- how long it has gone on ---- */

static void monologue_end(ut_turns *turns) {
    const ut_turns_voice *customer = &turns->voice[UT_CUSTOMER], *agent = &turns->voice[UT_AGENT];
    int64_t end_hop = agent->talks ? customer->turn_hop : agent->done_hop, hops = end_hop - turns->monologue_hop;
    if (hops >= MONOLOGUE) emit(turns, UT_TURN_MONOLOGUE, UT_AGENT, turns->monologue_hop, end_hop);
    turns->dynamics.monologue_longest_s = fmaxf(turns->dynamics.monologue_longest_s, (float)((double)hops * hop_s));
    turns->monologue_hop = -1;
}

static void monologue_step(ut_turns *turns) {
    const ut_turns_voice *customer = &turns->voice[UT_CUSTOMER], *agent = &turns->voice[UT_AGENT];
    bool unanswered = agent->talks && !customer->talks;
    if (!unanswered && turns->monologue_hop >= 0) monologue_end(turns);
    if (unanswered && turns->monologue_hop < 0) turns->monologue_hop = greater(agent->turn_hop, customer->done_hop);
    turns->monologue_hops = unanswered ? turns->hop - turns->monologue_hop + 1 : 0;
}

static void measure(ut_turns *turns) {
    const ut_turns_voice *customer = &turns->voice[UT_CUSTOMER], *agent = &turns->voice[UT_AGENT];
    bool talk_over = turns->overlap.live && customer->talks && agent->talks && turns->overlap.counts;
    turns->overlap_hops = talk_over ? turns->overlap.end_hop - turns->overlap.start_hop : 0;
    bool waits = turns->floor == UT_CUSTOMER && !customer->burst.on && !agent->burst.on && !agent->bids;
    turns->waiting_hops = waits && turns->silent_hops ? turns->hop - customer->burst.end_hop + 1 : 0;
}

/* ---- all of it ---- */

static bool is_heard(const ut_turns *turns) {
    return turns->voice[0].burst.on || turns->voice[1].burst.on || turns->hold.on;
}

void ut_turns_step(ut_turns *turns, const ut_voice_hop *customer, const ut_voice_hop *agent) {
    const ut_voice_hop *const hops[2] = {[UT_CUSTOMER] = customer, [UT_AGENT] = agent};
    bool speaks[2], holds = false, was_heard = is_heard(turns);
    for (int v = 0; v < 2; v++) {
        ut_turns_voice *voice = &turns->voice[v];
        bool audible = hops[v]->level_db > voice->noise_db + OVER_NOISE_DB;
        speaks[v] = hops[v]->speech && audible;
        holds = holds || (hops[v]->hold && audible);
        noise_step(voice, hops[v], turns->hop);
        burst_step(&voice->burst, speaks[v], speaks[v] && hops[v]->voiced, voice->risen_hop, turns->hop);
    }
    ut_talk_step(&turns->talk, turns->hop, speaks);
    hold_step(turns, holds);
    silence_step(turns, was_heard);
    overlap_step(turns);
    bid_step(turns);
    if (turns->overlap.over && !turns->voice[0].bids && !turns->voice[1].bids) overlap_end(turns);
    interruption_step(turns);
    turn_step(turns);
    monologue_step(turns);
    measure(turns);
    turns->hop++;
}

void ut_turns_finish(ut_turns *turns) {
    for (int v = 0; v < 2; v++) {
        const ut_burst *burst = &turns->voice[v].burst, *other = &turns->voice[!v].burst;
        if (!turns->voice[v].bids) continue;
        if (turns->voice[!v].talks && other->end_hop > burst->end_hop) backchannel(turns, v);
        else claim(turns, v);
    }
    if (turns->overlap.live || turns->overlap.over) overlap_end(turns);
    silence_end(turns, turns->hop);
    hold_end(turns);
    for (int v = 0; v < 2; v++)
        if (turns->voice[v].talks) turn_end(turns, v, turns->voice[v].burst.end_hop);
    if (turns->monologue_hop >= 0) monologue_end(turns);
    turns->overlap.live = turns->overlap.over = false;
    turns->overlap_hops = turns->silent_hops = turns->monologue_hops = turns->waiting_hops = 0;
}

void ut_turns_tell(const ut_turns *turns, ut_dynamics *dynamics) {
    *dynamics = turns->dynamics;
    dynamics->agent_talk_share = ut_talk_share(&turns->talk, UT_AGENT);
    dynamics->response_latency_median_s = latency_s(turns, 50);
    dynamics->response_latency_p90_s = latency_s(turns, 90);
}
