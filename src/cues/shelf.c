#include "cues/shelf.h"

#include <math.h>
#include <string.h>

void ut_shelf_init(ut_shelf *shelf, const ut_call_options *options) {
    *shelf = (ut_shelf){.local_time_s = options->local_time_s};
    ut_shelf_set_playbook(shelf, options->playbook);
    ut_about_init(&shelf->about, &options->about);
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) shelf->cue[kind].cleared_s = -INFINITY;
}

void ut_shelf_set_playbook(ut_shelf *shelf, const ut_playbook *playbook) {
    shelf->playbook = playbook ? playbook : &ut_playbook_default;
}

const ut_rule *ut_shelf_rule(const ut_shelf *shelf, ut_cue_kind kind) { return &shelf->playbook->rules[kind]; }

static void tell(ut_shelf *shelf, double t_s, const ut_cue *cue) {
    shelf->cue[cue->kind].told_s = t_s;
    shelf->cue[cue->kind].last = *cue;
    if (shelf->in - shelf->out == UT_CUES_WAITING) return;
    shelf->waiting[shelf->in % UT_CUES_WAITING].cue = *cue;
    shelf->waiting[shelf->in++ % UT_CUES_WAITING].t_s = t_s;
}

bool ut_shelf_next(ut_shelf *shelf, double *t_s, ut_cue *cue) {
    if (shelf->in == shelf->out) return false;
    *cue = shelf->waiting[shelf->out % UT_CUES_WAITING].cue;
    *t_s = shelf->waiting[shelf->out++ % UT_CUES_WAITING].t_s;
    return true;
}

static bool is_quiet(const ut_shelf *shelf, double t_s) {
    return shelf->local_time_s && ut_playbook_is_quiet(shelf->playbook, shelf->local_time_s + (int64_t)t_s);
}

/* What is for the supervisor lies on another desk. */
static bool takes_room(ut_cue_kind kind) { return kind != UT_CUE_ESCALATE; }

/* Puts away a less important cue where all places are taken. False where there is none. */
static bool make_room(ut_shelf *shelf, ut_cue_kind kind, double t_s) {
    int up = 0, least = -1;
    for (int k = 0; k < UT_CUE_KINDS; k++) {
        if (!shelf->cue[k].up || !takes_room(k)) continue;
        up++;
        if (least < 0 || shelf->cue[k].last.priority > shelf->cue[least].last.priority) least = k;
    }
    if (up < UT_CUES_UP || !takes_room(kind)) return true;
    if (shelf->cue[least].last.priority <= ut_shelf_rule(shelf, kind)->priority) return false;
    ut_shelf_clear(shelf, least, t_s);
    return true;
}

bool ut_shelf_raise(ut_shelf *shelf, double t_s, ut_cue cue) {
    struct ut_shelf_cue *place = &shelf->cue[cue.kind];
    const ut_rule *rule = ut_shelf_rule(shelf, cue.kind);
    bool may = rule->on && !place->up && t_s - place->cleared_s >= (double)rule->cool_down_s && !is_quiet(shelf, t_s);
    if (!may || !make_room(shelf, cue.kind, t_s)) return false;
    place->up = true;
    place->raised_s = t_s;
    cue.id = ++shelf->n_raised;
    cue.state = UT_CUE_RAISED;
    ut_playbook_say(shelf->playbook, &shelf->about, &cue);
    tell(shelf, t_s, &cue);
    return true;
}

void ut_shelf_update(ut_shelf *shelf, double t_s, ut_cue cue) {
    const ut_cue *last = &shelf->cue[cue.kind].last;
    cue.id = last->id;
    cue.state = UT_CUE_UPDATED;
    cue.priority = last->priority;
    memcpy(cue.text, last->text, sizeof cue.text);
    memcpy(cue.advice, last->advice, sizeof cue.advice);
    tell(shelf, t_s, &cue);
}

void ut_shelf_clear(ut_shelf *shelf, ut_cue_kind kind, double t_s) {
    struct ut_shelf_cue *place = &shelf->cue[kind];
    if (!place->up) return;
    place->up = false;
    place->cleared_s = t_s;
    ut_cue cue = place->last;
    cue.state = UT_CUE_CLEARED;
    tell(shelf, t_s, &cue);
    if (kind == UT_CUE_FRUSTRATION) ut_shelf_clear(shelf, UT_CUE_ESCALATE, t_s);
}
