/* scene.js - state in, what is to be seen out: the whole overlay as one plain object, still without DOM.
 *
 *     link   { open, everOpen }   of connection.js
 *     scene  { mode, lost, badge, recording, clock, consent, panel, minor, feedback, voice, talk, unstored, title, icon }
 */

import { followed, ranked } from '../shared/calls.js';
import { because, clock, count, percent, withoutPath } from '../shared/words.js';

export const STALE_AFTER_MS = 3000;
const MAX_MINOR = 2;
const TALK_FROM_S = 20; /* who speaks first has had all of the talk */
const SEVERITIES = ['info', 'notice', 'urgent'];

export function sceneOf(state, link, wanted, nowMs) {
  const call = followed(state, wanted);
  const lost = lostOf(call, link, nowMs);
  const mode = modeOf(call, link);
  const cues = mode === 'live' || mode === 'paused' ? ranked(call) : [];
  const panel = cues.length ? cuePanel(cues[0]) : lost && mode !== 'ended' ? UNLISTENING : PANELS[mode](call);
  return {
    mode,
    lost: lost !== null,
    badge: lost ?? BADGES[mode],
    recording: mode === 'live' && !lost ? RECORDINGS[call.recording] : null,
    clock: call && call.tS >= 0 && !call.ended ? clock(call.tS) : '',
    consent: call && !call.ended ? CONSENTS[call.consent] : null,
    panel,
    minor: cues.slice(1, 1 + MAX_MINOR).map(chip),
    feedback: cues.length ? { call: call.id, cue: cues[0].id, verdict: cues[0].verdict, possible: link.open } : null,
    voice: mode === 'live' ? voiceOf(call, lost) : { note: mode === 'paused' && cues.length ? PAUSED : '' },
    talk: mode === 'live' && !lost && call.tS >= TALK_FROM_S ? shareOf(call.talkShare) : null,
    unstored: link.open && state.unstored !== null ? unstoredWords(state.unstored) : '',
    title: `${lost?.words ?? panel.text} – Undertone`,
    icon: lost ? 'lost' : ICONS[panel.severity] ?? (mode === 'live' ? 'live' : 'idle'),
  };
}

function modeOf(call, link) {
  if (!call) return link.everOpen ? 'waiting' : 'connecting';
  if (call.ended) return 'ended';
  if (call.consent !== 'given') return 'unheard';
  return call.paused ? 'paused' : 'live';
}

/* Why what is on screen may be old, or null. A call that is paused or without consent sends nothing, which is no sign
 * of a fault. */
function lostOf(call, link, nowMs) {
  if (!link.open && link.everOpen) {
    return { icon: 'lost', words: 'Connection lost – reconnecting', spoken: 'Connection lost, reconnecting' };
  }
  if (!link.open || !call || call.ended || call.paused || call.consent !== 'given') return null;
  const quietMs = nowMs - call.heardAtMs;
  if (quietMs < STALE_AFTER_MS) return null;
  return { icon: 'lost', words: `No data for ${count(Math.floor(quietMs / 1000))}\u00a0s`, spoken: 'No data' };
}

const PAUSED = 'Nothing is heard or recorded.';

const BADGES = {
  connecting: { icon: 'ring', words: 'Connecting…', spoken: '' },
  waiting: { icon: 'ring', words: 'Connected', spoken: 'Connected, waiting for a call' },
  live: { icon: 'dot', words: 'Live', spoken: 'Call live' },
  paused: { icon: 'paused', words: 'Paused', spoken: `Paused. ${PAUSED}` },
  unheard: { icon: 'ring', words: 'Call', spoken: 'Call not analysed' },
  ended: { icon: 'square', words: 'Ended', spoken: 'Call ended' },
};

/* Of one that is finished or interrupted there is nothing to say. */
const RECORDINGS = {
  recording: { icon: 'record', words: 'Recording' },
  failed: { icon: 'unrecorded', words: 'Not being recorded' },
};

const CONSENTS = {
  given: { icon: 'check', words: 'Consent given' },
  unknown: { icon: 'bar', words: 'Consent unknown' },
  refused: { icon: 'bar', words: 'Consent refused' },
  withdrawn: { icon: 'bar', words: 'Consent withdrawn' },
};

const UNHEARD = {
  unknown: 'It is not known whether they agree.',
  refused: 'The customer refused.',
  withdrawn: 'The customer withdrew it.',
};

const ICONS = { info: 'live', notice: 'notice', urgent: 'urgent' };

const PROMISE = 'Your own voice is never scored.';

const plain = (kind, text, advice, reason) => ({ key: kind, kind, severity: 'none', text, advice, reason, likely: '' });

const UNLISTENING = plain('unheard', 'Not listening', 'No cue shows until data comes again.', 'What you see may be old.');

const PANELS = {
  connecting: () => plain('waiting', 'Connecting…', '', PROMISE),
  waiting: () => plain('waiting', 'Waiting for a call', 'Cues show here during the call.', PROMISE),
  live: (call) => plain('listening', 'Listening', 'A cue shows here if things change.',
    call.hasCustomer ? PROMISE : 'No channel holds the customer alone: no voice is scored.'),
  paused: () => plain('paused', 'Paused', PAUSED, 'Cues go on when the call is resumed.'),
  unheard: (call) => plain('unheard', 'Not analysed: no consent', UNHEARD[call.consent], 'Nothing is scored or stored.'),
  ended: (call) => plain('ended', 'Call ended', endedWords(call), 'Waiting for the next one.'),
};

function endedWords({ consent, ended: { durationS, cues } }) {
  if (consent === 'withdrawn') return 'The customer withdrew consent.';
  const lasted = durationS === null ? [] : [`It lasted ${clock(durationS)}`];
  const shown = cues === null ? [] : [cues === 1 ? `${count(cues)} cue` : cues ? `${count(cues)} cues` : 'no cues'];
  return [...lasted, ...shown].join(' · ');
}

function unstoredWords(why) {
  const reason = withoutPath(why);
  return `Calls are not being stored${reason && `: ${reason}`}`;
}

const chip = ({ kind, text, severity }) => ({ kind, text, severity: SEVERITIES[severity] });

function cuePanel(cue) {
  return {
    key: `${cue.id}`,
    kind: cue.kind,
    severity: SEVERITIES[cue.severity],
    text: cue.text,
    advice: cue.advice,
    reason: because(cue.reasons),
    likely: cue.score === null || cue.kind === 'calming' ? '' : `${percent(cue.score)} likely`,
  };
}

function voiceOf(call, lost) {
  if (!call.hasCustomer) return { note: 'not scored' };
  if (lost) return { note: 'no data' };
  if (!call.voice) return { note: 'listening…' };
  if (call.voice.abstain) return { note: 'nothing to go by yet' };
  const { frustration, stress, confidence, warming } = call.voice;
  const confident = confidence === null ? '' : `Confidence ${percent(confidence)}`;
  return {
    note: '',
    unsure: confidence !== null && confidence < 0.5,
    confidence: warming ? 'Getting to know the voice' : confident,
    frustration: shareOf(frustration),
    stress: shareOf(stress),
  };
}

const shareOf = (value) => (value === null ? null : { value, words: percent(value) });
