/* The list of calls: found, imported, deleted, held; fed by the program itself. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';

import { assertClean, openBrowser, openPage } from './browser.mjs';
import { page as bundled } from './pages.mjs';
import { importCalls, makeCall, makeFolder, play, serve, stored } from './program.mjs';
import { cut, noon } from './waves.mjs';

const SIZES = [[360, 740], [1280, 800], [2560, 1440]];
const MOST_SHIFT = 0.01;
const MANY = 57;

const { argumentsOf, isNarrowed, knownName, queryOf, searchOf } = await bundled('calls/query.js');
const { openUploads, withImports } = await bundled('calls/uploads.js');
const { leftOf, owedOf, toldOf } = await bundled('calls/receipt.js');
const { paperOf } = await bundled('calls/paper.js');
const { leadOf, peakOf, peakWords, replayPath, whenOf } = await bundled('calls/words.js');
const { area, curve } = await bundled('shared/sparkline.js');

/* ---- without a browser ---- */

test('a query goes into the address and comes back, and nothing else does', () => {
  const search = '?period=yesterday&agent=a-17&cue=frustration&peak=0.7&order=peak';
  assert.equal(searchOf(queryOf(search)), search);
  assert.equal(searchOf(queryOf('')), '');
  assert.equal(searchOf(queryOf('?period=never&cue=joy&peak=2&order=x&state=1&call=../..&limit=9')), '');
  assert.equal(searchOf(queryOf('?from=2026-01-01')), '', 'dates are of the period "dates"');
  assert.equal(searchOf(queryOf(`?text=${'x'.repeat(500)}`)).length, '?text='.length + 200);
  assert.equal(searchOf(queryOf('?period=dates&from=2026-02-31&to=2026-02-28')), '?period=dates&to=2026-02-28');
  assert.equal(isNarrowed(queryOf('?order=peak')), false);
  assert.equal(isNarrowed(queryOf('?tag=a')), true);
});

test('days are the reader’s own, from the first to the last millisecond', () => {
  const nowMs = new Date(2026, 10, 22, 0, 30).getTime();
  const of = (search) => argumentsOf(queryOf(search), nowMs);
  assert.equal(of('?period=today').from, new Date(2026, 10, 22).toISOString());
  assert.equal(of('?period=today').to, undefined);
  assert.equal(of('?period=yesterday').from, new Date(2026, 10, 21).toISOString());
  assert.equal(of('?period=yesterday').to, new Date(2026, 10, 21, 23, 59, 59, 999).toISOString());
  assert.equal(of('?period=week').from, new Date(2026, 10, 16).toISOString());
  const dates = of('?period=dates&from=2026-11-01&to=2026-11-02');
  assert.equal(dates.from, new Date(2026, 10, 1).toISOString());
  assert.equal(dates.to, new Date(2026, 10, 2, 23, 59, 59, 999).toISOString());
  assert.deepEqual([of('').from, of('').to], [undefined, undefined]);
});

test('when a call was, and where it was strongest', () => {
  const nowMs = new Date(2026, 10, 22, 9).getTime();
  assert.equal(whenOf(new Date(2026, 10, 22, 8).toISOString(), nowMs).day, 'Today');
  assert.equal(whenOf(new Date(2026, 10, 21, 23, 59).toISOString(), nowMs).day, 'Yesterday');
  assert.match(whenOf(new Date(2026, 10, 20).toISOString(), nowMs).day, /20/);
  assert.match(whenOf(new Date(2025, 10, 20).toISOString(), nowMs).day, /2025/);
  assert.deepEqual(whenOf('not a time', nowMs), { day: '', hour: '' });
  const call = { frustration_peak: 0.3, frustration_peak_s: 10, stress_peak: 0.8, stress_peak_s: 151.04 };
  assert.deepEqual(peakOf(call), { kind: 'stress', share: 0.8, tS: 151.04 });
  assert.equal(peakOf({ frustration_peak: null, stress_peak: null }), null);
  assert.equal(peakOf({ frustration_peak: 0, stress_peak: null }).tS, null);
  assert.equal(leadOf(151.04), 151.04 - 5, 'what a reading is of lies before it');
  assert.equal(peakWords(peakOf(call)), '80% at 2:26');
  assert.equal(replayPath('c-1', 151.04), '../replay/c-1#t=146');
  assert.equal(replayPath('c-1', 3), '../replay/c-1#t=0');
  assert.equal(replayPath('c-1'), '../replay/c-1');
});

test('a curve has gaps where there is nothing, and points that stand alone', () => {
  assert.equal(curve([0, 1, null, 0.5, null, null, 1, 0], 10, 20), 'M5 20L15 0M35 10h.1M65 0L75 20');
  assert.equal(curve([null, undefined, 'x', NaN], 10, 20), '');
  assert.equal(curve([2, -1], 10, 20), 'M5 0L15 20');
  assert.equal(area([0, 1, null, 0.5], 10, 20), 'M5 20L15 0L15 20H5ZM35 10h.1L35 20H35Z');
});

test('a receipt tells what was done and what is owed', () => {
  const receipt = { receipt: 'r-1', at: '2026-11-22T10:00:00.000Z', who: null, origin: '127.0.0.1', 
    calls: ['c-1', 'c-2'], kept: [], deleted: { readings: 600, cues: 3, audio_bytes: 480000, cue_life: 9 }, backups: [],
    complete: true };
  assert.deepEqual(toldOf(receipt).deleted.map(({ name, value }) => [name, value]),
    [['Sound', '480 kB'], ['Readings of the voices', '600'], ['Cues', '3']]);
  assert.deepEqual(toldOf(receipt).left, []);
  const kept = ['it is on legal hold', 'it is in progress'].map((why, i) => ({ call: `c-${3 + i}`, why }));
  const backups = [['/mnt/a', false, false], ['/mnt/b', true, false], ['/mnt/c', false, true]]
    .map(([path, reached, gone]) => ({ path, reached, gone }));
  assert.deepEqual(leftOf({ ...receipt, complete: false, kept, backups }),
    [{ key: 'held', n: 1 }, { key: 'live', n: 1 }, { key: 'backup', path: '/mnt/a' }]);
  assert.deepEqual(leftOf({ ...receipt, complete: false }), [{ key: 'later' }]);
  assert.deepEqual(leftOf({ ...receipt, complete: false, set_aside: true }), [{ key: 'set_aside' }]);
  assert.deepEqual(owedOf({ ...receipt, complete: true, kept, backups }), [], 'a backup that was seen to since');
});

test('a receipt says which calls, when and by whom; the reference only where it was asked by', () => {
  const receipt = { receipt: 'r-1', at: '2026-11-22T10:00:00.000Z', who: 'nobody known', origin: '127.0.0.1',
    calls: ['c-1', 'c-2'], kept: [], deleted: { readings: 600 }, backups: [], complete: true };
  const startedAt = new Date(2026, 10, 21, 14, 35).toISOString();
  const call = { call: 'c-1', started_at: startedAt, duration_s: 245, agent: 'a-17', team: 'north', queue: 'billing',
    customer: 'C-4711' };
  const told = toldOf(receipt, [call, { ...call, call: 'c-9', agent: 'a-99' }]);
  assert.match(told.calls[0].when, /Saturday.*21.*2026.*2:35|Saturday.*21.*2026.*14:35/);
  assert.equal(told.calls[0].about, '4:05 long · Agent a-17 · Team north · Queue billing');
  assert.deepEqual(told.calls[1], { id: 'c-2' }, 'nothing is known of it');
  const said = Object.fromEntries(told.facts.map(({ name, value }) => [name, value]));
  assert.deepEqual([said.Receipt, said.By, said.From, said.Reference],
    ['r-1', 'nobody known: there are no log-ins yet', '127.0.0.1', undefined]);
  assert.ok(said.When.includes('2026'));
  assert.ok(!JSON.stringify(told).includes('C-4711'));
  assert.ok(!JSON.stringify(told).includes('a-99'), 'a call that stays');
  const byReference = toldOf({ ...receipt, who: 'ann' }, [call], 'C-4711').facts;
  assert.deepEqual(byReference.filter(({ name }) => name === 'By' || name === 'Reference').map(({ value }) => value),
    ['ann', 'C-4711']);
});

test('the paper is one HTML file, and what it tells is no markup', () => {
  const hostile = `</style><script>alert("1")</script><img src=x onerror='a&b'>`;
  const paper = paperOf({ title: hostile, number: hostile, facts: [{ name: 'By', value: hostile }],
    calls: [{ id: hostile, when: hostile, about: hostile }], deleted: [{ name: hostile, value: '3' }],
    left: [hostile] });
  assert.doesNotMatch(paper, /<(script|img)/);
  assert.equal(paper.match(/<\/style>/g).length, 1);
  assert.equal(paper.split('&lt;/style&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;').length, 10);
  assert.ok(paper.includes('onerror=&#39;a&amp;b&#39;&gt;'));
  assert.match(paper, /^<!doctype html>\n<html lang="en">/);
  assert.match(paper, /default-src 'none'/);
});

test('a name is known however it is typed', () => {
  const names = new Set(['a-17', 'A-17', 'Ana']);
  assert.deepEqual(['a-17', 'A-17', ' aNA ', 'an', ''].map((typed) => knownName(typed, names)),
    ['a-17', 'A-17', 'Ana', undefined, undefined]);
});

test('recordings are sent one after the other, and a failure holds up none', async () => {
  const sent = [];
  let uploads = [];
  const own = openUploads(({ name }) => {
    let stop;
    const done = new Promise((good, bad) => {
      stop = () => bad(new DOMException('', 'AbortError'));
      sent.push({ name, good, bad });
    });
    return { done, stop };
  }, (next) => (uploads = next));
  const states = () => uploads.map(({ state }) => state);
  const turn = () => new Promise(setImmediate);

  for (const some of [['a', 'b'], ['c', 'd']]) own.add(some.map((name) => ({ name, size: 1 })), {});
  assert.deepEqual(states(), ['sending', 'queued', 'queued', 'queued']);
  sent[0].bad(new Error('the disk is full'));
  await turn();
  assert.deepEqual(states(), ['failed', 'sending', 'queued', 'queued']);
  assert.equal(uploads[0].why, 'the disk is full');
  own.stop(uploads[2].key);
  sent[1].good(7);
  await turn();
  assert.deepEqual(states(), ['failed', 'waiting', 'stopped', 'sending']);
  own.stop(uploads[3].key);
  await turn();
  assert.deepEqual(states(), ['failed', 'waiting', 'stopped', 'stopped']);
  assert.equal(sent.length, 3, 'what was stopped in time was never sent');
  own.heard([{ import: 7, name: 'b', state: 'done', progress: 1, call: 'c-1', why: null }]);
  assert.equal(uploads[1].call, 'c-1');
  own.clear();
  assert.deepEqual(uploads, []);
});

test('imports of others are shown while they last', () => {
  const of = (state, number) =>
    ({ import: number, name: `${number}.wav`, state, progress: 0.5, call: null, why: null });
  const shown = withImports([], [of('listening', 2), of('done', 1), of('waiting', 3), of('??', 4)]);
  assert.deepEqual(shown.map((one) => [one.import, one.state]), [[2, 'listening'], [3, 'waiting']]);
  const [own] = withImports([{ key: 'a', import: 4, state: 'waiting' }], [of('??', 4)]);
  assert.equal(own.state, 'waiting', 'what is not known is not taken');
});

/* ---- in the browser ---- */

let folder, recording, data, browser, program;
const ids = {};

/* Calls of yesterday that differ in how they sound, one of today, one of last week, one whose customer refused. */
function fill() {
  const add = (name, part, daysAgo, more) => {
    const from = folder.path(`in-${name}`);
    mkdirSync(from);
    const endedAt = new Date(noon(daysAgo).getTime() + Object.keys(ids).length * 60_000);
    cut(recording, `${from}/${name}.wav`, { ...part, endedAt });
    importCalls(from, data, more);
    ids[name] = stored(data, 'SELECT id FROM calls ORDER BY number DESC LIMIT 1');
  };
  add('calm', { toS: 30 }, 1, ['--agent', 'a-22', '--team', 'south', '--queue', 'orders', '--customer', 'C-1']);
  add('worst', {}, 1, ['--agent', 'a-17', '--team', 'north', '--queue', 'billing', '--customer', 'C-4711', '--record']);
  add('middle', { toS: 36 }, 1, ['--agent', 'a-17', '--team', 'north', '--queue', 'repairs', '--customer', 'C-4711']);
  add('today', { toS: 87 }, 0, ['--agent', 'a-31', '--customer', 'C-4711']);
  add('older', { toS: 86 }, 9, ['--agent', 'a-31', '--team', 'south']);
  add('refused', { toS: 85 }, 1, ['--agent', 'a-99', '--consent', 'refused']);
}

before(async () => {
  folder = makeFolder();
  recording = folder.path('call.wav');
  data = folder.path('data');
  makeCall(recording);
  fill();
  program = await serve(data);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await program?.kill();
  folder?.remove();
});

const address = (search = '', served = program) => new URL(`../calls/${search}`, served.url).href;
const api = (path, options) => fetch(new URL(`../api/${path}`, program.url), options);
const say = (path, body) =>
  api(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function opened(t, url, options) {
  const view = await openPage(browser, url, { width: 1280, height: 800, ...options });
  t.after(() => view.close());
  await view.until('.list, .empty');
  return view;
}

const rows = (view) => view.page.$$eval('.list tbody tr', (all) => all.map((row) => row.dataset.call));
const names = async (view) => {
  const found = await rows(view);
  return found.map((id) => Object.keys(ids).find((name) => ids[name] === id) ?? id);
};
const row = (view, name) => view.page.locator(`tr[data-call="${ids[name] ?? name}"]`);
/* Once the list is what is wanted; else what it still was after a while. */
async function listed(view, wanted) {
  const calls = wanted.map((name) => ids[name]).join();
  const are = (all) => [...document.querySelectorAll('.list tbody tr')].map((row) => row.dataset.call).join() === all;
  await view.page.waitForFunction(are, calls, { timeout: 5000 }).catch(() => {});
  assert.deepEqual(await names(view), wanted);
}

async function assertSound(view, where) {
  await assertClean(view, where);
  assert.ok(await view.overflowPx() <= 0, `${where}: the page is wider than the window`);
}

async function choose(view, name, words) {
  await row(view, name).getByRole('button').click();
  await view.page.getByRole('menuitem', { name: words }).click();
}

const dialog = (view) => view.page.getByRole('dialog');

test('the worst moment of yesterday’s calls: two clicks, and a third into the replay', async (t) => {
  const view = await opened(t, address());
  await listed(view, ['today', 'refused', 'middle', 'worst', 'calm', 'older']);
  await view.page.getByRole('button', { name: 'Yesterday', exact: true }).click();
  await listed(view, ['refused', 'middle', 'worst', 'calm']);
  await view.page.getByRole('button', { name: 'Worst moments first' }).click();
  await view.page.waitForFunction((id) => document.querySelector('.list tbody tr').dataset.call === id, ids.worst);
  await listed(view, ['worst', 'middle', 'calm', 'refused']);
  assert.equal(new URL(view.page.url()).search, '?period=yesterday&order=peak');

  const [share, atS] = stored(data, `SELECT max(frustration), t_s FROM scores JOIN calls ON number = scores.call
    WHERE id = '${ids.worst}' AND NOT abstain`).split('|').map(Number);
  const link = row(view, 'worst').locator('.peak a');
  const fromS = atS - 5; /* what is scored there begins to be heard */
  const clock = `${Math.floor(fromS / 60)}:${String(Math.floor(fromS % 60)).padStart(2, '0')}`;
  assert.equal(await link.textContent(), `${Math.round(share * 100)}% at ${clock}`);
  await view.screenshot('calls-worst');
  await link.click();
  await view.page.waitForURL((url) => url.pathname === `/replay/${ids.worst}` && url.hash === `#t=${fromS}`);
  await view.page.goBack();
  await view.until('.list');
  await listed(view, ['worst', 'middle', 'calm', 'refused']);
  await view.page.goBack();
  await listed(view, ['refused', 'middle', 'worst', 'calm']);
});

test('every filter narrows, stands in the address, and goes away again', async (t) => {
  await say(`calls/${ids.worst}/notes`, { text: 'Promised a refund of 20 %', t_s: 40 });
  await say(`calls/${ids.worst}/tags`, { tag: 'refund', t_s: null });
  const view = await opened(t, address());
  const field = (label) => view.page.getByLabel(label, { exact: true });
  const all = ['today', 'refused', 'middle', 'worst', 'calm', 'older'];
  const filters = [
    ['Agent', 'a-17', ['middle', 'worst']], ['Team', 'south', ['calm', 'older']], ['Queue', 'billing', ['worst']],
    ['Customer’s reference', 'C-4711', ['today', 'middle', 'worst']], ['Tag', 'refund', ['worst']],
    ['Words in a note', '20 %', ['worst']],
  ];
  for (const [label, value, wanted] of filters) {
    await field(label).fill(value);
    await field(label).press('Enter');
    await listed(view, wanted);
    await view.page.reload();
    await view.until('.list');
    await listed(view, wanted);
    assert.equal(await field(label).inputValue(), value, `${label} is as the address says`);
    await view.page.getByRole('button', { name: 'Clear filters' }).click();
    await listed(view, all);
  }
  const whole = ['today', 'worst', 'older'];
  const selects = [['Cue', 'Frustration', whole], ['Strongest moment', '90% or more', whole],
    ['State', 'In progress', []], ['State', 'Over', all]];
  for (const [label, option, wanted] of selects) {
    await view.page.getByRole('combobox', { name: label, exact: true }).selectOption({ label: option });
    if (wanted.length) await listed(view, wanted);
    else await view.until('.empty');
    await view.page.getByRole('button', { name: 'Clear filters' }).click();
    await listed(view, all);
  }
  await view.page.getByRole('button', { name: 'From–to' }).click();
  await field('To').fill(new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10));
  await listed(view, ['older']);
  await view.page.getByRole('button', { name: '7 days' }).click();
  await listed(view, all.slice(0, 5));
  await row(view, 'worst').locator('.tag').click();
  await listed(view, ['worst']);
  await view.page.goBack();
  await listed(view, all.slice(0, 5));
});

test('typing: words count after a pause, a name once it is known, else at Enter, which is said', async (t) => {
  const view = await opened(t, address());
  const field = (label) => view.page.getByLabel(label, { exact: true });
  const all = ['today', 'refused', 'middle', 'worst', 'calm', 'older'];
  await listed(view, all);
  const visits = await view.page.evaluate(() => history.length);
  await field('Words in a note').pressSequentially('refund of 20 %', { delay: 20 });
  await listed(view, ['worst']);
  assert.equal(await field('Words in a note').inputValue(), 'refund of 20 %', 'nothing that was typed is lost');
  await field('Words in a note').press('Backspace');
  await view.page.waitForURL((url) => url.searchParams.get('text') === 'refund of 20');
  assert.equal(await view.page.evaluate(() => history.length), visits + 1, 'one step back, not one for each pause');
  await view.page.getByRole('button', { name: 'Clear filters' }).click();
  await listed(view, all);
  await field('Tag').pressSequentially('refund');
  await listed(view, ['worst']);
  await view.page.getByRole('button', { name: 'Clear filters' }).click();
  await listed(view, all);

  const hint = view.page.locator('.hint');
  await field('Agent').pressSequentially('A-1');
  await hint.waitFor();
  assert.equal(await hint.textContent(), 'Enter searches');
  await assertSound(view, 'a name half typed');
  await view.screenshot('calls-typing');
  assert.deepEqual(await names(view), all);
  await view.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await field('Agent').pressSequentially('7');
  await listed(view, ['middle', 'worst']);
  assert.equal(await field('Agent').inputValue(), 'a-17', 'as it is kept');
  assert.equal(await hint.count(), 0);
  await field('Agent').fill('nobody');
  await hint.waitFor();
  await field('Agent').press('Enter');
  await view.until('.empty');
  await field('Agent').fill('');
  await listed(view, all);
});

test('the way back to the calls leads to those that were asked for last', async (t) => {
  const view = await opened(t, address('?agent=a-17&order=peak'));
  const calls = view.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Calls' });
  await row(view, 'worst').getByRole('link', { name: '1 note' }).click();
  await view.page.waitForURL((url) => url.pathname === `/replay/${ids.worst}` && url.hash === '#notes');
  await calls.click();
  await view.page.waitForURL((url) => url.pathname === '/calls/' && url.search === '?agent=a-17&order=peak');
  await listed(view, ['worst', 'middle']);
  await view.page.goto(address(`?call=${ids.worst}`));
  await dialog(view).getByRole('button', { name: 'Cancel' }).click();
  await view.page.waitForURL((url) => url.pathname === `/replay/${ids.worst}`);
  await view.page.goto(address('?period=week').replace('/calls/', '/settings/').replace('?period=week', ''));
  await calls.click();
  await view.page.waitForURL((url) => url.search === '?agent=a-17&order=peak');
  await view.until('.list');
  await calls.click();
  await view.page.waitForURL((url) => url.pathname === '/calls/' && url.search === '');
  await listed(view, ['today', 'refused', 'middle', 'worst', 'calm', 'older']);
});

test('columns keep apart, also where hours have AM and PM', async (t) => {
  const view = await opened(t, address(), { locale: 'en-US' });
  const endPx = await row(view, 'worst').locator('.when a').evaluate((link) => {
    const words = document.createRange();
    words.selectNodeContents(link);
    return words.getBoundingClientRect().right;
  });
  const { x } = await row(view, 'worst').locator('.who span').first().boundingBox();
  assert.ok(x - endPx >= 12, `${x - endPx} px between when and who`);
});

test('the picture: gaps where nothing was scored, and a click goes to that moment', async (t) => {
  const view = await opened(t, address());
  const picture = row(view, 'worst').locator('.picture');
  const path = await picture.locator('path.frustration').getAttribute('d');
  assert.ok(path.split('M').length > 2, `one stretch without a gap: ${path}`);
  const { width, height } = await picture.boundingBox();
  await picture.hover({ position: { x: width / 4, y: height / 2 } });
  const durationS = Number(stored(data,
    `SELECT duration_s FROM summaries JOIN calls ON number = call WHERE id = '${ids.worst}'`));
  const words = await picture.locator('.at').textContent();
  const fromS = durationS / 4 - 5; /* see leadOf */
  assert.equal(words, `0:${Math.floor(fromS)}`);
  await picture.click({ position: { x: width / 4, y: height / 2 } });
  await view.page.waitForURL((url) => url.pathname === `/replay/${ids.worst}`);
  const atS = Number(/#t=([\d.]+)/.exec(view.page.url())[1]);
  assert.ok(Math.abs(atS - fromS) < 1, `${atS} s of ${durationS} s`);
});

test('a call without consent: that it was, and nothing else', async (t) => {
  const view = await opened(t, address());
  const refused = row(view, 'refused');
  assert.match(await refused.innerText(), /^Yesterday \d\d:\d\d\s+Consent refused: nothing was analysed or kept\s*$/);
  assert.equal(await refused.locator('a').count(), 0);
  await refused.getByRole('button').click();
  assert.deepEqual(await view.page.getByRole('menuitem').allTextContents(), ['Delete this call…']);
});

test('legal hold: a reason is asked for, deleting is refused in words, then it is lifted', async (t) => {
  const view = await opened(t, address());
  await choose(view, 'middle', /legal hold/);
  await dialog(view).getByRole('button', { name: 'Put on hold' }).click();
  assert.equal(await view.page.getByRole('alert').filter({ hasText: /./ }).textContent(), 'Please give a reason.');
  await assertSound(view, 'hold without a reason');
  await view.screenshot('calls-hold');
  await view.page.keyboard.type('court order 12');
  await dialog(view).getByRole('button', { name: 'Put on hold' }).click();
  await row(view, 'middle').getByText('Legal hold').waitFor();
  assert.equal(stored(data, `SELECT held_why FROM calls WHERE id = '${ids.middle}'`), 'court order 12');

  await choose(view, 'middle', /Delete this call/);
  await dialog(view).getByRole('button', { name: 'Delete the call' }).click();
  await dialog(view).getByText('The call is on legal hold. Lift that first.').waitFor();
  assert.equal(stored(data, `SELECT count(*) FROM calls WHERE id = '${ids.middle}'`), '1');
  await view.page.keyboard.press('Escape');
  await dialog(view).waitFor({ state: 'detached' });

  await choose(view, 'middle', /Lift/);
  await dialog(view).getByRole('button', { name: 'Lift', exact: true }).click();
  await dialog(view).waitFor({ state: 'detached' });
  assert.equal(await row(view, 'middle').getByText('Legal hold').count(), 0);
  assert.equal(stored(data, `SELECT held_why FROM calls WHERE id = '${ids.middle}'`), 'None');
});

test('every size, theme and language: nothing moves, nothing is in axe’s way', { timeout: 120_000 }, async (t) => {
  for (const [width, height] of SIZES) {
    for (const [scheme, locale] of [['light', 'en-GB'], ['dark', 'de-DE']]) {
      const view = await opened(t, address('?period=week'), { width, height, scheme, locale });
      await listed(view, ['today', 'refused', 'middle', 'worst', 'calm']);
      const where = `${width} ${scheme}`;
      await assertSound(view, where);
      const { shift, moved, paintedMs } = await view.kept();
      assert.ok(shift < MOST_SHIFT, `${where}: moved ${shift}: ${moved}`);
      t.diagnostic(`${where}: painted after ${Math.round(paintedMs)} ms`);
      await view.screenshot('calls');
      if (locale === 'de-DE') assert.equal(await view.page.textContent('h1'), 'Gespräche');
      if (width === 360) {
        await view.page.locator('.filters-more').click();
        await view.screenshot('calls-filters');
        await assertSound(view, `${where}, filters`);
      }
      await row(view, 'worst').getByRole('button').click();
      await assertSound(view, `${where}, menu`);
      await view.screenshot('calls-menu');
      await view.page.evaluate(() => (document.dir = 'rtl'));
      await assertSound(view, `${where}, right to left`);
      await view.screenshot('calls-rtl');
      await view.close();
    }
  }
});

test('text twice as large, a page four times as large, forced colours, a deuteranope', async (t) => {
  const small = await opened(t, address(), { width: 320, height: 256 });
  await assertSound(small, 'four times as large');
  const view = await opened(t, address(), { width: 1280, height: 800 });
  await view.enlargeText();
  await assertSound(view, 'large text');
  await view.screenshot('calls-large');
  await view.page.setViewportSize({ width: 360, height: 740 });
  await assertSound(view, 'large text on a telephone');
  await view.page.screenshot({ path: 'build/screenshots/calls-large-360.png' });
  await view.page.reload();
  await view.page.setViewportSize({ width: 1280, height: 800 });
  await view.until('.list');
  await view.page.emulateMedia({ forcedColors: 'active' });
  await assertSound(view, 'forced colours');
  await view.screenshot('calls-forced');
  await view.page.emulateMedia({ forcedColors: 'none' });
  await view.emulateVision('deuteranopia');
  await view.screenshot('calls-deuteranopia');
});

test('nothing kept yet, nothing found, and a server that is gone', async (t) => {
  const other = await serve(folder.path('empty'));
  t.after(() => other.kill());
  const view = await opened(t, address('', other), { width: 360, height: 740 });
  assert.match(await view.page.textContent('.empty'), /No calls are kept yet/);
  await assertSound(view, 'empty');
  await view.screenshot('calls-empty');
  await view.page.goto(address('?agent=nobody', other));
  await view.until('.empty');
  assert.match(await view.page.textContent('.empty'), /No call matches/);
  await view.screenshot('calls-none');
  await other.kill();
  await view.page.getByRole('button', { name: 'Show all calls' }).click();
  await view.page.getByText('The calls could not be read.').waitFor();
  assert.deepEqual(await view.faults(), []);
  await view.screenshot('calls-gone');
});

test('a call in progress is in the list, and cannot be deleted', { timeout: 60_000 }, async (t) => {
  const live = await play(recording, folder.path('live'));
  t.after(() => live.kill());
  const view = await opened(t, address('', live));
  const only = view.page.locator('.list tbody tr');
  await only.getByText('In progress').waitFor();
  await assertSound(view, 'live');
  await only.getByRole('button').click();
  assert.deepEqual(await view.page.getByRole('menuitem').allTextContents(), ['Open the replay']);
  await view.screenshot('calls-live');
});

test('calls that come meanwhile wait until they are asked for', async (t) => {
  const [from, more, kept] = ['in-one', 'in-another', 'meanwhile'].map(folder.path);
  for (const place of [from, more]) mkdirSync(place);
  cut(recording, `${from}/one.wav`, { toS: 5, endedAt: noon(1) });
  cut(recording, `${more}/another.wav`, { toS: 6, endedAt: noon(0) });
  importCalls(from, kept);
  const other = await serve(kept);
  t.after(() => other.kill());
  const view = await opened(t, address('', other));
  const [first] = await rows(view);
  importCalls(more, kept);
  await view.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  const newer = view.page.getByRole('button', { name: '1 newer call: show it' });
  await newer.waitFor();
  assert.deepEqual(await rows(view), [first], 'nothing jumps away');
  await newer.click();
  await view.page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 2);
  assert.equal((await rows(view))[1], first);
  assert.equal(await newer.count(), 0);
});

test('more than a page of calls: more are added below', { timeout: 60_000 }, async (t) => {
  const from = folder.path('in-many');
  mkdirSync(from);
  for (let i = 0; i < MANY; i++) {
    cut(recording, `${from}/${i}.wav`, { fromS: i / 10, toS: i / 10 + 3, endedAt: noon(i + 1) });
  }
  importCalls(from, folder.path('many'));
  const other = await serve(folder.path('many'));
  t.after(() => other.kill());
  const view = await opened(t, address('', other));
  assert.equal((await rows(view)).length, 50);
  await view.page.getByRole('button', { name: 'More calls' }).click();
  await view.page.waitForFunction((many) => document.querySelectorAll('.list tbody tr').length === many, MANY);
  assert.equal(new Set(await rows(view)).size, MANY, 'none twice');
  assert.equal(await view.page.getByRole('button', { name: 'More calls' }).count(), 0);
});

/* ---- import ---- */

/* Files held over the page and let go. */
async function drop(view, files) {
  const transfer = await view.page.evaluateHandle((all) => {
    const held = new DataTransfer();
    for (const { name, base64 } of all) {
      held.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    return held;
  }, files.map(([name, bytes]) => ({ name, base64: bytes.toString('base64') })));
  await view.page.dispatchEvent('main', 'dragover', { dataTransfer: transfer });
  await view.until('.drop-sign');
  await view.screenshot('calls-drop');
  await view.page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}

test('recordings dropped on the page: asked about, sent, listened to, in the list', { timeout: 90_000 }, async (t) => {
  const other = await serve(folder.path('imported'));
  t.after(() => other.kill());
  const view = await opened(t, address('', other));
  cut(recording, folder.path('dropped.wav'), { toS: 60 });
  const sound = readFileSync(folder.path('dropped.wav'));
  await drop(view, [['dropped.wav', sound], ['letter.txt', Buffer.from('no sound at all')]]);
  await dialog(view).waitFor();
  await assertSound(view, 'import');
  await view.screenshot('calls-import');

  const sent = [];
  view.page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await dialog(view).getByLabel('Agent', { exact: true }).fill('a-5');
  await dialog(view).getByRole('button', { name: 'Import 2 recordings' }).click();
  await dialog(view).getByText('Without the customers’ consent').waitFor();
  const type = await view.page.evaluate(() => document.activeElement.type);
  assert.equal(type, 'checkbox', 'the tick that is missing has the focus');
  assert.deepEqual(sent, [], 'nothing leaves without it');
  await assertSound(view, 'import without consent');

  const network = await view.page.context().newCDPSession(view.page);
  const bytesPerS = 1_500_000;
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions',
    { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerS });
  await view.page.keyboard.press('Space');
  await dialog(view).getByRole('button', { name: 'Import 2 recordings' }).click();
  const first = view.page.locator('.uploads li').first();
  await first.getByText(/^Sending [1-9]\d?%$/).waitFor();
  await assertSound(view, 'sending');
  await view.screenshot('calls-sending');

  const asked = new Promise((answered) => view.page.once('dialog', async (warning) => {
    await warning.dismiss();
    answered(warning.type());
  }));
  await view.page.close({ runBeforeUnload: true });
  assert.equal(await asked, 'beforeunload', 'leaving meanwhile warns');

  await first.getByText('Imported', { exact: true }).waitFor({ timeout: 60_000 });
  await view.page.locator('.uploads li').nth(1).getByText(/^Not imported: .*cannot be read/).waitFor();
  const told = Object.fromEntries(new URL(sent[0]).searchParams);
  assert.deepEqual(told,
    { channels: 'agent,customer', agent: 'a-5', record: 'true', name: 'dropped.wav', consent: 'given' });
  assert.equal(stored(folder.path('imported'), 'SELECT agent, consent, source FROM calls'), 'a-5|given|dropped.wav');
  await view.page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 1);
  const [id] = await rows(view);
  assert.equal(await first.getByRole('link').getAttribute('href'), `../replay/${id}`);
  await assertSound(view, 'imported');
  await view.screenshot('calls-imported');
  await drop(view, [['dropped.wav', sound]]);
  await dialog(view).getByLabel('Agent', { exact: true }).fill('a-6');
  await dialog(view).getByLabel('The customers in these').check();
  await dialog(view).getByRole('button', { name: 'Import 1 recording' }).click();
  const known = 'Was imported before; what was entered now was not taken over';
  await view.page.locator('.uploads').getByText(known).waitFor();
  for (const [width, height] of [[1280, 420], [360, 520]]) {
    await view.page.setViewportSize({ width, height });
    await view.page.locator('tr .menu > .button').click();
    const covered = await view.page.getByRole('menuitem').evaluateAll((items) => items.filter((item) => {
      const { x, y, width, height } = item.getBoundingClientRect();
      const top = document.elementFromPoint(x + width / 2, y + height / 2);
      return top !== null && !item.contains(top);
    }).map((item) => item.textContent));
    assert.deepEqual(covered, [], `under the imports at ${width} px`);
    await view.screenshot(`calls-menu-over-imports-${width}`);
    await view.page.keyboard.press('Escape');
  }
  await view.page.setViewportSize({ width: 1280, height: 800 });
  await view.page.getByRole('button', { name: 'Hide' }).click();
  assert.equal(await view.page.locator('.uploads li').first().isVisible(), false);
  await assertSound(view, 'imports put away');
  await view.page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await view.page.locator('.uploads li').first().isVisible(), true);
  await view.page.getByRole('button', { name: 'Clear' }).click();
  assert.equal(await view.page.locator('.uploads').count(), 0);
});

/* ---- deletion: last, since it takes away ---- */

test('one call deleted by the keyboard alone, with a receipt that can be kept', async (t) => {
  const view = await opened(t, address('?agent=a-22'));
  const { keyboard } = view.page;
  await listed(view, ['calm']);
  const focused = () => view.page.evaluate(() =>
    document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);
  for (let i = 0; i < 60 && !(await focused()).startsWith('More for the call'); i++) await keyboard.press('Tab');
  const outline = await view.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, 'solid', 'the focus is seen');
  await keyboard.press('Enter');
  assert.equal(await focused(), 'Open the replay');
  await keyboard.press('Escape');
  assert.match(await focused(), /^More for the call/);
  await keyboard.press('Enter');
  await keyboard.press('End');
  await keyboard.press('ArrowUp');
  assert.equal(await focused(), 'Delete this call…');
  await keyboard.press('Enter');
  await dialog(view).waitFor();
  assert.match(await dialog(view).innerText(), /Delete this call\?[^]*a-22 · C-1 · 0:30[^]*its scores and figures/);
  await assertSound(view, 'delete');
  await view.screenshot('calls-delete');
  while (await focused() !== 'Delete the call') await keyboard.press('Tab');
  await keyboard.press('Enter');
  await dialog(view).getByText('1 call deleted').waitFor();
  await dialog(view).getByText('Nothing is left of it').waitFor();
  const told = (await dialog(view).innerText()).replaceAll(/\s+/g, ' ');
  assert.match(told, /Receipt r-\w+ When \w+day.*By nobody known: there are no log-ins yet From 127\.0\.0\.1/);
  assert.match(told, /Calls \w+day.*0:30 long · Agent a-22 · Team south · Queue orders c-/);
  assert.ok(!told.includes('C-1'), 'the reference was not what was asked by');
  await assertSound(view, 'receipt');
  await view.screenshot('calls-receipt');
  assert.equal(stored(data, `SELECT count(*) FROM calls WHERE id = '${ids.calm}'`), '0');

  const saved = view.page.waitForEvent('download');
  while (await focused() !== 'Save the receipt') await keyboard.press('Tab');
  await keyboard.press('Enter');
  const file = await saved;
  const number = stored(data, 'SELECT id FROM receipts ORDER BY at DESC LIMIT 1');
  assert.equal(file.suggestedFilename(), `undertone-${number}.html`);
  const paper = folder.path('receipt.html');
  await file.saveAs(paper);
  const print = await openPage(browser, `file://${paper}`, { width: 800, height: 1000 });
  t.after(() => print.close());
  const printed = (await print.page.innerText('body')).replaceAll(/\s+/g, ' ');
  for (const words of [number, ids.calm, 'Agent a-22', '0:30 long', 'nobody known', 'Nothing is left of it']) {
    assert.ok(printed.includes(words), `${words} in ${printed}`);
  }
  assert.deepEqual(await print.faults(), []);
  await print.screenshot('calls-paper');
  await keyboard.press('Escape');
  await view.until('.empty');
});

test('from the replay: the one call, held or deleted', async (t) => {
  const view = await opened(t, address(`?call=${ids.older}`));
  await dialog(view).getByRole('button', { name: 'Delete this call…' }).waitFor();
  await assertSound(view, 'one call');
  await view.screenshot('calls-one');
  await dialog(view).getByRole('button', { name: 'Delete this call…' }).click();
  await dialog(view).getByRole('button', { name: 'Delete the call' }).click();
  await dialog(view).getByText('1 call deleted').waitFor();
  await dialog(view).getByRole('button', { name: 'Done' }).click();
  assert.equal(new URL(view.page.url()).search, '', 'a reload does not ask again');
  await view.page.goto(address(`?call=${ids.older}`));
  await dialog(view).getByText('There is no such call any more.').waitFor();
  await dialog(view).getByRole('button', { name: 'Cancel' }).click();
  await view.page.waitForURL((url) => url.pathname === '/calls/' && url.search === '');
});

test('all of a customer’s: how many, what stays, and what the receipt says of it', async (t) => {
  await say(`calls/${ids.middle}/hold`, { held: true, why: 'court order 12' });
  const view = await opened(t, address('?customer=C-4711'));
  await choose(view, 'worst', 'Delete all calls of C-4711…');
  await dialog(view).getByText('2 calls under this reference are deleted').waitFor();
  await dialog(view).getByText('1 call stays').waitFor();
  await assertSound(view, 'delete all');
  await view.screenshot('calls-delete-all');
  await dialog(view).getByRole('button', { name: 'Delete 2 calls' }).click();
  await dialog(view).getByText('2 calls deleted').waitFor();
  await dialog(view).getByText('1 call is on legal hold and stays until that is lifted.').waitFor();
  const told = (await dialog(view).innerText()).replaceAll(/\s+/g, ' ');
  assert.match(told, /Reference C-4711 .*Agent a-17 · Team north · Queue billing .*Agent a-31 /);
  assert.ok(!told.includes(ids.middle), 'it stays');
  await assertSound(view, 'receipt of all');
  await view.screenshot('calls-receipt-all');
  await view.page.keyboard.press('Escape');
  await listed(view, ['middle']);
  assert.equal(stored(data, "SELECT id FROM calls WHERE customer = 'C-4711'"), ids.middle);

  await view.page.getByRole('button', { name: 'Deletions' }).click();
  const past = dialog(view).locator('li');
  await past.first().waitFor();
  assert.deepEqual((await past.allInnerTexts()).map((words) => /\d+ calls? deleted/.exec(words)[0]),
    ['2 calls deleted', '1 call deleted', '1 call deleted']);
  assert.match(await past.first().innerText(), /r-\w+\s+Nothing is left of it/);
  await assertSound(view, 'deletions');
  await view.screenshot('calls-deletions');
});
