/* palette.js - the page's colours for a canvas, as the style sheets have them for an element just now. */

const NAMES = ['card', 'ink', 'soft', 'line', 'edge', 'fill', 'none', 'accent', 'customer', 'agent', 'frustration',
  'stress', 'info', 'info-ink', 'notice', 'notice-ink', 'urgent', 'urgent-ink', 'given'];

export function paletteOf(element) {
  const probe = document.createElement('i');
  probe.hidden = true;
  element.append(probe);
  const palette = { font: getComputedStyle(element).fontFamily };
  for (const name of NAMES) {
    probe.style.setProperty('color', `var(--${name})`);
    palette[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return palette;
}

const THEMES = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'];

/* Calls changed whenever they are others. Returns what ends that. */
export function onPalette(changed) {
  const queries = THEMES.map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener('change', changed);
  return () => queries.forEach((query) => query.removeEventListener('change', changed));
}
