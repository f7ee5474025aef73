/* sparkline.js - a small curve of shares (0 to 1) over time, as the path of an SVG or a canvas (Path2D). */

const round = (x) => Math.round(x * 10) / 10;

/* values: one for each step, drawn in its middle; null where there is none, which is a gap. One between two gaps is a
 * point, which round ends of the line show. */
export function curve(values, stepPx, heightPx) {
  let path = '';
  values.forEach((value, i) => {
    if (!isShare(value)) return;
    const point = `${round((i + 0.5) * stepPx)} ${round((1 - Math.min(1, Math.max(0, value))) * heightPx)}`;
    const alone = !isShare(values[i - 1]) && !isShare(values[i + 1]);
    path += isShare(values[i - 1]) ? `L${point}` : `M${point}${alone ? 'h.1' : ''}`;
  });
  return path;
}

/* The same, filled down to the ground: each stretch from its first step to its last. */
export function area(values, stepPx, heightPx) {
  return curve(values, stepPx, heightPx).split('M').slice(1).map((stretch) => {
    const points = stretch.replace('h.1', '').split('L');
    const [firstPx, lastPx] = [points[0], points.at(-1)].map((point) => point.split(' ')[0]);
    return `M${stretch}L${lastPx} ${heightPx}H${firstPx}Z`;
  }).join('');
}

const isShare = (value) => typeof value === 'number' && Number.isFinite(value);
