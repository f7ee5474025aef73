/* browser.mjs - Chromium, and pages that keep a record of what went wrong and what was shown. */

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = 'build/screenshots';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export const openBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

/* In the page, before its own scripts: what moved, what the security policy refused, what the cue panel showed. */
function record() {
  const kept = { shift: 0, moved: [], refused: [], shown: [] };
  globalThis.kept = kept;
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      kept.shift += value;
      kept.moved.push(`${value.toFixed(4)} ${sources.map(({ node }) => node?.id || node?.nodeName)}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
  addEventListener('securitypolicyviolation', (e) => kept.refused.push(`${e.violatedDirective} ${e.blockedURI}`));
  addEventListener('DOMContentLoaded', () => {
    const text = (id) => document.getElementById(id).textContent;
    const note = () => {
      const { key, severity } = document.getElementById('panel').dataset;
      const chips = [...document.querySelectorAll('#minor li:not([hidden])')].map((chip) => chip.textContent);
      const now = { key, severity, text: text('text'), advice: text('advice'), reason: text('reason'), chips };
      const last = kept.shown.at(-1);
      const same = JSON.stringify({ ...last, atMs: 0 }) === JSON.stringify({ ...now, atMs: 0 });
      if (!same) kept.shown.push({ ...now, atMs: Date.now() });
    };
    new MutationObserver(note).observe(document.getElementById('panel'),
      { subtree: true, childList: true, characterData: true, attributes: true });
  });
}

const STRIP = { scheme: 'light', width: 360, height: 200, locale: 'en-GB', motion: 'reduce' };

/* Without motion unless asked for: in the middle of a fade there is less contrast. */
export async function openPage(browser, url, options) {
  const { scheme, width, height, locale, motion } = { ...STRIP, ...options };
  const context = await browser.newContext({
    viewport: { width, height }, deviceScaleFactor: 2, colorScheme: scheme, reducedMotion: motion, locale,
  });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(`${error}`));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.addInitScript(record);
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
    async faults() {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    },
    close: () => context.close(),
  };
}
