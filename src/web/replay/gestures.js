/* gestures.js - wheel, fingers and pointer on the timeline. A plain wheel scrolls the page, as everywhere. */

const DRAG_PX = 4; /* less is a click */
const WHEEL_STEP = 0.0022; /* of a pixel of the wheel, in powers of e */
const PINCH_STEP = 0.009;
const PINCH_MOST = 20; /* a pinch on a touch pad comes as a wheel that turns by little */
const LINE_PX = 16;

const stepOf = ({ deltaY }) => (Math.abs(deltaY) < PINCH_MOST ? PINCH_STEP : WHEEL_STEP);

/* board: zoom(x, factor), pan(px), seekTo(x), press(x, y) -> taken, point(x, y), leave(). Places are in CSS pixels of
 * element. Returns what ends it. */
export function onGestures(element, board) {
  const pointers = new Map();
  const ending = new AbortController();
  const on = (type, handler, options) => element.addEventListener(type, handler, { signal: ending.signal, ...options });
  let dragged = false;
  let pinch = null;

  const place = (event) => {
    const { left, top } = element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };

  function pinched() {
    const [a, b] = [...pointers.values()];
    const next = { px: Math.max(Math.abs(a[0] - b[0]), 1), x: (a[0] + b[0]) / 2 };
    if (pinch) {
      board.pan(pinch.x - next.x);
      board.zoom(next.x, next.px / pinch.px);
    }
    pinch = next;
  }

  on('pointerdown', (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, place(event));
    dragged = pointers.size > 1;
    pinch = null;
  });

  on('pointermove', (event) => {
    const [x, y] = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) return void (event.pointerType === 'mouse' && board.point(x, y));
    if (!dragged && Math.hypot(x - before[0], y - before[1]) < DRAG_PX) return;
    if (!dragged) element.setPointerCapture(event.pointerId);
    dragged = true;
    pointers.set(event.pointerId, [x, y]);
    board.leave();
    if (pointers.size > 1) pinched();
    else board.pan(before[0] - x);
  });

  on('pointerup', (event) => {
    const was = pointers.delete(event.pointerId);
    pinch = null;
    if (was && !dragged) board.press(...place(event));
  });
  on('pointercancel', (event) => pointers.delete(event.pointerId));
  on('pointerleave', (event) => {
    if (!element.hasPointerCapture(event.pointerId)) pointers.delete(event.pointerId);
    board.leave();
  });
  on('dblclick', (event) => board.zoom(place(event)[0], event.shiftKey ? 0.5 : 2));

  on('wheel', (event) => {
    const unit = event.deltaMode === 1 ? LINE_PX : 1;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) board.zoom(place(event)[0], Math.exp(-event.deltaY * unit * stepOf(event)));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) board.pan(sideways * unit);
    else return;
    event.preventDefault();
  }, { passive: false });

  return () => ending.abort();
}

/* The view in the strip: dragged in its middle or at an end; elsewhere in the strip it comes to the pointer. */
const HANDLE_PX = 8;

/* board: { viewPx() -> [fromX, toX], setViewPx(fromX, toX), centre(x) } */
export function onStrip(element, board) {
  const ending = new AbortController();
  const on = (type, handler) => element.addEventListener(type, handler, { signal: ending.signal });
  let held = null;

  const x = (event) => event.clientX - element.getBoundingClientRect().left;

  on('pointerdown', (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    let [fromX, toX] = board.viewPx();
    const atX = x(event);
    const near = (edge) => Math.abs(atX - edge) <= HANDLE_PX;
    const wide = toX - fromX > 3 * HANDLE_PX;
    if (wide ? near(fromX) : atX < fromX && near(fromX)) held = { part: 'from', atX };
    else if (wide ? near(toX) : atX > toX && near(toX)) held = { part: 'to', atX };
    else {
      if (atX < fromX || atX > toX) {
        board.centre(atX);
        [fromX, toX] = board.viewPx();
      }
      held = { part: 'all', atX };
    }
    Object.assign(held, { fromX, toX });
  });

  on('pointermove', (event) => {
    if (!held) return;
    const byPx = x(event) - held.atX;
    const { part, fromX, toX } = held;
    board.setViewPx(part === 'to' ? fromX : fromX + byPx, part === 'from' ? toX : toX + byPx);
  });
  const release = () => { held = null; };
  on('pointerup', release);
  on('pointercancel', release);
  return () => ending.abort();
}
