/* now.js - milliseconds that also pass while the computer sleeps, when performance.now() may stand still: what was
 * heard before is old then. A clock that is set forward counts as sleep, one that is set back as nothing. */

const SMALLEST_SLEEP_MS = 1000;

const offset = () => Date.now() - performance.now();
let lastOffsetMs = offset();
let sleptMs = 0;

export function nowMs() {
  const passedMs = offset() - lastOffsetMs;
  if (passedMs > SMALLEST_SLEEP_MS) sleptMs += passedMs;
  lastOffsetMs += passedMs;
  return performance.now() + sleptMs;
}
