/* The wall without a browser: which calls are meant, where their cards stand, what is on them. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { call, consent, cue, customer, deleted, feedback, pause, recording, summary } from './events.mjs';
import { page } from './pages.mjs';

const { ESCALATED, GONE, LINGER_MS, NOTICE, REST, URGENT, expel, newOrder, settle, tell } = await page('wall/order.js');
const { gridOf, layoutOf, placeOf, seenBetween, stepTo } = await page('wall/layout.js');
const { filterOf, isMeant, namesOf, searchOf } = await page('wall/filter.js');
const { cardOf, needOf, STALE_AFTER_MS } = await page('wall/card.js');
const { deedOf, stepOf } = await page('wall/keys.js');
const wallOf = await page('wall/model.js');
const { curvesOf } = await page('wall/curve.js');
const { newState, reduce } = await page('shared/calls.js');

/* ---- where they stand ---- */

/* told: [[id, need, startedAt]] */
function ordered(told, nowMs = 0) {
  const order = newOrder();
  for (const [id, need, startedAt = 0] of told) tell(order, id, need, { nowMs, startedAt });
  settle(order, nowMs, false);
  return order;
}
const standing = ({ needy, rest }) => [needy.join(''), rest.join('')];
const settled = (order, nowMs, held = false) => {
  const before = standing(order).join();
  return { ...settle(order, nowMs, held), moved: standing(order).join() !== before };
};
const later = (order, id, need, nowMs, held) => {
  tell(order, id, need, { nowMs });
  return settled(order, nowMs, held);
};

test('at first: by need, then by when they began', () => {
  const order = ordered([['a', REST, 3], ['b', NOTICE, 2], ['c', ESCALATED, 9], ['d', REST, 1], ['e', URGENT, 5],
    ['f', NOTICE, 1]]);
  assert.deepEqual(standing(order), ['cefb', 'da']);
});

test('a need that rises moves one card up at once, behind those that have needed as much for longer', () => {
  const order = ordered([['a', NOTICE], ['b', REST], ['c', REST], ['d', REST], ['e', REST]]);
  assert.deepEqual(later(order, 'c', NOTICE, 1000), { moved: true, waiting: 0, left: [] });
  assert.deepEqual(standing(order), ['ac', 'bed'], 'the last takes the free place, the others stay');
  later(order, 'c', URGENT, 2000);
  assert.deepEqual(standing(order), ['ca', 'bed']);
});

test('a need that falls keeps its place for a while, and for good if it comes back', () => {
  const order = ordered([['a', URGENT], ['b', NOTICE], ['c', REST]]);
  assert.equal(later(order, 'a', REST, 1000).moved, false);
  assert.equal(settled(order, 1000 + LINGER_MS - 1).moved, false);
  later(order, 'a', URGENT, 1000 + LINGER_MS - 1);
  assert.equal(settled(order, 5 * LINGER_MS).moved, false, 'it came back');
  assert.deepEqual(standing(order), ['ab', 'c']);
  later(order, 'a', REST, 6 * LINGER_MS);
  assert.equal(settled(order, 7 * LINGER_MS).moved, true);
  assert.deepEqual(standing(order), ['b', 'ca'], 'to the end: no other moves');
});

test('a need that falls twice has its time from the first', () => {
  const order = ordered([['a', ESCALATED], ['b', REST]]);
  later(order, 'a', URGENT, 0);
  later(order, 'a', NOTICE, LINGER_MS - 1);
  settle(order, LINGER_MS, false);
  assert.equal(order.places.get('a').shown, NOTICE);
});

test('who leaves is shown for a while, then the last takes the place', () => {
  const order = ordered([['a', REST], ['b', REST], ['c', REST], ['d', REST]]);
  assert.deepEqual(later(order, 'b', GONE, 0), { moved: false, waiting: 0, left: [] });
  assert.deepEqual(settled(order, LINGER_MS), { moved: true, waiting: 0, left: ['b'] });
  assert.deepEqual(standing(order), ['', 'adc']);
  assert.equal(order.places.has('b'), false);
  later(order, 'z', GONE, 0);
  assert.equal(order.places.has('z'), false, 'nobody gets a place only to leave it');
});

test('while somebody points there nothing moves, and what would is counted', () => {
  const order = ordered([['a', NOTICE], ['b', REST], ['c', REST]]);
  assert.deepEqual(later(order, 'c', ESCALATED, 0, true), { waiting: 1, left: [], moved: false });
  later(order, 'b', GONE, 0, true);
  assert.equal(settle(order, LINGER_MS, true).waiting, 2);
  assert.equal(later(order, 'd', URGENT, LINGER_MS, true).waiting, 3, 'who begins stands at the end and waits too');
  assert.deepEqual(standing(order), ['a', 'bcd']);
  assert.deepEqual(settled(order, LINGER_MS), { moved: true, waiting: 0, left: ['b'] });
  assert.deepEqual(standing(order), ['cda', '']);
});

test('one that is taken away is gone at once', () => {
  const order = ordered([['a', REST], ['b', REST], ['c', NOTICE]]);
  for (const id of ['a', 'c', 'nobody']) expel(order, id);
  tell(order, 'd', REST, { nowMs: 0 });
  expel(order, 'd');
  assert.deepEqual(standing(order), ['', 'b']);
  assert.equal(order.places.size, 1);
  assert.equal(order.unsettled.size, 0);
});

/* A small generator with a seed, so that what fails can be had again. */
const chance = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
};

test('whatever happens: everybody stands in one place, needs are in order, and nothing moves while it is held', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = chance(seed);
    const order = newOrder();
    for (let nowMs = 0; nowMs < 60_000; nowMs += 500) {
      const id = `c${Math.floor(random() * 20)}`;
      if (random() < 0.03) expel(order, id);
      else tell(order, id, Math.floor(random() * 5) - 1, { nowMs, startedAt: Math.floor(random() * 100) });
      const before = [...order.needy, ...order.rest];
      const held = random() < 0.5;
      settle(order, nowMs, held);
      const after = [...order.needy, ...order.rest];
      if (held) assert.deepEqual(after.slice(0, before.length), before, `seed ${seed}`);
      assert.deepEqual([...after].sort(), [...order.places.keys()].sort(), `seed ${seed}`);
      const needs = order.needy.map((one) => order.places.get(one).shown);
      assert.deepEqual(needs, [...needs].sort((a, b) => b - a), `seed ${seed}`);
      order.rest.forEach((one, i) => assert.equal(order.places.get(one).index, i, `seed ${seed}`));
    }
  }
});

/* ---- where they lie ---- */

const wide = (widthPx) => gridOf({ widthPx, leastPx: 240, rowPx: 130, gapPx: 10, labelPx: 30 });
const grid = wide(1000);

test('as many columns as fit, and at least one', () => {
  assert.equal(grid.columns, 4);
  assert.equal(grid.cardPx, 242);
  assert.equal(wide(990).columns, 4, 'without a gap at the end');
  assert.equal(wide(200).columns, 1);
});

test('two parts, each from a row of its own', () => {
  const layout = layoutOf(grid, 5, 3);
  assert.equal(layout.restTopPx, 30 + 270 + 10 + 30);
  assert.equal(layout.heightPx, 340 + 130);
  assert.deepEqual(placeOf(layout, 4), { xPx: 0, yPx: 30 + 140 });
  assert.deepEqual(placeOf(layout, 6), { xPx: 252, yPx: 340 });
  assert.deepEqual(placeOf(layoutOf(grid, 0, 3), 0), { xPx: 0, yPx: 0 }, 'one part needs no words over it');
  assert.equal(layoutOf(grid, 0, 0).heightPx, 0);
});

test('only what is to be seen', () => {
  const layout = layoutOf(grid, 6, 994);
  assert.deepEqual(seenBetween(layout, 0, 500), [[0, 6], [6, 14]]);
  const [needy, [from, to]] = seenBetween(layout, 10_000, 10_800);
  assert.deepEqual(needy, [6, 6]);
  assert.ok(from > 200 && to - from <= 28 && (from - 6) % 4 === 0, `${from} to ${to}`);
  assert.deepEqual(seenBetween(layout, 1e6, 1e6 + 800)[1], [1000, 1000]);
  assert.deepEqual(seenBetween(layout, -500, -400), [[0, 0], [6, 6]]);
});

test('keys lead from card to card, and from one part into the other', () => {
  const layout = layoutOf(grid, 6, 9);
  const to = (index, step) => stepTo(layout, index, step, 2);
  assert.equal(to(0, 'back'), 0);
  assert.equal(to(5, 'forward'), 6);
  assert.equal(to(14, 'forward'), 14);
  assert.equal(to(1, 'down'), 5);
  assert.equal(to(2, 'down'), 5, 'the last of a row that is not full');
  assert.equal(to(5, 'down'), 7, 'the same column of the other part');
  assert.equal(to(9, 'up'), 5);
  assert.equal(to(7, 'up'), 5);
  assert.equal(to(3, 'up'), 3);
  assert.equal(to(14, 'down'), 14);
  assert.equal(to(0, 'last'), 14);
  assert.equal(to(14, 'first'), 0);
  assert.equal(to(0, 'page-down'), 6);
  assert.equal(stepTo(layoutOf(grid, 2, 0), 0, 'down', 1), 0);
});

test('what keys mean', () => {
  assert.equal(stepOf({ key: 'ArrowRight' }, false), 'forward');
  assert.equal(stepOf({ key: 'ArrowRight' }, true), 'back');
  assert.equal(stepOf({ key: 'ArrowRight', altKey: true }, false), undefined, 'the browser’s own');
  assert.equal(deedOf({ key: 'T' }), 'take');
  assert.equal(deedOf({ key: 't', ctrlKey: true }), undefined);
  assert.equal(deedOf({ key: '/', target: { closest: () => ({}) } }), undefined, 'where somebody writes');
});

/* ---- which calls, and what is on their cards ---- */

function after(events, nowMs = 0) {
  const { calls } = events.reduce((state, event) => reduce(state, event, nowMs), newState());
  return calls.values().next().value;
}

const ana = (more) => call({ agent: 'José', team: 'north', queue: 'billing', ...more });
const escalate = (number, more) => cue(number, { cue: 'escalate', to: 'supervisor', severity: 'notice',
  text: 'Voice still sounds frustrated', ...more });

test('filters: from the address and back', () => {
  const filter = filterOf('?team=north&cue=stress&only=cue&search=%20jo&lang=de');
  assert.deepEqual(filter, { team: 'north', queue: '', cue: 'stress', only: 'cue', search: 'jo' });
  assert.equal(searchOf(filter), '?team=north&cue=stress&only=cue&search=jo');
  assert.equal(searchOf(filter, '?lang=de'), '?lang=de&team=north&cue=stress&only=cue&search=jo');
  assert.equal(searchOf(filterOf(''), '?team=x'), '');
  assert.deepEqual(filterOf('?cue=%3Cscript%3E&only=all'), filterOf(''), 'what is unknown is nothing');
  assert.equal(filterOf(`?team=${'x'.repeat(5000)}`).team.length, 64);
});

test('filters: which calls are meant', () => {
  const meant = (search, events) => isMeant(filterOf(search), after(events));
  assert.ok(meant('?team=north&queue=billing&search=JOSE', [ana()]), 'without accents and case');
  assert.ok(!meant('?team=south', [ana()]));
  assert.ok(!meant('?only=cue', [ana()]));
  assert.ok(meant('?only=cue', [ana(), cue(1)]));
  assert.ok(!meant('?only=cue', [ana(), cue(1), cue(1, { state: 'cleared' })]));
  assert.ok(meant('?cue=frustration', [ana(), cue(1), cue(2, { cue: 'dead_air', severity: 'urgent' })]),
    'not only the main cue');
  assert.ok(!meant('?cue=stress', [ana(), cue(1)]));
  assert.ok(meant('?cue=escalate', [ana(), escalate(1), escalate(1, { state: 'cleared' })]),
    'it waits until somebody takes it');
  assert.ok(!meant('?cue=escalate', [ana(), escalate(1), feedback(1, 'taken')]));
  const calls = [[ana()], [ana({ team: 'a' })], [call()]].map((events) => after(events));
  assert.deepEqual(namesOf(calls, 'team', 'x'), ['a', 'north', 'x']);
});

test('what a call needs', () => {
  const need = (...events) => needOf(after([ana(), ...events]));
  assert.equal(need(), REST);
  assert.equal(need(cue(1, { severity: 'info' })), REST);
  assert.equal(need(cue(1)), NOTICE);
  assert.equal(need(cue(1), cue(2, { severity: 'urgent' })), URGENT);
  assert.equal(need(cue(1, { severity: 'urgent' }), feedback(1, 'dismiss')), REST, 'the agent wants to see it no more');
  assert.equal(need(escalate(1)), ESCALATED);
  assert.equal(need(escalate(1), cue(2), feedback(1, 'taken')), NOTICE);
  assert.equal(need(escalate(1), summary()), ESCALATED, 'also when the call has ended');
  assert.equal(need(escalate(1), summary(), feedback(1, 'taken')), GONE);
  assert.equal(need(summary()), GONE);
});

test('what is on a card', () => {
  const card = (events, nowMs = 0, lost = false) => cardOf(after([ana(), ...events]), nowMs, lost);
  const { cue: main, ...whole } = card([customer(62), cue(1), cue(2, { severity: 'urgent' })]);
  assert.equal(main.severity, 'urgent');
  assert.deepEqual(whole, { who: 'José', where: 'billing · north', clock: '1:02', sign: null, more: 1, unscored: '',
    scores: 'Frustration 62%, stress 31%', waiting: [], tone: 'urgent' });
  assert.equal(card([customer(62)], 2000).clock, '1:04', 'it goes on between readings');
  assert.equal(card([customer(62), recording('recording')]).sign.words, 'Recording');
  assert.equal(card([customer(62), recording('failed')]).sign.words, 'Not recorded');
  assert.equal(card([customer(62), pause('paused', 62)], 60_000).sign.words, 'Paused', 'a pause is not stale');
  assert.equal(card([customer(62), escalate(1)]).cue.text, 'Escalation');
  assert.equal(cardOf(after([call()]), 0, false).who, 'a.flac', 'of somebody unknown, where it comes from');
});

test('a call of which nothing comes says so', () => {
  const card = (nowMs, lost) => cardOf(after([ana(), customer(62)]), nowMs, lost);
  assert.equal(card(STALE_AFTER_MS - 1).tone, '');
  assert.deepEqual([card(7200).tone, card(7200).sign.words, card(7200).clock], ['stale', 'No data for 7 s', '1:02']);
  assert.equal(card(0, true).tone, 'stale', 'nor when the connection is lost');
});

test('why nothing is scored', () => {
  const said = (event) => {
    const { sign, unscored, tone } = cardOf(after([event]), 0, false);
    return [sign?.words, unscored, tone];
  };
  assert.deepEqual(said(ana({ consent: 'unknown' })), ['Not scored', 'Consent unknown', '']);
  assert.deepEqual(said(ana({ consent: 'refused' })), ['Not scored', 'Consent refused', '']);
  assert.deepEqual(said(ana({ channels: ['mixed'] })), [undefined, 'No channel for the customer alone', '']);
});

test('the curves: now at the end, gaps where nothing was scored', () => {
  const { frustration, stress } = curvesOf({ frustration: [0, 1], stress: [null, 0.5] }, 144);
  assert.equal(frustration, 'M117 34L119 0');
  assert.equal(stress, 'M119 17h.1');
  assert.deepEqual(curvesOf(null, 144), { frustration: '', stress: '' });
});

/* ---- all of it ---- */

const { advance, arrive, cardsOf, countsOf, letGo, narrow, newWall, reconnect, take, TAKEN_SHOWN_MS, waitsOf } = wallOf;
const one = (id, more) => ana({ call: id, ...more });

function walled(events, { filter = filterOf(''), nowMs = 0 } = {}) {
  const wall = newWall(filter);
  for (const event of events) take(wall, event, nowMs);
  return { wall, ...advance(wall, nowMs) };
}

test('an escalation waits at the top until somebody takes it, and is told once', () => {
  const { wall, begun } = walled([one('a'), one('b'), escalate(1, { call: 'b' })]);
  assert.deepEqual(cardsOf(wall), ['b', 'a']);
  assert.deepEqual(begun.map(({ id }) => id), ['b']);
  assert.deepEqual(countsOf(wall), { calls: 2, shown: 2, inNeed: 1, waiting: 1 });
  take(wall, escalate(1, { call: 'b', state: 'cleared' }), 1000);
  take(wall, summary({ call: 'b' }), 1000);
  assert.deepEqual(advance(wall, 60_000).begun, []);
  assert.equal(countsOf(wall).waiting, 1, 'also when the call has ended');
  take(wall, feedback(1, 'taken', { call: 'b' }), 60_000);
  advance(wall, 60_000);
  assert.deepEqual(waitsOf(wall).map(({ call: { id }, takenAtMs }) => [id, takenAtMs]), [['b', 60_000]]);
  assert.equal(countsOf(wall).waiting, 0);
  advance(wall, 60_000 + TAKEN_SHOWN_MS, { waitsHeld: true });
  assert.equal(waitsOf(wall).length, 1, 'not under somebody’s pointer');
  advance(wall, 60_000 + TAKEN_SHOWN_MS);
  const left = [waitsOf(wall).length, cardsOf(wall).length, wall.state.calls.size];
  assert.deepEqual(left, [0, 1, 1], 'and then it is gone');
});

test('who has waited longest goes first', () => {
  const { wall } = walled([one('a'), one('b'), customer(100, { call: 'a' }), customer(100, { call: 'b' }),
    escalate(1, { call: 'a', t_s: 90 }), escalate(1, { call: 'b', t_s: 40 })]);
  assert.deepEqual(waitsOf(wall).map(({ call: { id } }) => id), ['b', 'a']);
});

test('an escalation that the server knows no more of goes with its call', () => {
  const { wall } = walled([one('a'), escalate(1, { call: 'a' })]);
  assert.equal(letGo(wall, 'a'), false, 'a live one stays');
  take(wall, summary({ call: 'a' }), 0);
  advance(wall, 0);
  assert.equal(letGo(wall, 'a'), true);
  assert.equal(letGo(wall, 'nobody'), false);
  advance(wall, LINGER_MS);
  advance(wall, 2 * LINGER_MS);
  assert.deepEqual([waitsOf(wall).length, cardsOf(wall).length, wall.state.calls.size], [0, 0, 0]);
});

test('who withdraws consent waits no more', () => {
  const { wall } = walled([one('a'), escalate(1, { call: 'a' })]);
  take(wall, consent('withdrawn', { call: 'a' }), 0);
  advance(wall, 0);
  assert.equal(waitsOf(wall).length, 0);
});

test('a call that is over is shown so for a while; one that is deleted is gone at once', () => {
  const { wall } = walled([one('a'), one('b'), one('c', { consent: 'refused' })]);
  take(wall, summary({ call: 'a' }), 0);
  take(wall, { type: 'over', call: 'c' }, 0);
  take(wall, { ...deleted(), call: 'b' }, 0);
  advance(wall, 0);
  assert.deepEqual(cardsOf(wall).sort(), ['a', 'c']);
  advance(wall, LINGER_MS);
  assert.deepEqual([cardsOf(wall).length, wall.state.calls.size], [0, 0]);
});

test('a call that ended before somebody joined is not shown', () => {
  const { wall } = walled([one('a'), summary({ call: 'a' })]);
  assert.deepEqual([cardsOf(wall).length, wall.state.calls.size], [0, 0]);
});

test('other calls are meant: the wall is laid anew', () => {
  const { wall } = walled([one('a'), one('b', { team: 'south' }), escalate(1, { call: 'b' })]);
  narrow(wall, filterOf('?team=north'));
  assert.deepEqual(advance(wall, 0).begun, []);
  assert.deepEqual([cardsOf(wall), countsOf(wall)], [['a'], { calls: 2, shown: 1, inNeed: 0, waiting: 0 }]);
  narrow(wall, filterOf('?cue=stress'));
  advance(wall, 0);
  const seen = [cardsOf(wall).length, countsOf(wall).waiting];
  assert.deepEqual(seen, [0, 1], 'a cue that is looked for hides no escalation');
  take(wall, summary({ call: 'b' }), 0);
  advance(wall, 0);
  take(wall, feedback(1, 'taken', { call: 'b' }), 0);
  advance(wall, 0);
  assert.equal(countsOf(wall).waiting, 0, 'nor does its call go before it is taken');
});

test('who reconnects finds the cards where they were', () => {
  const { wall } = walled(['a', 'b', 'c', 'd'].map((id, i) => one(id, { started_at: `2026-11-21T10:00:0${i}.000Z` })));
  reconnect(wall);
  for (const id of ['d', 'e', 'c', 'a']) take(wall, one(id, { started_at: '2026-11-21T11:00:00.000Z' }), 1000);
  advance(wall, 1000);
  assert.deepEqual(cardsOf(wall), ['a', 'b', 'c', 'd'], 'the old state until the new one is told');
  arrive(wall);
  advance(wall, 1000);
  assert.deepEqual(cardsOf(wall), ['a', 'd', 'c', 'e']);
});

test('only what matters is shown at once', () => {
  const wall = newWall(filterOf(''));
  assert.ok(take(wall, one('a'), 0));
  assert.ok(!take(wall, customer(1, { call: 'a' }), 0));
  assert.ok(take(wall, cue(1, { call: 'a' }), 0));
  assert.ok(!take(wall, { type: 'nonsense', call: 'a' }, 0));
  for (const event of [null, 3, [], {}, { type: 'cue' }, { type: 'call', call: {} }]) assert.ok(!take(wall, event, 0));
});

test('a day of calls leaves nothing behind', () => {
  const wall = newWall(filterOf(''));
  for (let i = 0; i < 20_000; i++) {
    const id = `c-${i}`;
    take(wall, one(id), i * 100);
    take(wall, customer(1, { call: id }), i * 100);
    if (i % 20 === 0) take(wall, escalate(1, { call: id }), i * 100);
    if (i >= 50) take(wall, summary({ call: `c-${i - 50}` }), i * 100);
    if (i >= 60 && i % 20 === 0) take(wall, feedback(1, 'taken', { call: `c-${i - 60}` }), i * 100);
    advance(wall, i * 100);
  }
  const { state: { calls }, order: { places, unsettled }, waits, changed } = wall;
  const sizes = [calls, places, unsettled, waits, changed].map(({ size }) => size);
  assert.ok(Math.max(...sizes) < 400, `${sizes}`);
});
