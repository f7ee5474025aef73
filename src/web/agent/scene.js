/* scene.js - state in, what is to be seen out: the whole overlay as one plain object, still without DOM.
 *
 *     link   { open, everOpen }   of connection.js
 *     own    { stopping, told }   what this page knows by itself: the id of the call that the agent is about to stop,
 *                                 or "", and a sentence in answer to what the agent did, or ""
 *     scene  { mode, lost, badge, recording, clock, consent, pause, panel, minor, feedback, voice, talk, silence, note,
 *              title, icon }
 *
 * What a panel asks is in its answers, names of what the agent can say to it; the server's word alone changes what the
 * call is.
 */

import { followed, quietS, ranked } from '../shared/calls.js';
import { textsOf } from '../shared/texts.js';
import { because, clock, percent, withoutPath } from '../shared/words.js';
import texts from '../texts/agent.json';

export const t = textsOf(texts);

export const STALE_AFTER_MS = 3000;
const MAX_MINOR = 2;
const TALK_FROM_S = 20; /* who speaks first has had all of the talk */
const SILENCE_FROM_S = 3;
const SEVERITIES = ['info', 'notice', 'urgent'];
const NOTHING = { stopping: '', told: '' };

export function sceneOf(state, link, wanted, nowMs, own = NOTHING) {
  const call = followed(state, wanted);
  const lost = lostOf(call, link, nowMs);
  const mode = modeOf(call, link);
  const asks = link.open ? questionOf(call, mode, own) : null;
  const cues = mode === 'live' ? ranked(call) : [];
  const panel = asks ?? (cues.length ? cuePanel(cues[0]) : restPanel(call, mode, lost));
  return {
    mode,
    lost: lost !== null,
    badge: lost ?? badgeOf(mode),
    recording: mode === 'live' && !lost ? recordingOf(call) : null,
    clock: call && call.tS >= 0 && !call.ended && !lost ? clock(call.tS) : '',
    consent: call && !call.ended && link.open ? consentOf(call) : null,
    pause: link.open && PAUSES.has(mode) ? { call: call.id, does: PAUSES.get(mode) } : null,
    panel,
    minor: cues.slice(1, 1 + MAX_MINOR).map(chip),
    feedback: cues.length ? { call: call.id, cue: cues[0].id, verdict: cues[0].verdict, possible: link.open } : null,
    voice: mode === 'live' ? voiceOf(call, lost) : { note: '' },
    talk: mode === 'live' && !lost && call.tS >= TALK_FROM_S ? shareOf(call.talkShare) : null,
    silence: mode === 'live' && !lost ? silenceOf(call) : '',
    note: noteOf(state, link, own),
    title: t('title', { words: lost?.words ?? panel.text }),
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
  if (!link.open && link.everOpen) return { icon: 'lost', words: t('lost'), spoken: t('said_lost') };
  if (!link.open || !call || call.ended || call.paused || call.consent !== 'given') return null;
  const quietMs = nowMs - call.heardAtMs;
  if (quietMs < STALE_AFTER_MS) return null;
  return { icon: 'lost', words: t('stale', { seconds: Math.floor(quietMs / 1000) }), spoken: t('said_stale') };
}

const badgeOf = (mode) =>
  ({ icon: BADGES[mode], words: t(`badge_${mode}`), spoken: mode === 'connecting' ? '' : t(`said_${mode}`) });

const BADGES = { connecting: 'idle', waiting: 'idle', live: 'live', paused: 'paused', unheard: 'idle', ended: 'stop' };
const ICONS = { info: 'live', notice: 'notice', urgent: 'urgent' };
const PAUSES = new Map([['live', 'pause'], ['paused', 'resume']]);

/* Of one that is finished or interrupted there is nothing to say. */
function recordingOf({ recording }) {
  if (recording === 'recording') return { icon: 'record', words: t('recording') };
  return recording === 'failed' ? { icon: 'unrecorded', words: t('recording_failed') } : null;
}

const consentOf = ({ consent }) =>
  ({ icon: consent === 'given' ? 'check' : 'unheard', words: t(`consent_${consent}`) });

/* ---- the panel ---- */

/* Where there is no cue: key is that of its text. */
const plain = (key, kind, advice, reason, answers = []) =>
  ({ key, kind, severity: 'none', text: t(key), advice, reason, likely: '', answers });

const PANELS = {
  unlistening: () => plain('unlistening', 'unheard', t('unlistening_advice'), t('unlistening_reason')),
  connecting: () => plain('connecting', 'waiting', '', t('promise')),
  waiting: () => plain('waiting', 'waiting', t('waiting_advice'), t('promise')),
  live: (call) => plain('live', 'listening', t('live_advice'), call.hasCustomer ? t('promise') : t('live_unscored')),
  paused: () => plain('paused', 'paused', t('paused_advice'), t('paused_reason')),
  unheard: (call) => plain('unheard', 'unheard', t(`unheard_${call.consent}`), t('unheard_reason')),
  ended: (call) => plain('ended', 'ended', endedWords(call), t('ended_reason')),
};

const restPanel = (call, mode, lost) => (lost && mode !== 'ended' ? PANELS.unlistening() : PANELS[mode](call));

/* What only the agent can answer, or null. */
function questionOf(call, mode, { stopping }) {
  const asks = (key, kind, answers) => ({ ...plain(key, kind, t(`${key}_advice`), '', answers), call: call.id });
  if (mode === 'unheard' && call.consent === 'unknown') return asks('ask_consent', 'unheard', ['given', 'refused']);
  if (mode === 'paused' && stopping === call.id) return asks('ask_stop', 'paused', ['withdrawn', 'resume']);
  return null;
}

function endedWords({ consent, ended: { durationS, cues } }) {
  if (consent === 'withdrawn') return t('ended_withdrawn');
  const lasted = durationS === null ? [] : [t('ended_lasted', { time: clock(durationS) })];
  const shown = cues === null ? [] : [cues ? t('ended_cues', { n: cues }) : t('ended_no_cues')];
  return [...lasted, ...shown].join(' · ');
}

const chip = ({ id, kind, text, severity }) => ({ key: `${id}`, kind, text, severity: SEVERITIES[severity] });

function cuePanel(cue) {
  return {
    key: `${cue.id}`,
    kind: cue.kind,
    severity: SEVERITIES[cue.severity],
    text: cue.text,
    advice: cue.advice,
    reason: because(cue.reasons),
    likely: cue.score === null || cue.kind === 'calming' ? '' : t('likely', { share: percent(cue.score) }),
    answers: [],
  };
}

/* ---- how the customer's voice sounds, who talks ---- */

function voiceOf(call, lost) {
  if (!call.hasCustomer) return { note: t('voice_unscored') };
  if (lost) return { note: t('voice_no_data') };
  if (!call.voice) return { note: t('voice_listening') };
  if (call.voice.abstain) return { note: t(call.voice.speaking ? 'voice_abstains' : 'voice_quiet') };
  const { frustration, stress, confidence, warming } = call.voice;
  const confident = confidence === null ? '' : t('voice_confidence', { share: percent(confidence) });
  return {
    note: '',
    unsure: confidence !== null && confidence < 0.5,
    confidence: warming ? t('voice_warming') : confident,
    frustration: { ...shareOf(frustration), usual: usualOf(call, 'frustration') },
    stress: { ...shareOf(stress), usual: usualOf(call, 'stress') },
  };
}

/* What the model would say if the voice sounded as it usually does is known of the cues that are up. */
function usualOf(call, kind) {
  const cue = ranked(call).find((one) => one.kind === kind);
  return cue?.scoreUsual === undefined ? null : shareOf(cue.scoreUsual);
}

const silenceOf = (call) => {
  const silentS = quietS(call);
  return silentS < SILENCE_FROM_S ? '' : t('seconds', { seconds: Math.floor(silentS) });
};

const shareOf = (value) => (value === null ? null : { value, words: percent(value) });

/* ---- the last line ---- */

function noteOf(state, link, { told }) {
  if (told) return { icon: 'lost', words: told };
  if (!link.open || state.unstored === null) return null;
  const why = withoutPath(state.unstored);
  return { icon: 'unstored', words: why ? t('unstored_why', { why }) : t('unstored') };
}
