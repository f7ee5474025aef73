/* export.h - a call from the store, in the forms of the tools that people work with. */
#ifndef EXPORT_H
#define EXPORT_H

#include <stdio.h>

#include "store/database.h"

typedef enum export_format {
    EXPORT_JSONL,    /* every event, one JSON object a line, as archive_events tells them */
    EXPORT_CSV,      /* readings, a row each half second; the columns of analyze --csv, where source is the call's id */
    EXPORT_LABELS,   /* Audacity: cues, interruptions, silences, holds and pauses on one label track */
    EXPORT_VTT,      /* WebVTT: cues as captions */
    EXPORT_TEXTGRID, /* Praat: turns, silences, pauses and cues as tiers */
    EXPORTS,
} export_format;

/* Its name on a command line and in an address, how a file of it ends, its media type, and whether several calls can be
 * in one. */
typedef struct export_form {
    const char *name, *ending, *type;
    bool many;
} export_form;
const export_form *export_form_of(export_format format);

/* False where there is none of that name. */
bool export_named(const char *name, export_format *format);

/* What comes before the first call: the names of the columns, say. */
void export_begin(FILE *out, export_format format);

/* Once begun, a call; for some forms, several. False with one sentence in why, where there is no such call or it cannot
 * be read; whether out took it all is for the caller to see. */
bool export_write(FILE *out, struct database *d, const char *call_id, export_format format, char *why, size_t why_size);

#endif
