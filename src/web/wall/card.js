/* card.js - call in, what its card says out: one plain object, still without DOM.
 *
 *     card  { who, where, clock, sign: { name, icon, words }, cue, more, unscored, scores, waiting, tone }
 *
 * cue is the one that matters most, more how many others are up; unscored says why nothing is scored, or "". tone is
 * how the card is drawn: "stale", "ended", or else after its need: "escalated", "urgent", "notice", "".
 */

import texts from '../texts/wall.json';
import { textsOf } from '../shared/texts.js';
import { clock, consentName, cueName, percent } from '../shared/words.js';
import { cuesUp, waitingOf } from './filter.js';
import { ESCALATED, GONE, NOTICE, REST, URGENT } from './order.js';

const t = textsOf(texts);

export const STALE_AFTER_MS = 5000; /* readings come every 2 s */
const SEVERITIES = ['info', 'notice', 'urgent'];
const NEEDS = [REST, NOTICE, URGENT];
const TONES = new Map([[NOTICE, 'notice'], [URGENT, 'urgent'], [ESCALATED, 'escalated']]);

export function needOf(call) {
  if (waitingOf(call).length) return ESCALATED;
  if (call.ended) return GONE;
  return Math.max(REST, ...cuesUp(call).map(({ severity }) => NEEDS[severity]));
}

export const nameOf = (call) => call.agent || call.source.split('/').at(-1) || t('nobody');

/* lost: nothing comes from the server at all. */
export function cardOf(call, nowMs, lost) {
  const quietMs = quietOf(call, nowMs);
  const stale = lost || quietMs >= STALE_AFTER_MS;
  const [cue, ...others] = cuesUp(call);
  const waiting = waitingOf(call);
  return {
    who: nameOf(call),
    where: [call.queue, call.team].filter(Boolean).join(' · '),
    clock: clockOf(call, nowMs, stale),
    sign: signOf(call, stale && !lost ? Math.floor(quietMs / 1000) : null),
    cue: cue ? chipOf(cue, waiting.includes(cue)) : null,
    more: others.length,
    unscored: cue || call.ended ? '' : unscoredOf(call),
    scores: scoresOf(call),
    waiting: waiting.map(({ id }) => id),
    tone: call.ended ? 'ended' : stale ? 'stale' : TONES.get(needOf(call)) ?? '',
  };
}

/* Of an escalation the supervisor's line has the words; here there is a button beside it. */
const chipOf = ({ id, kind, severity, text }, waits) => waits ? { id, kind, severity: 'urgent', text: cueName(kind) } :
  { id, kind, severity: SEVERITIES[severity], text };

/* For how long nothing was heard of a call of which something should be. */
function quietOf(call, nowMs) {
  const silent = call.ended || call.paused || call.consent !== 'given';
  return silent ? 0 : nowMs - call.heardAtMs;
}

/* How long a call has lasted, going on between readings; it stands still where nothing comes. */
function clockOf(call, nowMs, stale) {
  if (call.ended) return call.ended.durationS === null ? '' : clock(call.ended.durationS);
  if (call.tS < 0) return '';
  const still = stale || call.paused || call.consent !== 'given';
  return clock(call.tS + (still ? 0 : (nowMs - call.heardAtMs) / 1000));
}

const RECORDINGS = new Map([['recording', ['recorded', 'record']], ['failed', ['unrecorded', 'unrecorded']]]);

/* One word on how things stand: what matters most. */
function signOf(call, quietS) {
  const sign = (name, icon, values) => ({ name, icon, words: t(name, values) });
  if (call.ended) return sign('ended', 'ended');
  if (quietS !== null) return sign('no_data', 'lost', { n: quietS });
  if (call.paused) return sign('paused', 'paused');
  if (call.consent !== 'given') return sign('unheard', 'unheard');
  return RECORDINGS.has(call.recording) ? sign(...RECORDINGS.get(call.recording)) : null;
}

function unscoredOf(call) {
  if (call.consent !== 'given') return consentName(call.consent);
  return call.hasCustomer ? '' : t('no_customer');
}

/* For those who do not see the curve. */
function scoresOf({ voice, ended }) {
  if (ended || !voice) return '';
  if (voice.abstain) return t('no_scores');
  return t('scores', { frustration: percent(voice.frustration), stress: percent(voice.stress) });
}
