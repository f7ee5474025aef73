/* The overlay without a browser: events -> state -> scene. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {
  agent, call, consent, cue, customer, deleted, feedback, id, over, pause, recording, status, summary, trend,
} from './events.mjs';
import { page } from './pages.mjs';

const { escalations, followed, newState, parseEvent, quietS, ranked, reduce } = await page('shared/calls.js');
const { sceneOf } = await page('agent/scene.js');
const { KEYS, actOf } = await page('agent/keys.js');
const { because, clock, withoutPath } = await page('shared/words.js');

const open = { open: true, everOpen: true };
const after = (events, { nowMs = 0, before = newState() } = {}) =>
  events.reduce((state, event) => reduce(state, event, nowMs), before);
const seen = (events, { link = open, wanted = null, nowMs = 0, own } = {}) =>
  sceneOf(after(events), link, wanted, nowMs, own);
const ids = (events) => ranked(followed(after(events))).map((one) => one.id);

test('what is shown before, during and after a call', () => {
  assert.equal(seen([], { link: { open: false, everOpen: false } }).mode, 'connecting');
  assert.equal(seen([]).panel.text, 'Waiting for a call');
  assert.equal(seen([call()]).panel.text, 'Listening');
  assert.equal(seen([call(), customer(62)]).clock, '1:02');
  assert.equal(seen([call(), summary()]).panel.advice, 'It lasted 4:05 · 3 cues');
  assert.equal(seen([summary()]).mode, 'ended', 'an ended call known by its summary alone');
});

test('a cue says what, why and what to do', () => {
  const { panel, title, icon } = seen([call(), cue(7)]);
  assert.equal(panel.text, 'Voice sounds frustrated');
  assert.equal(panel.advice, 'Acknowledge it, then give the next step.');
  assert.equal(panel.reason, '4.1\u00a0semitones higher, 6\u00a0dB louder than usual');
  assert.equal(panel.likely, '78% likely');
  assert.equal(title, 'Voice sounds frustrated – Undertone');
  assert.equal(icon, 'notice');
});

test('reasons of every feature, and of unknown ones', () => {
  const of = (feature, change) => because([{ feature, change }]);
  assert.equal(of('rate_syl_s', '-1.4 syl/s'), '1.4\u00a0syllables/s slower than usual');
  assert.equal(of('brightness_db', '+1.0 dB'), '1\u00a0dB brighter than usual');
  assert.equal(of('emphasis_db', '-1.8 dB'), '1.8\u00a0dB flatter than usual');
  assert.equal(of('voice_quality', 'changed'), 'Voice quality changed');
  assert.equal(of('silence_s', '8.2 s'), 'Over 8.2\u00a0s of silence');
  assert.equal(of('monologue_s', '50.5 s'), 'Over 50\u00a0s without an answer');
  assert.equal(of('reply_s', '6.2 s'), 'Over 6.2\u00a0s of waiting for an answer');
  assert.equal(of('interruptions', '1'), 'Interrupted once');
  assert.equal(of('interruptions', '3'), 'Interrupted 3 times');
  assert.equal(of('talk_share', '78 %'), '78% of the talk');
  assert.equal(of('rate_syl_s', '6.4 syl/s'), 'Rate 6.4\u00a0syllables/s');
  assert.equal(of('frustration', '78 % to 30 %'), 'Frustration from 78% to 30%');
  assert.equal(of('hoarseness_db', '-3.0 dB'), 'Hoarseness \u22123\u00a0dB');
  assert.equal(of('new_thing', 'quite a lot'), 'New thing quite a lot');
  assert.equal(of('pitch_hz', ''), 'Pitch');
  assert.equal(because([]), '');
  assert.equal(clock(3725.9), '1:02:05');
});

test('the main cue: urgent ones first, then by priority', () => {
  const of = (priority, severity) => cue(priority, { priority, severity });
  assert.deepEqual(ids([call(), of(3, 'info'), of(1, 'info'), of(2, 'notice')]), [1, 2, 3]);
  assert.deepEqual(ids([call(), of(1, 'notice'), of(2, 'info'), of(3, 'urgent')]), [3, 1, 2]);
  assert.deepEqual(ids([call(), cue(1, { priority: 'x' }), cue(2, { priority: 9 })]), [2, 1], 'none is the last');
});

test('of equal priority: by severity, then the most recent; an update does not jump the queue', () => {
  const notice = [call(), cue(1), cue(2)];
  assert.deepEqual(ids(notice), [2, 1]);
  assert.deepEqual(ids([...notice, cue(1, { state: 'updated', score: 0.9 })]), [2, 1]);
  assert.deepEqual(ids([...notice, cue(1, { state: 'updated', severity: 'urgent' })]), [1, 2]);
  assert.deepEqual(ids([...notice, cue(3, { cue: 'calming', severity: 'info' })]), [2, 1, 3]);
  assert.deepEqual(ids([...notice, cue(2, { state: 'cleared' })]), [1]);
  assert.equal(seen([...notice, cue(3), cue(4), cue(5)]).minor.length, 2);
});

test('an updated or cleared cue that was never seen raised', () => {
  assert.deepEqual(ids([call(), cue(9, { state: 'updated' })]), [9]);
  assert.deepEqual(ids([call(), cue(9, { state: 'cleared' })]), []);
});

test('a cue of an unknown kind or severity is still shown', () => {
  const { panel } = seen([call(), cue(1, { cue: 'slow_reply', severity: 'shrill', text: undefined })]);
  assert.equal(panel.text, 'slow reply');
  assert.equal(panel.severity, 'info');
});

test('being told everything again changes nothing', () => {
  const events = [call(), customer(12), agent(12), cue(7), cue(8, { severity: 'urgent' })];
  assert.deepEqual(seen([...events, ...events]).panel, seen(events).panel);
  assert.equal(followed(after([...events, ...events])).cues.size, 2);
});

test('no speech is not zero', () => {
  assert.equal(seen([call()]).voice.note, 'listening…');
  const abstained = seen([call(), customer(1, { abstain: true })]).voice;
  assert.equal(abstained.note, 'cannot tell just now');
  assert.equal(seen([call(), customer(1, { abstain: true, speaking: false })]).voice.note, 'customer is not speaking');
  assert.equal(seen([call(), customer(1, { abstain: true, speaking: 'no' })]).voice.note, 'cannot tell just now');
  assert.equal(abstained.frustration, undefined);
  assert.equal(seen([call(), customer(1, { stress: null })]).voice.note, 'cannot tell just now');
  assert.equal(seen([call(), customer(1)]).voice.frustration.words, '62%');
  assert.equal(seen([call({ channels: ['mixed'] })]).voice.note, 'not scored');
});

test('the agent is never scored, whatever is sent', () => {
  const state = after([call(), agent(1, { frustration: 0.9, stress: 0.9, confidence: 1, abstain: false })]);
  assert.equal(followed(state).voice, null);
  assert.ok(!JSON.stringify([...state.calls.values()]).includes('0.9'));
});

test('without consent nothing is shown, and withdrawing it takes everything away', () => {
  for (const consent of ['unknown', 'refused', 'withdrawn', 'yes', null]) {
    const events = [call(), customer(12), cue(7), call({ consent }), customer(13), cue(8)];
    const kept = followed(after(events));
    assert.equal(kept.voice, null);
    assert.equal(kept.cues.size, 0);
    const scene = seen(events);
    const isAsked = !['refused', 'withdrawn'].includes(consent);
    assert.equal(scene.panel.text, isAsked ? 'Did the customer agree to the analysis?' : 'Not analysed: no consent');
    assert.deepEqual(scene.panel.answers, isAsked ? ['given', 'refused'] : []);
    assert.equal(scene.consent.icon, 'unheard');
    assert.equal(scene.voice.frustration, undefined);
    assert.deepEqual(scene.minor, []);
  }
  assert.equal(seen([call({ consent: 'refused' })], { nowMs: 60_000 }).lost, false, 'silence is no fault then');
});

test('consent withdrawn after the end leaves no summary, given at last it begins', () => {
  for (const said of [consent('withdrawn'), call({ consent: 'withdrawn' })]) {
    const state = after([call(), customer(12), summary(), said]);
    assert.equal(state.ignored, 0);
    assert.deepEqual(followed(state).ended, { durationS: null, cues: null });
    assert.equal(seen([call(), summary(), said]).panel.text, 'Call ended');
    assert.equal(seen([call(), summary(), said]).panel.advice, 'The customer withdrew consent.');
    assert.deepEqual(followed(after([call(), said, summary()])).ended, { durationS: null, cues: null }, 'nor if it came');
  }
  assert.equal(seen([call(), customer(12), cue(7), consent('withdrawn')]).panel.text, 'Not analysed: no consent');
  assert.equal(seen([call(), consent('perhaps')]).mode, 'unheard');
  assert.equal(after([consent('given')]).ignored, 1, 'of a call that was never announced');

  const begun = after([consent('given'), call()], { before: after([call({ consent: 'unknown' })]), nowMs: 60_000 });
  assert.equal(sceneOf(begun, open, null, 62_000).lost, false, 'the time before was no silence of the server');
  assert.equal(sceneOf(begun, open, null, 64_000).lost, true);
});

test('while a call is paused it says so, and silence is no fault', () => {
  const events = [call(), customer(12), recording('recording'), pause('paused', 12.4)];
  const scene = seen(events, { nowMs: 60_000 });
  assert.equal(scene.mode, 'paused');
  assert.equal(scene.lost, false);
  assert.equal(scene.badge.words, 'Paused');
  assert.equal(scene.badge.spoken, 'Paused. Nothing is heard or recorded.');
  assert.equal(scene.panel.text, 'Paused');
  assert.equal(scene.panel.advice, 'Nothing is heard or recorded.');
  assert.equal(scene.recording, null);
  assert.equal(scene.talk, null);
  assert.deepEqual(scene.voice, { note: '' });
  const cues = [cue(7), cue(8, { severity: 'urgent' })];
  const withCues = seen([call(), customer(12), ...cues, pause('paused', 12.4), customer(12.5), cue(7, { state: 'updated' })]);
  for (const part of ['panel', 'minor', 'feedback', 'voice', 'title', 'icon'])
    assert.deepEqual(withCues[part], scene[part], `${part}: of what is not heard there is no cue`);
  assert.equal(seen([call(), ...cues, pause('paused', 12), pause('resumed', 13)]).panel.key, '8', 'it is still up');
  assert.equal(seen([call(), ...cues, pause('paused', 12), cue(8, { state: 'cleared' }), pause('resumed', 13)]).panel.key, '7');
  const closed = seen(events, { link: { open: false, everOpen: true } });
  assert.equal(closed.badge.words, 'Connection lost – reconnecting');
  assert.equal(seen([...events, summary()]).mode, 'ended');
  assert.equal(seen([...events, call({ consent: 'withdrawn' })]).mode, 'unheard');
});

test('after a pause it listens anew', () => {
  const paused = after([call(), customer(22), pause('paused', 22.4)]);
  const resumed = after([pause('resumed', 82.4)], { before: paused, nowMs: 60_000 });
  const scene = sceneOf(resumed, open, null, 62_000);
  assert.equal(scene.mode, 'live');
  assert.equal(scene.lost, false);
  assert.equal(scene.clock, '1:22');
  assert.equal(scene.voice.note, 'listening…', 'the voice is not as it was before the pause');
  assert.equal(scene.talk, null);
  assert.equal(sceneOf(resumed, open, null, 63_500).lost, true, 'but then readings must come');
  assert.equal(seen([call(), customer(22), pause('resumed', 12.4)]).voice.frustration.words, '62%', 'long ago');
});

test('a pause told again after reconnecting does not make a standing call look alive', () => {
  const before = after([call(), pause('paused', 4), pause('resumed', 8), customer(12)]);
  const told = [call(), customer(12), pause('resumed', 8)];
  const again = after(told, { before: newState(before), nowMs: 60_000 });
  assert.equal(sceneOf(again, open, null, 60_000).lost, true);
});

test('pauses and recordings that are no such thing', () => {
  assert.equal(after([pause('paused', 1), recording('recording')]).ignored, 2, 'of no call that is known');
  const state = after([call(), pause('held', 1), pause(true, 1), recording('discarded'), recording(null)]);
  assert.equal(state.ignored, 4);
  assert.equal(sceneOf(state, open, null, 0).mode, 'live');
  for (const tS of [null, '99', -1, NaN]) {
    const paused = after([call(), customer(12), pause('paused', tS)]);
    assert.equal(sceneOf(paused, open, null, 0).mode, 'paused');
    assert.equal(followed(paused).tS, 12);
  }
  assert.equal(after([call({ consent: 'refused' }), pause('paused', 1)]).ignored, 1);
});

test('whether the call is being recorded', () => {
  const of = (...states) => seen([call(), ...states.map((state) => recording(state))]).recording?.words;
  assert.equal(of(), undefined);
  assert.equal(of('recording'), 'Recording');
  assert.equal(of('recording', 'failed'), 'Not recording');
  assert.equal(of('failed', 'recording'), 'Recording');
  assert.equal(of('recording', 'finished'), undefined);
  assert.equal(of('interrupted'), undefined);
  const ended = after([call(), recording('recording'), summary(), recording('finished')]);
  assert.equal(ended.ignored, 0);
  assert.equal(sceneOf(ended, open, null, 0).recording, null);
  assert.equal(seen([call(), recording('recording')], { nowMs: 5000 }).recording, null, 'not known any more');
  assert.equal(seen([call(), recording('recording'), call({ consent: 'withdrawn' }), recording('recording')]).recording,
    null);
});

test('that calls are not being stored is told in every mode, as the server says it anew', () => {
  const full = 'Calls are not being stored: the disk is full';
  const modes = [[], [call()], [call(), cue(7)], [call(), pause('paused', 1)], [call({ consent: 'refused' })],
    [call(), summary()]];
  for (const events of modes) {
    assert.equal(seen([status(false), ...events]).note.words, full);
    assert.equal(seen([...events, status(false)]).note.words, full);
    assert.equal(seen([...events, status(false), status(true)]).note, null);
    assert.equal(seen(events).note, null);
  }
  assert.equal(seen([call(), cue(7), status(false)]).panel.text, 'Voice sounds frustrated');
  assert.equal(seen([status(false)], { link: { open: false, everOpen: true } }).note, null, 'not known any more');
  assert.equal(sceneOf(newState(after([status(false)])), open, null, 0).note, null);

  assert.equal(seen([status(false, { why: undefined })]).note.words, 'Calls are not being stored');
  assert.equal(seen([status(false), status('yes'), status(null)]).note.words, full, 'what is no status changes nothing');
  assert.equal(after([status('yes'), status(undefined), { type: 'status' }]).ignored, 3);
  assert.ok(seen([status(false, { why: 'x'.repeat(100_000) })]).note.words.length < 700);
});

test('why, without the path', () => {
  assert.equal(withoutPath('/a folder/undertone.db: it is damaged and was kept as undertone.db.1; a new one is begun'),
    'it is damaged and was kept as undertone.db.1; a new one is begun');
  assert.equal(withoutPath('data/undertone.db: the disk is full'), 'the disk is full');
  assert.equal(withoutPath('disk: full and/or: broken'), 'disk: full and/or: broken');
  assert.equal(withoutPath(''), '');
});

test('nothing is taken for a call that was never announced', () => {
  assert.equal(after([customer(1), cue(1)]).calls.size, 0);
  assert.equal(after([customer(1), cue(1)]).ignored, 2);
});

test('old data looks old', () => {
  const events = [call(), customer(12), cue(7)];
  assert.equal(seen(events, { nowMs: 2900 }).lost, false);
  const stale = seen(events, { nowMs: 4200 });
  assert.equal(stale.badge.words, 'No data for 4\u00a0s');
  assert.equal(stale.voice.note, 'no data');
  assert.equal(stale.icon, 'lost');
  const closed = seen(events, { link: { open: false, everOpen: true } });
  assert.equal(closed.badge.words, 'Connection lost – reconnecting');
  assert.equal(closed.panel.text, 'Voice sounds frustrated', 'greyed, not gone');
  for (const told of [[], [call(), customer(12)]])
    assert.equal(seen(told, { link: { open: false, everOpen: true } }).panel.text, 'Not listening');
});

test('a reading told again after reconnecting does not make a standing call look alive', () => {
  const before = after([call(), customer(12)]);
  const again = after([call(), customer(12)], { before: newState(before), nowMs: 60_000 });
  assert.equal(sceneOf(again, open, null, 60_000).lost, true);
  const moved = after([customer(12.5)], { before: again, nowMs: 61_000 });
  assert.equal(sceneOf(moved, open, null, 61_000).lost, false);
});

test('of several calls the latest started is followed, unless one is asked for', () => {
  const early = call({ call: 'c-early', started_at: '2026-11-21T09:00:00.000Z' });
  const late = call({ call: 'c-late', started_at: '2026-11-21T11:00:00.000Z' });
  const idOf = (events, wanted) => followed(after(events), wanted)?.id;
  assert.equal(idOf([late, early]), 'c-late');
  assert.equal(idOf([late, early], 'c-early'), 'c-early');
  assert.equal(idOf([late, early], 'c-other'), undefined);
  assert.equal(idOf([late, early, summary({ call: 'c-late' })]), 'c-early', 'a live call before an ended one');
});

test('the share of talk, once there was some', () => {
  assert.equal(seen([call(), customer(19.5)]).talk, null, 'too little was said yet');
  assert.deepEqual(seen([call(), customer(20)]).talk, { value: 0.4, words: '40%' });
  assert.equal(seen([call(), customer(20, { talk_share_120s: null })]).talk, null);
  assert.equal(seen([call(), agent(20)]).talk, null);
});

test('a voice not known yet', () => {
  const of = (more) => seen([call(), customer(20, more)]).voice.confidence;
  assert.equal(of({ baseline: 'warming' }), 'Getting to know the voice');
  assert.equal(of({}), 'Confidence 80%');
});

test('what is said of a cue belongs to it, is the last thing said and outlives its updates', () => {
  const both = [call(), cue(1), cue(2, { priority: 2 })];
  const verdict = (events) => seen(events).feedback?.verdict;
  assert.deepEqual(seen(both).feedback, { call: id, cue: 1, verdict: '', possible: true });
  assert.equal(verdict([...both, feedback(1, 'helpful'), feedback(2, 'wrong')]), 'helpful');
  assert.equal(verdict([...both, feedback(1, 'helpful'), feedback(1, 'wrong'), cue(1, { state: 'updated' })]), 'wrong');
  assert.equal(verdict([...both, feedback(7, 'wrong'), feedback(1, 'great'), feedback('1', 'wrong')]), '');
  assert.equal(seen([call()]).feedback, null);
  assert.equal(seen(both, { link: { open: false, everOpen: true } }).feedback.possible, false);
});

test('a dismissed cue is gone until it is raised anew, and the next takes its place', () => {
  const dismissed = [call(), cue(1), cue(2, { priority: 2 }), feedback(1, 'dismiss')];
  assert.deepEqual(ids(dismissed), [2]);
  assert.deepEqual(ids([...dismissed, cue(1, { state: 'updated', severity: 'urgent' })]), [2]);
  assert.deepEqual(ids([...dismissed, cue(1, { state: 'cleared' }), cue(3)]), [3, 2]);
  assert.equal(seen([...dismissed, feedback(2, 'dismiss')]).panel.text, 'Listening');
});

const escalate = (number, more) => cue(number, { cue: 'escalate', to: 'supervisor', severity: 'urgent', ...more });

test('what is for the supervisor is not for the agent', () => {
  const state = after([call(), escalate(1), cue(2)]);
  assert.equal(state.ignored, 0);
  assert.deepEqual(ranked(followed(state)).map((one) => one.id), [2]);
  assert.deepEqual(escalations(followed(state)).map((one) => one.id), [1]);
});

test('an escalation waits until it is taken, also when it was cleared or the call is over', () => {
  const of = (...events) => escalations(followed(after([call(), escalate(1), ...events])));
  assert.deepEqual(of().map(({ cleared, takenAt }) => ({ cleared, takenAt })), [{ cleared: false, takenAt: null }]);
  assert.equal(of(escalate(1, { state: 'cleared' }))[0].cleared, true);
  assert.equal(of(summary()).length, 1, 'the call has ended');
  assert.equal(of(over()).length, 1);
  const taken = of(escalate(1, { state: 'cleared' }), summary(), feedback(1, 'taken'));
  assert.equal(taken[0].takenAt, '2026-11-21T10:01:00.000Z');
  assert.equal(of(feedback(1, 'taken'), escalate(1, { state: 'updated' }))[0].takenAt, '2026-11-21T10:01:00.000Z');
  assert.deepEqual(of(summary(), consent('withdrawn')), [], 'without consent nothing is left');
  const mine = after([call(), cue(2), feedback(2, 'taken')]);
  assert.equal(seen([call(), cue(2), feedback(2, 'taken')]).feedback.verdict, '', 'which is no opinion');
  assert.equal(mine.ignored, 0);
});

test('a call without consent ends without a summary', () => {
  const state = after([call({ consent: 'unknown' }), over()]);
  assert.deepEqual(followed(state).ended, { durationS: null, cues: null });
  assert.equal(sceneOf(state, open, null, 0).panel.text, 'Call ended');
  assert.equal(after([over()]).ignored, 1, 'of a call that was never announced');
});

test('who leads the call, in which queue, and of which customer, the last only with consent', () => {
  const about = { agent: 'a-17', team: 'north', queue: 'billing', customer: 'C-4711' };
  const state = after([call(about)]);
  const { agent: who, team, queue, customer: reference, source } = followed(state);
  assert.deepEqual({ agent: who, team, queue, customer: reference, source }, { ...about, source: 'a.flac' });
  assert.equal(followed(after([consent('withdrawn')], { before: state })).customer, '');
  assert.equal(followed(after([call({ agent: 7, team: null, queue: ['x'] })])).agent, '');
});

test('the trend: what was before, and a value every two seconds', () => {
  const of = (...events) => followed(after([call(), ...events])).trend;
  assert.equal(of(), null);
  assert.deepEqual(of(customer(12.5), customer(13), customer(14, { abstain: true }), customer(19.5), agent(20)),
    { tS: 18, stepS: 2, frustration: [0.62, null, null, 0.62], stress: [0.31, null, null, 0.31] });
  const told = trend(118, { frustration: [0.1, null, 'x', 7], stress: [0.2, 0.3, 0.4, 0.5] });
  assert.deepEqual(of(told, customer(118.5), customer(120)),
    { tS: 120, stepS: 2, frustration: [0.1, null, null, 1, 0.62], stress: [0.2, 0.3, 0.4, 0.5, 0.31] });
  const long = of(...Array.from({ length: 500 }, (_, i) => customer(2 * i)));
  assert.equal(long.frustration.length, 60);
  assert.equal(of(customer(1), customer(1e9)).frustration.length, 60, 'as many gaps as fit');
  assert.equal(of(trend(118, { frustration: Array(100_000).fill(0.5), stress: Array(100_000).fill(0.5) })).stress.length, 60);
  assert.equal(after([call(), trend(118, { step_s: 0 }), trend(118, { stress: 'none' }), trend(null)]).ignored, 3);
  assert.equal(of(customer(12), consent('withdrawn')), null);
});

test('for how long nobody has spoken', () => {
  const quiet = (from, to, more) =>
    Array.from({ length: 2 * (to - from) + 1 }, (_, i) => from + i / 2).flatMap((tS) =>
      [customer(tS, { speaking: false, sound: 'none', ...more }), agent(tS)]);
  const of = (...events) => seen([call(), ...events]).silence;
  assert.equal(of(customer(10), ...quiet(10.5, 12.5)), '', 'a pause in the talk is no silence');
  assert.equal(of(customer(10), ...quiet(10.5, 13)), '3\u00a0s');
  assert.equal(of(customer(10), ...quiet(10.5, 70.5)), '60\u00a0s');
  assert.equal(of(...quiet(10, 20), agent(20.5, { speaking: true })), '', 'the agent speaks');
  for (const sound of ['music', 'tone']) assert.equal(of(customer(10), ...quiet(10.5, 30, { sound })), '', sound);
  assert.equal(of(...quiet(10, 20), pause('paused', 20)), '');
  assert.equal(of(...quiet(10, 20), pause('paused', 20), pause('resumed', 60), ...quiet(60.5, 62.5)), '');
  assert.equal(seen([call({ channels: ['customer'] }), ...quiet(1, 20)]).silence, '', 'the agent cannot be heard');
  assert.equal(quietS(followed(after([call({ channels: ['mixed'] }), ...[1, 9].map((tS) =>
    agent(tS, { channel: 'mixed' }))]))), 8);
  assert.equal(seen([call(), ...quiet(1, 20)], { link: { open: false, everOpen: true } }).silence, '', 'not known any more');
});

test('the mark of the usual is that of the cue which says it', () => {
  const usual = (...cues) => {
    const { frustration, stress } = seen([call(), customer(12), ...cues]).voice;
    return [frustration.usual?.words, stress.usual?.words];
  };
  assert.deepEqual(usual(), [undefined, undefined]);
  assert.deepEqual(usual(cue(1, { score_usual: 0.31 })), ['31%', undefined]);
  assert.deepEqual(usual(cue(1), cue(2, { cue: 'stress', score_usual: 0 })), [undefined, '0%']);
  assert.deepEqual(usual(cue(1, { score_usual: 0.31 }), cue(1, { state: 'cleared' })), [undefined, undefined]);
});

test('pause and stop are there while a call is heard or paused, and the server can be reached', () => {
  const does = (events, link) => seen(events, { link }).pause?.does;
  const paused = [call(), pause('paused', 1)];
  assert.deepEqual(seen([call()]).pause, { call: id, does: 'pause' });
  assert.equal(does(paused), 'resume');
  for (const events of [[], [call({ consent: 'unknown' })], [call(), summary()]]) assert.equal(does(events), undefined);
  assert.equal(does([call()], { open: false, everOpen: true }), undefined);
});

test('whether to stop is asked of the call that is paused, whatever cues are up', () => {
  const own = { stopping: id, told: '' };
  const paused = [call(), customer(12), cue(7), pause('paused', 12)];
  const { panel, feedback: rating, minor } = seen(paused, { own });
  assert.equal(panel.text, 'Consent withdrawn?');
  assert.deepEqual(panel.answers, ['withdrawn', 'resume']);
  assert.equal(panel.call, id);
  assert.equal(rating, null);
  assert.deepEqual(minor, []);
  assert.equal(seen([call(), cue(7)], { own }).panel.key, '7', 'not before the server has paused it');
  assert.equal(seen(paused, { own: { stopping: 'c-another', told: '' } }).panel.key, 'paused');
  assert.equal(seen([...paused, pause('resumed', 13)], { own }).panel.key, '7', 'somebody resumed it');
  assert.deepEqual(seen(paused, { own, link: { open: false, everOpen: true } }).panel.answers, [], 'it would not be heard');
});

test('what was refused is told, before anything else', () => {
  const own = { stopping: '', told: 'The server did not do that: the call is over' };
  assert.equal(seen([status(false), call()], { own }).note.words, own.told);
  assert.equal(seen([], { own, link: { open: false, everOpen: true } }).note.words, own.told);
});

test('keys: one for each thing, none with a modifier, held down, or while somebody writes', () => {
  assert.equal(new Set(KEYS.values()).size, KEYS.size);
  const pressed = (key, more) => actOf({ key, target: null, ...more });
  assert.equal(pressed('h'), 'helpful');
  assert.equal(pressed('H', { shiftKey: true }), 'helpful');
  assert.equal(pressed('?', { shiftKey: true }), 'help');
  for (const key of ['x', 'Enter', 'Escape', ' ', 'constructor']) assert.equal(pressed(key), undefined, key);
  for (const more of ['ctrlKey', 'altKey', 'metaKey', 'repeat', 'isComposing'])
    assert.equal(pressed('d', { [more]: true }), undefined, more);
  const within = (found) => ({ target: { closest: () => found } });
  assert.equal(pressed('d', within({})), undefined);
  assert.equal(pressed('d', within(null)), 'dismiss');
});

test('a held-out call looks like one in which no cue rose', () => {
  const scenes = [call(), call({ arm: 'held_out' })].map((start) => [seen([start, customer(30)]),
    seen([start, customer(30), summary({ cues: start.arm === 'held_out' ? 3 : 0 })])]);
  assert.deepEqual(scenes[0], scenes[1]);
});

test('memory is bounded', () => {
  const calls = Array.from({ length: 500 }, (_, i) => call({ call: `c-${i}` }));
  assert.equal(after(calls).calls.size, 100);
  assert.equal(followed(after(calls)).id, 'c-499', 'the newest stay');
  const cues = Array.from({ length: 500 }, (_, i) => cue(i, { text: 'x'.repeat(100_000) }));
  const { cues: kept } = followed(after([call(), ...cues]));
  assert.equal(kept.size, 32);
  assert.equal(kept.get(499).text.length, 240);
  let state = newState();
  for (let i = 0; i < 20; i++) {
    const fresh = Array.from({ length: 50 }, (_, k) => call({ call: `c-${i}-${k}` }));
    state = newState(after(fresh, { before: state }));
  }
  assert.equal(state.heard.size, 100, 'nor does reconnecting pile up');
  const thousand = Array.from({ length: 2000 }, (_, i) => call({ call: `c-${i}` }));
  assert.equal(after(thousand, { before: newState(undefined, 1000) }).calls.size, 1000);
});

test('time passes while the computer sleeps, and never goes back', async (t) => {
  const { nowMs } = await page('shared/now.js');
  const realNow = Date.now;
  t.after(() => (Date.now = realNow));
  const beforeMs = nowMs();
  Date.now = () => realNow() + 3_600_000;
  const wokenMs = nowMs();
  assert.ok(Math.abs(wokenMs - beforeMs - 3_600_000) < 1000, `${wokenMs - beforeMs} ms`);
  assert.ok(nowMs() - wokenMs < 1000, 'once');
  Date.now = realNow;
  const backMs = nowMs();
  assert.ok(backMs >= wokenMs && backMs - wokenMs < 1000, 'a clock that is set back');
});

test('messages that are no events', () => {
  const texts = ['', '{', 'null', '3', '"call"', '[1,2]', '\u0000', '{"type":"call"}',
    '{"type":"__proto__","call":"c"}'];
  for (const text of texts) {
    const state = reduce(newState(), parseEvent(text), 0);
    assert.equal(state.calls.size, 0, text);
    assert.equal(state.ignored, 1, text);
  }
});

/* A small generator with a seed, so that what fails can be had again. */
const chance = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
};

test('a call that is deleted is shown no more', () => {
  assert.equal(seen([call(), summary(), deleted()]).panel.text, 'Waiting for a call');
  assert.equal(after([deleted(), { ...deleted(), call: 7 }]).ignored, 1, 'one that is not known is nothing new');
});

test('random events never throw, and what is seen stays text and shares', () => {
  const nasty = [null, undefined, true, -1, 0, 0.5, 1e308, -1e308, NaN, Infinity, '', '__proto__', 'constructor',
    'toString', '<img src=x onerror=alert(1)>', '\u202e\u0000', 'x'.repeat(5000), [], {}, [[]], [null], { length: 3 },
    [{ feature: 'pitch_hz', change: 7 }], 'given', 'raised', 'customer', 'agent', 'urgent', '2026-13-99', id];
  for (let seed = 1; seed <= 200; seed++) {
    const random = chance(seed);
    const pick = (list) => list[Math.floor(random() * list.length)];
    let state = newState();
    for (let i = 0; i < 100; i++) {
      const event = random() < 0.02 ? summary() : pick([call, () => customer(i), () => agent(i), () => cue(i % 5),
        () => feedback(i % 5, 'dismiss'), () => pause('paused', i), () => pause('resumed', i), () => consent('given'),
        () => recording('recording'), () => status(false), deleted, over, () => trend(i), () => feedback(i % 5, 'taken'),
        () => cue(i % 5, { to: 'supervisor', state: pick(['raised', 'cleared']) })])();
      for (const key of Object.keys(event)) if (random() < 0.3) event[key] = pick(nasty);
      state = reduce(state, random() < 0.05 ? pick(nasty) : event, i * 500);
      const own = { stopping: random() < 0.3 ? id : '', told: '' };
      const scene = sceneOf(state, { open: random() < 0.8, everOpen: true }, random() < 0.1 ? id : null, i * 500, own);
      for (const { trend: kept } of state.calls.values())
        if (kept) assert.ok(kept.frustration.length <= 60 && kept.frustration.length === kept.stress.length, `seed ${seed}`);
      const { call: asked, answers, ...words } = scene.panel;
      assert.ok(answers.length === 0 || state.calls.has(asked));
      for (const text of [scene.title, scene.clock, scene.silence, scene.badge.words, ...Object.values(words)])
        assert.equal(typeof text, 'string', `seed ${seed}`);
      for (const share of [scene.voice.frustration, scene.voice.stress, scene.talk])
        if (share) assert.ok(share.value >= 0 && share.value <= 1, `seed ${seed}`);
    }
  }
});
