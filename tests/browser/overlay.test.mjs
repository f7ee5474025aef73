/* The overlay in a browser, fed by the program itself. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test, { after, before } from 'node:test';

import { openBrowser, openPage } from './browser.mjs';
import { call, consent, cue, customer, pause, recording as recorded, status, summary } from './events.mjs';
import { makeCall, makeFolder, play, stored } from './program.mjs';

const SCHEMES = ['light', 'dark'];
const SIZES = [[320, 200], [360, 200], [360, 240], [390, 844], [1280, 800]];
const LIVE = '#overlay[data-mode="live"][data-lost="false"]';
const LOST = '#overlay[data-lost="true"]';
const CALL_MS = 150_000;
const MOST_SHIFT = 0.01;

let folder, recording, browser;

before(async () => {
  folder = makeFolder();
  recording = folder.path('call.wav');
  makeCall(recording);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  folder?.remove();
});

async function started(t, options) {
  const program = await play(recording, folder.path('data'), options);
  t.after(() => program.kill());
  return program;
}

/* In the page, before its own scripts: what the cue panel showed. */
function recordPanel() {
  addEventListener('DOMContentLoaded', () => {
    const { kept } = globalThis;
    kept.shown = [];
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

async function opened(t, url, options) {
  const view = await openPage(browser, url, { more: recordPanel, ...options });
  t.after(() => view.close());
  return view;
}

async function assertSound(view, where) {
  assert.deepEqual(await view.faults(), [], `accessibility, ${where}`);
  assert.deepEqual(view.errors(), [], `errors, ${where}`);
  assert.deepEqual((await view.kept()).refused, [], `refused by the security policy, ${where}`);
}

/* Follows the call to its end, with a screenshot and a check of each cue the first time it is the main one. */
async function followCall(view) {
  const cues = new Set();
  for (const endMs = Date.now() + CALL_MS; Date.now() < endMs; await view.page.waitForTimeout(100)) {
    const { mode, severity, icon } = await view.page.evaluate(() => ({
      mode: document.getElementById('overlay').dataset.mode,
      severity: document.getElementById('panel').dataset.severity,
      icon: document.getElementById('panel-icon').getAttribute('href').replace('#icon-', ''),
    }));
    const name = `${icon}-${severity}`;
    if (mode === 'ended') return cues;
    if (severity === 'none' || cues.has(name)) continue;
    cues.add(name);
    await view.page.waitForTimeout(250);
    await view.screenshot(name);
    await assertSound(view, name);
  }
  return assert.fail('the call did not end');
}

test('a whole call: live, every cue with its reason and advice, ended', { timeout: CALL_MS + 60_000 }, async (t) => {
  const program = await started(t);
  const views = await Promise.all(SCHEMES.map((scheme) => opened(t, program.url, { scheme })));

  for (const view of views) {
    await view.until(LIVE);
    await view.page.waitForFunction(() => /^\d+:\d\d$/.test(document.getElementById('clock').textContent));
    assert.equal(await view.text('badge-words'), 'Live');
    assert.equal(await view.text('consent-words'), 'Consent given');
    await view.screenshot('live');
    await assertSound(view, 'live');
  }

  await Promise.all(views.map(followCall));
  const raised = program.events.filter((event) => event.type === 'cue' && event.state === 'raised');
  assert.ok(raised.length > 0, 'the call has cues');
  for (const view of views) {
    const { shown, shift, moved } = await view.kept();
    const delays = raised.map((cue) => {
      const at = shown.find((now) => now.key === `${cue.id}` || now.chips.includes(cue.text));
      assert.ok(at, `${cue.cue} was shown`);
      if (at.key === `${cue.id}`) {
        assert.equal(at.text, cue.text);
        assert.equal(at.advice, cue.advice);
        assert.equal(at.reason !== '', cue.reasons.length > 0, `a reason for ${cue.cue}`);
      }
      return at.atMs - cue.toldAtMs;
    });
    t.diagnostic(`from stdout to screen at most ${Math.max(...delays)} ms`);
    assert.ok(Math.max(...delays) < 1000, `cues are shown at once: ${delays} ms`);
    assert.ok(shift < MOST_SHIFT, `nothing moves: ${moved}`);
    assert.equal(await view.text('text'), 'Call ended');
    await view.screenshot('ended');
    await assertSound(view, 'ended');
  }
  await program.stop();
});

test('a server that stands still, dies and comes back', { timeout: 90_000 }, async (t) => {
  const program = await started(t);
  const views = await Promise.all(SCHEMES.map((scheme) => opened(t, program.url, { scheme })));
  for (const view of views) await view.until(LIVE);

  program.freeze();
  for (const view of views) {
    await view.until(LOST);
    assert.match(await view.text('badge-words'), /^No data for \d+\u00a0s$/);
    await view.screenshot('stale');
    await assertSound(view, 'stale');
  }
  program.thaw();
  for (const view of views) await view.until(LIVE);

  await program.kill();
  for (const view of views) {
    await view.until(LOST, 2000);
    assert.equal(await view.text('badge-words'), 'Connection lost – reconnecting');
    await view.screenshot('lost');
    await assertSound(view, 'lost');
  }

  const again = await started(t, { port: program.port });
  for (const view of views) {
    await view.until(LIVE, 20_000);
    const { shift, moved } = await view.kept();
    assert.ok(shift < MOST_SHIFT, `nothing moves: ${moved}`);
    await assertSound(view, 'back');
  }
  await again.stop();
});

/* Two cues that stay up for a minute: the second, once it comes, is the main one. */
const STAYING = `cues: {
  monologue: { on = true; priority = 2; after_s = 2.0; hold_s = 60.0; urgent_after_s = 0.0; };
  dead_air: { on = true; priority = 1; after_s = 0.3; hold_s = 60.0; urgent_after_s = 0.0; };
};`;

/* In the page: clicks in the very moment in which the cue becomes the main one. */
function clickTooSoon(key) {
  const panel = document.getElementById('panel');
  new MutationObserver(() => {
    if (panel.dataset.key === key) document.querySelector('#feedback [value=wrong]').click();
  }).observe(panel, { attributes: true });
}

test('what the agent says of a cue is kept with it', { timeout: 60_000 }, async (t) => {
  const playbook = folder.path('staying.cfg');
  writeFileSync(playbook, STAYING);
  const data = folder.path('said');
  const program = await play(recording, data, { more: ['--playbook', playbook] });
  t.after(() => program.kill());
  const view = await opened(t, program.url);
  const button = (name) => view.page.getByRole('button', { name, exact: true });
  const pressed = (value) => view.until(`#feedback [value=${value}][aria-pressed=true]`, 2000);
  const said = (id) => stored(data, `SELECT feedback, feedback_at > '2026' FROM cues WHERE id = ${id}`);

  await view.until('#panel[data-key="1"]');
  await view.page.evaluate(clickTooSoon, '2');
  await view.until('#panel[data-key="2"]');
  assert.equal(await view.page.locator('#feedback').getAttribute('hidden'), null);
  await view.page.waitForTimeout(500);
  assert.equal(said(2), 'None|None', 'a click at once was aimed at the cue before');

  await button('Helpful').click();
  await pressed('helpful');
  assert.equal(said(2), 'helpful|1');
  assert.equal(stored(data, "SELECT group_concat(state) FROM cue_life WHERE cue = 2"), 'raised,seen,helpful');
  assert.equal(await view.text('thanks'), 'Thank you');
  await view.screenshot('helpful');
  await assertSound(view, 'helpful');
  await button('Wrong').click();
  await pressed('wrong');
  assert.equal(said(2), 'wrong|1');
  assert.equal(await view.page.locator('#feedback [aria-pressed=true]').count(), 1);

  await view.page.reload();
  await pressed('wrong');
  await view.page.waitForTimeout(500);
  for (let i = 0; i < 4; i++) await view.page.keyboard.press('Tab');
  assert.equal(await view.page.evaluate(() => document.activeElement.value), 'dismiss');
  await view.page.keyboard.press('Enter');
  assert.equal(await view.page.getAttribute('#panel', 'data-key'), '1', 'the next takes its place at once');
  assert.equal(await view.text('thanks'), '');
  assert.equal(said(2), 'wrong|1', 'who wants it out of sight takes nothing back');

  await view.page.waitForTimeout(500);
  await button('Dismiss').click();
  await view.page.waitForFunction(() => document.getElementById('text').textContent === 'Listening');
  assert.equal(await view.page.locator('#feedback button:visible').count(), 0);
  await view.page.reload();
  await view.until(LIVE);
  await view.page.waitForTimeout(500);
  assert.equal(await view.text('text'), 'Listening', 'dismissed stays dismissed');
  assert.equal(said(1), 'dismiss|1');
  await assertSound(view, 'dismissed');
  await program.stop();
});

test('of a held-out call no cue is seen', { timeout: 60_000 }, async (t) => {
  const playbook = folder.path('held-out.cfg');
  writeFileSync(playbook, `hold_out = 1.0;\n${STAYING}`);
  const data = folder.path('held-out');
  const program = await play(recording, data, { more: ['--playbook', playbook] });
  t.after(() => program.kill());
  const view = await opened(t, program.url);
  await view.until(LIVE);
  await view.page.waitForTimeout(7000);
  assert.equal(stored(data, 'SELECT count(*), max(shown) FROM cues'), '2|0');
  const { shown } = await view.kept();
  assert.ok(shown.every(({ text }) => ['Waiting for a call', 'Listening'].includes(text)), JSON.stringify(shown));
  await assertSound(view, 'held out');
  await program.stop();
});

test('without consent', { timeout: 30_000 }, async (t) => {
  const program = await started(t, { more: ['--consent', 'refused'] });
  const view = await opened(t, program.url, { motion: 'no-preference' });
  await view.until('#overlay[data-mode="unheard"]');
  await view.page.waitForTimeout(4000);
  assert.equal(await view.text('text'), 'Not analysed: no consent');
  assert.equal(await view.page.getAttribute('#overlay', 'data-lost'), 'false', 'silence is no fault then');
  await view.screenshot('unheard');
  await assertSound(view, 'without consent');
});

test('waiting for a call, on every size, by keyboard', { timeout: 60_000 }, async (t) => {
  const program = await started(t);
  for (const [width, height] of SIZES) {
    for (const scheme of SCHEMES) {
      const view = await opened(t, `${program.url}?call=c-another`, { scheme, width, height });
      await view.until('#overlay[data-mode="waiting"]');
      assert.equal(await view.text('text'), 'Waiting for a call', 'only the call asked for is shown');
      assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `fits ${width}`);
      await view.screenshot('waiting');

      await view.page.keyboard.press('Tab');
      await view.page.keyboard.press('Enter');
      await view.until('#about[open]');
      await view.screenshot('about');
      await assertSound(view, `about at ${width} x ${height}`);
      await view.page.keyboard.press('Escape');
      await view.until('#about:not([open])');
      await view.close();
    }
  }
});

test('a connection that says nothing for a minute is replaced', { timeout: 30_000 }, async (t) => {
  const program = await started(t);
  const view = await opened(t, 'about:blank');
  let connections = 0;
  await view.page.routeWebSocket(/\/events/, () => connections++);
  await view.page.clock.install();
  await view.page.goto(program.url);
  await view.until('#overlay[data-mode="waiting"]');
  assert.equal(connections, 1);
  await view.page.clock.runFor(55_000);
  assert.equal(connections, 1);
  await view.page.clock.runFor(25_000);
  assert.equal(connections, 2);
});

/* A server of made-up events; say() sends to the page as it is connected now. */
async function madeUp(view, state) {
  const server = { connections: 0 };
  await view.page.routeWebSocket(/\/events/, (socket) => {
    server.connections++;
    server.say = (...events) => events.forEach((event) => socket.send(JSON.stringify(event)));
    server.close = () => socket.close();
    server.say(...state);
  });
  return server;
}

test('a call that is recorded is paused, resumed and withdrawn', { timeout: 60_000 }, async (t) => {
  const program = await play(recording, folder.path('paused'), { more: ['--record'] });
  t.after(() => program.kill());
  const view = await opened(t, program.url);
  const say = async (what, body) => {
    const [{ call: id }] = program.events;
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(new URL(`/api/calls/${id}/${what}`, program.url),
      { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  await view.until(LIVE);
  await view.until('#recording:not([hidden])');
  assert.equal(await view.text('recording-words'), 'Recording');

  await say('pause', { state: 'paused' });
  await view.until('#overlay[data-mode="paused"]', 2000);
  await view.page.waitForTimeout(4500);
  assert.equal(await view.page.getAttribute('#overlay', 'data-lost'), 'false', 'silence is no fault then');
  assert.equal(await view.text('text'), 'Paused');
  assert.equal(await view.text('say-status'), 'Paused. Nothing is heard or recorded.');
  assert.equal(await view.page.locator('.meter:visible, #recording:visible').count(), 0);

  await say('pause', { state: 'resumed' });
  await view.until('#overlay[data-mode="live"]', 2000);
  for (let i = 0; i < 20; i++, await view.page.waitForTimeout(100))
    assert.equal(await view.page.getAttribute('#overlay', 'data-lost'), 'false', 'it goes on at once');
  assert.equal(await view.page.locator('#recording').isVisible(), true);

  await say('consent', { consent: 'withdrawn', method: 'said so' });
  await view.until('#overlay[data-mode="unheard"]', 2000);
  assert.equal(await view.page.locator('#recording').isVisible(), false);
  const { shift, moved } = await view.kept();
  assert.ok(shift < MOST_SHIFT, `nothing moves: ${moved}`);
  await assertSound(view, 'withdrawn');
  await program.stop();
});

test('paused, recorded and not stored, as it comes and goes', { timeout: 60_000 }, async (t) => {
  const program = await started(t);
  const view = await opened(t, program.url, { motion: 'no-preference' });
  const state = [status(false), call(), customer(12), recorded('recording')];
  const server = await madeUp(view, state);
  const signs = async () => ({
    badge: await view.text('badge-words'),
    unstored: await view.page.locator('#unstored').ariaSnapshot(),
    recorded: await view.page.locator('#recording').isVisible() && await view.text('recording-words'),
  });
  const unstored = '- paragraph:\n  - status: "Calls are not being stored: the disk is full"';
  await view.page.reload();
  await view.until(LIVE);
  assert.deepEqual(await signs(), { badge: 'Live', unstored, recorded: 'Recording' });

  server.say(pause('paused', 12.4));
  await view.until('#overlay[data-mode="paused"]');
  assert.deepEqual(await signs(), { badge: 'Paused', unstored, recorded: false });

  server.say(pause('resumed', 16.4));
  await view.until(LIVE);
  server.say(recorded('failed'), cue(7), customer(16.9), status(true));
  await view.until('#panel[data-key="7"]');
  await view.page.waitForTimeout(100);
  assert.deepEqual(await signs(), { badge: 'Live', unstored: '- paragraph:\n  - status', recorded: 'Not being recorded' });

  server.say(status(false));
  await view.page.waitForFunction(() => document.getElementById('unstored-words').textContent !== '');
  assert.equal(await view.text('text'), 'Voice sounds frustrated', 'not instead of a cue');
  state.splice(0, 1);
  server.close();
  await view.until('#overlay[data-lost="true"]');
  assert.equal(await view.text('unstored-words'), '', 'not known any more');
  await view.until(LIVE);
  assert.equal(server.connections, 2);
  assert.equal(await view.text('unstored-words'), '', 'as it is told anew');

  server.say(summary());
  await view.until('#overlay[data-mode="ended"]');
  server.say(consent('withdrawn'));
  await view.page.waitForFunction(() => /withdrew/.test(document.getElementById('advice').textContent));
  const { shift, moved } = await view.kept();
  assert.ok(shift < MOST_SHIFT, `nothing moves: ${moved}`);
  assert.deepEqual(view.errors(), []);
  await program.stop();
});

/* In the page, whose own rendering is stopped: shows made-up events with its modules and says how that came out. */
async function showEvents(events) {
  for (let timer = setTimeout(() => {}); timer > 0; timer--) clearInterval(timer);
  const [{ newState, reduce }, { sceneOf }, { show }] =
    await Promise.all(['state', 'scene', 'view'].map((name) => import(`/agent/${name}.js`)));
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const isSeen = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && element.textContent.trim() !== '' &&
    getComputedStyle(element).clipPath === 'none';
  const linesOf = (...selectors) => selectors.flatMap((selector) => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(selector));
    return [...range.getClientRects()].filter(({ bottom }) => bottom < box(selector).bottom + 2);
  });
  const state = events.reduce((before, event) => reduce(before, event, 0), newState());
  show(sceneOf(state, { open: true, everOpen: true }, null, 0));
  return {
    text: document.getElementById('text').textContent,
    markup: document.querySelectorAll('#words b, #words img, #minor b, #minor img').length,
    wide: document.documentElement.scrollWidth - innerWidth,
    high: document.documentElement.scrollHeight - innerHeight,
    chips: [...document.querySelectorAll('#minor li:not([hidden])')].map((chip) => chip.getBoundingClientRect().right),
    likely: box('#likely').left,
    words: box('#words').bottom,
    cut: linesOf('#text', '#advice', '#reason').filter(({ top, bottom }) =>
      top < box('#words').bottom - 1 && bottom > box('#words').bottom + 1).map((line) => line.toJSON()),
    minor: box('#minor').top,
    panel: box('#panel').bottom,
    voice: box('#voice').top,
    inOrder: ['badge-words', 'recording-words', 'consent-words', 'consent-icon', 'clock', 'about-open']
      .map((id) => document.getElementById(id))
      .filter((element) => isSeen(element) || (element.id === 'consent-icon' && isSeen(element.closest('p'))))
      .map((element) => element.getBoundingClientRect().toJSON()),
    unstored: isSeen(document.getElementById('unstored')) && box('#unstored').toJSON(),
    aboveIt: [...document.querySelectorAll('#panel, #voice .bar, #voice p, #hint')].filter((e) => e.checkVisibility())
      .map((element) => element.getBoundingClientRect().bottom),
    buttons: [...document.querySelectorAll('#feedback button')].map((button) => button.getBoundingClientRect().toJSON()),
    wordsBox: box('#words').toJSON(),
    panelBox: box('#panel').toJSON(),
  };
}

/* Large enough for a finger, with room between them, inside the panel and clear of the words. */
function assertButtons({ buttons, wordsBox, panelBox }, where) {
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  const grown = ({ left, right, top, bottom }) => ({ left: left - 6, right: right + 6, top: top - 6, bottom: bottom + 6 });
  assert.equal(buttons.length, 3, where);
  buttons.forEach((button, i) => {
    assert.ok(button.width >= 24 && button.height >= 24, `large enough ${where}`);
    assert.ok(apart(button, wordsBox), `clear of the words ${where}`);
    assert.ok(button.left >= panelBox.left && button.right <= panelBox.right && button.bottom <= panelBox.bottom, where);
    if (i) assert.ok(apart(button, grown(buttons[i - 1])), `room between ${where}`);
  });
}

test('long texts and markup stay text, in their place', { timeout: 60_000 }, async (t) => {
  const program = await started(t);
  const long = 'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz '.repeat(4);
  const texts = { text: `<b>Die Stimme</b><img src=x onerror=alert(1)> ${long}`, advice: long };
  const events = [call(), customer(3599), cue(1, texts), cue(2, { ...texts, severity: 'info' }),
    cue(3, { ...texts, cue: '<b>', severity: 'urgent', reasons: Array(3).fill({ feature: long, change: long }) })];
  for (const [width, height] of SIZES) {
    for (const scheme of SCHEMES) {
      const view = await opened(t, `${program.url}?call=c-another`, { scheme, width, height, locale: 'de-DE' });
      await view.until('#overlay[data-mode="waiting"]');
      const out = await view.page.evaluate(showEvents, events);
      const where = `at ${width} x ${height}: ${JSON.stringify(out)}`;
      assert.ok(out.text.startsWith('<b>Die Stimme</b><img src=x'), where);
      assert.equal(out.markup, 0, where);
      assert.ok(out.wide <= 0 && out.high <= 0, `no scrolling ${where}`);
      assert.ok(out.words <= out.minor && out.panel <= out.voice, `nothing overlaps ${where}`);
      assert.deepEqual(out.cut, [], `lines are whole or not there ${where}`);
      assert.equal(out.chips.length, 2, where);
      assertButtons(out, where);
      assert.ok(Math.max(...out.chips) <= out.likely, `chips stay clear ${where}`);
      await assertSound(view, where);
      await view.screenshot('long');
      await view.close();
    }
  }
});

const WHY = `/srv/undertone.db: ${'the disk is full, and nobody knows for how long it will be so; '.repeat(8)}`;
const UNSTORED = status(false, { why: WHY });
const TALK = [call(), customer(7199)];
const SIGNS = {
  'waiting-unstored': [UNSTORED],
  'live-recorded': [...TALK, recorded('recording')],
  'live-unstored': [...TALK, recorded('failed'), UNSTORED],
  'cue-recorded': [...TALK, recorded('recording'), cue(1), cue(2, { priority: 2, severity: 'info' }), UNSTORED],
  'cue-unrecorded': [...TALK, recorded('failed'), cue(1, { severity: 'urgent' }), UNSTORED],
  paused: [...TALK, recorded('recording'), pause('paused', 3600)],
  'paused-cue': [...TALK, recorded('recording'), cue(1), pause('paused', 3600), UNSTORED],
  'unheard-unstored': [call({ consent: 'unknown' }), UNSTORED],
  'ended-withdrawn': [...TALK, summary(), consent('withdrawn'), UNSTORED],
};

test('every sign has its place', { timeout: 120_000 }, async (t) => {
  const program = await started(t);
  for (const [width, height] of SIZES) {
    for (const scheme of SCHEMES) {
      const view = await opened(t, `${program.url}?call=c-another`, { scheme, width, height });
      await view.until('#overlay[data-mode="waiting"]');
      const panels = new Set();
      for (const [name, events] of Object.entries(SIGNS)) {
        const out = await view.page.evaluate(showEvents, events);
        const where = `${name} at ${width} x ${height}: ${JSON.stringify(out)}`;
        assert.ok(out.wide <= 0 && out.high <= 0, `no scrolling, ${where}`);
        out.inOrder.slice(1).forEach((box, i) => assert.ok(out.inOrder[i].right + 3 <= box.left, `apart, ${where}`));
        assert.equal(out.unstored !== false, events.includes(UNSTORED), where);
        if (out.unstored) {
          assert.ok(out.unstored.top >= Math.max(...out.aboveIt), `below the rest, ${where}`);
          assert.ok(out.unstored.bottom <= height && out.unstored.right <= width, `on the page, ${where}`);
        }
        panels.add(JSON.stringify(out.panelBox));
        await view.screenshot(name);
        if (width === 360 && height === 200) await assertSound(view, where);
      }
      assert.equal(panels.size, 1, `the panel stays where it is at ${width} x ${height}`);
      await view.close();
    }
  }
});
