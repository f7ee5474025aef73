/* record.js - one call as the page knows it: from what is kept, and then from events while it goes on.
 *
 * No DOM, no network. What comes from outside is taken as hostile: whatever has the wrong type is left out. A record is
 * never changed: each event makes a new one.
 *
 *     record  { id, kept, live, startedAt, durationS, consent, heldOut, onHold, agent, team, queue, customer, source,
 *               channels, tracks, recorded, settling, interrupted,
 *               cues, talk, pauses, consents, notes, tags, summary }
 *             kept: the server keeps it; tracks: whose voice each channel of the recording has, none without one;
 *             settling: what was recorded does not lie there whole yet
 *     cue     { id, kind, severity, score, scoreUsual, text, advice, reasons, fromS, toS, up, shown, toSupervisor,
 *               said, sawAt }
 */
import { inRows } from './spans.js';

const MOST_ROWS = 3;
const MOST_LIVE = 2000; /* of each list, of a call that goes on and on */
const ROLES = ['customer', 'agent', 'mixed']; /* in the order they are drawn */
const SEVERITIES = ['info', 'notice', 'urgent'];
const OPINIONS = ['helpful', 'wrong', 'dismiss', 'taken'];
const VOICELESS = ['silence', 'hold'];
const TALK = ['turn', 'overlap', 'interruption', 'backchannel', 'silence', 'hold', 'monologue'];

const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const time = (value) => Math.max(number(value) ?? 0, 0);
const text = (value, most = 2000) => (typeof value === 'string' ? value.slice(0, most) : '');
const list = (value) => (Array.isArray(value) ? value.filter((one) => one !== null && typeof one === 'object') : []);
const object = (value) => (value !== null && typeof value === 'object' ? value : null);

const unknown = { kept: false, live: true, startedAt: '', durationS: 0, consent: 'unknown', heldOut: false,
  onHold: false, agent: '', team: '', queue: '', customer: '', source: '', channels: ['customer', 'agent'], tracks: [],
  recorded: false, settling: false, interrupted: false, cues: [], talk: [], pauses: [], consents: [], notes: [],
  tags: [], summary: null };

/* Of which nothing is kept, as far as we know: events say what it is. */
export const unknownRecord = (id) => ({ ...unknown, id });

/* What GET /api/calls/ID answers. */
export function recordOf(call) {
  const recording = object(call.recording);
  const summary = object(call.summary);
  const live = !call.ended_at;
  const durationS = Math.max(time(call.duration_s), time(summary?.duration_s), time(recording?.duration_s));
  return withRows({
    ...about(call),
    id: text(call.call),
    kept: true,
    live,
    durationS,
    onHold: call.held === true,
    interrupted: call.ended_how === 'interrupted',
    ...soundOf(live ? null : recording),
    cues: list(call.cues).map((cue) => cueOf(cue, durationS)),
    talk: list(call.turns).flatMap(talkOf),
    pauses: list(call.pauses).map((pause) => pauseOf(pause, durationS)),
    consents: list(call.consents).map(consentOf),
    notes: list(call.notes).map((note) => remarkOf(note, 'text')),
    tags: list(call.tags).map((tag) => remarkOf(tag, 'tag')),
    summary,
  });
}

/* What goes on is not heard here. */
const soundOf = (recording) => {
  const tracks = Array.isArray(recording?.channels) ? recording.channels.filter((role) => ROLES.includes(role)) : [];
  const settling = recording?.state === 'recording';
  const recorded = tracks.length > 0 && !settling && recording.state !== 'failed';
  return { recorded, settling, tracks: recorded ? tracks : [] };
};

/* What a call's row and its event say alike. */
function about(call) {
  const channels = Array.isArray(call.channels) ? ROLES.filter((role) => call.channels.includes(role)) : [];
  return {
    startedAt: text(call.started_at, 64),
    consent: text(call.consent, 20) || 'unknown',
    heldOut: call.arm === 'held_out',
    agent: text(call.agent, 200),
    team: text(call.team, 200),
    queue: text(call.queue, 200),
    customer: text(call.customer, 200),
    source: text(call.source, 500),
    channels: channels.length ? channels : unknown.channels,
  };
}

function cueOf(cue, endS) {
  const life = list(cue.life);
  const opinions = [...life.map(({ state }) => state), cue.feedback].filter((one) => OPINIONS.includes(one));
  const up = number(cue.cleared_s) === null;
  const fromS = time(cue.raised_s);
  return {
    ...toldOf(cue),
    fromS,
    toS: up ? Math.max(endS, fromS) : time(cue.cleared_s),
    up,
    shown: cue.shown !== false,
    said: opinions.at(-1) ?? null,
    seen: life.some(({ state }) => state === 'seen'),
  };
}

const reasonOf = ({ feature, change }) => ({ feature: text(feature, 64), change: text(change, 64) });

/* What a cue says, in a row as in an event. */
const toldOf = (cue) => ({
  id: number(cue.id),
  kind: text(cue.cue, 64) || 'other',
  severity: SEVERITIES.includes(cue.severity) ? cue.severity : 'info',
  score: number(cue.score),
  scoreUsual: number(cue.score_usual),
  text: text(cue.text, 240) || text(cue.cue, 64).replaceAll('_', ' '),
  advice: text(cue.advice, 400),
  reasons: list(cue.reasons).slice(0, 3).map(reasonOf),
  toSupervisor: cue.to === 'supervisor',
});

function talkOf(turn) {
  const [fromS, toS] = [number(turn.start_s), number(turn.end_s)];
  if (!TALK.includes(turn.turn) || fromS === null || toS === null || toS < fromS) return [];
  const channel = VOICELESS.includes(turn.turn) ? '' : text(turn.channel, 20);
  return [{ kind: turn.turn, channel, fromS, toS }];
}

function pauseOf(pause, endS) {
  const toS = number(pause.end_s);
  return { fromS: time(pause.start_s), toS: toS ?? endS, up: toS === null, who: text(pause.who, 200) };
}

const consentOf = (one) => ({ tS: number(one.t_s), state: text(one.consent, 20), method: text(one.method, 200),
  who: text(one.who, 200), at: text(one.at, 64) });
const remarkOf = (one, key) => ({ number: number(one.number), tS: number(one.t_s), text: text(one[key], 8000),
  who: text(one.who, 200), at: text(one.at, 64) });

const withRows = (record) => ({ ...record, cues: inRows(record.cues, MOST_ROWS) });

/* ---- events ---- */

const takers = {
  call: (record, event) => ({ ...record, ...about(event) }),
  consent: (record, event) => ({ ...record, consent: text(event.consent, 20) || record.consent,
    consents: [...record.consents, consentOf(event)].slice(-MOST_LIVE) }),
  reading: (record) => record,
  turn: (record, event) => ({ ...record, talk: [...record.talk, ...talkOf(event)].slice(-MOST_LIVE) }),
  cue: takeCue,
  feedback: takeFeedback,
  pause: takePause,
};

/* The record after an event of this call. That it ended, or was deleted, is for the page to see. */
export function after(record, event) {
  const take = Object.hasOwn(takers, event.type) ? takers[event.type] : null;
  if (!take) return record;
  const next = take(record, event);
  const durationS = Math.max(record.durationS, time(event.t_s));
  return durationS === record.durationS ? next : lasting(next, durationS);
}

/* What is still up lasts as long as the call. */
function lasting(record, durationS) {
  const grown = (one) => (one.up ? { ...one, toS: durationS } : one);
  return { ...record, durationS, cues: record.cues.map(grown), pauses: record.pauses.map(grown) };
}

function takeCue(record, event) {
  const id = number(event.id);
  const before = record.cues.find((cue) => cue.id === id);
  const cleared = event.state === 'cleared';
  if (id === null || (cleared && !before)) return record;
  const tS = time(event.t_s);
  const begun = before ?? { shown: event.shown !== false, said: null, seen: false, fromS: tS };
  const cue = { ...begun, ...toldOf(event), toS: tS, up: !cleared };
  const cues = before ? record.cues.map((one) => (one === before ? cue : one)) : [...record.cues, cue];
  return withRows({ ...record, cues: cues.slice(-MOST_LIVE) });
}

function takeFeedback(record, { cue: id, verdict }) {
  const news = verdict === 'seen' ? { seen: true } : OPINIONS.includes(verdict) ? { said: verdict } : {};
  return { ...record, cues: record.cues.map((cue) => (cue.id === id ? { ...cue, ...news } : cue)) };
}

function takePause(record, event) {
  const tS = time(event.t_s);
  const last = record.pauses.at(-1);
  if (event.state === 'paused' && !last?.up) {
    const pause = { fromS: tS, toS: tS, up: true, who: text(event.who, 200) };
    return { ...record, pauses: [...record.pauses, pause].slice(-MOST_LIVE) };
  }
  if (event.state !== 'resumed' || !last?.up) return record;
  return { ...record, pauses: [...record.pauses.slice(0, -1), { ...last, toS: tS, up: false }] };
}

/* ---- what it comes to ---- */

/* How many cues, how many of them rated, and as what. */
export function ratings({ cues }) {
  const of = (verdict) => cues.filter(({ said }) => said === verdict).length;
  return { cues: cues.length, helpful: of('helpful'), wrong: of('wrong') };
}

/* What is at a time. */
export function momentOf(record, tS) {
  const at = (spans) => spans.filter(({ fromS, toS }) => tS >= fromS && tS < toS);
  const talk = at(record.talk);
  return {
    cues: at(record.cues),
    paused: at(record.pauses).length > 0,
    turns: ROLES.filter((role) => talk.some(({ channel }) => channel === role)),
    silence: talk.find(({ kind }) => kind === 'silence'),
    hold: talk.find(({ kind }) => kind === 'hold'),
  };
}
