/* filter.js - which calls are on the wall: from the page's address, back into it, and whether a call is meant.
 *
 *     filter  { team, queue, cue, only, search }   what is "" does not matter; only: "cue" for those with a cue
 */

import { escalations, ranked } from '../shared/calls.js';

export const CUES = ['escalate', 'frustration', 'stress', 'calming', 'talk_over', 'interruption', 'dead_air',
  'slow_reply', 'monologue', 'talking_fast'];
const NAME_MAX = 64;

const text = (value) => value.trim().slice(0, NAME_MAX);
const one = (values) => (value) => (values.includes(value) ? value : '');

/* How each is read; the order is theirs in the address. */
const KEYS = { team: text, queue: text, cue: one(CUES), only: one(['cue']), search: text };

export function filterOf(search) {
  const given = new URLSearchParams(search);
  return Object.fromEntries(Object.entries(KEYS).map(([key, read]) => [key, read(given.get(key) ?? '')]));
}

export const NO_FILTER = filterOf('');

/* The address with another filter; what else is in it stays. */
export function searchOf(filter, before = '') {
  const search = new URLSearchParams(before);
  for (const key of Object.keys(KEYS)) {
    if (filter[key]) search.set(key, filter[key]);
    else search.delete(key);
  }
  return search.size ? `?${search}` : '';
}

export const isNarrowed = (filter) => Object.values(filter).some(Boolean);

/* Whose calls are meant. An escalation waits for somebody whatever cue is looked for, so this alone counts for it. */
export const isOurs = ({ team, queue, search }, call) =>
  (!team || call.team === team) && (!queue || call.queue === queue) && folded(call.agent).includes(folded(search));

export function isMeant(filter, call) {
  if (!isOurs(filter, call)) return false;
  if (!filter.cue && !filter.only) return true;
  const up = cuesUp(call);
  return filter.cue ? up.some(({ kind }) => kind === filter.cue) : up.length > 0;
}

/* What stands on its card: escalations that nobody has taken first, then the agent's cues. */
export const cuesUp = (call) => [...waitingOf(call), ...(call.ended ? [] : ranked(call))];

/* Escalations that wait until somebody takes them, also when they are cleared or the call has ended. */
export const waitingOf = (call) => escalations(call).filter(({ takenAt }) => takenAt === null);

/* The names that calls have, sorted, with the one that is chosen. */
export function namesOf(calls, key, chosen) {
  const names = new Set(chosen ? [chosen] : []);
  for (const call of calls) if (call[key]) names.add(call[key]);
  return [...names].sort((a, b) => a.localeCompare(b));
}

/* "José" is found by "jose". */
const folded = (name) => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
