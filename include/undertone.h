/* undertone.h - hears in a caller's voice when frustration or stress rises.
 *
 *     ut_model *model = ut_model_open("models/base.utm", &why);
 *     ut_call *call = ut_call_new(model, &(ut_call_options){ .consent = UT_CONSENT_GIVEN }, &why);
 *     while (read_20_ms(buffer)) {
 *         ut_call_push(call, UT_CUSTOMER, customer, 160);
 *         ut_call_push(call, UT_AGENT, agent, 160);
 *         for (ut_event e; ut_call_next(call, &e); ) show(&e);
 *     }
 *     ut_call_finish(call);
 *     for (ut_event e; ut_call_next(call, &e); ) show(&e);
 *     ut_call_free(call);
 *     ut_model_close(model);
 *
 * Samples are floats at 8 kHz, full scale -1..1. Nothing here makes a thread, prints or exits; the only file read is
 * the model. After _open and _new nothing allocates. A model, a plan and a playbook are read-only once open and may be
 * shared by threads; a call or a voice belongs to one thread at a time.
 *
 * Emotion is inferred on the customer's channel only. The agent's and the mixed channel have no classifier behind
 * them, and the events they yield have no field for emotion.
 */
#ifndef UNDERTONE_H
#define UNDERTONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UT_VERSION      "0.7.0"

#define UT_RATE_HZ      8000 /* everything is analysed in the telephone band */
#define UT_HOP          80   /* samples from one frame to the next: 10 ms */
#define UT_READING_HOPS 50   /* frames from one reading to the next: 500 ms */

typedef enum ut_error {
    UT_OK = 0,
    UT_NO_MEMORY,
    UT_MODEL_UNREADABLE, /* no such file, or no permission to read it */
    UT_MODEL_NOT_ONE,    /* wrong magic */
    UT_MODEL_VERSION,    /* a model file of another version */
    UT_MODEL_DAMAGED,    /* the checksum does not match: truncated or altered */
    UT_MODEL_HEADER,     /* a field of the header is missing or out of range */
    UT_MODEL_FEATURES,   /* asks for a feature this library does not compute */
    UT_BAD_PLAYBOOK,     /* ut_playbook_parse says which line */
} ut_error;

/* One sentence without a full stop, for a person. Never null. */
const char *ut_error_text(ut_error error);

/* ---- prosody: samples to frames ------------------------------------------------------------------------------- */

enum { UT_MEL_BANDS = 26, UT_MFCC = 12, UT_FORMANTS = 3 };

/* What one hop of a voice sounds like: two windows centred on t_s, 20 ms of spectrum and 60 ms of pitch. Methods and
 * sources: the heads of the files in src/prosody. Nothing here is ever NaN or infinite. */
typedef struct ut_frame {
    double t_s;           /* centre of the frame from the first sample: 0.01, 0.02 ... */
    float level_db;       /* RMS, dB full scale, never under -100 */
    float loudness;       /* sone-like */
    float alpha_ratio_db; /* 1-4 kHz against what is below */
    float hammarberg_db;  /* strongest below 2 kHz against strongest in 2-4 kHz */
    float slope_0_500;    /* dB/Hz; to compare with published figures, see tilt.c */
    float slope_500_1500;
    float tilt_0_500; /* dB/Hz; the same, but free of the level */
    float tilt_500_1500;
    float spectral_flux;
    float mel_db[UT_MEL_BANDS];    /* [bands], 20-4000 Hz */
    float mfcc[UT_MFCC];           /* [coefficients], the first is mfcc_1 */
    float voicing;                 /* 0..1, strength of the periodicity */
    float f0_hz;                   /* 0 where unvoiced; then the five below mean nothing and are 0 */
    float hnr_db;                  /* harmonics to noise */
    float h1_h2_db, h1_a3_db;      /* first harmonic to the second, and to the strongest near F3; see f3's hz */
    float jitter_local;            /* share of a period; 0 where too few periods were found */
    float shimmer_local_db;        /* the same for amplitudes */
    float formant_hz[UT_FORMANTS]; /* F1..F3, 0 where not found; then the two below mean nothing and are 0 */
    float formant_bandwidth_hz[UT_FORMANTS];
    float formant_level_db[UT_FORMANTS]; /* relative to the frame's */
    float speech;                        /* 0..1, voice activity */
    float music, tone;                   /* 0..1: hold music; dialling, ringing, a fax */
    bool syllable;                       /* a syllable nucleus was found in this hop */
} ut_frame;

/* Tables and FFT plans, shared by every voice. Errors: UT_NO_MEMORY. Planning is not thread-safe (FFTW's rule): open
 * plans and models from one thread. */
typedef struct ut_plan ut_plan;
ut_plan *ut_plan_open(ut_error *why);
void ut_plan_close(ut_plan *plan);

/* One voice's samples to frames. The plan is the caller's and must outlive it. Errors: UT_NO_MEMORY. */
typedef struct ut_prosody ut_prosody;
ut_prosody *ut_prosody_new(const ut_plan *plan, ut_error *why);
void ut_prosody_free(ut_prosody *prosody);

/* Takes up to n samples and returns how many it took: fewer than n when frames wait to be taken with _next. NaN and
 * infinity are taken as silence and counted. */
size_t ut_prosody_push(ut_prosody *prosody, const float *x, size_t n);
uint64_t ut_prosody_cleaned(const ut_prosody *prosody);

/* Copies out the next frame, false when there is none yet. A frame comes out UT_PROSODY_DELAY hops after its centre:
 * half a pitch frame, 3; the pitch tracker's look-ahead, 10; that of telling speech from music and tones, 20. */
enum { UT_PROSODY_DELAY = 33 };
bool ut_prosody_next(ut_prosody *prosody, ut_frame *frame);

/* No more samples will come: the frames still inside can now be taken with _next. As many frames come out as whole
 * hops went in. */
void ut_prosody_finish(ut_prosody *prosody);

/* ---- model ------------------------------------------------------------------------------------------------------ */

typedef struct ut_model ut_model;

/* Opens a .utm file: checks magic, version, checksum, shapes, rate and feature names before it reads a weight. Null on
 * failure, with the reason in *why (which may be null): UT_NO_MEMORY or any UT_MODEL_*. */
ut_model *ut_model_open(const char *path, ut_error *why);

/* The same from bytes in memory, which stay the caller's. */
ut_model *ut_model_parse(const void *bytes, size_t n_bytes, ut_error *why);
void ut_model_close(ut_model *model);

/* "base@0123456789ab": its name and the first 12 hexadecimal digits of its SHA-256. */
const char *ut_model_id(const ut_model *model);

/* ---- playbook: which cues are on, when they rise, what they say ------------------------------------------------- */

typedef enum ut_cue_kind {
    UT_CUE_FRUSTRATION,
    UT_CUE_STRESS,
    UT_CUE_CALMING,
    UT_CUE_TALK_OVER,
    UT_CUE_INTERRUPTION,
    UT_CUE_DEAD_AIR,
    UT_CUE_SLOW_REPLY,
    UT_CUE_MONOLOGUE,
    UT_CUE_TALKING_FAST,
    UT_CUE_ESCALATE, /* to the supervisor, all others are to the agent */
    UT_CUE_KINDS
} ut_cue_kind;

/* "frustration", "talk_over" ...: the names of events, playbooks and the store. */
const char *ut_cue_name(ut_cue_kind kind);

/* A libconfig file, see src/cues/playbook.cfg. On failure null, and message (may be null) says which line and why;
 * errors: UT_NO_MEMORY, UT_BAD_PLAYBOOK. */
typedef struct ut_playbook ut_playbook;
ut_playbook *ut_playbook_parse(const char *text, char *message, size_t message_size, ut_error *why);
void ut_playbook_close(ut_playbook *playbook);

/* ---- call -------------------------------------------------------------------------------------------------------- */

/* Whose voice a channel carries. A channel that holds both voices is mixed and never scored. */
typedef enum ut_channel { UT_CUSTOMER, UT_AGENT, UT_MIXED, UT_CHANNELS } ut_channel;
const char *ut_channel_name(ut_channel channel);

typedef enum ut_consent { UT_CONSENT_UNKNOWN, UT_CONSENT_GIVEN, UT_CONSENT_REFUSED, UT_CONSENT_WITHDRAWN } ut_consent;
const char *ut_consent_name(ut_consent consent);

/* What cues may say of a call besides its sound. Texts are copied, and cut where they are longer than a name is. */
typedef struct ut_call_about {
    const char *customer; /* the deployment's own reference, null: not known */
    const char *queue;    /* null: not known */
    unsigned earlier;     /* earlier calls of theirs with frustration, as far as consent lets one know */
} ut_call_about;

typedef struct ut_call_options {
    ut_consent consent;          /* anything but given: nothing is analysed, no event comes out */
    const ut_playbook *playbook; /* null for the defaults; must outlive the call, or the next ut_call_set_playbook */
    unsigned channels;           /* bit 1 << UT_CUSTOMER and so on; 0 means customer and agent */
    ut_call_about about;
    int64_t local_time_s; /* when the first sample is heard: seconds since 1970 by the clock on the wall there, for the
                             playbook's quiet hours; 0: not known, no hour is quiet */
} ut_call_options;

/* What a channel carries most. Music and tones are neither scored nor silence. */
typedef enum ut_sound { UT_SOUND_NONE, UT_SOUND_SPEECH, UT_SOUND_MUSIC, UT_SOUND_TONE, UT_SOUNDS } ut_sound;
const char *ut_sound_name(ut_sound sound);

/* What any voice yields: conversation, not emotion. */
typedef struct ut_activity {
    bool speaking;
    ut_sound sound;
    float level_db;   /* dB full scale, over the reading's half second */
    float rate_syl_s; /* syllables a second of speech, 0 until some were heard */

    /* This voice's part of all speech of customer and agent, 0..1; NaN where nobody spoke, or one is not heard. */
    float talk_share;      /* in the call so far */
    float talk_share_120s; /* in the last 120 s */
} ut_activity;

/* What the customer's voice alone yields. Scores are calibrated probabilities, meaningless where abstain is set. */
typedef struct ut_affect {
    float pitch_hz; /* median of the window, 0 where nothing was voiced */
    float frustration, stress, arousal;
    float confidence; /* 0..1 */
    bool abstain;     /* too little speech, or unlike anything the model knew */
    bool usual_known; /* enough was heard of this caller to compare them with themselves */
} ut_affect;

typedef enum ut_cue_state { UT_CUE_RAISED, UT_CUE_UPDATED, UT_CUE_CLEARED } ut_cue_state;
const char *ut_cue_state_name(ut_cue_state state);
typedef enum ut_severity { UT_INFO, UT_NOTICE, UT_URGENT } ut_severity;
const char *ut_severity_name(ut_severity severity);

enum { UT_REASONS = 3, UT_TEXT_SIZE = 160, UT_ADVICE_SIZE = 240 };
typedef struct ut_reason {
    const char *feature; /* "pitch_hz", "level_db" ... static */
    char change[24];     /* "+4.1 st" against the caller's own usual, or "9.5 s" */
    float z;             /* the same in the caller's own standard deviations, NaN where that means nothing */
} ut_reason;

typedef struct ut_cue {
    unsigned id; /* of this call, from 1; a cue keeps its id from raised to cleared */
    ut_cue_kind kind;
    ut_cue_state state;
    ut_severity severity;
    unsigned priority; /* 1 is the most important; of the cues that are up, the lowest number is the main one */
    float score;       /* 0..1 for emotion cues, NaN for the others */
    float score_usual; /* what score would be were its reasons as usual for the caller; NaN: none of them is a change */
    char text[UT_TEXT_SIZE];     /* the playbook's, its variables filled in */
    char advice[UT_ADVICE_SIZE]; /* the same, "" where it gives none */
    ut_reason reasons[UT_REASONS];
    unsigned n_reasons;
} ut_cue;

/* What happened between two voices, told when it is over. Definitions and numbers: src/cues/turns.c. */
typedef enum ut_turn_kind {
    UT_TURN_TURN,         /* channel held the floor */
    UT_TURN_OVERLAP,      /* both spoke; channel came in */
    UT_TURN_INTERRUPTION, /* channel came in, and the other yielded; from there until the other was silent */
    UT_TURN_BACKCHANNEL,  /* channel said "mm-hm" while the other kept the floor */
    UT_TURN_REPLY,        /* channel answered; from the end of the other's turn to the start of the answer */
    UT_TURN_SILENCE,      /* nobody spoke, and nobody was on hold */
    UT_TURN_HOLD,         /* music or tones, or a silence that was announced with ut_call_set_hold */
    UT_TURN_MONOLOGUE,    /* the agent spoke without an answer */
    UT_TURN_KINDS
} ut_turn_kind;
const char *ut_turn_name(ut_turn_kind kind);

typedef struct ut_turn {
    ut_turn_kind kind;
    ut_channel channel;    /* meaningless for silence and hold */
    double start_s, end_s; /* audio time, of the sound itself */
} ut_turn;

/* Conversation, from both channels; all zero where only one was given. */
typedef struct ut_dynamics {
    float agent_talk_share; /* of all speech, 0..1, NaN where nobody spoke */
    unsigned overlaps, interruptions, backchannels;
    unsigned interruptions_by_agent; /* of interruptions */
    float dead_air_s;                /* of all silences over 3 s */
    float hold_s;
    float response_latency_median_s, response_latency_p90_s; /* agent's, NaN where the agent never answered */
    float monologue_longest_s;                               /* agent's */
} ut_dynamics;

typedef struct ut_summary {
    double duration_s;
    bool has_customer, has_dynamics;
    struct {
        float speech_s;
        float frustration_mean, frustration_peak, stress_mean, stress_peak, arousal_mean; /* NaN: never scored */
    } customer;
    ut_dynamics dynamics;
    unsigned cues; /* raised */
} ut_summary;

typedef enum ut_event_type {
    UT_EVENT_CUSTOMER, /* a reading of the customer's voice */
    UT_EVENT_ACTIVITY, /* a reading of any other voice: no emotion in it */
    UT_EVENT_TURN,
    UT_EVENT_CUE,
    UT_EVENT_SUMMARY, /* once, last, after ut_call_finish */
} ut_event_type;

typedef struct ut_event {
    ut_event_type type;
    double t_s; /* audio time: samples pushed so far over the rate when the event was decided */
    union {
        struct {
            ut_activity activity;
            ut_affect affect;
        } customer;
        struct {
            ut_channel channel;
            ut_activity activity;
        } activity;
        ut_turn turn;
        ut_cue cue;
        ut_summary summary;
    };
} ut_event;

typedef struct ut_call ut_call;

/* The model is the caller's and must outlive the call; options null means defaults: consent unknown, two channels.
 * Errors: UT_NO_MEMORY. */
ut_call *ut_call_new(const ut_model *model, const ut_call_options *options, ut_error *why);
void ut_call_free(ut_call *call);

/* Takes up to n samples of one channel and returns how many it took: fewer than n when events wait to be taken with
 * _next, or when this channel is over UT_SKEW_S ahead of the others. Samples of a channel the call was not opened
 * with are ignored. Without given consent all samples are ignored. */
size_t ut_call_push(ut_call *call, ut_channel channel, const float *x, size_t n);
enum { UT_SKEW_S = 2 };

/* Copies out the next event, false when there is none. */
bool ut_call_next(ut_call *call, ut_event *event);

/* From the next cue on; null for the defaults. Cues that are up keep what they said. */
void ut_call_set_playbook(ut_call *call, const ut_playbook *playbook);

/* The telephony says that the caller is put on hold, or taken off it. Until then no silence is dead air. */
void ut_call_set_hold(ut_call *call, bool on_hold);

/* Consent can change during the call. Withdrawn or refused: every event still inside is dropped, nothing is analysed
 * any more, and no later consent changes that. */
void ut_call_set_consent(ut_call *call, ut_consent consent);

/* No more samples will come: open cues are cleared and the summary follows, to be taken with _next. */
void ut_call_finish(ut_call *call);

#endif
