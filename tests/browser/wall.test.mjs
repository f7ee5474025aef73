/* The wall in a browser, fed by a crowd of made-up calls and by the program itself. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test, { after, before } from 'node:test';

import { assertClean, openBrowser, openPage } from './browser.mjs';
import { crowd, makeCall, makeFolder, play, serve, stored } from './program.mjs';

const SCHEMES = ['light', 'dark'];
const SIZES = [[360, 740], [1280, 800], [2560, 1440]];
const MOST_SHIFT = 0.01;
const FEW = 24;
const MANY = 1000;
const MOST_TO_SCREEN_MS = 50;

/* A customer who is frustrated for twenty seconds, and a supervisor who is told at once. */
const ESCALATING = `cues: {
  frustration = { raise = 0.3; clear = 0.05; evidence = 0.5; after_s = 0.5; };
  escalate = { after_s = 0.5; };
};`;

let folder, browser, few, escalating;

before(async () => {
  folder = makeFolder();
  makeCall(folder.path('call.wav'));
  writeFileSync(folder.path('escalating.cfg'), ESCALATING);
  [browser, few, escalating] = await Promise.all([
    openBrowser(),
    crowd(FEW, { more: ['--cue-every-s', '2', '--agents', '12'] }),
    play(folder.path('call.wav'), folder.path('data'), { more: ['--playbook', folder.path('escalating.cfg')] }),
  ]);
});

after(async () => {
  await browser?.close();
  await Promise.all([few?.kill(), escalating?.kill()]);
  folder?.remove();
});

/* In the page, before its own scripts: what was said to a screen reader. */
function recordSaid() {
  addEventListener('DOMContentLoaded', () => {
    const said = (globalThis.said = []);
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const region = target.parentElement?.closest('[role=alert].unseen') ?? target.closest?.('[role=alert].unseen');
        if (region?.textContent && said.at(-1) !== region.textContent) said.push(region.textContent);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

async function opened(t, program, { query = '', more = recordSaid, ...options } = {}) {
  const url = new URL(`../wall/${query}`, program.url).href;
  const view = await openPage(browser, url, { scheme: 'light', width: 1280, height: 800, more, ...options });
  t.after(() => view.close());
  return view;
}

const isTooWide = (page) => page.evaluate(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth;
});

/* The names of the cards in their order on the screen. */
const cards = (page) => page.$$eval('.call-who', (links) => links.map(({ dataset }) => dataset.call));
const counts = (page) => page.textContent('.strip-counts strong');
const focused = (page) => page.evaluate(() => document.activeElement.dataset.call);

/* Out of everybody's way. */
const pointAway = ({ page }) => page.mouse.move(2, 2);

test('every size, both schemes: live calls, none cut, nothing moves', { timeout: 60_000 }, async (t) => {
  for (const [width, height] of SIZES) {
    for (const scheme of SCHEMES) {
      const view = await opened(t, few, { width, height, scheme });
      await view.until('.call-who');
      await view.page.waitForFunction(() => document.querySelectorAll('.call-curve .frustration[d^=M]').length > 1);
      assert.equal(await isTooWide(view.page), false, `${width} px`);
      await view.screenshot('wall-live');
      await assertClean(view, `${width} px, ${scheme}`);
      const { shift, moved, paintedMs } = await view.kept();
      assert.ok(shift < MOST_SHIFT, `nothing moves by layout: ${moved}`);
      t.diagnostic(`${width}x${height} ${scheme}: first paint after ${Math.round(paintedMs)} ms`);
      await view.close();
    }
  }
});

test('German, larger text, other colours, from right to left', { timeout: 60_000 }, async (t) => {
  const zoomed = await opened(t, few, { width: 640, height: 400, locale: 'de-DE', scheme: 'dark' });
  await zoomed.until('.call-who');
  assert.equal(await zoomed.page.getAttribute('html', 'lang'), 'de');
  assert.match(await counts(zoomed.page), /^\d+ Gespräche$/);
  await zoomed.screenshot('wall-zoomed-german');
  await assertClean(zoomed, 'German at twice the size');
  await zoomed.page.evaluate(() => {
    document.dir = 'rtl';
  });
  await zoomed.page.waitForFunction(() => {
    const [first, second] = [...document.querySelectorAll('li.call')].map((card) => card.getBoundingClientRect());
    return first.right > innerWidth - 30 && second.right < first.left;
  });
  assert.equal(await isTooWide(zoomed.page), false, 'from right to left');
  await zoomed.screenshot('wall-right-to-left');

  const view = await opened(t, few);
  await view.until('.cue-chip');
  for (const type of ['deuteranopia', 'achromatopsia']) {
    await view.emulateVision(type);
    await view.screenshot(`wall-${type}`);
  }
  await view.emulateVision('none');
  for (const media of [{ forcedColors: 'active' }, { forcedColors: 'none', contrast: 'more' }]) {
    await view.page.emulateMedia(media);
    await view.screenshot(`wall-${media.contrast ? 'contrast' : 'forced-colors'}`);
    await assertClean(view, JSON.stringify(media));
  }
});

test('filters are in the address, and survive a reload', { timeout: 60_000 }, async (t) => {
  const { page, ...view } = await opened(t, few);
  await view.until('.call-who');
  await page.waitForFunction(() => document.querySelector('[aria-label=Team]').length > 2);
  await page.selectOption('[aria-label=Team]', 'north');
  await page.getByText(/^\d+ of \d+ calls$/).waitFor();
  assert.equal(new URL(page.url()).search, '?team=north');
  const wheres = () => page.$$eval('.call-where', (all) => all.map(({ textContent }) => textContent));
  assert.ok((await wheres()).every((where) => where.endsWith('north')), `${await wheres()}`);

  await page.reload();
  await view.until('.call-who');
  assert.equal(await page.inputValue('[aria-label=Team]'), 'north');
  await page.getByRole('button', { name: 'Only with a cue' }).click();
  await page.waitForFunction(() => [...document.querySelectorAll('li.call:not([data-tone=ended])')]
    .every((card) => card.querySelector('.cue-chip')));
  assert.equal(new URL(page.url()).search, '?team=north&only=cue');
  await pointAway({ page });
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Only with a cue' }).blur();

  await page.keyboard.press('/');
  await page.keyboard.type('nobody of this name');
  await page.waitForSelector('.nothing');
  assert.equal(await page.textContent('.nothing h2'), 'No call fits');
  await view.screenshot('wall-none');
  await assertClean({ page, ...view }, 'no call fits');
  await page.getByRole('button', { name: 'Show all' }).click();
  await view.until('.call-who');
  assert.equal(new URL(page.url()).search, '');
});

test('by keyboard alone: from card to card, help, into the call', { timeout: 60_000 }, async (t) => {
  const view = await opened(t, few);
  const { page } = view;
  await view.until('.call-who');
  while (!(await page.evaluate(() => document.activeElement.matches('.call-who')))) await page.keyboard.press('Tab');
  await page.keyboard.press('Home');
  const order = await cards(page);
  assert.equal(await focused(page), order[0]);
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), order[1]);
  await page.keyboard.press('End');
  await page.waitForFunction(() => {
    const card = document.activeElement.closest('li.call');
    return card?.ariaPosInSet === card?.ariaSetSize;
  });
  assert.ok(await page.evaluate(() => {
    const { top, bottom } = document.activeElement.closest('.call').getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }), 'and is in sight');
  await view.screenshot('wall-focus');
  assert.equal(await page.locator('.call-who[tabindex="0"]').count(), 1, 'one stop for the tab key');
  await page.keyboard.press('?');
  await page.waitForSelector('dialog[open]');
  await view.screenshot('wall-help');
  await assertClean(view, 'help');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });

  const id = await focused(page);
  assert.ok(id, 'the focus comes back to the card');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname.endsWith(`/replay/${id}`));
});

/* In the page: notes whenever the cards stand in another order than the one before. */
function watchOrder() {
  const order = () => [...document.querySelectorAll('.call-who')].map(({ dataset }) => dataset.call);
  const before = order();
  globalThis.reordered = 0;
  new MutationObserver(() => {
    const now = order();
    if (now.slice(0, before.length).join() !== before.join()) globalThis.reordered++;
  }).observe(document.querySelector('.calls'), { childList: true });
}

test('nothing moves while somebody points there; what waits is shown on demand', { timeout: 60_000 }, async (t) => {
  const view = await opened(t, few);
  const { page } = view;
  await view.until('.call-who');
  await page.mouse.move(640, 400);
  await page.evaluate(watchOrder);
  await page.getByText(/^\d+ changes wait$/).waitFor();
  assert.equal(await page.evaluate(() => globalThis.reordered), 0);
  await view.screenshot('wall-held');
  await assertClean(view, 'held');
  await page.keyboard.press('a');
  await page.waitForFunction(() => globalThis.reordered > 0);
  const order = await cards(page);
  await page.waitForSelector('.pill', { timeout: 30_000 });
  assert.deepEqual((await cards(page)).slice(0, order.length), order, 'and then it is held again');
  await pointAway(view);
  await page.waitForSelector('.pill', { state: 'detached' });
});

test('an escalation waits until somebody takes it; all see it, and it is kept', { timeout: 90_000 }, async (t) => {
  const views = await Promise.all(['light', 'dark'].map((scheme) => opened(t, escalating, { scheme })));
  for (const { page } of views) await page.waitForSelector('.wait[data-severity=urgent]', { timeout: 60_000 });
  const [{ page }, other] = views;
  await page.waitForSelector('.call[data-tone=escalated], .call[data-tone=ended] .call-take');
  assert.equal(await page.textContent('.waits-title'), '1 escalation waits');
  assert.match(await page.title(), /^1 escalation waits/);
  const said = await page.evaluate(() => globalThis.said);
  assert.deepEqual(said, ['Escalation: call.wav. Voice still sounds frustrated.'], 'told once');
  await views[0].screenshot('wall-escalation');
  await other.screenshot('wall-escalation');
  await assertClean(views[0], 'an escalation');

  await page.keyboard.press('t');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.wait-take')), 'the way to it');
  await page.keyboard.press('Enter');
  for (const view of views) {
    await view.page.waitForSelector('.wait-taken');
    assert.match(await view.page.textContent('.wait-taken'), /^Taken \d\d:\d\d$/);
  }
  await other.screenshot('wall-taken');
  await assertClean(other, 'taken');
  assert.equal(stored(folder.path('data'), "SELECT count(*) FROM cue_life WHERE state = 'taken'"), '1');
  await pointAway({ page });
  await other.page.waitForSelector('.wait', { state: 'detached', timeout: 20_000 });
});

test('a server that stands still, dies and comes back', { timeout: 60_000 }, async (t) => {
  const program = await crowd(6);
  t.after(() => program.kill());
  const view = await opened(t, program);
  const { page } = view;
  await page.waitForFunction(() => document.querySelectorAll('.call-who').length >= 5);
  program.freeze();
  await page.locator('[data-tone=stale] .call-sign').first().getByText(/^No data for \d s$/).waitFor();
  await view.screenshot('wall-stale');
  await assertClean(view, 'stale');
  program.thaw();
  await page.waitForSelector('[data-tone=stale]', { state: 'detached' });

  await program.kill();
  await page.waitForSelector('.frame-note');
  assert.equal(await page.textContent('.frame-note'), 'Connection lost – what you see is old');
  await page.waitForFunction(() => !document.querySelector('li.call:not([data-tone=stale], [data-tone=ended])'), null,
    { timeout: 2000 });
  assert.match(await page.title(), /^Connection lost/);
  await view.screenshot('wall-lost');
  await assertClean(view, 'lost');

  const again = await crowd(6, { port: program.port });
  t.after(() => again.kill());
  await page.waitForSelector('.frame-note', { state: 'detached', timeout: 15_000 });
  await page.waitForFunction(() => document.querySelectorAll('li.call:not([data-tone=stale])').length >= 5);
  const { shift, moved } = await view.kept();
  assert.ok(shift < MOST_SHIFT, `nothing moves by layout: ${moved}`);
  await again.stop();
});

test('no calls: what will be here', { timeout: 30_000 }, async (t) => {
  const program = await serve(folder.path('nothing'));
  t.after(() => program.kill());
  for (const [width, height] of [[360, 740], [1280, 800]]) {
    const view = await opened(t, program, { width, height });
    await view.until('.nothing');
    assert.equal(await view.page.textContent('.nothing h2'), 'No live calls');
    await view.screenshot('wall-empty');
    await assertClean(view, 'empty');
  }
  await program.stop();
});

/* In the page, before its own scripts: how long after the message a cue is on the screen, or gone from it, of cards
 * that are in sight. A frame is on the screen when what comes after it runs. */
function measureCues() {
  globalThis.tookMs = [];
  const waiting = new Set();
  const { port1, port2 } = new MessageChannel();
  const shows = ({ call, id, state }) => {
    const card = document.querySelector(`.call-who[data-call="${call}"]`)?.closest('.call');
    if (!card || card.getBoundingClientRect().top > innerHeight) return null;
    return (card.querySelector('.call-cue').dataset.cue === `${id}`) === (state === 'raised');
  };
  let asked = false;
  const look = () => {
    if (!asked) requestAnimationFrame(() => port2.postMessage(0));
    asked = true;
  };
  port1.onmessage = () => {
    asked = false;
    for (const one of waiting) {
      const shown = shows(one);
      if (shown) globalThis.tookMs.push(performance.now() - one.atMs);
      if (shown || performance.now() - one.atMs > 2000) waiting.delete(one);
    }
    if (waiting.size) look();
  };
  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  Object.defineProperty(WebSocket.prototype, 'onmessage', {
    ...own,
    set(heard) {
      own.set.call(this, (event) => {
        const atMs = performance.now();
        const cue = event.data.startsWith('{"type":"cue"') && JSON.parse(event.data);
        const changes = cue && cue.state !== 'updated' && shows(cue) === false;
        heard(event);
        if (cue && (changes || cue.state === 'raised')) {
          waiting.add({ ...cue, atMs });
          look();
        }
      });
    },
  });
}

const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)];

/* How much longer than a frame it takes on this machine, now, until an empty page is on the screen: other work on it
 * that is not ours. */
async function lateMs(page) {
  const tookMs = await page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel();
    const once = () => new Promise((done) => {
      const atMs = performance.now();
      port1.onmessage = () => done(performance.now() - atMs);
      requestAnimationFrame(() => port2.postMessage(0));
    });
    const all = [];
    for (let i = 0; i < 100; i++) all.push(await once());
    return all;
  });
  return Math.max(0, quantile(tookMs, 0.95) - 1000 / 60);
}

test('a thousand calls: what is in sight is drawn, and a cue within 50 ms', { timeout: 150_000 }, async (t) => {
  const program = await crowd(MANY, { more: ['--cue-every-s', '2'] });
  t.after(() => program.kill());
  const view = await opened(t, program, { more: measureCues });
  const { page } = view;
  await page.getByText(`${MANY.toLocaleString('en')} calls`).waitFor();
  const drawn = await page.locator('.call-who').count();
  assert.ok(drawn >= 16 && drawn <= 60, `${drawn} of ${MANY} cards are drawn`);
  assert.ok(Math.abs(await page.getAttribute('li.call', 'aria-setsize') - MANY) < 20);
  await assertClean(view, 'a thousand calls');
  await view.screenshot('wall-thousand');

  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.waitForFunction(() =>
    [...document.querySelectorAll('li.call')].some((card) => card.ariaPosInSet === card.ariaSetSize));
  assert.ok(await page.locator('.call-who').count() <= 60);
  await view.screenshot('wall-thousand-end');
  await page.evaluate(() => scrollTo(0, 0));

  const empty = await view.page.context().newPage();
  const rounds = [];
  while (rounds.length < 3 && !rounds.some((p95) => p95 < MOST_TO_SCREEN_MS)) {
    await page.bringToFront();
    await page.evaluate(() => globalThis.tookMs.splice(0));
    await page.waitForFunction(() => globalThis.tookMs.length >= 15, null, { timeout: 45_000 });
    const tookMs = await page.evaluate(() => globalThis.tookMs);
    await empty.bringToFront();
    const late = await lateMs(empty);
    rounds.push(quantile(tookMs, 0.95) - late);
    t.diagnostic(`from message to screen: median ${quantile(tookMs, 0.5).toFixed(1)}, 95 % ` +
      `${quantile(tookMs, 0.95).toFixed(1)} ms of ${tookMs.length}; the machine is ${late.toFixed(1)} ms late`);
  }
  assert.ok(Math.min(...rounds) < MOST_TO_SCREEN_MS, `95 % within ${rounds} ms`);
  await program.stop();
});

/* Equal work: heap, nodes and listeners in the third quarter of it against the first. */
test('a page that stays open does not grow', { timeout: 90_000 }, async (t) => {
  const program = await crowd(20, { more: ['--speed', '100', '--cue-every-s', '20'] });
  t.after(() => program.kill());
  const view = await opened(t, program);
  const { page } = view;
  await view.until('.call-who');
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const measured = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (name) => metrics.find((metric) => metric.name === name).value;
    return { heap: value('JSHeapUsedSize'), nodes: value('Nodes'), listeners: value('JSEventListeners') };
  };
  await page.waitForTimeout(12_000); /* until as many calls leave as begin */
  const first = await measured();
  await page.waitForTimeout(10_000);
  const last = await measured();
  const megabytes = [first, last].map(({ heap }) => (heap / 1e6).toFixed(1));
  t.diagnostic(`heap ${megabytes.join(' -> ')} MB, nodes ${first.nodes} -> ${last.nodes}`);
  assert.ok(last.heap < first.heap * 1.15, `${first.heap} to ${last.heap} bytes`);
  assert.ok(last.nodes < first.nodes * 1.5 + 500, `${first.nodes} to ${last.nodes} nodes`);
  assert.ok(last.listeners < first.listeners * 1.5 + 50, `${first.listeners} to ${last.listeners} listeners`);
  assert.deepEqual(view.errors(), []);
});
