/* scores.c - the customer's channel of a recording through the voice that a live call uses:
 *
 *     source --> ut_voice(customer): prosody -> functionals -> classifier --> an opinion each half second --> a row
 *
 * No other channel gets a voice here, since no other voice has a classifier behind it.
 */
#include "commands/scores.h"

#include "commands/columns.h"
#include "commands/interrupt.h"
#include "commands/print.h"
#include "cues/cues.h"
#include "voice.h"

enum { BLOCK = UT_RATE_HZ / 10, VALUES = 8 + UT_CLASSES };

struct scores {
    ut_voice *voice;
    ut_cues cues;
    uint64_t hops;
    const char *path;
    FILE *out;
};

void scores_print_names(FILE *out) {
    fputs(",speech_s,frustration,stress,arousal,confidence,abstain,usual_known"
          ",angry,fearful,happy,sad,neutral,disgust",
          out);
}

static int customer_of(const source *s) {
    for (int c = 0; c < s->channels; c++)
        if (s->roles[c] == UT_CUSTOMER) return c;
    return -1;
}

/* Audio time of the newest hop, the last of which may be a part of one. */
static double heard_s(const struct scores *scores) {
    uint64_t samples = scores->hops * UT_HOP, most = ut_voice_samples(scores->voice);
    return (double)(samples < most ? samples : most) / UT_RATE_HZ;
}

static void print_reading(const struct scores *scores, const ut_opinion *opinion) {
    char row[(VALUES + 1) * COLUMNS_VALUE_SIZE], *at = row;
    const ut_affect *affect = &opinion->affect;
    const float values[] = {opinion->speech_s,  affect->frustration, affect->stress,     affect->arousal,
                            affect->confidence, affect->abstain,     affect->usual_known};
    *at++ = ',';
    at = number_write(at, heard_s(scores), NUMBER_TIME_DIGITS);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) at = columns_write_value(at, values[i]);
    for (int i = 0; i < UT_CLASSES; i++) at = columns_write_value(at, opinion->classes[i]);
    *at++ = '\n';
    print_field(scores->out, scores->path);
    fprintf(scores->out, ",%s", ut_channel_name(UT_CUSTOMER));
    fwrite(row, 1, (size_t)(at - row), scores->out);
}

/* A cue that is up keeps the baseline as it is, here as in a call; nobody is told of it. */
static void follow_cues(struct scores *scores, const ut_voice_hop *hop, const ut_opinion *opinion) {
    ut_cue cue;
    ut_cues_hear(&scores->cues, heard_s(scores), opinion, hop->activity.speaking);
    ut_voice_hold_usual(scores->voice, ut_cues_hold_usual(&scores->cues));
    for (double t_s; ut_shelf_next(&scores->cues.shelf, &t_s, &cue);) continue;
}

static void drain(struct scores *scores) {
    ut_opinion opinion;
    for (ut_voice_hop hop; ut_voice_waiting(scores->voice);) {
        ut_voice_hear(scores->voice, ut_voice_take(scores->voice), &hop, &opinion);
        scores->hops++;
        if (!hop.reading) continue;
        print_reading(scores, &opinion);
        follow_cues(scores, &hop, &opinion);
    }
}

static void push(struct scores *scores, const float *x, size_t n) {
    for (size_t taken = 0; taken < n;) {
        taken += ut_voice_push(scores->voice, x + taken, n - taken);
        drain(scores);
    }
}

/* Returns the source's last status: -1 where all of it was heard. */
static int follow(struct scores *scores, source *s, int customer) {
    float block[SOURCE_CHANNELS][BLOCK];
    int n = 0;
    while (n >= 0 && !interrupt_came() && !ferror(scores->out)) {
        n = source_read(s, (float *const[]){block[0], block[1]}, BLOCK);
        if (n > 0) push(scores, block[customer], (size_t)n);
    }
    if (n == -1) {
        ut_voice_finish(scores->voice);
        drain(scores);
    }
    return n;
}

bool scores_run(const ut_model *model, source *s, const char *path, FILE *out) {
    int customer = customer_of(s), status = 0;
    if (customer < 0) {
        fprintf(stderr, "undertone features: %s: has no customer's channel, and no other voice is scored\n", path);
        return false;
    }
    struct scores scores = {.voice = ut_voice_new(model, UT_CUSTOMER), .path = path, .out = out};
    ut_cues_init(&scores.cues, &(ut_call_options){0});
    if (scores.voice) status = follow(&scores, s, customer);
    else fprintf(stderr, "undertone features: %s: %s\n", path, ut_error_text(UT_NO_MEMORY));
    if (status == -2) fprintf(stderr, "undertone features: %s\n", s->fault);
    ut_voice_free(scores.voice);
    return status == -1;
}
