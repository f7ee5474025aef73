/* The colours of shared/tokens.css, in both themes: contrast as WCAG 2.2 defines it, and what is told apart by somebody
 * who lacks one kind of cone. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const css = readFileSync(new URL('../../src/web/shared/tokens.css', import.meta.url), 'utf8');
const colours = (text) => Object.fromEntries(
  [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]));
const [light, dark] = css.split('@media (prefers-color-scheme: dark)');
const themes = { light: colours(light), dark: { ...colours(light), ...colours(dark.split('@media')[0]) } };

/* sRGB (IEC 61966-2-1) to linear light, 0..1. */
const linear = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));

function contrast(a, b) {
  const [dim, bright] = [a, b].map((hex) => {
    const [red, green, blue] = linear(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }).sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

const TEXT = 4.5;
const SIGN = 3;
const GROUNDS = ['page', 'card', 'none', 'chosen'];
const PAIRS = [
  ...['ink', 'soft', 'accent'].flatMap((ink) => GROUNDS.map((ground) => [ink, ground, TEXT])),
  ...['none', 'info', 'notice', 'urgent'].flatMap((shade) =>
    [[`${shade}-ink`, shade, TEXT], [`${shade}-ink`, 'card', TEXT], ['ink', shade, TEXT], ['soft', shade, TEXT]]),
  ['on-urgent', 'urgent-ink', TEXT],
  ['on-accent', 'accent', TEXT],
  ...['given', 'customer', 'agent', 'frustration', 'stress'].flatMap((ink) => [[ink, 'card', TEXT], [ink, 'page', TEXT]]),
  ...GROUNDS.map((ground) => ['edge', ground, SIGN]),
  ['fill', 'track', SIGN],
];

for (const [name, theme] of Object.entries(themes)) {
  test(`${name}: what is read has 4.5 to 1, what is seen 3 to 1`, () => {
    const short = PAIRS.map(([ink, ground, least]) => [ink, ground, contrast(theme[ink], theme[ground]), least])
      .filter(([, , is, least]) => !(is >= least)).map(([ink, ground, is, least]) => `${ink} on ${ground}: ${is.toFixed(2)} < ${least}`);
    assert.deepEqual(short, []);
  });
}

/* Machado, Oliveira, Fernandes, IEEE Transactions on Visualization and Computer Graphics 15, 2009, severity 1.0. */
const SEEN_AS = {
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/* Björn Ottosson's Oklab, 2020, where equal distances look about equally far. */
function oklab([red, green, blue]) {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

const seenBy = (matrix, hex) => {
  const from = linear(hex);
  return matrix.map((row) => Math.min(Math.max(row.reduce((sum, factor, i) => sum + factor * from[i], 0), 0), 1));
};

const APART = 0.08;

for (const [name, theme] of Object.entries(themes)) {
  test(`${name}: who speaks, and which score it is, is told apart without red, green or blue`, () => {
    for (const [one, other] of [['customer', 'agent'], ['frustration', 'stress']]) {
      for (const [lack, matrix] of Object.entries(SEEN_AS)) {
        const [a, b] = [theme[one], theme[other]].map((hex) => oklab(seenBy(matrix, hex)));
        const apart = Math.hypot(...a.map((x, i) => x - b[i]));
        assert.ok(apart > APART, `${one} and ${other}, ${lack}: ${apart.toFixed(3)}`);
      }
    }
  });
}
