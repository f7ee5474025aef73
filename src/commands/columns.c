/* columns.c - which figure of a frame goes into which column, under which name, and when there is none. */
#include "commands/columns.h"

#include <math.h>
#include <stddef.h>

#include "prosody/functionals.h"

enum kind { NUMBER, FLAG, SEMITONES };

/* n figures that lie one behind the other in a frame, from `value` on. They exist where the floats at `where` and at
 * `and_where` are not 0; ALWAYS is where no float lies. */
struct group {
    char name[20]; /* with a %d for 1, 2 ... n */
    int n;
    size_t value, where, and_where;
    enum kind kind;
};

#define AT(field) offsetof(ut_frame, field)
#define ALWAYS    AT(t_s)
#define FORMANT(name, i)                                                                                               \
    {name "_hz", 1, AT(formant_hz[i]), AT(formant_hz[i]), ALWAYS, NUMBER},                                             \
        {name "_bandwidth_hz", 1, AT(formant_bandwidth_hz[i]), AT(formant_hz[i]), ALWAYS, NUMBER}, {                   \
        name "_level_db", 1, AT(formant_level_db[i]), AT(formant_hz[i]), ALWAYS, NUMBER                                \
    }

static const struct group groups[] = {
    {"loudness", 1, AT(loudness), ALWAYS, ALWAYS, NUMBER},
    {"alpha_ratio", 1, AT(alpha_ratio_db), ALWAYS, ALWAYS, NUMBER},
    {"hammarberg", 1, AT(hammarberg_db), ALWAYS, ALWAYS, NUMBER},
    {"slope_0_500", 1, AT(slope_0_500), ALWAYS, ALWAYS, NUMBER},
    {"slope_500_1500", 1, AT(slope_500_1500), ALWAYS, ALWAYS, NUMBER},
    {"tilt_0_500", 1, AT(tilt_0_500), ALWAYS, ALWAYS, NUMBER},
    {"tilt_500_1500", 1, AT(tilt_500_1500), ALWAYS, ALWAYS, NUMBER},
    {"spectral_flux", 1, AT(spectral_flux), ALWAYS, ALWAYS, NUMBER},
    {"mfcc_%d", UT_MFCC, AT(mfcc), ALWAYS, ALWAYS, NUMBER},
    {"f0_hz", 1, AT(f0_hz), AT(f0_hz), ALWAYS, NUMBER},
    {"f0_st", 1, AT(f0_hz), AT(f0_hz), ALWAYS, SEMITONES},
    {"voicing", 1, AT(voicing), ALWAYS, ALWAYS, NUMBER},
    {"jitter_local", 1, AT(jitter_local), AT(jitter_local), ALWAYS, NUMBER},
    {"shimmer_local_db", 1, AT(shimmer_local_db), AT(shimmer_local_db), ALWAYS, NUMBER},
    {"hnr_db", 1, AT(hnr_db), AT(f0_hz), ALWAYS, NUMBER},
    {"h1_h2_db", 1, AT(h1_h2_db), AT(f0_hz), ALWAYS, NUMBER},
    {"h1_a3_db", 1, AT(h1_a3_db), AT(f0_hz), AT(formant_hz[2]), NUMBER},
    FORMANT("f1", 0),
    FORMANT("f2", 1),
    FORMANT("f3", 2),
    {"level_db", 1, AT(level_db), ALWAYS, ALWAYS, NUMBER},
    {"speech", 1, AT(speech), ALWAYS, ALWAYS, NUMBER},
    {"music", 1, AT(music), ALWAYS, ALWAYS, NUMBER},
    {"tone", 1, AT(tone), ALWAYS, ALWAYS, NUMBER},
    {"syllable", 1, AT(syllable), ALWAYS, ALWAYS, FLAG},
    {"mel_%d_db", UT_MEL_BANDS, AT(mel_db), ALWAYS, ALWAYS, NUMBER},
};
enum { GROUPS = sizeof groups / sizeof *groups };
_Static_assert(GROUPS + UT_MFCC + UT_MEL_BANDS <= COLUMNS_MOST, "a row has room for all of them");

void columns_print_names(FILE *out) {
    for (const struct group *g = groups; g < groups + GROUPS; g++)
        for (int i = 1; i <= g->n; i++) {
            putc(',', out);
            fprintf(out, g->name, i);
        }
}

static bool is_there(const char *frame, size_t where) {
    return where == ALWAYS || *(const float *)(frame + where) != 0;
}

char *columns_write_value(char *at, float x) {
    *at++ = ',';
    return isfinite(x) ? number_write(at, x, NUMBER_DIGITS) : at;
}

static char *write_group(char *at, const char *frame, const struct group *g) {
    const float *values = (const float *)(frame + g->value);
    if (!is_there(frame, g->where) || !is_there(frame, g->and_where)) return *at = ',', at + 1;
    if (g->kind == FLAG) return columns_write_value(at, *(const bool *)(frame + g->value));
    if (g->kind == SEMITONES) return columns_write_value(at, 12 * log2f(*values / UT_SEMITONE_ZERO_HZ));
    for (int i = 0; i < g->n; i++) at = columns_write_value(at, values[i]);
    return at;
}

char *columns_write(char *at, const ut_frame *frame) {
    for (const struct group *g = groups; g < groups + GROUPS; g++) at = write_group(at, (const char *)frame, g);
    return at;
}
