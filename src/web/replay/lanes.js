/* lanes.js - what lies where on the timeline, for drawing it and for finding what a pointer is on.
 *
 *     lane  { name, top, height, bottom }
 *     box   { kind: "cue" | "note" | "tag" | "consent", item, x, width, top, height }
 */

export const CUE_ROW = 26;
const SIGN = 14;
const GAP = 6;
const PIN_SIGN = 17;
const PIN_SPAN = 140;

/* Heights in CSS pixels; the large ones grow with the window. */
const SIZES = {
  small: { voice: 52, scores: 76, curve: 56 },
  usual: { voice: 64, scores: 92, curve: 64 },
  large: { voice: 96, scores: 140, curve: 96 },
};

export const sizeFor = (windowWidthPx, windowHeightPx) =>
  (windowWidthPx < 700 || windowHeightPx < 640 ? 'small' : windowHeightPx > 1150 ? 'large' : 'usual');

export const cueRows = ({ cues }) => cues.reduce((most, { row }) => Math.max(most, row + 1), 1);

/* shown: { pitch, level } */
export function lanesOf(record, size, shown) {
  const { voice, scores, curve } = SIZES[size];
  const has = (role) => record.channels.includes(role);
  const wanted = [
    ['axis', 24],
    ['cues', cueRows(record) * CUE_ROW + 4],
    has('customer') && ['customer', voice],
    has('customer') && has('agent') && ['between', 20],
    has('agent') && ['agent', voice],
    has('mixed') && ['mixed', voice],
    has('customer') && ['scores', scores],
    shown.pitch && has('customer') && ['pitch', curve],
    shown.level && ['level', curve],
    ['pins', 28],
  ];
  let top = 0;
  return wanted.filter(Boolean).map(([name, height]) => {
    const lane = { name, top, height, bottom: top + height };
    top += height;
    return lane;
  });
}

export const laneAt = (lanes, y) => lanes.find(({ top, bottom }) => y >= top && y < bottom);
export const heightOfAll = (lanes) => lanes.at(-1).bottom;

/* What can be pointed at, in the order it is drawn. A cue that began before the view has its sign at the edge; one that
 * is too short for its sign is as wide as it. */
export function boxesOf(record, scale, lanes) {
  const cues = lanes.find(({ name }) => name === 'cues');
  const pins = lanes.find(({ name }) => name === 'pins');
  return [...cueBoxes(record.cues, scale, cues), ...pinBoxes(record, scale, pins)];
}

function cueBoxes(cues, scale, lane) {
  const nextX = [];
  const boxes = [];
  for (let i = cues.length - 1; i >= 0; i--) {
    const item = cues[i];
    const [fromX, toX] = [scale.x(item.fromS), scale.x(item.toS)];
    const follows = nextX[item.row] ?? Infinity;
    nextX[item.row] = fromX;
    if (fromX > scale.widthPx || toX < 0) continue;
    const x = Math.max(fromX, 0);
    const width = Math.max(Math.min(toX, scale.widthPx) - x, Math.min(SIGN, follows - x - 1), 3);
    boxes.unshift({ kind: 'cue', item, x, width, toX, labelPx: Math.min(follows - GAP, scale.widthPx) - x,
      top: lane.top + item.row * CUE_ROW + 2, height: CUE_ROW - 4 });
  }
  return boxes;
}

function pinBoxes({ notes, tags, consents }, scale, lane) {
  const pins = [
    ...consents.map((item) => ({ kind: 'consent', item })),
    ...notes.map((item) => ({ kind: 'note', item })),
    ...tags.map((item) => ({ kind: 'tag', item })),
  ].filter(({ item }) => item.tS !== null).sort((a, b) => a.item.tS - b.item.tS);
  let free = -Infinity; /* where the next sign has room beside the one before */
  const placed = pins.map((pin) => {
    const x = Math.max(scale.x(pin.item.tS), free);
    free = x + PIN_SIGN;
    return { ...pin, x };
  });
  return placed.flatMap((pin, i) => {
    if (pin.x < -PIN_SPAN || pin.x > scale.widthPx) return [];
    const width = Math.min(PIN_SPAN, Math.max((placed[i + 1]?.x ?? Infinity) - pin.x - 2, PIN_SIGN - 2));
    return [{ ...pin, width, labelPx: width - GAP, top: lane.top + 3, height: lane.height - 6 }];
  });
}

/* The topmost box under the pointer; near enough is on it. */
export const boxAt = (boxes, x, y, near = 3) => boxes.findLast((box) =>
  x >= box.x - near && x <= box.x + box.width + near && y >= box.top && y <= box.top + box.height);
