/* convolution.h - one layer of an encoder as it runs: what it has heard last, and what it makes of that. */
#ifndef CLASSIFY_CONVOLUTION_H
#define CLASSIFY_CONVOLUTION_H

#include "classify/model.h"

typedef struct ut_convolver {
    const ut_convolution *layer;
    float *heard;  /* [kernel_hops][pad_bands + bands + pad_bands][inputs] ring of what came in; the pads stay zero */
    float *sums;   /* [bands before pooling][outputs] */
    int next;      /* of the ring */
    int since_out; /* inputs since the last output */
} ut_convolver;

/* As before the first input: silence of zeros. False without memory; to be freed either way. The layer must outlive
 * it. */
bool ut_convolver_init(ut_convolver *convolver, const ut_convolution *layer);
void ut_convolver_free(ut_convolver *convolver);

/* Where the next input goes: [bands][inputs]. */
float *ut_convolver_room(ut_convolver *convolver);

/* Takes what was written there. Every stride_hops inputs it writes an output, [bands out][outputs], all of it 0 or more
 * and finite, and returns true. */
bool ut_convolver_run(ut_convolver *convolver, float *y);

#endif
