/* dub.c - one part, as the recorder's, made into a recording at once. */
#include "store/dub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/join.h"

struct dub {
    int folder;
    char call[CALL_ID_SIZE];
    media_file part;
};

dub *dub_begin(const char *dir, const char *call_id, int channels, const ut_channel roles[]) {
    char name[MEDIA_NAME_SIZE];
    dub *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->part.fd = -1;
    d->part.channels = channels;
    for (int c = 0; c < channels; c++) d->part.roles[c] = roles[c];
    snprintf(d->call, sizeof d->call, "%s", call_id);
    media_part_name(name, call_id, 0);
    d->folder = media_folder(dir, true);
    if (d->folder >= 0 && media_create(&d->part, d->folder, name, TAPE_FLAC)) return d;
    dub_abandon(d);
    return NULL;
}

bool dub_write(dub *d, float *const x[], size_t n) {
    short frames[MEDIA_BLOCK * 2];
    int channels = d->part.channels;
    for (size_t done = 0, some; done < n; done += some) {
        some = n - done < MEDIA_BLOCK ? n - done : MEDIA_BLOCK;
        for (size_t i = 0; i < some; i++)
            for (int c = 0; c < channels; c++) frames[i * (size_t)channels + (size_t)c] = media_pcm_16(x[c][done + i]);
        if (!media_write(&d->part, frames, some)) return false;
    }
    return true;
}

bool dub_finish(dub *d, recording_news *news) {
    *news = (recording_news){.state = RECORDING_FINISHED};
    snprintf(news->call, sizeof news->call, "%s", d->call);
    uint64_t n_frames = d->part.n_frames;
    join *j = media_complete(&d->part) ? join_begin(d->folder, d->call, TAPE_FLAC, n_frames) : NULL;
    join_state state = j ? JOIN_MORE : JOIN_FAILED;
    while (state == JOIN_MORE) state = join_step(j, news);
    int error = errno;
    join_free(j);
    dub_abandon(d);
    errno = error;
    return state == JOIN_DONE;
}

/* What is done has no part any more. */
void dub_abandon(dub *d) {
    char name[MEDIA_NAME_SIZE];
    int error = errno;
    if (!d) return;
    media_part_name(name, d->call, 0);
    media_close(&d->part);
    if (d->folder >= 0) unlinkat(d->folder, name, 0);
    if (d->folder >= 0) close(d->folder);
    free(d);
    errno = error;
}
