/* query.js - which calls are asked for: from the page's address, back into it, and to the server.
 *
 * A query has the keys below and nothing else; what is "" is not asked for. A day is one of the reader's own:
 * "yesterday" in a bookmark is always the day before.
 */

export const PERIODS = ['today', 'yesterday', 'week'];
export const PEAKS = ['0.5', '0.6', '0.7', '0.8', '0.9'];
export const CUES = ['frustration', 'stress', 'escalate', 'calming', 'talk_over', 'interruption', 'dead_air',
  'slow_reply', 'monologue', 'talking_fast'];
export const STATES = ['live', 'ended'];
const NAMES = ['agent', 'team', 'queue', 'customer', 'tag', 'text'];
const NAME_MAX = 200;

const one = (values) => (value) => (values.includes(value) ? value : '');
const text = (value) => value.trim().slice(0, NAME_MAX);
const date = (value) => (dayOf(value) ? value : '');

/* How each is read; the order is theirs in the address. */
const KEYS = {
  period: one([...PERIODS, 'dates']),
  from: date,
  to: date,
  ...Object.fromEntries(NAMES.map((name) => [name, text])),
  cue: one(CUES),
  peak: one(PEAKS),
  state: one(STATES),
  order: one(['peak']),
  call: (value) => (/^c-\w{1,60}$/.test(value) ? value : ''),
};
/* What narrows the list and has a field of its own. */
const FIELDS = [...NAMES, 'cue', 'peak', 'state'];

export function queryOf(search) {
  const given = new URLSearchParams(search);
  const query = Object.fromEntries(Object.entries(KEYS).map(([key, read]) => [key, read(given.get(key) ?? '')]));
  return query.period === 'dates' ? query : { ...query, from: '', to: '' };
}

export function searchOf(query) {
  const search = new URLSearchParams(Object.keys(KEYS).filter((key) => query[key]).map((key) => [key, query[key]]));
  return `${search}` ? `?${search}` : '';
}

export const fieldsSet = (query) => FIELDS.filter((key) => query[key]);
export const withoutFields = (query) => ({ ...query, ...Object.fromEntries(FIELDS.map((key) => [key, ''])) });
export const isNarrowed = (query) => fieldsSet(query).length > 0 || query.period !== '' || query.call !== '';

/* The name, as it is written, that is meant by what is typed in whatever case; undefined where there is none. */
export function knownName(typed, names) {
  const meant = typed.trim().toLowerCase();
  const same = [...names].filter((name) => name.toLowerCase() === meant);
  return same.includes(typed.trim()) ? typed.trim() : same[0];
}

/* The arguments of GET api/calls. */
export function argumentsOf(query, nowMs) {
  const { from, to } = timesOf(query, nowMs);
  return { from, to, ...Object.fromEntries(FIELDS.map((key) => [key, query[key]])), order: query.order };
}

function timesOf(query, nowMs) {
  switch (query.period) {
    case 'today': return { from: startOfDay(nowMs, 0) };
    case 'yesterday': return { from: startOfDay(nowMs, -1), to: before(startOfDay(nowMs, 0)) };
    case 'week': return { from: startOfDay(nowMs, -6) };
    case 'dates': return { from: startOfDay(dayOf(query.from), 0), to: before(startOfDay(dayOf(query.to), 1)) };
    default: return {};
  }
}

/* "2026-11-21" -> when that day begins here, in ms; undefined where there is none. */
function dayOf(value) {
  const [, y, m, d] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
  const day = new Date(Number(y), Number(m) - 1, Number(d));
  return day.getMonth() === Number(m) - 1 && day.getDate() === Number(d) ? day.getTime() : undefined;
}

/* A day need not have 24 hours. */
function startOfDay(ms, days) {
  if (ms === undefined) return undefined;
  const day = new Date(ms);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).toISOString();
}

/* Until and with the last millisecond: the server's "to" is inclusive. */
const before = (utc) => utc && new Date(Date.parse(utc) - 1).toISOString();
