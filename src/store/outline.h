/* outline.h - the outline of a call's recording: how far its sound goes up and down in equal steps, as a page draws it.
 */
#ifndef STORE_OUTLINE_H
#define STORE_OUTLINE_H

#include <stddef.h>
#include <stdint.h>

/* Which part of it, in samples at 8 kHz, and how long that may take. */
typedef struct outline_part {
    uint64_t first;
    size_t step, points;
    int patience_ms;
} outline_part;

/* For each channel in the recording's order, minimum and maximum of each step, -127..127 for -1..1; 0 past the end, and
 * where the file is torn: new memory, [channels][points][2], *n_bytes of it. Decodes only what was asked for. Null with
 * errno: ENOENT where there is no recording, EBADMSG where the file is none of ours, ETIMEDOUT. The id is one by
 * call_id_is. */
signed char *outline_draw(const char *dir, const char *call_id, const outline_part *part, size_t *n_bytes);

#endif
