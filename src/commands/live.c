#include "commands/live.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/actor.h"
#include "commands/commands.h"
#include "commands/interrupt.h"
#include "commands/settings.h"
#include "serve/address.h"

live_options live_defaults(const char *command) {
    return (live_options){
        .command = command, .listen = "127.0.0.1:7070", .consent = UT_CONSENT_GIVEN, .form = PRINT_CUES};
}

bool live_option(live_options *options, int option, const char *value) {
    switch (option) {
    case LIVE_LISTEN:
        options->listen = value;
        if (address_is(value)) return true;
        fprintf(stderr, "undertone %s: --listen is ADDR:PORT such as 127.0.0.1:7070, not %s\n", options->command,
                value);
        return false;
    case LIVE_WEB:
        options->web = value;
        return true;
    case LIVE_DATA:
        options->data = value;
        return true;
    case LIVE_MODEL:
        options->model = value;
        return true;
    case LIVE_PLAYBOOK:
        options->playbook = value;
        return true;
    case LIVE_CONSENT:
        if (engine_consent(value, &options->consent)) return true;
        fprintf(stderr, "undertone %s: --consent is given, refused or unknown, not %s\n", options->command, value);
        return false;
    default:
        return false;
    }
}

FILE *live_words(const live_options *options) { return options->form == PRINT_JSONL ? stderr : stdout; }

/* Worker's thread. */
static void show(void *user, const message *m) {
    live *l = user;
    if (!m->shown && l->printer.form != PRINT_JSONL) return;
    flockfile(l->printer.out);
    printer_show(&l->printer, m);
    fflush(l->printer.out);
    funlockfile(l->printer.out);
}

/* Worker's thread. */
static void ended(void *user, const source *s, bool broke) {
    live *l = user;
    if (broke) {
        atomic_store(&l->failed, true);
        fprintf(stderr, "undertone %s: %s\n", l->options.command, s->fault);
    }
    if (s->lost)
        fprintf(stderr, "undertone %s: %s: %lu samples were lost or filled with silence\n", l->options.command, s->name,
                s->lost);
}

/* Any thread. */
static void warn(void *user, const char *what) {
    const live *l = user;
    fprintf(stderr, "undertone %s: %s\n", l->options.command, what);
}

/* Desk's thread of serve, as the next one. */
static json_t *tell_settings(void *user) { return settings_told(user); }

static json_t *tell_model(void *user) { return settings_model(user); }

/* This program, with the model and the playbook that calls are heard by. */
static void name_import(live *l) {
    const char **at = l->import_command;
    *at++ = "/proc/self/exe";
    *at++ = "import";
    if (l->options.model) *at++ = "--model", *at++ = l->options.model;
    if (l->options.playbook) *at++ = "--playbook", *at++ = l->options.playbook;
}

static bool is_folder(const char *path, char *message, size_t message_size) {
    struct stat st;
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) return true;
    snprintf(message, message_size, "%s: not a folder", path);
    return false;
}

/* Null: for ever. */
static json_t *days(double n) { return n > 0 ? json_real(n) : json_null(); }

/* What calls are heard by and what is kept of them. */
static json_t *settings(const live *l) {
    const live_options *o = &l->options;
    json_t *playbooks = json_array();
    for (int i = 0; i < l->engine.n_playbooks; i++) {
        edition *e = playbook_file_take(l->engine.playbooks[i]);
        json_array_append_new(playbooks, json_string(e->name));
        edition_release(e);
    }
    if (!l->engine.playbook) json_array_append_new(playbooks, json_string("default"));
    return json_pack("{ss ss? ss ss so sb ss sb s{so so so so}}", "command", o->command, "configuration", o->config,
                     "model", ut_model_id(l->engine.model), "consent", ut_consent_name(o->consent), "playbooks",
                     playbooks, "recording", o->record, "format", tape_format_name(o->format), "listening",
                     o->listening, "days", "audio", days(o->keep.audio_days), "readings", days(o->keep.readings_days),
                     "cues", days(o->keep.cues_days), "audit", days(o->keep.audit_days));
}

static void settle(live *l) {
    char who[ACTOR_SIZE];
    actor by = actor_of_command_line(who);
    json_t *about = settings(l);
    l->settled = about && hub_settle(l->hub, &by, about);
    json_decref(about);
}

static bool open_engine(engine *e, const live_options *options) {
    playbook_file *unused;
    bool good = engine_open(e, options->command, options->model, options->playbook);
    for (int i = 0; good && i < options->n_playbooks; i++) good = engine_playbook(e, options->playbooks[i], &unused);
    return good;
}

bool live_open(live *l, const live_options *options) {
    char message[512];
    *l = (live){.options = *options,
                .printer = {.out = stdout, .form = (print_form)options->form, .colour = isatty(STDOUT_FILENO)}};
    interrupt_catch();
    name_import(l);
    if (!open_engine(&l->engine, options)) return false;
    if (options->web && !is_folder(options->web, message, sizeof message)) goto cannot;
    if (!data_folder(l->folder, options->data, message, sizeof message)) goto cannot;
    l->hub = hub_open(&(hub_options){.listen = options->listen,
                                     .web_dir = options->web,
                                     .data_dir = l->folder,
                                     .import_command = l->import_command,
                                     .show = show,
                                     .ended = ended,
                                     .warn = warn,
                                     .settings = tell_settings,
                                     .model = tell_model,
                                     .record = l->options.record,
                                     .listening = l->options.listening,
                                     .format = l->options.format,
                                     .keep = l->options.keep,
                                     .user = l},
                      message, sizeof message);
    if (!l->hub) goto cannot;
    settle(l);
    fprintf(live_words(options), "The overlay is at %s/agent/\n", hub_address(l->hub));
    fflush(live_words(options));
    return true;

cannot:
    fprintf(stderr, "undertone %s: %s\n", options->command, message);
    return false;
}

void live_tell_device(void *user, const char *device, device_news news, unsigned long lost) {
    const char *command = user;
    if (news == DEVICE_LOSES)
        fprintf(stderr, "undertone %s: %s: %lu samples were lost or filled with silence just now\n", command, device,
                lost);
    else
        fprintf(stderr, "undertone %s: %s is %s\n", command, device,
                news == DEVICE_GONE ? "gone, trying again every second" : "back");
}

bool live_add(live *l, source *s, const live_call *call) {
    char id[CALL_ID_SIZE];
    session_options options = {.model = l->engine.model,
                               .consent = call->consent,
                               .consent_method = call->consent_method,
                               .about = {call->customer, call->queue, 0},
                               .agent = call->agent,
                               .team = call->team};
    if (!engine_playbook(&l->engine, call->playbook, &options.playbook)) {
        source_close(s);
        return false;
    }
    if (hub_add(l->hub, s, &options, call->record, id)) return true;
    fprintf(stderr, "undertone %s: %s\n", l->options.command, ut_error_text(UT_NO_MEMORY));
    return false;
}

bool live_nap(live *l) {
    enum { NAPS_A_LOOK = 5 }; /* four looks a second; two agree before a change is believed */
    if (interrupt_wait(50)) return false;
    if (++l->naps % NAPS_A_LOOK == 0 && engine_look(&l->engine)) l->settled = false;
    if (!l->settled && l->naps % NAPS_A_LOOK == 0) settle(l);
    return true;
}

void live_wait(live *l, bool stay) {
    while ((stay || hub_live(l->hub)) && live_nap(l)) {}
}

int live_close(live *l) {
    bool opened = l->hub;
    unsigned long unkept = hub_close(l->hub);
    engine_close(&l->engine);
    if (unkept)
        fprintf(stderr, "undertone %s: %s: %lu events could not be kept\n", l->options.command, l->folder, unkept);
    return opened && !unkept && !atomic_load(&l->failed) ? EXIT_FINE : EXIT_FAILED;
}

int live_run(const live_options *options, source *s, bool stay, const char *message, bool bad_usage) {
    if (!s) {
        fprintf(stderr, "undertone %s: %s\n", options->command, message);
        return bad_usage ? EXIT_USAGE : EXIT_FAILED;
    }
    live l;
    bool good = live_open(&l, options);
    if (!good) source_close(s);
    good = good && live_add(&l, s, &(live_call){.consent = options->consent, .consent_method = "command line"});
    if (good) live_wait(&l, stay);
    int status = live_close(&l);
    return good ? status : EXIT_FAILED;
}
