/* pieces.js - a live call's sound as it comes, in pieces of 100 ms: what is in one, and when it is heard.
 *
 * No DOM, no clock, no network. Times are in samples, so that one piece begins exactly where the other ends.
 */

export const RATE_HZ = 8000;
const LEAD = 0.3 * RATE_HZ; /* so late a piece may come without a gap */
const MOST_LEAD = 0.6 * RATE_HZ;
const SOONEST = 0.02 * RATE_HZ; /* what begins now has begun already where it is played */

/* The samples of each channel, -1..1, of 16 bit, little-endian, one of each channel in turn. */
export function voicesIn(bytes, channels) {
  const view = new DataView(bytes);
  const length = Math.floor(bytes.byteLength / 2 / channels);
  const sample = (i) => view.getInt16(2 * i, true) / 32768;
  const voice = (channel) => Float32Array.from({ length }, (_, i) => sample(i * channels + channel));
  return Array.from({ length: channels }, (_, channel) => voice(channel));
}

/* Returns at(now, length): when a piece that has come is to begin, or null where it is to be left out because enough
 * wait. One that comes too late to follow the last begins anew, with a lead. */
export function newSchedule() {
  let end = 0;
  return (now, length) => {
    if (end < now + SOONEST) end = now + LEAD;
    if (end > now + MOST_LEAD) return null;
    const begin = end;
    end += length;
    return begin;
  };
}
