/* hold.js - whether somebody is at a part of the page, by pointer or keyboard: then nothing there may move. A pointer
 * left lying on a screen at the wall must not stop it for ever, so a minute without any input ends it. */

import { nowMs as timeMs } from '../shared/now.js';

const IDLE_MS = 60_000;

/* changed: called when it may have begun or ended. Returns { handlers, isOn(nowMs) }; handlers: of the element. */
export function newHold(changed) {
  let element = null;
  let pointing = false;
  let lastMs = -Infinity;
  const touch = (event) => {
    element = event.currentTarget;
    lastMs = timeMs();
  };
  const point = (on) => (event) => {
    touch(event);
    pointing = on;
    changed();
  };
  const isFocused = () => document.hasFocus() && (element?.contains(document.activeElement) ?? false);
  return {
    handlers: { onPointerEnter: point(true), onPointerLeave: point(false), onPointerMove: touch, onWheel: touch,
      onKeyDown: touch, onFocusIn: touch, onFocusOut: changed },
    isOn: (nowMs) => nowMs - lastMs < IDLE_MS && (pointing || isFocused()),
  };
}
