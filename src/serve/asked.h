/* asked.h - what the files behind api.h share: one request while it is answered, on the desk's thread. */
#ifndef SERVE_ASKED_H
#define SERVE_ASKED_H

#include <sys/stat.h>
#include <time.h>

#include "serve/api.h"
#include "serve/fields.h"
#include "store/audit.h"

enum { LISTENERS = 64, LISTENING_S = 600 };

/* Somebody who was let hear a call, in the audit. */
struct listener {
    char call[CALL_ID_SIZE], from[64];
    time_t last_s;
};

struct api {
    serve *serve;
    store *store;            /* null: nothing is kept */
    struct imports *imports; /* null: nothing can be imported */
    char *dir;
    bool (*order)(void *user, const char *call, const call_order *order);
    int (*live)(void *user);
    json_t *(*settings)(void *user), *(*model)(void *user);
    void *user;
    double opened_s; /* by clock_s */

    struct database *reader; /* null until it is needed */
    struct stat read;        /* its file */
    struct listener listeners[LISTENERS];
    unsigned next_listener;
};

struct asked {
    struct api *api;
    struct errand *errand;
    const request *request;
    answer *answer;
    fields fields;           /* of a POST */
    char call[CALL_ID_SIZE]; /* what the path names; "" */
    long long number;        /* the same; 0 */
};

/* The answer's body. Takes over text. */
void asked_set_body(struct asked *q, char *text, size_t n_bytes, const char *type);

/* The answer, whose status and body each of these fills in. Takes over json; null: there was not enough memory. */
void asked_tell(struct asked *q, json_t *json);
__attribute__((format(printf, 3, 4))) void asked_fail(struct asked *q, unsigned status, const char *format, ...);

/* Arguments of the query: null where one is not there; a number's default where it is not. The numbers are false after
 * failing, with a sentence that names the argument. */
const char *asked_argument(const struct asked *q, const char *name);
bool asked_whole(struct asked *q, const char *name, int low, int high, int *n);
bool asked_seconds(struct asked *q, const char *name, double *s);

/* False, after failing, where an argument is none of names. */
bool asked_only(struct asked *q, const char *names);

/* For reading what is kept, null when it failed. What a query made of it is told, or the reason why there is none. */
struct database *asked_reader(struct asked *q);
void asked_tell_found(struct asked *q, json_t *json);

/* {"live","held","consent"} of the call; null when it failed, also since there is no such call. The other only asks:
 * null where the store does not know, and nothing has failed. */
json_t *asked_standing(struct asked *q);
json_t *asked_standing_if_known(struct asked *q);

/* For what is worth telling without it: null where it cannot be read, and nothing has failed. */
struct database *asked_reader_if_there(struct asked *q);

/* The data folder, null where nothing is kept. */
const char *asked_dir(const struct asked *q);

/* Runs a task on the store's thread, in a transaction; false when it failed. */
bool asked_do(struct asked *q, store_task *task, void *user);

/* Who asks, as far as is known before there are log-ins. */
actor asked_by(const struct asked *q);

/* In the audit. False when it failed. */
bool asked_note(struct asked *q, const char *action, json_t *about);

/* Tells a call in progress. False where there is no such one. */
bool asked_order(struct asked *q, const call_order *order);
void asked_send(struct asked *q, message *m); /* to the pages */

typedef void answerer(struct asked *q);
answerer list_calls, show_call, show_readings, export_call, play_call, draw_call, show_status, show_metrics,
    show_settings, show_model;
answerer change_consent, change_pause, change_hold, add_note, add_tag, remove_note, remove_tag;
answerer list_imports, take_import;
answerer delete_call, delete_customer, list_deletions;
answerer let_hear_call; /* one in progress; of no request */

#endif
