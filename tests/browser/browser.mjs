/* browser.mjs - Chromium, and pages that keep a record of what went wrong and what was shown. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = 'build/screenshots';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export const openBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

/* In the page, before its own scripts: what moved, what the security policy refused, when it was first painted. */
function record() {
  const kept = { shift: 0, moved: [], refused: [], paintedMs: null };
  globalThis.kept = kept;
  const observe = (type, each) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  observe('layout-shift', ({ value, sources }) => {
    kept.shift += value;
    kept.moved.push(`${value.toFixed(4)} ${sources.map(({ node }) => node?.id || node?.className || node?.nodeName)}`);
  });
  observe('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') kept.paintedMs = startTime;
  });
  addEventListener('securitypolicyviolation', (e) => kept.refused.push(`${e.violatedDirective} ${e.blockedURI}`));
}

const STRIP = { scheme: 'light', width: 360, height: 200, locale: 'en-GB', motion: 'reduce' };

/* Without motion unless asked for: in the middle of a fade there is less contrast. more: a script that runs in the page
 * before its own. */
export async function openPage(browser, url, options) {
  const { scheme, width, height, locale, motion, more } = { ...STRIP, ...options };
  const context = await browser.newContext({
    viewport: { width, height }, deviceScaleFactor: width > 2000 ? 1 : 2, colorScheme: scheme, reducedMotion: motion, locale,
  });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(`${error}`));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.addInitScript(record);
  if (more) await page.addInitScript(more);
  await page.goto(url);
  return {
    page,
    /* Failing to connect while the server is down is what a browser calls an error. */
    errors: () => errors.filter((text) => !/WebSocket connection to .* failed/.test(text)),
    kept: () => page.evaluate(() => globalThis.kept),
    text: (id) => page.textContent(`#${id}`),
    until: (selector, timeout = 10_000) => page.waitForSelector(selector, { timeout, state: 'attached' }),
    async screenshot(name) {
      mkdirSync(SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}x${height}-${scheme}.png` });
    },
    /* As somebody sees it who tells some colours apart badly: "deuteranopia", "protanopia", "achromatopsia" ...; "none". */
    async emulateVision(type) {
      const session = await context.newCDPSession(page);
      await session.send('Emulation.setEmulatedVisionDeficiency', { type });
    },
    async faults() {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    },
    /* As where somebody has the text alone twice as large. */
    enlargeText: () => page.evaluate(() => {
      for (const [name, px] of [['s', 24], ['m', 28], ['l', 32], ['xl', 40], ['2xl', 52]]) {
        document.documentElement.style.setProperty(`--text-${name}`, `${px}px`);
      }
    }),
    /* How much wider the page is than the window. */
    overflowPx: () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    close: () => context.close(),
  };
}

/* What holds of every page in every state: nothing in axe's way, no error, nothing that the security policy refused. */
export async function assertClean(view, where) {
  assert.deepEqual(await view.faults(), [], `accessibility, ${where}`);
  assert.deepEqual(view.errors(), [], `errors, ${where}`);
  assert.deepEqual((await view.kept()).refused, [], `refused by the security policy, ${where}`);
}
