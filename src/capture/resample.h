/* resample.h - any rate to 8 kHz, streaming, by libsamplerate.
 *
 * One object carries all channels of a source, interleaved, which keeps them in step to the sample and costs hardly
 * more than one channel alone.
 */
#ifndef CAPTURE_RESAMPLE_H
#define CAPTURE_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct resampler resampler;

enum { RESAMPLE_LOWEST_HZ = 4000, RESAMPLE_HIGHEST_HZ = 384000 };

/* Null without memory, for a rate outside those bounds or channels other than 1 or 2. At 8,000 Hz samples pass through
 * untouched. */
resampler *resampler_new(int from_hz, int channels);
void resampler_free(resampler *r);

/* Takes *n_in frames (one sample a channel, interleaved) at the source's rate, writes at most n_out frames at 8 kHz,
 * sets *n_in to what it consumed and returns what it wrote. last flushes: call until it returns 0; what came out in
 * all is then the length of what went in, rounded to the nearest frame. */
size_t resampler_run(resampler *r, const float *in, size_t *n_in, bool last, float *out, size_t n_out);

#endif
