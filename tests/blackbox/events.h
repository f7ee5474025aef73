/* events.h - what the program says as JSON, checked against the contract: exactly these keys, of these types. */
#ifndef EVENTS_H
#define EVENTS_H

#include <jansson.h>
#include <stdbool.h>

/* JSON Lines as an array, to be released; fails the test where a line is no event of the contract. */
json_t *events_parse(const char *text);

/* Fails the test, printing the event, unless it is one of the contract. */
void event_check(const json_t *event);

const char *event_text(const json_t *event, const char *key); /* "" where there is none */
double event_number(const json_t *event, const char *key);    /* NaN where there is none */
bool event_is(const json_t *event, const char *type);
bool event_is_emotion(const json_t *event); /* a cue that says how the customer sounds */

/* Unix time of a call's first sample. */
int64_t event_started_us(const json_t *call);

#endif
