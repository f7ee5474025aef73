/* scale.js - which part of the call is in view, and where a time lies in it.
 *
 *     view   { fromS, toS }
 *     scale  { fromS, toS, widthPx, secondsPerPx, x(tS), t(xPx) }
 */

const SHORTEST_VIEW_S = 4;
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const PAGE_MARGIN = 0.1; /* how far from the edge a position is that the view has turned to */

export const whole = (durationS) => ({ fromS: 0, toS: Math.max(durationS, SHORTEST_VIEW_S) });

export function scaleOf({ fromS, toS }, widthPx) {
  const secondsPerPx = (toS - fromS) / Math.max(widthPx, 1);
  const x = (tS) => (tS - fromS) / secondsPerPx;
  const t = (xPx) => fromS + xPx * secondsPerPx;
  return { fromS, toS, widthPx, secondsPerPx, x, t };
}

/* Within the call, no shorter than can be read and no longer than the call. */
export function within({ fromS, toS }, durationS) {
  const { toS: longestS } = whole(durationS);
  const lengthS = Math.min(Math.max(toS - fromS, SHORTEST_VIEW_S), longestS);
  const startS = Math.min(Math.max(fromS, 0), longestS - lengthS);
  return { fromS: startS, toS: startS + lengthS };
}

/* Twice as near is a factor of 2; what is at tS stays where it is. */
export function zoomed(view, tS, factor, durationS) {
  const { toS: longestS } = whole(durationS);
  const lengthS = Math.min(Math.max((view.toS - view.fromS) / factor, SHORTEST_VIEW_S), longestS);
  const fromS = tS - (tS - view.fromS) * lengthS / (view.toS - view.fromS);
  return within({ fromS, toS: fromS + lengthS }, durationS);
}

export const moved = (view, byS, durationS) => within({ fromS: view.fromS + byS, toS: view.toS + byS }, durationS);

export const isIn = ({ fromS, toS }, tS) => tS >= fromS && tS <= toS;

/* The view turned like a page to where tS is in it, or as it was where it is in it already. */
export function turnedTo(view, tS, durationS) {
  if (isIn(view, tS)) return view;
  return moved(view, tS - view.fromS - PAGE_MARGIN * (view.toS - view.fromS), durationS);
}

/* With tS in the middle. */
export const centred = (view, tS, durationS) => moved(view, tS - (view.fromS + view.toS) / 2, durationS);

export const sameView = (a, b) => a.fromS === b.fromS && a.toS === b.toS;

/* Times to be written on the axis, at least leastPx apart. */
export function ticksOf(scale, leastPx = 64) {
  const stepS = TICKS_S.find((s) => s / scale.secondsPerPx >= leastPx) ?? TICKS_S.at(-1);
  const ticks = [];
  for (let tS = Math.ceil(scale.fromS / stepS) * stepS; tS <= scale.toS; tS += stepS) ticks.push(tS);
  return ticks;
}
