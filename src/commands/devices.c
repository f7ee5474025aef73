/* devices.c - undertone devices: the sound devices that listen can hear with. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "capture/device.h"
#include "commands/commands.h"

static const char help[] =
    "usage: undertone devices\n"
    "\n"
    "Lists the sound devices that undertone listen --customer and --agent can hear with: by index, by\n"
    "name or by a part of it that fits only one, with :CHANNEL (counted from 1) where one device\n"
    "carries both voices.\n"
    "\n"
    "  --help  this text\n";

int command_devices(int argc, char **argv) {
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    char message[256];
    optind = 0;
    int option = getopt_long(argc, argv, "h", options, NULL);
    if (option == 'h') return fputs(help, stdout) < 0 ? EXIT_FAILED : EXIT_FINE;
    if (option != -1) return EXIT_USAGE;
    if (optind < argc) {
        fprintf(stderr, "undertone devices: takes no arguments, not \"%s\"\n", argv[optind]);
        return EXIT_USAGE;
    }
    if (device_list(stdout, message, sizeof message)) return EXIT_FINE;
    fprintf(stderr, "undertone devices: %s\n", message);
    return EXIT_FAILED;
}
