/* play.c - a recording at the speed of speech, as if live. */
#include <getopt.h>

#include "capture/pace.h"
#include "capture/recording.h"
#include "commands/commands.h"
#include "commands/live.h"

static const char usage[] = "usage: undertone play FILE [OPTION...]\n\n"
                            "Plays a recording at the speed of speech, as if it were a live call.\n\n"
                            "  --channels ROLES    whose voice each channel holds: agent,customer (stereo), customer\n"
                            "                      (mono), customer,agent, agent, mixed\n"
                            "  --raw CODING        headerless G.711: ulaw or alaw, ulaw:2 with two channels\n"
                            "  --speaker           aloud\n"
                            "  --stay              keep the pages open afterwards, until Ctrl-C\n" LIVE_USAGE;

int command_play(int argc, char **argv) {
    enum { CHANNELS = 1, RAW };
    live_options live = live_defaults("play");
    recording_options recording = {0};
    int speaker = 0, stay = 0;
    const struct option options[] = {
        {"channels", required_argument, NULL, CHANNELS},
        {"raw", required_argument, NULL, RAW},
        {"speaker", no_argument, &speaker, 1},
        {"stay", no_argument, &stay, 1},
        {"help", no_argument, NULL, 'h'},
        LIVE_OPTIONS(&live),
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == CHANNELS) recording.channels = optarg;
        else if (option == RAW) recording.raw = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else if (option != 0 && !live_option(&live, option, optarg)) return EXIT_USAGE;
    }
    if (argc - optind != 1) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    char message[512];
    bool bad_usage = false;
    source *s = recording_open(argv[optind], &recording, message, sizeof message, &bad_usage);
    if (s) s = pace_new(s, speaker, message, sizeof message);
    return live_run(&live, s, stay, message, bad_usage);
}
