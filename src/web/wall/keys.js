/* keys.js - what a key means here. */

const STEPS = new Map([['ArrowUp', 'up'], ['ArrowDown', 'down'], ['PageUp', 'page-up'], ['PageDown', 'page-down'],
  ['Home', 'first'], ['End', 'last']]);
const DEEDS = new Map([['t', 'take'], ['a', 'apply'], ['/', 'search'], ['?', 'help']]);

/* Where a key leads to from a card, as stepTo of layout.js names it; undefined: nowhere. */
export function stepOf({ key, ctrlKey, metaKey, altKey, shiftKey }, rightToLeft) {
  if (ctrlKey || metaKey || altKey || shiftKey) return undefined;
  if (key === 'ArrowLeft') return rightToLeft ? 'forward' : 'back';
  if (key === 'ArrowRight') return rightToLeft ? 'back' : 'forward';
  return STEPS.get(key);
}

/* "take", "apply", "search" or "help"; where somebody writes a key is what it is. */
export function deedOf({ key, ctrlKey, metaKey, altKey, target }) {
  if (ctrlKey || metaKey || altKey || target?.closest?.('input, select, textarea, dialog')) return undefined;
  return DEEDS.get(key.toLowerCase());
}
