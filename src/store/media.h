/* media.h - the folder DIR/audio and the sound files in it: whole recordings, ID.flac and ID.opus; parts of them that
 * are being written, ID.<first sample>.part.flac; and one that is being put together, ID.new.
 *
 * Every name is made of a call's id (call_id_is) within the folder's descriptor, and no link is followed, so nothing
 * outside of it can be reached. Failures leave their reason in errno.
 */
#ifndef STORE_MEDIA_H
#define STORE_MEDIA_H

#include <sndfile.h>
#include <stdint.h>

#include "store/recorder.h"

enum {
    MEDIA_NAME_SIZE = 64,
    MEDIA_BLOCK = 4096, /* frames that libFLAC encodes at a time: what is in no whole block is not in the file */
};

/* The folder's descriptor, -1 on failure. */
int media_folder(const char *dir, bool make);

/* Held while names change, by whichever process: a recording is either there whole or gone whole. */
void media_lock(int folder);
void media_unlock(int folder);

/* ID.000000000.part.flac, ID.new. */
void media_part_name(char name[MEDIA_NAME_SIZE], const char *call_id, uint64_t first);
void media_new_name(char name[MEDIA_NAME_SIZE], const char *call_id);

/* What a name in the folder means. */
typedef enum media_kind { MEDIA_FOREIGN, MEDIA_WHOLE, MEDIA_PART, MEDIA_NEW } media_kind;
media_kind media_kind_of(const char *name, char call_id[CALL_ID_SIZE], uint64_t *first);

/* Calls see for every name of a call's that lies there. False where the folder cannot be read. */
typedef void media_see(void *user, const char *name, media_kind kind, const char *call_id, uint64_t first);
bool media_each(int folder, media_see *see, void *user);

/* All that lies there of one call: the bytes freed. */
long media_remove(int folder, const char *call_id, bool *failed);

/* A sound file that is written or read: 16 bits at 8 kHz, its roles in its comment ("agent,customer"). */
typedef struct media_file {
    int fd;
    SNDFILE *sound; /* null: it is not open */
    int channels;
    ut_channel roles[2]; /* [channels] */
    uint64_t n_frames; /* written so far; or what the header of the one that is read says, 0 where it was not closed */
} media_file;

/* channels and roles are set before. The file must not be there. */
bool media_create(media_file *f, int folder, const char *name, tape_format format);
bool media_write(media_file *f, const short *x, size_t n); /* x: [n][channels] */
bool media_complete(media_file *f); /* closes it; false where not all of it has reached the disk */

bool media_open(media_file *f, int folder, const char *name); /* errno EBADMSG: no sound of ours */
size_t media_read(media_file *f, short *x, size_t n);         /* 0 at its end, also where that is torn */

void media_close(media_file *f);

/* A sample, -1..1, as the files hold it: what was of 16 bits before comes out the same. No number is silence. */
short media_pcm_16(float x);

#endif
