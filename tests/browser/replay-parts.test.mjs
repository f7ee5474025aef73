/* What the replay does without a browser: time and pixels, tiles, what the pointer is on, silence, keys, the record. */

import assert from 'node:assert/strict';
import test from 'node:test';

import * as sent from './events.mjs';
import { page } from './pages.mjs';

const { addressAt, timeIn } = await page('replay/link.js');
const { actionOf, KEYS } = await page('replay/keys.js');
const { boxAt, boxesOf, heightOfAll, laneAt, lanesOf } = await page('replay/lanes.js');
const { addReading, readingsPiece, valuesAt } = await page('replay/readings.js');
const { after, momentOf, ratings, recordOf, unknownRecord } = await page('replay/record.js');
const { moved, scaleOf, ticksOf, turnedTo, whole, within, zoomed } = await page('replay/scale.js');
const { soundPiece } = await page('replay/sound.js');
const { nextOf, pastSilence, previousOf, silencesOf, speechOf } = await page('replay/spans.js');
const { Kept, levelFor, outwards, Tiles, tileOf, tilesWithin } = await page('replay/tiles.js');

/* A call as GET /api/calls/ID answers it. */
const kept = (more) => ({
  call: sent.id, source: 'a.flac', started_at: '2026-11-21T10:00:00.000Z', ended_at: '2026-11-21T10:02:00.000Z',
  ended_how: 'finished', consent: 'given', agent: 'a-17', team: null, queue: null, customer: null, arm: 'shown',
  duration_s: 120, held: false, channels: ['agent', 'customer'],
  cues: [
    { id: 1, cue: 'frustration', severity: 'notice', score: 0.8, score_usual: 0.2, text: 'Voice sounds frustrated',
      advice: 'A', reasons: [{ feature: 'pitch_hz', change: '+4.1 st', z: 2 }], raised_s: 20, cleared_s: 40,
      to: 'agent', shown: true, feedback: 'helpful', life: [{ state: 'raised', t_s: 20 }, { state: 'seen', t_s: 21 }] },
    { id: 2, cue: 'escalate', severity: 'urgent', text: 'Help', advice: '', reasons: [], raised_s: 30, cleared_s: 50,
      to: 'supervisor', shown: true, feedback: null,
      life: [{ state: 'raised', t_s: 30 }, { state: 'taken', t_s: 33 }] },
    { id: 3, cue: 'stress', severity: 'info', text: 'Tense', advice: '', reasons: [], raised_s: 60, cleared_s: null,
      to: 'agent', shown: true, feedback: 'wrong', life: [] },
  ],
  turns: [
    { turn: 'turn', channel: 'agent', start_s: 1, end_s: 10 },
    { turn: 'turn', channel: 'customer', start_s: 10.5, end_s: 45 },
    { turn: 'silence', start_s: 45, end_s: 60 },
    { turn: 'turn', channel: 'agent', start_s: 60, end_s: 119 },
  ],
  pauses: [], consents: [{ at: '2026-11-21T10:00:00.000Z', t_s: 0, consent: 'given', method: 'api', who: null }],
  notes: [{ number: 4, t_s: 80, text: 'refund', who: 'x', at: '2026-11-21T11:00:00.000Z' }], tags: [], summary: null,
  recording: { state: 'finished', channels: ['agent', 'customer'], duration_s: 120, format: 'flac' },
  ...more,
});

test('time and pixels are each other\'s inverse, and the view stays in the call', () => {
  const scale = scaleOf({ fromS: 30, toS: 90 }, 600);
  assert.equal(scale.x(30), 0);
  assert.equal(scale.x(90), 600);
  assert.equal(scale.t(scale.x(47.5)), 47.5);
  assert.deepEqual(within({ fromS: -20, toS: 40 }, 100), { fromS: 0, toS: 60 });
  assert.deepEqual(within({ fromS: 80, toS: 140 }, 100), { fromS: 40, toS: 100 });
  assert.deepEqual(within({ fromS: 10, toS: 10.5 }, 100), { fromS: 10, toS: 14 }, 'no shorter than 4 s');
  assert.deepEqual(within({ fromS: -10, toS: 500 }, 100), { fromS: 0, toS: 100 });
  assert.deepEqual(whole(0), { fromS: 0, toS: 4 }, 'a call without length');
});

test('zooming keeps what is under the pointer where it is', () => {
  const before = { fromS: 0, toS: 100 };
  const after_ = zoomed(before, 25, 2, 100);
  assert.deepEqual(after_, { fromS: 12.5, toS: 62.5 });
  assert.equal(scaleOf(after_, 800).x(25), scaleOf(before, 800).x(25));
  assert.deepEqual(zoomed(after_, 25, 1 / 8, 100), before, 'no farther than the whole call');
  assert.equal(zoomed(before, 50, 1e9, 100).toS - zoomed(before, 50, 1e9, 100).fromS, 4);
  assert.deepEqual(moved({ fromS: 10, toS: 20 }, 1000, 100), { fromS: 90, toS: 100 });
});

test('the view turns like a page when the position leaves it', () => {
  const view = { fromS: 0, toS: 20 };
  assert.equal(turnedTo(view, 15, 100), view);
  assert.deepEqual(turnedTo(view, 21, 100), { fromS: 19, toS: 39 });
  assert.deepEqual(turnedTo(view, 99, 100), { fromS: 80, toS: 100 });
});

test('ticks are round times, far enough apart', () => {
  assert.deepEqual(ticksOf(scaleOf({ fromS: 7, toS: 67 }, 640)), [10, 20, 30, 40, 50, 60]);
  assert.deepEqual(ticksOf(scaleOf({ fromS: 0, toS: 3600 }, 500)), [0, 600, 1200, 1800, 2400, 3000, 3600]);
});

const grid = { stepS: 0.5, points: 8, levels: 6, longestS: 32 };

test('the level is the finest whose steps can be seen', () => {
  assert.equal(levelFor(grid, 0.01, 1), 0);
  assert.equal(levelFor(grid, 0.5, 1), 0);
  assert.equal(levelFor(grid, 0.51, 1), 1);
  assert.equal(levelFor(grid, 0.5, 3), 2);
  assert.equal(levelFor(grid, 1e6, 1), 5);
});

test('tiles cover a part without a gap, and none is longer than allowed', () => {
  assert.deepEqual(tilesWithin(grid, 1, 9, 20).map(({ key }) => key), ['1/1', '1/2']);
  const tiles = tilesWithin(grid, 5, 0, 100);
  assert.ok(tiles.every(({ fromS, toS }, i) => toS - fromS === 32 && (i === 0 || fromS === tiles[i - 1].toS)));
  assert.equal(tiles[0].points, 2, 'fewer of the long steps');
  assert.deepEqual(outwards(tiles, 70).map(({ index }) => index), [2, 1, 3, 0]);
});

test('a bounded number is kept, the lately used', () => {
  const some = new Kept(2);
  some.set('a', 1);
  some.set('b', 2);
  some.get('a');
  some.set('c', 3);
  assert.equal(some.size, 2);
  assert.equal(some.get('b'), undefined);
  assert.equal(some.get('a'), 1);
});

test('what is in view is fetched first, once, two at a time; a coarser tile stands for a missing one', async () => {
  const asked = [];
  const waiting = new Map();
  let drawn = 0;
  const tiles = new Tiles({ grid, most: 10, changed: () => drawn++, load: (tile) => {
    asked.push(tile.key);
    return new Promise((done) => waiting.set(tile.key, () => done(tile.key)));
  } });
  const arrived = async (key) => {
    waiting.get(key)();
    await new Promise(setImmediate);
  };
  tiles.want([{ level: 3, fromS: 0, toS: 32 }], 100);
  assert.deepEqual(asked, ['3/0', '3/1']);
  await arrived('3/0');
  tiles.want([{ level: 1, fromS: 8, toS: 24 }], 100);
  assert.deepEqual(asked, ['3/0', '3/1', '1/1']);
  const parts = tiles.parts(1, 8, 24).map(({ data, fromS, toS }) => [data, fromS, toS]);
  assert.deepEqual(parts, [['3/0', 8, 16], ['3/0', 16, 24]]);
  await arrived('1/1');
  assert.deepEqual(tiles.parts(1, 8, 24).map(({ data }) => data), ['1/1', '3/0']);
  assert.equal(asked[3], '1/2');
  await arrived('3/1');
  await arrived('1/2');
  tiles.want([{ level: 1, fromS: 8, toS: 24 }], 100);
  assert.equal(new Set(asked).size, asked.length, 'nothing twice');
  assert.equal(drawn, 4);
});

test('a tile that cannot be had is asked for again, later', async () => {
  let n = 0;
  const tiles = new Tiles({ grid, most: 4, changed: () => {}, load: () => {
    n++;
    return Promise.reject(new Error('no'));
  } });
  const realNow = Date.now;
  tiles.want([{ level: 5, fromS: 0, toS: 20 }], 20);
  await new Promise(setImmediate);
  tiles.want([{ level: 5, fromS: 0, toS: 20 }], 20);
  assert.equal(n, 1);
  Date.now = () => realNow() + 10_000;
  tiles.want([{ level: 5, fromS: 0, toS: 20 }], 20);
  Date.now = realNow;
  assert.equal(n, 2);
});

test('the pointer is on a cue, on a note, or on nothing', () => {
  const record = recordOf(kept());
  const scale = scaleOf({ fromS: 0, toS: 120 }, 1200);
  const lanes = lanesOf(record, 'usual', { pitch: false, level: false });
  const boxes = boxesOf(record, scale, lanes);
  const row = (n) => lanes.find(({ name }) => name === 'cues').top + 26 * n + 10;
  assert.equal(boxAt(boxes, 300, row(0)).item.id, 1);
  assert.equal(boxAt(boxes, 350, row(1)).item.id, 2, 'one that is up at the same time lies below');
  assert.equal(boxAt(boxes, 560, row(0)), undefined);
  assert.equal(boxAt(boxes, 802, lanes.at(-1).top + 10).item.text, 'refund');
  assert.equal(laneAt(lanes, heightOfAll(lanes) - 1).name, 'pins');
});

test('lanes are of the voices there are, and the agent has no scores', () => {
  const names = (channels, shown) => lanesOf(recordOf(kept({ channels })), 'small', shown).map(({ name }) => name);
  assert.deepEqual(names(['agent', 'customer'], {}),
    ['axis', 'cues', 'customer', 'between', 'agent', 'scores', 'pins']);
  assert.deepEqual(names(['agent'], { pitch: true, level: true }), ['axis', 'cues', 'agent', 'level', 'pins']);
  assert.deepEqual(names(['mixed'], { pitch: true }), ['axis', 'cues', 'mixed', 'pins']);
});

test('silence of more than 2 s is skipped but for its edges', () => {
  const { talk } = recordOf(kept());
  const silences = silencesOf(speechOf(talk), 130);
  assert.deepEqual(silences, [{ fromS: 45.25, toS: 59.75 }, { fromS: 119.25, toS: 129.75 }]);
  assert.equal(pastSilence(silences, 44), 44);
  assert.equal(pastSilence(silences, 45.25), 59.75);
  assert.equal(pastSilence(silences, 59.75), 59.75);
  assert.equal(pastSilence(silences, 120), 129.75);
  const short = [1, 3, 5, 7, 9].map((fromS) => ({ fromS, toS: fromS + 1 }));
  for (const { fromS, toS } of short) assert.equal(pastSilence(short, fromS + 0.5), toS);
});

test('without turns the readings say where nobody speaks, and without either nothing is skipped', () => {
  const [customer, agent] = [[1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0.5, null, null, null]];
  const channels = { customer: { speaking: customer }, agent: { speaking: agent } };
  const readings = { fromS: 0, stepS: 1, channels };
  assert.deepEqual(silencesOf(speechOf([], readings), 8), [{ fromS: 1.25, toS: 3.75 }], 'not heard is not silent');
  assert.deepEqual(silencesOf(speechOf([], null), 100), []);
  assert.deepEqual(silencesOf(speechOf([], { fromS: 0, stepS: 1, channels: {} }), 100), []);
});

test('next and previous cue', () => {
  const { cues } = recordOf(kept());
  assert.equal(nextOf(cues, 0).id, 1);
  assert.equal(nextOf(cues, 20).id, 2);
  assert.equal(nextOf(cues, 61), undefined);
  assert.equal(previousOf(cues, 60.5).id, 2, 'just after one begins it is the one before');
  assert.equal(previousOf(cues, 70).id, 3);
  assert.equal(previousOf(cues, 20), undefined);
});

/* An element as far as keys.js asks it. */
const element = (...selectors) => ({
  matches: (list) => selectors.some((one) => list.split(/,\s*(?![^(]*\))/).some((wanted) => wanted.startsWith(one))),
  closest: () => null,
});
const plain = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
const key = (name, more) => actionOf({ key: name, target: element(), ...plain, ...more });

test('keys', () => {
  assert.equal(key(' '), 'play');
  assert.equal(key('ArrowLeft'), 'back_5');
  assert.equal(key('ArrowLeft', { shiftKey: true }), 'back_1');
  assert.equal(key('ArrowRight', { shiftKey: true }), 'on_1');
  const others = { n: 'next_cue', P: 'previous_cue', '[': 'slower', ']': 'faster', '+': 'nearer', '-': 'farther',
    0: 'all', s: 'skip', m: 'note', '?': 'help' };
  for (const [name, action] of Object.entries(others)) assert.equal(key(name), action, name);
  assert.equal(key('x'), null);
  assert.equal(key('p', { ctrlKey: true }), null, 'printing');
  assert.equal(key('[', { ctrlKey: true, altKey: true, getModifierState: () => true }), 'slower', 'AltGr');
  assert.equal(key('n', { target: element('textarea') }), null, 'who writes');
  assert.equal(key(' ', { target: element('button') }), null, 'a button is pressed');
  assert.equal(key('n', { target: element('button') }), 'next_cue');
  assert.equal(new Set(KEYS.map(({ action }) => action)).size, KEYS.length);
});

test('a time in the address', () => {
  assert.equal(timeIn('#t=83.2'), 83.2);
  assert.equal(timeIn('#a=1&t=7'), 7);
  const wrong = ['', '#t=', '#t=-3', '#t=1e9', '#t=abc', '#t=1.2.3', '#t=12345678', '#st=4'];
  for (const hash of wrong) assert.equal(timeIn(hash), null, hash);
  assert.equal(addressAt('http://h/replay/c-1?x=1#t=4', 83.24), 'http://h/replay/c-1?x=1#t=83.2');
});

test('the record of a call that is kept', () => {
  const record = recordOf(kept());
  assert.equal(record.live, false);
  assert.equal(record.recorded, true);
  assert.deepEqual(record.tracks, ['agent', 'customer']);
  assert.deepEqual(record.channels, ['customer', 'agent']);
  assert.deepEqual(record.cues.map(({ said }) => said), ['helpful', 'taken', 'wrong']);
  assert.equal(record.cues[0].seen, true);
  assert.equal(record.cues[2].toS, 120, 'one that was never cleared');
  assert.deepEqual(ratings(record), { cues: 3, helpful: 1, wrong: 1 });
  const { turns, cues } = momentOf(record, 35);
  assert.deepEqual([turns, cues.map(({ id }) => id)], [['customer'], [1, 2]]);
  assert.equal(momentOf(record, 50).silence.toS, 60);
});

test('what is not as it should be is left out', () => {
  const record = recordOf({ call: 7, cues: [null, 3, { raised_s: 'soon', severity: 'dire', reasons: 'none', text: {} }],
    turns: [{ turn: 'dance', start_s: 1, end_s: 2 }, { turn: 'turn', channel: 'agent', start_s: 3, end_s: 1 }],
    channels: ['robot'], notes: 'many', recording: { state: 'finished', channels: ['robot'] }, duration_s: null,
    ended_at: 'x', consent: 3 });
  assert.equal(record.cues.length, 1);
  assert.deepEqual([record.cues[0].severity, record.cues[0].fromS, record.cues[0].text], ['info', 0, '']);
  assert.deepEqual([record.talk, record.notes, record.recorded, record.consent], [[], [], false, 'unknown']);
});

test('a call in progress grows by its events', () => {
  const step = (record, event) => after(record, event);
  let record = [sent.call(), sent.customer(12.5), sent.cue(7), sent.pause('paused', 20), sent.pause('paused', 20)]
    .reduce(step, unknownRecord(sent.id));
  assert.equal(record.durationS, 20);
  assert.equal(record.cues[0].toS, 20, 'what is up lasts as long as the call');
  assert.equal(record.pauses.length, 1, 'told again is no news');
  record = [sent.pause('resumed', 25), sent.cue(7, { state: 'cleared', t_s: 26 }), sent.feedback(7, 'seen'),
    sent.feedback(7, 'wrong')].reduce(step, record);
  assert.deepEqual(record.pauses, [{ fromS: 20, toS: 25, up: false, who: 'nobody known' }]);
  const { toS, up, said, seen } = record.cues[0];
  assert.deepEqual([toS, up, said, seen], [26, false, 'wrong', true]);
  assert.equal(after(record, sent.consent('withdrawn')).consent, 'withdrawn');
  assert.equal(after(record, { type: 'toString', call: sent.id }), record);
});

test('live readings: scores of the customer alone, and none where the model abstains', () => {
  const piece = [sent.customer(12.5), sent.agent(12.5, { frustration: 0.9 }), sent.customer(13, { abstain: true }),
    sent.customer(Number.NaN)].reduce(addReading, null);
  assert.equal(piece.fromS, 12);
  assert.deepEqual(piece.channels.customer.frustration.mean, [0.62, null]);
  assert.deepEqual(Object.keys(piece.channels.agent), ['speaking', 'level_db']);
  const at = (tS) => valuesAt([{ data: piece, fromS: 12, toS: 20 }], tS);
  assert.equal(at(12.5).frustration, 0.62, 'a reading is of the half second that ends with it');
  assert.equal(at(12.6).frustration, null);
  assert.deepEqual(at(12.3).speaking, ['customer']);
  assert.equal(at(3).frustration, null);
});

test('pieces as they come from the server', () => {
  const readings = readingsPiece({ call: 'c', from_s: 4, step_s: 2, channels: {} });
  assert.deepEqual(readings, { fromS: 4, stepS: 2, channels: {} });
  const bytes = Int8Array.from([-1, 1, -2, 2, -3, 3, -4, 4]).buffer;
  const { channels } = soundPiece(tileOf({ stepS: 1, points: 2, levels: 1 }, 0, 0), ['agent', 'customer'], bytes);
  assert.deepEqual([...channels.customer], [-3, 3, -4, 4]);
  const cut = soundPiece({ points: 2 }, ['agent', 'customer'], bytes.slice(0, 5));
  assert.equal(cut.channels.customer.length, 1, 'one that is cut short');
});
