/* remarks.h - what people do with a call that is kept: notes, tags, legal hold, consent withdrawn once it is over. Each
 * within the caller's transaction; what takes something away or decides over it also writes an entry to the audit.
 *
 * what: the call, as {"call":ID, ...}, and the keys that each names.
 */
#ifndef STORE_REMARKS_H
#define STORE_REMARKS_H

#include "store/audit.h"

/* {"live","held","consent":"given"...} of a call, JSON null where there is none, null on failure. */
json_t *remarks_standing(struct database *d, const char *call_id);

/* REMARK_NOT_THERE: no such call, note or tag. REMARK_UNKEPT: nothing may be kept of that call, for want of consent.
 * REMARK_FAILED: the transaction is lost. */
typedef enum remark { REMARK_MADE, REMARK_NOT_THERE, REMARK_UNKEPT, REMARK_FAILED } remark;

typedef enum remark_kind { REMARK_NOTE, REMARK_TAG } remark_kind;

/* "text" of a note or "tag", and "t_s", null for the whole call. Its number into *number; that of the one before where
 * the same tag is there already. */
remark remarks_add(struct database *d, remark_kind kind, json_t *what, long long *number);

/* The one with this "number". */
remark remarks_remove(struct database *d, remark_kind kind, json_t *what, const actor *by);

/* "why", null: no longer held; "said", the reason of either, is for the audit. */
remark remarks_hold(struct database *d, json_t *what, const actor *by);

/* Of a call that is over. event: a "consent" event (event.h). */
remark remarks_withdraw(struct database *d, json_t *event, const actor *by);

#endif
