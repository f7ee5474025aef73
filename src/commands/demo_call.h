/* demo_call.h - a support call made with espeak-ng: calm, then a customer who grows louder, faster and higher, an
 * interruption, a silence, then calm again. */
#ifndef COMMANDS_DEMO_CALL_H
#define COMMANDS_DEMO_CALL_H

#include "undertone.h"

typedef struct demo_line {
    ut_channel who;
    float gap_s;                     /* after the line before it; negative: comes in while that one is still going on */
    int words_min, pitch, amplitude; /* espeak-ng's -s, -p and -a */
    const char *text;
    float start_s; /* in the call, once made */
} demo_line;

enum { DEMO_LINES_MOST = 32 };
typedef struct demo_call {
    int n_lines;
    demo_line lines[DEMO_LINES_MOST];
} demo_call;

/* Speaks every line in dir (a folder for the pieces, which it removes again) and writes the call as a stereo recording,
 * agent left, customer right, to path. False with one sentence in message. */
bool demo_call_make(demo_call *call, const char *dir, const char *path, char *message, size_t message_size);

#endif
