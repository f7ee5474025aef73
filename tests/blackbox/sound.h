/* sound.h - short calls for tests: pieces of the demo's call, which two voices of espeak-ng speak, and tones. */
#ifndef SOUND_H
#define SOUND_H

/* The demo's call: WAV, agent left, customer right, 83 s; made once, at the first call. */
const char *sound_demo(void);

/* A piece of a recording, start_s to end_s; channel 0 or 1 alone, or -1 for all. */
void sound_cut(const char *from, const char *to, double start_s, double end_s, int channel);

/* Seconds of a quiet tone in every channel. */
void sound_tone(const char *to, int rate_hz, int channels, double seconds);

/* A call in which agent and customer hum half a second in turn with 0.6 s of silence between; with the playbook of
 * sound_playbook each silence is a cue, so that there is one every 1.1 s. */
void sound_turns(const char *to, double seconds);
const char *sound_playbook(void);

/* A recording again as headerless mu-law at 8 kHz, its channels interleaved. */
void sound_ulaw(const char *from, const char *to);

#endif
