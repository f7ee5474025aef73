/* model.c - undertone model: what the model file tells of itself, and the card that lies beside it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "classify/model.h"
#include "commands/card.h"
#include "commands/commands.h"
#include "commands/engine.h"

static const char usage[] =
    "usage: undertone model [OPTION...]\n\n"
    "Tells what the model hears and says, and prints its card: what it learned from, what it was\n"
    "measured at, what it is not good for and who must not use it.\n\n"
    "  --model FILE  another model; its card is the file of the same name that ends in .md\n"
    "  --help        this text\n";

/* ---- the file ---- */

static double kibibytes(const char *path) {
    struct stat file;
    return stat(path, &file) ? 0 : (double)file.st_size / 1024;
}

static void print_calibration(const char *when, const ut_calibration c[UT_SCORES]) {
    static const char *const outputs[UT_SCORES] = {"frustration", "stress", "arousal"};
    for (int i = 0; i < UT_SCORES; i++)
        printf("  %-14s%-11s slope %.3f, offset %+.3f, prior %.3f\n", i ? "" : when, outputs[i], (double)c[i].slope,
               (double)c[i].offset, (double)c[i].prior);
}

static void print_file(const ut_model *model, const char *path) {
    printf("%s\n\n", ut_model_id(model));
    printf("  file          %s, %.0f KiB\n", path, kibibytes(path));
    printf("  hears         %d features of the last 4 s of speech", model->n_features);
    if (model->n_encoders) printf("; %d encoders of its spectrum and pitch", model->n_encoders);
    puts("\n  says          frustration, stress, arousal: each half second, of the customer's voice alone");
    puts("  calibrated    cold: not yet knowing the caller's usual; warm: against it (Platt 1999)");
    print_calibration("cold", model->cold);
    print_calibration("warm", model->warm);
    printf("  abstains      under %.1f s of speech in the last 4 s, further than %.2f from what it learned, or\n"
           "                where nothing it could sound like has a share of %.2f\n",
           (double)model->min_speech_s, (double)model->max_distance, (double)model->min_share);
}

/* ---- the card ---- */

static bool print_card(const char *path, const char *id) {
    char message[ENGINE_PATH + 256], *text = card_read(path, id, message, sizeof message);
    if (text) printf("\n%s", text);
    else fprintf(stderr, "undertone model: %s\n", message);
    free(text);
    return text;
}

/* ---- command line ---- */

static int show(const char *given) {
    char path[ENGINE_PATH];
    ut_model *model = engine_open_model("model", given, path);
    if (!model) return EXIT_FAILED;
    print_file(model, path);
    fflush(stdout);
    bool good = print_card(path, ut_model_id(model));
    ut_model_close(model);
    if (good && fflush(stdout)) {
        fprintf(stderr, "undertone model: standard output: %s\n", strerror(errno));
        good = false;
    }
    return good ? EXIT_FINE : EXIT_FAILED;
}

int command_model(int argc, char **argv) {
    enum { MODEL = 1 };
    static const struct option options[] = {
        {"model", required_argument, NULL, MODEL}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *model = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == MODEL) model = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else return EXIT_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "undertone model: takes no arguments, not \"%s\" (--model names a file)\n", argv[optind]);
        return EXIT_USAGE;
    }
    return show(model);
}
