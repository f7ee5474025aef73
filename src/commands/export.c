/* export.c - undertone export: calls in the forms of other tools, or their sound. */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/actor.h"
#include "commands/commands.h"
#include "commands/data.h"
#include "event.h"
#include "store/archive.h"

static const char usage[] =
    "usage: undertone export ID... [OPTION...]\n\n"
    "Writes calls that are kept as other tools read them, and notes in the audit that it did.\n\n"
    "  --format FORMAT   jsonl      every event, one JSON object a line (the default)\n"
    "                    csv        readings, a row each half second; source is the call's id\n"
    "                    labels     a label track for Audacity\n"
    "                    vtt        cues as WebVTT captions\n"
    "                    textgrid   tiers for Praat\n"
    "  --audio           the recording instead, as it is kept\n"
    "  -o, --output PATH a file, or a folder for a file each; without it, to stdout\n"
    "  --data DIR        the data folder (default ~/.local/share/undertone)\n";

enum { PATH_SIZE = 4096 };

typedef struct job {
    struct database *database;
    char **ids;
    int n_ids;
    const char *output; /* null: stdout */
    bool folder;        /* output is one, for a file each */
    bool audio;
    export_format format;
} job;

static bool complain(const char *what, const char *why) {
    fprintf(stderr, "undertone export: %s%s%s\n", what, *why ? ": " : "", why);
    return false;
}

static bool complain_of_database(const struct database *d) {
    char message[512];
    database_explain(d, message, sizeof message);
    return complain(message, "");
}

/* ---- one call, to one place ---- */

/* Nothing that leads out of the folder of recordings. */
static bool is_plain_name(const char *name) { return *name && *name != '.' && !strchr(name, '/'); }

static bool copy(FILE *out, FILE *in) {
    char bytes[65536];
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in));)
        if (fwrite(bytes, 1, n, out) != n) return true; /* out's error is seen at the end */
    return !ferror(in);
}

static bool write_sound(const job *j, FILE *out, const json_t *call, const char *id) {
    char path[PATH_SIZE];
    const char *file = json_string_value(json_object_get(json_object_get(call, "recording"), "file"));
    if (!file || !is_plain_name(file)) return complain(id, "there is no recording of it");
    snprintf(path, sizeof path, "%s/audio/%s", database_dir(j->database), file);
    FILE *in = fopen(path, "rb");
    bool good = in && copy(out, in);
    if (!good) complain(path, strerror(errno));
    if (in) fclose(in);
    return good;
}

static bool write_call(const job *j, FILE *out, const char *id) {
    char why[512];
    if (!j->audio) return export_write(out, j->database, id, j->format, why, sizeof why) || complain(why, "");
    json_t *call = archive_call(j->database, id);
    bool good = write_sound(j, out, call, id);
    json_decref(call);
    return good;
}

/* A new file for its owner alone, or an old one written anew. */
static FILE *create(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (fd >= 0 && !file) close(fd);
    return file;
}

/* What could not be written whole is removed. */
static bool write_file(const job *j, const char *path, const char *id) {
    errno = 0;
    FILE *out = create(path);
    if (!out) return complain(path, strerror(errno));
    if (!j->audio) export_begin(out, j->format);
    bool good = write_call(j, out, id), wrote = !ferror(out);
    if (fclose(out)) wrote = false;
    if (!wrote) complain(path, strerror(errno));
    if (!good || !wrote) unlink(path);
    return good && wrote;
}

/* ---- all of them ---- */

static const char *ending_of(const job *j, json_t *call) {
    const char *format = json_string_value(json_object_get(json_object_get(call, "recording"), "format"));
    return !j->audio ? export_form_of(j->format)->ending : format ? format : "audio";
}

static bool write_into_folder(const job *j, const char *id) {
    char path[PATH_SIZE];
    json_t *call = archive_call(j->database, id);
    int n = snprintf(path, sizeof path, "%s/%s.%s", j->output, id, ending_of(j, call));
    json_decref(call);
    if (n >= (int)sizeof path) return complain(j->output, strerror(ENAMETOOLONG));
    return write_file(j, path, id);
}

static bool write_to_stdout(const job *j) {
    bool good = true;
    if (!j->audio) export_begin(stdout, j->format);
    for (int i = 0; i < j->n_ids; i++) good = write_call(j, stdout, j->ids[i]) && good;
    if (fflush(stdout) || ferror(stdout)) return complain("stdout", strerror(errno));
    return good;
}

static bool write_all(const job *j) {
    bool good = true;
    if (!j->output) return write_to_stdout(j);
    if (!j->folder) return write_file(j, j->output, j->ids[0]);
    if (mkdir(j->output, 0700) && errno != EEXIST) return complain(j->output, strerror(errno));
    for (int i = 0; i < j->n_ids; i++) good = write_into_folder(j, j->ids[i]) && good;
    return good;
}

/* ---- before any byte leaves ---- */

static bool there_are(const job *j) {
    for (int i = 0; i < j->n_ids; i++) {
        json_t *call = archive_call(j->database, j->ids[i]);
        bool there_is = json_is_object(call), read = call;
        json_decref(call);
        if (!read) return complain_of_database(j->database);
        if (!there_is) return complain(j->ids[i], "there is no such call");
    }
    return true;
}

static bool write_audit(const job *j) {
    char who[ACTOR_SIZE];
    actor by = actor_of_command_line(who);
    json_t *ids = json_array();
    for (int i = 0; i < j->n_ids; i++) json_array_append_new(ids, json_string(j->ids[i]));
    json_t *about = json_pack("{so ss}", "calls", ids, "format", j->audio ? "audio" : export_form_of(j->format)->name);
    bool good = about && database_begin(j->database, DATABASE_SYNCED) &&
                audit_append(j->database, &by, "export", about) && database_commit(j->database);
    if (!good) complain_of_database(j->database);
    if (!good) database_rollback(j->database);
    json_decref(about);
    return good;
}

static int run(job *j, const char *data) {
    j->database = data_open("undertone export", data, DATABASE_GUEST);
    bool good = j->database && there_are(j) && write_audit(j) && write_all(j);
    database_close(j->database);
    return good ? EXIT_FINE : EXIT_FAILED;
}

/* ---- the command line ---- */

static bool is_folder(const char *path) {
    struct stat there;
    size_t n = strlen(path);
    return (n && path[n - 1] == '/') || (!stat(path, &there) && S_ISDIR(there.st_mode));
}

static bool fits(job *j) {
    const export_form *form = export_form_of(j->format);
    for (int i = 0; i < j->n_ids; i++)
        if (!call_id_is(j->ids[i])) return complain(j->ids[i], "is not the id of a call");
    if (j->audio && !j->output && isatty(STDOUT_FILENO))
        return complain("sound is not for a terminal", "name a file, -o");
    if (j->n_ids > 1 && !j->output && (j->audio || !form->many))
        return complain("several calls in this form need a file each", "name a folder, -o");
    j->folder = j->output && (j->n_ids > 1 || is_folder(j->output));
    return true;
}

int command_export(int argc, char **argv) {
    enum { FORMAT = 1, DATA, AUDIO };
    job j = {.format = EXPORT_JSONL};
    const char *data = NULL;
    bool formatted = false;
    const struct option options[] = {
        {"format", required_argument, NULL, FORMAT},
        {"audio", no_argument, NULL, AUDIO},
        {"output", required_argument, NULL, 'o'},
        {"data", required_argument, NULL, DATA},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
        switch (option) {
        case FORMAT:
            formatted = true;
            if (export_named(optarg, &j.format)) break;
            complain(optarg, "is none of the formats (--help lists them)");
            return EXIT_USAGE;
        case AUDIO:
            j.audio = true;
            break;
        case 'o':
            j.output = optarg;
            break;
        case DATA:
            data = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_FINE;
        default:
            return EXIT_USAGE;
        }
    }
    j.ids = argv + optind;
    j.n_ids = argc - optind;
    if (!j.n_ids) return fputs(usage, stderr), EXIT_USAGE;
    if (j.audio && formatted) return complain("--audio and --format do not go together", ""), EXIT_USAGE;
    return fits(&j) ? run(&j, data) : EXIT_USAGE;
}
