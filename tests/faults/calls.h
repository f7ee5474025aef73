/* calls.h - many calls at once, each of a voice of its own, that a server follows and records; and whether what was
 * recorded is what was said.
 *
 * In each somebody hums half a second and then nobody says anything for 0.6 s, which is a cue; the calls do so one
 * after the other. There is a little noise all the while, so that where a recording is silent, something was lost.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>

enum { CALLS_MOST = 20 };

/* Makes the recordings of n calls, each this long. */
void calls_make(int n, double seconds);

/* A configuration with n of them, recorded with consent; the reference of each is its name and "C-" before it. The
 * path. */
const char *calls_configuration(int n, const char *data);

/* What events and rows call the i-th; "call-07.wav". */
const char *calls_name(int i);

typedef struct recorded {
    double duration_s; /* as far as it can be decoded */
    double silent_s;   /* of it: zeros instead of what was said */
    double wrong_s;    /* of it: something else instead, or beyond the call's end */
} recorded;

/* Decodes a recording, or the part of one that begins at sample first, and compares it with what was said in the call
 * of that name. False where it is no sound of two channels at 8 kHz. */
bool calls_compare(const char *path, const char *name, long first, recorded *r);

#endif
