/* keys.js - what each key does. Those that a field, a button or a menu needs stay theirs. */

/* [what, keys as they are shown, a test of the event] in the order of the help. */
const MAP = [
  ['play', ['Space'], (e) => e.key === ' '],
  ['back_5', ['←'], (e) => e.key === 'ArrowLeft' && !e.shiftKey],
  ['on_5', ['→'], (e) => e.key === 'ArrowRight' && !e.shiftKey],
  ['back_1', ['Shift', '←'], (e) => e.key === 'ArrowLeft' && e.shiftKey],
  ['on_1', ['Shift', '→'], (e) => e.key === 'ArrowRight' && e.shiftKey],
  ['next_cue', ['N'], (e) => letter(e) === 'n'],
  ['previous_cue', ['P'], (e) => letter(e) === 'p'],
  ['slower', ['['], (e) => e.key === '[' || e.key === '<'],
  ['faster', [']'], (e) => e.key === ']' || e.key === '>'],
  ['skip', ['S'], (e) => letter(e) === 's'],
  ['listen', ['L'], (e) => letter(e) === 'l'],
  ['nearer', ['+'], (e) => e.key === '+' || e.key === '='],
  ['farther', ['-'], (e) => e.key === '-' || e.key === '_'],
  ['all', ['0'], (e) => e.key === '0'],
  ['note', ['M'], (e) => letter(e) === 'm'],
  ['help', ['?'], (e) => e.key === '?'],
];

const letter = ({ key }) => key.toLowerCase();

export const KEYS = MAP.map(([action, shown]) => ({ action, shown }));

const WRITES = 'textarea, select, [contenteditable], input:not([type="checkbox"], [type="radio"], [type="range"])';
const PRESSED = 'button, a[href], summary, input';

/* What target itself does with the key. */
function isTaken(key, target) {
  if (!target?.matches) return false;
  if (target.matches(WRITES) || target.closest('dialog')) return true;
  if (target.matches('input[type="range"]') && key.startsWith('Arrow')) return true;
  return (key === ' ' || key === 'Enter') && target.matches(PRESSED);
}

/* The action's name, or null. Some keyboards need AltGr, which also counts as Ctrl and Alt, for brackets. */
export function actionOf(event) {
  const { key, target, ctrlKey, altKey, metaKey } = event;
  if (metaKey || ((ctrlKey || altKey) && !event.getModifierState?.('AltGraph'))) return null;
  if (isTaken(key, target)) return null;
  return MAP.find(([, , is]) => is(event))?.[0] ?? null;
}
