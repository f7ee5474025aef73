/* model.js - all that the wall knows: the calls, which are meant, where they stand, who waits for a supervisor.
 *
 * No DOM and no clock. An event costs the same whatever the number of calls; what it changed is worked out once a
 * frame, by advance().
 *
 *     wall  { state, coming, filter, order, changed: Set(id), waits: Map(id -> wait) }
 *     wait  { call, cue, beganAtMs, takenAtMs }   takenAtMs: since when nobody has to come, or null
 *
 * coming is the state that a new connection tells: it takes the place of the old one when it is complete, so that the
 * cards stay where they are.
 */

import { escalations, newState, reduce } from '../shared/calls.js';
import { isMeant, isOurs, waitingOf } from './filter.js';
import { needOf } from './card.js';
import { expel, GONE, newOrder, REST, settle, tell } from './order.js';

const MOST_CALLS = 4000;
export const TAKEN_SHOWN_MS = 10_000;

export const newWall = (filter) => ({ state: newState(undefined, MOST_CALLS), coming: null, filter, order: newOrder(),
  changed: new Set(), waits: new Map() });

/* A connection is open: everything is told again. */
export function reconnect(wall) {
  wall.coming = newState(wall.state, MOST_CALLS);
}

/* It has told everything. */
export function arrive(wall) {
  if (!wall.coming) return;
  for (const calls of [wall.state.calls, wall.coming.calls]) for (const id of calls.keys()) wall.changed.add(id);
  wall.state = wall.coming;
  wall.coming = null;
}

/* Whether it is to be shown at once; readings and the like can wait for the next second. */
export function take(wall, event, nowMs) {
  const state = wall.coming ?? wall.state;
  const { ignored } = state;
  reduce(state, event, nowMs);
  if (state.ignored > ignored) return false;
  if (typeof event.call === 'string' && !wall.coming) wall.changed.add(event.call);
  return event.type !== 'reading' && event.type !== 'trend';
}

/* The server knows no more of an escalation whose call ended a while ago, so nobody can take it: whether it was one. */
export function letGo(wall, id) {
  const call = wall.state.calls.get(id);
  if (!call?.ended) return false;
  wall.state.calls.set(id, { ...call, cues: new Map() });
  wall.changed.add(id);
  return true;
}

/* Other calls are meant: they are placed anew. */
export function narrow(wall, filter) {
  wall.filter = filter;
  wall.order = newOrder();
  wall.waits = new Map();
  for (const id of wall.state.calls.keys()) wall.changed.add(id);
}

/* What has changed by now. cardsHeld, waitsHeld: somebody points there. Returns waiting as settle does, and begun:
 * the calls in which somebody has begun to wait. */
export function advance(wall, nowMs, { cardsHeld = false, waitsHeld = false } = {}) {
  const begun = [];
  for (const id of wall.changed) {
    const call = wall.state.calls.get(id);
    if (!call) forget(wall, id);
    else if (follow(wall, call, nowMs)) begun.push(call);
  }
  wall.changed.clear();
  if (!waitsHeld) dropTaken(wall, nowMs);
  const { waiting, left } = settle(wall.order, nowMs, cardsHeld);
  for (const id of left) dropEnded(wall, id);
  return { waiting, begun };
}

function forget(wall, id) {
  expel(wall.order, id);
  wall.waits.delete(id);
}

function follow(wall, call, nowMs) {
  const need = isMeant(wall.filter, call) ? needOf(call) : GONE;
  tell(wall.order, call.id, need, { nowMs, startedAt: call.startedAt });
  const begins = followWait(wall, call, nowMs);
  dropEnded(wall, call.id);
  return begins;
}

function followWait({ waits, filter }, call, nowMs) {
  const before = waits.get(call.id);
  const [cue] = isOurs(filter, call) ? waitingOf(call) : [];
  const beganAtMs = before?.beganAtMs ?? (cue && beganAt(call, cue, nowMs));
  if (cue) waits.set(call.id, { call, cue, beganAtMs, takenAtMs: null });
  else if (before && escalations(call).length)
    waits.set(call.id, { ...before, call, takenAtMs: before.takenAtMs ?? nowMs });
  else waits.delete(call.id);
  return cue !== undefined && (!before || before.takenAtMs !== null);
}

/* A cue may have been up before somebody joined. */
const beganAt = (call, cue, nowMs) =>
  Math.min(nowMs, call.heardAtMs) - Math.max(0, call.tS - (cue.tS ?? call.tS)) * 1000;

function dropTaken(wall, nowMs) {
  for (const [id, { takenAtMs }] of wall.waits) {
    if (takenAtMs === null || nowMs - takenAtMs < TAKEN_SHOWN_MS) continue;
    wall.waits.delete(id);
    dropEnded(wall, id);
  }
}

/* A call that is over is kept for as long as it is shown. */
function dropEnded({ state, order, waits }, id) {
  if (state.calls.get(id)?.ended && !order.places.has(id) && !waits.has(id)) state.calls.delete(id);
}

/* Who has waited longest goes first; they keep their order, since all wait on equally. */
export const waitsOf = ({ waits }) => [...waits.values()].sort((a, b) => a.beganAtMs - b.beganAtMs);

export const cardsOf = ({ order }) => [...order.needy, ...order.rest];
export const cardAt = ({ order: { needy, rest } }, index) => needy[index] ?? rest[index - needy.length];

export function indexOf({ order: { places, needy } }, id) {
  const place = places.get(id);
  if (!place) return -1;
  return place.shown > REST ? needy.indexOf(id) : needy.length + place.index;
}

/* How many calls there are, are shown, and need somebody; escalations that wait. */
export function countsOf({ state, order, waits }) {
  return {
    calls: state.calls.size,
    shown: order.needy.length + order.rest.length,
    inNeed: order.needy.filter((id) => order.places.get(id).need > REST).length,
    waiting: [...waits.values()].filter(({ takenAtMs }) => takenAtMs === null).length,
  };
}
