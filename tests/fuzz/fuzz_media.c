/* What a file in the folder of recordings is taken for by its name: what is a call's has the name we would give it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char name[256] = "", again[MEDIA_NAME_SIZE], call_id[CALL_ID_SIZE];
    uint64_t first;
    memcpy(name, data, n < sizeof name ? n : sizeof name - 1);
    media_kind kind = media_kind_of(name, call_id, &first);
    if (kind == MEDIA_FOREIGN) return 0;
    if (!call_id_is(call_id) || strchr(name, '/')) abort();
    if (kind == MEDIA_NEW) media_new_name(again, call_id);
    if (kind == MEDIA_PART) media_part_name(again, call_id, first);
    if (kind != MEDIA_WHOLE && strcmp(again, name) != 0) abort();
    return 0;
}
