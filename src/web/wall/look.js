/* look.js - how large the cards are on this screen, and which are to be seen: what the page measures of itself. */

import { gridOf, layoutOf, seenBetween } from './layout.js';

const GAP_PX = 12;
const LABEL_EM = 2;
const SPARE = 0.5; /* of the screen's height, drawn above and below what is to be seen */

/* zone: where the cards lie. The probe in it has the least width of a card, and its height: both grow with the text. */
export function measure(zone) {
  const probe = zone.querySelector('.probe');
  const labelPx = Math.ceil(LABEL_EM * parseFloat(getComputedStyle(zone).fontSize));
  const [leastPx, rowPx] = [probe.offsetWidth, probe.offsetHeight];
  return gridOf({ widthPx: zone.clientWidth, leastPx, rowPx, gapPx: GAP_PX, labelPx });
}

/* order: of order.js. Returns { layout, seen, first, rowsPerPage }; first: the first card in sight. */
export function lookAt(zone, grid, { needy, rest }) {
  const layout = layoutOf(grid, needy.length, rest.length);
  const topPx = -zone.getBoundingClientRect().top;
  const sparePx = SPARE * innerHeight;
  const seen = seenBetween(layout, topPx - sparePx, topPx + innerHeight + sparePx);
  const whole = seenBetween(layout, Math.max(topPx + grid.rowPx, 0), topPx + innerHeight);
  const [first = 0] = whole.find(([from, to]) => from < to) ?? [];
  return { layout, seen, first, rowsPerPage: Math.max(1, Math.floor(innerHeight / (grid.rowPx + grid.gapPx)) - 1) };
}

/* The ranges with one card more, which has the focus though it is out of sight. */
export function alsoSeen(seen, index) {
  if (index < 0 || seen.some(([from, to]) => index >= from && index < to)) return seen;
  return [...seen, [index, index + 1]].sort(([a], [b]) => a - b);
}
