/* made_sound.h - what a telephone line carries besides voices, for tests: hold music, signalling tones, noises.
 *
 * Made otherwise than tools/train/sounds.py makes what the detector learned from: set pieces, not notes by chance.
 */
#ifndef TESTS_MADE_SOUND_H
#define TESTS_MADE_SOUND_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "made_line.h"
#include "undertone.h"

#define MADE_TAU 6.28318530717958648

/* Adds to n samples of silence; the same seed, the same sound. */
typedef void made_maker(float *x, size_t n, uint32_t seed);

typedef enum made_class { MADE_MUSIC, MADE_TONE, MADE_NOISE, MADE_CLASSES } made_class;

static inline double made_s(size_t i) { return (double)i / UT_RATE_HZ; }

static inline double made_midi_hz(int midi) { return 440 * pow(2, (midi - 69) / 12.0); }

/* -1..1 */
static inline float made_chance(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return (float)(*seed >> 8) / (1 << 23) - 1;
}

static inline uint32_t made_seed(uint32_t seed) { return (seed + 1) * 2654435761u | 1; }

/* ---- instruments: a note from a sample on, at most so long ---------------------------------------------------- */

typedef double made_wave(double turns, double t_s); /* turns of the fundamental, seconds into the note */

static inline double made_sine(double turns, double t_s) {
    (void)t_s;
    return sin(MADE_TAU * turns);
}

/* Band-limited: up to 3.6 kHz of a fundamental below 450 Hz. */
static inline double made_saw(double turns, double t_s) {
    (void)t_s;
    double sum = 0;
    for (int k = 1; k <= 8; k++) sum += sin(MADE_TAU * k * turns) / k;
    return 0.6 * sum;
}

static inline double made_square(double turns, double t_s) {
    (void)t_s;
    double sum = 0;
    for (int k = 1; k <= 7; k += 2) sum += sin(MADE_TAU * k * turns) / k;
    return 0.8 * sum;
}

static inline double made_bell(double turns, double t_s) {
    return sin(MADE_TAU * turns + 3 * exp(-4 * t_s) * sin(MADE_TAU * 3.5 * turns));
}

static inline double made_organ(double turns, double t_s) {
    turns += 0.35 * sin(MADE_TAU * 6 * t_s) / 6; /* vibrato */
    return 0.4 * (sin(MADE_TAU * turns) + 0.7 * sin(MADE_TAU * 2 * turns) + 0.5 * sin(MADE_TAU * 3 * turns) +
                  0.3 * sin(MADE_TAU * 4 * turns) + 0.2 * sin(MADE_TAU * 6 * turns));
}

/* Opens and closes its mouth, as brass does. */
static inline double made_brass(double turns, double t_s) {
    double sum = 0, open = 1.5 + 5 * fmin(t_s * 12, 1) * exp(-1.5 * t_s);
    for (int k = 1; k <= 9; k++) sum += sin(MADE_TAU * k * turns) * exp(-k / open);
    return sum;
}

typedef struct made_note {
    int midi;
    double from_s, lasts_s, gain, attack_s, decay_s; /* decay_s 0: it holds */
} made_note;

static inline void made_play(float *x, size_t n, made_wave *wave, made_note note) {
    size_t from = (size_t)(note.from_s * UT_RATE_HZ);
    double hz = made_midi_hz(note.midi);
    for (size_t i = from; i < n && made_s(i - from) < note.lasts_s; i++) {
        double t_s = made_s(i - from), gain = note.gain * fmin(t_s / note.attack_s, 1);
        if (note.decay_s > 0) gain *= exp(-t_s / note.decay_s);
        gain *= fmin((note.lasts_s - t_s) / 0.02, 1);
        x[i] += (float)(gain * wave(hz * t_s, t_s));
    }
}

/* ---- music ------------------------------------------------------------------------------------------------------ */

static const int made_progression[4][3] = {{60, 64, 67}, {57, 60, 64}, {53, 57, 60}, {55, 59, 62}};
static const int made_tune[16] = {67, 69, 71, 72, 71, 69, 67, 64, 62, 64, 65, 67, 65, 64, 62, 60};

static inline void made_chords_of(float *x, size_t n, made_wave *wave, int up, double bar_s, double attack_s,
                                  double decay_s) {
    for (int bar = 0; bar * bar_s < made_s(n); bar++)
        for (int i = 0; i < 3; i++)
            made_play(x, n, wave,
                      (made_note){made_progression[bar % 4][i] + up, bar * bar_s, bar_s, 0.3, attack_s, decay_s});
}

static inline void made_tune_of(float *x, size_t n, made_wave *wave, int up, double beat_s, double length,
                                double attack_s, double decay_s) {
    for (int i = 0; i * beat_s < made_s(n); i++)
        made_play(x, n, wave, (made_note){made_tune[i % 16] + up, i * beat_s, beat_s * length, 0.5, attack_s, decay_s});
}

static inline void made_sine_chords(float *x, size_t n, uint32_t seed) {
    made_chords_of(x, n, made_sine, (int)(seed % 7) - 3, 0.9, 0.02, 0.8);
}

static inline void made_held_chords(float *x, size_t n, uint32_t seed) {
    made_chords_of(x, n, made_organ, (int)(seed % 5) - 7, 1.6, 0.08, 0);
}

static inline void made_saw_chords(float *x, size_t n, uint32_t seed) {
    made_chords_of(x, n, made_saw, -12 + (int)(seed % 5), 1.1, 0.2, 0);
}

static inline void made_arpeggio_of(float *x, size_t n, made_wave *wave, uint32_t seed, double note_s, double decay_s) {
    static const int order[6] = {0, 1, 2, 3, 2, 1};
    for (int i = 0; i * note_s < made_s(n); i++) {
        const int *chord = made_progression[i / 12 % 4];
        int step = order[i % 6], midi = step < 3 ? chord[step] : chord[0] + 12;
        made_play(x, n, wave, (made_note){midi - (int)(seed % 8), i * note_s, note_s, 0.5, 0.005, decay_s});
    }
}

static inline void made_saw_arpeggio(float *x, size_t n, uint32_t seed) {
    made_arpeggio_of(x, n, made_saw, seed, 0.15, 0.2);
}

static inline void made_sine_arpeggio(float *x, size_t n, uint32_t seed) {
    made_arpeggio_of(x, n, made_sine, seed, 0.22, 0.3);
}

static inline void made_square_tune(float *x, size_t n, uint32_t seed) {
    made_tune_of(x, n, made_square, (int)(seed % 5) - 4, 0.28, 0.9, 0.01, 0);
}

static inline void made_brass_tune(float *x, size_t n, uint32_t seed) {
    made_tune_of(x, n, made_brass, -7 - (int)(seed % 5), 0.4, 0.85, 0.03, 0);
}

static inline void made_bells(float *x, size_t n, uint32_t seed) {
    made_tune_of(x, n, made_bell, 5 + (int)(seed % 5), 0.45, 3, 0.003, 0.6);
}

static inline void made_tune_and_bass(float *x, size_t n, uint32_t seed) {
    made_tune_of(x, n, made_saw, (int)(seed % 3), 0.33, 0.8, 0.02, 0.5);
    for (int i = 0; i * 0.66 < made_s(n); i++)
        made_play(x, n, made_square, (made_note){made_progression[i / 4 % 4][0] - 24, i * 0.66, 0.6, 0.6, 0.01, 0.7});
}

/* Karplus & Strong. */
static inline void made_guitar(float *x, size_t n, uint32_t seed) {
    uint32_t chance = made_seed(seed);
    for (int note = 0; note * 0.24 < made_s(n); note++) {
        float string[400];
        int midi = made_progression[note / 8 % 4][note * 2 % 3] - 12 * (note % 4 == 0);
        size_t from = (size_t)(note * 0.24 * UT_RATE_HZ), period = (size_t)(UT_RATE_HZ / made_midi_hz(midi));
        for (size_t i = 0; i < period; i++) string[i] = made_chance(&chance);
        for (size_t i = 0; from + i < n && i < UT_RATE_HZ; i++) {
            x[from + i] += 0.4f * string[i % period];
            string[i % period] = 0.497f * (string[i % period] + string[(i + 1) % period]);
        }
    }
}

static inline void made_drums(float *x, size_t n, uint32_t seed) {
    uint32_t chance = made_seed(seed);
    for (size_t i = 0; i < n; i++) {
        double beat_s = 0.25, t_s = fmod(made_s(i), beat_s);
        int beat = (int)(made_s(i) / beat_s) % 8;
        float hiss = made_chance(&chance);
        x[i] += 0.15f * hiss * (float)exp(-t_s / 0.03);
        if (beat % 4 == 0) x[i] += (float)(0.9 * exp(-t_s / 0.08) * sin(MADE_TAU * (55 * t_s - 2 * exp(-t_s / 0.02))));
        if (beat % 4 == 2) x[i] += 0.5f * hiss * (float)exp(-t_s / 0.07);
    }
}

static inline void made_band(float *x, size_t n, uint32_t seed) {
    made_drums(x, n, seed);
    made_tune_and_bass(x, n, seed);
    made_chords_of(x, n, made_organ, -12, 2.64, 0.05, 0);
}

/* Up, down, and a last note. */
static inline void made_jingle(float *x, size_t n, uint32_t seed) {
    double turns = 0;
    for (size_t i = 0; i < n; i++) {
        double t_s = fmod(made_s(i), 1.8), hz = 400 + 40 * (seed % 6);
        if (t_s < 0.4) hz *= pow(2, t_s / 0.4);
        else if (t_s < 0.8) hz *= pow(2, (0.8 - t_s) / 0.4 * 1.5);
        else hz *= 1.5;
        turns += hz / UT_RATE_HZ;
        x[i] += (float)(0.5 * (t_s < 1.5) * (sin(MADE_TAU * turns) + 0.3 * sin(MADE_TAU * 2 * turns)));
    }
}

/* ---- tones: pairs of frequencies, on and off --------------------------------------------------------------------- */

typedef struct made_beat {
    double a_hz, b_hz, lasts_s; /* 0: none */
} made_beat;

static inline void made_cadence(float *x, size_t n, const made_beat *beats, int n_beats) {
    size_t at = 0;
    for (int i = 0; at < n; i = (i + 1) % n_beats) {
        size_t end = at + (size_t)(beats[i].lasts_s * UT_RATE_HZ);
        for (; at < end && at < n; at++)
            x[at] += (float)(0.4 *
                             (sin(MADE_TAU * beats[i].a_hz * made_s(at)) + sin(MADE_TAU * beats[i].b_hz * made_s(at))));
    }
}

#define MADE_CADENCE(NAME, ...)                                                                                        \
    static inline void NAME(float *x, size_t n, uint32_t seed) {                                                       \
        (void)seed;                                                                                                    \
        static const made_beat beats[] = {__VA_ARGS__};                                                                \
        made_cadence(x, n, beats, (int)(sizeof beats / sizeof *beats));                                                \
    }

MADE_CADENCE(made_ring_us, {440, 480, 2}, {0, 0, 4})
MADE_CADENCE(made_ring_uk, {400, 450, 0.4}, {0, 0, 0.2}, {400, 450, 0.4}, {0, 0, 2})
MADE_CADENCE(made_ring_eu, {425, 0, 1}, {0, 0, 4})
MADE_CADENCE(made_busy_us, {480, 620, 0.5}, {0, 0, 0.5})
MADE_CADENCE(made_busy_eu, {425, 0, 0.48}, {0, 0, 0.48})
MADE_CADENCE(made_congestion, {480, 620, 0.25}, {0, 0, 0.25})
MADE_CADENCE(made_information, {950, 0, 0.33}, {1400, 0, 0.33}, {1800, 0, 0.33}, {0, 0, 1})
MADE_CADENCE(made_dial, {350, 440, 10})
MADE_CADENCE(made_fax_calling, {1100, 0, 0.5}, {0, 0, 3})
MADE_CADENCE(made_fax_answer, {2100, 0, 3}, {0, 0, 0.075})
MADE_CADENCE(made_waiting, {440, 0, 0.3}, {0, 0, 1.7})

static inline void made_digits(float *x, size_t n, uint32_t seed, double on_s, double off_s) {
    static const double low_hz[4] = {697, 770, 852, 941}, high_hz[4] = {1209, 1336, 1477, 1633};
    made_beat beats[64];
    uint32_t chance = made_seed(seed);
    for (int i = 0; i < 64; i += 2) {
        made_chance(&chance);
        beats[i] = (made_beat){low_hz[chance >> 28 & 3], high_hz[chance >> 20 & 3], on_s};
        beats[i + 1] = (made_beat){0, 0, off_s};
    }
    made_cadence(x, n, beats, 64);
}

static inline void made_digits_fast(float *x, size_t n, uint32_t seed) { made_digits(x, n, seed, 0.06, 0.05); }
static inline void made_digits_slow(float *x, size_t n, uint32_t seed) { made_digits(x, n, seed, 0.2, 0.3); }

/* ITU-T V.21, upper channel. */
static inline void made_fax_data(float *x, size_t n, uint32_t seed) {
    uint32_t chance = made_seed(seed);
    double turns = 0, hz = 1650;
    for (size_t i = 0; i < n; i++) {
        if ((i * 300) % UT_RATE_HZ < 300) hz = made_chance(&chance) > 0 ? 1650 : 1850;
        turns += hz / UT_RATE_HZ;
        x[i] += (float)(0.5 * sin(MADE_TAU * turns));
    }
}

static inline void made_hum(float *x, size_t n, uint32_t seed) {
    double hz = seed % 2 ? 60 : 50;
    for (size_t i = 0; i < n; i++)
        for (int k = 1; k <= 9; k += 2) x[i] += (float)(0.5 / k * sin(MADE_TAU * hz * k * made_s(i) + k));
}

/* ---- noises ------------------------------------------------------------------------------------------------------ */

static inline void made_white(float *x, size_t n, uint32_t seed) {
    uint32_t chance = made_seed(seed);
    for (size_t i = 0; i < n; i++) x[i] += 0.3f * made_chance(&chance);
}

/* Through one pole, then one zero: dull or shrill. */
static inline void made_filtered(float *x, size_t n, uint32_t seed, float pole, float zero) {
    uint32_t chance = made_seed(seed);
    float y = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        y = pole * y + (1 - pole) * made_chance(&chance);
        x[i] += y - zero * before;
        before = y;
    }
}

static inline void made_dull(float *x, size_t n, uint32_t seed) { made_filtered(x, n, seed, 0.9f, 0); }
static inline void made_shrill(float *x, size_t n, uint32_t seed) { made_filtered(x, n, seed, 0.2f, 0.9f); }

static inline void made_slow_waves(float *x, size_t n, uint32_t seed) {
    made_filtered(x, n, seed, 0.5f, 0.3f);
    for (size_t i = 0; i < n; i++) x[i] *= (float)pow(10, -0.4 + 0.4 * sin(MADE_TAU * 0.3 * made_s(i)));
}

/* A codec's: on and off, its level taken anew each time. */
static inline void made_comfort(float *x, size_t n, uint32_t seed) {
    uint32_t chance = made_seed(seed + 77);
    made_filtered(x, n, seed, 0.75f, 0.2f);
    float gain = 1;
    for (size_t i = 0; i < n; i++) {
        if (i % (UT_RATE_HZ * 2 / 5) == 0) gain = fmaxf(made_chance(&chance) + 0.5f, 0);
        x[i] *= gain;
    }
}

static inline void made_lost_packets(float *x, size_t n, uint32_t seed) {
    uint32_t chance = made_seed(seed + 99);
    made_filtered(x, n, seed, 0.6f, 0.2f);
    for (size_t i = 0; i + 160 <= n; i += 160)
        if (made_chance(&chance) > 0.7f) memset(x + i, 0, 160 * sizeof *x);
}

static inline void made_clicks(float *x, size_t n, uint32_t seed) {
    uint32_t chance = made_seed(seed);
    for (size_t at = 0; at < n; at += (size_t)(2000 + 1800 * made_chance(&chance)))
        for (size_t i = at; i < n && i < at + 40; i++) x[i] += 0.7f * made_chance(&chance) * expf(-(float)(i - at) / 9);
}

static inline void made_silence(float *x, size_t n, uint32_t seed) { (void)x, (void)n, (void)seed; }

typedef struct made_sound {
    made_class class;
    const char *name;
    made_maker *make;
} made_sound;

static const made_sound made_sounds[] = {
    {MADE_MUSIC, "sine chords", made_sine_chords},
    {MADE_MUSIC, "organ chords", made_held_chords},
    {MADE_MUSIC, "saw chords", made_saw_chords},
    {MADE_MUSIC, "saw arpeggio", made_saw_arpeggio},
    {MADE_MUSIC, "sine arpeggio", made_sine_arpeggio},
    {MADE_MUSIC, "square tune", made_square_tune},
    {MADE_MUSIC, "brass tune", made_brass_tune},
    {MADE_MUSIC, "bells", made_bells},
    {MADE_MUSIC, "tune and bass", made_tune_and_bass},
    {MADE_MUSIC, "guitar", made_guitar},
    {MADE_MUSIC, "drums", made_drums},
    {MADE_MUSIC, "band", made_band},
    {MADE_MUSIC, "jingle", made_jingle},
    {MADE_TONE, "ringing, US", made_ring_us},
    {MADE_TONE, "ringing, UK", made_ring_uk},
    {MADE_TONE, "ringing, Europe", made_ring_eu},
    {MADE_TONE, "busy, US", made_busy_us},
    {MADE_TONE, "busy, Europe", made_busy_eu},
    {MADE_TONE, "congestion", made_congestion},
    {MADE_TONE, "information", made_information},
    {MADE_TONE, "dial tone", made_dial},
    {MADE_TONE, "call waiting", made_waiting},
    {MADE_TONE, "digits, fast", made_digits_fast},
    {MADE_TONE, "digits, slow", made_digits_slow},
    {MADE_TONE, "fax calling", made_fax_calling},
    {MADE_TONE, "fax answering", made_fax_answer},
    {MADE_TONE, "fax data", made_fax_data},
    {MADE_TONE, "hum", made_hum},
    {MADE_NOISE, "white", made_white},
    {MADE_NOISE, "dull", made_dull},
    {MADE_NOISE, "shrill", made_shrill},
    {MADE_NOISE, "slow waves", made_slow_waves},
    {MADE_NOISE, "comfort noise", made_comfort},
    {MADE_NOISE, "lost packets", made_lost_packets},
    {MADE_NOISE, "clicks", made_clicks},
    {MADE_NOISE, "silence", made_silence},
};
enum { MADE_SOUNDS = sizeof made_sounds / sizeof *made_sounds };

/* ---- lines --------------------------------------------------------------------------------------------------------
 */

/* To a level of its loudest tenth of a second, dB full scale; silence stays it. */
static inline void made_scale(float *x, size_t n, double level_db) {
    double loudest = 0;
    for (size_t at = 0; at + 800 <= n; at += 800) {
        double power = 0;
        for (size_t i = at; i < at + 800; i++) power += (double)x[i] * (double)x[i] / 800;
        loudest = fmax(loudest, power);
    }
    double gain = loudest > 0 ? pow(10, level_db / 20) / sqrt(loudest) : 0;
    for (size_t i = 0; i < n; i++) x[i] = (float)fmin(fmax(x[i] * gain, -1), 1);
}

static inline void made_hiss(float *x, size_t n, uint32_t seed, double level_db) {
    uint32_t chance = made_seed(seed + 1234);
    double gain = pow(10, level_db / 20) * sqrt(3);
    for (size_t i = 0; i < n; i++) x[i] += (float)(gain * made_chance(&chance));
}

#endif
