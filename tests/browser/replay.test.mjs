/* The replay in a browser, with what the program kept and while it listens. */

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';

import { assertClean, openBrowser, openPage } from './browser.mjs';
import { keepCall, makeCall, makeFolder, play, serve, stored } from './program.mjs';

const undertone = process.env.UNDERTONE ?? 'build/undertone';
const HOUR_TIMES = 40;
const LIVE_S = 20;
const MOST_OPEN_MS = 2000;
const MOST_BYTES = 60_000;
const MOST_DRAW_MS = 34; /* the 95th of 100; on an idle machine it is a tenth of it */
const MOST_SHIFT = 0.01;
const USUAL = { width: 1280, height: 800 };

let folder, browser, program, data;
let imported; /* the hour, which takes a while */
const ids = {};

/* In Python: a file of other lengths of the same sound. */
function writeSound(from, to, how) {
  const make = `import sys, numpy, soundfile
x, rate = soundfile.read(sys.argv[1], dtype="int16")
soundfile.write(sys.argv[2], ${how}, rate)`;
  execFileSync('/usr/bin/python3', ['-c', make, from, to]);
}

const run = (...args) => execFileSync(undertone, args, { stdio: 'ignore' });
const idOf = (source) => stored(data, `SELECT id FROM calls WHERE source LIKE '%${source}'`);

/* What an agent said of two cues of the call, as feedback leaves it. */
function rate(id) {
  const write = `import sqlite3, sys
d = sqlite3.connect(sys.argv[1] + "/undertone.db")
rate = "UPDATE cues SET feedback = ? WHERE id = ? AND call = (SELECT number FROM calls WHERE calls.id = ?)"
for cue, verdict in ((1, "helpful"), (2, "wrong")): d.execute(rate, (verdict, cue, sys.argv[2]))
d.commit()`;
  execFileSync('/usr/bin/python3', ['-c', write, data, id]);
}

before(async () => {
  folder = makeFolder();
  data = folder.path('data');
  const calls = folder.path('calls');
  const hour = folder.path('hour');
  mkdirSync(calls);
  mkdirSync(hour);
  makeCall(`${calls}/call.wav`);
  writeSound(`${calls}/call.wav`, `${hour}/hour.wav`, `numpy.tile(x, (${HOUR_TIMES}, 1))`);
  writeSound(`${calls}/call.wav`, folder.path('live.wav'), `x[25 * rate:${25 + LIVE_S} * rate]`);
  writeSound(`${calls}/call.wav`, folder.path('unheard.wav'), 'x[:20 * rate]');
  run('import', calls, '--record', '--data', data, '--agent', 'a-17', '--queue', 'billing');
  ids.call = idOf('call.wav');
  ids.silent = keepCall(folder.path('unheard.wav'), data);
  run('analyze', folder.path('unheard.wav'), '--store', '--consent', 'refused', '--data', data);
  ids.refused = stored(data, "SELECT id FROM calls WHERE consent = 'refused'");
  rate(ids.call);
  [browser, program] = await Promise.all([openBrowser(), serve(data)]);
  imported = promisify(execFile)(undertone, ['import', hour, '--record', '--data', data]);
});

after(async () => {
  await imported;
  await browser?.close();
  await program?.stop();
  folder?.remove();
});

const addressOf = (id, hash = '', base = program.url) => new URL(`../replay/${id}${hash}`, base).href;

async function opened(t, id, { hash = '', base, ...options } = {}) {
  const view = await openPage(browser, addressOf(id, hash, base), { ...USUAL, ...options });
  t.after(() => view.close());
  return view;
}

/* In the page's own milliseconds, when what is in the scene of a token's colour was at least so many pixels. */
const painted = (view, token, least = 50) => view.page.waitForFunction(({ name, least: n }) => {
  const canvas = document.querySelector('.scene');
  if (!canvas?.width || canvas.width === 300) return false;
  const probe = document.createElement('i');
  probe.style.setProperty('color', `var(--${name})`);
  canvas.after(probe);
  const wanted = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const { data: pixels } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < pixels.length; i += 4) if (wanted.every((one, c) => Math.abs(pixels[i + c] - one) < 12)) found++;
  return found >= n && performance.now();
}, { name: token, least }, { polling: 50 });

/* Resolves with the milliseconds since the address was opened. */
async function drawn(view) {
  const tokens = ['customer', 'frustration', 'notice-ink'];
  const times = await Promise.all(tokens.map((token) => painted(view, token)));
  return Math.max(...await Promise.all(times.map((time) => time.jsonValue())));
}

async function assertSound(view, where) {
  await assertClean(view, where);
  const { shift, moved } = await view.kept();
  assert.ok(shift < MOST_SHIFT, `${where}: ${shift} ${moved}`);
  const wide = await view.overflowPx();
  assert.ok(wide <= 0, `${where}: ${wide} px wider than the window`);
}

const position = (view) => view.page.textContent('.clock b');
const at = (view, clock) =>
  view.page.waitForFunction((wanted) => document.querySelector('.clock b').textContent === wanted, clock);
const viewChanged = (view, before) =>
  view.page.waitForFunction((was) => document.querySelector('.strip .view').ariaValueText !== was, before);
const inView = (view) => view.page.getAttribute('.strip .view', 'aria-valuetext');
const plot = (view) => view.page.locator('.plot').boundingBox();
async function press(view, ...keys) {
  for (const key of keys) await view.page.keyboard.press(key);
}

/* ---- */

const LOOKS = [[1280, 800, 'light', 'en-GB'], [2560, 1440, 'dark', 'en-GB'], [360, 740, 'light', 'de-DE'],
  [360, 740, 'dark', 'en-GB']];

test('a call that is kept, in every size and both themes', { timeout: 90_000 }, async (t) => {
  for (const [width, height, scheme, locale] of LOOKS) {
    const view = await opened(t, ids.call, { hash: '#t=41', width, height, scheme, locale });
    await drawn(view);
    assert.equal(await position(view), '0:41');
    assert.equal(await view.page.locator('.cues li').count(), 3);
    await view.screenshot(`replay-${locale}`);
    await assertSound(view, `${width} ${scheme}`);
    await view.close();
  }
});

test('what is said of it in words', async (t) => {
  const view = await opened(t, ids.call, { hash: '#t=41' });
  await drawn(view);
  const first = view.page.locator('.cues li').first();
  assert.match(await view.page.title(), /^Call of .* – Undertone$/);
  assert.match(await view.page.textContent('.facts'), /^1:28Agent a-17Queue billing/);
  assert.equal(await view.page.textContent('.cues header p'), '3 cues, 2 rated: 1 helpful, 1 wrong');
  assert.match(await first.textContent(),
    /^0:37.*Voice sounds frustrated.*up for 22\.5 s.*higher than usual.*Acknowledge.*84%.*usual 24%.*Helpful$/);
  assert.match(await view.page.textContent('.facts-column'), /Agent's share of the talk43%/);
  const words = await view.page.getAttribute('.plot', 'aria-valuetext');
  assert.match(words,
    /^0:41, Customer speaks, Frustration \d+%, Stress \d+%, Confidence \d+%, Voice sounds frustrated$/);
  assert.doesNotMatch(await view.page.textContent('main'), /customer is|agent (sounds|is)/i);
  const bytes = await transferred(view);
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
});

test('the address says the time, and follows without a step in the history', async (t) => {
  const view = await opened(t, ids.call, { hash: '#t=62.5' });
  await drawn(view);
  assert.equal(await position(view), '1:02');
  const steps = await view.page.evaluate(() => history.length);
  await press(view, 'ArrowLeft');
  await at(view, '0:57');
  await view.page.waitForFunction(() => location.hash === '#t=57.5');
  assert.equal(await view.page.evaluate(() => history.length), steps);
  await view.page.evaluate(() => { location.hash = '#t=12'; });
  await at(view, '0:12');
  await view.page.evaluate(() => { location.hash = '#t=nonsense'; });
  assert.equal(await position(view), '0:12');
});

test('keys: position, cues, speed, zoom, silence, help, and none of them while writing', async (t) => {
  const view = await opened(t, ids.call);
  await drawn(view);
  const speed = () => view.page.inputValue('.speed select');
  await press(view, 'ArrowRight', 'Shift+ArrowRight');
  await at(view, '0:06');
  await press(view, 'n');
  await at(view, '0:37');
  assert.equal(await view.page.getAttribute('.cues li[aria-current]', 'data-cue'), '1');
  await press(view, 'n', 'n');
  await at(view, '1:13');
  await press(view, 'p');
  await at(view, '1:01');
  await press(view, ']', ']');
  assert.equal(await speed(), '1.5');
  await press(view, '[');
  assert.equal(await speed(), '1.25');
  const all = await inView(view);
  await press(view, '+');
  await viewChanged(view, all);
  await press(view, '0');
  assert.equal(await inView(view), all);
  await press(view, 's');
  assert.equal(await view.page.getAttribute('.ways .button', 'aria-pressed'), 'true');
  await view.screenshot('replay-skip');
  await press(view, 'm');
  await view.page.keyboard.type('nn ??');
  assert.equal(await view.page.inputValue('.writer textarea'), 'nn ??');
  assert.equal(await position(view), '1:01');
  await view.page.locator('.plot').focus();
  await press(view, '?');
  await view.until('dialog.help[open]');
  await view.screenshot('replay-help');
  await assertSound(view, 'help');
  await press(view, 'Escape');
  await view.page.waitForSelector('dialog', { state: 'detached' });
});

test('pointer: click, drag, double click, wheel; a plain wheel scrolls the page', async (t) => {
  const view = await opened(t, ids.call);
  await drawn(view);
  const { mouse } = view.page;
  const box = await plot(view);
  const [x, y] = [box.x + box.width / 2, box.y + 100];
  await mouse.move(x, y);
  await view.until('.tip');
  assert.match(await view.page.textContent('.tip'), /^0:44.*Frustration\d+%.*Pitch\d+ Hz/);
  await view.screenshot('replay-pointer');
  await mouse.click(x, y);
  await at(view, '0:44');
  await mouse.dblclick(x, y);
  assert.equal(await inView(view), '0:22 to 1:06');
  await mouse.down();
  await mouse.move(x + box.width / 4, y, { steps: 4 });
  await mouse.up();
  assert.equal(await inView(view), '0:11 to 0:55', 'dragged');
  await view.page.keyboard.down('Shift');
  await mouse.wheel(0, 5000);
  await view.page.keyboard.up('Shift');
  await view.page.waitForFunction(() => / to 1:28$/.test(document.querySelector('.strip .view').ariaValueText));
  const before = await inView(view);
  await view.page.keyboard.down('Control');
  await mouse.wheel(0, 400);
  await view.page.keyboard.up('Control');
  await viewChanged(view, before);
  const zoomedTo = await inView(view);
  await mouse.wheel(0, 200);
  await view.page.waitForFunction(() => scrollY > 50);
  assert.equal(await inView(view), zoomedTo);
});

test('the strip: the view is dragged in it, made longer at its end, and moved with keys', async (t) => {
  const view = await opened(t, ids.call, { hash: '#t=44' });
  await drawn(view);
  await press(view, '+', '+');
  assert.equal(await inView(view), '0:33 to 0:55');
  const { mouse } = view.page;
  const box = await view.page.locator('.strip').boundingBox();
  const place = (s) => box.x + s / 88.217 * box.width;
  await mouse.move(place(44), box.y + 20);
  await mouse.down();
  await mouse.move(place(54), box.y + 20, { steps: 3 });
  await mouse.up();
  assert.equal(await inView(view), '0:43 to 1:05');
  await mouse.move(place(65), box.y + 20);
  await mouse.down();
  await mouse.move(place(80), box.y + 20, { steps: 3 });
  await mouse.up();
  assert.match(await inView(view), /^0:43 to 1:(19|20)$/);
  await view.page.locator('.strip .view').focus();
  await press(view, 'Home');
  assert.match(await inView(view), /^0:00 to 0:3\d$/);
  assert.equal(await position(view), '0:44', 'the position stays');
  await press(view, 'n');
  await at(view, '1:01');
  assert.match(await inView(view), /^0:5\d to 1:28$/, 'the view comes along');
});

test('playing: as fast as is asked, over silence, and written down as listening only then', async (t) => {
  const view = await opened(t, ids.call, { hash: '#t=52' });
  await drawn(view);
  const listenings = () => Number(stored(data, "SELECT count(*) FROM audit WHERE action = 'replay'"));
  assert.equal(listenings(), 0);
  await view.page.evaluate(() => {
    const shown = globalThis.kept.clock = [];
    const clock = document.querySelector('.clock b');
    const observer = new MutationObserver(() => shown.push(clock.textContent));
    observer.observe(clock, { characterData: true, subtree: true, childList: true });
  });
  await press(view, 's', ']', ']', ' ');
  await view.page.waitForFunction(() => document.querySelector('.clock b').textContent >= '1:04');
  const { clock } = await view.kept();
  assert.ok(clock.includes('0:53') && clock.includes('1:03'), `${clock}`);
  assert.ok(!clock.some((time) => time > '0:53' && time < '1:02'), `in the silence: ${clock}`);
  assert.equal(listenings(), 1);
  assert.equal(await view.page.textContent('.transport .primary'), 'Pause');
  await press(view, ' ');
  assert.equal(await view.page.textContent('.transport .primary'), 'Play');
  await view.screenshot('replay-paused');
  assert.deepEqual(view.errors(), []);
});

test('notes and tags are added where we are, and deleted', async (t) => {
  const view = await opened(t, ids.call, { hash: '#t=70' });
  await drawn(view);
  const notes = () => stored(data, 'SELECT t_s, text FROM notes');
  await press(view, 'm');
  await view.page.keyboard.type('<b>refund</b> promised');
  await press(view, 'Enter');
  await view.until('.remarks li');
  assert.equal(notes(), '70.0|<b>refund</b> promised');
  await view.page.fill('.writer input', 'refund');
  await press(view, 'Enter');
  await view.until('.remarks li[data-kind="tags"]');
  assert.equal(stored(data, 'SELECT t_s, tag FROM tags'), '70.0|refund');
  await view.screenshot('replay-notes');
  await assertSound(view, 'notes');
  await press(view, 'Escape');
  await view.page.locator('.remarks li[data-kind="notes"] .button').last().click();
  await view.page.locator('.sure .danger').click();
  await view.page.waitForFunction(() => !document.querySelector('.remarks li[data-kind="notes"]'));
  assert.equal(notes(), '');
});

test('without a recording: what was measured, and a clock that runs in silence', async (t) => {
  const view = await opened(t, ids.silent, { scheme: 'dark' });
  await view.until('.transport .word');
  assert.equal(await view.page.textContent('.transport .word'), 'No recording: playing is silent');
  await painted(view, 'frustration');
  await view.page.selectOption('.speed select', '3');
  await press(view, ' ');
  await view.page.waitForFunction(() => document.querySelector('.clock b').textContent >= '0:02');
  await view.screenshot('replay-unrecorded');
  await assertSound(view, 'unrecorded');
});

test('a call that is not there, or has no consent, says so', async (t) => {
  const others = [['c-01J00000000000000000000000', 'missing', 'There is no such call'],
    [ids.refused, 'refused', 'Consent refused']];
  for (const [id, name, words] of others) {
    const view = await opened(t, id);
    await view.until('.nothing h1');
    assert.equal(await view.page.textContent('.nothing h1'), words);
    await view.screenshot(`replay-${name}`);
    assert.deepEqual(await view.faults(), []);
    assert.deepEqual((await view.kept()).refused, []);
  }
});

test('on paper: the whole call as a picture in light colours', async (t) => {
  const view = await opened(t, ids.call, { scheme: 'dark', width: 760, height: 1075 });
  await drawn(view);
  await view.page.emulateMedia({ media: 'print' });
  await view.page.waitForFunction(() => {
    const canvas = document.querySelector('.picture canvas');
    const corner = () => canvas.getContext('2d').getImageData(canvas.width - 6, 6, 1, 1).data;
    return canvas.width > 1500 && corner().every((one) => one === 255);
  });
  assert.ok(await view.page.isVisible('.picture'));
  assert.equal(await view.page.isVisible('.transport'), false);
  await view.screenshot('replay-print');
});

test('a call in progress: silent, growing, and a replay when it is over', { timeout: 90_000 }, async (t) => {
  const own = await play(folder.path('live.wav'), folder.path('live'), { more: ['--record'] });
  t.after(() => own.kill());
  const { call } = own.events.find(({ type }) => type === 'call') ?? await new Promise((found) => {
    const look = setInterval(() => own.events[0] && (clearInterval(look), found(own.events[0])), 20);
  });
  const view = await opened(t, call, { base: own.url });
  await view.until('.transport .word');
  assert.match(await view.page.textContent('.transport .word'), /nothing is heard here/);
  await view.page.waitForFunction(() => /speaks/.test(document.querySelector('.moment .talk').textContent));
  const first = await position(view);
  await view.page.waitForFunction((was) => document.querySelector('.clock b').textContent > was, first);
  await press(view, 'ArrowLeft');
  assert.equal(await view.page.getAttribute('.play [aria-pressed]', 'aria-pressed'), 'false', 'not followed any more');
  await view.page.locator('.play [aria-pressed]').click();
  await view.screenshot('replay-live');
  await assertSound(view, 'live');
  await view.page.waitForFunction(() => document.querySelector('.volume'), null, { timeout: 60_000 });
  assert.equal(await view.page.textContent('.clock span'), ' / 0:20');
  await painted(view, 'customer', 500);
  await assertSound(view, 'over');
});

/* In the page, before its own scripts: how long each drawing took. */
function timeDrawings() {
  const { requestAnimationFrame: next } = globalThis;
  globalThis.drawMs = [];
  globalThis.requestAnimationFrame = (work) => next((now) => {
    const began = performance.now();
    work(now);
    globalThis.drawMs.push(performance.now() - began);
  });
}

/* In the page: the wheel is turned for some time, a step a frame. Returns the time from frame to frame. */
const turnWheel = ({ ms, zooms }) => new Promise((done) => {
  const element = document.querySelector('.plot');
  const { left, top, width } = element.getBoundingClientRect();
  const began = performance.now();
  const frames = [];
  globalThis.drawMs.length = 0;
  let last;
  const step = (now) => {
    if (last) frames.push(now - last);
    last = now;
    const passed = performance.now() - began;
    if (passed > ms) return void done({ frames, drawMs: globalThis.drawMs });
    const delta = zooms ? { deltaY: Math.floor(passed / 750) % 2 ? 30 : -30, ctrlKey: true } : { deltaX: 12 };
    const place = { clientX: left + width / 2, clientY: top + 90, bubbles: true, cancelable: true };
    element.dispatchEvent(new WheelEvent('wheel', { ...delta, ...place }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
});

/* In bytes, as they came; the sound and its outline, of which pieces may still be on their way, are for themselves. */
const transferred = (view) => view.page.evaluate(() => [...performance.getEntriesByType('navigation'),
  ...performance.getEntriesByType('resource')].filter(({ name }) => !/\/(audio|peaks)\b/.test(name))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));

const spread = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return { p50: sorted[sorted.length >> 1], p95: sorted[Math.floor(sorted.length * 0.95)], worst: sorted.at(-1) };
};
const inWords = ({ p50, p95, worst }) => `p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, worst ${worst.toFixed(1)} ms`;

test('an hour: open at once, little to fetch, and drawn as fast as the screen', { timeout: 120_000 }, async (t) => {
  await imported;
  ids.hour = idOf('hour.wav');
  const view = await opened(t, ids.hour, { more: timeDrawings });
  const openMs = Math.round(await drawn(view));
  assert.equal(await view.page.locator('.cues li').count(), 3 * HOUR_TIMES);
  const bytes = await transferred(view);
  t.diagnostic(`scores, cues and sound painted after ${openMs} ms; ${bytes} bytes`);
  await press(view, '+', '+', '+');
  for (const [name, zooms] of [['panning', false], ['zooming', true]]) {
    const { frames, drawMs } = await view.page.evaluate(turnWheel, { ms: 3000, zooms });
    t.diagnostic(`${name}: frames ${inWords(spread(frames))}; drawing ${inWords(spread(drawMs))}`);
    assert.ok(spread(drawMs).p95 < MOST_DRAW_MS, `${name}: drawing takes ${inWords(spread(drawMs))}`);
  }
  await view.screenshot('replay-hour');
  assert.ok(openMs < MOST_OPEN_MS, `${openMs} ms`);
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
  await assertSound(view, 'an hour');
});
