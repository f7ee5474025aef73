/* listen.c - a live call from sound devices. */
#include <getopt.h>

#include "capture/device.h"
#include "commands/commands.h"
#include "commands/live.h"

static const char usage[] =
    "usage: undertone listen [--customer DEVICE[:CHANNEL]] [--agent DEVICE[:CHANNEL]] [OPTION...]\n\n"
    "Listens to a live call from sound devices: the headset's microphone is the agent, the\n"
    "monitor of its output the customer. undertone devices lists them.\n\n"
    "  --customer DEVICE[:CHANNEL]  name, part of a name or number; channel counted from 1\n"
    "  --agent DEVICE[:CHANNEL]     the same\n" LIVE_USAGE;

int command_listen(int argc, char **argv) {
    enum { CUSTOMER = 1, AGENT };
    live_options live = live_defaults("listen");
    const char *customer = NULL, *agent = NULL;
    const struct option options[] = {
        {"customer", required_argument, NULL, CUSTOMER},
        {"agent", required_argument, NULL, AGENT},
        {"help", no_argument, NULL, 'h'},
        LIVE_OPTIONS(&live),
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == CUSTOMER) customer = optarg;
        else if (option == AGENT) agent = optarg;
        else if (option == 'h') return fputs(usage, stdout), EXIT_FINE;
        else if (option != 0 && !live_option(&live, option, optarg)) return EXIT_USAGE;
    }
    if (optind < argc || (!customer && !agent)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    char message[512];
    source *s = device_open(customer, agent, live_tell_device, "listen", message, sizeof message);
    return live_run(&live, s, false, message, false);
}
