/* calls.js - what is known of the calls: events in, state out.
 *
 * No DOM, no clock, no network. Events come from outside and are taken as hostile: whatever has the wrong type is left
 * out, whatever is unknown is counted and otherwise ignored, and memory is bounded. An event costs the same whatever
 * the number of calls: the state is changed in place, and the call it is of is a new object.
 *
 *     state  { calls: Map(id -> call), most, arrivals, ignored, unstored }
 *     call   { id, order, startedAt, consent, hasCustomer, heldOut, ended, tS, heardAtMs, voice, talkShare,
 *              cues: Map(id -> cue), paused, recording }
 *
 * most is how many calls are kept, unstored says why calls are not being stored, null: they are.
 */

const MAX_CALLS = 100;
const MAX_CUES = 32;
const MAX_REASONS = 3;
const MAX_TEXT = 240;
const MAX_WHY = 600;
const MAX_NAME = 64;
const CONSENTS = ['unknown', 'given', 'refused', 'withdrawn'];
const SEVERITIES = ['info', 'notice', 'urgent'];
const URGENT = SEVERITIES.indexOf('urgent');
const LAST_PRIORITY = 99;
const VERDICTS = ['helpful', 'wrong', 'dismiss'];
const PAUSES = ['paused', 'resumed'];
const RECORDINGS = ['recording', 'finished', 'interrupted', 'failed'];

/* Who reconnects is told everything again, so nothing is kept but when each call was last heard: a call that stood
 * still before must not look alive because its last reading was repeated. */
export function newState(before, most = MAX_CALLS) {
  const heard = new Map(before?.heard);
  for (const call of before?.calls.values() ?? []) heard.set(call.id, { tS: call.tS, heardAtMs: call.heardAtMs });
  return { calls: new Map(), most, arrivals: 0, ignored: 0, unstored: null, heard };
}

/* The event in one WebSocket message, or null. */
export function parseEvent(text) {
  try {
    const event = JSON.parse(text);
    return event !== null && typeof event === 'object' ? event : null;
  } catch {
    return null;
  }
}

export function reduce(state, event, nowMs) {
  const take = WHOLE.get(event?.type) ?? takeOfCall; /* each says whether it was taken */
  if (!take(state, event, nowMs)) state.ignored++;
  return state;
}

/* Of no call, or of one that goes. */
const WHOLE = new Map([['status', takeStatus], ['deleted', takeDeleted]]);

function takeDeleted(state, event) {
  const id = name(event.call);
  state.calls.delete(id);
  return id !== '';
}

function takeStatus(state, { storing, why }) {
  if (typeof storing !== 'boolean') return false;
  state.unstored = storing ? null : text(why, MAX_WHY);
  return true;
}

function takeOfCall(state, event, nowMs) {
  const id = event && name(event.call);
  const take = id && takers.get(event.type);
  const before = id && state.calls.get(id);
  const call = take ? take(state, before, event, nowMs, id) : undefined;
  if (!call) return false;

  state.calls.set(id, call);
  if (!before) state.arrivals++;
  if (state.calls.size > state.most) state.calls.delete(leastWanted(state.calls, id));
  return true;
}

/* The call to show: the one asked for, else the latest started of those in progress, else the latest that ended. */
export function followed(state, wanted) {
  if (wanted) return state.calls.get(wanted);
  let best;
  for (const call of state.calls.values()) if (!best || ranksAbove(call, best)) best = call;
  return best;
}

/* Cues to show, the main one first: what is urgent, then by priority, then by severity, then the most recent. */
export function ranked(call) {
  const isUrgent = (cue) => Number(cue.severity === URGENT);
  return [...call.cues.values()].filter((cue) => cue.verdict !== 'dismiss').sort((a, b) =>
    isUrgent(b) - isUrgent(a) || a.priority - b.priority || b.severity - a.severity || b.order - a.order);
}

/* ---- one taker for each type of event: the call after it, or undefined where it is not to be taken ---- */

const takers = new Map([
  ['call', takeCall],
  ['consent', takeConsent],
  ['reading', takeReading],
  ['turn', (state, call) => call],
  ['cue', takeCue],
  ['feedback', takeFeedback],
  ['pause', takePause],
  ['recording', takeRecording],
  ['summary', takeSummary],
]);

function takeCall(state, before, event, nowMs, id) {
  const call = before ?? newCall(state, id, nowMs);
  return withConsent({
    ...call,
    startedAt: number(Date.parse(name(event.started_at))) ?? call.startedAt,
    hasCustomer: Array.isArray(event.channels) ? event.channels.includes('customer') : call.hasCustomer,
    heldOut: event.arm === 'held_out',
  }, event.consent, nowMs);
}

/* Of a call that is over nothing else comes. */
function takeConsent(state, call, event, nowMs) {
  return call && withConsent(call, event.consent, nowMs);
}

function takeReading(state, call, event, nowMs) {
  const tS = number(event.t_s);
  if (!listening(call) || tS === null || tS < 0) return undefined;
  const next = heardUntil(call, tS, nowMs);
  if (event.channel !== 'customer') return next;
  return { ...next, voice: voiceOf(event), talkShare: share(event.talk_share_120s) };
}

function takeCue(state, call, event) {
  const id = number(event.id);
  if (!listening(call) || id === null) return undefined;
  if (event.to === 'supervisor') return call;
  const cues = new Map(call.cues);
  if (event.state === 'cleared') cues.delete(id);
  else if (event.state === 'raised' || event.state === 'updated') {
    const { order = call.cuesSeen, verdict = '' } = cues.get(id) ?? {};
    cues.set(id, { ...cueOf(event), id, order, verdict });
    if (cues.size > MAX_CUES) cues.delete(cues.keys().next().value);
  } else return undefined;
  return { ...call, cues, cuesSeen: call.cuesSeen + 1 };
}

/* What was said of a cue that is up. */
function takeFeedback(state, call, event) {
  const cue = call?.cues.get(event.cue);
  if (!cue || !VERDICTS.includes(event.verdict)) return call;
  return { ...call, cues: new Map(call.cues).set(cue.id, { ...cue, verdict: event.verdict }) };
}

/* What was heard before the pause says nothing of the voice after it. */
function takePause(state, call, event, nowMs) {
  if (!listening(call) || !PAUSES.includes(event.state)) return undefined;
  const paused = event.state === 'paused';
  const next = heardUntil(call, number(event.t_s) ?? call.tS, nowMs);
  return paused === call.paused ? next : { ...next, paused, voice: null, talkShare: null };
}

/* It is finished when the call is over, and then it is not told any more. */
function takeRecording(state, call, event) {
  if (!RECORDINGS.includes(event.state)) return undefined;
  return listening(call) ? { ...call, recording: event.state } : call;
}

/* An agent is not told of the cues of a held-out call, nor how many there were. */
function takeSummary(state, before, event, nowMs, id) {
  const call = before ?? newCall(state, id, nowMs);
  const ended = { durationS: atLeastZero(event.duration_s), cues: call.heldOut ? 0 : atLeastZero(event.cues) };
  return asAgreed({ ...call, ...nothingHeard(), ended });
}

/* ---- pieces ---- */

/* Known by its first event; where that is the summary, there was consent. */
function newCall(state, id, nowMs) {
  const { tS, heardAtMs } = state.heard.get(id) ?? { tS: -1, heardAtMs: nowMs };
  return { id, order: state.arrivals, startedAt: 0, consent: 'given', hasCustomer: true, heldOut: false, ended: null,
    tS, heardAtMs, ...nothingHeard() };
}

/* Listening begins when consent is given at last. */
function withConsent(call, said, nowMs) {
  const consent = CONSENTS.includes(said) ? said : 'unknown';
  const begins = consent === 'given' && call.consent !== 'given';
  return asAgreed({ ...call, consent, heardAtMs: begins ? nowMs : call.heardAtMs });
}

/* Without consent there is nothing to show of a call but that it is, or was. */
const asAgreed = (call) => call.consent === 'given' ? call :
  { ...call, ...nothingHeard(), ended: call.ended && { durationS: null, cues: null } };

/* Told again it is no news. */
const heardUntil = (call, tS, nowMs) => (tS > call.tS ? { ...call, tS, heardAtMs: nowMs } : { ...call });

const nothingHeard = () =>
  ({ voice: null, talkShare: null, cues: new Map(), cuesSeen: 0, paused: false, recording: '' });

const listening = (call) => call !== undefined && call.consent === 'given' && !call.ended;

/* Scores are read from the customer's readings alone; see takeReading. */
function voiceOf(event) {
  const frustration = share(event.frustration);
  const stress = share(event.stress);
  const abstain = event.abstain !== false || frustration === null || stress === null;
  const warming = event.baseline === 'warming';
  return abstain ? { abstain } : { abstain, frustration, stress, confidence: share(event.confidence), warming };
}

function cueOf(event) {
  return {
    kind: name(event.cue),
    priority: number(event.priority) ?? LAST_PRIORITY,
    severity: Math.max(0, SEVERITIES.indexOf(event.severity)),
    score: share(event.score),
    text: text(event.text) || text(event.cue).replaceAll('_', ' '),
    advice: text(event.advice),
    reasons: Array.isArray(event.reasons) ? event.reasons.slice(0, MAX_REASONS).flatMap(reasonOf) : [],
  };
}

function reasonOf(reason) {
  const feature = name(reason?.feature);
  return feature ? [{ feature, change: name(reason.change), z: number(reason.z) }] : [];
}

function ranksAbove(a, b) {
  if (!a.ended !== !b.ended) return !a.ended;
  return a.startedAt - b.startedAt > 0 || (a.startedAt === b.startedAt && a.order > b.order);
}

function leastWanted(calls, newest) {
  let worst;
  for (const call of calls.values()) if (call.id !== newest && (!worst || ranksAbove(worst, call))) worst = call;
  return worst.id;
}

const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const share = (value) => (number(value) === null ? null : Math.min(Math.max(value, 0), 1));
const atLeastZero = (value) => (number(value) === null ? null : Math.max(value, 0));
const text = (value, most = MAX_TEXT) => (typeof value === 'string' ? value.slice(0, most) : '');
const name = (value) => (typeof value === 'string' ? value.slice(0, MAX_NAME) : '');
