/* calls.js - what is known of the calls: events in, state out.
 *
 * No DOM, no clock, no network. Events come from outside and are taken as hostile: whatever has the wrong type is left
 * out, whatever is unknown is counted and otherwise ignored, and memory is bounded. An event costs the same whatever
 * the number of calls: the state is changed in place, and the call it is of is a new object.
 *
 *     state  { calls: Map(id -> call), most, arrivals, ignored, unstored }
 *     call   { id, order, startedAt, source, agent, team, queue, customer, consent, hasCustomer, hasBoth, heldOut,
 *              ended: null | { durationS, cues }, tS, heardAtMs, voice, talkShare, spokenS, trend,
 *              cues: Map(id -> cue), paused, recording }
 *     voice  null | { abstain: true, speaking } | { abstain: false, frustration, stress, confidence, warming }
 *     trend  null | { tS, stepS, frustration: [], stress: [] }
 *     cue    { id, order, kind, to, priority, severity, score, scoreUsual, text, advice, reasons, tS, cleared, verdict,
 *              takenAt }
 *
 * most is how many calls are kept, unstored says why calls are not being stored, null: they are. Names that are not
 * known are "". hasBoth: customer and agent are heard, so that silence can be told. spokenS is the time up to which
 * somebody spoke or music or a tone was heard; see quietS. A trend is the last two minutes of the customer's scores, a
 * value every stepS, null where nothing was scored, tS the time of the last. severity is 0 to 2: info, notice, urgent.
 * A cue that is cleared goes, but one to the supervisor stays, also when its call has ended: takenAt says when somebody
 * took it, null: nobody did. See ranked for the agent's cues and escalations for the supervisor's.
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
const AUDIENCES = ['agent', 'supervisor'];
const SOUNDS = ['speech', 'music', 'tone'];
const TREND_STEP_S = 2;
const TREND_STEPS = 60;
const VERDICTS = ['helpful', 'wrong', 'dismiss'];
const PAUSES = ['paused', 'resumed'];
const RECORDINGS = ['recording', 'finished', 'interrupted', 'failed'];

/* Who reconnects is told everything again, so nothing is kept but when each call was last heard: a call that stood
 * still before must not look alive because its last reading was repeated. */
export function newState(before, most = MAX_CALLS) {
  const heard = new Map(before?.heard);
  for (const call of before?.calls.values() ?? []) heard.set(call.id, { tS: call.tS, heardAtMs: call.heardAtMs });
  for (const id of heard.keys()) if (heard.size > most) heard.delete(id);
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

/* The agent's cues to show, the main one first: what is urgent, then by priority, then by severity, then the most
 * recent. */
export function ranked(call) {
  const isUrgent = (cue) => Number(cue.severity === URGENT);
  return [...call.cues.values()].filter((cue) => cue.to === 'agent' && cue.verdict !== 'dismiss').sort((a, b) =>
    isUrgent(b) - isUrgent(a) || a.priority - b.priority || b.severity - a.severity || b.order - a.order);
}

/* The supervisor's cues, the oldest first. */
export const escalations = (call) => [...call.cues.values()].filter((cue) => cue.to === 'supervisor');

/* How long nobody has spoken, as far as was heard here; 0 where that cannot be told. Music on hold is no silence. */
export const quietS = (call) => (call.hasBoth && call.spokenS !== null ? Math.max(call.tS - call.spokenS, 0) : 0);

/* ---- one taker for each type of event: the call after it, or undefined where it is not to be taken ---- */

const takers = new Map([
  ['call', takeCall],
  ['consent', takeConsent],
  ['reading', takeReading],
  ['trend', takeTrend],
  ['turn', (state, call) => call],
  ['cue', takeCue],
  ['feedback', takeFeedback],
  ['pause', takePause],
  ['recording', takeRecording],
  ['summary', takeSummary],
  ['over', takeOver],
]);

function takeCall(state, before, event, nowMs, id) {
  const call = before ?? newCall(state, id, nowMs);
  return withConsent({
    ...call,
    ...(Array.isArray(event.channels) && sidesOf(event.channels)),
    startedAt: number(Date.parse(name(event.started_at))) ?? call.startedAt,
    source: text(event.source),
    agent: name(event.agent),
    team: name(event.team),
    queue: name(event.queue),
    customer: name(event.customer),
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
  const next = { ...heardUntil(call, tS, nowMs), spokenS: spokenUntil(call, tS, event) };
  if (event.channel !== 'customer') return next;
  const voice = voiceOf(event);
  return { ...next, voice, talkShare: share(event.talk_share_120s), trend: longer(call.trend, tS, voice) };
}

/* What was before somebody joined. */
function takeTrend(state, call, { t_s, step_s, frustration, stress }) {
  const [tS, stepS] = [number(t_s), number(step_s)];
  if (!listening(call) || tS === null || !(stepS > 0) || ![frustration, stress].every(Array.isArray)) return undefined;
  const steps = Math.min(frustration.length, stress.length, TREND_STEPS);
  const last = (scores) => scores.slice(scores.length - steps).map(share);
  return { ...call, trend: { tS, stepS, frustration: last(frustration), stress: last(stress) } };
}

function takeCue(state, call, event) {
  const id = number(event.id);
  if (!listening(call) || id === null) return undefined;
  const cues = new Map(call.cues);
  const cleared = event.state === 'cleared';
  if (cleared && event.to !== 'supervisor') cues.delete(id);
  else if (cleared || event.state === 'raised' || event.state === 'updated') {
    const { order = call.cuesSeen, tS = number(event.t_s), verdict = '', takenAt = null } = cues.get(id) ?? {};
    cues.set(id, { ...cueOf(event), id, order, tS, cleared, verdict, takenAt });
    if (cues.size > MAX_CUES) cues.delete(cues.keys().next().value);
  } else return undefined;
  return { ...call, cues, cuesSeen: call.cuesSeen + 1 };
}

/* What was said of a cue that is up, or that somebody took it. */
function takeFeedback(state, call, { cue: id, verdict, at }) {
  const cue = call?.cues.get(id);
  if (!cue) return call;
  const said = (more) => ({ ...call, cues: new Map(call.cues).set(id, { ...cue, ...more }) });
  if (verdict === 'taken') return said({ takenAt: name(at) });
  return VERDICTS.includes(verdict) ? said({ verdict }) : call;
}

/* What was heard before the pause says nothing of the voice after it. */
function takePause(state, call, event, nowMs) {
  if (!listening(call) || !PAUSES.includes(event.state)) return undefined;
  const paused = event.state === 'paused';
  const next = heardUntil(call, number(event.t_s) ?? call.tS, nowMs);
  return paused === call.paused ? next : { ...next, paused, voice: null, talkShare: null, spokenS: null };
}

/* It is finished when the call is over, and then it is not told any more. */
function takeRecording(state, call, event) {
  if (!RECORDINGS.includes(event.state)) return undefined;
  return listening(call) ? { ...call, recording: event.state } : call;
}

/* An agent is not told of the cues of a held-out call, nor how many there were. */
function takeSummary(state, before, event, nowMs, id) {
  const call = before ?? newCall(state, id, nowMs);
  return over(call, { durationS: atLeastZero(event.duration_s), cues: call.heldOut ? 0 : atLeastZero(event.cues) });
}

/* A call without consent has no summary. */
function takeOver(state, call) {
  return call && over(call, { durationS: null, cues: null });
}

/* ---- pieces ---- */

/* Known by its first event; where that is the summary, there was consent. */
function newCall(state, id, nowMs) {
  const { tS, heardAtMs } = state.heard.get(id) ?? { tS: -1, heardAtMs: nowMs };
  return { id, order: state.arrivals, startedAt: 0, source: '', agent: '', team: '', queue: '', customer: '',
    consent: 'given', hasCustomer: true, hasBoth: false, heldOut: false, ended: null, tS, heardAtMs,
    ...nothingHeard() };
}

const sidesOf = (channels) => ({
  hasCustomer: channels.includes('customer'),
  hasBoth: channels.includes('mixed') || (channels.includes('customer') && channels.includes('agent')),
});

/* What waits for a supervisor waits on. */
function over(call, ended) {
  const cues = new Map(escalations(call).map((cue) => [cue.id, cue]));
  return asAgreed({ ...call, ...nothingHeard(), cues, ended });
}

/* Listening begins when consent is given at last. */
function withConsent(call, said, nowMs) {
  const consent = CONSENTS.includes(said) ? said : 'unknown';
  const begins = consent === 'given' && call.consent !== 'given';
  return asAgreed({ ...call, consent, heardAtMs: begins ? nowMs : call.heardAtMs });
}

/* Without consent there is nothing to show of a call but that it is, or was. */
const asAgreed = (call) => call.consent === 'given' ? call :
  { ...call, ...nothingHeard(), customer: '', ended: call.ended && { durationS: null, cues: null } };

/* Told again it is no news. */
const heardUntil = (call, tS, nowMs) => (tS > call.tS ? { ...call, tS, heardAtMs: nowMs } : { ...call });

/* Silence counts from the first reading on. */
function spokenUntil({ spokenS }, tS, { speaking, sound }) {
  if (spokenS === null) return tS;
  return speaking === true || SOUNDS.includes(sound) ? Math.max(spokenS, tS) : spokenS;
}

/* The trend with another reading, the first of its step; of the steps between nothing was heard. */
function longer(trend, heardAtS, { frustration = null, stress = null }) {
  const { stepS, ...before } = trend ?? { stepS: TREND_STEP_S, tS: -Infinity, frustration: [], stress: [] };
  const tS = Math.floor(heardAtS / stepS) * stepS;
  if (tS <= before.tS) return trend;
  const unheard = trend ? Math.min(Math.round((tS - before.tS) / stepS) - 1, TREND_STEPS) : 0;
  const last = (scores, score) => [...scores, ...Array(unheard).fill(null), score].slice(-TREND_STEPS);
  return { tS, stepS, frustration: last(before.frustration, frustration), stress: last(before.stress, stress) };
}

const nothingHeard = () => ({ voice: null, talkShare: null, spokenS: null, trend: null, cues: new Map(), cuesSeen: 0,
  paused: false, recording: '' });

const listening = (call) => call !== undefined && call.consent === 'given' && !call.ended;

/* Scores are read from the customer's readings alone; see takeReading. */
function voiceOf(event) {
  const frustration = share(event.frustration);
  const stress = share(event.stress);
  const abstain = event.abstain !== false || frustration === null || stress === null;
  const warming = event.baseline === 'warming';
  if (abstain) return { abstain, speaking: event.speaking !== false };
  return { abstain, frustration, stress, confidence: share(event.confidence), warming };
}

function cueOf(event) {
  return {
    kind: name(event.cue),
    to: AUDIENCES.includes(event.to) ? event.to : 'agent',
    priority: number(event.priority) ?? LAST_PRIORITY,
    severity: Math.max(0, SEVERITIES.indexOf(event.severity)),
    score: share(event.score),
    scoreUsual: share(event.score_usual),
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
