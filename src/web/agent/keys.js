/* keys.js - what a key does, in every language the same. */

export const KEYS = new Map([
  ['helpful', 'H'], ['wrong', 'W'], ['dismiss', 'D'], ['pause', 'P'], ['stop', 'S'], ['on_top', 'O'], ['help', '?'],
]);

const acts = new Map([...KEYS].map(([act, key]) => [key, act]));
const FIELDS = 'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]';

/* The act that a keydown asks for, or undefined: not with a modifier, which is the browser's, nor held down, nor while
 * somebody writes or a dialog is open. */
export function actOf({ key, ctrlKey, altKey, metaKey, repeat, isComposing, target }) {
  if (ctrlKey || altKey || metaKey || repeat || isComposing) return undefined;
  return target?.closest?.(`${FIELDS}, dialog`) ? undefined : acts.get(key.toUpperCase());
}
