/* order.js - which card stands where: those in need first, and none jumps about.
 *
 * The rule:
 * 1. There are two parts, calls that need somebody and the others. In the first what needs more goes first (an
 *    escalation that waits, then an urgent cue, then a notice), and of two alike the one that has needed longer.
 * 2. In the second each call keeps its place. At first they stand by when they began; who begins later goes to the
 *    end; where one leaves, the last takes its place, so that one card moves and not all those behind.
 * 3. A card moves up as soon as its need rises. When its need falls, or it is to go, it stays where it is for
 *    LINGER_MS, and stays for good if the need comes back within that time.
 * 4. While somebody points at the cards nothing moves at all: who begins goes to the end, all else waits.
 *
 *     order  { places: Map(id -> place), needy: [id], rest: [id], unsettled: Set(id) }
 *     place  { id, need, shown, fellAtMs, startedAt, index }
 *
 * need is what is wanted for it, shown what it stands by; index counts in rest. No DOM and no clock; telling costs the
 * same whatever the number of calls, settling goes with the number of those that are to move.
 */

export const LINGER_MS = 10_000;

export const GONE = -1;
export const REST = 0;
export const NOTICE = 1;
export const URGENT = 2;
export const ESCALATED = 3;

const UNPLACED = -2;

export const newOrder = () => ({ places: new Map(), needy: [], rest: [], unsettled: new Set() });

/* Nobody gets a place only to leave it. */
export function tell(order, id, need, { nowMs, startedAt = 0 }) {
  const place = order.places.get(id);
  if (place) changeNeed(order, place, need, nowMs);
  else if (need !== GONE) {
    order.places.set(id, { id, need, shown: UNPLACED, fellAtMs: nowMs, startedAt, index: -1 });
    order.unsettled.add(id);
  }
}

function changeNeed(order, place, need, nowMs) {
  if (place.need >= place.shown && need < place.shown) place.fellAtMs = nowMs;
  place.need = need;
  if (need === place.shown) order.unsettled.delete(place.id);
  else order.unsettled.add(place.id);
}

/* Moves what is to move by now. held: nothing may. Returns { waiting, left }: how many would move if they might, and
 * the ids that have no place any more. */
export function settle(order, nowMs, held) {
  const due = [...order.unsettled].map((id) => order.places.get(id)).filter((place) => isDue(place, nowMs));
  const begun = due.filter(({ shown }) => shown === UNPLACED).sort((a, b) => a.startedAt - b.startedAt || byId(a, b));
  const moving = due.filter(({ shown }) => shown !== UNPLACED);
  const left = held ? [] : moving.filter(({ need }) => need === GONE).map(({ id }) => id);

  for (const place of begun) stand(order, place, held ? REST : place.need);
  if (!held) for (const place of moving) move(order, place);
  const late = held ? begun.filter(({ need }) => need !== REST).length : 0;
  return { waiting: held ? moving.length + late : 0, left };
}

/* Out at once: there is nothing left to show of it. */
export function expel(order, id) {
  const place = order.places.get(id);
  if (!place) return;
  place.need = GONE;
  if (place.shown === UNPLACED) drop(order, place);
  else move(order, place);
}

const isDue = ({ need, shown, fellAtMs }, nowMs) => need > shown || nowMs - fellAtMs >= LINGER_MS;
const byId = (a, b) => (a.id < b.id ? -1 : 1);

function move(order, place) {
  if (place.shown === REST) leaveRest(order, place);
  else order.needy.splice(order.needy.indexOf(place.id), 1);
  if (place.need === GONE) drop(order, place);
  else stand(order, place, place.need);
}

function drop({ places, unsettled }, { id }) {
  places.delete(id);
  unsettled.delete(id);
}

function leaveRest({ places, rest }, { index }) {
  const last = rest.pop();
  if (index === rest.length) return;
  rest[index] = last;
  places.get(last).index = index;
}

/* Behind all that need as much or more: these have needed for longer. */
function stand(order, place, need) {
  const { places, needy, rest, unsettled } = order;
  place.shown = need;
  if (need === REST) place.index = rest.push(place.id) - 1;
  else {
    const behind = needy.findIndex((id) => places.get(id).shown < need);
    needy.splice(behind < 0 ? needy.length : behind, 0, place.id);
  }
  if (place.need === need) unsettled.delete(place.id);
}
