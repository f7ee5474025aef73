/* The settings: what the server was told, in words; fed by the program itself. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test, { after, before } from 'node:test';

import { assertClean, openBrowser, openPage } from './browser.mjs';
import { page as bundled } from './pages.mjs';
import { makeCall, makeFolder, serve } from './program.mjs';

const SECTIONS = ['sources', 'playbook', 'consent', 'keeping', 'users', 'model', 'health', 'language', 'licences'];
const SIZES = [[360, 740], [1280, 800], [2560, 1440]];
const MOST_SHIFT = 0.01;

const { problemsOf } = await bundled('settings/problems.js');
const { headingsOf, Markdown } = await bundled('settings/markdown.jsx');
const { bytes } = await bundled('shared/words.js');

/* ---- without a browser ---- */

test('what is wrong with the server, the worst first', () => {
  const none = { written: 9, dropped: 0, failed: 0, events_dropped: 0, clients_culled: 0 };
  const well = { storing: true, why: null, free_bytes: 1e12, counts: none };
  const of = (more, counts) =>
    problemsOf({ status: { ...well, ...more, counts: { ...none, ...counts } }, lost: false });
  assert.deepEqual(of({}), []);
  assert.deepEqual(problemsOf({ status: null, lost: false }), []);
  assert.deepEqual(problemsOf({ status: well, lost: true }).map(({ key }) => key), ['lost']);
  const [full] = of({ storing: false, why: 'x.db: the disk is full' });
  assert.deepEqual([full.key, full.why], ['unstored', 'x.db: the disk is full']);
  assert.deepEqual(of({ storing: false }).map(({ key }) => key), ['unstored_unknown']);
  assert.equal(of({ free_bytes: 4e9 })[0].severity, 'notice');
  assert.equal(of({ free_bytes: 4e8 })[0].severity, 'urgent');
  const all = of({ free_bytes: 1 }, { failed: 2, dropped: 1, events_dropped: 4, clients_culled: 1 });
  assert.deepEqual(all.map(({ key, n }) => [key, n]),
    [['disk', undefined], ['unkept', 3], ['undelivered', 4], ['culled', 1]]);
});

test('bytes in words', () => {
  assert.deepEqual([0, 999, 1000, 3_365_733, 59_029_913_600, 2e15].map(bytes),
    ['0 byte', '999 byte', '1 kB', '3.4 MB', '59 GB', '2,000 TB']);
});

/* What components make of a text: every element, and all text. */
function drawn(node, into = { tags: [], links: [], text: '' }) {
  if (Array.isArray(node)) node.forEach((one) => drawn(one, into));
  else if (typeof node === 'string' || typeof node === 'number') into.text += node;
  else if (node && typeof node.type === 'function') drawn(node.type(node.props), into);
  else if (node && typeof node === 'object') {
    if (node.type) into.tags.push(node.type);
    if (node.props.href) into.links.push(node.props.href);
    assert.equal(node.props.dangerouslySetInnerHTML, undefined);
    drawn(node.props.children, into);
  }
  return into;
}
const markdown = (text) => drawn(Markdown({ text, level: 3, idBegins: 'm-' }));

test('Markdown becomes elements of ours, and nothing in it becomes markup', () => {
  const { tags, links, text } = markdown('# One\n\nA **b** *c* `d`\n\n- e\n- f\n\n' +
    '| g | h |\n|---|---:|\n| i | 0.942 |\n\n1. j\n\n> k\n\n```\nl\n```\n\n***\n');
  assert.deepEqual(tags, ['h3', 'p', 'strong', 'em', 'code', 'ul', 'li', 'li', 'div', 'table', 'thead', 'tr', 'th',
    'th', 'tbody', 'tr', 'th', 'td', 'ol', 'li', 'blockquote', 'p', 'pre', 'code', 'hr']);
  assert.ok(text.includes('0.942'));
  assert.deepEqual(links, []);

  const raw = ['<script>alert(1)</script>', '<img src=x onerror=alert(2)>', '<i>j</i>', '<u>k</u>'];
  const hostile = markdown(`${raw[0]}\n\n${raw[1]} [a](javascript:alert(3)) ![b](x) <b>c</b>\n\n` +
    '[d](data:text/html,x) [e](https://example.org/) [f](../x.md) <https://example.org/g>\n\n###### h\n\n' +
    `| ${raw[2]} |\n|---|\n| ${raw[3]} |`);
  const allowed = ['p', 'a', 'h6', 'div', 'table', 'thead', 'tr', 'th', 'tbody'];
  assert.deepEqual(hostile.tags.filter((tag) => !allowed.includes(tag)), []);
  assert.deepEqual(hostile.links, ['https://example.org/', 'https://example.org/g']);
  for (const said of raw) assert.ok(hostile.text.includes(said), said);
  assert.deepEqual(headingsOf('# a\n\n## b *c*\n\n### d\n\n## e', 'm-'),
    [{ id: 'm-1', words: 'b c' }, { id: 'm-2', words: 'e' }]);
});

/* ---- in the browser ---- */

let folder, browser, program;

before(async () => {
  folder = makeFolder();
  makeCall(folder.path('first.wav'));
  writeFileSync(folder.path('team.cfg'), `
language = "de";
quiet_hours = ( { days = "mon-fri"; from = "22:00"; to = "06:00"; } );
hold_out = 0.1;
cues: { talk_over: { on = true; }; dead_air: { after_s = 6.0; text = "Ganz still"; advice = "Etwas sagen."; }; };\n`);
  writeFileSync(folder.path('undertone.cfg'), `
listen = "127.0.0.1:0";
consent: { default = "unknown"; };
playbook = "${folder.path('team.cfg')}";
recording: { on = true; format = "flac"; };
retention: { audio_days = 30; cues_days = 365; };
sources: ( { kind = "recording"; file = "${folder.path('first.wav')}"; channels = "agent,customer"; consent = "given";
  agent_id = "a-17"; team = "north"; queue = "billing"; reference = "C-4711"; recording = false; } );\n`);
  program = await serve(folder.path('data'), { more: ['--config', folder.path('undertone.cfg')] });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await program?.kill();
  folder?.remove();
});

const address = (section = '') => new URL(`../settings/${section && `#${section}`}`, program.url).href;
const SHOWN = { sources: 'tbody', playbook: '.cue', consent: '.said', keeping: '.facts', users: '.said',
  model: '.text table', health: '.tiles', language: '.languages', licences: '.section a' };

async function opened(t, section, options) {
  const view = await openPage(browser, address(section), { width: 1280, height: 800, ...options });
  t.after(() => view.close());
  await view.until(SHOWN[section]);
  return view;
}

async function assertSound(view, where) {
  await assertClean(view, where);
  assert.ok(await view.overflowPx() <= 0, `${where}: the page is wider than the window`);
}

const words = async (view) => (await view.page.innerText('.section')).replaceAll(/\n+/g, '\n');

test('what was configured is told in words, and in which file; nothing else of where things lie', async (t) => {
  const view = await opened(t, 'sources');
  const go = async (section) => {
    await view.page.click(`.sections a[href="#${section}"]`);
    await view.until(SHOWN[section]);
    assert.equal(await view.page.getAttribute(`.sections a[href="#${section}"]`, 'aria-current'), 'page');
    const said = (await words(view)).replaceAll(folder.path('undertone.cfg'), 'CONFIGURATION');
    assert.ok(!said.includes(folder.path('').slice(0, -1)), `${section} tells a folder: ${said}`);
    return said;
  };
  assert.deepEqual(await view.page.locator('tbody tr > *').allInnerTexts(), ['first.wav', 'Recording',
    'Agent, Customer', 'a-17 · north · billing', 'Consent given', 'Not recorded', 'As for all']);
  assert.match(await go('sources'), /set in the file CONFIGURATION, under “sources”/);

  const playbook = await go('playbook');
  assert.match(playbook, /German[^]*Mon–Fri 22:00 to 06:00[^]*In 10% of calls cues are kept and shown to nobody/);
  assert.match(playbook,
    /Cues that are on[^]*Frustration\n“Stimme klingt frustriert” [^\n]*\nFrom 64% \(the score together with how far it stands out from the caller’s usual\), after 1 s, urgent after 20 s/);
  assert.match(playbook, /Silence\n“Ganz still” Etwas sagen.\nAfter 6 s, urgent after 15 s[^]*Cues that are off/);
  assert.ok(playbook.indexOf('Talking at once') < playbook.indexOf('Cues that are off'));
  assert.ok(playbook.indexOf('Interruption') > playbook.indexOf('Cues that are off'));

  assert.match(await go('consent'), /Consent is taken as unknown[^]*first\.wav\nConsent given/);
  assert.match(await go('keeping'),
    /By default sound is recorded\nAs FLAC[^]*Sources for which something else holds\nfirst\.wav\nNot recorded[^]*Sound\n30 days[^]*turns\nFor ever[^]*summaries\n365 days[^]*Audit\nFor ever/);
  assert.match(await go('users'), /There are no log-ins yet[^]*127\.0\.0\.1/);
  await view.page.goBack();
  await view.until(SHOWN.keeping);
});

test('the model card has its measured numbers, in tables that scroll inside themselves', async (t) => {
  const card = readFileSync(new URL('../../models/base.md', import.meta.url), 'utf8');
  const view = await opened(t, 'model', { width: 360, height: 740 });
  const rows = card.split('\n').filter((line) => /^\|(?! ---)/.test(line));
  const cells = await view.page.locator('.text tr').evaluateAll((all) =>
    all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.equal(cells.length, rows.length, 'every row of every table');
  assert.deepEqual(cells, rows.map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())));
  const inside = await view.page.$$eval('.text .table', (all) => all.some((one) => one.scrollWidth > one.clientWidth));
  assert.ok(inside, 'some are wider than a telephone');
  await assertSound(view, 'model card');
  await view.page.click('.contents a >> nth=4');
  await view.page.waitForFunction(() => document.querySelector('#model-5').getBoundingClientRect().top < innerHeight);
  assert.equal(await view.page.textContent('#model-5'), 'What it was measured at');
  await view.screenshot('settings-measured');
});

/* What axe says of the model card's thousand cells takes it ten seconds: once is enough, above. */
test('every section in every size and theme', { timeout: 120_000 }, async (t) => {
  for (const [width, height] of SIZES) {
    for (const [scheme, locale] of [['light', 'en-GB'], ['dark', 'de-DE']]) {
      const view = await opened(t, 'sources', { width, height, scheme, locale });
      for (const section of SECTIONS) {
        await view.page.evaluate((name) => (location.hash = name), section);
        await view.until(SHOWN[section]);
        if (section !== 'model') await assertSound(view, `${section} ${width} ${scheme}`);
        await view.screenshot(`settings-${section}`);
      }
      await view.page.evaluate(() => (document.dir = 'rtl'));
      await assertSound(view, `${width} ${scheme}, right to left`);
      await view.close();
    }
  }
});

test('nothing moves while a section comes', async (t) => {
  for (const section of SECTIONS) {
    const view = await opened(t, section);
    await view.page.waitForTimeout(200);
    const { shift, moved, paintedMs } = await view.kept();
    assert.ok(shift < MOST_SHIFT, `${section}: moved ${shift}: ${moved}`);
    t.diagnostic(`${section}: painted after ${Math.round(paintedMs)} ms`);
    await view.close();
  }
});

test('large text, forced colours', async (t) => {
  for (const section of ['sources', 'playbook', 'health']) {
    const view = await opened(t, section);
    await view.enlargeText();
    await assertSound(view, `${section}, large text`);
    await view.page.setViewportSize({ width: 360, height: 740 });
    await assertSound(view, `${section}, large text on a telephone`);
    await view.page.emulateMedia({ forcedColors: 'active' });
    await view.screenshot(`settings-${section}-forced`);
    await view.close();
  }
});

test('by the keyboard: a section after the other, on a telephone by a field', async (t) => {
  const view = await opened(t, 'sources');
  await view.page.focus('.sections a[href="#sources"]');
  await view.page.keyboard.press('Tab');
  await view.page.keyboard.press('Enter');
  await view.until(SHOWN.playbook);
  await view.page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await view.page.locator('.sections').isVisible(), false);
  await view.page.getByRole('combobox', { name: 'Section' }).selectOption({ label: 'Health' });
  await view.until(SHOWN.health);
});

test('health: the server’s own figures, refreshed; and what is wrong on top', { timeout: 60_000 }, async (t) => {
  const other = await serve(folder.path('other'));
  t.after(() => other.kill());
  const url = new URL('../settings/#health', other.url).href;
  const view = await openPage(browser, url, { width: 1280, height: 800 });
  t.after(() => view.close());
  await view.until(SHOWN.health);
  const tile = (name) => view.page.locator('.tiles > div', { hasText: name }).locator('dd');
  assert.match(await words(view), /All is well\./);
  assert.equal(await tile('Pages open').innerText(), '0');
  const status = await (await fetch(new URL('../api/status', other.url))).json();
  assert.equal(await tile('Version').innerText(), status.version);
  assert.equal(await tile('Database').innerText(), bytes(status.database_bytes));

  const overlay = await openPage(browser, other.url);
  await view.page.locator('.tiles > div', { hasText: 'Pages open' }).getByText('1', { exact: true }).waitFor();
  await overlay.close();

  await other.kill();
  await view.page.getByText('The server cannot be reached').waitFor({ timeout: 10_000 });
  assert.deepEqual(await view.faults(), []);
  assert.equal(await view.page.locator('.sections .trouble').count(), 1, 'and beside the section’s name');
  await view.screenshot('settings-lost');
});

test('the language is chosen, kept, and the licences are there', async (t) => {
  const view = await opened(t, 'language');
  await view.page.getByRole('button', { name: 'Deutsch' }).click();
  await view.page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  await view.page.goto(address('licences'));
  await view.page.reload();
  await view.page.getByRole('link', { name: 'Lizenzen der Bibliotheken' }).click();
  assert.match(await view.page.innerText('body'), /marked \d[^]*preact \d/);
  await view.page.goto(address('language'));
  await view.page.getByRole('button', { name: 'English' }).click();
  await view.page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
});

test('without a configuration file it says so', async (t) => {
  const other = await serve(folder.path('plain'));
  t.after(() => other.kill());
  const view = await openPage(browser, new URL('../settings/', other.url).href, { width: 1280, height: 800 });
  t.after(() => view.close());
  await view.page.getByText('There are none. Calls come here only as imported recordings.').waitFor();
  assert.match(await words(view), /runs without a configuration file/);
});
