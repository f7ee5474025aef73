/* pictures.h - pictures of calls as SVG files. */
#ifndef COMMANDS_PICTURES_H
#define COMMANDS_PICTURES_H

#include "commands/report.h"

enum { PICTURES_MESSAGE = 512 };

/* A file a recording: path itself where it ends in .svg, else one in the folder path, which is made where there is
 * none, named like the recording and like no other's. */
typedef struct pictures pictures;

/* Null with the reason in message; *bad_usage (set or left) where path cannot hold so many. */
pictures *pictures_new(const char *path, char **recordings, int n_recordings, char message[PICTURES_MESSAGE],
                       bool *bad_usage);
void pictures_free(pictures *p); /* null does nothing */

/* Draws the call of a recording, one of those given, into its file, which is then whole or as it was. False with the
 * reason in message: one sentence that names the file. Any thread, each with a recording of its own. */
bool pictures_save(const pictures *p, const char *recording, const report *r, char message[PICTURES_MESSAGE]);

#endif
