/* layout.js - where cards lie: two parts of rows, each under a line of words, and which of them are to be seen.
 *
 *     grid    { columns, cardPx, rowPx, gapPx, labelPx }
 *     layout  { ...grid, needy, rest, restTopPx, heightPx }   needy and rest: how many cards there are in each part
 *
 * Cards count through both parts. Lengths are from the beginning of the line, so it is the same from right to left.
 */

export function gridOf({ widthPx, leastPx, rowPx, gapPx, labelPx }) {
  const columns = Math.max(1, Math.floor((widthPx + gapPx) / (leastPx + gapPx)));
  return { columns, cardPx: Math.floor((widthPx - gapPx * (columns - 1)) / columns), rowPx, gapPx, labelPx };
}

/* Where nobody needs anything there is only one part, and it needs no words. */
export function layoutOf(grid, needy, rest) {
  const restTopPx = needy ? grid.labelPx + partPx(grid, needy) + (rest ? grid.gapPx + grid.labelPx : 0) : 0;
  return { ...grid, needy, rest, restTopPx, heightPx: restTopPx + partPx(grid, rest) };
}

const rowsOf = ({ columns }, n) => Math.ceil(n / columns);
const pitchPx = ({ rowPx, gapPx }) => rowPx + gapPx;
const partPx = (grid, n) => Math.max(0, rowsOf(grid, n) * pitchPx(grid) - grid.gapPx);

export function placeOf(layout, index) {
  const [topPx, at] = index < layout.needy ? [layout.labelPx, index] : [layout.restTopPx, index - layout.needy];
  const { columns, cardPx, gapPx } = layout;
  return { xPx: (at % columns) * (cardPx + gapPx), yPx: topPx + Math.floor(at / columns) * pitchPx(layout) };
}

/* The cards between two heights: [from, to) of each part, counted through both. */
export function seenBetween(layout, fromPx, toPx) {
  const part = (topPx, n, first) => {
    const row = (px) => Math.floor((px - topPx) / pitchPx(layout));
    const within = (index) => first + Math.min(Math.max(index, 0), n);
    return [within(row(fromPx) * layout.columns), within((row(toPx) + 1) * layout.columns)];
  };
  return [part(layout.labelPx, layout.needy, 0), part(layout.restTopPx, layout.rest, layout.needy)];
}

/* The card that a key leads to from another, both by index; back and forward follow the reading direction. */
export function stepTo(layout, index, key, rowsPerPage) {
  const n = layout.needy + layout.rest;
  const clamped = (to) => Math.min(Math.max(to, 0), n - 1);
  switch (key) {
    case 'back': return clamped(index - 1);
    case 'forward': return clamped(index + 1);
    case 'up': return stepRow(layout, index, -1);
    case 'down': return stepRow(layout, index, 1);
    case 'page-up': return repeat(rowsPerPage, (at) => stepRow(layout, at, -1), index);
    case 'page-down': return repeat(rowsPerPage, (at) => stepRow(layout, at, 1), index);
    case 'first': return 0;
    case 'last': return clamped(n - 1);
    default: return index;
  }
}

const repeat = (times, step, value) => (times > 0 ? repeat(times - 1, step, step(value)) : value);

/* The same column of the next row, or the last card of it; from one part into the other. */
function stepRow(layout, index, by) {
  const { columns, needy, rest } = layout;
  const [first, n] = index < needy ? [0, needy] : [needy, rest];
  const row = Math.floor((index - first) / columns) + by;
  const column = (index - first) % columns;
  if (row >= 0 && row < rowsOf(layout, n)) return first + Math.min(row * columns + column, n - 1);
  if (by > 0 && first === 0 && rest > 0) return needy + Math.min(column, rest - 1);
  if (by < 0 && first > 0) return Math.min((rowsOf(layout, needy) - 1) * columns + column, needy - 1);
  return index;
}
