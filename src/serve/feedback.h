/* feedback.h - what a client of /events may say: {"type":"feedback","call":"c-...","cue":7,"verdict":"helpful"}. */
#ifndef SERVE_FEEDBACK_H
#define SERVE_FEEDBACK_H

#include "event.h"

enum { FEEDBACK_MAX_BYTES = 4096, FEEDBACK_MAX_CUE = 1000000 };

/* Null where the bytes are feedback; else why not, in words for whoever sent them. */
const char *feedback_parse(const char *bytes, size_t n_bytes, feedback *said);

#endif
