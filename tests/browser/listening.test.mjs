/* Listening to a call in progress in a browser, from a program that permits it and from one that does not. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import test, { after, before } from 'node:test';

import { assertClean, openBrowser, openPage } from './browser.mjs';
import { page } from './pages.mjs';
import { makeCall, makeFolder, serveConfigured } from './program.mjs';
import { cut } from './waves.mjs';

const { newSchedule, voicesIn } = await page('replay/pieces.js');

const undertone = process.env.UNDERTONE ?? 'build/undertone';
const SHORT_S = 22;
const CLOSED = 3; /* of a WebSocket */

/* ---- without a browser ---- */

test('bytes are samples of one channel after the other', () => {
  const bytes = Uint8Array.of(0x00, 0x40, 0x00, 0x80, 0xff, 0x7f, 0x01, 0x00, 0x55).buffer;
  assert.deepEqual(voicesIn(bytes, 2).map((voice) => [...voice]), [[0.5, 32767 / 32768], [-1, 1 / 32768]]);
  assert.deepEqual(voicesIn(bytes, 1).map((voice) => [...voice]), [[0.5, -1, 32767 / 32768, 1 / 32768]]);
  assert.deepEqual(voicesIn(new ArrayBuffer(3), 2).map((voice) => voice.length), [0, 0]);
  assert.deepEqual(voicesIn(bytes, 0), [], 'before it is known whose voices they are');
});

test('pieces are heard one after the other, with a lead of 300 ms', () => {
  const at = newSchedule();
  assert.deepEqual([at(1000, 800), at(1800, 800), at(2700, 800), at(3300, 800)], [3400, 4200, 5000, 5800]);
});

test('after a gap they begin anew, and what comes at once is left out but for what the lead holds', () => {
  const at = newSchedule();
  at(0, 800);
  assert.equal(at(40_000, 800), 42_400, 'late');
  const burst = Array.from({ length: 20 }, () => at(40_000, 800));
  assert.deepEqual(burst, [43_200, 44_000, 44_800, ...Array(17).fill(null)]);
  assert.equal(at(40_900, 800), 45_600, 'and goes on where they end');
});

/* ---- in Chromium ---- */

let folder, browser, program;

before(async () => {
  folder = makeFolder();
  const [whole, short] = [folder.path('call.wav'), folder.path('short.wav')];
  makeCall(whole);
  cut(whole, short, { fromS: 25, toS: 25 + SHORT_S });
  [browser, program] = await Promise.all([openBrowser(), serveWith('listening', 'listening = true;', [whole, short])]);
});

after(async () => {
  await browser?.close();
  await program?.kill();
  folder?.remove();
});

async function serveWith(name, settings, recordings) {
  const config = folder.path(`${name}.cfg`);
  const sources = recordings.map((file) =>
    `{ kind = "recording"; file = "${file}"; consent = "given"; recording = true; }`);
  writeFileSync(config, `${settings}\nsources: (${sources.join(',')});\n`);
  return serveConfigured(config, folder.path(name));
}

async function until(found, withinMs = 10_000) {
  const began = Date.now();
  while (Date.now() - began < withinMs) {
    const it = await found();
    if (it) return it;
    await new Promise((again) => setTimeout(again, 50));
  }
  assert.fail(`never: ${found}`);
}

const callOf = async ({ events }, file) =>
  (await until(() => events.find(({ type, source }) => type === 'call' && source.endsWith(file)))).call;

/* In the page, before its own scripts: a meter on what goes to the speakers, and the connections that bring sound. */
function meter() {
  const connect = AudioNode.prototype.connect;
  globalThis.meters = [];
  globalThis.sockets = [];
  AudioNode.prototype.connect = function (to, ...more) {
    if (to === this.context.destination) {
      const analyser = this.context.createAnalyser();
      connect.call(this, analyser);
      globalThis.meters.push(analyser);
    }
    return connect.call(this, to, ...more);
  };
  const { WebSocket: Socket } = globalThis;
  globalThis.WebSocket = class extends Socket {
    constructor(address, ...more) {
      super(address, ...more);
      if (/sound=1/.test(address)) globalThis.sockets.push(this);
    }
  };
  globalThis.loudness = () => {
    const samples = new Float32Array(2048);
    globalThis.meters.at(-1)?.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
  };
}

async function opened(t, file, { from = program, ...options } = {}) {
  const url = new URL(`../replay/${await callOf(from, file)}`, from.url).href;
  const view = await openPage(browser, url, { width: 1280, height: 800, more: meter, ...options });
  t.after(() => view.close());
  await view.until('.transport .word');
  return view;
}

const word = (view) => view.page.textContent('.transport .word');
const says = (view, words) => view.page.waitForFunction(
  (wanted) => document.querySelector('.transport .word')?.textContent.includes(wanted), words, { timeout: 15_000 });
const loud = (view) =>
  view.page.waitForFunction(() => globalThis.loudness() > 0.01, null, { polling: 20, timeout: 15_000 });
const connections = (view) => view.page.evaluate(() => globalThis.sockets.map(({ readyState }) => readyState));
const context = (view) => view.page.evaluate(() => globalThis.meters.map(({ context: { state, currentTime } }) =>
  ({ state, currentTime })));
const clients = async () => (await (await fetch(new URL('../api/status', program.url))).json()).clients;
const listenings = (name = 'listening') =>
  execFileSync(undertone, ['audit', '--data', folder.path(name)], { encoding: 'utf8' })
    .split('\n').filter((line) => /\blisten\b/.test(line));

async function assertSound(view, where) {
  await assertClean(view, where);
  const { shift, moved } = await view.kept();
  assert.ok(shift < 0.01, `${where}: ${shift} ${moved}`);
  assert.ok(await view.overflowPx() <= 0, `${where}: wider than the window`);
  const rows = await view.page.$$eval('.transport > div',
    (groups) => new Set(groups.map(({ offsetTop }) => offsetTop)).size);
  assert.ok(rows === 1 || view.page.viewportSize().width < 1280, `${where}: controls in ${rows} rows`);
}

test('it is over when the call is', { timeout: 60_000 }, async (t) => {
  const view = await opened(t, 'short.wav', { width: 360, height: 740, scheme: 'dark', locale: 'de-DE' });
  await assertSound(view, 'phone');
  await view.page.locator('.listen').click();
  await says(view, 'Sie hören mit');
  await loud(view);
  await view.screenshot('replay-listening');
  await assertSound(view, 'phone, listening');
  await view.page.waitForFunction(() => document.querySelector('.speed'), null, { timeout: 45_000 });
  assert.equal(await view.page.locator('.listen').count(), 0);
  await until(async () => (await connections(view))[0] === CLOSED, 3000); /* before it would be taken for lost */
  assert.equal((await context(view))[0].state, 'closed');
  assert.deepEqual(view.errors(), []);
});

test('silent until it is asked for, written down, and ended by hand', { timeout: 60_000 }, async (t) => {
  const view = await opened(t, 'call.wav');
  const before_ = listenings().length;
  assert.match(await word(view), /^Silent\. Listening is written down in the audit\.$/);
  assert.deepEqual(await connections(view), []);
  assert.deepEqual(await context(view), []);
  await view.screenshot('replay-listen');
  await assertSound(view, 'before');
  const others = await clients();

  await view.page.keyboard.press('l');
  await says(view, 'You are listening');
  await loud(view);
  assert.equal(listenings().length, before_ + 1);
  assert.equal(await clients(), others + 1);
  const [{ state, currentTime }] = await context(view);
  assert.equal(state, 'running');
  await view.page.waitForFunction((was) => globalThis.meters[0].context.currentTime > was + 0.5, currentTime);
  await view.screenshot('replay-listening');
  await assertSound(view, 'listening');

  await view.page.locator('.volume input').fill('0');
  await view.page.waitForFunction(() => globalThis.loudness() === 0);
  await view.page.locator('.volume input').fill('1');
  await loud(view);

  await view.page.getByRole('button', { name: 'Stop listening' }).click();
  await says(view, 'Silent');
  await until(async () => await clients() === others);
  assert.equal((await context(view))[0].state, 'closed');
  await view.page.getByRole('button', { name: 'Listen', exact: true }).click();
  await loud(view);
  assert.equal(listenings().length, before_ + 2, 'each time anew');
  await view.page.keyboard.press('?');
  assert.match(await view.page.textContent('dialog.help'), /LListen/);
});

test('where it is not permitted there is no button, no key, and the words are as they were', async (t) => {
  const silent = await serveWith('silent', '', [folder.path('call.wav')]);
  t.after(() => silent.kill());
  const view = await opened(t, 'call.wav', { from: silent });
  assert.equal(await word(view), 'In progress: you watch in silence, nothing is heard here.');
  assert.equal(await view.page.locator('.listen, .volume').count(), 0);
  await view.page.keyboard.press('l');
  await view.page.keyboard.press('?');
  assert.doesNotMatch(await view.page.textContent('dialog.help'), /LListen/);
  assert.deepEqual(await connections(view), []);
  assert.deepEqual(listenings('silent'), []);
  assert.deepEqual(view.errors(), []);
});

test('a lost connection is told, and nobody listens again by itself', { timeout: 60_000 }, async (t) => {
  const view = await opened(t, 'call.wav', { scheme: 'dark', locale: 'de-DE' });
  await assertSound(view, 'before it is lost');
  await view.page.locator('.listen').click();
  await loud(view);
  await assertSound(view, 'before it is lost, listening');
  const heard = listenings().length;
  await view.page.evaluate(() => globalThis.sockets[0].dispatchEvent(new CloseEvent('close')));
  await says(view, 'Der Ton brach ab');
  await view.screenshot('replay-listening-lost');
  await assertSound(view, 'lost');
  await program.kill();
  await says(view, 'Verbindung unterbrochen');
  assert.equal((await connections(view)).length, 1);
  assert.equal(listenings().length, heard);
});
