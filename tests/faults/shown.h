/* shown.h - what clients were shown, and whether all of it is kept. */
#ifndef SHOWN_H
#define SHOWN_H

#include <jansson.h>
#include <stdbool.h>

#include "../blackbox/ws_client.h"

/* Each null until something is taken in; shown_free in any case. */
typedef struct shown {
    json_t *calls; /* by id: name, started_us, last_s of the last reading, ended */
    json_t *cues;  /* the events, by what tells them apart; with received_us of the first client that got it */
} shown;

void shown_take(shown *s, ws_client *client);
void shown_free(shown *s);

/* Fails the test for a cue, received since then, that is not in DIR's database as it was last shown; of calls whose
 * consent is still given. Returns how many there are. */
size_t shown_check_cues(const shown *s, const char *dir, int64_t since_us);

/* How late cues came, in ms, those received between two times (microseconds of the wall's clock), percent of them no
 * later. 0 where there was none; *n, which may be null, says how many. */
double shown_lateness_ms(const shown *s, int64_t from_us, int64_t to_us, double percent, size_t *n);

#endif
