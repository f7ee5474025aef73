/* curve.js - the last two minutes of a call as two lines, frustration and stress, with gaps where nothing was scored.
 * Now is at the end; of a call that has not lasted so long yet the beginning is empty.
 *
 * Paths of an SVG: a canvas in each card is a layer of its own for the browser, and with a hundred cards in sight
 * putting these together cost more than all else.
 */

import { curve } from '../shared/sparkline.js';

const STEPS = 60;
export const CURVE_PX = 40; /* high, as in the style sheet */
const SIDE_PX = 12;
const TOP_PX = 3;

/* Where a curve begins in the drawing. */
export const origin = `translate(${SIDE_PX} ${TOP_PX})`;

export function curvesOf(trend, widthPx) {
  const of = (scores) => curve(filled(scores), (widthPx - 2 * SIDE_PX) / STEPS, CURVE_PX - 2 * TOP_PX);
  return trend ? { frustration: of(trend.frustration), stress: of(trend.stress) } : { frustration: '', stress: '' };
}

const filled = (scores) => [...Array(Math.max(0, STEPS - scores.length)).fill(null), ...scores];
